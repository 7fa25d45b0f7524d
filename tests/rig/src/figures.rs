//! Times of one kind, and what is said of them.
//! Must not know: what was timed.

use std::time::Duration;

/// Times of one kind.
#[derive(Debug, Default)]
pub(crate) struct Times(Vec<Duration>);

impl Times {
    /// One more.
    pub(crate) fn took(&mut self, time: Duration) {
        self.0.push(time);
    }

    /// How many.
    pub(crate) fn count(&self) -> usize {
        self.0.len()
    }

    /// So many of a hundred were as quick as the figure beside them.
    pub(crate) fn said(&self) -> String {
        let mut sorted = self.0.clone();
        sorted.sort();
        let within = |of_a_hundred: usize| {
            let place = (sorted.len() * of_a_hundred).div_ceil(100).saturating_sub(1);
            sorted.get(place).map(Duration::as_millis)
        };
        match (within(50), within(99), within(100)) {
            (Some(half), Some(most), Some(all)) => {
                format!("p50 {half} ms, p99 {most} ms, max {all} ms of {}", sorted.len())
            }
            _ => "none".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_of_the_times_are_as_quick_as_the_first_figure() {
        let mut times = Times::default();
        assert_eq!(times.said(), "none");
        for ms in [30, 10, 20, 40] {
            times.took(Duration::from_millis(ms));
        }
        assert_eq!(times.said(), "p50 20 ms, p99 40 ms, max 40 ms of 4");
    }

    #[test]
    fn of_two_hundred_times_the_two_slowest_are_beyond_p99() {
        let mut times = Times::default();
        for ms in (1..=200).rev() {
            times.took(Duration::from_millis(ms));
        }
        assert_eq!(times.said(), "p50 100 ms, p99 198 ms, max 200 ms of 200");
    }
}
