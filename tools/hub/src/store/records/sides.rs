//! The rows of one place side by side, as a person looks at them: when each came, whether it follows, what came behind it.
//! Promises: changes nothing; rows that count no more are there too.
//! Must not know: which of them is true.

use gate_core::query::TerminalNumber;
use gate_core::records::JournalId;
use gate_core::records::batch::ROWS_MOST;
use gate_proof::digest::Digest;

use super::doubts::brought;
use super::rows::Rows;
use super::{Of, chain, holding};
use crate::store::{Db, StoreFault};
use crate::values;

/// Batches that are followed behind a row, at most: more rows than a terminal writes in months.
const STEPS: usize = 2_000;

/// A row that was brought for a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Side {
    /// Its hash.
    pub hash: Digest,
    /// When it first came, in seconds since 1970.
    pub received: u64,
    /// Whether it names the row that stands before it; `None` where there is none.
    pub follows: Option<bool>,
    /// The last row that came chained to it: at least this one.
    pub reaches: u64,
    /// Whether an acknowledgement was signed with it.
    pub is_acknowledged: bool,
}

/// Each row that was brought for a place, in the order in which they came.
///
/// # Errors
/// [`StoreFault`].
pub fn sides(
    db: &Db,
    (terminal, journal, place): (TerminalNumber, &JournalId, u64),
) -> Result<Vec<Side>, StoreFault> {
    let of = (terminal.value(), &journal.0);
    let known = "SELECT 1 FROM journal WHERE terminal = ?1 AND journal = ?2";
    if place == 0 || !db.has(known, values![of.0, of.1])? {
        return Ok(Vec::new());
    }
    let before = holding(db, of, place - 1)?.and_then(|rows| rows.hash(place - 1));
    let mut sides = Vec::new();
    for (hash, received) in brought(db, of, place)? {
        let holding = near(db, of, place)?.into_iter().find(|rows| rows.hash(place) == Some(hash));
        let named = holding.and_then(|rows| rows.before(place));
        let follows = before.map(|before| named == Some(before));
        let (reaches, is_acknowledged) = behind(db, of, (place, hash))?;
        sides.push(Side { hash, received, follows, reaches, is_acknowledged });
    }
    Ok(sides)
}

/// The last row that is chained to this one, and whether the journal's watermark is among them.
fn behind(db: &Db, of: Of<'_>, (mut at, mut hash): (u64, Digest)) -> Result<(u64, bool), StoreFault> {
    let (watermark, acknowledged, _) = chain::stands(db, of)?;
    let mut is_acknowledged = at == watermark && hash == acknowledged;
    for _ in 0..STEPS {
        let next = near(db, of, at + 1)?.into_iter().filter(|rows| rows.before(at + 1) == Some(hash));
        let next = next.filter(|rows| rows.last() > at).max_by_key(Rows::last);
        let Some(rows) = next else { break };
        is_acknowledged |= watermark > at && rows.hash(watermark) == Some(acknowledged);
        at = rows.last();
        hash = rows.hash(at).unwrap_or(hash);
    }
    Ok((at, is_acknowledged))
}

/// Batches that hold a place, whole, those that count no more too.
fn near(db: &Db, of: Of<'_>, place: u64) -> Result<Vec<Rows>, StoreFault> {
    let sql = "SELECT first, previous, hashes, NULL FROM batch
        WHERE terminal = ?1 AND journal = ?2 AND first BETWEEN ?3 AND ?4 AND last >= ?4 ORDER BY id";
    let earliest = place.saturating_sub(ROWS_MOST as u64);
    db.all(sql, values![of.0, of.1, earliest, place], Rows::read)
}

#[cfg(test)]
mod tests {
    use gate_core::records::batch::verify_batch;
    use gate_wire::time::Timestamp;

    use super::*;
    use crate::chain::{Chain, key, terminal};

    #[test]
    fn both_rows_are_there_with_what_tells_them_apart() {
        let (db, chain) = (crate::store::db::empty(), Chain::begun(12));
        let (other, loose) = (chain.forked(5, 4), Chain::new(1, (5, Digest([3; 32])), 2, 7));
        let batches =
            [chain.batch(1, 6), other.batch(5, 7), chain.batch(7, 12), other.batch(8, 8), loose.batch(5, 6)];
        for (at, batch) in (1..).zip(batches) {
            let proven = verify_batch(&batch, &key().public_key()).unwrap();
            super::super::take(&db, &batch, &proven, Timestamp::from_unix(at).unwrap()).unwrap();
        }
        let side = |chain: &Chain, received, follows, reaches, is_acknowledged| Side {
            hash: chain.hash(5),
            received,
            follows: Some(follows),
            reaches,
            is_acknowledged,
        };
        assert_eq!(
            sides(&db, (terminal(), &chain.journal(), 5)).unwrap(),
            [
                side(&chain, 1, true, 12, true),
                side(&other, 2, true, 8, false),
                side(&loose, 5, false, 6, false)
            ]
        );
        assert_eq!(sides(&db, (terminal(), &JournalId([9; 16]), 5)).unwrap(), []);
        let [first] = sides(&db, (terminal(), &chain.journal(), 1)).unwrap()[..] else { unreachable!("one") };
        assert_eq!(first.follows, None);
    }
}
