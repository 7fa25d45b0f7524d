//! A draft of the targets: what the next publication names.
//! Promises: a name keeps its bytes for a version; nothing is drafted that every terminal would refuse for its size; what is staged replaces its name and leaves the others as they were published.
//! Must not know: what the files say, who signs.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::PathBuf;

use gate_proof::digest::Hasher;
use gate_status::ListFile;
use gate_tuf::{
    Claimed, Custom, Limits, Repository, Role, TargetFile, TargetName, Targets, Unsigned, consistent_name,
};
use gate_wire::time::Timestamp;

use super::{Repo, RepoFault, at, in_document};
use crate::spelling;
use crate::staging::{self, Readers};

/// Room in a draft for as many signatures as anybody has holders: 16 of 256 bytes.
const SIGNATURES_BYTES: u64 = 4 << 10;

/// So long after it was published the desk's clock is believed without another publication, in seconds.
const VOUCHED_S: u64 = 10 * 86_400;

/// A target to be staged.
#[derive(Clone, Debug)]
pub struct Staged {
    /// Its name.
    pub name: String,
    /// The dataset's version.
    pub version: u32,
    /// The dataset's issue or as-of time.
    pub issued: Timestamp,
    /// Its bytes.
    pub content: Content,
}

/// Where a target's bytes are.
#[derive(Clone, Debug)]
pub enum Content {
    /// In memory.
    Bytes(Vec<u8>),
    /// In a file, for more of them than memory should hold.
    File(PathBuf),
}

impl Repo {
    /// Stages targets: those in `staged` anew, those in `dropped` no more, all others as they are published.
    ///
    /// # Errors
    /// [`RepoFault`].
    pub fn stage(
        &self,
        staged: &[Staged],
        dropped: &[String],
        expires: Timestamp,
    ) -> Result<Targets, RepoFault> {
        let _alone = self.alone()?;
        let before = self.published_targets()?;
        let mut targets = before.as_ref().map(|targets| targets.targets.clone()).unwrap_or_default();
        targets.retain(|name, _| !dropped.contains(name));
        let version = before.map_or(0, |targets| targets.version) + 1;
        // Before a file is copied: a base is hundreds of megabytes.
        let names: BTreeSet<&String> = targets.keys().chain(staged.iter().map(|one| &one.name)).collect();
        fit_count(names.iter().copied())?;
        for one in staged {
            let file = self.stage_file(one, targets.get(&one.name))?;
            targets.insert(one.name.clone(), file);
        }
        let body = Targets { version, expires, targets };
        let path = self.draft(Role::Targets);
        let unsigned = Unsigned::of(&body).map_err(in_document(&path))?;
        fit_terminals(&body, unsigned.to_text().len() as u64 + SIGNATURES_BYTES)?;
        staging::make_directory(&self.path.join("draft"), Readers::All).map_err(at(&path))?;
        staging::replace(&path, &unsigned.to_text(), Readers::All).map_err(at(&path))?;
        Ok(body)
    }

    /// The targets that are published, as a root of this repository signed them; `None` before the first.
    ///
    /// # Errors
    /// [`RepoFault::Unproven`]: the newest file is nobody's. What is compared with it would be compared with anybody's words.
    pub fn published_targets(&self) -> Result<Option<Targets>, RepoFault> {
        let Some(version) = self.newest(Role::Targets)? else { return Ok(None) };
        let path = self.metadata(&format!("{version}.targets.json"));
        let bytes = fs::read(&path).map_err(at(&path))?;
        let claimed = Claimed::<Targets>::read(&bytes).map_err(in_document(&path))?;
        // A cut between a new root and its targets leaves those of the root before, which is still the beginning of the next.
        let verified =
            self.published_roots()?.into_iter().rev().find_map(|root| claimed.clone().verify(&root).ok());
        let targets = verified.ok_or_else(|| RepoFault::Unproven(path.clone()))?.body().clone();
        if targets.version == version { Ok(Some(targets)) } else { Err(RepoFault::Unproven(path)) }
    }

    /// The latest time until `clock` that what was published vouches for, with both authorities' signatures: ten days after its newest file was
    /// issued. Before anything is published no time is.
    ///
    /// # Errors
    /// [`RepoFault`].
    pub fn surely_reached(&self, clock: Timestamp) -> Result<Timestamp, RepoFault> {
        let published = self.published_targets()?.map(|published| published.targets).unwrap_or_default();
        let issued = published.values().filter_map(|file| Timestamp::from_unix(file.custom?.issued)).max();
        Ok(issued.map_or(Timestamp::EPOCH, |issued| issued.plus(VOUCHED_S).min(clock)))
    }

