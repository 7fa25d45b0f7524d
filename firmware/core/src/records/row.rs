//! A sealed record and its place in the chain (DESIGN §5 Records).
//! Promises: what is sealed is bound to terminal, journal, sequence, the row before and the day key; a changed or moved
//! row neither opens nor fits the chain.
//! Must not know: where rows are kept.
//!
//! Associated data of the seal, 64 bytes, big-endian: terminal u32 · journal id 16 · sequence u64 · previous hash 32 ·
//! day-key id u32. Hash of a row: SHA-256 over the domain tag, journal id 16 · sequence u64 · previous hash 32 ·
//! day-key id u32 · enc 32 · body 192 · tag 16.

use core::fmt;

use gate_proof::digest::{DIGEST_BYTES, Digest, sha256};
use gate_proof::seal::{KEY_BYTES, OpenRefused, OpeningKey, SealInfo, Sealed, TAG_BYTES, open_record};
use gate_wire::record::{RECORD_BYTES, Record, RecordError};

use crate::query::{Sequence, TerminalNumber};

const CHAIN: &[u8] = b"tianfu-gate/record-chain/1";
/// Bytes of a seal's associated data.
pub const AAD_BYTES: usize = 64;
/// Bytes of a sealed record: day-key id, enc, body, tag.
pub const SEALED_BYTES: usize = 4 + KEY_BYTES + RECORD_BYTES + TAG_BYTES;

/// The hash before the first record of a terminal's first journal.
pub const NOTHING_BEFORE: Digest = Digest([0; DIGEST_BYTES]);

/// One journal of a terminal: 16 random bytes, new whenever a file had to be replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct JournalId(pub [u8; 16]);

/// The authority's number for a day key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DayKeyId(pub u32);

/// One sealed record in its place.
#[derive(Clone, PartialEq, Eq)]
pub struct Row {
    /// Its place, from 1; goes on through a terminal's journals.
    pub sequence: Sequence,
    /// Hash of the row before.
    pub previous: Digest,
    /// The key it is sealed to.
    pub day_key: DayKeyId,
    /// The record.
    pub sealed: Sealed<RECORD_BYTES>,
}

impl fmt::Debug for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Row({})", self.sequence.0)
    }
}

/// Why a row does not give its record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OpenRowRefused {
    /// Another key, another place, or changed bytes.
    #[error(transparent)]
    OpenSeal(#[from] OpenRefused),
    /// Sealed, but not by this version.
    #[error(transparent)]
    DecodeRecord(#[from] RecordError),
}

impl Row {
    /// The row's hash: what the next row names as the one before.
    #[must_use]
    pub fn hash(&self, journal: &JournalId) -> Digest {
        let (sequence, day_key) = (self.sequence.0.to_be_bytes(), self.day_key.0.to_be_bytes());
        let place = [CHAIN, &journal.0, &sequence, &self.previous.0, &day_key];
        let sealed = [&self.sealed.enc[..], &self.sealed.body, &self.sealed.tag];
        let [a, b, c, d, e] = place;
        let [f, g, h] = sealed;
        sha256(&[a, b, c, d, e, f, g, h])
    }

    /// Opens the record: what the authority does.
    ///
    /// # Errors
    /// [`OpenRowRefused`].
    pub fn open(
        &self,
        terminal: TerminalNumber,
        journal: &JournalId,
        key: &OpeningKey,
    ) -> Result<Record, OpenRowRefused> {
        let bound = self.associated_data(terminal, journal);
        let opened = open_record(key, SealInfo::RECORD, &bound, &self.sealed)?;
        Ok(Record::decode(opened.as_bytes())?)
    }

    /// What the seal is bound to: terminal, journal, sequence, the row before and the day key. For whoever keeps the
    /// day key where it cannot be taken out.
    #[must_use]
    pub fn associated_data(&self, terminal: TerminalNumber, journal: &JournalId) -> [u8; AAD_BYTES] {
        let place = Place { terminal, journal: *journal, sequence: self.sequence, previous: self.previous };
        place.aad(self.day_key)
    }

    /// Day-key id, enc, body, tag: what stands in a reserve slot and in a batch.
    #[must_use]
    pub fn sealed_bytes(&self) -> [u8; SEALED_BYTES] {
        let mut out = [0; SEALED_BYTES];
        let parts =
            [&self.day_key.0.to_be_bytes()[..], &self.sealed.enc, &self.sealed.body, &self.sealed.tag];
        let mut at = 0;
        for part in parts {
            out[at..at + part.len()].copy_from_slice(part);
            at += part.len();
        }
        out
    }

    /// The row of [`Row::sealed_bytes`] at its place.
    #[must_use]
    pub fn from_sealed_bytes(sequence: Sequence, previous: Digest, bytes: &[u8; SEALED_BYTES]) -> Row {
        let mut rest = &bytes[..];
        let day_key = DayKeyId(u32::from_be_bytes(take(&mut rest)));
        let sealed = Sealed { enc: take(&mut rest), body: take(&mut rest), tag: take(&mut rest) };
        Row { sequence, previous, day_key, sealed }
    }
}

/// The next `N` bytes; zeros where there are none, which no caller with a fixed layout meets.
#[must_use]
pub fn take<const N: usize>(rest: &mut &[u8]) -> [u8; N] {
    let mut out = [0; N];
    if let Some((head, tail)) = rest.split_at_checked(N) {
        out.copy_from_slice(head);
        *rest = tail;
    }
    out
}

/// The parts one after another, zeros behind them; the reverse of [`take`].
///
/// # Panics
/// If the parts are longer than `N`, which no caller with a fixed layout meets.
#[must_use]
pub fn join<const N: usize>(parts: &[&[u8]]) -> [u8; N] {
    let mut out = [0; N];
    let mut rest = &mut out[..];
    for part in parts {
        let (head, tail) = rest.split_at_mut(part.len());
        head.copy_from_slice(part);
        rest = tail;
    }
    out
}

/// Where a record will stand.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    /// Whose.
    pub terminal: TerminalNumber,
    /// In which journal.
    pub journal: JournalId,
    /// At which place.
    pub sequence: Sequence,
    /// Hash of the row before.
    pub previous: Digest,
}

