//! Stage 4b, the third pattern of a code of which two were seen.
//!
//! Idea: motion, noise and modules of a pixel and a half spoil the runs of one pattern in three, and its square still
//! correlates. Two sure patterns say where the third may be: square to them at either end, or across. There the
//! square is searched ([`square_fit`], template matching by normalised correlation, Lewis 1995), without thresholds.
//! Bounds: six places a pair, each of at most 25 x 25 steps; all of it is paid from the budget.
//! Must not know: what was read, which patterns belong together in the end.

use crate::eye::budget::Budget;
use crate::eye::cross::{Ink, Sheet};
use crate::eye::finders::Finder;
use crate::eye::plane::Spot;
use crate::eye::square::square_fit;

/// Steps of the search, in modules: half of what a square may be off and still correlate.
const STEP: f32 = 0.7;

/// How far off the third pattern may be, as a share of the distance of the other two: tilt.
const SLACK: f32 = 0.15;

/// Most steps to each side.
const MOST_STEPS: i32 = 12;

/// What fits less is the data of the code.
const LEAST_FIT: f32 = 0.5;

/// The patterns of a module of the pair's mean that may be the third of `pair`, at most one a place.
pub(crate) fn thirds(sheet: &Sheet<'_>, pair: [&Finder; 2], budget: &mut Budget) -> Vec<Finder> {
    let [a, b] = pair.map(|f| f.centre);
    let (way, middle) = (b.minus(a), a.plus(b).times(0.5));
    let square = Spot::new(-way.y, way.x);
    let half = square.times(0.5);
    // The axes of a pattern lie along a leg, and half way between when the two are opposite corners.
    let across = way.plus(square);
    let places = [
        (a.plus(square), way),
        (a.minus(square), way),
        (b.plus(square), way),
        (b.minus(square), way),
        (middle.plus(half), across),
        (middle.minus(half), across),
    ];
    let module = (pair[0].module + pair[1].module) / 2.0;
    let search = |(place, axis): (Spot, Spot)| {
        let unit = axis.times(1.0 / axis.length().max(1e-3));
        // Rows and columns of pixels cut a turned pattern's modules longer than they are.
        let own = module * unit.x.abs().max(unit.y.abs());
        let right = unit.times(own);
        let around = Around { sheet, right, down: Spot::new(-right.y, right.x) };
        let steps = (way.length() * SLACK / own / STEP) as i32 + 2;
        around.best(place, steps.min(MOST_STEPS), budget)
    };
    let found = places.into_iter().filter_map(search);
    found.map(|(centre, fit)| Finder { centre, module, hits: 1, fit }).collect()
}

/// A search with modules of known length and direction.
struct Around<'a> {
    sheet: &'a Sheet<'a>,
    right: Spot,
    down: Spot,
}

impl Around<'_> {
    /// The place that correlates best with a pattern, when it does so well enough.
    fn best(&self, place: Spot, steps: i32, budget: &mut Budget) -> Option<(Spot, f32)> {
        let side = 2 * steps + 1;
        let inside = place.x > 0.0
            && place.y > 0.0
            && place.x < self.sheet.level.width as f32
            && place.y < self.sheet.level.height as f32;
        if !inside || !budget.spend((side * side) as usize * 12) {
            return None;
        }
        let mut best = (place, -1.0);
        for n in 0..side * side {
            let away = Spot::new((n % side - steps) as f32 * STEP, (n / side - steps) as f32 * STEP);
            let spot = self.spot(place, away);
            if self.promising(spot) {
                best = better(best, (spot, self.fit(spot)));
            }
        }
        for step in [STEP / 2.0, STEP / 4.0, STEP / 8.0] {
            let start = best.0;
            for n in (0..9).filter(|n| *n != 4) {
                let spot = self.spot(start, Spot::new((n % 3 - 1) as f32 * step, (n / 3 - 1) as f32 * step));
                best = better(best, (spot, self.fit(spot)));
            }
        }
        Some(best).filter(|b| b.1 > LEAST_FIT)
    }

    fn spot(&self, from: Spot, away: Spot) -> Spot {
        from.plus(self.right.times(away.x)).plus(self.down.times(away.y))
    }

    fn fit(&self, centre: Spot) -> f32 {
        square_fit(self.sheet, centre, self.right, self.down)
    }

    /// A gap that is lighter than stone and ring: most places fail this after nine pixels.
    fn promising(&self, centre: Spot) -> bool {
        let at = |x: f32, y: f32| self.sheet.level.near(self.spot(centre, Spot::new(x, y)));
        let four = |r: f32| at(r, 0.0) + at(-r, 0.0) + at(0.0, r) + at(0.0, -r);
        let (gap, ring, stone) = (four(2.0), four(3.0), 4.0 * at(0.0, 0.0));
        if self.sheet.ink == Ink::Dark { gap > ring && gap > stone } else { gap < ring && gap < stone }
    }
}

