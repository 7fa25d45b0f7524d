//! A repository through the carrier into a spool: what is fetched, in which order, what stays when parts do not come.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use gate_proof::digest::sha256;
use gate_proof::ed25519::SigningKey;
use gate_sync::held::Held;
use gate_sync::line::Line;
use gate_sync::mirror::Place;
use gate_sync::patience::Patience;
use gate_sync::{Round, Spool, mirror};
use gate_tuf::{
    Body, KeyEntry, MetaFile, Repository, Role, RoleKeys, Root, Snapshot, TargetFile, Targets, Timestamp,
    Unsigned,
};
use gate_wire::time::Timestamp as Time;

use crate::toxic::{Act, Hub, cut, served, text};

/// For what must come on a machine that is busy.
pub(crate) const PATIENT: Patience = Patience {
    connect: Duration::from_secs(60),
    answer: Duration::from_secs(60),
    window: Duration::from_secs(60),
    least_rate: 1,
    slice: Duration::from_secs(600),
};

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A province that publishes, and one terminal's spool.
pub(crate) struct Land {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) spool: Spool,
    held: Held,
    repository: Repository,
    version: u64,
}

impl Land {
    pub(crate) fn new(repository: Repository) -> Land {
        let folder = tempfile::tempdir().unwrap();
        let spool = Spool::open(&folder.path().join("spool"), 64 << 20).unwrap();
        let land = Land { folder, spool, held: Held::default(), repository, version: 0 };
        land.root(1);
        land
    }

    pub(crate) fn served(&self) -> PathBuf {
        self.folder.path().join("served")
    }

    fn write<B: Body>(&self, name: &str, body: &B) -> MetaFile {
        let bytes = self.signed(body);
        self.write_bytes(&format!("metadata/{name}"), &bytes);
        let hashes = BTreeMap::from([("sha256".into(), hex(sha256(&[&bytes]).as_bytes()))]);
        MetaFile { version: body.version(), length: Some(bytes.len() as u64), hashes }
    }

    fn signed<B: Body>(&self, body: &B) -> Vec<u8> {
        let key = SigningKey::from_seed(&[1; 32]);
        let mut unsigned = Unsigned::of(body).unwrap();
        let signature = key.sign(&unsigned.to_sign().unwrap()).unwrap();
        unsigned.add(&KeyEntry::of(&key.public_key()), &signature);
        unsigned.to_text()
    }

