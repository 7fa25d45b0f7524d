//! A terminal without keys or data: the screen says so and names the human path, and service begins by itself.

use std::fs;
use std::path::Path;

use gate_core::attendant::Key;
use gate_core::decide::lane_open;
use gate_core::envelope;
use gate_core::manifest;
use gate_core::policy::Policy;
use gate_core::query::TerminalNumber;
use gate_core::screen::{Fault, OutOfService, Screen};
use gate_core::verdict::RiskLevel;
use gate_hal::inputs::Level;
use gate_hal::latch::Latch;
use gate_proof::seal::SealingKey;
use gate_signing::inputs::Inputs;
use gate_signing::publish::{Device, Publication};
use gate_sim::devices::World;
use gate_sim::stage::{beginning, province};
use gate_terminal::config::{Config, SAMPLE};
use gate_terminal::devices::Devices;
use gate_terminal::enrol;
use gate_terminal::startup::{Lane, Looked, Startup};
use gate_terminal::wiring::Obstacle;

/// A terminal of the sample's configuration in this directory, over the devices of this world.
pub(super) fn switched_on(directory: &Path, world: &World) -> Startup {
    let devices = Devices {
        camera: Box::new(world.camera()),
        reader: None,
        scanner: Some(Box::new(world.scanner())),
        display: Box::new(world.display()),
        lamps: Box::new(world.lamps()),
        sounder: Box::new(world.sounder()),
        latch: Box::new(world.latch()),
        inputs: Box::new(world.inputs()),
        keys: Box::new(world.keys()),
        torch: None,
        thermometer: None,
        clock: Box::new(world.clock()),
    };
    Startup::new(configured(directory), devices).unwrap()
}

/// The sample's configuration in this directory.
pub(super) fn configured(directory: &Path) -> Config {
    let directory = directory.display().to_string();
    let text = SAMPLE.replace("/var/lib/tianfu-gate", &directory).replace("/run/tianfu-gate", &directory);
    Config::parse(&text).unwrap()
}

/// Looks, and must still wait.
#[expect(clippy::panic, reason = "a test ends at its first surprise")]
pub(super) fn waits(startup: Startup) -> (Startup, OutOfService) {
    match startup.look().unwrap() {
        Looked::Waits(startup, obstacle) => (*startup, obstacle.why),
        Looked::Serves(_) => panic!("it serves"),
    }
}

/// Looks, and must serve, once its journal is open: a thread opens it in the machine's own time.
#[expect(clippy::panic, reason = "a test ends at its first surprise")]
pub(super) fn serves(mut startup: Startup) -> Lane {
    loop {
        match startup.look().unwrap() {
            Looked::Serves(lane) => return *lane,
            Looked::Waits(waiting, Obstacle { why: OutOfService::Starting, .. }) => startup = *waiting,
            Looked::Waits(_, obstacle) => panic!("{obstacle:?}"),
        }
        std::thread::yield_now();
    }
}

/// Enrols terminal 7 in the sample's data directory.
fn enrolled(directory: &Path) -> SealingKey {
    let mut out = Vec::new();
    enrol::run(&directory.join("believed"), 7, &mut out).unwrap();
    let text = String::from_utf8(out).unwrap();
    let device = text.lines().find_map(|line| line.strip_prefix("device ")).unwrap();
    SealingKey::admit(&gate_core::json::hex(device).unwrap()).unwrap()
}

fn publish(directory: &Path, key: &SealingKey) {
    let publication = Publication {
        now: beginning().minus(3_600),
        terminal: TerminalNumber::new(7).unwrap(),
        device: Device::Enrolled(key),
        inputs: &Inputs::demo(),
        status: None,
        deltas: &[],
        without: &[],
    };
    province().unwrap().publish(&directory.join("believed"), &publication).unwrap();
}

pub(super) fn in_front(world: &World) -> Screen {
    world.display().last().unwrap().screen
}

#[test]
fn a_terminal_says_why_it_does_not_serve_and_serves_as_soon_as_it_can() {
    let directory = tempfile::tempdir().unwrap();
    let world = World::new(beginning());
    let startup = switched_on(directory.path(), &world);
    assert_eq!(in_front(&world), Screen::OutOfService(OutOfService::Starting));
    let (startup, why) = waits(startup);
    assert_eq!(why, OutOfService::NotEnrolled);
    assert_eq!(in_front(&world), Screen::OutOfService(OutOfService::NotEnrolled));

    let key = enrolled(directory.path());
    let (startup, why) = waits(startup);
    assert_eq!(why, OutOfService::NoData);
    assert_eq!(in_front(&world), Screen::OutOfService(OutOfService::NoData));

    publish(directory.path(), &key);
    let mut gate = serves(startup).gate;
    gate.turn();
    assert!(matches!(in_front(&world), Screen::Idle(_)), "{:?}", in_front(&world));
    assert!(world.latch().pulses().is_empty());
}

