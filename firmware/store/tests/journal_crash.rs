//! Power cuts, and the failure of the n-th write, against a model of what a journal is: a list of what was acknowledged.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test program: an error is a failed test")]

mod support;

use gate_core::journal::{Durability, Journal, Kept};
use gate_core::query::Sequence;
use support::disk::{Failure, Image, Sync, TestDisk};
use support::world::{TestJournal, Told, config, entry, open, read_all, root, told};

/// Appends of the scripted load; the disk is full for some of them, and the gate rests between some.
const LOAD: u64 = 12;

/// The model: what was acknowledged as kept through a power cut, in order.
type Acknowledged = Vec<(Sequence, u64)>;

/// Plays the load until its end or until nothing is answered any more.
fn play(disk: &TestDisk) -> Acknowledged {
    let mut acknowledged = Vec::new();
    let Ok(mut journal) = open(config(&root(), disk.clone()), 1) else { return acknowledged };
    for marker in 0..LOAD {
        disk.set_full((5..9).contains(&marker));
        if marker % 5 == 4 {
            // Upkeep may fail; what was acknowledged stays so.
            let _ = journal.tend();
        }
        let durability = if marker % 3 == 0 { Durability::BestEffort } else { Durability::Required };
        match journal.append(&entry(marker, durability)) {
            Ok(receipt) if receipt.kept != Kept::Memory => acknowledged.push((receipt.sequence, marker)),
            Ok(_) | Err(_) => {}
        }
    }
    acknowledged
}

/// Brings everything home and reads it.
fn read_home(journal: &mut TestJournal) -> Vec<(Sequence, Told)> {
    while journal.tend().unwrap().reserve > 0 {}
    let report = journal.verify_chain().unwrap();
    assert_eq!(report.first_break(), None);
    let rows = read_all(journal);
    assert_eq!(report.records(), rows.len() as u64);
    rows.iter().map(|(sequence, record)| (*sequence, told(record))).collect()
}

/// What is in the journal but should not be, or the reverse.
fn judge(rows: &[(Sequence, Told)], acknowledged: &Acknowledged) -> Result<(), String> {
    for (sequence, marker) in acknowledged {
        if !rows.contains(&(*sequence, Told::Passage(*marker))) {
            return Err(format!("record {} of passage {marker} is lost", sequence.0));
        }
    }
    for (at, row) in rows.iter().enumerate() {
        if rows[..at].iter().any(|(_, earlier)| *earlier == row.1) {
            return Err(format!("{row:?} is doubled"));
        }
    }
    Ok(())
}

/// A disk on which a journal was made and closed, and how many operations the load takes from there.
fn started() -> (TestDisk, Image, u64) {
    let disk = TestDisk::new();
    drop(open(config(&root(), disk.clone()), 1).unwrap());
    let image = disk.image();
    disk.restore(&image);
    assert_eq!(play(&disk).len() as u64, LOAD);
    let operations = disk.counts().0;
    (disk, image, operations)
}

/// Plays the load with the power cut at operation `at`, and reads what is left.
fn cut(disk: &TestDisk, image: &Image, sync: Sync, (at, seed): (u64, u64)) -> Result<(), String> {
    disk.restore(image);
    disk.set_sync(sync);
    disk.cut_power_at(at);
    let acknowledged = play(disk);
    disk.power_on(seed);
    let mut journal = open(config(&root(), disk.clone()), seed).map_err(|fault| fault.to_string())?;
    if let Some(recovery) = journal.recovery() {
        return Err(format!("{:?}", recovery.damage));
    }
    judge(&read_home(&mut journal), &acknowledged)
}

fn cut_everywhere(disk: &TestDisk, image: &Image, operations: u64) {
    for at in 0..=operations {
        for seed in 0..seeds() {
            let judged = cut(disk, image, Sync::Honest, (at, seed));
            assert_eq!(judged, Ok(()), "power cut before operation {at} of {operations}, seed {seed}");
        }
    }
    let states = (operations + 1) * seeds();
    println!("{states} crash states ({operations} operations, {} seeds): 0 lost, 0 doubled", seeds());
}

#[test]
fn a_power_cut_at_any_operation_loses_and_doubles_nothing() {
    let (disk, image, operations) = started();
    cut_everywhere(&disk, &image, operations);
}

#[test]
fn a_power_cut_in_the_first_start_leaves_a_journal_that_opens() {
    let disk = TestDisk::new();
    drop(open(config(&root(), disk.clone()), 1).unwrap());
    let operations = disk.counts().0;
    cut_everywhere(&disk, &Image::default(), operations);
}

/// Torn states tried for each point; `CRASH_SEEDS` for more.
fn seeds() -> u64 {
    std::env::var("CRASH_SEEDS").ok().and_then(|count| count.parse().ok()).unwrap_or(4)
}

/// The negative control: were syncs left out, this model would notice.
#[test]
fn a_journal_that_does_not_sync_is_caught() {
    let (disk, image, operations) = started();
    let caught =
        (0..=operations).filter(|at| cut(&disk, &image, Sync::Off, (*at, 0)).is_err()).count() as u64;
    println!("{caught} of {} power cuts without syncs are caught", operations + 1);
    assert!(caught > operations / 2, "only {caught} of {operations}");
}

/// Plays the load with the failure of operation `at`; the chain and the model must agree then and after a restart.
fn fail(disk: &TestDisk, image: &Image, at: u64, failure: Failure) {
    disk.restore(image);
    disk.fail_at(at, failure);
    let acknowledged = play(disk);
    let context = format!("{failure:?} at operation {at}");
    let mut journal = open(config(&root(), disk.clone()), 2).unwrap();
    assert_eq!(journal.recovery(), None, "{context}");
    let rows = read_home(&mut journal);
    assert_eq!(judge(&rows, &acknowledged), Ok(()), "{context}");
    drop(journal);
    let mut journal = open(config(&root(), disk.clone()), 3).unwrap();
    assert_eq!(read_home(&mut journal), rows, "{context}");
}

#[test]
fn the_failure_of_any_one_write_loses_and_doubles_nothing() {
    let (disk, image, operations) = started();
    for at in 0..operations {
        fail(&disk, &image, at, Failure::Broken);
        fail(&disk, &image, at, Failure::Full);
    }
    println!("{} failures, each of {operations} operations once EIO and once ENOSPC", 2 * operations);
}

/// Every row of a session that saw failures is acknowledged, or is followed by the note that it came late.
#[test]
fn a_refused_passage_in_the_chain_is_followed_by_a_note() {
    let (disk, image, operations) = started();
    let mut notes = 0;
    for at in 0..operations {
        disk.restore(&image);
        let mut journal = open(config(&root(), disk.clone()), 1).unwrap();
        disk.fail_at(at, Failure::Broken);
        let mut refused = Vec::new();
        for marker in 0..6 {
            if journal.append(&entry(marker, Durability::Required)).is_err() {
                refused.push(marker);
            }
        }
        let rows = read_home(&mut journal);
        for (place, (sequence, row)) in rows.iter().enumerate() {
            if let Told::Passage(marker) = row {
                let noted = rows.get(place + 1).is_some_and(|next| next.1 == Told::CameLate(*sequence));
                assert_eq!(noted, refused.contains(marker), "operation {at}, passage {marker}");
                notes += u64::from(noted);
            }
        }
    }
    assert!(notes > 0, "no failure hit an append");
}
