//! Daily counters of terminals, read out: by day, place and letter (DOMAIN §18).
//! Promises: each terminal's counter of a lane and letter counts once, however often it came.
//! Must not know: where a place lies.

use gate_core::query::TerminalNumber;

use super::db::Row;
use super::{Db, StoreFault};
use crate::values;

/// Rows read at once: 62 days of 3,000 places and five letters.
const ROWS_MOST: u32 = 1_000_000;

/// A sum over a place's terminals and lanes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counted {
    /// Days since 1970, UTC+8.
    pub day: u32,
    /// The place's number.
    pub place: u32,
    /// A verdict's letter.
    pub letter: u8,
    /// Passages.
    pub count: u64,
}

/// Of one terminal on these days, both ends included: day, verdict's letter, sum over its places and lanes, in their order.
///
/// # Errors
/// [`StoreFault`].
pub fn of_terminal(
    db: &Db,
    terminal: TerminalNumber,
    (first, last): (u32, u32),
) -> Result<Vec<(u32, u8, u64)>, StoreFault> {
    let sql = "SELECT day, letter, CAST(sum(count) AS BIGINT) FROM counter
        WHERE terminal = ?1 AND day >= ?2 AND day <= ?3 GROUP BY day, letter ORDER BY day, letter LIMIT ?4";
    let read = |row: &Row| Ok((row.get(0)?, row.get(1)?, row.get(2)?));
    db.all(sql, values![terminal.value(), first, last, ROWS_MOST], read)
}

/// Of these days, both ends included, in their order.
///
/// # Errors
/// [`StoreFault`].
pub fn of_days(db: &Db, (first, last): (u32, u32)) -> Result<Vec<Counted>, StoreFault> {
    let sql =
        "SELECT day, place, letter, CAST(sum(count) AS BIGINT) FROM counter WHERE day >= ?1 AND day <= ?2
        GROUP BY day, place, letter ORDER BY day, place, letter LIMIT ?3";
    db.all(sql, values![first, last, ROWS_MOST], |row| {
        Ok(Counted { day: row.get(0)?, place: row.get(1)?, letter: row.get(2)?, count: row.get(3)? })
    })
}
