//! The stage's journal: the real one, which the loop writes and the journey reads.
//! Promises: what is counted here was read back from the journal's own file, proven by the terminal's record key and
//! opened with the authority's day keys.
//! Must not know: which records are expected.

use std::cell::RefCell;
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use gate_core::event::Event;
use gate_core::journal::{Entry, Journal, JournalFault, Receipt, Tally, UseKey};
use gate_core::query::{Sequence, TerminalNumber};
use gate_core::record::void;
use gate_proof::seal::OpeningKey;
use gate_signing::demo::DemoProvince;
use gate_signing::key_name::KeyName;
use gate_store::{
    Backlog, DayKeys, Disk, JournalConfig, JournalKeys, Row, SqliteJournal, SystemDisk, verify_batch,
};
use gate_terminal::book::{Book, Outgoing, Waiting};
use gate_terminal::judge::Judge;
use gate_wire::record::{Record, RecordKind};
use gate_wire::time::{Day, Timestamp};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;

use super::disk::SimDisk;

type Real = SqliteJournal<ChaCha20Rng>;

/// A handle on the journal.
#[derive(Clone)]
pub(super) struct Ledger {
    journal: Rc<RefCell<Real>>,
    terminal: TerminalNumber,
}

/// A row of the journal and what it holds.
#[derive(Clone, Debug)]
pub struct LedgerRow {
    /// Its place.
    pub sequence: Sequence,
    /// The day key that it is sealed to.
    pub day_key: u32,
    /// The sealed bytes, as they lie in the file.
    pub sealed: Vec<u8>,
    /// What the authority opens.
    pub record: Record,
}

/// How long an append waits for its commit: a terminal's 500 ms (DESIGN §4) are of its own time, and the stage's stands still
/// while this machine's disk is busy. With 500 ms of the machine's, a build beside the stage makes a commit late and a
/// healthy person Assist.
const PATIENCE: Duration = Duration::from_secs(120);

/// When a journal is opened, and what makes its seals differ from those of the boot before.
#[derive(Clone, Copy)]
pub(super) struct Boot {
    pub(super) at: Timestamp,
    pub(super) number: u64,
}

impl Ledger {
    /// Opens the journal as `gate run` does, on the operating system's disk or on one that can fail.
    pub(super) fn open(
        directory: &Path,
        judge: &Judge,
        boot: Boot,
        disk: Option<&SimDisk>,
    ) -> Result<Ledger> {
        let day_keys = judge.believed().day_keys.clone().context("the demo has day keys")?;
        let secrets = judge.secrets();
        let terminal = secrets.terminal;
        let disk: Arc<dyn Disk> = match disk {
            Some(disk) => Arc::new(disk.clone()),
            None => Arc::new(SystemDisk),
        };
        let (database, reserve) = (directory.join("journal.db"), directory.join("reserve.bin"));
        let config = JournalConfig {
            disk,
            wait: PATIENCE,
            ..JournalConfig::new(database, reserve, terminal, boot.at, Event::CommittedLate.code())
        };
        let keys = JournalKeys { day_keys, record_key: secrets.record_key() };
        let journal = SqliteJournal::open(config, keys, chance(terminal, boot))?;
        Ok(Ledger { journal: Rc::new(RefCell::new(journal)), terminal })
    }

    /// What is not in the journal's own file yet.
    pub(super) fn backlog(&self) -> Backlog {
        self.journal.borrow().backlog()
    }

    /// Every record in the file, in order, as the authority reads it.
    pub(super) fn records(&self, province: &DemoProvince) -> Result<Vec<(Sequence, Record)>> {
        let rows = self.rows(province, Sequence(0))?;
        Ok(rows.into_iter().map(|row| (row.sequence, row.record)).collect())
    }

    /// The last row in the file.
    pub(super) fn last_row(&self) -> u64 {
        let journal = self.journal.borrow();
        let backlog = journal.backlog();
        (journal.next().0 - 1).saturating_sub((backlog.reserve + backlog.memory) as u64)
    }

    /// The rows from `from` on.
    pub(super) fn rows(&self, province: &DemoProvince, mut from: Sequence) -> Result<Vec<LedgerRow>> {
        let mut all = Vec::new();
        while let Some(batch) = self.journal.borrow().batch(from, usize::MAX)? {
            all.extend(rows_of_batch(&batch.bytes, self.terminal, province)?);
            from = Sequence(batch.first.0 + u64::from(batch.count));
        }
        Ok(all)
    }

    /// The counters of a day (DOMAIN §18).
    pub(super) fn tallies(&self, day: Day) -> Result<Vec<(Tally, u64)>> {
        Ok(self.journal.borrow().tallies(day)?)
    }

