//! Batches of sealed rows, signed by the terminal's record key (`gate_core::records::batch` has the layout).
//! Promises: the rows of a batch are one unbroken piece of one journal, and are synced in it.
//! Must not know: how a batch travels, or what its records say.

use std::fmt;

use gate_core::query::{Sequence, TerminalNumber};
use gate_core::records::batch::{BATCH_MOST, HEADER_BYTES, Header, record_kid};
pub use gate_core::records::batch::{BatchRefused, ProvenBatch, ROWS_MOST, verify_batch};
use gate_core::records::names::BatchName;
use gate_proof::cose::{Aad, SignRefused, sign_within};
use gate_proof::digest::Digest;

use crate::config::{JournalConfig, JournalKeys};
use crate::database::{Listed, Stored};
use crate::fault::ReadFault;
use crate::row::{JournalId, SEALED_BYTES};

/// A signed batch.
#[derive(Clone, PartialEq, Eq)]
pub struct Batch {
    /// The COSE_Sign1.
    pub bytes: Vec<u8>,
    /// Whose.
    pub terminal: TerminalNumber,
    /// Its journal.
    pub journal: JournalId,
    /// Its first row.
    pub first: Sequence,
    /// Its rows.
    pub count: u16,
    /// Hash of its last row.
    pub last_hash: Digest,
}

impl Batch {
    /// Its last row.
    #[must_use]
    pub fn last(&self) -> Sequence {
        Sequence((self.first.0 + u64::from(self.count)).saturating_sub(1))
    }

    /// What its file is called.
    #[must_use]
    pub fn name(&self) -> BatchName {
        BatchName { terminal: self.terminal, journal: self.journal, first: self.first, last: self.last() }
    }
}

impl fmt::Debug for Batch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Batch({} rows from {})", self.count, self.first.0)
    }
}

/// Why there is no batch.
#[derive(Debug, thiserror::Error)]
pub enum BatchFault {
    /// The rows could not be read.
    #[error(transparent)]
    ReadRows(#[from] ReadFault),
    /// Signing failed.
    #[error("the batch was not signed")]
    SignBatch(#[from] SignRefused),
}

pub(crate) fn sign(
    config: &JournalConfig,
    keys: &JournalKeys,
    journals: &[Listed],
    rows: Vec<Stored>,
) -> Result<Option<Batch>, BatchFault> {
    let Some(first) = rows.first().map(|stored| (stored.journal, stored.row.sequence.0)) else {
        return Ok(None);
    };
    let Some(journal) = journals.iter().find(|listed| listed.number == first.0).map(|listed| listed.id)
    else {
        return Err(ReadFault::DecodeRow { sequence: Sequence(first.1) }.into());
    };
    let piece = unbroken(&rows, &journal);
    let payload = payload(config.terminal, &journal, piece);
    let signed = sign_within::<BATCH_MOST, BATCH_MOST>(
        &keys.record_key,
        record_kid(config.terminal),
        Aad::RecordBatch,
        &payload,
    )?;
    let last_hash = piece.last().map_or(Digest([0; 32]), |stored| stored.hash);
    let count = u16::try_from(piece.len()).unwrap_or(u16::MAX);
    let (terminal, first) = (config.terminal, Sequence(first.1));
    Ok(Some(Batch { bytes: signed.to_vec(), terminal, journal, first, count, last_hash }))
}

/// The rows from the first on that follow each other in one journal; at least the first one.
fn unbroken<'a>(rows: &'a [Stored], journal: &JournalId) -> &'a [Stored] {
    let follows = |pair: &&[Stored]| match pair {
        [one, other] => {
            other.journal == one.journal
                && other.row.sequence.0 == one.row.sequence.0 + 1
                && other.row.previous == one.row.hash(journal)
        }
        _ => false,
    };
    let count = 1 + rows.windows(2).take_while(follows).count();
    &rows[..count.min(rows.len())]
}

fn payload(terminal: TerminalNumber, journal: &JournalId, rows: &[Stored]) -> Vec<u8> {
    let mut out = Vec::with_capacity(HEADER_BYTES + rows.len() * SEALED_BYTES);
    if let Some(first) = rows.first() {
        let (previous, first) = (first.row.previous, first.row.sequence);
        let count = u16::try_from(rows.len()).unwrap_or(u16::MAX);
        out.extend(Header { terminal, journal: *journal, first, count, previous }.encode());
    }
    for stored in rows {
        out.extend(stored.row.sealed_bytes());
    }
    out
}
