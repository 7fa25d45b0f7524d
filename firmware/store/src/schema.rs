//! Opening the SQLite file: settings, migration in one transaction, and the checks that make it worth trusting.
//! Promises: a newer schema is refused, a file that is not ours or not whole is reported as damaged and not touched.
//! Must not know: what is done about damage.

use std::path::Path;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, Error, ErrorCode, OpenFlags, TransactionBehavior};

use crate::disk::Disk;
use crate::fault::{Damage, is_damage};

/// The newest schema this program knows.
pub(crate) const SCHEMA: i64 = 1;
/// "TFJ1": what `file` shows of a journal.
const APPLICATION: i64 = 0x5446_4A31;
/// Small pages keep a passage's commit small: a record, a counter and a use are three pages, a split page some more.
const PAGE_BYTES: i64 = 1024;
/// Between passages the journal checkpoints itself; this is only the bound for a gate that never rests: 8 MiB.
const WAL_PAGES_MOST: i64 = 8192;

/// Each step leads from the schema of its index to the next.
const STEPS: [&str; 1] = ["
CREATE TABLE journal(
    number INTEGER PRIMARY KEY,
    id BLOB NOT NULL CHECK(length(id) = 16),
    first INTEGER NOT NULL CHECK(first > 0),
    previous BLOB NOT NULL CHECK(length(previous) = 32)
) STRICT;
CREATE TABLE record(
    sequence INTEGER PRIMARY KEY CHECK(sequence > 0),
    journal INTEGER NOT NULL CHECK(journal > 0),
    previous BLOB NOT NULL CHECK(length(previous) = 32),
    hash BLOB NOT NULL CHECK(length(hash) = 32),
    day_key INTEGER NOT NULL CHECK(day_key BETWEEN 0 AND 4294967295),
    enc BLOB NOT NULL CHECK(length(enc) = 32),
    body BLOB NOT NULL CHECK(length(body) = 192),
    tag BLOB NOT NULL CHECK(length(tag) = 16)
) STRICT;
CREATE TABLE tally(
    day INTEGER NOT NULL CHECK(day BETWEEN 0 AND 4294967295),
    place INTEGER NOT NULL CHECK(place BETWEEN 0 AND 4294967295),
    lane INTEGER NOT NULL CHECK(lane BETWEEN 0 AND 65535),
    letter INTEGER NOT NULL CHECK(letter BETWEEN 0 AND 255),
    count INTEGER NOT NULL CHECK(count > 0),
    PRIMARY KEY(day, place, lane, letter)
) STRICT, WITHOUT ROWID;
CREATE TABLE use_count(
    day INTEGER NOT NULL CHECK(day BETWEEN 0 AND 4294967295),
    key BLOB NOT NULL CHECK(length(key) = 8),
    count INTEGER NOT NULL CHECK(count > 0),
    PRIMARY KEY(day, key)
) STRICT, WITHOUT ROWID;
CREATE TABLE kept(
    name TEXT PRIMARY KEY NOT NULL,
    value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
"];

/// Why there is no usable database.
#[derive(Debug)]
pub(crate) enum Unusable {
    /// A newer program's.
    Newer(i64),
    /// Another process has it.
    Busy,
    /// Its content is at fault.
    Damaged(Damage),
    /// The disk or the system is at fault.
    Sqlite(Error),
}

impl From<Error> for Unusable {
    fn from(error: Error) -> Self {
        match error.sqlite_error_code() {
            _ if is_damage(&error) => Unusable::Damaged(Damage::Unreadable),
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Unusable::Busy,
            _ => Unusable::Sqlite(error),
        }
    }
}

/// Opens or makes the database, migrates it, and checks it.
pub(crate) fn open(disk: &dyn Disk, path: &Path) -> Result<Connection, Unusable> {
    let mut connection = connect(disk, path)?;
    let version = identify(&connection)?;
    connection.pragma_update(None, "page_size", PAGE_BYTES)?;
    connection.pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get::<_, String>(0))?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update_and_check(None, "wal_autocheckpoint", WAL_PAGES_MOST, |_| Ok(()))?;
    migrate(&mut connection, version)?;
    check(&connection)?;
    Ok(connection)
}

/// A connection with every setting that distrusts the file (field lessons §5, DB file); nothing is read yet.
pub(crate) fn connect(disk: &dyn Disk, path: &Path) -> Result<Connection, Error> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_CREATE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX
        | OpenFlags::SQLITE_OPEN_EXRESCODE;
    let connection = match disk.vfs() {
        Some(vfs) => Connection::open_with_flags_and_vfs(path, flags, vfs)?,
        None => Connection::open_with_flags(path, flags)?,
    };
    // Whoever else has it will not let go soon.
    connection.busy_timeout(Duration::ZERO)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER, false)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_VIEW, false)?;
    connection.pragma_update(None, "cell_size_check", true)?;
    connection.pragma_update_and_check(None, "mmap_size", 0, |_| Ok(())).or_else(no_answer)?;
    // One process owns the journal: no shared-memory file that another could swap.
    connection.pragma_update_and_check(None, "locking_mode", "EXCLUSIVE", |_| Ok(()))?;
    Ok(connection)
}

/// A disk without memory maps answers this setting with no row.
fn no_answer(error: Error) -> Result<(), Error> {
    match error {
        Error::QueryReturnedNoRows => Ok(()),
        other => Err(other),
    }
}

/// The schema's number; 0 in a file without content.
fn identify(connection: &Connection) -> Result<i64, Unusable> {
    let number = |pragma| connection.pragma_query_value(None, pragma, |row| row.get::<_, i64>(0));
    let (version, application) = (number("user_version")?, number("application_id")?);
    let objects: i64 = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    match (version, application) {
        (0, 0) if objects == 0 => Ok(0),
        (_, APPLICATION) if version > SCHEMA => Err(Unusable::Newer(version)),
        (1.., APPLICATION) => Ok(version),
        _ => Err(Unusable::Damaged(Damage::Foreign)),
    }
}

