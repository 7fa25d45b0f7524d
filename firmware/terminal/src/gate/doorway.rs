//! The latch from a permit to a closed gate.
//! Promises: open until the person is through, at most as long as was said, and never closed on a person; a lane that signed policy
//! leaves open is held open turn by turn, and shut once checks are in force: a latch that does not close is told so again at every
//! turn, and that is said; what the latch does not take is void, and known at once.
//! Must not know: why a permit was given.

use gate_core::decide::LaneOpen;
use gate_core::record::Permit;
use gate_hal::DeviceFault;
use gate_hal::inputs::Level;
use gate_hal::latch::Latch;
use gate_wire::time::Millis;

/// While a person stands in the gate, the latch's own timer is pushed this far ahead: over the longest turn of the loop.
const HOLD_MS: u64 = 3_000;
/// A latch that is not used is asked so often whether it would take an opening.
const HEALTH_MS: u64 = 1_000;
/// Nobody stands in a gate for so long without a gap: it may be tape on the light barrier, or a door that is wedged open.
pub(super) const LONG_MS: u64 = 30_000;

/// State of the gate.
#[derive(Debug, Default)]
pub(super) struct Doorway {
    open: Option<Opening>,
    mode: Mode,
    /// Whether somebody is in the gate, as the sensors said last; none while they cannot be read.
    seen: Option<Level>,
    /// Since when it is held open for somebody in it, without a gap.
    held: Option<Millis>,
    /// What the latch said last, so that the log has it once.
    said: Option<DeviceFault>,
    /// When it was asked for its health.
    asked: Option<Millis>,
}

#[derive(Debug)]
struct Opening {
    until: Millis,
    person: Level,
    /// People who may still go through, the one in the gate included.
    people: u32,
}

/// What the latch is to be between openings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Mode {
    /// Shut, and it is.
    #[default]
    Checked,
    /// Shut, and it was not told so yet, or did not take it.
    ToShut,
    /// Open, by signed policy.
    Open,
}

impl Doorway {
    /// Opens, using the permit up.
    ///
    /// # Errors
    /// What the latch said: it stays as it was.
    pub(super) fn open(
        &mut self,
        latch: &mut dyn Latch,
        permit: Permit,
        at_most: Millis,
        now: Millis,
    ) -> Result<(), DeviceFault> {
        let opened = latch.open(permit, at_most);
        if opened.is_ok() {
            // Who was let in a moment ago may still be on the way: the gate is not closed behind the first of two.
            let (person, people) =
                self.open.as_ref().map_or((Level::Inactive, 0), |open| (open.person, open.people));
            let people = people.saturating_add(1);
            // Nor before the time of the first is over, though the second was given less.
            let before = self.open.as_ref().map_or(Millis(0), |open| open.until);
            let until = before.max(now.plus(at_most.0));
            self.open = Some(Opening { until, person, people });
        }
        self.report(opened);
        opened
    }

    /// What the latch said last, if it was a fault.
    pub(super) fn fault(&self) -> Option<DeviceFault> {
        self.said
    }

    /// Holds while a person is in the gate, closes when they are through or the time is over. Who cannot see the gate (no
    /// `person`) neither holds it open nor closes it: the latch's own timer and wires do.
    pub(super) fn tend(&mut self, latch: &mut dyn Latch, person: Option<Level>, now: Millis) {
        self.seen = person;
        if self.person() == Level::Inactive {
            self.held = None;
        }
        if let (Some(opening), Some(person)) = (&mut self.open, person) {
            let done = match opening.tend(person, now) {
                Standing::Hold => {
                    self.hold(latch, now);
                    false
                }
                Standing::Wait => false,
                Standing::Over => true,
            };
            if done {
                self.open = None;
                // What signed policy leaves open is not shut behind somebody whom the attendant let in.
                self.mode = if self.mode == Mode::Open { Mode::Open } else { Mode::ToShut };
            }
        }
        if self.mode == Mode::ToShut && self.open.is_none() {
            self.shut(latch);
        }
        if self.asked.is_none_or(|last| now.since(last).0 >= HEALTH_MS) {
            self.asked = Some(now);
            let health = latch.health();
            self.report(health);
        }
    }

    /// "No check" is in force (DOMAIN §9). Call it at every turn: the latch stays open no longer than seconds after the last.
    pub(super) fn leave_open(&mut self, latch: &mut dyn Latch, mode: LaneOpen) {
        self.mode = Mode::Open;
        self.held = None;
        let stays = latch.stay_open(mode);
        self.report(stays);
    }

    /// Checks are in force.
    pub(super) fn check_again(&mut self, latch: &mut dyn Latch, now: Millis) {
        match (self.mode, self.person(), &self.open) {
            // Whoever stands in the gate is the last for whom it is open.
            (Mode::Open, Level::Active, _) => self.hold(latch, now),
            (Mode::Open, Level::Inactive, Some(_)) => self.mode = Mode::ToShut,
            (Mode::Open, Level::Inactive, None) => self.shut(latch),
            (Mode::ToShut | Mode::Checked, _, _) => {}
        }
    }

    /// Whether it is open for somebody, or by signed policy, as far as the latch took it.
    pub(super) fn is_open(&self) -> bool {
        self.open.is_some() || self.mode != Mode::Checked
    }

    /// Whether somebody may be in an open gate: the sensors say so, or cannot be read.
    pub(super) fn may_be_occupied(&self) -> bool {
        self.is_open() && self.seen != Some(Level::Inactive)
    }

    /// The lane ends: nothing of it holds the latch.
    pub(super) fn end(&mut self, latch: &mut dyn Latch) {
        self.open = None;
        self.shut(latch);
    }

    /// Whether the sensors have held it open for longer than people stand in a gate. It is not shut for that: it may be a person.
    pub(super) fn is_held_long(&self, now: Millis) -> bool {
        self.held.is_some_and(|since| now.since(since).0 >= LONG_MS)
    }

    /// Whether somebody is known to be in the gate.
    fn person(&self) -> Level {
        self.seen.unwrap_or_default()
    }

    fn hold(&mut self, latch: &mut dyn Latch, now: Millis) {
        self.held.get_or_insert(now);
        let held = latch.hold(Millis(HOLD_MS));
        self.report(held);
    }

    fn shut(&mut self, latch: &mut dyn Latch) {
        let shut = latch.close();
        self.mode = if shut.is_ok() { Mode::Checked } else { Mode::ToShut };
        self.report(shut);
    }

    fn report(&mut self, result: Result<(), DeviceFault>) {
        let fault = result.err();
        if fault != self.said {
            match fault {
                Some(fault) => crate::say!("latch: {fault}"),
                None => crate::say!("latch: is well again"),
            }
            self.said = fault;
        }
    }
}

/// How an opening stands.
enum Standing {
    /// Somebody is in the gate.
    Hold,
    /// Somebody is expected.
    Wait,
    /// They are through, or the time is over.
    Over,
}

impl Opening {
    fn tend(&mut self, person: Level, now: Millis) -> Standing {
        let before = std::mem::replace(&mut self.person, person);
        if person == Level::Active {
            return Standing::Hold;
        }
        if before == Level::Active {
            self.people = self.people.saturating_sub(1);
        }
        let over = now >= self.until || self.people == 0;
        if over { Standing::Over } else { Standing::Wait }
    }
}

#[cfg(test)]
mod tests;
