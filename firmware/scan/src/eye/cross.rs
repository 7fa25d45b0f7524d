//! Stage 3b, cross checks: the runs along any line through a place that may be a finder pattern's centre.
//!
//! Idea: every line through the centre of a finder pattern cuts it 1:1:3:1:1 (ISO/IEC 18004:2015 §6.3.3, §12 b),
//! under rotation and, nearly, under perspective. Edges are placed between pixels by their grey levels.
//! Bounds: a walk ends where stone, gap or ring grows longer than a pattern of the expected size may have.
//! Must not know: how candidates were found.

use crate::eye::level::Level;
use crate::eye::plane::Spot;
use crate::eye::threshold::Thresholds;

/// Which of the two tones is ink.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ink {
    Dark,
    /// Dark mode of a phone, white on a dark wall.
    Light,
}

/// A level, its thresholds, and what counts as ink in it.
#[derive(Clone, Copy)]
pub(crate) struct Sheet<'a> {
    pub(crate) level: &'a Level<'a>,
    pub(crate) thresholds: &'a Thresholds,
    pub(crate) ink: Ink,
}

impl Sheet<'_> {
    /// How far a pixel is on the side of ink: positive is ink. `None` outside the picture.
    #[inline]
    fn inkness(&self, (x, y): (i64, i64)) -> Option<i32> {
        // What lies left or above becomes very large.
        let (x, y) = ((x >> FRACTION) as usize, (y >> FRACTION) as usize);
        if x >= self.level.width || y >= self.level.height {
            return None;
        }
        let pixel = self.level.pixel(x, y);
        let off = i32::from(self.thresholds.at(x, y)).wrapping_sub(i32::from(pixel));
        Some(match self.ink {
            Ink::Dark => off,
            Ink::Light => 1i32.wrapping_sub(off),
        })
    }
}

/// What each of these distances may be off, in modules.
const STEP_SLACK: f32 = 0.6;

/// Bits after the point of a place on a line: lines are walked in integers.
const FRACTION: u32 = 16;

fn fixed(spot: Spot) -> (i64, i64) {
    let scale = (1u32 << FRACTION) as f32;
    ((spot.x * scale) as i64, (spot.y * scale) as i64)
}

/// The runs cut by a line: distances from the start of the ends of stone, gap and ring, each way.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cut {
    back: [f32; 3],
    forth: [f32; 3],
}

impl Cut {
    /// The length of a module along the line.
    pub(crate) fn module(&self) -> f32 {
        (self.back[2] + self.forth[2]) / 7.0
    }

    /// How far the centre lies from the start, along the line.
    pub(crate) fn offset(&self) -> f32 {
        let by = |n: usize| (self.forth[n] - self.back[n]) / 2.0;
        (by(0) * 2.0 + by(1) + by(2)) / 4.0
    }

    /// Whether the runs are 1:1:3:1:1, each to `slack` of a module, the stone to twice that; or would be if one tone
    /// had not grown into the other.
    pub(crate) fn in_proportion(&self, slack: f32) -> bool {
        let module = self.module();
        let near = |run: f32, modules: f32, slack: f32| (run - modules * module).abs() <= slack * module;
        let side = |s: &[f32; 3]| near(s[1] - s[0], 1.0, slack) && near(s[2] - s[1], 1.0, slack);
        let plain = || side(&self.back) && side(&self.forth);
        (plain() && near(self.back[0] + self.forth[0], 3.0, 2.0 * slack)) || self.in_steps()
    }

    /// Whether edges of the same kind are 2, 4, 4 and 2 modules apart. Motion, or a shadow that moves the threshold,
    /// shifts those from light to dark one way and the others the other way: their distances stay (edge-to-edge
    /// decoding, as bar codes are read).
    fn in_steps(&self) -> bool {
        let ([a, b, c], [d, e, f]) = (self.back, self.forth);
        let module = (b + c + e + f) / 12.0;
        let near = |run: f32, modules: f32| (run - modules * module).abs() <= STEP_SLACK * module;
        near(c - a, 2.0) && near(f - d, 2.0) && near(a + e, 4.0) && near(b + d, 4.0)
    }
}

/// Walks from `start` both ways along `step` (at most one pixel long in x and in y). `module` is the expected
/// length of a module; runs up to about twice as long as expected are followed.
pub(crate) fn cut(sheet: &Sheet<'_>, start: Spot, step: Spot, module: f32) -> Option<Cut> {
    let forth = walk(sheet, start, step, module)?;
    let back = walk(sheet, start, step.times(-1.0), module)?;
    Some(Cut { back, forth })
}

