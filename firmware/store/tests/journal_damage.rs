//! Damage: moved aside, never deleted, saved as far as it can be read, and the gap shows (ADR 0005).
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test program: an error is a failed test")]

mod support;

use std::path::Path;

use gate_core::journal::Journal;
use gate_core::query::Sequence;
use gate_store::{Break, Damage, OpenFault, Recovery, SystemDisk, verify_batch};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use support::disk::TestDisk;
use support::world::{
    TestJournal, Told, config, day, open, read_all, record_key, required, root, tally, told, use_key,
};

const DATABASE: &str = "/data/journal.db";

/// A journal of `count` passages whose log is folded in and whose head is noted.
fn filled(disk: &TestDisk, count: u64) -> TestJournal {
    let mut journal = open(config(&root(), disk.clone()), 1).unwrap();
    for marker in 0..count {
        journal.append(&required(marker)).unwrap();
    }
    journal.keep("time floor", 5).unwrap();
    journal.tend().unwrap();
    journal
}

fn recovery(journal: &TestJournal) -> &Recovery {
    journal.recovery().unwrap()
}

fn markers(journal: &TestJournal) -> Vec<Told> {
    read_all(journal).iter().map(|(_, record)| told(record)).collect()
}

#[test]
fn a_file_of_noise_is_moved_aside_and_the_gap_shows() {
    let disk = TestDisk::new();
    drop(filled(&disk, 600));
    let last = open(config(&root(), disk.clone()), 1).unwrap().verify_chain().unwrap().journals[0].last_hash;
    disk.change(DATABASE, |bytes| bytes.fill(0xA5));
    let mut journal = open(config(&root(), disk.clone()), 2).unwrap();
    let found = recovery(&journal).clone();
    assert_eq!((found.damage, found.saved, found.last_known), (Damage::Unreadable, 0, Sequence(600)));
    let moved = found.moved_to.unwrap();
    assert!(moved.to_str().unwrap().starts_with("/data/journal.db.damaged-1795190400"));
    let kept = disk.contents().into_iter().find(|(name, _)| Path::new(name) == moved).unwrap().1;
    assert!(!kept.is_empty() && kept.iter().all(|byte| *byte == 0xA5), "kept as it was");
    assert_eq!(journal.append(&required(9)).unwrap().sequence, Sequence(10_601));
    let batch = journal.batch(Sequence(0), 9).unwrap().unwrap();
    let proven = verify_batch(&batch.bytes, &record_key().public_key()).unwrap();
    assert_eq!(proven.header().previous, last, "the first record names the last good hash known");
    drop(journal);
    let journal = open(config(&root(), disk), 3).unwrap();
    assert_eq!((journal.recovery(), markers(&journal)), (None, vec![Told::Passage(9)]));
}

#[test]
fn what_can_still_be_read_is_saved() {
    let disk = TestDisk::new();
    drop(filled(&disk, 600));
    // Two pages in the middle of the records.
    disk.change(DATABASE, |bytes| {
        let middle = bytes.len() / 2 / 1024 * 1024;
        bytes[middle..middle + 2048].fill(0xFF);
    });
    let mut journal = open(config(&root(), disk.clone()), 2).unwrap();
    let found = recovery(&journal).clone();
    assert_eq!((found.damage, found.last_known), (Damage::Inconsistent, Sequence(600)));
    assert!((590..600).contains(&found.saved), "{found:?}");
    let report = journal.verify_chain().unwrap();
    assert_eq!(report.records(), found.saved);
    assert!(matches!(report.journals[0].first_break, Some(Break::Missing(_))), "the gap shows");
    assert_eq!(report.journals[1].first_break, None);
    assert_eq!(journal.kept("time floor"), Some(5));
    assert_eq!(journal.tallies(day()).unwrap(), [(tally(b'P'), 600)]);
    assert_eq!(journal.uses(&use_key(3)), 86);
    journal.append(&required(700)).unwrap();
    assert_eq!(markers(&journal).last(), Some(&Told::Passage(700)));
    drop(journal);
    assert_eq!(open(config(&root(), disk), 3).unwrap().recovery(), None);
}

#[test]
fn records_in_the_reserve_survive_the_loss_of_the_database() {
    let disk = TestDisk::new();
    let mut journal = filled(&disk, 300);
    disk.set_full(true);
    for marker in 300..310 {
        journal.append(&required(marker)).unwrap();
    }
    drop(journal);
    disk.set_full(false);
    disk.delete_file(DATABASE);
    let journal = open(config(&root(), disk.clone()), 2).unwrap();
    let found = recovery(&journal);
    assert_eq!((found.damage, found.saved, found.last_known), (Damage::Missing, 10, Sequence(310)));
    assert_eq!(markers(&journal), (300..310).map(Told::Passage).collect::<Vec<_>>());
}

