//! Stage 3a, rows: where a row of pixels changes between light and dark, eight pixels at a time.
//!
//! Source of the method: byte-parallel comparison in a word (Warren, "Hacker's Delight" §2-13, §2-18).
//! Promises: at most one change a pixel; the last, incomplete group of eight is read as far as it goes.
//! Must not know: what runs mean.

use crate::eye::threshold::BLOCK;

const HIGH: u64 = 0x8080_8080_8080_8080;
const ONES: u64 = 0x0101_0101_0101_0101;

/// Fills `edges` with the columns at which `row` changes; the first changes from light to dark, then in turns.
///
/// `thresholds` holds one value for each [`BLOCK`] pixels. The row counts as light before its start.
pub(crate) fn edges(row: &[u8], thresholds: &[u8], edges: &mut Vec<u16>) {
    edges.clear();
    let mut last = 0u64;
    let mut start = 0u16;
    for (pixels, threshold) in row.chunks(BLOCK).zip(thresholds) {
        let dark = match <[u8; BLOCK]>::try_from(pixels) {
            Ok(eight) => below(u64::from_le_bytes(eight), ONES.wrapping_mul(u64::from(*threshold))),
            Err(_) => tail(pixels, *threshold),
        };
        let mut changes = dark ^ ((dark << 8) | last);
        last = dark >> 56;
        while changes != 0 {
            edges.push(start.wrapping_add((changes.trailing_zeros() >> 3) as u16));
            changes &= changes.wrapping_sub(1);
        }
        start = start.wrapping_add(BLOCK as u16);
    }
}

/// The high bit of every byte of `x` that is less than the same byte of `y`; all other bits are clear.
#[inline]
fn below(x: u64, y: u64) -> u64 {
    let z = (x | HIGH).wrapping_sub(y & !HIGH);
    ((!x & y) | (!(x ^ y) & !z)) & HIGH
}

fn tail(pixels: &[u8], threshold: u8) -> u64 {
    pixels
        .iter()
        .enumerate()
        .fold(0, |dark, (n, p)| if *p < threshold { dark | 0x80 << (8 * n) } else { dark })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_are_found_across_blocks_and_in_the_tail() {
        let row: Vec<u8> =
            ".##..###########....##.".bytes().map(|b| if b == b'#' { 10 } else { 200 }).collect();
        let mut found = Vec::new();
        edges(&row, &[100; 3], &mut found);
        assert_eq!(found, [1, 3, 5, 16, 20, 22]);
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
