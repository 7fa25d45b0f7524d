//! A copy of a terminal's journal, or of its reserve, as the authority gets it: read, never written, never trusted.
//! Promises: the file given is not changed; every setting distrusts its content; sizes, work and memory are bounded;
//! what cannot be read is counted, and the rest is read all the same.
//! Must not know: keys, what a record says, why it is looked for.
//!
//! A live journal keeps its newest rows in `-wal` beside it. SQLite folds that in only where it may write, so the
//! copy and its log are copied once more into a directory of the caller's, and opened there.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::{FileExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use gate_core::query::Sequence;
use gate_wire::time::Day;
use rusqlite::Error;
use rusqlite::config::DbConfig;
use rusqlite::limits::Limit;
use rustix::fs::OFlags;

use crate::chain::{ChainReport, Walk};
use crate::database::{Database, Listed, Stored};
use crate::disk::SystemDisk;
use crate::fault::Damage;
use crate::journal::Backlog;
use crate::recover::read_forward;
use crate::reserve;
use crate::row::{JournalId, Row};
use crate::schema::{self, Unusable};

/// The largest journal read: 1 GiB, ten times a busy month.
pub const COPY_BYTES_MOST: u64 = 1 << 30;
/// The largest log beside it: eight times what a terminal lets it grow to.
const LOG_BYTES_MOST: u64 = 1 << 26;
/// The largest value SQLite gives out; the longest of ours is the schema's text.
const VALUE_BYTES_MOST: i32 = 1 << 16;
/// SQLite's steps between two looks at the budget, and looks: two billion steps, minutes of work.
const STEPS: i32 = 1_000_000;
const LOOKS: u32 = 2_000;

/// A journal's copy, opened.
pub struct JournalCopy {
    database: Database,
    listed: Vec<Listed>,
    log: LogBeside,
    _scratch: Scratch,
}

/// Whether a copy came with its log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogBeside {
    /// `-wal` was beside it, and is read.
    Read,
    /// There was none: the terminal had closed the file, or whoever copied it left the newest rows behind.
    Absent,
}

/// One row of a copy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CopiedRow {
    /// Its journal; `None` if the copy does not list it.
    pub journal: Option<JournalId>,
    /// The row.
    pub row: Row,
    /// Whether it is as it was written.
    pub state: RowState,
}

/// Whether a row's hash, as stored beside it, is that of its content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowState {
    /// It is. Whoever changed both is caught by the seal and by the chain.
    Whole,
    /// It is not: the row was changed after it was written.
    Changed,
}

/// What reading a whole copy found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CopyReport {
    /// Rows read.
    pub rows: u64,
    /// Places at which nothing could be read.
    pub unreadable: u64,
    /// The chain of each journal in the copy.
    pub chain: ChainReport,
}

/// Why a copy cannot be read at all.
#[derive(Debug, thiserror::Error)]
pub enum CopyFault {
    /// The file cannot be read.
    #[error("{}", .path.display())]
    ReadFile {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Larger than any journal.
    #[error("{}: more than {most} bytes, no journal is as large", .path.display())]
    FitFile {
        /// Which.
        path: PathBuf,
        /// The limit.
        most: u64,
    },
    /// A newer program's.
    #[error("{}: schema {found}, this program reads {known}: use the newer program", .path.display())]
    ReadSchema {
        /// Which.
        path: PathBuf,
        /// `user_version`.
        found: i64,
        /// The newest known here.
        known: i64,
    },
    /// Not a journal, or one whose tables are not those that were made.
    #[error("{}: {}", .path.display(), say(*.damage))]
    TrustForm {
        /// Which.
        path: PathBuf,
        /// What is wrong.
        damage: Damage,
    },
    /// SQLite failed otherwise.
    #[error("{} cannot be read", .path.display())]
    ReadDatabase {
        /// Which.
        path: PathBuf,
        /// SQLite's reason.
        source: Error,
    },
}

fn say(damage: Damage) -> &'static str {
    match damage {
        Damage::Unreadable => "not a journal, or damaged at its beginning",
        Damage::Foreign => "a database of another program",
        Damage::Inconsistent => "damaged",
        Damage::AlteredSchema => "its tables are not those that a terminal makes: it was altered",
        Damage::Shortened | Damage::Missing => "not whole",
    }
}

