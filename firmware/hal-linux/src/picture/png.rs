//! PNG through the crate `png`: all colour types and depths, palettes, transparency, interlacing.
//!
//! Promises: the size in the header is checked before a buffer is made for it; of an animation the first frame.
//! Must not know: files.

use std::io::{BufRead, Seek};

use png::{ColorType, Decoder, Limits, Transformations};

use super::luma::{Samples, to_grey};
use super::{GreyPicture, PictureError, check_size};

/// Bounds what text and colour profiles in a PNG may make the decoder allocate.
const DECODER_BYTES: usize = 96 * 1024 * 1024;

pub(super) fn decode(source: impl BufRead + Seek) -> Result<GreyPicture, PictureError> {
    let mut decoder = Decoder::new_with_limits(source, Limits { bytes: DECODER_BYTES });
    decoder.set_transformations(Transformations::EXPAND | Transformations::STRIP_16);
    decoder.set_ignore_text_chunk(true);
    let header = decoder.read_header_info().map_err(PictureError::DecodePng)?;
    let (width, height) = (header.width as usize, header.height as usize);
    check_size(width, height)?;
    let mut reader = decoder.read_info().map_err(PictureError::DecodePng)?;
    let length = reader.output_buffer_size().ok_or(PictureError::ExceedPixels { width, height })?;
    let mut samples = vec![0; length];
    let output = reader.next_frame(&mut samples).map_err(PictureError::DecodePng)?;
    samples.truncate(output.buffer_size());
    // An animation's first frame may be smaller than its canvas.
    let (width, height) = (output.width as usize, output.height as usize);
    Ok(GreyPicture { width, height, pixels: to_grey(samples, layout_of(output.color_type)) })
}

fn layout_of(color: ColorType) -> Samples {
    match color {
        // A palette is expanded to RGB or RGBA by then.
        ColorType::Grayscale | ColorType::Indexed => Samples::Grey,
        ColorType::GrayscaleAlpha => Samples::GreyAlpha,
        ColorType::Rgb => Samples::Rgb,
        ColorType::Rgba => Samples::Rgba,
    }
}
