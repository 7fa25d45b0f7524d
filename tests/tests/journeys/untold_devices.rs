//! Devices that nobody sees fail until they are needed: the attendant's keys, and the thermometer.

use gate_core::attendant::Key;
use gate_core::screen::{Fault, Screen, Serving};
use gate_core::verdict::{Reason, Verdict};
use gate_sim::people::Person;
use gate_sim::stage::{Fitted, Setting, Stage, province};
use gate_wire::credential::{Colour, Role};

use super::technician::{log_in, press, staffed};
use super::{listed_green, show_code, tap_card};

/// The faults on the screen at rest, which invites to codes and cards all the same.
fn unwell(stage: &Stage) -> Vec<Fault> {
    match stage.screen() {
        Some(Screen::Idle(idle)) if idle.serving == Serving::Both => idle.faults.iter().collect(),
        other => unreachable!("it does not rest: {other:?}"),
    }
}

#[test]
fn keys_that_are_pulled_out_are_a_fault_until_they_are_back_for_ten_seconds() {
    let mut stage = staffed(|_| {});
    stage.world.keys().unplug();
    stage.run(1_100).unwrap();
    assert_eq!(unwell(&stage), [Fault::Keys]);
    stage.world.keys().plug();
    stage.run(9_000).unwrap();
    assert_eq!(unwell(&stage), [Fault::Keys], "a loose plug");
    stage.run(3_000).unwrap();
    assert_eq!(unwell(&stage), []);
    log_in(&mut stage, Role::Attendant);
    press(&mut stage, Key::Ok);
    assert!(matches!(stage.screen(), Some(Screen::Staff(_))), "{:?}", stage.screen());
}

#[test]
fn a_thermometer_that_is_pulled_out_is_a_fault_people_pass_all_the_same_and_it_measures_again_when_it_is_back()
 {
    let person = Person::new(1).unwrap();
    let province = province().unwrap();
    let setting = Setting { thermometer: Fitted::Yes, ..listed_green(&province, &person) };
    let mut stage = Stage::new(setting, province).unwrap();
    stage.run(2_000).unwrap();
    assert_eq!(unwell(&stage), []);
    stage.world.thermometer().unplug();
    stage.run(1_100).unwrap();
    assert_eq!(unwell(&stage), [Fault::Thermometer]);
    assert_eq!(show_code(&mut stage, &person, Colour::Green).verdict, Verdict::Pass);
    stage.world.thermometer().plug();
    stage.run(15_000).unwrap();
    assert_eq!(unwell(&stage), []);
    stage.world.thermometer().set(Some(390));
    assert_eq!(tap_card(&mut stage, &person).reason, Reason::TemperatureHigh);
}
