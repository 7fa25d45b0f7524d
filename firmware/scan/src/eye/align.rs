//! Stage 6, alignment patterns, and what they say about the picture's distortion.
//!
//! Idea: the correlation of 5 x 5 samples with the pattern (ISO/IEC 18004:2015 §6.3.6), a module apart in the
//! direction the map has there, highest near the estimate; it does not depend on contrast and needs no
//! binarisation. Where none is found, the estimate stays.
//! Bounds: (2 reach / step + 1)² places of 25 samples.
//! Must not know: which code it is.

use crate::eye::budget::Budget;
use crate::eye::cross::{Ink, Sheet};
use crate::eye::plane::Spot;

/// A place, with the pixels that one module to the right and one down are there.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Frame2 {
    pub(crate) at: Spot,
    pub(crate) right: Spot,
    pub(crate) down: Spot,
}

impl Frame2 {
    /// The frame of a map at a place in modules.
    pub(crate) fn of(map: impl Fn(Spot) -> Spot, place: Spot) -> Self {
        let half = |x, y| map(place.plus(Spot::new(x, y)));
        Self {
            at: map(place),
            right: half(0.5, 0.0).minus(half(-0.5, 0.0)),
            down: half(0.0, 0.5).minus(half(0.0, -0.5)),
        }
    }

    /// The pixels of a place given in modules from here.
    pub(crate) fn spot(&self, x: f32, y: f32) -> Spot {
        self.at.plus(self.right.times(x)).plus(self.down.times(y))
    }
}

/// A pattern found: where, in modules from the estimate, and how well it fits, up to 1.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Hit {
    pub(crate) away: Spot,
    pub(crate) fit: f32,
}

/// The best place within `reach` modules of the estimate; places farther away must fit better.
pub(crate) fn locate(sheet: &Sheet<'_>, around: &Frame2, reach: f32, budget: &mut Budget) -> Option<Hit> {
    let places = (reach * 2.0) as i32;
    let side = (2 * places + 1) as usize;
    if !budget.spend(side * side * 8 + 500) {
        return None;
    }
    let mut best: Option<Hit> = None;
    for n in 0..(side * side) as i32 {
        let side = side as i32;
        let away = Spot::new((n % side - places) as f32 / 2.0, (n / side - places) as f32 / 2.0);
        if !promising(sheet, around, away) {
            continue;
        }
        let fit = fit(sheet, around, away) - away.length() * 0.015;
        if best.is_none_or(|b| fit > b.fit) {
            best = Some(Hit { away, fit });
        }
    }
    best.map(|hit| refine(sheet, around, hit))
}

/// A dark centre between lighter modules: most places fail this after five samples.
fn promising(sheet: &Sheet<'_>, around: &Frame2, away: Spot) -> bool {
    let at = |x: f32, y: f32| sheet.level.near(around.spot(away.x + x, away.y + y));
    let light = at(1.0, 0.0) + at(-1.0, 0.0) + at(0.0, 1.0) + at(0.0, -1.0) - 4.0 * at(0.0, 0.0);
    if sheet.ink == Ink::Dark { light > 0.0 } else { light < 0.0 }
}

fn refine(sheet: &Sheet<'_>, around: &Frame2, mut hit: Hit) -> Hit {
    for step in [0.25, 0.125] {
        let start = hit.away;
        for (x, y) in [
            (-1.0, 0.0),
            (1.0, 0.0),
            (0.0, -1.0),
            (0.0, 1.0),
            (1.0, 1.0),
            (-1.0, -1.0),
            (1.0, -1.0),
            (-1.0, 1.0),
        ] {
            let away = start.plus(Spot::new(x * step, y * step));
            let fit = fit(sheet, around, away) - away.length() * 0.015;
            if fit > hit.fit {
                hit = Hit { away, fit };
            }
        }
    }
    hit
}

/// Pearson correlation of the samples with the pattern, -1 to 1.
fn fit(sheet: &Sheet<'_>, around: &Frame2, away: Spot) -> f32 {
    let (mut sum, mut squares, mut product) = (0.0, 0.0, 0.0);
    for n in 0..25i32 {
        let (x, y) = (n % 5 - 2, n / 5 - 2);
        let value = sheet.level.at(around.spot(away.x + x as f32, away.y + y as f32));
        sum += value;
        squares += value * value;
        if x.abs().max(y.abs()) == 1 {
            product += value;
        }
    }
    // Eight of the 25 are light: covariance and variances of the two.
    let covariance = product / 25.0 - sum / 25.0 * 0.32;
    let variance = (squares / 25.0 - (sum / 25.0) * (sum / 25.0)).max(4.0);
    let fit = covariance / (variance * 0.32 * 0.68).sqrt();
    if sheet.ink == Ink::Dark { fit } else { -fit }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eye::cross::tests::drawn;
    use crate::eye::threshold::Thresholds;

    #[test]
    fn a_pattern_is_found_two_modules_off_the_estimate() {
        let picture = [
            "...........#",
            ".#.........#",
            "..#.#####...",
            "....#...#..#",
            "..#.#.#.#.#.",
            "....#...#...",
            "#...#####..#",
            "............",
        ];
        let level = drawn(&picture, 4);
        let sheet = Sheet { level: &level, thresholds: &Thresholds::of(&level, None), ink: Ink::Dark };
        let around =
            Frame2 { at: Spot::new(18.0, 22.0), right: Spot::new(4.0, 0.0), down: Spot::new(0.0, 4.0) };
        let hit = locate(&sheet, &around, 3.0, &mut Budget::new(100_000)).unwrap();
        assert!(hit.away.to(Spot::new(2.0, -1.0)) < 0.6 && hit.fit > 0.9, "{hit:?}");
        assert!(locate(&sheet, &around, 3.0, &mut Budget::new(10)).is_none(), "work is bounded");
    }
}
