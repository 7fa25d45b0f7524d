//! The status list: an epoch's base, and the deltas that lead furthest on it.
//! Promises: a base is read whole before it is in force; every delta was taken on it here, as `gate` will; one that is not
//! good is left out and told, and the way goes on where another leads; the list never leads less far than it did.
//! Must not know: the other datasets.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::PathBuf;

use gate_core::manifest::{DELTAS_MOST, Dataset, ManifestEntry};
use gate_status::{DELTA_MOST_BYTES, Epoch, ListFile, ListKeys, SealedList, Span, State, StatusList, chain};
use gate_tuf::{TargetFile, TargetName};
use gate_wire::time::Timestamp;

use super::taking::named;
use super::{Run, folding};
use crate::data::at;
use crate::offer::Offer;
use crate::own;
use crate::refusal::{Cause, Refusal};
use crate::spool::pour;

/// A province of 100 million takes 420 MB.
const LARGEST_BASE: u64 = 4 << 30;
/// Under which the list's mark is remembered: epoch × 2^32 + step.
pub(super) const MARK: &str = "status-list-mark";

/// A base in the data directory.
struct Base {
    entry: ManifestEntry,
    path: PathBuf,
}

/// A delta that may be put on it, in the data directory or in the spool.
#[derive(Clone)]
enum Delta {
    Held(ManifestEntry),
    Offered(TargetName, TargetFile),
}

/// A list with what led there.
struct Led {
    list: SealedList,
    deltas: Vec<ManifestEntry>,
}

impl Run {
    /// Takes what `status` offers, with the keys that came by `trust` before.
    pub(super) fn take_list(&mut self, status: &Offer) {
        let (base, delta) = match self.lead(status) {
            Ok(refused) => refused,
            Err(refusal) => (Some(refusal), None),
        };
        self.tell_of(Dataset::StatusList, base);
        self.tell_of(Dataset::StatusDelta, delta);
    }

    /// What was refused: of the base, of a delta.
    fn lead(&mut self, status: &Offer) -> Result<(Option<Refusal>, Option<Refusal>), Refusal> {
        let offered = offered(status);
        if offered.is_empty() {
            return Ok((None, None));
        }
        let own = own::load(self.data.path())?;
        let missing =
            || Refusal::new(Cause::Missing, "the province's keys for this terminal are not here yet");
        let keys = own::list_keys(&self.kept_keys().ok_or_else(missing)?, &own)?;
        self.region()?;
        let (base, refused) = self.choose_base(status, &offered, &keys);
        let Some(base) = base else { return Ok((refused, None)) };
        let candidates = self.candidates(&base, &offered);
        let (led, delta) = self.furthest(&base, candidates, (status, &keys))?;
        let state = led.list.state();
        if mark(state) < self.notes.mark(MARK) {
            let facts = format!("what was brought leads to step {} of epoch {}", state.step, state.epoch.0);
            return Ok((refused, Some(Refusal::new(Cause::Older, facts))));
        }
        self.notes.raise(MARK, mark(state));
        self.raise_floor(led.list.head().as_of, status);
        self.entries.retain(|entry| !matches!(entry.dataset, Dataset::StatusList | Dataset::StatusDelta));
        self.entries.push(base.entry);
        led.deltas.iter().for_each(|entry| self.heal(entry));
        self.entries.extend(led.deltas);
        Ok((refused, delta))
    }

    /// The newest epoch's base: the one in force, else the one that was brought.
    fn choose_base(
        &mut self,
        status: &Offer,
        offered: &BTreeMap<ListFile, (TargetName, TargetFile)>,
        keys: &ListKeys,
    ) -> (Option<Base>, Option<Refusal>) {
        let in_force = self.entries.iter().find(|entry| entry.dataset == Dataset::StatusList).cloned();
        let in_force = in_force.map(|entry| Base { path: self.data.file(&entry.file), entry });
        let newest = offered.iter().rev().find_map(|(file, target)| match file {
            ListFile::Base(epoch) => Some((*epoch, target)),
            ListFile::Delta(..) => None,
        });
        let Some((epoch, (name, what))) = newest else { return (in_force, None) };
        let ours = in_force.as_ref().map(|base| base.entry.version);
        let rotten = in_force.as_ref().is_some_and(|base| self.is_rotten(&base.entry));
        match ours {
            Some(ours) if ours > epoch.0 => {
                let facts = format!("a base of epoch {}, epoch {ours} is in force", epoch.0);
                (in_force, Some(Refusal::new(Cause::Older, facts)))
            }
            Some(ours) if ours == epoch.0 && !rotten => (in_force, None),
            _ => match self.bring_base(status, epoch, (name, what), keys) {
                Ok(base) => {
                    self.heal(&base.entry);
                    (Some(base), None)
                }
                Err(refusal) => (in_force, Some(refusal)),
            },
        }
    }

