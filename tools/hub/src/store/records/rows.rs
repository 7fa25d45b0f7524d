//! A batch as it is looked at again: places and hashes.
//! Promises: places are bounded, so that no arithmetic on them overflows.
//! Must not know: what else is held.

use crate::store::StoreFault;
use crate::store::db::Row;
use gate_core::records::batch::ProvenBatch;
use gate_proof::digest::{DIGEST_BYTES, Digest};

/// Consecutive rows of one journal.
pub(super) struct Rows {
    pub(super) first: u64,
    pub(super) previous: Digest,
    /// 32 bytes after 32 bytes.
    pub(super) hashes: Vec<u8>,
}

impl Rows {
    /// Of a query for `first, previous, hashes` and the place from which its rows were rejected, if they were: those are left out.
    pub(super) fn read(row: &Row) -> Result<Rows, StoreFault> {
        let mut rows = Rows { first: row.get(0)?, previous: Digest(row.get(1)?), hashes: row.get(2)? };
        if let Some(place) = row.get(3)? {
            rows.cut(place);
        }
        Ok(rows)
    }

    /// Leaves out the rows from a place on.
    pub(super) fn cut(&mut self, place: u64) {
        let kept = usize::try_from(place.saturating_sub(self.first)).unwrap_or(usize::MAX);
        self.hashes.truncate(kept.saturating_mul(DIGEST_BYTES));
    }

    pub(super) fn of(batch: &ProvenBatch<'_>) -> Rows {
        let journal = batch.header().journal;
        let hashes = batch.rows().flat_map(|row| row.hash(&journal).0).collect();
        Rows { first: batch.header().first.0, previous: batch.header().previous, hashes }
    }

    pub(super) fn last(&self) -> u64 {
        (self.first + (self.hashes.len() / DIGEST_BYTES) as u64).saturating_sub(1)
    }

    pub(super) fn hash(&self, place: u64) -> Option<Digest> {
        let at = usize::try_from(place.checked_sub(self.first)?).ok()?.checked_mul(DIGEST_BYTES)?;
        let bytes = self.hashes.get(at..at.checked_add(DIGEST_BYTES)?)?;
        bytes.try_into().ok().map(Digest)
    }

    pub(super) fn each(&self) -> impl Iterator<Item = &[u8]> {
        self.hashes.chunks_exact(DIGEST_BYTES)
    }

    /// The hash that the row at this place names as the one before.
    pub(super) fn before(&self, place: u64) -> Option<Digest> {
        if place == self.first { Some(self.previous) } else { self.hash(place.checked_sub(1)?) }
    }

    /// The first place at which one that begins here or later holds another row, or does not follow.
    pub(super) fn parts_from(&self, later: &Rows) -> Option<u64> {
        let follows = later.first != self.last() + 1 || self.hash(self.last()) == Some(later.previous);
        if follows { self.differs(later, later.first) } else { Some(later.first) }
    }

    /// The first place from `from` on at which two batches hold different rows.
    pub(super) fn differs(&self, other: &Rows, from: u64) -> Option<u64> {
        let to = self.last().min(other.last());
        (from..=to).find(|place| self.hash(*place) != other.hash(*place))
    }
}
