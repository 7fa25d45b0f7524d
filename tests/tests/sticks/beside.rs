//! A visit beside what else is at work in the terminal: a keeper that the spool's timestamp or its timer started, or the fold.

use std::fs::File;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use gate_core::screen::{UpdateRefused, UpdateStep};
use gate_core::visit::Visit;
use gate_trust::Directories;

use super::hazards::waiting;
use super::keeper::started;
use super::programs::program;
use super::visit::Desk;

impl Desk {
    fn lock(&self, name: &str) -> File {
        File::options().write(true).create(true).truncate(false).open(self.land.to.state.join(name)).unwrap()
    }

    fn board(&self) -> PathBuf {
        self.land.folder.path().join("visit.json")
    }

    /// The command of the slot's unit.
    fn visits(&self) -> Child {
        let to = &self.land.to;
        let mut visit = Command::new(program("gate-field", "gate-field"));
        visit.args(["visit", "--terminal", "7", "--stick"]).arg(&self.stick);
        visit.arg("--spool").arg(&to.spool).arg("--state").arg(&to.state).arg("--board").arg(self.board());
        visit.stdout(Stdio::null()).spawn().unwrap()
    }
}

/// The command of the keeper's unit.
fn keeps(to: &Directories) {
    let mut keeper = Command::new(program("gate-trust", "gate-trust"));
    keeper.arg("run").arg("--spool").arg(&to.spool).arg("--data").arg(&to.data);
    keeper.arg("--state").arg(&to.state).stdout(Stdio::null()).status().unwrap();
}

#[test]
fn a_visit_waits_for_the_keeper_or_the_fold_that_is_at_work_and_its_data_come_into_force() {
    let desk = waiting();
    let before = desk.land.manifest();
    // Both hold this lock while they work, and see the other one.
    let (keeper, waits) = (desk.lock("keeper.lock"), desk.lock("keeper.waiting"));
    keeper.lock().unwrap();
    let code = started(
        &desk.land.to.spool,
        || keeps(&desk.land.to),
        || {
            let mut visit = desk.visits();
            while waits.try_lock().is_ok() {
                waits.unlock().unwrap();
                assert_eq!(visit.try_wait().unwrap(), None, "it waits for the keeper at work");
                std::thread::sleep(Duration::from_millis(1));
            }
            assert_eq!(desk.land.manifest(), before);
            keeper.unlock().unwrap();
            visit.wait().unwrap().code()
        },
    );
    assert_eq!(code, Some(1), "this stick has no list");
    assert!(desk.land.manifest() != before);
    let shown = Visit::load(&std::fs::read(desk.board()).unwrap()).unwrap();
    let judged = |shown| match shown {
        Visit::Data(data) => {
            !matches!(data.step, UpdateStep::Refused(UpdateRefused::NotChecked | UpdateRefused::NotAnswered))
        }
        Visit::Records(_) => true,
    };
    assert!(judged(shown), "{shown:?}");
}

#[test]
fn a_terminal_that_is_not_enrolled_is_told_so_and_its_visit_waits_for_nothing() {
    for lacks in ["believed/terminal.keys.json", "state/trust.tuf"] {
        let desk = waiting();
        std::fs::remove_file(desk.land.folder.path().join(lacks)).unwrap();
        let to = &desk.land.to;
        let code = started(&to.spool, || keeps(to), || desk.visits().wait().unwrap().code());
        assert_eq!(code, Some(1), "{lacks}: it was judged");
        let shown = Visit::load(&std::fs::read(desk.board()).unwrap()).unwrap();
        let told = match shown {
            Visit::Data(data) => Some(data.step),
            Visit::Records(_) => None,
        };
        assert_eq!(told, Some(UpdateStep::Refused(UpdateRefused::NotEnrolled)), "{lacks}");
    }
}
