//! Rows that nobody has any more: named, and settled by a person's word.
//! Promises: nothing is settled that the terminal says it still has, and nothing but what the person named; what is lost stays
//! written down, with who said so.
//! Must not know: why they are lost.

use gate_core::query::TerminalNumber;
use gate_core::records::{JournalId, NOTHING_BEFORE};
use gate_proof::digest::Digest;
use gate_wire::time::Timestamp;

use super::{Of, chain, holding, next_held};
use crate::store::db::Row;
use crate::store::log::{Deed, audit};
use crate::store::terminals::{Standing, standing};
use crate::store::{Db, StoreFault, accounts};
use crate::values;

/// Rows that are missing before ones that are here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gap {
    /// Whose.
    pub terminal: TerminalNumber,
    /// Of which journal; before its beginning, the rows are of this one or the one before.
    pub journal: JournalId,
    /// The first that is not here. Before a journal's beginning: the first that might have been.
    pub first: u64,
    /// The last that is not here.
    pub last: u64,
    /// Rows from after it on that are here and wait.
    pub waiting: u64,
}

/// Why nothing was settled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unsettled {
    /// This journal has no gap, or is none.
    #[error("this journal has no gap: look at `gate-hub gaps` again")]
    Whole,
    /// The gap is not the one that was named.
    #[error("the gap ends with row {found}, not {named}: look at `gate-hub gaps` again")]
    Other {
        /// As was said.
        named: u64,
        /// As it is.
        found: u64,
    },
    /// They may still come.
    #[error("the terminal's newest account says that it keeps rows from {from} on: bring its records first")]
    Kept {
        /// The oldest.
        from: u64,
    },
    /// A doubt is no gap.
    #[error("two rows of place {place} differ: that is no gap: `gate-hub settle-doubt` first")]
    Doubted {
        /// Where.
        place: u64,
    },
}

/// All gaps that can be settled, by terminal.
///
/// # Errors
/// [`StoreFault`].
pub fn gaps(db: &Db) -> Result<Vec<Gap>, StoreFault> {
    let sql = "SELECT terminal, journal FROM journal ORDER BY terminal, watermark";
    let journals: Vec<(u32, [u8; 16])> = db.all(sql, &[], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let mut found = Vec::new();
    for (terminal, journal) in journals {
        let of = (terminal, &journal);
        let Some((gap, _)) = gap(db, of)? else { continue };
        if doubt(db, of)?.is_none_or(|place| place > gap.last + 1) {
            found.push(gap);
        }
    }
    Ok(found)
}

/// The gap that holds a journal's watermark back, and the hash that the first row after it names.
fn gap(db: &Db, of: Of<'_>) -> Result<Option<(Gap, Digest)>, StoreFault> {
    let Some(terminal) = TerminalNumber::new(of.0) else { return Ok(None) };
    let sql = "SELECT watermark, begun FROM journal WHERE terminal = ?1 AND journal = ?2";
    let read = |row: &Row| Ok((row.get(0)?, row.get(1)?));
    let stands: Option<(u64, bool)> = db.first(sql, values![of.0, of.1], read)?;
    let Some((watermark, begun)) = stands else { return Ok(None) };
    let (first, next) = match begun {
        true => (watermark + 1, next_held(db, of, watermark)?),
        false => {
            let Some((next, _)) = chain::earliest(db, of)? else { return Ok(None) };
            (before(db, of, next)? + 1, Some(next))
        }
    };
    let Some(next) = next.filter(|next| !begun || *next > watermark + 1) else { return Ok(None) };
    let Some(rows) = holding(db, of, next)? else { return Ok(None) };
    let gap = Gap {
        terminal,
        journal: JournalId(*of.1),
        first,
        last: next.saturating_sub(1),
        waiting: reaches(db, of)?.saturating_sub(next) + 1,
    };
    Ok(Some((gap, rows.before(next).unwrap_or(NOTHING_BEFORE))))
}

/// The last place of another journal of this terminal before a place; 0 if there is none.
fn before(db: &Db, of: Of<'_>, place: u64) -> Result<u64, StoreFault> {
    let sql = "SELECT coalesce(max(last), 0) FROM batch WHERE terminal = ?1 AND journal <> ?2 AND last < ?3";
    db.one(sql, values![of.0, of.1, place], |row| row.get(0))
}

fn reaches(db: &Db, of: Of<'_>) -> Result<u64, StoreFault> {
    let sql = "SELECT coalesce(max(coalesce(place - 1, last)), 0) FROM batch LEFT JOIN rejected ON batch = id
        WHERE terminal = ?1 AND journal = ?2";
    db.one(sql, values![of.0, of.1], |row| row.get(0))
}

/// Says that the rows of a gap up to `last` are lost: the watermark goes on behind them. A terminal that was revoked has
/// nothing to say any more.
///
/// # Errors
/// [`StoreFault`].
pub fn settle(
    db: &Db,
    (terminal, journal): (TerminalNumber, &JournalId),
    last: u64,
    (who, now): (&str, Timestamp),
) -> Result<Result<Gap, Unsettled>, StoreFault> {
    let of = (terminal.value(), &journal.0);
    let Some((gap, hash)) = gap(db, of)? else { return Ok(Err(Unsettled::Whole)) };
    if gap.last != last {
        return Ok(Err(Unsettled::Other { named: last, found: gap.last }));
    }
    if let Some(place) = doubt(db, of)?.filter(|place| *place <= gap.last + 1) {
        return Ok(Err(Unsettled::Doubted { place }));
    }
    let kept = accounts::keeps_from(db, terminal)?.filter(|from| *from <= gap.last);
    if let Some(from) = kept.filter(|_| standing(db, terminal).is_ok_and(|is| is != Standing::Revoked)) {
        return Ok(Err(Unsettled::Kept { from }));
    }
    chain::begin(db, of, (gap.last, hash))?;
    chain::advance(db, of, now)?;
    let sql = "INSERT INTO gap (at, terminal, journal, first, last, who) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    db.run(sql, values![now.unix(), of.0, of.1, gap.first, gap.last, who])?;
    let name = crate::hex(&journal.0);
    audit(db, (who, now), Deed::AcceptGap, &[&of.0, &gap.first, &gap.last, &name])?;
    Ok(Ok(gap))
}

pub(super) fn doubt(db: &Db, of: Of<'_>) -> Result<Option<u64>, StoreFault> {
    let sql = "SELECT doubt FROM journal WHERE terminal = ?1 AND journal = ?2";
    db.one(sql, values![of.0, of.1], |row| row.get(0))
}

#[cfg(test)]
mod tests;
