//! A camera frame as the scanner takes it: borrowed 8-bit grey pixels and their geometry.
//!
//! Promises: every row and pixel of a `Frame` lies inside the borrowed buffer; at most 16 Mpx.
//! Must not know: where the pixels come from or how they were encoded.

use thiserror::Error;

/// Why a buffer is not a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum FrameError {
    /// The width or the height is zero.
    #[error("a frame of {width} x {height} holds no pixel")]
    HoldNoPixel {
        /// Claimed width in pixels.
        width: usize,
        /// Claimed height in pixels.
        height: usize,
    },
    /// More pixels than [`Frame::MAX_PIXELS`].
    #[error("a frame of {width} x {height} exceeds {} pixels", Frame::MAX_PIXELS)]
    ExceedPixels {
        /// Claimed width in pixels.
        width: usize,
        /// Claimed height in pixels.
        height: usize,
    },
    /// The distance between two rows is less than a row.
    #[error("rows of {width} pixels cannot be {stride} bytes apart")]
    OverlapRows {
        /// Claimed width in pixels.
        width: usize,
        /// Claimed distance between the starts of two rows in bytes.
        stride: usize,
    },
    /// The buffer ends before the last row does.
    #[error("{have} bytes do not hold {height} rows {stride} bytes apart")]
    LackBytes {
        /// Length of the buffer in bytes.
        have: usize,
        /// Claimed height in pixels.
        height: usize,
        /// Claimed distance between the starts of two rows in bytes.
        stride: usize,
    },
}

/// Grey pixels of one instant: one byte a pixel, 0 black to 255 white, rows from the top.
///
/// Having one says that the geometry fits the buffer, and nothing about what is in the picture.
#[derive(Clone, Copy)]
pub struct Frame<'a> {
    pixels: &'a [u8],
    width: usize,
    height: usize,
    stride: usize,
}

/// An upright box in a frame, in pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Part {
    pub(crate) left: usize,
    pub(crate) top: usize,
    pub(crate) width: usize,
    pub(crate) height: usize,
}

impl<'a> Frame<'a> {
    /// The most pixels a frame may have: 16 Mpx.
    pub const MAX_PIXELS: usize = 16 * 1024 * 1024;

    /// A frame of `width` x `height` pixels whose rows start `stride` bytes apart (a camera pads its rows).
    ///
    /// # Errors
    ///
    /// [`FrameError`] when a side is zero, the picture is too large, or the buffer cannot hold what is claimed.
    /// Bytes after the last row are allowed: drivers hand over whole pages.
    pub fn new(pixels: &'a [u8], width: usize, height: usize, stride: usize) -> Result<Self, FrameError> {
        if width == 0 || height == 0 {
            return Err(FrameError::HoldNoPixel { width, height });
        }
        if width.checked_mul(height).is_none_or(|n| n > Self::MAX_PIXELS) {
            return Err(FrameError::ExceedPixels { width, height });
        }
        if stride < width {
            return Err(FrameError::OverlapRows { width, stride });
        }
        let need = (height - 1).checked_mul(stride).and_then(|n| n.checked_add(width));
        if need.is_none_or(|n| n > pixels.len()) {
            return Err(FrameError::LackBytes { have: pixels.len(), height, stride });
        }
        Ok(Self { pixels, width, height, stride })
    }

    /// A part of the frame; `None` when it is not inside, or empty.
    pub(crate) fn part(&self, part: Part) -> Option<Self> {
        let Part { left, top, width, height } = part;
        let inside = left.checked_add(width)? <= self.width && top.checked_add(height)? <= self.height;
        if !inside {
            return None;
        }
        let start = top.checked_mul(self.stride)?.checked_add(left)?;
        Self::new(self.pixels.get(start..)?, width, height, self.stride).ok()
    }

    /// Width in pixels, at least 1.
    #[must_use]
    pub fn width(&self) -> usize {
        self.width
    }

    /// Height in pixels, at least 1.
    #[must_use]
    pub fn height(&self) -> usize {
        self.height
    }

    /// The pixels with their padding, and the distance between the starts of two rows.
    pub(crate) fn padded(&self) -> (&'a [u8], usize) {
        (self.pixels, self.stride)
    }

    /// The rows from the top, `width` bytes each, padding left out.
    pub fn rows(&self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        let width = self.width;
        self.pixels.chunks(self.stride).take(self.height).filter_map(move |row| row.get(..width))
    }
}

/// Geometry only: pixels of people have no place in a log.
impl std::fmt::Debug for Frame<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Frame({} x {}, stride {})", self.width, self.height, self.stride)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_without_pixels_is_refused() {
        assert_eq!(Frame::new(&[1], 0, 1, 1).unwrap_err(), FrameError::HoldNoPixel { width: 0, height: 1 });
        assert_eq!(Frame::new(&[1], 1, 0, 1).unwrap_err(), FrameError::HoldNoPixel { width: 1, height: 0 });
    }

    #[test]
    fn a_size_that_overflows_is_too_large_not_small() {
        let huge = usize::MAX / 2;
        assert_eq!(
            Frame::new(&[1], huge, 3, huge).unwrap_err(),
            FrameError::ExceedPixels { width: huge, height: 3 }
        );
        assert!(matches!(Frame::new(&[1], 4097, 4096, 4097), Err(FrameError::ExceedPixels { .. })));
        assert!(matches!(Frame::new(&[1], 1, 2, usize::MAX), Err(FrameError::LackBytes { .. })));
        assert!(matches!(Frame::new(&[1], 1, 9, usize::MAX / 4), Err(FrameError::LackBytes { .. })));
    }

    #[test]
    fn a_stride_must_tell_the_truth() {
        let pixels = [0u8; 11];
        assert_eq!(
            Frame::new(&pixels, 4, 2, 3).unwrap_err(),
            FrameError::OverlapRows { width: 4, stride: 3 }
        );
        assert_eq!(
            Frame::new(&pixels, 4, 2, 8).unwrap_err(),
            FrameError::LackBytes { have: 11, height: 2, stride: 8 }
        );
        assert!(Frame::new(&pixels, 4, 2, 7).is_ok(), "the last row needs no padding");
    }

    #[test]
    fn padding_and_trailing_bytes_are_not_pixels() {
        let pixels = [1, 2, 99, 3, 4, 99, 77, 77];
        let frame = Frame::new(&pixels, 2, 2, 3).unwrap();
        assert_eq!(frame.rows().collect::<Vec<_>>(), [&[1u8, 2][..], &[3, 4]]);
    }

    #[test]
    fn a_part_has_the_pixels_of_its_box_and_nothing_outside_is_one() {
        let pixels = [1, 2, 3, 99, 4, 5, 6, 99, 7, 8, 9];
        let frame = Frame::new(&pixels, 3, 3, 4).unwrap();
        let part = |left, top, width, height| frame.part(Part { left, top, width, height });
        assert_eq!(part(1, 1, 2, 2).unwrap().rows().collect::<Vec<_>>(), [&[5u8, 6][..], &[8, 9]]);
        assert!(part(2, 0, 2, 1).is_none() && part(0, 3, 1, 1).is_none() && part(0, 0, 0, 1).is_none());
        assert!(part(usize::MAX, 0, 2, 1).is_none());
    }
}
