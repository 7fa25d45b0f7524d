//! Stage 5, how many modules a side.
//!
//! Idea: the modules measured along the legs give an estimate (under perspective the size of a module at a place
//! is the square of a linear function of the place, so that the geometric mean of both ends counts them); among
//! its neighbours the timing patterns decide, and from version 7 on the version information (ISO/IEC 18004:2015
//! §6.3.5, §7.10, Annex D).
//! Bounds: for each candidate 2 x 9 lines of n samples.
//! Must not know: the data modules.

use crate::code::layout::{alignment_centres, version_word};
use crate::eye::cross::{Ink, Sheet, cut};
use crate::eye::plane::{Spot, Warp};
use crate::eye::square::square_fit;
use crate::eye::triples::Triple;

/// A possible side in modules and how well the timing patterns fit it, -1 to 1.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Side {
    pub(crate) modules: usize,
    pub(crate) fit: f32,
    /// The centre of the square's fourth corner, where a finder pattern is missing, in pixels.
    pub(crate) fourth: Spot,
}

/// Sizes of modules along the legs, at their ends.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Legs {
    pub(crate) right: [f32; 2],
    pub(crate) down: [f32; 2],
}

impl Legs {
    pub(crate) fn measure(sheet: &Sheet<'_>, triple: &Triple) -> Self {
        let leg = |to: Spot| {
            let from = triple.corner.centre;
            [module_along(sheet, from, to, triple), module_along(sheet, to, from, triple)]
        };
        Self { right: leg(triple.right.centre), down: leg(triple.down.centre) }
    }

    /// The modules a side along each leg, right and down.
    pub(crate) fn counts(&self, triple: &Triple) -> [f32; 2] {
        let corner = triple.corner.centre;
        let count = |to: Spot, [a, b]: [f32; 2]| corner.to(to) / (a * b).sqrt().max(0.1) + 7.0;
        [count(triple.right.centre, self.right), count(triple.down.centre, self.down)]
    }

    /// The depth of the far end of each leg, the corner's being 1: sizes go with the square of the depth.
    fn depths(&self) -> [f32; 2] {
        [self.right, self.down].map(|[near, far]| (near / far.max(0.1)).sqrt().clamp(0.6, 1.7))
    }
}

/// The fourth corner for the depths of the ends of the legs.
fn fourth(triple: &Triple, [wb, wc]: [f32; 2]) -> Spot {
    let wd = (wb + wc - 1.0).max(0.3);
    let (a, b, c) = (triple.corner.centre, triple.right.centre, triple.down.centre);
    b.times(wb).plus(c.times(wc)).minus(a).times(1.0 / wd)
}

/// How well the three places look like finder patterns lying along the legs, the worst of them, -1 to 1: squares
/// of stone, gap, ring and paper around each centre, correlated. Tells text and leaves from patterns.
pub(crate) fn finder_fit(sheet: &Sheet<'_>, triple: &Triple, legs: &Legs) -> f32 {
    let unit = |to: Spot| {
        let way = to.minus(triple.corner.centre);
        way.times(1.0 / way.length().max(1e-3))
    };
    let (right, down) = (unit(triple.right.centre), unit(triple.down.centre));
    let [near_right, far_right] = legs.right;
    let [near_down, far_down] = legs.down;
    // Across a leg the far module is scaled as along it.
    let (grow_right, grow_down) = (far_right / near_right, far_down / near_down);
    let fits = [
        square_fit(sheet, triple.corner.centre, right.times(near_right), down.times(near_down)),
        square_fit(
            sheet,
            triple.right.centre,
            right.times(far_right),
            down.times(near_down * grow_right.sqrt()),
        ),
        square_fit(
            sheet,
            triple.down.centre,
            right.times(near_right * grow_down.sqrt()),
            down.times(far_down),
        ),
    ];
    let mean = (fits[0] + fits[1] + fits[2]) / 3.0;
    if fits[0].min(fits[1]).min(fits[2]) < 0.1 { -1.0 } else { mean }
}

fn module_along(sheet: &Sheet<'_>, from: Spot, to: Spot, triple: &Triple) -> f32 {
    let way = to.minus(from);
    let step = way.times(1.0 / way.x.abs().max(way.y.abs()).max(1e-3));
    let rough = triple.corner.module;
    let cut = cut(sheet, from, step, rough * 1.2).filter(|c| c.in_proportion(0.9));
    // Rows and columns cross a turned module slantwise: along the leg it is shorter than the mean of across and down.
    let slant = way.x.abs().max(way.y.abs()) / way.length().max(1e-3);
    cut.map_or(rough * slant, |c| c.module()).max(0.5)
}