/// The distances at which stone, gap and ring end. The picture's edge ends a ring, nothing else.
fn walk(sheet: &Sheet<'_>, start: Spot, step: Spot, module: f32) -> Option<[f32; 3]> {
    let length = step.length();
    // Half a stone is a module and a half; the line may hit the pattern off its centre.
    let most = [4.2, 2.4, 2.6].map(|modules| (modules * module / length) as u32 + 2);
    let mut ends = [0.0; 3];
    let (mut found, mut run) = (0, 0);
    let (mut here, step) = (fixed(start), fixed(step));
    let mut before = sheet.inkness(here).filter(|i| *i > 0)?;
    let mut k = 0u32;
    loop {
        here = (here.0.wrapping_add(step.0), here.1.wrapping_add(step.1));
        k = k.wrapping_add(1);
        let Some(ink) = sheet.inkness(here) else {
            ends[2] = k as f32 * length;
            return (found == 2).then_some(ends);
        };
        run += 1;
        if (ink > 0) != (before > 0) {
            let (a, b) = (before.unsigned_abs() as f32, ink.unsigned_abs() as f32);
            ends[found] = (k as f32 - 1.0 + a / (a + b).max(1.0)) * length;
            (found, run) = (found + 1, 0);
            if found == 3 {
                return Some(ends);
            }
        } else if run > most[found] {
            return None;
        }
        before = ink;
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A picture of `#` and `.`, each `scale` pixels wide, as a level.
    pub(crate) fn drawn(picture: &[&str], scale: usize) -> Level<'static> {
        let (width, height) = (picture[0].len() * scale, picture.len() * scale);
        let ink = |n: usize| picture[n / width / scale].as_bytes()[n % width / scale] == b'#';
        let pixels = (0..width * height).map(|n| if ink(n) { 20 } else { 230 }).collect();
        Level::new(width, height, pixels)
    }

    pub(crate) const FINDER: [&str; 9] = [
        ".........",
        ".#######.",
        ".#.....#.",
        ".#.###.#.",
        ".#.###.#.",
        ".#.###.#.",
        ".#.....#.",
        ".#######.",
        ".........",
    ];

    #[test]
    fn lines_through_a_finder_are_in_proportion_at_any_angle() {
        let level = drawn(&FINDER, 6);
        let thresholds = Thresholds::of(&level, None);
        let sheet = Sheet { level: &level, thresholds: &thresholds, ink: Ink::Dark };
        for (x, y) in [(1.0, 0.0), (0.0, 1.0), (1.0, 1.0), (1.0, -1.0), (1.0, 0.4)] {
            let cut = cut(&sheet, Spot::new(27.5, 27.5), Spot::new(x, y), 6.0).unwrap();
            assert!(cut.in_proportion(0.5), "{x}, {y}: {cut:?}");
            assert!(cut.offset().abs() < 1.2, "{x}, {y}: {cut:?}");
        }
        let light = Sheet { ink: Ink::Light, ..sheet };
        assert!(cut(&light, Spot::new(27.5, 27.5), Spot::new(1.0, 0.0), 6.0).is_none(), "starts on no ink");
    }

    #[test]
    fn ink_that_has_grown_into_the_gap_is_still_in_proportion_and_other_runs_are_not() {
        // Ring, gap, stone, gap, ring, in fifths of a module.
        let runs = |[a, b, c, d, e]: [f32; 5]| {
            let back = [c / 2.0, c / 2.0 + b, c / 2.0 + b + a];
            Cut { back, forth: [c / 2.0, c / 2.0 + d, c / 2.0 + d + e] }
        };
        assert!(runs([5.0, 5.0, 15.0, 5.0, 5.0]).in_proportion(0.7));
        assert!(runs([9.2, 0.8, 19.2, 0.8, 9.2]).in_proportion(0.7), "ink grown by four fifths");
        assert!(!runs([5.0, 5.0, 5.0, 5.0, 5.0]).in_proportion(0.7));
        assert!(!runs([5.0, 5.0, 35.0, 5.0, 5.0]).in_proportion(0.7));
        assert!(!runs([15.0, 5.0, 15.0, 5.0, 15.0]).in_proportion(0.7));
    }

    #[test]
    fn a_walk_ends_where_a_run_is_too_long() {
        let level = drawn(&["#.#.#.#"; 7], 9);
        let thresholds = Thresholds::of(&level, None);
        let sheet = Sheet { level: &level, thresholds: &thresholds, ink: Ink::Dark };
        assert!(cut(&sheet, Spot::new(22.5, 30.0), Spot::new(0.0, 1.0), 3.0).is_none());
    }
}
