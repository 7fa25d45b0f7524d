//! A desk as the opening of records sees it: its terminals, its day keys, and what became of those that are gone.
//! Promises: a day key comes out of custody once a command, after the log was told for which case and how many rows.
//! Must not know: what is asked for.

use std::collections::{HashMap, HashSet};

use gate_core::query::TerminalNumber;
use gate_proof::ed25519::PublicKey;
use gate_store::DayKeyId;
use gate_wire::time::Day;

use super::opening::{DayKeyOpener, KeyAnswer, KeyEnd};
use super::sources::{Gathered, Known};
use super::terminals::Terminals;
use crate::custody::{CustodyFault, Look, VaultState};
use crate::desk::Desk;
use crate::destruction::{self, Certificate};
use crate::key_name::KeyName;
use crate::key_ring::Work;
use crate::log::entry::{CaseNumber, Operation};

/// Whether only the keys of the days asked for are looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeysSought {
    /// Those of the days asked for.
    OfTheDays,
    /// Every key: for a terminal that had run out of day keys and sealed to its last one.
    Every,
}

/// What the desk knows in the clear.
pub struct DeskKnows<'a> {
    /// The desk.
    pub desk: &'a Desk,
    /// Which keys are looked for.
    pub sought: KeysSought,
    /// Terminals that made their record keys themselves.
    pub enrolled: &'a Terminals,
}

impl Known for DeskKnows<'_> {
    fn record_key(&self, terminal: TerminalNumber) -> Option<PublicKey> {
        self.enrolled.record_key(terminal).or_else(|| self.desk.province.record_key(terminal))
    }

    fn keys_of(&self, days: Option<(Day, Day)>) -> Option<HashSet<DayKeyId>> {
        let (first, last) = days.filter(|_| self.sought == KeysSought::OfTheDays)?;
        let entries = self.desk.province.day_keys().iter();
        let inside = entries.filter(|entry| (first.0..=last.0).contains(&entry.day));
        Some(inside.map(|entry| DayKeyId(entry.id)).collect())
    }

    fn day_of(&self, key: DayKeyId) -> Option<Day> {
        let mut entries = self.desk.province.day_keys().iter();
        entries.find(|entry| entry.id == key.0).map(|entry| Day(entry.day))
    }
}

/// The desk's day keys, for one case.
pub struct DeskKeys<'a> {
    desk: &'a Desk,
    case: &'a CaseNumber,
    rows: HashMap<DayKeyId, u64>,
    certificates: Vec<(String, Certificate)>,
    enrolled: &'a Terminals,
}

impl<'a> DeskKeys<'a> {
    /// Day keys for the rows that were gathered.
    pub fn new(
        (desk, enrolled): (&'a Desk, &'a Terminals),
        case: &'a CaseNumber,
        gathered: &Gathered,
    ) -> DeskKeys<'a> {
        let mut rows = HashMap::new();
        for candidate in &gathered.candidates {
            *rows.entry(candidate.row.day_key).or_insert(0) += 1;
        }
        let root = desk.province.root_key().ok();
        let kept = root.map(|root| destruction::kept(desk.directory(), &root)).unwrap_or_default();
        let named = |(path, certificate): (std::path::PathBuf, Certificate)| {
            (path.file_name().unwrap_or_default().to_string_lossy().into_owned(), certificate)
        };
        DeskKeys { desk, case, rows, certificates: kept.into_iter().map(named).collect(), enrolled }
    }

    /// Refuses to begin where no row could be opened for want of what the day keys lie under. Rows of keys that are gone for
    /// good are answered without it.
    ///
    /// # Errors
    /// [`CustodyFault`].
    pub fn admit_vault(&self) -> Result<(), CustodyFault> {
        let held = |key: &&DayKeyId| self.desk.province.holds(KeyName::Day(key.0));
        let wanted: Vec<u32> = self.rows.keys().filter(held).map(|key| key.0).collect();
        if wanted.is_empty() {
            return Ok(());
        }
        match self.desk.province.keys.vault(Look::Opens)? {
            VaultState::Missing(fault) => Err(fault),
            VaultState::AtHand { shut } if wanted.iter().all(|key| shut.contains(key)) => {
                self.desk.province.keys.admit_opening(KeyName::Day(wanted[0]))
            }
            VaultState::AtHand { .. } => Ok(()),
        }
    }

    fn gone(&self, id: u32) -> KeyAnswer {
        if !self.desk.province.day_keys().iter().any(|entry| entry.id == id) {
            return KeyAnswer::Unknown;
        }
        match self.certificates.iter().find(|(_, certificate)| certificate.names(id)) {
            Some((name, certificate)) => {
                let end = if certificate.is_of_loss() { KeyEnd::Lost } else { KeyEnd::Destroyed };
                KeyAnswer::Destroyed { end, at: certificate.at(), certificate: name.clone() }
            }
            None => KeyAnswer::Refused(
                "not in custody, and no certificate says that it was destroyed: ask who lost it".into(),
            ),
        }
    }
}

impl DayKeyOpener for DeskKeys<'_> {
    fn key(&mut self, id: DayKeyId) -> KeyAnswer {
        if !self.desk.province.holds(KeyName::Day(id.0)) {
            return self.gone(id.0);
        }
        let most = self.rows.get(&id).copied().unwrap_or(0);
        let work = Work { operation: Operation::OpenRecords, most, case: Some(self.case) };
        match self.desk.province.opening_key(id.0, &work) {
            Ok(key) => KeyAnswer::Key(key),
            Err(fault) => KeyAnswer::Refused(fault.to_string()),
        }
    }

    fn terminals(&self) -> Vec<TerminalNumber> {
        let mut terminals = self.desk.province.terminals();
        terminals.extend(self.enrolled.numbers());
        terminals.sort_unstable();
        terminals.dedup();
        terminals
    }
}
