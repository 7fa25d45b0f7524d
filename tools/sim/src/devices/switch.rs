//! Whether a simulated device can be reached.
//! Must not know: which device.

use gate_hal::DeviceFault;

/// A device's connection.
#[derive(Debug, Default)]
pub(super) struct Switch(Option<DeviceFault>);

impl Switch {
    /// Every use fails with `fault` from now on.
    pub(super) fn fail(&mut self, fault: DeviceFault) {
        self.0 = Some(fault);
    }

    /// It works again.
    pub(super) fn recover(&mut self) {
        self.0 = None;
    }

    /// Whether it can be used.
    pub(super) fn check(&self) -> Result<(), DeviceFault> {
        self.0.map_or(Ok(()), Err)
    }
}
