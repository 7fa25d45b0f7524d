//! A turn while nothing else is to do: the list's base and the deltas on it become one base (DESIGN §6).
//! Promises: what is in force is not touched until the new base was read whole and leads exactly as far, with the deltas
//! behind it, as the list in force; a cut between any two slices is gone on with; without room nothing begins; a keeper that
//! waits goes first, after a slice at most.
//! Must not know: repositories, the other datasets.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use gate_core::envelope::{self, Envelopes};
use gate_core::manifest::{Dataset, Manifest, ManifestEntry};
use gate_status::{
    DELTA_MOST_BYTES, FoldFault, Folding, KeyStore, ListFault, ListKeys, SealedList, Sliced, State,
    fold_begun, forget_fold,
};
use gate_wire::time::Timestamp;

use super::taking::named;
use super::{GENERATION, KeeperFault, listing};
use crate::data::{Data, at};
use crate::memory::{Memory, Notes};
use crate::own;
use crate::refusal::{Cause, Refusal};
use crate::report::{FoldLine, FoldState, Report};

/// The fold under way, in the data directory. Its name is no dataset's and no `.part`: neither removes it.
const FILE: &str = "fold.tfs";
/// Deltas in the manifest from which on folding pays: a manifest names at most 24.
const DELTAS_DUE: usize = 20;
/// Bytes of memory, in `gate`, of what the deltas changed from which on folding pays: 1.6 million colours.
const BYTES_DUE: usize = 8 << 20;
/// At most one fold a day of the list's own time: each writes the whole file anew, and flash wears.
const APART_S: u64 = 86_400;

/// Leaves a slice at least. A new leaf that is not full yet is not on the disk: of so many old ones one surely is, so that
/// a fold that is cut after every slice ends all the same.
const LEAVES_LEAST: u32 = 4;

/// How much a turn does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Turn {
    /// Leaves a slice, each about 4 KiB to read and to write; fewer than 4 are 4. After each slice the disk has it.
    pub leaves: u32,
    /// Slices at most.
    pub slices: u32,
    /// When it begins.
    pub when: When,
}

/// When a fold begins. One that was begun is always gone on with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// With 20 deltas in the manifest or 8 MiB changed by them, and a day of the list's own time after the base.
    Due,
    /// With one delta.
    Now,
}

/// One turn of folding. While it goes, other keepers go first.
///
/// # Errors
/// [`KeeperFault`]: only where nothing could be done at all; why a fold stopped stands in its line, and in the report.
pub fn fold(data: &Path, state: &Path, wall: Timestamp, turn: Turn) -> Result<FoldLine, KeeperFault> {
    let (mut memory, mut turn) = (Memory::open(state)?, turn);
    loop {
        let mut report = Memory::report(state);
        let line = |(state, step), refused| FoldLine { at: wall.unix(), state, step, refused };
        let line = match stretch(&memory, data, turn, &mut report)? {
            Stretch::Ended(state, step) => line((state, step), None),
            Stretch::Stopped(refusal) => line((FoldState::Stopped, 0), Some(refusal)),
            Stretch::Awaited(slices) => {
                turn.slices = slices;
                memory = memory.give_way()?;
                continue;
            }
        };
        report.folding = Some(line.clone());
        memory.save_report(&report)?;
        return Ok(line);
    }
}

/// How a stretch of a turn ended.
enum Stretch {
    /// The turn is over: how, and at which step.
    Ended(FoldState, u32),
    /// It cannot be gone on with.
    Stopped(Refusal),
    /// Another keeper waits; so many slices of the turn are left.
    Awaited(u32),
}

/// A turn, as far as nobody else waits. What is in force may be another after each.
fn stretch(memory: &Memory, data: &Path, turn: Turn, report: &mut Report) -> Result<Stretch, KeeperFault> {
    let (notes, data) = (memory.notes()?, Data::open(data)?);
    let Some(manifest) = data.manifest() else { return Ok(Stretch::Ended(FoldState::NotDue, 0)) };
    // A cut between a new base's name and its manifest leaves a file that nobody names.
    data.clear();
    let idle = Idle { part: data.file(FILE), data: &data, manifest, notes: &notes, memory };
    Ok(idle.turn(turn, report).unwrap_or_else(Stretch::Stopped))
}