/// Whether a file that is only read is a journal of this schema, by its numbers and its tables.
pub(crate) fn check_form(connection: &Connection) -> Result<(), Unusable> {
    match identify(connection)? {
        SCHEMA if objects(connection)? == expected_objects()? => Ok(()),
        SCHEMA => Err(Unusable::Damaged(Damage::AlteredSchema)),
        _ => Err(Unusable::Damaged(Damage::Foreign)),
    }
}

/// All steps from `version`, in one transaction: a power cut leaves the old schema or the new one.
fn migrate(connection: &mut Connection, version: i64) -> Result<(), Error> {
    let missing = usize::try_from(version).ok().and_then(|done| STEPS.get(done..)).unwrap_or_default();
    if missing.is_empty() {
        return Ok(());
    }
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Exclusive)?;
    for step in missing {
        transaction.execute_batch(step)?;
    }
    transaction.pragma_update(None, "application_id", APPLICATION)?;
    transaction.pragma_update(None, "user_version", SCHEMA)?;
    transaction.commit()
}

fn check(connection: &Connection) -> Result<(), Unusable> {
    let verdict: String = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    if verdict != "ok" {
        return Err(Unusable::Damaged(Damage::Inconsistent));
    }
    if objects(connection)? != expected_objects()? {
        return Err(Unusable::Damaged(Damage::AlteredSchema));
    }
    Ok(())
}

/// Everything in the schema, triggers and views too, as it was written.
fn objects(connection: &Connection) -> Result<Vec<(String, String)>, Error> {
    let mut statement =
        connection.prepare("SELECT type || ' ' || name, coalesce(sql, '') FROM sqlite_schema ORDER BY 1")?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    rows.collect()
}

fn expected_objects() -> Result<Vec<(String, String)>, Error> {
    let connection = Connection::open_in_memory()?;
    for step in STEPS {
        connection.execute_batch(step)?;
    }
    objects(&connection)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::disk::SystemDisk;

    fn damage(path: &Path) -> Option<Damage> {
        match open(&SystemDisk, path).err()? {
            Unusable::Damaged(damage) => Some(damage),
            other => panic!("{other:?}"),
        }
    }

    fn fingerprint(connection: &Connection) -> (i64, i64, i64, Vec<(String, String)>) {
        let number = |pragma| connection.pragma_query_value(None, pragma, |row| row.get(0)).unwrap();
        (number("user_version"), number("application_id"), number("page_size"), objects(connection).unwrap())
    }

    #[test]
    fn a_frozen_v1_database_upgrades_to_what_a_new_one_is() {
        let folder = tempfile::tempdir().unwrap();
        let frozen = folder.path().join("frozen.db");
        Connection::open(&frozen).unwrap().execute_batch(include_str!("../schema/v1.sql")).unwrap();
        let upgraded = open(&SystemDisk, &frozen).unwrap();
        let new = open(&SystemDisk, &folder.path().join("new.db")).unwrap();
        assert_eq!(fingerprint(&upgraded), fingerprint(&new));
    }

    #[test]
    fn a_newer_schema_is_refused_and_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal.db");
        open(&SystemDisk, &path).unwrap().pragma_update(None, "user_version", 2).unwrap();
        let before = std::fs::read(&path).unwrap();
        assert!(matches!(open(&SystemDisk, &path), Err(Unusable::Newer(2))));
        assert_eq!(std::fs::read(&path).unwrap(), before);
    }

    #[test]
    fn planted_triggers_and_views_are_damage() {
        let folder = tempfile::tempdir().unwrap();
        for (name, planted) in [
            ("a.db", "CREATE TRIGGER t AFTER INSERT ON record BEGIN DELETE FROM record; END"),
            ("b.db", "CREATE VIEW v AS SELECT 1"),
            ("c.db", "DROP TABLE kept"),
        ] {
            let path = folder.path().join(name);
            drop(open(&SystemDisk, &path).unwrap());
            Connection::open(&path).unwrap().execute_batch(planted).unwrap();
            assert_eq!(damage(&path), Some(Damage::AlteredSchema), "{planted}");
        }
    }

    #[test]
    fn foreign_files_are_told_from_broken_ones() {
        let folder = tempfile::tempdir().unwrap();
        let foreign = folder.path().join("foreign.db");
        Connection::open(&foreign).unwrap().execute_batch("CREATE TABLE other(x)").unwrap();
        assert_eq!(damage(&foreign), Some(Damage::Foreign));
        let text = folder.path().join("text.db");
        std::fs::write(&text, "this is not a database, only text ".repeat(99)).unwrap();
        assert_eq!(damage(&text), Some(Damage::Unreadable));
    }

    #[test]
    fn only_one_program_has_the_journal() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal.db");
        let _first = open(&SystemDisk, &path).unwrap();
        assert!(matches!(open(&SystemDisk, &path), Err(Unusable::Busy)));
    }

    #[test]
    fn every_commit_is_synced_to_a_write_ahead_log() {
        let folder = tempfile::tempdir().unwrap();
        let connection = open(&SystemDisk, &folder.path().join("journal.db")).unwrap();
        let text =
            |pragma| connection.pragma_query_value(None, pragma, |row| row.get::<_, String>(0)).unwrap();
        assert_eq!(text("journal_mode"), "wal");
        let full: i64 = connection.pragma_query_value(None, "synchronous", |row| row.get(0)).unwrap();
        assert_eq!(full, 2);
    }
}
