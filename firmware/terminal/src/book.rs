//! The journal as the loop sees it: records, and the few values kept over a restart.
//! Promises: a terminal without day keys has no journal and says so, instead of recording in the clear.
//! Must not know: SQLite.

use gate_core::journal::{Durability, Entry, Journal, JournalFault, Kept, Receipt, Tally, UseKey};
use gate_core::query::Sequence;
use gate_core::records::acknowledgement::Proven;
use gate_store::{
    Acknowledged, AcknowledgementDoubt, Batch, BatchFault, DayKeys, ReadFault, ShedFault, SqliteJournal,
    Standing, Taken,
};
use gate_wire::time::Day;
use rand_core::CryptoRng;

/// What was kept over restarts beside records.
pub trait Book: Journal {
    /// Keeps a value under a name, synced. A failure shows as a journal fault at the next record.
    fn keep(&mut self, name: &str, value: i64);

    /// The value kept.
    fn kept(&self, name: &str) -> Option<i64>;

    /// Seals to these keys from now on.
    fn take_day_keys(&mut self, keys: DayKeys);

    /// Records made so far: where nothing carries them away, so many wait.
    fn recorded(&self) -> u64;

    /// Writes what waits in reserve or memory, as far as that is possible now; how much still waits.
    fn tend(&mut self) -> Waiting;

    /// Hands the way out to `ask`, if there is a journal to send from.
    fn send_from(&mut self, _ask: &mut dyn FnMut(&mut dyn Outgoing)) {}
}

/// The journal as its dispatch sees it. Nothing waits for a writer that is busy.
pub trait Outgoing {
    /// [`SqliteJournal::standing`].
    ///
    /// # Errors
    /// The writer is busy.
    fn standing(&self) -> Result<Standing, ReadFault>;

    /// [`SqliteJournal::acknowledged`].
    ///
    /// # Errors
    /// The writer is busy.
    fn acknowledged(&self) -> Result<Vec<Acknowledged>, ReadFault>;

    /// [`SqliteJournal::cut`].
    ///
    /// # Errors
    /// The writer is busy, or signing failed.
    fn cut(&self, from: Sequence, rows_most: usize) -> Result<Option<Batch>, BatchFault>;

    /// [`SqliteJournal::acknowledge`].
    ///
    /// # Errors
    /// It is not about what is here.
    fn acknowledge(&mut self, word: &Proven) -> Result<Taken, AcknowledgementDoubt>;

    /// [`SqliteJournal::begin_day`], then one step of [`SqliteJournal::shed`].
    ///
    /// # Errors
    /// The writer is busy or failed.
    fn let_go(&mut self, today: Day) -> Result<usize, ShedFault>;

    /// [`SqliteJournal::recent_tallies`].
    ///
    /// # Errors
    /// The writer is busy.
    fn counts(&self, most: usize) -> Result<Vec<(Tally, u64)>, ReadFault>;

    /// What is not in the journal's file yet.
    fn waiting(&self) -> Waiting;
}

impl<R: CryptoRng> Outgoing for SqliteJournal<R> {
    fn standing(&self) -> Result<Standing, ReadFault> {
        SqliteJournal::standing(self)
    }

    fn acknowledged(&self) -> Result<Vec<Acknowledged>, ReadFault> {
        SqliteJournal::acknowledged(self)
    }

    fn cut(&self, from: Sequence, rows_most: usize) -> Result<Option<Batch>, BatchFault> {
        SqliteJournal::cut(self, from, rows_most)
    }

    fn acknowledge(&mut self, word: &Proven) -> Result<Taken, AcknowledgementDoubt> {
        SqliteJournal::acknowledge(self, word)
    }

    fn let_go(&mut self, today: Day) -> Result<usize, ShedFault> {
        self.begin_day(today)?;
        self.shed(today)
    }

    fn counts(&self, most: usize) -> Result<Vec<(Tally, u64)>, ReadFault> {
        self.recent_tallies(most)
    }

    fn waiting(&self) -> Waiting {
        let backlog = self.backlog();
        Waiting { reserve: backlog.reserve, memory: backlog.memory }
    }
}

/// Records that are not in the journal's own file yet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Waiting {
    /// In the reserve: safe.
    pub reserve: usize,
    /// In memory: unsaved.
    pub memory: usize,
}

impl<R: CryptoRng> Book for SqliteJournal<R> {
    fn keep(&mut self, name: &str, value: i64) {
        if let Err(fault) = SqliteJournal::keep(self, name, value) {
            crate::say!("journal: {name} was not kept: {fault}");
        }
    }

    fn kept(&self, name: &str) -> Option<i64> {
        SqliteJournal::kept(self, name)
    }

    fn take_day_keys(&mut self, keys: DayKeys) {
        self.replace_day_keys(keys);
    }

    fn recorded(&self) -> u64 {
        self.next().0.saturating_sub(1)
    }

    fn tend(&mut self) -> Waiting {
        let _ = SqliteJournal::tend(self); // a fault shows in what still waits
        Outgoing::waiting(self)
    }

    fn send_from(&mut self, ask: &mut dyn FnMut(&mut dyn Outgoing)) {
        ask(self);
    }
}

/// The journal of a terminal that cannot seal: nothing is recorded, so automatic lanes stay shut.
#[derive(Debug, Default)]
pub struct NoBook {
    unsaved: u64,
}

impl Journal for NoBook {
    fn append(&mut self, entry: &Entry) -> Result<Receipt, JournalFault> {
        self.unsaved += 1;
        match entry.durability {
            Durability::Required => Err(JournalFault::Write),
            Durability::BestEffort => Ok(Receipt { sequence: Sequence(self.unsaved), kept: Kept::Memory }),
        }
    }

    fn uses(&mut self, _key: &UseKey) -> u16 {
        0
    }
}

impl Book for NoBook {
    fn keep(&mut self, _name: &str, _value: i64) {}

    fn kept(&self, _name: &str) -> Option<i64> {
        None
    }

    /// The journal is opened with them, behind this one's back.
    fn take_day_keys(&mut self, _keys: DayKeys) {}

    fn recorded(&self) -> u64 {
        self.unsaved
    }

    fn tend(&mut self) -> Waiting {
        Waiting { reserve: 0, memory: self.unsaved.try_into().unwrap_or(usize::MAX) }
    }
}
