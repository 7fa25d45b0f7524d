//! The desk's log: who used which key for what, when, and how many times. Append-only, hash-chained JSON Lines.
//! Promises: a line is on disk, synced, before [`Log::note`] returns, and so before a signature can leave; one batch is
//! one line and one more when it ended; several processes may write; a log that does not fit its head is not written on.
//! Must not know: people. A line holds an operator's short name, key names, counts and digests; no field could hold a person.
//!
//! | file | what |
//! |---|---|
//! | `desk-log.jsonl` | a line each: [`Line`] |
//! | `desk-log.head` | lines, bytes and hash of the last line, replaced after each: what a cut-off log is measured by |
//! | `desk-log.lock` | held while a line is written |
//!
//! What this shows and what it cannot: `chain`, ADR 11.

pub mod chain;
pub mod entry;
mod head;

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use gate_core::manifest::Demo;
use gate_proof::digest::{Digest, sha256};
use gate_wire::time::Timestamp;

use crate::custody::voucher::Voucher;
use crate::staging::{self, Readers};
use chain::{ChainBroken, Walk};
use entry::{Entry, Line, Operation, Operator};
pub use head::Head;

/// The log's file in the desk's directory.
pub const LOG_FILE: &str = "desk-log.jsonl";
/// The file with the newest head.
pub const HEAD_FILE: &str = "desk-log.head";
const LOCK_FILE: &str = "desk-log.lock";

/// The desk's clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clock {
    /// The operating system's.
    System,
    /// Stands: for one command, and for tests.
    Fixed(Timestamp),
}

impl Clock {
    /// The time now.
    pub fn now(self) -> Timestamp {
        match self {
            Clock::Fixed(time) => time,
            Clock::System => {
                let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
                Timestamp::from_unix(since.as_secs()).unwrap_or(Timestamp::EPOCH)
            }
        }
    }
}

/// Why a line was not written. What it would have told of must not happen.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LogFault {
    /// A file could not be read or written.
    #[error("the desk's log: {}: {reason}", .path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// What the system said.
        reason: String,
    },
    /// The log is shorter than its head says, or other than it.
    #[error("the desk's log was cut or changed, so no key is used: {0}")]
    Broken(ChainBroken),
    /// A power cut left half a line, and no key was used since.
    #[error("the desk's log: {0}")]
    Torn(ChainBroken),
    /// There is none where there must be one.
    #[error("{} is missing, so no key is used: put it back from a backup", .0.display())]
    FindLog(PathBuf),
}

impl From<ChainBroken> for LogFault {
    // Told in the same breath, and so not as a source: it would be printed twice.
    fn from(broken: ChainBroken) -> LogFault {
        match broken {
            torn @ ChainBroken::EndLine { .. } => LogFault::Torn(torn),
            broken => LogFault::Broken(broken),
        }
    }
}

/// Whether a log may begin here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// A new desk, or a demo from before there was a log.
    May,
    /// There has been one: if it is gone, it was taken away.
    MustBeThere,
}

/// The log of one desk, ready to be written on.
pub struct Log {
    directory: PathBuf,
    origin: Digest,
    operator: Operator,
    account: String,
    clock: Clock,
    start: Start,
    /// One line at a time within this process; the lock file does it between processes.
    turn: Mutex<()>,
}

impl Log {
    /// The log in `directory`. `origin` is what the first line follows: a value of this province alone.
    #[must_use]
    pub fn new(directory: &Path, origin: Digest, operator: Operator, clock: Clock, start: Start) -> Log {
        let directory = directory.to_path_buf();
        Log { directory, origin, operator, account: account(), clock, start, turn: Mutex::new(()) }
    }

    /// Writes a line, and returns when it is on disk with everything before it.
    ///
    /// # Errors
    /// [`LogFault`]: then what the line would have told of must not happen.
    pub fn note(&self, entry: &Entry<'_>) -> Result<Head, LogFault> {
        self.note_sealed(entry, None)
    }

    /// The same under a seal of custody's, where there is one.
    ///
    /// # Errors
    /// [`LogFault`].
    pub(crate) fn note_sealed(&self, entry: &Entry<'_>, seal: Option<&Voucher>) -> Result<Head, LogFault> {
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let _lock = self.lock()?;
        let kept = self.begin_or_find()?;
        let mut file = self.open_file(LOG_FILE)?;
        let head = self.settle(&mut file, kept)?;
        let head = self.append(&mut file, head, (entry, seal))?;
        self.keep(&head)?;
        Ok(head)
    }

