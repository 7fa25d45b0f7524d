//! What stays, comes again or is mixed at the lane: one showing is one passage, and what was said of a person stands
//! (DOMAIN §2, §8, §19).

use gate_core::attendant::Key;
use gate_core::screen::{Screen, Told};
use gate_core::verdict::{Reason, Verdict};
use gate_signing::demo_issuers::DemoIssuer;
use gate_signing::issue::{Claim, IssueRequest};
use gate_sim::people::{ForeignResident, Person, VALID};
use gate_sim::stage::{Fitted, Issue, Setting, Stage, province};
use gate_wire::credential::{Colour, Condition, Role};

use super::verdict_within;

const PIN: &str = "135790";
const STAFF: u16 = 901;

fn stage_of(listed: &[(u16, Colour)], change: impl FnOnce(&mut Setting)) -> Stage {
    let mut province = province().unwrap();
    let staff = Person::new(STAFF).unwrap().document;
    province.add_staff(&staff, Role::Attendant, PIN.as_bytes()).unwrap();
    let subject = |serial: u16| province.subject(&Person::new(serial).unwrap().document).unwrap();
    let listed = listed.iter().map(|(serial, colour)| (vec![subject(*serial)], *colour)).collect();
    let mut setting = Setting { listed, ..Setting::default() };
    change(&mut setting);
    Stage::new(setting, province).unwrap()
}

fn code(stage: &mut Stage, by: DemoIssuer, serial: u16, age_s: i64) -> String {
    let claim = Claim::Screen(Condition::Colour(Colour::Green));
    stage.issue(by, &Person::new(serial).unwrap(), Issue { claim, age_s, life_s: 900 }).unwrap().text
}

fn badge(stage: &mut Stage, serial: u16) -> String {
    let request = IssueRequest {
        document: &Person::new(serial).unwrap().document,
        full_name: "测试员",
        claim: Claim::Badge(Role::Attendant),
        issued: stage.time().minus(86_400),
        life_s: 30 * 86_400,
    };
    stage.province.issue(DemoIssuer::StaffOffice, &request).unwrap().text
}

fn show(stage: &mut Stage, text: &str) -> Told {
    stage.hold_phone(text).unwrap();
    let told = verdict_within(stage, 1_500);
    stage.hold_nothing();
    told
}

fn tap(stage: &mut Stage, serial: u16) -> Told {
    stage.reader.pad.insert(Person::new(serial).unwrap().card(VALID).unwrap());
    let told = verdict_within(stage, 1_500);
    stage.reader.pad.remove();
    stage.run(300).unwrap();
    told
}

fn hold_for(stage: &mut Stage, text: &str, millis: u64) {
    stage.hold_phone(text).unwrap();
    stage.run(millis).unwrap();
}

/// Logs in, and leaves the badge where it is.
fn log_in(stage: &mut Stage) {
    let badge = badge(stage, STAFF);
    hold_for(stage, &badge, 400);
    stage.world.keys().type_then_ok(PIN).unwrap();
    stage.run(200).unwrap();
}

fn press(stage: &mut Stage, keys: &[Key]) {
    stage.world.keys().press_all(keys.iter().copied());
    stage.run(200).unwrap();
}

fn permits(stage: &Stage) -> u32 {
    stage.pulses().iter().map(|pulse| pulse.permits).sum()
}

#[test]
fn a_code_that_stays_after_code_and_card_disagreed_is_no_passage_of_its_own() {
    let mut stage = stage_of(&[(1, Colour::Red)], |_| {});
    let visitor = code(&mut stage, DemoIssuer::OtherProvince, 1, 60);
    stage.reader.pad.insert(Person::new(1).unwrap().card(VALID).unwrap());
    stage.hold_phone(&visitor).unwrap();
    let disagree =
        |screen: &Screen| matches!(screen, Screen::Verdict(told) if told.reason == Reason::SourcesDisagree);
    stage.run_until(2_000, disagree).unwrap();
    let before = permits(&stage);
    stage.run(8_000).unwrap();
    assert_eq!(permits(&stage), before, "nothing opens after Assist while the same code is held there");
}

#[test]
fn something_else_seen_in_between_makes_no_second_pulse_of_one_code() {
    let mut stage = stage_of(&[(1, Colour::Green)], |_| {});
    let mine = code(&mut stage, DemoIssuer::Province, 1, 60);
    assert_eq!(show(&mut stage, &mine).verdict, Verdict::Pass);
    assert_eq!(show(&mut stage, "https://poster.example.invalid/").verdict, Verdict::Assist);
    let records = stage.records().unwrap().len();
    assert_eq!(show(&mut stage, &mine).verdict, Verdict::Pass, "the same screen");
    assert_eq!((permits(&stage), stage.records().unwrap().len()), (1, records));
}

#[test]
fn the_gate_does_not_close_behind_the_first_of_two_who_were_let_in() {
    let mut stage = stage_of(&[(1, Colour::Green), (2, Colour::Green)], |_| {});
    let [first, second] = [1, 2].map(|serial| code(&mut stage, DemoIssuer::Province, serial, 60));
    show(&mut stage, &first);
    stage.world.inputs().person_walks_through(300, 1_500);
    stage.run(600).unwrap();
    show(&mut stage, &second);
    stage.run(1_400).unwrap();
    assert!(stage.world.latch().is_open(), "the first is through, the second is not");
    stage.world.inputs().person_walks_through(100, 500);
    stage.run(900).unwrap();
    assert!(!stage.world.latch().is_open(), "both are through");
}

