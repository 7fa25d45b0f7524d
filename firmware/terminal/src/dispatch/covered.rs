//! Which rows lie ready to be carried, and which comes next.
//! Promises: every row from the first that is not acknowledged on lies in a batch or is named next, the oldest first.
//! Must not know: files.

use gate_core::query::Sequence;
use gate_core::records::batch::ROWS_MOST;
use gate_core::records::names::BatchName;
use gate_store::{Acknowledged, Standing};

/// Rows that lie in batches, and places where there are no rows.
#[derive(Debug, Default)]
pub(super) struct Covered {
    batches: Vec<BatchName>,
    /// From, and up to but not with.
    ranges: Vec<(u64, u64)>,
}

impl Covered {
    pub(super) fn of(names: impl Iterator<Item = BatchName>) -> Covered {
        let batches: Vec<BatchName> = names.collect();
        let ranges = batches.iter().map(|name| (name.first.0, name.last.0.saturating_add(1))).collect();
        let mut covered = Covered { batches, ranges };
        covered.join();
        covered
    }

    pub(super) fn batches(&self) -> usize {
        self.batches.len()
    }

    pub(super) fn add(&mut self, name: BatchName) {
        self.batches.push(name);
        self.skip(name.first, Sequence(name.last.0.saturating_add(1)));
    }

    /// There is nothing to send from `from` up to but not with `to`.
    pub(super) fn skip(&mut self, from: Sequence, to: Sequence) {
        if from < to {
            self.ranges.push((from.0, to.0));
            self.join();
        }
    }

    pub(super) fn has(&self, row: Sequence) -> bool {
        self.ranges.iter().any(|&(from, to)| (from..to).contains(&row.0))
    }

    /// Whether a batch of this journal has arrived whole.
    pub(super) fn has_arrived(&self, of: &Acknowledged) -> bool {
        self.batches.iter().any(|name| name.journal == of.journal && name.last <= of.through)
    }

    /// The first row that lies nowhere, and how many may be cut from it on. `None` if every row lies somewhere.
    pub(super) fn next(&self, standing: &Standing, journals: &[Acknowledged]) -> Option<(Sequence, u64)> {
        // Of each journal the part that is not acknowledged, the oldest journal first.
        let mut end = standing.end.0;
        let mut parts = Vec::new();
        for of in journals {
            parts.push((of.first.0.max(of.through.0 + 1), end));
            end = of.first.0.min(end);
        }
        parts.into_iter().rev().find_map(|(from, end)| self.gap(from, end))
    }

    fn gap(&self, from: u64, end: u64) -> Option<(Sequence, u64)> {
        let mut at = from;
        let mut limit = end;
        for &(first, after) in &self.ranges {
            if first > at {
                limit = first.min(end);
                break;
            }
            at = at.max(after);
        }
        (at < limit).then(|| (Sequence(at), (limit - at).min(ROWS_MOST as u64)))
    }

    /// Keeps the ranges sorted and few.
    fn join(&mut self) {
        self.ranges.sort_unstable();
        self.ranges.dedup_by(|next, kept| {
            let touches = next.0 <= kept.1;
            if touches {
                kept.1 = kept.1.max(next.1);
            }
            touches
        });
    }
}

#[cfg(test)]
mod tests {
    use gate_core::query::TerminalNumber;
    use gate_store::JournalId;

    use super::*;

    const NEW: JournalId = JournalId([2; 16]);

    fn name(first: u64, last: u64) -> BatchName {
        let terminal = TerminalNumber::new(7).unwrap();
        BatchName { terminal, journal: NEW, first: Sequence(first), last: Sequence(last) }
    }

    fn standing(end: u64) -> Standing {
        Standing { journal: NEW, first: Sequence(1), end: Sequence(end), next: Sequence(end) }
    }

    fn journal(first: u64, through: u64) -> Acknowledged {
        Acknowledged { journal: NEW, first: Sequence(first), through: Sequence(through) }
    }

    #[test]
    fn the_oldest_row_that_lies_nowhere_comes_next() {
        let covered = Covered::of([name(21, 30), name(1, 10)].into_iter());
        assert_eq!(covered.next(&standing(41), &[journal(1, 0)]), Some((Sequence(11), 10)));
        assert_eq!(covered.next(&standing(41), &[journal(1, 25)]), Some((Sequence(31), 10)));
        assert_eq!(covered.next(&standing(31), &[journal(1, 20)]), None);
        assert_eq!(covered.next(&standing(31), &[journal(1, 30)]), None);
        assert_eq!(covered.next(&standing(2_000), &[journal(1, 30)]), Some((Sequence(31), 267)));
    }

    #[test]
    fn an_older_journal_goes_first_and_the_gap_between_journals_is_skipped() {
        let mut covered = Covered::default();
        let journals = [journal(10_021, 0), journal(1, 0)];
        assert_eq!(covered.next(&standing(10_031), &journals), Some((Sequence(1), 267)));
        covered.add(name(1, 20));
        covered.skip(Sequence(21), Sequence(10_021));
        assert_eq!(covered.next(&standing(10_031), &journals), Some((Sequence(10_021), 10)));
        covered.add(name(10_021, 10_030));
        assert_eq!(covered.next(&standing(10_031), &journals), None);
        assert!(covered.has(Sequence(5_000)) && !covered.has(Sequence(10_031)));
    }

    #[test]
    fn a_batch_has_arrived_when_its_last_row_is_acknowledged() {
        let covered = Covered::of([name(1, 10)].into_iter());
        assert!(covered.has_arrived(&journal(1, 10)) && !covered.has_arrived(&journal(1, 9)));
    }
}
