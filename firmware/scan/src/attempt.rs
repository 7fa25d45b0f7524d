//! One attempt: three finder patterns in, a payload out. The ladder from the cheap to the thorough.
//!
//! Promises: work is paid from the budget; nothing is remembered of an attempt that failed.
//! Must not know: how the patterns were found, which attempts come before or after.

use crate::code::layout::Layout;
use crate::code::payload::PayloadError;
use crate::code::read::{Hand, Outcome, read};
use crate::eye::align::{Frame2, locate};
use crate::eye::budget::Budget;
use crate::eye::cross::{Ink, Sheet};
use crate::eye::level::Level;
use crate::eye::mesh;
use crate::eye::plane::{Spot, Warp};
use crate::eye::sample::{Bent, Modules, probe, sample};
use crate::eye::soften::Soft;
use crate::eye::threshold::Thresholds;
use crate::eye::timing::{self, Legs, Side};
use crate::eye::triples::Triple;

/// How far an attempt goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Effort {
    /// The likely side, the flat map.
    Quick,
    /// Neighbouring sides, other sizes of the picture, bent paper.
    Thorough,
}

/// A level with its thresholds and the frame pixels that one of its pixels spans.
#[derive(Debug)]
pub(crate) struct View {
    pub(crate) level: Level,
    pub(crate) thresholds: Thresholds,
    pub(crate) scale: f32,
}

/// A symbol read.
#[derive(Debug)]
pub(crate) struct Reading {
    pub(crate) bytes: Vec<u8>,
    pub(crate) version: usize,
    /// In frame pixels, as printed: top left, top right, bottom right, bottom left.
    pub(crate) corners: [Spot; 4],
}

/// What came of it.
#[derive(Debug)]
pub(crate) enum Answer {
    Read(Reading),
    /// There is a symbol, and it is refused for what it is.
    Refused(PayloadError),
    /// How well the known modules fitted at best, -1 to 1.
    Nothing(f32),
}

/// Timing patterns that alternate less are chance.
const LEAST_TIMING: f32 = 0.22;

/// Places that correlate less with finder patterns are none.
const LEAST_FINDERS: f32 = 0.5;

/// Known modules must fit this well before a free mesh is laid over them.
const WORTH_BENDING: f32 = 0.45;

/// Known modules that fit less are chance.
const LEAST_FIT: f32 = 0.3;

/// Tries to read the symbol of `triple`, which is in frame pixels.
pub(crate) fn attempt(
    views: &[View],
    triple: &Triple,
    ink: Ink,
    effort: Effort,
    budget: &mut Budget,
) -> Answer {
    let module = (triple.corner.module + triple.right.module + triple.down.module) / 3.0;
    let first = views.iter().rposition(|v| module / v.scale >= 2.6).unwrap_or(0);
    let mut fit = -1.0f32;
    let mut levels = vec![first];
    if effort == Effort::Thorough {
        levels.extend(first.checked_sub(1));
        levels.extend(Some(first + 1).filter(|n| views.get(*n).is_some_and(|v| module / v.scale >= 1.4)));
    }
    for n in levels {
        let view = &views[n];
        let sheet = Sheet { level: &view.level, thresholds: &view.thresholds, ink };
        let trial = Trial { sheet, triple: scaled(triple, 1.0 / view.scale), scale: view.scale, effort };
        match trial.run(budget) {
            Answer::Nothing(f) => fit = fit.max(f),
            done => return done,
        }
    }
    Answer::Nothing(fit)
}

fn scaled(triple: &Triple, factor: f32) -> Triple {
    let mut triple = *triple;
    for finder in [&mut triple.corner, &mut triple.right, &mut triple.down] {
        finder.centre = finder.centre.times(factor);
        finder.module *= factor;
    }
    triple
}

struct Trial<'a> {
    sheet: Sheet<'a>,
    /// In pixels of the sheet.
    triple: Triple,
    scale: f32,
    effort: Effort,
}

