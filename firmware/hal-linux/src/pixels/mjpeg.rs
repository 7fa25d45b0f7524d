//! One frame of MJPEG through the crate `zune-jpeg`: luma alone, in the size that was negotiated.
//!
//! Promises: what [`jpeg_header`] passed and nothing else is decoded; a frame that ends early is refused; a panic of the
//! decoder is a refusal.
//! Must not know: what is in the picture.

use std::panic::{self, AssertUnwindSafe};
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

use zune_jpeg::JpegDecoder;

use super::{LumaError, jpeg_header};

/// No baseline JPEG of a camera is longer than twice its pixels and some tables: an hour of markers is no frame.
const MOST_TABLES: usize = 64 * 1024;

/// Fills `pixels` with the luma of a JPEG of this size.
pub(super) fn decode(
    bytes: &[u8],
    (width, height): (usize, usize),
    pixels: &mut Vec<u8>,
) -> Result<(), LumaError> {
    if bytes.len() > 2 * width * height + MOST_TABLES {
        return Err(refuse("longer than a frame of its size"));
    }
    jpeg_header::check(bytes, (width, height)).map_err(refuse)?;
    pixels.clear();
    pixels.resize(width * height, 0);
    // The checks above keep the decoder from what is known to make it panic; what is not known ends here.
    let decoding = || decode_checked(bytes, (width, height), pixels);
    panic::catch_unwind(AssertUnwindSafe(decoding)).unwrap_or_else(|_| Err(refuse("the decoder panicked")))
}

fn decode_checked(bytes: &[u8], (width, height): (usize, usize), pixels: &mut [u8]) -> Result<(), LumaError> {
    let options = DecoderOptions::default()
        .set_max_width(width)
        .set_max_height(height)
        .set_strict_mode(true)
        .jpeg_set_out_colorspace(ColorSpace::Luma);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(bytes), options);
    decoder.decode_headers().map_err(refuse)?;
    if !matches!(decoder.input_colorspace(), Some(ColorSpace::Luma | ColorSpace::YCbCr)) {
        return Err(refuse("neither grey nor YCbCr"));
    }
    if decoder.dimensions() != Some((width, height)) || decoder.output_buffer_size() != Some(pixels.len()) {
        return Err(refuse("another size than was negotiated"));
    }
    decoder.decode_into(pixels).map_err(refuse)
}

fn refuse(reason: impl std::fmt::Debug) -> LumaError {
    LumaError::RefuseJpeg { reason: format!("{reason:?}") }
}
