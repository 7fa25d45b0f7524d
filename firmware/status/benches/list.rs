//! The status list at a province's size: bytes a person, build, lookups warm and cold, deltas, beside a plain table.
//! `cargo bench -p gate-status --bench list -- [--people N] [--plain N] [--seed S] [--folder DIR]`; each part is a process of its own,
//! so that its peak memory is its own. Nothing here is asserted but that no answer is wrong: times are of this machine.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a measuring program: an error ends it")]

#[path = "../tests/support/mod.rs"]
mod support;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use gate_proof::digest::sha256;
use gate_status::{
    Answer, BuildOrder, Changes, Clash, DeltaOrder, DeskKeys, Progress, Rank, Scope, SealedList, Shelf,
    StatusList, Step, Synthetic, Watch, alleged_head, build, make_delta,
};
use gate_wire::credential::Colour;
use support::{Desk, open, order};

/// One whose 100 million do not meet under the first epoch key; those of seed 5 do, and are re-keyed.
const SEED: u64 = 6;
const LOOKUPS: u64 = 200_000;
const COLD: u64 = 2_000;

fn main() {
    let words: Vec<String> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    let after = |name: &str| words.iter().position(|word| word == name).and_then(|at| words.get(at + 1));
    let number = |name: &str, default: u64| after(name).map_or(default, |text| text.parse().unwrap());
    let folder = after("--folder").map_or_else(std::env::temp_dir, PathBuf::from);
    match words.first().map(String::as_str) {
        Some("part") => part(
            &words[1],
            Synthetic { people: number("--people", 0), seed: number("--seed", SEED) },
            Path::new(&words[2]),
        ),
        _ => {
            let counts = (number("--people", 100_000_000), number("--plain", 10_000_000));
            all(counts, number("--seed", SEED), &folder);
        }
    }
}

/// Runs each part as a process.
fn all((people, plain): (u64, u64), seed: u64, folder: &Path) {
    let (file, small, table) =
        (folder.join("bench.tfs"), folder.join("bench-small.tfs"), folder.join("bench.plain"));
    let run = |name: &str, path: &Path, people: u64| {
        let (count, seed) = (people.to_string(), seed.to_string());
        let mut part = Command::new(std::env::current_exe().unwrap());
        part.arg("part").arg(name).arg(path).args(["--people", &count, "--seed", &seed]);
        assert!(part.status().unwrap().success(), "{name} failed");
    };
    for path in [&file, &small, &table] {
        let _ = std::fs::remove_file(path);
    }
    for name in ["build", "lookup", "cold", "delta", "fold"] {
        run(name, &file, people);
    }
    if plain == 0 {
        return;
    }
    run("build", &small, plain);
    for how in ["plain", "plain-words"] {
        run(how, &table, plain);
        let (ours, theirs) = (length(&small), length(&table));
        println!("side by side: {plain} people, {:.2} times smaller than {how}", theirs as f64 / ours as f64);
        std::fs::remove_file(&table).unwrap();
    }
    for path in [&file, &small, &table] {
        let _ = std::fs::remove_file(path);
    }
}

fn part(name: &str, world: Synthetic, path: &Path) {
    match name {
        "build" => build_part(world, path),
        "plain" => plain_part(world, path, |colour| rusqlite::types::Value::from(colour as i64)),
        "plain-words" => plain_part(world, path, |colour| format!("{colour:?}").to_lowercase().into()),
        "lookup" => lookup_part(world, path),
        "cold" => cold_part(world, path),
        "delta" => delta_part(world, path),
        "fold" => fold_part(world, path),
        other => panic!("no part {other}"),
    }
}

struct Quiet;

impl Watch for Quiet {
    fn step(&mut self, _step: Step, _count: u64) {}
    fn reject(&mut self, line: u64, because: Clash) {
        panic!("line {line} has a number of line {}", because.other);
    }
}

fn build_part(world: Synthetic, path: &Path) {
    let began = Instant::now();
    let order = BuildOrder { memory: BuildOrder::MEMORY, ..order(path, Scope::Population, 1) };
    let report = build(&order, &Desk::new(), &mut Quiet, || world.people()).unwrap();
    println!(
        "build: {} people, {} numbers, re-keyed {} times, {} bytes, {:.4} B a person, {:.1} s, peak {} MiB",
        report.people,
        report.subjects,
        report.rekeyed,
        report.bytes,
        report.bytes as f64 / report.people as f64,
        began.elapsed().as_secs_f64(),
        peak_mib(),
    );
}

