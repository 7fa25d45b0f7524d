//! Appending: one synced commit, or the reserve, or memory, or a fault (DESIGN §4; ADR 0003).
//! Promises: comes back in time; an answer of kept in journal or reserve means synced; a row once sealed stays in the
//! chain, and when its append was answered with a fault, a device record right behind it says so.
//! Must not know: why a record must be kept.

use std::time::{Duration, Instant};

use gate_core::journal::{Durability, Entry, Journal, JournalFault, Kept, Receipt, Tally, UseKey};
use gate_core::query::Sequence;
use gate_proof::digest::Digest;
use gate_proof::seal::{SealInfo, seal_record};
use gate_wire::record::{Record, RecordKind};
use rand_core::CryptoRng;

use super::{STEP, SqliteJournal, left};
use crate::fault::journal_fault;
use crate::reserve::{HeadNote, RESERVE_SLOTS};
use crate::row::{Place, Row, Waiting};
use crate::worker::Asked;

/// Days that uses are remembered in memory, as in the file.
const USE_DAYS: u32 = 2;
/// Rows after which even a gate that never rests notes the head.
const NOTE_AFTER: u64 = 4096;

impl<R: CryptoRng> Journal for SqliteJournal<R> {
    fn append(&mut self, entry: &Entry) -> Result<Receipt, JournalFault> {
        let until = self.until();
        let ahead = self.clear_the_way(until, entry.durability);
        if self.refuses(ahead, entry.durability) {
            return self.without_a_trace(ahead, entry.durability);
        }
        let Some(waiting) = self.seal(entry) else {
            return self.without_a_trace(Some(JournalFault::Write), entry.durability);
        };
        let receipt = |kept| Ok(Receipt { sequence: waiting.row.sequence, kept });
        self.backlog.push_back(waiting.clone());
        let committed = match ahead {
            None => self.commit(vec![waiting.clone()], until),
            Some(fault) => Err(fault),
        };
        let Err(fault) = committed else { return receipt(Kept::Journal) };
        if may_use_reserve(fault, entry.durability) && self.fill_reserve().is_ok() {
            return receipt(Kept::Reserve);
        }
        match entry.durability {
            Durability::BestEffort => receipt(Kept::Memory),
            Durability::Required => {
                self.say_it_came_late(entry, waiting.row.sequence);
                Err(fault)
            }
        }
    }

    fn uses(&mut self, key: &UseKey) -> u16 {
        self.uses.get(key).copied().unwrap_or(0)
    }
}

/// An attendant's act may always; an automatic lane only when the disk is full (DESIGN §4).
fn may_use_reserve(fault: JournalFault, durability: Durability) -> bool {
    fault == JournalFault::Full || durability == Durability::BestEffort
}

impl<R: CryptoRng> SqliteJournal<R> {
    /// What stands in the way of a commit: nothing when the writer is free and nothing waits.
    fn clear_the_way(&mut self, until: Instant, durability: Durability) -> Option<JournalFault> {
        // The attendant does not wait for a commit that is late already.
        let until = match durability {
            Durability::Required => until,
            Durability::BestEffort if self.late.is_some() => Instant::now(),
            Durability::BestEffort => until,
        };
        match self.catch_up(until) {
            Ok(()) if self.backlog.is_empty() => None,
            // Writing works, but more waits than one commit brings home: the order is kept through the reserve.
            Ok(()) => Some(JournalFault::Full),
            Err(fault) => Some(fault),
        }
    }

    /// Whether the record cannot be kept as it must be, told before it is sealed: so refused attempts do not pile up.
    fn refuses(&mut self, ahead: Option<JournalFault>, durability: Durability) -> bool {
        let Some(fault) = ahead else { return false };
        if may_use_reserve(fault, durability) && self.fill_reserve().is_ok() {
            return false;
        }
        match durability {
            Durability::Required => true,
            Durability::BestEffort => self.in_memory() >= self.config.memory_most,
        }
    }

    /// The answer for a record that is neither sealed nor kept.
    fn without_a_trace(
        &mut self,
        fault: Option<JournalFault>,
        durability: Durability,
    ) -> Result<Receipt, JournalFault> {
        match durability {
            Durability::Required => Err(fault.unwrap_or(JournalFault::Write)),
            Durability::BestEffort => {
                self.unsaved += 1;
                Ok(Receipt { sequence: Sequence(self.next), kept: Kept::Memory })
            }
        }
    }

    /// Waits until the writer is free, and takes in what a late commit did.
    pub(super) fn settle(&mut self, until: Instant) -> Result<(), JournalFault> {
        if !self.database.becomes_free(left(until)) {
            return Err(JournalFault::Late);
        }
        match self.late.take() {
            Some((head, answer)) if matches!(answer.try_recv(), Ok(Ok(()))) => self.took(head),
            // A late commit that failed leaves its rows in the backlog.
            Some(_) | None => {}
        }
        Ok(())
    }

