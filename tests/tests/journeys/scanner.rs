//! A scanner beside the camera: what it reads is one person's code, and without it the camera still reads.

use gate_core::verdict::Verdict;
use gate_hal::inputs::Level;
use gate_hal::latch::STAY_OPEN;
use gate_signing::demo_issuers::DemoIssuer;
use gate_sim::devices::{Opening, Pulse};
use gate_sim::people::Person;
use gate_sim::stage::{Issue, Stage, province};
use gate_wire::credential::Colour;

use super::{Claim, Condition, listed_green, show_code, stage_for, verdict_within};

fn scan_code(stage: &mut Stage, person: &Person, colour: Colour) {
    let claim = Claim::Screen(Condition::Colour(colour));
    let code = stage.issue(DemoIssuer::Province, person, Issue { claim, age_s: 60, life_s: 900 }).unwrap();
    stage.world.scanner().scan(&code.text);
}

#[test]
fn a_code_that_a_scanner_reads_is_one_passage() {
    let person = Person::new(1).unwrap();
    let mut stage = stage_for(&person);
    stage.run(200).unwrap();
    let before = stage.records().unwrap().len();
    scan_code(&mut stage, &person, Colour::Green);
    assert_eq!(verdict_within(&mut stage, 1_000).verdict, Verdict::Pass);
    stage.run(500).unwrap();
    assert_eq!((stage.pulses().len(), stage.records().unwrap().len()), (1, before + 1));
}

#[test]
fn a_text_that_is_no_code_of_ours_is_answered_and_opens_nothing() {
    let mut stage = stage_for(&Person::new(1).unwrap());
    stage.run(200).unwrap();
    stage.world.scanner().scan("6901234567892");
    assert_eq!(verdict_within(&mut stage, 1_000).verdict, Verdict::Assist);
    assert!(stage.pulses().is_empty());
}

#[test]
fn without_the_scanner_the_camera_reads_and_it_is_heard_again_when_it_is_back() {
    let person = Person::new(1).unwrap();
    let mut stage = stage_for(&person);
    stage.world.scanner().unplug();
    assert_eq!(show_code(&mut stage, &person, Colour::Green).verdict, Verdict::Pass);
    stage.run(20_000).unwrap();
    stage.world.scanner().plug();
    scan_code(&mut stage, &person, Colour::Red);
    assert_ne!(verdict_within(&mut stage, 1_000).verdict, Verdict::Pass);
}

#[test]
fn a_code_scanned_during_a_fire_passes_nobody_when_it_is_over() {
    let person = Person::new(1).unwrap();
    let mut stage = stage_for(&person);
    stage.world.inputs().set_fire(Level::Active);
    stage.run(200).unwrap();
    scan_code(&mut stage, &person, Colour::Green);
    stage.run(200).unwrap();
    assert_eq!(stage.world.scanner().waiting(), 0, "what a scanner types is taken in every turn");
    stage.world.inputs().set_fire(Level::Inactive);
    stage.run(5_000).unwrap();
    assert!(stage.pulses().iter().all(|pulse| pulse.by == Opening::Fire), "{:?}", stage.pulses());
}

/// A lane at which no check is in force.
pub(super) fn unchecked(person: &Person) -> Stage {
    let province = province().unwrap();
    let mut setting = listed_green(&province, person);
    let policy = &mut setting.inputs.policy_station;
    *policy = policy.replacen("\"unchecked_at\": []", "\"unchecked_at\": [\"low\"]", 1);
    Stage::new(setting, province).unwrap()
}

#[test]
fn a_code_scanned_while_no_check_is_in_force_is_taken_and_recorded_nowhere() {
    let person = Person::new(1).unwrap();
    let mut stage = unchecked(&person);
    stage.run(200).unwrap();
    let before = stage.records().unwrap().len();
    scan_code(&mut stage, &person, Colour::Red);
    stage.run(200).unwrap();
    assert_eq!((stage.world.scanner().waiting(), stage.records().unwrap().len()), (0, before));
}

#[test]
fn no_check_is_one_opening_for_as_long_as_the_loop_turns_and_ends_with_it() {
    let mut stage = unchecked(&Person::new(1).unwrap());
    stage.run(120_000).unwrap();
    assert!(matches!(stage.pulses()[..], [Pulse { by: Opening::NoCheck, closed: None, .. }]));
    // No turn is taken any more.
    stage.world.advance(STAY_OPEN.0);
    assert!(!stage.world.latch().is_open());
    stage.run(100).unwrap();
    assert!(stage.world.latch().is_open(), "and begins with it");
}
