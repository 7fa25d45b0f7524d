//! One history of the list leaves, changes are told, and nothing of what was refused stays.

use std::fs;

use crate::office::{HEADER, Office, publish, told};

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
