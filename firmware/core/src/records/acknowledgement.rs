//! Acknowledgements: the authority's word up to where it holds a terminal's journal (DESIGN §5 Records; ADR 15).
//! Promises: having a [`Proven`] one tells that a key which the key set names for this, in force, signed it for this terminal.
//! Must not know: whether the journal here is the one it speaks of (its hash decides), or what may be deleted then.
//!
//! COSE_Sign1 with `Aad::Acknowledgement`, at most [`ACKNOWLEDGEMENT_MOST`] bytes. Payload, 73 bytes, big-endian: format u8 (1) ·
//! terminal u32 · journal id 16 · watermark u64 · hash of the row at the watermark 32 · epoch u32 · issued u64 (seconds since
//! 1970). The hub holds every row of the journal up to the watermark; watermark 0, with a hash of zeros: none. The epoch rises
//! whenever the hub was restored from a copy and may hold less than it once said.

use gate_proof::cose::{Aad, SignRefused, SignatureRefused, sign, verify};
use gate_proof::digest::Digest;
use gate_proof::ed25519::SigningKey;
use gate_wire::cose::{CoseError, Kid, Sign1};
use gate_wire::time::Timestamp;
use heapless::Vec;

use super::row::{JournalId, NOTHING_BEFORE, join, take};
use crate::keyset::{Force, KeySet};
use crate::query::{Sequence, TerminalNumber};

const FORMAT: u8 = 1;
const PAYLOAD_BYTES: usize = 1 + 4 + 16 + 8 + 32 + 4 + 8;
/// Bytes of an acknowledgement, at most.
pub const ACKNOWLEDGEMENT_MOST: usize = 256;

/// What a hub says it holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Acknowledgement {
    /// Whose journal.
    pub terminal: TerminalNumber,
    /// Which.
    pub journal: JournalId,
    /// The last row that it holds with all before it; 0 if none.
    pub watermark: Sequence,
    /// That row's hash; zeros if none.
    pub hash: Digest,
    /// Rises when the hub was restored from a copy.
    pub epoch: u32,
    /// When this was said, by the hub's clock.
    pub issued: Timestamp,
}

/// Why bytes acknowledge nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AcknowledgementRefused {
    /// Not a COSE_Sign1.
    #[error(transparent)]
    ParseEnvelope(#[from] CoseError),
    /// The key set names no such key for acknowledgements.
    #[error("the key set has no key for acknowledgements with this id")]
    FindKey,
    /// The key was revoked, or was not in force when it was used.
    #[error("the key for acknowledgements is not in force")]
    TrustKey,
    /// Not signed by the key, or not as an acknowledgement.
    #[error(transparent)]
    VerifySignature(#[from] SignatureRefused),
    /// Signed, but not of the documented layout.
    #[error("the payload is not of the layout of an acknowledgement")]
    ParsePayload,
    /// Another terminal's.
    #[error("it is for terminal {found}")]
    MatchTerminal {
        /// Whose.
        found: u32,
    },
}

impl Acknowledgement {
    /// Signs it with the hub's key.
    ///
    /// # Errors
    /// [`SignRefused`].
    pub fn sign(&self, key: &SigningKey, kid: Kid) -> Result<Vec<u8, ACKNOWLEDGEMENT_MOST>, SignRefused> {
        sign(key, kid, Aad::Acknowledgement, &self.encode())
    }

    fn encode(&self) -> [u8; PAYLOAD_BYTES] {
        join(&[
            &[FORMAT],
            &self.terminal.value().to_be_bytes(),
            &self.journal.0,
            &self.watermark.0.to_be_bytes(),
            &self.hash.0,
            &self.epoch.to_be_bytes(),
            &self.issued.unix().to_be_bytes(),
        ])
    }

    fn parse(payload: &[u8]) -> Option<Acknowledgement> {
        let payload: &[u8; PAYLOAD_BYTES] = payload.try_into().ok()?;
        let mut rest = &payload[..];
        let [format] = take(&mut rest);
        let terminal = TerminalNumber::new(u32::from_be_bytes(take(&mut rest)))?;
        let journal = JournalId(take(&mut rest));
        let (watermark, hash) = (Sequence(u64::from_be_bytes(take(&mut rest))), Digest(take(&mut rest)));
        let epoch = u32::from_be_bytes(take(&mut rest));
        let issued = Timestamp::from_unix(u64::from_be_bytes(take(&mut rest)))?;
        let none_is_none = watermark.0 != 0 || hash == NOTHING_BEFORE;
        (format == FORMAT && none_is_none).then_some(Acknowledgement {
            terminal,
            journal,
            watermark,
            hash,
            epoch,
            issued,
        })
    }
}

/// An acknowledgement for this terminal by a key in force.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Proven {
    said: Acknowledgement,
    kid: Kid,
}

impl Proven {
    /// What it says.
    #[must_use]
    pub fn get(&self) -> &Acknowledgement {
        &self.said
    }

    /// Which key signed it.
    #[must_use]
    pub fn kid(&self) -> Kid {
        self.kid
    }

    /// Reads one that is said to be for `terminal`. A revoked key acknowledges nothing, whenever it says it did: a thief
    /// backdates, and the hub can say it again with a new key.
    ///
    /// # Errors
    /// [`AcknowledgementRefused`].
    pub fn read(
        bytes: &[u8],
        keys: &KeySet,
        terminal: TerminalNumber,
    ) -> Result<Proven, AcknowledgementRefused> {
        let message = Sign1::parse(bytes)?;
        let key = keys.acknowledger(message.kid).ok_or(AcknowledgementRefused::FindKey)?;
        let proven = verify(&message, Aad::Acknowledgement, key.public_key())?;
        let said = Acknowledgement::parse(proven.payload()).ok_or(AcknowledgementRefused::ParsePayload)?;
        if key.void_from().is_some() || key.force_at(said.issued) != Force::InForce {
            return Err(AcknowledgementRefused::TrustKey);
        }
        match said.terminal == terminal {
            true => Ok(Proven { said, kid: message.kid }),
            false => Err(AcknowledgementRefused::MatchTerminal { found: said.terminal.value() }),
        }
    }
}
