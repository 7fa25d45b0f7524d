//! Grey pictures of the scanner's own: the frame copied, shrunk, doubled, inverted, thresholded.
//!
//! Promises: at most four times the frame; the work is a constant number of passes over the pixels.
//! Must not know: what a QR code is.

use std::ops::Range;

use crate::Frame;

/// How much darker than its surroundings ink is at least, of 255.
const MARGIN: u32 = 4;

/// An owned grey picture without row padding.
#[derive(Clone, Debug)]
pub(crate) struct Grey {
    pub(crate) width: usize,
    pub(crate) height: usize,
    pub(crate) pixels: Vec<u8>,
}

impl Grey {
    /// The frame's pixels without their padding.
    pub(crate) fn copy(frame: &Frame<'_>) -> Self {
        let mut pixels = Vec::with_capacity(frame.width() * frame.height());
        frame.rows().for_each(|row| pixels.extend_from_slice(row));
        Self { width: frame.width(), height: frame.height(), pixels }
    }

    /// Half the size, each pixel the mean of four; an odd last row or column is left out. `None` when nothing
    /// would be left.
    pub(crate) fn halved(&self) -> Option<Self> {
        let (width, height) = (self.width / 2, self.height / 2);
        if width == 0 || height == 0 {
            return None;
        }
        let mut pixels = Vec::with_capacity(width * height);
        for two in self.pixels.chunks_exact(2 * self.width).take(height) {
            let (upper, lower) = two.split_at(self.width);
            pixels.extend(upper.chunks_exact(2).zip(lower.chunks_exact(2)).map(|(a, b)| mean_of_four(a, b)));
        }
        Some(Self { width, height, pixels })
    }

    /// Twice the size, interpolated: modules of two pixels become wide enough for a decoder that samples whole
    /// pixels.
    pub(crate) fn doubled(&self) -> Self {
        let (width, height) = (self.width * 2, self.height * 2);
        let mut pixels = Vec::with_capacity(width * height);
        for y in 0..height {
            let (near, far) = (self.row(y / 2), self.row(beside(y, self.height)));
            pixels.extend((0..width).map(|x| {
                let (n, f) = (x / 2, beside(x, self.width));
                weighted([near[n], near[f], far[n], far[f]])
            }));
        }
        Self { width, height, pixels }
    }

    fn row(&self, y: usize) -> &[u8] {
        &self.pixels[y * self.width..][..self.width]
    }

    /// Which pixels are darker than the mean of the square around them by more than a camera's noise
    /// (Bradley and Roth 2007: adaptive thresholding with the integral image; here with an absolute margin).
    pub(crate) fn darker_than_around(&self) -> Vec<bool> {
        let reach = (self.width / 24).clamp(8, 48);
        let sums = Sums::of(self);
        let mut ink = Vec::with_capacity(self.pixels.len());
        for y in 0..self.height {
            let rows = y.saturating_sub(reach)..(y + reach + 1).min(self.height);
            ink.extend(self.row(y).iter().enumerate().map(|(x, pixel)| {
                let columns = x.saturating_sub(reach)..(x + reach + 1).min(self.width);
                // At most 97 x 97 pixels of at most 255 each, margin included.
                let count = (rows.len() * columns.len()) as u32;
                (u32::from(*pixel) + MARGIN) * count < sums.within(rows.clone(), columns)
            }));
        }
        ink
    }

    /// Which pixels are a twentieth darker than the running means along their row, from the left and from the
    /// right (Wellner 1993).
    pub(crate) fn darker_than_row(&self) -> Vec<bool> {
        let reach = (self.width / 8).max(1) as u32;
        let mut ink = Vec::with_capacity(self.pixels.len());
        let mut means = vec![0u32; self.width];
        // Kept from row to row, so that a row's ends know what is above them. In 1/256 of a grey level.
        let (mut from_left, mut from_right) = (128 * 256, 128 * 256);
        for y in 0..self.height {
            let row = self.row(y);
            for (mean, pixel) in means.iter_mut().zip(row) {
                *mean = follow(&mut from_left, *pixel, reach);
            }
            for (mean, pixel) in means.iter_mut().zip(row).rev() {
                *mean += follow(&mut from_right, *pixel, reach);
            }
            ink.extend(row.iter().zip(&means).map(|(p, mean)| u32::from(*p) * 256 * 200 < mean * 95));
        }
        ink
    }