fn better(one: (Spot, f32), other: (Spot, f32)) -> (Spot, f32) {
    if other.1 > one.1 { other } else { one }
}

#[cfg(test)]
mod tests {
    use qrcodegen::{QrCode, QrCodeEcc};

    use super::*;
    use crate::eye::level::Level;
    use crate::eye::threshold::Thresholds;
    use crate::eye::triples::tests::finder;

    const MODULE: f32 = 4.0;

    /// A code turned by `degrees`, its middle at (150, 150), with a moved or a noisy picture of it: each pixel the
    /// mean of `length` along its row. With it, where its three patterns are.
    fn drawn(degrees: f32, length: usize) -> (Level<'static>, [Spot; 3]) {
        let code = QrCode::encode_binary(&[7; 60], QrCodeEcc::Low).unwrap();
        let (sin, cos) = degrees.to_radians().sin_cos();
        let half = code.size() as f32 / 2.0;
        let ink = |n: usize| {
            let (x, y) = ((n % 300) as f32 - 149.5, (n / 300) as f32 - 149.5);
            let (u, v) = ((x * cos + y * sin) / MODULE + half, (y * cos - x * sin) / MODULE + half);
            if code.get_module(u.floor() as i32, v.floor() as i32) { 20u32 } else { 220 }
        };
        let sharp: Vec<u32> = (0..300 * 300).map(ink).collect();
        let moved = |n: usize| (0..length).map(|k| sharp[(n + k).min(89_999)]).sum::<u32>() / length as u32;
        let place = |x: f32, y: f32| {
            let (x, y) = (x * MODULE, y * MODULE);
            Spot::new(x * cos - y * sin + 150.0 - length as f32 / 2.0, x * sin + y * cos + 150.0)
        };
        let far = half - 3.5;
        let places = [place(-far, -far), place(far, -far), place(-far, far)];
        (Level::new(300, 300, (0..300 * 300).map(|n| moved(n) as u8).collect()), places)
    }

    fn found(level: &Level<'_>, [a, b]: [Spot; 2], ink: Ink, work: u32) -> Vec<Finder> {
        let sheet = Sheet { level, thresholds: &Thresholds::of(level, None), ink };
        let pair = [a, b].map(|s| finder(s.x, s.y, MODULE));
        thirds(&sheet, [&pair[0], &pair[1]], &mut Budget::new(work))
    }

    #[test]
    fn the_third_is_found_from_any_two_in_a_moved_picture() {
        for degrees in [0.0, 14.0, 100.0] {
            let (level, [corner, right, down]) = drawn(degrees, 6);
            for (pair, third) in [([corner, right], down), ([corner, down], right), ([right, down], corner)] {
                let found = found(&level, pair, Ink::Dark, 100_000);
                assert!(found.iter().any(|f| f.centre.to(third) < MODULE), "{degrees}: {found:?} {third:?}");
            }
        }
    }

    #[test]
    fn nothing_is_found_where_nothing_is_nor_beyond_the_work_nor_the_other_ink() {
        let (level, [corner, right, down]) = drawn(14.0, 1);
        assert!(found(&level, [corner, right], Ink::Dark, 100).is_empty());
        let light = found(&level, [corner, right], Ink::Light, 100_000);
        assert!(light.iter().all(|f| f.centre.to(down) > MODULE), "{light:?}");
        let grey = Level::new(300, 300, vec![128; 90_000]);
        assert!(found(&grey, [corner, right], Ink::Dark, 100_000).is_empty());
        assert!(found(&level, [Spot::new(-9e9, f32::NAN), right], Ink::Dark, 100_000).is_empty());
    }
}
