//! SIGKILL at random points of a scripted load: nothing acknowledged is lost or doubled, the chain is unbroken
//! (`just kill-test N`: `KILLS=N cargo test --release -p gate-store --test journal_kill -- --nocapture`).
//!
//! The load runs in a child process, which is this program again; it says a line after each append that returned.
//! In every other round the child's disk is full now and then, so that the reserve is in use when it is killed.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test program: an error is a failed test")]

mod support;

use std::collections::HashSet;
use std::env;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use gate_core::journal::{Durability, Journal, Kept};
use gate_core::query::Sequence;
use gate_store::{SystemDisk, verify_batch};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use support::again::this_program;
use support::fillable::FillableDisk;
use support::world::{Told, config, entry, open, opening_key, record_key, terminal, told};

const FOLDER: &str = "GATE_KILL_FOLDER";
const ROUND: &str = "GATE_KILL_ROUND";
/// Markers of one round.
const ROUND_MARKERS: u64 = 1_000_000;
/// Kills that one journal lives through: each is followed by a walk over its whole chain, so a longer life would cost the square.
const KILLS_OF_A_JOURNAL: u64 = 250;

fn kills() -> u64 {
    env::var("KILLS").ok().and_then(|count| count.parse().ok()).unwrap_or(20)
}

/// Not a test of its own: the child's part, which never ends by itself.
#[test]
#[ignore = "the load of the test below, which runs it as a process of its own"]
fn the_load_that_gets_killed() {
    let (Some(folder), Ok(round)) = (env::var_os(FOLDER), env::var(ROUND)) else { return };
    let round: u64 = round.parse().unwrap();
    let filling = (round % 2 == 1).then(FillableDisk::new);
    let config = match &filling {
        Some(disk) => config(Path::new(&folder), disk.clone()),
        None => config(Path::new(&folder), SystemDisk),
    };
    let mut journal = open(config, round).unwrap();
    let mut out = std::io::stdout().lock();
    for step in 0..ROUND_MARKERS {
        if let Some(disk) = &filling {
            disk.set_full(step % 20 >= 8);
        }
        if step % 10 == 9 {
            // Upkeep on a full disk fails; nothing is lost by it.
            let _ = journal.tend();
        }
        let durability = if step % 3 == 0 { Durability::BestEffort } else { Durability::Required };
        let marker = round * ROUND_MARKERS + step;
        let receipt = journal.append(&entry(marker, durability)).unwrap();
        assert_ne!(receipt.kept, Kept::Memory);
        writeln!(out, "\nkept {} {marker} {:?}", receipt.sequence.0, receipt.kept).unwrap();
    }
}

/// One line of the child.
struct Acknowledged {
    sequence: Sequence,
    marker: u64,
    in_reserve: bool,
}

fn parse(line: &str) -> Option<Acknowledged> {
    let mut words = line.strip_prefix("kept ")?.split(' ');
    let sequence = Sequence(words.next()?.parse().ok()?);
    let marker = words.next()?.parse().ok()?;
    Some(Acknowledged { sequence, marker, in_reserve: words.next()? == "Reserve" })
}

/// Runs the child until it said `lines` lines and then some microseconds more, kills it, and gives all it said.
fn killed(folder: &Path, round: u64, lines: usize, micros: u64) -> Vec<Acknowledged> {
    let mut child = this_program()
        .args(["--ignored", "--exact", "the_load_that_gets_killed", "--nocapture"])
        .env(FOLDER, folder)
        .env(ROUND, round.to_string())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut said = BufReader::new(child.stdout.take().unwrap());
    let mut text = String::new();
    let mut count = 0;
    while count < lines {
        let start = text.len();
        assert!(said.read_line(&mut text).unwrap() > 0, "the child ended by itself: {text}");
        count += usize::from(parse(text[start..].trim_end()).is_some());
    }
    let until = Instant::now() + Duration::from_micros(micros);
    while Instant::now() < until {
        std::hint::spin_loop();
    }
    kill(&mut child);
    said.read_to_string(&mut text).unwrap();
    // A line that was cut off by the kill was never acknowledged.
    text.split_inclusive('\n')
        .filter(|line| line.ends_with('\n'))
        .filter_map(|line| parse(line.trim_end()))
        .collect()
}

fn kill(child: &mut Child) {
    // SIGKILL: the process has no say in it.
    child.kill().unwrap();
    child.wait().unwrap();
}

/// Waits until the file is closed and its log gone. Closing is waited for 2 s at most, and the disk that can be full knows no locks: a
/// load that began before would write into a log that is just being deleted.
fn let_go_of(folder: &Path) {
    while folder.join("journal.db-wal").exists() {
        sleep(Duration::from_millis(5));
    }
}

/// What the journal holds, as far as it was read.
#[derive(Default)]
struct Known {
    markers: HashSet<u64>,
    records: u64,
    next: u64,
    doubled: u64,
}

impl Known {
    /// Opens the journal after a kill, brings the reserve home, walks the whole chain, opens the new rows.
    fn reopen(&mut self, folder: &Path, round: u64, acknowledged: &[Acknowledged]) -> u64 {
        let mut journal = open(config(folder, SystemDisk), round).unwrap();
        assert_eq!(journal.recovery(), None);
        while journal.tend().unwrap().reserve > 0 {}
        let report = journal.verify_chain().unwrap();
        assert_eq!(report.first_break(), None);
        assert_eq!(report.journals.len(), 1);
        let mut rows = HashSet::new();
        while let Some(batch) = journal.batch(Sequence(self.next), usize::MAX).unwrap() {
            let proven = verify_batch(&batch.bytes, &record_key().public_key()).unwrap();
            for row in proven.rows() {
                let record = row.open(terminal(), &batch.journal, &opening_key()).unwrap();
                let Told::Passage(marker) = told(&record) else { panic!("nothing was refused") };
                self.doubled += u64::from(!self.markers.insert(marker));
                rows.insert((row.sequence, marker));
            }
            self.next = batch.first.0 + u64::from(batch.count);
            self.records += u64::from(batch.count);
        }
        assert_eq!(report.records(), self.records, "rows of earlier rounds are gone");
        drop(journal);
        let_go_of(folder);
        acknowledged.iter().filter(|said| !rows.contains(&(said.sequence, said.marker))).count() as u64
    }
}

#[test]
fn a_killed_process_loses_and_doubles_nothing_it_acknowledged() {
    let mut rng = ChaCha8Rng::seed_from_u64(300);
    let (mut acknowledged, mut in_reserve, mut lost, mut records, mut doubled) = (0, 0, 0, 0, 0);
    for first in (0..kills()).step_by(KILLS_OF_A_JOURNAL as usize) {
        let folder = tempfile::tempdir().unwrap();
        let mut known = Known::default();
        for round in first..kills().min(first + KILLS_OF_A_JOURNAL) {
            let (lines, micros) = (rng.next_u32() % 40, u64::from(rng.next_u32() % 4_000));
            let said = killed(folder.path(), round, lines as usize, micros);
            lost += known.reopen(folder.path(), round, &said);
            acknowledged += said.len() as u64;
            in_reserve += said.iter().filter(|said| said.in_reserve).count();
        }
        records += known.records;
        doubled += known.doubled;
    }
    println!(
        "{} kills: {acknowledged} acknowledged ({in_reserve} in the reserve), {records} records, {lost} lost, {doubled} doubled",
        kills()
    );
    assert_eq!((lost, doubled), (0, 0));
    assert!(records >= acknowledged);
}
