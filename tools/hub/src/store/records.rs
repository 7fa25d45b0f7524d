//! Batches, and how far each journal is held without a gap (docs/formats/records-way.md).
//! Promises: a batch is kept once; of two rows of one place that differ both are kept, an alarm is raised, and nothing from
//! there on is acknowledged; the watermark is a row that is here with all before it, back to the journal's beginning.
//! Must not know: who signed, what a row says.

use gate_core::query::{Sequence, TerminalNumber};
use gate_core::records::batch::{ProvenBatch, ROWS_MOST};
use gate_core::records::{JournalId, NOTHING_BEFORE};
use gate_proof::digest::{DIGEST_BYTES, Digest, sha256};
use gate_wire::time::Timestamp;
use rusqlite::{Connection, Error, OptionalExtension, Row, params};

use super::{signed, unsigned};

/// Batches looked at where one might overlap, or end before another journal begins.
const NEIGHBOURS: i64 = 64;

/// What a batch came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// New here.
    Kept,
    /// It was here.
    Known,
    /// New, and it disagrees with what was here: both are kept.
    Doubted,
}

/// How far a journal is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Held {
    /// Which.
    pub journal: JournalId,
    /// The last row that is here with all before it; 0 if none.
    pub watermark: Sequence,
    /// Its hash.
    pub hash: Digest,
}

/// A batch as it is looked at again: places and hashes.
struct Rows {
    first: u64,
    previous: Digest,
    hashes: Vec<u8>,
}

impl Rows {
    fn read(row: &Row<'_>) -> Result<Rows, Error> {
        Ok(Rows { first: unsigned(row.get(0)?), previous: Digest(row.get(1)?), hashes: row.get(2)? })
    }

    fn of(batch: &ProvenBatch<'_>) -> Rows {
        let journal = batch.header().journal;
        let hashes = batch.rows().flat_map(|row| row.hash(&journal).0).collect();
        Rows { first: batch.header().first.0, previous: batch.header().previous, hashes }
    }

    fn last(&self) -> u64 {
        (self.first + (self.hashes.len() / DIGEST_BYTES) as u64).saturating_sub(1)
    }

    fn hash(&self, place: u64) -> Option<Digest> {
        let at = usize::try_from(place.checked_sub(self.first)?).ok()?.checked_mul(DIGEST_BYTES)?;
        let bytes = self.hashes.get(at..at.checked_add(DIGEST_BYTES)?)?;
        bytes.try_into().ok().map(Digest)
    }

    /// The hash that the row at this place names as the one before.
    fn before(&self, place: u64) -> Option<Digest> {
        if place == self.first { Some(self.previous) } else { self.hash(place.checked_sub(1)?) }
    }

    /// The first place at which two batches hold different rows.
    fn differs(&self, other: &Rows) -> Option<u64> {
        let (from, to) = (self.first.max(other.first), self.last().min(other.last()));
        // A row's hash covers the ones before: where the ends agree, all agree.
        (from..=to).find(|place| self.hash(*place) != other.hash(*place))
    }
}

