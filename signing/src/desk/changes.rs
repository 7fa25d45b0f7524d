//! What changed at the desk since the log last told of it: the register of issuers, the staff list.
//! Promises: a changed register or list is not kept before the log has its line, whichever command changed it.
//! Must not know: commands.

use gate_proof::digest::{Digest, sha256};
use serde::Serialize;

use crate::log::entry::{Entry, Operation};
use crate::log::{Log, LogFault};
use crate::province::State;

/// Digests of what the log knows of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Known {
    register: Digest,
    staff: Digest,
}

impl Known {
    /// As the state is now.
    pub(super) fn of(state: &State) -> Known {
        Known { register: digest(&state.register), staff: digest(&state.staff) }
    }

    /// Tells the log of what is other than it was.
    pub(super) fn tell(&mut self, state: &State, log: &Log) -> Result<(), LogFault> {
        let now = Known::of(state);
        let changes = [
            (Operation::KeySetChange, self.register, now.register),
            (Operation::StaffChange, self.staff, now.staff),
        ];
        for (operation, before, after) in changes {
            if before != after {
                log.note(&Entry { digest: Some(after), ..Entry::of(operation) })?;
            }
        }
        *self = now;
        Ok(())
    }
}

fn digest(value: &impl Serialize) -> Digest {
    // Plain data in memory always is JSON.
    sha256(&[&serde_json::to_vec(value).unwrap_or_default()])
}
