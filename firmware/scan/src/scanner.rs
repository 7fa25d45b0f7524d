//! The order of the attempts on one frame.
//!
//! Promises: a look returns for every frame, after counted work; a payload was corrected whole in this look, from this
//! frame's pixels or together with the last few frames' (`together`). Must not know: how a single attempt reads (`attempt`), what the symbols mean.

use crate::attempt::{Answer, Effort, Reading, attempt};
use crate::code::payload::PayloadError;
use crate::code::read::Hand;
use crate::eye::budget::Budget;
use crate::eye::cross::Ink;
use crate::eye::finders::{self, Finder, Found};
use crate::eye::plane::Spot;
use crate::eye::triples::{self, Triple};
use crate::eye::views::Views;
use crate::memory::Memory;
use crate::symbol::{Point, Symbol, Symbols, WhyNothing};
use crate::together::{Glimpse, Together};
use crate::why::why;
use crate::{Frame, contain};

/// Modules, in pixels, above which a level leaves finder patterns to the next coarser one.
const LARGEST: f32 = 9.0;

/// Below this fit of the known modules thoroughness hardly ever helps (measured on photographs).
const WORTH_MORE: f32 = 0.28;

/// Most finder patterns of one ink, of all levels together.
const MOST_FINDERS: usize = 400;

/// Rows in which a pattern must have been seen to be more than a likeness.
const SURE_HITS: u32 = 3;

/// Work of the quick attempts of one ink, in samples, before a symbol was read.
const QUICK_WORK: u32 = 30_000;

/// What a symbol read adds to it.
const EARNED: u32 = 25_000;

/// Work of the thorough attempt, in samples.
const THOROUGH_WORK: u32 = 1_400_000;

/// Patterns that are less square may be chance: no ground to say why nothing was read.
const SURE_FIT: f32 = 0.5;

/// Patterns that are so square need not be seen in many rows: small ones meet one or two.
const PLAIN_FIT: f32 = 0.7;

/// Pixels that are searched for what one sample of an attempt costs (instructions counted on aarch64).
const PIXELS_A_SAMPLE: u64 = 8;

/// Reads QR codes in camera frames, one frame after the other.
///
/// While nothing is read, a look does all that the first one of a new scanner does, so that keeping a scanner is never
/// later than making one, and adds up what it half sees. A code that was read is followed and confirmed in its part of
/// the frame, the whole frame every fifth time.
#[derive(Debug)]
pub struct Scanner {
    memory: Memory,
}

impl Scanner {
    /// A scanner that has seen nothing. Installs, once a process, a panic hook that is silent about contained
    /// panics of the decoder and passes all others to the hook before it.
    #[must_use]
    pub fn new() -> Self {
        contain::silence_contained_panics();
        Self { memory: Memory::default() }
    }

    /// Everything that can be read in `frame`, which follows the frame of the look before.
    ///
    /// While one and the same code alone is read, a second one that appears may be missed for four frames.
    pub fn look(&mut self, frame: &Frame<'_>) -> Symbols {
        let size = (frame.width(), frame.height());
        let part = self.confirm(frame, size);
        let part = match part {
            Some(symbols) if self.memory.is_known(&symbols) => return symbols,
            other => other,
        };
        let mut look = Look::at(frame);
        look.quick_and_thorough();
        part.iter().for_each(|before| look.symbols.charge(before));
        self.memory.together.grow_older();
        if look.symbols.is_empty()
            && let Some(glimpse) = look.glimpse.take()
        {
            look.together(glimpse, &mut self.memory.together);
        }
        look.say_why();
        self.memory.learn(size, &look.symbols);
        look.symbols
    }

    /// What the part of the frame shows in which the known code should be.
    fn confirm(&mut self, frame: &Frame<'_>, size: (usize, usize)) -> Option<Symbols> {
        let part = self.memory.part(size)?;
        let mut look = Look::at(&frame.part(part)?);
        look.quick_only();
        look.symbols.shift(part.left, part.top);
        if self.memory.is_known(&look.symbols) {
            look.symbols.iter().for_each(|symbol| self.memory.confirm(symbol));
        }
        Some(look.symbols)
    }
}

impl Default for Scanner {
    fn default() -> Self {
        Self::new()
    }
}

struct Look<'a> {
    views: Views<'a>,
    budget: Budget,
    /// What each level holds, the coarsest first.
    found: Vec<Found>,
    /// Of one ink, in frame pixels.
    finders: Vec<Finder>,
    /// Symbols read, in frame pixels: what lies inside is claimed.
    claimed: Vec<[Spot; 4]>,
    /// Triples that had their quick attempt.
    tried: Vec<[Spot; 3]>,
    /// The likeliest code that the quick attempts did not read.
    unread: Option<Triple>,
    /// The module of two patterns of one code, whether or not the third was seen.
    pair: Option<f32>,
    /// The modules that came nearest to being read.
    glimpse: Option<Glimpse>,
    symbols: Symbols,
}

