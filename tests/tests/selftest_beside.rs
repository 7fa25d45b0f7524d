//! `gate selftest` as the technician's manual names it: at a gate that serves, and at one that does not.
#![expect(clippy::unwrap_used, reason = "test helpers: what goes wrong here must fail the test")]

#[path = "support/programs.rs"]
mod programs;

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::RecvTimeoutError;
use std::time::Duration;

use gate_core::query::TerminalNumber;
use gate_signing::inputs::Inputs;
use gate_signing::publish::{Device, Publication};
use gate_sim::sam::SamSimulator;
use gate_sim::stage::{beginning, province};
use gate_wire::time::Millis;

/// A running program, ended with the test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn gate() -> PathBuf {
    programs::program("gate", "gate-terminal")
}

/// A terminal's directory with its data, a configuration, and a camera's folder.
fn terminal(folder: &Path) -> PathBuf {
    let publication = Publication {
        now: beginning().minus(3_600),
        terminal: TerminalNumber::new(42).unwrap(),
        device: Device::MadeHere,
        inputs: &Inputs::demo(),
        status: None,
        deltas: &[],
        without: &[],
    };
    province().unwrap().publish(&folder.join("believed"), &publication).unwrap();
    std::fs::create_dir(folder.join("frames")).unwrap();
    let root = folder.display().to_string();
    let text = gate_terminal::config::SAMPLE.replace("/var/lib/tianfu-gate", &root);
    let path = folder.join("gate.toml");
    std::fs::write(&path, text.replace("/dev/fb0", &format!("{root}/screen"))).unwrap();
    path
}

fn said(config: &Path) -> String {
    let output = Command::new(gate()).args(["selftest", "--config"]).arg(config).output().unwrap();
    String::from_utf8(output.stdout).unwrap()
}

fn journal_line(said: &str) -> &str {
    said.lines().find(|line| line.contains(" journal: ")).unwrap()
}

#[test]
fn before_the_first_start_it_makes_no_journal_that_would_be_whose_it_is_who_looks() {
    let folder = tempfile::tempdir().unwrap();
    let config = terminal(folder.path());
    let first = said(&config);
    assert!(
        journal_line(&first).starts_with("ok") && journal_line(&first).contains("is not begun"),
        "{first}"
    );
    assert!(!folder.path().join("journal").exists(), "{first}");
    let text = std::fs::read_to_string(&config).unwrap();
    std::fs::write(&config, text.replace("journal = \"", "journal = \"/no-such-disk")).unwrap();
    let unmounted = said(&config);
    assert!(journal_line(&unmounted).starts_with("FAIL"), "{unmounted}");
    assert!(unmounted.contains("mount the data's disk"), "{unmounted}");
}

#[test]
fn a_reader_on_its_line_is_asked_and_a_line_without_one_is_no_reader() {
    let folder = tempfile::tempdir().unwrap();
    let config = terminal(folder.path());
    let line = folder.path().join("reader");
    let text = std::fs::read_to_string(&config).unwrap();
    std::fs::write(&config, text.replace("/dev/ttyS1", line.to_str().unwrap())).unwrap();
    let told = |said: &str| said.lines().find(|line| line.contains(" card reader: ")).unwrap().to_owned();
    let mut reader = SamSimulator::new(&line).unwrap();
    let silent = said(&config);
    assert!(told(&silent).starts_with("FAIL"), "a line on which nobody answers: {silent}");
    let asked = std::thread::scope(|scope| {
        let (stop, stopped) = std::sync::mpsc::channel::<()>();
        scope.spawn(move || {
            for beat in 0_u64.. {
                reader.pump(Millis(beat * 10)).unwrap();
                if stopped.recv_timeout(Duration::from_millis(10)) != Err(RecvTimeoutError::Timeout) {
                    break;
                }
            }
        });
        let asked = said(&config);
        drop(stop);
        asked
    });
    assert!(told(&asked).starts_with("ok") && told(&asked).ends_with("one answers"), "{asked}");
    std::fs::write(&config, text.replace("/dev/ttyS1", "/dev/null")).unwrap();
    assert!(told(&said(&config)).starts_with("FAIL"), "what is no line");
}

#[test]
fn beside_a_running_gate_the_journal_is_in_use_and_that_is_well() {
    let folder = tempfile::tempdir().unwrap();
    let config = terminal(folder.path());
    let mut run = Command::new(gate());
    run.args(["run", "--config"])
        .arg(&config)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let running = Running(run.spawn().unwrap());
    let screen = folder.path().join("screen");
    let journal = folder.path().join("journal/journal.db");
    let serves = (0..1_200).any(|_| {
        std::thread::sleep(Duration::from_millis(50));
        // Drawn on once the journal is open: the first screen says "starting".
        journal.exists() && screen.exists() && journal_line(&said(&config)).contains("in use")
    });
    let beside = said(&config);
    assert!(serves, "{beside}");
    assert_eq!(journal_line(&beside).split(' ').next(), Some("ok"), "{beside}");
    assert!(!beside.contains("stop that first"), "{beside}");
    drop(running);
    assert!(
        journal_line(&said(&config)).contains("records wait in the reserve"),
        "afterwards it is looked at"
    );
}
