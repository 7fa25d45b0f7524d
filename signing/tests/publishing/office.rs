//! A demo's desk at its command line: lists of invented people, deltas, publications.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};

use tempfile::TempDir;

const NOW: &str = "2026-11-20T08:00:00+08:00";
/// Of every table of people.
pub(crate) const HEADER: &str = "document_kind,number,second_number,colour\n";
const WANG: &str = "resident-id,510100194001010037,,";

/// A desk in a folder of its own.
pub(crate) struct Office(TempDir);

impl Office {
    pub(crate) fn new() -> Office {
        let office = Office(tempfile::tempdir().unwrap());
        office.good(&["province", "new", "--demo", "--region", "510000"]);
        office
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    pub(crate) fn run(&self, words: &[&str]) -> Output {
        self.run_at("desk", words)
    }

    pub(crate) fn run_at(&self, desk: &str, words: &[&str]) -> Output {
        self.typed((desk, NOW), words)
    }

    /// By another clock.
    pub(crate) fn run_when(&self, now: &str, words: &[&str]) -> Output {
        self.typed(("desk", now), words)
    }

    fn typed(&self, (desk, now): (&str, &str), words: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_gate-sign"));
        command.current_dir(self.0.path()).args(words).args(["--dir", desk, "--now", now]).output().unwrap()
    }

    #[track_caller]
    pub(crate) fn good(&self, words: &[&str]) -> String {
        let output = self.run(words);
        assert!(output.status.success(), "{words:?}: {output:?}");
        told(&output)
    }

    #[track_caller]
    pub(crate) fn refused(&self, words: &[&str]) -> String {
        let output = self.run(words);
        assert_eq!(output.status.code(), Some(1), "{words:?}: {output:?}");
        told(&output)
    }

    /// A list of so many people of each colour, at its place in the desk.
    pub(crate) fn list(&self, colours: &[(&str, usize)], more: &[&str]) -> Output {
        self.list_at("desk", colours, more)
    }

    /// The same at another desk of this folder.
    pub(crate) fn list_at(&self, desk: &str, colours: &[(&str, usize)], more: &[&str]) -> Output {
        let people = colours.iter().flat_map(|(colour, count)| std::iter::repeat_n(*colour, *count));
        let lines = (0..).zip(people).map(|(n, colour): (u32, &str)| format!("passport,E{n:08},,{colour}\n"));
        self.write("people.csv", &(HEADER.to_owned() + &lines.collect::<String>()));
        let build = ["status", "build", "--people", "people.csv", "--scope", "population"];
        let begin = [&build[..], &["--as-of", "2026-11-20T06:00:00+08:00"]].concat();
        self.run_at(desk, &[&begin[..], more].concat())
    }

    /// A copy of the desk, as it is.
    pub(crate) fn copied_desk(&self, name: &str) {
        let copy = Command::new("cp").args(["-a", "desk", name]).current_dir(self.0.path()).status();
        assert!(copy.unwrap().success());
    }

    /// A repository's first root; nobody has signed it yet.
    pub(crate) fn repository(&self, name: &str) {
        let key = |word: &str| {
            let mut made = Command::new(env!("CARGO_BIN_EXE_gate-sign"));
            made.current_dir(self.0.path()).env("GATE_OFFICER_PASSPHRASE", "invented officer phrase 1");
            let made = made.args(["officer", "new", "--out", &format!("{word}.key")]).output().unwrap();
            assert!(made.status.success(), "{made:?}");
            String::from_utf8(made.stdout).unwrap().trim().to_owned()
        };
        let of = |role: &str, word: &str| format!("--{role}={}", key(word));
        let keys = [
            of("root", "root-a"),
            of("root", "root-b"),
            of("targets", "targets-a"),
            of("targets", "targets-b"),
            of("snapshot", "snapshot"),
            of("timestamp", "timestamp"),
        ];
        let mut new = Command::new(env!("CARGO_BIN_EXE_gate-sign"));
        let made = new.current_dir(self.0.path()).args(["repo", "new", "--repo", name]).args(keys).output();
        let made = made.unwrap();
        assert!(made.status.success(), "{made:?}");
    }

    /// A list of one green person, and two deltas for its first step: red, thrown away, then yellow.
    pub(crate) fn forked(&self, between: impl Fn(&Office)) -> Output {
        assert!(self.list(&[("green", 3)], &[]).status.success());
        self.write("red.csv", &format!("{HEADER}{WANG}red\n"));
        self.write("yellow.csv", &format!("{HEADER}{WANG}yellow\n"));
        self.good(&self.delta("red.csv", "red.tfd", &[]));
        between(self);
        self.run(&self.delta("yellow.csv", "yellow.tfd", &["--again", "--yes"]))
    }

    pub(crate) fn delta<'a>(&self, changes: &'a str, out: &'a str, more: &[&'a str]) -> Vec<&'a str> {
        let as_of = "2026-11-20T07:00:00+08:00";
        let begin = ["status", "delta", "--base", "desk/status-list.db", "--as-of", as_of];
        [&begin[..], &["--changes", changes, "--out", out], more].concat()
    }

    /// Files of the desk that a publication changes.
    pub(crate) fn traces(&self) -> Vec<String> {
        let archive = fs::read_dir(self.path("desk/archive")).map(Iterator::count).unwrap_or(0);
        vec![self.read("desk/province.json"), self.read("desk/desk-log.jsonl"), archive.to_string()]
    }
}

pub(crate) fn told(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

pub(crate) fn publish<'a>(out: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    [&["province", "publish", "--out", out][..], more].concat()
}
