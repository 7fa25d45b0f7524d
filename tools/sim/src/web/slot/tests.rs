//! Sticks in the slot of a running terminal: what comes into force, what does not, what is said.

use std::time::{Duration, Instant};

use gate_core::event::Event;
use gate_core::visit::Visit;
use gate_trust::Now;

use super::*;
use crate::people::{Person, VALID};
use crate::stage::{Setting, province};
use gate_core::screen::Screen;
use gate_core::verdict::Verdict;
use gate_wire::credential::Colour;

const DAY_MS: u64 = 86_400_000;

/// A terminal that knows one green person, three days after its data were brought.
fn stage() -> Stage {
    let province = province().unwrap();
    let subject = province.subject(&Person::new(3).unwrap().document).unwrap();
    let setting = Setting { listed: vec![(vec![subject], Colour::Green)], ..Setting::default() };
    let mut stage = Stage::new(setting, province).unwrap();
    stage.world.advance(3 * DAY_MS);
    stage.run(1_000).unwrap();
    stage
}

fn confirmed(stage: &Stage) -> Now {
    Now { wall: stage.time(), confirmed: Some(stage.time()) }
}

/// The gate goes on until the visit is over.
fn wait(slot: &mut Slot, stage: &mut Stage) -> SlotView {
    let began = Instant::now();
    while slot.news.is_some() {
        assert!(began.elapsed().as_secs() < 60, "the keeper ends");
        stage.turn().unwrap();
        slot.turn(stage);
        thread::sleep(Duration::from_millis(2));
    }
    slot.view().unwrap()
}

fn put(slot: &mut Slot, stage: &mut Stage, sample: Sample) -> SlotView {
    let now = confirmed(stage);
    slot.take_sample(stage, sample, now).unwrap();
    wait(slot, stage)
}

fn takings(stage: &Stage) -> usize {
    let taken = |event| event == Event::DataTaken.code();
    stage.records().unwrap().iter().filter(|(_, record)| taken(record.event)).count()
}

fn says(view: &SlotView, words: &str) -> bool {
    view.report.iter().any(|line| line.contains(words))
}

#[test]
fn todays_stick_is_in_force_and_the_gate_decides_by_it() {
    let (mut stage, mut slot) = (stage(), Slot::default());
    assert!(stage.list_age_s() > 3 * 86_400);
    let view = put(&mut slot, &mut stage, Sample::New);
    assert_eq!(view.state, State::Taken, "{}", view.report.join("\n"));
    assert!(view.copied > 10 && view.files > 10 && says(&view, "status-list") && says(&view, "生效"));
    assert!(stage.list_age_s() < 3_600, "the list is today's");
    stage.run_until_renewed().unwrap();
    let since = stage.screens_shown();
    stage.lay(Person::new(3).unwrap().card(VALID).unwrap());
    stage.run_until(3_000, |screen| matches!(screen, Screen::Verdict(_))).unwrap();
    assert_eq!(stage.told_since(since).unwrap().verdict, Verdict::Pass);
    stage.take_card();
    // The next night's stick, and the list as it was then.
    stage.world.advance(DAY_MS);
    assert_eq!(put(&mut slot, &mut stage, Sample::New).state, State::Taken);
    assert!(stage.list_age_s() < 3_600);
}

#[test]
fn a_stale_and_a_foreign_stick_change_nothing_and_say_why() {
    let (mut stage, mut slot) = (stage(), Slot::default());
    let before = (stage.list_age_s(), takings(&stage));
    let stale = put(&mut slot, &mut stage, Sample::Stale);
    assert_eq!(stale.state, State::Refused);
    assert!(says(&stale, "已过有效期"), "{}", stale.report.join("\n"));
    let foreign = put(&mut slot, &mut stage, Sample::Foreign);
    assert_eq!(foreign.state, State::Refused);
    assert!(says(&foreign, "签名不足"), "{}", foreign.report.join("\n"));
    stage.run(20_000).unwrap();
    assert_eq!((stage.list_age_s() / 3_600, takings(&stage)), (before.0 / 3_600, before.1));
    // And afterwards the good one is as good as ever.
    assert_eq!(put(&mut slot, &mut stage, Sample::New).state, State::Taken);
}

#[test]
fn a_folder_that_somebody_brings_goes_the_same_way() {
    let (mut stage, mut slot) = (stage(), Slot::default());
    put(&mut slot, &mut stage, Sample::New);
    let folder = tempfile::tempdir().unwrap();
    let time = stage.time();
    let [province, _] = slot.depots(&stage).unwrap();
    stage.renew_list().unwrap();
    province.bring_out(&mut stage, time, DAY_S).unwrap();
    province.copy_to(folder.path()).unwrap();
    let now = confirmed(&stage);
    slot.take_folder(&mut stage, Folder::of(&folder).unwrap(), now).unwrap();
    let twice = slot.take_sample(&mut stage, Sample::New, now).unwrap_err();
    assert!(format!("{twice:#}").contains("a stick is in the slot"));
    let view = wait(&mut slot, &mut stage);
    assert_eq!((view.stick, view.state), ("brought", State::Taken), "{}", view.report.join("\n"));
}

#[test]
fn a_keeper_that_cannot_work_is_told_on_the_screen_and_not_waited_for() {
    let (mut stage, mut slot) = (stage(), Slot::default());
    put(&mut slot, &mut stage, Sample::New);
    let stick = tempfile::tempdir().unwrap();
    slot.depots(&stage).unwrap()[0].copy_to(stick.path()).unwrap();
    let good = stage.keeper();
    let nowhere = Directories { data: good.state.join("report.json"), ..stage.keeper() };
    let (tell, _news) = channel();
    let end = visit(&Folder::of(&stick).unwrap(), &nowhere, confirmed(&stage), &tell);
    assert!(end.is_err(), "a file is no directory of data");
    let told = std::fs::read(good.spool.with_file_name(FILE_NAME)).unwrap();
    let Ok(Visit::Data(updating)) = Visit::load(&told) else { unreachable!("{told:?}") };
    assert_eq!(updating.step, UpdateStep::Refused(UpdateRefused::NotChecked));
}

#[test]
fn a_visit_that_broke_off_leaves_the_slot() {
    let (mut stage, mut slot) = (stage(), Slot::default());
    put(&mut slot, &mut stage, Sample::New);
    slot.news = Some(channel().1);
    slot.turn(&mut stage);
    assert_eq!(slot.view().unwrap().state, State::Failed);
    assert!(slot.admit().is_ok());
}
