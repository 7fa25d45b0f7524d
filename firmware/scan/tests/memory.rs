//! Peak memory of looks at 1280 x 720 frames, content chosen to be as bad as may be: bounded whatever is shown.
//!
//! One test alone in its program: the counting allocator counts all threads.

#![expect(clippy::unwrap_used, reason = "a test ends at its first surprise")]

use gate_scan::{Frame, Scanner};
use peak_alloc::PeakAlloc;
use qrcodegen::{QrCode, QrCodeEcc};

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

const WIDTH: usize = 1280;
const HEIGHT: usize = 720;

/// The pyramid with its thresholds is 1.4 bytes a pixel, 1.3 MB; the rest are lists of stated lengths.
const MOST: usize = 4 * 1024 * 1024;

fn noise(n: usize) -> u8 {
    let mixed = (n as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    ((mixed ^ mixed >> 29).wrapping_mul(0xBF58_476D_1CE4_E5B9) >> 56) as u8
}

/// Finder patterns without end, of modules of this many pixels.
fn wall(module: usize, n: usize) -> u8 {
    let (u, v) = (n % WIDTH / module % 9, n / WIDTH / module % 9);
    let ring = u.abs_diff(3).max(v.abs_diff(3));
    if ring <= 1 || ring == 3 { 20 } else { 230 }
}

/// A code of this version that fills the frame, its data worn off so that nothing of it can be corrected.
fn worn(version: u8, damage: usize) -> Vec<u8> {
    let v = qrcodegen::Version::new(version);
    let text = [qrcodegen::QrSegment::make_bytes(b"worn")];
    let code = QrCode::encode_segments_advanced(&text, QrCodeEcc::High, v, v, None, false).unwrap();
    let side = code.size() as usize;
    let module = 700 / side;
    let pixel = |n: usize| {
        let (x, y) = ((n % WIDTH).wrapping_sub(20) / module, (n / WIDTH).wrapping_sub(10) / module);
        let dark = x < side && y < side && code.get_module(x as i32, y as i32);
        let hurt = x > 10 && y > 10 && x < side - 10 && y < side - 10 && (x * 7 + y * 13) % 100 < damage;
        if dark != hurt { 20 } else { 230 }
    };
    (0..WIDTH * HEIGHT).map(pixel).collect()
}

fn frames() -> Vec<(String, Vec<u8>)> {
    let mut frames = vec![
        ("flat".to_owned(), vec![128; WIDTH * HEIGHT]),
        ("noise".to_owned(), (0..WIDTH * HEIGHT).map(noise).collect()),
        ("stripes".to_owned(), (0..WIDTH * HEIGHT).map(|n| if n % 2 == 0 { 10 } else { 240 }).collect()),
    ];
    for module in [1, 2, 3, 5] {
        let pixels = (0..WIDTH * HEIGHT).map(|n| wall(module, n)).collect();
        frames.push((format!("wall of finder patterns, modules of {module}"), pixels));
    }
    for (version, damage) in [(8, 0), (8, 40), (25, 40), (40, 0), (40, 40), (40, 25)] {
        frames.push((format!("version {version}, {damage} of 100 modules worn"), worn(version, damage)));
    }
    frames
}

#[test]
fn no_content_makes_a_look_at_1280_x_720_take_more_memory_than_is_stated() {
    let mut scanner = Scanner::new();
    let mut worst = 0;
    for (name, pixels) in frames() {
        let frame = Frame::new(&pixels, WIDTH, HEIGHT, WIDTH).unwrap();
        let mut peak = 0;
        // More than once: what is kept between frames counts too.
        for _ in 0..5 {
            let before = MEMORY.current_usage();
            MEMORY.reset_peak_usage();
            scanner.look(&frame);
            peak = peak.max(MEMORY.peak_usage().saturating_sub(before));
        }
        println!("{name}: {peak} bytes");
        assert!(peak < MOST, "{name}: {peak} bytes");
        worst = worst.max(peak);
    }
    println!("peak of a look: {worst} bytes");
}
