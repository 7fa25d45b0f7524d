//! Of two rows of one place, the one that a person chose: the chain goes on with it, the others stay and count no more.
//! Promises: what is chosen was brought, and follows the row before it; nothing is deleted; a place has one word that stands, with who said
//! it and why; whatever is chained to a row that was rejected is rejected too, whenever it comes.
//! Must not know: which of them is true.

use gate_core::query::TerminalNumber;
use gate_core::records::JournalId;
use gate_core::records::batch::ROWS_MOST;
use gate_proof::digest::Digest;
use gate_wire::time::Timestamp;

use super::rows::Rows;
use super::settle::doubt;
use super::{Compared, Of, chain, holding};
use crate::store::db::Row;
use crate::store::log::{Deed, audit};
use crate::store::{Db, StoreFault};
use crate::values;

/// Letters of a reason, at most.
pub const REASON_MOST: usize = 200;
/// Batches read at once.
const TOGETHER: u32 = 64;

/// A row that a person means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Choice<'a> {
    /// Whose.
    pub terminal: TerminalNumber,
    /// Of which journal.
    pub journal: &'a JournalId,
    /// Of which place.
    pub place: u64,
    /// Which of those that were brought for it.
    pub hash: Digest,
}

/// How a journal stands after a place of it was settled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chosen {
    /// Acknowledged up to here.
    pub watermark: u64,
    /// The next place of which there are two rows.
    pub doubt: Option<u64>,
    /// Batches with rows that count no more.
    pub rejected: u64,
}

/// Why nothing was settled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unchosen {
    /// This journal has no doubt, or is none.
    #[error("this journal has no doubt: look at `gate-hub doubts` again")]
    Clear,
    /// Another place comes first.
    #[error("the first place in doubt is row {found}, not {named}: look at `gate-hub doubts` again")]
    Other {
        /// As was said.
        named: u64,
        /// As it is.
        found: u64,
    },
    /// A person's word stands.
    #[error("row {place} was settled before: what was chosen stands until `gate-hub reopen-doubt`")]
    Settled {
        /// Which.
        place: u64,
    },
    /// Nobody brought it.
    #[error("no row of this hash was brought for row {place}: look at `gate-hub doubts` again")]
    Unsent {
        /// Of which place.
        place: u64,
    },
    /// It names another row as the one before.
    #[error(
        "this row does not follow row {before}, which is here: choose another, or wait for one that does"
    )]
    Unfit {
        /// Which is here.
        before: u64,
    },
}

/// A reason as the audit log takes it: one line of 1 to [`REASON_MOST`] letters.
#[must_use]
pub fn reason(words: &str) -> Option<&str> {
    let words = words.trim();
    let is_plain = !words.contains(char::is_control) && (1..=REASON_MOST).contains(&words.chars().count());
    is_plain.then_some(words)
}

/// Settles the first place in doubt of a journal with one of the rows that were brought for it.
///
/// # Errors
/// [`StoreFault`].
pub fn settle_doubt(
    db: &Db,
    choice: &Choice<'_>,
    why: &str,
    (who, now): (&str, Timestamp),
) -> Result<Result<Chosen, Unchosen>, StoreFault> {
    let (of, place) = ((choice.terminal.value(), &choice.journal.0), choice.place);
    if let Err(unchosen) = may_be(db, of, choice)? {
        return Ok(Err(unchosen));
    }
    let sql = "INSERT INTO settled VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    db.run(sql, values![of.0, of.1, place, &choice.hash.0, now.unix(), who, why])?;
    let rejected = reject_rivals(db, of, (place, choice.hash))?;
    take_back(db, of, place)?;
    let sql = "UPDATE journal SET doubt = NULL WHERE terminal = ?1 AND journal = ?2";
    db.run(sql, values![of.0, of.1])?;
    if let Some(next) = next_doubt(db, of, place)? {
        super::doubt_from(db, of, next, now)?;
    }
    chain::advance(db, of, now)?;
    let (journal, hash) = (crate::hex(of.1), crate::hex(&choice.hash.0));
    audit(db, (who, now), Deed::Settle, &[&of.0, &place, &journal, &hash, &why])?;
    Ok(Ok(Chosen { watermark: chain::stands(db, of)?.0, doubt: doubt(db, of)?, rejected }))
}

