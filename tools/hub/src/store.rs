//! The hub's database: one SQLite file, written by one thread, read by many.
//! Promises: a commit is on the disk before anybody is told; an older schema is brought up to this one, a newer one is refused;
//! several programs may have it open at once: who writes waits for the other's commit.
//! Must not know: HTTP, signatures.

pub mod accounts;
pub mod intake;
pub mod people;
pub mod records;
pub mod terminals;

use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

/// What leads from each version to the next. One that was ever out is never changed.
const SCHEMAS: [&str; 2] = [include_str!("store/schema/1.sql"), include_str!("store/schema/2.sql")];
const VERSION: usize = SCHEMAS.len();
/// How long one process waits for another's commit.
const PATIENCE: Duration = Duration::from_secs(10);
/// Connections for reading that are kept.
const READERS: usize = 4;

/// Why the database does not open, or a statement fails.
#[derive(Debug, thiserror::Error)]
pub enum StoreFault {
    /// SQLite's.
    #[error("the hub's database")]
    Sqlite(#[from] rusqlite::Error),
    /// Written by a newer program.
    #[error("the hub's database has schema {found}, this version knows {VERSION}")]
    Newer {
        /// Its schema.
        found: usize,
    },
}

/// Opens the database for writing, made if it is not there.
///
/// # Errors
/// [`StoreFault`].
pub fn open(path: &Path) -> Result<Connection, StoreFault> {
    let mut db = Connection::open(path)?;
    db.busy_timeout(PATIENCE)?;
    db.pragma_update(None, "journal_mode", "WAL")?;
    // FULL: the write-ahead log is synced with each commit.
    db.pragma_update(None, "synchronous", "FULL")?;
    db.pragma_update(None, "foreign_keys", true)?;
    let transaction = db.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    let found: u32 = transaction.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let found = usize::try_from(found).unwrap_or(usize::MAX);
    let steps = SCHEMAS.get(found..).ok_or(StoreFault::Newer { found })?;
    for step in steps {
        transaction.execute_batch(step)?;
    }
    if found < VERSION {
        transaction.pragma_update(None, "user_version", i64::try_from(VERSION).unwrap_or(0))?;
    }
    transaction.commit()?;
    Ok(db)
}

#[cfg(test)]
pub(crate) fn in_memory() -> Connection {
    let db = Connection::open_in_memory().unwrap();
    SCHEMAS.iter().for_each(|step| db.execute_batch(step).unwrap());
    db
}

/// Connections for reading.
#[derive(Debug)]
pub struct Readers {
    path: PathBuf,
    idle: Mutex<Vec<Connection>>,
}

impl Readers {
    /// Of the database at `path`, which is there.
    #[must_use]
    pub fn new(path: &Path) -> Readers {
        Readers { path: path.into(), idle: Mutex::new(Vec::new()) }
    }

    /// Reads something.
    ///
    /// # Errors
    /// [`StoreFault`].
    pub fn read<T>(
        &self,
        what: impl FnOnce(&Connection) -> Result<T, rusqlite::Error>,
    ) -> Result<T, StoreFault> {
        let idle = self.idle.lock().ok().and_then(|mut idle| idle.pop());
        let db = match idle {
            Some(db) => db,
            None => {
                let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
                let db = Connection::open_with_flags(&self.path, flags)?;
                db.busy_timeout(PATIENCE)?;
                db
            }
        };
        let read = what(&db)?;
        if let Ok(mut idle) = self.idle.lock()
            && idle.len() < READERS
        {
            idle.push(db);
        }
        Ok(read)
    }
}

/// An unsigned number as SQLite has them.
pub(crate) fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// And back.
pub(crate) fn unsigned(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}

#[cfg(test)]
mod tests;
