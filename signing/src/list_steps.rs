//! Which steps of the list this desk has signed deltas for, and which of them were published: never two for one.
//! Promises: a delta is signed only behind the last one signed in its epoch; a step that was published is never signed again,
//! and of two deltas for one step none but the one that counts here is published, to whichever terminal.
//! Must not know: what a delta says.
//!
//! Two deltas for one step are two histories: one of them is dropped by whoever has the other, and a person in it keeps the
//! old colour without a sign of it. A terminal that took one of them takes nothing of the other for the rest of the epoch.

use std::collections::BTreeMap;

use gate_proof::digest::{Digest, sha256};
use gate_status::{State, TIE_BYTES, Tie};
use serde::{Deserialize, Serialize};

use crate::list_standing::{ListDoubt, Reached};
use crate::province::Province;
use crate::spelling;

/// Epochs of which the tie of every step is kept: terminals have the newest one, or the one before.
const EPOCHS_MOST: usize = 3;
/// A step in five minutes for half a year.
const TIES_MOST_BYTES: usize = 1 << 20;

/// The history signed here in an epoch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SignedStep {
    epoch: u32,
    /// Where the last delta leads.
    step: u32,
    /// The link there, hexadecimal.
    link: String,
    /// How far it was published. Nothing in a state from before this was kept: then as far as was signed.
    #[serde(default)]
    published: Option<u32>,
    /// Of the file of the last delta, hexadecimal; nothing where there is none, and where it was not kept yet.
    #[serde(default)]
    digest: String,
    /// 16 bytes for each step from the base's on, base64url: its tie, or zeros where it is not known.
    #[serde(default)]
    ties: String,
}

/// The step was signed before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "a delta for step {step} of epoch {epoch} was signed before (the last one leads to step {last}), and what was given does not lead there: name every delta made so far with --after, in order. Only if the earlier one is thrown away and was never published: --again"
)]
pub struct StepSigned {
    /// The epoch.
    pub epoch: u32,
    /// The step that was to be signed.
    pub step: u32,
    /// The step that the last one leads to.
    pub last: u32,
}

/// The step was published.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "step {step} of epoch {epoch} was published (as far as step {published}): terminals have it, and one signed again would never reach them. Name the published deltas with --after; if they are lost, build a new list, which begins an epoch of its own（该步已发布，不能重签；请用 --after 指明已发布的增量，或重建名单）"
)]
pub struct StepPublished {
    /// The epoch.
    pub epoch: u32,
    /// The step that was to be signed again.
    pub step: u32,
    /// How far was published.
    pub published: u32,
}

/// Steps that were signed, never published, and are signed again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ThrownAway {
    /// The epoch.
    pub epoch: u32,
    /// The step that stays the last.
    pub after: u32,
    /// The last one thrown away.
    pub last: u32,
    /// Of its delta's file, as the log has it; not known of one that was signed before digests were kept.
    pub digest: Option<Digest>,
}

/// What is to be published is of another history.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "step {step} of epoch {epoch} in these deltas is not the one that counts at this desk: another delta was signed for it, and a terminal that has one never takes the other; nothing was published. Give the deltas of the other history（同一步签过两个增量：只能发布有效的一个）"
)]
pub struct OtherHistory {
    /// The epoch.
    pub epoch: u32,
    /// The first step that differs.
    pub step: u32,
}

/// A list without the newest deltas.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "deltas were made as far as step {signed} of epoch {epoch}, and what they changed is known as far as step {known}: make the next delta with all of them (--after), or build the list again"
)]
pub struct StepsMissing {
    /// The epoch.
    pub epoch: u32,
    /// As far as deltas were signed.
    pub signed: u32,
    /// As far as is known.
    pub known: u32,
}

/// The steps of a list with its deltas, as they are published.
#[derive(Clone, Debug)]
pub(crate) struct History {
    /// Where the last delta leads.
    pub(crate) state: State,
    /// Of the base's own step and each one led over.
    pub(crate) ties: BTreeMap<u32, Tie>,
}

