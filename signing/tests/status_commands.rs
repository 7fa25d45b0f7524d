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

#[test]
fn a_cache_of_subjects_stays_where_it_was_asked_for_and_gives_the_same_people() {
    let desk = Desk::new();
    fs::write(desk.path("people.csv"), format!("{HEADER}resident-id,510100194001010010,,red\n")).unwrap();
    let build = ["--people", "people.csv", "--out", "list", "--tags", "people.tags"];
    for _ in 0..2 {
        assert!(desk.build(&build).starts_with("1 people (1 numbers)"));
        assert_eq!(fs::metadata(desk.path("people.tags")).unwrap().len(), 50);
    }
}

#[test]
fn invented_people_are_built_as_many_as_asked_for() {
    let desk = Desk::new();
    let told = desk.build(&["--synthetic", "5000", "--seed", "7", "--out", "list"]);
    assert!(told.starts_with("5000 people (5005 numbers)"), "{told}");
    assert!(desk.good(&["inspect", "list"]).contains("people 5000, numbers 5005"));
}
