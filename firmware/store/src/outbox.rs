//! The outbox: batches as files until the authority has them; and what comes back, read without believing its folder (ADR 15).
//! Promises: a file is whole or not there, and never changes; the box has its own limit and never takes more; nothing here touches
//! the journal, nor follows a link. What lies in it beside its own files is left alone and stops nothing.
//! Must not know: SQLite, keys, who carries the files away.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use gate_core::query::{Sequence, TerminalNumber};
use gate_core::records::JournalId;
use gate_core::records::acknowledgement::ACKNOWLEDGEMENT_MOST;
use gate_core::records::batch::{BATCH_MOST, verify_batch};
use gate_core::records::names::{BatchName, account_name, acknowledgement_name};
use gate_files::{Entry, Folder, For, Kind};
use gate_proof::ed25519::PublicKey;

use crate::batch::Batch;

/// Files of ours looked at in the folder, at most: a box of the largest limit full of single rows, and room.
const FILES_MOST: usize = 400_000;
/// What a file is called until it is whole.
const PART: &str = ".part";

/// The folder of one terminal's outgoing batches.
#[derive(Clone, Debug)]
pub struct Outbox {
    folder: PathBuf,
    terminal: TerminalNumber,
    bytes_most: u64,
}

/// What putting something in came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Put {
    /// It is in it, synced.
    Written,
    /// The box is full: the rows stay in the journal and wait for acknowledgements.
    Full,
}

impl Outbox {
    /// The folder, made if it is not there; at most `bytes_most` bytes of batches go into it.
    ///
    /// # Errors
    /// The system's.
    pub fn open(folder: &Path, terminal: TerminalNumber, bytes_most: u64) -> io::Result<Outbox> {
        let outbox = Outbox { folder: folder.to_path_buf(), terminal, bytes_most };
        outbox.folder()?;
        Ok(outbox)
    }

    /// The batches of this terminal that are in it, by their first rows. Half-written ones of an earlier run are taken away.
    ///
    /// # Errors
    /// The system's.
    pub fn held(&self) -> io::Result<Vec<BatchName>> {
        let folder = self.folder()?;
        for left in folder.named(FILES_MOST, |name| self.is_part(name))? {
            if matches!(left.kind, Kind::File(_)) {
                folder.remove(&left.name)?;
            }
        }
        let is_file = |entry: &Entry| matches!(entry.kind, Kind::File(_));
        let entries = folder.named(FILES_MOST, |name| self.is_batch(name))?;
        let mut held: Vec<BatchName> = entries
            .iter()
            .filter(|entry| is_file(entry))
            .filter_map(|entry| BatchName::parse(&entry.name))
            .collect();
        held.sort_by_key(|batch| (batch.first, batch.last));
        Ok(held)
    }

    /// [`Outbox::held`], each read and verified; what rotted, or is not what its name says, is taken away and will be made again.
    ///
    /// # Errors
    /// The system's.
    pub fn held_and_whole(&self, key: &PublicKey) -> io::Result<Vec<BatchName>> {
        let (mut whole, folder) = (Vec::new(), self.folder()?);
        for name in self.held()? {
            let file = name.print();
            match folder.small(file.as_str(), BATCH_MOST as u64)? {
                Some(bytes) if is_what_it_says(&bytes, &name, key) => whole.push(name),
                _ => folder.remove(file.as_str())?,
            }
        }
        Ok(whole)
    }

    /// Puts a batch in.
    ///
    /// # Errors
    /// The system's; then the box is as it was.
    pub fn put(&self, batch: &Batch) -> io::Result<Put> {
        let used = self.held()?.iter().map(size).sum::<u64>();
        if used.saturating_add(batch.bytes.len() as u64) > self.bytes_most {
            return Ok(Put::Full);
        }
        self.write(batch.name().print().as_str(), &batch.bytes)?;
        Ok(Put::Written)
    }

