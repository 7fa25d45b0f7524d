//! What the service manager is told (`sd_notify(3)`): that the program serves, and, as long as its loop turns, that it lives.
//!
//! Promises: a loop that hangs, by a stopped process or a lock that is never let go, is not called alive by anything else;
//! a service manager that hangs holds up nobody; without one, nothing is told and nothing fails.
//! It must not know: what the loop does.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use sd_notify::NotifyState;

/// The pulse of a program's main loop. Beats stop when it is dropped.
#[derive(Debug)]
pub struct Pulse {
    beats: Arc<AtomicU64>,
}

impl Pulse {
    /// Tells the service manager that the program serves. If the manager keeps a watchdog (`WatchdogSec=`), whether the
    /// loop has beaten since is looked at four times in its interval, by a thread that does nothing else, and told.
    #[must_use]
    pub fn begin() -> Pulse {
        let beats = Arc::new(AtomicU64::new(0));
        tell(NotifyState::Ready);
        if let Some(interval) = sd_notify::watchdog_enabled() {
            let watched = Arc::downgrade(&beats);
            let mut heard = Heard::default();
            std::thread::spawn(move || {
                while let Some(beats) = watched.upgrade() {
                    if heard.is_new(beats.load(Ordering::Relaxed)) {
                        tell(NotifyState::Watchdog);
                    }
                    drop(beats);
                    std::thread::sleep(pause(interval));
                }
            });
        }
        Pulse { beats }
    }

    /// Tells the service manager that the program ends as it was told to.
    pub fn stopping(&self) {
        tell(NotifyState::Stopping);
    }

    /// The loop has turned.
    pub fn beat(&self) {
        self.beats.fetch_add(1, Ordering::Relaxed);
    }
}

/// How far the beats had come when they were last looked at.
#[derive(Default)]
struct Heard(Option<u64>);

impl Heard {
    fn is_new(&mut self, beats: u64) -> bool {
        self.0.replace(beats) != Some(beats)
    }
}

fn pause(interval: Duration) -> Duration {
    (interval / 4).max(Duration::from_millis(10))
}

fn tell(state: NotifyState<'_>) {
    // A manager that cannot be reached ends the service by its own timer; there is nobody else to tell.
    let _ = sd_notify::notify(&[state]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_loop_that_does_not_turn_is_not_called_alive() {
        let mut heard = Heard::default();
        let told: Vec<bool> = [0, 0, 1, 5, 5, 5, 6].map(|beats| heard.is_new(beats)).to_vec();
        assert_eq!(told, [true, false, true, true, false, false, true]);
    }

    #[test]
    fn a_watchdog_is_told_well_within_its_interval() {
        assert_eq!(pause(Duration::from_secs(20)), Duration::from_secs(5));
        assert_eq!(pause(Duration::ZERO), Duration::from_millis(10));
    }
}
