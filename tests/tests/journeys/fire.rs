//! Fire input and emergency release are hardware, and recorded (DOMAIN §20).

use gate_core::screen::{Fault, Faults, Screen};
use gate_hal::inputs::{Input, Level};
use gate_signing::demo_issuers::DemoIssuer;
use gate_signing::issue::Claim;
use gate_sim::devices::Opening;
use gate_sim::people::Person;
use gate_sim::stage::{Issue, Stage};
use gate_wire::credential::{Colour, Condition};
use gate_wire::record::RecordKind;

use super::stage_for;

const FIRE: u8 = 2;
const FIRE_OVER: u8 = 3;
const RELEASE_PULLED: u8 = 6;
const FIRE_INPUT_LOST: u8 = 11;
const FIRE_INPUT_BACK: u8 = 12;
const INPUT_LOST: u8 = 13;
const INPUT_BACK: u8 = 14;

fn events(stage: &Stage) -> Vec<u8> {
    let records = stage.records().unwrap();
    let device = records.iter().filter(|(_, record)| record.kind == RecordKind::Device);
    device.map(|(_, record)| record.event).collect()
}

pub(super) fn count(stage: &Stage, event: u8) -> usize {
    events(stage).iter().filter(|found| **found == event).count()
}

#[test]
fn fire_opens_the_latch_even_if_the_process_hangs_and_is_recorded_once() {
    let mut stage = stage_for(&Person::new(1).unwrap());
    stage.world.inputs().set_fire(Level::Active);
    // No turn was taken yet.
    assert!(stage.world.latch().is_open());
    assert_eq!(stage.pulses()[0].by, Opening::Fire);
    stage.run(60_000).unwrap();
    assert!(stage.world.latch().is_open(), "open for as long as there is fire");
    assert!(matches!(stage.screen(), Some(Screen::Fault(shown)) if shown.fault == Fault::Fire));
    assert_eq!((count(&stage, FIRE), count(&stage, FIRE_OVER)), (1, 0));
    stage.world.inputs().set_fire(Level::Inactive);
    stage.run(1_000).unwrap();
    assert!(!stage.world.latch().is_open());
    assert_eq!((count(&stage, FIRE), count(&stage, FIRE_OVER)), (1, 1));
}

#[test]
fn during_a_fire_nobody_is_told_to_stay() {
    let person = Person::new(1).unwrap();
    let mut stage = stage_for(&person);
    stage.world.inputs().set_fire(Level::Active);
    stage.run(200).unwrap();
    let claim = Claim::Screen(Condition::Colour(Colour::Red));
    let code = stage.issue(DemoIssuer::Province, &person, Issue { claim, age_s: 60, life_s: 900 }).unwrap();
    stage.hold_phone(&code.text).unwrap();
    stage.run(10_000).unwrap();
    assert!(stage.world.latch().is_open());
    assert!(matches!(stage.screen(), Some(Screen::Fault(shown)) if shown.fault == Fault::Fire));
    assert_eq!(stage.pulses().len(), 1);
}

#[test]
fn a_fire_is_shown_and_recorded_whatever_other_input_is_broken_and_the_broken_one_is_a_fault() {
    for torn in Input::ALL.into_iter().filter(|input| *input != Input::Fire) {
        let mut stage = stage_for(&Person::new(1).unwrap());
        stage.world.inputs().tear(torn);
        stage.run(1_000).unwrap();
        assert!(idle_faults(&stage).has(Fault::Inputs), "{torn:?}");
        stage.world.inputs().set_fire(Level::Active);
        stage.run(1_000).unwrap();
        assert!(matches!(stage.screen(), Some(Screen::Fault(shown)) if shown.fault == Fault::Fire));
        stage.world.inputs().mend();
        stage.world.inputs().set_fire(Level::Inactive);
        stage.run(12_000).unwrap();
        assert!(!idle_faults(&stage).has(Fault::Inputs), "{torn:?}");
        let told = [INPUT_LOST, FIRE, FIRE_OVER, INPUT_BACK].map(|event| count(&stage, event));
        assert_eq!(told, [1; 4], "{torn:?}");
    }
}

#[test]
fn a_fire_input_that_is_lost_in_a_fire_is_recorded_and_the_fire_goes_on() {
    let mut stage = stage_for(&Person::new(1).unwrap());
    stage.world.inputs().set_fire(Level::Active);
    stage.run(1_000).unwrap();
    stage.world.inputs().tear(Input::Fire);
    stage.run(60_000).unwrap();
    assert!(matches!(stage.screen(), Some(Screen::Fault(shown)) if shown.fault == Fault::Fire));
    assert_eq!((count(&stage, FIRE_INPUT_LOST), count(&stage, FIRE_OVER)), (1, 0));
    stage.world.inputs().set_fire(Level::Inactive);
    stage.world.inputs().mend();
    stage.run(12_000).unwrap();
    assert_eq!((count(&stage, FIRE_INPUT_BACK), count(&stage, FIRE_OVER)), (1, 1));
}

fn idle_faults(stage: &Stage) -> Faults {
    match stage.screen() {
        Some(Screen::Idle(idle)) => idle.faults,
        other => unreachable!("the lane rests, and shows no {other:?}"),
    }
}

#[test]
fn the_mechanical_release_is_recorded() {
    let mut stage = stage_for(&Person::new(1).unwrap());
    stage.world.inputs().set_release(Level::Active);
    stage.run(500).unwrap();
    assert_eq!(count(&stage, RELEASE_PULLED), 1);
}
