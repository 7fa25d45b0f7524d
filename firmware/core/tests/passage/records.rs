//! Record first, then open. That a permit cannot be had without a record is held by types: see the `compile_fail`
//! examples of `gate_core::record`.

use gate_core::decide::{Decision, Evidence, decide};
use gate_core::facts::Facts;
use gate_core::journal::{Durability, Entry, Journal, JournalFault, Kept, Receipt, UseKey};
use gate_core::query::Sequence;
use gate_core::record::{OpeningRecorded, Permit, record, saved};
use gate_core::screen::Saved;
use gate_core::verdict::{Direction, Reason, Verdict};
use gate_wire::record::{Record, RecordKind};
use gate_wire::time::Millis;

use crate::badges::session;
use crate::world::{By, GREEN, NOON, RED, STATION, YELLOW, at, draft, facts};
use gate_wire::credential::{Role, Statement};

/// A journal in memory that behaves as it is told.
struct FakeJournal {
    behaves: Behaves,
    entries: Vec<Entry>,
}

#[derive(Clone, Copy, PartialEq)]
enum Behaves {
    Well,
    DiskFull,
    Broken(JournalFault),
}

impl FakeJournal {
    fn that(behaves: Behaves) -> FakeJournal {
        FakeJournal { behaves, entries: Vec::new() }
    }
}

impl Journal for FakeJournal {
    fn append(&mut self, entry: &Entry) -> Result<Receipt, JournalFault> {
        let kept = match (self.behaves, entry.durability) {
            (Behaves::Well, _) => Kept::Journal,
            (Behaves::DiskFull, _) => Kept::Reserve,
            (Behaves::Broken(_), Durability::BestEffort) => Kept::Memory,
            (Behaves::Broken(fault), Durability::Required) => return Err(fault),
        };
        self.entries.push(entry.clone());
        Ok(Receipt { sequence: Sequence(self.entries.len() as u64), kept })
    }

    fn uses(&mut self, _: &UseKey) -> u16 {
        0
    }
}

const FAULTS: [JournalFault; 3] = [JournalFault::Full, JournalFault::Write, JournalFault::Late];

fn entry(durability: Durability) -> Entry {
    Entry {
        record: Record::blank(RecordKind::Passage, at(NOON), Millis(0)),
        use_key: None,
        tally: None,
        durability,
    }
}

fn decision(statement: Statement, direction: Direction) -> Decision {
    let code = draft(By::Ours, statement).proven();
    decide(&Evidence::Code(&code), &Facts { direction, ..facts() }, Some(&STATION))
}

#[test]
fn a_recorded_pass_opens_once() {
    for behaves in [Behaves::Well, Behaves::DiskFull] {
        let mut journal = FakeJournal::that(behaves);
        let recorded =
            record(&mut journal, decision(GREEN, Direction::In), &entry(Durability::Required)).unwrap();
        assert_eq!((recorded.saved(), recorded.receipt().sequence), (Saved::Yes, Sequence(1)));
        assert_eq!(recorded.decision().verdict(), Verdict::Pass);
        assert!(recorded.into_permit().is_some());
        assert_eq!(journal.entries.len(), 1, "one passage is one record");
    }
}

#[test]
fn limit_stop_and_assist_are_recorded_and_open_nothing() {
    let assist = Decision::assist(Reason::SignatureWrong, Direction::In);
    for decision in [decision(YELLOW, Direction::In), decision(RED, Direction::In), assist] {
        let mut journal = FakeJournal::that(Behaves::Well);
        let recorded = record(&mut journal, decision, &entry(Durability::Required)).unwrap();
        assert_eq!(journal.entries.len(), 1);
        assert!(recorded.into_permit().is_none(), "{:?}", decision.verdict());
    }
}

#[test]
fn a_journal_that_cannot_commit_gives_no_record_and_so_no_permit() {
    for fault in FAULTS {
        let mut journal = FakeJournal::that(Behaves::Broken(fault));
        let result = record(&mut journal, decision(GREEN, Direction::In), &entry(Durability::Required));
        assert_eq!(result.map(|_| ()).unwrap_err(), fault);
    }
}

#[test]
fn an_exit_lane_opens_and_says_when_its_record_is_not_saved() {
    for (statement, behaves, expected) in [
        (GREEN, Behaves::Well, Saved::Yes),
        (RED, Behaves::DiskFull, Saved::Yes),
        (RED, Behaves::Broken(JournalFault::Write), Saved::No),
        (GREEN, Behaves::Broken(JournalFault::Late), Saved::No),
    ] {
        let mut journal = FakeJournal::that(behaves);
        let decision = decision(statement, Direction::Out);
        let recorded = record(&mut journal, decision, &entry(Durability::BestEffort)).unwrap();
        assert_eq!(recorded.saved(), expected, "{statement:?}");
        assert!(recorded.into_permit().is_some(), "{statement:?}");
    }
}

#[test]
fn an_unreadable_code_at_an_exit_opens_too() {
    let decision = Decision::assist(Reason::CodeCutOff, Direction::Out);
    let mut journal = FakeJournal::that(Behaves::Well);
    let recorded = record(&mut journal, decision, &entry(Durability::BestEffort)).unwrap();
    assert!(recorded.into_permit().is_some());
}

#[test]
fn an_attendant_opens_whatever_became_of_the_record() {
    let session = session(Role::Attendant);
    let attendant = session.as_attendant().unwrap();
    for (behaves, durability, expected) in [
        (Behaves::Well, Durability::BestEffort, Saved::Yes),
        (Behaves::DiskFull, Durability::BestEffort, Saved::Yes),
        (Behaves::Broken(JournalFault::Write), Durability::BestEffort, Saved::No),
        (Behaves::Broken(JournalFault::Full), Durability::Required, Saved::No),
    ] {
        let mut journal = FakeJournal::that(behaves);
        let opening = OpeningRecorded::hand(&mut journal, &entry(durability));
        assert_eq!(opening.saved(), expected);
        assert_eq!(opening.receipt().is_some(), !journal.entries.is_empty());
        let _permit: Permit = Permit::by_attendant(&attendant, &opening);
    }
}

#[test]
fn only_what_is_on_disk_is_saved() {
    assert_eq!([Kept::Journal, Kept::Reserve, Kept::Memory].map(saved), [Saved::Yes, Saved::Yes, Saved::No]);
}
