//! From drafts to what carriers bring: assembled, given a snapshot and a timestamp, tried as a terminal tries it, then put there.
//! Promises: files first, roots next, the timestamp last, each whole or not there; what a terminal that has the publication
//! before would refuse is not published.
//! Must not know: terminals' clocks.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use gate_proof::digest::sha256;
use gate_tuf::{
    Claimed, Document, KeyEntry, MetaFile, Role, Root, Snapshot, Source, SourceFault, Targets,
    Timestamp as TimestampRole, Trusted, Unsigned, update,
};
use gate_wire::time::Timestamp;

use super::draft::{fit_terminals, limits};
use super::names::{admit_names, called};
use super::{AHEAD_S, Repo, RepoFault, at, in_document};
use crate::custody::CustodyFault;
use crate::spelling;
use crate::staging::{self, Readers};

pub(super) const TIMESTAMP: &str = "timestamp.json";

/// How long what is signed online is good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lives {
    /// The desk's clock.
    pub now: Timestamp,
    /// Of a snapshot, in seconds.
    pub snapshot_s: u64,
    /// Of a timestamp, in seconds.
    pub timestamp_s: u64,
}

/// What was published.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PublishedMetadata {
    /// Versions of root, targets, snapshot, timestamp.
    pub versions: [u64; 4],
}

/// Something that signs for an online role: the key, and how.
pub type OnlineSigner<'a> = (&'a KeyEntry, &'a dyn Fn(&[u8]) -> Result<[u8; 64], CustodyFault>);

/// Metadata to be written, by file name.
pub(super) type Files = BTreeMap<String, Vec<u8>>;

impl Repo {
    /// Refuses a draft with anything in it that was issued later than it is by the publisher's clock: the floor of terminals' clocks follows issue
    /// times (ADR 29).
    ///
    /// # Errors
    /// [`RepoFault::Foretell`].
    pub fn foretells_nothing(&self, clock: Timestamp) -> Result<(), RepoFault> {
        if !self.draft(Role::Targets).exists() {
            return Ok(());
        }
        let targets = self.staged_targets(&self.staged_root(&mut Files::new())?, &mut Files::new())?;
        let latest = clock.plus(AHEAD_S).unix();
        let is_ahead = |issued: &u64| *issued > latest;
        let ahead =
            targets.body().targets.iter().find_map(|(name, file)| {
                Some((name, file.custom.map(|custom| custom.issued).filter(is_ahead)?))
            });
        ahead.map_or(Ok(()), |(name, issued)| {
            let issued = Timestamp::from_unix(issued).unwrap_or(Timestamp::MAX);
            let [issued, now] = [issued, clock].map(gate_tuf::print_time);
            Err(RepoFault::Foretell { name: called(name), issued, now })
        })
    }

