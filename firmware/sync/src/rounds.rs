//! Rounds of one kind, one after another, for as long as the program runs.
//! Promises: a round that goes wrong, and one that panics, is followed by the next after a pause that grows: no fault of ours ends downloads
//! or uploads until somebody begins the program anew; each is told.
//! Must not know: what a round does.

use std::any::Any;
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use crate::rhythm::{Rhythm, draw};

/// How a round went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Went {
    /// Well, and there is nothing more to do now.
    Well,
    /// Well, and there is more: the next one begins at once.
    More,
    /// Something did not come or go; how long the hub asked to wait.
    Badly(Option<Duration>),
}

/// Rounds called `name` in this rhythm. `rest` waits for the time given, and ends them where it breaks.
pub fn keep_on(
    name: &str,
    rhythm: Rhythm,
    mut round: impl FnMut() -> Went,
    mut rest: impl FnMut(Duration) -> ControlFlow<()>,
) {
    let mut failures = 0_u32;
    loop {
        let went = caught(name, &mut round).unwrap_or(Went::Badly(None));
        let asked = match went {
            Went::More => {
                failures = 0;
                continue;
            }
            Went::Well => {
                failures = 0;
                None
            }
            Went::Badly(asked) => {
                failures = failures.saturating_add(1);
                asked
            }
        };
        if rest(rhythm.pause(failures, asked, draw())).is_break() {
            return;
        }
    }
}

/// What `work` gives; `None` where it panicked, which is told.
pub fn caught<T>(name: &str, work: impl FnOnce() -> T) -> Option<T> {
    // What a round had borrowed is not looked at again, but for files, which are whole or not there.
    let done = catch_unwind(AssertUnwindSafe(work));
    done.inspect_err(|cause| {
        let said = words(cause.as_ref());
        eprintln!(
            "{name}: 本程序出错，稍后重试，请上报 a fault of gate-sync itself, tried again, report it: {said}"
        );
    })
    .ok()
}

fn words(cause: &(dyn Any + Send)) -> &str {
    let text = cause.downcast_ref::<&str>().copied();
    text.or_else(|| cause.downcast_ref::<String>().map(String::as_str)).unwrap_or("no words")
}

#[cfg(test)]
mod tests {
    use super::*;

    const RHYTHM: Rhythm = Rhythm {
        every: Duration::from_secs(300),
        first: Duration::from_secs(2),
        longest: Duration::from_secs(600),
    };

    /// Pauses of rounds that go as `round` says of the n-th, until so many were made.
    fn pauses(most: usize, round: impl Fn(usize) -> Went) -> Vec<Duration> {
        let (mut made, mut pauses) = (0, Vec::new());
        let next = || {
            made += 1;
            round(made)
        };
        let rest = |pause| {
            pauses.push(pause);
            if pauses.len() == most { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        };
        keep_on("test", RHYTHM, next, rest);
        pauses
    }

    #[test]
    fn rounds_go_on_after_one_that_panics_and_rest_longer_after_each() {
        let pauses = pauses(41, |round| match round {
            1..=40 => panic!("round {round}"),
            _ => Went::Well,
        });
        let bound = |failures: u32| RHYTHM.pause(failures, None, u64::MAX);
        for (failures, pause) in (1_u32..).zip(&pauses[..40]) {
            assert!(*pause <= bound(failures), "{failures}: {pause:?}");
        }
        assert!(pauses[20..40].iter().max() > Some(&bound(3)), "they grow: {pauses:?}");
        assert!(pauses[40] >= RHYTHM.every / 2, "and one that goes well is followed by the usual pause");
    }

    #[test]
    fn what_there_is_more_of_is_fetched_without_a_pause_and_what_the_hub_asks_is_kept() {
        let asked = Duration::from_secs(30);
        let pauses = pauses(2, |round| match round {
            1..=5 => Went::More,
            6 => Went::Badly(Some(asked)),
            _ => Went::Well,
        });
        assert!(pauses[0] >= asked && pauses[1] >= RHYTHM.every / 2, "{pauses:?}");
    }
}
