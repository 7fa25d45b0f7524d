//! Batches of sealed rows, signed by the terminal's record key: what leaves for the authority (DESIGN §5 Records).
//! Promises: the rows of a batch are one unbroken piece of one journal; a batch that verifies was signed whole.
//! Must not know: how a batch travels, or what its records say.
//!
//! A batch is COSE_Sign1 with `Aad::RecordBatch`, at most 64 KiB, its kid the terminal's number as u32. Payload, big-endian:
//! format u8 (1) · terminal u32 · journal id 16 · first sequence u64 · count u16 (1 to [`ROWS_MOST`]) · previous hash 32 ·
//! count rows of 244 bytes: day-key id u32 · enc 32 · body 192 · tag 16. The last sequence and the hash after it follow from
//! these, so that they cannot disagree; the last hash is what an acknowledgement names.

use core::fmt;

use gate_proof::cose::{Aad, SignatureRefused, verify_within};
use gate_proof::digest::Digest;
use gate_proof::ed25519::PublicKey;
use gate_wire::cose::{CoseError, Kid, Sign1};

use super::names::BatchName;
use super::row::{JournalId, Row, SEALED_BYTES, join, take};
use crate::query::{Sequence, TerminalNumber};

const FORMAT: u8 = 1;
/// Bytes of a batch's header.
pub const HEADER_BYTES: usize = 1 + 4 + 16 + 8 + 2 + 32;
/// Bytes of a batch, at most.
pub const BATCH_MOST: usize = 64 * 1024;
/// Bytes of the COSE envelope and of the Sig_structure around a payload, rounded up.
pub const ENVELOPE_BYTES: usize = 128;
/// Rows of one batch, at most: 267.
pub const ROWS_MOST: usize = (BATCH_MOST - ENVELOPE_BYTES - HEADER_BYTES) / SEALED_BYTES;

/// The key id of a terminal's record key: its number.
#[must_use]
pub fn record_kid(terminal: TerminalNumber) -> Kid {
    Kid(terminal.value().to_be_bytes())
}

/// Whose key a batch or an account says it is signed with: where to look for the key. Nobody has proven it yet.
///
/// # Errors
/// [`BatchRefused`].
pub fn alleged_terminal(bytes: &[u8]) -> Result<TerminalNumber, BatchRefused> {
    bounded(bytes)?;
    let kid = Sign1::parse(bytes)?.kid;
    TerminalNumber::new(u32::from_be_bytes(kid.0)).ok_or(BatchRefused::ParsePayload)
}

/// What a batch's file is called, by what it says of itself. Nobody has proven it yet: for whoever carries it.
///
/// # Errors
/// [`BatchRefused`].
pub fn alleged_name(bytes: &[u8]) -> Result<BatchName, BatchRefused> {
    bounded(bytes)?;
    let batch = parse(Sign1::parse(bytes)?.payload)?;
    let Header { terminal, journal, first, .. } = batch.header;
    Ok(BatchName { terminal, journal, first, last: batch.last() })
}

/// Which rows a batch holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// Who wrote them.
    pub terminal: TerminalNumber,
    /// Their journal.
    pub journal: JournalId,
    /// The first one's place.
    pub first: Sequence,
    /// How many, 1 to [`ROWS_MOST`].
    pub count: u16,
    /// Hash of the row before the first.
    pub previous: Digest,
}

impl Header {
    /// As a payload begins.
    #[must_use]
    pub fn encode(&self) -> [u8; HEADER_BYTES] {
        let (first, count) = (self.first.0.to_be_bytes(), self.count.to_be_bytes());
        let terminal = self.terminal.value().to_be_bytes();
        join(&[&[FORMAT], &terminal, &self.journal.0, &first, &count, &self.previous.0])
    }

