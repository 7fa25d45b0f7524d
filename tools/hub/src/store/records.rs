//! Batches, and how far each journal is held without a gap (docs/formats/records-way.md).
//! Promises: a row is kept once for each batch that brings something new; of two rows of one place that differ both are kept,
//! an alarm is raised, and nothing from there on is acknowledged until a person chooses one of them; the watermark is a row that is here with all before it, back
//! to the journal's beginning, but for what a person said is lost.
//! Must not know: who signed, what a row says.
//!
//! | what | module |
//! |---|---|
//! | a batch's places and hashes | `rows` |
//! | watermarks, and where a journal begins | `chain` |
//! | what is lost, named and settled | [`settle`] |
//! | two rows of one place, named | [`doubts`] |
//! | of two such rows, the one that a person chose | [`choose`] |
//! | such a word, taken back | [`reopen`] |
//! | both rows, side by side | [`sides`] |

mod chain;
pub mod choose;
pub mod doubts;
pub mod reopen;
mod rows;
pub mod settle;
pub mod sides;

use gate_core::query::{Sequence, TerminalNumber};
use gate_core::records::batch::{ProvenBatch, ROWS_MOST};
use gate_core::records::{JournalId, NOTHING_BEFORE};
use gate_proof::digest::{Digest, sha256};
use gate_wire::time::Timestamp;

use self::rows::Rows;
use super::db::{Row, Value};
use super::log::{Alarm, Deed, audit, raise};
use super::{Db, StoreFault};
use crate::values;

/// Places end here: a terminal's query numbers have 44 bits (DOMAIN §17).
pub const PLACES_END: u64 = 1 << 44;
/// Journals of a terminal that are acknowledged at once: what a carrier takes in one answer.
pub const JOURNALS_TOLD: u32 = 64;
/// The day from which hours are counted for epochs: 2026-01-01.
const EPOCHS_BEGIN_S: u64 = 1_767_225_600;

/// A journal of a terminal.
type Of<'a> = (u32, &'a [u8; 16]);

/// What a batch came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// It holds rows that are new here.
    Kept,
    /// Every row of it was here.
    Known,
    /// It disagrees with what was here: both are kept.
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

/// Takes a batch whose signature held and whose places are below [`PLACES_END`].
///
/// # Errors
/// [`StoreFault`].
pub fn take(db: &Db, bytes: &[u8], batch: &ProvenBatch<'_>, now: Timestamp) -> Result<Taken, StoreFault> {
    let header = batch.header();
    let (of, digest) = ((header.terminal.value(), &header.journal.0), sha256(&[bytes]).0);
    let known = "SELECT 1 FROM batch WHERE digest = ?1";
    if db.has(known, values![&digest])? {
        return Ok(Taken::Known);
    }
    let mut rows = Rows::of(batch);
    let compared = compare(db, of, &rows)?;
    if compared == Compared::Here {
        return Ok(Taken::Known);
    }
    let rejected = choose::rejected_from(db, of, &rows, compared)?;
    let id = insert(db, of, &rows, (digest, bytes, now))?;
    match (rejected, compared) {
        (Some(place), _) => choose::reject(db, of, (id, &mut rows), place)?,
        (None, Compared::Differs(place)) => doubt_from(db, of, place, now)?,
        (None, _) => {}
    }
    chain::advance(db, of, now)?;
    for (waiting, awaits) in chain::woken_by(db, of, &rows)? {
        chain::wake(db, (of.0, &waiting), &awaits, now)?;
    }
    let fits = compared == Compared::New && rejected.is_none();
    Ok(if fits { Taken::Kept } else { Taken::Doubted })
}

/// What a batch is beside the rows that are here. Rows that were rejected are not: a batch counts up to the row before.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Compared {
    /// Every row of it is here.
    Here,
    /// It has a row that is not here, and none that differs.
    New,
    /// The first place where another row is here.
    Differs(u64),
}

/// Compares with one row that is here at each place. Others of that place were compared with it when they came: where they
/// differ, a doubt stands already, at that place or before it.
fn compare(db: &Db, of: Of<'_>, rows: &Rows) -> Result<Compared, StoreFault> {
    let (mut at, mut compared) = (rows.first, Compared::Here);
    while at <= rows.last() {
        let Some(here) = holding(db, of, at)? else {
            compared = Compared::New;
            let Some(next) = next_held(db, of, at)? else { break };
            at = next;
            continue;
        };
        if let Some(place) = here.differs(rows, at) {
            return Ok(Compared::Differs(place));
        }
        at = here.last() + 1;
    }
    Ok(compared)
}

/// The first place after this one at which a batch begins.
fn next_held(db: &Db, of: Of<'_>, place: u64) -> Result<Option<u64>, StoreFault> {
    let sql = "SELECT first FROM batch LEFT JOIN rejected ON batch = id
        WHERE terminal = ?1 AND journal = ?2 AND first > ?3 AND (place IS NULL OR place > first)
        ORDER BY first LIMIT 1";
    db.first(sql, values![of.0, of.1, place], |row| row.get(0))
}

