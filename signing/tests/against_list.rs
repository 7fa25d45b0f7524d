//! What an operator signs, by hand or from a table, is what the desk's own list says, or the log says that it is not.
#![expect(clippy::unwrap_used, reason = "a test's helpers: a failure here is the test's failure")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use gate_signing::log::LOG_FILE;
use gate_signing::sheets::DEFAULT_FONT;
use tempfile::TempDir;

const NOW: &str = "2026-11-20T08:00:00+08:00";
const RED: &str = "510100194001010037";
const GREEN: &str = "510100194001010010";
const NOBODY: &str = "510100194001010053";

const HEADER: &str = "document_kind,number,second_number,colour\n";

struct Office(TempDir);

impl Office {
    /// A desk whose list says red of one person and green of another.
    fn new(scope: &str) -> Office {
        let office = Office(tempfile::tempdir().unwrap());
        let new = office.run(&["province", "new", "--demo", "--region", "510000"]);
        assert!(new.status.success(), "{new:?}");
        let table = format!("{HEADER}resident-id,{RED},,red\nresident-id,{GREEN},,green\n");
        let table = if scope == "exceptions" {
            table.replace(&format!("resident-id,{GREEN},,green\n"), "")
        } else {
            table
        };
        fs::write(office.path("people.csv"), table).unwrap();
        let list = ["status", "build", "--people", "people.csv", "--scope", scope, "--as-of", NOW];
        let built = office.run(&list);
        assert!(built.status.success(), "{built:?}");
        office
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn run(&self, words: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_gate-sign"));
        command.current_dir(self.0.path()).args(words).args(["--dir", "desk", "--now", NOW]).output().unwrap()
    }

    #[track_caller]
    fn good(&self, words: &[&str]) {
        let output = self.run(words);
        assert!(output.status.success(), "{words:?}: {output:?}");
    }

    /// The next delta: GREEN was one colour and has another.
    fn delta(&self, was: &str, is: &str) {
        fs::write(self.path("changes.csv"), format!("{HEADER}resident-id,{GREEN},,{is}\n")).unwrap();
        let before = format!("{was}.tfd");
        let begin = ["status", "delta", "--base", "desk/status-list.db", "--changes", "changes.csv"];
        let after: &[&str] = if self.path(&before).exists() { &["--after", &before] } else { &[] };
        self.good(&[&begin[..], after, &["--as-of", NOW, "--out", &format!("{is}.tfd")]].concat());
    }

    fn issue(&self, kind: &str, (number, colour): (&str, &str), more: &[&str]) -> Output {
        let words = ["issue", kind, "--name", "测试甲", "--number", number, "--colour", colour];
        self.run(&[&words[..], more].concat())
    }

    fn log(&self) -> String {
        fs::read_to_string(self.path("desk").join(LOG_FILE)).unwrap()
    }
}

#[test]
fn a_colour_that_the_list_does_not_say_is_signed_only_when_told_to_and_logged() {
    let office = Office::new("population");
    for kind in ["screen", "paper"] {
        let refused = office.issue(kind, (RED, "green"), &[]);
        assert!(!refused.status.success() && refused.stdout.is_empty(), "{refused:?}");
        let told = String::from_utf8_lossy(&refused.stderr);
        assert!(
            told.contains("says Red of this person as of 2026-11-20") && told.contains("--against-list"),
            "{told}"
        );
    }
    assert!(!office.issue("screen", (GREEN, "yellow"), &[]).status.success(), "whichever way");
    assert!(!office.log().contains("\"issue\"") && !office.log().contains("issue-against-list"));
    assert!(office.issue("screen", (RED, "green"), &["--against-list"]).status.success());
    let log = office.log();
    let at = log.find("issue-against-list").unwrap();
    assert!(log[at..].contains("\"issue\""), "the line is there before the signature: {log}");
}

#[test]
fn who_is_not_in_a_list_of_everybody_has_no_colour() {
    let office = Office::new("population");
    for colour in ["green", "red"] {
        let refused = office.issue("paper", (NOBODY, colour), &[]);
        let told = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert!(!refused.status.success() && told.contains("does not have this person"), "{told}");
    }
    assert!(office.issue("paper", (NOBODY, "green"), &["--against-list"]).status.success());
    assert!(office.log().contains("issue-against-list"));
}

#[test]
fn what_a_delta_changed_counts_as_the_list_does() {
    let office = Office::new("population");
    office.delta("green", "red");
    for kind in ["screen", "paper"] {
        let refused = office.issue(kind, (GREEN, "green"), &[]);
        assert!(String::from_utf8_lossy(&refused.stderr).contains("says Red of this person"), "{refused:?}");
        assert!(office.issue(kind, (GREEN, "red"), &[]).status.success());
    }
    office.delta("red", "yellow");
    assert!(office.issue("screen", (GREEN, "yellow"), &[]).status.success(), "both deltas");
    assert!(office.issue("screen", (RED, "red"), &[]).status.success(), "who is in no delta");
    fs::remove_file(office.path("desk/status-list.tfd")).unwrap();
    let unknown = office.issue("screen", (GREEN, "green"), &[]);
    let told = String::from_utf8_lossy(&unknown.stderr).into_owned();
    assert!(told.contains("cannot be asked") && told.contains("as far as step 2 of epoch 1"), "{told}");
}

#[test]
fn a_list_built_elsewhere_is_asked_there_and_an_older_one_is_not_asked_silently() {
    let office = Office::new("population");
    office.good(&[
        "status",
        "build",
        "--people",
        "people.csv",
        "--scope",
        "population",
        "--as-of",
        NOW,
        "--out",
        "big.db",
    ]);
    let refused = office.issue("screen", (RED, "green"), &[]);
    assert!(String::from_utf8_lossy(&refused.stderr).contains("name it with --list"), "{refused:?}");
    let refused = office.issue("screen", (RED, "green"), &["--list", "big.db"]);
    assert!(String::from_utf8_lossy(&refused.stderr).contains("says Red"), "{refused:?}");
    assert!(office.issue("screen", (RED, "red"), &["--list", "big.db"]).status.success());
}

#[test]
fn a_list_that_a_copy_of_the_desk_built_is_not_asked() {
    let office = Office::new("population");
    let copied = Command::new("cp").args(["-a", "desk", "copy"]).current_dir(office.0.path()).status();
    assert!(copied.unwrap().success());
    fs::write(office.path("green.csv"), format!("{HEADER}resident-id,{RED},,green\n")).unwrap();
    let mut build = Command::new(env!("CARGO_BIN_EXE_gate-sign"));
    build.current_dir(office.0.path()).args(["status", "build", "--people", "green.csv", "--scope"]);
    build.args(["population", "--as-of", NOW, "--out", "theirs.db", "--dir", "copy", "--now", NOW, "--yes"]);
    assert!(build.status().unwrap().success());
    let foreign = |epoch_here: &str| {
        let before = office.log();
        for kind in ["screen", "paper"] {
            let refused = office.issue(kind, (RED, "green"), &["--list", "theirs.db"]);
            let told = String::from_utf8_lossy(&refused.stderr).into_owned();
            assert!(!refused.status.success() && told.contains("did not build"), "{epoch_here}: {told}");
        }
        let (done, rejects) =
            table(&office, &["issue", "--from", "in.csv", "--out", epoch_here, "--list", "theirs.db"], &[]);
        assert_eq!((done.status.code(), rejects.matches("cannot be asked").count()), (Some(2), 3));
        assert!(!office.log()[before.len()..].contains("\"issue\""), "{epoch_here}");
    };
    foreign("behind.csv");
    // The desk's own list of that epoch is another.
    office.good(&["status", "build", "--people", "people.csv", "--scope", "population", "--as-of", NOW]);
    foreign("level.csv");
    assert!(office.issue("screen", (RED, "red"), &[]).status.success());
    assert!(
        office.issue("screen", (RED, "green"), &["--list", "theirs.db", "--against-list"]).status.success()
    );
    assert!(office.log().contains("issue-against-list"));
}

/// A table with everybody green, and what becomes of it.
fn table(office: &Office, words: &[&str], more: &[&str]) -> (Output, String) {
    let row = |number: &str| format!("resident-id,{number},测试甲,paper_code,green,\n");
    let header = "document_kind,number,name,kind,statement,sampled\n";
    fs::write(office.path("in.csv"), format!("{header}{}{}{}", row(RED), row(GREEN), row(NOBODY))).unwrap();
    let _ = fs::remove_file(office.path("in.csv.rejects"));
    let done = office.run(&[words, more].concat());
    (done, fs::read_to_string(office.path("in.csv.rejects")).unwrap_or_default())
}

#[test]
fn rows_that_the_list_contradicts_are_in_the_reject_file_or_in_the_log() {
    let office = Office::new("population");
    let words = |out| ["issue", "--from", "in.csv", "--out", out];
    let (done, rejects) = table(&office, &words("one.csv"), &[]);
    assert_eq!(done.status.code(), Some(2), "{done:?}");
    let lines: Vec<&str> = rejects.lines().collect();
    assert!(lines[1].starts_with("2,\"the desk's list says another colour of this person"), "{rejects}");
    assert!(lines[2].starts_with("4,\"the desk's list of everybody does not have this person"), "{rejects}");
    assert_eq!((lines.len(), office.log().contains("issue-against-list")), (3, false));
    assert!(!rejects.contains("5101") && !rejects.contains("Red"), "{rejects}");
    let (done, rejects) = table(&office, &words("two.csv"), &["--against-list"]);
    assert!(done.status.success() && rejects.is_empty(), "{done:?}");
    assert!(String::from_utf8_lossy(&done.stdout).contains("2 AGAINST the list"), "{done:?}");
    let log = office.log();
    let line = log.lines().position(|line| line.contains("issue-against-list")).unwrap();
    assert!(log.lines().nth(line).unwrap().contains("\"count\":2"), "{log}");
    assert!(log.lines().skip(line).any(|line| line.contains("batch-end")), "told before the batch ended");
}

#[test]
fn sheets_are_held_to_the_list_and_a_list_that_cannot_be_asked_gives_no_coloured_row() {
    let office = Office::new("population");
    let words = ["issue", "paper-sheets", "--from", "in.csv", "--pdf", "sheets.pdf", "--place", "测试街道"];
    let font = Path::new(DEFAULT_FONT);
    match font.exists() {
        true => {
            let (done, rejects) = table(&office, &words, &[]);
            assert_eq!((done.status.code(), rejects.lines().count()), (Some(2), 3), "{done:?} {rejects}");
        }
        false => println!("SKIPPED the sheets: {DEFAULT_FONT} not found"),
    }
    fs::write(office.path("desk/status-list.db"), "no list").unwrap();
    let (done, rejects) = table(&office, &["issue", "--from", "in.csv", "--out", "one.csv"], &[]);
    assert_eq!((done.status.code(), rejects.matches("cannot be asked").count()), (Some(2), 3), "{rejects}");
    let (done, _) = table(&office, &["issue", "--from", "in.csv", "--out", "two.csv"], &["--against-list"]);
    assert!(done.status.success() && String::from_utf8_lossy(&done.stdout).contains("3 AGAINST"), "{done:?}");
}

#[test]
fn what_the_list_says_and_what_it_cannot_say_is_signed_without_a_question() {
    let office = Office::new("population");
    for (number, colour) in [(RED, "red"), (GREEN, "green")] {
        assert!(office.issue("screen", (number, colour), &["--against-list"]).status.success());
    }
    assert!(!office.log().contains("issue-against-list"), "there was nothing to insist on");
    let elsewhere = office.issue("screen", (RED, "green"), &["--kid", "bj01"]);
    assert!(elsewhere.status.success(), "another province's word is not our list's: {elsewhere:?}");
    let exceptions = Office::new("exceptions");
    assert!(exceptions.issue("paper", (NOBODY, "green"), &[]).status.success());
    assert!(
        !exceptions.issue("paper", (NOBODY, "red"), &[]).status.success(),
        "who is no exception is green"
    );
}

#[test]
fn a_list_that_cannot_be_asked_is_no_yes() {
    let office = Office::new("population");
    fs::write(office.path("desk/status-list.db"), "no list").unwrap();
    let refused = office.issue("screen", (GREEN, "green"), &[]);
    assert!(String::from_utf8_lossy(&refused.stderr).contains("cannot be asked"), "{refused:?}");
    assert!(office.issue("screen", (GREEN, "green"), &["--against-list"]).status.success());
    assert!(office.log().contains("issue-against-list"));
}
