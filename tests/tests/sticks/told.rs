//! What the screen is told of a visit: that the stick may go only when the visit is over, a refusal last, records counted one by one;
//! and a keeper that fails or does not answer keeps no record from leaving.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::thread;
use std::time::Duration;

use gate_core::screen::{LogsOut, LogsStep, LogsStopped, Percent, UpdateRefused, UpdateStep, Updating};
use gate_core::visit::Visit;
use gate_field::outbox::{BLOCK, NAME};
use gate_field::take::Stopped;
use gate_field::visit::{Board, Carrier};

use super::keeper::started;
use super::programs::program;
use super::records::Night;

/// A terminal where thirty records wait, a stick with a publication that nobody signed, and what the screen is told.
struct Gate {
    night: Night,
}

impl Gate {
    fn new() -> Gate {
        let night = Night::new(1 << 20);
        night.wait(7, 3);
        fs::create_dir(night.folder.path().join("state")).unwrap();
        let metadata = night.stick().join("trust/metadata");
        fs::create_dir_all(&metadata).unwrap();
        let roles = [
            ("timestamp", "timestamp.json", r#""meta":{"snapshot.json":{"version":1}}"#),
            ("snapshot", "1.snapshot.json", r#""meta":{"targets.json":{"version":1}}"#),
            ("targets", "1.targets.json", r#""targets":{}"#),
        ];
        for (role, name, body) in roles {
            let text = format!(
                r#"{{"signed":{{"_type":"{role}","spec_version":"1.0.33","version":1,"expires":"2099-01-01T00:00:00Z",{body}}},"signatures":[]}}"#
            );
            fs::write(metadata.join(name), text).unwrap();
        }
        Gate { night }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.night.folder.path().join(name)
    }

    /// The command of the manual, with a keeper that is waited for so many seconds.
    fn command(&self, seconds: u64) -> Command {
        let mut visit = Command::new(program("gate-field", "gate-field"));
        visit.args(["visit", "--terminal", "7", "--stick"]).arg(self.night.stick());
        visit.arg("--spool").arg(self.night.spool(7)).arg("--state").arg(self.path("state"));
        visit.arg("--board").arg(self.path("visit.json")).args(["--wait-s", &seconds.to_string()]);
        visit
    }

    /// A visit with a keeper that does this.
    fn visit(&self, keeper: &str, seconds: u64) -> Output {
        let mut visit = self.command(seconds);
        let runs = || {
            let mut script = Command::new("sh");
            script.args(["-c", keeper]).current_dir(self.night.folder.path()).status().unwrap();
        };
        started(&self.night.spool(7), runs, || visit.output().unwrap())
    }

    /// A visit whose keeper keeps what the screen says meanwhile, and gives a report of its own.
    fn answered(&self, refused: &str) -> Output {
        let report = format!(
            r#"{{"at":1795176000,"generation":9,"repositories":[{{"name":"trust","root":1,"targets":1,"refused":{refused}}}],"datasets":[],"asked":"ASKED"}}"#
        );
        fs::write(self.path("report"), report).unwrap();
        self.visit(
            r#"cp visit.json meanwhile.json; sed "s/ASKED/$(cat spool-7/ask)/" report > state/part; mv state/part state/report.json"#,
            600,
        )
    }
}

/// Its unit is bound to the stick's device: with that gone the visit is told to end.
#[test]
fn a_visit_that_ends_with_its_stick_says_so_before_it_ends() {
    let gate = Gate::new();
    let mut visit = gate.command(600).spawn().unwrap();
    let checking = |visit| matches!(visit, Visit::Data(Updating { step: UpdateStep::Checking(_), .. }));
    while !fs::read(gate.path("visit.json")).is_ok_and(|told| checking(Visit::load(&told).unwrap())) {
        assert!(visit.try_wait().unwrap().is_none(), "nobody is there who would answer");
        thread::sleep(Duration::from_millis(2));
    }
    assert!(Command::new("kill").arg(visit.id().to_string()).status().unwrap().success());
    assert_eq!(visit.wait().unwrap().code(), Some(1));
    assert_eq!(shown(&gate.path("visit.json")), data(UpdateStep::Refused(UpdateRefused::NotChecked)));
}

/// A limit on the longest file stands in for a stick that fails: the third frame ends behind it.
#[test]
fn a_stick_that_fails_while_records_are_written_is_told_with_what_does_not_count_and_keeps_no_record() {
    let gate = Gate::new();
    fs::remove_dir_all(gate.night.stick().join("trust")).unwrap();
    let limited = r#"ulimit -f "$1"; trap '' XFSZ; shift; exec "$@""#;
    let blocks = (3 * BLOCK / 512).to_string();
    let visit = gate.command(600);
    let mut failing = Command::new("sh");
    failing.args(["-c", limited, "sh", &blocks]).arg(visit.get_program()).args(visit.get_args());
    let output = failing.output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert_eq!(shown(&gate.path("visit.json")), records(LogsStep::Stopped(LogsStopped::PulledOut), 30));
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(said.contains("the stick broke off") && said.contains("0 batches are on it"), "{said}");
    assert_eq!(gate.night.give_back().batches, 0, "as it was told");
    // Every record is still here, and leaves by the next visit, once.
    assert_eq!(gate.command(600).output().unwrap().status.code(), Some(1), "it brings no data");
    assert_eq!(shown(&gate.path("visit.json")), records(LogsStep::Written, 0));
    assert_eq!(gate.night.give_back().batches, 3);
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
    let output = gate.answered("null");
    let meanwhile = shown(&gate.path("meanwhile.json"));
    assert_eq!(meanwhile, data(UpdateStep::Checking(Percent::of(0, 1))), "the screen says: do not remove it");
    assert_eq!(shown(&gate.path("visit.json")), records(LogsStep::Written, 0));
    assert_eq!(output.status.code(), Some(1), "the stick has no list: {output:?}");
    assert_eq!(gate.night.give_back().batches, 3);
}

#[test]
fn that_data_were_refused_is_told_last() {
    let gate = Gate::new();
    let output = gate.answered(OLDER);
    assert_eq!(shown(&gate.path("visit.json")), data(UpdateStep::Refused(UpdateRefused::Older)));
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(
        said.contains("比现有数据旧：请取最新的 (older than what is here: fetch the newest): step 3"),
        "{said}"
    );
    assert_eq!(gate.night.give_back().batches, 3, "and the records left");
}

#[test]
fn a_keeper_that_does_not_answer_keeps_no_record_from_leaving_and_it_is_said_what_to_do() {
    let old = r#"echo '{"at":1,"generation":8,"repositories":[],"datasets":[],"asked":"00000000000000000000000000000000"}' > state/report.json"#;
    for keeper in ["exit 3", "kill -9 $$", "exec /nowhere/gate-trust", "echo {} > state/report.json", old] {
        let gate = Gate::new();
        let output = gate.visit(keeper, 1);
        assert_eq!(output.status.code(), Some(2), "{keeper}: {output:?}");
        let said = String::from_utf8(output.stdout).unwrap();
        for part in ["1 秒内没有应答", "no answer within 1 s", "gate-trust.path", "可以拔出", "3 批 batches"]
        {
            assert!(said.contains(part), "{keeper}: {part}: {said}");
        }
        assert_eq!(shown(&gate.path("visit.json")), data(UpdateStep::Refused(UpdateRefused::NotAnswered)));
        let returned = gate.night.give_back();
        assert_eq!(returned.batches, 3, "{keeper}");
        assert_eq!(returned.receipts[0].refused, ["keeper: no answer within 1 s"], "{:?}", returned.receipts);
    }
}

#[test]
fn without_an_outbox_the_data_have_the_last_word() {
    let gate = Gate::new();
    fs::remove_file(gate.night.stick().join(NAME)).unwrap();
    gate.answered("null");
    assert_eq!(shown(&gate.path("visit.json")), data(UpdateStep::InForce));
}

#[test]
fn a_stick_without_published_data_is_no_update_and_no_keeper_is_asked_about_it() {
    let gate = Gate::new();
    fs::remove_dir_all(gate.night.stick().join("trust")).unwrap();
    let output = gate.visit("echo asked > asked", 600);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert_eq!(shown(&gate.path("visit.json")), records(LogsStep::Written, 0), "it was for the records");
    assert_eq!(gate.night.give_back().batches, 3);
    fs::remove_file(gate.night.stick().join(NAME)).unwrap();
    let output = gate.visit("echo asked > asked", 600);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert_eq!(shown(&gate.path("visit.json")), data(UpdateStep::Refused(UpdateRefused::NoData)));
    assert!(String::from_utf8(output.stdout).unwrap().contains("nothing was updated"));
    assert!(!gate.path("asked").exists() && !gate.night.spool(7).join("ask").exists());
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
