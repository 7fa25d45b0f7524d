//! Load on a hub through HTTPS, in batches of 100 rows: `just hub-load SECONDS`. The hub, and a database server if there is one,
//! runs on processor 0, this on the others. Prints one table: as many lines at once as the hub has room for; five times as many,
//! each coming back at once; SIGKILL amid that. Figures are this machine's; the ratio of the first two is the hub's. It ends badly where
//! a batch was lost or doubled, where memory grew by over a quarter, or where goodput under overload fell below nine tenths.

#![expect(clippy::unwrap_used, reason = "a measurement that goes wrong stops")]

#[expect(dead_code, reason = "the tests do more with it")]
#[path = "../tests/support/chain.rs"]
mod chain;
#[expect(dead_code, reason = "the tests do more with it")]
#[path = "../tests/support/rig.rs"]
mod rig;

use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use chain::Chain;
use gate_sync::LineFault;
use rig::{Hub, Terminal};

const ROWS: u64 = 100;
/// Batches that a hub is given room for.
const ROOM: usize = 16;
const TIMES: usize = 5;
const CORE: &str = "0";
const UNDER: [&str; 3] = ["taskset", "-c", CORE];
const LIMITS: [&str; 8] =
    ["--queue", "16", "--each", "1024", "--day-mib", "1000000", "--day-journals", "1000000"];

/// A line's batches: its own journal, in order.
struct Line {
    batches: Vec<Vec<u8>>,
    /// How many of them were acknowledged.
    acknowledged: usize,
    times: Vec<Duration>,
    later: u64,
}

