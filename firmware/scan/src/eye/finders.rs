//! Stage 3, finder patterns: rows that show 1:1:3:1:1, confirmed by cross checks.
//!
//! Source of the method: ISO/IEC 18004:2015 §12 b; clustering of hits as in quirc and ZXing. One walk over the rows
//! serves dark and light ink.
//! Bounds: every `step`th row; at most [`MOST`] patterns of each ink; a hit near a known pattern costs no cross
//! check, and after [`MOST_CHECKS`] cross checks the search ends (a wall of patterns shown on purpose).
//! Must not know: which patterns belong together.

use crate::eye::cross::{Cut, Ink, Sheet, cut};
use crate::eye::plane::Spot;
use crate::eye::runs;
use crate::eye::square::turned_fit;

/// Most finder patterns of one ink kept: the sixteen codes of a look have 48.
pub(crate) const MOST: usize = 256;

const MOST_CHECKS: usize = 6000;

/// What fits a square less is text, leaves, or the data of a code.
const LEAST_FIT: f32 = 0.2;

/// A finder pattern in pixels of its level.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Finder {
    pub(crate) centre: Spot,
    /// Mean length of a module, of the cuts across and down.
    pub(crate) module: f32,
    /// Rows in which it was seen.
    pub(crate) hits: u32,
    /// How much of a square it is, up to 1 ([`turned_fit`]).
    pub(crate) fit: f32,
}

impl Finder {
    /// The same pattern with all lengths times `factor`.
    pub(crate) fn scaled(self, factor: f32) -> Self {
        Self { centre: self.centre.times(factor), module: self.module * factor, ..self }
    }
}

/// What a level holds: dark patterns, and places that may be light ones, for [`confirm_light`].
#[derive(Debug, Default)]
pub(crate) struct Found {
    pub(crate) dark: Vec<Finder>,
    light: Vec<(Spot, f32)>,
}

/// Searches every `step`th row for patterns of modules up to `largest` pixels: larger ones are found, for less, in
/// a coarser level.
pub(crate) fn find(sheet: &Sheet<'_>, step: usize, largest: f32) -> Found {
    let Sheet { level, thresholds, .. } = *sheet;
    let mut found = Found::default();
    let mut edges = vec![0; level.width];
    let mut search = Search { sheet: Sheet { ink: Ink::Dark, ..*sheet }, checks: 0 };
    for y in (step / 2..level.height).step_by(step.max(1)) {
        let count = runs::edges(level.row(y), thresholds.row(y), &mut edges);
        for (n, six) in edges[..count].windows(6).enumerate() {
            let Some(module) = plausible(six).filter(|m| *m <= largest) else { continue };
            let centre = Spot::new(f32::from(six[2] + six[3]) / 2.0, y as f32 + 0.5);
            if n % 2 == 0 {
                search.hit(&mut found.dark, centre, module);
            } else if found.light.len() < MOST_CHECKS {
                found.light.push((centre, module));
            }
        }
    }
    search.judge(&mut found.dark);
    found
}

/// The light patterns among the places of a search: only dark mode needs them, and most frames are read before.
pub(crate) fn confirm_light(sheet: &Sheet<'_>, found: &Found) -> Vec<Finder> {
    let mut list = Vec::new();
    let mut search = Search { sheet: Sheet { ink: Ink::Light, ..*sheet }, checks: 0 };
    found.light.iter().for_each(|(centre, module)| search.hit(&mut list, *centre, *module));
    search.judge(&mut list);
    list
}

struct Search<'a> {
    sheet: Sheet<'a>,
    checks: usize,
}

impl Search<'_> {
    fn hit(&mut self, list: &mut Vec<Finder>, centre: Spot, module: f32) {
        if known(list, centre, module) || list.len() >= MOST || self.checks >= MOST_CHECKS {
            return;
        }
        self.checks += 1;
        if let Some(finder) = confirm(&self.sheet, centre, module) {
            merge(list, finder);
        }
    }

    /// Leaves those that look like patterns.
    fn judge(&self, list: &mut Vec<Finder>) {
        list.iter_mut().for_each(|f| f.fit = turned_fit(&self.sheet, f.centre, f.module));
        list.retain(|f| f.fit >= LEAST_FIT);
    }
}

