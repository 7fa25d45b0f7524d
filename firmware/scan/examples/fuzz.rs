//! Hostile frames, seeded: noise, runs in finder proportions, and codes that were warped and damaged.
//!
//! usage: fuzz SECONDS [SEED]. A panic ends it with the seed of the execution; a wrong payload counts.
//! A driver of our own because cargo-fuzz needs a nightly compiler; no coverage feedback.

#![expect(clippy::unwrap_used, reason = "a fuzzer ends at its first surprise")]

use std::time::Instant;

use gate_scan::{Frame, Scanner};
use qrcodegen::{QrCode, QrCodeEcc};

/// SplitMix64 (Steele, Lea and Flood 2014).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn below(&mut self, n: usize) -> usize {
        (self.next() % n.max(1) as u64) as usize
    }

    fn unit(&mut self) -> f32 {
        self.below(1 << 20) as f32 / (1 << 20) as f32
    }
}

struct Picture {
    width: usize,
    pixels: Vec<u8>,
    payload: Option<Vec<u8>>,
}

fn noise(random: &mut Random) -> Picture {
    let (width, height) = (1 + random.below(320), 1 + random.below(240));
    Picture { width, pixels: (0..width * height).map(|_| random.next() as u8).collect(), payload: None }
}

fn runs(random: &mut Random) -> Picture {
    let (width, height) = (30 + random.below(400), 30 + random.below(300));
    let module = 1 + random.below(9);
    let tiles: Vec<u8> = (0..97).map(|_| [20, 230][random.below(2)]).collect();
    let finder = |n: usize| n % 9 == 3 || n % 9 == 4 || n % 9 == 5 || n % 9 == 1 || n % 9 == 7;
    let skew = random.below(5);
    let pixel = |n: usize| {
        let (x, y) = ((n % width + n / width * skew / 4) / module, n / width / module);
        if tiles[(x / 9 + y / 9 * 7) % 97] == 20 && (finder(x) || finder(y)) {
            20
        } else {
            tiles[(x + y * 13) % 97]
        }
    };
    Picture { width, pixels: (0..width * height).map(pixel).collect(), payload: None }
}

/// A code through a random affine map with a little perspective, with blots and noise.
fn warped(random: &mut Random) -> Picture {
    let payload: Vec<u8> = (0..1 + random.below(180)).map(|_| random.next() as u8).collect();
    let level = [QrCodeEcc::Low, QrCodeEcc::Medium, QrCodeEcc::Quartile, QrCodeEcc::High][random.below(4)];
    let code = QrCode::encode_binary(&payload, level).unwrap();
    let (width, height) = (200 + random.below(300), 200 + random.below(200));
    let scale = 1.2 + random.unit() * 5.0;
    let (angle, tilt) = (random.unit() * 6.3, random.unit() * 0.004);
    let (sin, cos) = angle.sin_cos();
    let (ink, paper) = (random.below(120) as u8, 130 + random.below(126) as u8);
    let half = code.size() as f32 / 2.0;
    let mut pixels: Vec<u8> = (0..width * height)
        .map(|n| {
            let (x, y) = ((n % width) as f32 - width as f32 / 2.0, (n / width) as f32 - height as f32 / 2.0);
            let depth = (1.0 + tilt * x) / scale;
            let (u, v) = ((x * cos + y * sin) * depth + half, (y * cos - x * sin) * depth + half);
            if code.get_module(u.floor() as i32, v.floor() as i32) { ink } else { paper }
        })
        .collect();
    for _ in 0..random.below(6) {
        let (left, top, side) = (random.below(width), random.below(height), random.below(40));
        let tone = random.next() as u8;
        for n in 0..side * side {
            let (x, y) = (left + n % side, top + n / side);
            if x < width && y < height {
                pixels[y * width + x] = tone;
            }
        }
    }
    let grain = random.below(60);
    pixels.iter_mut().for_each(|p| *p = p.saturating_add(random.below(grain + 1) as u8));
    Picture { width, pixels, payload: Some(payload) }
}

fn main() {
    let args: Vec<u64> = std::env::args().skip(1).filter_map(|a| a.parse().ok()).collect();
    let (seconds, seed) = (args.first().copied().unwrap_or(60), args.get(1).copied().unwrap_or(1));
    let start = Instant::now();
    let mut scanner = Scanner::new();
    let (mut executions, mut reads, mut wrong, mut contained) = ([0u64; 3], 0u64, 0u64, 0u32);
    while start.elapsed().as_secs() < seconds {
        let n = executions.iter().sum::<u64>();
        let mut random = Random(seed << 32 | n);
        let kind = (n % 3) as usize;
        let picture = [noise, runs, warped][kind](&mut random);
        let height = picture.pixels.len() / picture.width;
        let frame = Frame::new(&picture.pixels, picture.width, height, picture.width).unwrap();
        let symbols = scanner.look(&frame);
        executions[kind] += 1;
        contained += symbols.panics();
        reads += symbols.len() as u64;
        let ours = |bytes: &[u8]| picture.payload.as_deref() == Some(bytes);
        let bad = symbols.iter().filter(|s| !ours(s.bytes())).count() as u64;
        if bad > 0 {
            println!("wrong payload at seed {seed}, execution {n}");
        }
        wrong += bad;
    }
    let [noise, runs, warped] = executions;
    println!(
        "{noise} noise, {runs} runs, {warped} warped; {reads} read, {wrong} wrong, {contained} panics contained"
    );
}
