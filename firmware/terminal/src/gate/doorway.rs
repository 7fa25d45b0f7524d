//! The latch from a permit to a closed gate.
//! Promises: open until the person is through, at most as long as was said, and never closed on a person.
//! Must not know: why a permit was given.

use gate_core::decide::LaneOpen;
use gate_core::record::Permit;
use gate_hal::inputs::Level;
use gate_hal::latch::Latch;
use gate_wire::time::Millis;

/// While a person stands in the gate, the latch's own timer is pushed this far ahead.
const HOLD_MS: u64 = 1_000;

/// State of the gate.
#[derive(Debug, Default)]
pub(super) struct Doorway {
    open: Option<Opening>,
    mode: Mode,
}

#[derive(Debug)]
struct Opening {
    since: Millis,
    at_most: Millis,
    person: Level,
    /// People who may still go through, the one in the gate included.
    people: u32,
}

/// Whether signed policy leaves the lane open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Mode {
    #[default]
    Checked,
    Open,
}

impl Doorway {
    /// Opens, using the permit up. A latch that fails is a fault of the device: the attendant sees it stay shut.
    pub(super) fn open(&mut self, latch: &mut dyn Latch, permit: Permit, at_most: Millis, now: Millis) {
        match latch.open(permit, at_most) {
            Ok(()) => {
                // Who was let in a moment ago may still be on the way: the gate is not closed behind the first of two.
                let (person, people) =
                    self.open.as_ref().map_or((Level::Inactive, 0), |open| (open.person, open.people));
                let people = people.saturating_add(1);
                self.open = Some(Opening { since: now, at_most, person, people });
            }
            Err(fault) => crate::say!("latch: {fault}"),
        }
    }

    /// Holds while a person is in the gate, closes when they are through or the time is over.
    pub(super) fn tend(&mut self, latch: &mut dyn Latch, passage: Level, now: Millis) {
        let Some(opening) = &mut self.open else { return };
        let over = now.since(opening.since) >= opening.at_most;
        let done = match (opening.person, passage) {
            (_, Level::Active) => {
                opening.person = Level::Active;
                report(latch.hold(Millis(HOLD_MS)));
                false
            }
            (Level::Active, Level::Inactive) => {
                opening.person = Level::Inactive;
                opening.people = opening.people.saturating_sub(1);
                opening.people == 0 || over
            }
            (Level::Inactive, Level::Inactive) => over,
        };
        if done {
            report(latch.close());
            self.open = None;
        }
    }

    /// "No check" is in force (DOMAIN §9).
    pub(super) fn leave_open(&mut self, latch: &mut dyn Latch, mode: LaneOpen) {
        if self.mode == Mode::Checked {
            report(latch.stay_open(mode));
            self.mode = Mode::Open;
        }
    }

    /// Checks are in force.
    pub(super) fn check_again(&mut self, latch: &mut dyn Latch) {
        if self.mode == Mode::Open {
            report(latch.close());
            self.mode = Mode::Checked;
        }
    }
}

fn report(result: Result<(), gate_hal::DeviceFault>) {
    if let Err(fault) = result {
        crate::say!("latch: {fault}");
    }
}
