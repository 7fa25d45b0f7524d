//! Every way that a terminal can take through a draft's deltas.
//! Promises: whatever a terminal holds of what was ever published, and whichever of the drafted deltas it takes, it ends where the
//! counted way ends; who is at a step that was ever published is led on from there.
//! Must not know: colours, caps.
//!
//! The content of a delta over one step is bound by the link; that of a longer one is bound by nothing, and a terminal at a step within
//! it knows only what it names. So it must name everything that was touched since its beginning. Why that is enough: let every delta
//! published so far be *sound*: put on any step within it, it gives the one list of its end. A new delta from `f` to `t` is put on
//! the list of the step before `t`, and must give the list counted for `t`: what it names is right. What it does not name is as it
//! was at that step; and a chain of sound deltas exactly from `f` to that step, all of whose names it has, shows that nothing else was
//! touched meanwhile. So it is sound, too. Where no such chain is at hand, nobody can tell, and it is for people.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use gate_core::manifest::DELTAS_MOST;
use gate_status::{
    Changes, DeltaRefused, Epoch, KeyStore, OpenFault, Plan, SealedList, Tie, plan, read_delta,
};

use super::NotAutomatic;
use super::change::{Land, same};
use super::offered::Delta;

/// Refuses drafted deltas that could lead a terminal anywhere but along `way`, which leads on from the published end.
pub(super) fn every_way<'a>(
    old: &'a Land<'a>,
    new: &'a Land<'a>,
    way: &[&'a Delta],
) -> Result<(), NotAutomatic> {
    nobody_is_left(new)?;
    let here = old.offered.finest(0);
    let mut ground = Ground { land: old, here, sound: old.offered.deltas.iter().collect() };
    let published = ground.list()?.state().step;
    let mut drafted: Vec<&Delta> = new.offered.deltas.iter().collect();
    drafted.sort_unstable_by_key(|delta| (delta.span.to, Reverse(delta.span.from)));
    let (again, further): (Vec<&Delta>, Vec<&Delta>) =
        drafted.into_iter().partition(|delta| delta.span.to <= published);
    let changed = |delta: &&Delta| !old.offered.deltas.contains(delta);
    again.into_iter().filter(changed).try_for_each(|delta| ground.says_it_again(delta))?;
    for end in way {
        let ends = further.iter().filter(|delta| delta.span.to == end.span.to);
        ground.goes_on(end, &ends.copied().collect::<Vec<_>>())?;
    }
    // One that ends elsewhere begins behind a step that nobody can stand at.
    let stray = further.iter().find(|delta| !way.iter().any(|end| end.span.to == delta.span.to));
    stray.map_or(Ok(()), |delta| Err(untold(delta)))
}

/// From every step of the epoch some delta leads on, as far as the last, and with no more files than a terminal takes.
fn nobody_is_left(new: &Land<'_>) -> Result<(), NotAutomatic> {
    let mut spans: Vec<_> = new.offered.deltas.iter().map(|delta| delta.span).collect();
    spans.sort_unstable();
    let mut reach = 0;
    for span in &spans {
        if span.from > reach {
            return Err(NotAutomatic::Strand { step: reach });
        }
        reach = reach.max(span.to);
    }
    // Nobody needs more of them than who has the base alone: what leads on from a step leads on from every later one before its end.
    match plan(None, Epoch(0), reach, &spans) {
        Plan::Base(files) if files.len() > DELTAS_MOST => {
            Err(NotAutomatic::Scatter { files: files.len(), most: DELTAS_MOST })
        }
        Plan::Base(_) | Plan::Deltas(_) => Ok(()),
        Plan::NoWay => Err(NotAutomatic::Strand { step: 0 }),
    }
}

fn untold(delta: &Delta) -> NotAutomatic {
    NotAutomatic::Untold { from: delta.span.from, to: delta.span.to }
}

fn omits(delta: &Delta) -> NotAutomatic {
    NotAutomatic::Omit { from: delta.span.from, to: delta.span.to }
}

/// What is known to be sound, and the way to the last step that it leads to.
struct Ground<'a> {
    land: &'a Land<'a>,
    here: Vec<&'a Delta>,
    sound: Vec<&'a Delta>,
}

impl<'a> Ground<'a> {
    fn list(&self) -> Result<SealedList, NotAutomatic> {
        self.land.after(&self.here)
    }

