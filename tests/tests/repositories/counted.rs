//! What a passage costs beside a carrier, whoever is at the line's other end: instructions of the lane, counted by valgrind's callgrind.
//! They are the same on a busy machine: a ratio can be asserted where a time cannot.

use std::env;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use gate_core::verdict::Verdict;
use gate_sim::stage::terminal_number;

use super::beside::round;
use super::hostile::Server;
use super::journey::Round;
use super::way::Way;

/// Set for the child alone.
const COUNTED: &str = "GATE_COUNTED";
/// In each turn: of one alone the count differs by 4 % from turn to turn, of two by 2 %.
const PASSAGES: usize = 2;
/// A passage beside a carrier costs at most so much of one alone.
const MOST: f64 = 1.05;

/// Alone, beside each server, and alone again.
fn turns() -> Vec<Option<Server>> {
    let hostile = Server::HOSTILE.map(|(server, _)| Some(server));
    [&[None, Some(Server::Honest)], &hostile[..], &[None]].concat()
}

/// Not a test of its own: the lane, turn after turn.
#[test]
#[ignore = "the lane of the test below, which runs it under a counter"]
fn the_lane_that_is_counted() {
    if env::var_os(COUNTED).is_none() {
        return;
    }
    let mut round = round();
    round.bring_out();
    let served = tempfile::tempdir().unwrap();
    round.carry_to(served.path());
    // What is done for the first passage alone is in no turn.
    pass(&mut round);
    turn_over();
    for server in turns() {
        let verdicts = match server {
            None => pass(&mut round),
            Some(server) => beside(&mut round, server, served.path()),
        };
        turn_over();
        assert_eq!(verdicts, [Verdict::Pass; PASSAGES], "{server:?}");
    }
}

fn pass(round: &mut Round) -> [Verdict; PASSAGES] {
    [(); PASSAGES].map(|()| {
        round.terminal.stage.gate().hurry_records();
        round.terminal.verdict(1)
    })
}

/// callgrind looks for this name, and begins a new sum.
#[inline(never)]
fn turn_over() {
    std::hint::black_box(());
}

/// The passages while a carrier asks this server again and again: it has asked before the first of them.
fn beside(round: &mut Round, server: Server, served: &Path) -> [Verdict; PASSAGES] {
    let way = Way::to(served, server.hub(served));
    let (asked, to, over) = (way.asked(), round.terminal.to.clone(), AtomicBool::new(false));
    thread::scope(|scope| {
        scope.spawn(|| {
            let way = way;
            while !over.load(Ordering::Relaxed) {
                // Everything anew in each round: a carrier that is never done.
                let _ = fs::remove_dir_all(to.spool.join("trust"));
                way.mirror(&to, terminal_number());
            }
        });
        while asked.lock().unwrap().is_empty() {
            thread::sleep(Duration::from_millis(10));
        }
        let verdicts = pass(round);
        over.store(true, Ordering::Relaxed);
        verdicts
    })
}

/// Instructions of each turn, as callgrind wrote them.
fn sums(folder: &Path) -> Vec<u64> {
    let mut parts: Vec<(u32, u64)> = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let Some(part) = path.extension().and_then(|part| part.to_str()?.parse().ok()) else { continue };
        let text = fs::read_to_string(&path).unwrap();
        let total = text.lines().find_map(|line| line.strip_prefix("totals: ")).unwrap();
        parts.push((part, total.trim().parse().unwrap()));
    }
    parts.sort_unstable();
    parts.into_iter().map(|(_, total)| total).collect()
}

#[test]
#[ignore = "minutes: just beside-a-carrier"]
fn a_passage_beside_any_server_costs_what_it_costs_alone() {
    let folder = tempfile::tempdir().unwrap();
    let mut counter = Command::new("valgrind");
    counter.args(["--tool=callgrind", "--fair-sched=try", "--toggle-collect=*terminal::Terminal::verdict*"]);
    counter.arg("--dump-before=*counted::turn_over*");
    counter.arg(format!("--callgrind-out-file={}", folder.path().join("sum").display()));
    counter.arg(env::current_exe().unwrap());
    counter.args(["--ignored", "--exact", "counted::the_lane_that_is_counted"]);
    let Ok(output) = counter.env(COUNTED, "1").output() else {
        return gate_tests::skip("a_passage_beside_any_server_costs_what_it_costs_alone", "valgrind");
    };
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let sums = sums(folder.path());
    let turns = turns();
    assert_eq!(sums.len(), turns.len() + 1, "the first passages, and each turn: {sums:?}");
    let alone = sums[1];
    assert!(alone > 1_000_000, "nothing was counted: is Terminal::verdict still what a passage is?");
    let mut above = Vec::new();
    for (turn, sum) in turns.iter().zip(&sums[1..]) {
        let name = turn.map_or("alone".into(), |server| format!("beside {server:?}"));
        let ratio = *sum as f64 / alone as f64;
        println!("{name}: {sum} instructions of {PASSAGES} passages, {ratio:.4} of alone");
        if ratio > MOST {
            above.push(name);
        }
    }
    assert!(above.is_empty(), "more than {MOST} of alone: {above:?}");
}
