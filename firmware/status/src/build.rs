//! Building the plain table.
//! Promises: a new file each time, whole and synced under its name or not there; a subject that two people claim is an error.
//! Must not know: where people come from; it sees subjects, never numbers.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use gate_proof::subject::Subject;
use gate_wire::credential::Colour;
use rusqlite::{Connection, ErrorCode, params};

use crate::table::{APPLICATION_ID, SCHEMA_VERSION};
use crate::{Head, Scope};

/// One person: every subject that leads to them, and their colour.
#[derive(Clone, Debug)]
pub struct Person {
    /// One, or two for people with two numbers.
    pub subjects: Vec<Subject>,
    /// Their colour.
    pub colour: Colour,
}

/// What was built.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BuildReport {
    /// People in the table.
    pub people: u64,
    /// Subjects that lead to them.
    pub subjects: u64,
}

/// Why nothing was built.
#[derive(Debug, thiserror::Error)]
pub enum BuildFault {
    /// SQLite refuses.
    #[error("{}: {source}", .path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        source: rusqlite::Error,
    },
    /// The file system refuses.
    #[error("{}: {source}", .path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Two people claim one number.
    #[error("person {person} (from 1) has a number that an earlier one has")]
    Repeated {
        /// Which person.
        person: u64,
    },
}

/// Builds a table at `path`, which must not exist. `head.people` is counted here, whatever is given.
///
/// # Errors
/// [`BuildFault`]; then there is no file at `path`.
pub fn build(
    path: &Path,
    head: Head,
    people: impl Iterator<Item = Person>,
) -> Result<BuildReport, BuildFault> {
    let file = |source| BuildFault::File { path: path.to_owned(), source };
    if path.exists() {
        return Err(file(io::ErrorKind::AlreadyExists.into()));
    }
    let partial = path.with_extension("partial");
    remove_if_there(&partial).map_err(file)?;
    let built = fill(&partial, head, people);
    if built.is_err() {
        remove_if_there(&partial).map_err(file)?;
    }
    let report = built?;
    File::open(&partial).and_then(|written| written.sync_all()).map_err(file)?;
    std::fs::rename(&partial, path).map_err(file)?;
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(directory).and_then(|directory| directory.sync_all()).map_err(file)?;
    Ok(report)
}

fn remove_if_there(path: &Path) -> io::Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

fn fill(path: &Path, head: Head, people: impl Iterator<Item = Person>) -> Result<BuildReport, BuildFault> {
    let write = |source| BuildFault::Write { path: path.to_owned(), source };
    let mut connection = Connection::open(path).map_err(write)?;
    create(&connection).map_err(write)?;
    let transaction = connection.transaction().map_err(write)?;
    let mut report = BuildReport { people: 0, subjects: 0 };
    for person in people {
        report.people += 1;
        report.subjects += person.subjects.len() as u64;
        insert(&transaction, report.people, &person).map_err(|error| match error.sqlite_error_code() {
            Some(ErrorCode::ConstraintViolation) => BuildFault::Repeated { person: report.people },
            _ => write(error),
        })?;
    }
    insert_head(&transaction, head, report.people).map_err(write)?;
    transaction.commit().map_err(write)?;
    connection.close().map_err(|(_, source)| write(source))?;
    Ok(report)
}

fn create(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute_batch(&format!(
        "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA page_size=4096;
         PRAGMA application_id={APPLICATION_ID}; PRAGMA user_version={SCHEMA_VERSION};
         CREATE TABLE subject(subject BLOB PRIMARY KEY, entry INTEGER NOT NULL) WITHOUT ROWID;
         CREATE TABLE entry(id INTEGER PRIMARY KEY, colour INTEGER NOT NULL);
         CREATE TABLE head(scope INTEGER NOT NULL, as_of INTEGER NOT NULL, version INTEGER NOT NULL,
                           province BLOB NOT NULL, people INTEGER NOT NULL);"
    ))
}

fn insert(connection: &Connection, id: u64, person: &Person) -> rusqlite::Result<()> {
    let colour = match person.colour {
        Colour::Green => 0,
        Colour::Yellow => 1,
        Colour::Red => 2,
    };
    connection
        .prepare_cached("INSERT INTO entry(id, colour) VALUES (?1, ?2)")?
        .execute(params![id.cast_signed(), colour])?;
    for subject in &person.subjects {
        let mut statement =
            connection.prepare_cached("INSERT INTO subject(subject, entry) VALUES (?1, ?2)")?;
        statement.execute(params![&subject.as_bytes()[..], id.cast_signed()])?;
    }
    Ok(())
}

fn insert_head(connection: &Connection, head: Head, people: u64) -> rusqlite::Result<()> {
    let scope = match head.scope {
        Scope::Population => 0,
        Scope::Exceptions => 1,
    };
    let values = params![
        scope,
        head.as_of.unix().cast_signed(),
        head.version,
        &head.province[..],
        people.cast_signed()
    ];
    connection.execute("INSERT INTO head VALUES (?1, ?2, ?3, ?4, ?5)", values)?;
    Ok(())
}
