//! Times as TUF writes them: `2026-11-20T08:00:00Z`.
//! Promises: one spelling a time; no other is read.
//! Must not know: what time it is.

use gate_wire::time::{Day, Timestamp};

/// The text is no such time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a time is written 2026-11-20T08:00:00Z")]
pub struct TimeRefused;

/// Reads a time.
///
/// # Errors
/// [`TimeRefused`].
pub fn read_time(text: &str) -> Result<Timestamp, TimeRefused> {
    let bytes: &[u8; 20] = text.as_bytes().try_into().map_err(|_| TimeRefused)?;
    let number = |from: usize, digits: usize| {
        let part = bytes.get(from..from + digits)?;
        part.iter()
            .try_fold(0_u64, |sum, byte| byte.is_ascii_digit().then(|| sum * 10 + u64::from(byte - b'0')))
    };
    let fields = (number(0, 4), number(5, 2), number(8, 2), number(11, 2), number(14, 2), number(17, 2));
    let (Some(year), Some(month), Some(day), Some(hour), Some(minute), Some(second)) = fields else {
        return Err(TimeRefused);
    };
    let in_range = year >= 1970 && (1..=12).contains(&month) && (1..=31).contains(&day);
    if !in_range || hour > 23 || minute > 59 || second > 59 {
        return Err(TimeRefused);
    }
    let seconds = days_from_civil(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second;
    let time = Timestamp::from_unix(seconds).ok_or(TimeRefused)?;
    // The one spelling: this also refuses 31 April and other separators.
    if print_time(time) == text { Ok(time) } else { Err(TimeRefused) }
}

/// Writes a time.
#[must_use]
pub fn print_time(time: Timestamp) -> String {
    let seconds = time.unix();
    // `Day` counts in UTC+8, which does not matter to a count of days.
    let (year, month, day) = Day((seconds / 86_400) as u32).ymd();
    let (hour, minute, second) = (seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

/// Days since 1970-01-01 of a date from 1970 on; years begin in March here, so that the leap day ends one.
fn days_from_civil(year: u64, month: u64, day: u64) -> u64 {
    let year = year - u64::from(month <= 2);
    let (era, year_of_era) = (year / 400, year % 400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_day_reads_back_and_no_other_spelling_does() {
        for day in (0..2_932_896_u64).step_by(97) {
            let time = Timestamp::from_unix(day * 86_400 + day % 86_400).unwrap();
            assert_eq!(read_time(&print_time(time)), Ok(time));
        }
        assert_eq!(read_time("2026-11-20T00:00:00Z").unwrap().unix(), 1_795_132_800);
        for wrong in [
            "2026-11-20T00:00:00+08:00",
            "2026-11-20 00:00:00Z",
            "2026-04-31T00:00:00Z",
            "",
            "2026-13-01T00:00:00Z",
            "1969-12-31T00:00:00Z",
            "2026-11-20T00:00:00.5Z",
        ] {
            assert_eq!(read_time(wrong), Err(TimeRefused), "{wrong}");
        }
    }
}
