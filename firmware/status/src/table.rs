//! The plain list: an SQLite file, read only.
//! Promises: the file is opened immutable, as it was hashed; what is out of range is damage, never an answer.
//! Must not know: how the file was made, or whether its hash is the manifest's (the caller has checked that).

use std::path::Path;
use std::sync::Mutex;

use gate_proof::subject::{SUBJECT_BYTES, Subject};
use gate_wire::credential::Colour;
use gate_wire::time::Timestamp;
use rusqlite::config::DbConfig;
use rusqlite::limits::Limit;
use rusqlite::{Connection, Error, ErrorCode, OpenFlags, OptionalExtension};

use crate::list::{Answer, Head, ListFault, Region, Scope, StatusList};

/// "TFS1": what `file` shows of a plain status list.
pub(crate) const APPLICATION: i64 = 0x5446_5331;
pub(crate) const SCHEMA: i64 = 1;
/// Both numbers of a person are two rows of `subject` with one `entry`.
pub(crate) const TABLES: &str = "
CREATE TABLE meta(
    only INTEGER PRIMARY KEY CHECK(only = 1),
    scope INTEGER NOT NULL,
    as_of INTEGER NOT NULL,
    version INTEGER NOT NULL,
    province BLOB NOT NULL,
    people INTEGER NOT NULL
) STRICT;
CREATE TABLE entry(
    id INTEGER PRIMARY KEY,
    colour INTEGER NOT NULL
) STRICT;
CREATE TABLE subject(
    subject BLOB PRIMARY KEY NOT NULL,
    entry INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
";
/// The longest statement and value that reading a list takes, in bytes.
const LENGTH_MOST: i32 = 4096;

/// An open list.
pub struct StatusTable {
    /// SQLite's connection is for one thread at a time; a poisoned lock is a fault, not a panic.
    connection: Mutex<Connection>,
    head: Head,
}

impl StatusTable {
    /// Opens the list in the file at `path`, whose content must not change any more.
    ///
    /// # Errors
    /// [`ListFault::Unreadable`] when there is no such file, [`ListFault::Damaged`] when it is not a list.
    pub fn open(path: &Path) -> Result<Self, ListFault> {
        let connection = connect(path).map_err(|error| fault(&error))?;
        let head = head(&connection)?;
        Ok(StatusTable { connection: Mutex::new(connection), head })
    }
}

impl StatusList for StatusTable {
    fn find(&self, subject: &Subject) -> Result<Answer, ListFault> {
        let connection = self.connection.lock().map_err(|_| ListFault::Unreadable)?;
        match entry_of(&connection, subject).map_err(|error| fault(&error))? {
            None => Ok(Answer::NotListed),
            Some(entry) => colour_of(&connection, entry, &self.head).map(Answer::Listed),
        }
    }

    fn head(&self) -> Head {
        self.head
    }
}

/// The number a colour has in the file: 1 to 3.
pub(crate) fn colour_code(colour: Colour) -> i64 {
    match colour {
        Colour::Green => 1,
        Colour::Yellow => 2,
        Colour::Red => 3,
    }
}

pub(crate) fn scope_code(scope: Scope) -> i64 {
    match scope {
        Scope::Population => 1,
        Scope::Exceptions => 2,
    }
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
    connection.pragma_update_and_check(None, "mmap_size", 0, |_| Ok(()))?;
    Ok(connection)
}

/// `immutable=1`: no lock, no journal or log beside the file is looked at, so that nobody can slip one in.
fn uri(path: &Path) -> String {
    let mut uri = String::from("file:");
    for byte in path.as_os_str().as_encoded_bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'.' | b'_' | b'-' => {
                uri.push(char::from(*byte))
            }
            other => uri.push_str(&format!("%{other:02X}")),
        }
    }
    uri + "?immutable=1"
}

fn fault(error: &Error) -> ListFault {
    match error.sqlite_error_code() {
        Some(ErrorCode::CannotOpen | ErrorCode::SystemIoFailure | ErrorCode::PermissionDenied) => {
            ListFault::Unreadable
        }
        _ => ListFault::Damaged,
    }
}

fn head(connection: &Connection) -> Result<Head, ListFault> {
    let number = |pragma| connection.pragma_query_value(None, pragma, |row| row.get::<_, i64>(0));
    let marks = number("application_id").and_then(|id| Ok((id, number("user_version")?)));
    if marks.map_err(|error| fault(&error))? != (APPLICATION, SCHEMA) {
        return Err(ListFault::Damaged);
    }
    let sql = "SELECT scope, as_of, version, province, people FROM meta WHERE only = 1";
    let read = connection.query_row(sql, [], |row| {
        Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?, row.get(2)?, row.get(3)?, row.get::<_, i64>(4)?))
    });
    let (scope, as_of, version, province, people) = read.map_err(|error| fault(&error))?;
    let scope = [Scope::Population, Scope::Exceptions].into_iter().find(|known| scope_code(*known) == scope);
    let as_of = u64::try_from(as_of).ok().and_then(Timestamp::from_unix);
    Ok(Head {
        scope: scope.ok_or(ListFault::Damaged)?,
        as_of: as_of.ok_or(ListFault::Damaged)?,
        version,
        province: Region::new(province).map_err(|_| ListFault::Damaged)?,
        people: u64::try_from(people).map_err(|_| ListFault::Damaged)?,
    })
}

/// The entry of a subject. The key comes back with the row: a page that answers for another key is not believed.
fn entry_of(connection: &Connection, subject: &Subject) -> Result<Option<i64>, Error> {
    let sql = "SELECT subject, entry FROM subject WHERE subject = ?1";
    let row = connection.query_row(sql, [subject.as_bytes()], |row| Ok((row.get(0)?, row.get(1)?)));
    let found: Option<([u8; SUBJECT_BYTES], i64)> = row.optional()?;
    match found {
        None => Ok(None),
        Some((key, entry)) if Subject::from_bytes(key) == *subject => Ok(Some(entry)),
        Some(_) => Err(Error::InvalidQuery),
    }
}

fn colour_of(connection: &Connection, entry: i64, head: &Head) -> Result<Colour, ListFault> {
    let read = connection.query_row("SELECT id, colour FROM entry WHERE id = ?1", [entry], |row| {
        Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?))
    });
    // An entry that is not there is damage too: its subject is listed.
    let (id, code) = read.map_err(|error| fault(&error))?;
    let listed = id == entry && id > 0 && id.unsigned_abs() <= head.people;
    let colour =
        [Colour::Green, Colour::Yellow, Colour::Red].into_iter().find(|known| colour_code(*known) == code);
    match (listed, head.scope, colour) {
        // Nobody green is in a list of exceptions.
        (true, Scope::Exceptions, Some(Colour::Green)) => Err(ListFault::Damaged),
        (true, _, Some(colour)) => Ok(colour),
        (false, _, _) | (true, _, None) => Err(ListFault::Damaged),
    }
}
