//! A terminal's journal as it chains and signs rows; what they say is noise.

use gate_core::query::{Sequence, TerminalNumber};
use gate_core::records::batch::{BATCH_MOST, Header, record_kid};
use gate_core::records::{DayKeyId, JournalId, NOTHING_BEFORE, Row, SEALED_BYTES};
use gate_proof::cose::{Aad, sign_within};
use gate_proof::digest::Digest;
use gate_proof::ed25519::SigningKey;
use gate_proof::seal::Sealed;

pub(crate) fn key() -> SigningKey {
    SigningKey::from_seed(&[5; 32])
}

pub(crate) fn terminal() -> TerminalNumber {
    TerminalNumber::new(7).unwrap()
}

/// A journal's rows from `first` on, as a terminal chains them. `salt` makes others.
pub(crate) struct Chain {
    journal: JournalId,
    first: u64,
    rows: Vec<(Digest, [u8; SEALED_BYTES])>,
}

impl Chain {
    pub(crate) fn new(journal: u8, (first, previous): (u64, Digest), count: u64, salt: u8) -> Chain {
        let (journal, mut hash, mut rows) = (JournalId([journal; 16]), previous, Vec::new());
        for sequence in first..first + count {
            let body = [(sequence as u8).wrapping_add(salt); 192];
            let sealed = Sealed { enc: [salt; 32], body, tag: [0; 16] };
            let row = Row { sequence: Sequence(sequence), previous: hash, day_key: DayKeyId(1), sealed };
            rows.push((hash, row.sealed_bytes()));
            hash = row.hash(&journal);
        }
        Chain { journal, first, rows }
    }

    pub(crate) fn begun(count: u64) -> Chain {
        Chain::new(1, (1, NOTHING_BEFORE), count, 0)
    }

    /// The same rows before `from`, and `count` others from there on.
    pub(crate) fn forked(&self, from: u64, count: u64) -> Chain {
        let other = Chain::new(self.journal.0[0], (from, self.hash(from - 1)), count, 99);
        let same = usize::try_from(from - self.first).unwrap();
        let rows = self.rows[..same].iter().chain(&other.rows).copied().collect();
        Chain { journal: self.journal, first: self.first, rows }
    }

    pub(crate) fn journal(&self) -> JournalId {
        self.journal
    }

    pub(crate) fn hash(&self, place: u64) -> Digest {
        let next = usize::try_from(place + 1 - self.first).unwrap();
        match self.rows.get(next) {
            Some((previous, _)) => *previous,
            None => {
                let (previous, bytes) = &self.rows[next - 1];
                Row::from_sealed_bytes(Sequence(place), *previous, bytes).hash(&self.journal)
            }
        }
    }

    /// The rows from `from` to `to`, signed.
    pub(crate) fn batch(&self, from: u64, to: u64) -> Vec<u8> {
        let at = |place: u64| usize::try_from(place - self.first).unwrap();
        let rows = &self.rows[at(from)..=at(to)];
        let header = Header {
            terminal: terminal(),
            journal: self.journal,
            first: Sequence(from),
            count: u16::try_from(rows.len()).unwrap(),
            previous: rows[0].0,
        };
        let mut payload = header.encode().to_vec();
        rows.iter().for_each(|(_, bytes)| payload.extend_from_slice(bytes));
        sign_within::<BATCH_MOST, BATCH_MOST>(&key(), record_kid(terminal()), Aad::RecordBatch, &payload)
            .unwrap()
            .to_vec()
    }
}
