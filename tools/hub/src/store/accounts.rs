//! What terminals say of themselves, and their daily counters added up.
//! Promises: the account with the highest revision stands; a counter only grows, whatever order accounts come in.
//! Must not know: signatures. When something was received is told apart from when the terminal said it.

use gate_core::records::account::Account;
use gate_wire::time::Timestamp;
use rusqlite::{Connection, Error, OptionalExtension, params};

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
    let sql = "INSERT INTO account VALUES (?1, ?2, ?3, ?4) ON CONFLICT (terminal)
        DO UPDATE SET revision = ?2, received = ?3, bytes = ?4 WHERE revision < ?2";
    let mut statement = db.prepare_cached(sql)?;
    let changed =
        statement.execute(params![terminal, signed(account.revision), signed(now.unix()), bytes])?;
    Ok(changed > 0)
}

/// An account as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptAccount {
    /// As it came; its signature held then.
    pub bytes: Vec<u8>,
    /// When it came.
    pub received: u64,
}

/// The newest account of a terminal.
///
/// # Errors
/// SQLite's.
pub fn newest(db: &Connection, terminal: u32) -> Result<Option<KeptAccount>, Error> {
    let sql = "SELECT bytes, received FROM account WHERE terminal = ?1";
    let read =
        |row: &rusqlite::Row<'_>| Ok(KeptAccount { bytes: row.get(0)?, received: unsigned(row.get(1)?) });
    db.prepare_cached(sql)?.query_row([terminal], read).optional()
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
