//! What this terminal says of itself to the hub (DOMAIN §18).
//! Promises: revisions rise over restarts, and after a journal was lost with the last one; nothing in it is about a person.
//! Must not know: where it goes.

use gate_core::query::{Sequence, TerminalNumber};
use gate_core::records::account::{Account, COUNTS_MOST, Count, Held};
use gate_core::screen::Faults;
use gate_store::Standing;
use gate_wire::time::Timestamp;

use super::Told;
use crate::book::{Book, Outgoing};

/// The last account's revision, as kept over a restart.
const REVISION: &str = "account.revision";
/// The program and its version.
const SOFTWARE: &str = concat!("gate ", env!("CARGO_PKG_VERSION"));

/// How the terminal is.
#[derive(Clone, Copy)]
pub struct Condition<'a> {
    /// What is unwell.
    pub faults: Faults,
    /// The data in force.
    pub held: &'a dyn Fn() -> Vec<Held>,
}

pub(super) fn revision(book: &dyn Book) -> u64 {
    book.kept(REVISION).map_or(0, i64::cast_unsigned)
}

pub(super) fn keep_revision(book: &mut dyn Book, revision: u64) {
    book.keep(REVISION, revision.cast_signed());
}

/// The next account's revision: not below the clock, so that a terminal whose kept one is gone is heard at once.
pub(super) fn next(revision: u64, now: Timestamp) -> u64 {
    revision.saturating_add(1).max(now.unix())
}

/// `None` while the journal is busy.
pub(super) fn account(
    terminal: TerminalNumber,
    told: &Told<'_>,
    way: &dyn Outgoing,
    (standing, acknowledged): (&Standing, Sequence),
    revision: u64,
) -> Option<Account> {
    let waiting = way.waiting();
    let counts = way.counts(COUNTS_MOST).ok()?;
    let count = |(of, count)| Count { of, count: u32::try_from(count).unwrap_or(u32::MAX) };
    Some(Account {
        terminal,
        revision,
        at: told.time.time,
        clock: told.time.trust,
        journal: standing.journal,
        first: standing.first,
        next: standing.next,
        acknowledged,
        waiting: u32::try_from(waiting.reserve + waiting.memory).unwrap_or(u32::MAX),
        faults: told.condition.faults,
        software: SOFTWARE.try_into().unwrap_or_default(),
        held: (told.condition.held)().into_iter().collect(),
        counts: counts.into_iter().map(count).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_that_lost_its_last_revision_goes_on_above_it() {
        let at = |seconds| Timestamp::from_unix(seconds).unwrap();
        let said = next(next(0, at(1_000)), at(1_000));
        assert_eq!(said, 1_001);
        assert!(next(0, at(1_300)) > said, "lost, five minutes later");
        assert_eq!(next(5_000, at(1_300)), 5_001, "a clock that was ahead, put right");
    }
}
