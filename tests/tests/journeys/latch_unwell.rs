//! A latch that does not take what it is told: nobody is told to go at a shut gate, the record says what happened, and nothing opens later.

use gate_core::attendant::Key;
use gate_core::event::Event;
use gate_core::query::Sequence;
use gate_core::screen::{Fault, Opens, Screen, Serving, Told};
use gate_core::verdict::{Reason, Verdict};
use gate_sim::people::Person;
use gate_sim::stage::{Setting, Stage, province};
use gate_wire::credential::{Colour, Role};
use gate_wire::record::{Record, RecordKind};

use super::fire::count;
use super::scanner::unchecked;
use super::technician::{log_in, press, somebody, staffed};
use super::{listed_green, show_code, stage_for, tap_card};

fn rows(stage: &Stage, wanted: impl Fn(&Record) -> bool) -> Vec<(Sequence, Record)> {
    stage.records().unwrap().into_iter().filter(|(_, record)| wanted(record)).collect()
}

/// Rows of passages with this verdict.
fn passages(stage: &Stage, verdict: u8) -> Vec<Sequence> {
    let rows = rows(stage, |record| record.kind == RecordKind::Passage && record.verdict == verdict);
    rows.into_iter().map(|(sequence, _)| sequence).collect()
}

/// The records that are said to have opened nothing.
fn void(stage: &Stage) -> Vec<Sequence> {
    let rows = rows(stage, |record| record.event == Event::NotOpened.code());
    let named =
        |record: &Record| record.detail[..8].iter().fold(0, |number, byte| number << 8 | u64::from(*byte));
    rows.iter().map(|(_, record)| Sequence(named(record))).collect()
}

fn is_sent_to_staff(told: &Told) -> bool {
    (told.verdict, told.reason, told.opens) == (Verdict::Assist, Reason::LatchUnwell, Opens::No)
}

/// Whether the screen at rest sends people to staff because of the latch.
fn rests_unwell(stage: &Stage) -> bool {
    matches!(stage.screen(), Some(Screen::Fault(shown)) if shown.fault == Fault::Latch && shown.serving == Serving::Staff)
}

fn told_of_the_latch(stage: &Stage) -> [usize; 2] {
    [Event::LatchLost, Event::LatchBack].map(|event| count(stage, event.code()))
}

#[test]
fn who_may_pass_at_a_latch_that_does_not_open_is_sent_to_staff_and_the_record_says_so() {
    let person = Person::new(1).unwrap();
    let mut stage = stage_for(&person);
    stage.world.latch().jam();
    let told = tap_card(&mut stage, &person);
    assert!(is_sent_to_staff(&told) && told.query.is_some(), "{told:?}");
    stage.run(100).unwrap();
    let passes = passages(&stage, b'P');
    assert_eq!((passes.len(), void(&stage)), (1, passes));
    assert_eq!(stage.pulses(), []);
    assert_eq!([b'P', b'N'].map(|letter| stage.counted(letter).unwrap()), [1, 1]);
    assert_eq!(told_of_the_latch(&stage), [1, 0]);
}

#[test]
fn what_a_latch_did_not_take_opens_nothing_later() {
    let person = Person::new(1).unwrap();
    for lost in [true, false] {
        let mut stage = stage_for(&person);
        if lost {
            stage.world.latch().unplug()
        } else {
            stage.world.latch().jam()
        }
        assert!(is_sent_to_staff(&show_code(&mut stage, &person, Colour::Green)));
        stage.world.latch().plug();
        stage.world.latch().unjam();
        stage.run(30_000).unwrap();
        assert_eq!(stage.pulses(), []);
    }
}

#[test]
fn a_latch_that_is_lost_is_a_fault_before_anybody_comes_and_leaves_no_pass_that_opened_nothing() {
    let person = Person::new(1).unwrap();
    let mut stage = stage_for(&person);
    stage.world.latch().unplug();
    stage.run(1_200).unwrap();
    assert!(rests_unwell(&stage), "{:?}", stage.screen());
    assert!(is_sent_to_staff(&show_code(&mut stage, &person, Colour::Green)));
    assert_eq!((passages(&stage, b'P').len(), passages(&stage, b'A').len(), void(&stage)), (0, 1, vec![]));
    stage.run(9_000).unwrap();
    assert!(rests_unwell(&stage), "{:?}", stage.screen());
    assert_eq!(told_of_the_latch(&stage), [1, 0]);
    stage.world.latch().plug();
    stage.run(12_000).unwrap();
    assert!(matches!(stage.screen(), Some(Screen::Idle(_))), "{:?}", stage.screen());
    assert_eq!(told_of_the_latch(&stage), [1, 1]);
    assert_eq!(show_code(&mut stage, &person, Colour::Green).verdict, Verdict::Pass);
    assert_eq!(stage.pulses().len(), 1);
}

