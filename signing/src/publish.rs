//! Publishing to a terminal's data directory: what `gate` believes, as files that never change, and one manifest.
//! Promises: every document is loaded back by the terminal's own loader before a byte is written; files first, then
//! the manifest by rename, each synced; never over another province's data, never backwards.
//! Must not know: how a list is built, how keys are kept at the desk.
//!
//! The manifest is unsigned in this version: `gate-trust` will write it from the signed repositories (DESIGN §2).

mod keys;
mod ready;
mod status;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use gate_core::keyset::KeySetError;
use gate_core::manifest::{Dataset, FILE_NAME, Manifest, ManifestError};
use gate_core::query::TerminalNumber;
use gate_core::staff::{StaffList, StaffListError};
use gate_core::verdict::PlaceKind;
use gate_proof::digest::sha256;
use gate_proof::seal::SealingKey;
use gate_status::{RevocationsFault, State};
use gate_wire::time::Timestamp;
use rand_core::CryptoRng;
use serde::Serialize;

use crate::custody::CustodyFault;
use crate::inputs::{self, InputRefused, Inputs};
use crate::key_name::KeyName;
use crate::list::ListNotOpened;
use crate::province::{DayKeyEntry, Province};
use crate::repo::{Content, Staged};
use crate::spelling;
use crate::staff;
use crate::staging::{self, Readers};

pub(crate) use ready::Ready;
pub(crate) use status::{ListGiven, ListPlan};

pub use keys::{Device, KeysNotPublished};
pub use status::ListNotPublished;

/// The file with a terminal's own keys, beside the manifest. On a real board they never leave the device.
pub const TERMINAL_KEYS_FILE: &str = "terminal.keys.json";
/// Day keys published ahead; more would not fit a document.
const DAY_KEYS_MOST: usize = 120;

/// What is to be published.
#[derive(Clone, Copy, Debug)]
pub struct Publication<'a> {
    /// The desk's clock.
    pub now: Timestamp,
    /// For which terminal.
    pub terminal: TerminalNumber,
    /// To which device its keys go.
    pub device: Device<'a>,
    /// Policies, places, risk levels.
    pub inputs: &'a Inputs,
    /// The list as [`Province::build_list`] made it; without one the terminal answers cards with Assist.
    pub status: Option<&'a Path>,
    /// Deltas that may be put on the list, in any order: the fewest that lead furthest are published.
    pub deltas: &'a [PathBuf],
    /// Datasets to leave out: a terminal that never got them.
    pub without: &'a [Dataset],
}

/// What was published.
#[derive(Clone, Debug)]
pub struct Published {
    /// The manifest's generation, which is the version of each of its files.
    pub generation: u32,
    /// The files, the manifest last.
    pub files: Vec<PathBuf>,
    /// How far the list in force is, if there is one.
    pub list: Option<State>,
    /// Why no day keys were made ahead, if none could be: everything else is published all the same.
    pub day_keys_missing: Option<CustodyFault>,
    /// Deltas given that were not needed: their steps are in the others.
    pub unused: Vec<PathBuf>,
}

