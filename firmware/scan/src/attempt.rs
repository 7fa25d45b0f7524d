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
use crate::eye::mesh;
use crate::eye::plane::{Spot, Warp};
use crate::eye::sample::{Bent, Modules, probe, sample};
use crate::eye::soften::{Reach, Soft};
use crate::eye::timing::{self, Legs, Side};
use crate::eye::triples::Triple;
use crate::eye::views::Views;
use crate::together::Glimpse;

/// How far an attempt goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Effort {
    /// The likely side, the flat map.
    Quick,
    /// Neighbouring sides, bent paper; at every size of the picture that may do.
    Thorough,
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
    Nothing(Miss),
}

/// What an attempt in vain leaves.
#[derive(Debug, Default)]
pub(crate) struct Miss {
    /// How well the known modules fitted at best, -1 to 1.
    pub(crate) fit: f32,
    /// The modules that fitted best, if they came as far as error correction.
    pub(crate) glimpse: Option<Glimpse>,
}

impl Miss {
    /// Nothing fitted.
    const NONE: Self = Self { fit: -1.0, glimpse: None };

    fn fitting(fit: f32) -> Self {
        Self { fit, glimpse: None }
    }

    /// The better of two, part by part.
    fn or(self, other: Self) -> Self {
        Self { fit: self.fit.max(other.fit), glimpse: Glimpse::better(self.glimpse, other.glimpse) }
    }
}

/// Timing patterns that alternate less are chance.
const LEAST_TIMING: f32 = 0.22;

/// Places that correlate less with finder patterns are none.
const LEAST_FINDERS: f32 = 0.5;

/// Known modules must fit this well before a free mesh is laid over them.
const WORTH_BENDING: f32 = 0.45;

/// Known modules that fit less are chance.
const LEAST_FIT: f32 = 0.3;

/// Pixels a module in the level that suits it: fewer blur into each other, more cost more.
pub(crate) const SUITABLE: f32 = 2.6;

/// Tries to read the symbol of `triple`, which is in frame pixels.
pub(crate) fn attempt(
    views: &Views<'_>,
    triple: &Triple,
    ink: Ink,
    effort: Effort,
    budget: &mut Budget,
) -> Answer {
    let module = (triple.corner.module + triple.right.module + triple.down.module) / 3.0;
    let first = views.coarsest(module, SUITABLE);
    let mut miss = Miss::NONE;
    let coarser = Some(first + 1).filter(|n| *n < views.len() && module / views.scale(*n) >= 1.4);
    let beside = first.checked_sub(1).into_iter().chain(coarser);
    let levels: Vec<usize> = match effort {
        Effort::Quick => vec![first],
        Effort::Thorough => std::iter::once(first).chain(beside).collect(),
    };
    for n in levels {
        let (sheet, scale) = (views.sheet(n, ink), views.scale(n));
        let trial = Trial { sheet, triple: scaled(triple, 1.0 / scale), scale, effort };
        match trial.run(budget) {
            Answer::Nothing(another) => miss = miss.or(another),
            done => return done,
        }
    }
    Answer::Nothing(miss)
}

