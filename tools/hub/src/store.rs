//! The hub's database: one SQLite file, or a PostgreSQL server's; written by one thread, read by many.
//! Promises: a commit is on the disk before anybody is told; an older schema is brought up to this one, a newer one is refused;
//! several programs may have it open at once: who writes waits for the other's commit.
//! Must not know: HTTP, signatures.

pub mod accounts;
pub mod counters;
pub mod db;
pub mod fleet;
pub mod given;
pub mod intake;
pub mod log;
pub mod people;
pub mod records;
pub mod terminals;

use std::sync::Mutex;
use std::time::Duration;

pub use self::db::{Db, Store};

/// The schema of this program.
const VERSION: usize = 6;
/// How long one process waits for another's commit, and for a server to be reached.
const PATIENCE: Duration = Duration::from_secs(10);
/// Connections for reading that are kept.
const READERS: usize = 4;

/// Why the database does not open, or a statement fails.
#[derive(Debug, thiserror::Error)]
pub enum StoreFault {
    /// SQLite's.
    #[error("the hub's database")]
    Sqlite(#[from] rusqlite::Error),
    /// PostgreSQL's.
    #[error("the hub's database")]
    Postgres(#[from] tokio_postgres::Error),
    /// Written by a newer program.
    #[error("the hub's database has schema {found}, this version knows {VERSION}")]
    Newer {
        /// Its schema.
        found: usize,
    },
    /// A row is not what this version writes.
    #[error("a row of the hub's database is damaged")]
    Form,
    /// A server elsewhere, and no authority that its certificate is of.
    #[error("a database server on another machine is spoken to over TLS alone: name its authority")]
    Open,
    /// No certificates.
    #[error("the database server's authority is no certificate in PEM")]
    Authority,
    /// A defect: whoever asked is told to come again.
    #[error("a look at the database ended")]
    Ended,
    /// It does not answer.
    #[error("the database server does not answer")]
    Hung,
    /// Acknowledged rows may be missing, and nobody has said so to their terminals.
    #[error(
        "the database was of server {was} and is of {is} now (cluster/timeline/table): a copy, a dump, or a standby that took over. `gate-hub restored` first"
    )]
    Parted {
        /// As it was when it was made, or put back the last time.
        was: String,
        /// As it is.
        is: String,
    },
    /// Commits would be lost with the power.
    #[error("the database server does not sync its commits: fsync and full_page_writes must be on")]
    Unsynced,
}

/// Connections for reading.
#[derive(Debug)]
pub struct Readers {
    store: Store,
    idle: Mutex<Vec<Db>>,
}

impl Readers {
    /// Of a database that is there.
    #[must_use]
    pub fn new(store: Store) -> Readers {
        Readers { store, idle: Mutex::new(Vec::new()) }
    }

    /// Reads something. It takes its time: not for threads that speak with others.
    ///
    /// # Errors
    /// [`StoreFault`].
    pub fn read<T>(&self, what: impl FnOnce(&Db) -> Result<T, StoreFault>) -> Result<T, StoreFault> {
        let idle = self.idle.lock().ok().and_then(|mut idle| idle.pop());
        let db = match idle.filter(Db::is_alive) {
            Some(db) => db,
            None => self.store.open_to_look()?,
        };
        // One that fails is not kept.
        let read = what(&db)?;
        if let Ok(mut idle) = self.idle.lock()
            && idle.len() < READERS
        {
            idle.push(db);
        }
        Ok(read)
    }
}

#[cfg(test)]
mod tests;
