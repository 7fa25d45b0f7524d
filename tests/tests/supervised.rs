//! `gate run` as the service manager sees it: it says when its screen is up, and that it lives as long as its loop turns.
#![expect(clippy::unwrap_used, reason = "test helpers: what goes wrong here must fail the test")]

#[path = "support/programs.rs"]
mod programs;

use std::fs;
use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// The manager's patience: the program tells of itself four times in it.
const WATCHDOG: Duration = Duration::from_millis(800);
/// A busy machine's: what should come comes long before.
const PATIENCE: Duration = Duration::from_secs(60);

/// A gate without keys or data, which is out of service and says so, and the socket that its manager listens at.
struct Supervised {
    gate: Child,
    manager: UnixDatagram,
    _room: tempfile::TempDir,
}

impl Supervised {
    fn start() -> Supervised {
        let room = tempfile::tempdir().unwrap();
        let socket = room.path().join("notify");
        let manager = UnixDatagram::bind(&socket).unwrap();
        let config = configuration(room.path());
        let gate = Command::new(programs::program("gate", "gate-terminal"))
            .args(["run", "--config"])
            .arg(config)
            .env("NOTIFY_SOCKET", &socket)
            .env("WATCHDOG_USEC", WATCHDOG.as_micros().to_string())
            .stdin(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        Supervised { gate, manager, _room: room }
    }

    /// What it tells next, if anything within `patience`.
    fn told(&self, patience: Duration) -> Option<String> {
        self.manager.set_read_timeout(Some(patience)).unwrap();
        let mut room = [0; 256];
        let length = self.manager.recv(&mut room).ok()?;
        Some(String::from_utf8(room[..length].to_vec()).unwrap().trim_end().to_owned())
    }

    fn signal(&self, signal: &str) {
        let pid = self.gate.id().to_string();
        assert!(Command::new("kill").args([signal, &pid]).status().unwrap().success());
    }
}

impl Drop for Supervised {
    fn drop(&mut self) {
        self.gate.kill().unwrap();
        self.gate.wait().unwrap();
    }
}

fn configuration(room: &Path) -> std::path::PathBuf {
    fs::create_dir_all(room.join("frames")).unwrap();
    let text = format!(
        "place = 1\nlane = 1\ndata = '{0}/believed'\njournal = '{0}/journal.db'\nreserve = '{0}/reserve.bin'\n\
         [camera]\nframes = '{0}/frames'\n\
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
fn a_gate_whose_process_hangs_is_not_called_alive_and_is_again_when_it_goes_on() {
    let supervised = Supervised::start();
    assert_eq!(supervised.told(PATIENCE).as_deref(), Some("READY=1"));
    assert_eq!(supervised.told(PATIENCE).as_deref(), Some("WATCHDOG=1"));
    supervised.signal("-STOP");
    while supervised.told(WATCHDOG * 2).is_some() {}
    supervised.signal("-CONT");
    assert_eq!(supervised.told(PATIENCE).as_deref(), Some("WATCHDOG=1"));
}
