//! What a passage takes from a card laid down to its verdict, alone and beside `gate-sync` at work: `just beside-a-carrier-pairs`.
//! Pairs, the order turned from one to the next; the carrier is the program, stopped (SIGSTOP) for the passages alone. Prints the ratio of
//! medians with a bootstrap 95 % interval, against an honest server and against one that gives a byte every 5 ms.

#![expect(clippy::unwrap_used, reason = "what goes wrong here must end the bench")]

#[allow(dead_code, reason = "shared with the tests, which do more with it")]
#[path = "../tests/repositories/authority.rs"]
mod authority;
#[allow(dead_code, reason = "shared with the tests, which try every server")]
#[path = "../tests/repositories/hostile.rs"]
mod hostile;
#[path = "../tests/support/programs.rs"]
mod programs;
#[allow(dead_code, reason = "shared with the tests, which do more with it")]
#[path = "../../firmware/sync/tests/support/toxic.rs"]
mod toxic;

use std::env;
use std::fs;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use authority::{Authority, staged};
use gate_core::screen::Screen;
use gate_core::verdict::Verdict;
use gate_sim::people::{Person, VALID};
use gate_sim::stage::{Setting, Stage, province};
use gate_tuf::Repository;
use gate_wire::credential::Colour;
use gate_wire::time::Timestamp;
use hostile::Server;
use rand_chacha::ChaCha20Rng;
use rand_core::{Rng, SeedableRng};
use toxic::Hub;

const PAIRS: usize = 60;
const RESAMPLES: usize = 10_000;
/// For the carrier to come to rest, or to work again.
const SETTLE: Duration = Duration::from_millis(30);

fn main() {
    let pairs = env::args().skip(1).find_map(|argument| argument.parse().ok()).unwrap_or(PAIRS);
    for server in [Server::Honest, Server::SlowLoris] {
        measure(server, pairs);
    }
}

fn measure(server: Server, pairs: usize) {
    let folder = tempfile::tempdir().unwrap();
    let (mut stage, carrier) = begun(server, folder.path());
    let asked = carrier.hub.asked().len();
    let (mut alone, mut beside) = (Vec::new(), Vec::new());
    for pair in 0..pairs {
        for half in 0..2 {
            match (pair + half) % 2 {
                0 => {
                    carrier.signal("-STOP");
                    alone.push(passage(&mut stage));
                }
                _ => {
                    carrier.signal("-CONT");
                    beside.push(passage(&mut stage));
                }
            }
        }
    }
    let [a, b] = [&alone, &beside].map(|times| median(times.clone()));
    let [low, high] = interval(&alone, &beside);
    println!(
        "{server:?}: {pairs} pairs, {} requests meanwhile, load {}",
        carrier.hub.asked().len() - asked,
        load()
    );
    println!(
        "    alone {:.2} ms, beside {:.2} ms, ratio of medians {:.3}, 95 % {low:.3} to {high:.3}",
        a * 1e3,
        b * 1e3,
        b / a
    );
}

/// A lane whose list has one person, green, and a carrier that fetches into its spool from this server.
fn begun(server: Server, folder: &Path) -> (Stage, Carrier) {
    let (province, spool) = (province().unwrap(), folder.join("spool"));
    let subject = province.subject(&Person::new(1).unwrap().document).unwrap();
    let setting = Setting {
        listed: vec![(vec![subject], Colour::Green)],
        spool: Some(spool.clone()),
        ..Setting::default()
    };
    let mut stage = Stage::new(setting, province).unwrap();
    // What is cold the first time is measured in neither half.
    passage(&mut stage);
    let carrier = Carrier::begin(server, folder, stage.time());
    (stage, carrier)
}

/// Seconds from the card to its verdict; then the gate shuts, and what is recorded leaves for the spool.
fn passage(stage: &mut Stage) -> f64 {
    stage.gate().hurry_records();
    thread::sleep(SETTLE);
    let card = Person::new(1).unwrap().card(VALID).unwrap();
    let began = Instant::now();
    stage.reader.pad.insert(card);
    let screen = stage.run_until(1_000, |screen| matches!(screen, Screen::Verdict(_))).unwrap();
    let took = began.elapsed().as_secs_f64();
    assert!(matches!(screen, Screen::Verdict(told) if told.verdict == Verdict::Pass));
    stage.reader.pad.remove();
    stage.run(14_000).unwrap();
    took
}

/// `gate-sync once`, again and again, everything anew each time: a carrier that is never done.
struct Carrier {
    hub: Hub,
    child: Child,
}

impl Carrier {
    fn begin(server: Server, folder: &Path, now: Timestamp) -> Carrier {
        let served = folder.join("served");
        let trust = Authority::new(folder, Repository::Trust, now);
        let names = ["key-set.json", "places.json", "staff-list.json", "day-keys.json", "revocations.tfr"];
        let content = |name: &str| vec![b'7'; if name.ends_with("tfr") { 1 << 20 } else { 16 << 10 }];
        trust.bring_out(&names.map(|name| staged(name, (1, now), &content(name))), now);
        trust.carry(&served);
        let hub = server.hub(&served);
        let (spool, config) = (folder.join("spool"), folder.join("sync.toml"));
        let (authority, state) = (folder.join("authority.pem"), folder.join("line"));
        fs::write(&authority, &hub.authority.pem).unwrap();
        let text = format!(
            "terminal = 7\nspool = {spool:?}\nspool_mib = 64\nstate = {state:?}\nreport = {:?}\n\
             [hub]\naddress = {:?}\nauthority = {authority:?}\n",
            folder.join("report.json"),
            hub.address
        );
        fs::write(&config, text).unwrap();
        let again = "while :; do rm -rf \"$2/trust\" \"$2/part\"; \"$0\" once --config \"$1\"; done";
        let mut child = Command::new("sh");
        child.args(["-c", again]).arg(programs::program("gate-sync", "gate-sync")).args([&config, &spool]);
        // Shell and program are one group: both are stopped at once.
        child.process_group(0).stdout(Stdio::null()).stderr(Stdio::null());
        let carrier = Carrier { hub, child: child.spawn().unwrap() };
        while carrier.hub.asked().len() < 2 {
            thread::sleep(SETTLE);
        }
        carrier
    }

    fn signal(&self, signal: &str) {
        let group = format!("-{}", self.child.id());
        assert!(Command::new("kill").args([signal, "--", &group]).status().unwrap().success());
    }
}

impl Drop for Carrier {
    fn drop(&mut self) {
        self.signal("-KILL");
        let _ = self.child.wait();
    }
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    let middle = times.len() / 2;
    if times.len().is_multiple_of(2) {
        f64::midpoint(times[middle - 1], times[middle])
    } else {
        times[middle]
    }
}

/// Pairs drawn anew with replacement, seeded: between which ratios 95 % of them lie.
fn interval(alone: &[f64], beside: &[f64]) -> [f64; 2] {
    let (mut rng, count) = (ChaCha20Rng::seed_from_u64(6), alone.len());
    let mut ratios: Vec<f64> = (0..RESAMPLES)
        .map(|_| {
            let drawn: Vec<usize> = (0..count).map(|_| rng.next_u32() as usize % count).collect();
            let of = |times: &[f64]| median(drawn.iter().map(|at| times[*at]).collect());
            of(beside) / of(alone)
        })
        .collect();
    ratios.sort_by(f64::total_cmp);
    [RESAMPLES / 40, RESAMPLES - RESAMPLES / 40 - 1].map(|at| ratios[at])
}

/// How busy the machine is besides.
fn load() -> String {
    let text = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split(' ').take(3).collect::<Vec<_>>().join(" ")
}
