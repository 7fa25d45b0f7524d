//! When to begin and when to try again: regular rounds, and full jitter with backoff after failures.
//! Promises: ten thousand terminals whose hub or whose power comes back do not come at one moment; a hub's own wish is kept within
//! bounds.
//! Must not know: what is tried.

use std::time::Duration;

/// How often.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rhythm {
    /// Between rounds that went well.
    pub every: Duration,
    /// The longest pause after the first failure; it doubles with each further one.
    pub first: Duration,
    /// The longest pause of all.
    pub longest: Duration,
}

/// What was here when the carrier's program started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Past {
    /// Nothing was ever fetched: somebody has just enrolled it and waits before it.
    None,
    /// Something was: the terminal decides by it meanwhile, and a whole province may have got its power back in this second.
    Fetched,
}

impl Rhythm {
    /// The pause before the first round of a program that has just started.
    #[must_use]
    pub fn beginning(&self, past: Past, draw: u64) -> Duration {
        match past {
            Past::None => part(self.first, draw),
            Past::Fetched => part(self.every, draw),
        }
    }

    /// The pause before the next round, after `failures` in a row. `asked` is what the hub asked for; `draw` is even over
    /// all of `u64`.
    #[must_use]
    pub fn pause(&self, failures: u32, asked: Option<Duration>, draw: u64) -> Duration {
        if failures == 0 {
            // Half to one and a half of it: rounds of a fleet stay spread.
            return (self.every / 2).saturating_add(part(self.every, draw));
        }
        let doubled = self.first.saturating_mul(1_u32.checked_shl(failures - 1).unwrap_or(u32::MAX));
        let jitter = part(doubled.min(self.longest), draw);
        match asked {
            // Everybody is asked for the same: the jitter comes on top.
            Some(asked) => asked.min(self.longest).saturating_add(jitter),
            None => jitter,
        }
    }
}

/// An even share of `whole`.
fn part(whole: Duration, draw: u64) -> Duration {
    let nanos = (whole.as_nanos().min(u128::from(u64::MAX)) * u128::from(draw)) >> 64;
    Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
}

/// An even number, of the system's.
#[must_use]
pub fn draw() -> u64 {
    let mut bytes = [0; 8];
    // Without randomness every terminal waits half of it: worse for the hub, safe for the terminal.
    getrandom::fill(&mut bytes).map_or(1 << 63, |()| u64::from_le_bytes(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    const RHYTHM: Rhythm = Rhythm {
        every: Duration::from_secs(300),
        first: Duration::from_secs(2),
        longest: Duration::from_secs(600),
    };

    #[test]
    fn a_start_is_spread_over_a_whole_round_and_a_terminal_that_has_nothing_begins_at_once() {
        for (past, most) in [(Past::Fetched, 300.0), (Past::None, 2.0)] {
            assert_eq!(RHYTHM.beginning(past, 0), Duration::ZERO);
            let longest = RHYTHM.beginning(past, u64::MAX).as_secs_f64();
            assert!((longest - most).abs() < 0.001, "{past:?}: {longest}");
        }
    }

    #[test]
    fn pauses_lie_anywhere_up_to_a_bound_that_doubles_and_ends() {
        for (failures, most) in [(1, 2), (2, 4), (5, 32), (9, 512), (10, 600), (40, 600), (u32::MAX, 600)] {
            assert_eq!(RHYTHM.pause(failures, None, 0), Duration::ZERO, "{failures}");
            let longest = RHYTHM.pause(failures, None, u64::MAX).as_secs_f64();
            assert!((longest - f64::from(most)).abs() < 0.001, "{failures}: {longest}");
        }
    }

    #[test]
    fn a_hub_may_ask_for_a_pause_but_not_for_silence() {
        let asked = |seconds| RHYTHM.pause(1, Some(Duration::from_secs(seconds)), 1 << 63);
        assert_eq!(asked(30), Duration::from_secs(31));
        assert_eq!(asked(1 << 40), Duration::from_secs(601));
    }

    #[test]
    fn rounds_that_go_well_keep_their_mean_and_are_spread() {
        let pauses = [0, 1 << 63, u64::MAX].map(|draw| RHYTHM.pause(0, None, draw).as_secs());
        assert_eq!(pauses, [150, 300, 449]);
    }
}
