//! The status list: people's colours, kept on the terminal.
//! Promises: an answer is a listed colour, "not listed", or "cannot tell"; never a guess.
//! Must not know: verdicts. Behind the trait there is a plain table; "The status list" replaces the inside (DESIGN §6).

mod build;
mod table;

use gate_proof::subject::Subject;
use gate_wire::credential::Colour;
use gate_wire::time::Timestamp;

pub use build::{BuildFault, BuildReport, Person, build};
pub use table::{OpenFault, StatusTable};

/// Whom a list names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Everyone of the province: not listed means unknown.
    Population,
    /// Only people who are not green: not listed means green.
    Exceptions,
}

/// What a list says of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// Whom it names.
    pub scope: Scope,
    /// The time as of which it states every member's colour.
    pub as_of: Timestamp,
    /// Its version.
    pub version: u32,
    /// Whose list: GB/T 2260, six digits.
    pub province: [u8; 6],
    /// People in it.
    pub people: u64,
}

/// What a list says of one person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Listed with this colour.
    Listed(Colour),
    /// Not in it.
    NotListed,
}

/// Why a list cannot tell. It is a health state and Assist, never a "no".
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ListFault {
    /// What stands there cannot be right.
    #[error("the status list is damaged: sync to replace it")]
    Damaged,
    /// The file cannot be read.
    #[error("the status list cannot be read: check the disk")]
    Unreadable,
}

/// A status list.
pub trait StatusList {
    /// What it says of `subject`, as of its head.
    ///
    /// # Errors
    /// [`ListFault`] where it cannot tell.
    fn find(&self, subject: &Subject) -> Result<Answer, ListFault>;

    /// What it says of itself.
    fn head(&self) -> Head;
}

#[cfg(test)]
mod tests;
