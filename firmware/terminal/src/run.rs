//! `gate run`: the loop in real time.
//! Promises: a turn at least every 20 ms while nothing is heavier than that.
//! Must not know: anything about a turn.

use std::path::Path;
use std::time::{Duration, Instant};

use crate::config::Config;
use crate::wiring;

const TURN: Duration = Duration::from_millis(20);

/// Runs a terminal until the process is ended; `turns` limits it, for tries by hand.
///
/// # Errors
/// If the terminal cannot be put together.
pub fn run(config: &Path, turns: Option<u64>) -> anyhow::Result<()> {
    let mut gate = wiring::terminal(&Config::load(config)?)?;
    let mut count = 0;
    while turns.is_none_or(|most| count < most) {
        let began = Instant::now();
        gate.turn();
        count += 1;
        std::thread::sleep(TURN.saturating_sub(began.elapsed()));
    }
    Ok(())
}
