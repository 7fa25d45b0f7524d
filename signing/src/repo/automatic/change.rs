//! What a draft changes at terminals, computed from the files: the list that is published, walked over what is drafted.
//! Promises: every way that a terminal can take through the drafted deltas, from the base or from any step that was published, ends
//! in the same colours; people are counted step by step, so that there and back again is twice.
//! Must not know: caps.

use gate_status::{ListKeys, SealedList, State};
use gate_wire::time::Timestamp;

use super::NotAutomatic;
use super::class::Counts;
use super::offered::{Delta, Offered};

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
    fn after(&self, way: &[&Delta]) -> Result<SealedList, NotAutomatic> {
        let opened = SealedList::open(&self.offered.base, self.keys);
        let mut list = opened.map_err(|error| NotAutomatic::Open(self.offered.base.clone(), error))?;
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
    if old.offered.base_digest != new.offered.base_digest {
        return Err(NotAutomatic::OtherBase);
    }
    let (mut list, fresh) = (old.end()?, new.end()?);
    let way = new.offered.finest(list.state().step);
    let steps = counted(&mut list, &way)?;
    same(&list, &fresh)?;
    every_way(old, new)?;
    let counts = steps.iter().fold(Counts::default(), |sum, (_, step)| sum.and(*step));
    Ok(Change { counts, to: fresh.state() })
}

/// Each drafted delta, put on each list that takes it, leads to the one list of that step.
fn every_way(old: &Land<'_>, new: &Land<'_>) -> Result<(), NotAutomatic> {
    let finest = new.offered.finest(0);
    let whole = |to: u32| {
        let until = finest.iter().take_while(|delta| delta.span.to <= to).count();
        finest.get(..until).unwrap_or_default()
    };
    for land in [old, new] {
        let way = land.offered.finest(0);
        for taken in 0..=way.len() {
            let before = way.get(..taken).unwrap_or_default();
            let at = land.after(before)?.state().step;
            for delta in new.offered.over(at) {
                let mut list = land.after(before)?;
                list.apply(&delta.bytes)?;
                same(&list, &new.after(whole(delta.span.to))?)?;
            }
        }
    }
    Ok(())
}

fn same(one: &SealedList, other: &SealedList) -> Result<(), NotAutomatic> {
    let same = one.state() == other.state() && one.changes() == other.changes();
    if same { Ok(()) } else { Err(NotAutomatic::Fork { step: one.state().step, other: other.state().step }) }
}