/// Takes a batch whose signature held.
///
/// # Errors
/// SQLite's.
pub fn take(db: &Connection, bytes: &[u8], batch: &ProvenBatch<'_>, now: Timestamp) -> Result<Taken, Error> {
    let header = batch.header();
    let (terminal, journal, digest) = (header.terminal.value(), header.journal.0, sha256(&[bytes]).0);
    let known = "SELECT 1 FROM batch WHERE digest = ?1";
    if db.prepare_cached(known)?.exists([digest])? {
        return Ok(Taken::Known);
    }
    let rows = Rows::of(batch);
    let doubt =
        overlapping(db, terminal, &journal, &rows)?.iter().filter_map(|here| here.differs(&rows)).min();
    db.prepare_cached(
        "INSERT INTO batch (terminal, journal, first, last, previous, hashes, digest, received, bytes)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    )?
    .execute(params![
        terminal,
        journal,
        signed(rows.first),
        signed(rows.last()),
        rows.previous.0,
        rows.hashes,
        digest,
        signed(now.unix()),
        bytes
    ])?;
    db.prepare_cached("INSERT OR IGNORE INTO journal VALUES (?1, ?2, 0, ?3, 0, NULL)")?.execute(params![
        terminal,
        journal,
        NOTHING_BEFORE.0
    ])?;
    if let Some(place) = doubt {
        doubt_from(db, (terminal, &journal), place, now)?;
    }
    advance(db, (terminal, &journal), now)?;
    for waiting in not_begun(db, terminal)? {
        advance(db, (terminal, &waiting), now)?;
    }
    Ok(if doubt.is_some() { Taken::Doubted } else { Taken::Kept })
}

fn overlapping(db: &Connection, terminal: u32, journal: &[u8; 16], rows: &Rows) -> Result<Vec<Rows>, Error> {
    let sql = "SELECT first, previous, hashes FROM batch
        WHERE terminal = ?1 AND journal = ?2 AND first BETWEEN ?3 AND ?4 AND last >= ?5 ORDER BY first LIMIT ?6";
    let earliest = rows.first.saturating_sub(ROWS_MOST as u64);
    let mut statement = db.prepare_cached(sql)?;
    let bounds =
        params![terminal, journal, signed(earliest), signed(rows.last()), signed(rows.first), NEIGHBOURS];
    statement.query_map(bounds, Rows::read)?.collect()
}

/// From this place on nothing is acknowledged; an alarm is raised when it is news.
fn doubt_from(db: &Connection, of: (u32, &[u8; 16]), place: u64, now: Timestamp) -> Result<(), Error> {
    let changed = db
        .prepare_cached(
            "UPDATE journal SET doubt = ?3 WHERE terminal = ?1 AND journal = ?2 AND (doubt IS NULL OR doubt > ?3)",
        )?
        .execute(params![of.0, of.1, signed(place)])?;
    if changed > 0 {
        let words = format!("row {place}: two that differ, or one that does not fit; both are kept");
        alarm(db, of.0, &words, now)?;
    }
    Ok(())
}

/// Raises an alarm.
///
/// # Errors
/// SQLite's.
pub fn alarm(db: &Connection, terminal: u32, words: &str, now: Timestamp) -> Result<(), Error> {
    let sql = "INSERT INTO alarm (at, terminal, words) VALUES (?1, ?2, ?3)";
    db.prepare_cached(sql)?.execute(params![signed(now.unix()), terminal, words]).map(drop)
}

/// Moves a journal's watermark over everything that follows it without a gap.
fn advance(db: &Connection, of: (u32, &[u8; 16]), now: Timestamp) -> Result<(), Error> {
    let sql = "SELECT watermark, hash, begun, doubt FROM journal WHERE terminal = ?1 AND journal = ?2";
    let read = |row: &Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?));
    let (at, hash, begun, doubt): (i64, [u8; 32], bool, Option<i64>) =
        db.prepare_cached(sql)?.query_row(params![of.0, of.1], read)?;
    let start = match begun {
        true => Some((unsigned(at), Digest(hash))),
        false => beginning(db, of)?,
    };
    let Some((start, mut hash)) = start else { return Ok(()) };
    let mut at = start;
    let end = doubt.map_or(u64::MAX, unsigned);
    while at + 1 < end {
        let Some(rows) = holding(db, of, at + 1)? else { break };
        if rows.before(at + 1) != Some(hash) {
            doubt_from(db, of, at + 1, now)?;
            break;
        }
        at = rows.last().min(end - 1);
        hash = rows.hash(at).unwrap_or(hash);
    }
    if at == start {
        return Ok(());
    }
    let sql = "UPDATE journal SET watermark = ?3, hash = ?4, begun = 1 WHERE terminal = ?1 AND journal = ?2";
    db.prepare_cached(sql)?.execute(params![of.0, of.1, signed(at), hash.0]).map(drop)
}

