//! One picture of all screens, and of the main ones in every size, theme and language; or of pictures that were kept, in their order.
//! Promises: drawn by the terminal's own code from the specimens, then made smaller by averaging.
//! Must not know: how a screen is laid out.
//!
//! `cargo run -p gate-ui --example sheet -- FILE.png`, and with pictures of one size: `-- FILE.png PICTURE.png ...`

#[path = "../specimens/mod.rs"]
mod specimens;

use std::collections::HashMap;
use std::error::Error;
use std::path::Path;

use gate_core::screen::Screen;
use gate_ui::{Canvas, Manner};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// Of one thumbnail lying.
const WIDTH: u32 = 240;
const HEIGHT: u32 = 144;
const COLUMNS: u32 = 6;
const GAP: u32 = 6;
const PAPER: [u8; 3] = [250, 250, 248];

/// A picture, three bytes a pixel.
struct Sheet {
    pixels: Vec<u8>,
    width: u32,
}

fn main() -> Result<()> {
    let path = std::env::args().nth(1).ok_or("say which file")?;
    let pictures: Vec<String> = std::env::args().skip(2).collect();
    let (count, (pixels, size)) = match pictures.len() {
        0 => (specimens::all().len(), drawn()?),
        count => (count, kept(&pictures)?),
    };
    std::fs::write(Path::new(&path), indexed_png(&pixels, size)?)?;
    println!("{count} screens, {} x {}: {path}", size.0, size.1);
    Ok(())
}

/// Pictures of one size, from left to right and down.
fn kept(pictures: &[String]) -> Result<(Vec<u8>, (u32, u32))> {
    let loaded: Vec<_> = pictures.iter().map(|path| rgb_png(Path::new(path))).collect::<Result<_>>()?;
    let (width, height) = loaded.first().ok_or("there is no picture")?.1;
    let small = (2 * WIDTH, 2 * WIDTH * height / width.max(1));
    let rows = u32::try_from(pictures.len())?.div_ceil(COLUMNS / 2);
    let size = (COLUMNS / 2 * (small.0 + GAP) + GAP, rows * (small.1 + GAP) + GAP);
    let mut sheet = Sheet { pixels: PAPER.repeat((size.0 * size.1) as usize), width: size.0 };
    for ((pixels, from), at) in loaded.iter().zip(0..) {
        let place = (GAP + at % (COLUMNS / 2) * (small.0 + GAP), GAP + at / (COLUMNS / 2) * (small.1 + GAP));
        sheet.lay(&smaller(pixels, *from, small), (place, small));
    }
    Ok((sheet.pixels, size))
}

/// A picture without its transparency, three bytes a pixel.
fn rgb_png(path: &Path) -> Result<(Vec<u8>, (u32, u32))> {
    let mut decoder = png::Decoder::new(std::io::BufReader::new(std::fs::File::open(path)?));
    decoder.set_transformations(png::Transformations::normalize_to_color8());
    let mut reader = decoder.read_info()?;
    let mut pixels = vec![0; reader.output_buffer_size().ok_or("too large a picture")?];
    let info = reader.next_frame(&mut pixels)?;
    let channels = info.color_type.samples();
    if channels < 3 {
        return Err("a picture without colours".into());
    }
    let rgb = pixels.chunks_exact(channels).flat_map(|pixel| pixel.iter().take(3).copied());
    Ok((rgb.collect(), (info.width, info.height)))
}

/// All screens in the manner of the house, then bands of the main ones in other manners and sizes.
fn drawn() -> Result<(Vec<u8>, (u32, u32))> {
    let all = specimens::all();
    let rows = u32::try_from(all.len())?.div_ceil(COLUMNS);
    let band = 2 * (HEIGHT + GAP);
    let size = (COLUMNS * (WIDTH + GAP) + GAP, rows * (HEIGHT + GAP) + GAP + 4 * band);
    let mut sheet = Sheet { pixels: PAPER.repeat((size.0 * size.1) as usize), width: size.0 };
    for ((_, screen), at) in all.iter().zip(0..) {
        let place = (GAP + at % COLUMNS * (WIDTH + GAP), GAP + at / COLUMNS * (HEIGHT + GAP));
        sheet.put(screen, Manner::HOUSE, (800, 480), (place, (WIDTH, HEIGHT)))?;
    }
    for (manner, number) in Manner::ALL.into_iter().zip(0..) {
        sheet.band(manner, rows * (HEIGHT + GAP) + GAP + number * band)?;
    }
    Ok((sheet.pixels, size))
}

