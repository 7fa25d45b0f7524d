//! Times as people type and read them.
//! Promises: RFC 3339 in and out.
//! Must not know: clocks.

use anyhow::Context;
use gate_wire::time::Timestamp;

/// Reads an RFC 3339 time.
///
/// # Errors
/// If it is none, or outside 1970 to 9999.
pub fn parse(text: &str) -> anyhow::Result<Timestamp> {
    let instant: jiff::Timestamp = text
        .parse()
        .with_context(|| format!("`{text}` is not an RFC 3339 time such as 2026-11-20T20:15:00+08:00"))?;
    let seconds = u64::try_from(instant.as_second()).context("times before 1970 are not used here")?;
    Timestamp::from_unix(seconds).context("times after the year 9999 are not used here")
}

/// The system's time, for commands that are run by hand.
pub fn system_now() -> Timestamp {
    let seconds = jiff::Timestamp::now().as_second();
    u64::try_from(seconds).ok().and_then(Timestamp::from_unix).unwrap_or(Timestamp::EPOCH)
}

/// RFC 3339, in UTC+8 as people here read it.
pub fn print(time: Timestamp) -> String {
    let ((year, month, day), second) = (time.civil_day().ymd(), time.civil_second());
    let (hour, minute, second) = (second / 3_600, second / 60 % 60, second % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}+08:00")
}
