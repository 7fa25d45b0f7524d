//! A torch that remembers how it was switched.
//! Must not know: when it is dark.

use std::rc::Rc;

use gate_hal::DeviceFault;
use gate_hal::torch::{Light, Torch};
use gate_wire::time::Millis;

use super::Shared;
use super::switch::Switch;

/// The torch's state.
#[derive(Debug, Default)]
pub(super) struct Lamp {
    told: Vec<(Millis, Light)>,
    switch: Switch,
}

/// The torch; a handle.
#[derive(Clone, Debug)]
pub struct SimTorch {
    state: Shared,
}

impl SimTorch {
    pub(super) fn new(state: &Shared) -> Self {
        Self { state: Rc::clone(state) }
    }

    /// How it was switched, with the times, oldest first.
    #[must_use]
    pub fn told(&self) -> Vec<(Millis, Light)> {
        self.state.borrow().torch.told.clone()
    }

    /// Whether it shines now.
    #[must_use]
    pub fn light(&self) -> Light {
        self.state.borrow().torch.told.last().map(|(_, light)| *light).unwrap_or_default()
    }

    /// Pulls its plug.
    pub fn unplug(&self) {
        self.state.borrow_mut().torch.switch.fail(DeviceFault::NotConnected);
    }
}

impl Torch for SimTorch {
    fn shine(&mut self, light: Light) -> Result<(), DeviceFault> {
        let mut state = self.state.borrow_mut();
        state.torch.switch.check()?;
        let now = state.now;
        state.torch.told.push((now, light));
        Ok(())
    }
}