fn may_be(db: &Db, of: Of<'_>, choice: &Choice<'_>) -> Result<Result<(), Unchosen>, StoreFault> {
    let place = choice.place;
    let settled = "SELECT 1 FROM settled WHERE terminal = ?1 AND journal = ?2 AND place = ?3";
    if db.has(settled, values![of.0, of.1, place])? {
        return Ok(Err(Unchosen::Settled { place }));
    }
    let sql = "SELECT doubt FROM journal WHERE terminal = ?1 AND journal = ?2";
    let found: Option<Option<u64>> = db.first(sql, values![of.0, of.1], |row| row.get(0))?;
    let Some(found) = found.flatten() else { return Ok(Err(Unchosen::Clear)) };
    if found != place {
        return Ok(Err(Unchosen::Other { named: place, found }));
    }
    let here = held_at(db, of, place)?;
    let Some((_, chosen)) = here.iter().find(|(_, rows)| rows.hash(place) == Some(choice.hash)) else {
        return Ok(Err(Unchosen::Unsent { place }));
    };
    let before = place.saturating_sub(1);
    let held = holding(db, of, before)?.and_then(|rows| rows.hash(before));
    let fits = held.is_none() || held == chosen.before(place);
    Ok(if fits { Ok(()) } else { Err(Unchosen::Unfit { before }) })
}

/// Rejects the other rows of a place, and what is chained to them. How many batches there were.
pub(super) fn reject_rivals(db: &Db, of: Of<'_>, (place, hash): (u64, Digest)) -> Result<u64, StoreFault> {
    let others = held_at(db, of, place)?.into_iter().filter(|(_, rows)| rows.hash(place) != Some(hash));
    reject_all(db, of, others.map(|(id, rows)| (id, rows, place)).collect())
}

/// Batches that hold a place, but for those whose row of it was rejected.
fn held_at(db: &Db, of: Of<'_>, place: u64) -> Result<Vec<(u64, Rows)>, StoreFault> {
    let sql = "SELECT first, previous, hashes, place, id FROM batch LEFT JOIN rejected ON batch = id
        WHERE terminal = ?1 AND journal = ?2 AND first BETWEEN ?3 AND ?4 AND last >= ?4 AND (place IS NULL OR place > ?4)";
    let earliest = place.saturating_sub(ROWS_MOST as u64);
    db.all(sql, values![of.0, of.1, earliest, place], |row| Ok((row.get(4)?, Rows::read(row)?)))
}

/// From which place on the rows of a batch that comes are rejected: they are chained to one that is, or differ from what a person
/// chose, or from what is acknowledged before it.
pub(super) fn rejected_from(
    db: &Db,
    of: Of<'_>,
    rows: &Rows,
    compared: Compared,
) -> Result<Option<u64>, StoreFault> {
    let settled = "SELECT 1 FROM settled WHERE terminal = ?1 AND journal = ?2";
    if !db.has(settled, values![of.0, of.1])? {
        return Ok(None);
    }
    if is_chained_to_rejected(db, of, rows)? {
        return Ok(Some(rows.first));
    }
    let Compared::Differs(place) = compared else { return Ok(None) };
    let sql = "SELECT place, hash FROM settled WHERE terminal = ?1 AND journal = ?2 AND place >= ?3 AND (place <= ?4
        OR place <= (SELECT watermark FROM journal WHERE terminal = ?1 AND journal = ?2))";
    let read = |row: &Row| Ok((row.get(0)?, Digest(row.get(1)?)));
    let chosen: Vec<(u64, Digest)> = db.all(sql, values![of.0, of.1, place, rows.last()], read)?;
    // One that holds a chosen row is nobody's rival there: where it differs before, a person looks again.
    let holds_one = chosen.iter().any(|(place, hash)| rows.hash(*place) == Some(*hash));
    Ok((!chosen.is_empty() && !holds_one).then_some(place))
}

/// Whether the row that a batch names as the one before its first was rejected.
fn is_chained_to_rejected(db: &Db, of: Of<'_>, rows: &Rows) -> Result<bool, StoreFault> {
    let sql = "SELECT first, previous, hashes, NULL FROM batch JOIN rejected ON batch = id
        WHERE terminal = ?1 AND journal = ?2 AND first BETWEEN ?3 AND ?4 AND last >= ?4 AND place <= ?4";
    let before = rows.first.saturating_sub(1);
    let earliest = before.saturating_sub(ROWS_MOST as u64);
    let rejected: Vec<Rows> = db.all(sql, values![of.0, of.1, earliest, before], Rows::read)?;
    Ok(rejected.iter().any(|one| one.hash(before) == Some(rows.previous)))
}

