//! How many finder patterns a picture may hold: the guard before a decoder whose work grows with their cube.
//!
//! Promises: the count is at least the number of patterns that rqrr can find, since each needs a row that
//! shows the proportions 1:1:3:1:1 (ISO/IEC 18004 §12) in a ring with a stone apart from it; one walk over the
//! pixels, memory in proportion to the runs of ink.
//! Must not know: which of them are codes.

/// Counts rings of connected ink (by edges) around separate ink, that show a finder's proportions in some row.
pub(crate) fn count(ink: &[bool], width: usize) -> usize {
    let mut regions = Regions::default();
    let mut candidates = Vec::new();
    let mut above: Vec<Run> = Vec::new();
    for row in ink.chunks_exact(width) {
        let here = regions.runs_of(row);
        regions.join(&above, &here);
        candidates.extend(here.windows(3).filter_map(candidate));
        above = here;
    }
    let rings = candidates.into_iter().map(|ids: [usize; 3]| ids.map(|id| regions.root(id)));
    let mut rings: Vec<usize> =
        rings.filter(|[left, stone, right]| left == right && left != stone).map(|[ring, ..]| ring).collect();
    rings.sort_unstable();
    rings.dedup();
    rings.len()
}

/// Ink pixels beside each other in one row: columns from `start` to before `end`.
#[derive(Clone, Copy)]
struct Run {
    start: usize,
    end: usize,
    id: usize,
}

/// Which runs are connected: a forest in which each run points towards the first of its region.
#[derive(Default)]
struct Regions {
    parents: Vec<usize>,
}

impl Regions {
    fn runs_of(&mut self, row: &[bool]) -> Vec<Run> {
        let mut runs = Vec::new();
        let mut end = 0;
        for run in row.chunk_by(|a, b| a == b) {
            let start = end;
            end += run.len();
            if run.first() == Some(&true) {
                runs.push(Run { start, end, id: self.parents.len() });
                self.parents.push(self.parents.len());
            }
        }
        runs
    }

    /// Connects the runs of two rows that touch.
    fn join(&mut self, above: &[Run], here: &[Run]) {
        let (mut a, mut h) = (0, 0);
        while let (Some(upper), Some(lower)) = (above.get(a), here.get(h)) {
            if upper.start < lower.end && lower.start < upper.end {
                let (one, other) = (self.root(upper.id), self.root(lower.id));
                self.parents[one.max(other)] = one.min(other);
            }
            if upper.end <= lower.end { a += 1 } else { h += 1 }
        }
    }

    /// The first run of a run's region; shortens the way for the next time.
    fn root(&mut self, mut id: usize) -> usize {
        while self.parents[id] != id {
            self.parents[id] = self.parents[self.parents[id]];
            id = self.parents[id];
        }
        id
    }
}

/// The ids of the runs of a stretch in proportion: ring, stone, ring.
fn candidate(runs: &[Run]) -> Option<[usize; 3]> {
    let [left, stone, right] = runs else { return None };
    let widths = [
        left.end - left.start,
        stone.start - left.end,
        stone.end - stone.start,
        right.start - stone.end,
        right.end - right.start,
    ];
    in_proportion(widths).then_some([left.id, stone.id, right.id])
}

/// A little more generous than rqrr, so that nothing it takes is missed.
fn in_proportion(runs: [usize; 5]) -> bool {
    let module = (runs[0] + runs[1] + runs[3] + runs[4]) / 4;
    let slack = module * 3 / 4 + 1;
    runs.iter().zip([1, 1, 3, 1, 1]).all(|(run, n)| run.abs_diff(n * module) <= slack)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ink(picture: &[&str]) -> Vec<bool> {
        picture.concat().bytes().map(|b| b == b'#').collect()
    }

    #[test]
    fn a_finder_counts_once_however_many_rows_show_it() {
        let one = [
            "...........",
            "..#######..",
            "..#.....#..",
            "..#.###.#..",
            "..#.###.#..",
            "..#.###.#..",
            "..#.....#..",
            "..#######..",
        ];
        assert_eq!(count(&ink(&one), 11), 1);
        let two = [one, one].concat();
        assert_eq!(count(&ink(&two), 11), 2);
        assert_eq!(count(&ink(&["#.###.#", "#.###.#"]), 7), 0, "no ring");
    }

    #[test]
    fn other_proportions_do_not_count() {
        let stripes = "##..##..##..".repeat(4) + &"#".repeat(9) + "....####";
        assert_eq!(count(&ink(&[&stripes]), stripes.len()), 0);
        assert_eq!(count(&[], 7), 0);
    }
}
