//! What leaves the journal: batches cut, acknowledgements taken, rows let go (DESIGN §5 Records; ADR 15).
//! Promises: a row goes only after an acknowledgement that names the hash it has here, and only once it is old enough; what is
//! remembered of an acknowledgement is one synced value, so a cut leaves the one before or this one; nothing here waits longer
//! than an append would.
//! Must not know: where batches go, who signed an acknowledgement (having a `Proven` one tells).

use std::time::{Duration, Instant};

use gate_core::journal::{JournalFault, Tally};
use gate_core::query::Sequence;
use gate_core::records::acknowledgement::Proven;
use gate_proof::digest::Digest;
use gate_wire::cose::Kid;
use gate_wire::time::Day;
use rand_core::CryptoRng;
use rusqlite::Error;

use super::SqliteJournal;
use crate::batch::{self, Batch, BatchFault, ROWS_MOST};
use crate::database::{Database, Listed};
use crate::fault::ReadFault;
use crate::row::JournalId;
use crate::worker::Asked;

/// Days that an acknowledged row is kept: a hub that is restored from a copy can be told again.
pub const KEEP_DAYS: u32 = 7;
/// Days of which the first row is remembered: more than [`KEEP_DAYS`] and the two around them.
const DAY_SLOTS: u32 = 16;
/// Rows let go with one commit.
const SHED_ROWS: usize = 64;
/// Low bits of a kept value: a sequence. The rest: an epoch, or a day.
const SEQUENCE_BITS: u32 = 44;
/// The highest epoch that fits beside a sequence.
const EPOCH_MOST: u32 = (1 << 19) - 1;

/// How far a journal is, told together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// The journal that is being written.
    pub journal: JournalId,
    /// The oldest row kept, of any journal; the next one's place if none is.
    pub first: Sequence,
    /// The first row that is not in the file yet: what batches can reach.
    pub end: Sequence,
    /// The next row's place.
    pub next: Sequence,
}

/// A journal in the file, and how far it is acknowledged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Acknowledged {
    /// Which.
    pub journal: JournalId,
    /// Its first row that is kept.
    pub first: Sequence,
    /// Up to here; 0 if never.
    pub through: Sequence,
}

/// What an acknowledgement came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// More is acknowledged than before.
    Raised,
    /// The hub lost something and says so: it is sent again.
    Lowered,
    /// Nothing new.
    Known,
}

/// Why an acknowledgement that is proven is not taken all the same: nothing is deleted by it.
#[derive(Debug, thiserror::Error)]
pub enum AcknowledgementDoubt {
    /// None of the journals here.
    #[error("it is for a journal that is not here")]
    FindJournal,
    /// It names a row that was never sent.
    #[error("it names row {}, which the journal does not have", .0.0)]
    FindRow(Sequence),
    /// The row here is another one: records were lost or forged between here and there.
    #[error("at row {} the hub holds another record than this journal: tell the authority", .0.0)]
    MatchHash(Sequence),
    /// More restores than anybody does.
    #[error("epoch {0} is beyond any hub's")]
    BoundEpoch(u32),
    /// The journal cannot be read now.
    #[error(transparent)]
    ReadRows(#[from] ReadFault),
    /// It cannot be remembered now.
    #[error(transparent)]
    Keep(#[from] JournalFault),
}

/// What is remembered of a journal's acknowledgements.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Mark {
    epoch: u32,
    through: u64,
}

impl Mark {
    fn read(kept: Option<i64>) -> Mark {
        let kept = kept.map_or(0, i64::cast_unsigned);
        Mark { epoch: (kept >> SEQUENCE_BITS) as u32, through: low(kept) }
    }

    fn value(self) -> i64 {
        (u64::from(self.epoch) << SEQUENCE_BITS | low(self.through)).cast_signed()
    }
}

fn low(value: u64) -> u64 {
    value & ((1 << SEQUENCE_BITS) - 1)
}

fn mark_name(journal: &JournalId) -> String {
    let digits: String = journal.0.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("acknowledged.{digits}")
}

/// What one hub's key said of a journal: epochs of two keys have nothing to do with each other.
fn word_name(journal: &JournalId, Kid(kid): Kid) -> String {
    format!("{}.{:08x}", mark_name(journal), u32::from_be_bytes(kid))
}

fn day_name(slot: u32) -> String {
    format!("day.{slot}")
}

/// The first row of a day, and where that is kept.
#[derive(Clone, Copy)]
struct DayMark {
    slot: u32,
    day: u32,
    sequence: u64,
}

impl<R: CryptoRng> SqliteJournal<R> {
    /// How far it is.
    ///
    /// # Errors
    /// [`ReadFault`]: the writer is busy.
    pub fn standing(&self) -> Result<Standing, ReadFault> {
        let first = self.read_soon(|database| database.first())?;
        let (journal, next) = (self.current.id, Sequence(self.next));
        Ok(Standing { journal, first: first.unwrap_or(next), end: Sequence(self.written.sequence + 1), next })
    }

