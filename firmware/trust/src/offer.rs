//! What one repository offers after its metadata were taken: targets by name, and their files in the spool.
//! Promises: a file comes out as its metadata describe it, or not at all; what is offered may have been taken in an earlier run.
//! Must not know: what the targets mean.

use std::fs::File;

use gate_tuf::{Clock, Document, Role, TargetFile, TargetName, Targets, Trusted, update};
use gate_wire::time::Timestamp;

use crate::Directories;
use crate::memory::Memory;
use crate::refusal::{Cause, Refusal};
use crate::report::RepositoryLine;
use crate::repository::Repository;
use crate::spool::{Layout, Spool, pour};

/// How many different keys must stand behind data that move the floor of the clock (DESIGN §8).
const FLOOR_THRESHOLD: u32 = 2;

/// A repository's offer.
pub(crate) struct Offer {
    /// Whose.
    pub(crate) repository: Repository,
    spool: Option<Spool>,
    trusted: Option<Trusted>,
    /// What is reported of it.
    pub(crate) line: RepositoryLine,
}

impl Offer {
    /// Takes what the spool has of `repository`, and remembers it before anything is made of it.
    pub(crate) fn take(repository: Repository, to: &Directories, memory: &Memory, clock: &Clock) -> Offer {
        let mut offer = Offer {
            repository,
            spool: None,
            trusted: None,
            line: RepositoryLine { name: repository.name().into(), root: 0, targets: 0, refused: None },
        };
        offer.line.refused = offer.fill(repository, (to, memory), clock).err();
        if let Some(trusted) = &offer.trusted {
            offer.line.root = trusted.root().body().version;
            offer.line.targets = trusted.targets().map_or(0, |targets| targets.body().version);
        }
        offer
    }

    fn fill(
        &mut self,
        repository: Repository,
        (to, memory): (&Directories, &Memory),
        clock: &Clock,
    ) -> Result<(), Refusal> {
        let trusted = self.trusted.insert(memory.trusted(repository)?);
        let Some(spool) = Spool::open(&to.spool, repository.name())? else { return Ok(()) };
        let spool = self.spool.insert(spool);
        let before = trusted.to_text();
        let taken = update(trusted, spool, &repository.limits(), clock);
        if trusted.to_text() != before {
            memory.save(repository, trusted)?;
        }
        Ok(taken?)
    }

    /// The targets that were taken last.
    pub(crate) fn targets(&self) -> Option<&Targets> {
        self.trusted.as_ref().and_then(Trusted::targets).map(Document::body)
    }

    /// What is said of a target.
    pub(crate) fn find(&self, name: &str) -> Option<(TargetName, &TargetFile)> {
        let name = TargetName::parse(name).ok()?;
        let what = self.targets()?.targets.get(name.as_str())?;
        Some((name, what))
    }

    /// A small target's bytes.
    pub(crate) fn bytes(
        &self,
        name: &TargetName,
        what: &TargetFile,
        most: usize,
    ) -> Result<Vec<u8>, Refusal> {
        if what.length > most as u64 {
            let facts = format!("{name} has {} bytes, at most {most} are read", what.length);
            return Err(Refusal::new(Cause::Unfit, facts));
        }
        let mut bytes = Vec::with_capacity(usize::try_from(what.length).unwrap_or(0));
        pour(self.file(name, what)?, name, what, |piece| {
            bytes.extend_from_slice(piece);
            Ok(())
        })?;
        Ok(bytes)
    }

    /// A target's file: of the announced length, not hashed yet.
    pub(crate) fn file(&self, name: &TargetName, what: &TargetFile) -> Result<File, Refusal> {
        let missing = || Refusal::new(Cause::Missing, format!("{name} is not in what was brought"));
        let (Some(spool), Some(trusted)) = (&self.spool, &self.trusted) else { return Err(missing()) };
        let layout = match trusted.root().body().consistent_snapshot {
            true => Layout::Consistent,
            false => Layout::Plain,
        };
        spool.target(name, what, layout)?.ok_or_else(missing)
    }

    /// When what vouches for these data ends: nothing in them was issued then, or later (ADR 29). Where the timestamp was forgotten with its key,
    /// the root's end alone is known.
    pub(crate) fn ends(&self) -> Option<Timestamp> {
        let trusted = self.trusted.as_ref()?;
        let root = trusted.root().body().expires;
        Some(trusted.timestamp().map_or(root, |timestamp| root.min(timestamp.body().expires)))
    }

    /// Up to when data of this repository may raise the floor of the clock: it ends nothing that vouches for them. `None` when one key alone stands
    /// behind them.
    pub(crate) fn ceiling(&self) -> Option<Timestamp> {
        let role = self.trusted.as_ref()?.root().body().role(Role::Targets)?;
        let ends = self.ends().filter(|_| role.threshold >= FLOOR_THRESHOLD)?;
        Some(ends.minus(1))
    }
}
