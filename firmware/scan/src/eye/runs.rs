//! Stage 3a, rows: where a row of pixels changes between light and dark, 64 pixels at a time.
//!
//! Source of the method: byte-parallel comparison in a word (Warren, "Hacker's Delight" §2-13, §2-18).
//! Promises: at most one change a pixel; the last, incomplete group is read as far as it goes.
//! Must not know: what runs mean.

use crate::eye::threshold::BLOCK;

const HIGH: u64 = 0x8080_8080_8080_8080;
const ONES: u64 = 0x0101_0101_0101_0101;

/// Writes the columns at which `row` changes into `edges`, which must have room for one a pixel, and returns how many:
/// the first is from light to dark, then in turns.
///
/// `thresholds` holds one value for each [`BLOCK`] pixels. The row counts as light before its start,
/// and after its end when that is not the end of 64 pixels.
pub(crate) fn edges(row: &[u8], thresholds: &[u8], edges: &mut [u16]) -> usize {
    let (mut count, mut last, mut start) = (0, 0u64, 0u16);
    // One bit a pixel, so that the walk over the changes stops once in 64 pixels and not once in eight.
    for (pixels, thresholds) in row.chunks(64).zip(thresholds.chunks(BLOCK)) {
        let dark = match (<&[u8; 64]>::try_from(pixels), <&[u8; BLOCK]>::try_from(thresholds)) {
            (Ok(pixels), Ok(thresholds)) => sixty_four(pixels, thresholds),
            _ => tail(pixels, thresholds),
        };
        let mut changes = dark ^ (dark << 1 | last);
        last = dark >> 63;
        while changes != 0 {
            if let Some(edge) = edges.get_mut(count) {
                *edge = start.wrapping_add(changes.trailing_zeros() as u16);
            }
            count = count.wrapping_add(1);
            changes &= changes.wrapping_sub(1);
        }
        start = start.wrapping_add(64);
    }
    count.min(edges.len())
}

/// One bit for each pixel, the first the lowest: whether it is dark.
#[inline]
fn sixty_four(pixels: &[u8; 64], thresholds: &[u8; BLOCK]) -> u64 {
    let eights = pixels.as_chunks::<BLOCK>().0.iter().zip(thresholds);
    eights.rev().fold(0, |dark, (eight, threshold)| {
        let bytes = below(u64::from_le_bytes(*eight), ONES.wrapping_mul(u64::from(*threshold)));
        // The eight high bits come together in the highest byte, without carries.
        dark << 8 | (bytes >> 7).wrapping_mul(0x0102_0408_1020_4080) >> 56
    })
}

/// The high bit of every byte of `x` that is less than the same byte of `y`; all other bits are clear.
#[inline]
fn below(x: u64, y: u64) -> u64 {
    let z = (x | HIGH).wrapping_sub(y & !HIGH);
    ((!x & y) | (!(x ^ y) & !z)) & HIGH
}

fn tail(pixels: &[u8], thresholds: &[u8]) -> u64 {
    let dark = |(n, p): (usize, &u8)| u64::from(thresholds.get(n / BLOCK).is_some_and(|t| p < t)) << n;
    pixels.iter().enumerate().map(dark).fold(0, |all, one| all | one)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_are_found_across_blocks_and_in_the_tail() {
        let row: Vec<u8> =
            ".##..###########....##.".bytes().map(|b| if b == b'#' { 10 } else { 200 }).collect();
        let mut found = [0; 23];
        let count = edges(&row, &[100; 3], &mut found);
        assert_eq!(found[..count], [1, 3, 5, 16, 20, 22]);
    }

    #[test]
    fn sixty_four_at_once_are_read_as_one_by_one() {
        let row: Vec<u8> = (0..199u32).map(|n| (n * n * 37 % 251) as u8).collect();
        let thresholds: Vec<u8> = (0..25u8).map(|n| n * 10).collect();
        let dark = |x: usize| x < 199 && row[x] < thresholds[x / 8];
        let want: Vec<u16> =
            (0..=199).filter(|x| dark(*x) != (*x > 0 && dark(x - 1))).map(|x| x as u16).collect();
        let mut found = [0; 199];
        let count = edges(&row, &thresholds, &mut found);
        assert_eq!(found[..count], want);
        assert_eq!(edges(&row, &thresholds, &mut found[..3]), 3, "what has no room is left out");
    }

    #[test]
    fn bytes_are_compared_one_by_one() {
        for (x, y) in
            [(0u8, 0u8), (0, 1), (127, 128), (128, 127), (255, 254), (254, 255), (200, 201), (5, 200)]
        {
            let dark = below(u64::from(x) * ONES, u64::from(y) * ONES);
            assert_eq!(dark, if x < y { HIGH } else { 0 }, "{x} < {y}");
        }
    }
}