impl Place {
    /// The associated data of the seal.
    #[must_use]
    pub fn aad(&self, day_key: DayKeyId) -> [u8; AAD_BYTES] {
        let mut out = [0; AAD_BYTES];
        out[..4].copy_from_slice(&self.terminal.value().to_be_bytes());
        out[4..20].copy_from_slice(&self.journal.0);
        out[20..28].copy_from_slice(&self.sequence.0.to_be_bytes());
        out[28..60].copy_from_slice(&self.previous.0);
        out[60..].copy_from_slice(&day_key.0.to_be_bytes());
        out
    }
}

#[cfg(test)]
mod tests {
    extern crate std;

    use std::vec;

    use super::*;

    fn row() -> Row {
        let sealed = Sealed { enc: [3; 32], body: [4; 192], tag: [5; 16] };
        Row { sequence: Sequence(7), previous: Digest([2; 32]), day_key: DayKeyId(9), sealed }
    }

    #[test]
    fn sealed_bytes_come_back_as_the_row() {
        assert_eq!(Row::from_sealed_bytes(Sequence(7), Digest([2; 32]), &row().sealed_bytes()), row());
    }

    #[test]
    fn every_part_of_a_row_is_in_its_hash() {
        let journal = JournalId([1; 16]);
        let changed = [
            Row { sequence: Sequence(8), ..row() },
            Row { previous: NOTHING_BEFORE, ..row() },
            Row { day_key: DayKeyId(8), ..row() },
            Row { sealed: Sealed { enc: [0; 32], ..row().sealed }, ..row() },
            Row { sealed: Sealed { body: [0; 192], ..row().sealed }, ..row() },
            Row { sealed: Sealed { tag: [0; 16], ..row().sealed }, ..row() },
        ];
        for other in changed {
            assert!(other.hash(&journal) != row().hash(&journal));
        }
        assert!(row().hash(&JournalId([0; 16])) != row().hash(&journal));
    }

    #[test]
    fn the_associated_data_is_laid_out_as_documented() {
        let place = Place {
            terminal: TerminalNumber::new(1).unwrap(),
            journal: JournalId([0xAA; 16]),
            sequence: Sequence(2),
            previous: Digest([0xBB; 32]),
        };
        let mut expected = vec![0, 0, 0, 1];
        expected.extend([0xAA; 16]);
        expected.extend([0, 0, 0, 0, 0, 0, 0, 2]);
        expected.extend([0xBB; 32]);
        expected.extend([0, 0, 0, 3]);
        assert_eq!(place.aad(DayKeyId(3)).to_vec(), expected);
    }
}
