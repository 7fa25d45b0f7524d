//! Which steps of the list this desk has signed deltas for: never two for one.
//! Promises: a delta is signed only behind the last one signed in its epoch; signing a step anew takes a word of its own.
//! Must not know: what a delta says.
//!
//! Two deltas for one step are two histories: one of them is dropped by whoever has the other, and a person in it keeps the
//! old colour without a sign of it.

use gate_status::State;
use serde::{Deserialize, Serialize};

use crate::province::Province;
use crate::spelling;

/// The last delta signed in an epoch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SignedStep {
    epoch: u32,
    /// Where it leads.
    step: u32,
    /// The link there, hexadecimal.
    link: String,
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

impl Province {
    /// Refuses a delta on a list that is not where the last one signed leads to. A list further on was signed by a newer
    /// copy of this desk.
    pub(crate) fn admit_step(&self, at: &State) -> Result<(), StepSigned> {
        let known = self.state.list_steps.iter().find(|known| known.epoch == at.epoch.0);
        match known.filter(|known| known.step >= at.step && **known != SignedStep::at(at)) {
            Some(known) => {
                Err(StepSigned { epoch: known.epoch, step: at.step.saturating_add(1), last: known.step })
            }
            None => Ok(()),
        }
    }

    /// A delta that leads to `at` was signed.
    pub(crate) fn note_step(&mut self, at: &State) {
        self.state.list_steps.retain(|known| known.epoch != at.epoch.0);
        self.state.list_steps.push(SignedStep::at(at));
    }

    /// The next delta may be signed on a list that is at `at`, whatever was signed before: the earlier one is thrown away
    /// and was never published.
    pub fn sign_step_again(&mut self, at: &State) {
        self.note_step(at);
    }
}

impl SignedStep {
    fn at(state: &State) -> SignedStep {
        SignedStep { epoch: state.epoch.0, step: state.step, link: spelling::hex(&state.link) }
    }
}
