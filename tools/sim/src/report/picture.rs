//! Screens as PNG files.
//! Promises: every pixel as the display got it.
//! Must not know: what a screen shows.

use anyhow::{Result, ensure};

/// RGB565 pixels, row by row from the top, as a PNG.
///
/// # Errors
/// If there are not as many pixels as the size says.
pub fn png(rgb565: &[u16], (width, height): (usize, usize)) -> Result<Vec<u8>> {
    ensure!(rgb565.len() == width * height, "{} pixels are not {width} x {height}", rgb565.len());
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, u32::try_from(width)?, u32::try_from(height)?);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_compression(png::Compression::Fast);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(&rgb565.iter().flat_map(|pixel| rgb888(*pixel)).collect::<Vec<u8>>())?;
    writer.finish()?;
    Ok(bytes)
}

/// The high bits repeat in the low ones, so that white stays white.
fn rgb888(pixel: u16) -> [u8; 3] {
    let [red, green, blue] = [pixel >> 11, pixel >> 5 & 0x3F, pixel & 0x1F];
    // Five or six bits spread over eight: fits.
    [(red << 3 | red >> 2) as u8, (green << 2 | green >> 4) as u8, (blue << 3 | blue >> 2) as u8]
}