    /// Brings the oldest rows that wait into the journal: one commit.
    pub(super) fn catch_up(&mut self, until: Instant) -> Result<(), JournalFault> {
        self.settle(until)?;
        let step: Vec<Waiting> = self.backlog.iter().take(STEP).cloned().collect();
        if step.is_empty() { Ok(()) } else { self.commit(step, until) }
    }

    /// One synced commit of `rows`, the oldest of the backlog.
    fn commit(&mut self, rows: Vec<Waiting>, until: Instant) -> Result<(), JournalFault> {
        let Some(last) = rows.last() else { return Ok(()) };
        let (number, journal) = (self.current.number, self.current.id);
        let head = HeadNote { journal, sequence: last.row.sequence.0, hash: last.row.hash(&journal) };
        match self.database.ask(left(until), move |database| database.write(number, journal, &rows)) {
            Asked::Answered(Ok(())) => {
                self.took(head);
                Ok(())
            }
            Asked::Answered(Err(error)) => Err(journal_fault(&error)),
            Asked::Late(answer) => {
                self.late = Some((head, answer));
                Err(JournalFault::Late)
            }
            Asked::Gone => Err(JournalFault::Write),
        }
    }

    /// The journal has every row up to `head`.
    fn took(&mut self, head: HeadNote) {
        self.written = head;
        while self.backlog.front().is_some_and(|waiting| waiting.row.sequence.0 <= head.sequence) {
            self.backlog.pop_front();
        }
        if head.sequence >= self.noted + NOTE_AFTER {
            self.note_head(Instant::now());
        }
    }

    /// Brings every row that is in memory only into the reserve: one sync.
    fn fill_reserve(&mut self) -> Result<(), JournalFault> {
        let rows: Vec<Waiting> =
            self.backlog.iter().filter(|waiting| waiting.row.sequence.0 > self.reserved).cloned().collect();
        let Some(last) = rows.last().map(|waiting| waiting.row.sequence.0) else {
            return self.room(self.next);
        };
        self.room(last)?;
        if !self.reserve.becomes_free(Duration::ZERO) {
            return Err(JournalFault::Late);
        }
        let journal = self.current.id;
        match self.reserve.ask(self.config.wait, move |reserve| reserve.write(journal, &rows)) {
            Asked::Answered(Ok(())) => {
                self.reserved = last;
                Ok(())
            }
            Asked::Answered(Err(_)) | Asked::Gone => Err(JournalFault::Write),
            Asked::Late(_) => Err(JournalFault::Late),
        }
    }

    /// Whether the slot of `sequence` is free: its last holder is in the journal.
    fn room(&self, sequence: u64) -> Result<(), JournalFault> {
        let waiting = sequence.saturating_sub(self.written.sequence.max(self.current.first - 1));
        if waiting <= RESERVE_SLOTS { Ok(()) } else { Err(JournalFault::Full) }
    }

    /// Seals a record at the head of the chain, which moves on.
    fn seal(&mut self, entry: &Entry) -> Option<Waiting> {
        let row = self.seal_row(&entry.record)?;
        (self.next, self.previous) = (self.next + 1, row.hash(&self.current.id));
        if let Some(key) = entry.use_key {
            self.count_use(key);
        }
        Some(Waiting { row, tally: entry.tally, use_key: entry.use_key })
    }

    fn seal_row(&mut self, record: &Record) -> Option<Row> {
        let (sequence, previous): (Sequence, Digest) = (Sequence(self.next), self.previous);
        let day_key = self.keys.day_keys.on(record.at.civil_day());
        let place = Place { terminal: self.config.terminal, journal: self.current.id, sequence, previous };
        let aad = place.aad(day_key.id);
        let sealed =
            seal_record(&day_key.key, SealInfo::RECORD, &aad, &record.encode(), &mut self.rng).ok()?;
        Some(Row { sequence, previous, day_key: day_key.id, sealed })
    }

    pub(super) fn count_use(&mut self, key: UseKey) {
        if !self.uses.contains_key(&key) {
            // A new key is the moment to forget old days: so memory is bounded by the passages of three days.
            let oldest = key.day.0.saturating_sub(USE_DAYS);
            self.uses.retain(|known, _| known.day.0 >= oldest);
        }
        let count = self.uses.entry(key).or_insert(0);
        *count = count.saturating_add(1);
    }

    /// A device record behind a row whose append was answered with a fault: its sequence in the detail, and counted as what opened nothing.
    fn say_it_came_late(&mut self, refused: &Entry, sequence: Sequence) {
        let tally = refused.tally.and_then(Tally::not_opened);
        let refused = &refused.record;
        let mut record = Record::blank(RecordKind::Device, refused.at, refused.uptime);
        (record.clock, record.direction) = (refused.clock, refused.direction);
        (record.place, record.lane) = (refused.place, refused.lane);
        record.event = self.config.late_event;
        record.detail[..8].copy_from_slice(&sequence.0.to_be_bytes());
        let entry = Entry { record, use_key: None, tally, durability: Durability::BestEffort };
        if let Some(waiting) = self.seal(&entry) {
            self.backlog.push_back(waiting);
        }
    }
}
