//! Nothing ends in "no": whatever is broken, a person has an answer within 1 s, and it is the human path (DOMAIN §2).

use gate_core::manifest::Dataset;
use gate_core::screen::{Fault, FaultScreen, Screen, Serving};
use gate_core::time::RtcHealth;
use gate_core::verdict::{Reason, Verdict};
use gate_signing::demo_issuers::DemoIssuer;
use gate_signing::issue::Claim;
use gate_sim::people::Person;
use gate_sim::stage::{Disk, DiskState, Issue, RtcAtStart, Setting, Stage, province};
use gate_wire::credential::{Colour, Condition};

use super::{listed_green, show_code, tap_card, verdict_within};

fn stage_with(person: &Person, change: impl FnOnce(&mut Setting)) -> Stage {
    let province = province().unwrap();
    let mut setting = listed_green(&province, person);
    change(&mut setting);
    Stage::new(setting, province).unwrap()
}

#[test]
fn every_missing_dataset_leaves_an_answer_within_a_second_and_never_a_stop() {
    let person = Person::new(1).unwrap();
    let all = [
        Dataset::KeySet,
        Dataset::PolicyStation,
        Dataset::Places,
        Dataset::RiskLevels,
        Dataset::StaffList,
        Dataset::Revocations,
        Dataset::StatusList,
    ];
    for missing in all {
        let mut stage = stage_with(&person, |setting| setting.without = vec![missing]);
        let by_code = show_code(&mut stage, &person, Colour::Green).verdict;
        stage.run(11_000).unwrap();
        let by_card = tap_card(&mut stage, &person).verdict;
        for verdict in [by_code, by_card] {
            assert!(matches!(verdict, Verdict::Pass | Verdict::Assist), "{missing:?}: {verdict:?}");
        }
    }
    let mut stage = stage_with(&person, |setting| setting.without = all.to_vec());
    assert_eq!(show_code(&mut stage, &person, Colour::Green).verdict, Verdict::Assist);
    assert_eq!(tap_card(&mut stage, &person).verdict, Verdict::Assist);
    assert_eq!(stage.pulses(), []);
}

#[test]
fn only_a_battery_clock_that_took_the_time_is_believed_after_a_power_cut() {
    let witnesses = [1, 2, 3].map(|person| Person::new(person).unwrap());
    for (takes, doubted) in [(true, false), (false, true)] {
        let province = province().unwrap();
        let green = |person: &Person| (vec![province.subject(&person.document).unwrap()], Colour::Green);
        let listed = witnesses.iter().map(green).collect();
        let mut stage =
            Stage::new(Setting { listed, rtc: RtcAtStart::Dead, ..Setting::default() }, province).unwrap();
        let clock = stage.world.clock();
        if !takes {
            clock.forget_without_power();
        }
        let verdicts = [0, 1, 2, 0].map(|witness: usize| {
            let told = show_code(&mut stage, &witnesses[witness], Colour::Green);
            stage.run(6_000).unwrap();
            told.verdict
        });
        assert_eq!(verdicts[3], Verdict::Pass, "three people have confirmed the clock: {verdicts:?}");
        // A new battery: from now on the clock goes on without power, from what it has.
        clock.set_health(RtcHealth::Healthy);
        if !takes {
            clock.put_ahead(8 * 3_600);
        }
        let mut stage = stage.reboot(60).unwrap();
        let told = show_code(&mut stage, &witnesses[0], Colour::Green);
        assert_eq!(told.reason == Reason::ClockUnconfirmed, doubted, "{told:?}");
    }
}

#[test]
fn an_unplugged_camera_has_its_screen_within_a_second_and_goes_when_it_is_back() {
    let mut stage = stage_with(&Person::new(1).unwrap(), |_| {});
    stage.world.camera().unplug();
    let screen = stage.run_until(1_000, |screen| matches!(screen, Screen::Fault(_))).unwrap();
    assert!(matches!(screen, Screen::Fault(_)));
    stage.world.camera().plug();
    stage.run_until(1_000, |screen| matches!(screen, Screen::Idle(_))).unwrap();
}

#[test]
fn a_reader_that_answers_too_late_is_a_fault_while_codes_pass_and_reads_again_once_it_is_in_time() {
    let person = Person::new(1).unwrap();
    let mut stage = stage_with(&person, |_| {});
    stage.reader.set_lag(2_000);
    stage.run(10_000).unwrap();
    let told = stage.screen();
    let is_told = |screen: &Screen| {
        matches!(screen, Screen::Fault(FaultScreen { fault: Fault::Reader, serving: Serving::Code }))
    };
    assert!(told.as_ref().is_some_and(is_told), "{told:?}");
    assert_eq!(show_code(&mut stage, &person, Colour::Green).verdict, Verdict::Pass);
    stage.reader.set_lag(0);
    stage.run(25_000).unwrap();
    assert!(!stage.screen().as_ref().is_some_and(is_told));
    assert_eq!(tap_card(&mut stage, &person).verdict, Verdict::Pass);
}

