//! The one module that speaks SQLite: rows of sealed leaves by their last key, and the head beside them.
//! Promises: a file is opened immutable, as it was hashed; what SQLite stumbles over is a fault, never an answer.
//! Must not know: what a leaf holds, or whether a head is signed.

use std::path::Path;
use std::sync::{Mutex, MutexGuard};

use rusqlite::config::DbConfig;
use rusqlite::limits::Limit;
use rusqlite::{Connection, Error, ErrorCode, OpenFlags, OptionalExtension, Row, params};

use crate::list::ListFault;

/// "TFS2": what `file` shows of a sealed status list.
const APPLICATION: i64 = 0x5446_5332;
const SCHEMA: i64 = 1;
const TABLES: &str = "
CREATE TABLE leaf(last INTEGER PRIMARY KEY, sealed BLOB NOT NULL) STRICT;
CREATE TABLE head(
    only INTEGER PRIMARY KEY CHECK(only = 1),
    head BLOB NOT NULL,
    signatures BLOB NOT NULL,
    local BLOB NOT NULL
) STRICT;
CREATE TABLE keyed(part INTEGER PRIMARY KEY, bytes BLOB NOT NULL) STRICT;
";
/// Bytes of one part of what is kept by key: a page.
const PART_BYTES: usize = 4000;
/// The longest statement and value that reading a list takes, in bytes.
const LENGTH_MOST: i32 = 4096;
/// Page cache in KiB: the inner pages of a province (1.5 MiB) and room for leaves.
const CACHE_KIB: i64 = 4096;

/// A row: the leaf's last key and its sealed bytes.
pub(crate) struct SealedLeaf {
    pub(crate) last: u64,
    pub(crate) sealed: Vec<u8>,
}

/// What stands beside the leaves.
#[derive(Clone)]
pub(crate) struct Beside {
    pub(crate) head: Vec<u8>,
    pub(crate) signatures: Vec<u8>,
    /// Empty in a file as the authorities made it.
    pub(crate) local: Vec<u8>,
}

/// An open file of leaves.
pub(crate) struct Pages {
    /// SQLite's connection is for one thread at a time; a poisoned lock is a fault, not a panic.
    connection: Mutex<Connection>,
}

impl Pages {
    /// Opens a finished file, whose content must not change any more.
    pub(crate) fn open(path: &Path) -> Result<Pages, ListFault> {
        let connection = connect(path).map_err(|error| fault(&error))?;
        let number = |pragma| connection.pragma_query_value(None, pragma, |row| row.get::<_, i64>(0));
        let marks = number("application_id").and_then(|id| Ok((id, number("user_version")?)));
        if marks.map_err(|error| fault(&error))? != (APPLICATION, SCHEMA) {
            return Err(ListFault::Damaged);
        }
        Ok(Pages { connection: Mutex::new(connection) })
    }

    /// What stands beside the leaves.
    pub(crate) fn beside(&self) -> Result<Beside, ListFault> {
        beside(&*self.lock()?).map_err(|error| fault(&error))
    }

    /// The leaf that covers `key`, if the file is as it was made: the first whose last key is not below it.
    pub(crate) fn covering(&self, key: u64) -> Result<Option<SealedLeaf>, ListFault> {
        let sql = "SELECT last, sealed FROM leaf WHERE last >= ?1 ORDER BY last LIMIT 1";
        let row = self.lock()?.query_row(sql, [key.cast_signed()], leaf).optional();
        row.map_err(|error| fault(&error))
    }

    /// Up to `most` leaves behind `key`, in order.
    pub(crate) fn after(&self, key: u64, most: u32) -> Result<Vec<SealedLeaf>, ListFault> {
        leaves_after(&*self.lock()?, key, most).map_err(|error| fault(&error))
    }

