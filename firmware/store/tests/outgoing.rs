//! What leaves the journal: batches in the outbox, acknowledgements, rows let go by the retention rule.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test program: an error is a failed test")]

mod support;

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use gate_core::journal::Journal;
use gate_core::query::Sequence;
use gate_core::records::NOTHING_BEFORE;
use gate_core::records::acknowledgement::Acknowledgement;
use gate_proof::digest::Digest;
use gate_store::{
    AcknowledgementDoubt, JournalId, KEEP_DAYS, Outbox, Put, Standing, SystemDisk, Taken,
    alleged_acknowledgement,
};
use gate_wire::time::Day;
use support::hub::{Hub, NEXT_KID, proven, proven_by};
use support::world::{TestJournal, config, day, open, record_key, required, tally, terminal};

const PLENTY: u64 = 1 << 20;

fn filled(folder: &Path, markers: std::ops::Range<u64>) -> TestJournal {
    let mut journal = open(config(folder, SystemDisk), markers.start).unwrap();
    for marker in markers {
        journal.append(&required(marker)).unwrap();
    }
    journal
}

fn later(days: u32) -> Day {
    Day(day().0 + days)
}

/// The hub's word on this journal once everything was carried there.
fn carried(journal: &TestJournal) -> (Hub, Acknowledgement) {
    let mut hub = Hub::default();
    let mut from = Sequence(0);
    while let Some(batch) = journal.batch(from, 50).unwrap() {
        hub.take_batch(&batch.bytes);
        from = Sequence(batch.last().0 + 1);
    }
    let word = hub.says(journal.id());
    (hub, word)
}

/// Each day of a span begins, by a clock that is right.
fn live(journal: &mut TestJournal, days: std::ops::RangeInclusive<u32>) {
    days.for_each(|day| journal.begin_day(later(day)).unwrap());
}

fn shed_all(journal: &mut TestJournal, today: Day) -> usize {
    let mut count = 0;
    while let rows @ 1.. = journal.shed(today).unwrap() {
        count += rows;
    }
    count
}

#[test]
fn rows_go_only_when_acknowledged_and_old_and_the_chain_stays_whole() {
    let folder = tempfile::tempdir().unwrap();
    let mut journal = filled(folder.path(), 0..150);
    journal.begin_day(later(1)).unwrap();
    for marker in 150..200 {
        journal.append(&required(marker)).unwrap();
    }
    live(&mut journal, 2..=1 + KEEP_DAYS);
    let today = later(1 + KEEP_DAYS + 2);
    assert_eq!(shed_all(&mut journal, today), 0, "nothing is acknowledged");
    let (_, word) = carried(&journal);
    assert_eq!(journal.acknowledge(&proven(&word)).unwrap(), Taken::Raised);
    assert_eq!(shed_all(&mut journal, later(1 + KEEP_DAYS)), 0, "nothing is old enough");
    live(&mut journal, 2 + KEEP_DAYS..=3 + KEEP_DAYS);
    assert_eq!(shed_all(&mut journal, today), 150, "what was recorded since that day began stays");
    let standing =
        Standing { journal: journal.id(), first: Sequence(151), end: Sequence(201), next: Sequence(201) };
    assert_eq!(journal.standing().unwrap(), standing);
    let report = journal.verify_chain().unwrap();
    assert_eq!((report.records(), report.first_break()), (50, None));
    drop(journal);
    let mut again = filled(folder.path(), 200..210);
    assert_eq!(again.recovery(), None);
    let report = again.verify_chain().unwrap();
    assert_eq!((report.records(), report.first_break()), (60, None));
    // The clock goes on; what came later is not acknowledged.
    live(&mut again, 30..=60);
    assert_eq!(shed_all(&mut again, later(60)), 50);
}

#[test]
fn a_journal_let_go_of_to_its_last_row_goes_on_in_its_chain() {
    let folder = tempfile::tempdir().unwrap();
    let mut journal = filled(folder.path(), 0..10);
    let id = journal.id();
    let (mut hub, word) = carried(&journal);
    journal.acknowledge(&proven(&word)).unwrap();
    live(&mut journal, 1..=20);
    assert_eq!(shed_all(&mut journal, later(20)), 10);
    drop(journal);
    let journal = filled(folder.path(), 10..12);
    assert_eq!((journal.id(), journal.recovery()), (id, None));
    let batch = journal.batch(Sequence(0), 10).unwrap().unwrap();
    assert_eq!(batch.first, Sequence(11));
    hub.take_batch(&batch.bytes);
    assert_eq!(hub.says(id).watermark, Sequence(12));
    assert_eq!(journal.verify_chain().unwrap().first_break(), None);
}

