//! Day keys from their making to their end: ahead, current, in retention, due, destroyed with a certificate (DOMAIN §15).
//! Promises: no key is destroyed before its retention ends, none without two officers and a line in the log; a destruction
//! that was cut off is finished, and certified, by the next.
//! Must not know: records.

use std::fs;
use std::path::PathBuf;

use gate_wire::time::{Day, Timestamp};
use rand_core::CryptoRng;
use serde::{Deserialize, Serialize};

use crate::custody::{CustodyFault, VaultState};
use crate::desk::{Desk, DeskError};
use crate::destruction::{self, CERTIFICATES_DIRECTORY, Certificate, CertificateRefused};
use crate::key_name::KeyName;
use crate::log::entry::{Entry, Operation};
use crate::log::{Head, LogFault};
use crate::officers::TwoOfficers;
use crate::officers::approval::{ApprovalRefused, Approved};
use crate::province::DayKeyEntry;
use crate::spelling;
use crate::staging::{self, Readers};

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
    /// Destroyed.
    Destroyed,
    /// Not in custody, and no certificate says that it was destroyed: the next destruction certifies it.
    GoneUncertified,
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

/// Why keys end.
const DESTROYED: &str =
    "DOMAIN 15: records are kept for the days of retention, then their day keys are destroyed";
/// The other reason.
pub const LOST: &str =
    "the wrapping key of the vault was lost: what is sealed to these keys opens for nobody";

/// The end of some keys, to be certified.
struct End {
    keys: Vec<DayKeyEntry>,
    before: Day,
    at: Timestamp,
    rule: &'static str,
    how: &'static str,
    head: Head,
}

