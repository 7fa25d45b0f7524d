//! A repository in memory whose every file can be changed and signed again. Keys are counted seeds: nothing is secret.

use std::collections::BTreeMap;

use gate_proof::digest::sha256;
use gate_proof::ed25519::SigningKey;
use gate_tuf::{
    Claimed, Clock, KeyEntry, Limits, Refused, Root, Source, SourceFault, Trusted, canonical, print_time,
    update,
};
use gate_wire::time::Timestamp;
use serde_json::{Value, json};

pub(crate) const DAY_S: i64 = 86_400;
/// 2026-11-21.
pub(crate) const NOW: u64 = 1_795_219_200;
const LIMITS: Limits =
    Limits { root: 1 << 16, timestamp: 1 << 14, snapshot: 1 << 14, targets: 1 << 16, count: 64 };

pub(crate) type Files = BTreeMap<String, Vec<u8>>;

struct Shelf<'a>(&'a Files);

impl Source for Shelf<'_> {
    fn metadata(&self, name: &str, _most: u64) -> Result<Option<Vec<u8>>, SourceFault> {
        Ok(self.0.get(name).cloned())
    }
}

pub(crate) struct World {
    pub(crate) trusted: Trusted,
    files: Files,
    root: Value,
    /// Whose keys sign a role's next documents.
    signers: BTreeMap<&'static str, Vec<u8>>,
}

pub(crate) fn key(number: u8) -> SigningKey {
    SigningKey::from_seed(&[number; 32])
}