    /// Whether every row, those that wait included, fits the one before.
    pub(super) fn chain_is_whole(&self) -> Result<bool> {
        Ok(self.journal.borrow().verify_chain()?.first_break().is_none())
    }
}

/// What a batch of a terminal of the demo's province holds, proven by the terminal's record key and opened.
///
/// # Errors
/// If it is not that terminal's, or was changed.
pub fn rows_of_batch(
    bytes: &[u8],
    terminal: TerminalNumber,
    province: &DemoProvince,
) -> Result<Vec<LedgerRow>> {
    let seed = province.key_seed(KeyName::TerminalRecord(terminal));
    let seed = seed.context("the demo made the terminal's record key")?;
    let key = gate_proof::ed25519::SigningKey::from_seed(&seed).public_key();
    let proven = verify_batch(bytes, &key)?;
    let open = |row: Row| {
        let record = row.open(terminal, &proven.header().journal, &day_key(province, &row)?)?;
        let sealed = row.sealed.body.to_vec();
        Ok(LedgerRow { sequence: row.sequence, day_key: row.day_key.0, sealed, record })
    };
    proven.rows().map(open).collect()
}

/// What seals of this boot are drawn from: two terminals' journals have different names.
fn chance(terminal: TerminalNumber, boot: Boot) -> ChaCha20Rng {
    let mut rng = ChaCha20Rng::seed_from_u64(boot.number);
    rng.set_stream(terminal.value().into());
    rng
}

fn day_key(province: &DemoProvince, row: &Row) -> Result<OpeningKey> {
    let seed = province.key_seed(KeyName::Day(row.day_key.0)).context("the demo made the day's key")?;
    Ok(OpeningKey::from_seed(&seed))
}

impl Journal for Ledger {
    fn append(&mut self, entry: &Entry) -> Result<Receipt, JournalFault> {
        self.journal.borrow_mut().append(entry)
    }

    fn uses(&mut self, key: &UseKey) -> u16 {
        self.journal.borrow_mut().uses(key)
    }
}

impl Book for Ledger {
    fn keep(&mut self, name: &str, value: i64) {
        Book::keep(&mut *self.journal.borrow_mut(), name, value);
    }

    fn kept(&self, name: &str) -> Option<i64> {
        Book::kept(&*self.journal.borrow(), name)
    }

    fn take_day_keys(&mut self, keys: DayKeys) {
        Book::take_day_keys(&mut *self.journal.borrow_mut(), keys);
    }

    fn recorded(&self) -> u64 {
        self.journal.borrow().recorded()
    }

    fn tend(&mut self) -> Waiting {
        Book::tend(&mut *self.journal.borrow_mut())
    }

    fn send_from(&mut self, ask: &mut dyn FnMut(&mut dyn Outgoing)) {
        ask(&mut *self.journal.borrow_mut());
    }
}

/// How many of these rows say Pass and opened, and how many say Pass and opened nothing, as the rows behind them tell (ADR 30).
#[must_use]
pub fn passes(rows: &[LedgerRow]) -> (usize, usize) {
    let void: Vec<Sequence> = rows.iter().filter_map(|row| void(&row.record)).collect();
    let says_pass = |row: &&LedgerRow| row.record.kind == RecordKind::Passage && row.record.verdict == b'P';
    let (shut, opened): (Vec<&LedgerRow>, Vec<&LedgerRow>) =
        rows.iter().filter(says_pass).partition(|row| void.contains(&row.sequence));
    (opened.len(), shut.len())
}

#[cfg(test)]
mod tests {
    use gate_wire::time::Millis;

    use super::*;

    fn row(sequence: u64, kind: RecordKind, change: impl FnOnce(&mut Record)) -> LedgerRow {
        let mut record = Record::blank(kind, Timestamp::EPOCH, Millis(0));
        change(&mut record);
        LedgerRow { sequence: Sequence(sequence), day_key: 1, sealed: Vec::new(), record }
    }

    #[test]
    fn a_pass_whose_next_row_says_that_it_opened_nothing_is_no_passage() {
        let pass = |sequence| row(sequence, RecordKind::Passage, |record| record.verdict = b'P');
        let void = |sequence: u64, event: Event| {
            row(sequence + 1, RecordKind::Device, |record| {
                record.event = event.code();
                record.detail[..8].copy_from_slice(&sequence.to_be_bytes());
            })
        };
        let stop = row(6, RecordKind::Passage, |record| record.verdict = b'S');
        let late = |sequence| void(sequence, Event::CommittedLate);
        let rows = [pass(1), pass(2), late(2), pass(4), void(4, Event::NotOpened), stop, late(6), pass(8)];
        assert_eq!(passes(&rows), (2, 2));
    }
}
