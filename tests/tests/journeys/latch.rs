//! The latch opens until the person is through, at most 5 s (ID-card lane 10 s), and never closes on a person.

use gate_core::event::Event;
use gate_core::screen::{Fault, OutOfService, Screen};
use gate_core::verdict::Verdict;
use gate_hal::inputs::{Input, Level};
use gate_signing::demo_issuers::DemoIssuer;
use gate_signing::issue::Claim;
use gate_sim::devices::{Closing, Pulse};
use gate_sim::people::Person;
use gate_sim::stage::{Issue, Stage};
use gate_terminal::gate::{LEAVING_MS, Leaving};
use gate_wire::credential::{Colour, Condition};
use gate_wire::time::Millis;

use super::fire::count;
use super::scanner::unchecked;
use super::{show_code, stage_for, tap_card, verdict_within};

fn only_pulse(stage: &Stage) -> Pulse {
    let pulses = stage.pulses();
    assert_eq!(pulses.len(), 1, "{pulses:?}");
    pulses[0]
}

fn open_for(pulse: &Pulse) -> Millis {
    pulse.closed.expect("closed").at.since(pulse.opened_at)
}

#[test]
fn nobody_walks_and_the_latch_closes_after_five_seconds_for_a_code_and_ten_for_a_card() {
    let person = Person::new(1).unwrap();
    let mut stage = stage_for(&person);
    show_code(&mut stage, &person, Colour::Green);
    stage.run(12_000).unwrap();
    let open = open_for(&only_pulse(&stage)).0;
    assert!((4_900..=5_000).contains(&open), "{open} ms for a code");

    let mut stage = stage_for(&person);
    tap_card(&mut stage, &person);
    stage.run(15_000).unwrap();
    let open = open_for(&only_pulse(&stage)).0;
    assert!((9_900..=10_000).contains(&open), "{open} ms for a card");
}

#[test]
fn the_latch_closes_as_soon_as_the_person_is_through() {
    let person = Person::new(1).unwrap();
    let mut stage = stage_for(&person);
    show_code(&mut stage, &person, Colour::Green);
    stage.world.inputs().person_walks_through(500, 800);
    let through = stage.world.now().plus(1_300);
    stage.run(3_000).unwrap();
    let closed = only_pulse(&stage).closed.expect("closed");
    assert_eq!(closed.why, Closing::Passage);
    assert!(closed.at >= through && closed.at.since(through).0 <= 100, "{closed:?}");
}

#[test]
fn the_latch_never_closes_on_a_person_who_stays_in_the_gate() {
    let person = Person::new(1).unwrap();
    let mut stage = stage_for(&person);
    show_code(&mut stage, &person, Colour::Green);
    stage.world.inputs().person_walks_through(4_500, 20_000);
    let out = stage.world.now().plus(24_500);
    stage.run(24_000).unwrap();
    assert!(stage.world.latch().is_open(), "a person stands in the gate");
    stage.run(2_000).unwrap();
    let closed = only_pulse(&stage).closed.expect("closed");
    assert!(closed.at >= out, "closed at {:?}, the person left at {out:?}", closed.at);
}

/// Whether the resting screen says that a sensor is out of order, and how often it was recorded that the gate was held, and no more.
fn told(stage: &Stage) -> (bool, usize, usize) {
    let Some(Screen::Idle(idle)) = stage.screen() else { unreachable!("{:?}", stage.screen()) };
    let events = [Event::HeldOpen, Event::HeldOpenOver].map(|event| count(stage, event.code()));
    (idle.faults.has(Fault::Inputs), events[0], events[1])
}

#[test]
fn a_light_barrier_that_never_clears_after_a_passage_is_a_fault_and_recorded_once() {
    let person = Person::new(1).unwrap();
    let mut stage = stage_for(&person);
    show_code(&mut stage, &person, Colour::Green);
    stage.world.inputs().set_passage(Level::Active);
    stage.run(29_000).unwrap();
    assert_eq!(told(&stage), (false, 0, 0));
    stage.run(600_000).unwrap();
    assert_eq!(told(&stage), (true, 1, 0));
    assert!(stage.world.latch().is_open(), "it may be a person");
    stage.world.inputs().set_passage(Level::Inactive);
    stage.run(200).unwrap();
    assert_eq!((told(&stage), stage.world.latch().is_open()), ((false, 1, 1), false));
}

#[test]
fn a_light_barrier_that_is_covered_beside_a_shut_gate_holds_nothing() {
    let mut stage = stage_for(&Person::new(1).unwrap());
    stage.world.inputs().set_passage(Level::Active);
    stage.run(60_000).unwrap();
    assert_eq!((told(&stage), stage.pulses().len()), ((false, 0, 0), 0));
}

#[test]
fn a_process_that_hangs_leaves_the_latch_to_its_own_timer() {
    let person = Person::new(1).unwrap();
    let mut stage = stage_for(&person);
    show_code(&mut stage, &person, Colour::Green);
    // Time passes, and no turn of the loop is taken.
    stage.world.advance(6_000);
    let pulse = only_pulse(&stage);
    assert!(open_for(&pulse).0 <= 5_000, "{pulse:?}");
    assert_eq!(pulse.closed.map(|closed| closed.why), Some(Closing::Timer));
}

