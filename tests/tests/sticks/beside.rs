//! A visit beside what else is at work in the terminal: a keeper that the spool's timestamp or its timer started, or the fold.

use std::fs::File;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use gate_core::screen::{UpdateRefused, UpdateStep};
use gate_core::visit::Visit;

use super::hazards::waiting;
use super::programs::program;
use super::visit::Desk;

impl Desk {
    fn lock(&self, name: &str) -> File {
        File::options().write(true).create(true).truncate(false).open(self.land.to.state.join(name)).unwrap()
    }

    fn board(&self) -> PathBuf {
        self.land.folder.path().join("visit.json")
    }

    /// The command of the unit.
    fn visits(&self) -> Child {
        let to = &self.land.to;
        let mut visit = Command::new(program("gate-field", "gate-field"));
        visit.args(["visit", "--terminal", "7", "--stick"]).arg(&self.stick);
        visit.arg("--spool").arg(&to.spool).arg("--state").arg(&to.state).arg("--board").arg(self.board());
        visit.arg("--").arg(program("gate-trust", "gate-trust")).arg("run");
        visit.arg("--spool").arg(&to.spool).arg("--data").arg(&to.data).arg("--state").arg(&to.state);
        visit.stdout(Stdio::null()).spawn().unwrap()
    }
}

#[test]
fn a_visit_waits_for_the_keeper_or_the_fold_that_is_at_work_and_its_data_come_into_force() {
    let desk = waiting();
    let before = desk.land.manifest();
    // Both hold this lock while they work, and see the other one.
    let (keeper, waits) = (desk.lock("keeper.lock"), desk.lock("keeper.waiting"));
    keeper.lock().unwrap();
    let mut visit = desk.visits();
    while waits.try_lock().is_ok() {
        waits.unlock().unwrap();
        assert_eq!(visit.try_wait().unwrap(), None, "it waits for the keeper at work");
        std::thread::sleep(Duration::from_millis(1));
    }
    assert_eq!(desk.land.manifest(), before);
    keeper.unlock().unwrap();
    assert_eq!(visit.wait().unwrap().code(), Some(1), "this stick has no list");
    assert!(desk.land.manifest() != before);
    let shown = Visit::load(&std::fs::read(desk.board()).unwrap()).unwrap();
    let not_checked = |shown| matches!(shown, Visit::Data(data) if data.step == UpdateStep::Refused(UpdateRefused::NotChecked));
    assert!(!not_checked(shown), "{shown:?}");
}
