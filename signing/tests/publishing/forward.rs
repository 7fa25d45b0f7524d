//! What this desk published once is not taken back, to no terminal: its own memory speaks, not the folder's manifest.

use std::fs;
use std::process::Output;

use crate::office::{HEADER, Office, publish};

/// A list of four green people, and one of them red by a delta.
fn turned() -> Office {
    let office = Office::new();
    assert!(office.list(&[("green", 4)], &[]).status.success());
    office.write("red.csv", &format!("{HEADER}passport,E00000001,,red\n"));
    office.good(&office.delta("red.csv", "red.tfd", &[]));
    office
}

/// Refused with these words, with nothing left behind.
#[track_caller]
fn nothing_left(office: &Office, out: &str, more: &[&str], word: &str) {
    let before = office.traces();
    let refused = office.refused(&publish(out, more));
    assert!(refused.contains(word), "{word}: {refused}");
    assert!(office.traces() == before, "no generation, no line, no archive");
    assert!(!office.path(out).exists(), "{out}");
}

#[track_caller]
fn succeeded(output: &Output) {
    assert!(output.status.success(), "{output:?}");
}

#[test]
fn a_list_without_deltas_that_were_published_goes_to_no_terminal() {
    let office = turned();
    office.good(&publish("one", &["--delta", "red.tfd", "--yes"]));
    for more in [&[][..], &["--yes"]] {
        nothing_left(&office, "two", more, "epoch 1, step 1 was published by this desk");
    }
    // The deltas are lost: what they changed lies in the desk as one.
    office.good(&publish("two", &["--delta", "desk/status-list.tfd"]));
    office.good(&publish("one", &["--delta", "red.tfd"]));
}

#[test]
fn a_list_without_deltas_that_were_signed_is_asked_for() {
    let office = turned();
    nothing_left(&office, "one", &[], "deltas were made as far as step 1 of epoch 1");
    office.good(&publish("one", &["--yes"]));
    office.good(&publish("one", &["--delta", "red.tfd"]));
}

#[test]
fn a_list_that_is_not_where_it_was_is_no_reason_to_publish_none() {
    let office = turned();
    office.good(&publish("one", &["--delta", "red.tfd", "--yes"]));
    fs::rename(office.path("desk/status-list.db"), office.path("moved.db")).unwrap();
    for more in [&[][..], &["--yes"]] {
        nothing_left(&office, "two", more, "the list built last (epoch 1) is not desk/status-list.db");
    }
    // Said so, a terminal has none; what was published is known all the same.
    let none = office.good(&publish("one", &["--no-list"]));
    assert!(none.contains("ID cards will be Assist") && !none.contains("status-list"), "{none}");
    let back = office.refused(&publish("one", &["--status", "moved.db", "--yes"]));
    assert!(back.contains("epoch 1, step 1 was published"), "{back}");
    office.good(&publish("one", &["--status", "moved.db", "--delta", "red.tfd"]));
}

#[test]
fn an_older_list_at_its_place_is_not_published_silently_and_never_behind_a_newer_one() {
    let office = Office::new();
    succeeded(&office.list(&[("green", 4)], &[]));
    succeeded(&office.list(&[("green", 3), ("red", 1)], &["--out", "new.db", "--yes"]));
    nothing_left(&office, "one", &["--yes"], "the list built last (epoch 2) is not desk/status-list.db");
    let old = ["--status", "desk/status-list.db"];
    nothing_left(&office, "one", &old, "NOT the list built last: epoch 1, and epoch 2 was built since");
    office.good(&publish("one", &[&old[..], &["--yes"]].concat()));
    office.good(&publish("one", &["--status", "new.db", "--yes"]));
    nothing_left(&office, "two", &[&old[..], &["--yes"]].concat(), "epoch 2, step 0 was published");
}

#[test]
fn a_list_that_a_copy_of_the_desk_built_is_not_published() {
    let office = Office::new();
    succeeded(&office.list(&[("green", 4)], &[]));
    office.copied_desk("other");
    // Of the epoch after, and of the one that is this desk's next.
    succeeded(&office.list_at("other", &[("green", 4)], &["--out", "theirs.db", "--yes"]));
    let theirs = ["--status", "theirs.db", "--yes"];
    nothing_left(&office, "one", &theirs, "a list of epoch 2 that this desk did not build");
    succeeded(&office.list(&[("green", 2), ("red", 2)], &["--yes"]));
    nothing_left(&office, "one", &theirs, "a list of epoch 2 that this desk did not build");
    office.good(&publish("one", &["--yes"]));
}