/// Journals whose first row was not known yet: what just came may be what it stands on.
fn not_begun(db: &Connection, terminal: u32) -> Result<Vec<[u8; 16]>, Error> {
    let sql = "SELECT journal FROM journal WHERE terminal = ?1 AND begun = 0 LIMIT ?2";
    db.prepare_cached(sql)?.query_map(params![terminal, NEIGHBOURS], |row| row.get(0))?.collect()
}

/// A batch that holds this place, the one that reaches furthest.
fn holding(db: &Connection, of: (u32, &[u8; 16]), place: u64) -> Result<Option<Rows>, Error> {
    let sql = "SELECT first, previous, hashes FROM batch
        WHERE terminal = ?1 AND journal = ?2 AND first BETWEEN ?3 AND ?4 AND last >= ?4 ORDER BY last DESC LIMIT 1";
    let earliest = place.saturating_sub(ROWS_MOST as u64);
    let bounds = params![of.0, of.1, signed(earliest), signed(place)];
    db.prepare_cached(sql)?.query_row(bounds, Rows::read).optional()
}

/// What stands before a journal's first row, if that row is here: nothing, or a row of another journal of this terminal. A
/// batch that came before an earlier one of its journal begins nothing.
fn beginning(db: &Connection, of: (u32, &[u8; 16])) -> Result<Option<(u64, Digest)>, Error> {
    let sql = "SELECT first, previous, hashes FROM batch WHERE terminal = ?1 AND journal = ?2 ORDER BY first LIMIT 1";
    let first = db.prepare_cached(sql)?.query_row(params![of.0, of.1], Rows::read).optional()?;
    let Some(first) = first else { return Ok(None) };
    let begins = first.previous == NOTHING_BEFORE || ends_another(db, of, first.previous)?;
    Ok(begins.then_some((first.first - 1, first.previous)))
}

fn ends_another(db: &Connection, of: (u32, &[u8; 16]), hash: Digest) -> Result<bool, Error> {
    let sql = "SELECT first, previous, hashes FROM batch
        WHERE terminal = ?1 AND journal <> ?2 ORDER BY last DESC LIMIT ?3";
    let mut statement = db.prepare_cached(sql)?;
    let rows = statement.query_map(params![of.0, of.1, NEIGHBOURS], Rows::read)?;
    for rows in rows {
        let rows = rows?;
        if (rows.first..=rows.last()).any(|place| rows.hash(place) == Some(hash)) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// A journal of a terminal.
///
/// # Errors
/// SQLite's.
pub fn held(db: &Connection, terminal: TerminalNumber, journal: &JournalId) -> Result<Option<Held>, Error> {
    let sql = "SELECT journal, watermark, hash FROM journal WHERE terminal = ?1 AND journal = ?2";
    let bounds = params![terminal.value(), journal.0];
    db.prepare_cached(sql)?.query_row(bounds, read_held).optional()
}

/// The journals of a terminal, the one that reaches furthest first, at most `most`.
///
/// # Errors
/// SQLite's.
pub fn all_held(db: &Connection, terminal: TerminalNumber, most: u32) -> Result<Vec<Held>, Error> {
    let sql =
        "SELECT journal, watermark, hash FROM journal WHERE terminal = ?1 ORDER BY watermark DESC LIMIT ?2";
    let mut statement = db.prepare_cached(sql)?;
    statement.query_map(params![terminal.value(), most], read_held)?.collect()
}

fn read_held(row: &Row<'_>) -> Result<Held, Error> {
    let watermark = Sequence(unsigned(row.get(1)?));
    Ok(Held { journal: JournalId(row.get(0)?), watermark, hash: Digest(row.get(2)?) })
}

/// How often the hub was restored from a copy.
///
/// # Errors
/// SQLite's.
pub fn epoch(db: &Connection) -> Result<u32, Error> {
    db.prepare_cached("SELECT epoch FROM hub")?.query_row([], |row| row.get(0))
}

/// After the database was restored from a copy: what it said before may be more than it holds now.
///
/// # Errors
/// SQLite's.
pub fn restored(db: &Connection) -> Result<u32, Error> {
    db.execute("UPDATE hub SET epoch = epoch + 1", [])?;
    epoch(db)
}

#[cfg(test)]
mod tests;
