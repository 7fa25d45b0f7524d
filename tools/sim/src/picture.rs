//! Screens and camera frames as PNG.
//! Promises: every pixel as the display got it.
//! Must not know: what a screen means.

use anyhow::{Result, ensure};
use gate_core::screen::Screen;
use gate_hal_linux::picture::GreyPicture;

/// The screen's kind, in one word.
pub(crate) fn name(screen: &Screen) -> &'static str {
    match screen {
        Screen::Idle(_) => "idle",
        Screen::Reading => "reading",
        Screen::Hint(_) => "hint",
        Screen::Verdict(_) => "verdict",
        Screen::PinEntry { .. } => "pin",
        Screen::Staff(_) => "staff",
        Screen::Opened(_) => "opened",
        Screen::LaneOpen => "lane open",
        Screen::Fault(_) => "fault",
        Screen::Updating(..) => "updating",
        Screen::Technician(..) => "technician",
        Screen::OutOfService(_) => "out of service",
    }
}

/// RGB565 pixels, row by row from the top, as a PNG.
///
/// # Errors
/// If the pixels are not of this size.
pub(crate) fn png(rgb565: &[u16], (width, height): (usize, usize)) -> Result<Vec<u8>> {
    ensure!(rgb565.len() == width * height, "{} pixels are not {width} x {height}", rgb565.len());
    let pixels: Vec<u8> = rgb565.iter().flat_map(|pixel| rgb888(*pixel)).collect();
    encode(&pixels, (width, height), png::ColorType::Rgb)
}

/// A grey picture as a PNG.
///
/// # Errors
/// If its pixels are not of its size.
pub(crate) fn grey_png(picture: &GreyPicture) -> Result<Vec<u8>> {
    encode(&picture.pixels, (picture.width, picture.height), png::ColorType::Grayscale)
}

fn encode(pixels: &[u8], (width, height): (usize, usize), color: png::ColorType) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, u32::try_from(width)?, u32::try_from(height)?);
    encoder.set_color(color);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_compression(png::Compression::Fast);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(pixels)?;
    writer.finish()?;
    Ok(bytes)
}

/// The high bits repeat in the low ones, so that white stays white.
fn rgb888(pixel: u16) -> [u8; 3] {
    let [red, green, blue] = [pixel >> 11, pixel >> 5 & 0x3F, pixel & 0x1F];
    // Five or six bits spread over eight: fits.
    [(red << 3 | red >> 2) as u8, (green << 2 | green >> 4) as u8, (blue << 3 | blue >> 2) as u8]
}
