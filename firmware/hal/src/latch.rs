//! The latch. It is released by hardware on fire, and closed by its own timer if the process hangs.

use gate_core::record::Permit;
use gate_wire::time::Millis;

use crate::DeviceFault;

/// A latch.
pub trait Latch {
    /// Opens, using the permit up; closes by its own timer after `at_most` unless held.
    ///
    /// # Errors
    /// While it cannot be reached.
    fn open(&mut self, permit: Permit, at_most: Millis) -> Result<(), DeviceFault>;

    /// Keeps an open latch open for `at_most` more, because a person stands in it; does nothing to a closed one.
    ///
    /// # Errors
    /// While it cannot be reached.
    fn hold(&mut self, at_most: Millis) -> Result<(), DeviceFault>;

    /// Closes.
    ///
    /// # Errors
    /// While it cannot be reached.
    fn close(&mut self) -> Result<(), DeviceFault>;

    /// Opens for as long as "no check" is in force, by signed policy and not for one person (DOMAIN §9).
    ///
    /// # Errors
    /// While it cannot be reached.
    fn stay_open(&mut self, mode: gate_core::decide::LaneOpen) -> Result<(), DeviceFault>;
}
