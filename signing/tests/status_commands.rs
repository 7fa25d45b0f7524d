//! `gate-sign status` as a person uses it: build, inspect, delta; invented people; a cache of subjects.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test program: an error is a failed test")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const HEADER: &str = "document_kind,number,second_number,colour\n";

struct Desk(tempfile::TempDir);

impl Desk {
    fn new() -> Desk {
        let desk = Desk(tempfile::tempdir().unwrap());
        let dir = desk.path("desk");
        let new = [
            "province",
            "new",
            "--demo",
            "--region",
            "510000",
            "--now",
            "2026-11-19T08:00:00+08:00",
            "--dir",
        ];
        let output = Command::new(env!("CARGO_BIN_EXE_gate-sign")).args(new).arg(dir).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        desk
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn status(&self, words: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_gate-sign"))
            .current_dir(self.0.path())
            .arg("status")
            .args(words)
            .args(["--dir", "desk", "--now", "2026-11-20T08:00:00+08:00"])
            .output()
            .unwrap()
    }

    fn good(&self, words: &[&str]) -> String {
        let output = self.status(words);
        assert!(output.status.success(), "{words:?}: {output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    fn build(&self, more: &[&str]) -> String {
        let common = ["build", "--scope", "population", "--as-of", "2026-11-20T06:00:00+08:00"];
        self.good(&[&common[..], more].concat())
    }
}

fn has(path: &Path) -> bool {
    path.exists()
}

#[test]
fn a_delta_follows_the_list_and_inspection_proves_both() {
    let desk = Desk::new();
    let table = format!("{HEADER}resident-id,510100194001010010,,red\npassport,E12345678,,green\n");
    fs::write(desk.path("people.csv"), table).unwrap();
    desk.build(&["--people", "people.csv", "--out", "list"]);
    assert!(!has(&desk.path("list.new.tags")), "subjects go when the list is there");
    fs::write(desk.path("changes.csv"), format!("{HEADER}passport,E12345678,,yellow\npassport,E7,,green\n"))
        .unwrap();
    let delta =
        ["delta", "--base", "list", "--changes", "changes.csv", "--as-of", "2026-11-20T07:00:00+08:00"];
    let output = desk.status(&[&delta[..], &["--out", "one"]].concat());
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    let rejects = fs::read_to_string(desk.path("changes.csv.rejects")).unwrap();
    assert!(rejects.contains("3,\"number: "), "{rejects}");
    let told = desk.good(&["inspect", "list", "one"]);
    for part in ["epoch 1, step 1", "people 2, numbers 2", "both signatures hold"] {
        assert!(told.contains(part), "{told}");
    }
    let twice = desk.status(&["inspect", "list", "one", "one"]);
    assert!(String::from_utf8_lossy(&twice.stderr).contains("the list is at 1 already"), "{twice:?}");
    let mut bytes = fs::read(desk.path("one")).unwrap();
    bytes[200] ^= 1;
    fs::write(desk.path("one"), bytes).unwrap();
    let forged = desk.status(&["inspect", "list", "one"]);
    assert!(String::from_utf8_lossy(&forged.stderr).contains("not signed by both authorities"), "{forged:?}");
}

fn words(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

#[test]
fn a_step_is_signed_once_and_a_delta_is_never_written_over_another_file() {
    let desk = Desk::new();
    fs::write(desk.path("people.csv"), format!("{HEADER}resident-id,510100194001010010,,red\n")).unwrap();
    desk.build(&["--people", "people.csv", "--out", "list"]);
    let base = fs::read(desk.path("list")).unwrap();
    fs::write(desk.path("changes.csv"), format!("{HEADER}passport,E12345678,,red\n")).unwrap();
    let delta = |more: &[&str]| {
        let begin = ["delta", "--base", "list", "--changes", "changes.csv"];
        desk.status(&[&begin[..], &["--as-of", "2026-11-20T07:00:00+08:00"], more].concat())
    };
    let over = delta(&["--out", "list"]);
    assert!(!over.status.success() && words(&over).contains("is there already"), "{over:?}");
    assert_eq!(fs::read(desk.path("list")).unwrap(), base);
    assert!(delta(&["--out", "one"]).status.success());
    let forgotten = delta(&["--out", "two"]);
    assert_eq!(forgotten.status.code(), Some(1), "{forgotten:?}");
    assert!(words(&forgotten).contains("step 1 of epoch 1 was signed before"), "{forgotten:?}");
    assert!(!has(&desk.path("two")));
    assert!(delta(&["--out", "two", "--after", "one"]).status.success());
    assert!(delta(&["--out", "three", "--again", "--yes"]).status.success());
}

#[test]
fn a_delta_a_table_and_a_pipe_are_told_from_a_damaged_list() {
    let desk = Desk::new();
    fs::write(desk.path("people.csv"), format!("{HEADER}resident-id,510100194001010010,,red\n")).unwrap();
    desk.build(&["--people", "people.csv", "--out", "list"]);
    fs::write(
        desk.path("changes.csv"),
        format!("{HEADER}passport,E12345678,,red\nresident-id,510100194001010010,,removed\n"),
    )
    .unwrap();
    let as_of = "2026-11-20T07:00:00+08:00";
    desk.good(&["delta", "--base", "list", "--changes", "changes.csv", "--as-of", as_of, "--out", "one"]);
    let told = desk.good(&["inspect", "one"]);
    for part in
        ["from step 0 to step 1", "0 colours changed, 2 numbers new or removed", "both signatures hold"]
    {
        assert!(told.contains(part), "{told}");
    }
    let told = desk.good(&["inspect", "list", "one"]);
    assert!(told.contains("people 1, numbers 1,") && told.contains("without the deltas: people 1"), "{told}");
    let table = desk.status(&["inspect", "people.csv"]);
    assert!(words(&table).contains("people.csv is neither a status list nor a delta"), "{table:?}");
    let pipe = std::process::Command::new("mkfifo").arg(desk.path("pipe")).status().unwrap();
    assert!(pipe.success());
    for words_given in [vec!["inspect", "pipe"], vec!["inspect", "list", "pipe"]] {
        let output = desk.status(&words_given);
        assert!(words(&output).contains("pipe is no file"), "{output:?}");
    }
}

#[test]
fn an_empty_or_shrunk_list_or_another_scope_takes_a_yes_and_the_last_list_stays_without_it() {
    let desk = Desk::new();
    let people: String =
        ["010", "029", "037", "045"].map(|end| format!("resident-id,510100194001010{end},,red\n")).concat();
    fs::write(desk.path("people.csv"), format!("{HEADER}{people}")).unwrap();
    fs::write(desk.path("none.csv"), HEADER).unwrap();
    fs::write(desk.path("one.csv"), format!("{HEADER}resident-id,510100194001010010,,red\n")).unwrap();
    let build = |table: &str, scope: &str, more: &[&str]| {
        let begin = ["build", "--people", table, "--scope", scope, "--as-of", "2026-11-20T06:00:00+08:00"];
        desk.status(&[&begin[..], &["--out", "list"], more].concat())
    };
    let publish = |more: &[&str]| {
        let begin = ["province", "publish", "--dir", "desk", "--out", "data", "--status", "list"];
        let mut command = Command::new(env!("CARGO_BIN_EXE_gate-sign"));
        command.current_dir(desk.0.path()).args(begin).args(["--now", "2026-11-20T08:00:00+08:00"]);
        command.args(more).output().unwrap()
    };
    assert!(!build("none.csv", "population", &[]).status.success(), "the first list too");
    assert!(build("people.csv", "population", &[]).status.success());
    assert!(publish(&["--yes"]).status.success());
    let last = fs::read(desk.path("list")).unwrap();
    for (table, scope, expected) in [
        ("none.csv", "population", "the list holds NOBODY (everybody is Assist)"),
        ("none.csv", "exceptions", "the list holds NOBODY (everybody passes)"),
        ("one.csv", "population", "people in the list: 4 -> 1"),
        ("people.csv", "exceptions", "population -> exceptions"),
    ] {
        let output = build(table, scope, &[]);
        assert!(!output.status.success() && words(&output).contains(expected), "{expected}: {output:?}");
        assert_eq!(fs::read(desk.path("list")).unwrap(), last, "{expected}: the last list stays");
        let output = build(table, scope, &["--yes"]);
        assert!(output.status.success(), "{output:?}");
        assert!(words(&output).contains("it replaces the list of epoch"), "{output:?}");
        // Built on purpose, and still asked for where a terminal would take it.
        let output = publish(&[]);
        assert!(!output.status.success() && words(&output).contains(expected), "{expected}: {output:?}");
        fs::write(desk.path("list"), &last).unwrap();
    }
}

#[test]
fn a_list_that_was_built_and_thrown_away_is_told_from_the_next_by_the_log() {
    let desk = Desk::new();
    for colour in ["green", "red", "green"] {
        fs::write(desk.path("people.csv"), format!("{HEADER}resident-id,510100194001010010,,{colour}\n"))
            .unwrap();
        desk.build(&["--people", "people.csv", "--out", "list", "--yes"]);
    }
    let log = fs::read_to_string(desk.path("desk/desk-log.jsonl")).unwrap();
    let lines = log.lines().filter(|line| line.contains("\"status-build\""));
    let digests: std::collections::BTreeSet<String> =
        lines.map(|line| line.split_once("\"digest\":\"").unwrap().1.chars().take(20).collect()).collect();
    assert_eq!(digests.len(), 3, "{log}");
}

#[test]
fn a_cache_of_subjects_stays_where_it_was_asked_for_and_gives_the_same_people() {
    let desk = Desk::new();
    fs::write(desk.path("people.csv"), format!("{HEADER}resident-id,510100194001010010,,red\n")).unwrap();
    let build = ["--people", "people.csv", "--out", "list", "--tags", "people.tags"];
    for _ in 0..2 {
        assert!(desk.build(&build).starts_with("1 people (1 numbers)"));
        assert_eq!(fs::metadata(desk.path("people.tags")).unwrap().len(), 58);
    }
}

#[test]
fn invented_people_are_built_as_many_as_asked_for() {
    let desk = Desk::new();
    let told = desk.build(&["--synthetic", "5000", "--seed", "7", "--out", "list"]);
    assert!(told.starts_with("5000 people (5005 numbers)"), "{told}");
    assert!(desk.good(&["inspect", "list"]).contains("people 5000, numbers 5005"));
}
