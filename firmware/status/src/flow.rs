//! Whom a delta moves from which colour to which, counted against the list that it is put on: for whoever signs it.
//! Promises: counted from the sealed leaves and the delta's own body, nothing taken from its head; a change that changes nothing
//! counts as none; every leaf read opened in its place.
//! Must not know: whom it is about, what is usual, who asks.

use std::ops::ControlFlow;

use gate_wire::credential::Colour;

use crate::delta::{KeyChange, prove};
use crate::entry::{Entry, Rank};
use crate::list::ListFault;
use crate::sealed::{DeltaRefused, SealedList, Standing};

/// People by what happens to them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flow {
    /// From a colour to another: green, yellow, red.
    pub moved: [[u64; 3]; 3],
    /// Not in the list before, with this colour now.
    pub new: [u64; 3],
    /// Not in the list any more.
    pub removed: u64,
    /// Numbers that became another person's second number, or were one and are named by rank: their colour is that person's.
    pub joined: u64,
}

/// Why it cannot be counted.
#[derive(Debug, thiserror::Error)]
pub enum FlowFault {
    /// The list does not take this delta.
    #[error(transparent)]
    Take(#[from] DeltaRefused),
    /// The list cannot be read.
    #[error(transparent)]
    Read(#[from] ListFault),
}

impl Flow {
    /// Of both, one after the other.
    #[must_use]
    pub fn and(mut self, then: Flow) -> Flow {
        let add = |sum: &mut u64, more: u64| *sum = sum.saturating_add(more);
        let (moved, news) = (then.moved.iter().flatten(), then.new.iter());
        self.moved.iter_mut().flatten().zip(moved).for_each(|(sum, more)| add(sum, *more));
        self.new.iter_mut().zip(news).for_each(|(sum, more)| add(sum, *more));
        add(&mut self.removed, then.removed);
        add(&mut self.joined, then.joined);
        self
    }

    fn moves(&mut self, from: Colour, to: Colour) {
        let count = self.moved.get_mut(place(from)).and_then(|of| of.get_mut(place(to)));
        if let Some(count) = count.filter(|_| from != to) {
            *count += 1;
        }
    }

    fn enters(&mut self, with: Colour) {
        self.new.get_mut(place(with)).into_iter().for_each(|count| *count += 1);
    }
}

/// A colour's place in [`Flow`].
#[must_use]
pub fn place(colour: Colour) -> usize {
    match colour {
        Colour::Green => 0,
        Colour::Yellow => 1,
        Colour::Red => 2,
    }
}

impl SealedList {
    /// What a delta would change here, by reading the base once. The list is as before.
    ///
    /// # Errors
    /// [`FlowFault`].
    pub fn flow(&self, file: &[u8]) -> Result<Flow, FlowFault> {
        // All that taking it asks: signatures, history, ranks.
        self.prepare(file)?;
        let changes = prove(file, self.authorities()).and_then(|proven| proven.changes());
        let changes = changes.map_err(DeltaRefused::from)?;
        let mut flow = Flow::default();
        self.flow_by_rank(&changes.ranked, &mut flow)?;
        for (key, change) in &changes.keyed {
            match (self.standing(*key)?, change) {
                (Standing::Colour(from, _), KeyChange::Colour(to)) => flow.moves(from, *to),
                (Standing::Removed | Standing::Nobody, KeyChange::Colour(to)) => flow.enters(*to),
                (Standing::SecondOf(first), KeyChange::SecondOf(to)) if first == *to => {}
                (Standing::SecondOf(_), KeyChange::Colour(_)) | (_, KeyChange::SecondOf(_)) => {
                    flow.joined += 1;
                }
                (Standing::Colour(..) | Standing::SecondOf(_), KeyChange::Removed) => flow.removed += 1,
                (Standing::Removed | Standing::Nobody, KeyChange::Removed) => {}
            }
        }
        Ok(flow)
    }

    fn flow_by_rank(&self, changes: &[(Rank, Colour)], flow: &mut Flow) -> Result<(), ListFault> {
        let mut changes = changes.iter().peekable();
        if changes.peek().is_some() {
            self.base().walk(|rank, _, entry| {
                if let Some((_, to)) = changes.next_if(|change| change.0 == rank) {
                    match entry {
                        Entry::Colour(base) => flow.moves(self.overlay().colour(rank).unwrap_or(base), *to),
                        Entry::SecondOf(_) => flow.joined += 1,
                    }
                }
                if changes.peek().is_some() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
            })?;
        }
        // A rank that no leaf has: refused before, unless the base is damaged.
        changes.next().map_or(Ok(()), |_| Err(ListFault::Damaged))
    }
}
