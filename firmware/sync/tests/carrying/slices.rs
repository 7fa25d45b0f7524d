//! What takes long holds back nothing: a round ends after its slice, and the repositories know nothing of each other.

use std::fs;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use gate_sync::patience::Patience;
use gate_tuf::Repository;

use crate::mirror::{Land, PATIENT};
use crate::toxic::{Act, Hub, served};

#[test]
fn a_timestamp_is_asked_for_again_while_a_file_is_under_way() {
    let mut land = Land::new(Repository::Trust);
    let slow = vec![7; 100_000];
    land.publish(&[("key-set.json", b"{}"), ("revocations.tfr", &slow)]);
    let hub = land.honest();
    let hasty = Patience { slice: Duration::ZERO, ..PATIENT };
    let mut rounds = 0;
    while land.fetch_with(&hub, hasty).more {
        rounds += 1;
        assert!(rounds < 50, "each round brings something");
    }
    let paths: Vec<String> = hub.asked().into_iter().map(|asked| asked.path).collect();
    let pieces = paths.iter().filter(|path| path.ends_with(".tfr")).count();
    let stamps = paths.iter().filter(|path| path.ends_with("timestamp.json")).count();
    assert!(pieces > 2 && stamps > pieces, "{pieces} pieces, {stamps} timestamps");
    assert!(land.spooled().iter().any(|name| name == "revocations.tfr"));
}

#[test]
fn what_is_smallest_comes_first() {
    let mut land = Land::new(Repository::Trust);
    land.publish(&[
        ("key-set.json", &[b'k'; 9_000]),
        ("revocations.tfr", b"r"),
        ("province.json", &[b'p'; 90]),
    ]);
    let hub = land.honest();
    land.fetch_whole(&hub);
    let paths = hub.paths();
    let at = |name: &str| paths.iter().position(|path| path.ends_with(name)).unwrap();
    assert!(at("revocations.tfr") < at("province.json") && at("province.json") < at("key-set.json"));
}

/// A carrier that runs until the test ends.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn a_status_repository_that_says_nothing_holds_back_no_key_set() {
    let mut land = Land::new(Repository::Trust);
    land.publish(&[("key-set.json", b"{}")]);
    let folder = land.served();
    let hub = Hub::new(move |asked| {
        let path = asked.path.trim_start_matches("repository/").to_owned();
        match path.starts_with("trust/") {
            true => Act::Say(served(&folder, &crate::toxic::Asked { path, ..asked.clone() })),
            false => Act::Stall(Vec::new()),
        }
    });
    let config = land.folder.path().join("sync.toml");
    let at = |name: &str| land.folder.path().join(name).display().to_string();
    fs::write(at("ca.pem"), &hub.authority.pem).unwrap();
    let text = format!(
        "terminal = 7\nspool = {:?}\nstate = {:?}\nreport = {:?}\n[hub]\naddress = {:?}\nauthority = {:?}\n\
         [pace]\nevery_ms = 50\nanswer_ms = 600000\nwindow_ms = 600000\n",
        at("spool"),
        at("line"),
        at("report.json"),
        hub.address,
        at("ca.pem")
    );
    fs::write(&config, text).unwrap();
    let mut carrier = Command::new(env!("CARGO_BIN_EXE_gate-sync"));
    let carrier = carrier.args(["run", "--config"]).arg(&config).stderr(Stdio::null()).spawn().unwrap();
    let _running = Running(carrier);
    until_it_came(&land, "the first key set");
    while !hub.asked().iter().any(|asked| asked.path.contains("status/")) {
        thread::sleep(Duration::from_millis(20));
    }
    land.publish(&[("key-set.json", b"{\"next\": 1}")]);
    until_it_came(&land, "the next key set");
}

fn until_it_came(land: &Land, what: &str) {
    let newest = fs::read(land.served().join("trust/metadata/timestamp.json")).unwrap();
    let begun = Instant::now();
    while land.spool.read("trust/metadata/timestamp.json", 1 << 20).as_ref() != Some(&newest) {
        assert!(begun.elapsed() < Duration::from_secs(60), "{what} does not come");
        thread::sleep(Duration::from_millis(20));
    }
}