fn insert(
    db: &Db,
    of: Of<'_>,
    rows: &Rows,
    (digest, bytes, now): ([u8; 32], &[u8], Timestamp),
) -> Result<u64, StoreFault> {
    let sql = "INSERT INTO batch (terminal, journal, first, last, previous, hashes, digest, received, bytes)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) RETURNING id";
    let (first, last, previous) = (rows.first, rows.last(), &rows.previous.0);
    let row = values![of.0, of.1, first, last, previous, &rows.hashes, &digest, now.unix(), bytes];
    let id = db.one(sql, row, |row| row.get(0))?;
    let sql = "INSERT INTO journal (terminal, journal, watermark, hash, begun) VALUES (?1, ?2, 0, ?3, 0)
        ON CONFLICT DO NOTHING";
    db.run(sql, values![of.0, of.1, &NOTHING_BEFORE.0])?;
    Ok(id)
}

/// From this place on nothing is acknowledged; an alarm is raised when it is news.
fn doubt_from(db: &Db, of: Of<'_>, place: u64, now: Timestamp) -> Result<(), StoreFault> {
    let sql = "UPDATE journal SET doubt = ?3 WHERE terminal = ?1 AND journal = ?2 AND (doubt IS NULL OR doubt > ?3)";
    if db.run(sql, values![of.0, of.1, place])? > 0 {
        raise(db, of.0, (Alarm::Doubt, &place), now)?;
    }
    Ok(())
}

/// A batch that holds this place, the one that reaches furthest.
fn holding(db: &Db, of: Of<'_>, place: u64) -> Result<Option<Rows>, StoreFault> {
    // Found by the index alone; only one batch's hashes are read.
    let sql = "SELECT first, previous, hashes, place FROM batch LEFT JOIN rejected ON batch = id
        WHERE id = (SELECT id FROM batch LEFT JOIN rejected ON batch = id
            WHERE terminal = ?1 AND journal = ?2 AND first BETWEEN ?3 AND ?4 AND last >= ?4 AND (place IS NULL OR place > ?4)
            ORDER BY coalesce(place - 1, last) DESC LIMIT 1)";
    let earliest = place.saturating_sub(ROWS_MOST as u64);
    db.first(sql, values![of.0, of.1, earliest, place], Rows::read)
}

/// A journal of a terminal.
///
/// # Errors
/// [`StoreFault`].
pub fn held(db: &Db, terminal: TerminalNumber, journal: &JournalId) -> Result<Option<Held>, StoreFault> {
    let sql = "SELECT journal, watermark, hash FROM journal WHERE terminal = ?1 AND journal = ?2";
    db.first(sql, values![terminal.value(), &journal.0], read_held)
}

/// The journals of a terminal, the one that reaches furthest first, at most `most`.
///
/// # Errors
/// [`StoreFault`].
pub fn all_held(db: &Db, terminal: TerminalNumber, most: u32) -> Result<Vec<Held>, StoreFault> {
    let sql =
        "SELECT journal, watermark, hash FROM journal WHERE terminal = ?1 ORDER BY watermark DESC LIMIT ?2";
    db.all(sql, values![terminal.value(), most], read_held)
}

fn read_held(row: &Row) -> Result<Held, StoreFault> {
    let watermark = Sequence(row.get(1)?);
    Ok(Held { journal: JournalId(row.get(0)?), watermark, hash: Digest(row.get(2)?) })
}

/// The number of the database's life since it was last put back from a copy.
///
/// # Errors
/// [`StoreFault`].
pub fn epoch(db: &Db) -> Result<u32, StoreFault> {
    db.one("SELECT epoch FROM hub", &[], |row| row.get(0))
}

/// The epoch after the database was put back from a copy that may be older than any copy before: above its own, above the
/// one `noted` outside it, and not below the hours since 2026, so that two copies of before never lead to one epoch.
///
/// # Errors
/// [`StoreFault`].
pub fn next_epoch(db: &Db, noted: u32, now: Timestamp) -> Result<u32, StoreFault> {
    let hours = u32::try_from(now.unix().saturating_sub(EPOCHS_BEGIN_S) / 3600).unwrap_or(u32::MAX);
    Ok(epoch(db)?.max(noted).saturating_add(1).max(hours))
}

/// From now on acknowledgements carry this epoch, and the server that there is now is the one. Every enrolment code ends: a copy
/// holds codes as open that were used or withdrawn since.
///
/// # Errors
/// [`StoreFault`].
pub fn restored(db: &Db, epoch: u32, by: &str, now: Timestamp) -> Result<(), StoreFault> {
    let lineage = db.lineage()?;
    let lineage = lineage.as_deref().map_or(Value::Null, Value::Text);
    db.run("UPDATE hub SET epoch = ?1, lineage = ?2", &[epoch.into(), lineage])?;
    super::terminals::withdraw_all(db)?;
    audit(db, (by, now), Deed::Restore, &[&epoch])
}

#[cfg(test)]
mod tests;
