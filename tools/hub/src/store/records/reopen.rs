//! A person's word on a row, taken back: its place is in doubt again, and so is every later one of that journal that a person settled.
//! Promises: nothing is deleted: the word stays written down with who took it back and why; what it made count no more counts again,
//! unless an earlier word stands against it; what was acknowledged stands until somebody chooses otherwise.
//! Must not know: which row is true.

use gate_core::query::TerminalNumber;
use gate_core::records::JournalId;
use gate_proof::digest::Digest;
use gate_wire::time::Timestamp;

use super::choose::{next_doubt, reject_rivals};
use super::settle::doubt;
use super::{Of, chain, doubt_from};
use crate::store::db::Row;
use crate::store::log::{Deed, audit};
use crate::store::{Db, StoreFault};
use crate::values;

/// How a journal stands after a word was taken back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reopened {
    /// Places whose words fell: this one, and later ones, which were said of the chain that went on from it.
    pub words: u64,
    /// The first place in doubt now.
    pub doubt: Option<u64>,
}

/// Why nothing was taken back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unopened {
    /// Nobody settled it.
    #[error("row {place} of this journal is not settled: look at `gate-hub doubts` again")]
    Unsettled {
        /// Which.
        place: u64,
    },
}

/// Takes the word on a place back.
///
/// # Errors
/// [`StoreFault`].
pub fn reopen(
    db: &Db,
    (terminal, journal, place): (TerminalNumber, &JournalId, u64),
    why: &str,
    (who, now): (&str, Timestamp),
) -> Result<Result<Reopened, Unopened>, StoreFault> {
    let of = (terminal.value(), &journal.0);
    let settled = "SELECT 1 FROM settled WHERE terminal = ?1 AND journal = ?2 AND place = ?3";
    if !db.has(settled, values![of.0, of.1, place])? {
        return Ok(Err(Unopened::Unsettled { place }));
    }
    let words = take_words(db, of, place, (who, why, now))?;
    let from =
        "SELECT min(place) FROM rejected JOIN batch ON batch = id WHERE terminal = ?1 AND journal = ?2";
    let from: Option<u64> = db.one(from, values![of.0, of.1], |row| row.get(0))?;
    count_again(db, of)?;
    db.run("UPDATE journal SET doubt = NULL WHERE terminal = ?1 AND journal = ?2", values![of.0, of.1])?;
    if let Some(next) = next_doubt(db, of, from.unwrap_or(place).min(place))? {
        doubt_from(db, of, next, now)?;
    }
    chain::advance(db, of, now)?;
    let name = crate::hex(of.1);
    audit(db, (who, now), Deed::Reopen, &[&of.0, &place, &name, &why])?;
    Ok(Ok(Reopened { words, doubt: doubt(db, of)? }))
}

/// Keeps the words on this place and later ones aside.
fn take_words(
    db: &Db,
    of: Of<'_>,
    place: u64,
    (who, why, now): (&str, &str, Timestamp),
) -> Result<u64, StoreFault> {
    let sql = "INSERT INTO reopened (terminal, journal, place, hash, at, who, why, back, back_who, back_why)
        SELECT terminal, journal, place, hash, at, who, why, CAST(?4 AS BIGINT), CAST(?5 AS TEXT), CAST(?6 AS TEXT)
        FROM settled WHERE terminal = ?1 AND journal = ?2 AND place >= ?3";
    let words = db.run(sql, values![of.0, of.1, place, now.unix(), who, why])?;
    let sql = "DELETE FROM settled WHERE terminal = ?1 AND journal = ?2 AND place >= ?3";
    db.run(sql, values![of.0, of.1, place])?;
    Ok(words as u64)
}

/// Every batch counts again, but for rivals of the words that stand. A piece that was refused for what had been acknowledged is asked
/// about once more.
fn count_again(db: &Db, of: Of<'_>) -> Result<(), StoreFault> {
    let sql =
        "DELETE FROM rejected WHERE batch IN (SELECT id FROM batch WHERE terminal = ?1 AND journal = ?2)";
    db.run(sql, values![of.0, of.1])?;
    let sql = "SELECT place, hash FROM settled WHERE terminal = ?1 AND journal = ?2 ORDER BY place";
    let read = |row: &Row| Ok((row.get(0)?, Digest(row.get(1)?)));
    for (place, hash) in db.all(sql, values![of.0, of.1], read)? {
        reject_rivals(db, of, (place, hash))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
