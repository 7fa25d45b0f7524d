//! The plain table: subjects lead to entries, entries hold colours, in one SQLite file that never changes.
//! Promises: both numbers of a person lead to one entry, so they cannot come apart; every value read is checked for range.
//! Must not know: who may open the file (the caller compared its digest with the manifest's).
//!
//! Layout: `subject(subject BLOB PRIMARY KEY, entry INTEGER) WITHOUT ROWID`, `entry(id INTEGER PRIMARY KEY, colour INTEGER)`
//! with 0 green, 1 yellow, 2 red, and one row `head(scope, as_of, version, province, people)`.

use std::path::{Path, PathBuf};

use gate_proof::subject::Subject;
use gate_wire::credential::Colour;
use gate_wire::time::Timestamp;
use rusqlite::{Connection, ErrorCode, OpenFlags, OptionalExtension};

use crate::{Answer, Head, ListFault, Scope, StatusList};

/// Marks the file as a status table of ours: "TFst".
pub(crate) const APPLICATION_ID: i32 = 0x5446_7374;
/// The layout above.
pub(crate) const SCHEMA_VERSION: i32 = 1;

/// Why a table cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenFault {
    /// SQLite cannot read it.
    #[error("{}: {source}", .path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: rusqlite::Error,
    },
    /// Another file, or another version of this one.
    #[error("{} is not a status table of version {SCHEMA_VERSION}", .path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// Its head is out of range.
    #[error("the head of {} is damaged", .path.display())]
    BadHead {
        /// The file.
        path: PathBuf,
    },
}

/// An open table.
pub struct StatusTable {
    connection: Connection,
    head: Head,
}

impl StatusTable {
    /// Opens a table read-only; nothing is ever written beside it.
    ///
    /// # Errors
    /// [`OpenFault`].
    pub fn open(path: &Path) -> Result<StatusTable, OpenFault> {
        let read = |source| OpenFault::Read { path: path.to_owned(), source };
        let flags =
            OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(immutable_uri(path), flags).map_err(read)?;
        connection
            .execute_batch("PRAGMA trusted_schema=OFF; PRAGMA cell_size_check=ON; PRAGMA mmap_size=0;")
            .map_err(read)?;
        let number = |name: &str| connection.pragma_query_value(None, name, |row| row.get::<_, i32>(0));
        let ours = number("application_id").map_err(read)? == APPLICATION_ID;
        if !ours || number("user_version").map_err(read)? != SCHEMA_VERSION {
            return Err(OpenFault::Foreign { path: path.to_owned() });
        }
        let head = read_head(&connection).map_err(read)?;
        let head = head.ok_or(OpenFault::BadHead { path: path.to_owned() })?;
        Ok(StatusTable { connection, head })
    }
}

impl StatusList for StatusTable {
    fn find(&self, subject: &Subject) -> Result<Answer, ListFault> {
        let fault = |error: rusqlite::Error| match error.sqlite_error_code() {
            Some(ErrorCode::SystemIoFailure | ErrorCode::CannotOpen) => ListFault::Unreadable,
            _ => ListFault::Damaged,
        };
        let mut statement = self
            .connection
            .prepare_cached("SELECT subject.entry, entry.colour FROM subject LEFT JOIN entry ON entry.id = subject.entry WHERE subject.subject = ?1")
            .map_err(fault)?;
        let row =
            statement.query_row([&subject.as_bytes()[..]], |row| row.get::<_, Option<i64>>(1)).optional();
        match row.map_err(fault)? {
            None => Ok(Answer::NotListed),
            Some(code) => code.and_then(colour).map(Answer::Listed).ok_or(ListFault::Damaged),
        }
    }

    fn head(&self) -> Head {
        self.head
    }
}

fn read_head(connection: &Connection) -> rusqlite::Result<Option<Head>> {
    connection.query_row("SELECT scope, as_of, version, province, people FROM head", [], |row| {
        let (scope, as_of, version): (i64, i64, i64) = (row.get(0)?, row.get(1)?, row.get(2)?);
        let (province, people): (Vec<u8>, i64) = (row.get(3)?, row.get(4)?);
        Ok(checked_head(scope, as_of, version, &province, people))
    })
}

fn checked_head(scope: i64, as_of: i64, version: i64, province: &[u8], people: i64) -> Option<Head> {
    Some(Head {
        scope: match scope {
            0 => Scope::Population,
            1 => Scope::Exceptions,
            _ => return None,
        },
        as_of: Timestamp::from_unix(u64::try_from(as_of).ok()?)?,
        version: u32::try_from(version).ok()?,
        province: province.try_into().ok()?,
        people: u64::try_from(people).ok()?,
    })
}

/// Green 0, yellow 1, red 2.
pub(crate) fn colour(code: i64) -> Option<Colour> {
    [Colour::Green, Colour::Yellow, Colour::Red].get(usize::try_from(code).ok()?).copied()
}

/// `immutable=1`: SQLite then takes no locks and looks for no journal beside the file.
fn immutable_uri(path: &Path) -> String {
    let mut uri = String::from("file:");
    for byte in path.as_os_str().as_encoded_bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'.' | b'-' | b'_' => {
                uri.push(char::from(*byte))
            }
            other => uri.push_str(&format!("%{other:02X}")),
        }
    }
    uri + "?immutable=1"
}
