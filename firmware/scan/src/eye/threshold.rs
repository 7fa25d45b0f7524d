//! Stage 2, what is dark: one threshold for each block of 8 x 8 pixels.
//!
//! Idea: the mean of the blocks that show contrast among the 5 x 5 around (after the hybrid binariser of ZXing,
//! Sauvola's family of local thresholds); blocks without contrast have no say, so that paper stays paper next to
//! a shadow. Nothing is binarised in advance: the row search and the cross checks compare where they look.
//! Bounds: one pass over the pixels, one 64th of the picture in memory.
//! Must not know: what a QR code is.

use crate::eye::level::Level;

/// Side of a block in pixels.
pub(crate) const BLOCK: usize = 8;

/// Reach of the mean, in blocks to each side.
const REACH: usize = 2;

/// Blocks whose brightest and darkest pixel differ by less are flat, whatever the noise.
const LEAST_RANGE: u8 = 6;

/// Blocks that differ by more are never flat.
const SURE_RANGE: u8 = 18;

/// The thresholds of a level: a pixel below its block's value is dark.
#[derive(Clone, Debug)]
pub(crate) struct Thresholds {
    pub(crate) across: usize,
    pub(crate) values: Vec<u8>,
}

impl Thresholds {
    /// Measured on the level at half size where there is one: a quarter of the work, and half of the noise.
    pub(crate) fn of(level: &Level<'_>, half: Option<&Level<'_>>) -> Self {
        let across = level.width.div_ceil(BLOCK);
        let blocks = match half {
            Some(half) => Blocks::of::<{ BLOCK / 2 }>(half),
            None => Blocks::of::<BLOCK>(level),
        };
        let flat = blocks.flat_below();
        let weighed = |b: &Block| if b.max - b.min >= flat { COUNT | u32::from(b.mean) } else { 0 };
        let seen: Vec<u32> = blocks.list.iter().map(weighed).collect();
        let sums = spread(&seen, blocks.across);
        let value = |sum: &u32| mean(sum % COUNT, sum / COUNT);
        let mut values = Vec::with_capacity(across * level.height.div_ceil(BLOCK));
        for row in sums.chunks(blocks.across.max(1)) {
            values.extend(row.iter().map(value));
            // An odd pixel at the edge is not in the half: its block is its neighbour's.
            values.resize(values.len().next_multiple_of(across), values.last().copied().unwrap_or(0));
        }
        let last = values.len().saturating_sub(across);
        while values.len() < across * level.height.div_ceil(BLOCK) {
            values.extend_from_within(last..last + across);
        }
        Self { across, values }
    }

    /// The threshold at a pixel.
    #[inline]
    pub(crate) fn at(&self, x: usize, y: usize) -> u8 {
        self.values[(y / BLOCK).wrapping_mul(self.across).wrapping_add(x / BLOCK)]
    }

    /// The thresholds of the blocks that row `y` passes through.
    pub(crate) fn row(&self, y: usize) -> &[u8] {
        &self.values[y / BLOCK * self.across..][..self.across]
    }
}

#[derive(Clone, Copy)]
struct Block {
    min: u8,
    max: u8,
    mean: u8,
}

struct Blocks {
    across: usize,
    list: Vec<Block>,
}

impl Blocks {
    /// Blocks of `SIDE` x `SIDE` pixels.
    fn of<const SIDE: usize>(level: &Level<'_>) -> Self {
        let across = level.width.div_ceil(SIDE);
        let mut list = Vec::with_capacity(across * level.height.div_ceil(SIDE));
        let (mut low, mut high, mut sum) =
            (vec![0u8; level.width], vec![0u8; level.width], vec![0u16; level.width]);
        for top in (0..level.height).step_by(SIDE) {
            let height = SIDE.min(level.height - top);
            low.fill(255);
            high.fill(0);
            sum.fill(0);
            for row in (top..top + height).map(|y| level.row(y)) {
                low.iter_mut().zip(row).for_each(|(l, p)| *l = (*l).min(*p));
                high.iter_mut().zip(row).for_each(|(h, p)| *h = (*h).max(*p));
                sum.iter_mut().zip(row).for_each(|(s, p)| *s = s.wrapping_add(u16::from(*p)));
            }
            let (lows, highs, sums) =
                (low.as_chunks::<SIDE>(), high.as_chunks::<SIDE>(), sum.as_chunks::<SIDE>());
            let columns = lows.0.iter().zip(highs.0).zip(sums.0);
            if height == SIDE {
                list.extend(columns.map(|((low, high), sum)| whole_block(low, high, sum)));
            } else {
                list.extend(columns.map(|((low, high), sum)| block(low, high, sum, height)));
            }
            if !lows.1.is_empty() {
                list.push(block(lows.1, highs.1, sums.1, height));
            }
        }
        Self { across, list }
    }

