//! How day keys end: destroyed when their retention is over, given up when what they lie under is lost; certified (DOMAIN §15).
//! Promises: no key is destroyed before its retention ends; none ends without two officers and a line in the log; a command
//! that was cut off is finished, and certified, by the next; a renewal gives up what is lost and no key that is at hand.
//! Must not know: records.
//!
//! Order of an end: the log's line, the vault, the record of custody, the certificates. What custody holds decides what is
//! finished: a key that is in the vault is not lost, whatever was cut off or taken away around it.

use std::path::{Path, PathBuf};

use gate_wire::time::{Day, Timestamp};

use super::{DayKeysRefused, KeyState, KeyTold, date, request_to_destroy};
use crate::custody::{CustodyFault, Look, VaultState};
use crate::desk::{Desk, DeskError};
use crate::destruction::{CERTIFICATES_DIRECTORY, Certificate, KEYS_MOST, LOST};
use crate::log::Head;
use crate::log::entry::{Entry, Operation};
use crate::officers::TwoOfficers;
use crate::officers::approval::Approved;
use crate::province::DayKeyEntry;
use crate::spelling;
use crate::staging::{self, Readers};

/// Why keys end.
const DESTROYED: &str =
    "DOMAIN 15: records are kept for the days of retention, then their day keys are destroyed";
/// Certificates of one end that may lie beside each other under one date and time.
const NAMES_MOST: u32 = 1000;

/// The end of some keys, to be certified.
struct End {
    keys: Vec<DayKeyEntry>,
    before: Day,
    at: Timestamp,
    rule: &'static str,
    how: &'static str,
    head: Head,
}

/// What is lost.
struct Loss {
    keys: Vec<DayKeyEntry>,
    /// Whether the vault is to be mended or begun anew.
    vault: Vault,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Vault {
    Stays,
    BeginsAnew,
}

/// What ended.
#[derive(Debug)]
pub struct Destruction {
    /// The certificates: one, or several for more keys than one holds.
    pub certificates: Vec<Certified>,
}

/// One certificate.
#[derive(Debug)]
pub struct Certified {
    /// What it says.
    pub certificate: Certificate,
    /// Where it is.
    pub path: PathBuf,
}

impl Desk {
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
        let wanted = request_to_destroy(before, self.retention_days()?);
        admit_approved(officers, Approved::DestroyDayKeys, &wanted)?;
        self.admit_time(before, now)?;
        let (keys, held) = self.to_destroy(before, now)?;
        self.admit_state()?;
        let head = self.note_end(Operation::DestroyKey, held.len(), officers)?;
        self.province.destroy_day_keys(&held)?;
        self.save()?;
        let end = End { keys, before, at: now, rule: DESTROYED, how: self.how(), head };
        self.certify(end, officers)
    }

    /// What officers sign so that day keys that are lost are given up: which ones, so that it serves for no others. The same
    /// after a renewal that was cut off, which it finishes.
    ///
    /// # Errors
    /// [`CustodyFault::KeepVault`] if nothing is lost.
    pub fn request_to_renew(&self) -> Result<String, DayKeysRefused> {
        Ok(self.loss(self.log().now())?.request())
    }

    /// Gives up the day keys that are lost, begins a new vault if theirs is, and signs the certificates of loss. Keys that are
    /// in a vault at hand, and open, stay. New ones are made by the next publication.
    ///
    /// # Errors
    /// [`DayKeysRefused`]; cut off anywhere it is finished by the next call, with new approvals if these have served.
    pub fn renew_day_keys(
        &mut self,
        officers: &TwoOfficers,
        now: Timestamp,
    ) -> Result<Destruction, DayKeysRefused> {
        let loss = self.loss(now)?;
        admit_approved(officers, Approved::RenewDayKeys, &loss.request())?;
        let Loss { keys, vault } = loss;
        let head = self.note_end(Operation::RenewDayKeys, keys.len(), officers)?;
        if vault == Vault::BeginsAnew {
            self.province.keys.begin_vault()?;
        }
        self.province.meet_vault();
        self.save()?;
        let before = Day(keys.iter().map(|key| key.day.saturating_add(1)).max().unwrap_or(0));
        self.certify(End { keys, before, at: now, rule: LOST, how: "not destroyed but lost", head }, officers)
    }