/// A number to look up and the answer it must get: every second one is nobody's.
fn question(world: &Synthetic, n: u64) -> (gate_proof::subject::Subject, Answer) {
    let person = (n.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 11) % world.people;
    if n.is_multiple_of(2) {
        return (world.number(2 * person), Answer::Listed(Synthetic::colour(person)));
    }
    let beyond = 2 * (world.people + person);
    (world.number(beyond), Answer::NotListed)
}

fn lookup_part(world: Synthetic, path: &Path) {
    let before = rss_kib();
    let list = open(path);
    let mut times = Vec::with_capacity(LOOKUPS as usize);
    let (mut wrong, mut reads) = (0, 0);
    for round in 0..2 {
        times.clear();
        let read_before = counter("/proc/self/io", "syscr:");
        for n in 0..LOOKUPS {
            let (subject, expected) = question(&world, n + round * LOOKUPS);
            let began = Instant::now();
            let answer = list.find(&subject);
            times.push(began.elapsed());
            wrong += u64::from(answer != Ok(expected));
        }
        reads = counter("/proc/self/io", "syscr:") - read_before - 1;
    }
    let (p50, p99) = percentiles(&mut times);
    println!(
        "lookup: {} twice, half absent, {wrong} wrong; {:.3} page reads each; warm p50 {p50:?} p99 {p99:?}; resident +{} KiB",
        LOOKUPS,
        reads as f64 / LOOKUPS as f64,
        rss_kib().saturating_sub(before),
    );
    assert_eq!(wrong, 0);
}

/// The file leaves the page cache before each lookup.
fn cold_part(world: Synthetic, path: &Path) {
    let (list, file) = (open(path), std::fs::File::open(path).unwrap());
    file.sync_all().unwrap();
    let mut times = Vec::new();
    for n in 0..COLD {
        let (subject, expected) = question(&world, 3 * n);
        rustix::fs::fadvise(&file, 0, None, rustix::fs::Advice::DontNeed).unwrap();
        let began = Instant::now();
        let answer = list.find(&subject);
        times.push(began.elapsed());
        assert_eq!(answer, Ok(expected));
    }
    let (p50, p99) = percentiles(&mut times);
    println!("cold: {COLD} lookups, p50 {p50:?} p99 {p99:?}");
}

fn delta_part(world: Synthetic, path: &Path) {
    for count in [world.people / 100, 3500] {
        let mut list = open(path);
        let file = synthetic_delta(&list, count);
        let target = path.with_extension("delta");
        let written = counter("/proc/self/io", "write_bytes:");
        let began = Instant::now();
        list.apply(&file).unwrap();
        let decoded = began.elapsed();
        std::fs::write(&target, &file).unwrap();
        std::fs::File::open(&target).unwrap().sync_all().unwrap();
        let total = began.elapsed();
        println!(
            "delta: {count} rows, {} bytes, {:.3} B a row; proven and decoded {decoded:?}, on disk {total:?}; written {:.3} B a row; overlay {} KiB",
            file.len(),
            file.len() as f64 / count as f64,
            (counter("/proc/self/io", "write_bytes:") - written) as f64 / count as f64,
            list.overlay_bytes() >> 10,
        );
        std::fs::remove_file(&target).unwrap();
    }
}

/// A day's delta folded into a new base, a slice of 64 leaves at a time.
fn fold_part(world: Synthetic, path: &Path) {
    let home = path.with_extension("shelf");
    let _ = std::fs::remove_dir_all(&home);
    std::fs::create_dir(&home).unwrap();
    let head = alleged_head(path).unwrap();
    let began = Instant::now();
    let keys = Box::new(Desk::new().terminal(head.epoch.0, head.rekeyed));
    let mut shelf = Shelf::import(&home, keys, path).unwrap();
    let imported = began.elapsed();
    let file = synthetic_delta(shelf.list(), world.people / 100);
    shelf.take_delta(&file).unwrap();
    let (began, mut longest) = (Instant::now(), Duration::ZERO);
    loop {
        let slice = Instant::now();
        let progress = shelf.fold(64).unwrap();
        longest = longest.max(slice.elapsed());
        if progress == Progress::Done {
            break;
        }
    }
    println!(
        "fold: imported and read whole in {imported:?}; folded in {:?}, longest slice {longest:?}",
        began.elapsed()
    );
    println!("fold: peak {} MiB", peak_mib());
    std::fs::remove_dir_all(&home).unwrap();
}

