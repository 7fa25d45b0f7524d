//! One way to say SQL to SQLite and to PostgreSQL: values in, rows out, changes whole or not at all.
//! Promises: statements are the program's own texts, never put together; a change is committed and synced when it is done, or
//! nothing of it is there; of all programs that have a database open one changes it at a time, the others wait.
//! Must not know: what the tables hold.
//!
//! The two speak one SQL here but for placeholders (`?1`, `$1`) and how a change begins. Numbers are 64 bits wide in both.

mod postgres;
mod sqlite;
mod value;

use std::path::{Path, PathBuf};

pub use self::value::{Column, Row, Value};
use super::StoreFault;

/// Where a hub's database is.
#[derive(Clone)]
pub struct Store(Kind);

#[derive(Clone)]
enum Kind {
    File(PathBuf),
    Server(Box<postgres::Server>),
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.0 {
            Kind::File(path) => write!(f, "Store({})", path.display()),
            // Its address holds a password.
            Kind::Server(_) => f.write_str("Store(postgres)"),
        }
    }
}

/// What a connection is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Purpose {
    /// Changes; tables are made or brought up to this version's.
    Change,
    /// Looks alone.
    Look,
    /// Changes, though the server may be another than before: to say so.
    Restore,
}

impl Store {
    /// A SQLite file, made if it is not there.
    #[must_use]
    pub fn file(path: &Path) -> Store {
        Store(Kind::File(path.into()))
    }

    /// A database of a PostgreSQL server: `postgres://USER[:PASSWORD]@HOST[:PORT]/DATABASE`. With `authority`, PEM, the line is
    /// TLS and no other authority is believed; without one only a server on this machine is spoken to.
    ///
    /// # Errors
    /// [`StoreFault`].
    pub fn server(address: &str, authority: Option<&[u8]>) -> Result<Store, StoreFault> {
        Ok(Store(Kind::Server(Box::new(postgres::Server::new(address, authority)?))))
    }

    /// Opens it for changes; its tables are made, or brought up to this version.
    ///
    /// # Errors
    /// [`StoreFault`].
    pub fn open(&self) -> Result<Db, StoreFault> {
        self.connect(Purpose::Change)
    }

    /// Opens it to look alone.
    ///
    /// # Errors
    /// [`StoreFault`].
    pub fn open_to_look(&self) -> Result<Db, StoreFault> {
        self.connect(Purpose::Look)
    }

    /// Opens it though its server may be another than before: for the command that says so.
    ///
    /// # Errors
    /// [`StoreFault`].
    pub fn open_to_restore(&self) -> Result<Db, StoreFault> {
        self.connect(Purpose::Restore)
    }

    fn connect(&self, purpose: Purpose) -> Result<Db, StoreFault> {
        Ok(Db(match &self.0 {
            Kind::File(path) => Connection::Sqlite(sqlite::open(path, purpose)?),
            Kind::Server(server) => Connection::Postgres(Box::new(server.open(purpose)?)),
        }))
    }
}

/// A database that is open.
pub struct Db(Connection);

enum Connection {
    Sqlite(rusqlite::Connection),
    Postgres(Box<postgres::Session>),
}

impl std::fmt::Debug for Db {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Db")
    }
}

