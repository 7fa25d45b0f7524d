//! A technician's keys beside people and beside an attendant: a person's verdict is heard to its end, faults and sticks are seen
//! behind an open menu, sessions end and are recorded, and one key a turn is enough for a menu.

use gate_core::attendant::Key;
use gate_core::event::Event;
use gate_core::screen::{
    Carrier, Fault, Notice, Percent, Screen, Serving, Signal, StaffStep, Technician, UpdateStep, Updating,
};
use gate_core::verdict::Verdict;
use gate_core::visit::{FILE_NAME, Visit};
use gate_sim::stage::{Disk, DiskState, Stage, province};
use gate_wire::credential::{Colour, Role};

use super::technician::{PIN, codes, log_in, member, page, press, somebody, staff_events, staffed};
use super::{listed_green, show_code, until_true};

/// What was heard since.
fn heard(stage: &Stage, since: usize) -> Vec<Signal> {
    stage.world.sounder().told().into_iter().skip(since).map(|(_, signal)| signal).collect()
}

#[test]
fn the_sound_of_a_persons_verdict_is_never_cut_by_the_technicians_keys() {
    let mut stage = staffed(|_| {});
    log_in(&mut stage, Role::Technician);
    press(&mut stage, Key::Digit(6));
    assert_eq!(
        stage.world.sounder().last(),
        Some(Signal::Key),
        "a key is heard while nobody is told anything"
    );
    let since = stage.world.sounder().told().len();
    let told = show_code(&mut stage, &somebody(), Colour::Red);
    assert_ne!(told.verdict, Verdict::Pass);
    // The volume is set and tried, and pages are turned, over somebody else's verdict.
    for key in [Key::Digit(3), Key::Ok, Key::Back, Key::Digit(2), Key::Ok, Key::Digit(9)] {
        press(&mut stage, key);
    }
    let verdict = heard(&stage, since);
    assert!(verdict.iter().all(|signal| *signal != Signal::Key), "{verdict:?}");
    assert!(
        !verdict.contains(&Signal::Verdict(Verdict::Pass)),
        "nobody hears that they may pass: {verdict:?}"
    );
    assert!(matches!(stage.screen(), Some(Screen::Verdict(_))));
    stage.run(9_000).unwrap();
    press(&mut stage, Key::Back);
    assert_eq!(stage.world.sounder().last(), Some(Signal::Key));
}

/// Which screens are in front within two rounds of turns.
fn in_turns(stage: &mut Stage) -> (usize, usize) {
    let before = stage.screens_shown();
    stage.run(17_000).unwrap();
    let shown = stage.world.display().screens_since(before);
    let human = |screen: &&Screen| matches!(screen, Screen::Fault(told) if told.serving == Serving::Staff);
    let staff = |screen: &&Screen| matches!(screen, Screen::Technician(_, Serving::Staff));
    (shown.iter().filter(human).count(), shown.iter().filter(staff).count())
}

#[test]
fn whatever_mix_of_faults_leaves_no_way_shows_the_human_path_in_turns_with_staffs_page() {
    let old = 30 * 86_400;
    for (list_age_s, reader_too) in [(old, false), (0, true)] {
        let mut stage = staffed(|setting| setting.list_age_s = list_age_s);
        stage.world.camera().unplug();
        if reader_too {
            stage.reader.unplug();
        }
        stage.run_until(20_000, |screen| matches!(screen, Screen::Fault(_))).unwrap();
        stage.run(20_000).unwrap();
        let Some(Screen::Fault(told)) = stage.screen() else { unreachable!("{:?}", stage.screen()) };
        assert_eq!((told.fault, told.serving), (Fault::Camera, Serving::Staff), "neither code nor card");
        log_in_by_force(&mut stage);
        let (human, staff) = in_turns(&mut stage);
        assert!(human >= 2 && staff >= 2, "{human} {staff}");
    }
}

/// The camera is back for as long as the badge is shown.
fn log_in_by_force(stage: &mut Stage) {
    stage.world.camera().plug();
    log_in(stage, Role::Technician);
    stage.world.camera().unplug();
    stage.run(2_000).unwrap();
}

#[test]
fn where_nothing_can_be_recorded_the_technicians_page_shows_the_way_to_the_staff_lane() {
    let mut stage = staffed(|setting| setting.disk = Disk::CanFail);
    log_in(&mut stage, Role::Technician);
    assert!(matches!(stage.screen(), Some(Screen::Technician(_, Serving::Both))));
    stage.set_disk(DiskState::Broken).unwrap();
    show_code(&mut stage, &somebody(), Colour::Green);
    stage.run(9_000).unwrap();
    press(&mut stage, Key::Digit(5));
    let (human, staff) = in_turns(&mut stage);
    assert!(human >= 2 && staff >= 2, "{human} {staff}");
}

#[test]
fn a_visit_is_seen_while_the_menu_is_open_and_a_key_brings_the_page_back() {
    let mut stage = staffed(|_| {});
    log_in(&mut stage, Role::Technician);
    press(&mut stage, Key::Digit(2));
    let visit =
        Visit::Data(Updating { carrier: Carrier::Stick, step: UpdateStep::Copying(Percent::of(1, 9)) });
    let shown = Some(visit.screen(Serving::Both));
    let path = stage.directory().join(FILE_NAME);
    std::fs::write(&path, visit.document(1).as_bytes()).unwrap();
    until_true(&mut stage, |stage| stage.screen() == shown);
    press(&mut stage, Key::Back);
    assert_eq!(page(&stage), Some(Technician::Menu(Notice::Down)), "a key is answered at once");
    stage.run(4_000).unwrap();
    assert!(page(&stage).is_some());
    std::fs::write(&path, visit.document(2).as_bytes()).unwrap();
    until_true(&mut stage, |stage| stage.screen() == shown);
}

