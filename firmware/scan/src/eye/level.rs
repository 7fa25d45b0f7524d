//! Stage 1, the pyramid: the frame at full, half and quarter size.
//!
//! Idea: a photographed screen's pixel grid, noise and fine moiré vanish at half size (box filter, Burt and
//! Adelson 1983), and large modules become small enough for a small threshold window.
//! Bounds: one pass a level; all levels together hold at most 4/3 of the frame.
//! Coordinates: continuous, pixel (i, j) covers [i, i + 1) x [j, j + 1), so that levels differ by a factor alone.
//! Must not know: what is searched in it.

use std::borrow::Cow;

use crate::Frame;
use crate::eye::plane::Spot;

/// A grey picture: the frame's own pixels at full size, our own below.
#[derive(Clone, Debug)]
pub(crate) struct Level<'a> {
    pub(crate) width: usize,
    pub(crate) height: usize,
    /// Bytes from the start of a row to that of the next, at least `width`.
    stride: usize,
    /// At least up to the end of the last row.
    pixels: Cow<'a, [u8]>,
}

impl<'a> Level<'a> {
    /// The frame itself: a copy of its pixels would cost as much as a search of half of them.
    pub(crate) fn of(frame: &Frame<'a>) -> Self {
        let (pixels, stride) = frame.padded();
        Self { width: frame.width(), height: frame.height(), stride, pixels: Cow::Borrowed(pixels) }
    }

    /// Row `y`, which is less than the height.
    #[inline]
    pub(crate) fn row(&self, y: usize) -> &[u8] {
        &self.pixels[y * self.stride..][..self.width]
    }

    /// The pixel in column `x` of row `y`, both in the picture.
    #[inline]
    pub(crate) fn pixel(&self, x: usize, y: usize) -> u8 {
        self.pixels[y.wrapping_mul(self.stride).wrapping_add(x)]
    }

    /// Half the size, each pixel the mean of four; an odd last row or column is left out.
    pub(crate) fn halved(&self) -> Level<'static> {
        let (width, height) = (self.width / 2, self.height / 2);
        let mut pixels = vec![0; width * height];
        for (y, out) in pixels.chunks_exact_mut(width.max(1)).enumerate() {
            let (upper, lower) = (self.row(2 * y), self.row(2 * y + 1));
            let (fours, rest) = out.as_chunks_mut::<4>();
            let done = fours.len() * 8;
            let eights = upper.as_chunks::<8>().0.iter().zip(lower.as_chunks::<8>().0);
            fours.iter_mut().zip(eights).for_each(|(four, (a, b))| *four = mean_of_fours(*a, *b));
            let pairs = upper[done..].chunks_exact(2).zip(lower[done..].chunks_exact(2));
            rest.iter_mut().zip(pairs).for_each(|(mean, (a, b))| {
                let sum = u16::from(a[0]).wrapping_add(u16::from(a[1])).wrapping_add(u16::from(b[0]));
                *mean = (sum.wrapping_add(u16::from(b[1])).wrapping_add(2) >> 2) as u8;
            });
        }
        Level { width, height, stride: width, pixels: Cow::Owned(pixels) }
    }

    /// The grey level at a place, bilinear between places 1/256 of a pixel apart; outside the picture that of the
    /// nearest edge.
    #[inline]
    pub(crate) fn at(&self, spot: Spot) -> f32 {
        // Casts saturate, and what is not a number becomes 0: the edge.
        let (x, y) = (fixed(spot.x, self.width), fixed(spot.y, self.height));
        let (left, top) = ((x >> 8) as usize, (y >> 8) as usize);
        let (fx, fy) = ((x & 255) as i32, (y & 255) as i32);
        // The last row or column has no neighbour: the pixel itself stands in.
        let right = usize::from(left.wrapping_add(1) < self.width);
        let low = if top.wrapping_add(1) < self.height { self.stride } else { 0 };
        let start = top.wrapping_mul(self.stride).wrapping_add(left);
        let pixels: &[u8] = &self.pixels;
        let pixel = |n: usize| i32::from(pixels[start.wrapping_add(n)]);
        let mix = |a: i32, b: i32, f: i32| (a << 8).wrapping_add(b.wrapping_sub(a).wrapping_mul(f));
        let (upper, lower) =
            (mix(pixel(0), pixel(right), fx), mix(pixel(low), pixel(low.wrapping_add(right)), fx));
        mix(upper, lower, fy) as f32 * (1.0 / 65536.0)
    }

    /// The grey level of the pixel at a place; outside the picture that of the nearest edge.
    #[inline]
    pub(crate) fn near(&self, spot: Spot) -> f32 {
        let x = (spot.x.max(0.0) as usize).min(self.width - 1);
        let y = (spot.y.max(0.0) as usize).min(self.height - 1);
        f32::from(self.pixel(x, y))
    }
}