#[test]
fn a_process_that_hangs_never_closes_on_a_person_either() {
    let person = Person::new(1).unwrap();
    let mut stage = stage_for(&person);
    show_code(&mut stage, &person, Colour::Green);
    stage.world.inputs().person_walks_through(4_000, 9_000);
    stage.world.advance(12_000);
    assert!(stage.world.latch().is_open());
    stage.world.advance(2_000);
    assert!(!stage.world.latch().is_open());
}

#[test]
fn limit_stop_and_assist_leave_the_latch_shut() {
    let person = Person::new(1).unwrap();
    for colour in [Colour::Yellow, Colour::Red] {
        let mut stage = stage_for(&person);
        show_code(&mut stage, &person, colour);
        stage.run(8_000).unwrap();
        assert_eq!(stage.pulses(), [], "{colour:?}");
    }
}

/// Turns of a lane that was told to end, as many as it wants; how long it took, and whether the latch was open all the while.
fn leave(stage: &mut Stage) -> (u64, bool) {
    let (began, mut open) = (stage.world.now(), true);
    while stage.gate().leave() == Leaving::Waits {
        open &= stage.world.latch().is_open();
        stage.world.advance(20);
    }
    (stage.world.now().since(began).0, open)
}

#[test]
fn a_lane_that_is_told_to_end_waits_for_who_stands_in_the_gate_and_takes_nobody_else() {
    let person = Person::new(1).unwrap();
    let mut stage = stage_for(&person);
    show_code(&mut stage, &person, Colour::Green);
    stage.world.inputs().person_walks_through(0, 1_500);
    stage.run(500).unwrap();
    let rows = stage.records().unwrap().len();
    stage.hold_phone("somebody else's").unwrap();
    let (took, open) = leave(&mut stage);
    assert!(open && (900..=1_100).contains(&took), "{took} ms");
    assert_eq!(stage.screen(), Some(Screen::OutOfService(OutOfService::Maintenance)), "nobody follows");
    assert_eq!(stage.records().unwrap().len(), rows);
}

#[test]
fn a_lane_that_is_told_to_end_waits_for_nobody_longer_than_three_seconds() {
    let person = Person::new(1).unwrap();
    let mut passed = stage_for(&person);
    show_code(&mut passed, &person, Colour::Green);
    waited_for(&mut passed, 1_000);
    waited_for(&mut unchecked(&person), 200);
}

fn waited_for(stage: &mut Stage, inside_ms: u64) {
    stage.world.inputs().set_passage(Level::Active);
    stage.run(inside_ms).unwrap();
    assert_eq!(leave(stage), (LEAVING_MS, true));
}

#[test]
fn a_lane_whose_gate_is_shut_or_empty_ends_at_once() {
    let person = Person::new(1).unwrap();
    let mut covered = stage_for(&person);
    covered.world.inputs().set_passage(Level::Active);
    covered.run(200).unwrap();
    let mut empty = stage_for(&person);
    show_code(&mut empty, &person, Colour::Green);
    assert_eq!((leave(&mut covered).0, leave(&mut empty).0), (0, 0));
}

#[test]
fn a_lane_whose_light_barrier_was_lost_while_the_gate_is_open_waits_as_if_somebody_stood_there() {
    let person = Person::new(1).unwrap();
    let mut stage = stage_for(&person);
    show_code(&mut stage, &person, Colour::Green);
    stage.world.inputs().tear(Input::Passage);
    assert_eq!(leave(&mut stage), (LEAVING_MS, true));
}

#[test]
fn whoever_holds_up_the_code_of_one_who_has_gone_through_is_not_told_to_pass_at_a_shut_gate() {
    let person = Person::new(1).unwrap();
    let mut stage = stage_for(&person);
    let claim = Claim::Screen(Condition::Colour(Colour::Green));
    let code = stage.issue(DemoIssuer::Province, &person, Issue { claim, age_s: 60, life_s: 900 }).unwrap();
    stage.hold_phone(&code.text).unwrap();
    assert_eq!(verdict_within(&mut stage, 1_000).verdict, Verdict::Pass);
    stage.hold_nothing();
    stage.world.inputs().person_walks_through(100, 400);
    stage.run(3_400).unwrap();
    assert!(!stage.world.latch().is_open());
    let before = stage.screens_shown();
    stage.hold_phone(&code.text).unwrap();
    stage.run(1_000).unwrap();
    let shown = stage.world.display().screens_since(before);
    assert!(!shown.iter().any(|screen| matches!(screen, Screen::Verdict(_))), "{shown:?}");
    assert_eq!(stage.pulses().len(), 1);
}

#[test]
fn who_was_given_less_time_takes_none_from_who_was_given_more() {
    let (first, second) = (Person::new(1).unwrap(), Person::new(2).unwrap());
    let mut stage = stage_for(&first);
    tap_card(&mut stage, &first);
    stage.run(1_000).unwrap();
    show_code(&mut stage, &second, Colour::Green);
    stage.run(12_000).unwrap();
    let open = open_for(&only_pulse(&stage)).0;
    assert!((9_900..=10_100).contains(&open), "{open} ms");
}