    /// Every journal in the file, the newest first.
    ///
    /// # Errors
    /// [`ReadFault`]: the writer is busy.
    pub fn acknowledged(&self) -> Result<Vec<Acknowledged>, ReadFault> {
        let listed = self.read_soon(|database| database.journals())?;
        let one = |listed: &Listed| Acknowledged {
            journal: listed.id,
            first: Sequence(listed.first),
            through: Sequence(self.mark(&listed.id).through),
        };
        Ok(listed.iter().rev().map(one).collect())
    }

    /// [`SqliteJournal::batch`], without waiting for a writer that is busy.
    ///
    /// # Errors
    /// [`BatchFault`].
    pub fn cut(&self, from: Sequence, records_most: usize) -> Result<Option<Batch>, BatchFault> {
        let limit = records_most.min(ROWS_MOST);
        let read = move |database: &Database| Ok((database.journals()?, database.rows(from.0, limit)?));
        let (journals, rows) = self.read_soon(read)?;
        batch::sign(&self.config, &self.keys, &journals, rows)
    }

    /// Takes an acknowledgement, if it is about what is here.
    ///
    /// # Errors
    /// [`AcknowledgementDoubt`]; then all is as before.
    pub fn acknowledge(&mut self, word: &Proven) -> Result<Taken, AcknowledgementDoubt> {
        let said = word.get();
        if said.epoch > EPOCH_MOST {
            return Err(AcknowledgementDoubt::BoundEpoch(said.epoch));
        }
        let (before, after) =
            (self.mark(&said.journal), Mark { epoch: said.epoch, through: said.watermark.0 });
        let own = word_name(&said.journal, word.kid());
        if !is_news(self.kept(&own).map(|kept| Mark::read(Some(kept))), after, before) {
            return Ok(Taken::Known);
        }
        self.compare(said.journal, said.watermark, said.hash)?;
        self.keep_all(vec![(mark_name(&said.journal), after.value()), (own, after.value())])?;
        Ok(if after.through >= before.through { Taken::Raised } else { Taken::Lowered })
    }

    /// Whether the row at the watermark is the one that the hub holds. A row before the journal's first was let go after an earlier
    /// acknowledgement and cannot be compared again: to say that it is held deletes nothing.
    fn compare(&self, journal: JournalId, at: Sequence, hash: Digest) -> Result<(), AcknowledgementDoubt> {
        let (listed, row) = self.read_soon(move |database| {
            let listed = database.journals()?.into_iter().find(|listed| listed.id == journal);
            Ok((listed, database.rows(at.0, 1)?.pop()))
        })?;
        let listed = listed.ok_or(AcknowledgementDoubt::FindJournal)?;
        if at.0 < listed.first {
            return Ok(());
        }
        let row = row.filter(|row| row.journal == listed.number && row.row.sequence == at);
        let row = row.ok_or(AcknowledgementDoubt::FindRow(at))?;
        match row.row.hash(&journal) == hash {
            true => Ok(()),
            false => Err(AcknowledgementDoubt::MatchHash(at)),
        }
    }

    /// A day has begun, by a clock that is confirmed: what is recorded from here on is of that day or later. Days after it that were
    /// noted before are forgotten: that clock was ahead, or this one is behind, and rows are kept longer either way.
    ///
    /// # Errors
    /// [`JournalFault`]; tell it again.
    pub fn begin_day(&mut self, day: Day) -> Result<(), JournalFault> {
        let (ahead, mut noted): (Vec<DayMark>, Vec<DayMark>) =
            self.day_marks().into_iter().partition(|mark| mark.day > day.0);
        let mut numbers: Vec<(String, i64)> = ahead.iter().map(|mark| (day_name(mark.slot), 0)).collect();
        if !noted.iter().any(|mark| mark.day == day.0) {
            noted.sort_by_key(|mark| mark.day);
            let free = (0..DAY_SLOTS).find(|slot| noted.iter().all(|mark| mark.slot != *slot));
            let slot = free.or(noted.first().map(|oldest| oldest.slot)).unwrap_or(0);
            let value = u64::from(day.0) << SEQUENCE_BITS | low(self.next);
            numbers.retain(|(name, _)| *name != day_name(slot));
            numbers.push((day_name(slot), value.cast_signed()));
        }
        if numbers.is_empty() { Ok(()) } else { self.keep_all(numbers) }
    }

