//! People who may look at the fleet, or change it: a random passphrase and one-time codes (RFC 6238).
//! Promises: no passphrase is kept, none is chosen by anybody; a one-time code serves once; who was taken away is nobody any more.
//! Must not know: sessions, pages.

use std::fmt;

use gate_proof::digest::sha256;
use gate_wire::time::Timestamp;
use zeroize::Zeroizing;

use super::db::Row;
use super::log::{Deed, audit};
use super::{Db, StoreFault};
use crate::values;

/// What a person may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Look.
    Viewer,
    /// Look, invite terminals, and settle doubts.
    Administrator,
}

impl Role {
    /// Its name, in the database and at the shell.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Role::Viewer => "viewer",
            Role::Administrator => "administrator",
        }
    }

    /// By its name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Role> {
        [Role::Viewer, Role::Administrator].into_iter().find(|role| role.name() == name)
    }
}

/// A person as they are known.
pub struct Person {
    /// Of these secrets.
    pub stamp: Stamp,
    /// Their secret for one-time codes.
    pub totp: Zeroizing<[u8; 20]>,
}

impl fmt::Debug for Person {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Person")
    }
}

/// New secrets of a person: a passphrase and one for one-time codes.
#[derive(Clone, Copy)]
pub struct Secrets<'a> {
    /// 100 random bits.
    pub passphrase: &'a str,
    /// For one-time codes.
    pub totp: &'a [u8; 20],
}

impl fmt::Debug for Secrets<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secrets")
    }
}

/// Makes a person known, or gives one new secrets and this role.
///
/// # Errors
/// [`StoreFault`].
pub fn add(
    db: &Db,
    (name, role): (&str, Role),
    secrets: Secrets<'_>,
    (by, now): (&str, Timestamp),
) -> Result<(), StoreFault> {
    let sql = "INSERT INTO person (name, digest, totp, step, role) VALUES (?1, ?2, ?3, 0, ?4)
        ON CONFLICT (name) DO UPDATE SET digest = ?2, totp = ?3, step = 0, role = ?4";
    let digest = sha256(&[secrets.passphrase.as_bytes()]).0;
    db.run(sql, values![name, &digest, secrets.totp, role.name()])?;
    audit(db, (by, now), Deed::GiveSecrets, &[&name, &role.name()])
}

/// Takes a person away. `false` if there is none of this name.
///
/// # Errors
/// [`StoreFault`].
pub fn remove(db: &Db, name: &str, (by, now): (&str, Timestamp)) -> Result<bool, StoreFault> {
    if db.run("DELETE FROM person WHERE name = ?1", values![name])? == 0 {
        return Ok(false);
    }
    audit(db, (by, now), Deed::TakeAway, &[&name])?;
    Ok(true)
}

/// The person of this name, if the passphrase is theirs.
///
/// # Errors
/// [`StoreFault`].
pub fn find(db: &Db, name: &str, passphrase: &str) -> Result<Option<Person>, StoreFault> {
    // By its digest: how long a comparison takes tells nothing of a random text of 100 bits.
    let sql = "SELECT totp FROM person WHERE name = ?1 AND digest = ?2";
    let digest = sha256(&[passphrase.as_bytes()]).0;
    let totp = db.first(sql, values![name, &digest], |row| row.get(0))?;
    Ok(totp.map(|totp| Person { stamp: digest, totp: Zeroizing::new(totp) }))
}

/// What changes when a person's secrets do: a session is of one of these.
pub type Stamp = [u8; 32];

/// A person's role and stamp now; `None` for who is nobody any more.
///
/// # Errors
/// [`StoreFault`].
pub fn stands(db: &Db, name: &str) -> Result<Option<(Role, Stamp)>, StoreFault> {
    let sql = "SELECT role, digest FROM person WHERE name = ?1";
    let read = |row: &Row| Ok((row.get::<String>(0)?, row.get(1)?));
    let found = db.first(sql, values![name], read)?;
    Ok(found.and_then(|(role, stamp)| Some((Role::parse(&role)?, stamp))))
}

/// A person's secret for one-time codes, while they have these secrets.
///
/// # Errors
/// [`StoreFault`].
pub fn totp(db: &Db, name: &str, stamp: &Stamp) -> Result<Option<Zeroizing<[u8; 20]>>, StoreFault> {
    let sql = "SELECT totp FROM person WHERE name = ?1 AND digest = ?2";
    Ok(db.first(sql, values![name, stamp], |row| row.get(0))?.map(Zeroizing::new))
}

/// Uses a one-time code up. `false` if it, or a later one, was used.
///
/// # Errors
/// [`StoreFault`].
pub fn spend(db: &Db, name: &str, step: u64) -> Result<bool, StoreFault> {
    let sql = "UPDATE person SET step = ?2 WHERE name = ?1 AND step < ?2";
    Ok(db.run(sql, values![name, step])? > 0)
}

/// Uses a one-time code up, and writes the login down. `false` if it, or a later one, was used.
///
/// # Errors
/// [`StoreFault`].
pub fn enter(db: &Db, name: &str, step: u64, now: Timestamp) -> Result<bool, StoreFault> {
    if !spend(db, name, step)? {
        return Ok(false);
    }
    audit(db, (name, now), Deed::LogIn, &[])?;
    Ok(true)
}
