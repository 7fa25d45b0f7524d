//! What the keeper remembers between runs: both repositories, the floor of the clock, the highest versions, the last report.
//! Promises: each file whole or not there; a damaged memory of a repository is told and stops that repository alone; one
//! keeper at a time, for which the next one waits, and which can see that somebody waits.
//! Must not know: what is believed.

use std::collections::BTreeMap;
use std::fs::{self, File, TryLockError};
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use gate_tuf::{Claimed, Root, Trusted};
use gate_wire::time::Timestamp;
use serde::{Deserialize, Serialize};

use crate::data::{DataFault, at};
use crate::refusal::{Cause, Refusal};
use crate::report::Report;
use crate::repository::{Repository, file};

const NOTES: &str = "notes.json";
const REPORT: &str = "report.json";
/// Mode of what nobody else needs to read.
const OWN: u32 = 0o600;
/// Mode of what the group is told: carriers read there what need not be brought. No secret is in it.
const TOLD: u32 = 0o640;
const LOCK: &str = "keeper.lock";
/// Locked, shared, by those who wait for the other lock: it goes with a process that ends, however it ends.
const WAITING: &str = "keeper.waiting";
/// How long a keeper waits for another: a province's base is put in force in less.
pub const PATIENCE: Duration = Duration::from_secs(120);
/// How often it looks.
const AGAIN: Duration = Duration::from_millis(50);
/// Two targets files and a root as text in JSON.
const MOST_BYTES: u64 = 8 << 20;

/// The state directory, held by one keeper.
#[derive(Debug)]
pub struct Memory {
    path: PathBuf,
    lock: File,
}

/// What is remembered beside the repositories.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Notes {
    /// A time that is surely past, in seconds since 1970, as one was kept for both repositories. It is read and never raised (ADR 29).
    pub floor: u64,
    /// The highest version that was ever in force, by dataset; of the list epoch × 2^32 + step. By `floor-REPOSITORY` a time that is
    /// surely past, as its own signers say.
    pub marks: BTreeMap<String, u64>,
}

/// Why the keeper does not run.
#[derive(Debug, thiserror::Error)]
pub enum MemoryFault {
    /// Another one runs, and has not ended.
    #[error("another gate-trust is at work in {} and does not end", .0.display())]
    Lock(PathBuf),
    /// A file cannot be read or written.
    #[error(transparent)]
    File(#[from] DataFault),
    /// What is remembered is damaged.
    #[error("{} is damaged: put the terminal's image on it again", .0.display())]
    Read(PathBuf),
    /// The root is none.
    #[error("{} is no root of a repository", .0.display())]
    ReadRoot(PathBuf),
    /// There is a root already, and it is not forgotten.
    #[error("{} is there already: the newest root is reached by rotation, never by putting another one there", .0.display())]
    KeepRoot(PathBuf),
}

impl Memory {
    /// Takes the directory at `path`, made if it is not there; another keeper in it is waited for, at most [`PATIENCE`].
    ///
    /// # Errors
    /// [`MemoryFault`].
    pub fn open(path: &Path) -> Result<Memory, MemoryFault> {
        Memory::open_within(path, PATIENCE)
    }

    /// [`Memory::open`], with another patience.
    ///
    /// # Errors
    /// [`MemoryFault`].
    pub fn open_within(path: &Path, patience: Duration) -> Result<Memory, MemoryFault> {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(at(path))?;
        let memory = Memory { path: path.to_path_buf(), lock: lock_file(path, LOCK)? };
        if memory.is_taken()? {
            return Ok(memory);
        }
        let (waiting, until) = (lock_file(path, WAITING)?, Instant::now() + patience);
        loop {
            // Whoever looks whether somebody waits holds it for a moment: then at the next turn.
            let _ = waiting.try_lock_shared();
            if memory.is_taken()? {
                return Ok(memory);
            }
            if Instant::now() >= until {
                return Err(MemoryFault::Lock(path.to_path_buf()));
            }
            thread::sleep(AGAIN);
        }
    }

    /// Whether another keeper waits for this one.
    #[must_use]
    pub fn is_awaited(&self) -> bool {
        is_awaited(&self.path)
    }

    /// Lets those go first who wait, and takes the directory again.
    ///
    /// # Errors
    /// [`MemoryFault`].
    pub fn give_way(self) -> Result<Memory, MemoryFault> {
        let path = self.path.clone();
        drop(self);
        let until = Instant::now() + PATIENCE;
        // They look every few milliseconds: whoever came back at once would always be first.
        while is_awaited(&path) {
            if Instant::now() >= until {
                return Err(MemoryFault::Lock(path));
            }
            thread::sleep(AGAIN);
        }
        Memory::open(&path)
    }

    fn is_taken(&self) -> Result<bool, MemoryFault> {
        match self.lock.try_lock() {
            Ok(()) => Ok(true),
            Err(TryLockError::WouldBlock) => Ok(false),
            Err(TryLockError::Error(source)) => {
                Err(DataFault::File { path: self.path.join(LOCK), source }.into())
            }
        }
    }

    /// Puts a repository's first root there, as the terminal's image brings it.
    ///
    /// # Errors
    /// [`MemoryFault`]; never over one that is there.
    pub fn seed(&self, repository: Repository, root: &Path) -> Result<(), MemoryFault> {
        let path = self.path.join(file(repository));
        if path.exists() {
            return Err(MemoryFault::KeepRoot(path));
        }
        let bytes = read(root, repository.limits().root)?.unwrap_or_default();
        let claimed = Claimed::<Root>::read(&bytes).and_then(Claimed::trust_first);
        let root = claimed.map_err(|_| MemoryFault::ReadRoot(root.to_path_buf()))?;
        Ok(self.save(repository, &Trusted::first(root))?)
    }

