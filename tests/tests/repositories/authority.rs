//! The authorities of a test: three holders of roots, two of targets, one machine that is online; and their repositories.
//! Keys are counted seeds: nothing here is secret.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use gate_proof::digest::sha256;
use gate_proof::ed25519::SigningKey;
use gate_signing::repo::{Content, Lives, Repo, RepoFault, RoleSigners, RootOrder, Staged};
use gate_trust::Repository;
use gate_tuf::{Body, KeyEntry, MetaFile, Role, Unsigned};
use gate_wire::time::Timestamp;

pub(crate) const DAY_S: u64 = 86_400;

/// A key of a test, by its number.
pub(crate) fn key(number: u8) -> SigningKey {
    SigningKey::from_seed(&[number; 32])
}

pub(crate) fn entry(number: u8) -> KeyEntry {
    KeyEntry::of(&key(number).public_key())
}

/// Which keys a repository has now.
#[derive(Clone)]
pub(crate) struct Roster {
    pub(crate) root: Vec<u8>,
    pub(crate) targets: Vec<u8>,
    pub(crate) snapshot: u8,
    pub(crate) timestamp: u8,
}

impl Roster {
    pub(crate) fn of(repository: Repository) -> Roster {
        let base = match repository {
            Repository::Trust => 10,
            Repository::Status => 40,
        };
        Roster {
            root: vec![base, base + 1, base + 2],
            targets: vec![base + 3, base + 4],
            snapshot: base + 5,
            timestamp: base + 6,
        }
    }

    pub(crate) fn order(&self, expires: Timestamp) -> RootOrder {
        let signers = |keys: &[u8], threshold| RoleSigners {
            keys: keys.iter().map(|n| entry(*n)).collect(),
            threshold,
        };
        let roles = BTreeMap::from([
            (Role::Root, signers(&self.root, 2)),
            (Role::Targets, signers(&self.targets, 2)),
            (Role::Snapshot, signers(&[self.snapshot], 1)),
            (Role::Timestamp, signers(&[self.timestamp], 1)),
        ]);
        RootOrder { roles, expires }
    }
}

pub(crate) struct Authority {
    pub(crate) repo: Repo,
    pub(crate) roster: Roster,
    pub(crate) repository: Repository,
    pub(crate) path: PathBuf,
}

impl Authority {
    /// A repository with a signed first root, and nothing published.
    pub(crate) fn new(folder: &Path, repository: Repository, now: Timestamp) -> Authority {
        Authority::of((repository, folder.join(repository.name())), Roster::of(repository), now)
    }

    /// The same, of these keys.
    pub(crate) fn of((repository, path): (Repository, PathBuf), roster: Roster, now: Timestamp) -> Authority {
        let repo = Repo::at(&path);
        repo.init(&roster.order(now.plus(365 * DAY_S))).unwrap();
        let authority = Authority { repo, roster, repository, path };
        authority.sign(Role::Root, &[0, 1]);
        authority
    }

    /// Stages a root of these keys; holders of two keys of the old one and of two of the new one sign it.
    pub(crate) fn rotate(&mut self, next: Roster, now: Timestamp) {
        self.repo.rotate_root(&next.order(now.plus(365 * DAY_S))).unwrap();
        self.sign(Role::Root, &[0, 1]);
        self.roster = next;
        self.sign(Role::Root, &[0, 1]);
    }

    /// These holders of the role sign its draft, each on their own.
    pub(crate) fn sign(&self, role: Role, holders: &[usize]) {
        let keys = if role == Role::Root { &self.roster.root } else { &self.roster.targets };
        for holder in holders {
            let number = keys[*holder];
            self.repo.sign(role, &entry(number), |message| Ok(key(number).sign(message)?)).unwrap();
        }
    }

    pub(crate) fn publish(&self, now: Timestamp) -> Result<(), RepoFault> {
        let online = |number: u8| (entry(number), move |message: &[u8]| Ok(key(number).sign(message)?));
        let ((snapshot, by_snapshot), (timestamp, by_timestamp)) =
            (online(self.roster.snapshot), online(self.roster.timestamp));
        let lives = Lives { now, snapshot_s: 7 * DAY_S, timestamp_s: DAY_S };
        self.repo.publish([(&snapshot, &by_snapshot), (&timestamp, &by_timestamp)], &lives).map(|_| ())
    }

