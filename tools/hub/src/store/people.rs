//! People who may look at the fleet: a random passphrase and one-time codes (RFC 6238).
//! Promises: no passphrase is kept, none is chosen by anybody; a one-time code serves once.
//! Must not know: sessions, pages.

use gate_proof::digest::sha256;
use gate_wire::time::Timestamp;
use rusqlite::{Connection, Error, OptionalExtension, params};
use zeroize::Zeroizing;

use super::signed;
use super::terminals::audit;

/// A person as they are known.
pub struct Person {
    /// Their secret for one-time codes.
    pub totp: Zeroizing<[u8; 20]>,
}

/// Makes a person known, or gives one new secrets.
///
/// # Errors
/// SQLite's.
pub fn add(
    db: &Connection,
    (name, passphrase): (&str, &str),
    totp: &[u8; 20],
    now: Timestamp,
) -> Result<(), Error> {
    let sql = "INSERT INTO person VALUES (?1, ?2, ?3, 0)
        ON CONFLICT (name) DO UPDATE SET digest = ?2, totp = ?3, step = 0";
    db.execute(sql, params![name, sha256(&[passphrase.as_bytes()]).0, totp])?;
    audit(db, "gate-hub person", &format!("{name} has new secrets"), now)
}

/// The person of this name, if the passphrase is theirs.
///
/// # Errors
/// SQLite's.
pub fn find(db: &Connection, name: &str, passphrase: &str) -> Result<Option<Person>, Error> {
    // By its digest: how long a comparison takes tells nothing of a random text of 100 bits.
    let sql = "SELECT totp FROM person WHERE name = ?1 AND digest = ?2";
    let digest = sha256(&[passphrase.as_bytes()]).0;
    let totp = db.prepare_cached(sql)?.query_row(params![name, digest], |row| row.get(0)).optional()?;
    Ok(totp.map(|totp| Person { totp: Zeroizing::new(totp) }))
}

/// Uses a one-time code up, and writes the login down. `false` if it, or a later one, was used.
///
/// # Errors
/// SQLite's.
pub fn enter(db: &Connection, name: &str, step: u64, now: Timestamp) -> Result<bool, Error> {
    let sql = "UPDATE person SET step = ?2 WHERE name = ?1 AND step < ?2";
    if db.prepare_cached(sql)?.execute(params![name, signed(step)])? == 0 {
        return Ok(false);
    }
    audit(db, name, "logged in", now)?;
    Ok(true)
}
