//! `gate run` as the service manager sees it: it says when its screen is up, that it lives as long as its loop turns, and that it ends;
//! what it leaves of a latch.
#![expect(clippy::unwrap_used, reason = "test helpers: what goes wrong here must fail the test")]

#[path = "support/programs.rs"]
mod programs;

use std::fs;
use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use gate_core::query::TerminalNumber;
use gate_signing::inputs::Inputs;
use gate_signing::publish::{Device, Publication};
use gate_sim::stage::{beginning, province};

/// The manager's patience: the program tells of itself four times in it.
const WATCHDOG: Duration = Duration::from_millis(800);
/// A busy machine's: what should come comes long before.
const PATIENCE: Duration = Duration::from_secs(60);

/// A gate, mostly one without keys or data, which is out of service and says so, and the socket that its manager listens at.
struct Supervised {
    gate: Child,
    manager: UnixDatagram,
    room: tempfile::TempDir,
}

impl Supervised {
    fn start() -> Supervised {
        Supervised::with(&[])
    }

    fn with(environment: &[(&str, &str)]) -> Supervised {
        Supervised::over(tempfile::tempdir().unwrap(), environment)
    }

    /// In a folder that may have keys and data.
    fn over(room: tempfile::TempDir, environment: &[(&str, &str)]) -> Supervised {
        let socket = room.path().join("notify");
        let manager = UnixDatagram::bind(&socket).unwrap();
        let config = configuration(room.path());
        let gate = Command::new(programs::program("gate", "gate-terminal"))
            .args(["run", "--config"])
            .arg(config)
            .env("NOTIFY_SOCKET", &socket)
            .env("WATCHDOG_USEC", WATCHDOG.as_micros().to_string())
            .envs(environment.iter().copied())
            .stdin(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        Supervised { gate, manager, room }
    }

    /// What it tells next, if anything within `patience`.
    fn told(&self, patience: Duration) -> Option<String> {
        self.manager.set_read_timeout(Some(patience)).unwrap();
        let mut room = [0; 256];
        let length = self.manager.recv(&mut room).ok()?;
        Some(String::from_utf8(room[..length].to_vec()).unwrap().trim_end().to_owned())
    }

    /// What an attribute of the latch's LED says.
    fn latch(&self, attribute: &str) -> String {
        fs::read_to_string(self.room.path().join("latch").join(attribute)).unwrap().trim().to_owned()
    }

    /// As a lane that was killed leaves it.
    fn open_latch(&self) {
        fs::write(self.room.path().join("latch/activate"), "1").unwrap();
    }

    fn signal(&self, signal: &str) {
        let pid = self.gate.id().to_string();
        assert!(Command::new("kill").args([signal, &pid]).status().unwrap().success());
    }
}

impl Drop for Supervised {
    fn drop(&mut self) {
        // It may have ended.
        let _ = self.gate.kill();
        self.gate.wait().unwrap();
    }
}

fn configuration(room: &Path) -> std::path::PathBuf {
    fs::create_dir_all(room.join("frames")).unwrap();
    fs::create_dir_all(room.join("latch")).unwrap();
    for (attribute, value) in
        [("trigger", "[transient]"), ("activate", "1"), ("state", "1"), ("duration", "1")]
    {
        fs::write(room.join("latch").join(attribute), value).unwrap();
    }
    let text = format!(
        "place = 1\nlane = 1\ndata = '{0}/believed'\njournal = '{0}/journal.db'\nreserve = '{0}/reserve.bin'\n\
         [camera]\nframes = '{0}/frames'\n[latch]\nled = '{0}/latch'\n\
         [display]\nframebuffer = '{0}/screen'\nwidth = 800\nheight = 480\n[clock]\nrtc = 'none'\n",
        room.display()
    );
    let path = room.join("gate.toml");
    fs::write(&path, text).unwrap();
    path
}

#[test]
fn a_gate_that_is_out_of_service_is_ready_and_alive_for_its_manager() {
    let supervised = Supervised::start();
    assert_eq!(supervised.told(PATIENCE).as_deref(), Some("READY=1"));
    for _ in 0..3 {
        assert_eq!(supervised.told(PATIENCE).as_deref(), Some("WATCHDOG=1"));
    }
}

#[test]
fn a_gate_whose_data_are_read_for_ever_is_alive_for_its_manager() {
    let (room, mut province) = (tempfile::tempdir().unwrap(), province().unwrap());
    let publication = Publication {
        now: beginning().minus(3_600),
        terminal: TerminalNumber::new(7).unwrap(),
        device: Device::MadeHere,
        inputs: &Inputs::demo(),
        status: None,
        deltas: &[],
        without: &[],
    };
    province.publish(&room.path().join("believed"), &publication).unwrap();
    let supervised = Supervised::over(room, &[("GATE_FAIL_POINT", "data")]);
    assert_eq!(supervised.told(PATIENCE).as_deref(), Some("READY=1"));
    // Long past the journal, which is opened first: without one it would say so by its own, not by the data.
    let opened = (0..400).any(|_| {
        assert_eq!(supervised.told(PATIENCE).as_deref(), Some("WATCHDOG=1"));
        supervised.room.path().join("journal.db").exists()
    });
    assert!(opened, "the journal is not opened");
    for _ in 0..20 {
        assert_eq!(supervised.told(PATIENCE).as_deref(), Some("WATCHDOG=1"));
    }
}

#[test]
fn a_gate_whose_process_hangs_is_not_called_alive_and_is_again_when_it_goes_on() {
    let supervised = Supervised::start();
    assert_eq!(supervised.told(PATIENCE).as_deref(), Some("READY=1"));
    assert_eq!(supervised.told(PATIENCE).as_deref(), Some("WATCHDOG=1"));
    supervised.signal("-STOP");
    while supervised.told(WATCHDOG * 2).is_some() {}
    supervised.signal("-CONT");
    assert_eq!(supervised.told(PATIENCE).as_deref(), Some("WATCHDOG=1"));
}

#[test]
fn a_gate_begins_with_a_closed_latch_and_one_that_is_told_to_end_says_so_and_closes_it() {
    for order in ["-TERM", "-INT"] {
        let mut supervised = Supervised::start();
        assert_eq!(supervised.told(PATIENCE).as_deref(), Some("READY=1"));
        assert_eq!(supervised.latch("activate"), "0");
        supervised.open_latch();
        supervised.signal(order);
        let told = std::iter::from_fn(|| supervised.told(PATIENCE)).find(|told| told != "WATCHDOG=1");
        assert_eq!(told.as_deref(), Some("STOPPING=1"));
        assert!(supervised.gate.wait().unwrap().success());
        assert_eq!(supervised.latch("activate"), "0");
    }
}

#[test]
fn what_a_killed_gate_left_open_is_closed_by_its_managers_last_command() {
    let mut supervised = Supervised::start();
    assert_eq!(supervised.told(PATIENCE).as_deref(), Some("READY=1"));
    supervised.open_latch();
    supervised.signal("-KILL");
    supervised.gate.wait().unwrap();
    assert_eq!(supervised.latch("activate"), "1");
    let closed = Command::new(programs::program("gate", "gate-terminal"))
        .args(["close", "--config"])
        .arg(supervised.room.path().join("gate.toml"))
        .status();
    assert!(closed.unwrap().success());
    assert_eq!(supervised.latch("activate"), "0");
}

#[test]
fn a_gate_whose_loop_waits_for_a_lock_for_ever_is_not_called_alive_though_its_process_runs() {
    let mut supervised = Supervised::with(&[("GATE_FAIL_POINT", "deadlock")]);
    assert_eq!(supervised.told(PATIENCE).as_deref(), Some("READY=1"));
    assert_eq!(supervised.told(PATIENCE).as_deref(), Some("WATCHDOG=1"));
    while supervised.told(WATCHDOG * 3).is_some() {}
    // Its other threads go on, and nothing of them is taken for the loop. What its manager sends then is not SIGTERM.
    assert!(supervised.told(WATCHDOG * 3).is_none());
    assert!(supervised.gate.try_wait().unwrap().is_none(), "it still runs");
}