/// A coordinate in 1/256 of a pixel, counted from the middle of the first of `count` pixels, kept within them.
#[inline]
fn fixed(place: f32, count: usize) -> u32 {
    let last = (count as i32).wrapping_sub(1) << 8;
    ((place * 256.0 - 128.0) as i32).min(last).max(0) as u32
}

/// Four pixels from two rows of eight, in a word of four lanes (Warren, "Hacker's Delight" §2-18).
fn mean_of_fours(upper: [u8; 8], lower: [u8; 8]) -> [u8; 4] {
    const LANES: u64 = 0x00FF_00FF_00FF_00FF;
    let pairs = |eight: [u8; 8]| {
        let word = u64::from_le_bytes(eight);
        (word & LANES).wrapping_add(word >> 8 & LANES)
    };
    let sums = pairs(upper).wrapping_add(pairs(lower)).wrapping_add(0x0002_0002_0002_0002);
    let means = sums >> 2 & LANES;
    let twos = (means | means >> 8) & 0x0000_FFFF_0000_FFFF;
    ((twos | twos >> 16) as u32).to_le_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    impl Level<'static> {
        /// A picture without padding.
        pub(crate) fn new(width: usize, height: usize, pixels: Vec<u8>) -> Self {
            Self { width, height, stride: width, pixels: Cow::Owned(pixels) }
        }
    }

    #[test]
    fn a_camera_s_padding_is_no_part_of_the_picture() {
        let pixels = [10, 20, 99, 30, 40, 99, 50, 60];
        let level = Level::of(&Frame::new(&pixels, 2, 3, 3).unwrap());
        assert_eq!((level.row(2), level.pixel(1, 1)), (&[50u8, 60][..], 40));
        assert_eq!(level.halved().row(0), [25]);
        assert!((level.at(Spot { x: 9.0, y: 9.0 }) - 60.0).abs() < 0.1);
    }

    #[test]
    fn half_the_size_is_the_mean_of_four() {
        let level = Level::new(3, 2, vec![0, 10, 99, 20, 30, 99]);
        assert_eq!(level.halved().row(0), [15]);
    }

    #[test]
    fn between_two_pixels_is_their_mean_and_outside_the_edge() {
        let level = Level::new(2, 1, vec![10, 30]);
        assert!((level.at(Spot { x: 1.0, y: 0.5 }) - 20.0).abs() < 0.1);
        assert!((level.at(Spot { x: -9.0, y: 7.0 }) - 10.0).abs() < 0.1);
        assert!((level.at(Spot { x: f32::NAN, y: f32::INFINITY }) - 10.0).abs() < 30.0);
    }

    #[test]
    fn eight_pixels_at_once_are_halved_as_one_by_one() {
        let pixels: Vec<u8> = (0..38u32).map(|n| (n * n * 37 % 256) as u8).collect();
        let half = Level::new(19, 2, pixels.clone()).halved();
        let mean =
            |x: usize| [x, x + 1, x + 19, x + 20].iter().map(|n| u32::from(pixels[*n])).sum::<u32>() + 2;
        assert_eq!(half.row(0), (0..9).map(|x| (mean(2 * x) / 4) as u8).collect::<Vec<_>>());
    }
}
