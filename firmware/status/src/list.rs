//! The lookup, whatever is behind it.
//! Promises: "not listed" is an answer, "cannot be read" is a fault: the two never mix (field lessons §1, row 1).
//! Must not know: how a list is stored.

use std::fmt;

use gate_proof::subject::Subject;
use gate_wire::credential::Colour;
use gate_wire::time::Timestamp;

use crate::head::{HeadRefused, NotSignedByBoth};
use crate::keys::KeyFault;

/// A status list that can be asked.
pub trait StatusList {
    /// What the list says of a person.
    ///
    /// # Errors
    /// [`ListFault`]: then nothing is known, and the passage goes on without the list.
    fn find(&self, subject: &Subject) -> Result<Answer, ListFault>;

    /// What the list as a whole says of itself.
    fn head(&self) -> Head;
}

/// What a list says of a person. What "not listed" means depends on the list's [`Scope`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Listed, with this colour, as of the head's time.
    Listed(Colour),
    /// Not in the list.
    NotListed,
}

/// Whom a list is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scope {
    /// Everybody: not listed is 未查到记录 (DESIGN §6).
    Population,
    /// Only who is not green: not listed means nothing is held against the person.
    Exceptions,
}

/// A region's six digits (GB/T 2260), as ASCII.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Region([u8; 6]);

/// Bytes that are not six digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a region has six digits (GB/T 2260)")]
pub struct RegionRefused;

impl Region {
    /// The region with these digits.
    ///
    /// # Errors
    /// [`RegionRefused`].
    pub fn new(digits: [u8; 6]) -> Result<Self, RegionRefused> {
        if digits.iter().all(u8::is_ascii_digit) { Ok(Region(digits)) } else { Err(RegionRefused) }
    }

    /// The six digits, ASCII.
    #[must_use]
    pub const fn digits(&self) -> [u8; 6] {
        self.0
    }
}

impl fmt::Debug for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Region({})", self.0.escape_ascii())
    }
}

/// What a list says of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// Whom it is about.
    pub scope: Scope,
    /// Every colour in it holds as of this time.
    pub as_of: Timestamp,
    /// Its version: grows with every list of the province.
    pub version: u32,
    /// The province.
    pub province: Region,
    /// People in it; a person with two numbers is one.
    pub people: u64,
}

/// Why a list gives no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ListFault {
    /// Its content is not what a list can hold.
    #[error("the status list is damaged: load it again")]
    Damaged,
    /// Every seal holds, and what was signed says two things of one person.
    #[error("the status list contradicts itself about a person: the authority has to make a new base")]
    Contradictory,
    /// It cannot be opened or read.
    #[error("the status list cannot be read: check the disk, then load it again")]
    Unreadable,
}

/// Why a list is not opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenFault {
    /// The file cannot be read, or is not a list.
    #[error(transparent)]
    Read(#[from] ListFault),
    /// A key is missing.
    #[error(transparent)]
    Key(#[from] KeyFault),
    /// Nobody, or one authority only, stands behind it.
    #[error(transparent)]
    Signature(#[from] NotSignedByBoth),
    /// Its head is of another format.
    #[error(transparent)]
    Head(#[from] HeadRefused),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_region_is_six_digits() {
        assert_eq!(Region::new(*b"510100").unwrap().digits(), *b"510100");
        assert_eq!(Region::new(*b"5101 0"), Err(RegionRefused));
        assert_eq!(Region::new([0; 6]), Err(RegionRefused));
    }
}
