//! What this terminal believes: the manifest's files, each checked and loaded on its own (DESIGN §2).
//! Promises: opens only files that the manifest names, regular ones, of the length and digest it says; a dataset that
//! fails is missing, and the others stand.
//! Must not know: networks, sticks, signatures of repositories (`gate-trust`).

mod list;
mod succession;

use std::io::Read;
use std::path::Path;

use anyhow::{Context, bail, ensure};
use gate_core::believed::{Places, RiskLevels};
use gate_core::json::MAX_DOCUMENT_BYTES;
use gate_core::keyset::KeySet;
use gate_core::manifest::{self, Dataset, Manifest, ManifestEntry, Province};
use gate_core::policy::Policy;
use gate_core::records::account::Held;
use gate_core::staff::StaffList;
use gate_proof::digest::{Hasher, sha256};
use gate_status::{Revocations, SealedList, StatusList};
use gate_store::DayKeys;
use gate_wire::time::Timestamp;

use crate::files;

/// Everything that is believed now. A missing dataset is a health state, not an error.
pub struct Believed {
    /// Province parameters; `None` without a readable manifest.
    pub province: Option<Province>,
    /// The issuers' keys.
    pub key_set: Option<KeySet>,
    /// Policies by kind of place.
    pub policies: Policies,
    /// Places and lanes.
    pub places: Option<Places>,
    /// Risk levels.
    pub risk_levels: Option<RiskLevels>,
    /// Staff.
    pub staff: Option<StaffList>,
    /// Revocations.
    pub revocations: Option<Revocations>,
    /// The status list, as of the newest delta that was taken.
    pub list: Option<SealedList>,
    /// Day keys for sealing records.
    pub day_keys: Option<DayKeys>,
    /// What could not be believed, and why, for `selftest` and the log.
    pub problems: Vec<Problem>,
    /// Issue times of datasets that may raise the floor of the clock (DESIGN §8).
    pub issued: Vec<Timestamp>,
    versions: Vec<(Dataset, u32)>,
    as_of: Vec<(Dataset, Timestamp)>,
    digests: Vec<(Dataset, [u8; 32])>,
}

/// The policies of this terminal.
#[derive(Default)]
pub struct Policies {
    /// For stations and the like.
    pub station: Option<Policy>,
    /// For hospitals.
    pub hospital: Option<Policy>,
}

/// A dataset that could not be believed.
#[derive(Debug)]
pub struct Problem {
    /// Which; `None` for the manifest itself.
    pub dataset: Option<Dataset>,
    /// Why.
    pub cause: anyhow::Error,
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.dataset {
            Some(dataset) => write!(f, "{}: {:#}", dataset.name(), self.cause),
            None => write!(f, "manifest: {:#}", self.cause),
        }
    }
}

impl std::fmt::Debug for Believed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Believed")
            .field("versions", &self.versions)
            .field("problems", &self.problems)
            .finish()
    }
}

/// The versions seen before: a lower one is a rollback (DESIGN §2).
pub trait Seen {
    /// The highest version of `dataset` seen so far; of [`Dataset::StatusDelta`] epoch × 2^32 + step.
    fn highest(&self, dataset: Dataset) -> u64;
}

/// For checks by hand, which keep no memory.
pub struct NothingSeen;

impl Seen for NothingSeen {
    fn highest(&self, _dataset: Dataset) -> u64 {
        0
    }
}

impl Believed {
    /// A terminal without any data.
    pub fn nothing() -> Believed {
        Believed {
            province: None,
            key_set: None,
            policies: Policies::default(),
            places: None,
            risk_levels: None,
            staff: None,
            revocations: None,
            list: None,
            day_keys: None,
            problems: Vec::new(),
            issued: Vec::new(),
            versions: Vec::new(),
            as_of: Vec::new(),
            digests: Vec::new(),
        }
    }

    /// Loads what the manifest in `directory` names.
    pub fn load(directory: &Path, seen: &dyn Seen) -> Believed {
        Believed::load_where(directory, seen, |_| true)
    }

