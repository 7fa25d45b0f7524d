//! Lamps and a loudspeaker that remember what they were told and when.
//! Must not know: colours, tones, words.

use std::rc::Rc;
use std::time::Instant;

use gate_core::screen::{Signal, Volume};
use gate_hal::DeviceFault;
use gate_hal::signals::{Lamps, Sounder};
use gate_wire::time::Millis;

use super::Shared;
use super::switch::Switch;

/// What one device was told.
#[derive(Debug, Default)]
pub(super) struct Log {
    told: Vec<(Millis, Signal)>,
    really: Option<Instant>,
    volume: Option<Volume>,
    switch: Switch,
}

impl Log {
    fn tell(&mut self, now: Millis, signal: Signal) -> Result<(), DeviceFault> {
        self.switch.check()?;
        self.told.push((now, signal));
        self.really = Some(Instant::now());
        Ok(())
    }
}

/// The lamps; a handle.
#[derive(Clone, Debug)]
pub struct SimLamps {
    state: Shared,
}

impl SimLamps {
    pub(super) fn new(state: &Shared) -> Self {
        Self { state: Rc::clone(state) }
    }

    /// Signals told, with their times, oldest first.
    #[must_use]
    pub fn told(&self) -> Vec<(Millis, Signal)> {
        self.state.borrow().lamps.told.clone()
    }

    /// The signal that is lit now.
    #[must_use]
    pub fn last(&self) -> Option<Signal> {
        self.state.borrow().lamps.told.last().map(|(_, signal)| *signal)
    }

    /// Pulls their plug.
    pub fn unplug(&self) {
        self.state.borrow_mut().lamps.switch.fail(DeviceFault::NotConnected);
    }

    /// Plugs them in again.
    pub fn plug(&self) {
        self.state.borrow_mut().lamps.switch.recover();
    }
}

impl Lamps for SimLamps {
    fn show(&mut self, signal: Signal) -> Result<(), DeviceFault> {
        let mut state = self.state.borrow_mut();
        let now = state.now;
        state.lamps.tell(now, signal)
    }
}

/// The loudspeaker; a handle.
#[derive(Clone, Debug)]
pub struct SimSounder {
    state: Shared,
}

impl SimSounder {
    pub(super) fn new(state: &Shared) -> Self {
        Self { state: Rc::clone(state) }
    }

    /// Signals played, with their times, oldest first.
    #[must_use]
    pub fn told(&self) -> Vec<(Millis, Signal)> {
        self.state.borrow().sounder.told.clone()
    }

    /// The real time at which it was last told to play.
    #[must_use]
    pub fn really_told(&self) -> Option<Instant> {
        self.state.borrow().sounder.really
    }

    /// The signal played last.
    #[must_use]
    pub fn last(&self) -> Option<Signal> {
        self.state.borrow().sounder.told.last().map(|(_, signal)| *signal)
    }

    /// How loud that was.
    #[must_use]
    pub fn last_volume(&self) -> Option<Volume> {
        self.state.borrow().sounder.volume
    }

    /// Pulls its plug.
    pub fn unplug(&self) {
        self.state.borrow_mut().sounder.switch.fail(DeviceFault::NotConnected);
    }

    /// Plugs it in again.
    pub fn plug(&self) {
        self.state.borrow_mut().sounder.switch.recover();
    }
}

impl Sounder for SimSounder {
    fn play(&mut self, signal: Signal, volume: Volume) -> Result<(), DeviceFault> {
        let mut state = self.state.borrow_mut();
        let now = state.now;
        state.sounder.tell(now, signal)?;
        state.sounder.volume = Some(volume);
        Ok(())
    }

    fn health(&mut self) -> Result<(), DeviceFault> {
        self.state.borrow().sounder.switch.check()
    }
}
