//! Record first, then open: the proofs that it was done.
//! Promises: a [`Permit`] comes from a [`Recorded`] Pass or exit, or from an attendant, and from nowhere else; it is used up
//! by the latch.
//! Must not know: SQLite, seals, files.

use gate_wire::record::{Record, RecordKind};

use crate::decide::Decision;
use crate::event::Event;
use crate::journal::{Entry, Journal, JournalFault, Kept, Receipt};
use crate::query::Sequence;
use crate::screen::{Opens, Saved};
use crate::staff::AttendantSession;

/// This decision is on disk, synced; or, for an exit lane only, in memory and marked 未保存.
/// It does **not** tell that the latch opened.
///
/// ```compile_fail,E0451
/// # use gate_core::{decide::Decision, journal::Receipt, record::Recorded};
/// fn forge(decision: Decision, receipt: Receipt) -> Recorded {
///     Recorded { decision, receipt }
/// }
/// ```
#[derive(Debug)]
pub struct Recorded {
    decision: Decision,
    receipt: Receipt,
}

/// Records a decision. The only maker of [`Recorded`].
///
/// # Errors
/// [`JournalFault`]: the lane stays shut and says Assist.
pub fn record(
    journal: &mut (impl Journal + ?Sized),
    decision: Decision,
    entry: &Entry,
) -> Result<Recorded, JournalFault> {
    let receipt = journal.append(entry)?;
    Ok(Recorded { decision, receipt })
}

impl Recorded {
    /// What was recorded.
    pub fn decision(&self) -> &Decision {
        &self.decision
    }

    /// Where it is.
    pub fn receipt(&self) -> Receipt {
        self.receipt
    }

    /// Whether it is safe.
    pub fn saved(&self) -> Saved {
        saved(self.receipt.kept)
    }

    /// The permit: of a Pass, or of an exit lane.
    pub fn into_permit(self) -> Option<Permit> {
        (self.decision.opens() == Opens::Yes).then_some(Permit(()))
    }
}

/// Whether a record in this place is safe.
pub fn saved(kept: Kept) -> Saved {
    match kept {
        Kept::Journal | Kept::Reserve => Saved::Yes,
        Kept::Memory => Saved::No,
    }
}

/// The record that this one says opened nothing: it came too late ([`Event::CommittedLate`]), or the latch did not take its permit
/// ([`Event::NotOpened`]). It stands right behind it.
pub fn void(record: &Record) -> Option<Sequence> {
    let says = [Event::CommittedLate, Event::NotOpened].map(Event::code).contains(&record.event);
    let (number, _) = record.detail.split_first_chunk()?;
    let number = u64::from_be_bytes(*number);
    (says && record.kind == RecordKind::Device && number > 0).then_some(Sequence(number))
}

/// The latch may open once.
///
/// ```compile_fail,E0423
/// let permit = gate_core::record::Permit(());
/// ```
/// ```compile_fail,E0382
/// fn twice(permit: gate_core::record::Permit, open: impl Fn(gate_core::record::Permit)) {
///     open(permit);
///     open(permit);
/// }
/// ```
#[derive(Debug)]
pub struct Permit(());

impl Permit {
    /// By an attendant's act. Its record was tried first and may be unsaved: the human path never waits for a disk.
    pub fn by_attendant(_by: &AttendantSession<'_>, _recorded: &OpeningRecorded) -> Permit {
        Permit(())
    }
}

/// An attendant's act was handed to the journal, whatever became of it.
#[derive(Clone, Copy, Debug)]
pub struct OpeningRecorded {
    receipt: Option<Receipt>,
}

impl OpeningRecorded {
    /// Hands `entry` to the journal.
    pub fn hand(journal: &mut (impl Journal + ?Sized), entry: &Entry) -> OpeningRecorded {
        OpeningRecorded { receipt: journal.append(entry).ok() }
    }

    /// Where it is, if anywhere.
    pub fn receipt(&self) -> Option<Receipt> {
        self.receipt
    }

    /// Whether it is safe.
    pub fn saved(&self) -> Saved {
        self.receipt.map_or(Saved::No, |receipt| saved(receipt.kept))
    }
}
