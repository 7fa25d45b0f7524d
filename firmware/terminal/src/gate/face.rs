//! What people see and hear: screens with their time, lamps, sounds.
//! Promises: personal data is gone when its display time is over; the same screen is not drawn twice.
//! Must not know: how a screen is laid out (`gate_ui`), nor why it is shown.

use gate_core::screen::{Publicity, Screen, Signal};
use gate_core::verdict::Verdict;
use gate_hal::display::{Area, Pixels};
use gate_ui::{Canvas, Manner};
use gate_wire::time::Millis;

use crate::devices::Devices;

/// How long screens stay, in milliseconds.
const PASS_MS: u64 = 3_000;
const VERDICT_MS: u64 = 8_000;
const HINT_MS: u64 = 2_000;
const READING_MS: u64 = 3_000;
/// What was said can be heard again for this long.
const SAID_MS: u64 = 30_000;
const STAFF_MS: u64 = 30_000;
const UPDATE_MS: u64 = 10_000;

/// The screen in front of people.
pub(super) struct Face {
    canvas: Canvas,
    manner: Manner,
    /// What the display holds, once it has taken a drawing.
    held: Option<Canvas>,
    shown: Option<Screen>,
    until: Option<Millis>,
    /// The verdict or hint said last.
    said: Option<(Signal, Millis)>,
}

impl Face {
    pub(super) fn new(canvas: Canvas, manner: Manner) -> Face {
        Face { canvas, manner, held: None, shown: None, until: None, said: None }
    }

    /// Shows a screen for its time, with its signal.
    pub(super) fn show(&mut self, screen: Screen, devices: &mut Devices, now: Millis) {
        self.until = display_ms(&screen).map(|ms| now.plus(ms));
        if self.shown.as_ref() == Some(&screen) {
            return;
        }
        let signal = signal(&screen);
        if self.shown.as_ref().map(self::signal) != Some(signal) || matches!(screen, Screen::Verdict(_)) {
            report("lamps", devices.lamps.show(signal));
            report("sounder", devices.sounder.play(signal));
        }
        if matches!(screen, Screen::Verdict(_) | Screen::Hint(_) | Screen::Opened(_)) {
            self.said = Some((signal, now));
        }
        self.draw(&screen, devices);
        self.shown = Some(screen);
    }

    /// Shows a verdict again, without its sound.
    pub(super) fn show_again(&mut self, screen: Screen, devices: &mut Devices, now: Millis) {
        if self.shown.as_ref() != Some(&screen) {
            self.draw(&screen, devices);
            self.until = display_ms(&screen).map(|ms| now.plus(ms));
            self.shown = Some(screen);
        }
    }

    /// Says what was said last once more, for those who did not hear.
    pub(super) fn say_again(&mut self, devices: &mut Devices, now: Millis) {
        if let Some((signal, at)) = self.said
            && now.since(at).0 <= SAID_MS
        {
            report("sounder", devices.sounder.play(signal));
        }
    }

    /// Whether the screen in front of people still has time.
    pub(super) fn is_busy(&self, now: Millis) -> bool {
        self.until.is_some_and(|until| now < until)
    }

    fn draw(&mut self, screen: &Screen, devices: &mut Devices) {
        gate_ui::draw_in(screen, self.manner, 0, &mut self.canvas);
        let (width, height) = self.canvas.size();
        let (rgb565, width, height) = (self.canvas.pixels(), width as usize, height as usize);
        let changed: Vec<Area> = match &self.held {
            Some(held) => gate_ui::changes(held, &self.canvas).into_iter().map(area).collect(),
            None => vec![Area { x: 0, y: 0, width, height }],
        };
        let taken = devices.display.present(screen, Pixels { rgb565, width, height, changed: &changed });
        match (&taken, &mut self.held) {
            (Ok(()), Some(held)) => held.clone_from(&self.canvas),
            (Ok(()), held) => *held = Some(self.canvas.clone()),
            // Nobody knows how much of it arrived.
            (Err(_), held) => *held = None,
        }
        report("display", taken);
    }
}

fn area(changed: gate_ui::Area) -> Area {
    let [x, y, width, height] =
        [changed.x, changed.y, changed.width, changed.height].map(|pixels| pixels as usize);
    Area { x, y, width, height }
}

fn report(device: &str, result: Result<(), gate_hal::DeviceFault>) {
    if let Err(fault) = result {
        crate::say!("{device}: {fault}");
    }
}

/// `None`: until something else happens.
fn display_ms(screen: &Screen) -> Option<u64> {
    match screen {
        Screen::Verdict(told) if told.verdict == Verdict::Pass => Some(PASS_MS),
        Screen::Verdict(_) => Some(VERDICT_MS),
        Screen::Opened(_) => Some(PASS_MS),
        Screen::Hint(_) => Some(HINT_MS),
        Screen::Reading => Some(READING_MS),
        Screen::PinEntry { .. } | Screen::Staff(_) | Screen::Technician(_) => Some(STAFF_MS),
        Screen::Updating(_) => Some(UPDATE_MS),
        Screen::Idle(_) | Screen::LaneOpen | Screen::Fault(_) | Screen::OutOfService(_) => None,
    }
}

fn signal(screen: &Screen) -> Signal {
    use gate_core::screen::StaffStep as S;
    match screen {
        Screen::Idle(_) | Screen::LaneOpen | Screen::Fault(_) | Screen::OutOfService(_) => Signal::Idle,
        Screen::Updating(_) => Signal::Idle,
        Screen::Reading => Signal::Reading,
        Screen::Hint(_) => Signal::Hint,
        Screen::Verdict(told) if told.verdict == Verdict::Stop && told.publicity == Publicity::Neutral => {
            Signal::SilentStop
        }
        Screen::Verdict(told) => Signal::Verdict(told.verdict),
        Screen::PinEntry { refused: Some(_), .. } => Signal::StaffRefused,
        Screen::Staff(
            S::LoginFirst
            | S::RoleForbids
            | S::BadgeRefused
            | S::NumberWrong
            | S::TimeWrong
            | S::TooManyTyped,
        ) => Signal::StaffRefused,
        Screen::PinEntry { refused: None, .. } | Screen::Staff(_) | Screen::Technician(_) => Signal::Key,
        Screen::Opened(_) => Signal::Opened,
    }
}
