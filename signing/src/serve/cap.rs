//! How many codes one operator, or one phone, may ask for: a token bucket on the monotonic clock.
//! Promises: at most `burst` at once and `per_minute` in the long run, whatever the calendar does; two numbers of memory.
//! Must not know: who asks.
//!
//! Written as the generic cell rate algorithm (ITU-T I.371, as "virtual scheduling"): the bucket is the time at which it
//! would be full again.

use gate_wire::time::Millis;

/// The most that one operator can be given a minute: ten thousand a second, far above what one core signs.
pub const MOST_PER_MINUTE: u32 = 600_000;
const MINUTE_US: u64 = 60_000_000;

/// What is allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cap {
    per_minute: u32,
    burst: u32,
}

impl Cap {
    /// `per_minute` and `burst` from 1 to [`MOST_PER_MINUTE`].
    #[must_use]
    pub fn new(per_minute: u32, burst: u32) -> Option<Cap> {
        let fits = |count| (1..=MOST_PER_MINUTE).contains(&count);
        (fits(per_minute) && fits(burst)).then_some(Cap { per_minute, burst })
    }

    /// In the long run.
    #[must_use]
    pub fn per_minute(&self) -> u32 {
        self.per_minute
    }

    /// At once.
    #[must_use]
    pub fn burst(&self) -> u32 {
        self.burst
    }

    /// The most that can be taken within any minute.
    #[must_use]
    pub fn most_a_minute(&self) -> u32 {
        self.per_minute.saturating_add(self.burst)
    }

    fn interval_us(&self) -> u64 {
        MINUTE_US / u64::from(self.per_minute)
    }
}

/// How long to wait, in whole seconds, at least 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Wait(pub(crate) u64);

/// A bucket, full at first.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Bucket {
    full_at_us: u64,
}

impl Bucket {
    /// Takes one.
    ///
    /// # Errors
    /// [`Wait`]; nothing was taken.
    pub(crate) fn take(&mut self, cap: Cap, now: Millis) -> Result<(), Wait> {
        let now_us = now.0.saturating_mul(1000);
        let full_at = self.full_at_us.max(now_us);
        let room = cap.interval_us().saturating_mul(u64::from(cap.burst - 1));
        let missing = (full_at - now_us).saturating_sub(room);
        if missing > 0 {
            return Err(Wait(missing.div_ceil(1_000_000)));
        }
        self.full_at_us = full_at.saturating_add(cap.interval_us());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(bucket: &mut Bucket, cap: Cap, at: u64) -> usize {
        std::iter::repeat_with(|| bucket.take(cap, Millis(at))).take(10_000).take_while(Result::is_ok).count()
    }

    #[test]
    fn a_burst_at_once_then_the_rate() {
        let (cap, mut bucket) = (Cap::new(60, 5).unwrap(), Bucket::default());
        assert_eq!(taken(&mut bucket, cap, 1_000), 5);
        assert_eq!(bucket.take(cap, Millis(1_000)), Err(Wait(1)));
        assert_eq!(taken(&mut bucket, cap, 1_999), 0);
        assert_eq!(taken(&mut bucket, cap, 3_000), 2);
        assert_eq!(taken(&mut bucket, cap, 600_000), 5, "a long rest gives no more than the burst");
    }

    #[test]
    fn no_minute_holds_more_than_it_says() {
        for (per_minute, burst) in [(1, 1), (7, 3), (600, 50), (MOST_PER_MINUTE, 100)] {
            let (cap, mut bucket) = (Cap::new(per_minute, burst).unwrap(), Bucket::default());
            let taken = (0..60_000).map(|at| taken(&mut bucket, cap, at)).sum::<usize>();
            assert!(
                taken <= cap.most_a_minute() as usize && taken >= per_minute as usize,
                "{cap:?}: {taken}"
            );
        }
        assert!(
            Cap::new(0, 1).is_none()
                && Cap::new(1, 0).is_none()
                && Cap::new(MOST_PER_MINUTE + 1, 1).is_none()
        );
    }

    #[test]
    fn a_refusal_takes_nothing_and_says_how_long() {
        let (cap, mut bucket) = (Cap::new(2, 1).unwrap(), Bucket::default());
        bucket.take(cap, Millis(0)).unwrap();
        for _ in 0..100 {
            assert_eq!(bucket.take(cap, Millis(1_000)), Err(Wait(29)));
        }
        bucket.take(cap, Millis(30_000)).unwrap();
    }
}