/// What was destroyed.
#[derive(Debug)]
pub struct Destruction {
    /// What the certificate says.
    pub certificate: Certificate,
    /// Where it is.
    pub path: PathBuf,
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
    /// The certificate was not made. The keys are destroyed: run the command again.
    #[error("the keys are destroyed, the certificate was not made: run the command again")]
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
        let told = |entry: &DayKeyEntry| {
            let named = certificates.iter().find(|(_, certificate)| certificate.names(entry.id));
            let held = self.province.holds(KeyName::Day(entry.id));
            let state = match (held, named) {
                (true, _) => state(Day(entry.day), today, retention),
                (false, Some(_)) => KeyState::Destroyed,
                (false, None) => KeyState::GoneUncertified,
            };
            KeyTold { entry: entry.clone(), state, certificate: named.map(|(path, _)| path.clone()) }
        };
        let mut keys: Vec<KeyTold> = self.province.day_keys().iter().map(told).collect();
        keys.sort_by_key(|key| (key.entry.day, key.entry.id));
        Ok(keys)
    }

    /// Destroys the keys for days before `before`, whose retention has ended, and signs the certificate.
    ///
    /// # Errors
    /// [`DayKeysRefused`]; after [`DayKeysRefused::Certify`] the keys are gone and the next call certifies them.
    pub fn destroy_day_keys(
        &mut self,
        before: Day,
        officers: &TwoOfficers,
        now: Timestamp,
    ) -> Result<Destruction, DayKeysRefused> {
        let statement = officers.statement();
        let wanted = (Approved::DestroyDayKeys, request_to_destroy(before, self.retention_days()?));
        if (statement.operation(), statement.request()) != (wanted.0, wanted.1.as_str()) {
            return Err(DayKeysRefused::MatchApproved(statement.in_words()));
        }
        self.admit_time(before, now)?;
        let (keys, held) = self.to_destroy(before, now)?;
        let begun = Entry {
            count: held.len() as u64,
            digest: Some(officers.digest()),
            case: Some(statement.case()),
            approved: officers.approved(),
            ..Entry::of(Operation::DestroyKey)
        };
        let head = self.log().note(&begun).map_err(DeskError::from)?;
        self.province.destroy_day_keys(&held)?;
        self.save()?;
        let end = End { keys, before, at: now, rule: DESTROYED, how: self.how(), head };
        self.certify(end, officers)
    }

    /// What officers sign so that day keys that are lost are given up.
    ///
    /// # Errors
    /// [`CustodyFault::KeepVault`] if nothing is lost.
    pub fn request_to_renew(&self) -> Result<String, DayKeysRefused> {
        let what = match self.province.keys.vault()? {
            VaultState::AtHand if !self.gone_uncertified()? => return Err(CustodyFault::KeepVault.into()),
            VaultState::AtHand => "was lost",
            VaultState::Missing(CustodyFault::FindVault(_)) => "is lost with its vault",
            VaultState::Missing(_) => "is lost",
        };
        Ok(format!("give up the day keys: the wrapping key {what}, what is sealed to them opens for nobody"))
    }

    /// Gives up every day key, because what they lie under is lost, begins a new vault, and signs the certificate of loss.
    /// New day keys are made by the next publication.
    ///
    /// # Errors
    /// [`DayKeysRefused`]; cut off in between, it is finished with two new approvals.
    pub fn renew_day_keys(
        &mut self,
        officers: &TwoOfficers,
        now: Timestamp,
    ) -> Result<Destruction, DayKeysRefused> {
        let (statement, wanted) = (officers.statement(), self.request_to_renew()?);
        if (statement.operation(), statement.request()) != (Approved::RenewDayKeys, wanted.as_str()) {
            return Err(DayKeysRefused::MatchApproved(statement.in_words()));
        }
        let mut told = self.day_keys(now)?;
        told.retain(|key| key.state != KeyState::Destroyed);
        let keys: Vec<DayKeyEntry> = told.into_iter().map(|key| key.entry).collect();
        if keys.len() > destruction::KEYS_MOST {
            return Err(CertificateRefused::FitKeys.into());
        }
        let begun = Entry {
            count: keys.len() as u64,
            digest: Some(officers.digest()),
            case: Some(statement.case()),
            approved: officers.approved(),
            ..Entry::of(Operation::RenewDayKeys)
        };
        let head = self.log().note(&begun).map_err(DeskError::from)?;
        self.province.keys.give_up_day_keys();
        self.save()?;
        if self.province.keys.vault()? != VaultState::AtHand {
            self.province.keys.begin_vault()?;
        }
        let before = Day(keys.iter().map(|key| key.day.saturating_add(1)).max().unwrap_or(0));
        self.certify(End { keys, before, at: now, rule: LOST, how: "not destroyed but lost", head }, officers)
    }

    fn gone_uncertified(&self) -> Result<bool, DayKeysRefused> {
        let keys = self.day_keys(self.log().now())?;
        Ok(keys.iter().any(|key| key.state == KeyState::GoneUncertified))
    }

    fn certify(&self, end: End, officers: &TwoOfficers) -> Result<Destruction, DayKeysRefused> {
        self.serve_once(officers)?;
        let (case, [a, b]) = (officers.statement().case(), officers.names());
        let certificate = Certificate {
            format: 1,
            province: self.province.region().as_str().into(),
            desk: spelling::hex(&self.origin().0),
            rule: end.rule.into(),
            retention_days: self.retention_days()?,
            before_day: end.before.0,
            destroyed_at: end.at.unix(),
            how: end.how.into(),
            case: case.as_str().into(),
            officers: [a.as_str().into(), b.as_str().into()],
            officer_keys: officers.approved().each_ref().map(|by| by.key.clone()),
            count: u32::try_from(end.keys.len()).unwrap_or(u32::MAX),
            keys: end.keys,
            log_lines: end.head.lines,
            log_hash: spelling::hex(&end.head.hash.0),
        };
        let bytes = certificate.sign(&self.province, officers)?;
        let path = self.keep_certificate(&certificate, &bytes)?;
        Ok(Destruction { certificate, path })
    }

    /// Refuses a day whose records are still to be kept.
    fn admit_time(&self, before: Day, now: Timestamp) -> Result<(), DayKeysRefused> {
        let (retention, today) = (self.retention_days()?, now.civil_day());
        let latest = Day(today.0.saturating_sub(retention));
        if before <= latest {
            return Ok(());
        }
        let last = Day(before.0.saturating_sub(1));
        let end = Day(last.0.saturating_add(retention));
        let (day, end, latest) = (date(last), date(end), date(latest));
        Err(DayKeysRefused::AwaitRetention { day, end, latest })
    }

    /// The keys to certify, and the ids of those that are still there.
    fn to_destroy(
        &self,
        before: Day,
        now: Timestamp,
    ) -> Result<(Vec<DayKeyEntry>, Vec<u32>), DayKeysRefused> {
        let mut told = self.day_keys(now)?;
        told.retain(|key| key.entry.day < before.0 && key.state != KeyState::Destroyed);
        if told.is_empty() {
            return Err(DayKeysRefused::FindKeys(date(before)));
        }
        if told.len() > destruction::KEYS_MOST {
            return Err(CertificateRefused::FitKeys.into());
        }
        let held = told.iter().filter(|key| key.state != KeyState::GoneUncertified).map(|key| key.entry.id);
        let held = held.collect();
        Ok((told.into_iter().map(|key| key.entry).collect(), held))
    }

    fn how(&self) -> &'static str {
        if self.is_plain() {
            "demo: plain files overwritten and removed; a copy or worn flash may still hold them"
        } else {
            "the wrapping key of the vault was exchanged and the old one destroyed: older copies of the vault do not open"
        }
    }

    fn keep_certificate(&self, certificate: &Certificate, bytes: &[u8]) -> Result<PathBuf, DayKeysRefused> {
        let directory = self.directory().join(CERTIFICATES_DIRECTORY);
        let what = if certificate.rule == LOST { "lost" } else { "destroyed" };
        let (before, at) = (date(Day(certificate.before_day)), certificate.destroyed_at);
        let name = format!("{what}-before-{before}-at-{at}.cose");
        let path = directory.join(name);
        let kept = staging::make_directory(&directory, Readers::Owner)
            .and_then(|()| staging::replace(&path, bytes, Readers::Owner));
        kept.map_err(|source| DeskError::File { path: path.clone(), source })?;
        Ok(path)
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
