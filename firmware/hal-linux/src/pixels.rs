//! What a camera driver hands over, as grey pixels: GREY, YUYV, NV12, and with the feature `mjpeg` MJPEG.
//!
//! Layouts as in the kernel's V4L2 documentation (V4L2_PIX_FMT_GREY, _YUYV, _NV12, _MJPEG). Colour is never looked at.
//! Promises: a frame is whole or refused: a buffer shorter than its format's picture was torn by the driver; nothing is
//! allocated but one byte a pixel, and only for sizes up to [`MAX_PIXELS`]; GREY and NV12 are not even copied.
//! Must not know: devices, what is in the picture.

use gate_hal::camera::CameraFrame;
use thiserror::Error;

#[cfg(feature = "mjpeg")]
mod jpeg_header;
#[cfg(feature = "mjpeg")]
mod mjpeg;
#[cfg(test)]
mod tests;

/// The most pixels of a frame: 16 Mpx, what a scanner takes.
pub const MAX_PIXELS: usize = 16 * 1024 * 1024;

/// How a driver lays out a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PixelFormat {
    /// One byte a pixel, grey.
    Grey,
    /// Two bytes a pixel, the even ones luma: Y0 Cb Y1 Cr.
    Yuyv,
    /// One byte a pixel of luma; after `height` rows, Cb and Cr in turns at half size, rows as long as those of luma.
    Nv12,
    /// A baseline JPEG a frame (ITU-T T.81), grey or YCbCr, in one scan; marked `AVI1`, it may leave out the Huffman
    /// tables.
    #[cfg(feature = "mjpeg")]
    Mjpeg,
}

impl PixelFormat {
    /// Its four characters, as V4L2 spells them.
    #[must_use]
    pub const fn fourcc(self) -> [u8; 4] {
        match self {
            PixelFormat::Grey => *b"GREY",
            PixelFormat::Yuyv => *b"YUYV",
            PixelFormat::Nv12 => *b"NV12",
            #[cfg(feature = "mjpeg")]
            PixelFormat::Mjpeg => *b"MJPG",
        }
    }

    /// Those that this program was built with, in the order in which they cost least.
    pub const ALL: &[PixelFormat] = &[
        PixelFormat::Grey,
        PixelFormat::Nv12,
        PixelFormat::Yuyv,
        #[cfg(feature = "mjpeg")]
        PixelFormat::Mjpeg,
    ];

    /// The one with these four characters, if this program was built with it.
    #[must_use]
    pub fn named(fourcc: &str) -> Option<PixelFormat> {
        PixelFormat::ALL.iter().copied().find(|format| format.fourcc() == fourcc.as_bytes())
    }
}

/// A frame as a driver hands it over. Debug shows its size alone: it may show a person.
#[derive(Clone, Copy)]
pub struct RawFrame<'a> {
    /// The buffer, as far as the driver says it is filled; more bytes than needed are allowed, drivers round up.
    pub bytes: &'a [u8],
    /// Pixels a row, as negotiated.
    pub width: usize,
    /// Rows, as negotiated.
    pub height: usize,
    /// Bytes from one row to the next; without meaning for MJPEG.
    pub stride: usize,
    /// Their layout.
    pub format: PixelFormat,
}

/// Why a buffer gives no frame.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum LumaError {
    /// A side is zero, or there are more than [`MAX_PIXELS`].
    #[error("refuse a frame of {width} x {height}")]
    RefuseSize {
        /// Claimed width in pixels.
        width: usize,
        /// Claimed height in pixels.
        height: usize,
    },
    /// Rows that would overlap.
    #[error("rows of {row} bytes cannot be {stride} apart")]
    OverlapRows {
        /// Bytes of a row.
        row: usize,
        /// Claimed distance between the starts of two rows in bytes.
        stride: usize,
    },
    /// The buffer ends before the picture does.
    #[error("{have} of {need} bytes: the frame is torn")]
    LackBytes {
        /// Length of the buffer.
        have: usize,
        /// Length of the picture.
        need: usize,
    },
    /// The JPEG is not what was negotiated, or damaged.
    #[cfg(feature = "mjpeg")]
    #[error("refuse a JPEG: {reason}")]
    RefuseJpeg {
        /// What is wrong with it.
        reason: String,
    },
}

/// Makes grey frames; keeps one buffer for all of them.
#[derive(Default)]
pub struct Luma {
    pixels: Vec<u8>,
}

impl Luma {
    /// The grey pixels of `raw`.
    ///
    /// # Errors
    /// [`LumaError`] when the buffer does not hold a whole picture of its format and size.
    pub fn of<'a>(&'a mut self, raw: &RawFrame<'a>) -> Result<CameraFrame<'a>, LumaError> {
        let RawFrame { bytes, width, height, stride, format } = *raw;
        if width == 0 || height == 0 || width.checked_mul(height).is_none_or(|n| n > MAX_PIXELS) {
            return Err(LumaError::RefuseSize { width, height });
        }
        match format {
            PixelFormat::Grey => {
                enough(raw, width, height)?;
                Ok(CameraFrame { pixels: bytes, width, height, stride })
            }
            PixelFormat::Nv12 => {
                // Chroma comes in pairs; an odd last row or column has a pair of its own.
                enough(raw, width.next_multiple_of(2), height + height.div_ceil(2))?;
                Ok(CameraFrame { pixels: bytes, width, height, stride })
            }
            PixelFormat::Yuyv => {
                enough(raw, 2 * width.next_multiple_of(2), height)?;
                self.take_even(raw);
                Ok(CameraFrame { pixels: &self.pixels, width, height, stride: width })
            }
            #[cfg(feature = "mjpeg")]
            PixelFormat::Mjpeg => {
                mjpeg::decode(bytes, (width, height), &mut self.pixels)?;
                Ok(CameraFrame { pixels: &self.pixels, width, height, stride: width })
            }
        }
    }

    fn take_even(&mut self, raw: &RawFrame<'_>) {
        self.pixels.clear();
        for row in raw.bytes.chunks(raw.stride).take(raw.height) {
            self.pixels.extend(row.iter().step_by(2).take(raw.width));
        }
    }
}

/// Refuses a buffer that ends before `rows` rows of `row` bytes do; the last one needs no padding.
fn enough(raw: &RawFrame<'_>, row: usize, rows: usize) -> Result<(), LumaError> {
    let (have, stride) = (raw.bytes.len(), raw.stride);
    if stride < row {
        return Err(LumaError::OverlapRows { row, stride });
    }
    let need = (rows - 1).saturating_mul(stride).saturating_add(row);
    if have < need { Err(LumaError::LackBytes { have, need }) } else { Ok(()) }
}

/// The size only: pixels of people have no place in a log.
impl std::fmt::Debug for RawFrame<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "RawFrame({:?}, {} x {})", self.format, self.width, self.height)
    }
}

impl std::fmt::Debug for Luma {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Luma")
    }
}