impl Trial<'_> {
    fn run(&self, budget: &mut Budget) -> Answer {
        if !budget.spend(150) {
            return Answer::Nothing(-1.0);
        }
        let legs = Legs::measure(&self.sheet, &self.triple);
        let [right, down] = legs.counts(&self.triple);
        if right.max(down) > 1.3 * right.min(down) || right.min(down) < 15.0 {
            return Answer::Nothing(-1.0);
        }
        if timing::finder_fit(&self.sheet, &self.triple, &legs) < LEAST_FINDERS {
            return Answer::Nothing(-1.0);
        }
        let (near, most) = if self.effort == Effort::Quick { (3, 1) } else { (5, 2) };
        if !budget.spend(600 * near as usize) {
            return Answer::Nothing(-1.0);
        }
        let sides = timing::sides(&self.sheet, &self.triple, &legs, near);
        let mut fit = sides.first().map_or(-1.0, |s| s.fit.min(1.0) - 1.0);
        for side in sides.iter().take(most).filter(|s| s.fit > LEAST_TIMING) {
            match self.with_side(*side, budget) {
                Answer::Nothing(f) => fit = fit.max(f),
                done => return done,
            }
        }
        Answer::Nothing(fit)
    }

    fn with_side(&self, side: Side, budget: &mut Budget) -> Answer {
        let layout = Layout::of((side.modules - 17) / 4);
        let mut best: Option<(f32, Warp)> = None;
        for warp in self.warps(side, budget) {
            let bent = Bent { warp, field: None };
            let (fit, answer) = self.decode(&bent, &layout, budget);
            if !matches!(answer, Answer::Nothing(_)) {
                return answer;
            }
            if best.is_none_or(|b| fit > b.0) {
                best = Some((fit, warp));
            }
        }
        let Some((fit, warp)) = best.filter(|b| b.0 > LEAST_FIT) else { return Answer::Nothing(-1.0) };
        let flat = Bent { warp, field: None };
        let aligned = mesh::aligned(&self.sheet, &flat, &layout, budget);
        let bent = Bent { warp, field: aligned };
        if bent.field.is_some() {
            let (_, answer) = self.decode(&bent, &layout, budget);
            if !matches!(answer, Answer::Nothing(_)) {
                return answer;
            }
        }
        if self.effort == Effort::Thorough
            && fit > WORTH_BENDING
            && let Some(field) = mesh::free(&self.sheet, &bent, &layout, budget)
        {
            let bent = Bent { warp, field: Some(field) };
            let (_, answer) = self.decode(&bent, &layout, budget);
            if !matches!(answer, Answer::Nothing(_)) {
                return answer;
            }
        }
        Answer::Nothing(fit)
    }

    /// The maps to try, the likeliest first: through the last alignment pattern, or the fourth corner as estimated.
    fn warps(&self, side: Side, budget: &mut Budget) -> Vec<Warp> {
        let (triple, modules) = (&self.triple, side.modules);
        let tilted = timing::warp(triple, side.fourth, modules);
        let flat = timing::warp(triple, triple.parallelogram(), modules);
        let Some(place) = timing::last_alignment(modules) else { return vec![tilted, flat] };
        let place = Spot::new(place, place);
        let mut warps = Vec::new();
        let searches: &[(&Warp, f32)] = if self.effort == Effort::Quick {
            &[(&tilted, 1.5), (&tilted, 4.0)]
        } else {
            &[(&tilted, 4.0), (&tilted, 8.0), (&flat, 4.0)]
        };
        for (estimate, reach) in searches {
            let frame = Frame2::of(|p| estimate.map(p), place);
            if warps.first().is_some_and(|w: &(f32, Warp)| w.0 > 0.75) {
                continue;
            }
            let hit = locate(&self.sheet, &frame, *reach, budget).filter(|h| h.fit > 0.5);
            if let Some(hit) = hit {
                let spot = frame.spot(hit.away.x, hit.away.y);
                warps.push((hit.fit, through(triple, modules, place, spot)));
            }
        }
        warps.sort_by(|a, b| b.0.total_cmp(&a.0));
        let mut warps: Vec<Warp> = warps.into_iter().map(|w| w.1).collect();
        let same = |a: &mut Warp, b: &mut Warp| a.map(place).to(b.map(place)) < 0.3 * triple.corner.module;
        warps.dedup_by(|a, b| same(a, b));
        warps.push(tilted);
        if self.effort == Effort::Thorough {
            warps.push(flat);
        }
        warps
    }

    /// Samples and reads; also how well the known modules fit.
    fn decode(&self, bent: &Bent, layout: &Layout, budget: &mut Budget) -> (f32, Answer) {
        if !budget.spend(layout.known) {
            return (-1.0, Answer::Nothing(-1.0));
        }
        let fit = probe(&self.sheet, layout, |p| bent.map(p));
        if fit < LEAST_FIT || !budget.spend(self.price(layout)) {
            return (fit, Answer::Nothing(fit));
        }
        let modules = self.sampled(bent, layout.side);
        let soft = Soft::of(&modules, self.sheet.ink);
        let mut outcome = read(&soft, layout);
        if outcome == Outcome::Failed
            && let Some(equal) = soft.equalised(layout)
        {
            outcome = read(&equal, layout);
        }
        let answer = match outcome {
            Outcome::Read(bytes, hand) => {
                let corners = self.corners(bent, layout.side, hand);
                Answer::Read(Reading { bytes, version: layout.version, corners })
            }
            Outcome::Refused(why) => Answer::Refused(why),
            Outcome::Failed => Answer::Nothing(fit),
        };
        (fit, answer)
    }

    /// What sampling, deciding and correcting cost at worst; a quick attempt seldom comes to the worst.
    fn price(&self, layout: &Layout) -> usize {
        let each = if self.effort == Effort::Quick { 3 } else { 45 };
        layout.side * layout.side * each
    }

    fn sampled(&self, bent: &Bent, side: usize) -> Modules {
        match bent.field {
            Some(_) => sample(self.sheet.level, side, |p| bent.map(p)),
            None => sample(self.sheet.level, side, |p| bent.warp.map(p)),
        }
    }

    fn corners(&self, bent: &Bent, side: usize, hand: Hand) -> [Spot; 4] {
        let far = side as f32;
        let mut corners = [(0.0, 0.0), (far, 0.0), (far, far), (0.0, far)];
        if hand == Hand::Mirrored {
            corners.swap(1, 3);
        }
        corners.map(|(x, y)| bent.map(Spot::new(x, y)).times(self.scale))
    }
}

/// The map through three finder patterns and one more known place.
fn through(triple: &Triple, modules: usize, place: Spot, spot: Spot) -> Warp {
    let far = modules as f32 - 3.5;
    let from = [Spot::new(3.5, 3.5), Spot::new(far, 3.5), Spot::new(3.5, far), place];
    Warp::between(from, [triple.corner.centre, triple.right.centre, triple.down.centre, spot])
}
