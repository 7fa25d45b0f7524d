//! Roots: the first, and each one after it.
//! Promises: root and targets need two keys at least, and of different holders that is the authorities' own agreement
//! (DESIGN §2); the next root has the next version; none has a key of a repository beside this one.
//! Must not know: who holds which key.

use std::collections::BTreeMap;

use gate_tuf::{Claimed, KeyEntry, Role, RoleKeys, Root, Unsigned};
use gate_wire::time::Timestamp;

use super::{Repo, RepoFault, at, in_document};
use crate::staging::{self, Readers};

/// A role's keys and how many of them must sign.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleSigners {
    /// Public halves.
    pub keys: Vec<KeyEntry>,
    /// How many.
    pub threshold: u32,
}

/// What a root is to say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RootOrder {
    /// Each role's keys.
    pub roles: BTreeMap<Role, RoleSigners>,
    /// Until when it is good.
    pub expires: Timestamp,
}

impl RootOrder {
    fn is_sound(&self) -> bool {
        Role::ALL.into_iter().all(|role| {
            let least = if matches!(role, Role::Root | Role::Targets) { 2 } else { 1 };
            let fits = |signers: &RoleSigners| {
                (least..=signers.keys.len()).contains(&(signers.threshold as usize))
                    && signers.keys.iter().all(|key| key.admit().is_some())
            };
            self.roles.get(&role).is_some_and(fits)
        })
    }

    fn root(&self, version: u64) -> Root {
        let keys = self.roles.values().flat_map(|signers| &signers.keys).map(|key| (key.id(), key.clone()));
        let role = |(role, signers): (&Role, &RoleSigners)| {
            let keyids = signers.keys.iter().map(KeyEntry::id).collect();
            (role.name().to_owned(), RoleKeys { keyids, threshold: signers.threshold })
        };
        Root {
            version,
            expires: self.expires,
            consistent_snapshot: true,
            keys: keys.collect(),
            roles: self.roles.iter().map(role).collect(),
        }
    }
}

impl Repo {
    /// Stages the first root.
    ///
    /// # Errors
    /// [`RepoFault`].
    pub fn init(&self, order: &RootOrder) -> Result<(), RepoFault> {
        let _alone = self.alone()?;
        if self.metadata("1.root.json").exists() || self.draft(Role::Root).exists() {
            return Err(RepoFault::KeepRepository(self.path.clone()));
        }
        self.stage_root(order, 1)
    }

    /// Stages the next root: other keys, other thresholds, a later end. It takes the signatures of the root that is in force
    /// and its own.
    ///
    /// # Errors
    /// [`RepoFault`].
    pub fn rotate_root(&self, order: &RootOrder) -> Result<(), RepoFault> {
        let _alone = self.alone()?;
        let version = self.root()?.version;
        self.stage_root(order, version + 1)
    }

    /// What the root that is published says.
    ///
    /// # Errors
    /// [`RepoFault`].
    pub fn root(&self) -> Result<Root, RepoFault> {
        let newest = self.published_roots()?.pop();
        newest.ok_or(RepoFault::FindRole { path: self.path.clone(), role: Role::Root })
    }

    /// Every root that is published, the first one first, each signed by the one before and by itself.
    pub(super) fn published_roots(&self) -> Result<Vec<Root>, RepoFault> {
        let mut roots: Vec<Root> = Vec::new();
        for version in 1.. {
            let path = self.metadata(&format!("{version}.root.json"));
            let bytes = match std::fs::read(&path) {
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => break,
                other => other.map_err(at(&path))?,
            };
            let claimed = Claimed::<Root>::read(&bytes).and_then(|claimed| match roots.last() {
                Some(before) => claimed.follow(before),
                None => claimed.trust_first(),
            });
            roots.push(claimed.map_err(in_document(&path))?.body().clone());
        }
        Ok(roots)
    }

    fn stage_root(&self, order: &RootOrder, version: u64) -> Result<(), RepoFault> {
        if !order.is_sound() {
            return Err(RepoFault::BeSound);
        }
        let (path, root) = (self.draft(Role::Root), order.root(version));
        self.shares_no_key(&root)?;
        let unsigned = Unsigned::of(&root).map_err(in_document(&path))?;
        staging::make_directory(&self.path.join("draft"), Readers::All).map_err(at(&path))?;
        staging::replace(&path, &unsigned.to_text(), Readers::All).map_err(at(&path))
    }
}
