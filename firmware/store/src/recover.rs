//! A damaged journal: a fresh file with everything that could still be read, and the damaged one kept aside.
//! Promises: nothing damaged is deleted or written to; a power cut at any point leaves the old file or the new one;
//! the fresh journal's first record names the last good hash known, so that the gap shows (ADR 0005).
//! Must not know: why records are read, or by whom.

use std::collections::HashSet;
use std::io;
use std::path::{Path, PathBuf};

use gate_core::query::Sequence;
use gate_proof::digest::Digest;
use rusqlite::Error;
use rusqlite::config::DbConfig;

use crate::config::JournalConfig;
use crate::database::{Database, Listed, SideTables, Stored};
use crate::disk::Disk;
use crate::fault::{Damage, OpenFault};
use crate::reserve::Found;
use crate::row::{JournalId, NOTHING_BEFORE, Waiting};
use crate::schema::{self, Unusable};

/// Rows read or written at a time while saving.
const STEP: usize = 256;
/// Failed reads before saving gives up on the rest.
const FAILURES_MOST: u32 = 4096;
/// Left out before a fresh journal begins: more than can have been recorded since the head was last noted, so that
/// no query number is given twice (DOMAIN §17).
const SEQUENCES_SKIPPED: u64 = 10_000;

/// What happened to a damaged journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recovery {
    /// Why it counts as damaged.
    pub damage: Damage,
    /// Where the damaged file is now; `None` when there was none.
    pub moved_to: Option<PathBuf>,
    /// Records read from it, and from the reserve, into the fresh file.
    pub saved: u64,
    /// The highest sequence known to have been recorded.
    pub last_known: Sequence,
}

/// The last record known of, and its hash.
struct LastGood {
    sequence: u64,
    hash: Digest,
}

/// Replaces the database by a fresh one with what can be saved, in which journal `id` begins.
pub(crate) fn recover(
    config: &JournalConfig,
    found: &Found,
    damage: Damage,
    id: JournalId,
) -> Result<Recovery, OpenFault> {
    let fresh = beside(&config.database, ".fresh");
    let fault = |source| OpenFault::WriteFresh { path: fresh.clone(), source };
    let mut target = open_fresh(config, &fresh)?;
    let saved = save(config, found, &mut target, id).map_err(fault)?;
    target.close().map_err(fault)?;
    let moved_to = move_aside(config)?;
    rename(&*config.disk, &fresh, &config.database)?;
    Ok(Recovery { damage, moved_to, saved: saved.count, last_known: Sequence(saved.last) })
}

/// Finishes or clears away a recovery that a power cut interrupted.
pub(crate) fn finish_interrupted(config: &JournalConfig) -> Result<(), OpenFault> {
    let fresh = beside(&config.database, ".fresh");
    let exists = |path: &Path| exists(&*config.disk, path);
    if !exists(&fresh)? {
        return Ok(());
    }
    // The damaged file is moved only after the fresh one is complete and closed, its log gone.
    if !exists(&config.database)? && !exists(&beside(&fresh, "-wal"))? {
        // SQLite would read the damaged file's log into the fresh file.
        move_aside(config)?;
        return rename(&*config.disk, &fresh, &config.database);
    }
    clear(config, &fresh)
}

fn open_fresh(config: &JournalConfig, fresh: &Path) -> Result<Database, OpenFault> {
    clear(config, fresh)?;
    match schema::open(&*config.disk, fresh) {
        Ok(connection) => Ok(Database::new(connection)),
        Err(Unusable::Sqlite(source)) => Err(OpenFault::WriteFresh { path: fresh.to_owned(), source }),
        Err(Unusable::Newer(_) | Unusable::Busy | Unusable::Damaged(_)) => {
            Err(OpenFault::LockDatabase { path: fresh.to_owned() })
        }
    }
}

/// Removes what an interrupted recovery left; all of it is still in the damaged file.
fn clear(config: &JournalConfig, fresh: &Path) -> Result<(), OpenFault> {
    for path in [fresh.to_owned(), beside(fresh, "-wal")] {
        if exists(&*config.disk, &path)? {
            let fault = |source| OpenFault::MoveFile { path: path.clone(), source };
            config.disk.remove(&path).map_err(fault)?;
        }
    }
    Ok(())
}

struct Saved {
    count: u64,
    last: u64,
}

/// Copies what is readable: from the damaged file, then from the reserve.
fn save(config: &JournalConfig, found: &Found, target: &mut Database, id: JournalId) -> Result<Saved, Error> {
    let head = found.head.map(|head| LastGood { sequence: head.sequence, hash: head.hash });
    let mut saving = Saving { target, journals: Vec::new(), count: 0, last: head };
    if config.disk.exists(&config.database).unwrap_or(false)
        && let Ok(connection) = schema::connect(&*config.disk, &config.database)
    {
        // The damaged file stays as it is: nothing is written to it, and its log is not folded in.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
        connection.pragma_update(None, "query_only", true)?;
        saving.file(&Database::new(connection))?;
    }
    saving.reserve(found)?;
    if let Some(head) = found.head {
        saving.number_of(head.journal, &[])?;
    }
    saving.begin(id)
}

