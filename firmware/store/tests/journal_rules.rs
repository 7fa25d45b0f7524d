//! The journal's rules, one by one, as the passage, the technician and the authority see them.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test program: an error is a failed test")]

mod support;

use std::time::Duration;

use gate_core::journal::{Entry, Journal, JournalFault, Kept, NOT_OPENED, UseKey};
use gate_core::query::Sequence;
use gate_store::{Backlog, JournalConfig, RESERVE_SLOTS};
use gate_wire::time::Day;
use proptest::prelude::*;
use support::disk::TestDisk;
use support::world::{
    LATE, TestJournal, Told, best_effort, config, day, entry, now, open, read_all, required, root, tally,
    told, use_key,
};

fn fresh() -> (TestDisk, TestJournal) {
    let disk = TestDisk::new();
    let journal = open(config(&root(), disk.clone()), 1).unwrap();
    (disk, journal)
}

/// Waits are as short as can be: a held disk is late at once.
fn impatient(disk: &TestDisk) -> JournalConfig {
    JournalConfig { wait: Duration::from_millis(20), ..config(&root(), disk.clone()) }
}

fn passages(journal: &TestJournal) -> Vec<Told> {
    read_all(journal).iter().map(|(_, record)| told(record)).collect()
}

fn kept(journal: &mut TestJournal, markers: std::ops::Range<u64>) -> Vec<Kept> {
    markers.map(|marker| journal.append(&best_effort(marker)).unwrap().kept).collect()
}

#[test]
fn a_passage_is_one_synced_commit_of_at_most_16_kib() {
    let (disk, mut journal) = fresh();
    let (mut most, mut total) = (0, 0);
    for marker in 0..2_000_u64 {
        let (_, before, syncs) = disk.counts();
        let mut passage = required(marker);
        passage.use_key =
            Some(UseKey { key: marker.wrapping_mul(0x9E37_79B9_7F4A_7C15).to_be_bytes(), day: day() });
        assert_eq!(journal.append(&passage).unwrap().kept, Kept::Journal);
        let (_, after, synced) = disk.counts();
        assert_eq!(synced, syncs + 1);
        (most, total) = (most.max(after - before), total + after - before);
    }
    println!("bytes written a passage: {} on average, {most} at most", total / 2_000);
    assert!(most <= 16 * 1024, "{most}");
}

#[test]
fn upkeep_writes_what_a_passage_left_in_the_log() {
    let (disk, mut journal) = fresh();
    let before = disk.counts().1;
    for marker in 0..4_096 {
        journal.append(&required(marker)).unwrap();
        journal.tend().unwrap();
    }
    let written = (disk.counts().1 - before) / 4_096;
    println!("bytes written a passage, upkeep included: {written}");
    assert!(written <= 16 * 1024);
}

#[test]
fn a_full_disk_still_records_and_everything_comes_home_in_order() {
    let (disk, mut journal) = fresh();
    journal.append(&required(0)).unwrap();
    disk.set_full(true);
    for marker in 1..60 {
        let receipt = journal.append(&entry(marker, gate_core::journal::Durability::Required)).unwrap();
        assert_eq!((receipt.sequence, receipt.kept), (Sequence(marker + 1), Kept::Reserve));
    }
    assert_eq!(journal.backlog(), Backlog { reserve: 59, memory: 0, unsaved: 0 });
    drop(journal);
    let mut journal = open(config(&root(), disk.clone()), 2).unwrap();
    assert_eq!(journal.backlog().reserve, 59);
    assert_eq!(journal.verify_chain().unwrap().first_break(), None);
    disk.set_full(false);
    // More waits than one commit brings home: the next passages queue behind it.
    assert_eq!(journal.append(&required(60)).unwrap().kept, Kept::Reserve);
    assert_eq!(journal.tend(), Ok(Backlog::default()));
    assert_eq!(journal.append(&required(61)).unwrap().kept, Kept::Journal);
    assert_eq!(passages(&journal), (0..62).map(Told::Passage).collect::<Vec<_>>());
    assert_eq!(journal.tallies(day()).unwrap(), [(tally(b'P'), 62)]);
}