    /// Makes the inside of a convex quadrilateral white; the part outside the picture is left out, whatever the
    /// corners are.
    pub(crate) fn whiten(&mut self, corners: [[f64; 2]; 4]) {
        let rows = span(corners.map(|c| c[1]), self.height);
        let columns = span(corners.map(|c| c[0]), self.width);
        for y in rows {
            for x in columns.clone() {
                if inside(corners, [x as f64, y as f64]) {
                    self.pixels[y * self.width + x] = 255;
                }
            }
        }
    }

    /// Black for white: codes shown in dark mode.
    pub(crate) fn inverted(&self) -> Self {
        let pixels = self.pixels.iter().map(|p| 255 - p).collect();
        Self { pixels, ..*self }
    }

    /// The brightness below which the given share (in percent) of the pixels lies.
    pub(crate) fn percentile(&self, percent: usize) -> u8 {
        let mut counts = [0usize; 256];
        self.pixels.iter().for_each(|p| counts[usize::from(*p)] += 1);
        let goal = self.pixels.len() * percent / 100;
        let mut seen = 0;
        (0..=255u8)
            .find(|v| {
                seen += counts[usize::from(*v)];
                seen > goal
            })
            .unwrap_or(255)
    }
}

/// The sums of all pixels above and to the left of each corner between pixels.
struct Sums {
    stride: usize,
    sums: Vec<u32>,
}

impl Sums {
    /// 16 Mpx of 255 still sum to less than 2^32.
    fn of(picture: &Grey) -> Self {
        let stride = picture.width + 1;
        let mut sums = vec![0u32; stride * (picture.height + 1)];
        for y in 0..picture.height {
            let mut row = 0;
            for (x, pixel) in picture.row(y).iter().enumerate() {
                row += u32::from(*pixel);
                sums[(y + 1) * stride + x + 1] = sums[y * stride + x + 1] + row;
            }
        }
        Self { stride, sums }
    }

    fn within(&self, rows: Range<usize>, columns: Range<usize>) -> u32 {
        let at = |y: usize, x: usize| self.sums[y * self.stride + x];
        let left = at(rows.end, columns.start) - at(rows.start, columns.start);
        let to_right = at(rows.end, columns.end) - at(rows.start, columns.end);
        to_right - left
    }
}

/// Moves a running mean (in 1/256 of a grey level) towards `pixel` and returns it.
fn follow(mean: &mut u32, pixel: u8, reach: u32) -> u32 {
    *mean = (*mean * (reach - 1) + u32::from(pixel) * 256) / reach;
    *mean
}

/// The places of `size` that the given ones reach over. Casts saturate: none is outside.
fn span(places: [f64; 4], size: usize) -> Range<usize> {
    let low = places.into_iter().fold(f64::INFINITY, f64::min);
    let high = places.into_iter().fold(f64::NEG_INFINITY, f64::max);
    (low as usize).min(size)..(high.ceil() as usize).min(size)
}

/// Whether a place lies on the same side of all four edges, in whichever direction they go round.
fn inside(corners: [[f64; 2]; 4], [x, y]: [f64; 2]) -> bool {
    let side = |n: usize| {
        let ([ax, ay], [bx, by]) = (corners[n], corners[(n + 1) % 4]);
        (bx - ax) * (y - ay) - (by - ay) * (x - ax)
    };
    let sides = [side(0), side(1), side(2), side(3)];
    sides.iter().all(|s| *s >= 0.0) || sides.iter().all(|s| *s <= 0.0)
}

