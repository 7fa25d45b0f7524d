//! The reserve: room for 10,000 records that is there before it is needed (DESIGN §4: a full disk still records).
//! Promises: its blocks are really allocated; a slot is whole or it is no slot; writing a record twice is writing it once.
//! Must not know: when it is used.
//!
//! Layout: head notes in sectors 0 and 1, by turns; slots of 512 bytes from byte 4096, that of a record at
//! sequence modulo slots. Numbers big-endian, unused bytes zero, last 32 bytes SHA-256 over domain tag and the rest.
//! Slot: "TFR1" · journal id 16 · sequence u64 · previous hash 32 · day-key id u32, enc 32, body 192, tag 16 ·
//! tally: 1, day u32, place u32, lane u16, letter, or 12 zeros · use: 1, day u32, key 8, or 13 zeros.
//! Head note: "TFH1" · turn u64 · journal id 16 · sequence u64 · hash 32.

use std::io;

use gate_core::journal::{Tally, UseKey};
use gate_core::query::Sequence;
use gate_proof::digest::{DIGEST_BYTES, Digest, sha256};
use gate_wire::time::Day;

use crate::disk::BlockFile;
use crate::row::{JournalId, Row, SEALED_BYTES, Waiting, take};

/// Records the reserve holds.
pub const RESERVE_SLOTS: u64 = 10_000;
const SECTOR: usize = 512;
const CHECKED: usize = SECTOR - DIGEST_BYTES;
const FIRST_SLOT: u64 = 4096;
const SLOT_MAGIC: [u8; 4] = *b"TFR1";
const HEAD_MAGIC: [u8; 4] = *b"TFH1";
const DOMAIN: &[u8] = b"tianfu-gate/reserve/1";
/// Sectors read or zeroed at a time: 64 KiB.
const CHUNK: usize = 128;

type Sector = [u8; SECTOR];

/// How far a journal is known to reach, in synced rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct HeadNote {
    pub(crate) journal: JournalId,
    pub(crate) sequence: u64,
    pub(crate) hash: Digest,
}

/// The open file.
pub(crate) struct Reserve {
    file: Box<dyn BlockFile>,
    turn: u64,
    noted: Option<HeadNote>,
}

/// What was in the file when it was opened.
pub(crate) struct Found {
    pub(crate) head: Option<HeadNote>,
    /// Whole slots, in no order.
    pub(crate) slots: Vec<(JournalId, Waiting)>,
}

impl Reserve {
    /// Makes sure that every block is there, and reads what is in them.
    pub(crate) fn open(file: Box<dyn BlockFile>) -> io::Result<(Reserve, Found)> {
        let mut reserve = Reserve { file, turn: 0, noted: None };
        reserve.allocate()?;
        reserve.read_heads()?;
        let slots = reserve.read_slots()?;
        let head = reserve.noted;
        Ok((reserve, Found { head, slots }))
    }

    /// What was noted last.
    pub(crate) fn noted(&self) -> Option<HeadNote> {
        self.noted
    }

    /// Writes `rows` to their slots and syncs once.
    pub(crate) fn write(&mut self, journal: JournalId, rows: &[Waiting]) -> io::Result<()> {
        for waiting in rows {
            let slot = waiting.row.sequence.0 % RESERVE_SLOTS;
            self.file.write_at(FIRST_SLOT + slot * SECTOR as u64, &slot_bytes(journal, waiting))?;
        }
        self.file.sync()
    }

    /// Notes how far the journal reaches. A torn note leaves the one before.
    pub(crate) fn note(&mut self, head: HeadNote) -> io::Result<()> {
        let turn = self.turn + 1;
        self.file.write_at(turn % 2 * SECTOR as u64, &head_bytes(turn, &head))?;
        self.file.sync()?;
        (self.turn, self.noted) = (turn, Some(head));
        Ok(())
    }

    /// Zeros written, not a hole: a hole needs room when it is filled, and then there is none.
    fn allocate(&mut self) -> io::Result<()> {
        let wanted = FIRST_SLOT + RESERVE_SLOTS * SECTOR as u64;
        let mut at = self.file.size()?;
        if at >= wanted {
            return Ok(());
        }
        let zeros = vec![0; CHUNK * SECTOR];
        while at < wanted {
            let length = (wanted - at).min(zeros.len() as u64);
            self.file.write_at(at, &zeros[..length as usize])?;
            at += length;
        }
        self.file.sync()
    }