    /// What is kept by key beside a folded base, at most `most` bytes.
    pub(crate) fn keyed(&self, most: usize) -> Result<Vec<u8>, ListFault> {
        let read = || -> Result<Vec<u8>, Error> {
            let connection = self.connection.lock().map_err(|_| Error::InvalidQuery)?;
            let mut statement = connection.prepare("SELECT bytes FROM keyed ORDER BY part")?;
            let mut rows = statement.query([])?;
            let mut bytes = Vec::new();
            while let Some(row) = rows.next()? {
                let part: Vec<u8> = row.get(0)?;
                if bytes.len() + part.len() > most {
                    return Err(Error::InvalidQuery);
                }
                bytes.extend_from_slice(&part);
            }
            Ok(bytes)
        };
        read().map_err(|error| fault(&error))
    }

    /// Whether SQLite finds its own structure whole. Reads every page.
    pub(crate) fn structure_is_whole(&self) -> Result<bool, ListFault> {
        is_whole(&*self.lock()?).map_err(|error| fault(&error))
    }

    fn lock(&self) -> Result<MutexGuard<'_, Connection>, ListFault> {
        self.connection.lock().map_err(|_| ListFault::Unreadable)
    }
}

/// A file of leaves being written: batches, each whole or not there.
pub(crate) struct PagesWriter {
    connection: Connection,
}

/// Whether a batch must outlast a power cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Durability {
    /// Synced before the next: a merge is resumed from it.
    EachBatch,
    /// The file is synced once, at its end: a build begins anew.
    AtTheEnd,
}

impl PagesWriter {
    /// A new file: one that is there already is never written over, somebody may have it open as immutable.
    pub(crate) fn create(path: &Path, durability: Durability) -> Result<PagesWriter, Error> {
        std::fs::File::create_new(path).map_err(cannot_open)?;
        let writer = Self::over(path, durability)?;
        writer.connection.execute_batch(TABLES)?;
        Ok(writer)
    }

    /// The unfinished file at `path`, to be gone on with.
    pub(crate) fn resume(path: &Path) -> Result<PagesWriter, Error> {
        Self::over(path, Durability::EachBatch)
    }

    fn over(path: &Path, durability: Durability) -> Result<PagesWriter, Error> {
        let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        connection.pragma_update(None, "page_size", 4096)?;
        let (journal, synchronous) = match durability {
            Durability::EachBatch => ("DELETE", "FULL"),
            Durability::AtTheEnd => ("OFF", "OFF"),
        };
        connection.pragma_update_and_check(None, "journal_mode", journal, |_| Ok(()))?;
        connection.pragma_update(None, "synchronous", synchronous)?;
        connection.pragma_update(None, "cache_size", -CACHE_KIB)?;
        Ok(PagesWriter { connection })
    }

    /// Adds leaves behind the last one, all of them or none.
    pub(crate) fn append(&mut self, leaves: &[SealedLeaf]) -> Result<(), Error> {
        let transaction = self.connection.transaction()?;
        let mut statement = transaction.prepare("INSERT INTO leaf(last, sealed) VALUES (?1, ?2)")?;
        for leaf in leaves {
            statement.execute(params![leaf.last.cast_signed(), leaf.sealed])?;
        }
        drop(statement);
        transaction.commit()
    }

    /// Up to `most` leaves behind `key`, in order.
    pub(crate) fn after(&self, key: u64, most: u32) -> Result<Vec<SealedLeaf>, Error> {
        leaves_after(&self.connection, key, most)
    }

    /// Whether SQLite finds its own structure whole. Reads every page.
    pub(crate) fn structure_is_whole(&self) -> Result<bool, Error> {
        is_whole(&self.connection)
    }

    /// What was put beside the leaves.
    pub(crate) fn beside(&self) -> Result<Beside, Error> {
        beside(&self.connection)
    }

    /// Puts this beside the leaves, instead of what was there.
    pub(crate) fn put_beside(&self, beside: &Beside) -> Result<(), Error> {
        let sql = "INSERT OR REPLACE INTO head(only, head, signatures, local) VALUES (1, ?1, ?2, ?3)";
        self.connection.execute(sql, params![beside.head, beside.signatures, beside.local])?;
        Ok(())
    }