    /// Copies a base and reads it whole: under its name it is good.
    fn bring_base(
        &self,
        status: &Offer,
        epoch: Epoch,
        (name, what): (&TargetName, &TargetFile),
        keys: &ListKeys,
    ) -> Result<Base, Refusal> {
        if what.length > LARGEST_BASE {
            return Err(Refusal::new(Cause::Unfit, format!("{name} has {} bytes", what.length)));
        }
        let sha256 = what.sha256().ok_or_else(|| Refusal::new(Cause::Unfit, "no SHA-256 is announced"))?;
        let custom = what.custom.unwrap_or_default();
        let as_of = Timestamp::from_unix(custom.issued).unwrap_or(Timestamp::EPOCH);
        let label = epoch.0.to_string();
        let entry = named(Dataset::StatusList, &label, (epoch.0, as_of), (what.length, sha256), "tfs")?;
        let source = status.file(name, what)?;
        // What is folded from another base is of no use then, and may hold the room that this one needs.
        folding::forget(&self.data);
        let part = self.data.file(&format!("{}.part", entry.file));
        let path = self.data.keep(&entry.file, |file| -> Result<(), Refusal> {
            pour(source, name, what, |piece| file.write_all(piece))?;
            file.sync_all().map_err(at(&part))?;
            // What was copied is what is checked.
            let list = SealedList::open(&part, keys).map_err(Refusal::unfit)?;
            self.admit_base(&list, (epoch, as_of), status)?;
            list.check().map_err(Refusal::unfit)
        })?;
        Ok(Base { entry, path })
    }

    fn admit_base(
        &self,
        list: &SealedList,
        (epoch, as_of): (Epoch, Timestamp),
        status: &Offer,
    ) -> Result<(), Refusal> {
        let head = list.base_head();
        let region = self.region()?;
        let ours = region
            .as_str()
            .as_bytes()
            .try_into()
            .ok()
            .and_then(|digits| gate_status::Region::new(digits).ok());
        if ours != Some(head.province) {
            return Err(Refusal::new(Cause::Foreign, format!("a list of {:?}", head.province)));
        }
        if list.state().epoch != epoch || list.state().step != 0 {
            return Err(Refusal::new(Cause::Unfit, format!("the base is of epoch {}", head.epoch.0)));
        }
        if head.as_of != as_of {
            let [said, announced] = [head.as_of, as_of].map(gate_tuf::print_time);
            let facts = format!("the base is as of {said}, the repository says {announced}");
            return Err(Refusal::new(Cause::Unfit, facts));
        }
        self.is_of_its_time(head.as_of, status)
    }

    /// Every delta that may be put on the base: held ones first, so that one that rotted on the disk can come again.
    fn candidates(
        &self,
        base: &Base,
        offered: &BTreeMap<ListFile, (TargetName, TargetFile)>,
    ) -> Vec<(Span, Delta)> {
        let epoch = base.entry.version;
        let stays = self.entries.iter().any(|entry| entry.file == base.entry.file);
        let held = self.entries.iter().filter(|entry| entry.dataset == Dataset::StatusDelta && stays);
        let held = held.filter_map(|entry| Some((span_of(entry)?, Delta::Held(entry.clone()))));
        let mut all: Vec<(Span, Delta)> = held.collect();
        for (file, (name, what)) in offered {
            if let ListFile::Delta(of, span) = file
                && of.0 == epoch
            {
                all.push((*span, Delta::Offered(name.clone(), what.clone())));
            }
        }
        all
    }

    /// The list as far as the candidates lead; one that is not good is left out, and the last of those is told.
    fn furthest(
        &self,
        base: &Base,
        mut candidates: Vec<(Span, Delta)>,
        (status, keys): (&Offer, &ListKeys),
    ) -> Result<(Led, Option<Refusal>), Refusal> {
        let mut refused = None;
        loop {
            let list = SealedList::open(&base.path, keys).map_err(Refusal::unfit)?;
            let way = way(list.state().step, &candidates);
            match self.follow(list, &way, status) {
                Ok(led) => return Ok((led, refused)),
                Err((span, refusal)) => {
                    // The first of that span is the one that was tried.
                    let tried = candidates.iter().position(|(known, _)| *known == span);
                    tried.map(|at| candidates.remove(at));
                    refused = Some(refusal);
                }
            }
        }
    }

