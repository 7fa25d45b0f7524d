//! The technician's night at a shell: the same stick by the five commands of before, and by the one of the manual.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use gate_field::load::Load;
use gate_sim::stage::{Depot, Owner, Setting, Stage, beginning, province, terminal_number};

use crate::keeper::started;
use crate::manual::{commands, typed};
use crate::programs::program;

/// What a technician typed before `gate-field visit`.
const BEFORE: &str = "cp -r STICK/. SPOOL
gate-trust run --spool SPOOL --data DATA --state STATE
gate-trust fold --data DATA --state STATE
gate-trust status --state STATE
gate selftest --config gate.toml
";
const DAY_S: u64 = 86_400;
const OUTBOX: u64 = 1 << 20;

/// What a night took: commands typed, their characters, and seconds until the gate decided by the new list.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Typed {
    pub(crate) commands: u64,
    pub(crate) characters: usize,
    pub(crate) seconds: f64,
}

/// The five commands, and then the one of the manual, each at a terminal of three days ago with the same stick.
pub(crate) fn by_five_and_by_one() -> [Typed; 2] {
    let one = commands("technician.en.md", "At the gate");
    [BEFORE, &one].map(|text| Night::begins().types(text))
}

struct Night {
    stage: Stage,
    stick: tempfile::TempDir,
    desk: tempfile::TempDir,
}

impl Night {
    fn begins() -> Night {
        let mut stage = Stage::new(Setting::default(), province().unwrap()).unwrap();
        let depot = Depot::new(Owner::Province, beginning()).unwrap();
        depot.seed(&stage.keeper().state).unwrap();
        stage = stage.reboot(3 * DAY_S).unwrap();
        stage.renew_list().unwrap();
        let now = stage.time();
        depot.bring_out(&mut stage, now, 7 * DAY_S).unwrap();
        let (stick, desk) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let served = desk.path().join("served");
        depot.copy_to(&served).unwrap();
        Load { from: &served, to: stick.path(), outbox: OUTBOX, speed: 10 }.run(&mut drop).unwrap();
        std::fs::create_dir_all(stage.keeper().spool).unwrap();
        configured(&stage, desk.path());
        Night { stage, stick, desk }
    }

    /// Types them with the places that their words stand for; counted are the words.
    fn types(mut self, text: &str) -> Typed {
        let began = Instant::now();
        let to = self.stage.keeper();
        // What a terminal's service manager does when a visit asks.
        let keeper = || {
            let mut keeper = Command::new(program("gate-trust", "gate-trust"));
            keeper
                .arg("run")
                .arg("--spool")
                .arg(&to.spool)
                .arg("--data")
                .arg(&to.data)
                .arg("--state")
                .arg(&to.state);
            keeper.output().unwrap();
        };
        started(&to.spool, keeper, || typed(self.desk.path(), &self.meant(text)));
        self.stage.run_until_renewed().unwrap();
        let seconds = began.elapsed().as_secs_f64();
        Typed { commands: text.lines().count() as u64, characters: text.trim().len(), seconds }
    }

    fn meant(&self, text: &str) -> String {
        let to = self.stage.keeper();
        let board = self.desk.path().join("visit.json");
        let places: [(&str, PathBuf); 5] = [
            ("STICK", self.stick.path().into()),
            ("SPOOL", to.spool),
            ("STATE", to.state),
            ("DATA", to.data),
            ("BOARD", board),
        ];
        let number = format!("--terminal {}", terminal_number().value());
        // A stage has not the devices that the self-test looks for.
        let text = text.replace("--terminal 7", &number).replace("gate.toml", "gate.toml || true");
        places.iter().fold(text, |text, (name, path)| text.replace(name, &path.display().to_string()))
    }
}

/// A configuration that names the stage's files, for the self-test.
fn configured(stage: &Stage, desk: &Path) {
    let root = stage.directory().display().to_string();
    let text = gate_terminal::config::SAMPLE.replace("/var/lib/tianfu-gate", &root);
    std::fs::write(desk.join("gate.toml"), text).unwrap();
}