/// The warp from modules to pixels for three patterns and the fourth corner of their square.
pub(crate) fn warp(triple: &Triple, fourth: Spot, modules: usize) -> Warp {
    let far = modules as f32 - 3.5;
    let from = [Spot::new(3.5, 3.5), Spot::new(far, 3.5), Spot::new(3.5, far), Spot::new(far, far)];
    Warp::between(from, [triple.corner.centre, triple.right.centre, triple.down.centre, fourth])
}

/// The possible sides among the `most` nearest to the estimate, the best first.
pub(crate) fn sides(sheet: &Sheet<'_>, triple: &Triple, legs: &Legs, most: i32) -> Vec<Side> {
    let [right, down] = legs.counts(triple);
    let estimate = ((right + down) / 2.0 - 17.0) / 4.0;
    let version = estimate.round().clamp(-9.0, 60.0) as i32;
    let toward = if estimate > version as f32 { 1 } else { -1 };
    let around = (0..most).map(|k| version + toward * if k % 2 == 0 { -k / 2 } else { (k + 1) / 2 });
    let mut sides: Vec<Side> = around
        .filter(|v| (1..=40).contains(v))
        .map(|v| {
            let mut side = fitted(sheet, triple, legs.depths(), v as usize * 4 + 17);
            side.fit -= 0.02 * (v as f32 - estimate).abs();
            side
        })
        .collect();
    sides.sort_by(|a, b| b.fit.total_cmp(&a.fit));
    sides
}

/// The depths, near the measured ones, at which each timing pattern alternates best.
fn fitted(sheet: &Sheet<'_>, triple: &Triple, measured: [f32; 2], modules: usize) -> Side {
    let mut depths = measured;
    let mut fits = [-1.0f32; 2];
    // The middle of a leg moves by a quarter of what the depth changes, times the modules.
    let step = (0.8 / modules as f32).min(0.03);
    for (leg, line) in [Line::Row, Line::Column].into_iter().enumerate() {
        let start = measured[leg];
        let mut best = 0;
        // Every second depth, then those beside the best.
        for pass in [[-6, -4, -2, 0, 2, 4, 6].as_slice(), &[-1, 1]] {
            let middle = best;
            for k in pass {
                let k: i32 = middle + *k;
                let mut trial = depths;
                trial[leg] = start + k as f32 * step;
                let warp = warp(triple, fourth(triple, trial), modules);
                let fit = alternation(sheet, &warp, modules, line) - 0.01 * k.abs() as f32;
                if fit > fits[leg] {
                    (fits[leg], depths[leg], best) = (fit, trial[leg], k);
                }
            }
        }
    }
    let fourth = fourth(triple, depths);
    let told = told(sheet, &warp(triple, fourth, modules), modules);
    Side { modules, fit: (fits[0] + fits[1]) / 2.0 + told, fourth }
}

/// One of the two timing patterns.
#[derive(Clone, Copy)]
enum Line {
    Row,
    Column,
}

/// How well a timing pattern alternates, -1 to 1: each module against the mean of its neighbours, so that slow
/// changes of the light do not count.
fn alternation(sheet: &Sheet<'_>, warp: &Warp, modules: usize, line: Line) -> f32 {
    let at = |k: usize| {
        let along = k as f32 + 0.5;
        let place = match line {
            Line::Row => Spot::new(along, 6.5),
            Line::Column => Spot::new(6.5, along),
        };
        sheet.level.at(warp.map(place))
    };
    let (mut sum, mut all) = (0.0, 1e-3);
    let (mut before, mut here) = (at(7), at(8));
    for k in 8..modules - 8 {
        let after = at(k + 1);
        let step = here - (before + after) / 2.0;
        sum += if k % 2 == 0 { -step } else { step };
        all += step.abs();
        (before, here) = (here, after);
    }
    let fit = sum / all;
    if sheet.ink == Ink::Dark { fit } else { -fit }
}

