//! See and read: frames and reader events become at most one sighting a turn.
//! Promises: noise is no sighting; a code seen while a card is being read waits for the card; hints are counted.
//! Must not know: keys, lists, verdicts.

use gate_core::screen::{Fault, Hint, Screen, Wellness};
use gate_core::sight::{Claims, claims_to_be_a_credential};
use gate_hal::DeviceFault;
use gate_hal::code_reader::Scanned;
use gate_hal::torch::Light;
use gate_scan::{Symbols, WhyNothing};
use gate_wire::card::{CardError, CardRead};
use gate_wire::sdt::Event;
use gate_wire::time::Millis;

use super::unread::Unread;
use super::{Gate, lantern};

/// A card that is found but not read within this long is no longer waited for.
const READING_MS: u64 = 3_000;
/// The same hint within this long counts once.
const HINT_GAP_MS: u64 = 2_000;
/// Hints are counted anew after this long without one: another person.
const HINT_MEMORY_MS: u64 = 15_000;
/// Codes that are dropped in a turn at most: a scanner that does not stop holds nobody up.
pub(crate) const CODES_A_TURN: usize = 64;
/// The third hint for a person is Assist instead (DOMAIN, "What the screen says").
const MOST_HINTS: u8 = 3;

/// One thing seen.
#[derive(Debug)]
pub(super) enum Sighting {
    /// The bytes of one symbol.
    Code(Vec<u8>),
    /// A card.
    Card(CardRead),
    /// A card, and a code held to the camera meanwhile.
    Both(Vec<u8>, CardRead),
    /// A card whose content is not right.
    CardRefused(CardError),
    /// A card that was pulled away.
    CardFailed,
    /// Two different credentials in one frame.
    TwoCodes,
    /// A code that has been held there for a while and cannot be read, with what may help.
    Unread(Hint),
}

/// What is remembered between frames.
#[derive(Debug, Default)]
pub(super) struct Sights {
    reading: Option<Reading>,
    hints: u8,
    last_hint: Option<(Hint, Millis)>,
    /// Two codes that became Assist, as long as they stay in sight.
    two_codes_told: Option<Millis>,
    unread: Unread,
    scanner_fault: Option<DeviceFault>,
}

#[derive(Debug)]
struct Reading {
    since: Millis,
    code: Option<Vec<u8>>,
}

/// What a hint has come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hinted {
    /// Shown.
    Shown,
    /// It has become Assist already, and what was seen then has not left since.
    Told,
    /// It was one too many.
    Exhausted,
}

impl Gate {
    /// One sighting, if there is one.
    pub(super) fn see(&mut self, now: Millis) -> Option<Sighting> {
        if let Some(sighting) = self.see_card(now) {
            return Some(sighting);
        }
        let sighting = self.see_scanned().or_else(|| self.see_code(now));
        match (sighting, &mut self.sights.reading) {
            (Some(Sighting::Code(bytes)), Some(reading)) => {
                reading.code = Some(bytes);
                None
            }
            (sighting, _) => sighting,
        }
    }

    fn see_card(&mut self, now: Millis) -> Option<Sighting> {
        let event = self.devices.reader.as_mut()?.poll(now);
        let wellness = match &event {
            Err(_) | Ok(Event::ReaderUnwell(_) | Event::NeedsReopen) => Some(Wellness::Unwell),
            Ok(Event::Nothing) => None,
            Ok(_) => Some(Wellness::Well),
        };
        if let Some(wellness) = wellness {
            self.upkeep.faults.set(Fault::Reader, wellness);
        }
        match event {
            Ok(Event::CardFound) => {
                self.sights.reading = Some(Reading { since: now, code: None });
                self.tell(Screen::Reading, now);
                None
            }
            Ok(Event::Read(card)) => Some(match self.sights.held() {
                Some(code) => Sighting::Both(code, card),
                None => Sighting::Card(card),
            }),
            Ok(Event::Refused(error)) => {
                self.sights.reading = None;
                Some(Sighting::CardRefused(error))
            }
            Ok(Event::ReadFailed) => Some(self.sights.held().map_or(Sighting::CardFailed, Sighting::Code)),
            Ok(Event::Nothing | Event::StillThere | Event::Ready) => self.sights.overdue(now),
            // Taken away while it was being read: the person is to lay it down again.
            Ok(Event::Removed) if self.sights.is_reading() => {
                Some(self.sights.held().map_or(Sighting::CardFailed, Sighting::Code))
            }
            Ok(Event::Removed | Event::ReaderUnwell(_) | Event::NeedsReopen) | Err(_) => {
                self.sights.held().map(Sighting::Code)
            }
        }
    }

    /// A code that a scanner beside the camera read.
    fn see_scanned(&mut self) -> Option<Sighting> {
        let scanned = self.scanned()?;
        Some(Sighting::Code(scanned.to_vec()))
    }

    /// Reads the scanner while nobody is looked at, and drops it: what it types reaches no console, and nobody passes later by what was
    /// shown now.
    pub(super) fn drop_scanned(&mut self) {
        (0..CODES_A_TURN).take_while(|_| self.scanned().is_some()).for_each(drop);
    }

