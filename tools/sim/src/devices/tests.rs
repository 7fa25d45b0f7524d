//! What the simulated devices promise.

mod latch;

use gate_core::attendant::Key;
use gate_core::screen::{Hint, Screen, Signal, Volume};
use gate_core::time::RtcHealth;
use gate_hal::DeviceFault;
use gate_hal::camera::Camera;
use gate_hal::clock::Clock;
use gate_hal::display::{Area, Display, Pixels};
use gate_hal::inputs::{Input, InputLevels, Inputs, Level};
use gate_hal::keys::Keys;
use gate_hal::signals::{Lamps, Sounder};
use gate_hal::thermometer::Thermometer;
use gate_hal_linux::picture::GreyPicture;
use gate_wire::time::{Millis, Timestamp};

use super::{HEIGHT, NoSuchKey, SimCamera, SimDisplay, WIDTH, World};

fn noon() -> Timestamp {
    Timestamp::from_unix(1_795_000_000).unwrap()
}

fn world() -> World {
    World::new(noon())
}

#[test]
fn time_passes_only_when_the_world_says_so() {
    let world = world();
    let clock = world.clock();
    assert_eq!(clock.monotonic(), clock.monotonic());
    world.advance(1_999);
    assert_eq!(clock.monotonic(), Millis(1_999));
    assert_eq!(clock.wall().unwrap().time, noon().plus(1));
}

#[test]
fn a_wrong_clock_goes_on_from_where_it_was_put() {
    let world = world();
    let clock = world.clock();
    clock.put_ahead(86_400);
    world.advance(10_000);
    assert_eq!(clock.wall().unwrap().time, noon().plus(86_410));
    clock.put_back(90_000);
    assert_eq!(clock.wall().unwrap().time, noon().minus(3_590));
    clock.go_dead();
    let dead = clock.wall().unwrap();
    assert_eq!((dead.time, dead.health), (Timestamp::EPOCH, RtcHealth::Suspect));
    assert_eq!(clock.monotonic(), Millis(10_000));
    clock.take_out();
    assert_eq!(clock.wall(), None);
}

#[test]
fn what_the_terminal_sets_is_remembered_unless_refused() {
    let world = world();
    let mut clock = world.clock();
    clock.set_wall(noon().plus(100)).unwrap();
    clock.refuse_setting();
    assert_eq!(clock.set_wall(noon()), Err(DeviceFault::Refusing));
    assert_eq!(world.clock().sets(), [noon().plus(100)]);
    assert_eq!(clock.wall().unwrap().time, noon().plus(100));
}

#[test]
fn over_a_power_cut_a_healthy_clock_goes_on_and_a_suspect_one_dies() {
    let before = world();
    before.clock().put_ahead(86_400);
    before.advance(5_000);
    let after = before.after_power_cut(60);
    assert_eq!(after.now(), Millis(0));
    assert_eq!(after.clock().wall().unwrap().time, noon().plus(86_465));
    before.clock().set_health(RtcHealth::Suspect);
    assert_eq!(before.after_power_cut(60).clock().wall().unwrap().time, Timestamp::EPOCH);
    before.clock().take_out();
    assert_eq!(before.after_power_cut(60).clock().wall(), None);
}

#[test]
fn whoever_lives_outside_is_pumped_at_every_step() {
    let world = world();
    let mut seen = Vec::new();
    let end = world.advance_in_steps(25, 10, |now| {
        seen.push(now.0);
        if now.0 < 25 { Ok(()) } else { Err("stop") }
    });
    assert_eq!((seen.as_slice(), end), ([10, 20, 25].as_slice(), Err("stop")));
    assert_eq!(world.advance_in_steps(3, 0, |_| Ok::<(), ()>(())), Ok(()));
    assert_eq!(world.now(), Millis(28));
}

fn picture(shade: u8) -> GreyPicture {
    GreyPicture { width: 2, height: 1, pixels: vec![shade; 2] }
}

fn shade_seen(camera: &mut SimCamera) -> Option<u8> {
    camera.frame().unwrap().map(|frame| frame.pixels[0])
}

#[test]
fn what_stays_before_the_lens_is_a_new_frame_only_after_the_frame_gap() {
    let world = world();
    let mut camera = world.camera();
    assert_eq!(shade_seen(&mut camera), None);
    world.camera().show(picture(7));
    assert_eq!(shade_seen(&mut camera), Some(7));
    world.advance(SimCamera::FRAME_GAP - 1);
    assert_eq!(shade_seen(&mut camera), None);
    world.advance(1);
    assert_eq!(shade_seen(&mut camera), Some(7));
    camera.show(picture(8));
    assert_eq!(shade_seen(&mut camera), Some(8));
    camera.clear();
    world.advance(1_000);
    assert_eq!(shade_seen(&mut camera), None);
    assert_eq!(camera.given(), 3);
}

#[test]
fn queued_frames_come_first_and_once() {
    let world = world();
    let mut camera = world.camera();
    camera.show(picture(9));
    camera.queue(picture(1));
    camera.queue(picture(2));
    let mut seen = Vec::new();
    for _ in 0..4 {
        seen.push(shade_seen(&mut camera));
        world.advance(SimCamera::FRAME_GAP);
    }
    assert_eq!(seen, [Some(1), Some(2), Some(9), Some(9)]);
    assert_eq!(camera.queued(), 0);
}

#[test]
fn an_unplugged_camera_says_so_until_it_is_plugged_in() {
    let world = world();
    let mut camera = world.camera();
    camera.show(picture(7));
    world.camera().unplug();
    assert!(matches!(camera.frame(), Err(DeviceFault::NotConnected)));
    world.camera().plug();
    assert_eq!(shade_seen(&mut camera), Some(7));
}

