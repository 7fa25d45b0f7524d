//! A hub in memory: takes what carriers bring, keeps both of two rows that differ, says how far it holds a journal.

use std::collections::BTreeMap;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use gate_core::journal::Tally;
use gate_core::keyset::{Holder, Region};
use gate_core::query::{Sequence, TerminalNumber};
use gate_core::records::account::Account;
use gate_core::records::acknowledgement::Acknowledgement;
use gate_core::records::batch::{alleged_terminal, verify_batch};
use gate_core::records::names::{BatchName, acknowledgement_name, parse_account};
use gate_core::records::{JournalId, NOTHING_BEFORE, Row};
use gate_proof::ed25519::{PublicKey, SigningKey};
use gate_signing::province::Province;
use gate_signing::register::Terms;
use gate_wire::cose::Kid;
use gate_wire::time::Timestamp;

pub(crate) const KID: Kid = Kid(*b"hub1");

fn key() -> SigningKey {
    SigningKey::from_seed(&[77; 32])
}

/// Gives a real hub's folder this hub's key.
pub(crate) fn own_key(folder: &Path) {
    place_secret(&folder.join("acknowledge.key"), &format!("{}\n", "4d".repeat(32)));
}

/// A file that its owner alone may read.
pub(crate) fn place_secret(path: &Path, text: &str) {
    fs::write(path, text).unwrap();
    fs::set_permissions(path, Permissions::from_mode(0o600)).unwrap();
}

/// Names the hub's key in the province's key set.
pub(crate) fn admit(province: &mut Province, from: Timestamp) {
    let region = Region::parse("510000").unwrap();
    let terms = Terms { kid: KID, region, holder: Holder::Hub, kinds: Vec::new(), from, until: None };
    province.register_mut().add(&key().public_key(), &terms).unwrap();
}

/// A journal of a terminal.
pub(crate) type Of = (TerminalNumber, [u8; 16]);

#[derive(Default)]
pub(crate) struct Hub {
    keys: BTreeMap<TerminalNumber, PublicKey>,
    pub(crate) rows: BTreeMap<(Of, u64), Row>,
    /// Rows that came more than once.
    pub(crate) again: usize,
    /// Rows that differ from the one that was there.
    pub(crate) conflicts: Vec<(Of, u64)>,
    pub(crate) refused: usize,
    pub(crate) accounts: BTreeMap<TerminalNumber, Account>,
    counts: BTreeMap<(TerminalNumber, u32, u32, u16, u8), u32>,
}

impl Hub {
    pub(crate) fn enrol(&mut self, terminal: TerminalNumber, key: PublicKey) {
        self.keys.insert(terminal, key);
    }

    /// Takes a folder of batches and accounts, in whatever order.
    pub(crate) fn take(&mut self, folder: &Path) {
        let Ok(entries) = fs::read_dir(folder) else { return };
        for path in entries.map(|entry| entry.unwrap().path()) {
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            if BatchName::parse(&name).is_some() {
                self.take_batch(&fs::read(&path).unwrap());
            } else if parse_account(&name).is_some() {
                self.take_account(&fs::read(&path).unwrap());
            }
        }
    }

    /// Takes one batch, whatever its file is called.
    pub(crate) fn take_file(&mut self, path: &Path) {
        self.take_batch(&fs::read(path).unwrap());
    }

    fn take_batch(&mut self, bytes: &[u8]) {
        let key = alleged_terminal(bytes).ok().and_then(|terminal| self.keys.get(&terminal));
        let Some(Ok(batch)) = key.map(|key| verify_batch(bytes, key)) else {
            self.refused += 1;
            return;
        };
        let of = (batch.header().terminal, batch.header().journal.0);
        for row in batch.rows() {
            let place = (of, row.sequence.0);
            match self.rows.get(&place) {
                None => drop(self.rows.insert(place, row)),
                Some(known) if *known == row => self.again += 1,
                Some(_) => self.conflicts.push(place),
            }
        }
    }

    fn take_account(&mut self, bytes: &[u8]) {
        let key = alleged_terminal(bytes).ok().and_then(|terminal| self.keys.get(&terminal));
        let Some(Ok(account)) = key.map(|key| Account::verify(bytes, key)) else {
            self.refused += 1;
            return;
        };
        for counted in &account.counts {
            let Tally { day, place, lane, letter } = counted.of;
            let known = self.counts.entry((account.terminal, day.0, place, lane, letter)).or_default();
            *known = counted.count.max(*known);
        }
        let newest = self.accounts.get(&account.terminal).map_or(0, |known| known.revision);
        if account.revision > newest {
            self.accounts.insert(account.terminal, account);
        }
    }

    /// Passages by day and letter, over all terminals.
    pub(crate) fn counted(&self) -> BTreeMap<(u32, u8), u32> {
        let mut sums = BTreeMap::new();
        for ((_, day, _, _, letter), count) in &self.counts {
            *sums.entry((*day, *letter)).or_default() += count;
        }
        sums
    }

    /// What it says of a journal.
    pub(crate) fn says(&self, of: Of, issued: Timestamp) -> Acknowledgement {
        let journal = JournalId(of.1);
        let mut through = None;
        for ((_, at), row) in self.rows.range((of, 0)..=(of, u64::MAX)) {
            match through {
                Some((last, _)) if *at != last + 1 => break,
                _ => through = Some((*at, row.hash(&journal))),
            }
        }
        let (watermark, hash) = through.unwrap_or((0, NOTHING_BEFORE));
        let watermark = Sequence(watermark);
        Acknowledgement { terminal: of.0, journal, watermark, hash, epoch: 0, issued }
    }

    /// Puts its word on every journal into a carrier's folder.
    pub(crate) fn acknowledge(&self, acks: &Path, issued: Timestamp) {
        fs::create_dir_all(acks).unwrap();
        let journals: std::collections::BTreeSet<Of> = self.rows.keys().map(|(of, _)| *of).collect();
        for of in journals {
            let word = self.says(of, issued).sign(&key(), KID).unwrap();
            fs::write(acks.join(acknowledgement_name(of.0, &JournalId(of.1)).as_str()), word).unwrap();
        }
    }
}