    /// Loads the day keys alone: they open the journal, which knows the versions seen, before anything else is read.
    pub fn load_day_keys(directory: &Path) -> Believed {
        Believed::load_where(directory, &NothingSeen, |dataset| dataset == Dataset::DayKeys)
    }

    fn load_where(directory: &Path, seen: &dyn Seen, wanted: impl Fn(Dataset) -> bool) -> Believed {
        let mut believed = Believed::nothing();
        let manifest = read_file(&directory.join(manifest::FILE_NAME), None, MAX_DOCUMENT_BYTES)
            .and_then(|bytes| Manifest::load(&bytes).context("reading the manifest"));
        match manifest {
            Ok(manifest) => believed.take_all(directory, manifest, seen, wanted),
            Err(cause) => believed.problems.push(Problem { dataset: None, cause }),
        }
        believed
    }

    fn take_all(
        &mut self,
        directory: &Path,
        manifest: Manifest,
        seen: &dyn Seen,
        wanted: impl Fn(Dataset) -> bool,
    ) {
        for entry in manifest.entries().iter().filter(|entry| wanted(entry.dataset)) {
            let taken = match entry.dataset {
                Dataset::StatusDelta => continue, // with its base
                Dataset::StatusList => not_rolled_back(entry, seen)
                    .and_then(|()| self.take_list(list::take(directory, entry, &manifest, seen)?)),
                _ => not_rolled_back(entry, seen).and_then(|()| self.take(directory, entry)),
            };
            match taken {
                Ok(()) => {
                    self.versions.push((entry.dataset, entry.version));
                    self.as_of.push((entry.dataset, entry.as_of));
                    self.digests.push((entry.dataset, entry.sha256));
                }
                Err(cause) => self.problems.push(Problem { dataset: Some(entry.dataset), cause }),
            }
        }
        self.province = Some(manifest.province);
    }

    fn take(&mut self, directory: &Path, entry: &ManifestEntry) -> anyhow::Result<()> {
        let path = directory.join(entry.file.as_str());
        if entry.dataset == Dataset::Revocations {
            self.revocations = Some(read_revocations(&path, entry)?);
            return Ok(());
        }
        let bytes = read_file(&path, Some(entry), MAX_DOCUMENT_BYTES)?;
        match entry.dataset {
            Dataset::KeySet => self.key_set = Some(KeySet::load(&bytes)?),
            Dataset::PolicyStation => self.policies.station = Some(Policy::load(&bytes)?),
            Dataset::PolicyHospital => self.policies.hospital = Some(Policy::load(&bytes)?),
            Dataset::Places => self.places = Some(Places::load(&bytes)?),
            Dataset::RiskLevels => self.risk_levels = Some(RiskLevels::load(&bytes)?),
            Dataset::StaffList => self.staff = Some(StaffList::load(&bytes)?),
            Dataset::DayKeys => self.day_keys = Some(crate::day_keys::load(&bytes)?),
            Dataset::Revocations => {}
            Dataset::StatusList | Dataset::StatusDelta => {} // `take_list`
        }
        if matches!(entry.dataset, Dataset::KeySet | Dataset::PolicyStation | Dataset::PolicyHospital) {
            self.issued.push(entry.as_of);
        }
        Ok(())
    }

    /// The list as it is; what ended its way early is told beside it. Its time is what both authorities signed.
    fn take_list(&mut self, taken: list::ListTaken) -> anyhow::Result<()> {
        if let Some(cause) = taken.fault {
            self.problems.push(Problem { dataset: Some(Dataset::StatusDelta), cause });
        }
        if taken.list.state().step > 0 {
            self.versions.push((Dataset::StatusDelta, taken.list.state().step));
        }
        self.issued.push(taken.list.head().as_of);
        self.list = Some(taken.list);
        Ok(())
    }

    /// What is remembered of a dataset in force, so that nothing older is taken (see [`Seen::highest`]).
    pub fn marks(&self) -> impl Iterator<Item = (Dataset, u64)> {
        let list = self.list.as_ref().map(|list| (Dataset::StatusDelta, list::mark(list.state())));
        let others = self.versions.iter().filter(|(dataset, _)| *dataset != Dataset::StatusDelta);
        others.map(|(dataset, version)| (*dataset, u64::from(*version))).chain(list)
    }