/// The second nearest of the `size` places that were there before doubling.
fn beside(place: usize, size: usize) -> usize {
    if place.is_multiple_of(2) { (place / 2).saturating_sub(1) } else { (place / 2 + 1).min(size - 1) }
}

/// Bilinear at a quarter of the way: 9, 3, 3 and 1 sixteenths.
fn weighted([nearest, beside, below, across]: [u8; 4]) -> u8 {
    let sum = 9 * u16::from(nearest) + 3 * (u16::from(beside) + u16::from(below)) + u16::from(across);
    // The weights add up to 16, so that the result is a byte.
    ((sum + 8) / 16) as u8
}

fn mean_of_four(upper: &[u8], lower: &[u8]) -> u8 {
    let sum: u16 = upper.iter().chain(lower).map(|p| u16::from(*p)).sum();
    // Four bytes sum to at most 1020, so that the rounded mean fits.
    ((sum + 2) / 4) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grey(width: usize, pixels: &[u8]) -> Grey {
        Grey { width, height: pixels.len() / width, pixels: pixels.to_vec() }
    }

    #[test]
    fn halving_takes_means_and_leaves_odd_edges_out() {
        let picture = grey(3, &[0, 4, 9, 8, 255, 9, 9, 9, 9]);
        let half = picture.halved().unwrap();
        assert_eq!((half.width, half.height, half.pixels.as_slice()), (1, 1, &[67u8][..]));
        assert!(grey(1, &[1, 2, 3]).halved().is_none());
        assert_eq!(grey(2, &[255; 4]).halved().unwrap().pixels, [255]);
    }

    #[test]
    fn whitening_stays_inside_the_quadrilateral_and_the_picture() {
        let mut picture = grey(5, &[0; 25]);
        picture.whiten([[2.0, 0.0], [4.0, 2.0], [2.0, 4.0], [0.0, 2.0]]);
        let rows: Vec<usize> =
            picture.pixels.chunks(5).map(|row| row.iter().filter(|p| **p == 255).count()).collect();
        assert_eq!(rows, [1, 3, 4, 3, 0], "the right and the lower corner are the ends, not inside");
        let mut picture = grey(5, &[0; 25]);
        picture.whiten([[-4e9, -4e9], [-4e9, 4e9], [4e9, 4e9], [4e9, -4e9]]);
        assert_eq!(picture.pixels, [255; 25]);
    }

    #[test]
    fn doubling_keeps_flat_places_and_slopes_edges() {
        assert_eq!(grey(1, &[9]).doubled().pixels, [9; 4]);
        assert_eq!(grey(2, &[0, 160]).doubled().pixels, [[0, 40, 120, 160]; 2].concat());
    }

    #[test]
    fn ink_is_what_is_darker_than_its_surroundings_at_any_brightness() {
        let mut slope = grey(60, &(0..60).map(|x| 40 + 3 * x).collect::<Vec<u8>>());
        assert!(slope.darker_than_around().iter().skip(10).take(40).all(|ink| !ink));
        [20, 45].iter().for_each(|x| slope.pixels[*x] -= 40);
        let ink = slope.darker_than_around();
        let inner: Vec<usize> = (10..50).filter(|x| ink[*x]).collect();
        assert_eq!(inner, [20, 45]);
        assert!(grey(30, &[7; 900]).darker_than_around().iter().all(|ink| !ink), "a blank sheet has no ink");
    }

    #[test]
    fn a_percentile_counts_from_the_darkest() {
        let picture = grey(10, &[0, 10, 20, 30, 40, 50, 60, 70, 80, 90]);
        assert_eq!(picture.percentile(0), 0);
        assert_eq!(picture.percentile(50), 50);
        assert_eq!(picture.percentile(99), 90);
        assert_eq!(picture.percentile(100), 255);
    }
}
