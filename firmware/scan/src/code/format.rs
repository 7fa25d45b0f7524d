//! Format information: level and mask (ISO/IEC 18004:2015 §7.9, Annex C).
//!
//! Idea: both copies together are compared with all 32 words and the surest wins (maximum likelihood), instead
//! of correcting each copy alone. Promises: total. Must not know: data modules.

use crate::code::layout::PERIOD;

/// The level of error correction, in the order of table 9.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Level {
    L,
    M,
    Q,
    H,
}

/// What the format information says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Format {
    pub(crate) level: Level,
    /// 0 to 7.
    pub(crate) mask: u8,
    /// The fifteen bits as placed.
    pub(crate) word: u32,
}

impl Format {
    fn of(data: u32) -> Self {
        let level = match data >> 3 {
            0 => Level::M,
            1 => Level::L,
            2 => Level::H,
            _ => Level::Q,
        };
        let rest = (0..10).fold(data, |r, _| (r << 1) ^ ((r >> 9) * 0x537));
        Self { level, mask: (data & 7) as u8, word: (data << 10 | rest) ^ 0x5412 }
    }

    /// Whether the mask turns a module over, for one tile of modules by their phase.
    pub(crate) fn tile(self) -> [bool; PERIOD * PERIOD] {
        std::array::from_fn(|phase| self.flips(phase % PERIOD, phase / PERIOD))
    }

    /// Whether the mask turns a module over (§7.8.2).
    fn flips(self, x: usize, y: usize) -> bool {
        let value = match self.mask {
            0 => (x + y) % 2,
            1 => y % 2,
            2 => x % 3,
            3 => (x + y) % 3,
            4 => (y / 2 + x / 3) % 2,
            5 => x * y % 2 + x * y % 3,
            6 => (x * y % 2 + x * y % 3) % 2,
            _ => ((x + y) % 2 + x * y % 3) % 2,
        };
        value == 0
    }
}

/// The places (x, y) of bit `n` (0 the lowest) of both copies (§7.9.1 figure 25).
pub(crate) fn places(n: usize, side: usize) -> [(usize, usize); 2] {
    let first = match n {
        0..=5 => (8, n),
        6 => (8, 7),
        7 => (8, 8),
        8 => (7, 8),
        _ => (14 - n, 8),
    };
    let second = if n < 8 { (side - 1 - n, 8) } else { (8, side - 15 + n) };
    [first, second]
}

/// The two likeliest formats, the likelier first, and how well that one fits, -1 to 1. `ink` says how surely a
/// module is ink.
pub(crate) fn likeliest(side: usize, ink: impl Fn(usize, usize) -> f32) -> ([Format; 2], f32) {
    let bits: [f32; 15] = std::array::from_fn(|n| {
        let both = places(n, side).map(|(x, y)| ink(x, y).clamp(-1.0, 1.0));
        both[0] + both[1]
    });
    let sure = |format: &Format| {
        let signed = bits.iter().enumerate().map(|(n, b)| if format.word >> n & 1 == 1 { *b } else { -b });
        signed.sum::<f32>() / 30.0
    };
    let mut all: Vec<(f32, Format)> = (0..32).map(Format::of).map(|f| (sure(&f), f)).collect();
    all.sort_by(|a, b| b.0.total_cmp(&a.0));
    ([all[0].1, all[1].1], all[0].0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_word_of_annex_c_is_ours() {
        let format = Format::of(0b00101);
        assert_eq!((format.level, format.mask, format.word), (Level::M, 5, 0b100_0000_1100_1110));
    }

    #[test]
    fn a_tile_says_what_the_mask_says_anywhere() {
        for format in (0..32).map(Format::of) {
            let tile = format.tile();
            let phase = |x: usize, y: usize| y % PERIOD * PERIOD + x % PERIOD;
            assert!((0..177 * 177).all(|n| tile[phase(n % 177, n / 177)] == format.flips(n % 177, n / 177)));
        }
    }

    #[test]
    fn a_word_with_half_a_copy_gone_is_recognised() {
        let format = Format::of(0b11010);
        let ink = |x: usize, y: usize| {
            let n = (0..15).find(|n| places(*n, 21).contains(&(x, y))).unwrap();
            if x == 8 && y < 6 {
                0.0
            } else if format.word >> n & 1 == 1 {
                0.8
            } else {
                -0.8
            }
        };
        assert_eq!(likeliest(21, ink).0[0], format);
    }
}
