//! The keeper folds the list's base and its deltas while nothing else is to do: the gate answers as before, whatever cut it.

use std::fs::{self, File};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use gate_core::manifest::{Dataset, Manifest};
use gate_core::verdict::Verdict;
use gate_sim::people::Person;
use gate_trust::data::Data;
use gate_trust::memory::Memory;
use gate_trust::refusal::Cause;
use gate_trust::report::{FoldLine, FoldState};
use gate_trust::{Look, Turn, When};
use gate_wire::time::Timestamp;

use super::authority::DAY_S;
use super::journey::{CHANGED, Round};
use super::land::in_force;

/// So many that a fold has some leaves.
const STRANGERS: u16 = 20_000;
const ABSENT: u16 = CHANGED + 500;
const KILLS: u64 = 60;

impl Round {
    fn manifest(&self) -> Manifest {
        Manifest::load(&self.manifest_bytes()).unwrap()
    }

    fn manifest_bytes(&self) -> Vec<u8> {
        fs::read(self.terminal.to.data.join("manifest.json")).unwrap()
    }

    fn base(&self) -> String {
        let manifest = self.manifest();
        let base = manifest.entries().iter().find(|entry| entry.dataset == Dataset::StatusList);
        base.unwrap().file.as_str().to_owned()
    }

    fn deltas(&self) -> Vec<u32> {
        self.manifest().deltas().map(|entry| entry.version).collect()
    }

    fn part(&self) -> PathBuf {
        self.terminal.to.data.join("fold.tfs")
    }

    fn fold(&self, slices: u32, when: When) -> FoldLine {
        let turn = Turn { leaves: 1, slices, when };
        let to = &self.terminal.to;
        gate_trust::fold(&to.data, &to.state, self.terminal.stage.time(), turn).unwrap()
    }

    /// Publishes all steps so far; the keeper takes them.
    fn take(&mut self) {
        self.bring_out();
        self.carry();
        let report = self.terminal.keep();
        assert!(!report.has_refusals(), "{}", report.in_words());
    }

    /// A step that holds as of this time.
    pub(crate) fn step_as_of(&mut self, serial: u16, as_of: Timestamp) {
        let path = self.terminal.stage.directory().join("status.db");
        let province = &mut self.terminal.stage.province;
        let mut list = province.province().open_list(&path).unwrap();
        for path in &self.steps {
            list.apply(&fs::read(path).unwrap()).unwrap();
        }
        let number = Person::new(serial).unwrap().number;
        let table = format!("document_kind,number,second_number,colour\nresident-id,{number},,red\n");
        let mut rejects = Vec::new();
        let built =
            province.province_mut().build_delta(&list, as_of, table.as_bytes(), &mut rejects).unwrap();
        let path = self.terminal.to.state.join(format!("at-{}.tfd", as_of.unix()));
        fs::write(&path, built.file).unwrap();
        self.steps.push(path);
    }

    fn verdicts(&mut self) -> [Verdict; 4] {
        [3, 4, CHANGED + 1, ABSENT].map(|serial| self.terminal.verdict(serial))
    }
}

/// A list with two steps, the second over a part of the first.
fn two_steps() -> Round {
    let mut round = Round::with(STRANGERS);
    round.step_of(1..=500, "red");
    round.step_of(3..=3, "yellow");
    round.take();
    round
}

#[test]
fn a_list_folded_with_a_cut_after_each_slice_is_the_same_to_the_gate() {
    let mut round = two_steps();
    round.terminal.stage.run_until_renewed().unwrap();
    let before = round.verdicts();
    assert_eq!(before[..3], [Verdict::Limit, Verdict::Stop, Verdict::Pass]);
    assert_ne!(before[3], Verdict::Pass, "who is not in the list is told from who is");
    let (manifest, authoritys) = (round.manifest_bytes(), round.base());
    let (mut cuts, mut written) = (0, 0);
    let done = loop {
        // Each turn begins with nothing but what is on the disk.
        let line = round.fold(1, When::Now);
        if line.state != FoldState::More {
            break line;
        }
        let length = fs::metadata(round.part()).unwrap().len();
        assert!(length > written && round.manifest_bytes() == manifest, "it grows; in force is what was");
        (cuts, written) = (cuts + 1, length);
    };
    assert_eq!((done.state, done.step, done.refused), (FoldState::Done, 2, None));
    assert!(cuts >= 4, "{cuts} cuts");
    assert!(round.base().starts_with("status-list.1-2.") && round.deltas().is_empty());
    assert!(round.terminal.to.data.join(authoritys).exists(), "the gate may still be about to open it");
    assert!(!round.part().exists());
    round.terminal.stage.run_until_renewed().unwrap();
    assert_eq!(round.verdicts(), before);
    round = round.with_terminal(|terminal| terminal.after(30));
    assert_eq!(round.verdicts(), before, "and after a start");
}

