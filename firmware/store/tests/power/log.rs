//! The emulator's log of block writes, in the form of `dm-log-writes`: a sector of header, then each entry's sector and its data.
//! Promises: entries in the order in which the disk completed them.
//! Must not know: what was written.

use std::path::Path;

/// Bytes of a sector of the log, and of the disk.
const SECTOR: usize = 512;
const MAGIC: u64 = 0x006a_7366_7773_6872;
const FLUSH: u64 = 1;
const FUA: u64 = 2;
const DISCARD: u64 = 4;

/// One entry.
pub(crate) struct Entry {
    /// Byte on the disk.
    pub(crate) at: usize,
    flags: u64,
    /// What was written; empty for a flush.
    pub(crate) data: Vec<u8>,
}

impl Entry {
    /// Whether everything before it is on the disk for good.
    pub(crate) fn flushes(&self) -> bool {
        self.flags & FLUSH != 0
    }
}

/// A recording.
pub(crate) struct Log(Vec<Entry>);

impl Log {
    /// Reads one.
    pub(crate) fn read(path: &Path) -> Log {
        let bytes = std::fs::read(path).unwrap();
        let number = |at: usize| u64::from_le_bytes(bytes[at..at + 8].try_into().unwrap());
        let length = |at: usize| usize::try_from(number(at)).unwrap();
        assert_eq!(number(0), MAGIC, "no log of block writes");
        assert_eq!(u16::from_le_bytes([bytes[24], bytes[25]]), 512, "sectors of another size");
        let (mut entries, mut at) = (Vec::new(), SECTOR);
        for _ in 0..number(16) {
            let (place, flags) = (length(at) * SECTOR, number(at + 16));
            assert_eq!(flags & FUA, 0, "the emulated disk forces no single write");
            let written = if flags & DISCARD == 0 { length(at + 8) * SECTOR } else { 0 };
            at += SECTOR;
            entries.push(Entry { at: place, flags, data: bytes[at..at + written].to_vec() });
            at += written;
        }
        Log(entries)
    }

    /// Entries in order.
    pub(crate) fn entries(&self) -> &[Entry] {
        &self.0
    }
}

/// What the load says behind the file system once an append returned.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Mark {
    /// The row's place.
    pub(crate) sequence: u64,
    /// What it holds.
    pub(crate) marker: u64,
}

/// A block, aligned as a write past the page cache must be.
#[repr(align(4096))]
pub(crate) struct Block([u8; Mark::BYTES]);

impl Block {
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }
}

impl Mark {
    /// Byte of the disk: the file system ends there.
    pub(crate) const AT: u64 = 15 << 20;
    const BYTES: usize = 4_096;
    const WORD: &[u8; 8] = b"appended";

    /// As it is written.
    pub(crate) fn block(&self) -> Block {
        let mut block = Block([0; Mark::BYTES]);
        block.0[..8].copy_from_slice(Mark::WORD);
        block.0[8..16].copy_from_slice(&self.sequence.to_le_bytes());
        block.0[16..24].copy_from_slice(&self.marker.to_le_bytes());
        block
    }

    /// The mark that this entry is, if it is one.
    pub(crate) fn of(entry: &Entry) -> Option<Mark> {
        let data = &entry.data;
        if entry.at as u64 != Mark::AT || data.len() < 24 || data[..8] != *Mark::WORD {
            return None;
        }
        let number = |at: usize| u64::from_le_bytes(data[at..at + 8].try_into().unwrap());
        Some(Mark { sequence: number(8), marker: number(16) })
    }
}
