//! How often an input changes, so that a contact that chatters fills no journal.
//! Promises: counted by the minute, from the first change on; the first changes of a minute have a record of their own, and of a contact
//! that chattered in the minute before the very first alone; how many had none is told at the minute's end, and which level stood then.
//! Must not know: what an input means.

use gate_hal::inputs::{Input, Level};
use gate_wire::time::Millis;

const MINUTE_MS: u64 = 60_000;
/// Changes a minute that are still nobody's mischief: a case is opened and closed, a fire contact tried. Light barriers and doors change twice
/// for everybody who passes, and no lane passes two people a second.
const RECORDED_MOST: u32 = 6;
const PASSED_MOST: u32 = 240;

/// The changes of one input.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Changes {
    since: Option<Millis>,
    count: u32,
    /// Whether it chattered in the minute before.
    restless: Restless,
    /// The level that was recorded last.
    told: Level,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Restless {
    #[default]
    No,
    Yes,
}

/// What becomes of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Change {
    /// It has a record.
    Recorded,
    /// It is counted.
    Counted,
}

/// What a minute of chatter came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Summary {
    /// Changes within it.
    pub(super) changes: u32,
    /// The level at its end, where that has no record yet.
    pub(super) untold: Option<Level>,
}

impl Changes {
    /// The input changed to this level.
    pub(super) fn note(&mut self, input: Input, level: Level, now: Millis) -> Change {
        self.since.get_or_insert(now);
        self.count = self.count.saturating_add(1);
        let most = if self.restless == Restless::Yes { 1 } else { most(input) };
        if self.count > most {
            return Change::Counted;
        }
        self.told = level;
        Change::Recorded
    }

    /// At the end of a minute in which it chattered: what that came to. `level` is how it stands.
    pub(super) fn end(&mut self, input: Input, level: Level, now: Millis) -> Option<Summary> {
        self.since.filter(|since| now.since(*since).0 >= MINUTE_MS)?;
        let (count, told) = (self.count, self.told);
        let chatters = count > most(input);
        let was_cut = self.restless == Restless::Yes && count > 1;
        self.restless = if chatters { Restless::Yes } else { Restless::No };
        // Whether it goes on shows in the next minute; one without a change is none.
        (self.since, self.count, self.told) = (chatters.then_some(now), 0, level);
        (chatters || was_cut).then(|| Summary { changes: count, untold: (told != level).then_some(level) })
    }

    /// Whether it chatters.
    pub(super) fn is_restless(&self, input: Input) -> bool {
        self.restless == Restless::Yes || self.count > most(input)
    }
}

/// Whether an input's changes are records at all.
fn most(input: Input) -> u32 {
    match input {
        Input::Passage | Input::Door => PASSED_MOST,
        Input::Fire | Input::CaseOpen | Input::Release => RECORDED_MOST,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CASE: Input = Input::CaseOpen;

    fn level(number: u64) -> Level {
        if number.is_multiple_of(2) { Level::Inactive } else { Level::Active }
    }

    /// So many changes, one every 20 ms from `now` on; how many of them are recorded.
    fn chatter(changes: &mut Changes, number: u64, now: u64) -> usize {
        let noted = (1..=number).map(|one| changes.note(CASE, level(one), Millis(now + one * 20)));
        noted.filter(|change| *change == Change::Recorded).count()
    }

    #[test]
    fn every_change_of_a_contact_that_is_opened_and_closed_now_and_then_is_recorded() {
        let mut changes = Changes::default();
        for minute in 0..10 {
            let now = minute * MINUTE_MS;
            assert_eq!(chatter(&mut changes, 6, now), 6);
            assert_eq!(changes.end(CASE, Level::Inactive, Millis(now + MINUTE_MS + 20)), None);
            assert!(!changes.is_restless(CASE));
        }
    }

    #[test]
    fn a_contact_that_chatters_for_hours_is_one_record_of_its_own_and_one_summary_a_minute() {
        let mut changes = Changes::default();
        assert_eq!(chatter(&mut changes, 2_000, 0), 6);
        assert!(changes.is_restless(CASE));
        let mut at = MINUTE_MS + 20;
        assert_eq!(changes.end(CASE, Level::Inactive, Millis(at - 1)), None, "not before its minute is over");
        let summary = changes.end(CASE, Level::Inactive, Millis(at));
        assert_eq!(summary, Some(Summary { changes: 2_000, untold: None }));
        for _ in 0..120 {
            assert_eq!(chatter(&mut changes, 2_000, at), 1);
            at += MINUTE_MS;
            let summary = changes.end(CASE, Level::Inactive, Millis(at)).unwrap();
            assert_eq!(summary, Summary { changes: 2_000, untold: Some(Level::Inactive) });
        }
        assert!(changes.is_restless(CASE));
        assert_eq!(changes.end(CASE, Level::Inactive, Millis(at + MINUTE_MS)), None);
        assert!(!changes.is_restless(CASE), "a quiet minute makes it well");
        assert_eq!(chatter(&mut changes, 4, at + 2 * MINUTE_MS), 4);
    }

    #[test]
    fn how_a_contact_stood_at_the_end_is_told_whatever_was_cut() {
        let mut changes = Changes::default();
        chatter(&mut changes, 99, 0);
        let summary = changes.end(CASE, Level::Active, Millis(MINUTE_MS + 20)).unwrap();
        assert_eq!(summary.untold, Some(Level::Active), "six were recorded, the last of them closed it");
        assert_eq!(changes.note(CASE, Level::Inactive, Millis(70_000)), Change::Recorded);
        assert_eq!(changes.note(CASE, Level::Active, Millis(71_000)), Change::Counted);
        let summary = changes.end(CASE, Level::Active, Millis(2 * MINUTE_MS + 20)).unwrap();
        assert_eq!(summary, Summary { changes: 2, untold: Some(Level::Active) });
    }

    #[test]
    fn people_who_pass_are_no_chatter() {
        let mut changes = Changes::default();
        for change in 0..PASSED_MOST {
            changes.note(Input::Passage, level(change.into()), Millis(change.into()));
        }
        assert!(!changes.is_restless(Input::Passage));
        changes.note(Input::Passage, Level::Active, Millis(1_000));
        assert!(changes.is_restless(Input::Passage));
    }
}
