//! JPEG (ITU-T T.81) through the crate `zune-jpeg`: baseline and progressive.
//!
//! Promises: the size in the header is checked before pixels are decoded.
//! Must not know: files.

use zune_jpeg::JpegDecoder;
use zune_jpeg::errors::DecodeErrors;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

use super::luma::{Samples, to_grey};
use super::{GreyPicture, PictureError, check_size};

/// No side of 16 Mpx is longer than JPEG can say; the product is checked after the header.
const MAX_SIDE: usize = 65_535;

pub(super) fn decode(bytes: &[u8]) -> Result<GreyPicture, PictureError> {
    // Fuzzing made version 0.5.15 panic on damaged headers: a file that does is a damaged file.
    let panicked = |_| Err(PictureError::DecodeJpeg { reason: "the decoder panicked".to_owned() });
    std::panic::catch_unwind(|| decode_unguarded(bytes)).unwrap_or_else(panicked)
}

fn decode_unguarded(bytes: &[u8]) -> Result<GreyPicture, PictureError> {
    let (colours, layout) = output_for(bytes)?;
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(bytes), options(colours));
    decoder.decode_headers().map_err(refuse)?;
    let (width, height) = decoder.dimensions().ok_or_else(no_header)?;
    let samples = decoder.decode().map_err(refuse)?;
    let pixels = to_grey(samples, layout);
    if pixels.len() != width * height {
        return Err(PictureError::DecodeJpeg { reason: "unexpected number of samples".to_owned() });
    }
    Ok(GreyPicture { width, height, pixels })
}

/// What to ask the decoder for: grey stays grey, all else becomes RGB (then luma by our own rounding).
fn output_for(bytes: &[u8]) -> Result<(ColorSpace, Samples), PictureError> {
    let mut header = JpegDecoder::new_with_options(ZCursor::new(bytes), options(ColorSpace::RGB));
    header.decode_headers().map_err(refuse)?;
    let (width, height) = header.dimensions().ok_or_else(no_header)?;
    check_size(width, height)?;
    match header.input_colorspace() {
        Some(ColorSpace::Luma) => Ok((ColorSpace::Luma, Samples::Grey)),
        _ => Ok((ColorSpace::RGB, Samples::Rgb)),
    }
}

fn options(colours: ColorSpace) -> DecoderOptions {
    DecoderOptions::default()
        .set_max_width(MAX_SIDE)
        .set_max_height(MAX_SIDE)
        .jpeg_set_out_colorspace(colours)
}

fn refuse(error: DecodeErrors) -> PictureError {
    PictureError::DecodeJpeg { reason: format!("{error:?}") }
}

fn no_header() -> PictureError {
    PictureError::DecodeJpeg { reason: "no frame header".to_owned() }
}