/// Removes what a fold left. What cannot be removed now goes later.
pub(super) fn forget(data: &Data) {
    let _ = forget_fold(&data.file(FILE));
}

/// What a turn has before it.
struct Idle<'a> {
    part: PathBuf,
    data: &'a Data,
    manifest: Manifest,
    notes: &'a Notes,
    memory: &'a Memory,
}

/// The list in force.
struct Held<'a> {
    base: &'a ManifestEntry,
    /// Those in the manifest, in their order.
    deltas: Vec<&'a ManifestEntry>,
    keys: ListKeys,
}

/// Where slicing stopped.
enum Cut {
    /// The new base is whole.
    Whole,
    /// The turn has no more slices.
    Over,
    /// Another keeper waits; so many slices are left.
    Awaited(u32),
}

/// What a fold takes of it.
struct Plan {
    /// So many of the deltas, from the first.
    folds: usize,
    /// Where the list in force is, with all of them.
    whole: State,
}

impl Idle<'_> {
    fn turn(&self, turn: Turn, report: &mut Report) -> Result<Stretch, Refusal> {
        let held = self.held()?;
        let plan = match &held {
            Some(held) => self.plan(held, turn.when)?,
            None => None,
        };
        let (Some(held), Some(plan)) = (held, plan) else {
            forget_fold(&self.part).map_err(at(&self.part))?;
            return Ok(Stretch::Ended(FoldState::NotDue, 0));
        };
        let (folds, behind) = held.deltas.split_at(plan.folds);
        let list = self.led(&held, &self.data.file(&held.base.file), folds)?;
        let state = list.state();
        match self.slices(&held, &list, turn).map_err(|fault| self.stopped(fault))? {
            Cut::Whole => {}
            Cut::Over => return Ok(Stretch::Ended(FoldState::More, state.step)),
            Cut::Awaited(slices) => return Ok(Stretch::Awaited(slices)),
        }
        drop(list);
        let done =
            self.admit(&held, behind, plan.whole).and_then(|()| self.put_in_force(&held, behind, state));
        if done.is_err() {
            // It is not gone on with: the next turn begins anew.
            forget(self.data);
        }
        report.generation = done?;
        report.hold_base_as_of(state.as_of);
        Ok(Stretch::Ended(FoldState::Done, state.step))
    }

    /// The list in force, where it has deltas.
    fn held(&self) -> Result<Option<Held<'_>>, Refusal> {
        let of = |dataset| self.manifest.entries().iter().filter(move |entry| entry.dataset == dataset);
        let deltas: Vec<_> = of(Dataset::StatusDelta).collect();
        let Some(base) = of(Dataset::StatusList).next().filter(|_| !deltas.is_empty()) else {
            return Ok(None);
        };
        let own = own::load(self.data.path())?;
        let path = self.data.file(envelope::FILE_NAME);
        let envelopes = Envelopes::load(&std::fs::read(&path).map_err(at(&path))?).map_err(Refusal::unfit)?;
        Ok(Some(Held { base, deltas, keys: own::list_keys(&envelopes, &own)? }))
    }

    /// What to fold, if a fold was begun or is due.
    fn plan(&self, held: &Held<'_>, when: When) -> Result<Option<Plan>, Refusal> {
        let base = self.data.file(&held.base.file);
        let bare = self.led(held, &base, &[])?;
        let list = self.led(held, &base, &held.deltas)?;
        let whole = list.state();
        if listing::mark(whole) < self.notes.mark(listing::MARK) {
            return Err(Refusal::new(Cause::Older, "the list in force leads less far than it did"));
        }
        let begun = fold_begun(&self.part).filter(|(epoch, _)| *epoch == whole.epoch);
        let begun = begun.and_then(|(_, step)| held.deltas.iter().position(|one| one.version == step));
        if let Some(last) = begun {
            // What came since the fold began waits for the next one: else none would ever end.
            return Ok(Some(Plan { folds: last + 1, whole }));
        }
        let changed = list.overlay_bytes().saturating_sub(bare.overlay_bytes());
        let pays = held.deltas.len() >= DELTAS_DUE || changed >= BYTES_DUE;
        let is_due = pays && whole.as_of.since(bare.state().as_of) >= APART_S;
        Ok((when == When::Now || is_due).then_some(Plan { folds: held.deltas.len(), whole }))
    }

    /// The base at `path` with these deltas, each taken on it.
    fn led(&self, held: &Held<'_>, path: &Path, deltas: &[&ManifestEntry]) -> Result<SealedList, Refusal> {
        let rotten =
            |file: &str, error: anyhow::Error| Refusal::new(Cause::Rotten, format!("{file}: {error:#}"));
        let mut list =
            SealedList::open(path, &held.keys).map_err(|error| rotten("the list's base", error.into()))?;
        for entry in deltas {
            let path = self.data.file(&entry.file);
            let file = File::open(&path).map_err(at(&path))?;
            let mut bytes = Vec::new();
            // One byte more than a delta can have is enough to refuse it.
            file.take(DELTA_MOST_BYTES as u64 + 1).read_to_end(&mut bytes).map_err(at(&path))?;
            list.apply(&bytes).map_err(|error| rotten(&entry.file, error.into()))?;
        }
        Ok(list)
    }

    /// As many slices as the turn has, and as nobody else waits for.
    fn slices(&self, held: &Held<'_>, list: &SealedList, turn: Turn) -> Result<Cut, FoldFault> {
        let store = held.keys.store_key().map_err(|_| ListFault::Unreadable)?;
        let mut folding = Folding::begin(&self.part, list, store, held.base.length)?;
        for left in (0..turn.slices).rev() {
            match folding.slice(turn.leaves.max(LEAVES_LEAST))? {
                Sliced::Whole(_) => return Ok(Cut::Whole),
                // Each stretch does a slice: it ends, however many wait.
                Sliced::More(_) if self.memory.is_awaited() => return Ok(Cut::Awaited(left)),
                Sliced::More(more) => folding = more,
            }
        }
        Ok(Cut::Over)
    }

    /// Why it stopped. What was begun gives its room back: something newer may need it.
    fn stopped(&self, fault: FoldFault) -> Refusal {
        forget(self.data);
        let cause = match fault {
            FoldFault::Read(_) => Cause::Rotten,
            FoldFault::FindRoom { .. } | FoldFault::Write(_) | FoldFault::Store(_) => Cause::Terminal,
        };
        Refusal::new(cause, format!("{:#}", anyhow::Error::from(fault)))
    }

    /// Reads the new base whole, and goes on it as far as the list in force is: not a step further, not one less.
    fn admit(&self, held: &Held<'_>, behind: &[&ManifestEntry], whole: State) -> Result<(), Refusal> {
        let list = self.led(held, &self.part, behind)?;
        list.check().map_err(Refusal::unfit)?;
        if list.state() == whole {
            return Ok(());
        }
        Err(Refusal::new(Cause::Unfit, "the folded base does not lead where the list in force is"))
    }

    /// Its name, then the manifest that names it.
    fn put_in_force(&self, held: &Held<'_>, behind: &[&ManifestEntry], state: State) -> Result<u32, Refusal> {
        let (epoch, label) = (state.epoch.0, format!("{}-{}", state.epoch.0, state.step));
        let of = self.data.digest(&self.part)?;
        let base = named(Dataset::StatusList, &label, (epoch, state.as_of), of, "tfs")?;
        self.data.adopt(&self.part, &base.file)?;
        let is_of_list = |entry: &&ManifestEntry| {
            entry.file == held.base.file || held.deltas.iter().any(|delta| delta.file == entry.file)
        };
        let others = self.manifest.entries().iter().filter(|entry| !is_of_list(entry)).cloned();
        let behind = behind.iter().map(|entry| (*entry).clone());
        let entries: Vec<_> = others.chain([base]).chain(behind).collect();
        Ok(self.data.swap(&self.manifest.province, &entries, self.notes.mark(GENERATION))?)
    }
}