#[test]
fn a_delta_that_a_copy_of_the_desk_signed_is_asked_for_and_none_is_made_on_its_list() {
    let office = turned();
    office.good(&publish("one", &["--delta", "red.tfd", "--yes"]));
    office.copied_desk("other");
    office.write("green.csv", &format!("{HEADER}passport,E00000001,,green\n"));
    succeeded(&office.run_at("other", &office.delta("green.csv", "theirs.tfd", &["--after", "red.tfd"])));
    let both = ["--delta", "red.tfd", "--delta", "theirs.tfd"];
    nothing_left(&office, "two", &both, "THIS DESK DID NOT SIGN leads to step 2 of epoch 1");
    // What this desk signs behind it does not make it its own.
    office.good(&office.delta("red.csv", "third.tfd", &["--after", "red.tfd", "--after", "theirs.tfd"]));
    let three = [&both[..], &["--delta", "third.tfd"]].concat();
    nothing_left(&office, "two", &three, "THIS DESK DID NOT SIGN leads to step 2 of epoch 1");
    // Asked for once: the desk brought back from a backup goes on.
    office.good(&publish("two", &[&three[..], &["--yes"]].concat()));
    office.good(&publish("one", &three));
    succeeded(&office.list_at("other", &[("green", 4)], &["--out", "list.db", "--yes"]));
    let mut on_theirs = office.delta("red.csv", "fourth.tfd", &[]);
    on_theirs[3] = "list.db";
    let refused = office.refused(&on_theirs);
    assert!(refused.contains("a list of epoch 2 that this desk did not build"), "{refused}");
    assert!(!office.path("fourth.tfd").exists());
}

#[test]
fn a_draft_takes_nothing_back_either() {
    let office = turned();
    let draft = |more: &[&'static str]| [&["repo", "draft-status", "--repo", "status"][..], more].concat();
    office.repository("status");
    assert!(office.refused(&draft(&[])).contains("deltas were made as far as step 1 of epoch 1"));
    office.good(&draft(&["--delta", "red.tfd", "--yes"]));
    let behind = office.refused(&draft(&["--yes"]));
    assert!(behind.contains("epoch 1, step 1 was published by this desk"), "{behind}");
    nothing_left(&office, "one", &["--yes"], "epoch 1, step 1 was published by this desk");
    office.copied_desk("other");
    succeeded(&office.list_at("other", &[("green", 4)], &["--out", "theirs.db", "--yes"]));
    let theirs = office.refused(&draft(&["--status", "theirs.db", "--yes"]));
    assert!(theirs.contains("a list of epoch 2 that this desk did not build"), "{theirs}");
    fs::rename(office.path("desk/status-list.db"), office.path("moved.db")).unwrap();
    let moved = office.refused(&draft(&["--delta", "red.tfd", "--yes"]));
    assert!(moved.contains("the list built last (epoch 1) is not desk/status-list.db"), "{moved}");
    office.good(&draft(&["--status", "moved.db", "--delta", "red.tfd"]));
}

#[test]
fn an_emptied_list_is_named_with_what_to_do() {
    let office = turned();
    office.write("desk/status-list.db", "");
    nothing_left(&office, "one", &["--yes"], "desk/status-list.db cannot be opened: build the list again");
    succeeded(&office.list(&[("green", 3), ("red", 1)], &["--yes"]));
    office.good(&publish("one", &["--yes"]));
}

#[test]
fn a_step_signed_again_is_asked_for_and_the_log_names_the_one_thrown_away() {
    let office = turned();
    office.write("green.csv", &format!("{HEADER}passport,E00000001,,green\n"));
    let again = office.delta("green.csv", "green.tfd", &["--again"]);
    let before = office.traces();
    let asked = office.refused(&again);
    assert!(asked.contains("THROWN AWAY") && asked.contains("then give --yes"), "{asked}");
    assert!(office.traces() == before && !office.path("green.tfd").exists());
    assert!(!office.path("green.csv.rejects").exists());
    office.good(&[&again[..], &["--yes"]].concat());
    let log = office.read("desk/desk-log.jsonl");
    let told = |word: &str| -> Vec<String> {
        let of_word = |line: &&str| line.contains(&format!("\"operation\":\"{word}\""));
        let digest = |line: &str| Some(line.split("\"digest\":\"").nth(1)?.split('"').next()?.to_owned());
        log.lines().filter(of_word).map(|line| digest(line).unwrap()).collect()
    };
    assert_eq!(told("status-delta-again"), told("status-delta")[..1], "the digest of the first delta's line");
    assert!(asked.contains(&told("status-delta")[0]), "{asked}");
    // With nothing to throw away there is nothing to ask.
    office.write("blue.csv", &format!("{HEADER}passport,E00000002,,red\n"));
    let next = ["--after", "green.tfd", "--again"];
    office.good(&office.delta("blue.csv", "next.tfd", &next));
    assert_eq!(office.read("desk/desk-log.jsonl").matches("status-delta-again").count(), 1);
}
