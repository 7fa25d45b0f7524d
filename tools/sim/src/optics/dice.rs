//! Chance from a seed.
//!
//! Promises: the same seed and purpose give the same numbers for ever (ChaCha8); purposes do not disturb each
//! other, so that a change to the clutter leaves the noise as it was.
//! Must not know: what the numbers are for.

use rand_chacha::ChaCha8Rng;
use rand_core::{Rng, SeedableRng};

/// What the numbers are drawn for; each has its own stream.
#[derive(Clone, Copy)]
pub(super) enum Purpose {
    Preset,
    Backdrop,
    Sensor,
    Motion,
}

pub(super) struct Dice(ChaCha8Rng);

impl Dice {
    pub(super) fn new(seed: u64, purpose: Purpose) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(purpose as u64);
        Self(rng)
    }

    /// Evenly from `low` to `high`.
    pub(super) fn between(&mut self, low: f32, high: f32) -> f32 {
        // 24 bits are what an f32 holds exactly.
        low + (high - low) * ((self.0.next_u32() >> 8) as f32 / 16_777_216.0)
    }

    /// True with this probability.
    pub(super) fn happens(&mut self, probability: f32) -> bool {
        self.between(0.0, 1.0) < probability
    }

    /// Fills `out` with numbers of mean 0 and standard deviation 1: sums of four bytes, which are near enough
    /// to normal for sensor noise and cheap.
    pub(super) fn normal(&mut self, out: &mut [f32]) {
        // The variance of a byte is (256² - 1) / 12; of four, a third of 65535.
        const DEVIATION: f32 = 147.8;
        let mut bytes = vec![0; out.len() * 4];
        self.0.fill_bytes(&mut bytes);
        for (value, four) in out.iter_mut().zip(bytes.chunks_exact(4)) {
            let sum: u16 = four.iter().map(|b| u16::from(*b)).sum();
            *value = (f32::from(sum) - 510.0) / DEVIATION;
        }
    }
}
