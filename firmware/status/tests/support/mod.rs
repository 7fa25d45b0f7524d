//! A desk for tests: fixed keys, people in memory, lists in a folder.
#![allow(
    dead_code,
    clippy::unwrap_used,
    reason = "support of several test programs; an error is a failed test"
)]

use std::path::Path;

use gate_proof::digest::hmac_sha256;
use gate_proof::ed25519::SigningKey;
use gate_proof::leaf_seal::{EpochKey, StoreKey};
use gate_proof::subject::Subject;
use gate_status::{
    Amendments, Authorities, BuildFault, BuildOrder, BuildReport, Changes, Clash, DeltaOrder, DeskKeys,
    Epoch, ListKeys, Person, Region, Scope, SealedList, Signers, Step, Tie, Wanted, Watch,
    alleged_delta_head, alleged_head, build, make_delta,
};
use gate_wire::cose::Kid;
use gate_wire::credential::Colour;
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
        ListKeys::new(STORE, both, vec![(Epoch(epoch), Self::epoch_bytes(Epoch(epoch), rekeyed).into())])
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

    fn reject(&mut self, line: u64, because: Clash) {
        self.0.push((line, because.other));
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

/// Number `n` of this world, spread over all keys by the epoch key.
pub(crate) fn subject(n: u32) -> Subject {
    let mut bytes = [7; 12];
    bytes[..4].copy_from_slice(&n.to_be_bytes());
    Subject::from_bytes(bytes)
}

/// A person with these numbers.
pub(crate) fn person(line: u64, numbers: &[u32], colour: Colour) -> Person {
    Person { line, subjects: numbers.iter().map(|n| subject(*n)).collect(), colour }
}

/// A delta on `list` by one step, or to `to`.
pub(crate) fn delta(list: &SealedList, changes: &Changes) -> Vec<u8> {
    make_delta(&next_step(list), changes, Desk::new().signers()).unwrap()
}

/// The order of a single step from where `list` is.
pub(crate) fn next_step(list: &SealedList) -> DeltaOrder {
    let (head, state) = (list.base_head(), list.state());
    DeltaOrder {
        scope: head.scope,
        province: head.province,
        epoch: head.epoch,
        generation: state.step + 1,
        base_root: head.root,
        from: (state.step, state.link),
        to: (state.step + 1, None),
        via: Vec::new(),
        as_of: state.as_of.plus(300),
    }
}

/// The links between `from` and the end of these single steps.
pub(crate) fn ties(from: u32, steps: &[Vec<u8>]) -> Vec<Tie> {
    let heads = steps.iter().map(|file| alleged_delta_head(file).unwrap());
    let end = steps.len() as u32;
    heads.filter(|head| head.to > from && head.to < end).map(|head| Tie::of(&head.link_to)).collect()
}

/// The delta after which the persons have what is wanted.
pub(crate) fn amended(list: &SealedList, wanted: &[(Vec<Subject>, Wanted)]) -> Vec<u8> {
    let mut amendments = Amendments::of(list);
    for (subjects, wanted) in wanted {
        amendments.set(subjects, *wanted).unwrap();
    }
    delta(list, &amendments.finish())
}

/// Seeded, for shuffling tests.
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound.max(1)
    }
}

pub(crate) const COLOURS: [Colour; 3] = [Colour::Green, Colour::Yellow, Colour::Red];