fn present(display: &mut SimDisplay, screen: &Screen, rgb565: &[u16]) -> Result<(), DeviceFault> {
    let everywhere = [Area { x: 0, y: 0, width: WIDTH, height: HEIGHT }];
    display.present(screen, Pixels { rgb565, width: WIDTH, height: HEIGHT, changed: &everywhere })
}

#[test]
fn a_screen_shown_twice_in_a_row_is_kept_once() {
    let world = world();
    let mut display = world.display();
    let blank = vec![0; WIDTH * HEIGHT];
    let hint = Screen::Hint(Hint::HoldStill);
    for screen in [&Screen::Reading, &Screen::Reading, &hint, &Screen::Reading] {
        present(&mut display, screen, &blank).unwrap();
        world.advance(5);
    }
    assert_eq!(display.screens(), [Screen::Reading, hint, Screen::Reading]);
    assert_eq!(display.shown().iter().map(|shown| shown.at.0).collect::<Vec<_>>(), [0, 10, 15]);
    assert_eq!(display.presented(), 4);
}

#[test]
fn the_pixels_of_a_screen_come_back_exactly() {
    let world = world();
    let mut display = world.display();
    let pixels: Vec<u16> = (0..WIDTH * HEIGHT).map(|index| (index / 700 % 65_536) as u16).collect();
    present(&mut display, &Screen::Reading, &pixels).unwrap();
    assert!(display.last().unwrap().drawing.rgb565() == pixels);
    let mut redrawn = pixels.clone();
    redrawn[WIDTH] ^= 1;
    present(&mut display, &Screen::Reading, &redrawn).unwrap();
    assert_eq!(display.shown().len(), 2);
}

#[test]
fn a_display_takes_only_its_own_size_and_only_while_plugged_in() {
    let world = world();
    let mut display = world.display();
    let short = vec![0; WIDTH];
    assert_eq!(present(&mut display, &Screen::Reading, &short), Err(DeviceFault::Refusing));
    display.unplug();
    let whole = vec![0; WIDTH * HEIGHT];
    assert_eq!(present(&mut display, &Screen::Reading, &whole), Err(DeviceFault::NotConnected));
    assert_eq!(display.last(), None);
    display.plug();
    assert_eq!(present(&mut display, &Screen::Reading, &whole), Ok(()));
}

#[test]
fn lamps_and_sounder_remember_apart() {
    let world = world();
    world.lamps().show(Signal::Reading).unwrap();
    world.advance(20);
    world.sounder().play(Signal::Hint, Volume::USUAL).unwrap();
    world.lamps().unplug();
    assert_eq!(world.lamps().show(Signal::Idle), Err(DeviceFault::NotConnected));
    assert_eq!(world.lamps().told(), [(Millis(0), Signal::Reading)]);
    assert_eq!(world.sounder().told(), [(Millis(20), Signal::Hint)]);
    assert_eq!((world.lamps().last(), world.sounder().last()), (Some(Signal::Reading), Some(Signal::Hint)));
}

#[test]
fn a_person_is_in_the_gate_from_stepping_in_until_stepping_out() {
    let world = world();
    let mut inputs = world.inputs();
    inputs.person_walks_through(100, 50);
    inputs.person_walks_through(140, 30);
    let mut passage_at = |at: u64| {
        world.advance(at - world.now().0);
        inputs.levels().of(Input::Passage).unwrap()
    };
    for (at, level) in [
        (99, Level::Inactive),
        (100, Level::Active),
        (149, Level::Active),
        (169, Level::Active),
        (170, Level::Inactive),
    ] {
        assert_eq!(passage_at(at), level, "at {at}");
    }
}

#[test]
fn inputs_are_independent_levels() {
    let world = world();
    let mut inputs = world.inputs();
    inputs.set_case_open(Level::Active);
    inputs.set_release(Level::Active);
    inputs.set_case_open(Level::Inactive);
    let levels = InputLevels::default().with(Input::Release, Ok(Level::Active));
    assert_eq!(inputs.levels(), levels);
    inputs.tear(Input::CaseOpen);
    assert_eq!(inputs.levels(), levels.with(Input::CaseOpen, Err(DeviceFault::NotConnected)));
    inputs.unplug();
    assert_eq!(inputs.levels(), InputLevels::unreachable(DeviceFault::NotConnected));
}

#[test]
fn keys_come_one_at_a_time_in_the_order_typed() {
    let world = world();
    let mut keys = world.keys();
    keys.press(Key::Document);
    keys.type_then_ok("e1").unwrap();
    assert_eq!(keys.waiting(), 4);
    let pressed: Vec<Key> = std::iter::from_fn(|| keys.pressed()).collect();
    assert_eq!(pressed, [Key::Document, Key::Letter(b'E'), Key::Digit(1), Key::Ok]);
    assert_eq!(keys.type_text("12-"), Err(NoSuchKey { character: '-' }));
    assert_eq!(keys.pressed(), None);
}

#[test]
fn a_thermometer_reads_somebody_nobody_or_is_absent() {
    let world = world();
    let mut thermometer = world.thermometer();
    assert_eq!(thermometer.tenths(), Ok(None));
    thermometer.set(Some(372));
    assert_eq!(thermometer.tenths(), Ok(Some(372)));
    thermometer.unplug();
    assert_eq!(thermometer.tenths(), Err(DeviceFault::NotConnected));
}
