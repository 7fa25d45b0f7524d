//! The journal of one terminal: appending, what waits, and the values kept beside the records.
//! Promises: a record is sealed once, at its place in the chain, and that same row goes to the journal, the reserve or
//! memory, however often writing is tried; so no failure, late commit or power cut can fork the chain or double a row.
//! Must not know: what a record says (only when it was).
//!
//! Order: rows in the journal < rows in the reserve < rows in memory. A row goes nowhere before those ahead of it.
//! [`SqliteJournal::backlog`] says how many wait; [`SqliteJournal::tend`], called between passages, brings them home.

mod append;
mod outgoing;
mod start;

pub use outgoing::{Acknowledged, AcknowledgementDoubt, KEEP_DAYS, ShedFault, Standing, Taken};

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};

use gate_core::journal::{JournalFault, Tally, UseKey};
use gate_core::query::{Sequence, TerminalNumber};
use gate_proof::digest::Digest;
use gate_wire::time::Day;
use rand_core::CryptoRng;
use rusqlite::Error;

use crate::batch::{self, Batch, BatchFault, ROWS_MOST};
use crate::chain::{ChainReport, Walk};
use crate::config::{DayKeys, JournalConfig, JournalKeys};
use crate::database::{Database, Listed};
use crate::fault::{ReadFault, journal_fault};
use crate::recover::Recovery;
use crate::reserve::{HeadNote, Reserve};
use crate::row::{JournalId, Waiting};
use crate::worker::{Asked, Worker};

/// Rows brought home with one commit: at most 16 KiB of log.
const STEP: usize = 16;
/// Commits of one call of [`SqliteJournal::tend`].
const STEPS_MOST: u32 = 8;
/// Rows after which the log is folded in: about 2 MiB of it.
const CHECKPOINT_AFTER: u64 = 512;
/// Rows after which the head is noted between passages.
const NOTE_AFTER: u64 = 256;
/// Reading may take so many times as long as an append.
const READ_PATIENCE: u32 = 20;
/// Rows read at a time.
const CHUNK: usize = 256;
/// Kept values, at most, and the longest name in bytes.
const KEPT_MOST: usize = 256;
const KEPT_NAME_MOST: usize = 64;

/// The journal on SQLite, with its reserve.
pub struct SqliteJournal<R> {
    config: JournalConfig,
    keys: JournalKeys,
    rng: R,
    database: Worker<Database>,
    reserve: Worker<Reserve>,
    current: Listed,
    /// The next row's place.
    next: u64,
    previous: Digest,
    /// The last row that is in the journal, synced.
    written: HeadNote,
    /// The last row that is in the reserve, synced.
    reserved: u64,
    /// Every row that is not known to be in the journal, in order.
    backlog: VecDeque<Waiting>,
    /// A commit that has not answered, with the last row it brings.
    late: Option<(HeadNote, Receiver<Result<(), Error>>)>,
    uses: HashMap<UseKey, u16>,
    kept: BTreeMap<String, i64>,
    noted: u64,
    checkpointed: u64,
    unsaved: u64,
    recovery: Option<Recovery>,
}

/// What is not in the journal yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Backlog {
    /// Records in the reserve.
    pub reserve: usize,
    /// Records in memory only (未保存).
    pub memory: usize,
    /// Records lost since the start because memory was full, too.
    pub unsaved: u64,
}

impl<R: CryptoRng> SqliteJournal<R> {
    /// What waits.
    #[must_use]
    pub fn backlog(&self) -> Backlog {
        let memory = self.in_memory();
        Backlog { reserve: self.backlog.len() - memory, memory, unsaved: self.unsaved }
    }

    /// The recovery that opening took, if the journal was damaged: for the log and the health state.
    #[must_use]
    pub fn recovery(&self) -> Option<&Recovery> {
        self.recovery.as_ref()
    }

    /// The id of the journal that is being written.
    #[must_use]
    pub fn id(&self) -> JournalId {
        self.current.id
    }

    /// This terminal's number.
    #[must_use]
    pub fn terminal(&self) -> TerminalNumber {
        self.config.terminal
    }

    /// The place of the next record.
    #[must_use]
    pub fn next(&self) -> Sequence {
        Sequence(self.next)
    }

    /// Day keys from newer trust data.
    pub fn replace_day_keys(&mut self, keys: DayKeys) {
        self.keys.day_keys = keys;
    }

    /// Upkeep between passages: brings home what waits, folds the log in, notes the head. Bounded work.
    ///
    /// # Errors
    /// Why what waits could not be written; it goes on waiting.
    pub fn tend(&mut self) -> Result<Backlog, JournalFault> {
        let until = self.until();
        for _ in 0..STEPS_MOST {
            self.catch_up(until)?;
            if self.backlog.is_empty() {
                break;
            }
        }
        if self.written.sequence >= self.checkpointed + CHECKPOINT_AFTER {
            self.write_now(until, |database| database.checkpoint())?;
            self.checkpointed = self.written.sequence;
        }
        if self.written.sequence >= self.noted + NOTE_AFTER {
            self.note_head(until);
        }
        Ok(self.backlog())
    }

