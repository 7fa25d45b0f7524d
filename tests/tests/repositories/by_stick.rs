//! The stick between an authority's folder and a terminal's spool: `gate-field visit`, the program, as a technician starts it.
//! Promises: what follows `--` is the keeper at the test's hour; everything else is as in the manual.
//! Must not know: what is on the stick.

use std::cell::RefCell;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use gate_core::screen::{UpdateRefused, UpdateStep};
use gate_core::visit::Visit;
use gate_field::load::Load;
use gate_trust::report::Report;
use gate_trust::{Directories, Look, Now, run};
use gate_wire::time::Timestamp;

use super::land::terminal;
use super::programs::program;

/// Set for the keeper alone: seconds since 1970. `gate-trust run` has no hour but the system's.
const HOUR: &str = "GATE_KEEPER_AT";

/// A stick, and what was read at the terminal it was at.
pub(crate) struct Stick {
    pub(crate) folder: PathBuf,
    board: PathBuf,
    said: RefCell<String>,
}

impl Stick {
    /// A stick in this folder.
    pub(crate) fn new(folder: &Path) -> Stick {
        Stick { folder: folder.join("stick"), board: folder.join("visit.json"), said: RefCell::default() }
    }

    /// At the desk: what it serves, and an outbox.
    pub(crate) fn load(&self, served: &Path) {
        let load = Load { from: served, to: &self.folder, outbox: 1 << 20, speed: 10 };
        assert_eq!(load.run(&mut drop).unwrap().missing, Vec::<String>::new());
    }

    /// At the gate, at this hour by a confirmed clock.
    pub(crate) fn visit(&self, to: &Directories, now: Timestamp) -> Report {
        let mut visit = Command::new(program("gate-field", "gate-field"));
        visit.args(["visit", "--terminal", &terminal().value().to_string(), "--stick"]).arg(&self.folder);
        visit.arg("--spool").arg(&to.spool).args(["--spool-mib", "64", "--state"]).arg(&to.state);
        visit.arg("--board").arg(&self.board).arg("--").arg(env::current_exe().unwrap());
        visit.args(["--ignored", "--exact", "by_stick::the_keeper", "--nocapture"]);
        visit.env(HOUR, now.unix().to_string());
        visit.envs([("GATE_SPOOL", &to.spool), ("GATE_DATA_IN_FORCE", &to.data), ("GATE_STATE", &to.state)]);
        let output = visit.output().unwrap();
        assert!(output.status.code().is_some_and(|code| code < 2), "{output:?}");
        *self.said.borrow_mut() = String::from_utf8(output.stdout).unwrap();
        gate_trust::memory::Memory::report(&to.state)
    }

    /// What the command said last.
    pub(crate) fn said(&self) -> String {
        self.said.borrow().clone()
    }

    /// Why nothing was updated, as the terminal's screen tells it; none where it tells of something else.
    pub(crate) fn shown(&self) -> Option<UpdateRefused> {
        match Visit::load(&fs::read(&self.board).unwrap()).unwrap() {
            Visit::Data(updating) => match updating.step {
                UpdateStep::Refused(why) => Some(why),
                _ => None,
            },
            Visit::Records(_) => None,
        }
    }
}

/// Not a test of its own: the keeper that `gate-field visit` starts, as `gate-trust run` is but for the hour.
#[test]
#[ignore = "the keeper of a visit, which a visit starts"]
fn the_keeper() {
    let Some(hour) = env::var_os(HOUR) else { return };
    let seconds = hour.to_str().unwrap().parse().unwrap();
    let now = Timestamp::from_unix(seconds).unwrap();
    let path = |name: &str| PathBuf::from(env::var_os(name).unwrap());
    let to = Directories {
        spool: path("GATE_SPOOL"),
        data: path("GATE_DATA_IN_FORCE"),
        state: path("GATE_STATE"),
    };
    let report = run(&to, Now { wall: now, confirmed: Some(now) }, Look::Usual).unwrap();
    print!("\n{}", report.in_words());
    std::process::exit(i32::from(report.has_refusals()));
}
