//! Watermarks, and where a journal begins.
//! Promises: a watermark moves over rows that follow one another alone, and over what a person said is lost; a journal begins where there was nothing before, or on
//! a row of another journal of its terminal, whichever of the two comes first; all of a terminal's batches are looked through for
//! that row when a journal's earliest batch comes and then no more, and so often a day.
//! Must not know: why anything is lost.

use gate_core::records::NOTHING_BEFORE;
use gate_proof::digest::Digest;
use gate_wire::time::Timestamp;

use super::rows::Rows;
use super::{Of, doubt_from, holding, next_held};
use crate::store::db::Row;
use crate::store::{Db, StoreFault};
use crate::values;

/// How often a day all of a terminal's batches are looked through: each journal that is new needs it once or twice.
const SEARCHES_A_DAY: u32 = 32;

/// A journal that has not begun, and the hash of the row that it begins on.
type Waiting = ([u8; 16], [u8; 32]);

/// Moves a journal's watermark over everything that follows it without a gap.
pub(super) fn advance(db: &Db, of: Of<'_>, now: Timestamp) -> Result<(), StoreFault> {
    let start = match stands(db, of)? {
        (at, hash, true) => Some((at, hash)),
        (_, _, false) => beginning(db, of, now)?,
    };
    start.map_or(Ok(()), |start| go_on(db, of, start, now))
}

/// The row came that a journal awaits: it begins, unless an earlier batch of it came that awaits another.
pub(super) fn wake(db: &Db, of: Of<'_>, awaits: &[u8; 32], now: Timestamp) -> Result<(), StoreFault> {
    match earliest(db, of)? {
        Some((first, previous)) if previous.0 == *awaits => {
            go_on(db, of, (first.saturating_sub(1), previous), now)
        }
        _ => Ok(()),
    }
}

/// A journal's watermark, its hash, and whether it has begun.
pub(super) fn stands(db: &Db, of: Of<'_>) -> Result<(u64, Digest, bool), StoreFault> {
    let sql = "SELECT watermark, hash, begun FROM journal WHERE terminal = ?1 AND journal = ?2";
    db.one(sql, values![of.0, of.1], |row| Ok((row.get(0)?, Digest(row.get(1)?), row.get(2)?)))
}

fn go_on(db: &Db, of: Of<'_>, start: (u64, Digest), now: Timestamp) -> Result<(), StoreFault> {
    let sql = "SELECT doubt FROM journal WHERE terminal = ?1 AND journal = ?2";
    let doubt: Option<u64> = db.one(sql, values![of.0, of.1], |row| row.get(0))?;
    let reached = follow(db, of, start, (doubt.unwrap_or(u64::MAX), now))?;
    if reached.0 > start.0 { begin(db, of, reached) } else { Ok(()) }
}

/// The last row that follows on `start` without a gap, before `end`.
fn follow(
    db: &Db,
    of: Of<'_>,
    (mut at, mut hash): (u64, Digest),
    (end, now): (u64, Timestamp),
) -> Result<(u64, Digest), StoreFault> {
    while at + 1 < end {
        let Some(rows) = holding(db, of, at + 1)? else {
            let Some(over) = over_gap(db, of, at + 1)?.filter(|(last, _)| last + 1 < end) else { break };
            (at, hash) = over;
            continue;
        };
        if rows.before(at + 1) != Some(hash) {
            doubt_from(db, of, at + 1, now)?;
            break;
        }
        at = rows.last().min(end - 1);
        hash = rows.hash(at).unwrap_or(hash);
    }
    Ok((at, hash))
}

/// The last row of those that a person said are lost, from `place` on, and the hash that the row behind it names.
fn over_gap(db: &Db, of: Of<'_>, place: u64) -> Result<Option<(u64, Digest)>, StoreFault> {
    let Some(next) = next_held(db, of, place)? else { return Ok(None) };
    let sql = "SELECT 1 FROM gap WHERE terminal = ?1 AND journal = ?2 AND first <= ?3 AND last = ?4";
    if !db.has(sql, values![of.0, of.1, place, next - 1])? {
        return Ok(None);
    }
    let rows = holding(db, of, next)?;
    Ok(rows.and_then(|rows| rows.before(next)).map(|hash| (next - 1, hash)))
}

/// From here on the journal's rows are held.
pub(super) fn begin(db: &Db, of: Of<'_>, (at, hash): (u64, Digest)) -> Result<(), StoreFault> {
    let sql = "UPDATE journal SET watermark = ?3, hash = ?4, begun = 1, awaits = NULL WHERE terminal = ?1 AND journal = ?2";
    db.run(sql, values![of.0, of.1, at, &hash.0]).map(drop)
}

