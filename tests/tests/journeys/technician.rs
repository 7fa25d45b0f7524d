//! The technician's menu: by badge and PIN, page by page, behind every passage; all of it in the journal.

use gate_core::attendant::Key;
use gate_core::event::Event;
use gate_core::manifest::Dataset;
use gate_core::screen::{
    Aged, Band, Fault, LogsStep, Notice, OutOfService, Part, PartState, Screen, SelfTest, StaffStep,
    Technician, Volume,
};
use gate_core::staff::StaffRefused;
use gate_core::verdict::{Reason, Verdict};
use gate_signing::demo_issuers::DemoIssuer;
use gate_signing::issue::Claim;
use gate_sim::people::Person;
use gate_sim::stage::{Issue, Setting, Stage, province};
use gate_wire::credential::{Colour, Role};
use gate_wire::record::RecordKind;

use super::{listed_green, show_code, tap_card, until_true};

pub(super) const PIN: &str = "246801";

pub(super) fn somebody() -> Person {
    Person::new(1).unwrap()
}

pub(super) fn member(role: Role) -> Person {
    Person::new(900 + u16::from(role.code())).unwrap()
}

/// A station with a technician and an attendant on its staff list.
pub(super) fn staffed(change: impl FnOnce(&mut Setting)) -> Stage {
    let mut province = province().unwrap();
    for role in [Role::Attendant, Role::Technician] {
        province.add_staff(&member(role).document, role, PIN.as_bytes()).unwrap();
    }
    let mut setting = listed_green(&province, &somebody());
    change(&mut setting);
    Stage::new(setting, province).unwrap()
}

/// Shows the badge, and types the PIN.
pub(super) fn log_in(stage: &mut Stage, role: Role) {
    let what = Issue { claim: Claim::Badge(role), age_s: 86_400, life_s: 30 * 86_400 };
    let badge = stage.issue(DemoIssuer::StaffOffice, &member(role), what).unwrap();
    stage.hold_phone(&badge.text).unwrap();
    stage.run_until(1_000, |screen| matches!(screen, Screen::PinEntry { .. })).unwrap();
    stage.hold_nothing();
    stage.world.keys().type_then_ok(PIN).unwrap();
    stage.run(100).unwrap();
}

pub(super) fn press(stage: &mut Stage, key: Key) {
    stage.world.keys().press(key);
    stage.run(40).unwrap();
}

/// The technician's page in front.
pub(super) fn page(stage: &Stage) -> Option<Technician> {
    match stage.screen() {
        Some(Screen::Technician(page, _)) => Some(page),
        _ => None,
    }
}

/// Codes of staff's records, in order.
pub(super) fn staff_events(stage: &Stage) -> Vec<u8> {
    let records = stage.records().unwrap();
    let staff = records.iter().filter(|(_, record)| record.kind == RecordKind::Staff);
    staff.map(|(_, record)| record.event).collect()
}

pub(super) fn codes(events: &[Event]) -> Vec<u8> {
    events.iter().map(|event| event.code()).collect()
}

#[test]
fn the_menu_opens_by_badge_and_pin_and_each_page_by_its_digit() {
    let mut stage = staffed(|_| {});
    press(&mut stage, Key::Digit(1));
    assert_eq!(page(&stage), None, "nobody is logged in");
    log_in(&mut stage, Role::Technician);
    assert_eq!(page(&stage), Some(Technician::Menu(Notice::Down)));
    let pages: Vec<Technician> = (1..=6)
        .map(|digit| {
            press(&mut stage, Key::Digit(digit));
            let page = page(&stage).unwrap();
            press(&mut stage, Key::Back);
            page
        })
        .collect();
    assert!(matches!(pages[0], Technician::SelfTest(_)));
    let Technician::Data(data) = pages[1] else { unreachable!("{:?}", pages[1]) };
    assert_eq!(data.list, Band::Fresh);
    let keys = data.rows.iter().find(|row| row.dataset == Dataset::KeySet).unwrap();
    assert!(keys.version > 0 && keys.age_days == Some(0), "{keys:?}");
    assert!(matches!(pages[2], Technician::Network(traffic) if traffic.checked_hours.is_none()));
    let Technician::Logs(logs) = pages[3] else { unreachable!("{:?}", pages[3]) };
    assert_eq!((logs.step, logs.waiting > 0), (LogsStep::NoStick, true));
    let Technician::Enrolment(enrolment) = pages[4] else { unreachable!("{:?}", pages[4]) };
    assert_eq!((enrolment.terminal, enrolment.place, enrolment.lane), (Some(42), 1, 1));
    assert_eq!(pages[5], Technician::Volume(Volume::USUAL));
    press(&mut stage, Key::Back);
    assert!(matches!(stage.screen(), Some(Screen::Idle(_))), "{:?}", stage.screen());
    let seen = Event::PageSeen;
    let expected = [Event::LoggedIn, Event::SelfTested, seen, seen, seen, seen, seen, Event::LoggedOut];
    assert_eq!(staff_events(&stage), codes(&expected));
}