impl JournalCopy {
    /// Opens the copy at `path`, through a private copy in `scratch`, which must exist and hold nothing.
    ///
    /// # Errors
    /// [`CopyFault`].
    pub fn open(path: &Path, scratch: &Path) -> Result<JournalCopy, CopyFault> {
        let scratch = Scratch { database: scratch.join("copy.db"), log: scratch.join("copy.db-wal") };
        copy_bounded(path, &scratch.database, COPY_BYTES_MOST)?;
        let forgotten = forget_length(&scratch.database);
        forgotten.map_err(|source| CopyFault::ReadFile { path: scratch.database.clone(), source })?;
        let log = match copy_bounded(&beside(path), &scratch.log, LOG_BYTES_MOST) {
            Ok(()) => LogBeside::Read,
            Err(CopyFault::ReadFile { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
                LogBeside::Absent
            }
            Err(fault) => return Err(fault),
        };
        let database = connect(&scratch.database).map_err(|unusable| fault(path, unusable))?;
        let listed = database.journals().map_err(|error| fault(path, error.into()))?;
        Ok(JournalCopy { database, listed, log, _scratch: scratch })
    }

    /// Whether the log was there.
    #[must_use]
    pub fn log(&self) -> LogBeside {
        self.log
    }

    /// Hands every readable row to `visit`, in the order of their sequence.
    pub fn read(&self, mut visit: impl FnMut(CopiedRow)) -> CopyReport {
        let (mut walk, mut rows) = (Walk::new(self.listed.clone()), 0);
        let unreadable = read_forward(&self.database, |found| {
            for stored in found {
                walk.stored(&stored);
                rows += 1;
                visit(self.copied(stored));
            }
            Ok(())
        });
        // Nothing in the closure fails.
        let unreadable = unreadable.unwrap_or(0);
        CopyReport { rows, unreadable: u64::from(unreadable), chain: walk.report(Backlog::default()) }
    }

    /// Places and lanes that the open counters of a day name: which of a day's rows can be of a place, without opening
    /// one. Nothing vouches for them; a day without counters tells nothing.
    #[must_use]
    pub fn places_on(&self, day: Day) -> Vec<(u32, u16)> {
        let tallies = self.database.tallies(day).unwrap_or_default();
        let mut places: Vec<_> = tallies.into_iter().map(|(tally, _)| (tally.place, tally.lane)).collect();
        places.dedup();
        places
    }

    fn copied(&self, stored: Stored) -> CopiedRow {
        let journal = self.listed.iter().find(|listed| listed.number == stored.journal).map(|of| of.id);
        let whole = journal.is_some_and(|id| stored.row.hash(&id) == stored.hash);
        let state = if whole { RowState::Whole } else { RowState::Changed };
        CopiedRow { journal, row: stored.row, state }
    }
}

/// The rows in a copy of a reserve (`reserve.bin`): whole slots, in no order, those already in the journal too.
/// Other bytes give none.
#[must_use]
pub fn reserve_rows(bytes: &[u8]) -> Vec<(JournalId, Row)> {
    reserve::slots(bytes).map(|(journal, waiting)| (journal, waiting.row)).collect()
}

/// How far a reserve says its terminal's journal reached: the last head it noted.
#[must_use]
pub fn reserve_head(bytes: &[u8]) -> Option<(JournalId, Sequence)> {
    reserve::last_head(bytes).map(|head| (head.journal, Sequence(head.sequence)))
}

/// The private copy, gone when it is dropped.
struct Scratch {
    database: PathBuf,
    log: PathBuf,
}

impl Drop for Scratch {
    fn drop(&mut self) {
        for path in [&self.database, &self.log] {
            // Sealed rows only; one that stays is no secret, and the next use of the directory replaces it.
            let _ = fs::remove_file(path);
        }
    }
}

fn beside(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push("-wal");
    PathBuf::from(name)
}

/// Copies a regular file of at most `most` bytes; a link, a device or a pipe is refused.
fn copy_bounded(from: &Path, to: &Path, most: u64) -> Result<(), CopyFault> {
    let fault = |source| CopyFault::ReadFile { path: from.to_owned(), source };
    let flags = (OFlags::NOFOLLOW | OFlags::NONBLOCK).bits().cast_signed();
    let source = OpenOptions::new().read(true).custom_flags(flags).open(from).map_err(fault)?;
    let meta = source.metadata().map_err(fault)?;
    if !meta.is_file() {
        return Err(fault(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file")));
    }
    let too_large = || CopyFault::FitFile { path: from.to_owned(), most };
    if meta.len() > most {
        return Err(too_large());
    }
    let fault = |source| CopyFault::ReadFile { path: to.to_owned(), source };
    let mut target = File::create(to).map_err(fault)?;
    target.set_permissions(fs::Permissions::from_mode(0o600)).map_err(fault)?;
    // It may grow while it is read.
    let copied = io::copy(&mut source.take(most + 1), &mut target).map_err(fault)?;
    if copied > most { Err(too_large()) } else { Ok(()) }
}

/// SQLite refuses a file shorter than its header says. In the private copy the header says nothing, so that what is
/// left of a copy cut off on its way is read.
fn forget_length(copy: &Path) -> io::Result<()> {
    const PAGES: std::ops::Range<u64> = 28..32;
    let file = OpenOptions::new().write(true).open(copy)?;
    if file.metadata()?.len() >= PAGES.end { file.write_all_at(&[0; 4], PAGES.start) } else { Ok(()) }
}

/// As the terminal opens its own file, but nothing is written, nothing migrated, and damage only counts.
fn connect(path: &Path) -> Result<Database, Unusable> {
    let mut connection = schema::connect(&SystemDisk, path)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    connection.set_limit(Limit::SQLITE_LIMIT_LENGTH, VALUE_BYTES_MOST)?;
    let mut looks = 0;
    connection.progress_handler(
        STEPS,
        Some(move || {
            looks += 1;
            looks > LOOKS
        }),
    )?;
    connection.pragma_update(None, "query_only", true)?;
    schema::check_form(&connection)?;
    Ok(Database::new(connection))
}

fn fault(path: &Path, unusable: Unusable) -> CopyFault {
    let path = path.to_owned();
    match unusable {
        Unusable::Newer(found) => CopyFault::ReadSchema { path, found, known: schema::SCHEMA },
        Unusable::Damaged(damage) => CopyFault::TrustForm { path, damage },
        Unusable::Sqlite(source) => CopyFault::ReadDatabase { path, source },
        // Nobody else knows the private copy.
        Unusable::Busy => CopyFault::ReadDatabase { path, source: Error::InvalidQuery },
    }
}
