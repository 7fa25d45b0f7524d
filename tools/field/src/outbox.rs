//! The one file of a stick that a terminal writes: `records.tfx`, made by `gate-field load` at its full length
//! (docs/formats/records-way.md).
//! Promises: never longer or shorter than it was made; what is in it is whole or not there, however the stick is pulled out; a
//! terminal reads only the heads of what others wrote, within bounds.
//! Must not know: what a batch says.
//!
//! Blocks of 4096 bytes. Block 0: `TFX1`, 12 zeros, the stick's id 16. Then frames, each beginning a block: `TFXF`, kind u8, 3 zeros,
//! length u32, 4 zeros, SHA-256 of the content 32; content from byte 64 on. The first block that begins otherwise ends it.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;

use gate_carry::wants::hex;
use gate_core::records::batch::BATCH_MOST;
use gate_files::Folder;
use gate_proof::digest::sha256;

use crate::files::{self, For};

/// Its name on the stick.
pub const NAME: &str = "records.tfx";
/// Bytes of a block.
pub const BLOCK: u64 = 4096;
/// The longest content.
pub const CONTENT_MOST: usize = BATCH_MOST;
/// The largest outbox: a FAT file cannot be longer.
pub const LENGTH_MOST: u64 = (1 << 32) - BLOCK;
/// Frames that are looked at, at most: as many as there can be, or what is written would lie over what is there.
const FRAMES_MOST: u64 = LENGTH_MOST / BLOCK;
const HEAD: usize = 64;
const FILE_MAGIC: &[u8; 4] = b"TFX1";
const FRAME_MAGIC: &[u8; 4] = b"TFXF";
/// Zeros written at once.
const ZEROS: usize = 1 << 20;
/// Bytes written between two syncs.
const SYNC_EVERY: u64 = 4 << 20;

/// What a frame holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A batch of records.
    Batch,
    /// A terminal's account.
    Account,
    /// What a visit came to.
    Receipt,
}

impl Kind {
    const ALL: [Kind; 3] = [Kind::Batch, Kind::Account, Kind::Receipt];

    fn code(self) -> u8 {
        match self {
            Kind::Batch => 1,
            Kind::Account => 2,
            Kind::Receipt => 3,
        }
    }
}

/// A frame's head.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame {
    /// What it holds.
    pub kind: Kind,
    /// How many bytes.
    pub length: u32,
    /// SHA-256 of them.
    pub sha256: [u8; 32],
    at: u64,
}

impl Frame {
    fn blocks(&self) -> u64 {
        (HEAD as u64 + u64::from(self.length)).div_ceil(BLOCK)
    }

    fn encode(kind: Kind, content: &[u8]) -> [u8; HEAD] {
        let mut head = [0; HEAD];
        head[..4].copy_from_slice(FRAME_MAGIC);
        head[4] = kind.code();
        head[8..12].copy_from_slice(&u32::try_from(content.len()).unwrap_or(u32::MAX).to_be_bytes());
        head[16..48].copy_from_slice(sha256(&[content]).as_bytes());
        head
    }

    fn parse(head: &[u8; HEAD], at: u64) -> Option<Frame> {
        let kind = Kind::ALL.into_iter().find(|kind| kind.code() == head[4])?;
        let length = u32::from_be_bytes(head[8..12].try_into().ok()?);
        let zeros = [&head[5..8], &head[12..16], &head[48..]].concat().iter().all(|byte| *byte == 0);
        let fits = &head[..4] == FRAME_MAGIC && zeros && length as usize <= CONTENT_MOST;
        let sha256 = head[16..48].try_into().ok()?;
        fits.then_some(Frame { kind, length, sha256, at })
    }
}

/// An open outbox.
#[derive(Debug)]
pub struct Outbox {
    file: File,
    length: u64,
    id: [u8; 16],
    frames: Vec<Frame>,
}

/// What writing came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wrote {
    /// It is in it, synced with the next [`Writer::seal`].
    Frame,
    /// It was there already.
    Known,
    /// There is no room.
    Full,
}

impl Outbox {
    /// Makes one of this length at `root`, all zeros, its id at random. The one that was there is lost.
    ///
    /// # Errors
    /// The system's.
    pub fn make(root: &Path, length: u64, id: [u8; 16]) -> io::Result<()> {
        let length = (length.min(LENGTH_MOST) / BLOCK).max(2) * BLOCK;
        let folder = Folder::make(root)?;
        // One that a cut left would take the room of this one.
        folder.sweep_drafts(NAME)?;
        let mut draft = folder.draft(NAME)?;
        draft.write(&[&FILE_MAGIC[..], &[0; 12], &id].concat())?;
        let (mut at, zeros) = (32, vec![0; ZEROS]);
        while at < length {
            let piece = (length - at).min(ZEROS as u64);
            draft.write(zeros.get(..usize::try_from(piece).unwrap_or(0)).unwrap_or_default())?;
            at += piece;
        }
        Ok(draft.settle(&folder, NAME)?)
    }

    /// Opens the one of a stick; `None` if there is none that is one.
    ///
    /// # Errors
    /// The system's.
    pub fn open(root: &Path, purpose: For) -> io::Result<Option<Outbox>> {
        let Some(file) = files::regular(root, NAME, purpose)? else { return Ok(None) };
        let length = file.metadata()?.len() / BLOCK * BLOCK;
        let mut head = [0; 32];
        if !(2 * BLOCK..=LENGTH_MOST).contains(&length) {
            return Ok(None);
        }
        file.read_exact_at(&mut head, 0)?;
        let Some((magic, id)) = head.split_first_chunk::<16>() else { return Ok(None) };
        if magic != &[&FILE_MAGIC[..], &[0; 12]].concat()[..] {
            return Ok(None);
        }
        let id = id.try_into().unwrap_or([0; 16]);
        let mut outbox = Outbox { file, length, id, frames: Vec::new() };
        outbox.look()?;
        Ok(Some(outbox))
    }

