//! What can go wrong outside an append, told so that a technician knows what to do.
//! Promises: every cause keeps its source; nothing here holds a record.
//! Must not know: how a fault is shown.

use std::io;
use std::path::PathBuf;

use gate_core::journal::JournalFault;
use gate_core::query::Sequence;
use rusqlite::{Error, ErrorCode};

/// Why the journal did not open.
#[derive(Debug, thiserror::Error)]
pub enum OpenFault {
    /// Written by a program that knows more than this one.
    #[error("the journal has schema {found}, this program knows {known}: install the newer program again")]
    ReadSchema {
        /// `user_version` of the file.
        found: i64,
        /// The newest this program knows.
        known: i64,
    },
    /// Somebody else has it open.
    #[error("{} is in use: stop the other program that has it open", .path.display())]
    LockDatabase {
        /// The file.
        path: PathBuf,
    },
    /// The file cannot be opened, and not because it is damaged.
    #[error("{} does not open: check that the data partition is mounted, writable and not full", .path.display())]
    OpenDatabase {
        /// The file.
        path: PathBuf,
        /// SQLite's reason.
        source: Error,
    },
    /// The reserve cannot be made or read.
    #[error("the reserve {} cannot be prepared: it needs 5 MB free on the data partition", .path.display())]
    PrepareReserve {
        /// The file.
        path: PathBuf,
        /// The operating system's reason.
        source: io::Error,
    },
    /// A file cannot be moved.
    #[error("{} cannot be moved aside: check that the data partition is writable", .path.display())]
    MoveFile {
        /// The file.
        path: PathBuf,
        /// The operating system's reason.
        source: io::Error,
    },
    /// The fresh file that replaces a damaged one cannot be written.
    #[error("the fresh journal {} cannot be written: free some room; the damaged file was not touched", .path.display())]
    WriteFresh {
        /// The file.
        path: PathBuf,
        /// SQLite's reason.
        source: Error,
    },
    /// No thread to be had.
    #[error("no thread for the journal")]
    StartThread(#[source] io::Error),
}

/// Why a database counts as damaged: it is moved aside, and what can be read is saved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Damage {
    /// Not an SQLite file, or one that cannot be read.
    Unreadable,
    /// An SQLite file of some other program.
    Foreign,
    /// Its quick check finds errors.
    Inconsistent,
    /// Tables, triggers or views other than ours.
    AlteredSchema,
    /// It ends before a record that is known to have been in it.
    Shortened,
    /// There is no file although records are known to have been written.
    Missing,
}

/// Why the journal could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadFault {
    /// The writer did not answer in time.
    #[error("the journal is busy: try again, and check the disk if that does not help")]
    AwaitWriter,
    /// SQLite failed.
    #[error("the journal cannot be read: restart the terminal, which checks the file")]
    ReadDatabase(#[source] Error),
    /// A row is not of the form that this program writes.
    #[error("record {} is not in the form it was written in: restart the terminal, which checks the file", .sequence.0)]
    DecodeRow {
        /// Which row.
        sequence: Sequence,
    },
}

/// What an append is told of SQLite's error.
pub(crate) fn journal_fault(error: &Error) -> JournalFault {
    match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => JournalFault::Full,
        _ => JournalFault::Write,
    }
}

/// Whether the error says that the file's content is at fault, not the disk or another process.
pub(crate) fn is_damage(error: &Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase))
        || matches!(
            error,
            Error::InvalidColumnType(..)
                | Error::FromSqlConversionFailure(..)
                | Error::IntegralValueOutOfRange(..)
        )
}
