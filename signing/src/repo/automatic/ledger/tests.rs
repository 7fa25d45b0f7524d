//! A ledger over cuts, clocks, other versions, and those who would fill it.

use gate_status::{Epoch, Flow};

use super::*;

const GONE: Class = Class::Removed(Colour::Green);

fn people(count: u64) -> Counts {
    Counts::of(&Flow { removed: [count, 0, 0], ..Flow::default() })
}

fn place(version: u64) -> Place {
    Place { version, draft: [1; 32], epoch: Epoch(1), steps: Default::default() }
}

fn time(day: u64) -> Timestamp {
    Timestamp::from_unix(day * 86_400).unwrap()
}

#[test]
fn a_clock_that_is_set_back_opens_no_new_day() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger");
    let mut ledger = Ledger::begin(&path).unwrap();
    let today = ledger.now(time(20_000)).unwrap().civil_day();
    ledger.spend(today, people(7), &place(2));
    ledger.keep().unwrap();
    drop(ledger);
    let mut again = Ledger::open(&path).unwrap();
    assert!(matches!(Ledger::open(&path), Err(LedgerFault::Busy(_))));
    let back = again.now(time(19_000)).unwrap().civil_day();
    assert_eq!((back, again.spent(back)), (today, people(7)));
    assert!(again.promised().is(&place(2)) && !again.promised().is(&place(3)));
}

#[test]
fn a_clock_more_than_two_days_ahead_is_a_persons_to_confirm() {
    let folder = tempfile::tempdir().unwrap();
    let mut ledger = Ledger::begin(&folder.path().join("ledger")).unwrap();
    ledger.now(time(20_000)).unwrap();
    assert_eq!(ledger.now(time(20_002)).unwrap(), time(20_002), "a weekend");
    let second = Timestamp::from_unix(time(20_004).unix() + 1).unwrap();
    assert!(matches!(ledger.now(second), Err(LedgerFault::Leap { .. })));
    assert_eq!(ledger.now(time(20_000)).unwrap(), time(20_002), "what was refused moved nothing");
    assert_eq!(ledger.confirm(second), second);
    assert_eq!(ledger.now(second).unwrap(), second);
}

#[test]
fn days_to_come_push_no_spent_cap_out_of_the_ledger() {
    let folder = tempfile::tempdir().unwrap();
    let mut ledger = Ledger::begin(&folder.path().join("ledger")).unwrap();
    let today = ledger.now(time(20_000)).unwrap().civil_day();
    ledger.spend(today, people(7), &place(2));
    let days =
        |range: std::ops::RangeInclusive<u64>| range.map(|day| (time(day), people(1))).collect::<Vec<_>>();
    ledger.note(&days(20_001..=20_200));
    assert_eq!((ledger.spent(today), ledger.kept.days.len()), (people(7), 1));
    // Nor do days that were, however many and whenever they are told.
    ledger.note(&days(19_000..=20_000));
    assert_eq!((ledger.spent(today), ledger.kept.days.len()), (people(7), DAYS));
    ledger.note(&days(18_000..=18_100));
    assert_eq!(ledger.spent(today), people(7));
}

#[test]
fn the_usual_is_the_median_of_days_before() {
    let folder = tempfile::tempdir().unwrap();
    let mut ledger = Ledger::begin(&folder.path().join("ledger")).unwrap();
    for (day, count) in [(1, 5), (2, 1_000), (3, 7), (4, 90_000)] {
        let of = ledger.day(Day(day));
        of.published = people(count);
    }
    assert_eq!(ledger.usual(GONE, Day(4)), (7, 3), "today is not a day before");
    assert_eq!(ledger.usual(GONE, Day(1)), (0, 0));
    for day in 5..200 {
        ledger.day(Day(day));
    }
    assert_eq!(ledger.kept.days.len(), DAYS);
}

#[test]
fn a_rejection_is_remembered_and_moves_no_clock_and_begins_no_ledger() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger");
    let mut ledger = Ledger::begin(&path).unwrap();
    ledger.reject(time(20_000), ("cap", "over")).unwrap();
    assert!(!path.exists(), "--new-ledger still serves");
    ledger.now(time(20_000)).unwrap();
    ledger.keep().unwrap();
    for day in 20_001..20_030 {
        ledger.now(time(20_001)).unwrap();
        ledger.reject(time(day), ("published", "it ended")).unwrap();
    }
    drop(ledger);
    let mut again = Ledger::open(&path).unwrap();
    let lines: Vec<String> = again.rejections().collect();
    assert_eq!(lines.len(), REJECTED);
    assert!(lines[0].contains("rejected 2024-11-02T00:00:00Z, published: it ended"), "{}", lines[0]);
    assert!(matches!(again.now(time(20_003)), Err(LedgerFault::Leap { .. })), "no day by rejections");
}