#[test]
fn who_comes_while_a_technician_reads_is_answered_at_once_and_the_page_comes_back() {
    let mut stage = staffed(|_| {});
    log_in(&mut stage, Role::Technician);
    press(&mut stage, Key::Digit(2));
    let told = show_code(&mut stage, &somebody(), Colour::Green);
    assert_eq!((told.verdict, stage.pulses().len()), (Verdict::Pass, 1));
    // The technician turns the page meanwhile: the person's verdict stays for its three seconds.
    press(&mut stage, Key::Back);
    press(&mut stage, Key::Digit(3));
    assert!(matches!(stage.screen(), Some(Screen::Verdict(_))));
    stage.run(3_100).unwrap();
    assert!(matches!(page(&stage), Some(Technician::Network(_))), "{:?}", stage.screen());
    assert_eq!(tap_card(&mut stage, &somebody()).verdict, Verdict::Pass);
    stage.run(3_100).unwrap();
    assert!(page(&stage).is_some());
}

#[test]
fn the_menu_closes_by_itself_and_that_is_a_logout() {
    let mut stage = staffed(|_| {});
    log_in(&mut stage, Role::Technician);
    press(&mut stage, Key::Digit(5));
    stage.run(50_000).unwrap();
    assert!(page(&stage).is_some());
    press(&mut stage, Key::Back);
    stage.run(50_000).unwrap();
    assert!(page(&stage).is_some(), "a key that does something keeps it open");
    stage.run(11_000).unwrap();
    assert!(matches!(stage.screen(), Some(Screen::Idle(_))), "{:?}", stage.screen());
    assert_eq!(staff_events(&stage), codes(&[Event::LoggedIn, Event::PageSeen, Event::LoggedOut]));
    press(&mut stage, Key::Digit(5));
    assert_eq!(page(&stage), None, "nobody is logged in any more");
}

#[test]
fn the_volume_is_heard_at_once_and_outlives_a_power_cut() {
    let mut stage = staffed(|_| {});
    show_code(&mut stage, &somebody(), Colour::Green);
    let heard = |stage: &Stage| stage.world.sounder().last_volume().unwrap().level();
    // It is a quarter past eight in the evening: a loud hour.
    assert_eq!(heard(&stage), 6);
    stage.run(6_000).unwrap();
    log_in(&mut stage, Role::Technician);
    for key in [Key::Digit(6), Key::Digit(9), Key::Digit(2), Key::Digit(2)] {
        press(&mut stage, key);
    }
    assert_eq!(page(&stage), Some(Technician::Volume(Volume::new(2).unwrap())));
    press(&mut stage, Key::Ok);
    assert_eq!(heard(&stage), 2, "OK plays what people will hear");
    let set = codes(&[Event::VolumeSet])[0];
    assert_eq!(
        staff_events(&stage).iter().filter(|event| **event == set).count(),
        2,
        "the same twice is once"
    );
    let mut stage = stage.reboot(10).unwrap();
    show_code(&mut stage, &somebody(), Colour::Green);
    assert_eq!(heard(&stage), 2);
}

