//! The hub's code before the camera: a foreign code everywhere but on the technician's page of enrolment.

use std::path::{Path, PathBuf};

use gate_core::attendant::Key;
use gate_core::enrolment::{Answered, Asked, Came, FILE_NAME};
use gate_core::event::Event;
use gate_core::screen::{LineStep, Screen, Technician};
use gate_core::verdict::{Reason, Verdict};
use gate_sim::stage::{Stage, terminal_number};
use gate_wire::credential::{Colour, Role};

use super::technician::{codes, log_in, page, press, somebody, staff_events, staffed};
use super::{show_code, verdict_within};

const CODE: &str = "0123456789ABCDEF";

fn hold(stage: &mut Stage, terminal: u32) {
    stage.hold_phone(&format!("TFE1:{terminal}:{CODE}")).unwrap();
}

fn line(stage: &Stage) -> Option<LineStep> {
    match page(stage) {
        Some(Technician::Enrolment(enrolment)) => Some(enrolment.line),
        _ => None,
    }
}

fn shows(stage: &mut Stage, wanted: LineStep) {
    for _ in 0..400 {
        stage.run(20).unwrap();
        if line(stage) == Some(wanted) {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    assert_eq!(line(stage), Some(wanted), "{:?}", stage.screen());
}

/// A terminal with a carrier, and where it asks and is answered.
fn carried() -> (Stage, tempfile::TempDir, [PathBuf; 2]) {
    let folder = tempfile::tempdir().unwrap();
    let spool = folder.path().to_path_buf();
    let stage = staffed(|setting| setting.spool = Some(spool));
    let paths = ["out", "acks"].map(|part| folder.path().join(part).join(FILE_NAME));
    (stage, folder, paths)
}

fn answer(path: &Path, asked: &Asked, came: Came) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, Answered::new(asked, came).document()).unwrap();
}

#[test]
fn outside_its_page_the_hubs_code_is_a_foreign_code() {
    let (mut stage, _folder, [out, _]) = carried();
    let told = |stage: &mut Stage| {
        hold(stage, terminal_number().value());
        let told = verdict_within(stage, 1_000);
        stage.hold_nothing();
        stage.run(5_000).unwrap();
        (told.verdict, told.reason)
    };
    assert_eq!(told(&mut stage), (Verdict::Assist, Reason::OtherCode));
    log_in(&mut stage, Role::Technician);
    assert_eq!(told(&mut stage), (Verdict::Assist, Reason::OtherCode), "the menu is not its page");
    press(&mut stage, Key::Digit(5));
    assert_eq!(line(&stage), Some(LineStep::ShowCode));
    press(&mut stage, Key::Logout);
    assert_eq!(told(&mut stage), (Verdict::Assist, Reason::OtherCode));
    log_in(&mut stage, Role::Attendant);
    press(&mut stage, Key::Digit(5));
    assert_eq!(told(&mut stage), (Verdict::Assist, Reason::OtherCode), "an attendant has no such page");
    assert!(!out.exists());
}

#[test]
fn on_its_page_it_is_asked_for_once_and_what_came_of_it_is_shown() {
    let (mut stage, _folder, [out, acks]) = carried();
    log_in(&mut stage, Role::Technician);
    press(&mut stage, Key::Digit(5));
    hold(&mut stage, 43);
    shows(&mut stage, LineStep::OtherTerminal);
    assert!(!out.exists(), "another terminal's code is nobody's to ask with");
    stage.hold_nothing();
    stage.run(1_000).unwrap();
    hold(&mut stage, terminal_number().value());
    shows(&mut stage, LineStep::Asking);
    for _ in 0..400 {
        stage.run(20).unwrap();
        std::thread::sleep(std::time::Duration::from_millis(2));
        if out.exists() {
            break;
        }
    }
    let asked = Asked::load(&std::fs::read(&out).unwrap()).unwrap().unwrap();
    assert_eq!(asked.code(), CODE.to_ascii_lowercase());
    let mode = std::os::unix::fs::MetadataExt::mode(&std::fs::metadata(&out).unwrap());
    assert_eq!(mode & 0o044, 0o044, "the carrier is another user");
    stage.run(5_000).unwrap();
    stage.hold_nothing();
    let all = staff_events(&stage);
    let times = all.iter().filter(|event| **event == codes(&[Event::EnrolmentAsked])[0]).count();
    assert_eq!(times, 1, "held on, it is one code");
    // An answer to another code says nothing.
    let other = Asked::new(
        &gate_core::enrolment::Invitation::parse(b"TFE1:42:FFFFFFFFFFFFFFFF").unwrap(),
        &[1; 32],
        &[2; 32],
    );
    answer(&acks, &other, Came::Enrolled);
    stage.run(3_000).unwrap();
    assert_eq!(line(&stage), Some(LineStep::Asking));
    answer(&acks, &asked, Came::NoLine);
    shows(&mut stage, LineStep::NoLine);
    answer(&acks, &asked, Came::Enrolled);
    shows(&mut stage, LineStep::Enrolled);
    assert!(!out.exists(), "what was asked is taken back");
    // Nobody waits for a technician: a person's code is answered on this page as on every other.
    assert_eq!(show_code(&mut stage, &somebody(), Colour::Green).verdict, Verdict::Pass);
}

#[test]
fn a_terminal_without_a_carrier_takes_no_code() {
    let mut stage = staffed(|_| {});
    log_in(&mut stage, Role::Technician);
    press(&mut stage, Key::Digit(5));
    assert_eq!(line(&stage), Some(LineStep::NotFitted));
    hold(&mut stage, terminal_number().value());
    let told = stage.run_until(1_000, |screen| matches!(screen, Screen::Verdict(_))).unwrap();
    assert!(matches!(told, Screen::Verdict(told) if told.reason == Reason::OtherCode));
}