    /// Below which range a block is flat: half above the range of the tenth that is flattest, which is noise.
    fn flat_below(&self) -> u8 {
        let mut counts = [0usize; 256];
        self.list.iter().for_each(|b| counts[usize::from(b.max - b.min)] += 1);
        let goal = self.list.len() / 10;
        let mut seen = 0;
        let noise = (0..=255u8).find(|range| {
            seen += counts[usize::from(*range)];
            seen > goal
        });
        let noise = noise.unwrap_or(0);
        noise.saturating_add(noise / 2).saturating_add(2).clamp(LEAST_RANGE, SURE_RANGE)
    }
}

/// A block of as many rows as columns: its size is known when this is compiled.
#[inline]
fn whole_block<const SIDE: usize>(low: &[u8; SIDE], high: &[u8; SIDE], sum: &[u16; SIDE]) -> Block {
    block(low, high, sum, SIDE)
}

#[inline]
fn block(low: &[u8], high: &[u8], sum: &[u16], height: usize) -> Block {
    let min = low.iter().fold(255, |a: u8, b| a.min(*b));
    let max = high.iter().fold(0, |a: u8, b| a.max(*b));
    // At most 64 pixels of 255.
    let total = sum.iter().fold(0u16, |a, b| a.wrapping_add(*b));
    let count = (height * sum.len()).max(1) as u16;
    Block { min, max, mean: (total / count) as u8 }
}

/// A block that is not flat, in the upper half of a sum; sums of means stay below.
const COUNT: u32 = 1 << 16;

/// Of at most 25 means of at most 255, rounded down; 0 of none.
#[inline]
fn mean(sum: u32, count: u32) -> u8 {
    // A product and a shift, a third of the time of a division.
    const PARTS: [u32; 26] = {
        let mut parts = [0; 26];
        let mut n = 1;
        while n < 26 {
            parts[n] = (1 << 18) / n as u32 + 1;
            n += 1;
        }
        parts
    };
    let part = PARTS.get(count as usize).copied().unwrap_or(0);
    (sum.wrapping_mul(part) >> 18) as u8
}

/// For each block the sum over the 5 x 5 around it: first along rows, then along columns.
fn spread(values: &[u32], across: usize) -> Vec<u32> {
    let mut along = Vec::with_capacity(values.len());
    for row in values.chunks(across.max(1)) {
        let mut sum = row.iter().take(REACH).fold(0u32, |sum, v| sum.wrapping_add(*v));
        for k in 0..row.len() {
            sum = sum.wrapping_add(row.get(k + REACH).copied().unwrap_or(0));
            along.push(sum);
            sum = sum.wrapping_sub(k.checked_sub(REACH).map_or(0, |gone| row[gone]));
        }
    }
    let rows: Vec<&[u32]> = along.chunks(across.max(1)).collect();
    let mut out = vec![0u32; values.len()];
    for (k, line) in out.chunks_mut(across.max(1)).enumerate() {
        for row in &rows[k.saturating_sub(REACH)..(k + REACH + 1).min(rows.len())] {
            line.iter_mut().zip(*row).for_each(|(sum, v)| *sum = sum.wrapping_add(*v));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flat_picture_has_no_dark_pixel() {
        let level = Level::new(40, 20, vec![30; 800]);
        let thresholds = Thresholds::of(&level, None);
        assert_eq!((thresholds.across, thresholds.values.len()), (5, 15));
        assert!(thresholds.values.iter().all(|t| *t == 0));
    }

    #[test]
    fn a_mean_without_division_is_the_mean() {
        assert_eq!(mean(0, 0), 0);
        for count in 1..=25 {
            assert!((0..=255 * count).all(|sum| u32::from(mean(sum, count)) == sum / count), "{count}");
        }
    }

    #[test]
    fn odd_edges_have_a_threshold_too() {
        for (width, height) in [(33, 17), (41, 41), (64, 9)] {
            let level =
                Level::new(width, height, (0..width * height).map(|n| (n * 91 % 256) as u8).collect());
            let thresholds = Thresholds::of(&level, Some(&level.halved()));
            assert_eq!(thresholds.values.len(), width.div_ceil(BLOCK) * height.div_ceil(BLOCK));
            assert!(thresholds.at(width - 1, height - 1) > 0);
        }
    }

    #[test]
    fn the_threshold_lies_between_ink_and_paper_also_in_the_shadow() {
        let paper = |x: usize| if x < 64 { 200u8 } else { 90 };
        let pixels =
            (0..128 * 32).map(|n| paper(n % 128) / if n % 128 / 4 % 2 == 0 { 1 } else { 3 }).collect();
        let thresholds = Thresholds::of(&Level::new(128, 32, pixels), None);
        assert!((67..200).contains(&thresholds.at(10, 10)));
        assert!((31..90).contains(&thresholds.at(120, 10)));
    }
}