impl Db {
    /// Runs a statement; gives how many rows it changed.
    ///
    /// # Errors
    /// [`StoreFault`].
    pub fn run(&self, sql: &'static str, values: &[Value<'_>]) -> Result<usize, StoreFault> {
        match &self.0 {
            Connection::Sqlite(db) => {
                Ok(db.prepare_cached(sql)?.execute(rusqlite::params_from_iter(values))?)
            }
            Connection::Postgres(session) => session.run(sql, values),
        }
    }

    /// Every row of a query.
    ///
    /// # Errors
    /// [`StoreFault`].
    pub fn all<T>(
        &self,
        sql: &'static str,
        values: &[Value<'_>],
        mut read: impl FnMut(&Row) -> Result<T, StoreFault>,
    ) -> Result<Vec<T>, StoreFault> {
        match &self.0 {
            Connection::Sqlite(db) => {
                let mut statement = db.prepare_cached(sql)?;
                let mut rows = statement.query(rusqlite::params_from_iter(values))?;
                let mut all = Vec::new();
                while let Some(row) = rows.next()? {
                    all.push(read(&sqlite::row(row)?)?);
                }
                Ok(all)
            }
            Connection::Postgres(session) => session.all(sql, values)?.iter().map(read).collect(),
        }
    }

    /// The first row of a query, if it has one.
    ///
    /// # Errors
    /// [`StoreFault`].
    pub fn first<T>(
        &self,
        sql: &'static str,
        values: &[Value<'_>],
        read: impl FnMut(&Row) -> Result<T, StoreFault>,
    ) -> Result<Option<T>, StoreFault> {
        Ok(self.all(sql, values, read)?.into_iter().next())
    }

    /// The one row of a query.
    ///
    /// # Errors
    /// [`StoreFault`].
    pub fn one<T>(
        &self,
        sql: &'static str,
        values: &[Value<'_>],
        read: impl FnMut(&Row) -> Result<T, StoreFault>,
    ) -> Result<T, StoreFault> {
        self.first(sql, values, read)?.ok_or(StoreFault::Form)
    }

    /// Whether a query has a row.
    ///
    /// # Errors
    /// [`StoreFault`].
    pub fn has(&self, sql: &'static str, values: &[Value<'_>]) -> Result<bool, StoreFault> {
        Ok(self.first(sql, values, |_| Ok(()))?.is_some())
    }

    /// Does something in one change: all of it is committed and synced, or nothing is there.
    ///
    /// # Errors
    /// [`StoreFault`], and what the work says.
    pub fn change<T, E: From<StoreFault>>(&mut self, work: impl FnOnce(&Db) -> Result<T, E>) -> Result<T, E> {
        self.begin()?;
        let done = work(self).and_then(|done| Ok(self.commit().map(|()| done)?));
        if done.is_err() {
            // Where this fails too, the connection is gone, and the change with it.
            let _ = self.say("ROLLBACK");
        }
        done
    }

    /// Does something within a change: where it fails, the rest of the change stands.
    ///
    /// # Errors
    /// [`StoreFault`]; in the inner result, the work's.
    pub fn part<T, E>(&self, work: impl FnOnce(&Db) -> Result<T, E>) -> Result<Result<T, E>, StoreFault> {
        self.say("SAVEPOINT part")?;
        let done = work(self);
        self.say(if done.is_ok() { "RELEASE part" } else { "ROLLBACK TO part" })?;
        Ok(done)
    }

    /// Whether it still answers.
    #[must_use]
    pub fn is_alive(&self) -> bool {
        match &self.0 {
            Connection::Sqlite(_) => true,
            Connection::Postgres(session) => session.is_alive(),
        }
    }

    fn begin(&self) -> Result<(), StoreFault> {
        match &self.0 {
            Connection::Sqlite(db) => Ok(db.execute_batch("BEGIN IMMEDIATE")?),
            Connection::Postgres(session) => session.begin(),
        }
    }

    fn commit(&self) -> Result<(), StoreFault> {
        match &self.0 {
            Connection::Sqlite(db) => Ok(db.execute_batch("COMMIT")?),
            Connection::Postgres(session) => session.commit(),
        }
    }

    /// Which server this is, on which timeline, and which table there; `None` of a file.
    ///
    /// # Errors
    /// [`StoreFault`].
    pub fn lineage(&self) -> Result<Option<String>, StoreFault> {
        match &self.0 {
            Connection::Sqlite(_) => Ok(None),
            Connection::Postgres(session) => session.lineage().map(Some),
        }
    }

    fn say(&self, words: &'static str) -> Result<(), StoreFault> {
        match &self.0 {
            Connection::Sqlite(db) => Ok(db.execute_batch(words)?),
            Connection::Postgres(session) => session.say(words),
        }
    }
}

#[cfg(test)]
pub(crate) use self::sqlite::SCHEMAS;

/// An empty database: in memory, or a schema of its own where `GATE_POSTGRES` names a server.
#[cfg(test)]
pub(crate) fn empty() -> Db {
    match std::env::var("GATE_POSTGRES") {
        Ok(address) => Store::server(&postgres::apart(&address), None).unwrap().open().unwrap(),
        Err(_) => Db(Connection::Sqlite(sqlite::in_memory())),
    }
}

#[cfg(test)]
impl Db {
    /// Rows of a table.
    pub(crate) fn count(&self, table: &str) -> u32 {
        let sql = format!("SELECT count(*) FROM {table}").leak();
        self.one(sql, &[], |row| row.get(0)).unwrap()
    }
}