    fn read_heads(&mut self) -> io::Result<()> {
        for at in [0, SECTOR as u64] {
            let mut sector = [0; SECTOR];
            self.file.read_at(at, &mut sector)?;
            match parse_head(&sector) {
                Some((turn, head)) if turn > self.turn => (self.turn, self.noted) = (turn, Some(head)),
                Some(_) | None => {}
            }
        }
        Ok(())
    }

    fn read_slots(&self) -> io::Result<Vec<(JournalId, Waiting)>> {
        let mut found = Vec::new();
        let mut bytes = vec![0; CHUNK * SECTOR];
        let mut slot = 0;
        while slot < RESERVE_SLOTS {
            let count = (RESERVE_SLOTS - slot).min(CHUNK as u64) as usize;
            let chunk = &mut bytes[..count * SECTOR];
            self.file.read_at(FIRST_SLOT + slot * SECTOR as u64, chunk)?;
            found.extend(chunk.as_chunks().0.iter().filter_map(parse_slot));
            slot += count as u64;
        }
        Ok(found)
    }
}

/// The whole slots in a copy of the file.
pub(crate) fn slots(bytes: &[u8]) -> impl Iterator<Item = (JournalId, Waiting)> {
    let slots = bytes.get(FIRST_SLOT as usize..).unwrap_or_default().as_chunks().0;
    slots.iter().take(RESERVE_SLOTS as usize).filter_map(parse_slot)
}

/// The head noted last in a copy of the file.
pub(crate) fn last_head(bytes: &[u8]) -> Option<HeadNote> {
    let heads = bytes.as_chunks().0.iter().take(2).filter_map(parse_head);
    heads.max_by_key(|(turn, _)| *turn).map(|(_, head)| head)
}

/// A sector of `content`, zeros, and the checksum.
fn checked(content: &[u8]) -> Sector {
    let mut sector = [0; SECTOR];
    sector[..content.len()].copy_from_slice(content);
    let sum = sha256(&[DOMAIN, &sector[..CHECKED]]);
    sector[CHECKED..].copy_from_slice(&sum.0);
    sector
}

/// The content of a whole sector that begins with `magic`.
fn whole(sector: &Sector, magic: [u8; 4]) -> Option<&[u8]> {
    let (content, sum) = sector.split_at(CHECKED);
    let good = content.starts_with(&magic) && sha256(&[DOMAIN, content]).0 == sum;
    good.then(|| &content[magic.len()..])
}

fn slot_bytes(journal: JournalId, waiting: &Waiting) -> Sector {
    let row = &waiting.row;
    let mut out = Vec::with_capacity(CHECKED);
    out.extend(SLOT_MAGIC);
    out.extend(journal.0);
    out.extend(row.sequence.0.to_be_bytes());
    out.extend(row.previous.0);
    out.extend(row.sealed_bytes());
    out.extend(waiting.tally.map_or([0; 12], tally_bytes));
    out.extend(waiting.use_key.map_or([0; 13], use_bytes));
    checked(&out)
}

fn tally_bytes(tally: Tally) -> [u8; 12] {
    let ([a, b, c, d], [e, f, g, h]) = (tally.day.0.to_be_bytes(), tally.place.to_be_bytes());
    let [i, j] = tally.lane.to_be_bytes();
    [1, a, b, c, d, e, f, g, h, i, j, tally.letter]
}

fn use_bytes(key: UseKey) -> [u8; 13] {
    let mut out = [1; 13];
    out[1..5].copy_from_slice(&key.day.0.to_be_bytes());
    out[5..].copy_from_slice(&key.key);
    out
}

