//! The outbox: batches as files until the authority has them; and what comes back, read without believing its folder (ADR 15).
//! Promises: a file is whole or not there, and never changes; the box has its own limit and never takes more; nothing here touches
//! the journal. What lies in it beside its own files is left alone.
//! Must not know: SQLite, keys, who carries the files away.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use gate_core::query::{Sequence, TerminalNumber};
use gate_core::records::JournalId;
use gate_core::records::acknowledgement::ACKNOWLEDGEMENT_MOST;
use gate_core::records::batch::{BATCH_MOST, verify_batch};
use gate_core::records::names::{BatchName, account_name, acknowledgement_name};
use gate_proof::ed25519::PublicKey;
use rustix::fs::OFlags;
use rustix::io::Errno;

use crate::batch::Batch;

/// Files looked at in the folder, at most: a box of the largest limit full of single rows, and room.
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
        fs::create_dir_all(folder)?;
        Ok(Outbox { folder: folder.to_path_buf(), terminal, bytes_most })
    }

    /// The batches of this terminal that are in it, by their first rows. Half-written ones of an earlier run are taken away.
    ///
    /// # Errors
    /// The system's.
    pub fn held(&self) -> io::Result<Vec<BatchName>> {
        let mut held = Vec::new();
        for entry in fs::read_dir(&self.folder)?.take(FILES_MOST) {
            let name = entry?.file_name();
            let Some(name) = name.to_str() else { continue };
            if let Some(whole) = name.strip_suffix(PART) {
                if self.is_ours(whole) {
                    fs::remove_file(self.folder.join(name))?;
                }
            } else if let Some(batch) = BatchName::parse(name).filter(|batch| batch.terminal == self.terminal)
            {
                held.push(batch);
            }
        }
        held.sort_by_key(|batch| (batch.first, batch.last));
        Ok(held)
    }

    /// [`Outbox::held`], each read and verified; what rotted, or is not what its name says, is taken away and will be made again.
    ///
    /// # Errors
    /// The system's.
    pub fn held_and_whole(&self, key: &PublicKey) -> io::Result<Vec<BatchName>> {
        let (mut whole, mut room) = (Vec::new(), Vec::new());
        for name in self.held()? {
            let path = self.folder.join(name.print().as_str());
            room.clear();
            let read = read_bounded(&path, BATCH_MOST, &mut room)?;
            if read == Found::Whole && is_what_it_says(&room, &name, key) {
                whole.push(name);
            } else {
                remove(&path)?;
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
        for name in self.held()?.into_iter().filter(arrived) {
            remove(&self.folder.join(name.print().as_str()))?;
            count += 1;
        }
        Ok(count)
    }

    fn is_ours(&self, name: &str) -> bool {
        name == account_name(self.terminal).as_str()
            || BatchName::parse(name).is_some_and(|batch| batch.terminal == self.terminal)
    }

    fn write(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        let (path, part) = (self.folder.join(name), self.folder.join(format!("{name}{PART}")));
        remove(&part)?;
        let mut options = OpenOptions::new();
        // New, so that no link planted under this name is written through; readable by whoever carries it away.
        let file = options.write(true).create_new(true).mode(0o644).open(&part);
        let written = file.and_then(|mut file| {
            file.write_all(bytes)?;
            file.sync_all()?;
            fs::rename(&part, &path)
        });
        if written.is_err() {
            // Half a file would take room until the next start.
            let _ = fs::remove_file(&part);
        }
        written?;
        File::open(&self.folder)?.sync_all()
    }
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
    let path = folder.join(acknowledgement_name(terminal, journal).as_str());
    let mut bytes = Vec::new();
    match read_bounded(&path, ACKNOWLEDGEMENT_MOST, &mut bytes)? {
        Found::Whole => Ok(Some(bytes)),
        Found::Nothing => Ok(None),
        Found::NoFile => Err(io::Error::other("a link, a folder, a pipe, or longer than an acknowledgement")),
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Found {
    Whole,
    Nothing,
    NoFile,
}

/// Reads a regular file of at most `most` bytes; never through a link, never waiting for a pipe.
fn read_bounded(path: &Path, most: usize, into: &mut Vec<u8>) -> io::Result<Found> {
    let flags = (OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY).bits().cast_signed();
    let file = match File::options().read(true).custom_flags(flags).open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Found::Nothing),
        Err(error) if error.raw_os_error() == Some(Errno::LOOP.raw_os_error()) => return Ok(Found::NoFile),
        Err(error) => return Err(error),
    };
    let about = file.metadata()?;
    if !about.is_file() || about.size() > most as u64 {
        return Ok(Found::NoFile);
    }
    file.take(most as u64 + 1).read_to_end(into)?;
    Ok(if into.len() <= most { Found::Whole } else { Found::NoFile })
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

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