    /// Puts what is kept by key beside the leaves, whole or not at all.
    pub(crate) fn put_keyed(&mut self, bytes: &[u8]) -> Result<(), Error> {
        let transaction = self.connection.transaction()?;
        transaction.execute("DELETE FROM keyed", [])?;
        for part in bytes.chunks(PART_BYTES) {
            transaction.execute("INSERT INTO keyed(bytes) VALUES (?1)", [part])?;
        }
        transaction.commit()
    }

    /// Marks the file as finished and closes it, synced. Before this no reader takes it for a list.
    pub(crate) fn finish(self, path: &Path) -> Result<(), Error> {
        self.connection.pragma_update(None, "user_version", SCHEMA)?;
        self.connection.pragma_update(None, "application_id", APPLICATION)?;
        self.connection.close().map_err(|(_, error)| error)?;
        std::fs::File::open(path).and_then(|file| file.sync_all()).map_err(cannot_open)
    }
}

fn leaves_after(connection: &Connection, key: u64, most: u32) -> Result<Vec<SealedLeaf>, Error> {
    let sql = "SELECT last, sealed FROM leaf WHERE last > ?1 ORDER BY last LIMIT ?2";
    connection.prepare(sql)?.query_map(params![key.cast_signed(), most], leaf)?.collect()
}

/// Also that the tables are declared letter by letter as above: SQLite itself would not mind another case.
fn is_whole(connection: &Connection) -> Result<bool, Error> {
    let sql = "SELECT type || ' ' || name || ' ' || tbl_name || ' ' || sql FROM sqlite_schema ORDER BY rowid";
    let mut statement = connection.prepare(sql)?;
    let found: Vec<String> = statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
    let declared = TABLES.split(';').map(str::trim).filter(|sql| !sql.is_empty()).map(|sql| {
        let name = sql.trim_start_matches("CREATE TABLE ").split('(').next().unwrap_or_default();
        format!("table {name} {name} {sql}")
    });
    let sound = |row: &Row<'_>| Ok(row.get::<_, String>(0)? == "ok");
    Ok(declared.eq(found) && connection.pragma_query_value(None, "integrity_check", sound)?)
}

fn leaf(row: &Row<'_>) -> Result<SealedLeaf, Error> {
    Ok(SealedLeaf { last: row.get::<_, i64>(0)?.cast_unsigned(), sealed: row.get(1)? })
}

fn beside(connection: &Connection) -> Result<Beside, Error> {
    connection.query_row("SELECT head, signatures, local FROM head WHERE only = 1", [], |row| {
        Ok(Beside { head: row.get(0)?, signatures: row.get(1)?, local: row.get(2)? })
    })
}

fn connect(path: &Path) -> Result<Connection, Error> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY
        | OpenFlags::SQLITE_OPEN_URI
        | OpenFlags::SQLITE_OPEN_NO_MUTEX
        | OpenFlags::SQLITE_OPEN_EXRESCODE;
    let connection = Connection::open_with_flags(uri(path), flags)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER, false)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_VIEW, false)?;
    connection.set_limit(Limit::SQLITE_LIMIT_LENGTH, LENGTH_MOST)?;
    connection.pragma_update(None, "cell_size_check", true)?;
    connection.pragma_update(None, "cache_size", -CACHE_KIB)?;
    connection.pragma_update_and_check(None, "mmap_size", 0, |_| Ok(()))?;
    Ok(connection)
}

/// `immutable=1`: no lock, no journal or log beside the file is looked at, so that nobody can slip one in.
fn uri(path: &Path) -> String {
    let mut uri = String::from("file:");
    for byte in path.as_os_str().as_encoded_bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'.' | b'_' | b'-' => {
                uri.push(char::from(*byte));
            }
            other => uri.push_str(&format!("%{other:02X}")),
        }
    }
    uri + "?immutable=1"
}

fn cannot_open(error: std::io::Error) -> Error {
    Error::ToSqlConversionFailure(Box::new(error))
}

fn fault(error: &Error) -> ListFault {
    match error.sqlite_error_code() {
        Some(ErrorCode::CannotOpen | ErrorCode::SystemIoFailure | ErrorCode::PermissionDenied) => {
            ListFault::Unreadable
        }
        _ => ListFault::Damaged,
    }
}
