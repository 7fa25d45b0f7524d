//! A list that changes: deltas at the next start and while the terminal runs; bad ones, old ones, damaged leaves.

use std::fs;
use std::path::PathBuf;

use gate_core::manifest::FILE_NAME;
use gate_core::screen::{Fault, Screen};
use gate_core::verdict::Verdict;
use gate_sim::people::Person;
use gate_sim::stage::Stage;

use super::{stage_for, tap_card};

fn person() -> Person {
    Person::new(3).unwrap()
}

/// A step in which everyone stays but this person.
fn step(stage: &mut Stage, person: &Person, colour: &str) -> PathBuf {
    stage.step(&format!("resident-id,{},,{colour}\n", person.number)).unwrap()
}

/// What the person's card gets, a while after the last one.
fn verdict(stage: &mut Stage, person: &Person) -> Verdict {
    stage.run(11_000).unwrap();
    let told = tap_card(stage, person);
    stage.run(11_000).unwrap();
    told.verdict
}

fn believed(stage: &Stage) -> PathBuf {
    stage.directory().join("believed")
}

fn faults(stage: &mut Stage) -> Vec<Fault> {
    stage.run(70_000).unwrap();
    match stage.screen() {
        Some(Screen::Idle(idle)) => Fault::ALL.into_iter().filter(|fault| idle.faults.has(*fault)).collect(),
        other => unreachable!("the resting screen was expected, not {other:?}"),
    }
}

#[test]
fn a_colour_changed_by_a_delta_is_the_cards_next_verdict_without_a_restart() {
    let person = person();
    let mut stage = stage_for(&person);
    assert_eq!(verdict(&mut stage, &person), Verdict::Pass);
    for (colour, expected) in [("red", Verdict::Stop), ("yellow", Verdict::Limit), ("green", Verdict::Pass)] {
        let delta = step(&mut stage, &person, colour);
        stage.publish(&[delta]).unwrap();
        stage.run_until_renewed().unwrap();
        assert_eq!(verdict(&mut stage, &person), expected, "{colour}");
    }
    let mut stage = stage.reboot(30).unwrap();
    assert_eq!(verdict(&mut stage, &person), Verdict::Pass, "and the same after a start");
    let records = stage.records().unwrap();
    let as_of: Vec<_> =
        records.iter().map(|(_, record)| record.list_as_of).filter(|at| at.unix() > 0).collect();
    assert!(as_of.is_sorted() && as_of.first() < as_of.last(), "a record says as of when: {as_of:?}");
    assert_eq!(faults(&mut stage), []);
}

#[test]
fn a_bad_delta_leaves_the_list_at_the_last_good_one_and_is_a_fault() {
    let person = person();
    let mut stage = stage_for(&person);
    let deltas = ["yellow", "red", "green"].map(|colour| step(&mut stage, &person, colour));
    stage.publish(&deltas).unwrap();
    let last = believed(&stage).join("status-delta.1.2-3.tfd");
    let mut bytes = fs::read(&last).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    fs::write(&last, bytes).unwrap();
    stage.run_until_renewed().unwrap();
    assert_eq!(verdict(&mut stage, &person), Verdict::Stop, "as of the second delta");
    assert_eq!(faults(&mut stage), [Fault::ListDamaged]);
    // The desk finds what is missing and brings it again under the name that is free now.
    fs::remove_file(&last).unwrap();
    stage.publish(&deltas[2..]).unwrap();
    stage.run_until_renewed().unwrap();
    assert_eq!(verdict(&mut stage, &person), Verdict::Pass);
    assert_eq!(faults(&mut stage), []);
}

#[test]
fn an_older_manifest_is_refused_running_and_at_the_next_start() {
    let person = person();
    let mut stage = stage_for(&person);
    let manifest = believed(&stage).join(FILE_NAME);
    let first = step(&mut stage, &person, "green");
    stage.publish(&[first]).unwrap();
    let old = fs::read(&manifest).unwrap();
    let second = step(&mut stage, &person, "red");
    stage.publish(&[second]).unwrap();
    stage.run_until_renewed().unwrap();
    assert_eq!(verdict(&mut stage, &person), Verdict::Stop);
    // Somebody puts back a manifest from before the red.
    let beside = believed(&stage).join("manifest.old");
    fs::write(&beside, old).unwrap();
    fs::rename(&beside, &manifest).unwrap();
    stage.run_until_renewed().unwrap();
    assert_eq!(verdict(&mut stage, &person), Verdict::Stop, "what is in memory stays");
    let mut stage = stage.reboot(30).unwrap();
    assert_eq!(verdict(&mut stage, &person), Verdict::Assist, "never the green from before");
}

#[test]
fn a_damaged_leaf_is_found_while_nobody_is_there() {
    let person = person();
    let stage = stage_for(&person);
    assert_eq!(faults(&mut stage_for(&person)), []);
    let base = believed(&stage).join("status-list.1.db");
    let mut bytes = fs::read(&base).unwrap();
    // The end of the second page: the one leaf of this list.
    bytes[2 * 4096 - 20] ^= 1;
    fs::write(&base, bytes).unwrap();
    let mut stage = stage.reboot(30).unwrap();
    assert_eq!(faults(&mut stage), [Fault::ListDamaged]);
    assert_eq!(verdict(&mut stage, &person), Verdict::Assist);
    assert_eq!(tap_card(&mut stage, &person).reason.code(), "A30");
}
