//! What targets metadata offer of the list: one base, its deltas; each file held against what the metadata say of it.
//! Promises: bytes are those that the metadata name, by length and SHA-256; a name, a version and a time in the metadata are those
//! that the file says itself; nothing else is offered; nothing is read again by a path that others can write to.
//! Must not know: what a change means.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use gate_proof::digest::{Hasher, sha256};
use gate_status::{
    DELTA_MOST_BYTES, Epoch, ListFile, ListKeys, SealedList, Span, alleged_delta_head, alleged_head,
};
use gate_tuf::{TargetFile, TargetName, Targets, consistent_name};
use gate_wire::time::Timestamp;

use super::NotAutomatic;
use crate::repo::Repo;
use crate::repo::names::target_called;
use crate::spelling;
use crate::staging::{self, Readers};

/// Files of a list.
#[derive(Clone, Debug)]
pub(crate) struct Offered {
    pub(crate) base: Base,
    pub(crate) deltas: Vec<Delta>,
}

/// A base, as the metadata name it, and the signer's own copy of it.
#[derive(Clone, Debug)]
pub(crate) struct Base {
    pub(crate) path: PathBuf,
    name: String,
    file: TargetFile,
    epoch: Epoch,
    as_of: Timestamp,
}

/// A delta, as the metadata name it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Delta {
    pub(crate) span: Span,
    pub(crate) as_of: Timestamp,
    pub(crate) bytes: Vec<u8>,
}

/// The one base that is named, and what is named beside it.
struct Named<'a> {
    base: (&'a String, &'a TargetFile, Epoch),
    deltas: Vec<(&'a String, &'a TargetFile, Epoch, Span)>,
}

impl Named<'_> {
    fn of(targets: &Targets) -> Result<Named<'_>, NotAutomatic> {
        let (mut base, mut deltas) = (None, Vec::new());
        for (name, file) in &targets.targets {
            match ListFile::parse(name) {
                Some(ListFile::Base(epoch)) if base.is_none() => base = Some((name, file, epoch)),
                Some(ListFile::Delta(epoch, span)) => deltas.push((name, file, epoch, span)),
                _ => return Err(NotAutomatic::Offer(target_called(name))),
            }
        }
        let base = base.ok_or_else(|| NotAutomatic::Offer("no base".into()))?;
        Ok(Named { base, deltas })
    }

    fn with(self, repo: &Repo, base: Base) -> Result<Offered, NotAutomatic> {
        let read = |(name, file, of, span): (&String, &TargetFile, _, Span)| {
            let lies = || NotAutomatic::Lie(name.to_owned());
            let bytes = delta(repo, name, file)?;
            let head = alleged_delta_head(&bytes).map_err(|_| lies())?;
            let same = (head.epoch, head.from, head.to) == (of, span.from, span.to) && of == base.epoch;
            if same && says(file, (head.to, head.as_of)) {
                Ok(Delta { span, as_of: head.as_of, bytes })
            } else {
                Err(lies())
            }
        };
        let deltas = self.deltas.into_iter().map(read).collect::<Result<_, _>>()?;
        Ok(Offered { base, deltas })
    }
}

impl Offered {
    /// What these targets offer, from the repository's own files; the base is copied to `own` and read there.
    pub(crate) fn whole(
        repo: &Repo,
        targets: &Targets,
        (own, keys): (&Path, &ListKeys),
    ) -> Result<Offered, NotAutomatic> {
        let named = Named::of(targets)?;
        let (name, file, epoch) = named.base;
        own_copy(repo, (name, file), (own, keys))?;
        let head = alleged_head(own).map_err(|_| NotAutomatic::Lie(name.clone()))?;
        if head.epoch != epoch || !says(file, (epoch.0, head.as_of)) {
            return Err(NotAutomatic::Lie(name.clone()));
        }
        let base =
            Base { path: own.into(), name: name.clone(), file: file.clone(), epoch, as_of: head.as_of };
        named.with(repo, base)
    }

    /// The base alone, as a terminal has it that took nothing else yet.
    pub(crate) fn without_deltas(&self) -> Offered {
        Offered { base: self.base.clone(), deltas: Vec::new() }
    }

    /// What drafted targets offer on the same base.
    pub(crate) fn drafted(repo: &Repo, targets: &Targets, on: &Base) -> Result<Offered, NotAutomatic> {
        let named = Named::of(targets)?;
        let (name, file, _) = named.base;
        if *name != on.name || file.sha256() != on.file.sha256() {
            return Err(NotAutomatic::OtherBase);
        }
        if *file != on.file {
            return Err(NotAutomatic::Lie(name.clone()));
        }
        named.with(repo, on.clone())
    }

    /// Refuses a base or a delta that says that it is as of later than `latest`. A list's as-of time is what terminals believe the time to be,
    /// at least: one far ahead lets every timestamp end for them, and the province stands still.
    pub(crate) fn foretells_nothing(&self, latest: Timestamp) -> Result<(), NotAutomatic> {
        let steps = self.deltas.iter().map(|delta| (delta.span.to, delta.as_of));
        let ahead = [(0, self.base.as_of)].into_iter().chain(steps).find(|(_, as_of)| *as_of > latest);
        ahead.map_or(Ok(()), |(to, as_of)| {
            Err(NotAutomatic::Foretell { to, as_of: gate_tuf::print_time(as_of) })
        })
    }

