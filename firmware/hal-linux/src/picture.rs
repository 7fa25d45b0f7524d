//! Pictures from files as grey pixels: what `gate decode` and a directory of frames as camera take in.
//!
//! Promises: the format is told from the content, never from the name; size limits are checked before pixels
//! are decoded; a file that is not a regular file is refused, since a pipe could hang and a device never end.
//! Must not know: what is in the picture.

use std::fs::File;
use std::io::{Cursor, Read};
use std::path::Path;

use thiserror::Error;

mod jpeg;
mod luma;
mod pgm;
mod png;
#[cfg(test)]
mod tests;

/// Why a file gave no picture.
#[derive(Debug, Error)]
pub enum PictureError {
    /// The file cannot be opened or read.
    #[error("cannot read the file")]
    ReadFile(#[source] std::io::Error),
    /// A directory, a pipe, a device.
    #[error("not a regular file")]
    RefuseSpecialFile,
    /// The file is longer than [`GreyPicture::MAX_FILE_BYTES`].
    #[error("the file is longer than {} bytes", GreyPicture::MAX_FILE_BYTES)]
    ExceedFileBytes,
    /// The content starts like none of PNG, JPEG, PGM (P5).
    #[error("neither PNG nor JPEG nor binary PGM (P5)")]
    RecogniseFormat,
    /// The picture has no pixel.
    #[error("a picture of {width} x {height} holds no pixel")]
    HoldNoPixel {
        /// Claimed width in pixels.
        width: usize,
        /// Claimed height in pixels.
        height: usize,
    },
    /// The picture has more pixels than [`GreyPicture::MAX_PIXELS`].
    #[error("a picture of {width} x {height} exceeds {} pixels", GreyPicture::MAX_PIXELS)]
    ExceedPixels {
        /// Claimed width in pixels.
        width: usize,
        /// Claimed height in pixels.
        height: usize,
    },
    /// The PNG is damaged.
    #[error("damaged PNG")]
    DecodePng(#[source] ::png::DecodingError),
    /// The JPEG is damaged or of a kind the decoder does not know.
    #[error("damaged or unknown JPEG: {reason}")]
    DecodeJpeg {
        /// What the decoder says.
        reason: String,
    },
    /// The PGM is damaged; says which part.
    #[error("damaged PGM: {part}")]
    DecodePgm {
        /// The part that is wrong.
        part: &'static str,
    },
}

/// A grey picture: rows from the top without padding, one byte a pixel, 0 black to 255 white.
#[derive(Clone, PartialEq, Eq)]
pub struct GreyPicture {
    /// Pixels a row, at least 1.
    pub width: usize,
    /// Rows, at least 1.
    pub height: usize,
    /// `width * height` bytes.
    pub pixels: Vec<u8>,
}

impl GreyPicture {
    /// The most pixels a picture may have: 16 Mpx.
    pub const MAX_PIXELS: usize = 16 * 1024 * 1024;

    /// The longest file taken: what 16 Mpx of raw 32-bit pixels need.
    pub const MAX_FILE_BYTES: usize = 4 * Self::MAX_PIXELS;

    /// The picture in the file at `path`.
    ///
    /// # Errors
    ///
    /// [`PictureError`] when the file cannot be read, is too large, or does not hold a whole picture.
    pub fn load(path: &Path) -> Result<Self, PictureError> {
        // Asked before opening: opening a named pipe waits for its other end.
        if !std::fs::metadata(path).map_err(PictureError::ReadFile)?.is_file() {
            return Err(PictureError::RefuseSpecialFile);
        }
        let limit = Self::MAX_FILE_BYTES as u64;
        let mut bytes = Vec::new();
        let file = File::open(path).map_err(PictureError::ReadFile)?;
        file.take(limit + 1).read_to_end(&mut bytes).map_err(PictureError::ReadFile)?;
        if bytes.len() > Self::MAX_FILE_BYTES {
            return Err(PictureError::ExceedFileBytes);
        }
        Self::decode(&bytes)
    }

    /// The picture in the bytes of a PNG, JPEG or binary PGM.
    ///
    /// Colours become luma as in ITU-R BT.601; 16-bit samples lose their lower byte; what is transparent shows
    /// white, as on paper.
    ///
    /// # Errors
    ///
    /// [`PictureError`] when the bytes are not a whole picture of a known format and size.
    pub fn decode(bytes: &[u8]) -> Result<Self, PictureError> {
        match bytes {
            [0x89, b'P', b'N', b'G', ..] => png::decode(Cursor::new(bytes)),
            [0xFF, 0xD8, 0xFF, ..] => jpeg::decode(bytes),
            [b'P', b'5', ..] => pgm::decode(bytes),
            _ => Err(PictureError::RecogniseFormat),
        }
    }
}

/// The size only: pixels of people have no place in a log.
impl std::fmt::Debug for GreyPicture {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "GreyPicture({} x {})", self.width, self.height)
    }
}

/// Checks the claimed size, before anything is allocated for it.
fn check_size(width: usize, height: usize) -> Result<(), PictureError> {
    if width == 0 || height == 0 {
        return Err(PictureError::HoldNoPixel { width, height });
    }
    if width.checked_mul(height).is_none_or(|n| n > GreyPicture::MAX_PIXELS) {
        return Err(PictureError::ExceedPixels { width, height });
    }
    Ok(())
}
