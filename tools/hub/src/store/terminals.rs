//! Terminals: which are known, by which keys; codes that make one known.
//! Promises: a code serves once, and ends with the next one of its terminal; a key of a revoked terminal serves never again, under no number; a terminal that is enrolled
//! anew keeps its number and its journals, and has the keys of this enrolment and no others; whatever a person does here is in the audit log.
//! Must not know: HTTP.

use gate_core::fingerprint::Fingerprint;
use gate_core::query::TerminalNumber;
use gate_proof::digest::sha256;
use gate_proof::ed25519::PublicKey;
use gate_wire::time::Timestamp;

use super::db::Row;
use super::log::{By, Deed, audit, audit_by};
use super::{Db, StoreFault, accounts};
use crate::values;

/// Replaced keys that a signature is tried with: each takes its time.
const REPLACED_TOLD: u32 = 16;

/// What a terminal's key is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyUse {
    /// What the province's keys are sealed to.
    Device,
    /// Signs batches and accounts.
    Record,
    /// Signs requests.
    Line,
}

impl KeyUse {
    /// Its name in the database.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            KeyUse::Device => "device",
            KeyUse::Record => "record",
            KeyUse::Line => "line",
        }
    }
}

/// Where a terminal stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Never enrolled.
    Unknown,
    /// One of ours.
    Enrolled,
    /// No longer.
    Revoked,
}

impl Standing {
    /// By its name in the database.
    pub(super) fn of(state: &str) -> Standing {
        if state == "enrolled" { Standing::Enrolled } else { Standing::Revoked }
    }
}

/// The public keys of a terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Keys {
    /// X25519.
    pub device: [u8; 32],
    /// Ed25519, admitted.
    pub record: PublicKey,
    /// Ed25519, admitted.
    pub line: PublicKey,
}

/// Why a code enrols nobody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Uninvited {
    /// No such code, or another terminal's.
    Unknown,
    /// Its time is over.
    Ended,
    /// It was used, for other keys.
    Used,
    /// A key of them was revoked.
    Stolen,
    /// A key of them signs for another terminal.
    Anothers,
}

/// Lets whoever has the code that makes this key enrol a terminal until a time. Neither is kept, only a digest of the key's public
/// half: who reads this database enrols nobody. An earlier code of this terminal that nobody used ends: a sheet that was left lying
/// enrols nobody beside the one in hand.
///
/// # Errors
/// [`StoreFault`].
pub fn invite(
    db: &Db,
    (terminal, invitation): (TerminalNumber, &PublicKey),
    until: Timestamp,
    (who, now): (&str, Timestamp),
) -> Result<(), StoreFault> {
    withdraw(db, terminal)?;
    let sql = "INSERT INTO invitation VALUES (?1, ?2, ?3, NULL)";
    db.run(sql, values![&digest(invitation), terminal.value(), until.unix()])?;
    audit(db, (who, now), Deed::Invite, &[&terminal.value()])
}

/// Ends the codes of a terminal that nobody used. Used ones stay: the answer to them may be asked for again.
fn withdraw(db: &Db, terminal: TerminalNumber) -> Result<usize, StoreFault> {
    let sql = "DELETE FROM invitation WHERE terminal = ?1 AND used IS NULL";
    db.run(sql, values![terminal.value()])
}

/// Ends every code, used or not: a copy that was put back may say of a used one that it is open.
///
/// # Errors
/// [`StoreFault`].
pub(super) fn withdraw_all(db: &Db) -> Result<(), StoreFault> {
    db.run("DELETE FROM invitation", &[]).map(drop)
}

fn digest(invitation: &PublicKey) -> [u8; 32] {
    sha256(&[invitation.as_bytes()]).0
}

/// Whether there is such a code for this terminal, used or not: who has none is not let near the thread that writes.
///
/// # Errors
/// [`StoreFault`].
pub fn is_invited(db: &Db, terminal: TerminalNumber, invitation: &PublicKey) -> Result<bool, StoreFault> {
    let sql = "SELECT 1 FROM invitation WHERE digest = ?1 AND terminal = ?2";
    db.has(sql, values![&digest(invitation), terminal.value()])
}