#[test]
fn what_was_marked_unsaved_is_written_once_the_disk_works_again() {
    let person = Person::new(1).unwrap();
    let mut stage = stage_with(&person, |setting| {
        setting.disk = Disk::CanFail;
        setting.lane = 9;
    });
    stage.set_disk(DiskState::Broken).unwrap();
    show_code(&mut stage, &person, Colour::Green);
    assert_eq!(stage.pulses().len(), 1, "an exit lane opens");
    assert!(stage.backlog().memory > 0);
    let before = stage.records().unwrap().len();
    stage.set_disk(DiskState::Well).unwrap();
    stage.run(3_000).unwrap();
    assert_eq!((stage.backlog().memory, stage.backlog().reserve), (0, 0));
    assert!(stage.records().unwrap().len() > before);
    assert!(stage.chain_is_whole().unwrap());
}

/// A terminal's 500 ms are its own (DESIGN §4, tested where the journal is): the stage's time stands still while this
/// machine's disk is busy, whatever is built beside it.
#[test]
fn a_slow_disk_of_the_machine_that_plays_is_no_fault_of_the_terminal_that_is_played() {
    let person = Person::new(1).unwrap();
    let mut stage = stage_with(&person, |setting| setting.disk = Disk::CanFail);
    stage.set_disk(DiskState::Slow).unwrap();
    assert_eq!(tap_card(&mut stage, &person).verdict, Verdict::Pass);
    stage.set_disk(DiskState::Well).unwrap();
    assert_eq!((stage.backlog().memory, stage.backlog().reserve), (0, 0));
}

#[test]
fn a_full_disk_over_a_restart_loses_nothing() {
    let person = Person::new(1).unwrap();
    let mut stage = stage_with(&person, |setting| setting.disk = Disk::CanFail);
    stage.set_disk(DiskState::Full).unwrap();
    assert_eq!(show_code(&mut stage, &person, Colour::Green).verdict, Verdict::Pass);
    assert_eq!(stage.backlog().reserve, 1);
    stage.set_disk(DiskState::Well).unwrap();
    let mut stage = stage.reboot(10).unwrap();
    stage.run(2_000).unwrap();
    let passages = stage.records().unwrap();
    let passages = passages.iter().filter(|(_, record)| record.reason == *b"P01" || record.reason == *b"P07");
    assert_eq!(passages.count(), 1);
    assert!(stage.chain_is_whole().unwrap());
}

#[test]
fn a_dead_clock_calls_no_card_and_no_code_expired() {
    let person = Person::new(1).unwrap();
    for rtc in
        [RtcAtStart::Dead, RtcAtStart::SuspectAhead(40 * 365 * 86_400), RtcAtStart::SuspectBack(86_400)]
    {
        let mut stage = stage_with(&person, |setting| setting.rtc = rtc);
        assert_eq!(show_code(&mut stage, &person, Colour::Green).reason.code(), "A03", "{rtc:?}");
        stage.run(6_000).unwrap();
        assert_eq!(tap_card(&mut stage, &person).verdict, Verdict::Pass, "{rtc:?}");
    }
}

#[test]
fn an_exit_stays_an_exit_when_the_places_are_lost() {
    let person = Person::new(1).unwrap();
    let province = province().unwrap();
    let setting = Setting { lane: 9, ..listed_green(&province, &person) };
    let stage = Stage::new(setting, province).unwrap();
    let believed = stage.directory().join("believed");
    let places = std::fs::read_dir(&believed).unwrap().map(|entry| entry.unwrap().path());
    let places = places.into_iter().find(|path| path.to_string_lossy().contains("places.")).unwrap();
    std::fs::remove_file(places).unwrap();
    let mut stage = stage.reboot(60).unwrap();
    let told = show_code(&mut stage, &person, Colour::Red);
    assert_ne!(told.verdict, Verdict::Pass);
    assert_eq!(stage.pulses().len(), 1, "an exit lane always opens (DOMAIN §20)");
}

#[test]
fn a_paper_code_goes_to_the_attendant_where_revocations_were_lost() {
    let person = Person::new(1).unwrap();
    let mut stage = stage_with(&person, |_| {});
    let believed = stage.directory().join("believed");
    let mut files = std::fs::read_dir(&believed).unwrap().map(|entry| entry.unwrap().path());
    let revocations = files.find(|path| path.to_string_lossy().contains("revocations.")).unwrap();
    let claim = Claim::Paper(Condition::Colour(Colour::Green));
    let paper =
        stage.issue(DemoIssuer::Province, &person, Issue { claim, age_s: 7_200, life_s: 86_400 }).unwrap();
    std::fs::remove_file(revocations).unwrap();
    let mut stage = stage.reboot(60).unwrap();
    stage.hold_phone(&paper.text).unwrap();
    assert_eq!(verdict_within(&mut stage, 1_000).verdict, Verdict::Assist);
    stage.hold_nothing();
    stage.run(9_000).unwrap();
    assert_eq!(show_code(&mut stage, &person, Colour::Green).verdict, Verdict::Pass, "a screen code decides");
}