#[test]
fn a_red_person_stays_red_for_the_attendant_after_showing_an_old_code_of_their_own() {
    let mut stage = stage_of(&[(1, Colour::Red)], |_| {});
    let old = code(&mut stage, DemoIssuer::Province, 1, 3_600);
    log_in(&mut stage);
    stage.hold_nothing();
    stage.run(1_500).unwrap();
    assert_eq!(tap(&mut stage, 1).verdict, Verdict::Stop);
    assert_eq!(show(&mut stage, &old).reason, Reason::CodeExpired);
    press(&mut stage, &[Key::Accept, Key::Digit(1)]);
    assert_eq!(permits(&stage), 0, "no proof opens without a cause");
}

#[test]
fn a_badge_that_stays_in_sight_takes_no_key_from_the_panel() {
    let mut stage = stage_of(&[], |_| {});
    log_in(&mut stage);
    press(&mut stage, &[Key::Accept, Key::Digit(1)]);
    assert_eq!(permits(&stage), 1);
    // A photographed badge, shown by somebody else, does not either.
    stage.run(6_000).unwrap();
    stage.hold_nothing();
    stage.run(1_500).unwrap();
    let photographed = badge(&mut stage, STAFF);
    hold_for(&mut stage, &photographed, 400);
    assert!(!matches!(stage.screen(), Some(Screen::PinEntry { .. })), "who is logged in is not asked again");
    press(&mut stage, &[Key::Accept, Key::Digit(1)]);
    assert_eq!(permits(&stage), 2);
}

#[test]
fn a_refused_badge_is_recorded_once_for_as_long_as_it_is_held() {
    let mut stage = stage_of(&[], |_| {});
    let stranger = badge(&mut stage, 55);
    let before = stage.records().unwrap().len();
    hold_for(&mut stage, &stranger, 5_000);
    assert_eq!(stage.records().unwrap().len() - before, 1);
}

#[test]
fn a_second_reading_is_of_the_person_who_stands_here_and_of_nobody_who_left() {
    let mut stage = stage_of(&[(1, Colour::Green)], |setting| setting.thermometer = Fitted::Yes);
    stage.world.thermometer().set(Some(385));
    let mine = code(&mut stage, DemoIssuer::Province, 1, 60);
    assert_eq!(show(&mut stage, &mine).reason, Reason::TemperatureHigh);
    stage.run(180_000).unwrap();
    log_in(&mut stage);
    stage.world.keys().press(Key::Temperature);
    stage.world.keys().type_then_ok("365").unwrap();
    stage.run(300).unwrap();
    assert_eq!(permits(&stage), 0);
}

#[test]
fn a_cause_chosen_for_one_person_opens_for_no_other() {
    let mut stage = stage_of(&[(1, Colour::Yellow), (2, Colour::Red)], |_| {});
    log_in(&mut stage);
    stage.hold_nothing();
    stage.run(1_500).unwrap();
    assert_eq!(tap(&mut stage, 1).verdict, Verdict::Limit);
    press(&mut stage, &[Key::Accept, Key::Digit(1)]);
    assert_eq!(tap(&mut stage, 2).verdict, Verdict::Stop);
    press(&mut stage, &[Key::Ok]);
    assert_eq!(permits(&stage), 0);
}

#[test]
fn a_gate_whose_inputs_are_lost_closes_by_its_own_timer() {
    let mut stage = stage_of(&[(1, Colour::Green)], |_| {});
    let mine = code(&mut stage, DemoIssuer::Province, 1, 60);
    show(&mut stage, &mine);
    stage.world.inputs().person_walks_through(200, 2_000);
    stage.run(1_000).unwrap();
    stage.world.inputs().unplug();
    stage.run(10_000).unwrap();
    assert!(!stage.world.latch().is_open());
}

#[test]
fn an_old_code_of_one_number_stands_below_a_newer_red_of_the_other_on_the_card() {
    let both = ForeignResident::demo().unwrap();
    let mut province = province().unwrap();
    let listed = vec![(vec![province.subject(&both.new).unwrap()], Colour::Red)];
    let request = IssueRequest {
        document: &both.old,
        full_name: "测试丙",
        claim: Claim::Paper(Condition::Colour(Colour::Green)),
        issued: gate_sim::stage::beginning().minus(10 * 86_400),
        life_s: 30 * 86_400,
    };
    let paper = province.issue(DemoIssuer::Province, &request).unwrap().text;
    let mut stage = Stage::new(Setting { listed, ..Setting::default() }, province).unwrap();
    stage.reader.pad.insert(both.new_card.clone());
    stage.hold_phone(&paper).unwrap();
    let by_card =
        |screen: &Screen| matches!(screen, Screen::Verdict(told) if told.reason == Reason::RedListed);
    assert!(stage.run_towards(3_000, by_card).unwrap().is_some(), "{:?}", stage.screen());
}
