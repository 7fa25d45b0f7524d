//! What this terminal believes at the moment of a passage.
//! Promises: plain values, gathered before a decision, so that `decide` is pure and a verdict can be replayed.
//! Must not know: where they were looked up.

use gate_wire::credential::Colour;
use gate_wire::time::Timestamp;

use crate::age::Limits;
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
    /// Whether other data that this passage rests on are older than policy lets decide ([`crate::age::Bands::too_old`]).
    pub too_old: bool,
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
    pub fn data_age(&self, limits: Limits) -> DataAge {
        limits.age(self.list_as_of, self.time)
    }
}

/// How far a desk's clock and ours may be apart.
pub const AHEAD_MOST_S: u64 = 600;

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

impl ListAnswer {
    /// What counts of the answers to two numbers of one person, where a list has them apart: what speaks against the person
    /// before what does not, and "cannot tell" before anything but the gravest, which it could hide.
    #[must_use]
    pub fn or_graver(self, other: ListAnswer) -> ListAnswer {
        if other.gravity() > self.gravity() { other } else { self }
    }

    fn gravity(self) -> u8 {
        match self {
            ListAnswer::NotAsked => 0,
            ListAnswer::NotAnException => 1,
            ListAnswer::NotListed => 2,
            ListAnswer::Listed(Colour::Green) => 3,
            ListAnswer::Listed(Colour::Yellow) => 4,
            ListAnswer::Damaged => 5,
            ListAnswer::Missing => 6,
            ListAnswer::Listed(Colour::Red) => 7,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::ClockTrust;

    #[test]
    fn of_two_numbers_of_a_person_the_graver_answer_counts_whichever_is_asked_first() {
        let rising = [
            ListAnswer::NotAsked,
            ListAnswer::NotAnException,
            ListAnswer::NotListed,
            ListAnswer::Listed(Colour::Green),
            ListAnswer::Listed(Colour::Yellow),
            ListAnswer::Damaged,
            ListAnswer::Missing,
            ListAnswer::Listed(Colour::Red),
        ];
        for (at, one) in rising.into_iter().enumerate() {
            for graver in &rising[at..] {
                assert_eq!((one.or_graver(*graver), graver.or_graver(one)), (*graver, *graver));
            }
        }
    }

    #[test]
    fn a_list_from_the_future_is_stale_and_one_a_few_minutes_ahead_is_not() {
        let now = Timestamp::EPOCH.plus(100 * 86_400);
        for (as_of, age) in [
            (None, DataAge::Missing),
            (Some(now), DataAge::Fresh),
            (Some(now.plus(AHEAD_MOST_S)), DataAge::Fresh),
            (Some(now.plus(AHEAD_MOST_S + 1)), DataAge::Stale),
            (Some(now.plus(40 * 86_400)), DataAge::Stale),
            (Some(now.minus(3 * 86_400)), DataAge::Fresh),
            (Some(now.minus(3 * 86_400 + 1)), DataAge::Stale),
        ] {
            let confirmed = TimeReading { time: now, trust: ClockTrust::Confirmed };
            assert_eq!(Limits::until_stale(3).age(as_of, confirmed), age, "{as_of:?}");
        }
        // An unconfirmed clock gives a time that is surely past: everything may be ahead of it.
        let floor = TimeReading { time: now, trust: ClockTrust::Unconfirmed };
        assert_eq!(Limits::until_stale(3).age(Some(now.plus(40 * 86_400)), floor), DataAge::Fresh);
    }
}
