//! Day keys from their making to their end: ahead, current, in retention, due, destroyed or lost (DOMAIN §15).
//! Promises: a key's state is what custody holds, what certificates say and what the log tells, not what one file claims.
//! Must not know: records; how keys end (`ending`).

mod ending;

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use gate_wire::time::{Day, Timestamp};
use rand_core::CryptoRng;
use serde::{Deserialize, Serialize};

use crate::custody::{CustodyFault, Look, VaultState};
use crate::desk::{Desk, DeskError};
use crate::destruction::{self, CertificateRefused};
use crate::key_name::KeyName;
use crate::log::LogFault;
use crate::log::entry::{Entry, Operation};
use crate::officers::approval::ApprovalRefused;
use crate::province::DayKeyEntry;
pub use ending::{Certified, Destruction};

/// Days that records are kept unless the authority says otherwise: our default (DOMAIN §15).
pub const RETENTION_DAYS: u32 = 30;
/// Where the authority says otherwise: `{"format":1,"days":30}`.
pub const RETENTION_FILE: &str = "retention.json";
/// Most days ahead, and longest retention.
const DAYS_MOST: u32 = 400;

/// Where a day key is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KeyState {
    /// For a day to come.
    Future,
    /// Today's.
    Current,
    /// Its day is over, its retention is not.
    InRetention,
    /// Its retention is over: to be destroyed.
    Due,
    /// In the vault, which is not at hand: lost, damaged, or on a medium that is not mounted; or in a vault that is, where it
    /// does not open.
    OutOfReach,
    /// Destroyed.
    Destroyed,
    /// Lost, and certified so.
    Lost,
    /// Destroyed, as the log tells, and no certificate says so: the next destruction certifies it.
    DestroyedUncertified,
    /// Not in custody, and neither log nor certificate says why: the next renewal certifies it as lost.
    LostUncertified,
}

/// A day key with its state.
#[derive(Clone, Debug)]
pub struct KeyTold {
    /// Id, day, public half.
    pub entry: DayKeyEntry,
    /// Its state.
    pub state: KeyState,
    /// The certificate that names it.
    pub certificate: Option<PathBuf>,
}

