//! What the four roles say (specification §4.3 to §4.6). Fields that are not named here are signed and ignored.
//! Promises: a version is at least 1; an end is a time; digests are 32 bytes; counts are bounded by the caller's limits.
//! Must not know: signatures. Delegations are not followed: a role that nobody asked cannot hold another back.

use std::collections::BTreeMap;

use gate_proof::digest::sha256;
use gate_wire::time::Timestamp as Time;
use serde::de::{Error, Unexpected};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::keys::{KeyEntry, KeyId, RoleKeys};
use crate::time::{print_time, read_time};

/// The part of the specification that is spoken here.
pub(crate) const SPEC_VERSION: &str = "1.0.33";
/// What the snapshot calls the top-level targets role.
pub(crate) const TARGETS_FILE: &str = "targets.json";
const SNAPSHOT_FILE: &str = "snapshot.json";

/// A top-level role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Says which keys the roles have.
    Root,
    /// Says which targets there are.
    Targets,
    /// Says which versions belong together.
    Snapshot,
    /// Says which snapshot is current.
    Timestamp,
}

impl Role {
    /// All four.
    pub const ALL: [Role; 4] = [Role::Root, Role::Targets, Role::Snapshot, Role::Timestamp];

    /// Its name in metadata and in file names.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Role::Root => "root",
            Role::Targets => "targets",
            Role::Snapshot => "snapshot",
            Role::Timestamp => "timestamp",
        }
    }
}

/// What every role's document has.
pub trait Body: Serialize + for<'de> Deserialize<'de> {
    /// Which role's it is.
    const ROLE: Role;

    /// Its version.
    fn version(&self) -> u64;

    /// When it stops being good.
    fn expires(&self) -> Time;

    /// Whether fields fit each other.
    fn is_sound(&self) -> bool;
}

/// `root.json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Root {
    /// Rises by one with each.
    pub version: u64,
    /// When it stops being good.
    #[serde(serialize_with = "write_time", deserialize_with = "time")]
    pub expires: Time,
    /// Whether file names carry versions and digests.
    pub consistent_snapshot: bool,
    /// Every key, by its id.
    pub keys: BTreeMap<KeyId, KeyEntry>,
    /// Each role's keys.
    pub roles: BTreeMap<String, RoleKeys>,
}

/// `timestamp.json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timestamp {
    /// Rises with each.
    pub version: u64,
    /// When it stops being good.
    #[serde(serialize_with = "write_time", deserialize_with = "time")]
    pub expires: Time,
    /// The snapshot's version, under `snapshot.json`.
    pub meta: BTreeMap<String, MetaFile>,
}

/// `snapshot.json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snapshot {
    /// Rises with each.
    pub version: u64,
    /// When it stops being good.
    #[serde(serialize_with = "write_time", deserialize_with = "time")]
    pub expires: Time,
    /// Versions of the targets roles.
    pub meta: BTreeMap<String, MetaFile>,
}

/// `targets.json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Targets {
    /// Rises with each.
    pub version: u64,
    /// When it stops being good.
    #[serde(serialize_with = "write_time", deserialize_with = "time")]
    pub expires: Time,
    /// By name. Names that are none here are kept as they are, and found by nobody.
    pub targets: BTreeMap<String, TargetFile>,
}

/// Another role's file, as timestamp and snapshot name it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MetaFile {
    /// Its version.
    pub version: u64,
    /// Its length in bytes, where it is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub length: Option<u64>,
    /// Its digests, where they are said.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub hashes: BTreeMap<String, String>,
}

/// A target, as its metadata describes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TargetFile {
    /// Its length in bytes.
    pub length: u64,
    /// Its digests; `sha256` is the one that is looked at.
    pub hashes: BTreeMap<String, String>,
    /// What the data say of themselves, for whoever takes them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom: Option<Custom>,
}

/// What is said of a dataset beside its bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Custom {
    /// The dataset's version; 0 where none is said.
    #[serde(default)]
    pub version: u32,
    /// Its issue or as-of time in seconds since 1970; 0 where none is said.
    #[serde(default)]
    pub issued: u64,
}

impl Root {
    /// The keys and threshold of a role.
    #[must_use]
    pub fn role(&self, role: Role) -> Option<&RoleKeys> {
        self.roles.get(role.name())
    }
}

impl Timestamp {
    /// The current snapshot.
    #[must_use]
    pub fn snapshot(&self) -> Option<&MetaFile> {
        self.meta.get(SNAPSHOT_FILE)
    }

    /// The timestamp of this snapshot.
    #[must_use]
    pub fn of(version: u64, expires: Time, snapshot: MetaFile) -> Timestamp {
        Timestamp { version, expires, meta: BTreeMap::from([(SNAPSHOT_FILE.into(), snapshot)]) }
    }
}

impl Snapshot {
    /// The current targets.
    #[must_use]
    pub fn targets(&self) -> Option<&MetaFile> {
        self.meta.get(TARGETS_FILE)
    }

    /// The snapshot of these targets.
    #[must_use]
    pub fn of(version: u64, expires: Time, targets: MetaFile) -> Snapshot {
        Snapshot { version, expires, meta: BTreeMap::from([(TARGETS_FILE.into(), targets)]) }
    }
}

impl MetaFile {
    /// Its SHA-256, where it is said.
    #[must_use]
    pub fn sha256(&self) -> Option<[u8; 32]> {
        crate::keys::from_hex(self.hashes.get("sha256")?)
    }

    /// Whether these are its bytes, as far as it says anything of them.
    pub(crate) fn is_of(&self, bytes: &[u8]) -> bool {
        let length = self.length.is_none_or(|length| length == bytes.len() as u64);
        length && (!self.hashes.contains_key("sha256") || self.sha256() == Some(*sha256(&[bytes]).as_bytes()))
    }
}

impl TargetFile {
    /// Its SHA-256.
    #[must_use]
    pub fn sha256(&self) -> Option<[u8; 32]> {
        crate::keys::from_hex(self.hashes.get("sha256")?)
    }
}

impl Body for Root {
    const ROLE: Role = Role::Root;

    fn version(&self) -> u64 {
        self.version
    }

    fn expires(&self) -> Time {
        self.expires
    }

    fn is_sound(&self) -> bool {
        Role::ALL.into_iter().all(|role| self.role(role).is_some_and(RoleKeys::is_sound))
    }
}

impl Body for Timestamp {
    const ROLE: Role = Role::Timestamp;

    fn version(&self) -> u64 {
        self.version
    }

    fn expires(&self) -> Time {
        self.expires
    }

    fn is_sound(&self) -> bool {
        self.snapshot().is_some_and(|file| file.version > 0)
    }
}

impl Body for Snapshot {
    const ROLE: Role = Role::Snapshot;

    fn version(&self) -> u64 {
        self.version
    }

    fn expires(&self) -> Time {
        self.expires
    }

    fn is_sound(&self) -> bool {
        self.targets().is_some() && self.meta.values().all(|file| file.version > 0)
    }
}

impl Body for Targets {
    const ROLE: Role = Role::Targets;

    fn version(&self) -> u64 {
        self.version
    }

    fn expires(&self) -> Time {
        self.expires
    }

    fn is_sound(&self) -> bool {
        true
    }
}

fn time<'de, D: Deserializer<'de>>(from: D) -> Result<Time, D::Error> {
    let text = String::deserialize(from)?;
    read_time(&text).map_err(|_| D::Error::invalid_value(Unexpected::Str(&text), &"a time"))
}

fn write_time<S: Serializer>(time: &Time, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(&print_time(*time))
}