#[test]
fn the_reserve_holds_ten_thousand_and_then_says_full() {
    let (disk, mut journal) = fresh();
    disk.set_full(true);
    for marker in 0..RESERVE_SLOTS {
        assert_eq!(journal.append(&required(marker)).unwrap().kept, Kept::Reserve);
    }
    assert_eq!(journal.append(&required(0)), Err(JournalFault::Full));
    assert_eq!(kept(&mut journal, 0..1), [Kept::Memory]);
    drop(journal);
    let journal = open(config(&root(), disk), 2).unwrap();
    assert_eq!(journal.backlog(), Backlog { reserve: 10_000, memory: 0, unsaved: 0 });
}

#[test]
fn an_attendants_act_is_kept_in_memory_when_nothing_can_be_written() {
    let disk = TestDisk::new();
    let mut journal = open(JournalConfig { memory_most: 3, ..impatient(&disk) }, 2).unwrap();
    disk.hold();
    assert_eq!(kept(&mut journal, 0..5), [Kept::Memory; 5]);
    assert_eq!(journal.backlog(), Backlog { reserve: 0, memory: 3, unsaved: 2 });
    assert_eq!(journal.append(&required(9)), Err(JournalFault::Late));
    disk.release();
    while journal.tend().is_err() {}
    assert_eq!(passages(&journal), [0, 1, 2].map(Told::Passage));
    assert_eq!(journal.verify_chain().unwrap().first_break(), None);
}

#[test]
fn a_commit_that_comes_late_is_in_the_chain_with_a_note_behind_it() {
    let disk = TestDisk::new();
    let mut journal = open(impatient(&disk), 1).unwrap();
    disk.hold();
    assert_eq!(journal.append(&required(0)), Err(JournalFault::Late));
    assert_eq!(journal.append(&required(1)), Err(JournalFault::Late), "the writer is not free yet");
    disk.release();
    while journal.append(&required(2)).is_err() {}
    assert_eq!(journal.backlog(), Backlog::default());
    let told = passages(&journal);
    assert_eq!(told[..2], [Told::Passage(0), Told::CameLate(Sequence(1))]);
    assert_eq!(told.last(), Some(&Told::Passage(2)));
    assert!(!told.contains(&Told::Passage(1)), "refused before it was sealed");
    assert_eq!(journal.verify_chain().unwrap().first_break(), None);
}

#[test]
fn the_note_of_a_late_record_says_where_and_when() {
    let disk = TestDisk::new();
    let mut journal = open(impatient(&disk), 1).unwrap();
    disk.hold();
    journal.append(&required(5)).unwrap_err();
    disk.release();
    while journal.tend().is_err() {}
    let rows = read_all(&journal);
    let (passage, note) = (&rows[0].1, &rows[1].1);
    assert_eq!((note.event, note.place, note.lane), (LATE, passage.place, passage.lane));
    assert_eq!((note.at, note.uptime), (passage.at, passage.uptime));
}

#[test]
fn a_pass_that_came_late_is_counted_among_those_that_opened_nothing_as_well() {
    let disk = TestDisk::new();
    let mut journal = open(impatient(&disk), 1).unwrap();
    for late in [required(5), Entry { tally: Some(tally(b'A')), ..required(6) }] {
        disk.hold();
        journal.append(&late).unwrap_err();
        disk.release();
        while journal.tend().is_err() {}
    }
    let tallies = journal.tallies(day()).unwrap();
    let counted = |letter| tallies.iter().find(|(of, _)| *of == tally(letter)).map(|(_, count)| *count);
    assert_eq!([b'P', b'A', NOT_OPENED].map(counted), [Some(1); 3]);
}

#[test]
fn uses_are_counted_by_day_and_survive_a_restart() {
    let (disk, mut journal) = fresh();
    assert_eq!(journal.uses(&use_key(1)), 0);
    for marker in [1, 8, 15] {
        journal.append(&required(marker)).unwrap();
    }
    disk.set_full(true);
    journal.append(&required(22)).unwrap();
    assert_eq!(journal.uses(&use_key(1)), 4);
    drop(journal);
    let mut journal = open(config(&root(), disk), 2).unwrap();
    assert_eq!(journal.uses(&use_key(1)), 4);
    assert_eq!(journal.uses(&UseKey { day: Day(day().0 + 1), ..use_key(1) }), 0);
}

