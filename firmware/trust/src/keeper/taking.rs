//! The datasets of the repository `trust`, one by one.
//! Promises: each is taken or refused by itself; the province's parameters come first, since the others are of a province.
//! Must not know: the status list.

use std::io::Write;

use gate_core::json::MAX_DOCUMENT_BYTES;
use gate_core::manifest::{Dataset, ManifestEntry, Province};
use gate_core::time::FUTURE_S;
use gate_core::{envelope, envelope::Envelopes};
use gate_tuf::{TargetFile, TargetName};
use gate_wire::time::Timestamp;

use super::{KEYS, PROVINCE, Run};
use crate::data::{at, hex};
use crate::meaning::{self, Said};
use crate::offer::Offer;
use crate::own;
use crate::refusal::{Cause, Refusal};
use crate::spool::{SpoolFault, pour};

/// Each document and the target that brings it.
const DOCUMENTS: [(Dataset, &str); 7] = [
    (Dataset::KeySet, "key-set.json"),
    (Dataset::PolicyStation, "policy-station.json"),
    (Dataset::PolicyHospital, "policy-hospital.json"),
    (Dataset::Places, "places.json"),
    (Dataset::RiskLevels, "risk-levels.json"),
    (Dataset::StaffList, "staff-list.json"),
    (Dataset::DayKeys, "day-keys.json"),
];
const REVOCATIONS: &str = "revocations.tfr";
const PROVINCE_FILE: &str = "province.json";
/// Millions of revocations: see `gate_status::REVOCATIONS_MOST_BYTES`.
const DIGEST_DIGITS: usize = 12;

impl Run {
    /// Everything that the repository `trust` offers.
    pub(super) fn take_trust(&mut self, offer: &Offer) {
        let refused = self.take_province(offer).err();
        let version = u32::try_from(self.notes.mark(PROVINCE)).unwrap_or(u32::MAX);
        let known = self.province.is_some().then(|| (version, self.notes.mark(PROVINCE_ISSUED)));
        self.tell(PROVINCE, known, refused);
        for (dataset, name) in DOCUMENTS {
            let refused = self.take_document(offer, dataset, name).err();
            self.tell_of(dataset, refused);
        }
        let refused = self.take_revocations(offer).err();
        self.tell_of(Dataset::Revocations, refused);
        let refused = self.take_keys(offer).err();
        let version = u32::try_from(self.notes.mark(KEYS)).unwrap_or(u32::MAX);
        let known = self.data.file(envelope::FILE_NAME).exists() || self.keys.is_some();
        self.tell(KEYS, known.then(|| (version, self.notes.mark(KEYS_ISSUED))), refused);
    }

    /// The province never changes under a terminal: other parameters are another province's.
    fn take_province(&mut self, offer: &Offer) -> Result<(), Refusal> {
        let Some((name, what)) = offer.find(PROVINCE_FILE) else { return Ok(()) };
        let version = what.custom.unwrap_or_default().version;
        if self.province.is_some() && u64::from(version) <= self.notes.mark(PROVINCE) {
            return Ok(());
        }
        let bytes = offer.bytes(&name, what, MAX_DOCUMENT_BYTES)?;
        let (said, issued, province) = Province::load(&bytes).map_err(Refusal::unfit)?;
        self.as_announced(offer, what, Said { version: said, issued: Some(issued) })?;
        if let Some(ours) = &self.province
            && (ours.region, ours.salt, ours.tag_memory_kib, ours.demo)
                != (province.region, province.salt, province.tag_memory_kib, province.demo)
        {
            let facts = format!("parameters of {:?}, this terminal is of {:?}", province.region, ours.region);
            return Err(Refusal::new(Cause::Foreign, facts));
        }
        self.notes.raise(PROVINCE, version.into());
        self.notes.raise(PROVINCE_ISSUED, issued.unix());
        self.province = Some(province);
        Ok(())
    }

    fn take_document(&mut self, offer: &Offer, dataset: Dataset, name: &str) -> Result<(), Refusal> {
        let Some((name, what)) = self.is_new(offer, dataset, name)? else { return Ok(()) };
        let bytes = offer.bytes(&name, what, MAX_DOCUMENT_BYTES)?;
        let said = meaning::document(dataset, &bytes, self.region()?)?;
        let as_of = self.as_announced(offer, what, said)?;
        let entry = entry(dataset, (said.version, as_of), what, "json")?;
        let path = self.data.file(&entry.file);
        self.data.keep(&entry.file, |file| file.write_all(&bytes).map_err(at(&path)))?;
        self.settle(entry, offer);
        Ok(())
    }

