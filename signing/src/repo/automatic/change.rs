//! What a draft changes at terminals, computed from the files: the list that is published, walked over what is drafted.
//! Promises: wherever a terminal stands, by whatever of the published and the drafted deltas, it ends in the colours that were counted
//! (`ways.rs`); people are counted step by step, so that there and back again is twice.
//! Must not know: caps.

use gate_status::{DeltaRefused, ListKeys, SealedList, State, Tie};
use gate_wire::time::Timestamp;

use super::NotAutomatic;
use super::class::Counts;
use super::offered::{Delta, Offered};
use super::promised::{Steps, Told};
use super::ways::every_way;

/// What a draft changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Change {
    /// People, step by step.
    pub(crate) counts: Counts,
    /// Where the list is then.
    pub(crate) to: State,
    /// What is said of every step behind the published end.
    pub(crate) steps: Steps,
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

    /// People by class of every step from `from` on, each with its as-of time. What a delta over `from` says cannot be told apart from what was
    /// before, and is left out: the usual is less then, and more is marked.
    pub(crate) fn steps_since(&self, from: u32) -> Result<Vec<(Timestamp, Counts)>, NotAutomatic> {
        let way = self.offered.finest(0);
        let begun = way.iter().take_while(|delta| delta.span.to <= from).count();
        let mut list = self.after(way.get(..begun).unwrap_or_default())?;
        let mut steps = Vec::new();
        for delta in way.into_iter().skip(begun) {
            let is_new = list.state().step >= from;
            let counts = counted(&mut list, delta)?;
            steps.extend(is_new.then_some((delta.as_of, counts)));
        }
        Ok(steps)
    }

    /// The tie at a step, as its deltas have it; nothing where none of them leads over it.
    pub(crate) fn tie_at(&self, step: u32) -> Result<Option<Tie>, NotAutomatic> {
        let list = self.after(&[])?;
        if list.state().step == step {
            return Ok(Some(Tie::of(&list.state().link)));
        }
        for delta in &self.offered.deltas {
            let ties = list.ties_of(&delta.bytes)?;
            if let Some((_, tie)) = ties.into_iter().find(|(at, _)| *at == step) {
                return Ok(Some(tie));
            }
        }
        Ok(None)
    }

    /// Every step behind `published` that any of the deltas leads over or to, with its one tie.
    fn steps_behind(&self, published: u32) -> Result<Steps, NotAutomatic> {
        let (list, mut steps) = (self.after(&[])?, Steps::new());
        for delta in &self.offered.deltas {
            for (step, tie) in list.ties_of(&delta.bytes)?.into_iter().filter(|(step, _)| *step > published) {
                if !steps.entry(step).or_insert_with(|| Told::of(tie)).is_tied(tie) {
                    return Err(DeltaRefused::Link.into());
                }
            }
        }
        Ok(steps)
    }
}

/// Puts the delta on the list, and counts whom it changes.
fn counted(list: &mut SealedList, delta: &Delta) -> Result<Counts, NotAutomatic> {
    let counts = Counts::of(&list.flow(&delta.bytes)?);
    list.apply(&delta.bytes)?;
    Ok(counts)
}

/// What terminals that hold `old` get by `new`.
pub(crate) fn between(old: &Land<'_>, new: &Land<'_>) -> Result<Change, NotAutomatic> {
    let (mut list, fresh) = (old.end()?, new.end()?);
    let way = new.offered.finest(list.state().step);
    every_way(old, new, &way)?;
    let (mut steps, mut counts) = (new.steps_behind(list.state().step)?, Counts::default());
    for delta in way {
        counts = counts.and(counted(&mut list, delta)?);
        steps.entry(delta.span.to).and_modify(|told| told.ends(&list));
    }
    same(&list, &fresh)?;
    Ok(Change { counts, to: fresh.state(), steps })
}

pub(super) fn same(one: &SealedList, other: &SealedList) -> Result<(), NotAutomatic> {
    let same = one.state() == other.state() && one.changes() == other.changes();
    if same { Ok(()) } else { Err(NotAutomatic::Fork { step: one.state().step, other: other.state().step }) }
}
