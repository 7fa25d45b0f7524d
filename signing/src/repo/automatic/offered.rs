//! What targets metadata offer of the list: one base, its deltas; each file held against what the metadata say of it.
//! Promises: bytes are those that the metadata name, by length and SHA-256; a name, a version and a time in the metadata are those
//! that the file says itself; nothing else is offered.
//! Must not know: what a change means.

use std::fs::File;
use std::io::{self, Read};
use std::path::PathBuf;

use gate_proof::digest::{Hasher, sha256};
use gate_status::{DELTA_MOST_BYTES, ListFile, Span, alleged_delta_head, alleged_head};
use gate_tuf::{TargetFile, TargetName, Targets, consistent_name};
use gate_wire::time::Timestamp;

use super::NotAutomatic;
use crate::repo::Repo;
use crate::spelling;

/// Files of a list.
#[derive(Clone, Debug)]
pub(crate) struct Offered {
    pub(crate) base: PathBuf,
    pub(crate) base_digest: String,
    pub(crate) deltas: Vec<Delta>,
}

/// A delta, as the metadata name it.
#[derive(Clone, Debug)]
pub(crate) struct Delta {
    pub(crate) span: Span,
    pub(crate) as_of: Timestamp,
    pub(crate) bytes: Vec<u8>,
}

impl Offered {
    /// What these targets offer, from the repository's own files.
    pub(crate) fn of(repo: &Repo, targets: &Targets) -> Result<Offered, NotAutomatic> {
        let (mut base, mut deltas) = (None, Vec::new());
        for (name, file) in &targets.targets {
            match ListFile::parse(name) {
                Some(ListFile::Base(epoch)) if base.is_none() => base = Some((name, file, epoch)),
                Some(ListFile::Delta(epoch, span)) => deltas.push((name, file, epoch, span)),
                _ => return Err(NotAutomatic::Offer(name.clone())),
            }
        }
        let (name, file, epoch) = base.ok_or_else(|| NotAutomatic::Offer("no base".into()))?;
        let lies = |name: &String| NotAutomatic::Lie(name.to_owned());
        let path = path(repo, name, file)?;
        let head = alleged_head(&path).map_err(|_| lies(name))?;
        let base_digest = hashed(&path, name, file)?;
        if head.epoch != epoch || !says(file, (epoch.0, head.as_of)) {
            return Err(lies(name));
        }
        let read = |(name, file, of, span): (&String, &TargetFile, _, Span)| {
            let bytes = delta(repo, name, file)?;
            let head = alleged_delta_head(&bytes).map_err(|_| lies(name))?;
            let same = (head.epoch, head.from, head.to) == (of, span.from, span.to) && of == epoch;
            if same && says(file, (head.to, head.as_of)) {
                Ok(Delta { span, as_of: head.as_of, bytes })
            } else {
                Err(lies(name))
            }
        };
        let deltas = deltas.into_iter().map(read).collect::<Result<_, _>>()?;
        Ok(Offered { base: path, base_digest, deltas })
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

fn hashed(path: &PathBuf, name: &str, file: &TargetFile) -> Result<String, NotAutomatic> {
    let fault = |error| NotAutomatic::File(path.clone(), error);
    let mut opened = File::open(path).map_err(fault)?.take(file.length.saturating_add(1));
    let mut hashing = Hashing(Hasher::new(), 0);
    io::copy(&mut opened, &mut hashing).map_err(fault)?;
    let digest = *hashing.0.finish().as_bytes();
    let same = file.sha256() == Some(digest) && file.length == hashing.1;
    if same { Ok(spelling::hex(&digest)) } else { Err(NotAutomatic::Lie(name.to_owned())) }
}

struct Hashing(Hasher, u64);

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
