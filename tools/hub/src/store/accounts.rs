//! What terminals say of themselves, and their daily counters added up.
//! Promises: the account with the highest revision stands; a counter only grows, whatever order accounts come in.
//! Must not know: signatures. When something was received is told apart from when the terminal said it.

use gate_core::records::account::Account;
use gate_core::time::ClockTrust;
use gate_wire::time::Timestamp;
use rusqlite::{Connection, Error, params};
use serde::{Deserialize, Serialize};

use super::{signed, unsigned};

/// Takes an account whose signature held. `false` if a newer one is here; its counters count all the same.
///
/// # Errors
/// SQLite's.
pub fn take(db: &Connection, bytes: &[u8], account: &Account, now: Timestamp) -> Result<bool, Error> {
    let terminal = account.terminal.value();
    let mut statement = db.prepare_cached(
        "INSERT INTO counter VALUES (?1, ?2, ?3, ?4, ?5, ?6)
         ON CONFLICT DO UPDATE SET count = max(count, excluded.count)",
    )?;
    for count in &account.counts {
        let of = count.of;
        statement.execute(params![terminal, of.day.0, of.place, of.lane, of.letter, count.count])?;
    }
    let sql = "INSERT INTO account VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (terminal)
        DO UPDATE SET revision = ?2, received = ?3, bytes = ?4, summary = ?5 WHERE revision < ?2";
    // Texts and numbers alone: it always is JSON.
    let summary = serde_json::to_string(&Summary::of(account)).unwrap_or_default();
    let (revision, received) = (signed(account.revision), signed(now.unix()));
    let changed = db.prepare_cached(sql)?.execute(params![terminal, revision, received, bytes, summary])?;
    Ok(changed > 0)
}

/// What an account said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// When, by the terminal's clock, in seconds since 1970.
    pub at: u64,
    /// Whether that clock was confirmed.
    pub confirmed: bool,
    /// Rows that nobody acknowledged yet.
    pub queue: u64,
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
            queue: account.next.0.saturating_sub(1).saturating_sub(account.acknowledged.0),
            faults: account.faults.iter().map(|fault| fault.code().to_owned()).collect(),
            software: account.software.as_str().into(),
            held: held.map(|one| (one.dataset.name().into(), one.version, one.as_of.unix())).collect(),
        }
    }
}

/// The newest accounts of all terminals: number, when it came, what it said.
///
/// # Errors
/// SQLite's.
pub fn all(db: &Connection) -> Result<Vec<(u32, u64, Summary)>, Error> {
    let mut statement = db.prepare_cached("SELECT terminal, received, summary FROM account")?;
    let rows = statement.query_map([], |row| {
        let summary: String = row.get(2)?;
        Ok((row.get(0)?, unsigned(row.get(1)?), serde_json::from_str(&summary).ok()))
    })?;
    let read = rows.collect::<Result<Vec<(u32, u64, Option<Summary>)>, Error>>()?;
    Ok(read.into_iter().filter_map(|(number, received, said)| Some((number, received, said?))).collect())
}

/// Counters of a day at a place, added up over its terminals and lanes: letter and count.
///
/// # Errors
/// SQLite's.
pub fn counted(db: &Connection, day: u32, place: u32) -> Result<Vec<(u8, u64)>, Error> {
    let sql = "SELECT letter, sum(count) FROM counter WHERE day = ?1 AND place = ?2 GROUP BY letter ORDER BY letter";
    let mut statement = db.prepare_cached(sql)?;
    statement.query_map([day, place], |row| Ok((row.get(0)?, unsigned(row.get(1)?))))?.collect()
}
