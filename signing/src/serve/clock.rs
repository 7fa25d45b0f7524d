//! The clocks of the service: the calendar's, and one that only goes forward.
//! Promises: every time in the service comes from here, so that a test can hand one in.
//! Must not know: what is timed.

use std::time::{Instant, SystemTime};

use gate_wire::time::{Millis, Timestamp};

/// Both clocks.
pub trait Clock: Send + Sync {
    /// UTC, for issue and expiry times.
    fn now(&self) -> Timestamp;
    /// Since any beginning, never back: for caps, sessions and repeats.
    fn monotonic(&self) -> Millis;
}

/// The machine's.
pub struct SystemClock {
    began: Instant,
}

impl SystemClock {
    /// The monotonic clock begins now.
    #[must_use]
    pub fn new() -> SystemClock {
        SystemClock { began: Instant::now() }
    }
}

impl Default for SystemClock {
    fn default() -> SystemClock {
        SystemClock::new()
    }
}

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        // A clock before 1970 is behind every list, and so refused as unsure.
        let seconds =
            SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_secs());
        Timestamp::from_unix(seconds).unwrap_or(Timestamp::EPOCH)
    }

    fn monotonic(&self) -> Millis {
        Millis(u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX))
    }
}