#[test]
fn an_older_copy_of_the_journal_put_back_is_noticed() {
    let disk = TestDisk::new();
    drop(filled(&disk, 10));
    let copy = disk.contents().into_iter().find(|(name, _)| name == DATABASE).unwrap().1;
    let mut journal = open(config(&root(), disk.clone()), 2).unwrap();
    for marker in 10..300 {
        journal.append(&required(marker)).unwrap();
    }
    journal.tend().unwrap();
    drop(journal);
    disk.change(DATABASE, |bytes| *bytes = copy);
    let journal = open(config(&root(), disk), 3).unwrap();
    let found = recovery(&journal);
    assert_eq!((found.damage, found.saved, found.last_known), (Damage::Shortened, 10, Sequence(300)));
}

#[test]
fn a_changed_row_is_not_saved_as_if_it_were_good() {
    let folder = tempfile::tempdir().unwrap();
    let mut journal = open(config(folder.path(), SystemDisk), 1).unwrap();
    for marker in 0..5 {
        journal.append(&required(marker)).unwrap();
    }
    drop(journal);
    let path = folder.path().join("journal.db");
    let connection = rusqlite::Connection::open(&path).unwrap();
    connection.execute("UPDATE record SET body = zeroblob(192) WHERE sequence = 3", []).unwrap();
    drop(connection);
    let journal = open(config(folder.path(), SystemDisk), 2).unwrap();
    assert_eq!(journal.recovery(), None, "SQLite finds nothing wrong");
    let report = journal.verify_chain().unwrap();
    assert_eq!(report.first_break(), Some(Break::Changed(Sequence(3))));
    drop(journal);
    rusqlite::Connection::open(&path).unwrap().execute_batch("CREATE VIEW v AS SELECT 1").unwrap();
    let journal = open(config(folder.path(), SystemDisk), 3).unwrap();
    assert_eq!((recovery(&journal).damage, recovery(&journal).saved), (Damage::AlteredSchema, 4));
}

#[test]
fn a_newer_programs_journal_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    drop(open(config(folder.path(), SystemDisk), 1).unwrap());
    let path = folder.path().join("journal.db");
    rusqlite::Connection::open(&path).unwrap().pragma_update(None, "user_version", 9).unwrap();
    let refused = open(config(folder.path(), SystemDisk), 2).err().unwrap();
    assert!(matches!(refused, OpenFault::ReadSchema { found: 9, known: 1 }), "{refused}");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2, "journal.db and the reserve");
}

#[test]
fn a_power_cut_during_recovery_loses_nothing_that_was_saved() {
    let disk = TestDisk::new();
    drop(filled(&disk, 12));
    disk.change(DATABASE, |bytes| bytes[100..200].fill(0xFF));
    let image = disk.image();
    let saved = open(config(&root(), disk.clone()), 2).unwrap();
    let (expected, operations) = (markers(&saved), disk.counts().0);
    drop(saved);
    for at in 0..=operations {
        for seed in [0, 3] {
            disk.restore(&image);
            disk.cut_power_at(at);
            drop(open(config(&root(), disk.clone()), 2));
            disk.power_on(seed);
            let journal = open(config(&root(), disk.clone()), 3).unwrap();
            assert_eq!(markers(&journal), expected, "cut at {at} of {operations}, seed {seed}");
        }
    }
}

/// Random bytes anywhere in the files: the journal opens or says why not, and whatever it gives out is genuine.
#[test]
fn no_damage_panics_or_invents_a_record() {
    let disk = TestDisk::new();
    drop(filled(&disk, 60));
    let image = disk.image();
    let mut rng = ChaCha8Rng::seed_from_u64(4);
    for round in 0..damages() {
        disk.restore(&image);
        for name in [DATABASE, "/data/reserve"] {
            disk.change(name, |bytes| {
                for _ in 0..=rng.next_u32() % 6 {
                    let at = rng.next_u64() as usize % bytes.len().min(80_000);
                    let end = (at + (rng.next_u32() % 64) as usize).min(bytes.len());
                    rng.fill_bytes(&mut bytes[at..end]);
                }
            });
        }
        let Ok(mut journal) = open(config(&root(), disk.clone()), round) else { continue };
        journal.append(&required(1_000)).unwrap();
        // A row that SQLite does not notice breaks the chain and ends a batch; a changed one does not open.
        let report = journal.verify_chain().unwrap();
        if report.first_break().is_none() {
            assert!(markers(&journal).iter().all(|told| matches!(told, Told::Passage(0..60 | 1_000))));
        }
    }
}

/// Rounds of damage; `DAMAGES` for more.
fn damages() -> u64 {
    std::env::var("DAMAGES").ok().and_then(|count| count.parse().ok()).unwrap_or(150)
}