#[test]
fn steps_that_come_while_and_after_a_list_is_folded_are_taken_on_it() {
    let mut round = two_steps();
    let authoritys = round.base();
    assert_eq!(round.fold(1, When::Now).state, FoldState::More);
    round.step_of(4..=4, "green");
    round.take();
    assert_eq!(round.deltas(), [1, 2, 3]);
    let line = round.fold(u32::MAX, When::Due);
    assert_eq!(
        (line.state, line.step),
        (FoldState::Done, 2),
        "what was begun is gone on with to its own end"
    );
    assert_eq!(round.deltas(), [3]);
    round.terminal.stage.run_until_renewed().unwrap();
    assert_eq!(round.verdicts()[..3], [Verdict::Limit, Verdict::Pass, Verdict::Pass]);
    round.step_of(3..=3, "red");
    round.take();
    assert_eq!(round.deltas(), [3, 4]);
    round.terminal.stage.run_until_renewed().unwrap();
    assert_eq!(round.verdicts()[..3], [Verdict::Stop, Verdict::Pass, Verdict::Pass]);
    assert!(!round.terminal.to.data.join(authoritys).exists(), "two generations on it goes");
    // What was folded is folded again.
    assert_eq!(round.fold(u32::MAX, When::Now).step, 4);
    round.terminal.stage.run_until_renewed().unwrap();
    assert_eq!(round.verdicts()[..3], [Verdict::Stop, Verdict::Pass, Verdict::Pass]);
}

#[test]
fn folding_makes_nothing_younger_and_no_step_is_never_received() {
    let mut round = two_steps();
    let lines = |report: &gate_trust::report::Report| {
        ["status-list", "status-delta"].map(|name| in_force(report, name).unwrap())
    };
    let before = lines(&round.terminal.keep());
    assert_eq!(round.fold(u32::MAX, When::Now).state, FoldState::Done);
    round = round.with_terminal(|terminal| terminal.after(3_600));
    let report = round.terminal.keep();
    let after = lines(&report);
    assert_eq!(after[1], before[1], "{}", report.in_words());
    assert_eq!((after[0].version, after[0].received), (before[0].version, before[0].received));
    assert_eq!(after[0].issued, before[1].issued, "the base holds what the step said");
    assert_eq!(report.generation, round.manifest().generation);
    assert!(report.in_words().contains("已合并 folded up to step 2"), "{}", report.in_words());
}

#[test]
fn nothing_older_takes_over_from_a_folded_list() {
    let mut round = two_steps();
    let before = round.manifest_bytes();
    assert_eq!(round.fold(u32::MAX, When::Now).state, FoldState::Done);
    let folded = round.manifest_bytes();
    // A newer publication that leads to the first step alone.
    round.steps.truncate(1);
    round.bring_list();
    round.carry();
    round.terminal.keep();
    assert_eq!(round.manifest_bytes(), folded);
    // A manifest of before leads as far and is no loss; one of before that does not is not folded from.
    let mut older: serde_json::Value = serde_json::from_slice(&before).unwrap();
    older["datasets"].as_array_mut().unwrap().retain(|entry| entry["version"] != 2);
    fs::remove_file(round.terminal.to.data.join("manifest.json")).unwrap();
    fs::write(round.terminal.to.data.join("manifest.json"), older.to_string()).unwrap();
    let line = round.fold(u32::MAX, When::Now);
    assert_eq!(line.refused.unwrap().cause, Cause::Older);
    assert_eq!(round.manifest_bytes(), older.to_string().into_bytes());
}

#[test]
fn a_fold_gives_way_to_a_keeper_that_waits_and_goes_on_after_it() {
    let mut round = two_steps();
    let (to, now) = (round.terminal.to.clone(), round.terminal.stage.time());
    let lock = |name: &str| {
        File::options().write(true).create(true).truncate(false).open(to.state.join(name)).unwrap()
    };
    // Somebody waits, as long as this is locked.
    let (waiting, keeper) = (lock("keeper.waiting"), lock("keeper.lock"));
    waiting.try_lock_shared().unwrap();
    let (data, state) = (to.data.clone(), to.state.clone());
    let turn = Turn { leaves: 1, slices: u32::MAX, when: When::Now };
    let folding = std::thread::spawn(move || gate_trust::fold(&data, &state, now, turn));
    let manifest = round.manifest_bytes();
    while !(round.part().exists() && keeper.try_lock().is_ok()) {
        assert!(!folding.is_finished(), "it gives way");
        std::thread::sleep(Duration::from_millis(1));
    }
    keeper.unlock().unwrap();
    assert_eq!(round.manifest_bytes(), manifest, "half a fold is in nobody's way");
    round.step_of(4..=4, "green");
    round.take();
    assert_eq!(round.deltas(), [1, 2, 3]);
    waiting.unlock().unwrap();
    let line = folding.join().unwrap().unwrap();
    assert_eq!((line.state, line.step), (FoldState::Done, 2), "and goes on by itself");
    assert_eq!(round.deltas(), [3]);
    round.terminal.stage.run_until_renewed().unwrap();
    assert_eq!(round.verdicts()[..3], [Verdict::Limit, Verdict::Pass, Verdict::Pass]);
}

