//! Screens as PNG files, and how long it takes to draw each.
//! Promises: every pixel as the display got it.
//! Must not know: what a screen means.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use gate_core::screen::Screen;
use gate_ui::Canvas;

use super::Played;
use crate::devices::{HEIGHT, Shown, WIDTH};

/// One screen drawn again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Redraw {
    /// Which screen.
    pub screen: &'static str,
    /// Real time, without the display's own.
    pub took: Duration,
}

/// Keeps what was shown as pictures, and times their drawing.
pub(super) fn keep(shown: &[Shown], played: &mut Played) -> Result<()> {
    let mut canvas = Canvas::new(WIDTH as u32, HEIGHT as u32)?;
    for one in shown {
        let mut draw = |_| {
            let began = Instant::now();
            gate_ui::draw(&one.screen, &mut canvas);
            began.elapsed()
        };
        // The middle of three: the other threads play on meanwhile.
        let mut times = [0, 1, 2].map(&mut draw);
        times.sort();
        played.redraws.push(Redraw { screen: name(&one.screen), took: times[1] });
        played.screens.push(png(&one.drawing.rgb565(), (WIDTH, HEIGHT))?);
    }
    Ok(())
}

fn name(screen: &Screen) -> &'static str {
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
    }
}

/// RGB565 pixels, row by row from the top, as a PNG.
fn png(rgb565: &[u16], (width, height): (usize, usize)) -> Result<Vec<u8>> {
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
