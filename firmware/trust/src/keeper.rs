//! One run: what was brought, from the spool into force.
//! Promises: the order of writing is floors and marks, files, keys, manifest; each dataset by itself; what is in force stays
//! where the new one is not good.
//! Must not know: when to run, who brought what.

mod folding;
mod listing;
mod taking;

use std::path::PathBuf;

pub use folding::{Turn, When, fold};
use gate_carry::Ask;
use gate_core::manifest::{Dataset, FILE_NAME, Manifest, ManifestEntry, Province};
use gate_tuf::Clock;
use gate_wire::time::Timestamp;

use crate::data::{Data, DataFault};
use crate::memory::{Memory, MemoryFault, Notes};
use crate::offer::Offer;
use crate::refusal::{Cause, Refusal};
use crate::report::{InForce, KEYS, Line, PROVINCE, Report};
use crate::repository::Repository;

/// Where everything is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Directories {
    /// What carriers fill.
    pub spool: PathBuf,
    /// What `gate` reads.
    pub data: PathBuf,
    /// What the keeper remembers.
    pub state: PathBuf,
}

/// What a run is told of the time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Now {
    /// The terminal's clock, believed or not: for the report.
    pub wall: Timestamp,
    /// The time, where the clock is confirmed (DESIGN §8).
    pub confirmed: Option<Timestamp>,
}

/// How closely the files in force are looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// All but the list's base, of which the length alone.
    Usual,
    /// Every byte of every file: at night, or when `gate` says that the list is damaged.
    Whole,
}