impl<'a> Look<'a> {
    fn at(frame: &Frame<'a>) -> Self {
        let views = Views::of(frame);
        let mut symbols = Symbols::default();
        symbols.count_work(views.pixels() / PIXELS_A_SAMPLE);
        Self {
            views,
            budget: Budget::new(0),
            found: Vec::new(),
            finders: Vec::new(),
            claimed: Vec::new(),
            tried: Vec::new(),
            unread: None,
            pair: None,
            glimpse: None,
            symbols,
        }
    }

    /// The patterns of both inks in one level, the dark ones confirmed.
    fn search(&mut self, n: usize) {
        let step = row_step(n, self.views.level(n).height);
        let largest = if n + 1 == self.views.len() { f32::MAX } else { LARGEST };
        let found = finders::find(&self.views.sheet(n, Ink::Dark), step, largest);
        found.dark.iter().for_each(|f| add(&mut self.finders, *f, self.views.scale(n)));
        self.found.push(found);
    }

    /// Dark ink. The finest level is half of the search: it waits until the others gave nothing, or not all.
    fn dark(&mut self) -> Vec<(f32, Ink, Triple)> {
        // The coarse first: noise that looks like patterns must not take the place of patterns.
        (1..self.views.len()).rev().for_each(|n| self.search(n));
        let mut left = self.quick(Ink::Dark);
        if !self.symbols.is_empty() && !self.more_to_see() {
            return left;
        }
        self.search(0);
        left.extend(self.quick(Ink::Dark));
        left
    }

    /// The likeliest three patterns, when all of them surely are patterns.
    fn likely(&self) -> Option<Triple> {
        triples::rank(&self.finders).into_iter().find(|t| [t.corner, t.right, t.down].iter().all(is_sure))
    }

    /// The module of two patterns of one code.
    fn pair(&self) -> Option<f32> {
        self.pairs().first().map(|[a, b]| (a.module + b.module) / 2.0)
    }

    /// Whether patterns were seen that belong to no symbol read.
    fn more_to_see(&self) -> bool {
        // Small ones meet one or two rows, but are square.
        let seen = |f: &Finder| f.hits >= SURE_HITS || f.fit > PLAIN_FIT;
        let strange = |f: &&Finder| seen(f) && !self.claimed.iter().any(|quad| inside(quad, f.centre));
        self.finders.iter().filter(strange).count() > 1
    }

    fn light_finders(&self) -> Vec<Finder> {
        let mut list = Vec::new();
        for (n, found) in (0..self.views.len()).rev().zip(&self.found) {
            let light = finders::confirm_light(&self.views.sheet(n, Ink::Light), found);
            light.into_iter().for_each(|f| add(&mut list, f, self.views.scale(n)));
        }
        list
    }

    fn quick_only(&mut self) -> Vec<(f32, Ink, Triple)> {
        let mut left = self.dark();
        if self.symbols.is_empty() {
            left.extend(self.thirds(Ink::Dark));
        }
        if self.symbols.is_empty() {
            self.unread = self.likely();
            self.pair = self.pair();
            self.finders = self.light_finders();
            left.extend(self.quick(Ink::Light));
        }
        if self.symbols.is_empty() {
            left.extend(self.thirds(Ink::Light));
        }
        left
    }

    fn quick_and_thorough(&mut self) {
        let mut left = self.quick_only();
        if !self.symbols.is_empty() {
            return;
        }
        left.sort_by(|a, b| b.0.total_cmp(&a.0));
        self.unread = left.first().map(|l| l.2).or(self.unread);
        if let Some((_, ink, triple)) = left.first() {
            self.grant(THOROUGH_WORK);
            self.try_one(triple, *ink, Effort::Thorough);
            self.grant(0);
        }
    }

    /// What this frame and those before say together.
    fn together(&mut self, glimpse: Glimpse, others: &mut Together) {
        let (version, mut corners) = (glimpse.version, glimpse.corners);
        self.symbols.count_work(8 * glimpse.soft.values.len() as u64);
        let Some(joint) = others.add(glimpse) else { return };
        if joint.hand == Hand::Mirrored {
            corners.swap(1, 3);
        }
        self.take(Reading { bytes: joint.bytes, version, corners });
    }

