//! A camera's life over a device that does what a test says.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;

use rustix::io::Errno;

use super::super::Exposure;
use super::super::video::{About, Granted, Wish};
use super::*;
use crate::pixels::PixelFormat;

/// Bytes, the driver's word on them, when they were taken.
type Frame = (Vec<u8>, State, Option<i64>);

/// What the device does, and what it was told.
#[derive(Default)]
struct Script {
    buffers: RefCell<VecDeque<Frame>>,
    opened: Cell<u32>,
    absent: Cell<bool>,
    vanished: Cell<bool>,
    controls: RefCell<Vec<(u32, i32)>>,
    now: Cell<u64>,
}

struct Fake {
    script: Rc<Script>,
    grants: fn(Wish) -> Result<Granted, Errno>,
    held: Frame,
}

impl Video for Fake {
    fn about(&mut self) -> Result<About, Errno> {
        Ok(About { name: "fake".into(), driver: "fake".into(), streams: true })
    }
    fn set_format(&mut self, wish: Wish) -> Result<Granted, Errno> {
        (self.grants)(wish)
    }
    fn set_rate(&mut self, _: u32) -> Result<(), Errno> {
        Err(Errno::NOTTY)
    }
    fn set_control(&mut self, id: u32, value: i32) -> Result<(), Errno> {
        self.script.controls.borrow_mut().push((id, value));
        Ok(())
    }
    fn start(&mut self) -> Result<(), Errno> {
        Ok(())
    }
    fn wait(&mut self, at_most: Duration) -> Result<(), Errno> {
        self.script.now.set(self.script.now.get() + at_most.as_millis() as u64);
        if self.script.vanished.get() { Err(Errno::NODEV) } else { Ok(()) }
    }
    fn newest(&mut self) -> Result<Option<Filled<'_>>, Errno> {
        let Some(next) = self.script.buffers.borrow_mut().pop_front() else { return Ok(None) };
        self.held = next;
        let (bytes, state, taken_us) = &self.held;
        Ok(Some(Filled { bytes, state: *state, taken_us: *taken_us }))
    }
}

fn kept(wish: Wish) -> Result<Granted, Errno> {
    let Wish { fourcc, width, height } = wish;
    Ok(Granted { fourcc, width, height, stride: width, planes: 1 })
}

fn settings() -> CameraSettings {
    CameraSettings {
        device: "/dev/video0".into(),
        width: 4,
        height: 2,
        format: Some(PixelFormat::Grey),
        frames_a_second: Some(15),
        exposure: Exposure::Automatic,
        stall_ms: 1_000,
    }
}

/// A camera's life, and each turn of it as a word.
struct Life<O> {
    feeder: Feeder<Fake, O>,
    script: Rc<Script>,
}

fn life(
    settings: CameraSettings,
    grants: fn(Wish) -> Result<Granted, Errno>,
) -> Life<impl FnMut() -> Result<Fake, CameraRefusal>> {
    let script = Rc::new(Script::default());
    let mine = script.clone();
    let open = move || {
        mine.opened.set(mine.opened.get() + 1);
        if mine.absent.get() {
            return Err(CameraRefusal::OpenDevice(Errno::NOENT));
        }
        mine.vanished.set(false);
        Ok(Fake { script: mine.clone(), grants, held: (Vec::new(), State::Whole, None) })
    };
    Life { feeder: Feeder::new(settings, open), script }
}

impl<O: FnMut() -> Result<Fake, CameraRefusal>> Life<O> {
    fn turn(&mut self) -> (Turn, Vec<u8>) {
        let (script, mut seen) = (self.script.clone(), Vec::new());
        let turn = self.feeder.turn(
            || Millis(script.now.get()),
            |frame| {
                seen = frame.pixels.to_vec();
                assert_eq!((frame.width, frame.height), (4, 2));
            },
        );
        (turn, seen)
    }

    /// Turns until this one, each wait of the feeder over at once.
    fn until(&mut self, wanted: impl Fn(&Turn) -> bool) -> u64 {
        for _ in 0..1_000 {
            let (turn, _) = self.turn();
            if let Turn::Waits(ms) = turn {
                self.script.now.set(self.script.now.get() + ms);
            }
            if wanted(&turn) {
                return self.script.now.get();
            }
        }
        panic!("never");
    }
    fn give(&self, bytes: &[u8], state: State, taken_us: Option<i64>) {
        self.script.buffers.borrow_mut().push_back((bytes.to_vec(), state, taken_us));
    }
}

fn is_lost(turn: &Turn) -> bool {
    matches!(turn, Turn::Lost(_))
}

#[test]
fn a_whole_frame_is_delivered_as_the_driver_filled_it() {
    let mut life = life(settings(), kept);
    life.give(&[1, 2, 3, 4, 5, 6, 7, 8], State::Whole, Some(10));
    assert_eq!(life.turn(), (Turn::Frame, vec![1, 2, 3, 4, 5, 6, 7, 8]));
    assert_eq!(life.turn(), (Turn::Nothing, vec![]));
}