/// Rejects a batch that came from a place on, and what is chained to it; of `rows`, those before it are left.
pub(super) fn reject(
    db: &Db,
    of: Of<'_>,
    (id, rows): (u64, &mut Rows),
    place: u64,
) -> Result<(), StoreFault> {
    let whole = Rows { first: rows.first, previous: rows.previous, hashes: rows.hashes.clone() };
    rows.cut(place);
    reject_all(db, of, vec![(id, whole, place)]).map(drop)
}

/// Rejects batches from a place on each, and whatever is chained to their rows from there on. How many there were.
fn reject_all(db: &Db, of: Of<'_>, mut waiting: Vec<(u64, Rows, u64)>) -> Result<u64, StoreFault> {
    let mut count = 0;
    while let Some((id, rows, place)) = waiting.pop() {
        let sql = "INSERT INTO rejected VALUES (?1, ?2)
            ON CONFLICT (batch) DO UPDATE SET place = excluded.place WHERE rejected.place > excluded.place";
        if db.run(sql, values![id, place])? == 0 {
            continue;
        }
        count += 1;
        let sql = "SELECT first, previous, hashes, place, id FROM batch LEFT JOIN rejected ON batch = id
            WHERE terminal = ?1 AND journal = ?2 AND first BETWEEN ?3 AND ?4 AND (place IS NULL OR place > first)";
        let read = |row: &Row| Ok((row.get(4)?, Rows::read(row)?));
        let near: Vec<(u64, Rows)> = db.all(sql, values![of.0, of.1, place + 1, rows.last() + 1], read)?;
        for (next, found) in near {
            if rows.hash(found.first - 1) == Some(found.previous) {
                let first = found.first;
                waiting.push((next, found, first));
            }
        }
    }
    Ok(count)
}

/// What was acknowledged of rows that are rejected now is taken back: their terminal never took that word, since it names a hash
/// that its own row does not have.
fn take_back(db: &Db, of: Of<'_>, place: u64) -> Result<(), StoreFault> {
    let (watermark, hash, has_begun) = chain::stands(db, of)?;
    if !has_begun {
        // It may have awaited the row before the one that is rejected.
        return chain::unbegin(db, of);
    }
    if watermark < place || holding(db, of, watermark)?.is_some_and(|rows| rows.hash(watermark) == Some(hash))
    {
        return Ok(());
    }
    let before = place.saturating_sub(1);
    match holding(db, of, before)?.and_then(|rows| rows.hash(before)) {
        Some(hash) => chain::begin(db, of, (before, hash)),
        None => chain::unbegin(db, of),
    }
}

/// The first place from `from` on of which there are still two rows, or one that does not fit.
pub(super) fn next_doubt(db: &Db, of: Of<'_>, from: u64) -> Result<Option<u64>, StoreFault> {
    let sql = "SELECT first, previous, hashes, place, id FROM batch LEFT JOIN rejected ON batch = id
        WHERE terminal = ?1 AND journal = ?2 AND last >= ?3 AND (place IS NULL OR place > first)
        AND (first > ?4 OR (first = ?4 AND id > ?5)) ORDER BY first, id LIMIT ?6";
    let (mut after, mut furthest, mut found) = ((0, 0), None::<Rows>, None::<u64>);
    loop {
        let read = |row: &Row| Ok((row.get(4)?, Rows::read(row)?));
        let batches: Vec<(u64, Rows)> =
            db.all(sql, values![of.0, of.1, from, after.0, after.1, TOGETHER], read)?;
        let Some((id, last)) = batches.last() else { return Ok(found) };
        after = (last.first, *id);
        for (_, rows) in batches {
            if found.is_some_and(|place| rows.first > place) {
                return Ok(found);
            }
            found =
                [found, furthest.as_ref().and_then(|one| one.parts_from(&rows))].into_iter().flatten().min();
            if furthest.as_ref().is_none_or(|one| one.last() < rows.last()) {
                furthest = Some(rows);
            }
        }
    }
}

#[cfg(test)]
mod tests;