/// Makes a terminal's keys known, with a code; its other keys end. That the code's key signed for them is the caller's to have verified.
///
/// # Errors
/// [`StoreFault`].
pub fn enrol(
    db: &Db,
    (terminal, invitation): (TerminalNumber, &PublicKey),
    keys: &Keys,
    now: Timestamp,
) -> Result<Result<(), Uninvited>, StoreFault> {
    let digest = digest(invitation);
    let sql = "SELECT expires, used FROM invitation WHERE digest = ?1 AND terminal = ?2";
    let read = |row: &Row| Ok((row.get(0)?, row.get(1)?));
    let found: Option<(u64, Option<u64>)> = db.first(sql, values![&digest, terminal.value()], read)?;
    match found {
        None => return Ok(Err(Uninvited::Unknown)),
        // Said twice: the answer to the first may have been lost.
        Some((_, Some(_))) if are_known(db, terminal, keys)? => return Ok(Ok(())),
        Some((_, Some(_))) => return Ok(Err(Uninvited::Used)),
        Some((expires, None)) if expires < now.unix() => return Ok(Err(Uninvited::Ended)),
        Some((_, None)) => {}
    }
    if any_revoked(db, &keys.each().map(|(_, key)| key))? {
        return Ok(Err(Uninvited::Stolen));
    }
    if any_anothers(db, terminal, &[keys.record, keys.line])? {
        return Ok(Err(Uninvited::Anothers));
    }
    let used = "UPDATE invitation SET used = ?2 WHERE digest = ?1";
    db.run(used, values![&digest, now.unix()])?;
    know(db, terminal, &keys.each(), ("enrolment", now).into())?;
    Ok(Ok(()))
}

/// Makes a terminal known whose records come by stick alone, by a person's word: lines that it had end. `false` if a key of it was revoked,
/// or signs for another terminal: one mistyped number would make two of one, and revoking either would burn both.
///
/// # Errors
/// [`StoreFault`].
pub fn enrol_by_hand<'a>(
    db: &Db,
    terminal: TerminalNumber,
    (device, record): (&[u8; 32], &PublicKey),
    by: impl Into<By<'a>>,
) -> Result<bool, StoreFault> {
    let keys = [(KeyUse::Device, *device), (KeyUse::Record, *record.as_bytes())];
    if any_revoked(db, &keys.map(|(_, key)| key))? || any_anothers(db, terminal, &[*record])? {
        return Ok(false);
    }
    know(db, terminal, &keys, by.into())?;
    Ok(true)
}