    /// Lets go of rows that the retention rule releases on `today`, a few at a time: acknowledged, and recorded more than
    /// [`KEEP_DAYS`] days ago, as many of which the terminal saw begin. How many.
    ///
    /// # Errors
    /// [`ReadFault`] or [`JournalFault`] as text would say; nothing is half gone.
    pub fn shed(&mut self, today: Day) -> Result<usize, ShedFault> {
        let Some(old) = self.old_before(today) else { return Ok(0) };
        for of in self.acknowledged()?.into_iter().rev() {
            let end = old.min(of.through.0.saturating_add(1));
            if of.first.0 >= end {
                continue;
            }
            let (journal, until) = (of.journal, self.until());
            self.settle(until)?;
            let asked = self
                .database
                .ask(super::left(until), move |database| database.shed(journal, Sequence(end), SHED_ROWS));
            let shed = match asked {
                Asked::Answered(done) => done.map_err(ReadFault::ReadDatabase)?,
                Asked::Late(_) | Asked::Gone => return Err(ReadFault::AwaitWriter.into()),
            };
            if let Some(listed) = shed.begins.filter(|listed| listed.id == self.current.id) {
                self.current = listed;
            }
            if shed.rows > 0 {
                return Ok(shed.rows);
            }
        }
        Ok(0)
    }

    /// The newest counters, what waits included; the newest days first.
    ///
    /// # Errors
    /// [`ReadFault`]: the writer is busy.
    pub fn recent_tallies(&self, most: usize) -> Result<Vec<(Tally, u64)>, ReadFault> {
        let mut tallies = self.read_soon(move |database| database.recent_tallies(most))?;
        for tally in self.backlog.iter().filter_map(|waiting| waiting.tally) {
            match tallies.iter_mut().find(|(known, _)| *known == tally) {
                Some((_, count)) => *count += 1,
                None => tallies.push((tally, 1)),
            }
        }
        tallies.truncate(most);
        Ok(tallies)
    }

    fn mark(&self, journal: &JournalId) -> Mark {
        Mark::read(self.kept(&mark_name(journal)))
    }

    fn day_marks(&self) -> Vec<DayMark> {
        let read = |slot| {
            let kept = self.kept(&day_name(slot)).filter(|kept| *kept != 0)?.cast_unsigned();
            Some(DayMark { slot, day: (kept >> SEQUENCE_BITS) as u32, sequence: low(kept) })
        };
        (0..DAY_SLOTS).filter_map(read).collect()
    }

    /// The first row that may be younger than the rule asks. Sequences rise with time, so a row before the first row of a day was
    /// recorded by then. A date alone is not enough: a clock that jumped by a week made rows of minutes ago a week old. So many days
    /// must have been seen to begin since, one by one, and one more: a jump passes for one of them, however far it is.
    fn old_before(&self, today: Day) -> Option<u64> {
        let mut marks = self.day_marks();
        marks.retain(|mark| mark.day <= today.0);
        marks.sort_by_key(|mark| std::cmp::Reverse(mark.day));
        let mut first = u64::MAX;
        for (begun_since, mark) in (0_u32..).zip(marks) {
            first = first.min(mark.sequence);
            if begun_since > KEEP_DAYS + 1 && mark.day.saturating_add(KEEP_DAYS) < today.0 {
                return Some(first);
            }
        }
        None
    }

    /// Reads without waiting for a writer that is busy: nobody stands still for an upload.
    fn read_soon<T: Send + 'static>(
        &self,
        job: impl FnOnce(&Database) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, ReadFault> {
        if !self.database.becomes_free(Duration::ZERO) {
            return Err(ReadFault::AwaitWriter);
        }
        match self.database.ask(super::left(Instant::now() + self.config.wait), |database| job(database)) {
            Asked::Answered(read) => read.map_err(ReadFault::ReadDatabase),
            Asked::Late(_) | Asked::Gone => Err(ReadFault::AwaitWriter),
        }
    }
}

/// Whether a key's word says something new: the first of this key; one after a restore; or more than is known, which this key did not
/// say less of before. What an old file of another key says is none: that key spoke before.
fn is_news(own: Option<Mark>, after: Mark, before: Mark) -> bool {
    own.is_none_or(|own| after.epoch > own.epoch || (after >= own && after.through > before.through))
}

/// Why no rows were let go.
#[derive(Debug, thiserror::Error)]
pub enum ShedFault {
    /// The journal is busy, or cannot be read.
    #[error(transparent)]
    Read(#[from] ReadFault),
    /// The journal is late.
    #[error(transparent)]
    Settle(#[from] JournalFault),
}