    fn parse(mut bytes: &[u8]) -> Result<Header, BatchRefused> {
        let [found] = take(&mut bytes);
        if found != FORMAT {
            return Err(BatchRefused::ReadFormat { found });
        }
        let terminal = TerminalNumber::new(u32::from_be_bytes(take(&mut bytes)));
        let terminal = terminal.ok_or(BatchRefused::ParsePayload)?;
        let (journal, first) = (JournalId(take(&mut bytes)), Sequence(u64::from_be_bytes(take(&mut bytes))));
        let (count, previous) = (u16::from_be_bytes(take(&mut bytes)), Digest(take(&mut bytes)));
        let ends = first.0.checked_add(u64::from(count));
        if count == 0 || usize::from(count) > ROWS_MOST || first.0 == 0 || ends.is_none() {
            return Err(BatchRefused::ParsePayload);
        }
        Ok(Header { terminal, journal, first, count, previous })
    }
}

/// A batch that a record key signed. Having one tells: the holder of that key wrote exactly these rows, in this order. Whose
/// key it was, the caller knows.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct ProvenBatch<'a> {
    header: Header,
    sealed: &'a [[u8; SEALED_BYTES]],
    last_hash: Digest,
}

impl fmt::Debug for ProvenBatch<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ProvenBatch({} rows from {})", self.header.count, self.header.first.0)
    }
}

impl<'a> ProvenBatch<'a> {
    /// Which rows these are.
    #[must_use]
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// The last row's place.
    #[must_use]
    pub fn last(&self) -> Sequence {
        Sequence(self.header.first.0 + u64::from(self.header.count) - 1)
    }

    /// Hash of the last row.
    #[must_use]
    pub fn last_hash(&self) -> Digest {
        self.last_hash
    }

    /// The rows, each fitting the one before.
    pub fn rows(&self) -> impl Iterator<Item = Row> + use<'a> {
        let (journal, mut previous) = (self.header.journal, self.header.previous);
        (self.header.first.0..).zip(self.sealed).map(move |(sequence, bytes)| {
            let row = Row::from_sealed_bytes(Sequence(sequence), previous, bytes);
            previous = row.hash(&journal);
            row
        })
    }
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
    /// Signed by one terminal's key, in another's name.
    #[error("signed by the key of terminal {signer}, in the name of terminal {named}")]
    MatchTerminal {
        /// Whose key.
        signer: u32,
        /// Whose name.
        named: u32,
    },
}

/// Verifies a batch under a terminal's record key. Whose key that is, the caller knows.
///
/// # Errors
/// [`BatchRefused`].
pub fn verify_batch<'a>(bytes: &'a [u8], key: &PublicKey) -> Result<ProvenBatch<'a>, BatchRefused> {
    bounded(bytes)?;
    let message = Sign1::parse(bytes)?;
    let proven = verify_within::<BATCH_MOST>(&message, Aad::RecordBatch, key)?;
    let batch = parse(proven.payload())?;
    match record_kid(batch.header.terminal) == message.kid {
        true => Ok(batch),
        false => Err(BatchRefused::MatchTerminal {
            signer: u32::from_be_bytes(message.kid.0),
            named: batch.header.terminal.value(),
        }),
    }
}

fn bounded(bytes: &[u8]) -> Result<(), BatchRefused> {
    let length = bytes.len();
    if length > BATCH_MOST { Err(BatchRefused::HoldBytes { length }) } else { Ok(()) }
}

fn parse(payload: &[u8]) -> Result<ProvenBatch<'_>, BatchRefused> {
    let (head, sealed) = payload.split_at_checked(HEADER_BYTES).ok_or(BatchRefused::ParsePayload)?;
    let header = Header::parse(head)?;
    let (sealed, rest) = sealed.as_chunks::<SEALED_BYTES>();
    if !rest.is_empty() || sealed.len() != usize::from(header.count) {
        return Err(BatchRefused::ParsePayload);
    }
    let mut batch = ProvenBatch { header, sealed, last_hash: header.previous };
    if let Some(last) = batch.rows().last() {
        batch.last_hash = last.hash(&header.journal);
    }
    Ok(batch)
}
