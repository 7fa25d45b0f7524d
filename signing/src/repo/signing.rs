//! Signatures on a draft, each made where its key lives.
//! Promises: a key signs for the roles that a root names it in, and for nothing else; the signatures of others stay.
//! Must not know: which custody, which command asked.

use std::fs;

use gate_tuf::{KeyEntry, Role, Root, Targets, Unsigned};

use super::{Repo, RepoFault, at, in_document};
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
        let roots = self.roots()?;
        let names = |role: Role| {
            roots.iter().any(|root| root.role(role).is_some_and(|keys| keys.keyids.contains(&key.id())))
        };
        let waits = |role: &Role| self.draft(*role).exists() && names(*role);
        Ok([Role::Root, Role::Targets].into_iter().filter(waits).collect())
    }

    /// Adds a signature to the draft of `role`.
    ///
    /// # Errors
    /// [`RepoFault`].
    pub fn sign(
        &self,
        role: Role,
        key: &KeyEntry,
        sign: impl FnOnce(&[u8]) -> Result<[u8; 64], CustodyFault>,
    ) -> Result<Signed, RepoFault> {
        if !self.waits_for(key)?.contains(&role) {
            return Err(RepoFault::FitRole(role));
        }
        let path = self.draft(role);
        let mut unsigned = self.read_draft(role)?;
        let message = unsigned.to_sign().map_err(|refused| in_document(&path)(refused.into()))?;
        let signature = sign(&message)?;
        unsigned.add(key, &signature);
        staging::replace(&path, &unsigned.to_text(), Readers::All).map_err(at(&path))?;
        Ok(Signed { role, signatures: unsigned.signers().count() })
    }

    /// Takes over the signatures of a copy of the draft that was signed elsewhere.
    ///
    /// # Errors
    /// [`RepoFault`].
    pub fn assemble(&self, role: Role, copy: &[u8]) -> Result<Signed, RepoFault> {
        let path = self.draft(role);
        let mut unsigned = self.read_draft(role)?;
        let other = match role {
            Role::Root => Unsigned::read::<Root>(copy),
            _ => Unsigned::read::<Targets>(copy),
        };
        unsigned.join(&other.map_err(in_document(&path))?);
        staging::replace(&path, &unsigned.to_text(), Readers::All).map_err(at(&path))?;
        Ok(Signed { role, signatures: unsigned.signers().count() })
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
        let read = match role {
            Role::Root => Unsigned::read::<Root>(&bytes),
            _ => Unsigned::read::<Targets>(&bytes),
        };
        read.map_err(in_document(&path))
    }

    /// The root in force and the one that is staged: a rotation takes the signatures of both.
    fn roots(&self) -> Result<Vec<Root>, RepoFault> {
        let mut roots = Vec::new();
        if self.newest(Role::Root)?.is_some() {
            roots.push(self.root()?);
        }
        let path = self.draft(Role::Root);
        if path.exists() {
            let bytes = fs::read(&path).map_err(at(&path))?;
            let claimed = gate_tuf::Claimed::<Root>::read(&bytes).map_err(in_document(&path))?;
            roots.push(claimed.into_body());
        }
        Ok(roots)
    }
}
