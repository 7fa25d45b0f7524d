//! What this desk puts into the drafts of the two repositories (DESIGN §2).
//! Promises: the generation is kept before anything is drafted, and told to the log and the archive as a publication is; what
//! is staged is what terminals' own loaders take.
//! Must not know: who signs the drafts.

use std::fs;
use std::path::{Path, PathBuf};

use gate_core::manifest::Demo;
use gate_core::query::TerminalNumber;
use gate_proof::seal::SealingKey;
use gate_status::{DeltaDamaged, ListFile, Span, alleged_delta_head};
use gate_tuf::Targets;
use gate_wire::time::Timestamp;
use rand_core::CryptoRng;

use super::{ARCHIVE_DIRECTORY, Desk, DeskError};
use crate::custody::CustodyFault;
use crate::inputs::Inputs;
use crate::list::ListNotOpened;
use crate::log::entry::{Entry, Operation};
use crate::province::DAYS_AHEAD;
use crate::publish::{Device, Publication, PublishError};
use crate::repo::{Content, Repo, RepoFault, Staged};

/// What the draft of `trust` is made of.
#[derive(Clone, Copy, Debug)]
pub struct TrustOrder<'a> {
    /// The desk's clock.
    pub now: Timestamp,
    /// Until when the draft is good.
    pub expires: Timestamp,
    /// Every terminal, and the key of its device.
    pub devices: &'a [(TerminalNumber, SealingKey)],
    /// The lists whose keys terminals need: the one in force, and the next while both are about.
    pub lists: &'a [&'a Path],
}

/// A draft of `trust`.
#[derive(Debug)]
pub struct DraftedTrust {
    /// What it says.
    pub targets: Targets,
    /// Why no day keys were made; a revocation is drafted all the same.
    pub day_keys_missing: Option<CustodyFault>,
}

/// What the draft of `status` is made of.
#[derive(Clone, Copy, Debug)]
pub struct StatusOrder<'a> {
    /// Until when the draft is good.
    pub expires: Timestamp,
    /// The base.
    pub base: &'a Path,
    /// Every delta that terminals may need: what is published and not named here is offered no more.
    pub deltas: &'a [PathBuf],
}

/// Why nothing was drafted.
#[derive(Debug, thiserror::Error)]
pub enum DraftFault {
    /// The desk.
    #[error(transparent)]
    Desk(#[from] DeskError),
    /// The repository.
    #[error(transparent)]
    Repo(#[from] RepoFault),
    /// Nobody could open the province's keys.
    #[error("no terminal is named: nobody could read the list")]
    NameTerminals,
    /// The base cannot be opened.
    #[error("{}", .path.display())]
    OpenBase {
        /// Which.
        path: PathBuf,
        /// Why.
        source: ListNotOpened,
    },
    /// A file is no delta.
    #[error("{} is no delta of a list", .path.display())]
    ReadDelta {
        /// Which.
        path: PathBuf,
        /// Why.
        source: DeltaDamaged,
    },
    /// A file cannot be read.
    #[error("{}", .path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

impl Desk {
    /// Drafts the next generation of everything that `trust` carries, for these terminals and no others.
    ///
    /// # Errors
    /// [`DraftFault`]; a generation that was opened is skipped, which is harmless.
    pub fn draft_trust(
        &mut self,
        repo: &Repo,
        order: &TrustOrder<'_>,
        rng: &mut impl CryptoRng,
    ) -> Result<DraftedTrust, DraftFault> {
        let (terminal, device) = order.devices.first().ok_or(DraftFault::NameTerminals)?;
        let inputs = self.fit_inputs()?;
        let day_keys_missing = self.day_keys_ahead(order.now, rng)?;
        self.province.open_generation();
        self.save()?;
        let publication = Publication {
            now: order.now,
            terminal: *terminal,
            device: Device::Enrolled(device),
            inputs: &inputs,
            status: None,
            deltas: &[],
            without: &[],
        };
        let archive = self.directory.join(ARCHIVE_DIRECTORY);
        self.province.archive(&archive, &publication).map_err(DeskError::from)?;
        self.log.note(&Entry::of(Operation::Publish)).map_err(DeskError::from)?;
        let all = self.province.export(&publication, order.devices, order.lists, rng);
        let all = all.map_err(DeskError::from)?;
        let targets = repo.stage(&all, &gone(repo, &all)?, order.expires)?;
        Ok(DraftedTrust { targets, day_keys_missing })
    }

    /// Drafts what `status` carries: a base and its deltas, and nothing of before.
    ///
    /// # Errors
    /// [`DraftFault`].
    pub fn draft_status(&self, repo: &Repo, order: &StatusOrder<'_>) -> Result<Targets, DraftFault> {
        let opened = self.province.open_list(order.base);
        let list = opened.map_err(|source| DraftFault::OpenBase { path: order.base.into(), source })?;
        let head = list.base_head();
        let mut all = vec![Staged {
            name: ListFile::Base(head.epoch).name(),
            version: head.epoch.0,
            issued: head.as_of,
            content: Content::File(order.base.into()),
        }];
        for path in order.deltas {
            all.push(staged_delta(path)?);
        }
        Ok(repo.stage(&all, &gone(repo, &all)?, order.expires)?)
    }
}

/// What every publication begins with, into a directory or into a draft.
impl Desk {
    /// The authority's texts, where a real province's hold nothing of the demo's.
    pub(super) fn fit_inputs(&self) -> Result<Inputs, DeskError> {
        let inputs = self.inputs()?;
        if self.province.nature() == Demo::No {
            inputs.admit_real(self.province.region()).map_err(PublishError::from)?;
        }
        Ok(inputs)
    }

    /// Day keys from now on, or why there are none: a revocation must reach the terminals, whatever was lost here.
    pub(crate) fn day_keys_ahead(
        &mut self,
        now: Timestamp,
        rng: &mut impl CryptoRng,
    ) -> Result<Option<CustodyFault>, DeskError> {
        match self.province.make_day_keys(now, DAYS_AHEAD, rng) {
            Err(fault) if fault.is_of_vault() => Ok(Some(fault)),
            made => Ok(made.map(|()| None)?),
        }
    }
}

/// What is published and is not of this draft: keys of terminals that are no more, deltas that nobody needs.
fn gone(repo: &Repo, all: &[Staged]) -> Result<Vec<String>, DraftFault> {
    let before = repo.published_targets()?.map(|before| before.targets).unwrap_or_default();
    let stays = |name: &String| all.iter().any(|one| one.name == *name);
    Ok(before.into_keys().filter(|name| !stays(name)).collect())
}

fn staged_delta(path: &Path) -> Result<Staged, DraftFault> {
    let bytes = fs::read(path).map_err(|source| DraftFault::File { path: path.into(), source })?;
    let head = alleged_delta_head(&bytes);
    let head = head.map_err(|source| DraftFault::ReadDelta { path: path.into(), source })?;
    Ok(Staged {
        name: ListFile::Delta(head.epoch, Span { from: head.from, to: head.to }).name(),
        version: head.to,
        issued: head.as_of,
        content: Content::File(path.into()),
    })
}