#[test]
fn a_loose_latch_is_one_fault_until_it_has_taken_everything_for_ten_seconds() {
    let person = Person::new(1).unwrap();
    let mut stage = stage_for(&person);
    for _ in 0..4 {
        stage.world.latch().unplug();
        stage.run(2_000).unwrap();
        stage.world.latch().plug();
        stage.run(4_000).unwrap();
        assert!(rests_unwell(&stage), "{:?}", stage.screen());
    }
    assert_eq!(told_of_the_latch(&stage), [1, 0]);
    assert_eq!(tap_card(&mut stage, &person).verdict, Verdict::Pass, "who comes while it works goes through");
    assert_eq!(stage.pulses().len(), 1);
}

#[test]
fn a_red_code_at_a_latch_that_is_lost_is_still_stop() {
    let person = Person::new(1).unwrap();
    let mut stage = stage_for(&person);
    stage.world.latch().unplug();
    stage.run(1_200).unwrap();
    assert_eq!(show_code(&mut stage, &person, Colour::Red).verdict, Verdict::Stop);
}

#[test]
fn an_exit_is_tried_though_its_latch_was_lost_and_says_so_when_it_did_not_open() {
    let person = Person::new(1).unwrap();
    let province = province().unwrap();
    let mut stage = Stage::new(Setting { lane: 9, ..listed_green(&province, &person) }, province).unwrap();
    stage.world.latch().unplug();
    stage.run(1_200).unwrap();
    assert!(is_sent_to_staff(&show_code(&mut stage, &person, Colour::Red)));
    assert_eq!(void(&stage), passages(&stage, b'S'));
    stage.run(6_000).unwrap();
    stage.world.latch().plug();
    assert_eq!(show_code(&mut stage, &person, Colour::Red).opens, Opens::Yes);
    assert_eq!((stage.pulses().len(), stage.counted(b'N').unwrap()), (1, 0), "no Pass was among them");
}

/// The attendant says that the phone's page was seen.
fn open_by_hand(stage: &mut Stage) {
    press(stage, Key::Accept);
    press(stage, Key::Digit(4));
}

#[test]
fn an_attendant_reads_that_the_gate_did_not_open_and_the_next_try_is_for_the_same_person() {
    let mut stage = staffed(|_| {});
    log_in(&mut stage, Role::Attendant);
    show_code(&mut stage, &somebody(), Colour::Red);
    let stopped = passages(&stage, b'S');
    stage.world.latch().jam();
    for key in [Key::Emergency, Key::Digit(1), Key::Ok] {
        press(&mut stage, key);
    }
    assert!(
        matches!(stage.screen(), Some(Screen::Verdict(told)) if is_sent_to_staff(&told)),
        "{:?}",
        stage.screen()
    );
    let openings = |stage: &Stage| rows(stage, |record| record.kind == RecordKind::Opening);
    assert_eq!(void(&stage), openings(&stage).iter().map(|(sequence, _)| *sequence).collect::<Vec<_>>());
    stage.world.latch().unjam();
    open_by_hand(&mut stage);
    assert_eq!(stage.pulses(), [], "who was stopped is let through with a cause alone");
    for key in [Key::Back, Key::Emergency, Key::Digit(1), Key::Ok] {
        press(&mut stage, key);
    }
    assert_eq!(stage.pulses().len(), 1);
    let after: Vec<[u8; 8]> =
        openings(&stage).iter().map(|(_, record)| std::array::from_fn(|at| record.detail[at])).collect();
    assert_eq!(after, [stopped[0].0.to_be_bytes(); 2]);
}

#[test]
fn where_no_check_is_in_force_nobody_is_told_to_walk_on_while_the_latch_is_lost() {
    let mut stage = unchecked(&Person::new(1).unwrap());
    stage.run(200).unwrap();
    assert_eq!(stage.screen(), Some(Screen::LaneOpen));
    stage.world.latch().unplug();
    stage.run(200).unwrap();
    assert!(rests_unwell(&stage), "{:?}", stage.screen());
    stage.world.latch().plug();
    stage.run(11_000).unwrap();
    assert_eq!(stage.screen(), Some(Screen::LaneOpen));
}