#[test]
fn a_technician_opens_nothing_and_pushes_no_attendant_out() {
    let mut stage = staffed(|_| {});
    log_in(&mut stage, Role::Technician);
    press(&mut stage, Key::Companion);
    assert_eq!(stage.screen(), Some(Screen::Staff(StaffStep::RoleForbids)));
    assert_eq!(stage.pulses().len(), 0);
    log_in(&mut stage, Role::Attendant);
    stage.run(31_000).unwrap();
    assert!(page(&stage).is_some(), "the menu is still open: {:?}", stage.screen());
    // Digits answer the attendant's question while it is asked, and the menu otherwise.
    press(&mut stage, Key::Accept);
    press(&mut stage, Key::Digit(1));
    assert_eq!(stage.pulses().len(), 1, "an attendant's proof opens");
    stage.run(11_000).unwrap();
    press(&mut stage, Key::Digit(1));
    assert!(matches!(page(&stage), Some(Technician::SelfTest(_))), "{:?}", stage.screen());
    press(&mut stage, Key::Logout);
    press(&mut stage, Key::Companion);
    assert_eq!(stage.pulses().len(), 2, "the attendant is still there");
    let refused = Event::Refused(StaffRefused::RoleForbids).code();
    assert_eq!(staff_events(&stage).iter().filter(|event| **event == refused).count(), 1);
}

fn tested(stage: &mut Stage) -> SelfTest {
    log_in(stage, Role::Technician);
    press(stage, Key::Digit(1));
    let done = |stage: &Stage| match page(stage) {
        Some(Technician::SelfTest(test)) => {
            Part::ALL.iter().all(|part| test.state(*part) != PartState::Looking).then_some(test)
        }
        _ => None,
    };
    until_true(stage, |stage| done(stage).is_some());
    done(stage).unwrap()
}

#[test]
fn the_self_test_finds_a_well_terminal_well_and_every_fault_where_it_is() {
    let test = tested(&mut staffed(|_| {}));
    let unwell: Vec<Part> =
        Part::ALL.into_iter().filter(|part| test.state(*part) != PartState::Well).collect();
    assert_eq!(unwell, []);

    let mut stage = staffed(|setting| {
        setting.without = vec![Dataset::RiskLevels];
        setting.spoilt = vec![Dataset::PolicyHospital];
    });
    stage.world.sounder().unplug();
    let test = tested(&mut stage);
    stage.world.camera().unplug();
    stage.run(1_100).unwrap();
    assert_eq!(test.state(Part::Policy), PartState::Unwell(None), "its file is cut off");
    assert_eq!(test.state(Part::KeySet), PartState::Well);
    assert_eq!(test.state(Part::Camera), PartState::Well);
    let Some(Technician::SelfTest(test)) = page(&stage) else { unreachable!("{:?}", stage.screen()) };
    assert_eq!(test.state(Part::Speaker), PartState::Unwell(Some(Fault::Sounder)));
    assert_eq!(test.state(Part::Camera), PartState::Unwell(Some(Fault::Camera)), "shown as it happens");
}

#[test]
fn a_list_is_told_to_age_before_it_is_stale() {
    for (days, band) in [(1, Band::Fresh), (5, Band::Ageing), (8, Band::Stale)] {
        let mut stage = staffed(|setting| setting.list_age_s = days * 86_400);
        log_in(&mut stage, Role::Technician);
        press(&mut stage, Key::Digit(2));
        let Some(Technician::Data(data)) = page(&stage) else { unreachable!("{:?}", stage.screen()) };
        assert_eq!((data.list, data.rows[0].age_days), (band, Some(days as u32)));
    }
}

#[test]
fn a_policys_bands_are_told_before_they_bite() {
    let bands = r#""bands": {"status-list": {"ageing_after_days": 2, "stale_after_days": 7, "expired_after_days": 30}, "key-set": {"ageing_after_days": 60, "stale_after_days": 70, "expired_after_days": 90}}, "test_days""#;
    for (days, band) in [(1, Band::Fresh), (3, Band::Ageing), (8, Band::Stale), (31, Band::Expired)] {
        let mut stage = staffed(|setting| {
            setting.list_age_s = days * 86_400;
            let policy = &mut setting.inputs.policy_station;
            *policy = policy.replacen("\"test_days\"", bands, 1);
        });
        let aged = Aged { dataset: Dataset::StatusList, band, more: 0 };
        if let Some(Screen::Idle(idle)) = stage.screen() {
            assert_eq!(idle.aged, (band != Band::Fresh).then_some(aged), "{days}");
        } else {
            assert!(matches!(band, Band::Stale | Band::Expired), "{:?}", stage.screen());
        }
        log_in(&mut stage, Role::Technician);
        press(&mut stage, Key::Digit(2));
        let Some(Technician::Data(data)) = page(&stage) else { unreachable!("{:?}", stage.screen()) };
        let of = |wanted| data.rows.iter().find(|row| row.dataset == wanted).unwrap().band;
        assert_eq!((data.list, of(Dataset::StatusList)), (band, Some(band)));
        assert_eq!((of(Dataset::KeySet), of(Dataset::Places)), (Some(Band::Fresh), None));
    }
}

