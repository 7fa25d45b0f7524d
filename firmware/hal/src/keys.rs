//! The attendant's keys, or a touch screen that shows the same keys.

use gate_core::attendant::Key;

use crate::DeviceFault;

/// A panel of keys.
pub trait Keys {
    /// The next key pressed, if any.
    fn pressed(&mut self) -> Option<Key>;

    /// Whether keys would be heard, as far as that was seen when they were last asked for.
    ///
    /// # Errors
    /// While the panel cannot be reached: nobody can log in, and it is asked for again by itself.
    fn health(&mut self) -> Result<(), DeviceFault>;
}