fn main() {
    let seconds = std::env::args().nth(1).map_or(8, |seconds| seconds.parse().unwrap());
    let most = std::env::args().nth(2).map_or(100_000, |most| most.parse().unwrap());
    let store = if rig::server().is_some() { "PostgreSQL" } else { "SQLite" };
    if let Ok(server) = std::env::var("GATE_POSTGRES_PID") {
        let pinned = Command::new("taskset").args(["-a", "-p", "-c", CORE, &server]).output();
        assert!(pinned.unwrap().status.success());
    }
    println!(
        "| store | lines | offered batches/s | rows/s | p50 ms | p99 ms | told to come later | memory MiB, first and last quarter | held |"
    );
    println!("|---|---|---|---|---|---|---|---|---|");
    let (long, wanted) = (Duration::from_secs(seconds), seconds as usize * most / 100);
    let once = measure(store, (ROOM, wanted), long, Killed::Never);
    let often = measure(store, (ROOM * TIMES, wanted), long, Killed::Never);
    println!("\ngoodput under {TIMES} times the load: {:.2} of that without", often / once);
    assert!(often >= once * 0.9, "overload costs goodput");
    measure(store, (ROOM, wanted), long, Killed::Amid);
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Killed {
    Never,
    /// Half-way, with SIGKILL, and started again.
    Amid,
}

/// One row of the table; gives rows a second.
fn measure(store: &str, (lines, batches): (usize, usize), long: Duration, killed: Killed) -> f64 {
    let folder = tempfile::tempdir().unwrap();
    let mut hub = Hub::start_under(&UNDER, folder.path(), &LIMITS);
    let terminal = Terminal::enrolled(&hub);
    // Made before: signing is not what is measured.
    let mut all: Vec<Line> = (0..lines).map(|line| prepared(line, batches / lines + 1)).collect();
    let began = Instant::now();
    let mut memory = Vec::new();
    match killed {
        Killed::Never => memory = run(&hub, &terminal, &mut all, long),
        Killed::Amid => {
            thread::scope(|scope| {
                let pid = hub.pid().to_string();
                scope.spawn(move || {
                    thread::sleep(long / 2);
                    assert!(Command::new("kill").args(["-9", &pid]).status().unwrap().success());
                });
                run(&hub, &terminal, &mut all, long);
            });
            hub.kill();
            hub = Hub::start_under(&UNDER, folder.path(), &LIMITS);
            run(&hub, &terminal, &mut all, long / 2);
        }
    }
    let taken: usize = all.iter().map(|line| line.times.len()).sum();
    let later: u64 = all.iter().map(|line| line.later).sum();
    let took = began.elapsed().as_secs_f64();
    let mut times: Vec<Duration> = all.iter().flat_map(|line| line.times.iter().copied()).collect();
    times.sort();
    let at = |percent: usize| {
        times.get(times.len() * percent / 100).map_or(0.0, |time| time.as_secs_f64() * 1000.0)
    };
    let rows = taken as f64 * ROWS as f64 / took;
    println!(
        "| {store}{} | {lines} | {:.0} | {rows:.0} | {:.1} | {:.1} | {later} | {} | {} |",
        if killed == Killed::Amid { ", killed" } else { "" },
        (taken as f64 + later as f64) / took,
        at(50),
        at(99),
        quarters(&memory),
        held(&hub, &all)
    );
    rows
}

fn prepared(line: usize, batches: usize) -> Line {
    let start = (1, gate_core::records::NOTHING_BEFORE);
    let chain = Chain::new(u8::try_from(line + 2).unwrap(), start, batches as u64 * ROWS, 0);
    let batch = |at: usize| chain.batch(at as u64 * ROWS + 1, (at as u64 + 1) * ROWS);
    Line { batches: (0..batches).map(batch).collect(), acknowledged: 0, times: Vec::new(), later: 0 }
}

/// Every line sends until the time is over or the hub is gone; gives the hub's memory in KiB meanwhile.
fn run(hub: &Hub, terminal: &Terminal, all: &mut [Line], long: Duration) -> Vec<u64> {
    let (memory, is_over) = (Mutex::new(Vec::new()), AtomicBool::new(false));
    thread::scope(|scope| {
        let (is_over, memory) = (&is_over, &memory);
        scope.spawn(move || {
            while !is_over.load(Ordering::Relaxed) {
                memory.lock().unwrap().extend(resident(hub.pid()));
                thread::sleep(Duration::from_millis(50));
            }
        });
        let sending: Vec<_> =
            all.iter_mut().map(|line| scope.spawn(move || send(hub, terminal, line, long))).collect();
        sending.into_iter().for_each(|one| one.join().unwrap());
        is_over.store(true, Ordering::Relaxed);
    });
    memory.into_inner().unwrap()
}

fn send(hub: &Hub, terminal: &Terminal, sender: &mut Line, long: Duration) {
    let (line, began) = (hub.line(), Instant::now());
    while let Some(batch) = sender.batches.get(sender.acknowledged).filter(|_| began.elapsed() < long) {
        // The same again needs no other signature.
        let (headers, asked) = (terminal.identity.headers("POST", "/v1/records", batch), Instant::now());
        let mut told = line.post("v1/records", &headers, batch, 1 << 15);
        while matches!(told, Err(LineFault::Refuse { status: 503, .. })) && began.elapsed() < long {
            sender.later += 1;
            told = line.post("v1/records", &headers, batch, 1 << 15);
        }
        match told {
            Ok(_) => {
                sender.acknowledged += 1;
                sender.times.push(asked.elapsed());
            }
            // It was killed: what was under way may be there or not.
            Err(_) => return,
        }
    }
}

/// What was acknowledged and is not there, what is there twice.
fn held(hub: &Hub, all: &[Line]) -> String {
    let acknowledged: usize = all.iter().map(|line| line.acknowledged).sum();
    let batches = hub.count("SELECT count(*) FROM batch") as usize;
    let distinct = "SELECT count(*) FROM (SELECT DISTINCT journal, first FROM batch) AS places";
    let held =
        hub.count("SELECT CAST(coalesce(sum(watermark), 0) AS BIGINT) FROM journal") as usize / ROWS as usize;
    let (lost, doubled) = (acknowledged.saturating_sub(held), batches - hub.count(distinct) as usize);
    assert_eq!((lost, doubled), (0, 0), "of {acknowledged} acknowledged batches and {held} held");
    format!("{acknowledged} acknowledged, {held} held: {lost} lost, {doubled} doubled")
}

fn resident(pid: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().strip_suffix(" kB")?.parse().ok()
}

fn quarters(memory: &[u64]) -> String {
    let quarter = memory.len() / 4;
    let most = |part: &[u64]| part.iter().max().copied().unwrap_or(0) as f64 / 1024.0;
    match (memory.get(..quarter), memory.get(memory.len() - quarter..)) {
        (Some(first), Some(last)) if quarter > 0 => {
            let (first, last) = (most(first), most(last));
            assert!(last <= first * 1.25, "memory grows: {first:.1} MiB, and then {last:.1}");
            format!("{first:.1}, {last:.1}")
        }
        _ => "-".into(),
    }
}
