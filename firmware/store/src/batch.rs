//! Batches of sealed rows, signed by the terminal's record key: what leaves for the authority (DESIGN §5 Records).
//! Promises: the rows of a batch are one unbroken piece of one journal; a batch that verifies was signed whole.
//! Must not know: how a batch travels, or what its records say.
//!
//! A batch is COSE_Sign1 with `Aad::RecordBatch`, at most 64 KiB. Payload, big-endian: format u8 (1) · terminal u32 ·
//! journal id 16 · first sequence u64 · count u16 (1 to [`ROWS_MOST`]) · previous hash 32 · count rows of 244 bytes:
//! day-key id u32 · enc 32 · body 192 · tag 16. Hashes follow from these; the last is what an acknowledgement names.

use std::fmt;

use gate_core::query::{Sequence, TerminalNumber};
use gate_proof::cose::{Aad, SignRefused, SignatureRefused, sign_within, verify_within};
use gate_proof::digest::Digest;
use gate_proof::ed25519::PublicKey;
use gate_wire::cose::{CoseError, Sign1};

use crate::config::{JournalConfig, JournalKeys};
use crate::database::{Listed, Stored};
use crate::fault::ReadFault;
use crate::row::{JournalId, Row, SEALED_BYTES, take};

const FORMAT: u8 = 1;
const HEADER_BYTES: usize = 1 + 4 + 16 + 8 + 2 + 32;
const BATCH_MOST: usize = 64 * 1024;
/// Bytes of the COSE envelope and of the Sig_structure around a payload, rounded up.
const ENVELOPE_BYTES: usize = 128;
/// Rows of one batch, at most: 267.
pub const ROWS_MOST: usize = (BATCH_MOST - ENVELOPE_BYTES - HEADER_BYTES) / SEALED_BYTES;

/// A signed batch.
#[derive(Clone, PartialEq, Eq)]
pub struct Batch {
    /// The COSE_Sign1.
    pub bytes: Vec<u8>,
    /// Its journal.
    pub journal: JournalId,
    /// Its first row.
    pub first: Sequence,
    /// Its rows.
    pub count: u16,
    /// Hash of its last row.
    pub last_hash: Digest,
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
    let signed =
        sign_within::<BATCH_MOST, BATCH_MOST>(&keys.record_key, keys.record_kid, Aad::RecordBatch, &payload)?;
    let last_hash = piece.last().map_or(Digest([0; 32]), |stored| stored.hash);
    let count = u16::try_from(piece.len()).unwrap_or(u16::MAX);
    Ok(Some(Batch { bytes: signed.to_vec(), journal, first: Sequence(first.1), count, last_hash }))
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
    out.push(FORMAT);
    out.extend(terminal.value().to_be_bytes());
    out.extend(journal.0);
    if let Some(first) = rows.first() {
        out.extend(first.row.sequence.0.to_be_bytes());
        out.extend(u16::try_from(rows.len()).unwrap_or(u16::MAX).to_be_bytes());
        out.extend(first.row.previous.0);
    }
    for stored in rows {
        out.extend(stored.row.sealed_bytes());
    }
    out
}

/// A batch that a record key signed, taken apart: what the authority works with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProvenBatch {
    /// Who says it wrote the rows.
    pub terminal: TerminalNumber,
    /// Their journal.
    pub journal: JournalId,
    /// The rows, each fitting the one before.
    pub rows: Vec<Row>,
    /// Hash of the last one.
    pub last_hash: Digest,
}

/// Why bytes are not a batch of this key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BatchRefused {
    /// More bytes than a batch can have.
    #[error("a batch has at most {BATCH_MOST} bytes, this has {length}")]
    HoldBytes {
        /// Bytes given.
        length: usize,
    },
    /// Not a COSE_Sign1.
    #[error(transparent)]
    ParseEnvelope(#[from] CoseError),
    /// Not signed by the key, or not as a batch.
    #[error(transparent)]
    VerifySignature(#[from] SignatureRefused),
    /// Signed, but not by this version.
    #[error("batch format {found}, this version reads {FORMAT}")]
    ReadFormat {
        /// The number found.
        found: u8,
    },
    /// Signed, but not of the documented layout.
    #[error("the payload is not of the layout of a batch")]
    ParsePayload,
}

/// Verifies a batch under a terminal's record key. Whose key that is, the caller knows.
///
/// # Errors
/// [`BatchRefused`].
pub fn verify_batch(bytes: &[u8], key: &PublicKey) -> Result<ProvenBatch, BatchRefused> {
    if bytes.len() > BATCH_MOST {
        return Err(BatchRefused::HoldBytes { length: bytes.len() });
    }
    let message = Sign1::parse(bytes)?;
    let proven = verify_within::<BATCH_MOST>(&message, Aad::RecordBatch, key)?;
    parse(proven.payload())
}

fn parse(payload: &[u8]) -> Result<ProvenBatch, BatchRefused> {
    let (mut head, sealed) = payload.split_at_checked(HEADER_BYTES).ok_or(BatchRefused::ParsePayload)?;
    let [found] = take(&mut head);
    if found != FORMAT {
        return Err(BatchRefused::ReadFormat { found });
    }
    let terminal = TerminalNumber::new(u32::from_be_bytes(take(&mut head)));
    let terminal = terminal.ok_or(BatchRefused::ParsePayload)?;
    let (journal, first) = (JournalId(take(&mut head)), u64::from_be_bytes(take(&mut head)));
    let (count, mut last_hash) = (usize::from(u16::from_be_bytes(take(&mut head))), Digest(take(&mut head)));
    let (sealed, rest) = sealed.as_chunks::<SEALED_BYTES>();
    if !rest.is_empty() || sealed.len() != count || count == 0 || first.checked_add(count as u64).is_none() {
        return Err(BatchRefused::ParsePayload);
    }
    let mut rows = Vec::with_capacity(count);
    for (sequence, bytes) in (first..).zip(sealed) {
        let row = Row::from_sealed_bytes(Sequence(sequence), last_hash, bytes);
        last_hash = row.hash(&journal);
        rows.push(row);
    }
    Ok(ProvenBatch { terminal, journal, rows, last_hash })
}