    fn take_revocations(&mut self, offer: &Offer) -> Result<(), Refusal> {
        let dataset = Dataset::Revocations;
        let Some((name, what)) = self.is_new(offer, dataset, REVOCATIONS)? else { return Ok(()) };
        if what.length > gate_status::REVOCATIONS_MOST_BYTES {
            return Err(Refusal::new(Cause::Unfit, format!("{name} has {} bytes", what.length)));
        }
        self.region()?;
        let custom = what.custom.unwrap_or_default();
        let as_of = Timestamp::from_unix(custom.issued).unwrap_or(Timestamp::EPOCH);
        let entry = entry(dataset, (custom.version, as_of), what, "tfr")?;
        let source = offer.file(&name, what)?;
        let mut said = None;
        self.data.keep(&entry.file, |file| -> Result<(), Refusal> {
            pour(source, &name, what, |piece| file.write_all(piece))?;
            // What was copied is what is checked.
            let copy = std::fs::File::open(self.data.file(&format!("{}.part", entry.file)));
            said = Some(meaning::revocations(copy.map_err(|error| unreadable(&name, error))?)?);
            self.as_announced(offer, what, said.unwrap_or(Said { version: 0, issued: None }))?;
            Ok(())
        })?;
        self.settle(entry, offer);
        Ok(())
    }

    fn take_keys(&mut self, offer: &Offer) -> Result<(), Refusal> {
        let own = match own::load(self.data.path()) {
            Ok(own) => own,
            // Before the first keys were offered there is nothing to miss, unless somebody stands there and asks.
            Err(_) if offer.targets().is_none() && self.asked.is_none() => return Ok(()),
            Err(refusal) => return Err(refusal),
        };
        let target = format!("keys/{}.json", own.terminal.value());
        let Some((name, what)) = offer.find(&target) else { return Ok(()) };
        let custom = what.custom.unwrap_or_default();
        if u64::from(custom.version) < self.notes.mark(KEYS) {
            return Err(older(&name, custom.version, self.notes.mark(KEYS)));
        }
        // The mark rises before the keys are on the disk: after a cut between the two the keys of before are there under it. So what is
        // offered is opened at each run.
        let there = self.kept_keys();
        let is_there = there.is_some() && u64::from(custom.version) == self.notes.mark(KEYS);
        let in_force = self.entries.iter().find(|entry| entry.dataset == Dataset::StatusList);
        let bytes = match offer.bytes(&name, what, MAX_DOCUMENT_BYTES) {
            Err(refusal) if is_there && refusal.cause == Cause::Missing => return Ok(()),
            other => other?,
        };
        let mut envelopes = own::admit(&bytes, &own, self.region()?)?;
        if let (Some(before), Some(in_force)) = (&there, in_force) {
            own::keep_epoch(&mut envelopes, before, in_force.version);
        }
        let text = own::render(&envelopes);
        self.notes.raise(KEYS, custom.version.into());
        self.notes.raise(KEYS_ISSUED, custom.issued);
        if there.is_none_or(|there| own::render(&there) != text) {
            self.keys = Some(text);
        }
        Ok(())
    }

    /// The province's keys as they will be: new ones, else those that are there.
    pub(super) fn kept_keys(&self) -> Option<Envelopes> {
        let bytes = match &self.keys {
            Some(keys) => keys.clone(),
            None => std::fs::read(self.data.file(envelope::FILE_NAME)).ok()?,
        };
        Envelopes::load(&bytes).ok()
    }

