//! Making a plain list: for the authority's desk, and for tests.
//! Promises: the same people in the same order give the same list; a list that contradicts itself is not made.
//! Must not know: where people come from.

use std::path::Path;

use gate_proof::subject::Subject;
use gate_wire::credential::Colour;
use rusqlite::{Connection, Error, OpenFlags, OptionalExtension, Transaction, params};

use crate::list::{Head, Scope};
use crate::table::{APPLICATION, SCHEMA, TABLES, colour_code, scope_code};

/// One person: every number of theirs, and their colour.
#[derive(Clone, Copy, Debug)]
pub struct Person<'a> {
    /// At least one subject; two for who has two numbers (DOMAIN §13).
    pub subjects: &'a [Subject],
    /// The colour as of the head's time.
    pub colour: Colour,
}

/// What was built.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BuildReport {
    /// People, which is entries.
    pub people: u64,
    /// Subjects, which is numbers.
    pub subjects: u64,
    /// Bytes of the file.
    pub bytes: u64,
}

/// Why no list was built. Rows are counted from 1.
#[derive(Debug, thiserror::Error)]
pub enum BuildFault {
    /// A person without a number.
    #[error("row {row}: a person needs at least one subject")]
    NameNobody {
        /// Which row.
        row: u64,
    },
    /// Two people with one number.
    #[error("row {row} has a subject that row {earlier} has: they would be one person with two entries")]
    ShareSubject {
        /// The later row.
        row: u64,
        /// The row that has it already.
        earlier: u64,
    },
    /// A green person in a list of those who are not.
    #[error("row {row} is green: a list of exceptions holds only who is not")]
    ListGreen {
        /// Which row.
        row: u64,
    },
    /// Not as many people as the head says.
    #[error("the head says {said} people, there are {found}")]
    CountPeople {
        /// In the head.
        said: u64,
        /// Given.
        found: u64,
    },
    /// The file is there already, or cannot be written.
    #[error("the list cannot be written: is the file there already, or the disk full?")]
    WriteList(#[from] Error),
    /// The file cannot be measured.
    #[error("the list cannot be read back")]
    ReadBack(#[from] std::io::Error),
}

/// Writes the list of `people` to a new file at `path`. When that fails, what is there is no list: it has no head.
///
/// # Errors
/// [`BuildFault`].
pub fn build<'a>(
    path: &Path,
    head: Head,
    people: impl Iterator<Item = Person<'a>>,
) -> Result<BuildReport, BuildFault> {
    let mut connection = create(path)?;
    let transaction = connection.transaction()?;
    transaction.execute_batch(TABLES)?;
    let (mut row, mut subjects) = (0, 0);
    for person in people {
        row += 1;
        add(&transaction, row, &person, head.scope)?;
        subjects += person.subjects.len() as u64;
    }
    if row != head.people {
        return Err(BuildFault::CountPeople { said: head.people, found: row });
    }
    write_head(&transaction, &head)?;
    transaction.commit()?;
    connection.close().map_err(|(_, error)| error)?;
    Ok(BuildReport { people: row, subjects, bytes: std::fs::metadata(path)?.len() })
}

/// A new file: one that is there already is never written over, somebody may have it open as immutable.
fn create(path: &Path) -> Result<Connection, BuildFault> {
    std::fs::File::create_new(path)?;
    let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    connection.pragma_update(None, "page_size", 4096)?;
    Ok(connection)
}

fn add(transaction: &Transaction<'_>, row: u64, person: &Person<'_>, scope: Scope) -> Result<(), BuildFault> {
    match (person.subjects, scope, person.colour) {
        ([], _, _) => return Err(BuildFault::NameNobody { row }),
        (_, Scope::Exceptions, Colour::Green) => return Err(BuildFault::ListGreen { row }),
        _ => {}
    }
    let entry = row.cast_signed();
    transaction
        .execute("INSERT INTO entry(id, colour) VALUES (?1, ?2)", [entry, colour_code(person.colour)])?;
    for subject in person.subjects {
        add_subject(transaction, subject, entry)?;
    }
    Ok(())
}

/// One number of a person. The same number twice with one person is one number.
fn add_subject(transaction: &Transaction<'_>, subject: &Subject, entry: i64) -> Result<(), BuildFault> {
    let sql = "SELECT entry FROM subject WHERE subject = ?1";
    let known: Option<i64> = transaction.query_row(sql, [subject.as_bytes()], |row| row.get(0)).optional()?;
    match known {
        Some(earlier) if earlier == entry => Ok(()),
        Some(earlier) => {
            let (row, earlier) = (entry.unsigned_abs(), earlier.unsigned_abs());
            Err(BuildFault::ShareSubject { row, earlier })
        }
        None => {
            let sql = "INSERT INTO subject(subject, entry) VALUES (?1, ?2)";
            transaction.execute(sql, params![subject.as_bytes(), entry])?;
            Ok(())
        }
    }
}

fn write_head(transaction: &Transaction<'_>, head: &Head) -> Result<(), Error> {
    transaction.execute(
        "INSERT INTO meta(only, scope, as_of, version, province, people) VALUES (1, ?1, ?2, ?3, ?4, ?5)",
        params![
            scope_code(head.scope),
            head.as_of.unix().cast_signed(),
            head.version,
            head.province.digits(),
            head.people.cast_signed()
        ],
    )?;
    transaction.pragma_update(None, "application_id", APPLICATION)?;
    transaction.pragma_update(None, "user_version", SCHEMA)
}
