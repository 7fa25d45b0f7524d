//! Walking the chain: for tests and `gate selftest`.
//! Promises: finds the first row of each journal that is missing, changed or out of place.
//! Must not know: what rows say.

use gate_core::query::Sequence;
use gate_proof::digest::Digest;

use crate::database::{Listed, Stored};
use crate::journal::Backlog;
use crate::row::{JournalId, Row};

/// What walking all journals of a terminal found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChainReport {
    /// One for each journal in the file, oldest first; the last is the one being written.
    pub journals: Vec<JournalReport>,
    /// What is not in the file yet; those rows are counted in their journal.
    pub backlog: Backlog,
}

impl ChainReport {
    /// Records in all.
    #[must_use]
    pub fn records(&self) -> u64 {
        self.journals.iter().map(|journal| journal.records).sum()
    }

    /// The first break, in the oldest journal that has one.
    #[must_use]
    pub fn first_break(&self) -> Option<Break> {
        self.journals.iter().find_map(|journal| journal.first_break)
    }
}

/// What walking one journal found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JournalReport {
    /// Which.
    pub id: JournalId,
    /// Records in it.
    pub records: u64,
    /// Hash of its last row; of the row before its first when it has none.
    pub last_hash: Digest,
    /// Where it is broken first.
    pub first_break: Option<Break>,
}

/// How a chain is broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Break {
    /// This sequence is not there.
    Missing(Sequence),
    /// This row names another row before it than the one there is.
    WrongPrevious(Sequence),
    /// This row was changed after it was written: its hash is not that of its content.
    Changed(Sequence),
}

/// Takes rows in the order of their sequence.
pub(crate) struct Walk {
    listed: Vec<Listed>,
    next: Vec<u64>,
    reports: Vec<JournalReport>,
}

impl Walk {
    pub(crate) fn new(listed: Vec<Listed>) -> Self {
        let report =
            |of: &Listed| JournalReport { id: of.id, records: 0, last_hash: of.previous, first_break: None };
        let reports = listed.iter().map(report).collect();
        Walk { next: listed.iter().map(|of| of.first).collect(), listed, reports }
    }

    pub(crate) fn stored(&mut self, stored: &Stored) {
        let Some(at) = self.listed.iter().position(|of| of.number == stored.journal) else { return };
        self.row(at, &stored.row);
        let changed = stored.hash != stored.row.hash(&self.listed[at].id);
        if changed && self.reports[at].first_break.is_none() {
            self.reports[at].first_break = Some(Break::Changed(stored.row.sequence));
        }
    }

    pub(crate) fn waiting(&mut self, current: &Listed, row: &Row) {
        if let Some(at) = self.listed.iter().position(|of| of.number == current.number) {
            self.row(at, row);
        }
    }

    pub(crate) fn report(self, backlog: Backlog) -> ChainReport {
        ChainReport { journals: self.reports, backlog }
    }

    fn row(&mut self, at: usize, row: &Row) {
        let report = &mut self.reports[at];
        let found = if row.sequence.0 != self.next[at] {
            Some(Break::Missing(Sequence(self.next[at])))
        } else if row.previous != report.last_hash {
            Some(Break::WrongPrevious(row.sequence))
        } else {
            None
        };
        report.first_break = report.first_break.or(found);
        report.records += 1;
        report.last_hash = row.hash(&report.id);
        self.next[at] = row.sequence.0 + 1;
    }
}
