//! What this desk puts into the drafts of the two repositories (DESIGN §2).
//! Promises: the generation is kept before anything is drafted; no clock that runs ahead puts a key away; what is kept is told to the log and
//! the archive as a publication is; what is staged is what terminals' own loaders take.
//! Must not know: who signs the drafts.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use gate_core::manifest::Demo;
use gate_core::query::TerminalNumber;
use gate_proof::seal::SealingKey;
use gate_status::{
    DELTA_MOST_BYTES, DeltaDamaged, DeltaRefused, ListFault, ListFile, OFFERED_MOST, RUNGS, SealedList, Span,
    Tie, alleged_delta_head, offered,
};
use gate_tuf::Targets;
use gate_wire::time::Timestamp;
use rand_core::CryptoRng;

use super::{ARCHIVE_DIRECTORY, Desk, DeskError};
use crate::custody::CustodyFault;
use crate::inputs::Inputs;
use crate::list::ListNotOpened;
use crate::list_figures::ListFigures;
use crate::list_standing::{ListDoubt, ListNotAdmitted};
use crate::list_steps::{History, OtherHistory};
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
    /// Every delta that terminals may need: what is published and not named here is offered no more. Of more than terminals take the ladder's are
    /// offered.
    pub deltas: &'a [PathBuf],
}

/// A draft of `status`, proven.
pub struct PlannedStatus<'a> {
    order: StatusOrder<'a>,
    all: Vec<Staged>,
    history: History,
    figures: ListFigures,
    doubts: Vec<ListDoubt>,
}

