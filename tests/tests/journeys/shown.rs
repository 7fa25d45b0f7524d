//! What stays on the screen and what moves on it, what is heard, what is lit.

use gate_core::attendant::Key;
use gate_core::screen::{Fault, Hint, Screen, Signal};
use gate_core::verdict::{Reason, Verdict};
use gate_hal::torch::Light;
use gate_hal_linux::picture::GreyPicture;
use gate_scan::{Frame, Scanner, WhyNothing};
use gate_signing::demo_issuers::DemoIssuer;
use gate_signing::issue::Claim;
use gate_sim::optics::{Glare, Pose, Scene};
use gate_sim::people::Person;
use gate_sim::stage::{Issue, Stage};
use gate_wire::credential::{Colour, Condition, Role};

use super::technician::{log_in, press, staffed};
use super::{show_code, stage_for, tap_card, verdict_within};

fn somebody() -> Person {
    Person::new(1).unwrap()
}

/// For how long a verdict is in front from now on, in milliseconds, while this happens in every turn.
fn stays(stage: &mut Stage, mut happens: impl FnMut(&mut Stage)) -> u64 {
    let from = stage.world.now();
    while matches!(stage.screen(), Some(Screen::Verdict(_))) {
        happens(stage);
        stage.turn().unwrap();
        assert!(stage.world.now().since(from).0 < 60_000, "it goes in the end");
    }
    stage.world.now().since(from).0
}

#[test]
fn a_verdict_stays_for_three_seconds_whatever_happens_but_another_person() {
    let happenings: [fn(&mut Stage); 5] = [
        |_| {},
        |stage| stage.world.camera().unplug(),
        |stage| stage.world.keys().press(Key::Back),
        |stage| stage.world.keys().press_all([Key::Digit(3), Key::Back, Key::Digit(7)]),
        |stage| stage.world.inputs().set_case_open(gate_hal::inputs::Level::Active),
    ];
    for (number, happens) in happenings.into_iter().enumerate() {
        for colour in [Colour::Green, Colour::Yellow, Colour::Red] {
            let mut stage = staffed(|_| {});
            log_in(&mut stage, Role::Technician);
            show_code(&mut stage, &somebody(), colour);
            let ms = stays(&mut stage, happens);
            assert!((3_000..=8_100).contains(&ms), "{number} {colour:?}: {ms} ms");
        }
    }
}

#[test]
fn the_next_person_does_not_wait_for_the_verdict_before() {
    let (first, second) = (somebody(), Person::new(2).unwrap());
    let mut stage = stage_for(&first);
    assert_eq!(show_code(&mut stage, &first, Colour::Red).verdict, Verdict::Stop);
    assert_eq!(show_code(&mut stage, &second, Colour::Green).verdict, Verdict::Pass);
    assert_eq!(tap_card(&mut stage, &first).verdict, Verdict::Pass);
    assert!(stage.world.now().0 < 3_000, "{:?}", stage.world.now());
}

#[test]
fn what_moves_on_the_idle_screen_is_sent_alone() {
    let mut stage = stage_for(&somebody());
    stage.run(200).unwrap();
    let display = stage.world.display();
    let (count, presented, pushed) = (display.count(), display.presented(), display.pushed());
    stage.run(20_000).unwrap();
    let moves = display.presented() - presented;
    // 8 phases in each round of 4.8 s, and nothing in between.
    assert!((24..=40).contains(&moves), "{moves}");
    let each = (display.pushed() - pushed) / moves;
    assert!(each * 20 < 800 * 480 * 2, "{each} bytes");
    assert_eq!(display.count(), count, "it is the same screen");
}

#[test]
fn a_code_shown_in_the_middle_of_a_movement_is_answered_in_the_same_turn() {
    let person = somebody();
    for after in (0..10).map(|turns| 400 + turns * 100) {
        let mut stage = stage_for(&person);
        stage.run(after).unwrap();
        let claim = Claim::Screen(Condition::Colour(Colour::Green));
        let code =
            stage.issue(DemoIssuer::Province, &person, Issue { claim, age_s: 60, life_s: 900 }).unwrap();
        stage.hold_phone(&code.text).unwrap();
        // A frame is due at once; the scanner's thread may be late by the machine's load, and then its frame is of a later turn.
        let given = stage.world.camera().given();
        while stage.told_since(0).is_none() {
            stage.turn().unwrap();
        }
        let frames = stage.world.camera().given() - given;
        assert!(frames <= 3, "{frames} frames, {after} ms after the start");
        assert_eq!(stage.told_since(0).unwrap().verdict, Verdict::Pass);
    }
}

