//! What the next publication would change of what was last published, in words.
//! Promises: key set and policies are held against this desk's own archive; nothing is written.
//! Must not know: who reads it, who says yes.

use gate_core::keyset::{KeySet, KeySetError};
use gate_core::manifest::Dataset;
use gate_core::policy::Policy;

use super::{ARCHIVE_DIRECTORY, Desk, DeskError};
use crate::archive::{Archive, ArchiveFault};
use crate::policy;
use crate::register::{self, Told};

/// What would change.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Review {
    /// The generation that it is held against; `None` before the first.
    pub since: Option<u32>,
    /// Of the key set.
    pub key_set: Vec<Told>,
    /// Of the policies.
    pub policies: Vec<Told>,
}

/// Why it cannot be said.
#[derive(Debug, thiserror::Error)]
pub enum ReviewFault {
    /// The desk cannot be read.
    #[error(transparent)]
    Desk(#[from] DeskError),
    /// What was published last cannot be read.
    #[error("what was published last cannot be read")]
    Archive(#[from] ArchiveFault),
    /// A key set is refused.
    #[error("the key set is refused")]
    KeySet(#[from] KeySetError),
    /// A policy is refused.
    #[error("{}:\n{}", .dataset.name(), .complaints.join("\n"))]
    Policy {
        /// Which.
        dataset: Dataset,
        /// What is wrong, each with line and column.
        complaints: Vec<String>,
    },
}

impl Review {
    /// Every change, Chinese and English on a line each.
    pub fn lines(&self) -> Vec<String> {
        let told = self.key_set.iter().chain(&self.policies);
        told.flat_map(|told| [told.zh.clone(), format!("    {}", told.en)]).collect()
    }
}

impl Desk {
    /// What the next publication would change.
    ///
    /// # Errors
    /// [`ReviewFault`]; a policy with a fault is told here, before anything is made.
    pub fn review(&self) -> Result<Review, ReviewFault> {
        let inputs = self.inputs()?;
        let policies = [
            (Dataset::PolicyStation, fit(Dataset::PolicyStation, &inputs.policy_station)?),
            (Dataset::PolicyHospital, fit(Dataset::PolicyHospital, &inputs.policy_hospital)?),
        ];
        let archive = Archive::at(self.directory.join(ARCHIVE_DIRECTORY));
        let Some(since) = archive.generations()?.last().copied() else { return Ok(Review::default()) };
        let mut review = Review { since: Some(since), ..Review::default() };
        let (bytes, _) = archive.document(Dataset::KeySet, since)?;
        let new = self.province.key_set()?;
        review.key_set = register::changes(&KeySet::load(&bytes)?, &new, self.province.register());
        for (dataset, new) in policies {
            let (bytes, path) = archive.document(dataset, since)?;
            let old = Policy::load(&bytes).map_err(|_| ArchiveFault::LoadDocument { path })?;
            let changes = policy::changes(&old, &new).into_iter();
            review.policies.extend(changes.map(|change| Told { zh: change.zh, en: change.en }));
        }
        Ok(review)
    }
}

fn fit(dataset: Dataset, text: &str) -> Result<Policy, ReviewFault> {
    let checked = policy::check(text.as_bytes()).map_err(|complaints| ReviewFault::Policy {
        dataset,
        complaints: complaints.iter().map(ToString::to_string).collect(),
    })?;
    Ok(checked.policy)
}
