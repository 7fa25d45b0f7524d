//! The authorities of a test: three holders of roots, two of targets, one machine that is online; and their repositories.
//! Keys are counted seeds: nothing here is secret.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use gate_proof::ed25519::SigningKey;
use gate_signing::repo::{Lives, Repo, RepoFault, RoleSigners, RootOrder, Staged};
use gate_trust::Repository;
use gate_tuf::{KeyEntry, Role};
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
        let path = folder.join(repository.name());
        let (repo, roster) = (Repo::at(&path), Roster::of(repository));
        repo.init(&roster.order(now.plus(365 * DAY_S))).unwrap();
        let authority = Authority { repo, roster, repository, path };
        authority.sign(Role::Root, &[0, 1]);
        authority
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
