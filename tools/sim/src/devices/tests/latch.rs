//! The rules of the latch: "What bad input gets", and DOMAIN §9.

use gate_core::decide::{Decision, LaneOpen, lane_open};
use gate_core::journal::{Durability, Entry, Journal, JournalFault, Kept, Receipt, UseKey};
use gate_core::policy::Policy;
use gate_core::query::Sequence;
use gate_core::record::{Permit, record};
use gate_core::verdict::{Direction, Reason, RiskLevel};
use gate_hal::DeviceFault;
use gate_hal::inputs::Level;
use gate_hal::latch::{Latch, STAY_OPEN};
use gate_wire::record::{Record, RecordKind};
use gate_wire::time::{Millis, Timestamp};

use super::super::{Closed, Closing, Opening, World};
use super::world;

const LANE: Millis = Millis(5_000);
const CARD_LANE: Millis = Millis(10_000);

/// A journal that keeps nothing: permits are made by recording, and only so.
struct Forgetful;

impl Journal for Forgetful {
    fn append(&mut self, _: &Entry) -> Result<Receipt, JournalFault> {
        Ok(Receipt { sequence: Sequence(1), kept: Kept::Memory })
    }

    fn uses(&mut self, _: &UseKey) -> u16 {
        0
    }
}

/// The permit of an exit lane.
fn permit() -> Permit {
    let decision = Decision::assist(Reason::PolicyMissing, Direction::Out);
    let record_of_it = Record::blank(RecordKind::Passage, Timestamp::EPOCH, Millis(0));
    let durability = Durability::BestEffort;
    let entry = Entry { record: record_of_it, use_key: None, tally: None, durability };
    record(&mut Forgetful, decision, &entry).unwrap().into_permit().unwrap()
}

fn no_check() -> LaneOpen {
    let station = include_str!("../../../../../assets/policies/station.json");
    let unchecked = station.replacen("\"unchecked_at\": []", "\"unchecked_at\": [\"low\"]", 1);
    let policy = Policy::load(unchecked.as_bytes()).unwrap();
    lane_open(Some(&policy), RiskLevel::Low).unwrap()
}

/// A pulse in short: from, by, until and why; milliseconds.
type Brief = (u64, Opening, Option<(u64, Closing)>);

fn ends(world: &World) -> Vec<Brief> {
    let end = |closed: Closed| (closed.at.0, closed.why);
    world.latch().pulses().iter().map(|pulse| (pulse.opened_at.0, pulse.by, pulse.closed.map(end))).collect()
}

#[test]
fn a_latch_nobody_calls_again_closes_by_its_own_timer() {
    for at_most in [LANE, CARD_LANE] {
        let world = world();
        world.advance(100);
        world.latch().open(permit(), at_most).unwrap();
        assert!(world.latch().is_open());
        world.advance(60_000);
        assert_eq!(ends(&world), [(100, Opening::Permit, Some((100 + at_most.0, Closing::Timer)))]);
    }
}

#[test]
fn a_latch_closed_after_a_person_says_passage_and_else_command() {
    let world = world();
    let mut latch = world.latch();
    latch.open(permit(), LANE).unwrap();
    world.inputs().person_walks_through(500, 700);
    world.advance(1_200);
    latch.close().unwrap();
    world.advance(800);
    latch.open(permit(), LANE).unwrap();
    world.advance(10);
    latch.close().unwrap();
    world.advance(20_000);
    let passage = (0, Opening::Permit, Some((1_200, Closing::Passage)));
    assert_eq!(ends(&world), [passage, (2_000, Opening::Permit, Some((2_010, Closing::Command)))]);
}

#[test]
fn the_timer_never_closes_on_a_person() {
    let world = world();
    world.latch().open(permit(), LANE).unwrap();
    world.inputs().person_walks_through(4_000, 3_000);
    world.advance(6_999);
    assert!(world.latch().is_open());
    world.advance(10_000);
    assert_eq!(ends(&world), [(0, Opening::Permit, Some((7_000, Closing::Timer)))]);
}

#[test]
fn a_person_who_steps_in_as_the_timer_ends_is_not_hit() {
    let world = world();
    world.latch().open(permit(), LANE).unwrap();
    world.inputs().person_walks_through(LANE.0, 10);
    world.advance(60_000);
    assert_eq!(ends(&world), [(0, Opening::Permit, Some((LANE.0 + 10, Closing::Timer)))]);
}

#[test]
fn a_command_never_closes_on_a_person() {
    let world = world();
    let mut latch = world.latch();
    latch.open(permit(), LANE).unwrap();
    world.inputs().set_passage(Level::Active);
    latch.close().unwrap();
    world.advance(8_000);
    assert!(latch.is_open());
    world.inputs().set_passage(Level::Inactive);
    assert_eq!(ends(&world), [(0, Opening::Permit, Some((8_000, Closing::Passage)))]);
}