#[test]
fn an_acknowledgement_of_another_row_lets_nothing_go() {
    let folder = tempfile::tempdir().unwrap();
    let mut journal = filled(folder.path(), 0..20);
    let (_, word) = carried(&journal);
    let doubt = |journal: &mut TestJournal, word| journal.acknowledge(&proven(&word)).unwrap_err();
    let other = Acknowledgement { hash: Digest([1; 32]), ..word };
    assert!(matches!(doubt(&mut journal, other), AcknowledgementDoubt::MatchHash(Sequence(20))));
    let ahead = Acknowledgement { watermark: Sequence(21), ..word };
    assert!(matches!(doubt(&mut journal, ahead), AcknowledgementDoubt::FindRow(Sequence(21))));
    let elsewhere = Acknowledgement { journal: JournalId([1; 16]), ..word };
    assert!(matches!(doubt(&mut journal, elsewhere), AcknowledgementDoubt::FindJournal));
    let beyond = Acknowledgement { epoch: 1 << 19, ..word };
    assert!(matches!(doubt(&mut journal, beyond), AcknowledgementDoubt::BoundEpoch(_)));
    live(&mut journal, 1..=20);
    assert_eq!(shed_all(&mut journal, later(20)), 0);
    assert_eq!(journal.acknowledged().unwrap()[0].through, Sequence(0));
}

#[test]
fn an_old_acknowledgement_lowers_nothing_and_a_restored_hub_does() {
    let folder = tempfile::tempdir().unwrap();
    let mut journal = filled(folder.path(), 0..20);
    let (hub, word) = carried(&journal);
    let half = journal.batch(Sequence(1), 8).unwrap().unwrap();
    let early = Acknowledgement { watermark: half.last(), hash: half.last_hash, ..word };
    assert_eq!(journal.acknowledge(&proven(&word)).unwrap(), Taken::Raised);
    assert_eq!(journal.acknowledge(&proven(&word)).unwrap(), Taken::Known);
    assert_eq!(journal.acknowledge(&proven(&early)).unwrap(), Taken::Known);
    let restored = Acknowledgement { epoch: hub.epoch + 1, ..early };
    assert_eq!(journal.acknowledge(&proven(&restored)).unwrap(), Taken::Lowered);
    assert_eq!(journal.acknowledged().unwrap()[0].through, Sequence(8));
    // What was said before the restore is an old file now.
    assert_eq!(journal.acknowledge(&proven(&word)).unwrap(), Taken::Known);
    let lost_all = Acknowledgement { epoch: 5, watermark: Sequence(0), hash: NOTHING_BEFORE, ..word };
    assert_eq!(journal.acknowledge(&proven(&lost_all)).unwrap(), Taken::Lowered);
    drop(journal);
    let journal = filled(folder.path(), 20..20);
    assert_eq!(journal.acknowledged().unwrap()[0].through, Sequence(0), "it is remembered over a restart");
}

#[test]
fn a_clock_that_was_ahead_for_a_while_makes_nothing_older() {
    let folder = tempfile::tempdir().unwrap();
    let mut journal = filled(folder.path(), 0..10);
    let (_, word) = carried(&journal);
    journal.acknowledge(&proven(&word)).unwrap();
    journal.begin_day(later(1_000)).unwrap();
    assert_eq!(shed_all(&mut journal, later(1_000)), 0, "nor does it at once");
    assert_eq!(shed_all(&mut journal, later(20)), 0, "no day is known to have begun after these rows");
    live(&mut journal, 1..=KEEP_DAYS + 2);
    assert_eq!(shed_all(&mut journal, later(KEEP_DAYS + 2)), 0);
    live(&mut journal, KEEP_DAYS + 3..=KEEP_DAYS + 3);
    assert_eq!(shed_all(&mut journal, later(KEEP_DAYS + 3)), 10);
}

#[test]
fn a_clock_that_was_behind_for_a_while_makes_nothing_older() {
    let folder = tempfile::tempdir().unwrap();
    let mut journal = filled(folder.path(), 0..10);
    journal.begin_day(day()).unwrap();
    for marker in 10..20 {
        journal.append(&required(marker)).unwrap();
    }
    journal.begin_day(later(1)).unwrap();
    let (_, word) = carried(&journal);
    journal.acknowledge(&proven(&word)).unwrap();
    // It is put right: these rows are minutes old, whatever day it said.
    journal.begin_day(later(40)).unwrap();
    assert_eq!(shed_all(&mut journal, later(40)), 0);
    live(&mut journal, 41..=39 + KEEP_DAYS);
    assert_eq!(shed_all(&mut journal, later(39 + KEEP_DAYS)), 0, "nor in the week after");
    live(&mut journal, 40 + KEEP_DAYS..=40 + KEEP_DAYS);
    assert_eq!(shed_all(&mut journal, later(40 + KEEP_DAYS)), 10);
    live(&mut journal, 41 + KEEP_DAYS..=41 + KEEP_DAYS);
    assert_eq!(shed_all(&mut journal, later(41 + KEEP_DAYS)), 10);
}

