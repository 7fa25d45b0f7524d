//! SIGKILL at random points of cutting, acknowledging and letting go: every record arrives, and each once
//! (`KILLS=N cargo test --release -p gate-store --test outgoing_kill -- --nocapture`).
//!
//! The terminal is a child process, which is this program again; the hub is here and takes what is in the outbox after each kill.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test program: an error is a failed test")]

mod support;

use std::collections::BTreeSet;
use std::env;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use gate_core::journal::Journal;
use gate_core::query::Sequence;
use gate_core::records::acknowledgement::Proven;
use gate_store::{Outbox, SystemDisk, alleged_acknowledgement};
use gate_wire::time::Day;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use support::again::this_program;
use support::hub::{Hub, key_set};
use support::world::{Told, config, day, open, opening_key, record_key, required, terminal, told};

const FOLDER: &str = "GATE_OUTGOING_FOLDER";
const ROUND: &str = "GATE_OUTGOING_ROUND";
const ROUND_MARKERS: u64 = 1_000_000;
/// Small, so that it is full in many rounds.
const OUTBOX: u64 = 20_000;

fn kills() -> u64 {
    env::var("KILLS").ok().and_then(|count| count.parse().ok()).unwrap_or(40)
}

/// Not a test of its own: the child's part, which never ends by itself.
#[test]
#[ignore = "the terminal of the test below, which runs it as a process of its own"]
fn the_terminal_that_gets_killed() {
    let (Some(folder), Ok(round)) = (env::var_os(FOLDER), env::var(ROUND)) else { return };
    let (folder, round): (&Path, u64) = (Path::new(&folder), round.parse().unwrap());
    let mut journal = open(config(folder, SystemDisk), round).unwrap();
    let outbox = Outbox::open(&folder.join("out"), terminal(), OUTBOX).unwrap();
    let held = outbox.held_and_whole(&record_key().public_key()).unwrap();
    let through = journal.acknowledged().unwrap()[0].through.0;
    let mut cut = held.iter().fold(through, |last, name| last.max(name.last.0)) + 1;
    let today = Day(day().0 + 10 * u32::try_from(round).unwrap());
    (0..10).for_each(|ago| journal.begin_day(Day(today.0 + ago - 9)).unwrap());
    let mut out = std::io::stdout().lock();
    for step in 0..ROUND_MARKERS {
        let marker = round * ROUND_MARKERS + step;
        let receipt = journal.append(&required(marker)).unwrap();
        writeln!(out, "\nkept {} {marker}", receipt.sequence.0).unwrap();
        if step % 5 == 4
            && let Some(batch) = journal.cut(Sequence(cut), 8).unwrap()
            && outbox.put(&batch).unwrap() == gate_store::Put::Written
        {
            cut = batch.last().0 + 1;
        }
        if step % 7 == 6
            && let Some(bytes) =
                alleged_acknowledgement(&folder.join("acks"), terminal(), &journal.id()).unwrap()
        {
            let word = Proven::read(&bytes, &key_set(), terminal()).unwrap();
            journal.acknowledge(&word).unwrap();
            outbox.sweep(&journal.id(), word.get().watermark).unwrap();
            journal.shed(today).unwrap();
        }
    }
}

/// Runs the child until it said `lines` lines and then some microseconds more, kills it, and gives the markers it said.
fn killed(folder: &Path, round: u64, lines: usize, micros: u64) -> Vec<u64> {
    let mut child = this_program()
        .args(["--ignored", "--exact", "the_terminal_that_gets_killed", "--nocapture"])
        .env(FOLDER, folder)
        .env(ROUND, round.to_string())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut said = BufReader::new(child.stdout.take().unwrap());
    let (mut text, mut count) = (String::new(), 0);
    while count < lines {
        let start = text.len();
        assert!(said.read_line(&mut text).unwrap() > 0, "the child ended by itself: {text}");
        count += usize::from(text[start..].starts_with("kept "));
    }
    let until = Instant::now() + Duration::from_micros(micros);
    while Instant::now() < until {
        std::hint::spin_loop();
    }
    child.kill().unwrap();
    child.wait().unwrap();
    said.read_to_string(&mut text).unwrap();
    let whole = text.split_inclusive('\n').filter(|line| line.ends_with('\n'));
    whole.filter_map(|line| line.trim_end().strip_prefix("kept ")?.split_once(' ')?.1.parse().ok()).collect()
}

#[test]
fn a_killed_terminal_sends_every_record_and_lets_go_of_none_that_did_not_arrive() {
    let folder = tempfile::tempdir().unwrap();
    let (out, acks) = (folder.path().join("out"), folder.path().join("acks"));
    std::fs::create_dir_all(&out).unwrap();
    let mut rng = ChaCha8Rng::seed_from_u64(600);
    let (mut hub, mut said) = (Hub::default(), BTreeSet::new());
    for round in 0..kills() {
        let (lines, micros) = (rng.next_u32() % 60, u64::from(rng.next_u32() % 4_000));
        said.extend(killed(folder.path(), round, lines as usize, micros));
        // The hub's terminal comes now and then only; half of the words it says get lost on the way.
        if round % 3 != 2 {
            hub.take(&out);
        }
        let journal = open(config(folder.path(), SystemDisk), round).unwrap();
        assert_eq!((journal.recovery(), journal.verify_chain().unwrap().first_break()), (None, None));
        if round % 2 == 0 {
            hub.put(&acks, journal.id());
        }
    }
    let journal = open(config(folder.path(), SystemDisk), kills()).unwrap();
    let first = journal.standing().unwrap().first;
    let mut from = Sequence(0);
    while let Some(batch) = journal.batch(from, usize::MAX).unwrap() {
        hub.take_batch(&batch.bytes);
        from = Sequence(batch.last().0 + 1);
    }
    let (id, key) = (journal.id(), opening_key());
    let records = hub.rows.values().map(|row| told(&row.open(terminal(), &id, &key).unwrap()));
    let markers: Vec<u64> = records
        .map(|told| if let Told::Passage(marker) = told { marker } else { panic!("{told:?}") })
        .collect();
    let arrived: BTreeSet<u64> = markers.iter().copied().collect();
    println!("{} kills: {} said, {} arrived, first row kept {}", kills(), said.len(), markers.len(), first.0);
    assert_eq!(arrived.len(), markers.len(), "none twice");
    assert!(said.is_subset(&arrived), "none is missing");
    assert_eq!(hub.says(id).watermark, Sequence(journal.next().0 - 1), "none between is missing");
    assert!(first.0 > 1, "something was let go on the way");
}
