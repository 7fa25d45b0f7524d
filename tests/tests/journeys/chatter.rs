//! Contacts that chatter: the journal is not filled, the technician is told, and an opened case is recorded whatever happens.

use gate_core::event::Event;
use gate_core::screen::{Fault, Screen};
use gate_hal::inputs::Level;
use gate_sim::people::Person;
use gate_sim::stage::Stage;
use gate_wire::record::Record;

use super::stage_for;

/// Device records with this event.
fn told(stage: &Stage, event: Event) -> Vec<Record> {
    let records = stage.records().unwrap().into_iter().map(|(_, record)| record);
    records.filter(|record| record.event == event.code()).collect()
}

/// So many changes of the case contact, one a turn.
fn chatter(stage: &mut Stage, changes: u32) {
    for change in 0..changes {
        let level = if change % 2 == 0 { Level::Active } else { Level::Inactive };
        stage.world.inputs().set_case_open(level);
        stage.run(20).unwrap();
    }
}

/// Lets a time pass in which nothing happens.
fn skip(stage: &mut Stage, millis: u64) {
    stage.world.advance(millis);
    stage.run(1_100).unwrap();
}

fn is_unwell(stage: &Stage, fault: Fault) -> bool {
    matches!(stage.screen(), Some(Screen::Idle(idle)) if idle.faults.has(fault))
}

#[test]
fn a_case_contact_that_chatters_for_minutes_is_a_fault_and_a_few_records_a_minute() {
    let mut stage = stage_for(&Person::new(1).unwrap());
    let before = stage.last_row();
    for _ in 0..5 {
        chatter(&mut stage, 50);
        skip(&mut stage, 59_000);
    }
    assert!(is_unwell(&stage, Fault::Inputs), "{:?}", stage.screen());
    // The first minute has six changes on record; every other one the first change, the sum, and how it stood.
    assert!(stage.last_row() - before <= 6 + 1 + 4 * 3, "{} records", stage.last_row() - before);
    let sums = told(&stage, Event::Chatter);
    let case_open = 4;
    assert!(sums.len() >= 4 && sums.iter().all(|sum| sum.detail[8] == case_open));
    assert_eq!(sums[0].detail[..8], 50_u64.to_be_bytes());
    assert!(told(&stage, Event::CaseOpened).len() >= 5, "one a minute at the least");
    skip(&mut stage, 60_000);
    skip(&mut stage, 60_000);
    assert!(!is_unwell(&stage, Fault::Inputs), "{:?}", stage.screen());
    let rows = stage.last_row();
    skip(&mut stage, 300_000);
    assert_eq!(stage.last_row(), rows, "and nothing more");
}

#[test]
fn a_case_that_is_opened_while_its_contact_chatters_is_on_record_as_open() {
    let mut stage = stage_for(&Person::new(1).unwrap());
    chatter(&mut stage, 51);
    skip(&mut stage, 60_000);
    let last = stage.records().unwrap().into_iter().rev().find(|(_, record)| {
        [Event::CaseOpened, Event::CaseClosed].iter().any(|event| record.event == event.code())
    });
    assert_eq!(last.unwrap().1.event, Event::CaseOpened.code());
    assert!(is_unwell(&stage, Fault::CaseOpen), "{:?}", stage.screen());
}

#[test]
fn a_case_that_is_opened_and_closed_now_and_then_is_recorded_every_time() {
    let mut stage = stage_for(&Person::new(1).unwrap());
    for _ in 0..3 {
        chatter(&mut stage, 6);
        skip(&mut stage, 60_000);
    }
    assert_eq!((told(&stage, Event::CaseOpened).len(), told(&stage, Event::CaseClosed).len()), (9, 9));
    assert!(told(&stage, Event::Chatter).is_empty() && !is_unwell(&stage, Fault::Inputs));
}