impl PlannedStatus<'_> {
    /// What of the list is to be looked at first.
    pub fn doubts(&self) -> &[ListDoubt] {
        &self.doubts
    }

    /// What the list says in figures, with its deltas.
    pub fn list(&self) -> &ListFigures {
        &self.figures
    }
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
    /// The base is damaged.
    #[error("{}", .path.display())]
    ReadBase {
        /// Which.
        path: PathBuf,
        /// What was found.
        source: ListFault,
    },
    /// A terminal would refuse this delta: it does not follow, or is not of the others' history.
    #[error("{}", .path.display())]
    TakeDelta {
        /// Which.
        path: PathBuf,
        /// Why.
        source: DeltaRefused,
    },
    /// Another history was signed, and perhaps published, here.
    #[error(transparent)]
    OtherHistory(OtherHistory),
    /// It is not this desk's, or something newer was published.
    #[error(transparent)]
    Admit(#[from] ListNotAdmitted),
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
        // The clock alone puts no key away: this is kept before anybody signs, and a key that was put away never comes back.
        let put_away = self.province.register_mut().put_away(repo.surely_reached(order.now)?);
        self.note_put_away(&put_away)?;
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
        // It is drafted. What could not be marked is told again next time.
        let _ = self.archive().keep_in_force(self.province.generation(), None);
        Ok(DraftedTrust { targets, day_keys_missing })
    }

    /// The list that `status` would carry, proven: every delta of the one history that was signed here.
    ///
    /// # Errors
    /// [`DraftFault`].
    pub fn plan_status<'a>(&self, order: StatusOrder<'a>) -> Result<PlannedStatus<'a>, DraftFault> {
        let opened = self.province.open_list(order.base);
        let list = opened.map_err(|source| DraftFault::OpenBase { path: order.base.into(), source })?;
        let head = list.base_head();
        let mut all = vec![Staged {
            name: ListFile::Base(head.epoch).name(),
            version: head.epoch.0,
            issued: head.as_of,
            content: Content::File(order.base.into()),
        }];
        let (mut deltas, mut given) = (Vec::new(), Vec::new());
        for path in order.deltas {
            let (span, staged) = staged_delta(path)?;
            given.push((span, staged));
            deltas.push((span, path.as_path()));
        }
        let (list, history) = with_deltas(list, &deltas)?;
        let spans: Vec<Span> = given.iter().map(|(span, _)| *span).collect();
        let needed = needed(&spans, history.state.step);
        all.extend(given.into_iter().filter(|(span, _)| needed.contains(span)).map(|(_, staged)| staged));
        self.province.admit_history(&history).map_err(DraftFault::OtherHistory)?;
        let doubts = self.admit_list(&list, &history)?;
        let known = self.published_list();
        let figures = ListFigures::of(&list, known.as_ref());
        let figures = figures.map_err(|source| DraftFault::ReadBase { path: order.base.into(), source })?;
        Ok(PlannedStatus { order, all, history, figures, doubts })
    }

    /// Drafts what `status` carries: a base and its deltas, and nothing of before.
    ///
    /// # Errors
    /// [`DraftFault`].
    pub fn draft_status(&mut self, repo: &Repo, planned: PlannedStatus<'_>) -> Result<Targets, DraftFault> {
        let PlannedStatus { order, all, history, figures, doubts: _ } = planned;
        let gone = gone(repo, &all)?;
        self.province.note_published(&history);
        self.save()?;
        let targets = repo.stage(&all, &gone, order.expires)?;
        // It is drafted. What could not be marked is told again next time.
        let generation = self.archive().in_force().map_or(0, |force| force.generation);
        let _ = self.archive().keep_in_force(generation, Some(figures));
        Ok(targets)
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

/// Those of the deltas that go into the draft: all where terminals take so many, else what the ladder offers at its end. Where a file of the ladder
/// is not among them it is all of them, and too many.
fn needed(given: &[Span], end: u32) -> Vec<Span> {
    let ladder = offered(end, &RUNGS);
    match given.len() < OFFERED_MOST || !ladder.iter().all(|span| given.contains(span)) {
        true => given.to_vec(),
        false => ladder,
    }
}

/// What is published and is not of this draft: keys of terminals that are no more, deltas that nobody needs.
fn gone(repo: &Repo, all: &[Staged]) -> Result<Vec<String>, DraftFault> {
    let before = repo.published_targets()?.map(|before| before.targets).unwrap_or_default();
    let stays = |name: &String| all.iter().any(|one| one.name == *name);
    Ok(before.into_keys().filter(|name| !stays(name)).collect())
}

/// The list with its deltas, and the steps that they lead over: each is put on the list as far as it leads on, and is held
/// to the others where it does not.
fn with_deltas(mut list: SealedList, deltas: &[(Span, &Path)]) -> Result<(SealedList, History), DraftFault> {
    let mut deltas = deltas.to_vec();
    deltas.sort_by_key(|(span, _)| (span.from, core::cmp::Reverse(span.to)));
    let mut ties = BTreeMap::from([(list.state().step, Tie::of(&list.state().link))]);
    for (_, path) in deltas {
        let refused = |source| DraftFault::TakeDelta { path: path.to_path_buf(), source };
        let bytes = read(path)?;
        for (step, tie) in list.ties_of(&bytes).map_err(refused)? {
            if *ties.entry(step).or_insert(tie) != tie {
                return Err(refused(DeltaRefused::Link));
            }
        }
        match list.apply(&bytes) {
            Ok(_) | Err(DeltaRefused::Replays { .. }) => {}
            Err(source) => return Err(refused(source)),
        }
    }
    let history = History { state: list.state(), ties };
    Ok((list, history))
}

fn read(path: &Path) -> Result<Vec<u8>, DraftFault> {
    let mut bytes = Vec::new();
    let file =
        File::open(path).and_then(|file| file.take(DELTA_MOST_BYTES as u64 + 1).read_to_end(&mut bytes));
    file.map_err(|source| DraftFault::File { path: path.into(), source })?;
    Ok(bytes)
}

fn staged_delta(path: &Path) -> Result<(Span, Staged), DraftFault> {
    let head = alleged_delta_head(&read(path)?);
    let head = head.map_err(|source| DraftFault::ReadDelta { path: path.into(), source })?;
    let span = Span { from: head.from, to: head.to };
    let name = ListFile::Delta(head.epoch, span).name();
    Ok((span, Staged { name, version: head.to, issued: head.as_of, content: Content::File(path.into()) }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_more_deltas_than_terminals_take_the_ladders_are_offered() {
        let steps = |to: u32| (0..to).map(|from| Span { from, to: from + 1 }).collect::<Vec<_>>();
        assert_eq!(needed(&steps(63), 63), steps(63), "with the base that is as many as there may be");
        assert_eq!(needed(&steps(64), 64), steps(64), "no file of the ladder: told as too many");
        let merged = |end: u32| (end - 20..=end).flat_map(|to| offered(to, &RUNGS));
        for end in [64, 300, 13 * RUNGS[0]] {
            let given: Vec<Span> = steps(end).into_iter().chain(merged(end)).collect();
            let needed = needed(&given, end);
            assert_eq!(needed, offered(end, &RUNGS));
            assert!(needed.len() < OFFERED_MOST, "{}", needed.len());
        }
    }
}
