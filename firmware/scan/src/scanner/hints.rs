//! What is said of frames that were made unreadable in one known way: a table of what was wrong against what was said.

use qrcodegen::{QrCode, QrCodeEcc};

use super::*;

const WIDTH: usize = 640;
const HEIGHT: usize = 480;

/// Frames of each kind.
const FRAMES: usize = 16;

/// How a code is held: its middle, degrees, pixels a module.
#[derive(Clone, Copy)]
struct Held {
    middle: (f32, f32),
    turn: f32,
    module: f32,
}

/// A version 8 code on grey, four samples a pixel.
fn drawn(held: Held, seed: usize) -> Vec<u8> {
    let payload: Vec<u8> = (0..140).map(|n| (n * 37 + seed * 101) as u8).collect();
    let code = QrCode::encode_binary(&payload, QrCodeEcc::Medium).unwrap();
    let half = code.size() as f32 / 2.0;
    let (sin, cos) = held.turn.to_radians().sin_cos();
    let tone = |x: f32, y: f32| {
        let (x, y) = ((x - held.middle.0) / held.module, (y - held.middle.1) / held.module);
        let (u, v) = (x * cos + y * sin, y * cos - x * sin);
        let on_sheet = u.abs().max(v.abs()) < half + 4.0;
        match (on_sheet, code.get_module((u + half).floor() as i32, (v + half).floor() as i32)) {
            (false, _) => 120u32,
            (true, true) => 30,
            (true, false) => 225,
        }
    };
    let samples = [(0.25, 0.25), (0.75, 0.25), (0.25, 0.75), (0.75, 0.75)];
    let pixel = |n: usize| {
        let (x, y) = ((n % WIDTH) as f32, (n / WIDTH) as f32);
        (samples.iter().map(|(dx, dy)| tone(x + dx, y + dy)).sum::<u32>() / 4) as u8
    };
    (0..WIDTH * HEIGHT).map(pixel).collect()
}

/// Means over `2 reach + 1` pixels along rows and columns, twice.
fn blurred(mut pixels: Vec<u8>, reach: usize) -> Vec<u8> {
    for (step, _) in [(1, 0), (WIDTH, 0), (1, 1), (WIDTH, 1)] {
        let mean = |n: usize| {
            let all = (0..=2 * reach).filter_map(|k| pixels.get((n + k * step).wrapping_sub(reach * step)));
            let (sum, count) = all.fold((0u32, 0), |(sum, count), p| (sum + u32::from(*p), count + 1));
            (sum / count) as u8
        };
        pixels = (0..pixels.len()).map(mean).collect();
    }
    pixels
}

/// A frame that is unreadable for this reason, and for no other.
fn spoilt(why: WhyNothing, seed: usize) -> Vec<u8> {
    let share = seed as f32 / FRAMES as f32;
    let held = Held {
        middle: (300.0 + 40.0 * share, 250.0 - 20.0 * share),
        turn: 360.0 * share,
        module: 4.6 + share,
    };
    match why {
        WhyNothing::TooDark => drawn(held, seed).into_iter().map(|p| p / 60 + 2).collect(),
        WhyNothing::TooSmall => drawn(Held { module: 1.1 + 0.5 * share, ..held }, seed),
        WhyNothing::TooBlurred => blurred(drawn(held, seed), 3 + seed % 3),
        WhyNothing::CutByEdge => {
            // Turned so that the corner without a finder pattern points down, out of the frame.
            let middle = (300.0 + 40.0 * share, 440.0 + 20.0 * share);
            drawn(Held { middle, turn: 40.0 + 10.0 * share, module: 4.6 }, seed)
        }
        WhyNothing::Glare => {
            let mut pixels = drawn(Held { turn: 10.0 * share, ..held }, seed);
            let (x, y) = (held.middle.0 as usize, held.middle.1 as usize);
            (y - 50..y + 90).for_each(|row| pixels[row * WIDTH + x - 50..][..150 + seed].fill(255));
            pixels
        }
        WhyNothing::PartOfSeveral => Vec::new(),
    }
}

#[test]
fn what_is_said_of_a_spoilt_frame_is_mostly_what_spoilt_it_and_seldom_anything_else() {
    use WhyNothing::{CutByEdge, Glare, TooBlurred, TooDark, TooSmall};
    let all = [TooDark, TooSmall, TooBlurred, CutByEdge, Glare];
    println!("spoilt by: {all:?} said, nothing said, read");
    let (mut right, mut wrong, mut silent) = (0, 0, 0);
    for why in all {
        let mut row = [0; 7];
        for seed in 0..FRAMES {
            let pixels = spoilt(why, seed);
            let symbols = Scanner::new().look(&Frame::new(&pixels, WIDTH, HEIGHT, WIDTH).unwrap());
            let said = symbols.why_nothing().map(|said| all.iter().position(|w| *w == said).unwrap());
            row[if symbols.is_empty() { said.unwrap_or(5) } else { 6 }] += 1;
        }
        println!("{why:?}: {row:?}");
        let own = row[all.iter().position(|w| *w == why).unwrap()];
        (right, silent) = (right + own, silent + row[5]);
        wrong += row[..5].iter().sum::<usize>() - own;
    }
    println!("{right} right, {wrong} wrong, {silent} silent");
    assert!(right * 2 >= right + wrong + silent, "{right} right, {wrong} wrong, {silent} silent");
    assert!(wrong * 10 <= right, "{wrong} wrong");
}
