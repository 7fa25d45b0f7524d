//! What a draft changes at terminals, computed from the files: the list that is published, walked over what is drafted.
//! Promises: wherever a terminal stands, by whatever of the published and the drafted deltas, it ends in the colours that were counted
//! (`ways.rs`); people are counted step by step, so that there and back again is twice.
//! Must not know: caps.

use gate_status::{ListKeys, SealedList, State};
use gate_wire::time::Timestamp;

use super::NotAutomatic;
use super::class::Counts;
use super::offered::{Delta, Offered};
use super::ways::every_way;

/// What a draft changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Change {
    /// People, step by step.
    pub(crate) counts: Counts,
    /// Where the list is then.
    pub(crate) to: State,
}

/// A list whose base several ways begin on.
pub(crate) struct Land<'a> {
    pub(crate) offered: &'a Offered,
    pub(crate) keys: &'a ListKeys,
}

impl Land<'_> {
    /// The list after these.
    pub(crate) fn after(&self, way: &[&Delta]) -> Result<SealedList, NotAutomatic> {
        let path = &self.offered.base.path;
        let opened = SealedList::open(path, self.keys);
        let mut list = opened.map_err(|error| NotAutomatic::Open(path.clone(), error))?;
        for delta in way {
            list.apply(&delta.bytes)?;
        }
        Ok(list)
    }

    /// The list at the end of its own way.
    pub(crate) fn end(&self) -> Result<SealedList, NotAutomatic> {
        self.after(&self.offered.finest(0))
    }

    /// People by class of every step from `from` on, each with its as-of time.
    pub(crate) fn steps_since(&self, from: u32) -> Result<Vec<(Timestamp, Counts)>, NotAutomatic> {
        let way = self.offered.finest(0);
        let begun = way.iter().take_while(|delta| delta.span.to <= from).count();
        let mut list = self.after(way.get(..begun).unwrap_or_default())?;
        counted(&mut list, way.get(begun..).unwrap_or_default())
    }

    /// The state at a step of its own way.
    pub(crate) fn state_at(&self, step: u32) -> Option<State> {
        let way = self.offered.finest(0);
        let until = way.iter().take_while(|delta| delta.span.to <= step).count();
        let state = self.after(way.get(..until)?).ok()?.state();
        (state.step == step).then_some(state)
    }
}

fn counted(list: &mut SealedList, way: &[&Delta]) -> Result<Vec<(Timestamp, Counts)>, NotAutomatic> {
    let mut steps = Vec::new();
    for delta in way {
        steps.push((delta.as_of, Counts::of(&list.flow(&delta.bytes)?)));
        list.apply(&delta.bytes)?;
    }
    Ok(steps)
}

/// What terminals that hold `old` get by `new`.
pub(crate) fn between(old: &Land<'_>, new: &Land<'_>) -> Result<Change, NotAutomatic> {
    let (mut list, fresh) = (old.end()?, new.end()?);
    let way = new.offered.finest(list.state().step);
    every_way(old, new, &way)?;
    let steps = counted(&mut list, &way)?;
    same(&list, &fresh)?;
    let counts = steps.iter().fold(Counts::default(), |sum, (_, step)| sum.and(*step));
    Ok(Change { counts, to: fresh.state() })
}

pub(super) fn same(one: &SealedList, other: &SealedList) -> Result<(), NotAutomatic> {
    let same = one.state() == other.state() && one.changes() == other.changes();
    if same { Ok(()) } else { Err(NotAutomatic::Fork { step: one.state().step, other: other.state().step }) }
}
