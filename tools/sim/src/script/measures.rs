//! Lengths of time and moments of sampling, as a scenario writes them.
//! Promises: one spelling each; anything else is refused with the spelling that is wanted.
//! Must not know: what they are lengths of.

use gate_wire::time::Timestamp;
use serde::Deserialize;

/// A length of time: `14:59` (minutes and seconds), `-60s`, `2min`, `1h`, `3d`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Span {
    /// Seconds.
    pub seconds: i64,
}

/// Not a length of time.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no length of time: write 14:59, -60s, 2min, 1h or 3d")]
pub struct NoSpan(String);

impl Span {
    /// So many seconds.
    pub const fn of(seconds: i64) -> Span {
        Span { seconds }
    }

    /// Its seconds where a length cannot be negative.
    pub fn length(self) -> u64 {
        self.seconds.max(0).unsigned_abs()
    }
}

impl TryFrom<String> for Span {
    type Error = NoSpan;

    fn try_from(text: String) -> Result<Span, NoSpan> {
        let read = match text.split_once(':') {
            Some((minutes, seconds)) => {
                let (minutes, seconds) = (minutes.parse::<u32>().ok(), seconds.parse::<u32>().ok());
                minutes.zip(seconds).map(|(minutes, seconds)| i64::from(minutes) * 60 + i64::from(seconds))
            }
            None => with_unit(&text),
        };
        read.map(Span::of).ok_or(NoSpan(text))
    }
}

fn with_unit(text: &str) -> Option<i64> {
    let unit = text.find(|c: char| c.is_ascii_alphabetic())?;
    let (number, unit) = text.split_at_checked(unit)?;
    let seconds = match unit {
        "s" => 1,
        "min" => 60,
        "h" => 3_600,
        "d" => 86_400,
        _ => return None,
    };
    number.parse::<i32>().ok().map(|number| i64::from(number) * seconds)
}

/// When a sample was taken: `7d 00:01` is seven calendar days ago at one minute past midnight, UTC+8.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Sampling {
    days_ago: u32,
    second_of_day: u32,
}

/// Not a moment of sampling.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no moment of sampling: write 7d 23:59 for seven calendar days ago at 23:59")]
pub struct NoSampling(String);

impl Sampling {
    /// The moment, seen from `now`.
    pub fn before(self, now: Timestamp) -> Timestamp {
        let midnight = now.minus(u64::from(now.civil_second()));
        midnight.minus(u64::from(self.days_ago) * 86_400).plus(u64::from(self.second_of_day))
    }
}

impl TryFrom<String> for Sampling {
    type Error = NoSampling;

    fn try_from(text: String) -> Result<Sampling, NoSampling> {
        read_sampling(&text).ok_or(NoSampling(text))
    }
}

fn read_sampling(text: &str) -> Option<Sampling> {
    let (days, time) = text.split_once("d ")?;
    let (hour, minute) = time.split_once(':')?;
    let (hour, minute): (u32, u32) = (hour.parse().ok()?, minute.parse().ok()?);
    let days_ago = days.parse().ok().filter(|days| *days <= 60)?;
    (hour < 24 && minute < 60).then_some(Sampling { days_ago, second_of_day: (hour * 60 + minute) * 60 })
}
