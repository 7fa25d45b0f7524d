//! What a person is told while a code cannot be read: one thing that helps, then the human path (DOMAIN §2).

use gate_core::screen::{Hint, Screen};
use gate_core::verdict::{Reason, Verdict};
use gate_sim::optics::{Glare, Pose, Scene};
use gate_sim::people::Person;
use gate_sim::stage::Stage;
use gate_wire::credential::Colour;

use super::{show_code, stage_for};

/// A code so small that its modules run into each other, as plain as can be otherwise.
fn far_away(seed: u64) -> Scene {
    let mut scene = Scene::phone(&"W".repeat(140), seed).unwrap();
    scene.lens.blur = 0.0;
    for view in &mut scene.views {
        (view.pose, view.glare, view.moire) = (Pose::facing(1.1), Glare::NONE, 0.0);
    }
    scene
}

fn hints(stage: &Stage, since: usize) -> Vec<Hint> {
    let screens = stage.world.display().screens_since(since);
    screens
        .iter()
        .filter_map(|screen| if let Screen::Hint(hint) = screen { Some(*hint) } else { None })
        .collect()
}

#[test]
fn who_holds_a_code_too_far_away_is_asked_to_come_closer_and_then_to_the_staff_lane() {
    let person = Person::new(1).unwrap();
    let mut stage = stage_for(&person);
    stage.run(500).unwrap();
    let before = stage.screens_shown();
    stage.hold(far_away(1).render());
    stage.run(600).unwrap();
    assert_eq!(hints(&stage, before), [], "it may still be on its way");
    stage.run(500).unwrap();
    assert_eq!(hints(&stage, before), [Hint::ComeCloser]);
    stage.run(5_000).unwrap();
    assert_eq!(hints(&stage, before), [Hint::ComeCloser, Hint::BrightenScreen]);
    let told = stage.told_since(before).unwrap();
    assert_eq!((told.verdict, told.reason), (Verdict::Assist, Reason::HintsExhausted));
    // What stays there, a poster behind the lane, is told once.
    let records = stage.records().unwrap().len();
    stage.run(60_000).unwrap();
    assert_eq!(stage.records().unwrap().len(), records);
    assert_eq!(stage.pulses().len(), 0);
}

#[test]
fn a_code_that_comes_closer_is_judged_at_once() {
    let person = Person::new(1).unwrap();
    let mut stage = stage_for(&person);
    stage.hold(far_away(1).render());
    stage.run(1_200).unwrap();
    assert_eq!(show_code(&mut stage, &person, Colour::Green).verdict, Verdict::Pass);
    assert_eq!(stage.pulses().len(), 1);
}

#[test]
fn an_empty_lane_in_the_dark_is_told_nothing() {
    let person = Person::new(1).unwrap();
    let mut stage = stage_for(&person);
    stage.run(500).unwrap();
    let before = stage.screens_shown();
    let mut night = Scene::empty(3);
    night.lens.gain = 0.02;
    stage.hold(night.render());
    stage.run(10_000).unwrap();
    assert_eq!((hints(&stage, before), stage.told_since(before)), (vec![], None));
}
