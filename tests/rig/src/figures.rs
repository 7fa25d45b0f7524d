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

    /// Half of them were as quick as the first, all as the second.
    pub(crate) fn said(&self) -> String {
        let mut sorted = self.0.clone();
        sorted.sort();
        match (sorted.get(sorted.len().saturating_sub(1) / 2), sorted.last()) {
            (Some(half), Some(all)) => {
                format!("p50 {} ms, max {} ms of {}", half.as_millis(), all.as_millis(), sorted.len())
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
        assert_eq!(times.said(), "p50 20 ms, max 40 ms of 4");
    }
}
