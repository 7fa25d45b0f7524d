//! Record first, then open: what the passage asks of the journal, and the proofs that it was done.
//! Promises: a [`Permit`](crate::record::Permit) comes from a [`Recorded`](crate::record::Recorded) Pass, from an exit lane, or from an attendant, and from nowhere else.
//! Must not know: SQLite, seals, files (`gate_store`).

use gate_wire::record::Record;
use gate_wire::time::Day;

use crate::query::Sequence;

/// What is appended in one synced commit: the record, its counters, and the use of a credential or document.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The record to seal.
    pub record: Record,
    /// Whose use to count, if anybody's.
    pub use_key: Option<UseKey>,
    /// Which daily counter to raise, if any (DOMAIN §18).
    pub tally: Option<Tally>,
    /// What to do when nothing can be committed.
    pub durability: Durability,
}

/// A keyed, truncated fingerprint of a credential id or subject, with the day it is counted on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct UseKey {
    /// Eight bytes that mean nothing outside this terminal.
    pub key: [u8; 8],
    /// Calendar day, UTC+8.
    pub day: Day,
}

/// A daily counter (DOMAIN §18).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Tally {
    /// Calendar day, UTC+8.
    pub day: Day,
    /// Place number.
    pub place: u32,
    /// Lane number.
    pub lane: u16,
    /// `P`, `L`, `S`, `A`, `O` for an attendant's opening, or [`NOT_OPENED`].
    pub letter: u8,
}

/// Counts those of `P` at which the gate stayed shut, because the record came too late or the latch did not take it: counters only ever
/// grow, so nothing is taken off `P`.
pub const NOT_OPENED: u8 = b'N';

impl Tally {
    /// What else counts where this one's record opened nothing: of a Pass alone.
    pub fn not_opened(self) -> Option<Tally> {
        (self.letter == b'P').then_some(Tally { letter: NOT_OPENED, ..self })
    }
}

/// What a record may fall back on (DESIGN §4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// An automatic lane: the journal, or its reserve when the disk is full; otherwise it is an error.
    Required,
    /// An attendant's act, or an exit lane: the journal, else the reserve, else memory.
    BestEffort,
}

/// Where a record is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
    /// In the journal, synced.
    Journal,
    /// In the preallocated reserve, synced.
    Reserve,
    /// In memory only, to be written when that is possible again.
    Memory,
}

/// What appending gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// The record's place in the journal.
    pub sequence: Sequence,
    /// Where it is.
    pub kept: Kept,
}

/// Why nothing was committed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JournalFault {
    /// No room in the journal nor in the reserve.
    #[error("no room to record: free the disk or upload and acknowledge records")]
    Full,
    /// The device failed to write or sync.
    #[error("the journal could not be written: check the disk")]
    Write,
    /// No commit within 500 ms.
    #[error("the journal did not commit within 500 ms: check the disk")]
    Late,
}

/// Where passages are recorded. One implementation is `gate_store::journal`, one is in tests.
pub trait Journal {
    /// Seals and commits `entry`, or says why not. After `Ok` with [`Kept::Journal`] or [`Kept::Reserve`] a power cut loses nothing.
    ///
    /// # Errors
    /// [`JournalFault`]; with [`Durability::BestEffort`] never.
    fn append(&mut self, entry: &Entry) -> Result<Receipt, JournalFault>;

    /// How often `key` was appended before.
    fn uses(&mut self, key: &UseKey) -> u16;
}