    /// What is offered of a dataset, if it is not in force already, and not older than what is or ever was.
    pub(super) fn is_new<'a>(
        &self,
        offer: &'a Offer,
        dataset: Dataset,
        name: &str,
    ) -> Result<Option<(TargetName, &'a TargetFile)>, Refusal> {
        let Some((name, what)) = offer.find(name) else { return Ok(None) };
        let version = what.custom.unwrap_or_default().version;
        let in_force = self.entries.iter().find(|entry| entry.dataset == dataset && !self.is_rotten(entry));
        if in_force.is_some_and(|entry| Some(entry.sha256) == what.sha256()) {
            return Ok(None);
        }
        let mark = self.notes.mark(dataset.name()).max(in_force.map_or(0, |entry| entry.version.into()));
        if u64::from(version) < mark {
            return Err(older(&name, version, mark));
        }
        if in_force.is_some_and(|entry| entry.version == version) {
            let facts = format!("{name} has version {version} as the one in force, and other content");
            return Err(Refusal::new(Cause::Unfit, facts));
        }
        Ok(Some((name, what)))
    }

    /// What the metadata announce is what the dataset says, and not of the future. Gives its time.
    fn as_announced(&self, offer: &Offer, what: &TargetFile, said: Said) -> Result<Timestamp, Refusal> {
        let custom = what.custom.unwrap_or_default();
        let issued = said.issued.map_or(custom.issued, Timestamp::unix);
        if (custom.version, custom.issued) != (said.version, issued) {
            let facts = format!("it says version {}, the repository {}", said.version, custom.version);
            return Err(Refusal::new(Cause::Unfit, facts));
        }
        let issued =
            Timestamp::from_unix(issued).ok_or_else(|| Refusal::new(Cause::Unfit, "issued after 9999"))?;
        self.is_of_its_time(issued, offer)?;
        Ok(issued)
    }

    /// What is offered was issued while it was vouched for, and not in the future of a confirmed clock.
    pub(super) fn is_of_its_time(&self, issued: Timestamp, offer: &Offer) -> Result<(), Refusal> {
        self.not_future(issued)?;
        let ended = offer.ends().filter(|ends| issued >= *ends);
        ended.map_or(Ok(()), |ends| {
            let [issued, ends] = [issued, ends].map(gate_tuf::print_time);
            let facts =
                format!("it says that it was issued at {issued}, and what vouches for it ends at {ends}");
            Err(Refusal::new(Cause::Unfit, facts))
        })
    }

    /// Data of the future move nothing (DESIGN §8).
    pub(super) fn not_future(&self, issued: Timestamp) -> Result<(), Refusal> {
        let ahead = self.now.confirmed.map_or(0, |now| issued.since(now));
        if ahead > FUTURE_S {
            return Err(Refusal::new(Cause::Future, format!("issued {ahead} s ahead of the clock")));
        }
        Ok(())
    }

    pub(super) fn region(&self) -> Result<gate_core::keyset::Region, Refusal> {
        let waiting = || Refusal::new(Cause::Missing, "the province's parameters are not here yet");
        self.province.as_ref().map(|province| province.region).ok_or_else(waiting)
    }

    /// An entry takes its dataset's place; the mark and the floor of the clock rise.
    fn settle(&mut self, entry: ManifestEntry, offer: &Offer) {
        self.notes.raise(entry.dataset.name(), entry.version.into());
        self.heal(&entry);
        self.raise_floor(entry.as_of, offer);
        match self.entries.iter_mut().find(|known| known.dataset == entry.dataset) {
            Some(place) => *place = entry,
            None => self.entries.push(entry),
        }
    }

    /// DESIGN §8: by issue times of a threshold-2 role, never as far as the end of what vouches for them.
    pub(super) fn raise_floor(&mut self, issued: Timestamp, offer: &Offer) {
        if let Some(ceiling) = offer.ceiling() {
            self.notes.raise_floor(offer.repository, issued.min(ceiling));
        }
    }
}

/// The manifest's entry of a target that was taken.
pub(super) fn entry(
    dataset: Dataset,
    (version, as_of): (u32, Timestamp),
    what: &TargetFile,
    ending: &str,
) -> Result<ManifestEntry, Refusal> {
    let sha256 = what.sha256().ok_or_else(|| Refusal::new(Cause::Unfit, "no SHA-256 is announced"))?;
    named(dataset, &version.to_string(), (version, as_of), (what.length, sha256), ending)
}

/// An entry whose file's name says what it is, and which bytes.
pub(super) fn named(
    dataset: Dataset,
    label: &str,
    (version, as_of): (u32, Timestamp),
    (length, sha256): (u64, [u8; 32]),
    ending: &str,
) -> Result<ManifestEntry, Refusal> {
    let digest = hex(&sha256);
    let digits = digest.get(..DIGEST_DIGITS).unwrap_or_default();
    let file = format!("{}.{label}.{digits}.{ending}", dataset.name());
    let file = heapless_name(&file).ok_or_else(|| Refusal::new(Cause::Unfit, "its name is too long"))?;
    Ok(ManifestEntry { dataset, file, version, as_of, length, sha256 })
}

fn heapless_name<T: for<'a> TryFrom<&'a str>>(name: &str) -> Option<T> {
    T::try_from(name).ok()
}

pub(super) fn older(name: &TargetName, version: u32, mark: u64) -> Refusal {
    Refusal::new(Cause::Older, format!("{name} has version {version}, version {mark} was in force here"))
}

fn unreadable(name: &TargetName, reason: std::io::Error) -> SpoolFault {
    SpoolFault::Read { name: name.as_str().into(), reason }
}

/// Under which the issue times of what is in no manifest are remembered.
const PROVINCE_ISSUED: &str = "province-issued";
const KEYS_ISSUED: &str = "province-keys-issued";
