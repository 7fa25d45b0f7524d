//! `gate run` with a card reader on a pseudo-terminal, pictures for a camera and keys typed on its input.

use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use gate_sim::people::VALID;
use gate_sim::sam::SamSimulator;
use gate_wire::time::Millis;

use crate::people::Invented;
use crate::process::Process;
use crate::programs::program;
use crate::world::{PIN, World};

pub(crate) struct Gate {
    pub(crate) process: Process,
    reader: SamSimulator,
    frames: PathBuf,
    began: Instant,
}

impl Gate {
    pub(crate) fn start(world: &World) -> Gate {
        configure(world);
        let frames = world.path("frames");
        let reader = SamSimulator::new(&world.path("reader")).unwrap();
        let mut command = Command::new(program("gate", "gate-terminal"));
        command.args(["run", "--config"]).arg(world.path("gate.toml")).stdin(Stdio::piped());
        let process = Process::spawn(&mut command);
        let mut gate = Gate { process, reader, frames, began: Instant::now() };
        gate.pass(1_500);
        gate
    }

    fn pass(&mut self, millis: u64) {
        let (reader, began) = (&mut self.reader, self.began);
        self.process.pass(Duration::from_millis(millis), || pump(reader, began));
    }

    fn wait_for(&mut self, text: &str) {
        let (reader, began) = (&mut self.reader, self.began);
        self.process.wait_for(text, || pump(reader, began));
    }

    /// Lays a card on the reader until the latch opens.
    pub(crate) fn card(&mut self, one: &Invented) {
        self.reader.pad.insert(one.person.card(VALID).unwrap());
        self.wait_for("latch: open");
        self.reader.pad.remove();
        self.pass(1_200);
    }

    /// Holds a code before the camera until it has its verdict.
    pub(crate) fn show(&mut self, picture: &[u8]) {
        fs::write(self.frames.join("code.png"), picture).unwrap();
        self.wait_for("lamps: Verdict");
        fs::remove_file(self.frames.join("code.png")).unwrap();
        self.pass(1_200);
    }

    /// An attendant shows the badge and types the PIN.
    pub(crate) fn log_in(&mut self, badge: &[u8]) {
        fs::write(self.frames.join("badge.png"), badge).unwrap();
        self.pass(2_000);
        fs::remove_file(self.frames.join("badge.png")).unwrap();
        self.keys(&format!("{PIN} ok"));
        self.pass(1_000);
    }

    /// The attendant types a passport that nobody listed.
    pub(crate) fn type_passport(&mut self, one: &Invented) {
        self.keys(&format!("document 1 {} ok", one.passport));
        self.wait_for("lamps: Verdict(Assist)");
        self.pass(1_200);
    }

    fn keys(&mut self, line: &str) {
        writeln!(self.process.child.stdin.as_mut().unwrap(), "{line}").unwrap();
    }

    /// Until everything of the last passage is over.
    pub(crate) fn settle(&mut self) {
        self.pass(8_000);
    }
}

/// Writes the configuration `gate.toml`.
pub(crate) fn configure(world: &World) {
    let root = world.path("").display().to_string();
    fs::create_dir(world.path("frames")).unwrap();
    let text = gate_terminal::config::SAMPLE
        .replace("/var/lib/tianfu-gate/believed", &format!("{root}data"))
        .replace("/var/lib/tianfu-gate/", &root)
        .replace("/dev/ttyS1", &format!("{root}reader"))
        .replace("/dev/fb0", &format!("{root}screen"));
    fs::write(world.path("gate.toml"), text).unwrap();
}

fn pump(reader: &mut SamSimulator, began: Instant) {
    let now = Millis(u64::try_from(began.elapsed().as_millis()).unwrap());
    reader.pump(now).unwrap();
}
