//! What the next publication would change of what was last published, in words.
//! Promises: key set, policies, places and risk levels are held against this desk's own archive; nothing is written.
//! Must not know: who reads it, who says yes.

use gate_core::keyset::{KeySet, KeySetError};
use std::path::Path;

use gate_core::manifest::{Dataset, Demo};
use gate_core::policy::{Policy, PolicyError};
use gate_wire::time::Timestamp;

use super::{ARCHIVE_DIRECTORY, Desk, DeskError};
use crate::archive::{Archive, ArchiveFault};
use crate::inputs::{self, InputRefused, Inputs};
use crate::policy;
use crate::register::{self, Register, Told};

/// What would change.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Review {
    /// The generation that it is held against; `None` before the first.
    pub since: Option<u32>,
    /// Of the key set.
    pub key_set: Vec<Told>,
    /// Of the policies.
    pub policies: Vec<Told>,
    /// Of places, lanes and risk levels.
    pub places: Vec<Told>,
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
    /// Places or risk levels are refused.
    #[error(transparent)]
    Input(#[from] InputRefused),
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
        let told = self.key_set.iter().chain(&self.policies).chain(&self.places);
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
        if self.province.nature() == Demo::No {
            inputs.admit_real(self.province.region())?;
        }
        let archive = Archive::at(self.directory.join(ARCHIVE_DIRECTORY));
        let Some(since) = archive.generations()?.last().copied() else { return self.first(&inputs) };
        let mut review = Review { since: Some(since), ..Review::default() };
        let (bytes, _) = archive.document(Dataset::KeySet, since)?;
        let new = self.province.key_set()?;
        review.key_set = register::changes(&KeySet::load(&bytes)?, &new, self.province.register());
        for (dataset, new) in policies {
            let (bytes, path) = archive.document(dataset, since)?;
            match Policy::load(&bytes) {
                Ok(old) => {
                    let changes = policy::changes(&old, &new).into_iter();
                    review.policies.extend(changes.map(|change| Told { zh: change.zh, en: change.en }));
                }
                Err(refused) => review.policies.push(not_compared(dataset, &path, &refused)),
            }
        }
        review.places = self.places_since(&archive, since, &inputs)?;
        Ok(review)
    }

    /// A first publication has nothing to be held against. A real province is told all that it publishes; a demo founds
    /// itself without questions.
    fn first(&self, inputs: &Inputs) -> Result<Review, ReviewFault> {
        let places =
            [inputs::place_changes(None, &inputs.places)?, inputs::risk_changes(None, &inputs.risk_levels)?];
        if self.province.nature() == Demo::Yes {
            return Ok(Review::default());
        }
        let nothing = Register::new(self.province.region()).load(0, Timestamp::EPOCH)?;
        let key_set = register::changes(&nothing, &self.province.key_set()?, self.province.register());
        Ok(Review { key_set, places: places.concat(), ..Review::default() })
    }

    fn places_since(&self, archive: &Archive, since: u32, inputs: &Inputs) -> Result<Vec<Told>, ReviewFault> {
        let text = |dataset| -> Result<String, ArchiveFault> {
            let (bytes, path) = archive.document(dataset, since)?;
            String::from_utf8(bytes).map_err(|_| ArchiveFault::LoadDocument { path })
        };
        let mut told = inputs::place_changes(Some(&text(Dataset::Places)?), &inputs.places)?;
        told.extend(inputs::risk_changes(Some(&text(Dataset::RiskLevels)?), &inputs.risk_levels)?);
        Ok(told)
    }
}

/// A policy of an earlier version, which had fewer rules: it cannot be decided by, and so not be compared.
fn not_compared(dataset: Dataset, path: &Path, refused: &PolicyError) -> Told {
    let (name, path) = (dataset.name(), path.display());
    Told {
        zh: format!(
            "{name}: 上次发布的政策（{path}）本版本不再接受，无法逐条比较，请通读新政策（policy check）：{refused}"
        ),
        en: format!(
            "{name}: what was published last ({path}) is refused by this version and cannot be compared; read the new one whole with `gate-sign policy check`: {refused}"
        ),
    }
}

fn fit(dataset: Dataset, text: &str) -> Result<Policy, ReviewFault> {
    let checked = policy::check(text.as_bytes()).map_err(|complaints| ReviewFault::Policy {
        dataset,
        complaints: complaints.iter().map(ToString::to_string).collect(),
    })?;
    Ok(checked.policy)
}
