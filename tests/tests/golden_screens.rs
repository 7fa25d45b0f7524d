//! The screens as pictures: pixel for pixel what `tests/golden/screens` shows, and told apart without colour.
//! `BLESS=1 cargo test -p gate-tests --test golden_screens` rewrites the pictures; look at them before committing.
//! Must not know: how a screen is laid out.

#![expect(clippy::unwrap_used, reason = "a test ends at its first surprise")]

#[path = "golden_screens/screens.rs"]
mod screens;
#[path = "golden_screens/sight.rs"]
mod sight;

use std::fs::File;
use std::io::{BufReader, BufWriter};
use std::path::PathBuf;

use gate_core::screen::{Idle, Screen};
use gate_scan::{Frame, Scanner};
use gate_ui::Canvas;

const SIZE: (u32, u32) = (800, 480);

fn drawn(screen: &Screen) -> Canvas {
    let mut canvas = Canvas::new(SIZE.0, SIZE.1).unwrap();
    gate_ui::draw(screen, &mut canvas);
    canvas
}

fn path(name: &str) -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "golden/screens", &format!("{name}.png")].iter().collect()
}

fn save(name: &str, canvas: &Canvas) {
    let mut encoder = png::Encoder::new(BufWriter::new(File::create(path(name)).unwrap()), SIZE.0, SIZE.1);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_compression(png::Compression::High);
    encoder.write_header().unwrap().write_image_data(&canvas.rgb888()).unwrap();
}

fn load(name: &str) -> Option<Vec<u8>> {
    let mut reader = png::Decoder::new(BufReader::new(File::open(path(name)).ok()?)).read_info().ok()?;
    let mut pixels = vec![0; reader.output_buffer_size()?];
    reader.next_frame(&mut pixels).ok()?;
    Some(pixels)
}

#[test]
fn every_screen_is_as_blessed() {
    let bless = std::env::var_os("BLESS").is_some();
    let mut changed = Vec::new();
    for (name, screen) in screens::golden() {
        let canvas = drawn(&screen);
        if bless {
            save(name, &canvas);
        } else if load(name).as_deref() != Some(&canvas.rgb888()[..]) {
            changed.push(name);
        }
    }
    assert!(changed.is_empty(), "changed: {changed:?}; look, then bless");
}

#[test]
fn there_is_no_picture_without_its_screen() {
    let names: Vec<&str> = screens::golden().into_iter().map(|(name, _)| name).collect();
    for file in std::fs::read_dir(path("x").parent().unwrap()).unwrap() {
        let file = file.unwrap().path();
        let name = file.file_stem().unwrap().to_str().unwrap();
        assert!(names.contains(&name), "{name}.png belongs to no screen");
    }
    assert!(names.len() >= 25);
}

#[test]
fn a_screen_leaves_nothing_of_the_one_before() {
    let screens = screens::golden();
    let mut canvas = drawn(&screens[0].1);
    for (name, screen) in &screens {
        gate_ui::draw(screen, &mut canvas);
        assert!(canvas == drawn(screen), "{name}");
    }
}

#[test]
fn a_phone_reads_the_place_code_byte_for_byte() {
    for payload in ["https://example.invalid/place?id=510100-0042&c=7Q2M", &"场所W9".repeat(25)] {
        let idle = Idle { place_code: payload.try_into().unwrap(), ..screens::idle() };
        let pixels = drawn(&Screen::Idle(idle)).rgb888();
        let grey: Vec<u8> = pixels.chunks_exact(3).map(|pixel| pixel[1]).collect();
        let (width, height) = (SIZE.0 as usize, SIZE.1 as usize);
        let symbols = Scanner::new().look(&Frame::new(&grey, width, height, width).unwrap());
        assert!(symbols.iter().map(|symbol| symbol.bytes()).eq([payload.as_bytes()]));
    }
}