/// Why nothing is in force that was not before.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// A document of the authority's own is refused.
    #[error(transparent)]
    Input(#[from] InputRefused),
    /// The key set is refused.
    #[error("key-set")]
    KeySet(#[from] KeySetError),
    /// The staff list is refused.
    #[error("staff-list")]
    StaffList(#[from] StaffListError),
    /// The revocations are refused.
    #[error("revocations")]
    Revocations(#[from] RevocationsFault),
    /// A day key cannot be sealed to.
    #[error("day-keys: the key {id} cannot be sealed to")]
    AdmitDayKey {
        /// Its id.
        id: u32,
    },
    /// The manifest is refused.
    #[error("manifest")]
    Manifest(#[from] ManifestError),
    /// A document could not be written as JSON.
    #[error("a document could not be written")]
    WriteJson(#[from] serde_json::Error),
    /// The directory belongs to another province.
    #[error("{} holds the data of another province (or of another founding of it): give an empty directory", .dir.display())]
    KeepProvince {
        /// The directory.
        dir: PathBuf,
    },
    /// The directory is ahead of the desk.
    #[error("{} already holds generation {found}, this would be {ours}: this desk was restored from an old copy, or another publishes there", .dir.display())]
    MoveForward {
        /// The directory.
        dir: PathBuf,
        /// There.
        found: u32,
        /// Here.
        ours: u32,
    },
    /// The terminal has no keys: its generation was not prepared.
    #[error("terminal {terminal} has no keys yet: prepare before publishing")]
    Prepare {
        /// Its number.
        terminal: u32,
    },
    /// The list cannot be opened.
    #[error("status-list")]
    OpenList(#[from] ListNotOpened),
    /// A key is not at hand, or the log did not take the line.
    #[error(transparent)]
    Custody(#[from] CustodyFault),
    /// The terminal gets no keys.
    #[error("keys")]
    Keys(#[from] KeysNotPublished),
    /// What was sealed does not read back.
    #[error("keys")]
    Envelopes(#[source] gate_core::envelope::EnvelopeRefused),
    /// The list, or a delta of it, is not what a terminal takes.
    #[error("status-list")]
    List(#[from] ListNotPublished),
    /// A published name stands for other bytes already.
    #[error("{} is there already with other content; published files never change: publish to an empty directory", .path.display())]
    KeepFile {
        /// The file.
        path: PathBuf,
    },
    /// A file could not be read or written.
    #[error("{}", .path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

struct Made {
    dataset: Dataset,
    name: String,
    version: u32,
    as_of: Timestamp,
    bytes: Vec<u8>,
}

impl Province {
    /// Refuses what could not be published, before anything is made for it; gives the manifest that `out` has.
    ///
    /// # Errors
    /// [`PublishError`].
    pub(crate) fn admit_publication(
        &self,
        out: &Path,
        (terminal, device): (TerminalNumber, Device<'_>),
    ) -> Result<Option<Manifest>, PublishError> {
        if matches!(device, Device::MadeHere) {
            self.admit_own_keys(terminal, out)?;
        }
        admit_directory(self, out, self.state.generation.saturating_add(1))
    }

    /// What would be published of the list, proven.
    ///
    /// # Errors
    /// [`PublishError`].
    pub(crate) fn plan_list<'a>(
        &self,
        given: ListGiven<'a>,
        (out, there): (&Path, Option<&Manifest>),
    ) -> Result<Option<ListPlan<'a>>, PublishError> {
        ListPlan::new(self, given, out, there)
    }

    /// Makes the terminal's own keys where a demo's desk makes them and they are missing, and raises the generation. The desk keeps the result
    /// before anything is published: a crash between the two skips a number, which is harmless; a number used twice
    /// would not be.
    ///
    /// # Errors
    /// [`CustodyFault`]; the generation is as before.
    pub fn prepare(
        &mut self,
        (terminal, device): (TerminalNumber, Device<'_>),
        rng: &mut impl CryptoRng,
    ) -> Result<(), CustodyFault> {
        if matches!(device, Device::MadeHere) {
            self.keys.make_all(&[KeyName::TerminalRecord(terminal), KeyName::TerminalUse(terminal)], rng)?;
        }
        self.open_generation();
        Ok(())
    }

    /// Raises the generation: what [`Province::prepare`] does where no terminal's keys are made here.
    pub fn open_generation(&mut self) {
        self.state.generation = self.state.generation.saturating_add(1);
    }

    /// Gives a generation back that was opened and came to nothing.
    pub(crate) fn close_generation(&mut self, before: u32) {
        self.state.generation = before;
    }

    /// Writes the generation that [`Province::prepare`] opened to `out`.
    ///
    /// # Errors
    /// [`PublishError`]; the manifest that was in force still is.
    pub fn publish(
        &self,
        out: &Path,
        publication: &Publication<'_>,
        rng: &mut impl CryptoRng,
    ) -> Result<Published, PublishError> {
        let there = admit_directory(self, out, self.state.generation)?;
        let given = ListGiven::of(publication.status, publication.deltas, publication.without);
        let list = ListPlan::new(self, given, out, there.as_ref())?;
        self.ready((out, there.as_ref()), publication, list, rng)?.write(out)
    }

    /// Writes the small documents and a manifest of them to `out`: for the archive.
    pub(crate) fn keep_documents(
        &self,
        out: &Path,
        publication: &Publication<'_>,
    ) -> Result<(), PublishError> {
        // Revocations are no small document, and no case of a record speaks of them.
        let without = &[Dataset::Revocations];
        let made = self.documents(&Publication { status: None, deltas: &[], without, ..*publication })?;
        staging::make_directory(out, Readers::Owner).map_err(at(out))?;
        for document in &made {
            write_once(&out.join(&document.name), &document.bytes, Readers::Owner)?;
        }
        let manifest = self.manifest(made.iter().map(entry).collect())?;
        write_once(&out.join(FILE_NAME), manifest.as_bytes(), Readers::Owner)
    }

    /// Everything that the repository `trust` carries of this generation: what [`Province::prepare`] opened.
    ///
    /// # Errors
    /// [`PublishError`].
    pub fn export(
        &self,
        publication: &Publication<'_>,
        devices: &[(TerminalNumber, SealingKey)],
        lists: &[&Path],
        rng: &mut impl CryptoRng,
    ) -> Result<Vec<Staged>, PublishError> {
        let version = self.state.generation;
        let staged = |name: String, version, issued: Timestamp, bytes| Staged {
            name,
            version,
            issued,
            content: Content::Bytes(bytes),
        };
        let province = self.province_document(publication.now)?;
        let mut all = vec![staged("province.json".into(), version, publication.now, province.into_bytes())];
        for made in self.documents(publication)? {
            let ending = if made.dataset == Dataset::Revocations { "tfr" } else { "json" };
            let name = format!("{}.{ending}", made.dataset.name());
            all.push(staged(name, made.version, made.as_of, made.bytes));
        }
        for (terminal, device) in devices {
            let text = self.keys_document((*terminal, device), lists, rng)?;
            let name = format!("keys/{}.json", terminal.value());
            all.push(staged(name, version, publication.now, text.into_bytes()));
        }
        Ok(all)
    }

    fn province_document(&self, now: Timestamp) -> Result<String, PublishError> {
        let province = self.header();
        let (version, issued) = (self.state.generation, now.unix());
        let text = serde_json::to_string(&SignedProvince { format: 1, version, issued, province })?;
        gate_core::manifest::Province::load(text.as_bytes())?;
        Ok(text)
    }

    fn header(&self) -> ProvinceDocument<'_> {
        ProvinceDocument {
            region: &self.state.region,
            demo: self.state.demo,
            salt: &self.state.salt,
            tag_memory_kib: self.state.tag_memory_kib,
        }
    }

    /// The manifest of these files, as the terminal reads it.
    fn manifest(&self, datasets: Vec<EntryDocument>) -> Result<String, PublishError> {
        let manifest = serde_json::to_string(&ManifestDocument {
            format: 1,
            generation: self.state.generation,
            province: self.header(),
            datasets,
        })?;
        Manifest::load(manifest.as_bytes())?;
        Ok(manifest)
    }

    fn documents(&self, publication: &Publication<'_>) -> Result<Vec<Made>, PublishError> {
        let (version, now, inputs) = (self.state.generation, publication.now, publication.inputs);
        if !self.state.demo {
            inputs.admit_real(self.region)?;
        }
        let key_set = self.state.register.document(version, now)?;
        self.state.register.load(version, now)?;
        let staff = staff::document(&self.state.staff, version, now)?;
        StaffList::load(staff.as_bytes())?;
        let texts = [
            (Dataset::KeySet, "key-set", key_set),
            (
                Dataset::PolicyStation,
                "policy-station",
                inputs::policy(&inputs.policy_station, PlaceKind::Station, version, now)?,
            ),
            (
                Dataset::PolicyHospital,
                "policy-hospital",
                inputs::policy(&inputs.policy_hospital, PlaceKind::Hospital, version, now)?,
            ),
            (Dataset::Places, "places", inputs::places(&inputs.places, version)?),
            (Dataset::RiskLevels, "risk-levels", inputs::risk_levels(&inputs.risk_levels, version)?),
            (Dataset::StaffList, "staff-list", staff),
            (Dataset::DayKeys, "day-keys", self.day_keys_document(now)?),
        ];
        let json = |(dataset, name, text): (Dataset, &str, String)| {
            let name = format!("{name}.{version}.json");
            Made { dataset, name, version, as_of: now, bytes: text.into_bytes() }
        };
        let mut made: Vec<Made> = texts.into_iter().map(json).collect();
        made.push(self.revoked()?);
        made.retain(|document| !publication.without.contains(&document.dataset));
        Ok(made)
    }

    /// The revocations. Their own version counts: what did not change is not carried again.
    fn revoked(&self) -> Result<Made, PublishError> {
        let (head, bytes) = (self.revocations.head(), self.revocations.file()?);
        let (version, as_of) = (head.version, head.as_of);
        let name = format!("revocations.{version}.tfr");
        Ok(Made { dataset: Dataset::Revocations, name, version, as_of, bytes })
    }

    /// Yesterday's key and the later ones: a terminal whose clock is behind still finds its day.
    fn day_keys_document(&self, now: Timestamp) -> Result<String, PublishError> {
        let first = now.civil_day().0.saturating_sub(1);
        let keys: Vec<&DayKeyEntry> =
            self.day_keys_at_hand().filter(|key| key.day >= first).take(DAY_KEYS_MOST).collect();
        for key in &keys {
            let refused = PublishError::AdmitDayKey { id: key.id };
            let bytes = spelling::from_base64url(&key.x).ok_or(refused)?;
            SealingKey::admit(&bytes).map_err(|_| PublishError::AdmitDayKey { id: key.id })?;
        }
        let (version, issued) = (self.state.generation, now.unix());
        Ok(serde_json::to_string(&DayKeysDocument { format: 1, version, issued, keys })?)
    }
}

#[derive(Serialize)]
struct ManifestDocument<'a> {
    format: u8,
    generation: u32,
    province: ProvinceDocument<'a>,
    datasets: Vec<EntryDocument>,
}

#[derive(Serialize)]
struct SignedProvince<'a> {
    format: u8,
    version: u32,
    issued: u64,
    province: ProvinceDocument<'a>,
}

#[derive(Serialize)]
struct ProvinceDocument<'a> {
    region: &'a str,
    demo: bool,
    salt: &'a str,
    tag_memory_kib: u32,
}

#[derive(Clone, Serialize)]
struct EntryDocument {
    dataset: Dataset,
    file: String,
    version: u32,
    as_of: u64,
    length: u64,
    sha256: String,
}

#[derive(Serialize)]
struct DayKeysDocument<'a> {
    format: u8,
    version: u32,
    issued: u64,
    keys: Vec<&'a DayKeyEntry>,
}

fn entry(document: &Made) -> EntryDocument {
    EntryDocument {
        dataset: document.dataset,
        file: document.name.clone(),
        version: document.version,
        as_of: document.as_of.unix(),
        length: document.bytes.len() as u64,
        sha256: spelling::hex(sha256(&[&document.bytes]).as_bytes()),
    }
}

/// A file under a published name never changes: a terminal may have it open.
fn write_once(path: &Path, bytes: &[u8], readers: Readers) -> Result<(), PublishError> {
    match admit_once(path, bytes)? {
        Name::Taken => Ok(()),
        Name::Free => staging::replace(path, bytes, readers).map_err(at(path)),
    }
}

/// Whether a name is to be written.
enum Name {
    /// It holds these very bytes.
    Taken,
    /// It does not stand for anything.
    Free,
}

/// Refuses a name that stands for other bytes.
fn admit_once(path: &Path, bytes: &[u8]) -> Result<Name, PublishError> {
    match fs::read(path) {
        Ok(there) if there == bytes => Ok(Name::Taken),
        Ok(_) => Err(PublishError::KeepFile { path: path.to_path_buf() }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Name::Free),
        Err(error) => Err(at(path)(error)),
    }
}

/// Refuses a directory of another province, and one that is not behind this generation. What is there, if anything is.
fn admit_directory(province: &Province, out: &Path, ours: u32) -> Result<Option<Manifest>, PublishError> {
    let path = out.join(FILE_NAME);
    let bytes = match fs::read(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        other => other.map_err(at(&path))?,
    };
    let there = Manifest::load(&bytes)?;
    let dir = out.to_path_buf();
    if there.province.region != province.region || spelling::hex(&there.province.salt) != province.state.salt
    {
        return Err(PublishError::KeepProvince { dir });
    }
    if there.generation >= ours {
        return Err(PublishError::MoveForward { dir, found: there.generation, ours });
    }
    Ok(Some(there))
}

fn at(path: &Path) -> impl FnOnce(io::Error) -> PublishError {
    let path = path.to_path_buf();
    |source| PublishError::File { path, source }
}