#[test]
fn a_terminal_that_is_off_most_days_lets_go_in_its_own_time() {
    let folder = tempfile::tempdir().unwrap();
    let mut journal = filled(folder.path(), 0..10);
    let (_, word) = carried(&journal);
    journal.acknowledge(&proven(&word)).unwrap();
    let mut shed = 0;
    for week in 1..=KEEP_DAYS + 3 {
        assert_eq!(shed, 0, "week {week}");
        journal.begin_day(later(week * 16)).unwrap();
        shed = shed_all(&mut journal, later(week * 16));
    }
    assert_eq!(shed, 10);
}

#[test]
fn what_a_stolen_hubs_key_said_does_no_lasting_harm() {
    let folder = tempfile::tempdir().unwrap();
    let mut journal = filled(folder.path(), 0..20);
    let (_, word) = carried(&journal);
    assert_eq!(journal.acknowledge(&proven(&word)).unwrap(), Taken::Raised);
    let last = Acknowledgement { epoch: (1 << 19) - 1, watermark: Sequence(0), hash: NOTHING_BEFORE, ..word };
    assert_eq!(journal.acknowledge(&proven(&last)).unwrap(), Taken::Lowered);
    // The thief's key is revoked, the hub has another: its word is news, and goes on being so.
    assert_eq!(journal.acknowledge(&proven_by(NEXT_KID, &word)).unwrap(), Taken::Raised);
    assert_eq!(journal.acknowledged().unwrap()[0].through, Sequence(20));
    let restored = Acknowledgement { epoch: 1, watermark: Sequence(0), hash: NOTHING_BEFORE, ..word };
    assert_eq!(journal.acknowledge(&proven_by(NEXT_KID, &restored)).unwrap(), Taken::Lowered);
    assert_eq!(journal.acknowledge(&proven_by(NEXT_KID, &word)).unwrap(), Taken::Known, "an old file");
}

#[test]
fn an_old_file_of_another_key_lowers_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let mut journal = filled(folder.path(), 0..20);
    let (_, word) = carried(&journal);
    let half = journal.batch(Sequence(1), 8).unwrap().unwrap();
    let early = Acknowledgement { watermark: half.last(), hash: half.last_hash, ..word };
    let sooner = journal.batch(Sequence(1), 4).unwrap().unwrap();
    let first = Acknowledgement { watermark: sooner.last(), hash: sooner.last_hash, ..word };
    assert_eq!(journal.acknowledge(&proven(&first)).unwrap(), Taken::Raised);
    assert_eq!(journal.acknowledge(&proven_by(NEXT_KID, &word)).unwrap(), Taken::Raised);
    // Said before the key was replaced, and brought by a stick weeks later.
    assert_eq!(journal.acknowledge(&proven(&early)).unwrap(), Taken::Known);
    assert_eq!(journal.acknowledged().unwrap()[0].through, Sequence(20));
}

#[test]
fn the_outbox_takes_batches_up_to_its_limit_and_the_journal_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let mut journal = filled(folder.path(), 0..100);
    let out = folder.path().join("out");
    let limit = 10_000;
    let outbox = Outbox::open(&out, terminal(), limit).unwrap();
    let (mut from, mut put) = (Sequence(1), 0);
    loop {
        let batch = journal.cut(from, 10).unwrap().unwrap();
        match outbox.put(&batch).unwrap() {
            Put::Written => put += 1,
            Put::Full => break,
        }
        from = Sequence(batch.last().0 + 1);
    }
    let bytes: u64 = fs::read_dir(&out).unwrap().map(|entry| entry.unwrap().metadata().unwrap().len()).sum();
    assert!(put == 3 && bytes <= limit, "{put} batches, {bytes} bytes");
    journal.append(&required(100)).unwrap();
    // Acknowledged up to the second batch: it goes, and there is room again.
    assert_eq!(outbox.sweep(&journal.id(), Sequence(20)).unwrap(), 2);
    assert_eq!(outbox.held().unwrap().iter().map(|name| name.first.0).collect::<Vec<_>>(), [21]);
    assert_eq!(outbox.put(&journal.cut(Sequence(31), 10).unwrap().unwrap()).unwrap(), Put::Written);
}

