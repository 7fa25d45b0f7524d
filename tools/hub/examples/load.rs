//! Load on a hub: LINES lines at once, each sending batches of 100 rows for SECONDS. Prints rows a second, the time from
//! a batch to its acknowledgement, and what the hub's process holds in memory. Figures are this machine's.

#![expect(clippy::unwrap_used, reason = "a measurement that goes wrong stops")]

#[expect(dead_code, reason = "the tests do more with it")]
#[path = "../tests/support/chain.rs"]
mod chain;
#[expect(dead_code, reason = "the tests do more with it")]
#[path = "../tests/support/rig.rs"]
mod rig;

use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};

use chain::Chain;
use gate_sync::LineFault;
use rig::{Hub, Terminal};

const ROWS: u64 = 100;

struct Line {
    times: Vec<Duration>,
    later: u32,
}

fn main() {
    let mut arguments = std::env::args().skip(1).map(|argument| argument.parse::<u64>().unwrap());
    let (lines, seconds) = (arguments.next().unwrap_or(8), arguments.next().unwrap_or(10));
    let folder = tempfile::tempdir().unwrap();
    let hub = Hub::start(folder.path());
    let terminal = Terminal::enrolled(&hub);
    // A journal of its own for each line; made before, since signing is not what is measured.
    let batches: Vec<Vec<Vec<u8>>> = (0..lines).map(|line| journal(line, seconds * 60)).collect();
    let all = Mutex::new(Vec::new());
    let began = Instant::now();
    thread::scope(|scope| {
        for one in &batches {
            let (hub, terminal, all) = (&hub, &terminal, &all);
            scope.spawn(move || {
                let sent = send(hub, terminal, one, Duration::from_secs(seconds));
                all.lock().unwrap().push(sent);
            });
        }
    });
    let (took, lines_done) = (began.elapsed(), all.into_inner().unwrap());
    let mut times: Vec<Duration> = lines_done.iter().flat_map(|line| line.times.clone()).collect();
    times.sort();
    let at = |percent: usize| times.get(times.len() * percent / 100).copied().unwrap_or_default();
    let rows = times.len() as u64 * ROWS;
    println!(
        "{lines} lines, {:.1} s: {} rows a second",
        took.as_secs_f64(),
        rows * 1000 / took.as_millis() as u64
    );
    println!("a batch: p50 {:?}, p99 {:?}", at(50), at(99));
    println!("told to come later: {}", lines_done.iter().map(|line| line.later).sum::<u32>());
    println!("commits: {}; held: {}", hub.metric("commits_total"), hub.count("SELECT count(*) FROM batch"));
    let status = std::fs::read_to_string(format!("/proc/{}/status", hub.pid())).unwrap();
    status.lines().filter(|line| line.starts_with("VmHWM")).for_each(|line| println!("{line}"));
}

fn journal(line: u64, batches: u64) -> Vec<Vec<u8>> {
    let start = (1, gate_core::records::NOTHING_BEFORE);
    let chain = Chain::new(u8::try_from(line + 2).unwrap(), start, batches * ROWS, 0);
    (0..batches).map(|at| chain.batch(at * ROWS + 1, (at + 1) * ROWS)).collect()
}

fn send(hub: &Hub, terminal: &Terminal, batches: &[Vec<u8>], long: Duration) -> Line {
    let (line, began, mut sent) = (hub.line(), Instant::now(), Line { times: Vec::new(), later: 0 });
    for batch in batches {
        let headers = terminal.identity.headers("POST", "/v1/records", batch);
        let asked = Instant::now();
        while let Err(fault) = line.post("v1/records", &headers, batch, 1 << 15) {
            assert!(matches!(fault, LineFault::Refuse { status: 503, .. }), "{fault}");
            sent.later += 1;
            thread::sleep(Duration::from_millis(50));
        }
        sent.times.push(asked.elapsed());
        if began.elapsed() > long {
            break;
        }
    }
    sent
}
