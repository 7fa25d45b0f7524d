//! What an operator signs by hand is what the desk's own list says, or the log says that it is not.
#![expect(clippy::unwrap_used, reason = "a test's helpers: a failure here is the test's failure")]

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};

use gate_signing::log::LOG_FILE;
use tempfile::TempDir;

const NOW: &str = "2026-11-20T08:00:00+08:00";
const RED: &str = "510100194001010037";
const GREEN: &str = "510100194001010010";
const NOBODY: &str = "510100194001010053";

struct Office(TempDir);

impl Office {
    /// A desk whose list says red of one person and green of another.
    fn new(scope: &str) -> Office {
        let office = Office(tempfile::tempdir().unwrap());
        let new = office.run(&["province", "new", "--demo", "--region", "510000"]);
        assert!(new.status.success(), "{new:?}");
        let table = format!(
            "document_kind,number,second_number,colour\nresident-id,{RED},,red\nresident-id,{GREEN},,green\n"
        );
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
fn what_the_list_says_and_what_it_cannot_say_is_signed_without_a_question() {
    let office = Office::new("population");
    for (number, colour) in [(RED, "red"), (GREEN, "green"), (NOBODY, "green")] {
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
