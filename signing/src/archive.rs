//! Every publication of this desk, kept: the policy, places and risk levels that a verdict of months ago rested on
//! (DOMAIN §17: from the record and the named data versions a verdict can be replayed bit for bit).
//! Promises: kept before anything is published; never overwritten; what is given out has the digest that the kept
//! manifest says. No list, no secret and no person is in it.
//! Must not know: records.
//!
//! `archive/<generation, 8 digits>/`: the small documents as published, and a manifest of them, written last; `in-force.json`:
//! which of them is in force.

mod in_force;

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use gate_core::believed::{Places, RiskLevels};
use gate_core::json::MAX_DOCUMENT_BYTES;
use gate_core::manifest::{Dataset, FILE_NAME, Manifest};
use gate_core::policy::Policy;
use gate_proof::digest::{Digest, sha256};
use gate_wire::record::POLICY_DIGEST_BYTES;

use crate::province::Province;
use crate::publish::{Publication, PublishError};
use crate::spelling;

/// The archive within the desk's directory.
pub const ARCHIVE_DIRECTORY: &str = "archive";
/// Files of a directory of policies that are looked at, at most.
const FILES_MOST: usize = 10_000;

/// Publications of the past.
#[derive(Clone, Debug)]
pub struct Archive {
    directory: PathBuf,
}

/// A policy of the past, proven, with its digest.
#[derive(Clone, Debug)]
pub struct KeptPolicy {
    /// The policy.
    pub policy: Policy,
    /// SHA-256 of its text.
    pub digest: Digest,
    /// Its text, as terminals read it.
    pub text: String,
    /// Where it was found.
    pub path: PathBuf,
}

/// Why a text of the past cannot be given out.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveFault {
    /// Nothing of this version is kept.
    #[error("version {version} of the {} is not in {}", .dataset.name(), .place.display())]
    FindVersion {
        /// Which version.
        version: u32,
        /// Of what.
        dataset: Dataset,
        /// Where it was looked for.
        place: PathBuf,
    },
    /// A file could not be read.
    #[error("{}", .path.display())]
    ReadFile {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Not what was published under this version.
    #[error("{} is not what was published under this version: its SHA-256 differs from the archive's manifest", .path.display())]
    MatchDigest {
        /// Which.
        path: PathBuf,
    },
    /// There is nothing.
    #[error("{} holds no publication", .place.display())]
    FindAny {
        /// Where it was looked for.
        place: PathBuf,
    },
    /// Not what the record names.
    #[error(
        "{}: version {version} with digest {found}, but the record was made under a policy with digest {named}: another text under the same version", .path.display()
    )]
    MatchRecord {
        /// Which file.
        path: PathBuf,
        /// The version both bear.
        version: u32,
        /// First bytes of its digest.
        found: String,
        /// First bytes that the record names.
        named: String,
    },
    /// Not a document of its kind.
    #[error("{} is not the document it should be", .path.display())]
    LoadDocument {
        /// Which.
        path: PathBuf,
    },
}

/// Where policies of the past are found.
pub trait PolicyShelf {
    /// The policy of this version with this digest; a digest of zeros names none, and the version alone decides.
    ///
    /// # Errors
    /// [`ArchiveFault`].
    fn policy(&self, named: &PolicyNamed) -> Result<KeptPolicy, ArchiveFault>;
}

/// The policy that a record names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PolicyNamed {
    /// Its version.
    pub version: u32,
    /// The first bytes of its digest.
    pub digest: [u8; POLICY_DIGEST_BYTES],
    /// Which of a publication's policies, for a record without a digest.
    pub dataset: Dataset,
}

impl Archive {
    /// The archive in `directory`, which need not be there.
    pub fn at(directory: PathBuf) -> Archive {
        Archive { directory }
    }

    /// The places of a version.
    ///
    /// # Errors
    /// [`ArchiveFault`].
    pub fn places(&self, version: u32) -> Result<Places, ArchiveFault> {
        let (bytes, path) = self.document(Dataset::Places, version)?;
        Places::load(&bytes).map_err(|_| ArchiveFault::LoadDocument { path })
    }

    /// The risk levels of a version.
    ///
    /// # Errors
    /// [`ArchiveFault`].
    pub fn risk_levels(&self, version: u32) -> Result<RiskLevels, ArchiveFault> {
        let (bytes, path) = self.document(Dataset::RiskLevels, version)?;
        RiskLevels::load(&bytes).map_err(|_| ArchiveFault::LoadDocument { path })
    }

