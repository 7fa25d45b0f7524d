//! A running gate beside a carrier at work, under `strace`: who touches the spool, and who does not.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use gate_core::verdict::Verdict;
use gate_sim::stage::terminal_number;

use super::hostile::Server;
use super::journey::Round;
use super::way::Way;

/// Set for the child alone: where it says which thread the lane is, and which folder the spool.
const SAYS: &str = "GATE_TRACED";
/// Set for another server than an honest one.
const SERVER: &str = "GATE_SERVER";
/// Looked for by the lane, so that the trace says where passages begin and end.
const MARK: &str = "/nowhere/passages";
const PASSAGES: u16 = 6;

/// Not a test of its own: the lane, while another thread mirrors a repository into its spool.
#[test]
#[ignore = "the lane of the test below, which runs it under a tracer"]
fn the_lane_that_is_traced() {
    let Some(says) = env::var_os(SAYS).map(PathBuf::from) else { return };
    let mut round = Round::new();
    round.bring_out();
    let served = says.with_extension("served");
    round.carry_to(&served);
    let (to, over) = (round.terminal.to.clone(), AtomicBool::new(false));
    let this = fs::read_link("/proc/thread-self").unwrap();
    let thread_id = this.file_name().unwrap().to_str().unwrap();
    fs::write(&says, format!("{thread_id}\n{}\n", to.spool.display())).unwrap();
    thread::scope(|scope| {
        scope.spawn(|| {
            let server = env::var(SERVER).map_or(Server::Honest, |name| Server::named(&name));
            let way = Way::to(&served, server.hub(&served));
            while !over.load(Ordering::Relaxed) {
                // Everything anew in each round: a carrier that is never done.
                let _ = fs::remove_dir_all(to.spool.join("trust"));
                way.mirror(&to, terminal_number());
            }
        });
        assert!(!Path::new(MARK).exists());
        for serial in 1..=PASSAGES {
            round.terminal.stage.gate().hurry_records();
            assert_eq!(round.terminal.verdict(serial), Verdict::Pass);
        }
        assert!(!Path::new(MARK).exists());
        over.store(true, Ordering::Relaxed);
    });
}

#[test]
fn no_passage_touches_the_spool_while_a_carrier_fills_it() {
    trace("no_passage_touches_the_spool_while_a_carrier_fills_it", Server::Honest);
}

#[test]
fn no_passage_waits_for_a_carrier_that_a_slow_server_holds_up() {
    trace("no_passage_waits_for_a_carrier_that_a_slow_server_holds_up", Server::SlowLoris);
}

/// The lane takes no lock and touches nothing that the carrier writes, while the carrier does.
fn trace(name: &str, server: Server) {
    let folder = tempfile::tempdir().unwrap();
    let (says, log) = (folder.path().join("says"), folder.path().join("trace"));
    let mut tracer = Command::new("strace");
    tracer.args(["-f", "-y", "-qq", "-e", "trace=%file,%desc", "-o"]).arg(&log);
    tracer.arg(env::current_exe().unwrap());
    tracer.args(["--ignored", "--exact", "traced::the_lane_that_is_traced", "--nocapture"]);
    let traced = tracer.env(SAYS, &says).env(SERVER, format!("{server:?}")).output();
    if traced.is_err() || !says.exists() {
        return gate_tests::skip(name, "strace that may trace");
    }
    assert!(traced.unwrap().status.success());
    let (said, log) = (fs::read_to_string(&says).unwrap(), fs::read(&log).unwrap());
    let (lane, spool) = said.trim_end().split_once('\n').unwrap();
    let log = String::from_utf8_lossy(&log);
    let calls = log.lines().filter_map(|line| line.split_once(' '));
    let mut marks = 0;
    let (mut own, mut of_lane, mut of_others) = (0, Vec::new(), 0);
    for (thread, call) in calls {
        let is_lane = thread == lane;
        marks += u32::from(is_lane && call.contains(MARK));
        let touches = call.contains(spool) || call.trim_start().starts_with("flock");
        match (marks == 1, is_lane) {
            (true, true) if touches => of_lane.push(call),
            (true, true) => own += 1,
            (true, false) if touches => of_others += 1,
            _ => {}
        }
    }
    println!(
        "{server:?}: passages: {own} calls of the lane; {of_others} of other threads in the spool meanwhile"
    );
    assert_eq!(marks, 2);
    assert!(own > 0 && of_others > 100, "{own} and {of_others}: both were at work");
    assert!(of_lane.is_empty(), "{:?}", of_lane.first());
}
