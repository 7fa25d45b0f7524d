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

/// How long a time that was set lasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lasts {
    /// The battery-backed clock has it, and was asked.
    WithoutPower,
    /// Until the power goes.
    WhilePowered,
}

/// The clocks of a terminal.
pub trait Clock {
    /// Monotonic time.
    fn monotonic(&self) -> Millis;

    /// The system's clock; `None` where there is none that can be read.
    fn wall(&self) -> Option<WallReading>;

    /// Sets the system's clock and the battery-backed one behind it, once a time was confirmed.
    ///
    /// # Errors
    /// Where the system's clock cannot be set.
    fn set_wall(&mut self, time: Timestamp) -> Result<Lasts, DeviceFault>;
}
