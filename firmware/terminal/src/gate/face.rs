//! What people see and hear: screens with their time, lamps, sounds, signs that move.
//! Promises: personal data is gone when its display time is over; the same screen is not drawn twice; a verdict stays for
//! three seconds at least, unless another code or card comes or staff acts; what moves is drawn alone, and only in turns in
//! which nobody is there.
//! Must not know: how a screen is laid out (`gate_ui`), nor why it is shown.

use gate_core::screen::{Publicity, Screen, Signal, Volume};
use gate_core::verdict::Verdict;
use gate_hal::DeviceFault;
use gate_hal::display::{Area, Pixels};
use gate_ui::{Canvas, Manner, PHASES};
use gate_wire::time::Millis;

use crate::devices::Devices;

/// How long screens stay, in milliseconds.
const PASS_MS: u64 = 3_000;
const VERDICT_MS: u64 = 8_000;
/// A verdict is not replaced before, but by another person's.
const OWED_MS: u64 = 3_000;
const HINT_MS: u64 = 2_000;
const READING_MS: u64 = 3_000;
/// What was said can be heard again for this long.
const SAID_MS: u64 = 30_000;
const STAFF_MS: u64 = 30_000;
/// What moves goes on a phase.
const PHASE_MS: u64 = 200;
/// Phases of a movement and of the rest after it: movement that never rests draws the eye from the words.
const ROUND: u64 = 3 * PHASES as u64;

/// The screen in front of people.
pub(super) struct Face {
    canvas: Canvas,
    manner: Manner,
    /// What the display holds, once it has taken a drawing.
    held: Option<Canvas>,
    /// Why the display took no drawing, if it took none: said once.
    failed: Option<DeviceFault>,
    shown: Option<Screen>,
    /// The phase of what moves on it.
    phase: u8,
    since: Millis,
    until: Option<Millis>,
    volume: Volume,
    /// The verdict or hint said last.
    said: Option<(Signal, Millis)>,
}

impl Face {
    pub(super) fn new(canvas: Canvas, manner: Manner) -> Face {
        let (since, volume) = (Millis(0), Volume::USUAL);
        let (held, failed, shown) = (None, None, None);
        Face { canvas, manner, held, failed, shown, phase: 0, since, until: None, volume, said: None }
    }

    /// From now on it speaks so loud.
    pub(super) fn speak_at(&mut self, volume: Volume) {
        self.volume = volume;
    }

    /// Shows a screen for its time, with its signal.
    pub(super) fn show(&mut self, screen: Screen, devices: &mut Devices, now: Millis) {
        self.until = display_ms(&screen).map(|ms| now.plus(ms));
        // Two people whose verdicts look alike, as where nothing can be recorded, are told both.
        let is_verdict = matches!(screen, Screen::Verdict(_));
        if self.shown.as_ref() == Some(&screen) && !is_verdict {
            return;
        }
        let signal = signal(&screen);
        if self.shown.as_ref().map(self::signal) != Some(signal) || is_verdict {
            report("lamps", devices.lamps.show(signal));
            self.sound(signal, devices);
        }
        if matches!(screen, Screen::Verdict(_) | Screen::Hint(_) | Screen::Opened(_)) {
            self.said = Some((signal, now));
        }
        self.present(screen, devices, now);
    }

    /// Shows a verdict again, without its sound.
    pub(super) fn show_again(&mut self, screen: Screen, devices: &mut Devices, now: Millis) {
        if self.shown.as_ref() != Some(&screen) {
            self.until = display_ms(&screen).map(|ms| now.plus(ms));
            self.present(screen, devices, now);
        }
    }

    /// A key of the technician's was taken: heard, unless a person is being told something, whose sound it would end.
    pub(super) fn click(&mut self, devices: &mut Devices, now: Millis) {
        if !self.tells_somebody(now) {
            self.sound(Signal::Key, devices);
        }
    }

    /// Plays what people will hear at this volume, unless a person is being told something: nobody is to hear "pass" while
    /// the screen says no.
    pub(super) fn try_volume(&mut self, volume: Volume, devices: &mut Devices, now: Millis) {
        self.volume = volume;
        if !self.tells_somebody(now) {
            self.sound(Signal::Verdict(Verdict::Pass), devices);
        }
    }

    fn tells_somebody(&self, now: Millis) -> bool {
        self.owes_time(now) || self.is_busy(now)
    }