    /// Follows the whole log and compares it with its head file.
    ///
    /// # Errors
    /// [`LogFault`], naming the first line that is wrong.
    pub fn verify(&self) -> Result<Head, LogFault> {
        let _lock = self.lock()?;
        let kept = self.kept_head()?.ok_or_else(|| LogFault::FindLog(self.path(HEAD_FILE)))?;
        let file = self.open_log()?;
        let found = Walk::begin(self.origin).watching(kept.lines).follow(file, |_| {})?;
        chain::contains(&found, &kept)?;
        Ok(found.head())
    }

    /// Every line up to the head, followed from the first and held against the head file. `None` if there is no log and need
    /// be none. Half a line at the end, which a power cut left, is passed over: nothing left because of it.
    ///
    /// # Errors
    /// [`LogFault`], naming the first line that is wrong.
    pub fn recount(
        &self,
        mut see: impl FnMut(&Line) -> Result<(), ChainBroken>,
    ) -> Result<Option<Head>, LogFault> {
        let _lock = self.lock()?;
        let Some(kept) = self.kept_head()? else {
            return match self.start {
                Start::May if !self.path(LOG_FILE).exists() => Ok(None),
                _ => Err(LogFault::FindLog(self.path(HEAD_FILE))),
            };
        };
        if kept.lines == 0 && !self.path(LOG_FILE).exists() {
            return Ok(Some(kept));
        }
        let mut refused = None;
        let keep_first = |line: &Line| refused = refused.take().or_else(|| see(line).err());
        let (head, seen) =
            Walk::begin(self.origin).watching(kept.lines).follow_whole(self.open_log()?, keep_first)?;
        chain::passes(&head, seen.as_ref(), &kept)?;
        refused.map_or(Ok(Some(head)), |broken| Err(broken.into()))
    }

    /// Every line, read and followed, oldest first.
    ///
    /// # Errors
    /// [`LogFault`]; lines before the wrong one were given.
    pub fn for_each(&self, see: impl FnMut(&Line)) -> Result<Head, LogFault> {
        let _lock = self.lock()?;
        let file = self.open_log()?;
        Ok(Walk::begin(self.origin).follow(file, see)?.head())
    }

    /// The lines that are dated before the one above them: the clock of this machine was set back there.
    ///
    /// # Errors
    /// [`LogFault`].
    pub fn set_back(&self) -> Result<Vec<u64>, LogFault> {
        let (mut before, mut found) = (0, Vec::new());
        self.for_each(|line| {
            if line.at < before {
                found.push(line.line);
            }
            before = line.at;
        })?;
        Ok(found)
    }

    /// Whether the log has this head on its way: a head written down earlier, elsewhere.
    ///
    /// # Errors
    /// [`LogFault`]: the log was cut or rewritten since.
    pub fn has_passed(&self, earlier: &Head) -> Result<Head, LogFault> {
        let _lock = self.lock()?;
        let file = self.open_log()?;
        let found = Walk::begin(self.origin).watching(earlier.lines).follow(file, |_| {})?;
        chain::contains(&found, earlier)?;
        Ok(found.head())
    }

    /// The time by the desk's clock.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Brings file and head together after a power cut: lines after the head were whole and synced, so they count; half a
    /// line was not, nothing left because of it, and it is cut off and told of.
    fn settle(&self, file: &mut File, kept: Head) -> Result<Head, LogFault> {
        let path = self.path(LOG_FILE);
        let length = file.metadata().map_err(at(&path))?.len();
        if length < kept.bytes {
            return Err(ChainBroken::Shorten { lines: kept.lines, bytes: kept.bytes, found: length }.into());
        }
        self.check_last_line(file, &kept)?;
        if length == kept.bytes {
            return Ok(kept);
        }
        file.seek(SeekFrom::Start(kept.bytes)).map_err(at(&path))?;
        match Walk::from(kept.clone()).follow(&mut *file, |_| {}) {
            Ok(found) => Ok(found.head()),
            Err(ChainBroken::EndLine { whole, bytes }) => self.cut_torn_line(file, whole, bytes),
            Err(broken) => Err(broken.into()),
        }
    }

    fn cut_torn_line(&self, file: &mut File, whole: Head, bytes: u64) -> Result<Head, LogFault> {
        let path = self.path(LOG_FILE);
        file.set_len(whole.bytes).map_err(at(&path))?;
        let entry = Entry { count: bytes, ..Entry::of(Operation::LogRepair) };
        self.append(file, whole, (&entry, None))
    }

