//! How long is waited for what, and how slow is too slow.
//! Promises: every wait has an end; a body that comes slower than the least rate for a whole window is given up.
//! Must not know: what is fetched.

use std::time::{Duration, Instant};

/// How long is waited for what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// A connection with its TLS handshake, names looked up.
    pub connect: Duration,
    /// From a request to the end of the answer's head.
    pub answer: Duration,
    /// Over which a rate is measured; also how long may pass without a byte.
    pub window: Duration,
    /// Bytes a second below which a body is given up.
    pub least_rate: u64,
    /// After which a round that goes well ends and the next one asks for a timestamp anew: files go on from their byte.
    pub slice: Duration,
}

impl Patience {
    /// What a terminal has: 60 s below 1 KiB/s are too slow.
    pub const USUAL: Patience = Patience {
        connect: Duration::from_secs(20),
        answer: Duration::from_secs(30),
        window: Duration::from_secs(60),
        least_rate: 1024,
        slice: Duration::from_secs(120),
    };

    /// The end of a body of so many bytes, however evenly it trickles.
    #[must_use]
    pub fn total(&self, bytes: u64) -> Duration {
        self.window.saturating_add(Duration::from_secs(bytes / self.least_rate.max(1)))
    }

    /// What a window brings at least.
    fn least(&self) -> u64 {
        let rate = u128::from(self.least_rate) * self.window.as_millis() / 1000;
        u64::try_from(rate).unwrap_or(u64::MAX).max(1)
    }
}

/// Watches one body's rate.
#[derive(Clone, Copy, Debug)]
pub struct Meter {
    patience: Patience,
    since: Instant,
    bytes: u64,
}

impl Meter {
    /// From now on.
    #[must_use]
    pub fn start(patience: Patience, now: Instant) -> Meter {
        Meter { patience, since: now, bytes: 0 }
    }

    /// Whether it is fast enough still, `bytes` having come by `now`.
    #[must_use]
    pub fn goes_on(&mut self, bytes: usize, now: Instant) -> bool {
        self.bytes = self.bytes.saturating_add(bytes as u64);
        if now.saturating_duration_since(self.since) < self.patience.window {
            return true;
        }
        let enough = self.bytes >= self.patience.least();
        (self.since, self.bytes) = (now, 0);
        enough
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sixty_seconds_below_a_kibibyte_a_second_are_too_slow_and_a_kibibyte_is_not() {
        let start = Instant::now();
        let run = |each: usize| {
            let mut meter = Meter::start(Patience::USUAL, start);
            (1..=180).position(|second| !meter.goes_on(each, start + Duration::from_secs(second)))
        };
        assert_eq!(run(1023), Some(59));
        assert_eq!(run(0), Some(59));
        assert_eq!(run(1024), None);
    }

    #[test]
    fn a_burst_does_not_pay_for_the_windows_after_it() {
        let start = Instant::now();
        let mut meter = Meter::start(Patience::USUAL, start);
        assert!(meter.goes_on(1 << 30, start + Duration::from_secs(60)));
        assert!(!meter.goes_on(10, start + Duration::from_secs(120)));
    }

    #[test]
    fn a_base_of_a_province_may_take_its_time_and_no_more() {
        assert_eq!(Patience::USUAL.total(425 << 20), Duration::from_secs(60 + (425 << 10)));
    }
}
