//! Inputs that a journey sets, and people who walk through.
//! Must not know: what the latch makes of them ([`super::SimLatch`] has its own wires to passage sensor and fire).

use std::rc::Rc;

use gate_hal::DeviceFault;
use gate_hal::inputs::{Input, InputLevels, Inputs, Level};
use gate_wire::time::Millis;

use super::Shared;
use super::switch::Switch;

/// The wires: levels that stay, and people on their way.
#[derive(Debug, Default)]
pub(super) struct Wires {
    set: InputLevels,
    walks: Vec<Walk>,
    torn: Vec<Input>,
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
        if walking { self.set.with(Input::Passage, Ok(Level::Active)) } else { self.set }
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
        state.inputs.levels(state.now).of(Input::Passage) == Ok(Level::Active)
    }

    /// The passage sensor, until set again; a person who walks through makes it active as well.
    pub fn set_passage(&self, level: Level) {
        self.set(Input::Passage, level);
    }

    /// The fire system; the latch follows by its own wire at once.
    pub fn set_fire(&self, level: Level) {
        self.set(Input::Fire, level);
    }

    /// The case.
    pub fn set_case_open(&self, level: Level) {
        self.set(Input::CaseOpen, level);
    }

    /// The mechanical release; it frees the barrier itself and leaves the latch as it is.
    pub fn set_release(&self, level: Level) {
        self.set(Input::Release, level);
    }

    /// Tears the terminal's wire of one input; the latch's own wires stay.
    pub fn tear(&self, input: Input) {
        self.state.borrow_mut().inputs.torn.push(input);
    }

    /// Mends every torn wire.
    pub fn mend(&self) {
        self.state.borrow_mut().inputs.torn.clear();
    }

    /// Pulls the plug of the input board; the latch's own wires stay.
    pub fn unplug(&self) {
        self.state.borrow_mut().inputs.switch.fail(DeviceFault::NotConnected);
    }

    /// Plugs it in again.
    pub fn plug(&self) {
        self.state.borrow_mut().inputs.switch.recover();
    }

    fn set(&self, input: Input, level: Level) {
        let mut state = self.state.borrow_mut();
        state.inputs.set = state.inputs.set.with(input, Ok(level));
        state.settle();
    }
}

impl Inputs for SimInputs {
    fn levels(&mut self) -> InputLevels {
        let state = self.state.borrow();
        if let Err(fault) = state.inputs.switch.check() {
            return InputLevels::unreachable(fault);
        }
        let levels = state.inputs.levels(state.now);
        let torn = state.inputs.torn.iter();
        torn.fold(levels, |levels, input| levels.with(*input, Err(DeviceFault::NotConnected)))
    }
}