/// What the version information says for this side, from version 7 on: 0 to 0.5.
fn told(sheet: &Sheet<'_>, warp: &Warp, modules: usize) -> f32 {
    let version = (modules - 17) / 4;
    if version < 7 {
        return 0.0;
    }
    let word = version_word(version as u32);
    let copies = [false, true].map(|transposed| {
        let values: [f32; 18] = std::array::from_fn(|n| {
            let (x, y) = ((modules - 11 + n % 3) as f32 + 0.5, (n / 3) as f32 + 0.5);
            sheet.level.at(warp.map(if transposed { Spot::new(y, x) } else { Spot::new(x, y) }))
        });
        let mean = values.iter().sum::<f32>() / 18.0;
        let all: f32 = values.iter().map(|v| (v - mean).abs()).sum::<f32>() + 1e-3;
        let sum: f32 = values
            .iter()
            .enumerate()
            .map(|(n, v)| if word >> n & 1 == 1 { mean - v } else { v - mean })
            .sum();
        if sheet.ink == Ink::Dark { sum / all } else { -sum / all }
    });
    let best = copies[0].max(copies[1]);
    if best > 0.7 { best / 2.0 } else { 0.0 }
}

/// The place of the alignment pattern nearest the fourth corner, in modules; none in version 1.
pub(crate) fn last_alignment(modules: usize) -> Option<f32> {
    alignment_centres((modules - 17) / 4).last().map(|c| *c as f32 + 0.5)
}

#[cfg(test)]
mod tests {
    use qrcodegen::{QrCode, QrCodeEcc, QrSegment, Version};

    use super::*;
    use crate::eye::level::Level;
    use crate::eye::threshold::Thresholds;
    use crate::eye::triples::tests::finder;

    /// A code of this version, five pixels a module, its top left corner at (20, 20).
    fn drawn(version: u8) -> (Level<'static>, Triple) {
        let (text, v) = ([QrSegment::make_bytes(b"x")], Version::new(version));
        let code = QrCode::encode_segments_advanced(&text, QrCodeEcc::Low, v, v, None, false).unwrap();
        let width = code.size() as usize * 5 + 40;
        let place = |n: usize| (n as i32 - 20).div_euclid(5);
        let dark = |n: usize| code.get_module(place(n % width), place(n / width));
        let pixels = (0..width * width).map(|n| if dark(n) { 20 } else { 230 }).collect();
        let (near, far) = (37.5, code.size() as f32 * 5.0 + 2.5);
        let triple = Triple {
            corner: finder(near, near, 5.0),
            right: finder(far, near, 5.0),
            down: finder(near, far, 5.0),
        };
        (Level::new(width, width, pixels), triple)
    }

    #[test]
    fn where_no_runs_are_told_apart_a_turned_module_is_that_of_rows_and_columns_made_shorter() {
        let level = Level::new(200, 200, vec![128; 200 * 200]);
        let thresholds = Thresholds::of(&level, None);
        let sheet = Sheet { level: &level, thresholds: &thresholds, ink: Ink::Dark };
        let triple = Triple {
            corner: finder(30.0, 100.0, 5.0),
            right: finder(100.0, 30.0, 5.0),
            down: finder(100.0, 170.0, 5.0),
        };
        let legs = Legs::measure(&sheet, &triple);
        assert!(
            legs.right.iter().chain(&legs.down).all(|m| (m - 5.0 / 2f32.sqrt()).abs() < 0.01),
            "{legs:?}"
        );
    }

    #[test]
    fn the_side_is_told_among_its_neighbours_and_the_fourth_corner_is_where_it_is() {
        for version in [1, 2, 6, 7, 14, 25] {
            let (level, triple) = drawn(version);
            let thresholds = Thresholds::of(&level, None);
            let sheet = Sheet { level: &level, thresholds: &thresholds, ink: Ink::Dark };
            let legs = Legs::measure(&sheet, &triple);
            let best = sides(&sheet, &triple, &legs, 3)[0];
            assert_eq!(best.modules, usize::from(version) * 4 + 17, "{best:?}");
            assert!(best.fourth.to(triple.parallelogram()) < 5.0 && best.fit > 0.8, "{best:?}");
            assert!(finder_fit(&sheet, &triple, &legs) > 0.8);
            let light = Sheet { ink: Ink::Light, ..sheet };
            assert!(finder_fit(&light, &triple, &legs) < 0.0, "the other ink is no pattern");
        }
    }
}
