//! Stage 4, which three finder patterns are one code.
//!
//! Idea: in every three, the pattern opposite the longest side, or nearly so, is the corner; what remains is ranked
//! by how alike the modules are, how near to right the angle is and how near to equal the legs. Ranks order the
//! attempts, nothing is refused for a moderate tilt, and nothing is claimed before a code was decoded.
//! Bounds: n (n - 1) (n - 2) / 2 triples of at most [`MOST`] patterns, the [`KEPT`] best returned.
//! Must not know: pixels.

use crate::eye::finders::Finder;
use crate::eye::plane::Spot;

/// Most triples returned.
const KEPT: usize = 1200;

/// Most patterns put in threes; the ones seen in most rows.
const MOST: usize = 60;

/// Three patterns, as printed: top left, top right, bottom left (in a mirrored code the latter two exchanged).
#[derive(Clone, Copy, Debug)]
pub(crate) struct Triple {
    pub(crate) corner: Finder,
    pub(crate) right: Finder,
    pub(crate) down: Finder,
    /// Lower is more likely.
    pub(crate) cost: f32,
}

impl Triple {
    /// Where the fourth corner would be without perspective.
    pub(crate) fn parallelogram(&self) -> Spot {
        self.right.centre.plus(self.down.centre).minus(self.corner.centre)
    }
}

/// The likely triples, the likeliest first.
pub(crate) fn rank(finders: &[Finder]) -> Vec<Triple> {
    let mut finders = finders.to_vec();
    finders.sort_by_key(|f| std::cmp::Reverse(f.hits));
    finders.truncate(MOST);
    finders.sort_by(|a, b| a.module.total_cmp(&b.module));
    let mut triples = Vec::new();
    for (n, a) in finders.iter().enumerate() {
        // Sorted by module: the first that is too large ends the search for this one.
        let alike: Vec<&Finder> = finders[n + 1..].iter().take_while(|f| f.module < a.module * 2.0).collect();
        for (m, b) in alike.iter().enumerate() {
            for c in &alike[m + 1..] {
                let turns = [[*a, **b, **c], [**b, **c, *a], [**c, *a, **b]];
                triples.extend(turns.into_iter().filter_map(assemble));
            }
        }
    }
    triples.sort_by(|a, b| a.cost.total_cmp(&b.cost));
    triples.truncate(KEPT);
    triples
}

/// A triple with the first pattern as its corner.
fn assemble([corner, one, other]: [Finder; 3]) -> Option<Triple> {
    let [a, b, c] = [corner, one, other];
    let across = one.centre.to(other.centre);
    // A strong tilt can make a leg longer than the diagonal.
    if across < 0.8 * corner.centre.to(one.centre).max(corner.centre.to(other.centre)) {
        return None;
    }
    let (u, v) = (one.centre.minus(corner.centre), other.centre.minus(corner.centre));
    let (right, down) = if u.cross(v) > 0.0 { (one, other) } else { (other, one) };
    let (long, short) = (u.length().max(v.length()), u.length().min(v.length()));
    let module = (a.module + b.module + c.module) / 3.0;
    let modules = short / module;
    let cosine = (u.dot(v) / (u.length() * v.length()).max(1e-6)).abs();
    if !(7.0..=260.0).contains(&modules) || long > 3.2 * short || cosine > 0.82 {
        return None;
    }
    let spread = a.module.max(b.module).max(c.module) / a.module.min(b.module).min(c.module) - 1.0;
    // Among many codes the nearest three belong together.
    let size = modules / 400.0 + (modules - 60.0).max(0.0) / 200.0;
    let seldom: f32 = [a, b, c].iter().map(|f| 0.25 / f.hits as f32).sum();
    let cost = 1.2 * spread + cosine + 0.8 * (long / short - 1.0) + size + seldom;
    Some(Triple { corner, right, down, cost })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finder(x: f32, y: f32, module: f32) -> Finder {
        Finder { centre: Spot::new(x, y), module, hits: 3 }
    }

    #[test]
    fn the_corner_lies_opposite_the_longest_side_and_right_is_clockwise_before_down() {
        let list = [finder(10.0, 110.0, 5.0), finder(110.0, 10.0, 5.0), finder(10.0, 10.0, 5.0)];
        let [triple] = rank(&list)[..] else { panic!() };
        assert!(triple.corner.centre.to(Spot::new(10.0, 10.0)) < 0.1);
        assert!(triple.right.centre.to(Spot::new(110.0, 10.0)) < 0.1);
        assert!(triple.parallelogram().to(Spot::new(110.0, 110.0)) < 0.1);
    }

    #[test]
    fn three_of_one_code_come_before_a_mixture_of_two() {
        let mut list = vec![finder(10.0, 10.0, 5.0), finder(110.0, 10.0, 5.0), finder(10.0, 110.0, 5.0)];
        list.extend([finder(300.0, 20.0, 6.0), finder(430.0, 20.0, 6.0), finder(300.0, 150.0, 6.0)]);
        let two = &rank(&list)[..2];
        assert!(two.iter().all(|t| (t.corner.module - t.right.module).abs() < 0.1), "{two:?}");
    }
}
