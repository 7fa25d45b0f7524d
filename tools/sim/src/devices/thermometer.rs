//! A thermometer that reads what a journey says.
//! Must not know: which temperature is high.

use std::rc::Rc;

use gate_hal::DeviceFault;
use gate_hal::thermometer::Thermometer;

use super::Shared;
use super::switch::Switch;

/// What stands before it.
#[derive(Debug, Default)]
pub(super) struct Probe {
    tenths: Option<i16>,
    switch: Switch,
}

/// The thermometer; a handle.
#[derive(Clone, Debug)]
pub struct SimThermometer {
    state: Shared,
}

impl SimThermometer {
    pub(super) fn new(state: &Shared) -> Self {
        Self { state: Rc::clone(state) }
    }

    /// Somebody of this temperature (tenths of a degree Celsius) stands before it, or nobody.
    pub fn set(&self, tenths: Option<i16>) {
        self.state.borrow_mut().thermometer.tenths = tenths;
    }

    /// It is not fitted, or its plug was pulled.
    pub fn unplug(&self) {
        self.state.borrow_mut().thermometer.switch.fail(DeviceFault::NotConnected);
    }

    /// Plugs it in again.
    pub fn plug(&self) {
        self.state.borrow_mut().thermometer.switch.recover();
    }
}

impl Thermometer for SimThermometer {
    fn tenths(&mut self) -> Result<Option<i16>, DeviceFault> {
        let state = self.state.borrow();
        state.thermometer.switch.check()?;
        Ok(state.thermometer.tenths)
    }
}