    /// What is lost: with the vault at hand those keys that are not in it, or do not open; else every one.
    fn loss(&self, now: Timestamp) -> Result<Loss, DayKeysRefused> {
        let vault = self.province.keys.vault(Look::Opens)?;
        let lost = |key: &KeyTold| match (key.state, &vault) {
            (KeyState::Destroyed | KeyState::Lost | KeyState::DestroyedUncertified, _) => false,
            (KeyState::LostUncertified, _) | (_, VaultState::Missing(_)) => true,
            (_, VaultState::AtHand { shut }) => shut.contains(&key.entry.id),
        };
        let mut told = self.day_keys(now)?;
        told.retain(lost);
        let keys: Vec<DayKeyEntry> = told.into_iter().map(|key| key.entry).collect();
        let vault = match &vault {
            VaultState::AtHand { shut } if shut.is_empty() && keys.is_empty() => {
                return Err(CustodyFault::KeepVault.into());
            }
            VaultState::AtHand { shut } if shut.is_empty() => Vault::Stays,
            VaultState::AtHand { .. } | VaultState::Missing(_) => Vault::BeginsAnew,
        };
        Ok(Loss { keys, vault })
    }

    fn note_end(
        &self,
        operation: Operation,
        keys: usize,
        officers: &TwoOfficers,
    ) -> Result<Head, DayKeysRefused> {
        let begun = Entry {
            count: keys as u64,
            digest: Some(officers.digest()),
            case: Some(officers.statement().case()),
            approved: officers.approved(),
            ..Entry::of(operation)
        };
        Ok(self.log().note(&begun).map_err(DeskError::from)?)
    }

    fn certify(&self, end: End, officers: &TwoOfficers) -> Result<Destruction, DayKeysRefused> {
        let parts = end.keys.chunks(KEYS_MOST);
        let mut certificates = Vec::new();
        if parts.len() > 0 {
            self.serve_once(officers)?;
            let root = Certificate::signer(&self.province, officers, parts.len() as u64)?;
            for part in parts {
                let certificate = self.certificate(&end, part, officers)?;
                let path = self.keep_certificate(&certificate, &certificate.sign(&root)?)?;
                certificates.push(Certified { certificate, path });
            }
        }
        Ok(Destruction { certificates })
    }

    fn certificate(
        &self,
        end: &End,
        keys: &[DayKeyEntry],
        officers: &TwoOfficers,
    ) -> Result<Certificate, DayKeysRefused> {
        let (case, [a, b]) = (officers.statement().case(), officers.names());
        Ok(Certificate {
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
            count: u32::try_from(keys.len()).unwrap_or(u32::MAX),
            keys: keys.to_vec(),
            log_lines: end.head.lines,
            log_hash: spelling::hex(&end.head.hash.0),
        })
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

    /// The keys to certify, and the ids of those that are still there. Lost ones are a renewal's to certify.
    fn to_destroy(
        &self,
        before: Day,
        now: Timestamp,
    ) -> Result<(Vec<DayKeyEntry>, Vec<u32>), DayKeysRefused> {
        let ended = |state| matches!(state, KeyState::Destroyed | KeyState::Lost | KeyState::LostUncertified);
        let mut told = self.day_keys(now)?;
        told.retain(|key| key.entry.day < before.0 && !ended(key.state));
        if told.is_empty() {
            return Err(DayKeysRefused::FindKeys(date(before)));
        }
        let held = told.iter().filter(|key| key.state != KeyState::DestroyedUncertified);
        let held = held.map(|key| key.entry.id).collect();
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
        let made = staging::make_directory(&directory, Readers::Owner);
        made.map_err(|source| DeskError::File { path: directory.clone(), source })?;
        let path = free_name(&directory, certificate);
        let kept = staging::replace(&path, bytes, Readers::Owner);
        kept.map_err(|source| DeskError::File { path: path.clone(), source })?;
        Ok(path)
    }
}

impl Loss {
    fn request(&self) -> String {
        let ids = || self.keys.iter().map(|key| key.id);
        match (ids().min(), ids().max()) {
            (Some(first), Some(last)) => format!(
                "give up {} day keys, the first {first}, the last {last}: they are lost, what is sealed to them opens for \
                 nobody",
                self.keys.len()
            ),
            _ => "begin a new vault for day keys: the one before is lost, and no day key with it".into(),
        }
    }
}

fn admit_approved(officers: &TwoOfficers, operation: Approved, request: &str) -> Result<(), DayKeysRefused> {
    let statement = officers.statement();
    match (statement.operation(), statement.request()) == (operation, request) {
        true => Ok(()),
        false => Err(DayKeysRefused::MatchApproved(statement.in_words())),
    }
}

/// A certificate never replaces another.
fn free_name(directory: &Path, certificate: &Certificate) -> PathBuf {
    let what = if certificate.is_of_loss() { "lost" } else { "destroyed" };
    let (before, at) = (date(Day(certificate.before_day)), certificate.destroyed_at);
    let named = |number: u32| {
        let more = if number == 1 { String::new() } else { format!("-{number}") };
        directory.join(format!("{what}-before-{before}-at-{at}{more}.cose"))
    };
    (1..NAMES_MOST).map(named).find(|path| !path.exists()).unwrap_or_else(|| named(NAMES_MOST))
}

#[cfg(test)]
mod tests;
