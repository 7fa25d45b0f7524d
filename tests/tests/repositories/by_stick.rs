//! The stick between an authority's folder and a terminal's spool: `gate-field visit`, the program, as the slot's unit starts it.
//! Promises: the keeper that it asks is one at the test's hour; everything else is as at a terminal.
//! Must not know: what is on the stick.

use std::cell::RefCell;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use gate_core::screen::{UpdateRefused, UpdateStep};
use gate_core::visit::Visit;
use gate_field::load::Load;
use gate_trust::report::Report;
use gate_trust::{Directories, Look, Now, run};
use gate_wire::time::Timestamp;

use super::keeper::started;
use super::land::terminal;
use super::programs::program;

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
        visit.arg("--board").arg(&self.board);
        let keeper = || drop(run(to, Now { wall: now, confirmed: Some(now) }, Look::Usual).unwrap());
        let output = started(&to.spool, keeper, || visit.output().unwrap());
        assert!(output.status.code().is_some_and(|code| code < 2), "{output:?}");
        let (said, report) =
            (String::from_utf8(output.stdout).unwrap(), gate_trust::memory::Memory::report(&to.state));
        assert!(said.contains(&report.in_words()), "the keeper's own words: {said}");
        *self.said.borrow_mut() = said;
        report
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