    /// A delta between steps that were published says what was published, no less and no more.
    fn says_it_again(&mut self, delta: &'a Delta) -> Result<(), NotAutomatic> {
        let chain = self.chain(delta, delta.span.to)?;
        self.is_tied(delta, &chain)?;
        // The link binds no time: another one would be what terminals believe the time to be.
        let same_time = chain.last().is_some_and(|last| last.as_of == delta.as_of);
        if !same_time || self.changes(delta)? != self.merged(&chain)? {
            return Err(omits(delta));
        }
        self.sound.push(delta);
        Ok(())
    }

    /// The next step: it is counted by `end`, and these all lead there.
    fn goes_on(&mut self, end: &'a Delta, all: &[&'a Delta]) -> Result<(), NotAutomatic> {
        let at = self.list()?.state().step;
        for delta in all {
            let chain = self.chain(delta, at)?;
            self.is_tied(delta, &chain)?;
            if !names_all(&self.changes(delta)?, &self.merged(&chain)?) {
                return Err(omits(delta));
            }
        }
        let mut next = self.list()?;
        next.apply(&end.bytes)?;
        for delta in all {
            let mut list = self.list()?;
            list.apply(&delta.bytes)?;
            same(&list, &next)?;
        }
        self.here.push(end);
        self.sound.extend(all);
        Ok(())
    }

    /// Sound deltas from exactly the beginning of this one to exactly that step, as finely as there are.
    fn chain(&self, delta: &Delta, to: u32) -> Result<Vec<&'a Delta>, NotAutomatic> {
        let mut ways = BTreeMap::from([(delta.span.from, Vec::new())]);
        let mut sound: Vec<&Delta> = self.sound.iter().filter(|one| one.span.to <= to).copied().collect();
        sound.sort_unstable_by_key(|one| one.span.to);
        for one in sound {
            let Some(before) = ways.get(&one.span.from) else { continue };
            if ways.get(&one.span.to).is_none_or(|known: &Vec<&Delta>| known.len() <= before.len()) {
                let way = [before.as_slice(), &[one]].concat();
                ways.insert(one.span.to, way);
            }
        }
        ways.remove(&to).ok_or_else(|| untold(delta))
    }

    /// A step has one link: a terminal that a delta of the chain led to it takes this one, too.
    fn is_tied(&self, delta: &Delta, chain: &[&Delta]) -> Result<(), NotAutomatic> {
        let list = self.list()?;
        let mut ties: BTreeMap<u32, Tie> = BTreeMap::new();
        for one in chain.iter().chain([&delta]) {
            for (step, tie) in list.ties_of(&one.bytes)? {
                if *ties.entry(step).or_insert(tie) != tie {
                    return Err(DeltaRefused::Link.into());
                }
            }
        }
        Ok(())
    }

    fn changes(&self, delta: &Delta) -> Result<Changes, NotAutomatic> {
        let fault = |fault| NotAutomatic::Open(self.land.offered.base.path.clone(), OpenFault::Key(fault));
        let both = self.land.keys.authorities().map_err(fault)?;
        let (_, changes) = read_delta(&delta.bytes, &both).map_err(DeltaRefused::from)?;
        Ok(changes)
    }

    /// What these say one after the other.
    fn merged(&self, chain: &[&Delta]) -> Result<Changes, NotAutomatic> {
        let mut all = Changes::default();
        for delta in chain {
            let changes = self.changes(delta)?;
            all.ranked = over(all.ranked, changes.ranked);
            all.keyed = over(all.keyed, changes.keyed);
        }
        Ok(all)
    }
}

/// The later one of each.
fn over<N: Ord + Copy, C: Copy>(mut before: Vec<(N, C)>, after: Vec<(N, C)>) -> Vec<(N, C)> {
    before.splice(0..0, after);
    // Stable: of two for one, the later is the first, which is kept.
    before.sort_by_key(|(name, _)| *name);
    before.dedup_by_key(|(name, _)| *name);
    before
}

fn names_all(these: &Changes, those: &Changes) -> bool {
    let ranked = |rank| these.ranked.binary_search_by_key(&rank, |(rank, _)| *rank).is_ok();
    let keyed = |key| these.keyed.binary_search_by_key(&key, |(key, _)| *key).is_ok();
    those.ranked.iter().all(|(rank, _)| ranked(*rank)) && those.keyed.iter().all(|(key, _)| keyed(*key))
}

#[cfg(test)]
mod tests;
