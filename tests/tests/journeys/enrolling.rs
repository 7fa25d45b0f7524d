//! The hub's code before the camera: a foreign code everywhere but on the technician's page of enrolment.

use std::path::{Path, PathBuf};

use gate_core::attendant::Key;
use gate_core::enrolment::{Answered, Asked, Came, FILE_NAME, Invitation, NONCE_BYTES};
use gate_core::event::Event;
use gate_core::screen::{LineStep, Screen, Technician};
use gate_core::verdict::{Reason, Verdict};
use gate_sim::stage::{Stage, terminal_number};
use gate_wire::credential::{Colour, Role};
use gate_wire::record::RecordKind;

use super::technician::{codes, log_in, page, press, somebody, staff_events, staffed};
use super::{show_code, until_true, verdict_within};

const CODE: &str = "0123456789ABCDEF";
const OTHER: &str = "FEDCBA9876543210";

fn invitation(code: &str) -> Invitation {
    Invitation::of(terminal_number(), code).unwrap()
}

fn on_the_page(stage: &mut Stage) {
    log_in(stage, Role::Technician);
    press(stage, Key::Digit(5));
}

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

/// Lets nobody answer.
fn shows_after_silence(stage: &mut Stage) {
    while line(stage) == Some(LineStep::Asking) {
        stage.run(500).unwrap();
    }
    assert_eq!(line(stage), Some(LineStep::NoLine));
}

/// A terminal with a carrier, and where it asks and is answered.
fn carried() -> (Stage, tempfile::TempDir, [PathBuf; 2]) {
    let folder = tempfile::tempdir().unwrap();
    let spool = folder.path().to_path_buf();
    let stage = staffed(|setting| setting.spool = Some(spool));
    let paths = ["out", "acks"].map(|part| folder.path().join(part).join(FILE_NAME));
    (stage, folder, paths)
}

fn read(out: &Path) -> Option<Asked> {
    Asked::load(&std::fs::read(out).ok()?).unwrap()
}

/// What lies there for the carrier, once it does.
fn what_is_asked(stage: &mut Stage, out: &Path) -> Asked {
    until_true(stage, |_| out.exists());
    read(out).unwrap()
}

fn is_asked(entry: &std::fs::DirEntry) -> bool {
    entry.file_name().to_str().unwrap().starts_with(FILE_NAME)
}