    /// These files, as if metadata named them.
    #[cfg(test)]
    pub(crate) fn of_files(base: &Path, deltas: &[Vec<u8>]) -> Offered {
        let file = TargetFile { length: 0, hashes: std::collections::BTreeMap::new(), custom: None };
        let base =
            Base { path: base.into(), name: String::new(), file, epoch: Epoch(1), as_of: Timestamp::EPOCH };
        let delta = |bytes: &Vec<u8>| {
            let head = alleged_delta_head(bytes).unwrap();
            Delta { span: Span { from: head.from, to: head.to }, as_of: head.as_of, bytes: bytes.clone() }
        };
        Offered { base, deltas: deltas.iter().map(delta).collect() }
    }

    /// The shortest steps from `at` on, to the end.
    pub(crate) fn finest(&self, mut at: u32) -> Vec<&Delta> {
        let mut way = Vec::new();
        while let Some(next) = self.over(at).min_by_key(|delta| (delta.span.to, u32::MAX - delta.span.from)) {
            at = next.span.to;
            way.push(next);
        }
        way
    }

    /// Every delta that a list at this step takes.
    pub(crate) fn over(&self, at: u32) -> impl Iterator<Item = &Delta> {
        self.deltas.iter().filter(move |delta| delta.span.from <= at && at < delta.span.to)
    }
}

fn says(file: &TargetFile, (version, issued): (u32, Timestamp)) -> bool {
    file.custom.is_some_and(|custom| custom.version == version && custom.issued == issued.unix())
}

/// A delta's bytes, held once: those that are hashed are those that are counted, whatever the file becomes.
fn delta(repo: &Repo, name: &str, file: &TargetFile) -> Result<Vec<u8>, NotAutomatic> {
    let path = path(repo, name, file)?;
    if file.length > DELTA_MOST_BYTES as u64 {
        return Err(NotAutomatic::Lie(name.to_owned()));
    }
    let mut bytes = Vec::new();
    let opened = File::open(&path).map_err(|error| NotAutomatic::File(path.clone(), error))?;
    opened.take(file.length + 1).read_to_end(&mut bytes).map_err(|error| NotAutomatic::File(path, error))?;
    let same = file.length == bytes.len() as u64 && file.sha256() == Some(*sha256(&[&bytes]).as_bytes());
    if same { Ok(bytes) } else { Err(NotAutomatic::Lie(name.to_owned())) }
}

/// Where a target lies: in the draft, or published.
fn path(repo: &Repo, name: &str, file: &TargetFile) -> Result<PathBuf, NotAutomatic> {
    let lie = || NotAutomatic::Lie(name.to_owned());
    let target = TargetName::parse(name).map_err(|_| lie())?;
    let digest = file.sha256().ok_or_else(lie)?;
    let name = consistent_name(&target, &spelling::hex(&digest));
    let drafted = repo.path.join("draft/targets").join(&name);
    Ok(if drafted.exists() { drafted } else { repo.public().join("targets").join(&name) })
}

/// The published base in a file of the signer's own: hashed as it is copied, so that nobody who can write to the repository puts another
/// under its name between the look and the count. A copy that is there already is hashed anew; a new one is read whole.
fn own_copy(
    repo: &Repo,
    (name, file): (&String, &TargetFile),
    (own, keys): (&Path, &ListKeys),
) -> Result<(), NotAutomatic> {
    let fault = |error| NotAutomatic::File(own.into(), error);
    let is_it =
        |hashing: Hashing| file.length == hashing.1 && file.sha256() == Some(*hashing.0.finish().as_bytes());
    if let Ok(mut there) = File::open(own) {
        let mut hashing = Hashing::default();
        io::copy(&mut there, &mut hashing).map_err(fault)?;
        if is_it(hashing) {
            return Ok(());
        }
    }
    let path = path(repo, name, file)?;
    let theirs = File::open(&path).map_err(|error| NotAutomatic::File(path.clone(), error))?;
    let mut passing = Passing(theirs.take(file.length.saturating_add(1)), Hashing::default());
    staging::replace_from(own, &mut passing, Readers::Owner).map_err(fault)?;
    let whole = is_it(passing.1).then(|| SealedList::open(own, keys).and_then(|list| Ok(list.check()?)));
    if let Some(Ok(())) = whole {
        return Ok(());
    }
    fs::remove_file(own).map_err(fault)?;
    Err(whole
        .and_then(Result::err)
        .map_or_else(|| NotAutomatic::Lie(name.clone()), |error| NotAutomatic::Open(path, error)))
}

/// Hashes what is read through it.
struct Passing<R>(R, Hashing);

impl<R: Read> Read for Passing<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let count = self.0.read(into)?;
        io::Write::write_all(&mut self.1, into.get(..count).unwrap_or_default())?;
        Ok(count)
    }
}

struct Hashing(Hasher, u64);

impl Default for Hashing {
    fn default() -> Hashing {
        Hashing(Hasher::new(), 0)
    }
}

impl io::Write for Hashing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        self.1 += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