    /// Stages, has both sign, publishes.
    pub(crate) fn bring_out(&self, staged: &[Staged], now: Timestamp) {
        self.repo.stage(staged, &[], now.plus(90 * DAY_S)).unwrap();
        self.sign(Role::Targets, &[0, 1]);
        self.publish(now).unwrap();
    }

    /// What a carrier does: all files, as they are, into the spool.
    pub(crate) fn carry(&self, spool: &Path) {
        self.repo.mirror(&spool.join(self.repository.name())).unwrap();
    }
}

pub(crate) fn staged(name: &str, (version, issued): (u32, Timestamp), bytes: &[u8]) -> Staged {
    Staged { name: name.into(), version, issued, content: Content::Bytes(bytes.to_vec()) }
}

/// What somebody with some keys can do.
impl Authority {
    pub(crate) fn newest_snapshot(&self) -> u64 {
        let names = fs::read_dir(self.repo.public().join("metadata")).unwrap();
        let version = |name: String| name.strip_suffix(".snapshot.json")?.parse::<u64>().ok();
        names.filter_map(|entry| version(entry.unwrap().file_name().into_string().unwrap())).max().unwrap()
    }

    /// What two signers of targets bring about who lie, with a publisher who looks at nothing: this in the spool, announced for a day.
    pub(crate) fn slip_in(&self, staged: &[Staged], spool: &Path, now: Timestamp) {
        let targets = self.repo.stage(staged, &[], now.plus(90 * DAY_S)).unwrap();
        self.sign(Role::Targets, &[0, 1]);
        let (draft, name) = (self.path.join("draft"), format!("metadata/{}.targets.json", targets.version));
        fs::copy(draft.join("targets.json"), spool.join(name)).unwrap();
        copy_all(&draft.join("targets"), &spool.join("targets"));
        fs::remove_dir_all(&draft).unwrap();
        self.announce(spool, targets.version, now);
    }

    /// A role's document signed by this key.
    pub(crate) fn signed<B: Body>(&self, number: u8, body: &B) -> Vec<u8> {
        signed(body, &[number])
    }

    /// The same by several.
    pub(crate) fn signed_by<B: Body>(&self, numbers: &[u8], body: &B) -> Vec<u8> {
        signed(body, numbers)
    }

    /// Announces the targets of this version in the spool as they lie there, with both online keys.
    pub(crate) fn announce(&self, spool: &Path, version: u64, now: Timestamp) {
        let path = |name: &str| spool.join("metadata").join(name);
        let meta = |version, bytes: &[u8]| MetaFile {
            version,
            length: Some(bytes.len() as u64),
            hashes: BTreeMap::from([("sha256".into(), hex(sha256(&[bytes]).as_bytes()))]),
        };
        let (number, until) = (self.newest_snapshot() + 1, now.plus(DAY_S));
        let targets = fs::read(path(&format!("{version}.targets.json"))).unwrap();
        let snapshot = gate_tuf::Snapshot::of(number, until, meta(version, &targets));
        let snapshot = self.signed(self.roster.snapshot, &snapshot);
        fs::write(path(&format!("{number}.snapshot.json")), &snapshot).unwrap();
        let timestamp = gate_tuf::Timestamp::of(number + 1, until, meta(number, &snapshot));
        let timestamp = self.signed(self.roster.timestamp, &timestamp);
        fs::write(path("timestamp.json"), timestamp).unwrap();
    }

    /// A root as somebody with these keys would draft it.
    pub(crate) fn draft_root(roster: &Roster, version: u64, expires: Timestamp, keys: &[u8]) -> Vec<u8> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("drafted");
        Repo::at(&path).init(&roster.order(expires)).unwrap();
        let bytes = fs::read(path.join("draft/root.json")).unwrap();
        let mut root = gate_tuf::Claimed::<gate_tuf::Root>::read(&bytes).unwrap().into_body();
        root.version = version;
        signed(&root, keys)
    }
}

fn signed<B: Body>(body: &B, keys: &[u8]) -> Vec<u8> {
    let mut unsigned = Unsigned::of(body).unwrap();
    let message = unsigned.to_sign().unwrap();
    keys.iter().for_each(|number| unsigned.add(&entry(*number), &key(*number).sign(&message).unwrap()));
    unsigned.to_text()
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

pub(crate) fn copy_all(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        match entry.file_type().unwrap().is_dir() {
            true => copy_all(&entry.path(), &to),
            false => drop(fs::copy(entry.path(), to).unwrap()),
        }
    }
}