#[test]
fn a_buffer_that_ends_before_the_picture_is_no_frame_and_in_the_end_a_fault_that_says_so() {
    let mut life = life(settings(), kept);
    for _ in 0..20 {
        life.give(&[9; 7], State::Whole, None);
    }
    let mut lost = None;
    for _ in 0..20 {
        let (turn, seen) = life.turn();
        assert!(seen.is_empty());
        if let Turn::Lost(refusal) = turn {
            lost = Some(refusal);
            break;
        }
    }
    let said = lost.unwrap().to_string();
    assert!(said.contains("7 of 8 bytes"), "{said}");
}

#[test]
fn torn_frames_and_frames_out_of_order_are_left_out() {
    let mut life = life(settings(), kept);
    life.give(&[1; 8], State::Whole, Some(2_000));
    life.give(&[2; 8], State::Torn, Some(3_000));
    life.give(&[3; 8], State::Whole, Some(1_000));
    life.give(&[4; 8], State::Whole, Some(4_000));
    let seen: Vec<Vec<u8>> = (0..4).map(|_| life.turn().1).collect();
    assert_eq!(seen, [vec![1; 8], vec![], vec![], vec![4; 8]]);
}

#[test]
fn a_stall_is_a_fault_after_the_time_that_was_set_and_the_camera_is_opened_again() {
    let mut life = life(settings(), kept);
    life.give(&[1; 8], State::Whole, None);
    assert_eq!(life.turn().0, Turn::Frame);
    let began = life.script.now.get();
    let at = life.until(is_lost);
    assert_eq!(at - began, 1_000);
    life.give(&[2; 8], State::Whole, None);
    life.until(|turn| *turn == Turn::Frame);
    assert_eq!(life.script.opened.get(), 2);
}

#[test]
fn a_camera_pulled_out_and_put_back_is_seen_again_within_three_seconds_fifty_times() {
    let mut life = life(settings(), kept);
    for round in 0..50 {
        life.give(&[1; 8], State::Whole, None);
        life.until(|turn| *turn == Turn::Frame);
        life.script.vanished.set(true);
        life.script.absent.set(true);
        life.until(is_lost);
        // Away for a minute: the pauses are at their longest.
        let away = life.script.now.get() + 60_000;
        while life.script.now.get() < away {
            life.until(is_lost);
        }
        life.script.absent.set(false);
        let back = life.script.now.get();
        life.give(&[1; 8], State::Whole, None);
        let seen = life.until(|turn| *turn == Turn::Frame);
        assert!(seen - back <= 3_000, "round {round}: {} ms", seen - back);
    }
}

#[test]
fn a_camera_that_is_not_there_is_asked_for_after_longer_and_longer_pauses() {
    let mut life = life(settings(), kept);
    life.script.absent.set(true);
    let times: Vec<u64> = (0..6).map(|_| life.until(is_lost)).collect();
    let pauses: Vec<u64> = times.windows(2).map(|pair| pair[1] - pair[0]).collect();
    assert_eq!(pauses, [250, 500, 1_000, 2_000, 2_000]);
}

#[test]
fn another_size_or_format_than_was_asked_for_is_refused_with_what_to_set() {
    let grants = |_| Ok(Granted { fourcc: *b"YUYV", width: 640, height: 480, stride: 1280, planes: 1 });
    let (turn, _) = life(settings(), grants).turn();
    let Turn::Lost(refusal) = turn else { panic!("{turn:?}") };
    let expected = "gives YUYV 640 x 480 where GREY 4 x 2 was asked for: \
                    set `camera.width`, `camera.height` and `camera.format`";
    assert_eq!(refusal.to_string(), expected);
}

#[test]
fn without_a_format_the_cheapest_that_the_camera_has_is_taken() {
    let grants = |wish: Wish| {
        if wish.fourcc == *b"GREY" {
            return Err(Errno::INVAL);
        }
        let granted = Granted { fourcc: *b"YUYV", width: 4, height: 2, stride: 0, planes: 1 };
        Ok(granted)
    };
    let mut life = life(CameraSettings { format: None, ..settings() }, grants);
    life.give(&[1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0, 7, 0, 8, 0], State::Whole, None);
    assert_eq!(life.turn(), (Turn::Frame, vec![1, 2, 3, 4, 5, 6, 7, 8]));
}

#[test]
fn a_device_that_another_program_has_is_said_to_be_in_use() {
    let (turn, _) = life(settings(), |_| Err(Errno::BUSY)).turn();
    assert_eq!(turn, Turn::Lost(CameraRefusal::TakeDevice));
}

#[test]
fn a_picture_in_two_buffers_is_refused() {
    let grants = |wish: Wish| kept(wish).map(|granted| Granted { planes: 2, ..granted });
    let (turn, _) = life(settings(), grants).turn();
    assert!(matches!(turn, Turn::Lost(CameraRefusal::AgreeOnFormat { .. })), "{turn:?}");
}

#[test]
fn a_fixed_exposure_switches_the_automatic_one_off_first() {
    let mut life = life(CameraSettings { exposure: Exposure::Fixed(100), ..settings() }, kept);
    life.turn();
    assert_eq!(*life.script.controls.borrow(), [(0x009A_0901, 1), (0x009A_0902, 100)]);
}
