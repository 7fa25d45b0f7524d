//! The latch. It is released by hardware on fire, and closed by its own timer if the process hangs: nothing that is asked of it
//! lasts longer than a timer that is already running. What it does not take is void: it is not done later, when nobody waits for it.

use gate_core::record::Permit;
use gate_wire::time::Millis;

use crate::DeviceFault;

/// What one call of [`Latch::stay_open`] is worth: a lane that ends in any way is shut after so long at most.
pub const STAY_OPEN: Millis = Millis(10_000);

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

    /// Opens for [`STAY_OPEN`], by signed policy and not for one person (DOMAIN §9). Asked again at every turn while "no check" is
    /// in force; cheap as long as half of it is left.
    ///
    /// # Errors
    /// While it cannot be reached.
    fn stay_open(&mut self, mode: gate_core::decide::LaneOpen) -> Result<(), DeviceFault>;

    /// Whether it takes what it is told, as far as it shows without being moved: what it is to be anyway may be told it once more.
    /// Asked once a second.
    ///
    /// # Errors
    /// While it cannot be reached.
    fn health(&mut self) -> Result<(), DeviceFault>;
}