/// Why a run did not happen. What is in force stays.
#[derive(Debug, thiserror::Error)]
pub enum KeeperFault {
    /// What is remembered is not at hand.
    #[error(transparent)]
    Memory(#[from] MemoryFault),
    /// The data directory cannot be written.
    #[error(transparent)]
    Data(#[from] DataFault),
}

/// Under which the last generation is remembered, should its manifest rot.
const GENERATION: &str = "generation";

/// One run.
pub(crate) struct Run {
    data: Data,
    notes: Notes,
    now: Now,
    asked: Option<Ask>,
    before: Report,
    /// What is in force, and then what will be.
    province: Option<Province>,
    entries: Vec<ManifestEntry>,
    /// Files of those in force that rotted: what is in them may come again.
    rotten: Vec<ManifestEntry>,
    lines: Vec<Line>,
    /// The province's keys as they are to be written, if they are new.
    keys: Option<Vec<u8>>,
}

/// Puts in force what was brought and is good.
///
/// # Errors
/// [`KeeperFault`]: only where nothing could be done at all; what is not good stands in the report.
pub fn run(to: &Directories, now: Now, look: Look) -> Result<Report, KeeperFault> {
    let memory = Memory::open(&to.state)?;
    let mut notes = memory.notes()?;
    // Before anything is looked at: whoever finds it in the report knows that the keeper saw what was there when it was asked.
    let asked = Ask::read(&to.spool);
    let [trust, status] = Repository::ALL.map(|one| {
        let clock = Clock { floor: notes.floor(one), confirmed: now.confirmed };
        Offer::take(one, to, &memory, &clock)
    });
    let data = Data::open(&to.data)?;
    let manifest = data.manifest();
    notes.raise(GENERATION, manifest.as_ref().map_or(0, |manifest| manifest.generation.into()));
    let entries = manifest.as_ref().map(|manifest| manifest.entries().to_vec()).unwrap_or_default();
    let mut run = Run {
        notes,
        now,
        asked,
        before: Memory::report(&to.state),
        province: manifest.as_ref().map(|manifest| manifest.province.clone()),
        rotten: entries.iter().filter(|entry| !data.is_whole(entry, look)).cloned().collect(),
        entries,
        lines: Vec::new(),
        keys: None,
        data,
    };
    run.take_trust(&trust);
    run.take_list(&status);
    memory.save_notes(&run.notes)?;
    let generation = run.put_in_force(manifest.as_ref())?;
    let report = run.report(generation, [trust.line, status.line]);
    memory.save_report(&report)?;
    Ok(report)
}

impl Run {
    /// Keys first: with a manifest that needs them and without them there would be no list.
    fn put_in_force(&self, before: Option<&Manifest>) -> Result<u32, DataFault> {
        if let Some(keys) = &self.keys {
            self.data.replace(gate_core::envelope::FILE_NAME, keys)?;
        }
        let same = before.is_some_and(|before| is_same(before.entries(), &self.entries));
        match (&self.province, before) {
            (None, _) => Ok(0),
            (Some(_), Some(before)) if same => Ok(before.generation),
            (Some(province), _) => self.data.swap(province, &self.entries, self.notes.mark(GENERATION)),
        }
    }

    fn report(self, generation: u32, repositories: [crate::report::RepositoryLine; 2]) -> Report {
        Report {
            at: self.now.wall.unix(),
            generation,
            repositories: repositories.into(),
            datasets: self.lines,
            folding: self.before.folding,
            asked: self.asked,
        }
    }

    /// Tells of a dataset: what is in force of it now, and what was not taken.
    fn tell(&mut self, name: &str, in_force: Option<(u32, u64)>, refused: Option<Refusal>) {
        let known = self.before.line(name).and_then(|line| line.in_force);
        let in_force = in_force.map(|(version, issued)| {
            let same = known.filter(|known| (known.version, known.issued) == (version, issued));
            same.unwrap_or(InForce { version, issued, received: self.now.wall.unix() })
        });
        self.lines.push(Line { name: name.into(), in_force, refused });
    }

    fn tell_of(&mut self, dataset: Dataset, refused: Option<Refusal>) {
        let rotten = self.entries.iter().find(|entry| entry.dataset == dataset && self.is_rotten(entry));
        let lost =
            rotten.map(|entry| entry.file.as_str()).or_else(|| self.is_lost(dataset).then_some(FILE_NAME));
        // That what rotted is not in what was brought is the smaller news.
        let lost = lost.map(|file| Refusal::new(Cause::Rotten, file));
        let refused = refused.filter(|one| lost.is_none() || one.cause != Cause::Missing).or(lost);
        let entry = self.entries.iter().rev().find(|entry| entry.dataset == dataset);
        let in_force = entry.map(|entry| (entry.version, entry.as_of.unix()));
        let in_force = in_force.or_else(|| self.folded().filter(|_| dataset == Dataset::StatusDelta));
        self.tell(dataset.name(), in_force, refused);
    }

    /// The step that the base itself holds and its time, where it was folded here.
    fn folded(&self) -> Option<(u32, u64)> {
        let base = self.entries.iter().find(|entry| entry.dataset == Dataset::StatusList)?;
        listing::folded_step(base).map(|step| (step, base.as_of.unix()))
    }

    fn is_rotten(&self, entry: &ManifestEntry) -> bool {
        self.rotten.iter().any(|one| one.file == entry.file)
    }

    /// Whether a dataset was in force and no manifest names it any more: the manifest rotted.
    fn is_lost(&self, dataset: Dataset) -> bool {
        let mark = if dataset == Dataset::StatusList { listing::MARK } else { dataset.name() };
        self.notes.mark(mark) > 0 && !self.entries.iter().any(|entry| entry.dataset == dataset)
    }

    /// A file was brought: whatever lay under its name before is gone.
    fn heal(&mut self, brought: &ManifestEntry) {
        self.rotten.retain(|entry| entry.file != brought.file);
    }
}

fn is_same(before: &[ManifestEntry], after: &[ManifestEntry]) -> bool {
    let key = |entry: &ManifestEntry| (entry.dataset, entry.file.clone(), entry.sha256);
    before.iter().map(key).eq(after.iter().map(key))
}