    fn look(&mut self) -> io::Result<()> {
        let mut at = BLOCK;
        while at < self.length && (self.frames.len() as u64) < FRAMES_MOST {
            let mut head = [0; HEAD];
            self.file.read_exact_at(&mut head, at)?;
            let Some(frame) = Frame::parse(&head, at) else { break };
            at += frame.blocks() * BLOCK;
            if at > self.length {
                break;
            }
            self.frames.push(frame);
        }
        Ok(())
    }

    /// The stick's id.
    #[must_use]
    pub fn id(&self) -> [u8; 16] {
        self.id
    }

    /// The same in hexadecimal digits.
    #[must_use]
    pub fn id_text(&self) -> String {
        hex(&self.id)
    }

    /// What is in it, by heads that nobody has proven.
    #[must_use]
    pub fn frames(&self) -> &[Frame] {
        &self.frames
    }

    /// Bytes that are left.
    #[must_use]
    pub fn room(&self) -> u64 {
        self.length - self.end()
    }

    fn end(&self) -> u64 {
        self.frames.last().map_or(BLOCK, |frame| frame.at + frame.blocks() * BLOCK)
    }

    /// A frame's content; `None` if it is not what its head says.
    ///
    /// # Errors
    /// The system's.
    pub fn content(&self, frame: &Frame) -> io::Result<Option<Vec<u8>>> {
        let mut bytes = vec![0; frame.length as usize];
        self.file.read_exact_at(&mut bytes, frame.at + HEAD as u64)?;
        Ok((sha256(&[&bytes]).as_bytes() == &frame.sha256).then_some(bytes))
    }

    /// Begins to write.
    #[must_use]
    pub fn writer(&mut self) -> Writer<'_> {
        let at = self.end();
        Writer { outbox: self, begun: None, at, unsynced: 0, pending: Vec::new() }
    }

    /// Makes it empty: what was in it is where it should be. Every byte goes, those of a visit that broke off too: who finds the
    /// stick learns nothing of the nights before. The first block is the last: as long
    /// as its head stands, a return that was cut short is seen and done again.
    ///
    /// # Errors
    /// The system's.
    pub fn clear(&mut self) -> io::Result<()> {
        let longest = SYNC_EVERY + 2 * (HEAD as u64 + CONTENT_MOST as u64).next_multiple_of(BLOCK);
        let (mut at, zeros) = ((self.end() + longest).min(self.length), vec![0; ZEROS]);
        let first = 2 * BLOCK;
        while at > first {
            let piece = (at - first).min(ZEROS as u64);
            at -= piece;
            self.file
                .write_all_at(zeros.get(..usize::try_from(piece).unwrap_or(0)).unwrap_or_default(), at)?;
        }
        self.file.sync_all()?;
        self.file.write_all_at(&[0; BLOCK as usize], BLOCK)?;
        self.frames.clear();
        self.file.sync_all()
    }
}

/// Frames on their way: the first one's head is written last, so that a stick pulled out in between holds none of them.
pub struct Writer<'a> {
    outbox: &'a mut Outbox,
    begun: Option<(u64, [u8; HEAD])>,
    at: u64,
    unsynced: u64,
    pending: Vec<Frame>,
}

impl Writer<'_> {
    /// Writes a frame behind the others.
    ///
    /// # Errors
    /// The system's: the stick was pulled out, or is broken.
    pub fn write(&mut self, kind: Kind, content: &[u8]) -> io::Result<Wrote> {
        let head = Frame::encode(kind, content);
        let Some(frame) = Frame::parse(&head, self.at) else { return Ok(Wrote::Full) };
        let is_same = |known: &&Frame| (known.kind, known.sha256) == (kind, frame.sha256);
        if self.outbox.frames.iter().chain(&self.pending).any(|known| is_same(&known)) {
            return Ok(Wrote::Known);
        }
        let end = self.at + frame.blocks() * BLOCK;
        if end > self.outbox.length {
            return Ok(Wrote::Full);
        }
        if end < self.outbox.length {
            // What an earlier filling left must not seem to follow.
            self.outbox.file.write_all_at(&[0; 512], end)?;
        }
        self.outbox.file.write_all_at(content, self.at + HEAD as u64)?;
        match self.begun {
            None => self.begun = Some((self.at, head)),
            Some(_) => self.outbox.file.write_all_at(&head, self.at)?,
        }
        self.pending.push(frame);
        (self.at, self.unsynced) = (end, self.unsynced + (end - self.at));
        if self.unsynced >= SYNC_EVERY {
            self.seal()?;
        }
        Ok(Wrote::Frame)
    }

    /// Whether everything that was written counts.
    #[must_use]
    pub fn is_sealed(&self) -> bool {
        self.begun.is_none()
    }

    /// Syncs what was written, then lets it count.
    ///
    /// # Errors
    /// The system's; then none of it counts.
    pub fn seal(&mut self) -> io::Result<()> {
        let Some((at, head)) = self.begun.take() else { return Ok(()) };
        self.outbox.file.sync_data()?;
        self.outbox.file.write_all_at(&head, at)?;
        self.outbox.file.sync_data()?;
        self.outbox.frames.append(&mut self.pending);
        self.unsynced = 0;
        Ok(())
    }
}

#[cfg(test)]
mod tests;
