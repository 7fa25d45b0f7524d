//! Grey pictures of the scanner's own: the frame copied, shrunk, inverted, stretched.
//!
//! Promises: never larger than the frame; every operation is one pass over the pixels.
//! Must not know: what a QR code is.

use crate::Frame;

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
        (0..=255u8).find(|v| {
            seen += counts[usize::from(*v)];
            seen > goal
        })
        .unwrap_or(255)
    }
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
    fn a_percentile_counts_from_the_darkest() {
        let picture = grey(10, &[0, 10, 20, 30, 40, 50, 60, 70, 80, 90]);
        assert_eq!(picture.percentile(0), 0);
        assert_eq!(picture.percentile(50), 50);
        assert_eq!(picture.percentile(99), 90);
        assert_eq!(picture.percentile(100), 255);
    }
}