#[test]
fn a_command_that_comes_after_the_timer_changes_nothing() {
    let world = world();
    let mut latch = world.latch();
    latch.open(permit(), LANE).unwrap();
    world.inputs().set_passage(Level::Active);
    world.advance(LANE.0);
    latch.close().unwrap();
    world.inputs().set_passage(Level::Inactive);
    latch.close().unwrap();
    assert_eq!(ends(&world), [(0, Opening::Permit, Some((LANE.0, Closing::Timer)))]);
}

#[test]
fn holding_lengthens_never_shortens_and_never_opens() {
    let world = world();
    let mut latch = world.latch();
    latch.hold(CARD_LANE).unwrap();
    assert_eq!(ends(&world), []);
    latch.open(permit(), LANE).unwrap();
    latch.hold(Millis(1)).unwrap();
    world.advance(4_000);
    latch.hold(LANE).unwrap();
    world.advance(60_000);
    assert_eq!(ends(&world), [(0, Opening::Permit, Some((9_000, Closing::Timer)))]);
}

#[test]
fn a_second_permit_while_open_is_used_up_in_the_same_pulse() {
    let world = world();
    let mut latch = world.latch();
    latch.open(permit(), LANE).unwrap();
    world.advance(3_000);
    latch.open(permit(), LANE).unwrap();
    world.advance(60_000);
    assert_eq!(ends(&world), [(0, Opening::Permit, Some((8_000, Closing::Timer)))]);
    assert_eq!(latch.pulses()[0].permits, 2);
}

#[test]
fn fire_releases_a_latch_whose_line_is_cut_and_no_command_closes_it() {
    let world = world();
    let mut latch = world.latch();
    latch.unplug();
    world.advance(10);
    world.inputs().set_fire(Level::Active);
    assert!(latch.is_open());
    latch.plug();
    latch.close().unwrap();
    world.advance(600_000);
    assert!(latch.is_open());
    world.inputs().set_fire(Level::Inactive);
    assert_eq!(ends(&world), [(10, Opening::Fire, Some((600_010, Closing::FireOver)))]);
    assert_eq!(latch.pulses()[0].permits, 0);
}

#[test]
fn fire_keeps_open_what_a_permit_opened_and_its_end_closes_on_nobody() {
    let world = world();
    world.latch().open(permit(), LANE).unwrap();
    world.advance(1_000);
    world.inputs().set_fire(Level::Active);
    world.advance(9_000);
    world.inputs().person_walks_through(0, 500);
    world.inputs().set_fire(Level::Inactive);
    assert!(world.latch().is_open());
    world.advance(60_000);
    assert_eq!(ends(&world), [(0, Opening::Permit, Some((10_500, Closing::FireOver)))]);
}

#[test]
fn a_fire_shorter_than_the_timer_leaves_the_timer_its_say() {
    let world = world();
    world.latch().open(permit(), LANE).unwrap();
    world.inputs().set_fire(Level::Active);
    world.advance(1_000);
    world.inputs().set_fire(Level::Inactive);
    world.advance(60_000);
    assert_eq!(ends(&world), [(0, Opening::Permit, Some((LANE.0, Closing::Timer)))]);
}

#[test]
fn no_check_keeps_open_as_long_as_it_is_asked_again() {
    let world = world();
    let mut latch = world.latch();
    for _ in 0..60 {
        latch.stay_open(no_check()).unwrap();
        world.advance(STAY_OPEN.0 - 1);
        assert!(latch.is_open());
    }
    latch.close().unwrap();
    assert_eq!(ends(&world), [(0, Opening::NoCheck, Some((60 * (STAY_OPEN.0 - 1), Closing::Command)))]);
    latch.stay_open(no_check()).unwrap();
    world.advance(STAY_OPEN.0);
    assert!(!latch.is_open(), "nobody asked again");
}

#[test]
fn an_unplugged_latch_refuses_commands_but_keeps_its_timer() {
    let world = world();
    let mut latch = world.latch();
    latch.open(permit(), LANE).unwrap();
    latch.unplug();
    assert_eq!(latch.close(), Err(DeviceFault::NotConnected));
    assert_eq!(latch.open(permit(), CARD_LANE), Err(DeviceFault::NotConnected));
    world.advance(60_000);
    assert_eq!(ends(&world), [(0, Opening::Permit, Some((LANE.0, Closing::Timer)))]);
}

#[test]
fn the_mechanical_release_is_not_the_latch() {
    let world = world();
    world.inputs().set_release(Level::Active);
    assert!(!world.latch().is_open());
}
