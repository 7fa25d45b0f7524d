//! Lamps and sounds.

use gate_core::screen::{Signal, Volume};

use crate::DeviceFault;

/// The lamps at the gate; each signal has its own form, not only its colour.
pub trait Lamps {
    /// Shows a signal until the next one.
    ///
    /// # Errors
    /// While the lamps cannot be reached.
    fn show(&mut self, signal: Signal) -> Result<(), DeviceFault>;
}

/// What makes a signal heard. It says nothing personal (DOMAIN §15).
pub trait Sounder {
    /// Plays a signal's tone or words without waiting for its end.
    ///
    /// # Errors
    /// While it cannot be reached.
    fn play(&mut self, signal: Signal, volume: Volume) -> Result<(), DeviceFault>;

    /// How it is, as far as it is known by now; waits for nothing.
    ///
    /// # Errors
    /// While it cannot be reached.
    fn health(&mut self) -> Result<(), DeviceFault>;
}
