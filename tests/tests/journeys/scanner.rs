//! A scanner beside the camera: what it reads is one person's code, and without it the camera still reads.

use gate_core::verdict::Verdict;
use gate_signing::demo_issuers::DemoIssuer;
use gate_sim::people::Person;
use gate_sim::stage::{Issue, Stage};
use gate_wire::credential::Colour;

use super::{Claim, Condition, show_code, stage_for, verdict_within};

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