#[test]
fn a_second_technician_logs_the_first_out_and_the_journal_has_both() {
    let mut stage = two_technicians();
    log_in(&mut stage, Role::Technician);
    press(&mut stage, Key::Digit(5));
    second_logs_in(&mut stage);
    assert_eq!(page(&stage), Some(Technician::Menu(Notice::Down)), "a menu of their own");
    let (login, logout) = (Event::LoggedIn, Event::LoggedOut);
    assert_eq!(staff_events(&stage), codes(&[login, Event::PageSeen, login, logout]));
    press(&mut stage, Key::Back);
    assert_eq!(staff_events(&stage).last(), codes(&[logout]).last());
}

fn second() -> gate_sim::people::Person {
    gate_sim::people::Person::new(950).unwrap()
}

fn two_technicians() -> Stage {
    let mut province = province().unwrap();
    for who in [member(Role::Technician), second()] {
        province.add_staff(&who.document, Role::Technician, PIN.as_bytes()).unwrap();
    }
    let setting = listed_green(&province, &somebody());
    Stage::new(setting, province).unwrap()
}

fn second_logs_in(stage: &mut Stage) {
    use gate_signing::demo_issuers::DemoIssuer;
    use gate_signing::issue::Claim;
    use gate_sim::stage::Issue;

    let what = Issue { claim: Claim::Badge(Role::Technician), age_s: 86_400, life_s: 30 * 86_400 };
    let badge = stage.issue(DemoIssuer::StaffOffice, &second(), what).unwrap();
    stage.hold_phone(&badge.text).unwrap();
    stage.run_until(1_000, |screen| matches!(screen, Screen::PinEntry { .. })).unwrap();
    stage.hold_nothing();
    stage.world.keys().type_then_ok(PIN).unwrap();
    stage.run(100).unwrap();
}

#[test]
fn a_notice_that_comes_down_by_itself_is_nobodys_act() {
    let mut stage = staffed(|_| {});
    log_in(&mut stage, Role::Technician);
    press(&mut stage, Key::Digit(7));
    press(&mut stage, Key::Back);
    stage.run(29 * 60_000 + 30_000).unwrap();
    log_in(&mut stage, Role::Technician);
    stage.run(40_000).unwrap();
    let down = Event::NoticeDown.code();
    let records = stage.records().unwrap();
    let (_, record) = records.iter().find(|(_, record)| record.event == down).unwrap();
    assert_eq!((record.staff, record.role), ([0; 12], 0), "whoever is at the menu did not do it");
}

#[test]
fn a_key_that_sticks_keeps_no_menu_open_for_ever() {
    let mut stage = staffed(|_| {});
    log_in(&mut stage, Role::Technician);
    // A key without a meaning is no use of the menu.
    for _ in 0..7 {
        press(&mut stage, Key::Digit(0));
        stage.run(9_000).unwrap();
    }
    assert_eq!(page(&stage), None, "a minute without a key that does anything");
    log_in(&mut stage, Role::Technician);
    let mut halves = 0;
    while page(&stage).is_some() && halves < 100 {
        press(&mut stage, Key::Digit(2));
        press(&mut stage, Key::Digit(9));
        press(&mut stage, Key::Back);
        stage.run(29_880).unwrap();
        halves += 1;
    }
    assert_eq!(halves, 60, "half an hour is the most");
}

#[test]
fn a_menu_takes_one_key_in_a_turn() {
    let mut stage = staffed(|_| {});
    log_in(&mut stage, Role::Technician);
    for _ in 0..8 {
        stage.world.keys().press(Key::Digit(5));
        stage.world.keys().press(Key::Back);
    }
    let waiting = stage.world.keys().waiting();
    stage.turn().unwrap();
    assert_eq!(stage.world.keys().waiting(), waiting - 1);
    stage.run(1_000).unwrap();
    assert_eq!(stage.world.keys().waiting(), 0);
}

#[test]
fn an_attendants_own_menu_opens_beside_a_technicians_and_a_logout_says_who_is_left() {
    let mut stage = staffed(|_| {});
    log_in(&mut stage, Role::Attendant);
    log_in(&mut stage, Role::Technician);
    press(&mut stage, Key::Ok);
    assert_eq!(
        stage.screen(),
        Some(Screen::Staff(StaffStep::Menu)),
        "ok means nothing in the technician's menu"
    );
    press(&mut stage, Key::Back);
    press(&mut stage, Key::Digit(1));
    assert!(matches!(page(&stage), Some(Technician::SelfTest(_))), "{:?}", stage.screen());
    press(&mut stage, Key::Ok);
    assert!(matches!(page(&stage), Some(Technician::SelfTest(_))), "here it looks again");
    press(&mut stage, Key::Logout);
    assert_eq!(stage.screen(), Some(Screen::Staff(StaffStep::Welcome)), "the attendant is still logged in");
    press(&mut stage, Key::Logout);
    let logout = Event::LoggedOut.code();
    assert_eq!(staff_events(&stage).iter().filter(|event| **event == logout).count(), 2);
}