impl Sheet {
    /// Idle and the four verdicts: lying above, upright and on the other panels below.
    fn band(&mut self, manner: Manner, top: u32) -> Result<()> {
        let [pass, limit, stop, assist] = specimens::four_verdicts();
        let screens = [Screen::Idle(specimens::idle()), pass, limit, stop, assist];
        for (screen, at) in screens.iter().zip(0..) {
            let place = (GAP + at * (WIDTH + GAP), top);
            self.put(screen, manner, (1280, 800), (place, (WIDTH * 24 / 25, HEIGHT)))?;
        }
        for (screen, at) in screens.iter().zip(0..) {
            let place = (GAP + at * (2 * HEIGHT / 3 + GAP), top + HEIGHT + GAP);
            self.put(screen, manner, (320, 480), (place, (HEIGHT * 2 / 3, HEIGHT)))?;
            let place = (GAP + 5 * (2 * HEIGHT / 3 + GAP) + at * (HEIGHT * 3 / 5 + GAP), place.1);
            self.put(screen, manner, (480, 800), (place, (HEIGHT * 3 / 5, HEIGHT)))?;
        }
        let place = (GAP + 5 * (WIDTH + GAP), top);
        self.put(&screens[4], manner, (480, 320), (place, (HEIGHT * 3 / 2, HEIGHT)))?;
        self.put(&screens[0], manner, (480, 320), ((place.0, top + HEIGHT + GAP), (HEIGHT * 3 / 2, HEIGHT)))
    }

    /// Draws a screen and puts it here at this size.
    fn put(
        &mut self,
        screen: &Screen,
        manner: Manner,
        panel: (u32, u32),
        (place, size): ((u32, u32), (u32, u32)),
    ) -> Result<()> {
        let mut canvas = Canvas::new(panel.0, panel.1)?;
        gate_ui::draw_in(screen, manner, 0, &mut canvas);
        self.lay(&smaller(&canvas.rgb888(), panel, size), (place, size));
        Ok(())
    }

    /// Lays a picture of this size here.
    fn lay(&mut self, small: &[u8], (place, size): ((u32, u32), (u32, u32))) {
        for (row, y) in small.chunks_exact(size.0 as usize * 3).zip(place.1..) {
            let start = (y as usize * self.width as usize + place.0 as usize) * 3;
            if let Some(into) = self.pixels.get_mut(start..start + row.len()) {
                into.copy_from_slice(row);
            }
        }
    }
}

/// Each pixel is the mean of those that it covers, in sixteenths of a pixel.
fn smaller(pixels: &[u8], from: (u32, u32), to: (u32, u32)) -> Vec<u8> {
    let mut small = Vec::with_capacity((to.0 * to.1 * 3) as usize);
    for y in 0..to.1 {
        let rows = span(y, from.1, to.1);
        for x in 0..to.0 {
            let columns = span(x, from.0, to.0);
            let mut sums = [0_u32; 4];
            for (row, high) in rows.clone() {
                for (column, wide) in columns.clone() {
                    let at = (row as usize * from.0 as usize + column as usize) * 3;
                    let weight = high * wide;
                    let [red, green, blue] = [0, 1, 2].map(|i| pixels.get(at + i).copied().unwrap_or(0));
                    for (sum, channel) in sums.iter_mut().zip([red, green, blue, 1]) {
                        *sum += u32::from(channel) * weight;
                    }
                }
            }
            small.extend(sums[..3].iter().map(|sum| (sum / sums[3].max(1)) as u8));
        }
    }
    small
}

/// The pixels that one smaller pixel covers, with how many sixteenths of each.
fn span(at: u32, from: u32, to: u32) -> impl Iterator<Item = (u32, u32)> + Clone {
    let (start, end) = (at * from * 16 / to, (at + 1) * from * 16 / to);
    let covered = move |pixel: u32| (pixel * 16 + 16).min(end) - (pixel * 16).max(start);
    (start / 16..end.div_ceil(16)).map(move |pixel| (pixel, covered(pixel)))
}

/// Pixels of three bytes as a PNG with a palette of the 256 colours that stand for them best, which is a third of the
/// size: most of a screen is paper.
fn indexed_png(pixels: &[u8], (width, height): (u32, u32)) -> Result<Vec<u8>> {
    let mut counts: HashMap<[u8; 3], usize> = HashMap::new();
    let coarse = |pixel: &[u8]| [0, 1, 2].map(|i| pixel.get(i).map_or(0, |channel| channel & 0xF8));
    pixels.chunks_exact(3).for_each(|pixel| *counts.entry(coarse(pixel)).or_default() += 1);
    let mut palette: Vec<[u8; 3]> = counts.keys().copied().collect();
    palette.sort_by_key(|color| (std::cmp::Reverse(counts.get(color).copied()), *color));
    palette.truncate(256);
    let nearest = |color: &[u8; 3]| {
        let away = |other: &[u8; 3]| -> u32 {
            color.iter().zip(other).map(|(a, b)| u32::from(a.abs_diff(*b)).pow(2)).sum()
        };
        // At most 256 colours: fits.
        palette.iter().enumerate().min_by_key(|(_, other)| away(other)).map_or(0, |(i, _)| i as u8)
    };
    let index: HashMap<[u8; 3], u8> = counts.keys().map(|color| (*color, nearest(color))).collect();
    let indices: Vec<u8> =
        pixels.chunks_exact(3).map(|pixel| index.get(&coarse(pixel)).copied().unwrap_or(0)).collect();
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, width, height);
    encoder.set_color(png::ColorType::Indexed);
    encoder.set_palette(palette.concat());
    encoder.set_compression(png::Compression::High);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(&indices)?;
    writer.finish()?;
    Ok(bytes)
}