    fn write_bytes(&self, name: &str, bytes: &[u8]) {
        let path = self.served().join(self.repository.name()).join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    fn root(&self, version: u64) {
        let key = KeyEntry::of(&SigningKey::from_seed(&[1; 32]).public_key());
        let role = RoleKeys { keyids: vec![key.id()], threshold: 1 };
        let root = Root {
            version,
            expires: Time::MAX,
            consistent_snapshot: true,
            keys: BTreeMap::from([(key.id(), key)]),
            roles: Role::ALL.map(|one| (one.name().to_owned(), role.clone())).into(),
        };
        self.write(&format!("{version}.root.json"), &root);
    }

    /// Publishes these files.
    pub(crate) fn publish(&mut self, files: &[(&str, &[u8])]) {
        self.version += 1;
        let mut targets = BTreeMap::new();
        for (name, bytes) in files {
            let digest = hex(sha256(&[bytes]).as_bytes());
            let at =
                name.rsplit_once('/').map_or((String::new(), *name), |(at, name)| (format!("{at}/"), name));
            self.write_bytes(&format!("targets/{}{digest}.{}", at.0, at.1), bytes);
            let hashes = BTreeMap::from([("sha256".into(), digest)]);
            targets.insert((*name).into(), TargetFile { length: bytes.len() as u64, hashes, custom: None });
        }
        let (version, expires) = (self.version, Time::MAX);
        let meta = self.write(&format!("{version}.targets.json"), &Targets { version, expires, targets });
        let meta = self.write(&format!("{version}.snapshot.json"), &Snapshot::of(version, expires, meta));
        self.write("timestamp.json", &Timestamp::of(version, expires, meta));
    }

    fn fetch(&self, hub: &Hub) -> Round {
        self.fetch_with(hub, PATIENT)
    }

    pub(crate) fn fetch_with(&self, hub: &Hub, patience: Patience) -> Round {
        let line = Line::open(&hub.address, hub.authority.pem.as_bytes(), patience).unwrap();
        let place = Place { spool: &self.spool, held: &self.held, terminal: 7 };
        mirror(&line, place, self.repository)
    }

    #[track_caller]
    pub(crate) fn fetch_whole(&self, hub: &Hub) {
        let round = self.fetch(hub);
        assert!(round.is_whole(), "{:?}", round.faults);
    }

    /// Names in the spool without their digests, sorted.
    pub(crate) fn spooled(&self) -> Vec<String> {
        let mut names = Vec::new();
        for folder in ["metadata", "targets", "targets/keys"] {
            let folder = format!("{}/{folder}", self.repository.name());
            names.extend(self.spool.names(&folder).iter().map(|name| match name.split_once('.') {
                Some((digest, rest)) if digest.len() == 64 => rest.to_owned(),
                _ => name.clone(),
            }));
        }
        names.sort();
        names
    }

    pub(crate) fn honest(&self) -> Hub {
        Hub::honest(&self.served())
    }
}

#[test]
fn what_a_terminal_needs_comes_and_a_second_round_asks_for_two_files_only() {
    let mut land = Land::new(Repository::Trust);
    land.publish(&[
        ("key-set.json", b"{}"),
        ("keys/7.json", b"7"),
        ("keys/8.json", b"8"),
        ("software/x", b"x"),
    ]);
    let hub = land.honest();
    land.fetch_whole(&hub);
    let all =
        ["1.root.json", "1.snapshot.json", "1.targets.json", "7.json", "key-set.json", "timestamp.json"];
    assert_eq!(land.spooled(), all);
    hub.paths();
    let round = land.fetch(&hub);
    assert!(round.is_whole() && round.files == 0 && round.bytes == 0);
    // Not yet trusted as far as the report says: the root is asked for again.
    assert_eq!(
        hub.paths(),
        ["trust/metadata/1.root.json", "trust/metadata/2.root.json", "trust/metadata/timestamp.json"]
    );
}

#[test]
fn the_timestamp_that_is_the_same_costs_no_bytes() {
    let mut land = Land::new(Repository::Trust);
    land.publish(&[("key-set.json", b"{}")]);
    let hub = land.honest();
    land.fetch_whole(&hub);
    assert_eq!(hub.asked().last().unwrap().unless, None);
    land.fetch_whole(&hub);
    let asked = hub.asked();
    let stamps: Vec<_> = asked.iter().filter(|asked| asked.path.ends_with("timestamp.json")).collect();
    assert!(stamps[1].unless.is_some());
}

#[test]
fn a_new_publication_replaces_the_old_and_what_nobody_needs_goes() {
    let mut land = Land::new(Repository::Trust);
    land.publish(&[("key-set.json", b"one"), ("policy-station.json", b"same")]);
    let hub = land.honest();
    land.fetch_whole(&hub);
    land.publish(&[("key-set.json", b"two"), ("policy-station.json", b"same")]);
    hub.paths();
    land.fetch_whole(&hub);
    let paths = hub.paths();
    assert!(
        !paths.iter().any(|path| path.contains("policy-station")),
        "what is here is not fetched: {paths:?}"
    );
    let all = [
        "1.root.json",
        "2.snapshot.json",
        "2.targets.json",
        "key-set.json",
        "policy-station.json",
        "timestamp.json",
    ];
    assert_eq!(land.spooled(), all);
}

#[test]
fn sixty_roots_come_in_their_order_and_a_planted_one_goes() {
    let mut land = Land::new(Repository::Trust);
    (2..=60).for_each(|version| land.root(version));
    land.publish(&[("key-set.json", b"{}")]);
    fs::create_dir_all(land.spool.path().join("trust/metadata")).unwrap();
    fs::write(land.spool.path().join("trust/metadata/61.root.json"), "a thief's").unwrap();
    land.fetch_whole(&land.honest());
    let roots = land.spooled().iter().filter(|name| name.ends_with(".root.json")).count();
    assert_eq!(roots, 60);
    assert!(!land.spool.path().join("trust/metadata/61.root.json").exists());
}

#[test]
fn a_root_that_does_not_come_ends_the_round_before_anything_newer_is_in_place() {
    let mut land = Land::new(Repository::Trust);
    land.publish(&[("key-set.json", b"{}")]);
    let served_from = land.served();
    for answer in
        [text("503 Service Unavailable", &[], b""), text("200 OK", &[], b"<html>portal"), b"HTT".to_vec()]
    {
        let folder = served_from.clone();
        let hub = Hub::new(move |asked| match asked.path.ends_with("2.root.json") {
            true => Act::Say(answer.clone()),
            false => Act::Say(served(&folder, asked)),
        });
        assert!(!land.fetch(&hub).is_whole());
        assert_eq!(land.spooled(), ["1.root.json"]);
    }
}

#[test]
fn a_target_that_never_comes_holds_back_no_other() {
    let mut land = Land::new(Repository::Trust);
    land.publish(&[("key-set.json", b"{}"), ("policy-station.json", b"p"), ("revocations.tfr", b"r")]);
    let folder = land.served();
    let hub = Hub::new(move |asked| match asked.path.contains("key-set") {
        true => cut(served(&folder, asked), 20),
        false => Act::Say(served(&folder, asked)),
    });
    let round = land.fetch(&hub);
    assert_eq!(round.faults.len(), 1, "{:?}", round.faults);
    let names = land.spooled();
    for name in ["policy-station.json", "revocations.tfr", "timestamp.json"] {
        assert!(names.iter().any(|one| one == name), "{name}: {names:?}");
    }
}

#[test]
fn deltas_come_before_a_base_that_takes_long_and_the_base_goes_on_next_time() {
    let mut land = Land::new(Repository::Status);
    let base = vec![5; 33 << 20];
    land.publish(&[("base-0000000001.tfs", &base), ("delta-0000000001-0000000000-0000000005.tfd", b"delta")]);
    let folder = land.served();
    let hub = Hub::new(move |asked| match asked.path.ends_with(".tfs") && asked.number < 9 {
        true => cut(served(&folder, asked), 20 << 20),
        false => Act::Say(served(&folder, asked)),
    });
    assert_eq!(land.fetch(&hub).faults.len(), 1);
    assert!(land.spooled().iter().any(|name| name.starts_with("delta-")));
    assert!(land.spooled().iter().any(|name| name == "timestamp.json"));
    land.fetch_whole(&hub);
    let asked = hub.asked();
    let bases: Vec<u64> =
        asked.iter().filter(|asked| asked.path.ends_with(".tfs")).filter_map(|asked| asked.from).collect();
    assert!(bases.iter().all(|from| *from > (19 << 20)), "it went on: {bases:?}");
    assert!(land.spooled().iter().any(|name| name.starts_with("base-")));
}

#[test]
fn a_mirror_that_announces_what_cannot_be_is_not_followed() {
    let mut land = Land::new(Repository::Trust);
    land.publish(&[("key-set.json", b"{}")]);
    let honest = MetaFile {
        version: 1,
        length: Some(100),
        hashes: BTreeMap::from([("sha256".into(), "ab".repeat(32))]),
    };
    let endless = MetaFile { length: Some(1 << 40), ..honest.clone() };
    let nameless = MetaFile { hashes: BTreeMap::new(), ..honest };
    for meta in [endless, nameless] {
        land.write("timestamp.json", &Timestamp::of(9, Time::MAX, meta));
        let hub = land.honest();
        assert!(!land.fetch(&hub).is_whole());
        assert!(!hub.paths().iter().any(|path| path.contains("snapshot")));
        assert_eq!(land.spooled(), ["1.root.json"]);
    }
}

#[test]
fn the_spool_never_grows_beyond_its_bound() {
    let mut land = Land::new(Repository::Status);
    land.spool = Spool::open(&land.folder.path().join("spool"), 1 << 20).unwrap();
    let delta = vec![1; 400_000];
    let names: Vec<String> = (0..6).map(|n| format!("delta-0000000001-{n:010}-{:010}.tfd", n + 1)).collect();
    let mut files: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), delta.as_slice())).collect();
    files.push(("base-0000000001.tfs", &delta));
    land.publish(&files);
    let round = land.fetch(&land.honest());
    assert!(!round.is_whole());
    assert!(land.spool.used().unwrap() <= 1 << 20);
    assert!(land.spooled().iter().any(|name| name == "timestamp.json"), "what came is of use");
}