    /// The highest version of a role's file that is published.
    pub(super) fn newest(&self, role: Role) -> Result<Option<u64>, RepoFault> {
        let folder = self.metadata("");
        let ending = format!(".{}.json", role.name());
        let names = match fs::read_dir(&folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            other => other.map_err(at(&folder))?,
        };
        let version = |entry: io::Result<fs::DirEntry>| {
            entry.ok()?.file_name().to_str()?.strip_suffix(&ending)?.parse().ok()
        };
        Ok(names.filter_map(version).max())
    }

    fn stage_file(&self, one: &Staged, published: Option<&TargetFile>) -> Result<TargetFile, RepoFault> {
        let name = TargetName::parse(&one.name).map_err(|_| RepoFault::NameTarget(one.name.clone()))?;
        let what = one.describe()?;
        if let Some(before) = published {
            let known = before.custom.unwrap_or_default().version;
            if before.hashes != what.hashes && one.version <= known {
                let (name, found, published) = (one.name.clone(), one.version, known);
                return Err(RepoFault::MoveForward { name, found, published });
            }
        }
        let digest = what.hashes.get("sha256").cloned().unwrap_or_default();
        let file = consistent_name(&name, &digest);
        if self.public().join("targets").join(&file).exists() {
            return Ok(what);
        }
        let path = self.path.join("draft/targets").join(&file);
        staging::make_directory(path.parent().unwrap_or(&self.path), Readers::All).map_err(at(&path))?;
        let mut hashing = Hashing { from: one.open()?, hasher: Hasher::new() };
        staging::replace_from(&path, &mut hashing, Readers::All).map_err(at(&path))?;
        match spelling::hex(hashing.hasher.finish().as_bytes()) == digest {
            true => Ok(what),
            false => Err(RepoFault::KeepStill(path)),
        }
    }
}

impl Staged {
    fn describe(&self) -> Result<TargetFile, RepoFault> {
        let mut hashing = Hashing { from: self.open()?, hasher: Hasher::new() };
        let length = io::copy(&mut hashing, &mut io::sink()).map_err(at(&self.path()))?;
        let digest = spelling::hex(hashing.hasher.finish().as_bytes());
        let custom = Some(Custom { version: self.version, issued: self.issued.unix() });
        Ok(TargetFile { length, hashes: BTreeMap::from([("sha256".into(), digest)]), custom })
    }

    fn open(&self) -> Result<Box<dyn Read + '_>, RepoFault> {
        Ok(match &self.content {
            Content::Bytes(bytes) => Box::new(bytes.as_slice()),
            Content::File(path) => Box::new(File::open(path).map_err(at(path))?),
        })
    }

    fn path(&self) -> PathBuf {
        match &self.content {
            Content::Bytes(_) => self.name.clone().into(),
            Content::File(path) => path.clone(),
        }
    }
}

/// What terminals read at most of the repository that offers these: of `status` what has a file of the list.
pub(super) fn limits<'a>(mut names: impl Iterator<Item = &'a String>) -> Limits {
    match names.any(|name| ListFile::parse(name).is_some()) {
        true => Repository::Status.limits(),
        false => Repository::Trust.limits(),
    }
}

/// Refuses targets that every terminal would refuse, for their number or their length.
pub(super) fn fit_terminals(targets: &Targets, found: u64) -> Result<(), RepoFault> {
    fit_count(targets.targets.keys())?;
    let most = limits(targets.targets.keys()).targets;
    if found > most { Err(RepoFault::Lengthen { found, most }) } else { Ok(()) }
}

fn fit_count<'a>(names: impl Iterator<Item = &'a String> + Clone) -> Result<(), RepoFault> {
    let (found, most) = (names.clone().count(), limits(names).count);
    if found > most { Err(RepoFault::Crowd { found, most }) } else { Ok(()) }
}

/// Hashes what is read through it.
struct Hashing<R> {
    from: R,
    hasher: Hasher,
}

impl<R: Read> Read for Hashing<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.from.read(buffer)?;
        self.hasher.update(buffer.get(..count).unwrap_or_default());
        Ok(count)
    }
}
