//! SQLite: one file, synced with each commit.
//! Promises: an older schema is brought up to this one, a newer one is refused.
//! Must not know: what the tables hold.

use std::path::Path;

use rusqlite::types::{ToSql, ToSqlOutput, ValueRef};
use rusqlite::{Connection, OpenFlags, TransactionBehavior};

use super::Purpose;
use super::value::{Cell, Row, Value};
use crate::store::{PATIENCE, StoreFault, VERSION};

/// What leads from each version to the next. One that was ever out is never changed.
pub(crate) const SCHEMAS: [&str; VERSION] = [
    include_str!("../schema/1.sql"),
    include_str!("../schema/2.sql"),
    include_str!("../schema/3.sql"),
    include_str!("../schema/4.sql"),
    include_str!("../schema/5.sql"),
    include_str!("../schema/6.sql"),
];

pub(super) fn open(path: &Path, purpose: Purpose) -> Result<Connection, StoreFault> {
    if purpose == Purpose::Look {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let db = Connection::open_with_flags(path, flags)?;
        db.busy_timeout(PATIENCE)?;
        return Ok(db);
    }
    let mut db = Connection::open(path)?;
    db.busy_timeout(PATIENCE)?;
    db.pragma_update(None, "journal_mode", "WAL")?;
    // FULL: the write-ahead log is synced with each commit.
    db.pragma_update(None, "synchronous", "FULL")?;
    db.pragma_update(None, "foreign_keys", true)?;
    let transaction = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
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
pub(super) fn in_memory() -> Connection {
    let db = Connection::open_in_memory().unwrap();
    SCHEMAS.iter().for_each(|step| db.execute_batch(step).unwrap());
    db
}

/// A row as it is read.
pub(super) fn row(row: &rusqlite::Row<'_>) -> Result<Row, StoreFault> {
    let columns = row.as_ref().column_count();
    let cell = |at: usize| {
        Ok(match row.get_ref(at)? {
            ValueRef::Null => Cell::Null,
            ValueRef::Integer(number) => Cell::Int(number),
            ValueRef::Blob(bytes) => Cell::Bytes(bytes.into()),
            ValueRef::Text(words) => Cell::Text(String::from_utf8_lossy(words).into_owned()),
            ValueRef::Real(_) => return Err(StoreFault::Form),
        })
    };
    (0..columns).map(cell).collect::<Result<Vec<Cell>, StoreFault>>().map(Row)
}

impl ToSql for Value<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Value::Null => ValueRef::Null,
            Value::Int(number) => ValueRef::Integer(*number),
            Value::Bytes(bytes) => ValueRef::Blob(bytes),
            Value::Text(words) => ValueRef::Text(words.as_bytes()),
        }))
    }
}
