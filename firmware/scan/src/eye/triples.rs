//! Stage 4, which three finder patterns are one code.
//!
//! Idea: in every three, the pattern opposite the longest side, or nearly so, is the corner; what remains is ranked
//! by how alike the modules are, how near to right the angle is, how near to equal the legs, and how square the
//! patterns: of 2957 codes that quick attempts read (photographs, generated frames) the right three came first in
//! 2815 and never after the fourteenth. Ranks order the attempts, nothing is refused for a moderate tilt, and
//! nothing is claimed before a code was decoded.
//! Bounds: n (n - 1) (n - 2) / 2 triples of at most [`MOST`] patterns, the [`KEPT`] best returned.
//! Must not know: pixels.

use crate::eye::finders::Finder;
use crate::eye::plane::Spot;

/// Most triples returned.
const KEPT: usize = 400;

/// Most patterns put in threes; the ones seen in most rows.
const MOST: usize = 60;

/// The largest module of one code against its smallest: a tilt of 58 degrees close to the camera doubles it.
const MOST_UNLIKE: f32 = 2.5;

/// Three patterns, as printed: top left, top right, bottom left (in a mirrored code the latter two exchanged).
#[derive(Clone, Copy, Debug)]
pub(crate) struct Triple {
    pub(crate) corner: Finder,
    pub(crate) right: Finder,
    pub(crate) down: Finder,
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
    let mut found = Vec::new();
    for (n, a) in finders.iter().enumerate() {
        // Sorted by module: the first that is too large ends the search for this one.
        let alike = finders[n + 1..].iter().take_while(|f| f.module < a.module * MOST_UNLIKE).count();
        let within = n + 1..n + 1 + alike;
        for m in within.clone().filter(|m| may_be_legs(a, &finders[*m])) {
            for k in (m + 1..within.end).filter(|k| may_be_legs(a, &finders[*k])) {
                for [corner, one, other] in [[n, m, k], [m, k, n], [k, n, m]] {
                    let cost = cost([&finders[corner], &finders[one], &finders[other]]);
                    found.extend(cost.map(|cost| (cost, [corner, one, other])));
                }
            }
        }
    }
    likeliest(&mut found);
    found.iter().map(|(_, three)| assembled(three.map(|n| finders[n]))).collect()
}

/// The first [`KEPT`] in order; the others need none.
fn likeliest(found: &mut Vec<(f32, [usize; 3])>) {
    if found.len() > KEPT {
        found.select_nth_unstable_by(KEPT, |a, b| a.0.total_cmp(&b.0));
        found.truncate(KEPT);
    }
    found.sort_by(|a, b| a.0.total_cmp(&b.0));
}

/// Whether two patterns of one code may be so far apart: corner and neighbour, or across.
fn may_be_legs(one: &Finder, other: &Finder) -> bool {
    let away = one.centre.minus(other.centre);
    let (module, square) = (one.module.min(other.module), away.dot(away));
    // Twice the bounds of a leg, for the longest side.
    square > 49.0 * module * module && square < 520.0 * 520.0 * other.module * other.module
}

/// How unlikely it is that the first is the corner of the other two; `None` where it cannot be.
fn cost([a, b, c]: [&Finder; 3]) -> Option<f32> {
    let (u, v, w) = (b.centre.minus(a.centre), c.centre.minus(a.centre), b.centre.minus(c.centre));
    let (uu, vv) = (u.dot(u), v.dot(v));
    let (long, short) = (uu.max(vv), uu.min(vv));
    // A strong tilt can make a leg longer than the diagonal.
    if w.dot(w) < 0.64 * long || long > 3.2 * 3.2 * short {
        return None;
    }
    let (long, short) = (long.sqrt(), short.sqrt());
    let modules = short * 3.0 / (a.module + b.module + c.module);
    let cosine = (u.dot(v) / (long * short).max(1e-6)).abs();
    if !(7.0..=260.0).contains(&modules) || cosine > 0.82 {
        return None;
    }
    let spread = a.module.max(b.module).max(c.module) / a.module.min(b.module).min(c.module) - 1.0;
    // Among many codes the nearest three belong together.
    let size = modules / 400.0 + (modules - 60.0).max(0.0) / 200.0;
    let unlike: f32 = [a, b, c].iter().map(|f| 0.25 / f.hits as f32 + 0.8 * (1.0 - f.fit)).sum();
    Some(1.2 * spread + cosine + 0.8 * (long / short - 1.0) + size + unlike)
}

fn assembled([corner, one, other]: [Finder; 3]) -> Triple {
    let turn = one.centre.minus(corner.centre).cross(other.centre.minus(corner.centre));
    let (right, down) = if turn > 0.0 { (one, other) } else { (other, one) };
    Triple { corner, right, down }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn finder(x: f32, y: f32, module: f32) -> Finder {
        Finder { centre: Spot::new(x, y), module, hits: 3, fit: 0.9 }
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
    fn a_strong_tilt_more_than_doubles_a_module_and_is_still_one_code() {
        let list = [finder(151.0, 114.0, 4.3), finder(362.0, 178.0, 3.0), finder(222.0, 373.0, 6.3)];
        assert!(rank(&list).iter().any(|t| t.corner.centre.to(Spot::new(151.0, 114.0)) < 0.1));
        let list = [finder(151.0, 114.0, 4.3), finder(362.0, 178.0, 2.4), finder(222.0, 373.0, 6.3)];
        assert!(rank(&list).is_empty());
    }

    #[test]
    fn three_of_one_code_come_before_a_mixture_of_two() {
        let mut list = vec![finder(10.0, 10.0, 5.0), finder(110.0, 10.0, 5.0), finder(10.0, 110.0, 5.0)];
        list.extend([finder(300.0, 20.0, 6.0), finder(430.0, 20.0, 6.0), finder(300.0, 150.0, 6.0)]);
        let two = &rank(&list)[..2];
        assert!(two.iter().all(|t| (t.corner.module - t.right.module).abs() < 0.1), "{two:?}");
    }
}