#[test]
fn without_a_manifest_or_without_the_provinces_keys_there_are_no_data() {
    let directory = tempfile::tempdir().unwrap();
    publish(directory.path(), &enrolled(directory.path()));
    let mut startup = switched_on(directory.path(), &World::new(beginning()));
    for name in [manifest::FILE_NAME, envelope::FILE_NAME] {
        let file = directory.path().join("believed").join(name);
        let bytes = fs::read(&file).unwrap();
        fs::remove_file(&file).unwrap();
        for what in ["without", "with half of"] {
            let (waiting, why) = waits(startup);
            assert_eq!(why, OutOfService::NoData, "{what} {name}");
            startup = waiting;
            fs::write(&file, &bytes[..bytes.len() / 2]).unwrap();
        }
        fs::write(&file, &bytes).unwrap();
    }
    serves(startup);
}

#[test]
fn a_fire_is_told_before_anything_that_is_missing() {
    let directory = tempfile::tempdir().unwrap();
    let world = World::new(beginning());
    let startup = switched_on(directory.path(), &world);
    world.inputs().set_fire(Level::Active);
    let (startup, _) = waits(startup);
    assert!(matches!(in_front(&world), Screen::Fault(shown) if shown.fault == Fault::Fire));
    world.inputs().set_fire(Level::Inactive);
    waits(startup);
    assert_eq!(in_front(&world), Screen::OutOfService(OutOfService::NotEnrolled));
}

#[test]
fn a_display_that_comes_late_is_drawn_on() {
    let directory = tempfile::tempdir().unwrap();
    let world = World::new(beginning());
    world.display().unplug();
    let (startup, _) = waits(switched_on(directory.path(), &world));
    assert_eq!(world.display().count(), 0);
    world.display().plug();
    let (startup, _) = waits(startup);
    assert_eq!(in_front(&world), Screen::OutOfService(OutOfService::NotEnrolled));
    waits(startup);
    assert_eq!(world.display().presented(), 1, "and not again");
}

#[test]
fn keys_pressed_while_nobody_is_served_do_nothing_later() {
    let directory = tempfile::tempdir().unwrap();
    let world = World::new(beginning());
    let startup = switched_on(directory.path(), &world);
    world.keys().press_all([Key::Emergency, Key::Ok]);
    let (startup, _) = waits(startup);
    publish(directory.path(), &enrolled(directory.path()));
    let mut gate = serves(startup).gate;
    gate.turn();
    assert!(matches!(in_front(&world), Screen::Idle(_)), "{:?}", in_front(&world));
}

#[test]
fn a_code_scanned_while_nobody_is_served_is_taken_at_once_and_passes_nobody_later() {
    let directory = tempfile::tempdir().unwrap();
    let world = World::new(beginning());
    world.scanner().scan("before it was switched on");
    let startup = switched_on(directory.path(), &world);
    assert_eq!(world.scanner().waiting(), 0);
    world.scanner().scan("while it waits");
    let (startup, _) = waits(startup);
    assert_eq!(world.scanner().waiting(), 0);
    publish(directory.path(), &enrolled(directory.path()));
    world.scanner().scan("while it opens its journal");
    let mut gate = serves(startup).gate;
    gate.turn();
    assert!(matches!(in_front(&world), Screen::Idle(_)), "{:?}", in_front(&world));
}

#[test]
fn a_terminal_that_is_told_to_end_closes_its_latch_and_sends_people_to_staff() {
    let directory = tempfile::tempdir().unwrap();
    let world = World::new(beginning());
    publish(directory.path(), &enrolled(directory.path()));
    let mut gate = serves(switched_on(directory.path(), &world)).gate;
    gate.turn();
    let mut latch = world.latch();
    let station = include_str!("../../../assets/policies/station.json");
    let unchecked = station.replacen("\"unchecked_at\": []", "\"unchecked_at\": [\"low\"]", 1);
    let policy = Policy::load(unchecked.as_bytes()).unwrap();
    latch.stay_open(lane_open(Some(&policy), RiskLevel::Low).unwrap()).unwrap();
    gate.end();
    assert!(!latch.is_open());
    assert_eq!(in_front(&world), Screen::OutOfService(OutOfService::Maintenance));
}
