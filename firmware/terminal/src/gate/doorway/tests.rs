//! The doorway over a latch that records what it was told.

use super::*;

#[derive(Default)]
struct Told {
    said: Vec<&'static str>,
    broken: Option<DeviceFault>,
}

impl Told {
    fn hear(&mut self, what: &'static str) -> Result<(), DeviceFault> {
        self.said.push(what);
        self.broken.map_or(Ok(()), Err)
    }
}

impl Latch for Told {
    fn open(&mut self, _: Permit, _: Millis) -> Result<(), DeviceFault> {
        self.hear("open")
    }
    fn hold(&mut self, _: Millis) -> Result<(), DeviceFault> {
        self.hear("hold")
    }
    fn close(&mut self) -> Result<(), DeviceFault> {
        self.hear("close")
    }
    fn stay_open(&mut self, _: LaneOpen) -> Result<(), DeviceFault> {
        self.hear("stay open")
    }
    fn health(&mut self) -> Result<(), DeviceFault> {
        self.broken.map_or(Ok(()), Err)
    }
}

const NOBODY: Option<Level> = Some(Level::Inactive);
const SOMEBODY: Option<Level> = Some(Level::Active);

fn opened(mode: Mode) -> Doorway {
    let open = Opening { until: Millis(5_000), person: Level::Inactive, people: 1 };
    Doorway { open: Some(open), mode, ..Doorway::default() }
}

#[test]
fn an_opening_that_ends_while_no_check_is_in_force_closes_nothing() {
    let (mut doorway, mut latch) = (opened(Mode::Open), Told::default());
    doorway.tend(&mut latch, NOBODY, Millis(5_000));
    doorway.tend(&mut latch, NOBODY, Millis(5_020));
    assert!(doorway.open.is_none() && latch.said.is_empty(), "{:?}", latch.said);
}

#[test]
fn checks_are_in_force_only_once_the_latch_took_it_and_it_is_asked_until_it_does() {
    let (mut doorway, mut latch) = (Doorway { mode: Mode::Open, ..Doorway::default() }, Told::default());
    latch.broken = Some(DeviceFault::NotConnected);
    doorway.check_again(&mut latch, Millis(0));
    doorway.tend(&mut latch, NOBODY, Millis(20));
    assert_eq!((doorway.mode, doorway.said), (Mode::ToShut, Some(DeviceFault::NotConnected)));
    latch.broken = None;
    doorway.tend(&mut latch, NOBODY, Millis(40));
    doorway.tend(&mut latch, NOBODY, Millis(60));
    doorway.check_again(&mut latch, Millis(60));
    assert_eq!((doorway.mode, latch.said), (Mode::Checked, vec!["close"; 3]));
}

#[test]
fn a_latch_that_does_not_close_behind_a_person_is_told_so_again_until_it_does() {
    let (mut doorway, mut latch) = (opened(Mode::Checked), Told::default());
    latch.broken = Some(DeviceFault::NotConnected);
    doorway.tend(&mut latch, NOBODY, Millis(5_000));
    latch.broken = None;
    doorway.tend(&mut latch, NOBODY, Millis(5_020));
    doorway.tend(&mut latch, NOBODY, Millis(5_040));
    assert_eq!(latch.said, ["close"; 2]);
}

#[test]
fn checks_do_not_begin_on_a_person_who_stands_in_the_gate() {
    let (mut doorway, mut latch) = (Doorway { mode: Mode::Open, ..Doorway::default() }, Told::default());
    doorway.tend(&mut latch, SOMEBODY, Millis(0));
    doorway.check_again(&mut latch, Millis(0));
    doorway.tend(&mut latch, NOBODY, Millis(20));
    doorway.check_again(&mut latch, Millis(20));
    assert_eq!((doorway.mode, latch.said), (Mode::Checked, vec!["hold", "close"]));
}

#[test]
fn who_was_let_in_when_no_check_ended_has_the_time_that_was_given() {
    let (mut doorway, mut latch) = (opened(Mode::Open), Told::default());
    doorway.tend(&mut latch, NOBODY, Millis(1_000));
    doorway.check_again(&mut latch, Millis(1_000));
    doorway.tend(&mut latch, NOBODY, Millis(4_999));
    assert!(latch.said.is_empty(), "{:?}", latch.said);
    doorway.tend(&mut latch, NOBODY, Millis(5_000));
    assert_eq!((doorway.mode, latch.said), (Mode::Checked, vec!["close"]));
}

#[test]
fn who_cannot_see_the_gate_neither_holds_nor_closes_it() {
    let (mut doorway, mut latch) = (opened(Mode::Checked), Told::default());
    doorway.tend(&mut latch, None, Millis(60_000));
    assert!(latch.said.is_empty(), "{:?}", latch.said);
}

#[test]
fn a_lane_that_ends_closes_the_latch_whatever_it_was_doing() {
    for mode in [Mode::Checked, Mode::Open, Mode::ToShut] {
        let (mut doorway, mut latch) = (opened(mode), Told::default());
        doorway.end(&mut latch);
        assert_eq!(latch.said, ["close"]);
    }
}

#[test]
fn who_has_stood_in_the_gate_for_half_a_minute_without_a_gap_holds_it_long() {
    let (mut doorway, mut latch) = (opened(Mode::Checked), Told::default());
    let held = [(0, SOMEBODY), (LONG_MS - 1, SOMEBODY), (LONG_MS, SOMEBODY), (LONG_MS + 1, NOBODY)].map(
        |(at, person)| {
            doorway.tend(&mut latch, person, Millis(at));
            doorway.is_held_long(Millis(at))
        },
    );
    assert_eq!((held, latch.said), ([false, false, true, false], vec!["hold", "hold", "hold", "close"]));
}

#[test]
fn who_is_the_last_when_no_check_ends_holds_the_gate_long_from_then_on() {
    let (mut doorway, mut latch) = (Doorway { mode: Mode::Open, ..Doorway::default() }, Told::default());
    doorway.tend(&mut latch, SOMEBODY, Millis(0));
    doorway.tend(&mut latch, SOMEBODY, Millis(60_000));
    assert!(!doorway.is_held_long(Millis(60_000)), "it is open for everybody");
    doorway.check_again(&mut latch, Millis(60_000));
    assert!(!doorway.is_held_long(Millis(60_000 + LONG_MS - 1)));
    assert!(doorway.is_held_long(Millis(60_000 + LONG_MS)));
}

#[test]
fn a_latch_that_nobody_uses_is_asked_for_its_health_once_a_second() {
    let (mut doorway, mut latch) = (Doorway::default(), Told::default());
    doorway.tend(&mut latch, NOBODY, Millis(0));
    latch.broken = Some(DeviceFault::NotConnected);
    doorway.tend(&mut latch, NOBODY, Millis(HEALTH_MS - 1));
    assert_eq!(doorway.fault(), None);
    doorway.tend(&mut latch, NOBODY, Millis(HEALTH_MS));
    assert_eq!((doorway.fault(), latch.said), (Some(DeviceFault::NotConnected), vec![]));
}
