//! The desk's log of what the service signs: a lease before, the count after.
//! Promises: no code leaves without a line, on disk, that allows it; a lease is of one operator, one key and at most a
//! minute, and no larger than what the operator's cap lets through in a minute, so that after a crash the log still says how
//! many codes there can be at most; one more line tells how many of it were used.
//! Must not know: people, tokens, where the log lies.
//!
//! One synced line for each code would make the disk the service's pace, and a log of a province's codes a log of when each
//! person was where. A lease keeps what a log is for: no use of a key outside it, by whom, when, how many.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use gate_wire::cose::Kid;
use gate_wire::time::Millis;

use super::operators::OperatorId;
use super::refusal::Refusal;
use crate::key_ring::KeyUse;
use crate::log::entry::Operation;

/// How long a lease holds.
const LEASE_MS: u64 = 60_000;

type Name = (OperatorId, Kid);

struct Lease {
    key: Arc<KeyUse>,
    most: u64,
    taken: u64,
    until: Millis,
}

/// The leases that run, and those that are over but whose last signature is still being made.
#[derive(Default)]
pub(crate) struct Leases(Mutex<Both>);

#[derive(Default)]
struct Both {
    running: HashMap<Name, Lease>,
    over: Vec<Arc<KeyUse>>,
}

impl Leases {
    /// The key for one signature more: of the lease that runs, else of a new one that `begin` writes into the log.
    ///
    /// # Errors
    /// As `begin`: nothing may be signed.
    pub(crate) fn take(
        &self,
        name: &Name,
        most: u32,
        now: Millis,
        begin: impl FnOnce(u64) -> Result<KeyUse, Refusal>,
    ) -> Result<Arc<KeyUse>, Refusal> {
        let mut both = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Both { running, over } = &mut *both;
        let runs = running.get(name).is_some_and(|lease| now < lease.until && lease.taken < lease.most);
        if !runs {
            over.extend(running.remove(name).map(|lease| lease.key));
            finish(over);
            let (most, until) = (u64::from(most), now.plus(LEASE_MS));
            let lease = Lease { key: Arc::new(begin(most)?), most, taken: 0, until };
            running.insert(name.clone(), lease);
        }
        let lease = running.get_mut(name).ok_or(Refusal::LogUse)?;
        lease.taken += 1;
        Ok(Arc::clone(&lease.key))
    }

    /// Ends what is over; everything, where `now` is `None`.
    pub(crate) fn settle(&self, now: Option<Millis>) {
        let mut both = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Both { running, over } = &mut *both;
        running.retain(|_, lease| {
            let runs = now.is_some_and(|now| now < lease.until);
            if !runs {
                over.push(Arc::clone(&lease.key));
            }
            runs
        });
        finish(over);
    }
}

/// Writes the last line of what nobody signs with any more. One that cannot be written is left out: the lease stands as the
/// most there can have been.
fn finish(over: &mut Vec<Arc<KeyUse>>) {
    for key in std::mem::take(over) {
        match Arc::try_unwrap(key) {
            Ok(key) => drop(key.finish(Operation::ServeEnd, None)),
            Err(busy) => over.push(busy),
        }
    }
}