/// Why day keys were not made, listed or destroyed.
#[derive(Debug, thiserror::Error)]
pub enum DayKeysRefused {
    /// Too many days.
    #[error("1 to {DAYS_MOST} days")]
    BoundDays,
    /// `retention.json` is none.
    #[error("{}: write {{\"format\":1,\"days\":30}}, 1 to {DAYS_MOST} days", .0.display())]
    ReadRetention(PathBuf),
    /// Retention has not ended.
    #[error(
        "records of {day} are kept until {end}: keys for days before {latest} may be destroyed today, no later ones"
    )]
    AwaitRetention {
        /// The last day asked for.
        day: String,
        /// Until when it is kept.
        end: String,
        /// What may be asked for.
        latest: String,
    },
    /// Nothing to destroy.
    #[error("no day key before {0} is left to be destroyed or certified")]
    FindKeys(String),
    /// The approvals have served.
    #[error(transparent)]
    Approvals(#[from] ApprovalRefused),
    /// The officers approved something else.
    #[error("the two officers approved something else: {0}")]
    MatchApproved(String),
    /// The desk did not do it.
    #[error(transparent)]
    Desk(#[from] DeskError),
    /// Custody did not do it.
    #[error(transparent)]
    Custody(#[from] CustodyFault),
    /// The certificate was not made. The keys are gone: run the command again.
    #[error("the keys are gone, the certificate was not made: run the command again, with two new approvals")]
    Certify(#[from] CertificateRefused),
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RetentionText {
    format: u8,
    days: u32,
}

impl Desk {
    /// Makes the day keys that are missing from today on, for `days` days. Gives how many were made.
    ///
    /// # Errors
    /// [`DayKeysRefused`].
    pub fn make_ahead(
        &mut self,
        now: Timestamp,
        days: u32,
        rng: &mut impl CryptoRng,
    ) -> Result<usize, DayKeysRefused> {
        if !(1..=DAYS_MOST).contains(&days) {
            return Err(DayKeysRefused::BoundDays);
        }
        let before = self.province.day_keys().len();
        self.province.make_day_keys(now, days, rng)?;
        self.save()?;
        Ok(self.province.day_keys().len() - before)
    }

    /// Days that records are kept.
    ///
    /// # Errors
    /// [`DayKeysRefused::ReadRetention`].
    pub fn retention_days(&self) -> Result<u32, DayKeysRefused> {
        let path = self.directory().join(RETENTION_FILE);
        if !path.exists() {
            return Ok(RETENTION_DAYS);
        }
        let text = fs::read_to_string(&path).ok();
        let read: Option<RetentionText> = text.and_then(|text| serde_json::from_str(&text).ok());
        let read = read.filter(|read| read.format == 1 && (1..=DAYS_MOST).contains(&read.days));
        Ok(read.ok_or(DayKeysRefused::ReadRetention(path))?.days)
    }

    /// Tells the log of a retention that is not the one it was told last.
    pub(crate) fn tell_retention(&self, told: Option<u64>) -> Result<(), LogFault> {
        // A file that cannot be read is told by whoever needs it.
        let Ok(days) = self.retention_days() else { return Ok(()) };
        if u64::from(days) != told.unwrap_or(u64::from(RETENTION_DAYS)) {
            self.log().note(&Entry { count: u64::from(days), ..Entry::of(Operation::RetentionChange) })?;
        }
        Ok(())
    }

    /// Every day key, oldest first, with its state at `now`.
    ///
    /// # Errors
    /// [`DayKeysRefused`].
    pub fn day_keys(&self, now: Timestamp) -> Result<Vec<KeyTold>, DayKeysRefused> {
        let (retention, today) = (self.retention_days()?, now.civil_day());
        let certificates = destruction::kept(self.directory(), &self.province.root_key()?);
        let (destroyed, vault) = (self.told_destroyed().map_err(DeskError::from)?, self.vault()?);
        let told = |entry: &DayKeyEntry| {
            let named = certificates.iter().find(|(_, certificate)| certificate.names(entry.id));
            let state = match (self.province.holds(KeyName::Day(entry.id)), named) {
                (true, _) if out_of_reach(&vault, entry.id) => KeyState::OutOfReach,
                (true, _) => state(Day(entry.day), today, retention),
                (false, Some((_, certificate))) if certificate.is_of_loss() => KeyState::Lost,
                (false, Some(_)) => KeyState::Destroyed,
                (false, None) if destroyed.contains(&entry.id) => KeyState::DestroyedUncertified,
                (false, None) => KeyState::LostUncertified,
            };
            KeyTold { entry: entry.clone(), state, certificate: named.map(|(path, _)| path.clone()) }
        };
        let mut keys: Vec<KeyTold> = self.province.day_keys().iter().map(told).collect();
        keys.sort_by_key(|key| (key.entry.day, key.entry.id));
        Ok(keys)
    }

    /// Whether what the day keys lie under is at hand, and opens. Nobody is asked for a passphrase in order to be told that a
    /// medium is missing; a file that lies there says nothing before it was opened.
    ///
    /// # Errors
    /// [`CustodyFault`].
    pub fn vault(&self) -> Result<VaultState, CustodyFault> {
        match self.province.keys.vault(Look::Lies)? {
            VaultState::AtHand { .. } => self.province.keys.vault(Look::Opens),
            missing @ VaultState::Missing(_) => Ok(missing),
        }
    }

    /// The day keys that the log says were destroyed one by one, by id.
    fn told_destroyed(&self) -> Result<BTreeSet<u32>, LogFault> {
        let mut told = BTreeSet::new();
        self.log().recount(|line| {
            let named = line.key.as_deref().and_then(KeyName::from_token);
            if let (Operation::DestroyKey, Some(KeyName::Day(id))) = (line.operation, named) {
                told.insert(id);
            }
            Ok(())
        })?;
        Ok(told)
    }
}

fn out_of_reach(vault: &VaultState, id: u32) -> bool {
    match vault {
        VaultState::Missing(_) => true,
        VaultState::AtHand { shut } => shut.contains(&id),
    }
}

/// What officers sign so that day keys are destroyed.
pub fn request_to_destroy(before: Day, retention_days: u32) -> String {
    format!("destroy the day keys for days before {}; retention {retention_days} days", date(before))
}

/// `2026-10-20`.
pub fn date(day: Day) -> String {
    let (year, month, day) = day.ymd();
    format!("{year:04}-{month:02}-{day:02}")
}

fn state(day: Day, today: Day, retention: u32) -> KeyState {
    match today.since(day) {
        None => KeyState::Future,
        Some(0) => KeyState::Current,
        Some(age) if age <= retention => KeyState::InRetention,
        Some(_) => KeyState::Due,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_lives_through_its_day_and_its_retention() {
        let states = [101, 100, 99, 70, 69].map(|day| state(Day(day), Day(100), 30));
        let expected = [
            KeyState::Future,
            KeyState::Current,
            KeyState::InRetention,
            KeyState::InRetention,
            KeyState::Due,
        ];
        assert_eq!(states, expected);
        assert_eq!(
            request_to_destroy(Day(20_746), 30),
            "destroy the day keys for days before 2026-10-20; retention 30 days"
        );
    }
}