    fn say_why(&mut self) {
        if self.symbols.is_empty() && self.symbols.why_nothing().is_none() {
            let why = why(&self.views, self.unread.as_ref(), self.pair);
            self.symbols.blame(why);
        }
    }

    /// One quick attempt at each likely triple that has not had one; those that may be worth more, with how well they fitted.
    fn quick(&mut self, ink: Ink) -> Vec<(f32, Ink, Triple)> {
        let mut left = Vec::new();
        self.grant(QUICK_WORK);
        for triple in triples::rank(&self.finders) {
            let places = [triple.corner.centre, triple.right.centre, triple.down.centre];
            if self.tried.contains(&places) {
                continue;
            }
            if let Some(fit) = self.try_one(&triple, ink, Effort::Quick) {
                left.push((fit, ink, triple));
            }
            if self.budget.is_spent() {
                break;
            }
            self.tried.push(places);
        }
        self.grant(0);
        left
    }

    /// A new budget; what the one before was spent on is counted.
    fn grant(&mut self, samples: u32) {
        self.symbols.count_work(self.budget.spent());
        self.budget = Budget::new(samples);
    }

    /// How well the triple fitted, when it may be worth another attempt.
    fn try_one(&mut self, triple: &Triple, ink: Ink, effort: Effort) -> Option<f32> {
        if self.is_claimed(triple) {
            return None;
        }
        match attempt(&self.views, triple, ink, effort, &mut self.budget) {
            Answer::Read(reading) => self.take(reading),
            Answer::Refused(PayloadError::ContainPanic) => self.symbols.count_panic(),
            Answer::Refused(PayloadError::RefusePart) => self.symbols.blame(Some(WhyNothing::PartOfSeveral)),
            Answer::Refused(_) => {}
            Answer::Nothing(miss) => {
                self.glimpse = Glimpse::better(self.glimpse.take(), miss.glimpse);
                return Some(miss.fit).filter(|f| *f > WORTH_MORE);
            }
        }
        None
    }

    fn take(&mut self, reading: Reading) {
        let corners = reading.corners.map(|c| Point { x: c.x as i32, y: c.y as i32 });
        self.claimed.push(reading.corners);
        self.budget.earn(EARNED);
        // What else was refused no longer matters.
        self.symbols.blame(None);
        Symbol::new(reading.bytes, corners, reading.version).into_iter().for_each(|s| self.symbols.add(s));
    }

    fn is_claimed(&self, triple: &Triple) -> bool {
        let centres = [triple.corner.centre, triple.right.centre, triple.down.centre];
        self.claimed.iter().any(|quad| centres.iter().any(|c| inside(quad, *c)))
    }
}

/// Whether it is more than a likeness.
fn is_sure(finder: &Finder) -> bool {
    finder.fit > PLAIN_FIT || (finder.hits >= SURE_HITS && finder.fit > SURE_FIT)
}

/// Which rows of a level are searched: a pattern of the smallest modules the level is for still meets two.
fn row_step(level: usize, height: usize) -> usize {
    match (level, height > 600) {
        (0, true) => 4,
        (0, false) => 3,
        (1 | 2, _) => 2,
        _ => 1,
    }
}

/// Adds a pattern found in a level. The place in a finer level replaces that in a coarser one, which may be a module
/// off, when it was seen in enough rows or is more of a square.
fn add(list: &mut Vec<Finder>, finder: Finder, scale: f32) {
    let finder = finder.scaled(scale);
    let centre = finder.centre;
    let same = |f: &&mut Finder| {
        f.centre.to(centre) < 1.5 * f.module
            && f.module < 1.5 * finder.module
            && finder.module < 1.5 * f.module
    };
    let room = list.len() < MOST_FINDERS;
    match list.iter_mut().find(same) {
        Some(known) => {
            let (hits, fit) = (known.hits.saturating_add(finder.hits), known.fit.max(finder.fit));
            let finer = finder.hits >= SURE_HITS || finder.fit > known.fit;
            *known = Finder { hits, fit, ..if finer { finder } else { *known } };
        }
        None if room => list.push(finder),
        None => {}
    }
}

/// Whether a place lies in a convex quadrilateral, whichever way round.
fn inside(quad: &[Spot; 4], place: Spot) -> bool {
    let turn = |n: usize| quad[(n + 1) % 4].minus(quad[n]).cross(place.minus(quad[n]));
    let signs = [turn(0), turn(1), turn(2), turn(3)];
    signs.iter().all(|s| *s > 0.0) || signs.iter().all(|s| *s < 0.0)
}

#[cfg(test)]
mod hints;
mod pairs;
#[cfg(feature = "stages")]
pub mod stages;
#[cfg(test)]
mod tests;
