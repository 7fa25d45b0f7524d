//! At the terminal: the keeper is asked to judge what was copied, and its word is waited for.
//! Promises: a report is heard only where it repeats the number that this visit drew: whoever reads the stick judges nothing, and a report
//! from before, or for another visit, says nothing; asked anew while no word comes, since whoever starts the keeper may have been looking
//! elsewhere; the wait ends, and what came stays in the spool.
//! Must not know: who starts the keeper, how it judges.

use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::anyhow;
use gate_carry::{Ask, Spool};
use gate_core::screen::{Percent, UpdateStep};

use crate::verdict::Verdict;
use crate::visit::Board;

/// Seconds that the keeper is waited for, where nobody says otherwise: one that is at work with a province's base, the look that follows it,
/// and a slice of the fold before both have room in them.
pub const WAIT_S: u64 = 300;
/// How often it is asked anew.
pub const AGAIN: Duration = Duration::from_secs(10);
/// How often its report is looked at.
const LOOK: Duration = Duration::from_millis(50);

/// Where it is asked, where it answers, how long that may take.
pub struct Asking<'a> {
    /// The spool.
    pub spool: &'a Spool,
    /// The keeper's report.
    pub report: &'a Path,
    /// How long it is waited for.
    pub wait: Duration,
    /// How often it is asked anew.
    pub again: Duration,
}

impl Asking<'_> {
    /// The keeper's word on what was copied, or that there was none.
    pub fn verdict(&self, board: &mut Board) -> Verdict {
        match self.answer(board) {
            Ok(Some(verdict)) => verdict,
            Ok(None) => Verdict::not_answered(self.wait),
            Err(error) => Verdict::not_checked(&format!("{error:#}")),
        }
    }

    /// `None` where none came.
    fn answer(&self, board: &mut Board) -> anyhow::Result<Option<Verdict>> {
        let ask = drawn()?;
        let began = Instant::now();
        let mut asked: Option<Instant> = None;
        loop {
            let waited = began.elapsed();
            board.data(UpdateStep::Checking(Percent::of(millis(waited), millis(self.wait))));
            if asked.is_none_or(|asked| asked.elapsed() >= self.again) {
                self.spool.ask(&ask)?;
                asked = Some(Instant::now());
            }
            if let Some(verdict) = Verdict::answering(self.report, &ask) {
                return Ok(Some(verdict));
            }
            if waited >= self.wait {
                return Ok(None);
            }
            thread::sleep(LOOK);
        }
    }
}

/// A number that nobody knew before.
fn drawn() -> anyhow::Result<Ask> {
    let mut number = [0; 16];
    getrandom::fill(&mut number).map_err(|fault| anyhow!("no random number to ask by: {fault}"))?;
    Ok(Ask(number))
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