#[test]
fn from_the_band_that_policy_names_codes_are_sent_to_the_staff_and_cards_are_decided_as_ever() {
    let bands = r#""bands": {"key-set": {"ageing_after_days": 1, "stale_after_days": 2, "expired_after_days": 3, "assist_from": "stale"}}, "test_days""#;
    for (days, code) in [(1, (Verdict::Pass, None)), (2, (Verdict::Assist, Some(Reason::ListStale)))] {
        let mut stage = staffed(|setting| {
            let policy = &mut setting.inputs.policy_station;
            *policy = policy.replacen("\"test_days\"", bands, 1);
        });
        stage = stage.reboot(days * 86_400).unwrap();
        let told = show_code(&mut stage, &somebody(), Colour::Green);
        assert_eq!(told.verdict, code.0, "{days} days");
        assert!(code.1.is_none_or(|reason| told.reason == reason), "{:?}", told.reason);
        assert_eq!(
            tap_card(&mut stage, &somebody()).verdict,
            Verdict::Pass,
            "a card needs no key of an issuer's"
        );
    }
}

#[test]
fn the_keepers_last_report_is_read_while_its_page_is_in_front() {
    let mut stage = staffed(|_| {});
    let keeper = stage.directory().join("keeper");
    std::fs::create_dir(&keeper).unwrap();
    let (checked, taken) = (stage.time().unix() - 7_300, stage.time().unix() - 90_000);
    let report = format!(
        r#"{{"at":{checked},"generation":9,"repositories":[{{"name":"trust","root":1,"targets":2,"refused":{{"cause":"older","detail":""}}}}],
            "datasets":[{{"name":"places","in_force":{{"version":1,"issued":1,"received":{taken}}},"refused":null}}],"folding":null}}"#
    );
    std::fs::write(keeper.join("report.json"), report).unwrap();
    log_in(&mut stage, Role::Technician);
    press(&mut stage, Key::Digit(3));
    let shown = |stage: &Stage| match page(stage) {
        Some(Technician::Network(traffic)) => {
            Some((traffic.checked_hours, traffic.taken_hours, traffic.generation, traffic.refused))
        }
        _ => None,
    };
    until_true(&mut stage, |stage| shown(stage) == Some((Some(2), Some(25), 9, 1)));
}

#[test]
fn under_maintenance_is_shown_until_it_is_taken_down_and_codes_are_answered_behind_it() {
    let maintenance = Some(Screen::OutOfService(OutOfService::Maintenance));
    let mut stage = staffed(|_| {});
    log_in(&mut stage, Role::Technician);
    press(&mut stage, Key::Digit(7));
    assert_eq!(page(&stage), Some(Technician::Menu(Notice::Up)));
    press(&mut stage, Key::Digit(7));
    assert_eq!(page(&stage), Some(Technician::Menu(Notice::Up)), "a key that sticks changes it once");
    press(&mut stage, Key::Back);
    assert_eq!(stage.screen(), maintenance);
    assert_eq!(show_code(&mut stage, &somebody(), Colour::Green).verdict, Verdict::Pass);
    stage.run(3_100).unwrap();
    assert_eq!(stage.screen(), maintenance);
    stage.run(30 * 60_000).unwrap();
    assert!(matches!(stage.screen(), Some(Screen::Idle(_))), "it comes down by itself");
    let expected = [Event::LoggedIn, Event::NoticeUp, Event::LoggedOut, Event::NoticeDown];
    assert_eq!(staff_events(&stage), codes(&expected));
}
