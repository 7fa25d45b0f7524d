//! What terminals say of themselves, and their daily counters added up.
//! Promises: the account with the highest revision stands, and no revision holds out against later ones for more than a day; a
//! counter only grows, whatever order accounts come in; of a day each terminal has so many counters and no more.
//! Must not know: signatures. When something was received is told apart from when the terminal said it.

use gate_core::json;
use gate_core::query::TerminalNumber;
use gate_core::records::account::Account;
use gate_core::time::ClockTrust;
use gate_wire::time::Timestamp;
use serde::{Deserialize, Serialize};

use super::log::{By, Deed, audit_by};
use super::{Db, StoreFault};
use crate::store::db::Row;
use crate::values;

const DAY_S: u64 = 86_400;
/// Counters of a terminal on one day: a lane has five letters, and a terminal few lanes.
const COUNTERS_A_DAY: u32 = 64;
/// Days back that counters are taken of: longer than any terminal was ever away.
const COUNTED_DAYS: u32 = 400;

/// Takes an account whose signature held. `false` if a newer one is here; its counters count all the same.
///
/// # Errors
/// [`StoreFault`].
pub fn take(db: &Db, bytes: &[u8], account: &Account, now: Timestamp) -> Result<bool, StoreFault> {
    let terminal = account.terminal.value();
    count(db, account, now)?;
    let sql = "INSERT INTO account VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (terminal)
        DO UPDATE SET revision = ?2, received = ?3, bytes = ?4, summary = ?5 WHERE account.revision < ?2";
    // Texts and numbers alone: it always is JSON.
    let summary = serde_json::to_string(&Summary::of(account)).unwrap_or_default();
    // Revisions are seconds, or below. The last number of all, said by a thief, would stand for ever.
    let revision = account.revision.min(now.unix().saturating_add(DAY_S));
    let changed = db.run(sql, values![terminal, revision, now.unix(), bytes, &summary])?;
    Ok(changed > 0)
}

fn count(db: &Db, account: &Account, now: Timestamp) -> Result<(), StoreFault> {
    let terminal = account.terminal.value();
    let today = now.civil_day().0;
    let days = today.saturating_sub(COUNTED_DAYS)..=today.saturating_add(1);
    let sql = "INSERT INTO counter SELECT CAST(?1 AS BIGINT), CAST(?2 AS BIGINT), CAST(?3 AS BIGINT),
            CAST(?4 AS BIGINT), CAST(?5 AS BIGINT), CAST(?6 AS BIGINT)
        WHERE CAST(?7 AS BIGINT) > (SELECT count(*) FROM counter WHERE terminal = ?1 AND day = ?2)
        OR EXISTS (SELECT 1 FROM counter
            WHERE terminal = ?1 AND day = ?2 AND place = ?3 AND lane = ?4 AND letter = ?5)
        ON CONFLICT (terminal, day, place, lane, letter)
            DO UPDATE SET count = excluded.count WHERE counter.count < excluded.count";
    for count in account.counts.iter().filter(|count| days.contains(&count.of.day.0)) {
        let of = count.of;
        let bounds = values![terminal, of.day.0, of.place, of.lane, of.letter, count.count, COUNTERS_A_DAY];
        db.run(sql, bounds)?;
    }
    Ok(())
}

/// Strikes a terminal's counters of a day out: what it says again counts again. Gives how many there were.
///
/// # Errors
/// [`StoreFault`].
pub fn strike<'a>(
    db: &Db,
    (terminal, day): (TerminalNumber, u32),
    by: impl Into<By<'a>>,
) -> Result<usize, StoreFault> {
    let sql = "DELETE FROM counter WHERE terminal = ?1 AND day = ?2";
    let struck = db.run(sql, values![terminal.value(), day])?;
    audit_by(db, by.into(), Deed::Strike, &[&terminal.value(), &struck, &day])?;
    Ok(struck)
}

/// From here on the next account counts as newer, whatever its revision: the terminal's keys are others now.
///
/// # Errors
/// [`StoreFault`].
pub fn forget_revision(db: &Db, terminal: TerminalNumber) -> Result<(), StoreFault> {
    let sql = "UPDATE account SET revision = -1 WHERE terminal = ?1";
    db.run(sql, values![terminal.value()]).map(drop)
}