/// Who stole a key has it still, whatever number they give themselves.
fn any_revoked(db: &Db, keys: &[[u8; 32]]) -> Result<bool, StoreFault> {
    let sql = "SELECT 1 FROM terminal_key WHERE key = ?1 AND until IS NOT NULL";
    for key in keys {
        if db.has(sql, values![key])? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn any_anothers(db: &Db, terminal: TerminalNumber, keys: &[PublicKey]) -> Result<bool, StoreFault> {
    let sql =
        "SELECT 1 FROM terminal_key WHERE key = ?1 AND terminal <> ?2 AND until IS NULL AND replaced IS NULL";
    for key in keys {
        if db.has(sql, values![key.as_bytes(), terminal.value()])? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// A terminal by these keys, and by no others: what another enrolment made known serves no more until one names it again.
fn know(
    db: &Db,
    terminal: TerminalNumber,
    keys: &[(KeyUse, [u8; 32])],
    by: By<'_>,
) -> Result<(), StoreFault> {
    let at = by.at.unix();
    let sql = "INSERT INTO terminal VALUES (?1, 'enrolled', ?2)
        ON CONFLICT (number) DO UPDATE SET state = 'enrolled', since = ?2";
    db.run(sql, values![terminal.value(), at])?;
    // Whoever was let in before, by whatever keys, is out from here on, unless these are theirs.
    let sql =
        "UPDATE terminal_key SET replaced = ?2 WHERE terminal = ?1 AND until IS NULL AND replaced IS NULL";
    db.run(sql, values![terminal.value(), at])?;
    for (purpose, key) in keys {
        let sql = "INSERT INTO terminal_key (terminal, purpose, key, since) VALUES (?1, ?2, ?3, ?4)
            ON CONFLICT (terminal, purpose, key) DO UPDATE SET since = ?4, replaced = NULL";
        db.run(sql, values![terminal.value(), purpose.name(), key, at])?;
    }
    withdraw(db, terminal)?;
    accounts::forget_revision(db, terminal)?;
    audit_by(db, by, Deed::Enrol, &[&terminal.value()])
}

impl Keys {
    fn each(&self) -> [(KeyUse, [u8; 32]); 3] {
        let (record, line) = (*self.record.as_bytes(), *self.line.as_bytes());
        [(KeyUse::Device, self.device), (KeyUse::Record, record), (KeyUse::Line, line)]
    }
}

fn are_known(db: &Db, terminal: TerminalNumber, keys: &Keys) -> Result<bool, StoreFault> {
    let sql = "SELECT 1 FROM terminal_key WHERE terminal = ?1 AND purpose = ?2 AND key = ?3 AND until IS NULL AND replaced IS NULL";
    for (purpose, key) in keys.each() {
        if !db.has(sql, values![terminal.value(), purpose.name(), &key])? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Takes a terminal's keys away, all of them, and its open codes, also those of a number that was never enrolled. `false` if there
/// was nothing to take.
///
/// # Errors
/// [`StoreFault`].
pub fn revoke<'a>(db: &Db, terminal: TerminalNumber, by: impl Into<By<'a>>) -> Result<bool, StoreFault> {
    let by = by.into();
    let (at, withdrawn) = (by.at.unix(), withdraw(db, terminal)?);
    let sql = "UPDATE terminal SET state = 'revoked', since = ?2 WHERE number = ?1 AND state = 'enrolled'";
    if db.run(sql, values![terminal.value(), at])? == 0 {
        if withdrawn > 0 {
            audit_by(db, by, Deed::Withdraw, &[&terminal.value()])?;
        }
        return Ok(withdrawn > 0);
    }
    let sql = "UPDATE terminal_key SET until = ?2 WHERE terminal = ?1 AND until IS NULL";
    db.run(sql, values![terminal.value(), at])?;
    accounts::forget_revision(db, terminal)?;
    audit_by(db, by, Deed::Revoke, &[&terminal.value()])?;
    Ok(true)
}

/// Takes the keys of a terminal's lines away and nothing else: what a thief took out of a carrier asks for nothing more in its name, and what is sealed to
/// its device, or signed with its record key, stays good. `false` if there was none.
///
/// # Errors
/// [`StoreFault`].
pub fn revoke_lines<'a>(
    db: &Db,
    terminal: TerminalNumber,
    by: impl Into<By<'a>>,
) -> Result<bool, StoreFault> {
    let by = by.into();
    let sql = "UPDATE terminal_key SET until = ?2 WHERE terminal = ?1 AND purpose = ?3 AND until IS NULL";
    let taken = db.run(sql, values![terminal.value(), by.at.unix(), KeyUse::Line.name()])?;
    if taken > 0 {
        audit_by(db, by, Deed::RevokeLines, &[&terminal.value()])?;
    }
    Ok(taken > 0)
}

/// Codes of a terminal that would let it in now.
///
/// # Errors
/// [`StoreFault`].
pub fn open_codes(db: &Db, terminal: TerminalNumber, now: Timestamp) -> Result<u64, StoreFault> {
    let sql = "SELECT count(*) FROM invitation WHERE terminal = ?1 AND used IS NULL AND expires >= ?2";
    db.one(sql, values![terminal.value(), now.unix()], |row| row.get(0))
}

/// Where a terminal stands.
///
/// # Errors
/// [`StoreFault`].
pub fn standing(db: &Db, terminal: TerminalNumber) -> Result<Standing, StoreFault> {
    let sql = "SELECT state FROM terminal WHERE number = ?1";
    let state = db.first(sql, values![terminal.value()], |row| row.get::<String>(0))?;
    Ok(state.map_or(Standing::Unknown, |state| Standing::of(&state)))
}

/// The key of a terminal that serves a purpose; none, or one. More than one only of a terminal whose last enrolment is older than schema 6.
///
/// # Errors
/// [`StoreFault`].
pub fn keys(db: &Db, terminal: TerminalNumber, purpose: KeyUse) -> Result<Vec<PublicKey>, StoreFault> {
    let sql = "SELECT key FROM terminal_key WHERE terminal = ?1 AND purpose = ?2 AND until IS NULL AND replaced IS NULL
        ORDER BY since DESC";
    let keys: Vec<[u8; 32]> = db.all(sql, values![terminal.value(), purpose.name()], |row| row.get(0))?;
    Ok(admitted(&keys))
}

/// Record keys in whose place a later enrolment put another, the newest of them: what they signed is not taken, and not forged.
///
/// # Errors
/// [`StoreFault`].
pub fn replaced(db: &Db, terminal: TerminalNumber) -> Result<Vec<PublicKey>, StoreFault> {
    let sql = "SELECT key FROM terminal_key WHERE terminal = ?1 AND purpose = 'record' AND until IS NULL
        AND replaced IS NOT NULL ORDER BY replaced DESC LIMIT ?2";
    let keys: Vec<[u8; 32]> = db.all(sql, values![terminal.value(), REPLACED_TOLD], |row| row.get(0))?;
    Ok(admitted(&keys))
}

fn admitted(keys: &[[u8; 32]]) -> Vec<PublicKey> {
    keys.iter().filter_map(|key| PublicKey::admit(key).ok()).collect()
}

/// A terminal as a list shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Its number.
    pub number: u32,
    /// Where it stands.
    pub standing: Standing,
    /// Since when.
    pub since: u64,
    /// Its device key, for the desk.
    pub device: Option<[u8; 32]>,
    /// Its record key.
    pub record: Option<[u8; 32]>,
}

impl Listed {
    /// What two people compare with the terminal's page 5; none of a terminal without keys.
    #[must_use]
    pub fn check_number(&self) -> Option<Fingerprint> {
        Some(Fingerprint::of(self.device.as_ref()?, self.record.as_ref()?))
    }
}

/// Every terminal, by number.
///
/// # Errors
/// [`StoreFault`].
pub fn all(db: &Db) -> Result<Vec<Listed>, StoreFault> {
    list(db, (0, u32::MAX))
}

/// One terminal.
///
/// # Errors
/// [`StoreFault`].
pub fn listed(db: &Db, number: u32) -> Result<Option<Listed>, StoreFault> {
    Ok(list(db, (number, number))?.pop())
}

fn list(db: &Db, (first, last): (u32, u32)) -> Result<Vec<Listed>, StoreFault> {
    let sql = "SELECT number, state, since,
        (SELECT key FROM terminal_key WHERE terminal = number AND purpose = 'device' AND until IS NULL AND replaced IS NULL
            ORDER BY terminal_key.since DESC LIMIT 1),
        (SELECT key FROM terminal_key WHERE terminal = number AND purpose = 'record' AND until IS NULL AND replaced IS NULL
            ORDER BY terminal_key.since DESC LIMIT 1)
        FROM terminal WHERE number BETWEEN ?1 AND ?2 ORDER BY number";
    db.all(sql, values![first, last], |row| {
        let standing = Standing::of(&row.get::<String>(1)?);
        let (device, record) = (row.get(3)?, row.get(4)?);
        Ok(Listed { number: row.get(0)?, standing, since: row.get(2)?, device, record })
    })
}

#[cfg(test)]
mod tests;