    /// Keeps a number under a name, synced: the time floor, highest-seen versions, clock flags.
    ///
    /// # Errors
    /// [`JournalFault`]; then the old value is kept.
    pub fn keep(&mut self, name: &str, value: i64) -> Result<(), JournalFault> {
        self.keep_all(vec![(name.to_owned(), value)])
    }

    /// [`SqliteJournal::keep`] of several, in one commit.
    pub(crate) fn keep_all(&mut self, numbers: Vec<(String, i64)>) -> Result<(), JournalFault> {
        let is_new = |(name, _): &&(String, i64)| !self.kept.contains_key(name);
        let room = self.kept.len() + numbers.iter().filter(is_new).count() <= KEPT_MOST;
        if !room || numbers.iter().any(|(name, _)| name.len() > KEPT_NAME_MOST) {
            return Err(JournalFault::Full);
        }
        let until = self.until();
        self.settle(until)?;
        let written = numbers.clone();
        self.write_now(until, move |database| database.keep(&written))?;
        self.kept.extend(numbers);
        Ok(())
    }

    /// A number kept under a name.
    #[must_use]
    pub fn kept(&self, name: &str) -> Option<i64> {
        self.kept.get(name).copied()
    }

    /// The counters of a day (DOMAIN §18), what waits included, by place, lane and letter.
    ///
    /// # Errors
    /// [`ReadFault`].
    pub fn tallies(&self, day: Day) -> Result<Vec<(Tally, u64)>, ReadFault> {
        let mut tallies = self.read(move |database| database.tallies(day))?;
        for tally in self.backlog.iter().filter_map(|waiting| waiting.tally).filter(|tally| tally.day == day)
        {
            match tallies.iter_mut().find(|(known, _)| *known == tally) {
                Some((_, count)) => *count += 1,
                None => tallies.push((tally, 1)),
            }
        }
        Ok(tallies)
    }

    /// Rows from `from` on, of one journal and without a gap, signed: at most `records_most`, at most 64 KiB. `None`
    /// when there are none. What waits is not in it.
    ///
    /// # Errors
    /// [`BatchFault`].
    pub fn batch(&self, from: Sequence, records_most: usize) -> Result<Option<Batch>, BatchFault> {
        let limit = records_most.min(ROWS_MOST);
        let (journals, rows) =
            self.read(move |database| Ok((database.journals()?, database.rows(from.0, limit)?)))?;
        batch::sign(&self.config, &self.keys, &journals, rows)
    }

    /// Walks every row, and what waits.
    ///
    /// # Errors
    /// [`ReadFault`].
    pub fn verify_chain(&self) -> Result<ChainReport, ReadFault> {
        let mut walk = Walk::new(self.read(|database| database.journals())?);
        let mut next = 0;
        loop {
            let rows = self.read(move |database| database.rows(next, CHUNK))?;
            let Some(last) = rows.last() else { break };
            next = last.row.sequence.0 + 1;
            rows.iter().for_each(|stored| walk.stored(stored));
        }
        for waiting in self.backlog.iter().filter(|waiting| waiting.row.sequence.0 >= next) {
            walk.waiting(&self.current, &waiting.row);
        }
        Ok(walk.report(self.backlog()))
    }

    fn until(&self) -> Instant {
        Instant::now() + self.config.wait
    }

    fn in_memory(&self) -> usize {
        self.backlog.iter().rev().take_while(|waiting| waiting.row.sequence.0 > self.reserved).count()
    }

    /// A job of the writer that may fail.
    fn write_now(
        &self,
        until: Instant,
        job: impl FnOnce(&mut Database) -> Result<(), Error> + Send + 'static,
    ) -> Result<(), JournalFault> {
        match self.database.ask(left(until), job) {
            Asked::Answered(done) => done.map_err(|error| journal_fault(&error)),
            Asked::Late(_) => Err(JournalFault::Late),
            Asked::Gone => Err(JournalFault::Write),
        }
    }

    fn read<T: Send + 'static>(
        &self,
        job: impl FnOnce(&Database) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, ReadFault> {
        let wait = self.config.wait * READ_PATIENCE;
        if !self.database.becomes_free(wait) {
            return Err(ReadFault::AwaitWriter);
        }
        match self.database.ask(wait, |database| job(database)) {
            Asked::Answered(read) => read.map_err(ReadFault::ReadDatabase),
            Asked::Late(_) | Asked::Gone => Err(ReadFault::AwaitWriter),
        }
    }

    /// Best effort: a head that is not noted is noted later, and recovery skips more than can be missing.
    fn note_head(&mut self, until: Instant) {
        let head = self.written;
        if self.reserve.becomes_free(Duration::ZERO) {
            let asked = self.reserve.ask(left(until), move |reserve| reserve.note(head));
            if matches!(asked, Asked::Answered(Ok(()))) {
                self.noted = head.sequence;
            }
        }
    }
}

/// Time until `until`; none when it has passed.
fn left(until: Instant) -> Duration {
    until.saturating_duration_since(Instant::now())
}
