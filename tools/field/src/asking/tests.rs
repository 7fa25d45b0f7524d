//! A keeper that answers late, to somebody else, or not at all.
#![allow(clippy::unwrap_used, reason = "an error is a failed test")]

use std::fs;
use std::sync::atomic::{AtomicBool, Ordering};

use gate_carry::report::Report;
use gate_core::screen::UpdateRefused;

use super::*;
use crate::visit::Carrier;

const LONG: Duration = Duration::from_secs(600);
const SHORT: Duration = Duration::from_millis(300);
const ONE: Ask = Ask([1; 16]);

struct Case {
    folder: tempfile::TempDir,
    spool: Spool,
}

impl Case {
    fn new() -> Case {
        let folder = tempfile::tempdir().unwrap();
        let spool = Spool::open(&folder.path().join("spool"), 0).unwrap();
        Case { folder, spool }
    }

    fn report(&self) -> std::path::PathBuf {
        self.folder.path().join("report.json")
    }

    /// The keeper's report, in answer to this.
    fn answer(&self, asked: Option<Ask>) {
        let report = Report { at: 1, generation: 9, asked, ..Report::default() };
        let beside = self.folder.path().join("part");
        fs::write(&beside, serde_json::to_vec(&report).unwrap()).unwrap();
        fs::rename(beside, self.report()).unwrap();
    }

    fn asked(&self) -> Option<Ask> {
        Ask::read(self.spool.path())
    }

    fn verdict(&self, wait: Duration, again: Duration) -> Verdict {
        let report = self.report();
        let asking = Asking { spool: &self.spool, report: &report, wait, again };
        asking.verdict(&mut Board::at(None, Carrier::Stick))
    }

    /// The same while somebody plays the keeper, who is called until the visit has its word.
    fn verdict_with(&self, again: Duration, mut keeper: impl FnMut(&Case) + Send) -> Verdict {
        let over = AtomicBool::new(false);
        thread::scope(|scope| {
            scope.spawn(|| {
                while !over.load(Ordering::Relaxed) {
                    keeper(self);
                    thread::sleep(Duration::from_millis(1));
                }
            });
            let verdict = self.verdict(LONG, again);
            over.store(true, Ordering::Relaxed);
            verdict
        })
    }
}

#[test]
fn the_word_that_repeats_this_visits_number_is_heard() {
    let case = Case::new();
    let verdict = case.verdict_with(LONG, |case| {
        if let Some(asked) = case.asked() {
            case.answer(Some(asked));
        }
    });
    assert_eq!((verdict.generation, verdict.why, verdict.code()), (9, None, 0));
    assert!(verdict.words.contains("generation 9"), "{}", verdict.words);
}

#[test]
fn a_word_for_nobody_for_another_visit_or_for_the_one_before_is_not_heard() {
    let case = Case::new();
    case.spool.ask(&ONE).unwrap();
    for old in [None, Some(ONE)] {
        case.answer(old);
        let verdict = case.verdict(SHORT, LONG);
        assert_eq!((verdict.why, verdict.code()), (Some(UpdateRefused::NotAnswered), 2));
        let drawn = case.asked().unwrap();
        assert!(drawn != ONE, "each visit draws its own");
        case.answer(Some(drawn));
        assert_eq!(
            case.verdict(SHORT, LONG).why,
            Some(UpdateRefused::NotAnswered),
            "and the next one another"
        );
    }
}

#[test]
fn who_missed_the_asking_is_asked_again_by_the_same_number() {
    let case = Case::new();
    let mut seen: Vec<(Ask, std::time::SystemTime)> = Vec::new();
    let verdict = case.verdict_with(Duration::from_millis(20), |case| {
        let written = fs::metadata(case.spool.path().join(gate_carry::ask::FILE_NAME));
        let Some((asked, written)) = case.asked().zip(written.ok().and_then(|about| about.modified().ok()))
        else {
            return;
        };
        if !seen.contains(&(asked, written)) {
            seen.push((asked, written));
        }
        if seen.len() == 3 {
            case.answer(Some(asked));
        }
    });
    assert_eq!(verdict.why, None);
    assert!(seen.iter().all(|(asked, _)| *asked == seen[0].0), "{seen:?}");
}

#[test]
fn a_spool_that_cannot_be_written_ends_the_asking_at_once() {
    let case = Case::new();
    fs::remove_dir(case.spool.path().join("part")).unwrap();
    fs::write(case.spool.path().join("part"), "a file").unwrap();
    let verdict = case.verdict(LONG, LONG);
    assert_eq!((verdict.why, verdict.code()), (Some(UpdateRefused::NotChecked), 2));
}

#[test]
fn a_report_of_another_form_or_of_a_megabyte_is_none() {
    let case = Case::new();
    for bad in ["", "{", "[]", r#"{"asked":3}"#, &" ".repeat(1 << 21)] {
        fs::write(case.report(), bad).unwrap();
        assert_eq!(case.verdict(Duration::ZERO, LONG).why, Some(UpdateRefused::NotAnswered));
    }
}
