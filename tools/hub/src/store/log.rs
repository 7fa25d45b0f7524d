//! What was written down: who did what, and the alarms. Lines are added, and read again; none is changed.
//! Promises: every line is of a kind that has words ([`words`]); lines come in the order in which they were written; a reader takes a
//! bounded number of them at once.
//! Must not know: who may read them.

pub mod words;

use std::fmt::Display;

use gate_core::query::TerminalNumber;
use gate_wire::time::Timestamp;

pub use self::words::{Alarm, Deed};
use super::db::Row;
use super::{Db, StoreFault};
use crate::values;

/// Lines read at once.
pub const TOGETHER: u32 = 500;

/// Who does something, when, and why where they were asked.
#[derive(Clone, Copy, Debug)]
pub struct By<'a> {
    /// Their name.
    pub who: &'a str,
    /// By the hub's clock.
    pub at: Timestamp,
    /// In their own words.
    pub why: Option<&'a str>,
}

impl<'a> From<(&'a str, Timestamp)> for By<'a> {
    fn from((who, at): (&'a str, Timestamp)) -> By<'a> {
        By { who, at, why: None }
    }
}

/// Writes down who did what. The values are those of the deed's words, in their order.
///
/// # Errors
/// [`StoreFault`].
pub fn audit(
    db: &Db,
    (who, now): (&str, Timestamp),
    deed: Deed,
    values: &[&dyn Display],
) -> Result<(), StoreFault> {
    audit_by(db, (who, now).into(), deed, values)
}

/// The same, with the reason behind it where there is one.
///
/// # Errors
/// [`StoreFault`].
pub fn audit_by(db: &Db, by: By<'_>, deed: Deed, values: &[&dyn Display]) -> Result<(), StoreFault> {
    let sql = "INSERT INTO audit (at, who, what) VALUES (?1, ?2, ?3)";
    db.run(sql, values![by.at.unix(), by.who, &deed.told(values, by.why)]).map(drop)
}

/// Raises an alarm over a terminal.
///
/// # Errors
/// [`StoreFault`].
pub fn raise(
    db: &Db,
    terminal: u32,
    (alarm, value): (Alarm, &dyn Display),
    now: Timestamp,
) -> Result<(), StoreFault> {
    let sql = "INSERT INTO alarm (at, terminal, words) VALUES (?1, ?2, ?3)";
    db.run(sql, values![now.unix(), terminal, &alarm.phrase().filled(&[value])]).map(drop)
}

/// The same alarm over the same terminal, with the same value, once.
///
/// # Errors
/// [`StoreFault`].
pub fn raise_once(
    db: &Db,
    terminal: u32,
    (alarm, value): (Alarm, &dyn Display),
    now: Timestamp,
) -> Result<(), StoreFault> {
    let sql = "SELECT 1 FROM alarm WHERE terminal = ?1 AND words = ?2";
    match db.has(sql, values![terminal, &alarm.phrase().filled(&[value])])? {
        true => Ok(()),
        false => raise(db, terminal, (alarm, value), now),
    }
}

/// Which lines: written within these times, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// Seconds since 1970.
    pub since: u64,
    /// Seconds since 1970.
    pub until: u64,
}

impl Span {
    /// All there is.
    pub const ALL: Span = Span { since: 0, until: i64::MAX.cast_unsigned() };
}

/// A line of the audit log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Audited {
    /// Its number: later lines have higher ones.
    pub id: u64,
    /// When, in seconds since 1970.
    pub at: u64,
    /// Who.
    pub who: String,
    /// What, in English as it was written.
    pub what: String,
}

fn line(row: &Row) -> Result<Audited, StoreFault> {
    Ok(Audited { id: row.get(0)?, at: row.get(1)?, who: row.get(2)?, what: row.get(3)? })
}

/// The next lines of the audit log behind this number, the oldest first; of one person alone where there is a name.
///
/// # Errors
/// [`StoreFault`].
pub fn audited(db: &Db, span: Span, who: Option<&str>, behind: u64) -> Result<Vec<Audited>, StoreFault> {
    let sql = "SELECT id, at, who, what FROM audit
        WHERE id > ?1 AND at BETWEEN ?2 AND ?3 AND (?4 = '' OR who = ?4) ORDER BY id LIMIT ?5";
    db.all(sql, values![behind, span.since, span.until, who.unwrap_or_default(), TOGETHER], line)
}

/// The newest lines of the audit log before this number, the newest first, at most `most`; of one person alone where there is a name.
///
/// # Errors
/// [`StoreFault`].
pub fn newest_audited(
    db: &Db,
    before: u64,
    who: Option<&str>,
    most: u32,
) -> Result<Vec<Audited>, StoreFault> {
    let sql = "SELECT id, at, who, what FROM audit WHERE id < ?1 AND (?2 = '' OR who = ?2) ORDER BY id DESC LIMIT ?3";
    db.all(sql, values![before, who.unwrap_or_default(), most], line)
}

/// An alarm.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Raised {
    /// Its number: later ones have higher numbers.
    pub id: u64,
    /// When, in seconds since 1970.
    pub at: u64,
    /// Over which terminal.
    pub terminal: u32,
    /// What, in English as it was written.
    pub what: String,
}

fn raised(row: &Row) -> Result<Raised, StoreFault> {
    Ok(Raised { id: row.get(0)?, at: row.get(1)?, terminal: row.get(2)?, what: row.get(3)? })
}

/// The next alarms behind this number, the oldest first; of one terminal alone where it is named.
///
/// # Errors
/// [`StoreFault`].
pub fn alarms(
    db: &Db,
    span: Span,
    of: Option<TerminalNumber>,
    behind: u64,
) -> Result<Vec<Raised>, StoreFault> {
    let sql = "SELECT id, at, terminal, words FROM alarm
        WHERE id > ?1 AND at BETWEEN ?2 AND ?3 AND (CAST(?4 AS BIGINT) < 0 OR terminal = ?4) ORDER BY id LIMIT ?5";
    let of = of.map_or(-1, |of| i64::from(of.value()));
    db.all(sql, values![behind, span.since, span.until, of, TOGETHER], raised)
}

/// The newest alarms before this number, the newest first, at most `most`.
///
/// # Errors
/// [`StoreFault`].
pub fn newest_alarms(db: &Db, before: u64, most: u32) -> Result<Vec<Raised>, StoreFault> {
    let sql = "SELECT id, at, terminal, words FROM alarm WHERE id < ?1 ORDER BY id DESC LIMIT ?2";
    db.all(sql, values![before, most], raised)
}

/// Alarms over one terminal.
///
/// # Errors
/// [`StoreFault`].
pub fn alarms_of(db: &Db, terminal: TerminalNumber) -> Result<u64, StoreFault> {
    db.one("SELECT count(*) FROM alarm WHERE terminal = ?1", values![terminal.value()], |row| row.get(0))
}

/// Alarms from this time on, in seconds since 1970.
///
/// # Errors
/// [`StoreFault`].
pub fn alarms_since(db: &Db, since: u64) -> Result<u64, StoreFault> {
    db.one("SELECT count(*) FROM alarm WHERE at >= ?1", values![since], |row| row.get(0))
}

#[cfg(test)]
mod tests;
