//! Two patterns that were seen of one code: where its third may be.
//!
//! Promises: what is found here is tried at once, after whatever both levels of search found, and only while nothing is
//! read. Bounds: [`MOST_PAIRS`] pairs, [`WORK`] samples for the search of their thirds, quick attempts as ever.
//! Must not know: how a third pattern is told (`eye::third`).

use super::{Look, QUICK_WORK, is_sure};
use crate::attempt::{Effort, SUITABLE};
use crate::eye::cross::Ink;
use crate::eye::finders::Finder;
use crate::eye::third;
use crate::eye::triples::{self, Triple};

/// Work of the search for third patterns of one ink, in samples.
const WORK: u32 = 60_000;

/// Most pairs whose third is searched.
const MOST_PAIRS: usize = 3;

/// Most patterns that are put in pairs.
const MOST_SURE: usize = 24;

/// Modules of a pair may differ by this share: perspective.
const UNLIKE: f32 = 0.3;

impl Look<'_> {
    /// Pairs of patterns that are alike, surely patterns and as far apart as those of a code may be, the most square
    /// first.
    pub(super) fn pairs(&self) -> Vec<[Finder; 2]> {
        let sure: Vec<&Finder> = self.finders.iter().filter(|f| is_sure(f)).take(MOST_SURE).collect();
        let alike = |a: &Finder, b: &Finder| {
            let module = (a.module + b.module) / 2.0;
            let apart = (13.0..=240.0).contains(&(a.centre.to(b.centre) / module));
            apart && (a.module - b.module).abs() < UNLIKE * module
        };
        let with = |(n, a): (usize, &&Finder)| {
            let (a, later) = (**a, sure[n + 1..].iter());
            later.filter(|b| alike(&a, b)).map(|b| [a, **b]).collect::<Vec<_>>()
        };
        let mut pairs: Vec<[Finder; 2]> = sure.iter().enumerate().flat_map(with).collect();
        pairs.sort_by(|a, b| (b[0].fit + b[1].fit).total_cmp(&(a[0].fit + a[1].fit)));
        pairs
    }

    /// Quick attempts at pairs with third patterns that only their square shows; those that may be worth more.
    pub(super) fn thirds(&mut self, ink: Ink) -> Vec<(f32, Ink, Triple)> {
        let pairs = self.pairs();
        self.grant(WORK);
        let mut triples = Vec::new();
        for pair in pairs.iter().take(MOST_PAIRS) {
            triples.extend(self.completed(*pair, ink));
        }
        self.grant(QUICK_WORK);
        let mut left = Vec::new();
        for triple in triples {
            let fit = self.try_one(&triple, ink, Effort::Quick);
            left.extend(fit.map(|fit| (fit, ink, triple)));
        }
        self.grant(0);
        left
    }

    /// The likely codes of two patterns and the thirds that correlation shows.
    fn completed(&mut self, pair: [Finder; 2], ink: Ink) -> Vec<Triple> {
        let n = self.views.coarsest((pair[0].module + pair[1].module) / 2.0, SUITABLE);
        let scale = self.views.scale(n);
        let [a, b] = pair.map(|f| f.scaled(1.0 / scale));
        let thirds = third::thirds(&self.views.sheet(n, ink), [&a, &b], &mut self.budget);
        let mut all = pair.to_vec();
        all.extend(thirds.into_iter().map(|f| f.scaled(scale)));
        triples::rank(&all)
    }
}