pub(crate) fn entry(number: u8) -> KeyEntry {
    KeyEntry::of(&key(number).public_key())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A document: what it says, signed by these keys.
pub(crate) fn sign(signed: &Value, keys: &[u8]) -> Value {
    let message = canonical(signed).unwrap();
    let one = |number: &u8| json!({"keyid": entry(*number).id(), "sig": hex(&key(*number).sign(&message).unwrap())});
    json!({"signed": signed, "signatures": keys.iter().map(one).collect::<Vec<_>>()})
}

impl World {
    /// Root 2 of 3 (keys 1, 2, 3), targets (3), snapshot (5), timestamp (6); version 1 of everything.
    pub(crate) fn new() -> World {
        World::begun(&[1, 2], |_| {})
    }

    /// The same, with a first root that was changed and is signed by these keys.
    pub(crate) fn begun(by: &[u8], change: impl FnOnce(&mut Value)) -> World {
        let role = |keys: &[u8], threshold: u8| json!({"keyids": keys.iter().map(|n| entry(*n).id()).collect::<Vec<_>>(), "threshold": threshold});
        let keys: BTreeMap<String, Value> =
            [1, 2, 3, 5, 6].map(|n| (entry(n).id(), serde_json::to_value(entry(n)).unwrap())).into();
        let mut root = json!({
            "_type": "root", "spec_version": "1.0.33", "version": 1, "expires": time(100 * DAY_S),
            "consistent_snapshot": true, "keys": keys,
            "roles": {"root": role(&[1, 2, 3], 2), "targets": role(&[3], 1), "snapshot": role(&[5], 1), "timestamp": role(&[6], 1)},
        });
        change(&mut root);
        let bytes = serde_json::to_vec(&sign(&root, by)).unwrap();
        let first = Claimed::<Root>::read(&bytes).unwrap().trust_first().unwrap();
        let files = Files::from([("1.root.json".to_owned(), bytes)]);
        let signers = [("targets", vec![3]), ("snapshot", vec![5]), ("timestamp", vec![6])].into();
        let mut world = World { trusted: Trusted::first(first), files, root, signers };
        world.announce(1);
        world
    }

    pub(crate) fn take(&mut self) -> Result<(), Refused> {
        let now = Timestamp::from_unix(NOW).unwrap();
        update(&mut self.trusted, &Shelf(&self.files), &LIMITS, &Clock { floor: now, confirmed: None })
    }

    pub(crate) fn time(&self, from_now: i64) -> String {
        time(from_now)
    }

    /// From now on these keys sign what this role says.
    pub(crate) fn signs(&mut self, role: &'static str, keys: &[u8]) {
        self.signers.insert(role, keys.to_vec());
    }

    fn signed(&self, role: &str, signed: &Value) -> Value {
        sign(signed, &self.signers[role])
    }

    /// The next root, signed by two of the old one's keys.
    pub(crate) fn root(&mut self, version: u64, change: impl FnOnce(&mut Value)) {
        self.root_by(version, &[1, 2], change);
    }

    pub(crate) fn root_by(&mut self, version: u64, keys: &[u8], change: impl FnOnce(&mut Value)) {
        self.root["expires"] = json!(time(100 * DAY_S));
        self.root["version"] = json!(version);
        change(&mut self.root);
        self.put(&format!("{version}.root.json"), &sign(&self.root.clone(), keys));
    }

    /// Targets of this version; nobody announces them yet.
    pub(crate) fn targets(&mut self, version: u64) -> Value {
        let file = json!({"length": 1, "hashes": {"sha256": "00".repeat(32)}});
        let signed = json!({
            "_type": "targets", "spec_version": "1.0.33", "version": version, "expires": time(DAY_S),
            "targets": {"a.json": file},
        });
        let document = self.signed("targets", &signed);
        self.put(&format!("{version}.targets.json"), &document);
        document
    }

    /// Targets, snapshot and timestamp, all of this version.
    pub(crate) fn announce(&mut self, version: u64) {
        if !self.files.contains_key(&format!("{version}.targets.json")) {
            self.targets(version);
        }
        self.names_targets(version, version);
    }

    /// A snapshot and a timestamp of `version` that name targets of another one.
    pub(crate) fn names_targets(&mut self, version: u64, targets: u64) {
        let meta = self.meta(&format!("{targets}.targets.json"), targets);
        let snapshot = json!({
            "_type": "snapshot", "spec_version": "1.0.33", "version": version, "expires": time(DAY_S),
            "meta": {"targets.json": meta},
        });
        self.put(&format!("{version}.snapshot.json"), &self.signed("snapshot", &snapshot));
        self.names_snapshot(version);
    }

    /// A timestamp of `version` that names the snapshot of that version.
    pub(crate) fn names_snapshot(&mut self, version: u64) {
        let meta = self.meta(&format!("{version}.snapshot.json"), version);
        let timestamp = json!({
            "_type": "timestamp", "spec_version": "1.0.33", "version": version, "expires": time(DAY_S),
            "meta": {"snapshot.json": meta},
        });
        self.put("timestamp.json", &self.signed("timestamp", &timestamp));
    }

    fn meta(&self, file: &str, version: u64) -> Value {
        let bytes = &self.files[file];
        json!({"version": version, "length": bytes.len(), "hashes": {"sha256": hex(sha256(&[bytes]).as_bytes())}})
    }

    /// A role's newest document of this version with a change, signed and announced as it ought to be.
    pub(crate) fn change(&mut self, role: &str, version: u64, change: impl FnOnce(&mut Value)) {
        let newest = self.newest(role);
        let mut signed = self.get(&newest)["signed"].clone();
        signed["version"] = json!(version);
        change(&mut signed);
        match role {
            "timestamp" => self.put("timestamp.json", &self.signed(role, &signed)),
            "snapshot" => {
                self.put(&format!("{version}.snapshot.json"), &self.signed(role, &signed));
                self.names_snapshot(version);
            }
            _ => {
                self.put(&format!("{version}.targets.json"), &self.signed(role, &signed));
                self.names_targets(version, version);
            }
        }
    }

    /// What is announced of this role's file does not fit it in one field.
    pub(crate) fn misname(&mut self, role: &str, field: &str) {
        let wrong = |meta: &mut Value| match field {
            "version" => meta["version"] = json!(2),
            "length" => meta["length"] = json!(7),
            _ => meta["hashes"]["sha256"] = json!("00".repeat(32)),
        };
        match role {
            "snapshot" => self.change("timestamp", 1, |signed| wrong(&mut signed["meta"]["snapshot.json"])),
            _ => self.change("snapshot", 1, |signed| wrong(&mut signed["meta"]["targets.json"])),
        }
        if field == "version" {
            // The file of version 1 under the name of version 2.
            let bytes = self.files[&self.newest(role)].clone();
            self.files.insert(format!("2.{role}.json"), bytes);
            self.fit_digest(role);
        }
    }

    /// The digest fits again after a file was put under another name.
    fn fit_digest(&mut self, role: &str) {
        let meta = self.meta(&format!("2.{role}.json"), 2);
        match role {
            "snapshot" => self.change("timestamp", 1, |signed| signed["meta"]["snapshot.json"] = meta),
            _ => self.change("snapshot", 1, |signed| signed["meta"]["targets.json"] = meta),
        }
    }

    pub(crate) fn remove(&mut self, role: &str) {
        self.files.remove(&self.newest(role));
    }

    fn newest(&self, role: &str) -> String {
        let version = |name: &String| name.strip_suffix(&format!(".{role}.json"))?.parse::<u64>().ok();
        let newest = self.files.keys().filter_map(version).max();
        newest.map_or(format!("{role}.json"), |version| format!("{version}.{role}.json"))
    }

    pub(crate) fn get(&self, name: &str) -> Value {
        serde_json::from_slice(self.bytes(name)).unwrap()
    }

    pub(crate) fn bytes(&self, name: &str) -> &[u8] {
        &self.files[name]
    }

    pub(crate) fn put(&mut self, name: &str, document: &Value) {
        self.put_bytes(name, &serde_json::to_vec(document).unwrap());
    }

    pub(crate) fn put_bytes(&mut self, name: &str, bytes: &[u8]) {
        self.files.insert(name.into(), bytes.to_vec());
    }

    pub(crate) fn clone_files(&self) -> Files {
        self.files.clone()
    }

    pub(crate) fn restore(&mut self, files: &Files) {
        self.files = files.clone();
    }
}

fn time(from_now: i64) -> String {
    print_time(Timestamp::from_unix(NOW.checked_add_signed(from_now).unwrap()).unwrap())
}
