//! Watermarks, and where a journal begins.
//! Promises: a watermark moves over rows that follow one another alone; a journal begins where there was nothing before, or on
//! a row of another journal of its terminal, whichever of the two comes first.
//! Must not know: what a person said is lost.

use gate_core::records::NOTHING_BEFORE;
use gate_proof::digest::Digest;
use gate_wire::time::Timestamp;
use rusqlite::{Connection, Error, OptionalExtension, Row, params};

use super::rows::{Rows, prefix};
use super::{Of, doubt_from, holding};
use crate::store::{signed, unsigned};

/// Moves a journal's watermark over everything that follows it without a gap.
pub(super) fn advance(db: &Connection, of: Of<'_>, now: Timestamp) -> Result<(), Error> {
    let sql = "SELECT watermark, hash, begun, doubt FROM journal WHERE terminal = ?1 AND journal = ?2";
    let read = |row: &Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?));
    let (at, hash, begun, doubt): (i64, [u8; 32], bool, Option<i64>) =
        db.prepare_cached(sql)?.query_row(params![of.0, of.1], read)?;
    let start = match begun {
        true => Some((unsigned(at), Digest(hash))),
        false => beginning(db, of)?,
    };
    let Some(start) = start else { return Ok(()) };
    let reached = follow(db, of, start, (doubt.map_or(u64::MAX, unsigned), now))?;
    if reached.0 > start.0 { begin(db, of, reached) } else { Ok(()) }
}

/// The last row that follows on `start` without a gap, before `end`.
fn follow(
    db: &Connection,
    of: Of<'_>,
    (mut at, mut hash): (u64, Digest),
    (end, now): (u64, Timestamp),
) -> Result<(u64, Digest), Error> {
    while at + 1 < end {
        let Some(rows) = holding(db, of, at + 1)? else { break };
        if rows.before(at + 1) != Some(hash) {
            doubt_from(db, of, at + 1, now)?;
            break;
        }
        at = rows.last().min(end - 1);
        hash = rows.hash(at).unwrap_or(hash);
    }
    Ok((at, hash))
}

/// From here on the journal's rows are held.
pub(super) fn begin(db: &Connection, of: Of<'_>, (at, hash): (u64, Digest)) -> Result<(), Error> {
    let sql = "UPDATE journal SET watermark = ?3, hash = ?4, begun = 1, awaits = NULL WHERE terminal = ?1 AND journal = ?2";
    db.prepare_cached(sql)?.execute(params![of.0, of.1, signed(at), hash.0]).map(drop)
}

/// Notes which row a journal begins on, when this batch is the earliest of it that is here.
pub(super) fn await_beginning(db: &Connection, of: Of<'_>, rows: &Rows) -> Result<(), Error> {
    let sql = "UPDATE journal SET awaits = ?3 WHERE terminal = ?1 AND journal = ?2 AND begun = 0
        AND ?4 = (SELECT min(first) FROM batch WHERE terminal = ?1 AND journal = ?2)";
    let bounds = params![of.0, of.1, rows.previous.0, signed(rows.first)];
    db.prepare_cached(sql)?.execute(bounds).map(drop)
}

/// Journals that begin on a row of this batch.
pub(super) fn woken_by(db: &Connection, of: Of<'_>, rows: &Rows) -> Result<Vec<[u8; 16]>, Error> {
    let any = "SELECT 1 FROM journal WHERE terminal = ?1 AND journal <> ?2 AND awaits IS NOT NULL LIMIT 1";
    let mut woken = Vec::new();
    if !db.prepare_cached(any)?.exists(params![of.0, of.1])? {
        return Ok(woken);
    }
    let sql = "SELECT journal FROM journal WHERE terminal = ?1 AND awaits = ?2 AND journal <> ?3";
    let mut statement = db.prepare_cached(sql)?;
    for hash in rows.each() {
        for journal in statement.query_map(params![of.0, hash, of.1], |row| row.get(0))? {
            woken.push(journal?);
        }
    }
    Ok(woken)
}

/// What stands before a journal's first row, if that row is here: nothing, or a row of another journal of this terminal. A
/// batch that came before an earlier one of its journal begins nothing.
fn beginning(db: &Connection, of: Of<'_>) -> Result<Option<(u64, Digest)>, Error> {
    let Some((first, previous)) = earliest(db, of)? else { return Ok(None) };
    let begins = previous == NOTHING_BEFORE || is_of_another(db, of, &previous)?;
    Ok(begins.then_some((first.saturating_sub(1), previous)))
}

/// Place of the first row of a journal that is here, and the hash that it names as the one before.
pub(super) fn earliest(db: &Connection, of: Of<'_>) -> Result<Option<(u64, Digest)>, Error> {
    let sql = "SELECT first, previous FROM batch WHERE terminal = ?1 AND journal = ?2 ORDER BY first LIMIT 1";
    let read = |row: &Row<'_>| Ok((unsigned(row.get(0)?), Digest(row.get(1)?)));
    db.prepare_cached(sql)?.query_row(params![of.0, of.1], read).optional()
}

/// Whether a row of another journal of this terminal has this hash.
fn is_of_another(db: &Connection, of: Of<'_>, hash: &Digest) -> Result<bool, Error> {
    let sql = "SELECT first, previous, hashes FROM batch
        WHERE id IN (SELECT batch FROM row_hash WHERE terminal = ?1 AND prefix = ?2) AND journal <> ?3";
    let mut statement = db.prepare_cached(sql)?;
    for rows in statement.query_map(params![of.0, prefix(hash), of.1], Rows::read)? {
        if rows?.each().any(|row| row == hash.0) {
            return Ok(true);
        }
    }
    Ok(false)
}
