//! The status list at the desk: its keys, its builds, its deltas.
//! Promises: whole under its name or not there; each with a version of its own, which is its epoch; nobody is dropped
//! without being told.
//! Must not know: tables.
//!
//! A demo's desk plays both authorities, and its list keys follow from the root's seed, which no terminal has: an epoch
//! key taken from a terminal opens no other epoch. A real province's follow from a master of their own
//! ([`KeyName::List`]), since its root may be in a token; both authorities' keys still follow from that one master.

use std::path::Path;

use gate_core::keyset::Region;
use gate_proof::digest::hmac_sha256;
use gate_proof::ed25519::SigningKey;
use gate_proof::leaf_seal::{EpochKey, StoreKey};
use gate_proof::subject::Subject;
use gate_status::{
    Authorities, BuildFault, BuildOrder, BuildReport, Clash, DeskKeys, Epoch, Head, KeyFault, ListKeys,
    OpenFault, Person, RegionRefused, Scope, SealedList, Signers, Step, Watch, alleged_head,
};
use gate_wire::cose::Kid;
use gate_wire::credential::Colour;
use gate_wire::time::Timestamp;
use zeroize::Zeroizing;

use crate::custody::CustodyFault;
use crate::key_name::KeyName;
use crate::province::Province;
use crate::row_cache::RecordKey;
use crate::spelling;

const AUTHORITIES: [Kid; 2] = [Kid(*b"sla1"), Kid(*b"sla2")];

/// One person in a list: every number of theirs, as subjects, and their colour.
#[derive(Clone, Debug)]
pub struct Listed {
    /// One, or two for people with two numbers (DOMAIN §13).
    pub subjects: Vec<Subject>,
    /// The colour as of the list's time.
    pub colour: Colour,
}