    /// Puts the terminal's account in, in place of the last one.
    ///
    /// # Errors
    /// The system's.
    pub fn put_account(&self, bytes: &[u8]) -> io::Result<()> {
        self.write(account_name(self.terminal).as_str(), bytes)
    }

    /// Takes out the batches whose every row is acknowledged; how many.
    ///
    /// # Errors
    /// The system's.
    pub fn sweep(&self, journal: &JournalId, through: Sequence) -> io::Result<usize> {
        let arrived = |name: &BatchName| name.journal == *journal && name.last <= through;
        let mut count = 0;
        let folder = self.folder()?;
        for name in self.held()?.into_iter().filter(arrived) {
            folder.remove(name.print().as_str())?;
            count += 1;
        }
        Ok(count)
    }

    fn is_batch(&self, name: &str) -> bool {
        BatchName::parse(name).is_some_and(|batch| batch.terminal == self.terminal)
    }

    /// What an earlier run left half-written: a name of ours, something, `.part`.
    fn is_part(&self, name: &str) -> bool {
        let is_ours = |name: &str| name == account_name(self.terminal).as_str() || self.is_batch(name);
        let Some(stem) = name.strip_suffix(PART) else { return false };
        is_ours(stem) || stem.rsplit_once('.').is_some_and(|(whole, _)| is_ours(whole))
    }

    /// Readable by whoever carries it away.
    fn write(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        let folder = self.folder()?;
        let mut draft = folder.draft(name)?;
        draft.write(bytes)?;
        draft.share()?;
        Ok(draft.settle(&folder, name)?)
    }

    /// Opened anew each time, and itself no link: what is written must lie with the spool.
    fn folder(&self) -> io::Result<Folder> {
        let (above, name) = parted(&self.folder)?;
        Ok(Folder::make(above)?.make_below(name)?)
    }
}

/// A folder's own folder, and its name.
fn parted(folder: &Path) -> io::Result<(&Path, &str)> {
    let name = folder.file_name().and_then(|name| name.to_str());
    folder.parent().zip(name).ok_or_else(|| io::Error::other("no name of a folder"))
}

/// What lies in `folder` as the acknowledgement of this journal; `None` if nothing does. Nobody has proven it.
///
/// # Errors
/// The system's, and for anything but a short regular file.
pub fn alleged_acknowledgement(
    folder: &Path,
    terminal: TerminalNumber,
    journal: &JournalId,
) -> io::Result<Option<Vec<u8>>> {
    let (above, name) = parted(folder)?;
    let Some(above) = Folder::open(above)? else { return Ok(None) };
    let Some(folder) = above.below(name)? else { return Ok(None) };
    let file = folder.regular(acknowledgement_name(terminal, journal).as_str(), For::Reading)?;
    file.map(read_bounded).transpose()
}

fn read_bounded(file: File) -> io::Result<Vec<u8>> {
    let (most, mut bytes) = (ACKNOWLEDGEMENT_MOST as u64, Vec::new());
    file.take(most + 1).read_to_end(&mut bytes)?;
    match bytes.len() as u64 <= most {
        true => Ok(bytes),
        false => Err(io::Error::other("longer than an acknowledgement")),
    }
}

fn is_what_it_says(bytes: &[u8], name: &BatchName, key: &PublicKey) -> bool {
    verify_batch(bytes, key).is_ok_and(|batch| {
        let header = batch.header();
        let said = BatchName {
            terminal: header.terminal,
            journal: header.journal,
            first: header.first,
            last: batch.last(),
        };
        said == *name
    })
}

/// Bytes of a batch of so many rows, a few too many.
fn size(name: &BatchName) -> u64 {
    use gate_core::records::SEALED_BYTES;
    use gate_core::records::batch::{ENVELOPE_BYTES, HEADER_BYTES};
    let rows = name.count().min(BATCH_MOST as u64).saturating_mul(SEALED_BYTES as u64);
    rows + (HEADER_BYTES + ENVELOPE_BYTES) as u64
}