/// One such draft, and no machine of the province would ever sign again.
#[test]
fn no_rejection_makes_a_ledger_that_cannot_be_read_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger");
    let mut ledger = Ledger::begin(&path).unwrap();
    ledger.now(time(20_000)).unwrap();
    ledger.keep().unwrap();
    let long = format!("\n\u{202e}{}", "长".repeat(2 << 20));
    for _ in 0..REJECTED {
        ledger.reject(time(20_000), ("files", &long)).unwrap();
    }
    drop(ledger);
    let again = Ledger::open(&path).unwrap();
    let line = again.rejections().next().unwrap();
    assert!(line.chars().count() < 400 && !line.contains(['\n', '\u{202e}']), "{line}");
}

#[test]
fn what_could_not_be_read_again_is_not_written() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger");
    let mut ledger = Ledger::begin(&path).unwrap();
    ledger.keep().unwrap();
    let before = fs::read(&path).unwrap();
    ledger.kept.trusted = "x".repeat(LEDGER_MOST_BYTES as usize);
    assert!(matches!(ledger.keep(), Err(LedgerFault::Overflow { .. })));
    assert_eq!(fs::read(&path).unwrap(), before);
}

#[test]
fn a_ledger_that_cannot_be_read_or_is_not_there_is_no_empty_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger");
    assert!(matches!(Ledger::open(&path), Err(LedgerFault::Missing(_))));
    fs::write(&path, "{}").unwrap();
    assert!(matches!(Ledger::open(&path), Err(LedgerFault::Read(_))));
    assert!(matches!(Ledger::begin(&path), Err(LedgerFault::Present(_))), "nor is it overwritten");
}

/// Its caps are spent, and its days known: another one would be a day without a signer.
#[test]
fn a_ledger_of_before_promises_is_read_and_kept_as_one_of_now() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger");
    let digest = "ab".repeat(32);
    let text = format!(
        r#"{{"format":3,"latest":1728000000,"trusted":"","seen":null,"days":[],"signed":["{digest}"]}}"#
    );
    fs::write(&path, text).unwrap();
    let ledger = Ledger::open(&path).unwrap();
    assert_eq!(ledger.kept.latest, 1_728_000_000);
    ledger.keep().unwrap();
    let now: serde_json::Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    assert_eq!((&now["format"], now.get("signed")), (&4.into(), None));
    drop(ledger);
    Ledger::open(&path).unwrap();
}

fn state(epoch: u32, step: u32, link: u8) -> State {
    State { epoch: Epoch(epoch), step, link: [link; 32], as_of: time(1) }
}

#[test]
fn what_was_counted_is_not_counted_again_and_what_vanished_is_no_first_look() {
    let folder = tempfile::tempdir().unwrap();
    let mut ledger = Ledger::begin(&folder.path().join("ledger")).unwrap();
    let known = |tie: u8| move |_: u32| Ok(Some(Tie([tie; 16])));
    assert_eq!(ledger.counted_to(&state(1, 9, 9), known(9)).unwrap(), 0, "the first look");
    ledger.kept.seen = Some(Seen::of(&state(2, 5, 7)));
    assert_eq!(ledger.counted_to(&state(2, 9, 9), known(7)).unwrap(), 5);
    assert_eq!(ledger.counted_to(&state(3, 9, 9), known(9)).unwrap(), 0, "a new epoch");
    let vanished = [
        ledger.counted_to(&state(2, 9, 9), known(8)),
        ledger.counted_to(&state(2, 9, 9), |_| Ok(None)),
        ledger.counted_to(&state(2, 4, 7), known(7)),
        ledger.counted_to(&state(1, 9, 7), known(7)),
    ];
    for vanished in vanished {
        assert!(matches!(vanished, Err(NotAutomatic::Vanish { epoch: 2, step: 5 })), "{vanished:?}");
    }
}

#[test]
fn what_was_believed_and_cannot_be_read_is_no_first_look() {
    let folder = tempfile::tempdir().unwrap();
    let mut ledger = Ledger::begin(&folder.path().join("ledger")).unwrap();
    assert!(ledger.trusted().unwrap().is_none());
    ledger.kept.seen = Some(Seen { epoch: 1, step: 0, link: String::new() });
    for damaged in ["", "{}"] {
        ledger.kept.trusted = damaged.into();
        assert!(matches!(ledger.trusted(), Err(LedgerFault::Read(_))), "{damaged:?}");
    }
}
