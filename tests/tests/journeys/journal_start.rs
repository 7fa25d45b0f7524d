//! A journal that cannot be opened when the terminal starts, or not soon: people are sent to staff, nothing hangs, and the lane has
//! its journal as soon as it can be had.

use std::fs;
use std::path::Path;

use gate_core::event::Event;
use gate_core::query::TerminalNumber;
use gate_core::screen::{Fault, FaultScreen, OutOfService, Screen, Serving};
use gate_hal::inputs::Level;
use gate_signing::demo::DemoProvince;
use gate_signing::inputs::Inputs;
use gate_signing::publish::{Device, Publication};
use gate_sim::devices::World;
use gate_sim::stage::{Setting, beginning, province, rows_of};
use gate_terminal::believed::Believed;
use gate_terminal::book::Book;
use gate_terminal::judge::{Judge, Station};
use gate_terminal::secrets::Secrets;
use gate_terminal::startup::{Lane, Startup, Turned};
use gate_terminal::wiring::open_book;

use super::out_of_service::{configured, in_front, serves, switched_on, waits};

/// A directory with keys and data, a world, and who can open its records.
fn prepared() -> (tempfile::TempDir, World, DemoProvince) {
    let (directory, mut province) = (tempfile::tempdir().unwrap(), province().unwrap());
    let publication = Publication {
        now: beginning().minus(3_600),
        terminal: TerminalNumber::new(7).unwrap(),
        device: Device::MadeHere,
        inputs: &Inputs::demo(),
        status: None,
        deltas: &[],
        without: &[],
    };
    province.publish(&directory.path().join("believed"), &publication).unwrap();
    (directory, World::new(beginning()), province)
}

fn sends_to_staff(world: &World) -> bool {
    let screen = FaultScreen { fault: Fault::Journal, serving: Serving::Staff };
    in_front(world) == Screen::Fault(screen)
}

/// Turns of a second until the lane begins anew, `most` of them.
fn anew(lane: impl Into<Box<Lane>>, world: &World, most: u64) -> Result<Startup, Box<Lane>> {
    let mut lane = lane.into();
    for _ in 0..most {
        world.advance(1_000);
        match lane.turn().unwrap() {
            Turned::Serves(goes_on) => lane = goes_on,
            Turned::BeginsAnew(startup) => return Ok(*startup),
        }
        // What a thread opens comes in the machine's own time.
        std::thread::sleep(std::time::Duration::from_millis(2));
    }
    Err(lane)
}

/// Another program's hand on the journal.
fn held(directory: &Path) -> Box<dyn Book + Send> {
    let (config, station) = (configured(directory), Station { place: 1, lane: 1 });
    let data = directory.join("believed");
    let judge = Judge::new(Believed::load_day_keys(&data), Secrets::load(&data).unwrap(), station);
    open_book(&config, &judge).unwrap()
}

/// The events of the journal, each with the number in its detail.
fn events(directory: &Path, province: &DemoProvince) -> Vec<(u8, u64)> {
    for file in fs::read_dir(directory.join("journal")).unwrap() {
        let file = file.unwrap();
        fs::copy(file.path(), directory.join(file.file_name())).unwrap();
    }
    let rows = rows_of(directory, &Setting::default(), province).unwrap();
    let number = |detail: &[u8]| detail[..8].iter().fold(0, |number, byte| number << 8 | u64::from(*byte));
    rows.iter().map(|row| (row.record.event, number(&row.record.detail))).collect()
}

#[test]
fn a_journal_that_cannot_be_opened_is_a_fault_with_the_human_path_until_it_can() {
    let (directory, world, province) = prepared();
    // Something lies where its folder is to be.
    let folder = directory.path().join("journal");
    fs::write(&folder, "").unwrap();
    let lane = serves(switched_on(directory.path(), &world));
    let lane = anew(lane, &world, 400).err().unwrap();
    assert!(sends_to_staff(&world), "{:?}", in_front(&world));
    fs::remove_file(&folder).unwrap();
    let mut lane = serves(anew(lane, &world, 1_000).ok().unwrap());
    lane.gate.turn();
    assert!(matches!(in_front(&world), Screen::Idle(_)), "{:?}", in_front(&world));
    lane.gate.end();
    let [(started, 0), (back, unsaved), ..] = events(directory.path(), &province)[..] else {
        unreachable!("a start")
    };
    assert_eq!((started, back), (Event::Started.code(), Event::JournalBack.code()));
    assert!(unsaved >= 1, "its first start was recorded nowhere");
}

#[test]
fn a_lane_does_not_begin_anew_before_somebody_who_stands_there() {
    let (directory, world, _) = prepared();
    let folder = directory.path().join("journal");
    fs::write(&folder, "").unwrap();
    let lane = serves(switched_on(directory.path(), &world));
    world.inputs().set_fire(Level::Active);
    fs::remove_file(&folder).unwrap();
    let lane = anew(lane, &world, 700).err().unwrap();
    assert!(matches!(in_front(&world), Screen::Fault(shown) if shown.fault == Fault::Fire));
    world.inputs().set_fire(Level::Inactive);
    assert!(anew(lane, &world, 700).is_ok());
}

#[test]
fn while_a_journal_is_being_opened_every_look_comes_back_and_a_fire_is_heeded() {
    let (directory, world, province) = prepared();
    let other = held(directory.path());
    let mut startup = switched_on(directory.path(), &world);
    for level in [Level::Inactive, Level::Active, Level::Inactive] {
        world.inputs().set_fire(level);
        let (waiting, why) = waits(startup);
        assert_eq!(why, OutOfService::Starting);
        let is_fire = matches!(in_front(&world), Screen::Fault(shown) if shown.fault == Fault::Fire);
        assert_eq!(is_fire, level == Level::Active, "{:?}", in_front(&world));
        world.advance(10_000);
        startup = waiting;
    }
    drop(other);
    let mut lane = serves(startup);
    lane.gate.turn();
    assert!(matches!(in_front(&world), Screen::Idle(_)), "{:?}", in_front(&world));
    lane.gate.end();
    let events: Vec<u8> = events(directory.path(), &province).into_iter().map(|(event, _)| event).collect();
    assert!(events.contains(&Event::Started.code()) && !events.contains(&Event::JournalBack.code()));
}

#[test]
fn after_a_minute_of_opening_people_are_sent_to_staff_and_the_lane_takes_its_journal_when_it_opens() {
    let (directory, world, _) = prepared();
    let other = held(directory.path());
    let (startup, _) = waits(switched_on(directory.path(), &world));
    world.advance(61_000);
    let mut lane = serves(startup);
    lane.gate.turn();
    assert!(sends_to_staff(&world), "{:?}", in_front(&world));
    drop(other);
    assert!(anew(lane, &world, 1_000).is_ok());
}
