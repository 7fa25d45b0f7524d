//! A frame of pixels in memory.
//! Promises: drawing outside the frame is clipped, never an error and never a panic.
//! Must not know: which panel shows it.

use core::convert::Infallible;

use embedded_graphics::Pixel;
use embedded_graphics::draw_target::DrawTarget;
use embedded_graphics::geometry::{OriginDimensions, Point, Size};
use embedded_graphics::pixelcolor::raw::{RawData, RawU16};
use embedded_graphics::pixelcolor::{Rgb565, RgbColor};
use embedded_graphics::primitives::{PointsIter, Rectangle};

use embedded_graphics::geometry::Dimensions;

/// Longest side in pixels.
const LONGEST: u32 = 4096;

/// RGB565 pixels, row by row from the top left.
#[derive(Clone, PartialEq, Eq)]
pub struct Canvas {
    pixels: Vec<u16>,
    size: Size,
}

/// Why there is no canvas.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CanvasError {
    /// A side is zero or longer than any panel.
    #[error("a canvas has sides of 1 to 4096 pixels, not {width} x {height}")]
    FitSize {
        /// Asked width in pixels.
        width: u32,
        /// Asked height in pixels.
        height: u32,
    },
}

impl Canvas {
    /// A black canvas.
    ///
    /// # Errors
    /// A side of zero or of more than 4096 pixels.
    pub fn new(width: u32, height: u32) -> Result<Canvas, CanvasError> {
        let fits = |side| (1..=LONGEST).contains(&side);
        if !fits(width) || !fits(height) {
            return Err(CanvasError::FitSize { width, height });
        }
        Ok(Canvas { pixels: vec![0; width as usize * height as usize], size: Size::new(width, height) })
    }

    /// Width and height in pixels.
    pub fn size(&self) -> (u32, u32) {
        (self.size.width, self.size.height)
    }

    /// RGB565, red in the high bits, row by row; as most panels take it.
    pub fn pixels(&self) -> &[u16] {
        &self.pixels
    }

    /// Three bytes a pixel, red first; for pictures of the screen.
    pub fn rgb888(&self) -> Vec<u8> {
        self.pixels.iter().flat_map(|&raw| channels(Rgb565::from(RawU16::new(raw)))).collect()
    }

    pub(crate) fn area(&self) -> Rectangle {
        Rectangle::new(Point::zero(), self.size)
    }

    /// The pixels of row `y` from `x` on, at most `width` of them, and how many were clipped on the left.
    pub(crate) fn row(&mut self, x: i32, y: i32, width: u32) -> (usize, &mut [u16]) {
        let part = Rectangle::new(Point::new(x, y), Size::new(width, 1)).intersection(&self.area());
        let start = part.top_left.y as usize * self.size.width as usize + part.top_left.x as usize;
        let skipped = part.top_left.x.saturating_sub(x).max(0) as usize;
        (skipped, self.pixels.get_mut(start..start + part.size.width as usize).unwrap_or_default())
    }
}

/// The three channels stretched to eight bits.
pub(crate) fn channels(color: Rgb565) -> [u8; 3] {
    let (r, g, b) = (color.r(), color.g(), color.b());
    [r << 3 | r >> 2, g << 2 | g >> 4, b << 3 | b >> 2]
}

impl OriginDimensions for Canvas {
    fn size(&self) -> Size {
        self.size
    }
}

impl DrawTarget for Canvas {
    type Color = Rgb565;
    type Error = Infallible;

    fn draw_iter<I: IntoIterator<Item = Pixel<Rgb565>>>(&mut self, pixels: I) -> Result<(), Infallible> {
        for Pixel(at, color) in pixels {
            if let (_, [pixel]) = self.row(at.x, at.y, 1) {
                *pixel = RawU16::from(color).into_inner();
            }
        }
        Ok(())
    }

    fn fill_contiguous<I: IntoIterator<Item = Rgb565>>(
        &mut self,
        area: &Rectangle,
        colors: I,
    ) -> Result<(), Infallible> {
        self.draw_iter(area.points().zip(colors).map(|(at, color)| Pixel(at, color)))
    }

    fn fill_solid(&mut self, area: &Rectangle, color: Rgb565) -> Result<(), Infallible> {
        let area = area.intersection(&self.bounding_box());
        let raw = RawU16::from(color).into_inner();
        for y in area.rows() {
            let (_, row) = self.row(area.top_left.x, y, area.size.width);
            row.fill(raw);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drawing_outside_is_clipped() {
        let mut canvas = Canvas::new(4, 2).unwrap();
        let area = Rectangle::new(Point::new(-3, -3), Size::new(5, 4));
        canvas.fill_solid(&area, Rgb565::WHITE).unwrap();
        canvas
            .draw_iter([Pixel(Point::new(4, 1), Rgb565::RED), Pixel(Point::new(3, 1), Rgb565::BLUE)])
            .unwrap();
        assert_eq!(canvas.pixels(), [0xFFFF, 0xFFFF, 0, 0, 0, 0, 0, 0x001F]);
        assert_eq!(canvas.row(-1, 0, 2).0, 1);
    }

    #[test]
    fn a_canvas_has_pixels_and_not_too_many() {
        assert_eq!(Canvas::new(0, 480).err(), Some(CanvasError::FitSize { width: 0, height: 480 }));
        assert!(Canvas::new(4097, 1).is_err() && Canvas::new(4096, 1).is_ok());
    }

    #[test]
    fn white_stays_white_in_eight_bits() {
        assert_eq!(channels(Rgb565::WHITE), [255, 255, 255]);
        assert_eq!(channels(Rgb565::BLACK), [0, 0, 0]);
    }
}