impl Province {
    /// Refuses a delta on a list that is not where the last one signed leads to. A list further on was signed by a newer
    /// copy of this desk.
    pub(crate) fn admit_step(&self, at: &State) -> Result<(), StepSigned> {
        let known = self.known_steps(at.epoch.0);
        match known.filter(|known| known.step >= at.step && !known.leads_to(at)) {
            Some(known) => {
                Err(StepSigned { epoch: known.epoch, step: at.step.saturating_add(1), last: known.step })
            }
            None => Ok(()),
        }
    }

    /// A delta that leads to `at` was signed, in this file.
    pub(crate) fn note_step(&mut self, at: &State, file: &[u8]) {
        self.end_steps(at).digest = spelling::hex(sha256(&[file]).as_bytes());
    }

    /// The steps of the epoch end at `at`.
    fn end_steps(&mut self, at: &State) -> &mut SignedStep {
        let known = self.steps_of(at);
        let mut ties = known.ties();
        ties.truncate(at.step as usize);
        ties.resize(at.step as usize, UNKNOWN);
        ties.push(Tie::of(&at.link));
        known.end(at, &ties);
        known
    }

    /// The next delta may be signed on a list that is at `at`, whatever was signed before: the earlier one is thrown away
    /// and was never published. Gives what is thrown away.
    ///
    /// # Errors
    /// [`StepPublished`]; nothing changed.
    pub fn sign_step_again(&mut self, at: &State) -> Result<Option<ThrownAway>, StepPublished> {
        let mut thrown = None;
        if let Some(known) = self.known_steps(at.epoch.0) {
            let published = known.published();
            let refused = StepPublished { epoch: known.epoch, step: at.step.saturating_add(1), published };
            let is_known = known.ties().get(at.step as usize).is_none_or(|tie| fits(tie, &Tie::of(&at.link)));
            if at.step < published || (at.step == published && !is_known) {
                return Err(refused);
            }
            thrown = known.behind(at);
        }
        if thrown.is_some() {
            self.end_steps(at);
        }
        Ok(thrown)
    }

    /// Refuses a list that is not where the last delta leads.
    pub(crate) fn admit_asked(&self, at: &State) -> Result<(), StepsMissing> {
        match self.known_steps(at.epoch.0).filter(|known| !known.leads_to(at)) {
            Some(known) => Err(StepsMissing { epoch: known.epoch, signed: known.step, known: at.step }),
            None => Ok(()),
        }
    }

    /// The ties of the steps between the base and `at`; zeros for what is not known.
    pub(crate) fn ties_between(&self, at: &State) -> Vec<Tie> {
        let known = self.known_steps(at.epoch.0).map(SignedStep::ties).unwrap_or_default();
        (1..at.step).map(|step| known.get(step as usize).copied().unwrap_or(UNKNOWN)).collect()
    }

    /// Refuses another history than the one that was signed here last.
    pub(crate) fn admit_history(&self, history: &History) -> Result<(), OtherHistory> {
        let epoch = history.state.epoch.0;
        let Some(known) = self.known_steps(epoch) else { return Ok(()) };
        let ties = known.ties();
        let differs = |(step, tie): (&u32, &Tie)| {
            let known = ties.get(*step as usize)?;
            (!fits(known, tie)).then_some(*step)
        };
        let end = &history.state;
        let other_end = (known.step == end.step && !known.leads_to(end)).then_some(end.step);
        match history.ties.iter().find_map(differs).or(other_end) {
            Some(step) => Err(OtherHistory { epoch, step }),
            None => Ok(()),
        }
    }

    /// The first step behind the base's that is not known to be signed or published here.
    pub(crate) fn signed_elsewhere(&self, history: &History) -> Option<ListDoubt> {
        let epoch = history.state.epoch.0;
        let known = self.known_steps(epoch).map(SignedStep::ties).unwrap_or_default();
        let is_known = |step: u32| known.get(step as usize).is_some_and(|tie| *tie != UNKNOWN);
        let step = history.ties.keys().copied().skip(1).find(|step| !is_known(*step))?;
        Some(ListDoubt::NotSignedHere { epoch, step })
    }

