//! The screen.

use gate_core::screen::Screen;

use crate::DeviceFault;

/// A drawn screen: RGB565, row by row, `width * height` of them.
#[derive(Clone, Copy)]
pub struct Pixels<'a> {
    /// The pixels.
    pub rgb565: &'a [u16],
    /// Width in pixels.
    pub width: usize,
    /// Height in pixels.
    pub height: usize,
}

/// A display.
pub trait Display {
    /// Size in pixels, width and height.
    fn size(&self) -> (usize, usize);

    /// Shows `pixels`, which are `screen` drawn.
    ///
    /// # Errors
    /// While the display cannot be reached: lamps and sound still tell.
    fn present(&mut self, screen: &Screen, pixels: Pixels<'_>) -> Result<(), DeviceFault>;
}
