//! Clocks: the monotonic one for intervals, the system's with its battery for calendars.

use gate_core::time::RtcHealth;
use gate_wire::time::{Millis, Timestamp};

use crate::DeviceFault;

/// What the system's clock says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WallReading {
    /// Its time.
    pub time: Timestamp,
    /// The kernel's word on the battery-backed clock behind it.
    pub health: RtcHealth,
}

/// The clocks of a terminal.
pub trait Clock {
    /// Monotonic time.
    fn monotonic(&self) -> Millis;

    /// The system's clock; `None` where there is none that can be read.
    fn wall(&self) -> Option<WallReading>;

    /// Sets the system's clock, once a time was confirmed.
    ///
    /// # Errors
    /// Where that is not allowed or not possible.
    fn set_wall(&mut self, time: Timestamp) -> Result<(), DeviceFault>;
}