    /// Says what was said last once more, for those who did not hear.
    pub(super) fn say_again(&mut self, devices: &mut Devices, now: Millis) {
        if let Some((signal, at)) = self.said
            && now.since(at).0 <= SAID_MS
        {
            self.sound(signal, devices);
        }
    }

    /// That it fails is known from its health; what was to be heard is seen.
    fn sound(&self, signal: Signal, devices: &mut Devices) {
        let _ = devices.sounder.play(signal, self.volume);
    }

    /// Whether the screen in front of people still has time.
    pub(super) fn is_busy(&self, now: Millis) -> bool {
        self.until.is_some_and(|until| now < until)
    }

    /// Whether people have not had their time with a verdict yet.
    pub(super) fn owes_time(&self, now: Millis) -> bool {
        let verdict = matches!(self.shown, Some(Screen::Verdict(_) | Screen::Opened(_)));
        verdict && now.since(self.since).0 < OWED_MS
    }

    /// Moves what moves on the screen, if it is time.
    pub(super) fn tick(&mut self, devices: &mut Devices, now: Millis) {
        let Some(screen) = self.shown.take_if(|screen| gate_ui::moves(screen)) else { return };
        // At most a round: fits.
        let at = (now.since(self.since).0 / PHASE_MS % ROUND) as u8;
        let phase = if at < PHASES { at } else { 0 };
        if phase != self.phase {
            self.phase = phase;
            let moved = gate_ui::draw_moving(&screen, self.manner, phase, &mut self.canvas);
            let everywhere = self.held.is_none();
            let changed = if everywhere { None } else { Some(moved.into_iter().map(area).collect()) };
            self.push(&screen, changed, devices);
        }
        self.shown = Some(screen);
    }

    fn present(&mut self, screen: Screen, devices: &mut Devices, now: Millis) {
        // The clock on the idle screen goes on without starting its movement anew.
        if self.shown.as_ref().map(std::mem::discriminant) != Some(std::mem::discriminant(&screen))
            || matches!(screen, Screen::Verdict(_))
        {
            (self.since, self.phase) = (now, 0);
        }
        gate_ui::draw_in(&screen, self.manner, self.phase, &mut self.canvas);
        let changed = self.held.as_ref().map(|held| gate_ui::changes(held, &self.canvas));
        self.push(&screen, changed.map(|areas| areas.into_iter().map(area).collect()), devices);
        self.shown = Some(screen);
    }

    /// Sends what has changed; `None` is everything.
    fn push(&mut self, screen: &Screen, changed: Option<Vec<Area>>, devices: &mut Devices) {
        let (width, height) = self.canvas.size();
        let (rgb565, width, height) = (self.canvas.pixels(), width as usize, height as usize);
        let changed = changed.unwrap_or_else(|| vec![Area { x: 0, y: 0, width, height }]);
        let taken = devices.display.present(screen, Pixels { rgb565, width, height, changed: &changed });
        match (&taken, &mut self.held) {
            (Ok(()), Some(held)) => held.clone_from(&self.canvas),
            (Ok(()), held) => *held = Some(self.canvas.clone()),
            // Nobody knows how much of it arrived.
            (Err(_), held) => *held = None,
        }
        if taken.err() != self.failed {
            report("display", taken);
        }
        self.failed = taken.err();
    }
}

fn area(changed: gate_ui::Area) -> Area {
    let [x, y, width, height] =
        [changed.x, changed.y, changed.width, changed.height].map(|pixels| pixels as usize);
    Area { x, y, width, height }
}

fn report(device: &str, result: Result<(), DeviceFault>) {
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
        Screen::PinEntry { .. } | Screen::Staff(_) => Some(STAFF_MS),
        Screen::Idle(_) | Screen::LaneOpen | Screen::Fault(_) | Screen::OutOfService(_) => None,
        // For as long as nobody comes: whoever looks at them is not in the way of a passage.
        Screen::Technician(..) | Screen::Updating(..) => None,
    }
}

fn signal(screen: &Screen) -> Signal {
    use gate_core::screen::StaffStep as S;
    match screen {
        Screen::Idle(_) | Screen::LaneOpen | Screen::Fault(_) | Screen::OutOfService(_) => Signal::Idle,
        Screen::Updating(..) | Screen::Technician(..) => Signal::Idle,
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
        Screen::PinEntry { refused: None, .. } | Screen::Staff(_) => Signal::Key,
        Screen::Opened(_) => Signal::Opened,
    }
}
