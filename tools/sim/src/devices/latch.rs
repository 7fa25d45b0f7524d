//! A latch with the hardware of a real one: its own timer, its own wires to passage sensor and fire system.
//!
//! Promises: opens by a permit, by "no check" or by fire, and by nothing else; never closes while the passage sensor
//! is active, whoever asks; closes by its own timer when nobody calls it again; fire releases it whatever the process
//! does, and whether or not the process can reach it. Each time it was open is one [`Pulse`].
//! Must not know: why a permit was given, nor how long a lane stays open: the caller says (5 s, card lane 10 s).

use std::rc::Rc;

use gate_core::decide::LaneOpen;
use gate_core::record::Permit;
use gate_hal::DeviceFault;
use gate_hal::inputs::{Input, InputLevels, Level};
use gate_hal::latch::{Latch, STAY_OPEN};
use gate_wire::time::Millis;

use super::switch::Switch;
use super::{Shared, State};

/// One time that the latch was open, from opening until closing, whatever happened in between.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pulse {
    /// When it opened.
    pub opened_at: Millis,
    /// What opened it.
    pub by: Opening,
    /// Permits used up in it: 1 for one person; more when permits came while it was open.
    pub permits: u32,
    /// How it ended; `None` while it is open.
    pub closed: Option<Closed>,
    /// Whether somebody was in the gate since it opened.
    passed: Passed,
}

/// The end of a pulse.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Closed {
    /// When.
    pub at: Millis,
    /// Why.
    pub why: Closing,
}

/// What opened a latch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Opening {
    /// A permit.
    Permit,
    /// "No check" is in force.
    NoCheck,
    /// The fire system, by hardware.
    Fire,
}

/// Why a latch closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Closing {
    /// The process closed it, and somebody had walked through.
    Passage,
    /// Its own timer ran out.
    Timer,
    /// The process closed it, and nobody had walked through; or "no check" ended.
    Command,
    /// The fire was over, and nothing else kept it open.
    FireOver,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Passed {
    Nobody,
    Somebody,
}

/// What the process has asked for, as far as the timer lets it stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Drive {
    Shut,
    Until(Millis),
}

/// The latch itself.
#[derive(Debug)]
pub(super) struct Hardware {
    drive: Drive,
    shut_by: Closing,
    pulses: Vec<Pulse>,
    switch: Switch,
    /// What an opening meets, though everything else is taken.
    jam: Switch,
}

impl Default for Hardware {
    fn default() -> Self {
        let (switch, jam) = (Switch::default(), Switch::default());
        Self { drive: Drive::Shut, shut_by: Closing::Command, pulses: Vec::new(), switch, jam }
    }
}

impl Hardware {
    /// When the timer ends, if it runs.
    pub(super) fn timer_end(&self) -> Option<Millis> {
        if let Drive::Until(end) = self.drive { Some(end) } else { None }
    }

    /// Moves the bolt as the timer and the wires say.
    pub(super) fn settle(&mut self, now: Millis, levels: InputLevels) {
        if self.timer_end().is_some_and(|end| now >= end) {
            self.shut(Closing::Timer);
        }
        if levels.of(Input::Fire) == Ok(Level::Active) {
            self.unbolt(now, Opening::Fire);
            if self.drive == Drive::Shut {
                self.shut_by = Closing::FireOver;
            }
        }
        let bolted = self.drive == Drive::Shut && levels.of(Input::Fire) != Ok(Level::Active);
        let why = self.shut_by;
        let Some(pulse) = self.open_pulse() else { return };
        if levels.of(Input::Passage) == Ok(Level::Active) {
            pulse.passed = Passed::Somebody;
        } else if bolted {
            pulse.closed = Some(Closed { at: now, why });
        }
    }

    fn open_pulse(&mut self) -> Option<&mut Pulse> {
        self.pulses.last_mut().filter(|pulse| pulse.closed.is_none())
    }

    fn is_open(&self) -> bool {
        self.pulses.last().is_some_and(|pulse| pulse.closed.is_none())
    }

    /// Begins a pulse, unless one is going on.
    fn unbolt(&mut self, now: Millis, by: Opening) {
        if !self.is_open() {
            let passed = Passed::Nobody;
            self.pulses.push(Pulse { opened_at: now, by, permits: 0, closed: None, passed });
        }
    }

    /// Runs the timer until `end`; it is never cut short.
    fn run_until(&mut self, end: Millis) {
        self.drive = match self.drive {
            Drive::Shut => Drive::Until(end),
            Drive::Until(before) => Drive::Until(before.max(end)),
        };
    }

    fn shut(&mut self, why: Closing) {
        self.drive = Drive::Shut;
        self.shut_by = why;
    }

    fn command_shut(&mut self) {
        if self.drive == Drive::Shut {
            return; // Shut already, or kept open by a person or fire: its cause stands.
        }
        let pulse = self.pulses.last();
        let after_person =
            pulse.is_some_and(|pulse| pulse.by == Opening::Permit && pulse.passed == Passed::Somebody);
        self.shut(if after_person { Closing::Passage } else { Closing::Command });
    }
}

/// The latch; a handle.
#[derive(Clone, Debug)]
pub struct SimLatch {
    state: Shared,
}

impl SimLatch {
    pub(super) fn new(state: &Shared) -> Self {
        Self { state: Rc::clone(state) }
    }

    /// Every time it was open, oldest first.
    #[must_use]
    pub fn pulses(&self) -> Vec<Pulse> {
        self.state.borrow().latch.pulses.clone()
    }

    /// Whether it is open now.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.state.borrow().latch.is_open()
    }

    /// Cuts its line to the process; timer and wires work on.
    pub fn unplug(&self) {
        self.state.borrow_mut().latch.switch.fail(DeviceFault::NotConnected);
    }

    /// Connects it again.
    pub fn plug(&self) {
        self.state.borrow_mut().latch.switch.recover();
    }

    /// From now on it takes no opening, which only shows when one is asked for.
    pub fn jam(&self) {
        self.state.borrow_mut().latch.jam.fail(DeviceFault::Refusing);
    }

    /// It opens again.
    pub fn unjam(&self) {
        self.state.borrow_mut().latch.jam.recover();
    }

    fn command(&self, command: impl FnOnce(&mut Hardware, Millis)) -> Result<(), DeviceFault> {
        let state: &mut State = &mut self.state.borrow_mut();
        state.latch.switch.check()?;
        command(&mut state.latch, state.now);
        state.settle();
        Ok(())
    }
}

impl Latch for SimLatch {
    fn open(&mut self, _permit: Permit, at_most: Millis) -> Result<(), DeviceFault> {
        self.state.borrow().latch.jam.check()?;
        self.command(|latch, now| {
            latch.unbolt(now, Opening::Permit);
            latch.run_until(now.plus(at_most.0));
            if let Some(pulse) = latch.open_pulse() {
                pulse.permits += 1;
            }
        })
    }

    fn hold(&mut self, at_most: Millis) -> Result<(), DeviceFault> {
        self.command(|latch, now| {
            if latch.is_open() {
                latch.run_until(now.plus(at_most.0));
            }
        })
    }

    fn close(&mut self) -> Result<(), DeviceFault> {
        self.command(|latch, _| latch.command_shut())
    }

    fn stay_open(&mut self, _mode: LaneOpen) -> Result<(), DeviceFault> {
        self.command(|latch, now| {
            latch.unbolt(now, Opening::NoCheck);
            latch.run_until(now.plus(STAY_OPEN.0));
        })
    }

    fn health(&mut self) -> Result<(), DeviceFault> {
        self.state.borrow().latch.switch.check()
    }
}