    fn follow(
        &self,
        mut list: SealedList,
        way: &[(Span, Delta)],
        status: &Offer,
    ) -> Result<Led, (Span, Refusal)> {
        let mut deltas = Vec::new();
        for (span, delta) in way {
            let taken = self.take_delta(&mut list, (*span, delta), status);
            deltas.push(taken.map_err(|refusal| (*span, refusal))?);
        }
        Ok(Led { list, deltas })
    }

    fn take_delta(
        &self,
        list: &mut SealedList,
        (span, delta): (Span, &Delta),
        status: &Offer,
    ) -> Result<ManifestEntry, Refusal> {
        let bytes = match delta {
            Delta::Held(entry) => {
                let path = self.data.file(&entry.file);
                std::fs::read(&path).map_err(at(&path))?
            }
            Delta::Offered(name, what) => status.bytes(name, what, DELTA_MOST_BYTES)?,
        };
        let head = gate_status::alleged_delta_head(&bytes).map_err(Refusal::unfit)?;
        if (Span { from: head.from, to: head.to }) != span {
            return Err(Refusal::new(
                Cause::Unfit,
                format!("the delta leads from {} to {}", head.from, head.to),
            ));
        }
        match delta {
            Delta::Held(_) => self.not_future(head.as_of)?,
            Delta::Offered(..) => self.is_of_its_time(head.as_of, status)?,
        }
        list.apply(&bytes).map_err(Refusal::unfit)?;
        match delta {
            Delta::Held(entry) => Ok(entry.clone()),
            Delta::Offered(_, what) => {
                let sha256 = what.sha256().unwrap_or_default();
                let label = format!("{}.{}-{}", list.state().epoch.0, span.from, span.to);
                let of = (what.length, sha256);
                let entry = named(Dataset::StatusDelta, &label, (span.to, head.as_of), of, "tfd")?;
                let path = self.data.file(&entry.file);
                self.data.keep(&entry.file, |file| file.write_all(&bytes).map_err(at(&path)))?;
                Ok(entry)
            }
        }
    }
}

fn offered(status: &Offer) -> BTreeMap<ListFile, (TargetName, TargetFile)> {
    let targets = status.targets().map(|targets| targets.targets.iter()).into_iter().flatten();
    let file = |(name, what): (&String, &TargetFile)| {
        Some((ListFile::parse(name)?, (TargetName::parse(name).ok()?, what.clone())))
    };
    targets.filter_map(file).collect()
}

/// The fewest deltas that lead furthest, those held before those offered.
fn way(from: u32, candidates: &[(Span, Delta)]) -> Vec<(Span, Delta)> {
    let spans = |wanted: fn(&Delta) -> bool| -> Vec<Span> {
        candidates.iter().filter(|(_, delta)| wanted(delta)).map(|(span, _)| *span).collect()
    };
    let held = spans(|delta| matches!(delta, Delta::Held(_)));
    let offered = spans(|delta| matches!(delta, Delta::Offered(..)));
    let mut ends: Vec<u32> = candidates.iter().map(|(span, _)| span.to).filter(|to| *to > from).collect();
    ends.sort_unstable();
    let way =
        ends.iter().rev().find_map(|to| chain(from, &held, *to, &offered, DELTAS_MOST)).unwrap_or_default();
    let find = |span: &Span| candidates.iter().find(|(known, _)| known == span).cloned();
    way.iter().filter_map(find).collect()
}

/// The span that a held delta's file name says: `status-delta.EPOCH.FROM-TO.…`.
fn span_of(entry: &ManifestEntry) -> Option<Span> {
    let (from, to) = entry.file.split('.').nth(2)?.split_once('-')?;
    Some(Span { from: from.parse().ok()?, to: to.parse().ok()? })
}

/// The step that a folded base's file name says: `status-list.EPOCH-STEP.…`.
pub(super) fn folded_step(entry: &ManifestEntry) -> Option<u32> {
    entry.file.split('.').nth(1)?.split_once('-')?.1.parse().ok()
}

/// How far a list is: a later epoch counts more than any step.
pub(super) fn mark(state: State) -> u64 {
    u64::from(state.epoch.0) << 32 | u64::from(state.step)
}