/// What an account said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// When, by the terminal's clock, in seconds since 1970.
    pub at: u64,
    /// Whether that clock was confirmed.
    pub confirmed: bool,
    /// The journal being written, in hexadecimal digits.
    #[serde(default)]
    pub journal: String,
    /// The oldest row kept.
    #[serde(default)]
    pub first: u64,
    /// The next row's place.
    #[serde(default)]
    pub next: u64,
    /// Acknowledged up to here, of this journal.
    #[serde(default)]
    pub acknowledged: u64,
    /// Codes of what is unwell.
    pub faults: Vec<String>,
    /// The program and its version.
    pub software: String,
    /// Datasets in force: name, version, issue or as-of time.
    pub held: Vec<(String, u32, u64)>,
}

impl Summary {
    fn of(account: &Account) -> Summary {
        let held = account.held.iter();
        Summary {
            at: account.at.unix(),
            confirmed: account.clock == ClockTrust::Confirmed,
            journal: crate::hex(&account.journal.0),
            first: account.first.0,
            next: account.next.0,
            acknowledged: account.acknowledged.0,
            faults: account.faults.iter().map(|fault| fault.code().to_owned()).collect(),
            software: account.software.as_str().into(),
            held: held.map(|one| (one.dataset.name().into(), one.version, one.as_of.unix())).collect(),
        }
    }
}

/// What each enrolled terminal said last, and when that came.
///
/// # Errors
/// [`StoreFault`].
pub fn newest(db: &Db) -> Result<Vec<(Summary, u64)>, StoreFault> {
    let sql =
        "SELECT summary, received FROM account JOIN terminal ON number = terminal WHERE state = 'enrolled'";
    let read = |row: &Row| Ok((row.get::<String>(0)?, row.get(1)?));
    let said: Vec<(String, u64)> = db.all(sql, &[], read)?;
    let read = |(summary, received): (String, u64)| Some((serde_json::from_str(&summary).ok()?, received));
    Ok(said.into_iter().filter_map(read).collect())
}

/// Rows of the journal being written that are not here; `None` where the hub knows of other journals of it only. Numbers that were left
/// out before it are no rows.
///
/// # Errors
/// [`StoreFault`].
pub fn lacking(db: &Db, terminal: u32, said: &Summary) -> Result<Option<u64>, StoreFault> {
    let Some(journal) = json::hex::<16>(&said.journal) else { return Ok(None) };
    let sql = "SELECT watermark, (SELECT min(first) FROM batch WHERE terminal = ?1 AND journal = ?2)
        FROM journal WHERE terminal = ?1 AND journal = ?2";
    let read = |row: &Row| Ok((row.get::<u64>(0)?, row.get::<Option<u64>>(1)?));
    let held = db.first(sql, values![terminal, &journal], read)?;
    let through = match held {
        Some((watermark, began)) => Some(watermark.max(began.unwrap_or(0).saturating_sub(1))),
        None if said.acknowledged > 0 => Some(0),
        None => {
            let others = "SELECT 1 FROM journal WHERE terminal = ?1 LIMIT 1";
            let known = db.has(others, values![terminal])?;
            (!known).then_some(said.first.saturating_sub(1))
        }
    };
    let last = said.next.saturating_sub(1);
    Ok(through.map(|through| last.saturating_sub(through.max(said.acknowledged))))
}

/// The oldest row that a terminal says it keeps.
///
/// # Errors
/// [`StoreFault`].
pub fn keeps_from(db: &Db, terminal: TerminalNumber) -> Result<Option<u64>, StoreFault> {
    let sql = "SELECT summary FROM account WHERE terminal = ?1";
    let summary = db.first(sql, values![terminal.value()], |row| row.get::<String>(0))?;
    let summary = summary.and_then(|summary| serde_json::from_str::<Summary>(&summary).ok());
    Ok(summary.map(|summary| summary.first).filter(|first| *first > 0))
}

/// Counters of a day at a place, added up over its terminals and lanes: letter and count.
///
/// # Errors
/// [`StoreFault`].
pub fn counted(db: &Db, day: u32, place: u32) -> Result<Vec<(u8, u64)>, StoreFault> {
    let sql = "SELECT letter, CAST(sum(count) AS BIGINT) FROM counter WHERE day = ?1 AND place = ?2
        GROUP BY letter ORDER BY letter";
    db.all(sql, values![day, place], |row| Ok((row.get(0)?, row.get(1)?)))
}

#[cfg(test)]
mod tests;
