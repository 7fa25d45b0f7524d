//! A desk for tests: fixed keys, people in memory, lists in a folder.
#![allow(dead_code, clippy::unwrap_used, reason = "support of several test programs; an error is a failed test")]

use std::path::Path;

use gate_proof::digest::hmac_sha256;
use gate_proof::ed25519::SigningKey;
use gate_proof::leaf_seal::{EpochKey, StoreKey};
use gate_status::{
    Authorities, BuildFault, BuildOrder, BuildReport, DeskKeys, Epoch, ListKeys, Person, Region, Scope, SealedList,
    Signers, Step, Watch, alleged_head, build,
};
use gate_wire::cose::Kid;
use gate_wire::time::Timestamp;

pub(crate) const AS_OF: u64 = 1_795_190_400;
const STORE: [u8; 32] = [0x51; 32];
const EPOCHS: [u8; 32] = [0x52; 32];

/// The desk's keys.
pub(crate) struct Desk(Signers);

impl Desk {
    pub(crate) fn new() -> Desk {
        Desk(Signers([b"au01", b"au02"].map(|kid| (Kid(*kid), SigningKey::from_seed(&[kid[3]; 32])))))
    }

    fn epoch_bytes(epoch: Epoch, rekeyed: u8) -> [u8; 32] {
        hmac_sha256(&EPOCHS, &[&epoch.0.to_be_bytes(), &[rekeyed]]).0
    }

    /// What a terminal gets for `epoch` as it was re-keyed.
    pub(crate) fn terminal(&self, epoch: u32, rekeyed: u8) -> ListKeys {
        let public = |at: usize| (self.0.0[at].0, self.0.0[at].1.public_key());
        let both = Authorities::new([public(0), public(1)]).unwrap();
        ListKeys::new(STORE, both, &[(Epoch(epoch), Self::epoch_bytes(Epoch(epoch), rekeyed))])
    }
}

impl DeskKeys for Desk {
    fn store_key(&self) -> StoreKey {
        StoreKey::from_bytes(&STORE)
    }

    fn epoch_key(&self, epoch: Epoch, rekeyed: u8) -> EpochKey {
        EpochKey::from_bytes(&Self::epoch_bytes(epoch, rekeyed))
    }

    fn signers(&self) -> &Signers {
        &self.0
    }
}

/// Remembers who was left out.
#[derive(Default)]
pub(crate) struct Rejects(pub(crate) Vec<(u64, u64)>);

impl Watch for Rejects {
    fn step(&mut self, _step: Step, _count: u64) {}

    fn reject(&mut self, line: u64, earlier: u64) {
        self.0.push((line, earlier));
    }
}

pub(crate) fn time(later: u64) -> Timestamp {
    Timestamp::from_unix(AS_OF + later).unwrap()
}

pub(crate) fn order(path: &Path, scope: Scope, epoch: u32) -> BuildOrder<'_> {
    BuildOrder {
        path,
        scope,
        province: Region::new(*b"510000").unwrap(),
        epoch: Epoch(epoch),
        as_of: time(0),
        issued: time(60),
        salt: [9; 16],
        tag_memory_kib: 1024,
        memory: 1 << 20,
    }
}

pub(crate) fn write(path: &Path, scope: Scope, people: &[Person]) -> Result<BuildReport, BuildFault> {
    build(&order(path, scope, 1), &Desk::new(), &mut Rejects::default(), || people.iter().cloned())
}

pub(crate) fn open(path: &Path) -> SealedList {
    let head = alleged_head(path).unwrap();
    SealedList::open(path, &Desk::new().terminal(head.epoch.0, head.rekeyed)).unwrap()
}