/// Colours alone: people all over the base, most of them to green.
fn synthetic_delta(list: &SealedList, count: u64) -> Vec<u8> {
    let head = list.base_head();
    let mut ranks: Vec<u32> = (0..count)
        .map(|n| {
            let [a, b, c, d, ..] = sha256(&[b"delta", &n.to_be_bytes()]).0;
            ((u64::from(u32::from_be_bytes([a, b, c, d])) * u64::from(head.keys)) >> 32) as u32
        })
        .collect();
    ranks.sort_unstable();
    ranks.dedup();
    let colour = |rank: u32| match rank % 100 {
        0..=2 => Colour::Red,
        3..=9 => Colour::Yellow,
        _ => Colour::Green,
    };
    let ranked = ranks.into_iter().map(|rank| (Rank(rank), colour(rank))).collect();
    let order = DeltaOrder {
        scope: head.scope,
        province: head.province,
        epoch: head.epoch,
        generation: 1,
        base_root: head.root,
        from: (0, head.root),
        to: (1, None),
        via: Vec::new(),
        as_of: head.as_of.plus(300),
    };
    make_delta(&order, &Changes { ranked, keyed: Vec::new() }, Desk::new().signers()).unwrap()
}

/// What the list is measured against: a row for each number, keyed by a 32-byte hash, `WITHOUT ROWID`, inserted in key
/// order; the colour a small number, or its word.
///
/// Which table is the measure: at 10 million, 57-bit keys and colours cannot take less than 35.2 bits (4.40 bytes) a person, so a
/// limit of 10.9 times means a row of 48 bytes: with the word (48.9 measured), not the number (43.6, where the limit is
/// 9.9). The 93.5 bytes of the reference are another table, with a rowid, an index of its own, and rows in arrival order.
fn plain_part(world: Synthetic, path: &Path, told: fn(Colour) -> rusqlite::types::Value) {
    let began = Instant::now();
    let mut rows: Vec<([u8; 32], usize)> = Vec::with_capacity(world.people as usize);
    for person in world.people() {
        for subject in &person.subjects {
            rows.push((sha256(&[subject.as_bytes()]).0, person.colour as usize));
        }
    }
    rows.sort_unstable();
    let mut connection = rusqlite::Connection::open(path).unwrap();
    connection
        .execute_batch("PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA page_size=4096;")
        .unwrap();
    connection
        .execute_batch("CREATE TABLE person(hash BLOB PRIMARY KEY NOT NULL, colour NOT NULL) WITHOUT ROWID")
        .unwrap();
    let transaction = connection.transaction().unwrap();
    let mut insert = transaction.prepare("INSERT INTO person VALUES (?1, ?2)").unwrap();
    for (hash, colour) in &rows {
        let colour = told([Colour::Green, Colour::Yellow, Colour::Red][*colour]);
        insert.execute(rusqlite::params![hash, colour]).unwrap();
    }
    drop(insert);
    transaction.commit().unwrap();
    connection.close().unwrap();
    let bytes = length(path);
    println!(
        "plain table: {} people, {bytes} bytes, {:.2} B a person, {:.1} s",
        world.people,
        bytes as f64 / world.people as f64,
        began.elapsed().as_secs_f64()
    );
}

fn percentiles(times: &mut [Duration]) -> (Duration, Duration) {
    times.sort_unstable();
    (times[times.len() / 2], times[times.len() * 99 / 100])
}

fn length(path: &Path) -> u64 {
    std::fs::metadata(path).unwrap().len()
}

fn counter(file: &str, name: &str) -> u64 {
    let text = std::fs::read_to_string(file).unwrap();
    let line = text.lines().find_map(|line| line.strip_prefix(name)).unwrap();
    line.split_whitespace().next().unwrap().parse().unwrap()
}

fn peak_mib() -> u64 {
    counter("/proc/self/status", "VmHWM:") >> 10
}

fn rss_kib() -> u64 {
    counter("/proc/self/status", "VmRSS:")
}