#[test]
fn the_torch_goes_on_in_the_dark_so_that_paper_is_read_and_out_when_it_is_light() {
    let person = somebody();
    let mut stage = stage_for(&person);
    let claim = Claim::Paper(Condition::Colour(Colour::Green));
    let life_s = 30 * 86_400;
    let code = stage.issue(DemoIssuer::Province, &person, Issue { claim, age_s: 60, life_s }).unwrap();
    let lit = Scene::paper(&code.text, 5).unwrap();
    let mut dark = lit.clone();
    dark.lens.gain = 0.02;
    let torch = stage.world.torch();
    stage.hold(Scene::empty(3).render());
    stage.run(2_000).unwrap();
    let at_the_start = torch.told();
    assert!(
        matches!(at_the_start[..], [(_, Light::Off)]),
        "however the run before left it: {at_the_start:?}"
    );
    stage.hold(dark.render());
    stage.run(400).unwrap();
    assert_eq!(torch.light(), Light::Off, "a shadow is no night");
    stage.run(600).unwrap();
    assert_eq!(torch.light(), Light::On);
    stage.hold(lit.render());
    assert_eq!(verdict_within(&mut stage, 1_000).verdict, Verdict::Pass);
    // Morning: what the camera sees is light with the torch and without.
    stage.hold(Scene::empty(3).render());
    stage.run(70_000).unwrap();
    assert_eq!(torch.light(), Light::Off);
    assert_eq!(torch.told().len(), 3, "{:?}", torch.told());
}

#[test]
fn a_torch_or_a_loudspeaker_that_fails_holds_no_passage_and_the_loudspeaker_is_a_fault() {
    let person = somebody();
    let mut stage = stage_for(&person);
    stage.world.torch().unplug();
    stage.world.sounder().unplug();
    let mut night = Scene::empty(3);
    night.lens.gain = 0.02;
    stage.hold(night.render());
    stage.run(2_000).unwrap();
    let Some(Screen::Idle(idle)) = stage.screen() else { unreachable!("{:?}", stage.screen()) };
    assert!(idle.faults.has(Fault::Sounder));
    assert_eq!(show_code(&mut stage, &person, Colour::Green).verdict, Verdict::Pass);
    assert_eq!(stage.pulses().len(), 1);
    stage.world.sounder().plug();
    stage.run(5_000).unwrap();
    let Some(Screen::Idle(idle)) = stage.screen() else { unreachable!("{:?}", stage.screen()) };
    assert!(!idle.faults.has(Fault::Sounder));
}

#[test]
fn who_did_not_hear_presses_the_key_and_hears_the_verdict_again() {
    let mut stage = stage_for(&somebody());
    show_code(&mut stage, &somebody(), Colour::Yellow);
    stage.run(10_000).unwrap();
    let before = stage.world.sounder().told().len();
    press(&mut stage, Key::SayAgain);
    let told = stage.world.sounder().told();
    assert_eq!(told.len(), before + 1);
    assert_eq!(stage.world.sounder().last(), Some(Signal::Verdict(Verdict::Limit)));
}

/// A frame of a phone that is shaken: one of which the scanner says so, and nothing else is wrong with it.
fn shaken() -> GreyPicture {
    let scenes = (1..40).map(|seed| {
        let mut scene = Scene::phone(&"W".repeat(140), seed).unwrap();
        scene.lens.blur = 4.0 + seed as f32 / 20.0;
        for view in &mut scene.views {
            (view.pose, view.glare, view.moire) = (Pose::facing(7.0), Glare::NONE, 0.0);
        }
        scene.render()
    });
    let blurred = |frame: &GreyPicture| {
        let seen = Frame::new(&frame.pixels, frame.width, frame.height, frame.width).unwrap();
        Scanner::new().look(&seen).why_nothing() == Some(WhyNothing::TooBlurred)
    };
    scenes.into_iter().find(blurred).expect("one of forty is told to be blurred")
}

#[test]
fn who_shakes_the_phone_is_asked_to_hold_still_and_to_brighten_it_and_then_to_the_staff_lane() {
    let mut stage = stage_for(&somebody());
    stage.run(500).unwrap();
    let before = stage.screens_shown();
    stage.hold(shaken());
    stage.run(8_000).unwrap();
    let shown = stage.world.display().screens_since(before);
    let hints: Vec<Hint> = shown
        .iter()
        .filter_map(|screen| if let Screen::Hint(hint) = screen { Some(*hint) } else { None })
        .collect();
    assert_eq!(hints, [Hint::HoldStill, Hint::BrightenScreen]);
    let told = stage.told_since(before).unwrap();
    assert_eq!((told.verdict, told.reason), (Verdict::Assist, Reason::HintsExhausted));
}