/// The journal stands as if no row of it were held: the walk goes over it anew.
pub(super) fn unbegin(db: &Db, of: Of<'_>) -> Result<(), StoreFault> {
    let sql = "UPDATE journal SET watermark = 0, hash = ?3, begun = 0, awaits = NULL WHERE terminal = ?1 AND journal = ?2";
    db.run(sql, values![of.0, of.1, &NOTHING_BEFORE.0]).map(drop)
}

/// Journals that await a row of this batch, and which.
pub(super) fn woken_by(db: &Db, of: Of<'_>, rows: &Rows) -> Result<Vec<Waiting>, StoreFault> {
    let sql = "SELECT journal, awaits FROM journal
        WHERE terminal = ?1 AND journal <> ?2 AND awaits IS NOT NULL";
    let read = |row: &Row| Ok((row.get(0)?, row.get(1)?));
    let mut waiting: Vec<Waiting> = db.all(sql, values![of.0, of.1], read)?;
    waiting.retain(|(_, awaits)| rows.each().any(|hash| hash == awaits));
    Ok(waiting)
}

/// What stands before a journal's first row, if that row is here: nothing, or a row of another journal of this terminal. A
/// batch that came before an earlier one of its journal begins nothing.
fn beginning(db: &Db, of: Of<'_>, now: Timestamp) -> Result<Option<(u64, Digest)>, StoreFault> {
    let Some((first, previous)) = earliest(db, of)? else { return Ok(None) };
    let begins = previous == NOTHING_BEFORE
        || over_gap(db, of, first.saturating_sub(1))?.is_some()
        || is_found(db, of, &previous, now)?;
    Ok(begins.then_some((first.saturating_sub(1), previous)))
}

/// Place of the first row of a journal that is here, and the hash that it names as the one before.
pub(super) fn earliest(db: &Db, of: Of<'_>) -> Result<Option<(u64, Digest)>, StoreFault> {
    let sql = "SELECT first, previous FROM batch LEFT JOIN rejected ON batch = id
        WHERE terminal = ?1 AND journal = ?2 AND (place IS NULL OR place > first) ORDER BY first LIMIT 1";
    db.first(sql, values![of.0, of.1], |row| Ok((row.get(0)?, Digest(row.get(1)?))))
}

/// Whether a row of another journal of this terminal has this hash. Once it was looked for in vain, only a batch that comes
/// can have it ([`woken_by`]); a terminal that makes this look too often waits for the next day.
fn is_found(db: &Db, of: Of<'_>, hash: &Digest, now: Timestamp) -> Result<bool, StoreFault> {
    let sql = "SELECT awaits FROM journal WHERE terminal = ?1 AND journal = ?2";
    let awaits: Option<[u8; 32]> = db.one(sql, values![of.0, of.1], |row| row.get(0))?;
    if awaits == Some(hash.0) || !may_search(db, of.0, now)? {
        return Ok(false);
    }
    if is_of_another(db, of, hash)? {
        return Ok(true);
    }
    let sql = "UPDATE journal SET awaits = ?3 WHERE terminal = ?1 AND journal = ?2";
    db.run(sql, values![of.0, of.1, &hash.0])?;
    Ok(false)
}

fn is_of_another(db: &Db, of: Of<'_>, hash: &Digest) -> Result<bool, StoreFault> {
    let sql = "SELECT first, previous, hashes, place FROM batch LEFT JOIN rejected ON batch = id
        WHERE terminal = ?1 AND journal <> ?2 AND instr(hashes, ?3) > 0
        AND (place IS NULL OR place > first + (instr(hashes, ?3) - 1) / 32) LIMIT 1";
    let found = db.first(sql, values![of.0, of.1, &hash.0], Rows::read)?;
    Ok(found.is_some_and(|rows| rows.each().any(|row| row == hash.0)))
}

/// Counts one look through all batches; `false` if there were enough today.
fn may_search(db: &Db, terminal: u32, now: Timestamp) -> Result<bool, StoreFault> {
    let sql = "INSERT INTO intake (terminal, day, searches) VALUES (?1, ?2, 1) ON CONFLICT (terminal, day)
        DO UPDATE SET searches = intake.searches + 1 WHERE intake.searches < ?3";
    Ok(db.run(sql, values![terminal, now.civil_day().0, SEARCHES_A_DAY])? > 0)
}
