//! Stage 5, how many modules a side.
//!
//! Idea: the modules measured along the legs give an estimate (under perspective the size of a module at a place
//! is the square of a linear function of the place, so that the geometric mean of both ends counts them); among
//! its neighbours the timing patterns decide, and from version 7 on the version information (ISO/IEC 18004:2015
//! §6.3.5, §7.10, Annex D).
//! Bounds: at most [`NEIGHBOURS`] candidates of 2 x (n - 16) samples.
//! Must not know: the data modules.

use crate::code::layout::{alignment_centres, version_word};
use crate::eye::cross::{Ink, Sheet, cut};
use crate::eye::plane::{Spot, Warp};
use crate::eye::triples::Triple;

/// Candidates a triple gets.
const NEIGHBOURS: i32 = 7;

/// A possible side in modules and how well the timing patterns fit it, -1 to 1.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Side {
    pub(crate) modules: usize,
    pub(crate) fit: f32,
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

    fn modules(&self, triple: &Triple) -> f32 {
        let corner = triple.corner.centre;
        let count = |to: Spot, [a, b]: [f32; 2]| corner.to(to) / (a * b).sqrt().max(0.1);
        (count(triple.right.centre, self.right) + count(triple.down.centre, self.down)) / 2.0 + 7.0
    }

    /// Where the fourth corner lies if the sizes tell the perspective: they go with the square of the depth.
    pub(crate) fn fourth(&self, triple: &Triple) -> Spot {
        let depth = |[near, far]: [f32; 2]| (near / far.max(0.1)).sqrt().clamp(0.6, 1.7);
        let (wb, wc) = (depth(self.right), depth(self.down));
        let wd = (wb + wc - 1.0).max(0.3);
        let (a, b, c) = (triple.corner.centre, triple.right.centre, triple.down.centre);
        b.times(wb).plus(c.times(wc)).minus(a).times(1.0 / wd)
    }
}

fn module_along(sheet: &Sheet<'_>, from: Spot, to: Spot, triple: &Triple) -> f32 {
    let way = to.minus(from);
    let step = way.times(1.0 / way.x.abs().max(way.y.abs()).max(1e-3));
    let rough = triple.corner.module;
    let cut = cut(sheet, from, step, rough * 9.0).filter(|c| c.in_proportion(0.9));
    // Along a leg that is not level a module is longer or shorter than the mean of across and down.
    cut.map_or(rough, |c| c.module()).max(0.5)
}

/// The warp from modules to pixels for three patterns and the fourth corner of their square.
pub(crate) fn warp(triple: &Triple, fourth: Spot, modules: usize) -> Warp {
    let far = modules as f32 - 3.5;
    let from = [Spot::new(3.5, 3.5), Spot::new(far, 3.5), Spot::new(3.5, far), Spot::new(far, far)];
    Warp::between(from, [triple.corner.centre, triple.right.centre, triple.down.centre, fourth])
}

/// The possible sides, the best first.
pub(crate) fn sides(sheet: &Sheet<'_>, triple: &Triple, legs: &Legs) -> Vec<Side> {
    let version = ((legs.modules(triple) - 17.0) / 4.0).round().clamp(-9.0, 60.0) as i32;
    let around = (0..NEIGHBOURS).map(|k| version + if k % 2 == 0 { k / 2 } else { -(k + 1) / 2 });
    let mut sides: Vec<Side> = around
        .filter(|v| (1..=40).contains(v))
        .map(|v| {
            let modules = v as usize * 4 + 17;
            let warp = warp(triple, triple.parallelogram(), modules);
            let far = 0.02 * (v - version).abs() as f32;
            Side { modules, fit: fit(sheet, &warp, modules) - far + told(sheet, &warp, modules) }
        })
        .collect();
    sides.sort_by(|a, b| b.fit.total_cmp(&a.fit));
    sides
}

/// How well both timing patterns alternate: each module against the mean of its neighbours, so that slow changes
/// of the light do not count.
pub(crate) fn fit(sheet: &Sheet<'_>, warp: &Warp, modules: usize) -> f32 {
    let lines = [(0.0, 1.0), (1.0, 0.0)];
    let (mut sum, mut all) = (0.0, 1e-3);
    for (x, y) in lines {
        let at = |k: usize| {
            let along = k as f32 + 0.5;
            sheet.level.at(warp.map(Spot::new(x * 6.5 + y * along, y * 6.5 + x * along)))
        };
        let values: Vec<f32> = (7..modules - 7).map(at).collect();
        for (k, three) in values.windows(3).enumerate() {
            let step = three[1] - (three[0] + three[2]) / 2.0;
            sum += if k % 2 == 0 { -step } else { step };
            all += step.abs();
        }
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
        let sum: f32 = values.iter().enumerate().map(|(n, v)| if word >> n & 1 == 1 { mean - v } else { v - mean }).sum();
        if sheet.ink == Ink::Dark { sum / all } else { -sum / all }
    });
    let best = copies[0].max(copies[1]);
    if best > 0.7 { best / 2.0 } else { 0.0 }
}

/// The place of the alignment pattern nearest the fourth corner, in modules; none in version 1.
pub(crate) fn last_alignment(modules: usize) -> Option<f32> {
    alignment_centres((modules - 17) / 4).last().map(|c| *c as f32 + 0.5)
}