#[test]
fn without_room_the_report_says_so_and_the_list_stays() {
    let mut round = two_steps();
    let (good, path) = (round.manifest_bytes(), round.terminal.to.data.join("manifest.json"));
    assert_eq!(round.fold(1, When::Now).state, FoldState::More);
    // A base as long as a disk that nobody has.
    let mut huge: serde_json::Value = serde_json::from_slice(&good).unwrap();
    let base = huge["datasets"].as_array_mut().unwrap().iter_mut();
    base.filter(|entry| entry["dataset"] == "status-list")
        .for_each(|entry| entry["length"] = (1_u64 << 50).into());
    fs::remove_file(&path).unwrap();
    fs::write(&path, huge.to_string()).unwrap();
    let line = round.fold(u32::MAX, When::Now);
    let refused = line.refused.clone().unwrap();
    assert_eq!((line.state, refused.cause), (FoldState::Stopped, Cause::Terminal));
    assert!(refused.facts.contains("bytes of disk"), "{refused}");
    assert_eq!(round.manifest_bytes(), huge.to_string().into_bytes());
    assert!(!round.part().exists(), "what was begun gives its room back");
    assert_eq!(Memory::report(&round.terminal.to.state).folding, Some(line.clone()));
    fs::write(&path, good).unwrap();
    let report = round.terminal.keep();
    assert!(report.in_words().contains("bytes of disk") && !report.has_refusals(), "{}", report.in_words());
    round.terminal.stage.run_until_renewed().unwrap();
    assert_eq!(round.terminal.verdict(4), Verdict::Stop);
}

#[test]
fn a_fold_begins_with_twenty_deltas_and_a_day_after_its_base() {
    let mut round = Round::with(0);
    round.take();
    let now = round.terminal.stage.time();
    round = round.with_terminal(|terminal| terminal.after(2 * DAY_S));
    (1..=20).for_each(|step| round.step_as_of(step, now.plus(u64::from(step))));
    round.take();
    assert_eq!((round.deltas().len(), round.fold(u32::MAX, When::Due).state), (20, FoldState::NotDue));
    round.step_as_of(21, now.plus(DAY_S));
    round.take();
    assert_eq!((round.fold(u32::MAX, When::Due).state, round.deltas().len()), (FoldState::Done, 0));
    (22..=40).for_each(|step| round.step_as_of(step, now.plus(DAY_S + u64::from(step))));
    round.take();
    let line = round.fold(u32::MAX, When::Due);
    assert_eq!((round.deltas().len(), line.state), (19, FoldState::NotDue), "a day after its own fold");
}

#[test]
fn a_fold_that_rotted_on_the_disk_begins_anew() {
    let mut round = two_steps();
    assert_eq!(round.fold(3, When::Now).state, FoldState::More);
    let mut bytes = fs::read(round.part()).unwrap();
    let last = bytes.len() - 100;
    bytes[last] ^= 1;
    fs::write(round.part(), bytes).unwrap();
    assert_eq!(round.fold(u32::MAX, When::Now).state, FoldState::Done);
    round.terminal.stage.run_until_renewed().unwrap();
    assert_eq!(round.verdicts()[..3], [Verdict::Limit, Verdict::Stop, Verdict::Pass]);
}

#[test]
fn a_fold_killed_at_any_moment_leaves_one_whole_generation() {
    let mut round = two_steps();
    // Steps are five minutes apart, and none is of the future.
    round = round.with_terminal(|terminal| terminal.after(KILLS * 300));
    let mut folded = 0;
    for kill in 0..KILLS {
        let mut keeper = folding(&round).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(kill % 30));
        let _ = keeper.kill();
        keeper.wait().unwrap();
        let data = Data::open(&round.terminal.to.data).unwrap();
        let manifest = round.manifest();
        assert!(manifest.entries().iter().all(|entry| data.is_whole(entry, Look::Whole)), "kill {kill}");
        if round.deltas().is_empty() {
            folded += 1;
            round.step_of(5..=5, if folded % 2 == 0 { "red" } else { "yellow" });
            round.take();
        }
    }
    println!("{KILLS} kills, {folded} folds came to their end");
    assert!(folding(&round).status().unwrap().success(), "the program left alone");
    assert!(round.deltas().is_empty());
    round.terminal.stage.run_until_renewed().unwrap();
    let expected = if folded % 2 == 0 { Verdict::Stop } else { Verdict::Limit };
    assert_eq!([round.terminal.verdict(5), round.terminal.verdict(3)], [expected, Verdict::Limit]);
}

/// `gate-trust fold --now` on the round's terminal.
fn folding(round: &Round) -> Command {
    let mut command = Command::new(super::programs::program("gate-trust", "gate-trust"));
    command
        .args(["fold", "--now", "--data"])
        .arg(&round.terminal.to.data)
        .arg("--state")
        .arg(&round.terminal.to.state);
    command.stdout(Stdio::null());
    command
}
