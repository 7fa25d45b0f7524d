//! What this terminal believes at the moment of a passage.
//! Promises: plain values, gathered before a decision, so that `decide` is pure and a verdict can be replayed.
//! Must not know: where they were looked up.

use gate_wire::credential::Colour;
use gate_wire::time::Timestamp;

use crate::case::{DataAge, Temperature};
use crate::time::TimeReading;
use crate::verdict::{Direction, PlaceKind, RiskLevel};

/// The facts of one passage.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Facts {
    /// Kind of place, from signed data.
    pub place: PlaceKind,
    /// Risk level of its region, from signed data.
    pub risk: RiskLevel,
    /// Direction of the lane, from signed data.
    pub direction: Direction,
    /// The time and its trust.
    pub time: TimeReading,
    /// What the list says of the person that the code is about.
    pub of_code: ListAnswer,
    /// What the list says of the person that the document is about.
    pub of_document: ListAnswer,
    /// As-of time of the list's newest applied head; `None` without a list.
    pub list_as_of: Option<Timestamp>,
    /// Whether code and document are about one person.
    pub persons: Persons,
    /// Whether the credential was revoked.
    pub revoked: Revoked,
    /// Uses of this credential or document here before this one.
    pub uses: u16,
    /// Temperature class.
    pub temperature: Temperature,
}

impl Facts {
    /// Age class of the list. Against an unconfirmed clock the age is the least it can be.
    pub fn data_age(&self, stale_after_days: u32) -> DataAge {
        data_age(self.list_as_of, self.time.time, stale_after_days)
    }
}

/// Age class of a list with this as-of time.
pub fn data_age(as_of: Option<Timestamp>, now: Timestamp, stale_after_days: u32) -> DataAge {
    let Some(as_of) = as_of else { return DataAge::Missing };
    let limit_s = u64::from(stale_after_days) * 86_400;
    if now.since(as_of) > limit_s { DataAge::Stale } else { DataAge::Fresh }
}

/// What the status list says of one person, as of its newest applied head.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ListAnswer {
    /// Nobody was asked about, or the subject is another issuer's.
    NotAsked,
    /// There is no list.
    Missing,
    /// The list is damaged where this person would be.
    Damaged,
    /// Listed with this colour.
    Listed(Colour),
    /// Not on the list of the whole population.
    NotListed,
    /// Not among the listed exceptions.
    NotAnException,
}

impl ListAnswer {
    /// The code in a record: 0 not asked, 1 missing, 2 damaged, 3 not listed, 4 not an exception, 5 green, 6 yellow, 7 red.
    pub fn code(self) -> u8 {
        match self {
            ListAnswer::NotAsked => 0,
            ListAnswer::Missing => 1,
            ListAnswer::Damaged => 2,
            ListAnswer::NotListed => 3,
            ListAnswer::NotAnException => 4,
            ListAnswer::Listed(Colour::Green) => 5,
            ListAnswer::Listed(Colour::Yellow) => 6,
            ListAnswer::Listed(Colour::Red) => 7,
        }
    }
}

/// Code and document together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Persons {
    /// One of them is missing, or the code is another issuer's: nothing to compare.
    NotComparable,
    /// The same person.
    Same,
    /// Two people.
    Different,
}

/// Whether a credential was revoked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Revoked {
    /// It, or all of its person's before a later time.
    Yes,
    /// Nobody can say: this terminal's revocations are lost, or damaged where this credential would be.
    Unknown,
    /// Not.
    No,
}
