//! Inputs that a journey sets, and people who walk through.
//! Must not know: what the latch makes of them ([`super::SimLatch`] has its own wires to passage sensor and fire).

use std::rc::Rc;

use gate_hal::DeviceFault;
use gate_hal::inputs::{InputLevels, Inputs, Level};
use gate_wire::time::Millis;

use super::Shared;
use super::switch::Switch;

/// The wires: levels that stay, and people on their way.
#[derive(Debug, Default)]
pub(super) struct Wires {
    set: InputLevels,
    walks: Vec<Walk>,
    switch: Switch,
}

/// A person in the gate from one instant until another.
#[derive(Debug, Clone, Copy)]
struct Walk {
    from: Millis,
    until: Millis,
}

impl Wires {
    /// The levels at `now`.
    pub(super) fn levels(&self, now: Millis) -> InputLevels {
        let walking = self.walks.iter().any(|walk| (walk.from..walk.until).contains(&now));
        let passage = if walking { Level::Active } else { self.set.passage };
        InputLevels { passage, ..self.set }
    }

    /// The next instant after `now` at which somebody steps in or out.
    pub(super) fn next_edge(&self, now: Millis) -> Option<Millis> {
        self.walks.iter().flat_map(|walk| [walk.from, walk.until]).filter(|at| *at > now).min()
    }
}

/// The inputs; a handle.
#[derive(Clone, Debug)]
pub struct SimInputs {
    state: Shared,
}

impl SimInputs {
    pub(super) fn new(state: &Shared) -> Self {
        Self { state: Rc::clone(state) }
    }

    /// A person steps into the gate after `after_ms` and is out of it `for_ms` later. Several may overlap.
    pub fn person_walks_through(&self, after_ms: u64, for_ms: u64) {
        let mut state = self.state.borrow_mut();
        let now = state.now;
        let from = now.plus(after_ms);
        state.inputs.walks.retain(|walk| walk.until > now);
        state.inputs.walks.push(Walk { from, until: from.plus(for_ms) });
        state.settle();
    }

    /// Whether somebody is in the gate.
    #[must_use]
    pub fn is_occupied(&self) -> bool {
        let state = self.state.borrow();
        state.inputs.levels(state.now).passage == Level::Active
    }

    /// The passage sensor, until set again; a person who walks through makes it active as well.
    pub fn set_passage(&self, level: Level) {
        self.change(|levels| levels.passage = level);
    }

    /// The fire system; the latch follows by its own wire at once.
    pub fn set_fire(&self, level: Level) {
        self.change(|levels| levels.fire = level);
    }

    /// The case.
    pub fn set_case_open(&self, level: Level) {
        self.change(|levels| levels.case_open = level);
    }

    /// The mechanical release; it frees the barrier itself and leaves the latch as it is.
    pub fn set_release(&self, level: Level) {
        self.change(|levels| levels.release = level);
    }

    /// Pulls the plug of the input board; the latch's own wires stay.
    pub fn unplug(&self) {
        self.state.borrow_mut().inputs.switch.fail(DeviceFault::NotConnected);
    }

    /// Plugs it in again.
    pub fn plug(&self) {
        self.state.borrow_mut().inputs.switch.recover();
    }

    fn change(&self, change: impl FnOnce(&mut InputLevels)) {
        let mut state = self.state.borrow_mut();
        change(&mut state.inputs.set);
        state.settle();
    }
}

impl Inputs for SimInputs {
    fn levels(&mut self) -> Result<InputLevels, DeviceFault> {
        let state = self.state.borrow();
        state.inputs.switch.check()?;
        Ok(state.inputs.levels(state.now))
    }
}
