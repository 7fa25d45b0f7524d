//! The levels of one frame with their thresholds, each measured when it is first asked for.
//!
//! Idea: most codes are found and read in the coarser levels; then the finest, three quarters of all pixels, is only
//! halved. Bounds: [`MOST_LEVELS`] levels; frames above [`MOST_PIXELS`] are halved before anything else.
//! Must not know: what is searched, in which order.

use std::cell::OnceCell;

use crate::Frame;
use crate::eye::cross::{Ink, Sheet};
use crate::eye::level::Level;
use crate::eye::threshold::Thresholds;

const MOST_PIXELS: usize = 4 * 1024 * 1024;

const MOST_LEVELS: usize = 6;

/// Levels narrower than this have no coarser one.
const LEAST_SIDE: usize = 96;

#[derive(Debug)]
struct View<'a> {
    level: Level<'a>,
    thresholds: OnceCell<Thresholds>,
    scale: f32,
}

/// The pyramid of a frame, the finest level first; at least one.
#[derive(Debug)]
pub(crate) struct Views<'a>(Vec<View<'a>>);

impl<'a> Views<'a> {
    pub(crate) fn of(frame: &Frame<'a>) -> Self {
        let (mut level, mut scale) = (Level::of(frame), 1.0);
        while level.width * level.height > MOST_PIXELS && level.width > 1 && level.height > 1 {
            (level, scale) = (level.halved(), scale * 2.0);
        }
        let mut views = Vec::new();
        loop {
            let more = level.width.min(level.height) >= LEAST_SIDE && views.len() + 1 < MOST_LEVELS;
            let next = more.then(|| level.halved());
            views.push(View { level, thresholds: OnceCell::new(), scale });
            let Some(half) = next else { break };
            (level, scale) = (half, scale * 2.0);
        }
        Self(views)
    }

    /// How many levels there are.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn level(&self, n: usize) -> &Level<'a> {
        &self.0[n].level
    }

    /// The frame pixels that one pixel of a level spans.
    pub(crate) fn scale(&self, n: usize) -> f32 {
        self.0[n].scale
    }

    /// A level with its thresholds.
    pub(crate) fn sheet(&self, n: usize, ink: Ink) -> Sheet<'_> {
        let View { level, thresholds, .. } = &self.0[n];
        let half = self.0.get(n + 1).map(|half| &half.level);
        Sheet { level, thresholds: thresholds.get_or_init(|| Thresholds::of(level, half)), ink }
    }

    /// The coarsest level in which modules of so many frame pixels are at least `least` of its pixels wide; the finest
    /// in doubt.
    pub(crate) fn coarsest(&self, module: f32, least: f32) -> usize {
        self.0.iter().rposition(|v| module / v.scale >= least).unwrap_or(0)
    }

    /// The pixels of all levels.
    pub(crate) fn pixels(&self) -> u64 {
        self.0.iter().map(|v| (v.level.width * v.level.height) as u64).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_halved_until_they_are_small_and_a_huge_frame_before() {
        let pixels = vec![9; 640 * 480];
        let views = Views::of(&Frame::new(&pixels, 640, 480, 640).unwrap());
        let sizes: Vec<usize> = (0..views.len()).map(|n| views.level(n).width).collect();
        assert_eq!((sizes, views.scale(2)), (vec![640, 320, 160, 80], 4.0));
        assert_eq!((views.coarsest(5.3, 2.6), views.coarsest(0.2, 2.6)), (1, 0));
        let huge = vec![9; 3000 * 2000];
        let views = Views::of(&Frame::new(&huge, 3000, 2000, 3000).unwrap());
        assert_eq!((views.level(0).width, views.scale(0)), (1500, 2.0));
        assert_eq!(Views::of(&Frame::new(&[7], 1, 1, 1).unwrap()).len(), 1);
    }
}
