//! What the screen is told of a visit: that the stick may go only when the visit is over, a refusal last, records counted one by one;
//! and a keeper that fails keeps no record from leaving.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use gate_core::screen::{LogsOut, LogsStep, LogsStopped, Percent, UpdateRefused, UpdateStep, Updating};
use gate_core::visit::Visit;
use gate_field::outbox::{BLOCK, NAME};
use gate_field::take::Stopped;
use gate_field::visit::{Board, Carrier};

use super::programs::program;
use super::records::Night;

/// A terminal where thirty records wait, and what the screen is told.
struct Gate {
    night: Night,
}

impl Gate {
    fn new() -> Gate {
        let night = Night::new(1 << 20);
        night.wait(7, 3);
        fs::create_dir(night.folder.path().join("state")).unwrap();
        Gate { night }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.night.folder.path().join(name)
    }

    /// The command of the manual, with a keeper that does this.
    fn visit(&self, keeper: &str) -> Output {
        let mut visit = Command::new(program("gate-field", "gate-field"));
        visit.args(["visit", "--terminal", "7", "--stick"]).arg(self.night.stick());
        visit.arg("--spool").arg(self.night.spool(7)).arg("--state").arg(self.path("state"));
        visit.arg("--board").arg(self.path("visit.json"));
        if !keeper.is_empty() {
            visit.args(["--", "sh", "-c", keeper]).current_dir(self.night.folder.path());
        }
        visit.output().unwrap()
    }

    /// A keeper that keeps what the screen says meanwhile, and a report of its own.
    fn keeper(&self, refused: &str, end: &str) -> String {
        let report = format!(
            r#"{{"generation":9,"repositories":[{{"name":"trust","refused":{refused}}}],"datasets":[]}}"#
        );
        fs::write(self.path("report"), report).unwrap();
        format!("cp visit.json meanwhile.json; cp report state/report.json; {end}")
    }
}

fn shown(path: &Path) -> Visit {
    Visit::load(&fs::read(path).unwrap()).unwrap()
}

fn data(step: UpdateStep) -> Visit {
    Visit::Data(Updating { carrier: Carrier::Stick, step })
}

fn records(step: LogsStep, waiting: u32) -> Visit {
    Visit::Records(LogsOut { waiting, step })
}

const OLDER: &str = r#"{"cause":"older","facts":"step 3"}"#;

#[test]
fn the_stick_may_go_only_when_the_visit_is_over() {
    let gate = Gate::new();
    let output = gate.visit(&gate.keeper("null", "exit 0"));
    let meanwhile = shown(&gate.path("meanwhile.json"));
    assert_eq!(meanwhile, data(UpdateStep::Checking(Percent::of(0, 1))), "the screen says: do not remove it");
    assert_eq!(shown(&gate.path("visit.json")), records(LogsStep::Written, 0));
    assert_eq!(output.status.code(), Some(1), "the stick had no data: {output:?}");
    assert_eq!(gate.night.give_back().batches, 3);
}

#[test]
fn that_data_were_refused_is_told_last() {
    let gate = Gate::new();
    let output = gate.visit(&gate.keeper(OLDER, "exit 1"));
    assert_eq!(shown(&gate.path("visit.json")), data(UpdateStep::Refused(UpdateRefused::Older)));
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(gate.night.give_back().batches, 3, "and the records left");
}

#[test]
fn a_keeper_that_fails_keeps_no_record_from_leaving() {
    for keeper in ["exit 3", "kill -9 $$", "exec /nowhere/gate-trust"] {
        let gate = Gate::new();
        let output = gate.visit(keeper);
        assert_eq!(output.status.code(), Some(2), "{keeper}: {output:?}");
        assert_eq!(shown(&gate.path("visit.json")), data(UpdateStep::Refused(UpdateRefused::NotChecked)));
        let returned = gate.night.give_back();
        assert_eq!(returned.batches, 3, "{keeper}");
        assert!(returned.receipts[0].refused[0].starts_with("keeper: "), "{:?}", returned.receipts);
    }
}

#[test]
fn a_keeper_without_a_report_puts_nothing_in_force() {
    let gate = Gate::new();
    assert_eq!(gate.visit("exit 0").status.code(), Some(1));
    assert_eq!(shown(&gate.path("visit.json")), data(UpdateStep::Refused(UpdateRefused::NotChecked)));
}

#[test]
fn without_an_outbox_the_data_have_the_last_word_and_without_a_keeper_nobody() {
    let gate = Gate::new();
    fs::remove_file(gate.night.stick().join(NAME)).unwrap();
    gate.visit(&gate.keeper("null", "exit 0"));
    assert_eq!(shown(&gate.path("visit.json")), data(UpdateStep::InForce));
    gate.visit("");
    assert!(!gate.path("visit.json").exists(), "the screen rests");
}

#[test]
fn records_are_counted_and_not_batches() {
    let night = Night::new(6 * BLOCK);
    night.wait(7, 9);
    let path = night.folder.path().join("visit.json");
    let mut board = Board::at(Some(&path), Carrier::Stick);
    night.take_telling(7, &mut board).unwrap();
    assert_eq!(
        shown(&path),
        records(LogsStep::Stopped(LogsStopped::NoRoom), 40),
        "five of nine times ten fit"
    );
    fs::remove_file(night.stick().join(NAME)).unwrap();
    assert!(matches!(night.take_telling(7, &mut board), Err(Stopped::NoOutbox)));
    let begun = records(LogsStep::Writing(Percent::of(0, 1)), 90);
    assert_eq!(shown(&path), begun, "told before the stick is touched");
}
