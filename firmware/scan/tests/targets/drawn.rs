//! A code and the frames it is seen in: through a projective map, bent, with blots, damaged modules and noise.
//! Must not know: how the eye reads.

use qrcodegen::{QrCode, QrCodeEcc, QrSegment, Version};

use super::input::Input;

const SIZES: [(usize, usize); 3] = [(160, 140), (240, 200), (320, 240)];

/// A code and what it says.
pub(crate) struct Drawn {
    pub(crate) payload: Vec<u8>,
    code: QrCode,
}

/// How a code is held.
struct Held {
    centre: (f32, f32),
    sin: f32,
    cos: f32,
    /// Pixels a module.
    module: f32,
    tilt: (f32, f32),
    bend: f32,
    /// Whether rows and columns are exchanged.
    mirrored: bool,
}

impl Drawn {
    /// A payload of up to 63 bytes, a level and a version at least.
    pub(crate) fn of(input: &mut Input<'_>) -> Option<Self> {
        let length = input.below(64);
        let level = [QrCodeEcc::Low, QrCodeEcc::Medium, QrCodeEcc::Quartile, QrCodeEcc::High][input.below(4)];
        let least = Version::new(1 + input.below(12) as u8);
        let payload = input.take(length).to_vec();
        let segment = [QrSegment::make_bytes(&payload)];
        let code = QrCode::encode_segments_advanced(&segment, level, least, Version::new(14), None, false);
        Some(Self { payload, code: code.ok()? })
    }

    /// One frame of it, and its width.
    pub(crate) fn frame(&self, input: &mut Input<'_>) -> (Vec<u8>, usize) {
        let (width, height) = SIZES[input.below(3)];
        let held = Held::of(input, (width, height), self.code.size() as f32);
        let (mut ink, mut paper) = (input.below(120) as u8, 130 + input.below(126) as u8);
        if input.below(5) == 0 {
            (ink, paper) = (paper, ink);
        }
        let damage = self.damage(input);
        let tone = |n: usize| {
            let (u, v) =
                held.module_at((n % width) as f32, (n / width) as f32, self.code.size() as f32 / 2.0);
            let hurt = damage.contains(&(u, v));
            if self.code.get_module(u, v) != hurt { ink } else { paper }
        };
        let mut pixels: Vec<u8> = (0..width * height).map(tone).collect();
        blot(&mut pixels, width, input);
        grain(&mut pixels, input);
        (pixels, width)
    }

    /// Modules turned over.
    fn damage(&self, input: &mut Input<'_>) -> Vec<(i32, i32)> {
        let side = self.code.size() as usize;
        let count = input.below(48);
        (0..count).map(|_| (input.below(side) as i32, input.below(side) as i32)).collect()
    }
}

impl Held {
    fn of(input: &mut Input<'_>, (width, height): (usize, usize), side: f32) -> Self {
        let (sin, cos) = input.between(0.0, 6.3).sin_cos();
        let most = height as f32 / (side + 4.0);
        Self {
            centre: (width as f32 * input.between(0.35, 0.65), height as f32 * input.between(0.35, 0.65)),
            sin,
            cos,
            module: input.between(1.2, 1.5 * most.max(1.3)),
            tilt: (input.between(-0.003, 0.003), input.between(-0.003, 0.003)),
            bend: input.between(0.0, 1.5),
            mirrored: input.below(8) == 0,
        }
    }

    /// The module, counted from the code's middle, that is seen at a pixel.
    fn module_at(&self, x: f32, y: f32, half: f32) -> (i32, i32) {
        let (x, y) = (x + 0.5 - self.centre.0, y + 0.5 - self.centre.1);
        let depth = (1.0 + self.tilt.0 * x + self.tilt.1 * y).max(0.05) / self.module;
        let (u, v) = ((x * self.cos + y * self.sin) * depth, (y * self.cos - x * self.sin) * depth);
        let bent = u + self.bend * (v * 0.2).sin() + half;
        let (u, v) = (bent.floor() as i32, (v + half).floor() as i32);
        if self.mirrored { (v, u) } else { (u, v) }
    }
}

/// Squares of one tone: fingers, stickers, reflexes.
fn blot(pixels: &mut [u8], width: usize, input: &mut Input<'_>) {
    let height = pixels.len() / width;
    for _ in 0..input.below(6) {
        let (left, top, side, tone) =
            (input.below(width), input.below(height), input.below(60), input.byte());
        for row in pixels.chunks_exact_mut(width).skip(top).take(side) {
            let right = (left + side).min(width);
            row[left..right].fill(tone);
        }
    }
}

/// Noise from a seed of one byte.
fn grain(pixels: &mut [u8], input: &mut Input<'_>) {
    let (strength, mut state) = (input.below(64) as u32, u32::from(input.byte()) + 1);
    for pixel in pixels.iter_mut().filter(|_| strength > 0) {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        *pixel = pixel.saturating_add((state % (strength + 1)) as u8);
    }
}
