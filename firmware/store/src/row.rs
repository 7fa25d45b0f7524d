//! A row on its way into the journal.
//! Promises: a row keeps together with the counters that its commit raises.
//! Must not know: seals and hashes ([`gate_core::records`]).

use gate_core::journal::{Tally, UseKey};
pub use gate_core::records::{AAD_BYTES, DayKeyId, JournalId, OpenRowRefused, Row};
pub(crate) use gate_core::records::{NOTHING_BEFORE, Place, SEALED_BYTES, take};

/// A row with what its commit also raises, until it is in the journal.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Waiting {
    pub(crate) row: Row,
    pub(crate) tally: Option<Tally>,
    pub(crate) use_key: Option<UseKey>,
}