    /// Every generation kept whole, in order: one that a power cut left without its manifest was never published.
    ///
    /// # Errors
    /// [`ArchiveFault::ReadFile`].
    pub fn generations(&self) -> Result<Vec<u32>, ArchiveFault> {
        let entries = match fs::read_dir(&self.directory) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            other => other.map_err(at(&self.directory))?,
        };
        let mut generations = Vec::new();
        for entry in entries {
            let entry = entry.map_err(at(&self.directory))?;
            let name = entry.file_name();
            let number =
                name.to_str().filter(|name| name.len() == 8).and_then(|name| name.parse::<u32>().ok());
            generations.extend(number.filter(|_| entry.path().join(FILE_NAME).is_file()));
        }
        generations.sort_unstable();
        Ok(generations)
    }

    /// A document as it was published, and where it lies.
    ///
    /// # Errors
    /// [`ArchiveFault`].
    pub fn document(&self, dataset: Dataset, version: u32) -> Result<(Vec<u8>, PathBuf), ArchiveFault> {
        let place = self.generation(version);
        let missing = || ArchiveFault::FindVersion { version, dataset, place: place.clone() };
        let path = place.join(FILE_NAME);
        let manifest = match read(&path) {
            Err(ArchiveFault::ReadFile { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
                return Err(missing());
            }
            other => Manifest::load(&other?).map_err(|_| ArchiveFault::LoadDocument { path })?,
        };
        let entry = manifest.find(dataset).ok_or_else(missing)?;
        let path = place.join(entry.file.as_str());
        let bytes = read(&path)?;
        if entry.sha256 != *sha256(&[&bytes]).as_bytes() {
            return Err(ArchiveFault::MatchDigest { path });
        }
        Ok((bytes, path))
    }

    /// The fault that there is no publication.
    pub(crate) fn is_missing(&self) -> ArchiveFault {
        ArchiveFault::FindAny { place: self.directory.clone() }
    }

    fn generation(&self, version: u32) -> PathBuf {
        self.directory.join(format!("{version:08}"))
    }
}

impl PolicyShelf for Archive {
    fn policy(&self, named: &PolicyNamed) -> Result<KeptPolicy, ArchiveFault> {
        let (bytes, path) = self.document(named.dataset, named.version)?;
        fitting(named, kept(bytes, path)?)
    }
}

/// A file with a policy, or a directory with such files, also below it: an archive handed over by somebody else.
#[derive(Clone, Debug)]
pub struct PolicyFiles(pub PathBuf);

impl PolicyShelf for PolicyFiles {
    fn policy(&self, named: &PolicyNamed) -> Result<KeptPolicy, ArchiveFault> {
        let PolicyFiles(root) = self;
        let mut other = None;
        for path in json_files(root)? {
            // Whatever is no policy is not looked for.
            let Some(found) = read(&path).ok().and_then(|bytes| kept(bytes, path).ok()) else { continue };
            match fitting(named, found) {
                Ok(kept) => return Ok(kept),
                Err(fault @ ArchiveFault::MatchRecord { .. }) => other = Some(fault),
                Err(_) => {}
            }
        }
        let (version, dataset, place) = (named.version, named.dataset, root.clone());
        Err(other.unwrap_or(ArchiveFault::FindVersion { version, dataset, place }))
    }
}

impl Province {
    /// Keeps what `publication` publishes in `directory`, as this province's generation. Done before publishing.
    ///
    /// # Errors
    /// [`PublishError`]; a generation that is kept with other content stays as it is.
    pub fn archive(&self, directory: &Path, publication: &Publication<'_>) -> Result<(), PublishError> {
        self.keep_documents(&Archive::at(directory.to_path_buf()).generation(self.generation()), publication)
    }
}

fn kept(bytes: Vec<u8>, path: PathBuf) -> Result<KeptPolicy, ArchiveFault> {
    let policy = Policy::load(&bytes).map_err(|_| ArchiveFault::LoadDocument { path: path.clone() })?;
    let digest = sha256(&[&bytes]);
    let text = String::from_utf8(bytes).map_err(|_| ArchiveFault::LoadDocument { path: path.clone() })?;
    Ok(KeptPolicy { policy, digest, text, path })
}

/// The policy, if it is the one that is named.
fn fitting(named: &PolicyNamed, kept: KeptPolicy) -> Result<KeptPolicy, ArchiveFault> {
    let version = kept.policy.version();
    if version != named.version {
        let (dataset, place) = (named.dataset, kept.path);
        return Err(ArchiveFault::FindVersion { version: named.version, dataset, place });
    }
    let first = &kept.digest.as_bytes()[..POLICY_DIGEST_BYTES];
    if named.digest != [0; POLICY_DIGEST_BYTES] && first != named.digest {
        let (found, named) = (spelling::hex(first), spelling::hex(&named.digest));
        return Err(ArchiveFault::MatchRecord { path: kept.path, version, found, named });
    }
    Ok(kept)
}

/// The JSON files at or below `root`; links are not followed.
fn json_files(root: &Path) -> Result<Vec<PathBuf>, ArchiveFault> {
    if !root.is_dir() {
        return Ok(vec![root.to_path_buf()]);
    }
    let (mut found, mut left, mut looked) = (Vec::new(), vec![root.to_path_buf()], 0);
    while let Some(directory) = left.pop() {
        for entry in fs::read_dir(&directory).map_err(at(&directory))? {
            let entry = entry.map_err(at(&directory))?;
            let kind = entry.file_type().map_err(at(&entry.path()))?;
            looked += 1;
            if looked > FILES_MOST {
                return Ok(found);
            }
            if kind.is_dir() {
                left.push(entry.path());
            } else if kind.is_file() && entry.path().extension().is_some_and(|ending| ending == "json") {
                found.push(entry.path());
            }
        }
    }
    found.sort();
    Ok(found)
}

fn read(path: &Path) -> Result<Vec<u8>, ArchiveFault> {
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(at(path))?;
    file.take(MAX_DOCUMENT_BYTES as u64 + 1).read_to_end(&mut bytes).map_err(at(path))?;
    if bytes.len() > MAX_DOCUMENT_BYTES {
        return Err(ArchiveFault::LoadDocument { path: path.to_path_buf() });
    }
    Ok(bytes)
}

fn at(path: &Path) -> impl FnOnce(io::Error) -> ArchiveFault {
    let path = path.to_path_buf();
    |source| ArchiveFault::ReadFile { path, source }
}