pub(crate) fn scaled(triple: &Triple, factor: f32) -> Triple {
    let mut triple = *triple;
    for finder in [&mut triple.corner, &mut triple.right, &mut triple.down] {
        *finder = finder.scaled(factor);
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
            return Answer::Nothing(Miss::NONE);
        }
        let legs = Legs::measure(&self.sheet, &self.triple);
        let [right, down] = legs.counts(&self.triple);
        if right.max(down) > 1.3 * right.min(down) || right.min(down) < 15.0 {
            return Answer::Nothing(Miss::NONE);
        }
        if timing::finder_fit(&self.sheet, &self.triple, &legs) < LEAST_FINDERS {
            return Answer::Nothing(Miss::NONE);
        }
        let (near, most) = if self.effort == Effort::Quick { (3, 1) } else { (5, 2) };
        if !budget.spend(600 * near as usize) {
            return Answer::Nothing(Miss::NONE);
        }
        let sides = timing::sides(&self.sheet, &self.triple, &legs, near);
        let mut miss = Miss::fitting(sides.first().map_or(-1.0, |s| s.fit.min(1.0) - 1.0));
        for side in sides.iter().take(most).filter(|s| s.fit > LEAST_TIMING) {
            match self.with_side(*side, budget) {
                Answer::Nothing(another) => miss = miss.or(another),
                done => return done,
            }
        }
        Answer::Nothing(miss)
    }

    fn with_side(&self, side: Side, budget: &mut Budget) -> Answer {
        let layout = Layout::of((side.modules - 17) / 4);
        let mut best: Option<(f32, Warp)> = None;
        let mut miss = Miss::NONE;
        for warp in self.warps(side, budget) {
            match self.decode(&Bent { warp, field: None }, &layout, budget) {
                Answer::Nothing(m) => {
                    if best.is_none_or(|b| m.fit > b.0) {
                        best = Some((m.fit, warp));
                    }
                    miss = miss.or(m);
                }
                done => return done,
            }
        }
        match best.filter(|b| b.0 > LEAST_FIT) {
            Some((_, warp)) => self.bent(warp, &layout, miss, budget),
            None => Answer::Nothing(Miss::NONE),
        }
    }

    /// The maps with displacements, on the flat map that fitted best; `miss` is what the flat maps gave.
    fn bent(&self, warp: Warp, layout: &Layout, miss: Miss, budget: &mut Budget) -> Answer {
        let (flat, fit) = (Bent { warp, field: None }, miss.fit);
        let mut glimpse = miss.glimpse;
        let aligned = mesh::aligned(&self.sheet, &flat, layout, budget);
        let bent = Bent { warp, field: aligned };
        if bent.field.is_some() {
            match self.decode(&bent, layout, budget) {
                Answer::Nothing(m) => glimpse = Glimpse::better(glimpse, m.glimpse),
                done => return done,
            }
        }
        if self.effort != Effort::Quick
            && fit > WORTH_BENDING
            && let Some(field) = mesh::free(&self.sheet, &bent, layout, budget)
        {
            match self.decode(&Bent { warp, field: Some(field) }, layout, budget) {
                Answer::Nothing(m) => glimpse = Glimpse::better(glimpse, m.glimpse),
                done => return done,
            }
        }
        Answer::Nothing(Miss { fit, glimpse })
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
        if self.effort != Effort::Quick {
            warps.push(flat);
        }
        warps
    }

    /// Samples and reads.
    fn decode(&self, bent: &Bent, layout: &Layout, budget: &mut Budget) -> Answer {
        if !budget.spend(layout.known) {
            return Answer::Nothing(Miss::NONE);
        }
        let fit = probe(&self.sheet, layout, |p| bent.map(p));
        if fit < LEAST_FIT || !budget.spend(self.price(layout)) {
            return Answer::Nothing(Miss::fitting(fit));
        }
        let modules = self.sampled(bent, layout.side);
        let soft = Soft::of(&modules, self.sheet.ink, Reach::Wide);
        let mut outcome = read(&soft, layout);
        if outcome == Outcome::Failed && self.effort != Effort::Quick {
            outcome = read(&Soft::of(&modules, self.sheet.ink, Reach::Near), layout);
        }
        if outcome == Outcome::Failed
            && let Some(equal) = soft.equalised(layout)
        {
            outcome = read(&equal, layout);
        }
        match outcome {
            Outcome::Read(bytes, hand) => {
                let corners = self.corners(bent, layout.side, hand);
                Answer::Read(Reading { bytes, version: layout.version, corners })
            }
            Outcome::Refused(why) => Answer::Refused(why),
            Outcome::Failed => {
                let corners = self.corners(bent, layout.side, Hand::Straight);
                let glimpse = Glimpse { version: layout.version, fit, soft, corners };
                Answer::Nothing(Miss { fit, glimpse: Some(glimpse) })
            }
        }
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
pub(crate) fn through(triple: &Triple, modules: usize, place: Spot, spot: Spot) -> Warp {
    let far = modules as f32 - 3.5;
    let from = [Spot::new(3.5, 3.5), Spot::new(far, 3.5), Spot::new(3.5, far), place];
    Warp::between(from, [triple.corner.centre, triple.right.centre, triple.down.centre, spot])
}

#[cfg(test)]
mod tests;
