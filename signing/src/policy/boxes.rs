//! Many cases as few boxes: a box is a set of values for each dimension, and so a sentence.
//! Promises: the boxes of a class together hold each of its cases and no case of another class; what no case can be is
//! free. A box grows by values that occur in the class only; a dimension that then says nothing is left out.
//! Must not know: what the classes stand for.

use gate_core::case::{Case, DIMENSIONS};

use super::words::VALUES;

/// What a cell of the grid holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cell {
    /// No case can be this: a box may hold it.
    Free,
    /// A case of another kind: no box may.
    Other,
    /// A case of this class.
    Of(u16),
}

/// Every combination of values, one cell each.
pub(super) struct Grid {
    cells: Vec<Cell>,
    covered: Vec<bool>,
}

/// A set of values for each dimension, a bit for each.
pub(super) type Sets = [u16; DIMENSIONS];

/// One box: its values, and how many cases it holds that no earlier one did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Cuboid {
    pub(super) sets: Sets,
    /// A dimension that says nothing here has the bit of its place.
    pub(super) silent: u16,
    pub(super) cases: usize,
}

/// Dimensions by how readily they are given up: what seldom matters first, the place last.
const READY: [usize; DIMENSIONS] = [10, 11, 1, 2, 8, 9, 7, 6, 5, 3, 4, 0];

impl Grid {
    pub(super) fn new() -> Grid {
        let size = VALUES.iter().map(|values| values.len()).product();
        Grid { cells: vec![Cell::Free; size], covered: vec![false; size] }
    }

    pub(super) fn put(&mut self, case: &Case, cell: Cell) {
        let at = place(&case.indices());
        self.cells[at] = cell;
    }

    /// The boxes of one class.
    pub(super) fn boxes(&mut self, class: u16) -> Vec<Cuboid> {
        let mut boxes = Vec::new();
        for at in 0..self.cells.len() {
            if self.cells[at] == Cell::Of(class) && !self.covered[at] {
                let sets = self.grown(values(at), class);
                boxes.push(Cuboid {
                    sets,
                    silent: self.silent(&sets, class),
                    cases: self.cover(&sets, class),
                });
            }
        }
        boxes
    }

    /// The box around one cell, grown as far as it goes.
    fn grown(&self, from: [u8; DIMENSIONS], class: u16) -> Sets {
        let mut sets = from.map(|value| 1 << value);
        for dimension in READY {
            for value in 0..VALUES[dimension].len() {
                let slab = slab(&sets, dimension, value);
                let is_new = sets[dimension] & 1 << value == 0;
                if is_new && self.look(&slab, class) == Slab::HoldsClass {
                    sets[dimension] |= 1 << value;
                }
            }
        }
        sets
    }

    /// A dimension whose other values no case can have here says nothing.
    fn silent(&self, sets: &Sets, class: u16) -> u16 {
        let says_nothing = |dimension: &usize| {
            (0..VALUES[*dimension].len())
                .filter(|value| sets[*dimension] & 1 << value == 0)
                .all(|value| self.look(&slab(sets, *dimension, value), class) == Slab::Free)
        };
        // The kind of place, dimension 0, is always said.
        (1..DIMENSIONS).filter(says_nothing).fold(0, |silent, dimension| silent | 1 << dimension)
    }

    fn look(&self, sets: &Sets, class: u16) -> Slab {
        let mut found = Slab::Free;
        let ended = each(sets, |at| match self.cells[at] {
            Cell::Free => true,
            Cell::Of(of) if of == class => {
                found = Slab::HoldsClass;
                true
            }
            Cell::Of(_) | Cell::Other => false,
        });
        if ended { found } else { Slab::HoldsOther }
    }

    fn cover(&mut self, sets: &Sets, class: u16) -> usize {
        let mut new = 0;
        each(sets, |at| {
            if self.cells[at] == Cell::Of(class) && !self.covered[at] {
                self.covered[at] = true;
                new += 1;
            }
            true
        });
        new
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Slab {
    Free,
    HoldsClass,
    HoldsOther,
}

fn slab(sets: &Sets, dimension: usize, value: usize) -> Sets {
    let mut slab = *sets;
    slab[dimension] = 1 << value;
    slab
}

fn place(indices: &[u8; DIMENSIONS]) -> usize {
    indices.iter().zip(VALUES).fold(0, |at, (index, values)| at * values.len() + usize::from(*index))
}

fn values(mut at: usize) -> [u8; DIMENSIONS] {
    let mut indices = [0; DIMENSIONS];
    for (index, values) in indices.iter_mut().zip(VALUES).rev() {
        // A dimension has at most 16 values.
        *index = (at % values.len()) as u8;
        at /= values.len();
    }
    indices
}

/// Each cell of a box, until `look` says stop; whether it came to the end.
fn each(sets: &Sets, mut look: impl FnMut(usize) -> bool) -> bool {
    let chosen: [Vec<usize>; DIMENSIONS] = core::array::from_fn(|dimension| {
        (0..VALUES[dimension].len()).filter(|value| sets[dimension] & 1 << value != 0).collect()
    });
    let mut odometer = [0; DIMENSIONS];
    loop {
        let at = (0..DIMENSIONS).fold(0, |at, d| at * VALUES[d].len() + chosen[d][odometer[d]]);
        if !look(at) {
            return false;
        }
        let Some(turning) = (0..DIMENSIONS).rev().find(|d| odometer[*d] + 1 < chosen[*d].len()) else {
            return true;
        };
        odometer[turning] += 1;
        odometer[turning + 1..].fill(0);
    }
}
