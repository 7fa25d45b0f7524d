//! Stage 3b, cross checks: the runs along any line through a place that may be a finder pattern's centre.
//!
//! Idea: every line through the centre of a finder pattern cuts it 1:1:3:1:1 (ISO/IEC 18004:2015 §6.3.3, §12 b),
//! under rotation and, nearly, under perspective. Edges are placed between pixels by their grey levels.
//! Bounds: a walk ends after `reach` pixels each way.
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
    pub(crate) level: &'a Level,
    pub(crate) thresholds: &'a Thresholds,
    pub(crate) ink: Ink,
}

impl Sheet<'_> {
    /// How far a pixel is on the side of ink: positive is ink. `None` outside the picture.
    #[inline]
    fn inkness(&self, spot: Spot) -> Option<f32> {
        if !self.level.holds(spot) {
            return None;
        }
        let (x, y) = (spot.x as usize, spot.y as usize);
        let (pixel, threshold) =
            (i32::from(self.level.pixels[y * self.level.width + x]), i32::from(self.thresholds.at(x, y)));
        Some(match self.ink {
            Ink::Dark => threshold - pixel,
            Ink::Light => pixel - threshold + 1,
        } as f32)
    }
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

    /// Whether the runs are 1:1:3:1:1, each to `slack` of a module, the stone to twice that.
    pub(crate) fn in_proportion(&self, slack: f32) -> bool {
        let module = self.module();
        let near = |run: f32, modules: f32, slack: f32| (run - modules * module).abs() <= slack * module;
        let side = |s: &[f32; 3]| near(s[1] - s[0], 1.0, slack) && near(s[2] - s[1], 1.0, slack);
        side(&self.back) && side(&self.forth) && near(self.back[0] + self.forth[0], 3.0, 2.0 * slack)
    }
}

/// Walks from `start` both ways along `step` (at most one pixel long in x and in y).
pub(crate) fn cut(sheet: &Sheet<'_>, start: Spot, step: Spot, reach: f32) -> Option<Cut> {
    let forth = walk(sheet, start, step, reach)?;
    let back = walk(sheet, start, step.times(-1.0), reach)?;
    Some(Cut { back, forth })
}

/// The distances at which stone, gap and ring end. The picture's edge ends a ring, nothing else.
fn walk(sheet: &Sheet<'_>, start: Spot, step: Spot, reach: f32) -> Option<[f32; 3]> {
    let length = step.length();
    let mut ends = [0.0; 3];
    let mut found = 0;
    let mut before = sheet.inkness(start)?;
    if before <= 0.0 {
        return None;
    }
    let most = (reach / length) as usize;
    for k in 1..=most {
        let here = sheet.inkness(start.plus(step.times(k as f32)));
        let Some(here) = here else {
            if found < 2 {
                return None;
            }
            ends[2] = k as f32 * length;
            return Some(ends);
        };
        if (here > 0.0) != (before > 0.0) {
            let part = before.abs() / (before.abs() + here.abs()).max(1.0);
            ends[found] = (k as f32 - 1.0 + part) * length;
            found += 1;
            if found == 3 {
                return Some(ends);
            }
        }
        before = here;
    }
    None
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A picture of `#` and `.`, each `scale` pixels wide, as a level.
    pub(crate) fn drawn(picture: &[&str], scale: usize) -> Level {
        let (width, height) = (picture[0].len() * scale, picture.len() * scale);
        let ink = |n: usize| picture[n / width / scale].as_bytes()[n % width / scale] == b'#';
        let pixels = (0..width * height).map(|n| if ink(n) { 20 } else { 230 }).collect();
        Level { width, height, pixels }
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
        let thresholds = Thresholds::of(&level);
        let sheet = Sheet { level: &level, thresholds: &thresholds, ink: Ink::Dark };
        for (x, y) in [(1.0, 0.0), (0.0, 1.0), (1.0, 1.0), (1.0, -1.0), (1.0, 0.4)] {
            let cut = cut(&sheet, Spot::new(27.5, 27.5), Spot::new(x, y), 60.0).unwrap();
            assert!(cut.in_proportion(0.5), "{x}, {y}: {cut:?}");
            assert!(cut.offset().abs() < 1.2, "{x}, {y}: {cut:?}");
        }
        let light = Sheet { ink: Ink::Light, ..sheet };
        assert!(cut(&light, Spot::new(27.5, 27.5), Spot::new(1.0, 0.0), 60.0).is_none(), "starts on no ink");
    }

    #[test]
    fn a_walk_ends_at_its_reach() {
        let level = drawn(&["#.#.#.#"; 7], 9);
        let thresholds = Thresholds::of(&level);
        let sheet = Sheet { level: &level, thresholds: &thresholds, ink: Ink::Dark };
        assert!(cut(&sheet, Spot::new(22.5, 30.0), Spot::new(0.0, 1.0), 20.0).is_none());
    }
}
