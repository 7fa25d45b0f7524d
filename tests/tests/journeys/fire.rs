//! Fire input and emergency release are hardware, and recorded (DOMAIN §20).

use gate_core::screen::{Fault, Screen};
use gate_hal::inputs::Level;
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

fn events(stage: &Stage) -> Vec<u8> {
    let records = stage.records().unwrap();
    let device = records.iter().filter(|(_, record)| record.kind == RecordKind::Device);
    device.map(|(_, record)| record.event).collect()
}

fn count(stage: &Stage, event: u8) -> usize {
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
fn the_mechanical_release_is_recorded() {
    let mut stage = stage_for(&Person::new(1).unwrap());
    stage.world.inputs().set_release(Level::Active);
    stage.run(500).unwrap();
    assert_eq!(count(&stage, RELEASE_PULLED), 1);
}
