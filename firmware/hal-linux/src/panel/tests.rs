//! Panels that record what they are shown, or fail.

use std::sync::mpsc::{Receiver, Sender, channel};

use super::*;

/// Pixels, and what changed.
type Shown = (Vec<u16>, Vec<Area>);

/// What it was shown, and how many times it fails first.
struct Recorder {
    shown: Sender<Shown>,
    fails: u32,
}

impl Panel for Recorder {
    fn show(&mut self, pixels: Pixels<'_>) -> Result<(), DeviceFault> {
        if self.fails > 0 {
            self.fails -= 1;
            return Err(DeviceFault::NotConnected);
        }
        let _ = self.shown.send((pixels.rgb565.to_vec(), pixels.changed.to_vec()));
        Ok(())
    }
}

fn started(fails: u32) -> (PanelThread, Receiver<Shown>) {
    let (shown, seen) = channel();
    (PanelThread::start(Recorder { shown, fails }, (2, 1)).unwrap(), seen)
}

const LEFT: Area = Area { x: 0, y: 0, width: 1, height: 1 };
const RIGHT: Area = Area { x: 1, y: 0, width: 1, height: 1 };
const ALL: Area = Area { x: 0, y: 0, width: 2, height: 1 };

fn present(panel: &mut PanelThread, rgb565: &[u16], changed: &[Area]) -> Result<(), DeviceFault> {
    panel.present(&Screen::Reading, Pixels { rgb565, width: 2, height: 1, changed })
}

#[test]
fn what_changed_is_shown_and_nothing_is_lost_between_drawings() {
    let (mut panel, seen) = started(0);
    present(&mut panel, &[1, 0], &[LEFT]).unwrap();
    present(&mut panel, &[1, 2], &[RIGHT]).unwrap();
    let mut all = Vec::new();
    loop {
        let (pixels, changed) = seen.recv().unwrap();
        all.extend(changed);
        if pixels == [1, 2] {
            break;
        }
    }
    assert_eq!(all, [LEFT, RIGHT]);
}

#[test]
fn a_panel_that_comes_back_is_shown_everything_though_nobody_draws() {
    let (mut panel, seen) = started(2);
    let _ = present(&mut panel, &[3, 4], &[LEFT]);
    assert_eq!(seen.recv().unwrap(), (vec![3, 4], vec![ALL]));
}

#[test]
fn a_panel_that_fails_is_a_fault_of_the_next_drawing_and_is_well_again() {
    let (mut panel, seen) = started(1);
    let _ = present(&mut panel, &[3, 4], &[LEFT]);
    while present(&mut panel, &[3, 5], &[RIGHT]).is_ok() {
        if let Ok((pixels, _)) = seen.try_recv() {
            assert_eq!(pixels[0], 3);
            return; // it was well before anybody drew again
        }
    }
    seen.recv().unwrap();
    while present(&mut panel, &[3, 6], &[RIGHT]).is_err() {
        thread::yield_now();
    }
}

#[test]
fn other_sizes_are_refused() {
    let (mut panel, _seen) = started(0);
    assert_eq!(present(&mut panel, &[1], &[]), Err(DeviceFault::Refusing));
}

#[test]
fn where_the_first_panel_fails_the_other_is_shown_everything() {
    let (shown, seen) = channel();
    let (unused, _) = channel();
    let mut either = Either(Recorder { shown: unused, fails: 1 }, Recorder { shown, fails: 0 });
    either.show(Pixels { rgb565: &[7, 8], width: 2, height: 1, changed: &[LEFT] }).unwrap();
    assert_eq!(seen.recv().unwrap(), (vec![7, 8], vec![ALL]));
}

/// Shows what it is told, but for the first time.
struct Deadly(Sender<Shown>, bool);

impl Panel for Deadly {
    fn show(&mut self, pixels: Pixels<'_>) -> Result<(), DeviceFault> {
        if !std::mem::replace(&mut self.1, true) {
            panic!("a driver's mistake");
        }
        let _ = self.0.send((pixels.rgb565.to_vec(), pixels.changed.to_vec()));
        Ok(())
    }
}

#[test]
fn a_driver_that_panics_is_a_fault_and_is_shown_everything_again() {
    let (shown, seen) = channel();
    let mut panel = PanelThread::start(Deadly(shown, false), (2, 1)).unwrap();
    let _ = present(&mut panel, &[3, 4], &[LEFT]);
    assert_eq!(seen.recv().unwrap(), (vec![3, 4], vec![ALL]));
}

/// Forgets what it showed, which nothing tells.
struct Forgetful(Sender<&'static str>);

impl Panel for Forgetful {
    fn show(&mut self, pixels: Pixels<'_>) -> Result<(), DeviceFault> {
        let _ = self.0.send(if pixels.changed == [pixels.everywhere()] { "all" } else { "part" });
        Ok(())
    }

    fn assure(&mut self, pixels: Pixels<'_>) -> Result<(), DeviceFault> {
        assert_eq!((pixels.rgb565, pixels.changed), ([7, 8].as_slice(), [pixels.everywhere()].as_slice()));
        let _ = self.0.send("assured");
        Err(DeviceFault::NotAnswering)
    }
}

#[test]
fn a_panel_that_shows_the_same_for_long_is_made_sure_of_and_one_that_fails_then_is_shown_everything() {
    let (tell, told) = channel();
    let mut thread = PanelThread::assured(Forgetful(tell), (2, 1), Duration::from_millis(1)).unwrap();
    let changed = &[Area { x: 1, y: 0, width: 1, height: 1 }];
    let pixels = Pixels { rgb565: &[7, 8], width: 2, height: 1, changed };
    thread.present(&Screen::Reading, pixels).unwrap();
    assert_eq!([told.recv(), told.recv(), told.recv()], [Ok("part"), Ok("assured"), Ok("all")]);
}
