//! How codewords are split into blocks (ISO/IEC 18004:2015 table 9, §7.6) and put together again.
//!
//! Promises: total for versions 1 to 40 and all levels. Must not know: values of codewords.

use crate::code::format::Level;

/// Check codewords in a block, by level (L, M, Q, H) and version.
const CHECKS: [[u8; 40]; 4] = [
    [
        7, 10, 15, 20, 26, 18, 20, 24, 30, 18, 20, 24, 26, 30, 22, 24, 28, 30, 28, 28, 28, 28, 30, 30, 26,
        28, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30,
    ],
    [
        10, 16, 26, 18, 24, 16, 18, 22, 22, 26, 30, 22, 22, 24, 24, 28, 28, 26, 26, 26, 26, 28, 28, 28, 28,
        28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28,
    ],
    [
        13, 22, 18, 26, 18, 24, 18, 22, 20, 24, 28, 26, 24, 20, 30, 24, 28, 28, 26, 30, 28, 30, 30, 30, 30,
        28, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30,
    ],
    [
        17, 28, 22, 16, 22, 28, 26, 26, 24, 28, 24, 28, 22, 24, 24, 30, 28, 28, 26, 28, 30, 24, 30, 30, 30,
        30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30,
    ],
];

/// Blocks, by level (L, M, Q, H) and version.
const BLOCKS: [[u8; 40]; 4] = [
    [
        1, 1, 1, 1, 1, 2, 2, 2, 2, 4, 4, 4, 4, 4, 6, 6, 6, 6, 7, 8, 8, 9, 9, 10, 12, 12, 12, 13, 14, 15, 16,
        17, 18, 19, 19, 20, 21, 22, 24, 25,
    ],
    [
        1, 1, 1, 2, 2, 4, 4, 4, 5, 5, 5, 8, 9, 9, 10, 10, 11, 13, 14, 16, 17, 17, 18, 20, 21, 23, 25, 26, 28,
        29, 31, 33, 35, 37, 38, 40, 43, 45, 47, 49,
    ],
    [
        1, 1, 2, 2, 4, 4, 6, 6, 8, 8, 8, 10, 12, 16, 12, 17, 16, 18, 21, 20, 23, 23, 25, 27, 29, 34, 34, 35,
        38, 40, 43, 45, 48, 51, 53, 56, 59, 62, 65, 68,
    ],
    [
        1, 1, 2, 4, 4, 4, 5, 6, 8, 8, 11, 11, 16, 16, 18, 16, 19, 21, 25, 25, 25, 34, 30, 32, 35, 37, 40, 42,
        45, 48, 51, 54, 57, 60, 63, 66, 70, 74, 77, 81,
    ],
];

/// The split of a symbol's codewords.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Split {
    pub(crate) blocks: usize,
    /// Check codewords in each block.
    pub(crate) checks: usize,
    /// Data codewords in a short block; a long one has one more.
    data: usize,
    /// Short blocks; they come first.
    short: usize,
}

impl Split {
    /// `codewords` is how many the symbol holds in all.
    pub(crate) fn of(version: usize, level: Level, codewords: usize) -> Self {
        let pick = |table: &[[u8; 40]; 4]| usize::from(table[level as usize][(version - 1).min(39)]);
        let (blocks, checks) = (pick(&BLOCKS), pick(&CHECKS));
        let data = (codewords / blocks).saturating_sub(checks);
        Self { blocks, checks, data, short: blocks - codewords % blocks }
    }

    /// The places, in the stream of codewords, of block `n`: data first, then checks.
    pub(crate) fn places(&self, n: usize) -> impl Iterator<Item = usize> + use<> {
        let Self { blocks, checks, data, short } = *self;
        let extra = (n >= short).then(|| data * blocks + n - short);
        let first_check = data * blocks + blocks - short;
        (0..data)
            .map(move |k| k * blocks + n)
            .chain(extra)
            .chain((0..checks).map(move |k| first_check + k * blocks + n))
    }

    /// The places of all data codewords in the stream, block by block: the order of the payload (§7.6).
    pub(crate) fn data_places(&self) -> impl Iterator<Item = usize> + use<> {
        let split = *self;
        (0..split.blocks).flat_map(move |n| split.places(n).take(split.data + usize::from(n >= split.short)))
    }

    /// How many errors a block may have, doubled, erasures counting one (§8.5.1: versions 1 to 3 keep some of
    /// their checks for detection alone).
    pub(crate) fn power(&self, version: usize, level: Level) -> usize {
        let kept = match (version, level) {
            (1, Level::L) => 3,
            (1, Level::M) | (2, Level::L) => 2,
            (1, _) | (3, Level::L) => 1,
            _ => 0,
        };
        self.checks - kept
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_codeword_is_in_one_block() {
        for (version, codewords) in [(1, 26), (5, 134), (14, 581), (40, 3706)] {
            for level in [Level::L, Level::M, Level::Q, Level::H] {
                let split = Split::of(version, level, codewords);
                let mut all: Vec<usize> = (0..split.blocks).flat_map(|n| split.places(n)).collect();
                all.sort_unstable();
                assert_eq!(all, (0..codewords).collect::<Vec<_>>(), "version {version} {level:?}");
            }
        }
    }
}