#[test]
fn uses_of_three_days_ago_are_forgotten() {
    let (disk, mut journal) = fresh();
    let on = |offset: u32| UseKey { day: Day(day().0 + offset), ..use_key(1) };
    for offset in 0..4 {
        let mut passage = required(1);
        passage.use_key = Some(on(offset));
        journal.append(&passage).unwrap();
    }
    let expected = [0, 1, 1, 1];
    assert_eq!([0, 1, 2, 3].map(|offset| journal.uses(&on(offset))), expected);
    drop(journal);
    let mut journal = open(config(&root(), disk), 2).unwrap();
    assert_eq!([0, 1, 2, 3].map(|offset| journal.uses(&on(offset))), expected);
}

#[test]
fn counters_are_by_day_place_lane_and_letter() {
    let (_disk, mut journal) = fresh();
    let mut other_lane = tally(b'S');
    other_lane.lane = 9;
    let mut tomorrow = tally(b'P');
    tomorrow.day = Day(day().0 + 1);
    for tally in [tally(b'P'), tally(b'S'), tally(b'P'), other_lane, tomorrow] {
        let mut passage = required(1);
        passage.tally = Some(tally);
        journal.append(&passage).unwrap();
    }
    assert_eq!(journal.tallies(day()).unwrap(), [(tally(b'P'), 2), (tally(b'S'), 1), (other_lane, 1)]);
    assert_eq!(journal.tallies(tomorrow.day).unwrap(), [(tomorrow, 1)]);
    assert_eq!(journal.tallies(Day(0)).unwrap(), []);
}

#[test]
fn a_kept_number_survives_a_restart_and_the_last_one_counts() {
    let (disk, mut journal) = fresh();
    assert_eq!(journal.kept("time floor"), None);
    journal.keep("time floor", 7).unwrap();
    journal.keep("time floor", -8).unwrap();
    disk.set_full(true);
    assert_eq!(journal.keep("time floor", 9), Err(JournalFault::Full));
    assert_eq!(journal.kept("time floor"), Some(-8));
    drop(journal);
    disk.power_on(0);
    let mut journal = open(config(&root(), disk), 2).unwrap();
    assert_eq!(journal.kept("time floor"), Some(-8));
    assert_eq!(journal.keep(&"x".repeat(65), 1), Err(JournalFault::Full));
}

#[test]
fn no_plaintext_of_a_record_is_on_the_disk() {
    let (disk, mut journal) = fresh();
    let mut passage = required(1);
    passage.record.subject = *b"SUBJECT-OF-A";
    passage.record.staff = *b"STAFF-MEMBER";
    journal.append(&passage).unwrap();
    disk.set_full(true);
    journal.append(&passage).unwrap();
    let at = now().unix().to_be_bytes();
    for (name, bytes) in disk.contents() {
        for secret in [&b"SUBJECT-OF-A"[..], b"STAFF-MEMBER", &at] {
            assert!(!bytes.windows(secret.len()).any(|window| window == secret), "{name}");
        }
    }
}

/// What may happen to a journal between two looks at it.
#[derive(Clone, Copy, Debug)]
enum Step {
    Append,
    Fill(bool),
    Tend,
    Restart,
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn a_journal_is_the_list_of_what_was_appended(
        steps in proptest::collection::vec(
            prop_oneof![
                6 => Just(Step::Append),
                1 => any::<bool>().prop_map(Step::Fill),
                1 => Just(Step::Tend),
                1 => Just(Step::Restart),
            ],
            1..60,
        ),
    ) {
        let (disk, mut journal) = fresh();
        let mut model = Vec::new();
        for (at, step) in (0..).zip(steps) {
            match step {
                Step::Append => {
                    let receipt = journal.append(&required(at)).unwrap();
                    prop_assert_eq!(receipt.sequence, Sequence(model.len() as u64 + 1));
                    model.push(Told::Passage(at));
                }
                Step::Fill(full) => disk.set_full(full),
                Step::Tend => drop(journal.tend()),
                Step::Restart => {
                    // A full disk leaves no room for a log, but there is one already.
                    drop(journal);
                    journal = open(config(&root(), disk.clone()), at).unwrap();
                }
            }
            prop_assert_eq!(journal.verify_chain().unwrap().records(), model.len() as u64);
        }
        disk.set_full(false);
        while journal.tend().unwrap() != Backlog::default() {}
        prop_assert_eq!(journal.verify_chain().unwrap().first_break(), None);
        prop_assert_eq!(passages(&journal), model);
    }
}