fn parse_slot(sector: &Sector) -> Option<(JournalId, Waiting)> {
    let mut rest = whole(sector, SLOT_MAGIC)?;
    let journal = JournalId(take(&mut rest));
    let (sequence, previous) = (Sequence(u64::from_be_bytes(take(&mut rest))), Digest(take(&mut rest)));
    let row = Row::from_sealed_bytes(sequence, previous, &take::<SEALED_BYTES>(&mut rest));
    let [counted] = take(&mut rest);
    let (day, place) = (Day(u32::from_be_bytes(take(&mut rest))), u32::from_be_bytes(take(&mut rest)));
    let (lane, [letter, used]) = (u16::from_be_bytes(take(&mut rest)), take(&mut rest));
    let tally = (counted == 1).then_some(Tally { day, place, lane, letter });
    let (day, key) = (Day(u32::from_be_bytes(take(&mut rest))), take(&mut rest));
    let use_key = (used == 1).then_some(UseKey { key, day });
    Some((journal, Waiting { row, tally, use_key }))
}

fn head_bytes(turn: u64, head: &HeadNote) -> Sector {
    let mut out = Vec::with_capacity(CHECKED);
    out.extend(HEAD_MAGIC);
    out.extend(turn.to_be_bytes());
    out.extend(head.journal.0);
    out.extend(head.sequence.to_be_bytes());
    out.extend(head.hash.0);
    checked(&out)
}

fn parse_head(sector: &Sector) -> Option<(u64, HeadNote)> {
    let mut rest = whole(sector, HEAD_MAGIC)?;
    let turn = u64::from_be_bytes(take(&mut rest));
    let journal = JournalId(take(&mut rest));
    let sequence = u64::from_be_bytes(take(&mut rest));
    Some((turn, HeadNote { journal, sequence, hash: Digest(take(&mut rest)) }))
}

#[cfg(test)]
mod tests {
    use gate_proof::seal::Sealed;

    use super::*;
    use crate::disk::{Disk, SystemDisk};
    use crate::row::DayKeyId;

    const JOURNAL: JournalId = JournalId([1; 16]);

    fn waiting(sequence: u64) -> Waiting {
        let sealed = Sealed { enc: [3; 32], body: [sequence as u8; 192], tag: [5; 16] };
        let row =
            Row { sequence: Sequence(sequence), previous: Digest([2; 32]), day_key: DayKeyId(9), sealed };
        let tally = Tally { day: Day(20_000), place: 7, lane: 2, letter: b'P' };
        let use_key = sequence.is_multiple_of(2).then_some(UseKey { key: [6; 8], day: Day(20_001) });
        Waiting { row, tally: Some(tally), use_key }
    }

    fn open(path: &std::path::Path) -> (Reserve, Found) {
        Reserve::open(SystemDisk.block_file(path).unwrap()).unwrap()
    }

    #[test]
    fn a_record_written_is_found_again_with_its_counters() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("reserve");
        let rows: Vec<Waiting> = (9_998..10_003).map(waiting).collect();
        open(&path).0.write(JOURNAL, &rows).unwrap();
        let mut found = open(&path).1.slots;
        found.sort_by_key(|(_, waiting)| waiting.row.sequence);
        assert!(found == rows.into_iter().map(|row| (JOURNAL, row)).collect::<Vec<_>>());
    }

    #[test]
    fn every_block_is_allocated_before_it_is_needed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("reserve");
        std::fs::write(&path, [0; 100]).unwrap();
        drop(open(&path));
        let meta = std::fs::metadata(&path).unwrap();
        assert_eq!(meta.len(), FIRST_SLOT + RESERVE_SLOTS * 512);
        assert!(std::os::unix::fs::MetadataExt::blocks(&meta) * 512 >= meta.len());
    }

    #[test]
    fn a_torn_slot_is_no_slot_and_a_torn_note_leaves_the_one_before() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("reserve");
        let note = |sequence| HeadNote { journal: JOURNAL, sequence, hash: Digest([8; 32]) };
        let (mut reserve, found) = open(&path);
        assert_eq!(found.head, None);
        reserve.write(JOURNAL, &[waiting(1)]).unwrap();
        reserve.note(note(1)).unwrap();
        reserve.note(note(2)).unwrap();
        drop(reserve);
        assert_eq!(open(&path).1.head, Some(note(2)));
        let mut bytes = std::fs::read(&path).unwrap();
        bytes[20] ^= 1;
        bytes[4096 + 512 + 90] ^= 1;
        std::fs::write(&path, bytes).unwrap();
        let found = open(&path).1;
        assert_eq!(found.head, Some(note(1)));
        assert!(found.slots.is_empty());
    }
}
