//! Batches as they came, read out again: for an authority that was asked about a record.
//! Promises: byte for byte what the terminal signed, those that disagree too; a few at a time.
//! Must not know: what is in them.

use gate_core::query::TerminalNumber;
use gate_wire::time::Timestamp;

use super::log::{Deed, audit};
use super::{Db, StoreFault};
use crate::values;

/// Batches read at once, 64 KiB each at most.
const TOGETHER: u32 = 64;

/// A batch: its number here, and its bytes.
pub type Given = (u64, Vec<u8>);

/// The next batches of a terminal behind this number, in the order in which they came; none at the end.
///
/// # Errors
/// [`StoreFault`].
pub fn after(db: &Db, terminal: TerminalNumber, last: u64) -> Result<Vec<Given>, StoreFault> {
    let sql = "SELECT id, bytes FROM batch WHERE terminal = ?1 AND id > ?2 ORDER BY id LIMIT ?3";
    db.all(sql, values![terminal.value(), last, TOGETHER], |row| Ok((row.get(0)?, row.get(1)?)))
}

/// Notes who takes a terminal's batches with them.
///
/// # Errors
/// [`StoreFault`].
pub fn note(db: &Db, terminal: TerminalNumber, (who, now): (&str, Timestamp)) -> Result<(), StoreFault> {
    audit(db, (who, now), Deed::ReadOut, &[&terminal.value()])
}
