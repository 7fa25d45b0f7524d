//! A stick or a laptop at the terminal: how far it is, and whether it may be pulled out, while the lane goes on.

use gate_core::screen::{
    Carrier, LogsOut, LogsStep, LogsStopped, OutOfService, Percent, Screen, Serving, Technician,
    UpdateRefused, UpdateStep, Updating,
};
use gate_core::verdict::Verdict;
use gate_core::visit::{FILE_NAME, Visit};
use gate_sim::people::Person;
use gate_sim::stage::{Disk, DiskState, Setting, Stage, province};
use gate_wire::credential::Colour;

use super::{listed_green, show_code, stage_for, tap_card, until_true};

/// Tells of a visit as whoever serves the carrier does.
fn tell(stage: &Stage, visit: Visit, beat: u64) {
    let path = stage.directory().join(FILE_NAME);
    let new = path.with_extension("new");
    std::fs::write(&new, visit.document(beat).as_bytes()).unwrap();
    std::fs::rename(new, path).unwrap();
}

fn update(step: UpdateStep) -> Visit {
    Visit::Data(Updating { carrier: Carrier::Stick, step })
}

fn records(step: LogsStep) -> Visit {
    Visit::Records(LogsOut { waiting: 7, step })
}

/// Tells it, and waits until it is in front.
fn told_and_shown(stage: &mut Stage, visit: Visit, beat: u64) {
    tell(stage, visit, beat);
    until_true(stage, |stage| stage.screen() == Some(visit.screen(Serving::Both)));
}

#[test]
fn every_step_of_a_visit_is_shown_and_passages_go_on_meanwhile() {
    let person = Person::new(1).unwrap();
    let mut stage = stage_for(&person);
    let half = Percent::of(1, 2);
    let refused = UpdateStep::Refused(UpdateRefused::Older);
    let steps =
        [UpdateStep::Copying(half), UpdateStep::Checking(half), UpdateStep::InForce, refused].map(update);
    let stopped = LogsStep::Stopped(LogsStopped::PulledOut);
    let logs = [LogsStep::Writing(half), LogsStep::Written, stopped].map(records);
    for (beat, visit) in (0..).zip(steps.into_iter().chain(logs)) {
        told_and_shown(&mut stage, visit, beat);
        let pulses = stage.pulses().len();
        let told = if beat % 2 == 0 {
            show_code(&mut stage, &person, Colour::Green)
        } else {
            tap_card(&mut stage, &person)
        };
        assert_eq!((told.verdict, stage.pulses().len()), (Verdict::Pass, pulses + 1), "{visit:?}");
        tell(&stage, visit, beat + 100);
        stage.run(2_500).unwrap();
        assert!(matches!(stage.screen(), Some(Screen::Verdict(_))), "its three seconds: {visit:?}");
        until_true(&mut stage, |stage| stage.screen() == Some(visit.screen(Serving::Both)));
        // The gate closes: nobody walks through here.
        stage.run(11_000).unwrap();
    }
    std::fs::remove_file(stage.directory().join(FILE_NAME)).unwrap();
    until_true(&mut stage, |stage| matches!(stage.screen(), Some(Screen::Idle(_))));
}

#[test]
fn a_visit_that_has_died_does_not_forbid_to_pull_the_stick_for_ever() {
    let mut stage = stage_for(&Person::new(1).unwrap());
    let copying = update(UpdateStep::Copying(Percent::of(1, 9)));
    told_and_shown(&mut stage, copying, 1);
    stage.run(20_000).unwrap();
    assert_eq!(stage.screen(), Some(copying.screen(Serving::Both)));
    stage.run(11_000).unwrap();
    assert!(matches!(stage.screen(), Some(Screen::Idle(_))), "{:?}", stage.screen());
}

#[test]
fn what_is_no_visit_changes_nothing() {
    let mut stage = stage_for(&Person::new(1).unwrap());
    let before = stage.screens_shown();
    let path = stage.directory().join(FILE_NAME);
    let long = "1".repeat(100_000);
    for text in ["", "{}", "{\"format\":1,\"beat\":1}", long.as_str(), "\u{0}\u{1}"] {
        std::fs::write(&path, text).unwrap();
        for _ in 0..20 {
            stage.run(100).unwrap();
            std::thread::sleep(std::time::Duration::from_millis(1));
        }
    }
    let other =
        stage.world.display().screens_since(before).into_iter().find(|s| !matches!(s, Screen::Idle(_)));
    assert_eq!(other, None);
}

#[test]
fn where_no_machine_helps_the_human_path_and_the_stick_are_shown_in_turns() {
    let person = Person::new(1).unwrap();
    let province = province().unwrap();
    let setting = Setting { disk: Disk::CanFail, ..listed_green(&province, &person) };
    let mut stage = Stage::new(setting, province).unwrap();
    stage.set_disk(DiskState::Broken).unwrap();
    show_code(&mut stage, &person, Colour::Green);
    stage.run_until(10_000, |screen| matches!(screen, Screen::Fault(_))).unwrap();
    let copying = update(UpdateStep::Copying(Percent::of(1, 9)));
    tell(&stage, copying, 1);
    let told = copying.screen(Serving::Staff);
    until_true(&mut stage, |stage| stage.screen().as_ref() == Some(&told));
    let before = stage.screens_shown();
    stage.run(16_000).unwrap();
    let shown = stage.world.display().screens_since(before);
    let faults = shown.iter().filter(|screen| matches!(screen, Screen::Fault(_))).count();
    let visits = shown.iter().filter(|screen| **screen == told).count();
    assert!(faults >= 2 && visits >= 1, "{shown:?}");
}

#[test]
fn records_on_their_way_are_shown_on_the_technicians_page_too() {
    use gate_core::attendant::Key;
    use gate_wire::credential::Role;

    use super::technician::{log_in, press, staffed};

    let mut stage = staffed(|_| {});
    log_in(&mut stage, Role::Technician);
    press(&mut stage, Key::Digit(4));
    let writing = LogsOut { waiting: 7, step: LogsStep::Writing(Percent::of(1, 4)) };
    told_and_shown(&mut stage, Visit::Records(writing), 1);
    assert_eq!(stage.screen(), Some(Screen::Technician(Technician::Logs(writing), Serving::Both)));
    press(&mut stage, Key::Back);
    assert!(
        matches!(stage.screen(), Some(Screen::Technician(Technician::Menu(_), _))),
        "the menu is in front"
    );
}

#[test]
fn a_terminal_without_data_shows_the_stick_that_brings_them() {
    use super::out_of_service::{in_front, switched_on, waits};
    use gate_sim::devices::World;
    use gate_sim::stage::beginning;

    let directory = tempfile::tempdir().unwrap();
    let world = World::new(beginning());
    let mut startup = switched_on(directory.path(), &world);
    let copying = update(UpdateStep::Copying(Percent::of(1, 9)));
    std::fs::write(directory.path().join(FILE_NAME), copying.document(1).as_bytes()).unwrap();
    let (mut human, mut stick) = (0, 0);
    for _ in 0..40 {
        (startup, _) = waits(startup);
        world.advance(500);
        std::thread::sleep(std::time::Duration::from_millis(2));
        match in_front(&world) {
            Screen::OutOfService(OutOfService::NotEnrolled) => human += 1,
            screen if screen == copying.screen(Serving::Staff) => stick += 1,
            other => unreachable!("{other:?}"),
        }
    }
    assert!(human >= 10 && stick >= 10, "{human} {stick}");
}