/// The module length, when six edges may be those of a finder pattern. Loose: edges are whole pixels here.
#[inline]
fn plausible(edges: &[u16]) -> Option<f32> {
    let &[a, b, c, d, e, f] = edges else { return None };
    let (total, stone) = (u32::from(f.wrapping_sub(a)), u32::from(d.wrapping_sub(c)));
    let others = [b.wrapping_sub(a), c.wrapping_sub(b), e.wrapping_sub(d), f.wrapping_sub(e)].map(u32::from);
    // In seventieths of the total: 3 to 17 of 10 with a pixel of quantisation, and 16 to 46 of 30.
    let most = total * 17 / 70 + 1;
    let fits = total >= 7
        && stone * 70 >= total * 16
        && stone * 70 <= total * 46
        && others.iter().all(|run| *run <= most && run * 70 + 60 >= total * 3);
    fits.then_some(total as f32 / 7.0)
}

/// Counts a hit on a pattern that is known already.
fn known(list: &mut [Finder], centre: Spot, module: f32) -> bool {
    let near = |f: &&mut Finder| {
        let away = f.centre.minus(centre);
        away.x.abs() < f.module
            && away.y.abs() < 2.0 * f.module
            && module < 1.6 * f.module
            && f.module < 1.6 * module
    };
    let hit = list.iter_mut().rev().find(near);
    hit.map(|f| f.hits = f.hits.saturating_add(1)).is_some()
}

/// Down, across again, and along both diagonals; the centre moves to the middle of what was cut.
fn confirm(sheet: &Sheet<'_>, start: Spot, module: f32) -> Option<Finder> {
    let fits = |cut: &Cut| cut.in_proportion(0.75);
    let down = cut(sheet, start, Spot::new(0.0, 1.0), module * 1.3).filter(fits)?;
    let start = start.plus(Spot::new(0.0, down.offset()));
    let across = cut(sheet, start, Spot::new(1.0, 0.0), module).filter(fits)?;
    let start = start.plus(Spot::new(across.offset(), 0.0));
    let down = cut(sheet, start, Spot::new(0.0, 1.0), module * 1.3).filter(fits).unwrap_or(down);
    let centre = start.plus(Spot::new(0.0, down.offset()));
    let diagonal =
        |y: f32| cut(sheet, centre, Spot::new(0.7, y), module * 1.6).filter(|c| c.in_proportion(0.7));
    if diagonal(0.7).is_none() && diagonal(-0.7).is_none() {
        return None;
    }
    Some(Finder { centre, module: (down.module() + across.module()) / 2.0, hits: 1, fit: 0.0 })
}

fn merge(list: &mut Vec<Finder>, new: Finder) {
    match list.iter_mut().find(|f| f.centre.to(new.centre) < f.module.max(new.module)) {
        Some(old) => {
            let (n, hits) = (old.hits as f32, old.hits + 1);
            let mean = |a: f32, b: f32| (a * n + b) / (n + 1.0);
            let centre = Spot::new(mean(old.centre.x, new.centre.x), mean(old.centre.y, new.centre.y));
            *old = Finder { centre, module: mean(old.module, new.module), hits, fit: 0.0 };
        }
        None => list.push(new),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eye::cross::tests::{FINDER, drawn};
    use crate::eye::level::Level;
    use crate::eye::threshold::Thresholds;

    fn searched(level: &Level<'_>, step: usize) -> (Found, Vec<Finder>) {
        let sheet = Sheet { level, thresholds: &Thresholds::of(level, None), ink: Ink::Dark };
        let found = find(&sheet, step, 9.0);
        let light = confirm_light(&sheet, &found);
        (found, light)
    }

    #[test]
    fn a_finder_is_found_once_with_its_centre() {
        let (found, _) = searched(&drawn(&FINDER, 5), 2);
        let [finder] = &found.dark[..] else { panic!("{found:?}") };
        assert!(
            finder.centre.to(Spot::new(22.5, 22.5)) < 0.7 && (finder.module - 5.0).abs() < 0.3,
            "{finder:?}"
        );
    }

    #[test]
    fn a_light_finder_is_found_as_light() {
        let level = drawn(&FINDER, 5);
        let pixels = (0..level.height).flat_map(|y| level.row(y).iter().map(|p| 250 - *p)).collect();
        let (found, light) = searched(&Level::new(level.width, level.height, pixels), 1);
        assert_eq!((found.dark.len(), light.len()), (0, 1));
    }

    #[test]
    fn stripes_are_no_finders() {
        let (found, light) = searched(&drawn(&["#.###.#.#.###.#"; 12], 4), 1);
        assert!(found.dark.is_empty() && light.is_empty(), "{found:?}");
    }
}