#[test]
fn what_rotted_in_the_outbox_is_taken_away_and_foreign_files_are_left() {
    let folder = tempfile::tempdir().unwrap();
    let journal = filled(folder.path(), 0..30);
    let out = folder.path().join("out");
    let outbox = Outbox::open(&out, terminal(), PLENTY).unwrap();
    let batches: Vec<_> = [1, 11, 21].map(|from| journal.cut(Sequence(from), 10).unwrap().unwrap()).into();
    let path = |at: usize| out.join(batches[at].name().print().as_str());
    batches.iter().for_each(|batch| assert_eq!(outbox.put(batch).unwrap(), Put::Written));
    let mut bytes = fs::read(path(0)).unwrap();
    bytes[500] ^= 1;
    fs::write(path(0), bytes).unwrap();
    fs::rename(path(1), path(1).with_extension("aside")).unwrap();
    symlink("/dev/zero", path(1)).unwrap();
    fs::write(out.join(format!("{}.part", batches[0].name().print())), b"half").unwrap();
    fs::write(out.join("notes.txt"), b"somebody's").unwrap();
    let whole = outbox.held_and_whole(&record_key().public_key()).unwrap();
    assert_eq!(whole, [batches[2].name()]);
    // A link is no file of ours: what is put there later takes its name.
    assert_eq!(outbox.put(&batches[1]).unwrap(), Put::Written);
    fs::remove_file(path(1)).unwrap();
    let mut left: Vec<String> =
        fs::read_dir(&out).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    left.sort();
    let aside = path(1).with_extension("aside").file_name().unwrap().to_str().unwrap().to_owned();
    assert_eq!(left, [aside, batches[2].name().print().as_str().to_owned(), "notes.txt".to_owned()]);
}

#[test]
fn junk_in_the_outbox_stops_no_record() {
    let folder = tempfile::tempdir().unwrap();
    let journal = filled(folder.path(), 0..20);
    let out = folder.path().join("out");
    let outbox = Outbox::open(&out, terminal(), PLENTY).unwrap();
    let batches: Vec<_> = [1, 11].map(|from| journal.cut(Sequence(from), 10).unwrap().unwrap()).into();
    let name = |at: usize| batches[at].name().print().as_str().to_owned();
    for junk in [format!("{}.part", name(0)), "000042.tfc.part".into(), name(1).replace("0011", "0911")] {
        fs::create_dir(out.join(&junk)).unwrap();
    }
    assert_eq!(outbox.put(&batches[0]).unwrap(), Put::Written);
    outbox.put_account(b"account").unwrap();
    assert_eq!(outbox.held().unwrap(), [batches[0].name()]);
    assert_eq!(outbox.held_and_whole(&record_key().public_key()).unwrap(), [batches[0].name()]);
    assert_eq!(outbox.sweep(&journal.id(), Sequence(10)).unwrap(), 1);
}

#[test]
fn an_outbox_that_is_a_link_is_none() {
    let folder = tempfile::tempdir().unwrap();
    let journal = filled(folder.path(), 0..10);
    let (out, theirs) = (folder.path().join("out"), folder.path().join("theirs"));
    let outbox = Outbox::open(&out, terminal(), PLENTY).unwrap();
    fs::remove_dir(&out).unwrap();
    fs::create_dir(&theirs).unwrap();
    symlink(&theirs, &out).unwrap();
    assert!(outbox.put(&journal.cut(Sequence(1), 10).unwrap().unwrap()).is_err());
    assert!(outbox.put_account(b"account").is_err() && outbox.held().is_err());
    assert!(Outbox::open(&out, terminal(), PLENTY).is_err());
    assert_eq!(fs::read_dir(theirs).unwrap().count(), 0);
}

#[test]
fn the_folder_of_acknowledgements_is_not_believed() {
    let folder = tempfile::tempdir().unwrap();
    let journal = filled(folder.path(), 0..3);
    let acks = folder.path().join("acks");
    let read = || alleged_acknowledgement(&acks, terminal(), &journal.id());
    assert_eq!(read().unwrap(), None);
    let (hub, word) = carried(&journal);
    hub.put(&acks, journal.id());
    assert_eq!(proven(&word).get(), &word);
    let path = fs::read_dir(&acks).unwrap().next().unwrap().unwrap().path();
    let good = fs::read(&path).unwrap();
    assert_eq!(read().unwrap(), Some(good.clone()));
    fs::write(&path, vec![0; 257]).unwrap();
    assert!(read().is_err(), "longer than any");
    fs::remove_file(&path).unwrap();
    symlink("/dev/zero", &path).unwrap();
    assert!(read().is_err(), "a link");
    fs::remove_file(&path).unwrap();
    rustix::fs::mkfifoat(rustix::fs::CWD, &path, rustix::fs::Mode::RUSR).unwrap();
    assert!(read().is_err(), "a pipe, which nobody waits for");
}

#[test]
fn counters_are_told_with_what_waits_the_newest_day_first() {
    let folder = tempfile::tempdir().unwrap();
    let journal = filled(folder.path(), 0..12);
    assert_eq!(journal.recent_tallies(100).unwrap(), [(tally(b'P'), 12)]);
    assert_eq!(journal.recent_tallies(0).unwrap(), []);
}