    /// It is about to be published: what is in it is never signed again.
    pub(crate) fn note_published(&mut self, history: &History) {
        let end = &history.state;
        let known = self.steps_of(end);
        let mut ties = known.ties();
        for (step, tie) in &history.ties {
            let at = *step as usize;
            ties.resize(ties.len().max(at + 1), UNKNOWN);
            if let Some(known) = ties.get_mut(at) {
                *known = *tie;
            }
        }
        let published = known.published.map_or(end.step, |before| before.max(end.step));
        if known.step < end.step {
            known.end(end, &ties);
        } else {
            known.keep(&ties);
        }
        known.published = Some(published.max(known.published()));
        self.note_reach(end);
    }

    /// As far as deltas were signed in this epoch.
    pub(crate) fn signed_reach(&self, epoch: u32) -> Option<u32> {
        self.known_steps(epoch).map(|known| known.step)
    }

    /// As far as deltas were published, in the newest epoch of which one was.
    pub(crate) fn steps_published(&self) -> Option<Reached> {
        let reached = |known: &SignedStep| Reached { epoch: known.epoch, step: known.published() };
        self.state.list_steps.iter().map(reached).filter(|reached| reached.step > 0).max()
    }

    fn known_steps(&self, epoch: u32) -> Option<&SignedStep> {
        self.state.list_steps.iter().find(|known| known.epoch == epoch)
    }

    /// What is known of the epoch of `at`, and the newest behind the others.
    fn steps_of(&mut self, at: &State) -> &mut SignedStep {
        let steps = &mut self.state.list_steps;
        let place = steps.iter().position(|known| known.epoch == at.epoch.0).unwrap_or_else(|| {
            steps.push(SignedStep::begin(at));
            steps.sort_by_key(|known| known.epoch);
            let old = steps.len().saturating_sub(EPOCHS_MOST);
            steps.iter_mut().take(old).for_each(|known| known.ties.clear());
            steps.iter().position(|known| known.epoch == at.epoch.0).unwrap_or_default()
        });
        &mut steps[place]
    }
}

/// No tie is all zeros but by one chance in 2^128.
const UNKNOWN: Tie = Tie([0; TIE_BYTES]);

fn fits(known: &Tie, other: &Tie) -> bool {
    known == &UNKNOWN || known == other
}

impl SignedStep {
    fn begin(at: &State) -> SignedStep {
        let link = spelling::hex(&at.link);
        let (digest, ties) = (String::new(), String::new());
        SignedStep { epoch: at.epoch.0, step: at.step, link, published: Some(0), digest, ties }
    }

    fn leads_to(&self, at: &State) -> bool {
        self.step == at.step && self.link == spelling::hex(&at.link)
    }

    /// What was signed and is not on the way to `at`.
    fn behind(&self, at: &State) -> Option<ThrownAway> {
        let gone = self.step >= at.step && !self.leads_to(at);
        let digest = gate_core::json::hex(&self.digest).map(Digest);
        gone.then_some(ThrownAway { epoch: self.epoch, after: at.step, last: self.step, digest })
    }

    fn published(&self) -> u32 {
        self.published.unwrap_or(self.step)
    }

    fn ties(&self) -> Vec<Tie> {
        let bytes = spelling::bytes_of_base64url(&self.ties, TIES_MOST_BYTES).unwrap_or_default();
        bytes.as_chunks::<TIE_BYTES>().0.iter().map(|tie| Tie(*tie)).collect()
    }

    fn end(&mut self, at: &State, ties: &[Tie]) {
        let published = self.published();
        (self.step, self.link, self.digest) = (at.step, spelling::hex(&at.link), String::new());
        self.published = Some(published);
        self.keep(ties);
    }

    fn keep(&mut self, ties: &[Tie]) {
        self.ties = spelling::base64url_of(&ties.iter().flat_map(|tie| tie.0).collect::<Vec<u8>>());
    }
}