    /// The last line that the head speaks of must still be that line: a changed one would else be written on.
    fn check_last_line(&self, file: &mut File, kept: &Head) -> Result<(), LogFault> {
        if kept.lines == 0 {
            return Ok(());
        }
        let path = self.path(LOG_FILE);
        let room = kept.bytes.min(chain::MAX_LINE_BYTES as u64);
        file.seek(SeekFrom::Start(kept.bytes - room)).map_err(at(&path))?;
        let mut tail = Vec::new();
        Read::by_ref(file).take(room).read_to_end(&mut tail).map_err(at(&path))?;
        let text = tail.strip_suffix(b"\n").unwrap_or(&tail);
        let line = text.rsplit(|byte| *byte == b'\n').next().unwrap_or(text);
        if tail.ends_with(b"\n") && chain::line_hash(line) == kept.hash {
            return Ok(());
        }
        Err(ChainBroken::MatchHead { lines: kept.lines }.into())
    }

    fn append(
        &self,
        file: &mut File,
        head: Head,
        (entry, seal): (&Entry<'_>, Option<&Voucher>),
    ) -> Result<Head, LogFault> {
        let path = self.path(LOG_FILE);
        let line =
            Line::of(entry, head.lines + 1, self.clock.now(), (&self.operator, &self.account), &head.hash);
        let line = match seal {
            Some(voucher) => line.sealed(voucher),
            None => line,
        };
        let mut bytes = serde_json::to_vec(&line).map_err(|error| at(&path)(error.into()))?;
        let hash = chain::line_hash(&bytes);
        bytes.push(b'\n');
        #[cfg(test)]
        staging::cut::step().map_err(at(&path))?;
        file.seek(SeekFrom::Start(head.bytes)).map_err(at(&path))?;
        file.write_all(&bytes).and_then(|()| file.sync_all()).map_err(at(&path))?;
        #[cfg(test)]
        staging::cut::step().map_err(at(&path))?;
        if head.lines == 0 {
            staging::sync_directory(&path).map_err(at(&path))?;
        }
        Ok(Head { lines: head.lines + 1, bytes: head.bytes + bytes.len() as u64, hash })
    }

    fn keep(&self, head: &Head) -> Result<(), LogFault> {
        let path = self.path(HEAD_FILE);
        staging::replace(&path, head.to_text().as_bytes(), Readers::Owner).map_err(at(&path))
    }

    /// The head file; a new log's head is there before its first line, so a log without one lost it.
    fn begin_or_find(&self) -> Result<Head, LogFault> {
        if let Some(head) = self.kept_head()? {
            return Ok(head);
        }
        if self.start == Start::MustBeThere || self.path(LOG_FILE).exists() {
            return Err(LogFault::FindLog(self.path(HEAD_FILE)));
        }
        let head = Head::before_all(self.origin);
        self.keep(&head)?;
        Ok(head)
    }

    fn kept_head(&self) -> Result<Option<Head>, LogFault> {
        let path = self.path(HEAD_FILE);
        match fs::read_to_string(&path) {
            Ok(text) => Ok(Some(Head::from_text(&text).ok_or(ChainBroken::ReadHead)?)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(at(&path)(error)),
        }
    }

    fn open_log(&self) -> Result<File, LogFault> {
        let path = self.path(LOG_FILE);
        File::open(&path).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => LogFault::FindLog(path),
            _ => at(&path)(error),
        })
    }

    /// Held between processes until dropped.
    fn lock(&self) -> Result<File, LogFault> {
        let lock = self.open_file(LOCK_FILE)?;
        lock.lock().map_err(at(&self.path(LOCK_FILE)))?;
        Ok(lock)
    }

    fn open_file(&self, name: &str) -> Result<File, LogFault> {
        let path = self.path(name);
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false).mode(0o600);
        options.open(&path).map_err(at(&path))
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }
}

/// What a province's first line follows: what it was founded with, and what no later word may change. A desk that was founded
/// as a real province is no demo because a file says so.
pub(crate) fn origin(region: &str, salt: &str, tag_memory_kib: u32, nature: Demo) -> Digest {
    let nature = if nature == Demo::Yes { "demo" } else { "real" };
    sha256(&[format!("tianfu-gate/desk-log/2 {region} {salt} {tag_memory_kib} {nature}").as_bytes()])
}

/// Who the operating system says is working: a number, and the name it has for it.
fn account() -> String {
    let Ok(about) = fs::metadata("/proc/self") else { return "unknown".into() };
    let uid = about.uid().to_string();
    let table = fs::read_to_string("/etc/passwd").unwrap_or_default();
    let name = table.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)? == uid).then(|| name.chars().take(32).collect::<String>())
    });
    name.map_or_else(|| format!("uid {uid}"), |name| format!("uid {uid} ({name})"))
}

fn at(path: &Path) -> impl FnOnce(io::Error) -> LogFault {
    let path = path.to_path_buf();
    |error| LogFault::File { path, reason: error.to_string() }
}

#[cfg(test)]
mod tests;