#[test]
fn a_timestamp_that_another_carrier_put_there_does_not_hide_the_hubs_newest() {
    let mut land = Land::new(Repository::Trust);
    land.publish(&[("key-set.json", b"one")]);
    let hub = land.honest();
    land.fetch_whole(&hub);
    let old = fs::read(land.served().join("trust/metadata/timestamp.json")).unwrap();
    land.publish(&[("key-set.json", b"two")]);
    land.fetch_whole(&hub);
    // A stick of yesterday was at the terminal.
    land.spool.place("trust/metadata/timestamp.json", &old).unwrap();
    land.fetch_whole(&hub);
    let newest = fs::read(land.served().join("trust/metadata/timestamp.json")).unwrap();
    assert_eq!(land.spool.read("trust/metadata/timestamp.json", 1 << 20), Some(newest));
}

#[test]
fn targets_that_can_be_no_such_files_hold_back_no_revocations() {
    let mut land = Land::new(Repository::Trust);
    let endless = vec![b' '; 70 << 10];
    let unfit = ["province.json", "key-set.json", "policy-station.json", "policy-hospital.json"];
    let mut files: Vec<(&str, &[u8])> = unfit.iter().map(|name| (*name, endless.as_slice())).collect();
    files.push(("revocations.tfr", b"revoked"));
    land.publish(&files);
    let round = land.fetch(&land.honest());
    assert!(!round.is_whole());
    assert!(land.spooled().iter().any(|name| name == "revocations.tfr"), "{:?}", round.faults);
}

