//! Signatures on a draft, each made where its key lives.
//! Promises: a key signs for the roles that a root names it in, and for nothing else; the signatures of others stay; what a copy brings was
//! verified; a root with keys under others' names is signed by nobody.
//! Must not know: which custody, which command asked.

use std::collections::BTreeMap;
use std::fs;

use gate_tuf::{Claimed, DocumentRefused, KeyEntry, Role, Root, Targets, Unsigned};

use super::names::admit_names;
use super::{OnlineSigner, Repo, RepoFault, at, in_document};
use crate::custody::CustodyFault;
use crate::staging::{self, Readers};

/// A signature that was added to a draft.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Signed {
    /// Of which role's document.
    pub role: Role,
    /// How many keys have signed it now.
    pub signatures: usize,
}

impl Repo {
    /// The roles whose drafts wait for this key.
    ///
    /// # Errors
    /// [`RepoFault`].
    pub fn waits_for(&self, key: &KeyEntry) -> Result<Vec<Role>, RepoFault> {
        let roots = self.signing_roots()?;
        let names = |role: Role| {
            roots.iter().any(|root| root.role(role).is_some_and(|keys| keys.keyids.contains(&key.id())))
        };
        let waits = |role: &Role| self.draft(*role).exists() && names(*role);
        Ok([Role::Root, Role::Targets].into_iter().filter(waits).collect())
    }

    /// Adds a signature to the draft of `role`, whatever it says: for whoever drafted it in the same breath. People and machines that look first
    /// use [`Repo::see`].
    ///
    /// # Errors
    /// [`RepoFault`].
    pub fn sign(
        &self,
        role: Role,
        key: &KeyEntry,
        sign: impl Fn(&[u8]) -> Result<[u8; 64], CustodyFault>,
    ) -> Result<Signed, RepoFault> {
        let message = self.message(role, &self.read_draft(role)?)?;
        self.sign_exactly((role, &message), (key, &sign))
    }

    /// Adds a signature over exactly these bytes, if the draft of `role` still is them.
    ///
    /// # Errors
    /// [`RepoFault`].
    pub(super) fn sign_exactly(
        &self,
        (role, message): (Role, &[u8]),
        (key, sign): OnlineSigner<'_>,
    ) -> Result<Signed, RepoFault> {
        let _alone = self.alone()?;
        if !self.waits_for(key)?.contains(&role) {
            return Err(RepoFault::FitRole(role));
        }
        let mut unsigned = self.read_draft(role)?;
        if self.message(role, &unsigned)? != message {
            return Err(RepoFault::OtherDraft(self.draft(role)));
        }
        unsigned.add(key, &sign(message)?);
        self.put_draft(role, &unsigned)
    }

    /// Takes over the signatures of a copy of the draft that was signed elsewhere.
    ///
    /// # Errors
    /// [`RepoFault::Join`]: the copy is of another draft, or a signature in it is not good; nothing is taken over.
    pub fn assemble(&self, role: Role, copy: &[u8]) -> Result<Signed, RepoFault> {
        let _alone = self.alone()?;
        let mut unsigned = self.read_draft(role)?;
        let other = match role {
            Role::Root => Unsigned::read::<Root>(copy),
            _ => Unsigned::read::<Targets>(copy),
        };
        let other = other.map_err(in_document(&self.draft(role)))?;
        unsigned.join(&other, &self.signing_keys(role)?)?;
        self.put_draft(role, &unsigned)
    }

    /// The draft of a role, with the signatures so far.
    ///
    /// # Errors
    /// [`RepoFault`].
    pub fn read_draft(&self, role: Role) -> Result<Unsigned, RepoFault> {
        let path = self.draft(role);
        let bytes = match fs::read(&path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Err(RepoFault::FindRole { path: self.path.clone(), role });
            }
            other => other.map_err(at(&path))?,
        };
        if role != Role::Root {
            return Unsigned::read::<Targets>(&bytes).map_err(in_document(&path));
        }
        let root = Claimed::<Root>::read(&bytes).map_err(in_document(&path))?.into_body();
        admit_names(&root, &path)?;
        Unsigned::read::<Root>(&bytes).map_err(in_document(&path))
    }

    /// What is to be signed of a draft.
    pub(super) fn message(&self, role: Role, draft: &Unsigned) -> Result<Vec<u8>, RepoFault> {
        draft.to_sign().map_err(|refused| in_document(&self.draft(role))(DocumentRefused::from(refused)))
    }

    fn put_draft(&self, role: Role, draft: &Unsigned) -> Result<Signed, RepoFault> {
        let path = self.draft(role);
        staging::replace(&path, &draft.to_text(), Readers::All).map_err(at(&path))?;
        Ok(Signed { role, signatures: draft.signers().count() })
    }

    /// The root in force and the one that is staged: a rotation takes the signatures of both.
    fn signing_roots(&self) -> Result<Vec<Root>, RepoFault> {
        let mut roots = Vec::from_iter(self.published_roots()?.pop());
        if self.draft(Role::Root).exists() {
            let text = self.read_draft(Role::Root)?.to_text();
            let claimed = Claimed::<Root>::read(&text).map_err(in_document(&self.draft(Role::Root)))?;
            roots.push(claimed.into_body());
        }
        Ok(roots)
    }

    /// The keys that may sign for a role, by their ids.
    fn signing_keys(&self, role: Role) -> Result<BTreeMap<String, KeyEntry>, RepoFault> {
        let mut keys = BTreeMap::new();
        for root in self.signing_roots()? {
            let ids = root.role(role).map(|keys| keys.keyids.as_slice()).unwrap_or_default();
            keys.extend(ids.iter().filter_map(|id| Some((id.clone(), root.keys.get(id)?.clone()))));
        }
        Ok(keys)
    }
}
