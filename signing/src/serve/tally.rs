//! What the service did, in numbers: for `/metrics`.
//! Promises: counts by outcome and nothing else: no operator, no person, no address.
//! Must not know: what was asked.

use std::fmt::Write;
use std::sync::atomic::{AtomicU64, Ordering};

use super::refusal::Refusal;

/// The counts since the start.
pub(crate) struct Tally {
    codes: AtomicU64,
    repeats: AtomicU64,
    sessions: AtomicU64,
    refusals: [AtomicU64; Refusal::ALL.len()],
}

/// What went well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Done {
    /// A code was signed.
    Code,
    /// An answer was given again.
    Repeat,
    /// A session was opened.
    Session,
}

impl Tally {
    pub(crate) fn new() -> Tally {
        Tally {
            codes: AtomicU64::new(0),
            repeats: AtomicU64::new(0),
            sessions: AtomicU64::new(0),
            refusals: std::array::from_fn(|_| AtomicU64::new(0)),
        }
    }

    pub(crate) fn done(&self, done: Done) {
        let count = match done {
            Done::Code => &self.codes,
            Done::Repeat => &self.repeats,
            Done::Session => &self.sessions,
        };
        count.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn refused(&self, refusal: Refusal) {
        let same = |one: &Refusal| one.code() == refusal.code();
        if let Some(at) = Refusal::ALL.iter().position(same) {
            self.refusals[at].fetch_add(1, Ordering::Relaxed);
        }
    }

    /// The counts as Prometheus reads them (text format 0.0.4).
    pub(crate) fn text(&self, sessions_open: usize) -> String {
        let read = |count: &AtomicU64| count.load(Ordering::Relaxed);
        let mut text = format!(
            "# TYPE gate_sign_codes_total counter\ngate_sign_codes_total {}\n\
             # TYPE gate_sign_repeats_total counter\ngate_sign_repeats_total {}\n\
             # TYPE gate_sign_sessions_total counter\ngate_sign_sessions_total {}\n\
             # TYPE gate_sign_sessions_open gauge\ngate_sign_sessions_open {sessions_open}\n\
             # TYPE gate_sign_refusals_total counter\n",
            read(&self.codes),
            read(&self.repeats),
            read(&self.sessions),
        );
        for (refusal, count) in Refusal::ALL.iter().zip(&self.refusals) {
            // Writing to a string does not fail.
            let _ = writeln!(text, "gate_sign_refusals_total{{code=\"{}\"}} {}", refusal.code(), read(count));
        }
        text
    }
}