    /// What the scanner read, if it did. One that cannot be reached is said once: the camera still reads.
    fn scanned(&mut self) -> Option<Scanned> {
        let read = self.devices.scanner.as_mut()?.read();
        let fault = read.as_ref().err().copied();
        if fault != self.sights.scanner_fault {
            match fault {
                Some(fault) => crate::say!("scanner: {fault}"),
                None => crate::say!("scanner: is well again"),
            }
            self.sights.scanner_fault = fault;
        }
        read.ok()?
    }

    fn see_code(&mut self, now: Millis) -> Option<Sighting> {
        let frame = match self.devices.camera.frame() {
            Ok(frame) => {
                self.upkeep.faults.set(Fault::Camera, Wellness::Well);
                frame?
            }
            Err(_) => {
                self.upkeep.faults.set(Fault::Camera, Wellness::Unwell);
                return None;
            }
        };
        let symbols = self.eye.look(&frame)?;
        self.light(&symbols, now);
        choose(&symbols).or_else(|| {
            // Who reads a screen is not told another thing meanwhile: hints are for a lane at rest.
            let rests = !self.face.is_busy(now);
            self.sights.unread.seen(symbols.why_nothing(), now).filter(|_| rests).map(Sighting::Unread)
        })
    }

    /// Switches the torch as the frame asks for it. One that fails leaves lit screens to be read.
    fn light(&mut self, symbols: &Symbols, now: Millis) {
        let Some(torch) = &mut self.devices.torch else { return };
        let frame = match symbols.why_nothing() {
            _ if !symbols.is_empty() || self.sights.is_reading() => lantern::Frame::Busy,
            _ if self.sights.unread.is_new(now) => lantern::Frame::Busy,
            Some(WhyNothing::TooDark) => lantern::Frame::Dark,
            _ => lantern::Frame::Light,
        };
        let Some(light) = self.lantern.see(frame, now) else { return };
        if let Err(fault) = torch.shine(light) {
            crate::say!("torch: {fault}");
            if light == Light::Off {
                self.lantern.stays_lit(now);
            }
        }
    }

    /// Nobody knows how the run before left it: what it shone on would be taken for daylight for ever.
    pub(super) fn put_torch_out(&mut self) {
        if let Some(Err(fault)) = self.devices.torch.as_mut().map(|torch| torch.shine(Light::Off)) {
            crate::say!("torch: {fault}");
        }
    }

    /// Shows a hint, or says that it was one too many for this person.
    pub(super) fn hint(&mut self, hint: Hint, now: Millis) -> Hinted {
        if hint == Hint::OneCodeAtATime && self.sights.still_two_codes(now) {
            return Hinted::Told;
        }
        if self.sights.count(hint, now) >= MOST_HINTS {
            if hint == Hint::OneCodeAtATime {
                self.sights.two_codes_told = Some(now);
            }
            self.sights.unread.tell();
            self.sights.hints = 0;
            self.sights.last_hint = None;
            return Hinted::Exhausted;
        }
        self.sights.unread.shown();
        self.tell(Screen::Hint(hint), now);
        Hinted::Shown
    }
}

impl Sights {
    fn is_reading(&self) -> bool {
        self.reading.is_some()
    }

    /// Ends a reading; the code that waited for it.
    fn held(&mut self) -> Option<Vec<u8>> {
        self.reading.take()?.code
    }

    fn overdue(&mut self, now: Millis) -> Option<Sighting> {
        let overdue = self.reading.as_ref().is_some_and(|reading| now.since(reading.since).0 > READING_MS);
        if overdue { self.held().map(Sighting::Code) } else { None }
    }

    /// Whether two codes of which Assist was told are still held there.
    fn still_two_codes(&mut self, now: Millis) -> bool {
        let still = self.two_codes_told.is_some_and(|seen| now.since(seen).0 < HINT_GAP_MS);
        self.two_codes_told = still.then_some(now);
        still
    }

    fn count(&mut self, hint: Hint, now: Millis) -> u8 {
        let since_last = self.last_hint.map(|(last, at)| (last, now.since(at).0));
        let repeated = hint == Hint::OneCodeAtATime
            && since_last.is_some_and(|(last, ms)| last == hint && ms < HINT_GAP_MS);
        if repeated {
            return self.hints;
        }
        if since_last.is_none_or(|(_, ms)| ms > HINT_MEMORY_MS) {
            self.hints = 0;
        }
        self.hints += 1;
        self.last_hint = Some((hint, now));
        self.hints
    }

    /// A verdict was given: the next hint is another person's.
    pub(super) fn start_over(&mut self) {
        self.hints = 0;
        self.last_hint = None;
    }
}

/// A credential before anything else in the frame; two different ones are no sighting of a person.
fn choose(symbols: &Symbols) -> Option<Sighting> {
    let mut credentials =
        symbols.iter().filter(|symbol| claims_to_be_a_credential(symbol.bytes()) == Claims::Yes);
    match (credentials.next(), credentials.next()) {
        (Some(_), Some(_)) => Some(Sighting::TwoCodes),
        (Some(one), None) => Some(Sighting::Code(one.bytes().to_vec())),
        (None, _) => symbols.iter().next().map(|other| Sighting::Code(other.bytes().to_vec())),
    }
}