    /// What is remembered of a repository.
    ///
    /// # Errors
    /// [`Refusal`]: this repository cannot be believed any more; the other one can.
    pub fn trusted(&self, repository: Repository) -> Result<Trusted, Refusal> {
        let path = self.path.join(file(repository));
        let terminal = |facts: String| Refusal::new(Cause::Terminal, facts);
        let bytes = read(&path, MOST_BYTES)?;
        let bytes = bytes.ok_or_else(|| {
            let facts = format!("{}: no root was put into this terminal", path.display());
            Refusal::new(Cause::NotEnrolled, facts)
        })?;
        let text = String::from_utf8(bytes).unwrap_or_default();
        Trusted::from_text(&text).map_err(|refused| terminal(format!("{}: {refused}", path.display())))
    }

    /// Keeps what is believed of a repository.
    ///
    /// # Errors
    /// [`DataFault`].
    pub fn save(&self, repository: Repository, trusted: &Trusted) -> Result<(), DataFault> {
        self.write((file(repository), OWN), trusted.to_text().as_bytes())
    }

    /// The notes; empty ones at the beginning.
    ///
    /// # Errors
    /// [`MemoryFault`]: without them nobody knows what was in force.
    pub fn notes(&self) -> Result<Notes, MemoryFault> {
        let path = self.path.join(NOTES);
        match read(&path, MOST_BYTES)? {
            None => Ok(Notes::default()),
            Some(bytes) => serde_json::from_slice(&bytes).map_err(|_| MemoryFault::Read(path)),
        }
    }

    /// Keeps the notes.
    ///
    /// # Errors
    /// [`DataFault`].
    pub fn save_notes(&self, notes: &Notes) -> Result<(), DataFault> {
        // Numbers and names alone: it always is JSON.
        self.write((NOTES, OWN), &serde_json::to_vec(notes).unwrap_or_default())
    }

    /// Keeps the report.
    ///
    /// # Errors
    /// [`DataFault`].
    pub fn save_report(&self, report: &Report) -> Result<(), DataFault> {
        self.write((REPORT, TOLD), &serde_json::to_vec(report).unwrap_or_default())
    }

    /// The last report; an empty one if there is none that can be read.
    #[must_use]
    pub fn report(path: &Path) -> Report {
        let bytes = read(&path.join(REPORT), MOST_BYTES).ok().flatten();
        bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default()
    }

    fn write(&self, (name, mode): (&str, u32), bytes: &[u8]) -> Result<(), DataFault> {
        let (path, beside) = (self.path.join(name), self.path.join(format!("{name}.part")));
        let _ = fs::remove_file(&beside);
        let file = File::options().write(true).create_new(true).mode(mode).open(&beside);
        let mut file = file.map_err(at(&beside))?;
        file.write_all(bytes).and_then(|()| file.sync_all()).map_err(at(&beside))?;
        fs::rename(&beside, &path).map_err(at(&path))?;
        File::open(&self.path).and_then(|folder| folder.sync_all()).map_err(at(&self.path))
    }
}

impl Drop for Memory {
    /// By word, not by closing: a child that is about to become a program has our files too for a moment.
    fn drop(&mut self) {
        let _ = self.lock.unlock(); // What cannot be unlocked is when the process ends.
    }
}

impl Notes {
    /// A time that is surely past, by what the signers of this repository said.
    #[must_use]
    pub fn floor(&self, of: Repository) -> Timestamp {
        let floor = self.mark(&floor_mark(of)).max(self.floor);
        Timestamp::from_unix(floor).unwrap_or(Timestamp::MAX)
    }

    /// Raises it.
    pub fn raise_floor(&mut self, of: Repository, to: Timestamp) {
        self.raise(&floor_mark(of), to.unix());
    }

    /// The highest version of a dataset.
    #[must_use]
    pub fn mark(&self, name: &str) -> u64 {
        self.marks.get(name).copied().unwrap_or(0)
    }

    /// Raises it.
    pub fn raise(&mut self, name: &str, to: u64) {
        let mark = self.marks.entry(name.to_owned()).or_default();
        *mark = to.max(*mark);
    }
}

fn floor_mark(of: Repository) -> String {
    format!("floor-{}", of.name())
}

fn lock_file(folder: &Path, name: &str) -> Result<File, DataFault> {
    let path = folder.join(name);
    let file = File::options().write(true).create(true).truncate(false).mode(OWN).open(&path);
    file.map_err(at(&path))
}

fn is_awaited(folder: &Path) -> bool {
    let Ok(file) = lock_file(folder, WAITING) else { return false };
    match file.try_lock() {
        Ok(()) => {
            let _ = file.unlock(); // It is closed in a moment.
            false
        }
        Err(error) => matches!(error, TryLockError::WouldBlock),
    }
}

fn read(path: &Path, most: u64) -> Result<Option<Vec<u8>>, DataFault> {
    match fs::metadata(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Ok(about) if about.is_file() && about.len() <= most => {}
        Ok(_) => return Ok(Some(Vec::new())),
        Err(error) => return Err(at(path)(error)),
    }
    fs::read(path).map(Some).map_err(at(path))
}
