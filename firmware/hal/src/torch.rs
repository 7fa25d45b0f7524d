//! The light beside the camera.
//! Must not know: when it is dark.

use crate::DeviceFault;

/// Whether the light is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Light {
    /// It is.
    On,
    /// It is not.
    #[default]
    Off,
}

/// A light that shines on what is held to the camera.
pub trait Torch {
    /// Switches it.
    ///
    /// # Errors
    /// While it cannot be reached: codes on lit screens are read without it.
    fn shine(&mut self, light: Light) -> Result<(), DeviceFault>;
}
