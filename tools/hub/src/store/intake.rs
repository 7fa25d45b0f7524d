//! The way in of every batch and account, by line or by stick.
//! Promises: nothing is taken that a key of an enrolled terminal did not sign, as keys and terminals stand in the commit that
//! takes it; no terminal fills the disk, or begins journals without end.
//! Must not know: how it came.

use gate_core::query::TerminalNumber;
use gate_core::records::JournalId;
use gate_core::records::account::Account;
use gate_core::records::batch::{ProvenBatch, verify_batch};
use gate_proof::digest::sha256;
use gate_proof::ed25519::PublicKey;
use gate_wire::time::Timestamp;

use super::db::Row;
use super::log::{Alarm, raise_once};
use super::records::{PLACES_END, Taken, take};
use super::terminals::{KeyUse, Standing, keys, replaced, standing};
use super::{Db, StoreFault, accounts};
use crate::values;

/// What a terminal may bring on a day of UTC+8.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quota {
    /// Bytes of batches that bring something new.
    pub bytes: u64,
    /// Journals that are new: there is one more after each damage.
    pub journals: u32,
}

impl Quota {
    /// Twice what an outbox holds: a terminal that was away for months brings everything on one day.
    pub const USUAL: Quota = Quota { bytes: 256 << 20, journals: 8 };
}

/// Why something is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Left {
    /// Nobody that this hub knows.
    #[error("of a terminal that is not enrolled")]
    Out,
    /// One of ours, no longer.
    #[error("this terminal was revoked")]
    Revoked,
    /// Not of the documented form, or not signed by a key of the terminal it names.
    #[error("not signed by this terminal's record key")]
    Unsigned,
    /// Signed by a key that was the terminal's until it was enrolled anew.
    #[error("signed by a key that a later enrolment of this terminal replaced")]
    Replaced,
    /// Signed, and no terminal can have written it.
    #[error("places beyond any query number")]
    Places,
    /// More than a terminal may bring on a day.
    #[error("more than a terminal may bring in a day")]
    Quota,
}

/// What signed something: a batch or an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// A batch of records.
    Batch,
    /// An account.
    Account,
}

/// The record key of this terminal that signed these bytes. A signature takes its time: not for the thread that writes.
///
/// # Errors
/// [`StoreFault`].
pub fn signer(
    db: &Db,
    terminal: TerminalNumber,
    (bytes, purpose): (&[u8], Purpose),
) -> Result<Result<PublicKey, Left>, StoreFault> {
    match standing(db, terminal)? {
        Standing::Unknown => return Ok(Err(Left::Out)),
        Standing::Revoked => return Ok(Err(Left::Revoked)),
        Standing::Enrolled => {}
    }
    let signed = |key: &PublicKey| match purpose {
        Purpose::Batch => verify_batch(bytes, key).is_ok(),
        Purpose::Account => Account::verify(bytes, key).is_ok(),
    };
    if let Some(key) = keys(db, terminal, KeyUse::Record)?.into_iter().find(signed) {
        return Ok(Ok(key));
    }
    let was = replaced(db, terminal)?.iter().any(signed);
    Ok(Err(if was { Left::Replaced } else { Left::Unsigned }))
}

/// Takes a batch that this key signed, if it is a key of an enrolled terminal's now.
///
/// # Errors
/// [`StoreFault`].
pub fn batch(
    db: &Db,
    (bytes, key): (&[u8], &PublicKey),
    quota: Quota,
    now: Timestamp,
) -> Result<Result<(Taken, JournalId), Left>, StoreFault> {
    // Verified before, to find the key; again here because the proof cannot outlive its bytes.
    let Ok(batch) = verify_batch(bytes, key) else { return Ok(Err(Left::Unsigned)) };
    if let Err(kept) = still_serves(db, batch.header().terminal, key)? {
        return Ok(Err(kept));
    }
    if batch.last().0 >= PLACES_END {
        return Ok(Err(Left::Places));
    }
    if !has_room(db, (bytes, &batch), quota, now)? {
        return Ok(Err(Left::Quota));
    }
    let taken = take(db, bytes, &batch, now)?;
    if taken != Taken::Known {
        let of = (batch.header().terminal.value(), now.civil_day().0);
        let sql = "UPDATE intake SET bytes = bytes + ?3 WHERE terminal = ?1 AND day = ?2";
        db.run(sql, values![of.0, of.1, bytes.len() as u64])?;
    }
    Ok(Ok((taken, batch.header().journal)))
}

/// Takes an account that this key signed, if it is a key of an enrolled terminal's now.
///
/// # Errors
/// [`StoreFault`].
pub fn account(
    db: &Db,
    (bytes, key): (&[u8], &PublicKey),
    now: Timestamp,
) -> Result<Result<TerminalNumber, Left>, StoreFault> {
    let Ok(account) = Account::verify(bytes, key) else { return Ok(Err(Left::Unsigned)) };
    if let Err(kept) = still_serves(db, account.terminal, key)? {
        return Ok(Err(kept));
    }
    accounts::take(db, bytes, &account, now)?;
    Ok(Ok(account.terminal))
}

/// As it stands in this commit: a terminal may have been revoked, or enrolled with another key, since this one was found.
fn still_serves(db: &Db, of: TerminalNumber, key: &PublicKey) -> Result<Result<(), Left>, StoreFault> {
    Ok(match standing(db, of)? {
        Standing::Unknown => Err(Left::Out),
        Standing::Revoked => Err(Left::Revoked),
        Standing::Enrolled if keys(db, of, KeyUse::Record)?.contains(key) => Ok(()),
        Standing::Enrolled if replaced(db, of)?.contains(key) => Err(Left::Replaced),
        Standing::Enrolled => Err(Left::Unsigned),
    })
}

fn has_room(
    db: &Db,
    (bytes, batch): (&[u8], &ProvenBatch<'_>),
    quota: Quota,
    now: Timestamp,
) -> Result<bool, StoreFault> {
    let (terminal, day) = (batch.header().terminal.value(), now.civil_day().0);
    let known = "SELECT 1 FROM batch WHERE digest = ?1";
    if db.has(known, values![&sha256(&[bytes]).0])? {
        return Ok(true);
    }
    let sql = "SELECT bytes, journals FROM intake WHERE terminal = ?1 AND day = ?2";
    let read = |row: &Row| Ok((row.get::<u64>(0)?, row.get::<u32>(1)?));
    let today = db.first(sql, values![terminal, day], read)?;
    let (brought, begun) = today.unwrap_or_default();
    let listed = "SELECT 1 FROM journal WHERE terminal = ?1 AND journal = ?2";
    let is_new = !db.has(listed, values![terminal, &batch.header().journal.0])?;
    let journals = begun + u32::from(is_new);
    if brought.saturating_add(bytes.len() as u64) > quota.bytes || journals > quota.journals {
        // Once a day.
        raise_once(db, terminal, (Alarm::Over, &day), now)?;
        return Ok(false);
    }
    let sql = "INSERT INTO intake (terminal, day, journals) VALUES (?1, ?2, ?3)
        ON CONFLICT (terminal, day) DO UPDATE SET journals = ?3";
    db.run(sql, values![terminal, day, journals])?;
    Ok(true)
}

#[cfg(test)]
mod tests;