/// Why there is no list.
#[derive(Debug, thiserror::Error)]
pub enum ListNotBuilt {
    /// Refused by the list's form.
    #[error(transparent)]
    Build(#[from] BuildFault),
    /// The region is none.
    #[error(transparent)]
    NameRegion(#[from] RegionRefused),
    /// Its keys are not at hand.
    #[error(transparent)]
    Custody(#[from] CustodyFault),
    /// What was just built does not read back.
    #[error("the list that was just built does not read back")]
    ReadBack(#[source] OpenFault),
    /// Two people with one number, where nobody may be left out.
    #[error("person {line} has a number of person {earlier}")]
    ShareNumber {
        /// The later one, counted from 1.
        line: u64,
        /// The one before.
        earlier: u64,
    },
}

/// Why a list of this desk is not read.
#[derive(Debug, thiserror::Error)]
pub enum ListNotOpened {
    /// Refused by the list's form.
    #[error(transparent)]
    Open(#[from] OpenFault),
    /// Its keys are not at hand.
    #[error(transparent)]
    Custody(#[from] CustodyFault),
}

/// The list's keys as this desk makes them.
pub(crate) struct DeskList {
    master: Zeroizing<[u8; 32]>,
    signers: Signers,
}

impl DeskList {
    fn derived(&self, label: &[u8], parts: &[u8]) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(hmac_sha256(&self.master, &[label, parts]).0)
    }

    fn epoch_bytes(&self, epoch: Epoch, rekeyed: u8) -> Zeroizing<[u8; 32]> {
        let [a, b, c, d] = epoch.0.to_be_bytes();
        self.derived(b"epoch", &[a, b, c, d, rekeyed])
    }

    /// Who signs, as readers know them.
    pub(crate) fn authorities(&self) -> Option<Authorities> {
        Authorities::new(self.signers.0.each_ref().map(|(kid, key)| (*kid, key.public_key())))
    }

    /// What tells whether a line of a table is the one its cached subjects were made from.
    pub(crate) fn row_key(&self) -> Zeroizing<[u8; 32]> {
        self.derived(b"row", &[])
    }

    /// What seals the records of such a cache.
    pub(crate) fn record_key(&self) -> RecordKey {
        RecordKey::new(self.derived(b"record", &[]))
    }
}

impl DeskKeys for DeskList {
    fn store_key(&self) -> StoreKey {
        StoreKey::from_bytes(&self.derived(b"store", &[]))
    }

    fn epoch_key(&self, epoch: Epoch, rekeyed: u8) -> EpochKey {
        EpochKey::from_bytes(&self.epoch_bytes(epoch, rekeyed))
    }

    fn signers(&self) -> &Signers {
        &self.signers
    }
}

impl Province {
    /// Builds the next list at `path` (which must not exist) from people whose subjects are known.
    ///
    /// # Errors
    /// [`ListNotBuilt`]; then there is no list at `path`.
    pub fn build_list(
        &mut self,
        path: &Path,
        scope: Scope,
        as_of: Timestamp,
        people: impl Iterator<Item = Listed>,
    ) -> Result<BuildReport, ListNotBuilt> {
        let numbered = people.zip(1..);
        let people: Vec<Person> =
            numbered.map(|(one, line)| Person { line, subjects: one.subjects, colour: one.colour }).collect();
        let mut watch = FirstReject(None);
        let built = self.build_list_streaming((path, scope, as_of), &mut watch, || people.iter().cloned());
        match watch.0 {
            Some((line, earlier)) if built.is_ok() => {
                // If it cannot be removed, its version is still below the next one's.
                let _ = std::fs::remove_file(path);
                Err(ListNotBuilt::ShareNumber { line, earlier })
            }
            _ => built,
        }
    }

    /// The same for more people than memory holds. `people` is asked again when two of them meet in one place.
    ///
    /// # Errors
    /// [`ListNotBuilt`]; then there is no list at `path`.
    pub fn build_list_streaming<I: Iterator<Item = Person>>(
        &mut self,
        (path, scope, as_of): (&Path, Scope, Timestamp),
        watch: &mut dyn Watch,
        people: impl FnMut() -> I,
    ) -> Result<BuildReport, ListNotBuilt> {
        self.state.list_version = self.state.list_version.saturating_add(1);
        let order = BuildOrder {
            path,
            scope,
            province: digits(self.region)?,
            epoch: Epoch(self.state.list_version),
            as_of,
            issued: as_of,
            salt: gate_core::json::hex(&self.state.salt).unwrap_or_default(),
            tag_memory_kib: self.state.tag_memory_kib,
            memory: BuildOrder::MEMORY,
        };
        let existed = path.exists();
        let built = gate_status::build(&order, &self.list_desk()?, watch, people);
        if built.is_err() && !existed {
            // What a failed build leaves is no list; if it cannot be removed, nothing can open it either.
            let _ = std::fs::remove_file(path);
        }
        let built = built?;
        self.state.list_root = spelling::hex(&alleged_head(path).map_err(ListNotBuilt::ReadBack)?.root);
        Ok(built)
    }

    pub(crate) fn list_desk(&self) -> Result<DeskList, CustodyFault> {
        let from = match self.keys.plain().and_then(|demo| demo.demo_seed(KeyName::Root)) {
            Some(root) => Zeroizing::new(root),
            None => Zeroizing::new(*self.keys.release(KeyName::List)?.as_bytes()),
        };
        let master = hmac_sha256(&from, &[b"tianfu-gate/status-list/1"]).0;
        let signer = |kid: Kid| {
            let seed = Zeroizing::new(hmac_sha256(&master, &[b"authority", &kid.0]).0);
            (kid, SigningKey::from_seed(&seed))
        };
        Ok(DeskList { signers: Signers(AUTHORITIES.map(signer)), master: Zeroizing::new(master) })
    }

    /// What a terminal needs to read the list in this file.
    ///
    /// # Errors
    /// [`ListNotOpened`].
    pub fn keys_of_list(&self, path: &Path) -> Result<ListKeys, ListNotOpened> {
        let (desk, head) = (self.list_desk()?, alleged_head(path)?);
        let authorities = desk.authorities().ok_or(OpenFault::from(KeyFault::FindKeys))?;
        let epochs = vec![(head.epoch, desk.epoch_bytes(head.epoch, head.rekeyed))];
        Ok(ListKeys::new(*desk.derived(b"store", &[]), authorities, epochs))
    }

    /// Opens a list of this desk.
    ///
    /// # Errors
    /// [`ListNotOpened`].
    pub fn open_list(&self, path: &Path) -> Result<SealedList, ListNotOpened> {
        Ok(SealedList::open(path, &self.keys_of_list(path)?)?)
    }
}

/// Where nobody may be left out.
struct FirstReject(Option<(u64, u64)>);

impl Watch for FirstReject {
    fn step(&mut self, _step: Step, _count: u64) {}

    fn reject(&mut self, line: u64, because: Clash) {
        self.0.get_or_insert((line, because.other));
    }
}

/// Whether the list is of the province of `region`.
pub(crate) fn is_of(head: &Head, region: Region) -> bool {
    digits(region) == Ok(head.province)
}

fn digits(region: Region) -> Result<gate_status::Region, RegionRefused> {
    gate_status::Region::new(region.as_str().as_bytes().try_into().map_err(|_| RegionRefused)?)
}
