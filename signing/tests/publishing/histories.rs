//! What leaves the desk, to whichever terminal: one history of the list, told changes, and nothing of what was refused.
#![expect(clippy::unwrap_used, reason = "a test's helpers: a failure here is the test's failure")]

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};

use tempfile::TempDir;

const NOW: &str = "2026-11-20T08:00:00+08:00";
const HEADER: &str = "document_kind,number,second_number,colour\n";
const WANG: &str = "resident-id,510100194001010037,,";

struct Office(TempDir);

impl Office {
    fn new() -> Office {
        let office = Office(tempfile::tempdir().unwrap());
        office.good(&["province", "new", "--demo", "--region", "510000"]);
        office
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).unwrap();
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    fn run(&self, words: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_gate-sign"));
        command.current_dir(self.0.path()).args(words).args(["--dir", "desk", "--now", NOW]).output().unwrap()
    }

    #[track_caller]
    fn good(&self, words: &[&str]) -> String {
        let output = self.run(words);
        assert!(output.status.success(), "{words:?}: {output:?}");
        told(&output)
    }

    #[track_caller]
    fn refused(&self, words: &[&str]) -> String {
        let output = self.run(words);
        assert_eq!(output.status.code(), Some(1), "{words:?}: {output:?}");
        told(&output)
    }

    /// A list of so many people of each colour, at its place in the desk.
    fn list(&self, colours: &[(&str, usize)], more: &[&str]) -> Output {
        let people = colours.iter().flat_map(|(colour, count)| std::iter::repeat_n(*colour, *count));
        let lines = (0..).zip(people).map(|(n, colour): (u32, &str)| format!("passport,E{n:08},,{colour}\n"));
        self.write("people.csv", &(HEADER.to_owned() + &lines.collect::<String>()));
        let build = ["status", "build", "--people", "people.csv", "--scope", "population"];
        self.run(&[&build[..], &["--as-of", "2026-11-20T06:00:00+08:00"], more].concat())
    }

    /// A list of one green person, and two deltas for its first step: red, thrown away, then yellow.
    fn forked(&self, between: impl Fn(&Office)) -> Output {
        assert!(self.list(&[("green", 3)], &[]).status.success());
        self.write("red.csv", &format!("{HEADER}{WANG}red\n"));
        self.write("yellow.csv", &format!("{HEADER}{WANG}yellow\n"));
        self.good(&self.delta("red.csv", "red.tfd", &[]));
        between(self);
        self.run(&self.delta("yellow.csv", "yellow.tfd", &["--again"]))
    }

    fn delta<'a>(&self, changes: &'a str, out: &'a str, more: &[&'a str]) -> Vec<&'a str> {
        let as_of = "2026-11-20T07:00:00+08:00";
        let begin = ["status", "delta", "--base", "desk/status-list.db", "--as-of", as_of];
        [&begin[..], &["--changes", changes, "--out", out], more].concat()
    }

    /// Files of the desk that a publication changes.
    fn traces(&self) -> Vec<String> {
        let archive = fs::read_dir(self.path("desk/archive")).map(Iterator::count).unwrap_or(0);
        vec![self.read("desk/province.json"), self.read("desk/desk-log.jsonl"), archive.to_string()]
    }
}

fn told(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

fn publish<'a>(out: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    [&["province", "publish", "--out", out][..], more].concat()
}

#[test]
fn a_step_that_was_published_is_never_signed_again() {
    let office = Office::new();
    let again = office.forked(|office| {
        office.good(&publish("one", &["--delta", "red.tfd"]));
    });
    assert_eq!(again.status.code(), Some(1), "{again:?}");
    assert!(told(&again).contains("step 1 of epoch 1 was published (as far as step 1)"), "{again:?}");
    assert!(!office.path("yellow.tfd").exists());
    let next = office.delta("yellow.csv", "yellow.tfd", &["--after", "red.tfd"]);
    office.good(&next);
    office.good(&publish("one", &["--delta", "red.tfd", "--delta", "yellow.tfd", "--yes"]));
}

#[test]
fn of_two_deltas_for_one_step_the_one_that_counts_alone_goes_to_any_terminal() {
    let office = Office::new();
    let again = office.forked(|_| {});
    assert!(again.status.success(), "nothing was published: {again:?}");
    for out in ["one", "two"] {
        let other = office.refused(&publish(out, &["--delta", "red.tfd", "--yes"]));
        assert!(other.contains("step 1 of epoch 1 in these deltas is not the one that counts"), "{other}");
        assert!(!office.path(out).exists());
        office.good(&publish(out, &["--delta", "yellow.tfd", "--yes"]));
    }
    let list = ["status", "delta", "--base", "desk/status-list.db", "--after", "red.tfd", "--again"];
    let more = ["--as-of", "2026-11-20T07:30:00+08:00", "--changes", "red.csv", "--out", "third.tfd"];
    let on_the_other = office.refused(&[&list[..], &more].concat());
    assert!(on_the_other.contains("was published"), "{on_the_other}");
}