/// Lets the gate look for an answer twice at least, and its thread read.
fn looks_again(stage: &mut Stage) {
    for _ in 0..40 {
        stage.run(50).unwrap();
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
}

fn asked_times(stage: &Stage) -> usize {
    staff_events(stage).iter().filter(|event| **event == codes(&[Event::EnrolmentAsked])[0]).count()
}

fn passages(stage: &Stage) -> usize {
    stage.records().unwrap().iter().filter(|(_, record)| record.kind == RecordKind::Passage).count()
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
    on_the_page(&mut stage);
    hold(&mut stage, 43);
    shows(&mut stage, LineStep::OtherTerminal);
    assert!(!out.exists(), "another terminal's code is nobody's to ask with");
    stage.hold_nothing();
    stage.run(1_000).unwrap();
    hold(&mut stage, terminal_number().value());
    shows(&mut stage, LineStep::Asking);
    let asked = what_is_asked(&mut stage, &out);
    assert!(!asked.document().contains(&CODE.to_ascii_lowercase()), "the code stays here");
    let mode = std::os::unix::fs::MetadataExt::mode(&std::fs::metadata(&out).unwrap());
    assert_eq!(mode & 0o777, 0o640, "the carrier is another user of the folder's group");
    stage.run(5_000).unwrap();
    stage.hold_nothing();
    assert_eq!(asked_times(&stage), 1, "held on, it is one code");
    answer(&acks, &asked, Came::NoLine);
    shows(&mut stage, LineStep::NoLine);
    // An answer to another asking says nothing, and is taken away by nobody: it was read when the next one is.
    let other = Asked::new(&invitation(CODE), [&[1; 32], &[2; 32]], &[3; NONCE_BYTES]).unwrap();
    answer(&acks, &other, Came::Enrolled);
    looks_again(&mut stage);
    assert_eq!(line(&stage), Some(LineStep::NoLine));
    answer(&acks, &asked, Came::Enrolled);
    shows(&mut stage, LineStep::Enrolled);
    until_true(&mut stage, |_| !out.exists());
    // Nobody waits for a technician: a person's code is answered on this page as on every other.
    assert_eq!(show_code(&mut stage, &somebody(), Colour::Green).verdict, Verdict::Pass);
}

#[test]
fn a_strangers_code_on_the_open_page_changes_nothing() {
    let (mut stage, _folder, [out, acks]) = carried();
    on_the_page(&mut stage);
    hold(&mut stage, terminal_number().value());
    let asked = what_is_asked(&mut stage, &out);
    for stranger in [format!("TFE1:43:{CODE}"), format!("TFE1:{}:{OTHER}", terminal_number().value())] {
        stage.hold_phone(&stranger).unwrap();
        stage.run(5_000).unwrap();
        assert_eq!(line(&stage), Some(LineStep::Asking), "{stranger}");
        assert_eq!(what_is_asked(&mut stage, &out), asked, "{stranger}");
    }
    stage.hold_nothing();
    answer(&acks, &asked, Came::Enrolled);
    shows(&mut stage, LineStep::Enrolled);
    hold(&mut stage, 43);
    stage.run(5_000).unwrap();
    assert_eq!(line(&stage), Some(LineStep::Enrolled));
    assert_eq!(asked_times(&stage), 1);
    // Held up without end it keeps no page open.
    stage.run(60_000).unwrap();
    assert_eq!(page(&stage), None);
    assert!(!staff_events(&stage).is_empty());
}

#[test]
fn the_same_code_works_again_when_it_was_refused_and_is_held_up_anew() {
    let (mut stage, _folder, [out, acks]) = carried();
    on_the_page(&mut stage);
    hold(&mut stage, terminal_number().value());
    let first = what_is_asked(&mut stage, &out);
    answer(&acks, &first, Came::Refused);
    shows(&mut stage, LineStep::Refused);
    stage.run(5_000).unwrap();
    assert_eq!((line(&stage), asked_times(&stage)), (Some(LineStep::Refused), 1), "held on, it is one code");
    stage.hold_nothing();
    stage.run(4_000).unwrap();
    hold(&mut stage, terminal_number().value());
    shows(&mut stage, LineStep::Asking);
    until_true(&mut stage, |_| read(&out).is_some_and(|asked| asked != first));
    let second = what_is_asked(&mut stage, &out);
    // The answer to the first still lies there.
    looks_again(&mut stage);
    assert_eq!(line(&stage), Some(LineStep::Asking));
    answer(&acks, &second, Came::Enrolled);
    shows(&mut stage, LineStep::Enrolled);
}

#[test]
fn after_one_code_the_next_is_asked_with() {
    let (mut stage, _folder, [out, acks]) = carried();
    on_the_page(&mut stage);
    hold(&mut stage, terminal_number().value());
    let first = what_is_asked(&mut stage, &out);
    answer(&acks, &first, Came::Unknown);
    shows(&mut stage, LineStep::Unknown);
    stage.hold_phone(&format!("TFE1:{}:{OTHER}", terminal_number().value())).unwrap();
    shows(&mut stage, LineStep::Asking);
    until_true(&mut stage, |_| read(&out).is_some_and(|asked| asked != first));
    let second = what_is_asked(&mut stage, &out);
    assert_eq!(second.vouched().unwrap().invitation(), &invitation(OTHER).key().public_key());
    answer(&acks, &second, Came::Ended);
    shows(&mut stage, LineStep::Ended);
}

#[test]
fn an_open_page_asks_with_five_codes_and_no_more() {
    let (mut stage, _folder, [out, acks]) = carried();
    on_the_page(&mut stage);
    let mut last = None;
    for made_up in 0..7 {
        stage.hold_phone(&format!("TFE1:{}:{made_up}{}", terminal_number().value(), &OTHER[1..])).unwrap();
        if made_up < 5 {
            until_true(&mut stage, |_| read(&out).is_some_and(|asked| Some(&asked) != last.as_ref()));
            let asked = what_is_asked(&mut stage, &out);
            answer(&acks, &asked, Came::Unknown);
            shows(&mut stage, LineStep::Unknown);
            last = Some(asked);
        }
        stage.run(3_000).unwrap();
    }
    assert_eq!((asked_times(&stage), line(&stage)), (5, Some(LineStep::Unknown)));
    // Opened anew it asks again.
    stage.hold_nothing();
    stage.run(4_000).unwrap();
    press(&mut stage, Key::Back);
    press(&mut stage, Key::Digit(5));
    hold(&mut stage, terminal_number().value());
    shows(&mut stage, LineStep::Asking);
}

#[test]
fn a_code_that_nobody_answered_does_not_keep_the_next_one_out() {
    let (mut stage, _folder, [out, acks]) = carried();
    on_the_page(&mut stage);
    stage.hold_phone(&format!("TFE1:{}:{OTHER}", terminal_number().value())).unwrap();
    let first = what_is_asked(&mut stage, &out);
    shows_after_silence(&mut stage);
    hold(&mut stage, terminal_number().value());
    until_true(&mut stage, |_| read(&out).is_some_and(|asked| asked != first));
    let second = what_is_asked(&mut stage, &out);
    answer(&acks, &first, Came::Refused);
    looks_again(&mut stage);
    assert_eq!(line(&stage), Some(LineStep::Asking), "what was said to the first is nobody's");
    answer(&acks, &second, Came::Enrolled);
    shows(&mut stage, LineStep::Enrolled);
}

#[test]
fn whoever_restarts_or_leaves_the_page_takes_back_what_was_asked() {
    let (mut stage, _folder, [out, acks]) = carried();
    on_the_page(&mut stage);
    hold(&mut stage, terminal_number().value());
    let asked = what_is_asked(&mut stage, &out);
    std::fs::write(out.with_file_name(format!("{FILE_NAME}.1-2-3.part")), "half").unwrap();
    let mut stage = stage.reboot(10).unwrap();
    until_true(&mut stage, |_| {
        std::fs::read_dir(out.parent().unwrap()).unwrap().all(|entry| !is_asked(&entry.unwrap()))
    });
    stage.hold_nothing();
    on_the_page(&mut stage);
    answer(&acks, &asked, Came::Enrolled);
    assert_eq!(line(&stage), Some(LineStep::ShowCode), "what was asked before the restart is nobody's");
    hold(&mut stage, terminal_number().value());
    what_is_asked(&mut stage, &out);
    let before = passages(&stage);
    press(&mut stage, Key::Back);
    until_true(&mut stage, |_| !out.exists());
    stage.run(5_000).unwrap();
    assert_eq!(passages(&stage), before, "the code is still in view, and no passage");
    stage.hold_nothing();
    stage.run(4_000).unwrap();
    press(&mut stage, Key::Digit(5));
    assert_eq!(line(&stage), Some(LineStep::ShowCode));
}

#[test]
fn where_no_carrier_answers_it_is_said_within_thirty_seconds() {
    let (mut stage, _folder, [out, acks]) = carried();
    on_the_page(&mut stage);
    let began = stage.time();
    hold(&mut stage, terminal_number().value());
    let asked = what_is_asked(&mut stage, &out);
    stage.hold_nothing();
    shows_after_silence(&mut stage);
    let after = stage.time().since(began);
    assert!((30..=32).contains(&after), "{after} s");
    // It comes after all.
    answer(&acks, &asked, Came::Enrolled);
    shows(&mut stage, LineStep::Enrolled);
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