    /// Whether the manifest names revocations that could not be believed: nobody can say then what is revoked.
    pub(crate) fn lost_revocations(&self) -> bool {
        self.problems.iter().any(|problem| problem.dataset == Some(Dataset::Revocations))
    }

    /// The version in force of a dataset; 0 without it.
    pub fn version(&self, dataset: Dataset) -> u32 {
        self.versions.iter().find(|(known, _)| *known == dataset).map_or(0, |(_, version)| *version)
    }

    /// The as-of time that the manifest says of a dataset in force.
    pub fn as_of(&self, dataset: Dataset) -> Option<Timestamp> {
        self.as_of.iter().find(|(known, _)| *known == dataset).map(|(_, as_of)| *as_of)
    }

    /// SHA-256 of a dataset's file in force.
    pub fn digest(&self, dataset: Dataset) -> Option<&[u8; 32]> {
        self.digests.iter().find(|(known, _)| *known == dataset).map(|(_, digest)| digest)
    }

    /// What is in force, with its issue or as-of time: the list's is that of the newest delta taken.
    pub fn held(&self) -> impl Iterator<Item = Held> {
        let list = self.list.as_ref().map(|list| list.head().as_of);
        self.versions.iter().filter_map(move |&(dataset, version)| {
            let as_of = match dataset {
                Dataset::StatusList | Dataset::StatusDelta => list,
                _ => self.as_of(dataset),
            };
            Some(Held { dataset, version, as_of: as_of? })
        })
    }

    /// The versions in force.
    pub fn versions(&self) -> &[(Dataset, u32)] {
        &self.versions
    }
}

fn not_rolled_back(entry: &ManifestEntry, seen: &dyn Seen) -> anyhow::Result<()> {
    let highest = seen.highest(entry.dataset);
    if u64::from(entry.version) < highest {
        bail!(
            "version {} is older than version {highest}, which was in force here: bring the newer one back",
            entry.version
        );
    }
    Ok(())
}

/// Reads a file whole, after its length and before its content was believed.
fn read_file(path: &Path, entry: Option<&ManifestEntry>, most: usize) -> anyhow::Result<Vec<u8>> {
    let file = files::open_no_link(path)?;
    let length = file.metadata()?.len();
    ensure!(length <= most as u64, "{} has {length} bytes, at most {most} are read", path.display());
    let mut bytes = Vec::with_capacity(length as usize);
    file.take(most as u64 + 1).read_to_end(&mut bytes)?;
    if let Some(entry) = entry {
        same_file(path, entry, &bytes)?;
    }
    Ok(bytes)
}

/// Reads the revocations once, each byte into the digest that the manifest's is held against.
fn read_revocations(path: &Path, entry: &ManifestEntry) -> anyhow::Result<Revocations> {
    let file = files::open_no_link(path)?;
    let length = file.metadata()?.len();
    ensure!(
        length == entry.length,
        "{} has {length} bytes, the manifest says {}",
        path.display(),
        entry.length
    );
    let mut hasher = Hasher::new();
    let revocations = Revocations::open(file, |bytes| hasher.update(bytes))?;
    ensure!(
        hasher.finish().as_bytes() == &entry.sha256,
        "{} is not the file that the manifest names: its SHA-256 differs",
        path.display()
    );
    let version = revocations.head().version;
    ensure!(version == entry.version, "its head says version {version}, the manifest {}", entry.version);
    Ok(revocations)
}

fn same_file(path: &Path, entry: &ManifestEntry, bytes: &[u8]) -> anyhow::Result<()> {
    ensure!(
        bytes.len() as u64 == entry.length,
        "{} has {} bytes, the manifest says {}",
        path.display(),
        bytes.len(),
        entry.length
    );
    ensure!(
        sha256(&[bytes]).as_bytes() == &entry.sha256,
        "{} is not the file that the manifest names: its SHA-256 differs",
        path.display()
    );
    Ok(())
}
