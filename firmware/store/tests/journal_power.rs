//! Every state of the disk that a power cut can leave, from a real kernel's block writes: nothing acknowledged is lost.
//!
//! A load appends in an emulated machine (`gate-rig --scene power`) and writes a mark behind the file system, on the same disk, after each
//! append that returned. The emulator logs every block write in the form of `dm-log-writes`. Here the log is replayed: after a write or a
//! flush the disk is what was flushed and, of what was not, nothing, a random half, or all. Each state is repaired as at a boot, and
//! the journal on it is opened and read as the authority reads it. Whatever a mark had said by then must be there.
//! `POWER=DIR` names the recording, `STATES=N` about how many states are looked at (all of them by default).
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test program: an error is a failed test")]

#[path = "power/disk.rs"]
mod disk;
#[path = "power/log.rs"]
mod log;
mod support;

use std::collections::HashMap;
use std::env;
use std::fs::OpenOptions;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use gate_core::journal::{Durability, Journal, Kept};
use gate_core::query::Sequence;
use gate_store::{SystemDisk, verify_batch};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use support::world::{Told, config, entry, open, opening_key, record_key, terminal, told};

use disk::{Flushing, Unflushed};
use log::{Log, Mark};

/// The load's folder, and the disk whose last part takes its marks.
const FOLDER: &str = "GATE_POWER_FOLDER";
const MARKS: &str = "GATE_POWER_MARKS";
const RECORDING: &str = "POWER";
/// `O_DIRECT | O_SYNC`, as x86 numbers them: the guest is one.
const STRAIGHT: i32 = 0o40_000 | 0o4_010_000;
/// Of the cache, what reaches the disk, in tenths.
const SHARES: [u32; 3] = [0, 5, 10];

/// Not a test of its own: the load, in the guest.
#[test]
#[ignore = "the load that a rig runs in an emulated machine, until its power is cut"]
fn the_load_whose_power_is_cut() {
    let (Some(folder), Some(marks)) = (env::var_os(FOLDER), env::var_os(MARKS)) else { return };
    let marks = OpenOptions::new().write(true).custom_flags(STRAIGHT).open(marks).unwrap();
    let mut journal = open(config(Path::new(&folder), SystemDisk), 1).unwrap();
    for marker in 0.. {
        let durability = if marker % 3 == 0 { Durability::BestEffort } else { Durability::Required };
        let receipt = journal.append(&entry(marker, durability)).unwrap();
        if receipt.kept == Kept::Journal {
            let mark = Mark { sequence: receipt.sequence.0, marker };
            marks.write_all_at(mark.block().bytes(), Mark::AT).unwrap();
        }
        if marker % 10 == 9 {
            journal.tend().unwrap();
        }
    }
}

/// What each row of the journal on a repaired disk holds, by its place.
fn rows(folder: &Path) -> HashMap<u64, u64> {
    let mut journal = open(config(folder, SystemDisk), 2).unwrap();
    while journal.tend().unwrap().reserve > 0 {}
    assert_eq!(journal.verify_chain().unwrap().first_break(), None);
    let (mut rows, mut next) = (HashMap::new(), 0);
    while let Some(batch) = journal.batch(Sequence(next), usize::MAX).unwrap() {
        let proven = verify_batch(&batch.bytes, &record_key().public_key()).unwrap();
        for row in proven.rows() {
            let record = row.open(terminal(), &batch.journal, &opening_key()).unwrap();
            let Told::Passage(marker) = told(&record) else { panic!("nothing came late") };
            rows.insert(row.sequence.0, marker);
        }
        next = batch.first.0 + u64::from(batch.count);
    }
    rows
}

/// What a replay found.
#[derive(Default, Debug)]
struct Found {
    states: usize,
    marks: usize,
    lost: usize,
}

/// Looks at about `most` states of a recording.
fn replay(recording: &Path, most: usize, flushing: Flushing) -> Found {
    let log = Log::read(&recording.join("log.bin"));
    let mut disk = Unflushed::new(std::fs::read(recording.join("base.img")).unwrap(), flushing);
    let mut rng = ChaCha8Rng::seed_from_u64(8);
    let (mut said, mut found) = (Vec::new(), Found::default());
    let every = (log.entries().len() * SHARES.len()).div_ceil(most);
    for (nth, entry) in log.entries().iter().enumerate() {
        if let Some(mark) = Mark::of(entry) {
            said.push(mark);
        }
        disk.write(entry);
        if entry.flushes() {
            disk.flush();
        }
        if !said.is_empty() && nth % every == 0 {
            for share in SHARES {
                let state = disk.cut(|| rng.next_u32() % 10 < share);
                found.lost += lost(&state, &said);
                found.states += 1;
            }
        }
    }
    found.marks = said.len();
    found
}

/// Marks whose rows are not on this disk. A journal that does not open has lost them all.
fn lost(state: &[u8], said: &[Mark]) -> usize {
    let folder = disk::repaired(state);
    let there = std::panic::catch_unwind(|| rows(folder.path())).unwrap_or_default();
    said.iter().filter(|mark| there.get(&mark.sequence) != Some(&mark.marker)).count()
}

/// The recording that was named. CI, which makes one first, lacks none.
fn recording(test: &str) -> Option<PathBuf> {
    let named = env::var_os(RECORDING).map(PathBuf::from);
    let is_lost = |folder: &PathBuf| !folder.join("log.bin").exists();
    let in_ci = env::var_os("CI").is_some_and(|ci| ci == "true");
    assert!(!in_ci || !named.as_ref().is_some_and(is_lost), "CI made no recording in {named:?}");
    let folder = named.filter(|folder| !is_lost(folder));
    if folder.is_none() {
        println!("SKIPPED {test}: no recording (gate-rig --scene power)");
    }
    folder
}

fn most() -> usize {
    env::var("STATES").ok().and_then(|count| count.parse().ok()).unwrap_or(usize::MAX / 8)
}

#[test]
fn no_state_that_a_power_cut_leaves_lacks_what_was_acknowledged() {
    let Some(recording) = recording("no_state_that_a_power_cut_leaves_lacks_what_was_acknowledged") else {
        return;
    };
    let found = replay(&recording, most(), Flushing::Honest);
    println!("{} states, {} rows acknowledged at the end, {} lost", found.states, found.marks, found.lost);
    assert!(found.states > 0, "the recording says nothing: {found:?}");
    assert_eq!(found.lost, 0);
}

#[test]
fn a_disk_whose_flushes_come_late_is_caught() {
    let Some(recording) = recording("a_disk_whose_flushes_come_late_is_caught") else { return };
    let found = replay(&recording, most().min(150), Flushing::OneLate);
    println!("every flush one late: {} states, {} rows missing", found.states, found.lost);
    assert!(found.lost > 0);
}