    /// Publishes what is staged, with a new snapshot and timestamp; with nothing staged, a new snapshot and timestamp alone.
    ///
    /// # Errors
    /// [`RepoFault`]; what carriers bring is as before.
    pub fn publish(
        &self,
        [snapshot, timestamp]: [OnlineSigner<'_>; 2],
        lives: &Lives,
    ) -> Result<PublishedMetadata, RepoFault> {
        let _alone = self.alone()?;
        let mut files = Files::new();
        let root = self.staged_root(&mut files)?;
        let targets = self.staged_targets(&root, &mut files)?;
        fit_terminals(targets.body(), targets.text().len() as u64)?;
        let versions = [Role::Snapshot, Role::Timestamp].map(|role| self.next(role));
        let [snapshot_version, timestamp_version] = versions;
        let (snapshot_version, timestamp_version) = (snapshot_version?, timestamp_version?);
        let body = Snapshot::of(snapshot_version, lives.now.plus(lives.snapshot_s), meta(&targets));
        let snapshot = signed(&body, &root, snapshot)?;
        let body = TimestampRole::of(timestamp_version, lives.now.plus(lives.timestamp_s), meta(&snapshot));
        let timestamp = signed(&body, &root, timestamp)?;
        files.insert(format!("{snapshot_version}.snapshot.json"), snapshot.text().to_vec());
        files.insert(TIMESTAMP.into(), timestamp.text().to_vec());
        self.try_as_terminal(&files, targets.body(), lives.now)?;
        self.put(&files)?;
        let versions = [root.version, targets.body().version, snapshot_version, timestamp_version];
        Ok(PublishedMetadata { versions })
    }

    /// The root that will be in force, and its file if it is new.
    fn staged_root(&self, files: &mut Files) -> Result<Root, RepoFault> {
        let path = self.draft(Role::Root);
        if !path.exists() {
            return self.root();
        }
        let bytes = fs::read(&path).map_err(at(&path))?;
        let claimed = Claimed::<Root>::read(&bytes).and_then(Claimed::trust_first);
        let root = claimed.map_err(in_document(&path))?;
        admit_names(root.body(), &path)?;
        self.shares_no_key(root.body())?;
        files.insert(format!("{}.root.json", root.body().version), bytes);
        Ok(root.body().clone())
    }

    fn staged_targets(&self, root: &Root, files: &mut Files) -> Result<Document<Targets>, RepoFault> {
        let draft = self.draft(Role::Targets);
        let path = match (draft.exists(), self.newest(Role::Targets)?) {
            (true, _) => draft.clone(),
            (false, Some(version)) => self.metadata(&format!("{version}.targets.json")),
            (false, None) => {
                return Err(RepoFault::FindRole { path: self.path.clone(), role: Role::Targets });
            }
        };
        let bytes = fs::read(&path).map_err(at(&path))?;
        let claimed = Claimed::<Targets>::read(&bytes).map_err(in_document(&path))?;
        let targets = claimed.verify(root).map_err(in_document(&path))?;
        if path == draft {
            files.insert(format!("{}.targets.json", targets.body().version), bytes);
        }
        Ok(targets)
    }

    fn next(&self, role: Role) -> Result<u64, RepoFault> {
        if role != Role::Timestamp {
            return Ok(self.newest(role)?.unwrap_or(0) + 1);
        }
        let path = self.metadata(TIMESTAMP);
        match fs::read(&path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(1),
            other => {
                let claimed = Claimed::<TimestampRole>::read(&other.map_err(at(&path))?);
                Ok(claimed.map_err(in_document(&path))?.version() + 1)
            }
        }
    }

    /// Everything once as a terminal does that has the publication before.
    fn try_as_terminal(&self, files: &Files, targets: &Targets, now: Timestamp) -> Result<(), RepoFault> {
        let first = match files.get("1.root.json") {
            Some(bytes) => bytes.clone(),
            None => {
                let path = self.metadata("1.root.json");
                fs::read(&path).map_err(at(&path))?
            }
        };
        let path = self.metadata("1.root.json");
        let root =
            Claimed::<Root>::read(&first).and_then(Claimed::trust_first).map_err(in_document(&path))?;
        let (mut trusted, limits) = (Trusted::first(root), limits(targets.targets.keys()));
        let (none, clock) = (Files::new(), Repo::clock(now));
        // What was published may have ended meanwhile: that is no fault of what is published now.
        let _ = update(&mut trusted, &Both { repo: self, files: &none }, &limits, &clock);
        Ok(update(&mut trusted, &Both { repo: self, files }, &limits, &clock)?)
    }

    fn put(&self, files: &Files) -> Result<(), RepoFault> {
        let staged = self.path.join("draft/targets");
        for file in files_below(&staged)? {
            let name = file.strip_prefix(&staged).unwrap_or(&file).to_path_buf();
            let to = self.public().join("targets").join(name);
            staging::make_directory(to.parent().unwrap_or(&to), Readers::All).map_err(at(&to))?;
            fs::rename(&file, &to).map_err(at(&to))?;
            staging::sync_directory(&to).map_err(at(&to))?;
        }
        staging::make_directory(&self.metadata(""), Readers::All).map_err(at(&self.path))?;
        let last = |name: &String| name == TIMESTAMP;
        for (name, bytes) in
            files.iter().filter(|(name, _)| !last(name)).chain(files.iter().filter(|(name, _)| last(name)))
        {
            let path = self.metadata(name);
            staging::replace(&path, bytes, Readers::All).map_err(at(&path))?;
        }
        for role in [Role::Root, Role::Targets] {
            let path = self.draft(role);
            match fs::remove_file(&path) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(at(&path)(error)),
                _ => {}
            }
        }
        Ok(())
    }
}

/// What is public, with what is about to be.
pub(super) struct Both<'a> {
    pub(super) repo: &'a Repo,
    pub(super) files: &'a Files,
}

impl Source for Both<'_> {
    fn metadata(&self, name: &str, _most: u64) -> Result<Option<Vec<u8>>, SourceFault> {
        if let Some(bytes) = self.files.get(name) {
            return Ok(Some(bytes.clone()));
        }
        match fs::read(self.repo.metadata(name)) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            other => other.map(Some).map_err(|error| SourceFault(error.to_string())),
        }
    }
}

fn signed<B: gate_tuf::Body>(
    body: &B,
    root: &Root,
    (key, sign): OnlineSigner<'_>,
) -> Result<Document<B>, RepoFault> {
    let here = Path::new(B::ROLE.name());
    if !root.role(B::ROLE).is_some_and(|keys| keys.keyids.contains(&key.id())) {
        return Err(RepoFault::FitRole(B::ROLE));
    }
    let mut unsigned = Unsigned::of(body).map_err(in_document(here))?;
    let message = unsigned.to_sign().map_err(|refused| in_document(here)(refused.into()))?;
    unsigned.add(key, &sign(&message)?);
    let claimed = Claimed::<B>::read(&unsigned.to_text()).and_then(|claimed| claimed.verify(root));
    claimed.map_err(in_document(here))
}

fn meta<B: gate_tuf::Body>(document: &Document<B>) -> MetaFile {
    let digest = spelling::hex(sha256(&[document.text()]).as_bytes());
    MetaFile {
        version: document.body().version(),
        length: Some(document.text().len() as u64),
        hashes: BTreeMap::from([("sha256".into(), digest)]),
    }
}

/// Every file below a folder, at most two folders deep; none where there is no folder.
pub(super) fn files_below(folder: &Path) -> Result<Vec<PathBuf>, RepoFault> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        let entries = match fs::read_dir(&folder) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
            other => other.map_err(at(&folder))?,
        };
        for entry in entries {
            let entry = entry.map_err(at(&folder))?;
            let kind = entry.file_type().map_err(at(&folder))?;
            if kind.is_dir() { folders.push(entry.path()) } else { files.push(entry.path()) }
        }
    }
    Ok(files)
}
