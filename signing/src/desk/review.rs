//! What the next publication would change of what was last published, in words.
//! Promises: key set, policies, places and risk levels are held against what is in force by this desk's own archive; where
//! that is lost, all is told as new, never nothing; nothing is written.
//! Must not know: who reads it, who says yes.

use std::path::Path;

use gate_core::keyset::{KeySet, KeySetError};
use gate_core::manifest::{Dataset, Demo};
use gate_core::policy::{Policy, PolicyError};
use gate_wire::time::Timestamp;

use super::{Desk, DeskError};
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
        let policies: Policies = [
            (Dataset::PolicyStation, fit(Dataset::PolicyStation, &inputs.policy_station)?),
            (Dataset::PolicyHospital, fit(Dataset::PolicyHospital, &inputs.policy_hospital)?),
        ];
        if self.province.nature() == Demo::No {
            inputs.admit_real(self.province.region())?;
        }
        let archive = self.archive();
        match archive.newest().and_then(|newest| newest.ok_or_else(|| archive.is_missing())) {
            Err(_) if self.province.generation() == 0 => self.first(&inputs, &policies),
            Err(lost) => self.all(&inputs, &policies, &lost),
            Ok(since) => match self.since((&archive, since), &inputs, &policies) {
                Err(ReviewFault::Archive(lost)) => self.all(&inputs, &policies, &lost),
                other => other,
            },
        }
    }

    /// What changes since the generation that is in force.
    fn since(
        &self,
        (archive, since): (&Archive, u32),
        inputs: &Inputs,
        policies: &Policies,
    ) -> Result<Review, ReviewFault> {
        let mut review = Review { since: Some(since), ..Review::default() };
        let (bytes, _) = archive.document(Dataset::KeySet, since)?;
        let new = self.province.key_set()?;
        review.key_set = register::changes(&KeySet::load(&bytes)?, &new, self.province.register());
        for (dataset, new) in policies {
            let (bytes, path) = archive.document(*dataset, since)?;
            review.policies.extend(against(*dataset, (&bytes, &path), new));
        }
        review.places = self.places_since(archive, since, inputs)?;
        Ok(review)
    }

    /// A first publication has nothing to be held against. A real province is told all that it publishes; a demo founds
    /// itself without questions.
    fn first(&self, inputs: &Inputs, policies: &Policies) -> Result<Review, ReviewFault> {
        let review = self.everything(inputs, policies)?;
        Ok(if self.province.nature() == Demo::Yes { Review::default() } else { review })
    }

    /// What was published last is lost: everything is told as new, and that it is.
    fn all(&self, inputs: &Inputs, policies: &Policies, lost: &ArchiveFault) -> Result<Review, ReviewFault> {
        let mut review = self.everything(inputs, policies)?;
        let (zh, en) = (
            format!("! 上次发布的存档缺失或无法读取（{lost}）：以下全部按新内容列出，请逐条核对"),
            format!(
                "what was published last is missing or cannot be read ({lost}): all of it is told as new"
            ),
        );
        review.key_set.insert(0, Told { zh, en });
        Ok(review)
    }

    fn everything(&self, inputs: &Inputs, policies: &Policies) -> Result<Review, ReviewFault> {
        let places =
            [inputs::place_changes(None, &inputs.places)?, inputs::risk_changes(None, &inputs.risk_levels)?];
        let nothing = Register::new(self.province.region()).load(0, Timestamp::EPOCH)?;
        let key_set = register::changes(&nothing, &self.province.key_set()?, self.province.register());
        let policies = policies.iter().flat_map(|(dataset, new)| policy_told(*dataset, None, new)).collect();
        Ok(Review { since: None, key_set, policies, places: places.concat() })
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

/// Both policies, proven.
type Policies = [(Dataset, Policy); 2];

/// What a policy changes of the one that was published last; one that has none before it is held against the one that comes with this program.
pub(crate) fn policy_told(dataset: Dataset, old: Option<&[u8]>, new: &Policy) -> Vec<Told> {
    match old {
        Some(old) => against(dataset, (old, Path::new(dataset.name())), new),
        None => against_ours(dataset, new),
    }
}

fn against(dataset: Dataset, (old, path): (&[u8], &Path), new: &Policy) -> Vec<Told> {
    match Policy::load(old) {
        Ok(old) => policy_changes(&old, new),
        Err(refused) => vec![not_compared(dataset, path, &refused)],
    }
}

fn policy_changes(old: &Policy, new: &Policy) -> Vec<Told> {
    policy::changes(old, new).into_iter().map(|change| Told { zh: change.zh, en: change.en }).collect()
}

fn against_ours(dataset: Dataset, new: &Policy) -> Vec<Told> {
    let ours = Inputs::blank();
    let text = if dataset == Dataset::PolicyHospital { ours.policy_hospital } else { ours.policy_station };
    let name = dataset.name();
    let changes = match Policy::load(text.as_bytes()) {
        Ok(ours) => policy_changes(&ours, new),
        Err(refused) => return vec![not_compared(dataset, Path::new(name), &refused)],
    };
    let (zh, en) = match changes.as_slice() {
        [] => (
            format!("{name}: 新政策，与程序自带的相同"),
            format!("{name}: new, the one that comes with this program"),
        ),
        _ => (
            format!("{name}: 新政策，与程序自带的不同如下（全文：policy check）"),
            format!(
                "{name}: new; other than the one that comes with this program (read it whole: policy check):"
            ),
        ),
    };
    core::iter::once(Told { zh, en }).chain(changes).collect()
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
