//! The attendant's keys, or a touch screen that shows the same keys.

use gate_core::attendant::Key;

/// A panel of keys.
pub trait Keys {
    /// The next key pressed, if any.
    fn pressed(&mut self) -> Option<Key>;
}