#[test]
fn what_was_refused_leaves_nothing_and_is_told_again() {
    let office = Office::new();
    assert!(office.forked(|_| {}).status.success());
    office.good(&publish("one", &["--delta", "yellow.tfd"]));
    let (places, before) = (office.read("desk/places.json"), office.traces());
    office.write("desk/places.json", &places.replacen("\"in\"", "\"out\"", 1));
    let lost = office.refused(&publish("one", &["--delta", "red.tfd", "--yes"]));
    assert!(lost.contains("two deltas for one step"), "{lost}");
    assert!(office.traces() == before, "no generation, no line, no archive");
    let asked = office.refused(&publish("one", &[]));
    assert!(asked.contains("lane") && asked.contains("then give --yes"), "{asked}");
    // A fault while files are written: kept and told, but not in force.
    fs::create_dir_all(office.path("two/province.keys.json")).unwrap();
    office.refused(&publish("two", &["--yes"]));
    assert!(office.refused(&publish("one", &[])).contains("then give --yes"), "it never came into force");
    office.good(&publish("one", &["--yes"]));
    office.good(&publish("one", &[]));
}

#[test]
fn a_lost_archive_is_told_and_everything_with_it() {
    let office = Office::new();
    office.good(&publish("one", &[]));
    office.good(&publish("one", &[]));
    let whole = office.path("desk/archive");
    fs::rename(&whole, office.path("lost")).unwrap();
    let asked = office.refused(&publish("one", &[]));
    for part in ["all of it is told as new", "sc02", "policy-station: new; other than", "lane"] {
        assert!(asked.contains(part), "{part}: {asked}");
    }
    fs::rename(office.path("lost"), &whole).unwrap();
    fs::write(whole.join("00000002/places.2.json"), "{}").unwrap();
    let asked = office.refused(&publish("one", &[]));
    assert!(asked.contains("is not what was published") && asked.contains("told as new"), "{asked}");
    office.good(&publish("one", &["--yes"]));
    office.good(&publish("one", &[]));
}

#[test]
fn a_list_that_shrank_is_asked_for_whichever_directory_it_goes_to() {
    let office = Office::new();
    assert!(office.list(&[("green", 4)], &[]).status.success());
    office.good(&publish("one", &[]));
    assert!(office.list(&[("green", 1)], &["--yes"]).status.success());
    for out in ["one", "fresh"] {
        let asked = office.refused(&publish(out, &[]));
        assert!(asked.contains("people in the list: 4 -> 1"), "{asked}");
    }
    office.good(&publish("one", &["--yes"]));
    office.good(&publish("fresh", &[]));
}

#[test]
fn colours_that_turn_are_told_and_asked_for_when_they_are_many() {
    let office = Office::new();
    assert!(office.list(&[("green", 2), ("red", 10)], &[]).status.success());
    office.good(&publish("one", &[]));
    let few = office.list(&[("green", 4), ("red", 8)], &[]);
    assert!(few.status.success(), "{few:?}");
    for part in ["绿 green: 2 -> 4\n", "红 red: 10 -> 8\n"] {
        assert!(told(&few).contains(part), "{few:?}");
    }
    assert!(office.good(&publish("one", &[])).contains("红 red: 10 -> 8\n"));
    let many = office.list(&[("green", 12)], &[]);
    assert_eq!(many.status.code(), Some(1), "{many:?}");
    assert!(told(&many).contains("! 红 red: 8 -> 0") && told(&many).contains("then give --yes"), "{many:?}");
    assert!(office.list(&[("green", 12)], &["--yes"]).status.success());
    assert!(office.refused(&publish("fresh", &[])).contains("! 红 red: 8 -> 0"));
    office.good(&publish("fresh", &["--yes"]));
}

#[test]
fn colours_that_a_delta_turns_are_asked_for_when_they_are_many() {
    let office = Office::new();
    assert!(office.list(&[("green", 2), ("red", 2)], &[]).status.success());
    office.good(&publish("one", &[]));
    office.write("green.csv", &format!("{HEADER}passport,E00000002,,green\npassport,E00000003,,green\n"));
    office.good(&office.delta("green.csv", "green.tfd", &[]));
    assert!(office.refused(&publish("one", &["--delta", "green.tfd"])).contains("! 红 red: 2 -> 0"));
    office.good(&publish("one", &["--delta", "green.tfd", "--yes"]));
    office.good(&publish("two", &["--delta", "green.tfd"]));
}
