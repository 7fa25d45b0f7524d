//! The first person walks through.

use gate_core::verdict::Verdict;
use gate_signing::demo_issuers::DemoIssuer;
use gate_signing::issue::Claim;
use gate_sim::people::Person;
use gate_sim::stage::{Issue, Setting, Stage, province};
use gate_wire::credential::{Colour, Condition};

#[test]
fn a_green_screen_code_opens_once_and_is_recorded_once() {
    let person = Person::new(1).unwrap();
    let mut stage = Stage::new(Setting::default(), province().unwrap()).unwrap();
    let claim = Claim::Screen(Condition::Colour(Colour::Green));
    let code = stage.issue(DemoIssuer::Province, &person, Issue { claim, age_s: 60, life_s: 900 }).unwrap();
    let before = stage.screens_shown();
    stage.hold_phone(&code.text).unwrap();
    stage.run(1_000).unwrap();
    let told = stage.told_since(before).expect("a verdict is shown");
    assert_eq!((told.verdict, told.reason.code()), (Verdict::Pass, "P01"));
    assert_eq!(stage.pulses().len(), 1);
}