#[test]
fn files_that_a_store_refuses_hold_back_no_revocations() {
    let mut land = Land::new(Repository::Trust);
    let names = ["province.json", "key-set.json", "policy-station.json", "revocations.tfr"];
    let files: Vec<(&str, &[u8])> = names.iter().map(|name| (*name, name.as_bytes())).collect();
    land.publish(&files);
    let folder = land.served();
    let hub = Hub::new(move |asked| match asked.path.contains("targets/") && !asked.path.ends_with(".tfr") {
        true => Act::Say(text("403 Forbidden", &[], b"")),
        // An object store's word for a root that is not there.
        false if asked.path.ends_with("2.root.json") => Act::Say(text("403 Forbidden", &[], b"")),
        false => Act::Say(served(&folder, asked)),
    });
    let round = land.fetch(&hub);
    assert_eq!(round.faults.len(), 3, "{:?}", round.faults);
    assert!(land.spooled().iter().any(|name| name == "revocations.tfr"));
}

#[test]
fn what_was_begun_and_nobody_wants_any_more_is_thrown_away() {
    let mut land = Land::new(Repository::Status);
    land.spool = Spool::open(&land.folder.path().join("spool"), 100 << 20).unwrap();
    for epoch in 1..4 {
        let base = vec![epoch; 34 << 20];
        land.publish(&[(&format!("base-{epoch:010}.tfs"), &base)]);
        let folder = land.served();
        // Each base is announced, begun, and never comes whole.
        let hub = Hub::new(move |asked| match asked.path.ends_with(".tfs") {
            true => cut(served(&folder, asked), 33 << 20),
            false => Act::Say(served(&folder, asked)),
        });
        assert!(!land.fetch(&hub).is_whole());
        let begun = land.spool.names("part").len();
        assert!(begun <= 2, "round {epoch}: {begun} files under way");
    }
    land.fetch_whole(&land.honest());
    assert!(land.spooled().iter().any(|name| name == "base-0000000003.tfs"));
}
