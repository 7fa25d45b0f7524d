//! A camera that gives grey frames.

use crate::DeviceFault;

/// One frame: 8-bit grey, row by row.
#[derive(Clone, Copy)]
pub struct CameraFrame<'a> {
    /// At least `stride * (height - 1) + width` bytes.
    pub pixels: &'a [u8],
    /// Width in pixels.
    pub width: usize,
    /// Height in pixels.
    pub height: usize,
    /// Bytes from one row to the next.
    pub stride: usize,
}

impl core::fmt::Debug for CameraFrame<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        // A frame may show a person's face or code: only its size is printed.
        write!(f, "CameraFrame({}x{})", self.width, self.height)
    }
}

/// A camera.
pub trait Camera {
    /// The newest frame not given before; `None` when there is none yet.
    ///
    /// # Errors
    /// While the camera cannot be reached: evidence of other kinds still works (DESIGN §4).
    fn frame(&mut self) -> Result<Option<CameraFrame<'_>>, DeviceFault>;
}