/// Hands on every row that can be read, in the order of their sequence; how many places could not be read.
pub(crate) fn read_forward(
    source: &Database,
    mut take: impl FnMut(Vec<Stored>) -> Result<(), Error>,
) -> Result<u32, Error> {
    let (mut next, mut limit, mut failures) = (0, STEP, 0);
    while failures < FAILURES_MOST {
        match source.rows(next, limit) {
            Ok(rows) if rows.is_empty() && limit == STEP => break,
            Ok(rows) => {
                // A damaged tree may lead in circles: reading only ever goes on.
                next = rows.last().map_or(0, |stored| stored.row.sequence.0).max(next) + 1;
                limit = (limit * 2).min(STEP);
                take(rows)?;
            }
            // Smaller reads up to the damage, then one sequence after the other past it.
            Err(_) if limit > 1 => limit /= 2,
            Err(_) => (next, failures) = (next + 1, failures + 1),
        }
    }
    Ok(failures)
}

struct Saving<'a> {
    target: &'a mut Database,
    journals: Vec<Listed>,
    count: u64,
    last: Option<LastGood>,
}

impl Saving<'_> {
    fn file(&mut self, source: &Database) -> Result<(), Error> {
        // A journal that is not listed any more cannot prove its rows: their hash needs its id.
        for listed in source.journals().unwrap_or_default() {
            self.target.add_journal(&listed)?;
            self.journals.push(listed);
        }
        self.target.write_side_tables(&SideTables {
            tallies: source.all_tallies().unwrap_or_default(),
            uses: source.uses().unwrap_or_default(),
            kept: source.kept().unwrap_or_default(),
        })?;
        read_forward(source, |rows| self.rows(rows))?;
        Ok(())
    }

    /// Writes the rows whose hash is that of their content.
    fn rows(&mut self, mut rows: Vec<Stored>) -> Result<(), Error> {
        rows.retain(|stored| {
            let listed = self.journals.iter().find(|listed| listed.number == stored.journal);
            listed.is_some_and(|listed| stored.row.hash(&listed.id) == stored.hash)
        });
        self.count += self.target.write_saved(&rows)?;
        for stored in rows {
            self.reach(stored.row.sequence.0, stored.hash);
        }
        Ok(())
    }

    /// Writes the slots of the reserve that are not in the file, of every journal known by name.
    fn reserve(&mut self, found: &Found) -> Result<(), Error> {
        let ids: HashSet<JournalId> = found.slots.iter().map(|(id, _)| *id).collect();
        for id in ids {
            let mut slots: Vec<&Waiting> =
                found.slots.iter().filter(|(of, _)| *of == id).map(|(_, waiting)| waiting).collect();
            slots.sort_by_key(|waiting| waiting.row.sequence);
            let number = self.number_of(id, &slots)?;
            let stored = |waiting: &&Waiting| Stored {
                row: waiting.row.clone(),
                journal: number,
                hash: waiting.row.hash(&id),
            };
            self.rows(slots.iter().map(stored).collect())?;
        }
        Ok(())
    }

    fn number_of(&mut self, id: JournalId, slots: &[&Waiting]) -> Result<i64, Error> {
        if let Some(listed) = self.journals.iter().find(|listed| listed.id == id) {
            return Ok(listed.number);
        }
        let number = self.next_number();
        let (first, previous) = slots
            .first()
            .map_or((1, NOTHING_BEFORE), |waiting| (waiting.row.sequence.0, waiting.row.previous));
        let listed = Listed { number, id, first, previous };
        self.target.add_journal(&listed)?;
        self.journals.push(listed);
        Ok(number)
    }

    /// Lists the journal that follows on what was saved.
    fn begin(self, id: JournalId) -> Result<Saved, Error> {
        let number = self.next_number();
        let last = self.last.unwrap_or(LastGood { sequence: 0, hash: NOTHING_BEFORE });
        let first = last.sequence + SEQUENCES_SKIPPED + 1;
        self.target.add_journal(&Listed { number, id, first, previous: last.hash })?;
        Ok(Saved { count: self.count, last: last.sequence })
    }

    fn next_number(&self) -> i64 {
        self.journals.iter().map(|listed| listed.number).max().unwrap_or(0) + 1
    }

    fn reach(&mut self, sequence: u64, hash: Digest) {
        if self.last.as_ref().is_none_or(|last| last.sequence <= sequence) {
            self.last = Some(LastGood { sequence, hash });
        }
    }
}

/// Renames the database and its log to a name with the time; the first free one. Without a database, the log alone.
fn move_aside(config: &JournalConfig) -> Result<Option<PathBuf>, OpenFault> {
    let mut target = beside(&config.database, &format!(".damaged-{}", config.now.unix()));
    let mut again = 1;
    while exists(&*config.disk, &target)? || exists(&*config.disk, &beside(&target, "-wal"))? {
        target = beside(&config.database, &format!(".damaged-{}-{again}", config.now.unix()));
        again += 1;
    }
    let mut moved = None;
    for suffix in ["", "-wal"] {
        let from = beside(&config.database, suffix);
        if exists(&*config.disk, &from)? {
            rename(&*config.disk, &from, &beside(&target, suffix))?;
            moved = Some(target.clone());
        }
    }
    Ok(moved)
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

fn exists(disk: &dyn Disk, path: &Path) -> Result<bool, OpenFault> {
    disk.exists(path).map_err(|source| OpenFault::MoveFile { path: path.to_owned(), source })
}

fn rename(disk: &dyn Disk, from: &Path, to: &Path) -> Result<(), OpenFault> {
    let fault = |source: io::Error| OpenFault::MoveFile { path: from.to_owned(), source };
    disk.rename(from, to).map_err(fault)
}
