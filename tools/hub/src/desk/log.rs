//! The audit log and the alarms, for an auditor: a line each, the oldest first, in Chinese and English.
//! Promises: looks alone; what no kind of this version wrote is told as it was written.

use std::io::{Write, stdout};

use anyhow::Context;
use gate_core::query::TerminalNumber;
use gate_hub::store::Db;
use gate_hub::store::log::{self, Alarm, Deed, Span};
use gate_wire::time::Timestamp;
use jiff::civil::Date;
use jiff::tz::{Offset, TimeZone};

use crate::cli::{Data, Within};

const DAY_S: u64 = 86_400;

fn look(data: &Data) -> anyhow::Result<Db> {
    Ok(data.store(&data.folder()?)?.open_to_look()?)
}

pub(crate) fn audit(data: &Data, within: &Within, who: Option<&str>) -> anyhow::Result<()> {
    let (db, span, mut behind) = (look(data)?, within.span()?, 0);
    loop {
        let lines = log::audited(&db, span, who, behind)?;
        let Some(last) = lines.last() else { return Ok(()) };
        behind = last.id;
        for line in &lines {
            let words = in_words(Deed::in_chinese(&line.what), &line.what);
            writeln!(stdout(), "{} {}: {words}", told(line.at), line.who)?;
        }
    }
}

pub(crate) fn alarms(data: &Data, within: &Within, terminal: Option<u32>) -> anyhow::Result<()> {
    let of = terminal.map(|number| TerminalNumber::new(number).context("a terminal's number is 0 to 131071"));
    let (db, span, of, mut behind) = (look(data)?, within.span()?, of.transpose()?, 0);
    loop {
        let raised = log::alarms(&db, span, of, behind)?;
        let Some(last) = raised.last() else { return Ok(()) };
        behind = last.id;
        for one in &raised {
            let words = in_words(Alarm::in_chinese(&one.what), &one.what);
            writeln!(stdout(), "{} 终端 terminal {}: {words}", told(one.at), one.terminal)?;
        }
    }
}

fn in_words(chinese: Option<String>, english: &str) -> String {
    chinese.map_or_else(|| english.into(), |chinese| format!("{chinese} · {english}"))
}

/// RFC 3339, in UTC+8 as people here read it.
fn told(at: u64) -> String {
    let time = Timestamp::from_unix(at).unwrap_or(Timestamp::MAX);
    let ((year, month, day), second) = (time.civil_day().ymd(), time.civil_second());
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}+08:00")
}

impl Within {
    fn span(&self) -> anyhow::Result<Span> {
        let since = self.since.as_deref().map(moment).transpose()?.map(|(first, _)| first);
        let until = self.until.as_deref().map(moment).transpose()?.map(|(_, last)| last);
        Ok(Span { since: since.unwrap_or(Span::ALL.since), until: until.unwrap_or(Span::ALL.until) })
    }
}

/// The first and the last second that is meant: a day of UTC+8, or one moment.
fn moment(text: &str) -> anyhow::Result<(u64, u64)> {
    let wrong = || {
        format!("`{text}` is neither a day such as 2026-11-20 nor a time such as 2026-11-20T20:15:00+08:00")
    };
    let seconds = |time: jiff::Timestamp| u64::try_from(time.as_second()).with_context(wrong);
    if let Ok(time) = text.parse::<jiff::Timestamp>() {
        let second = seconds(time)?;
        return Ok((second, second));
    }
    let day: Date = text.parse().with_context(wrong)?;
    let begins =
        seconds(day.to_zoned(TimeZone::fixed(Offset::constant(8))).with_context(wrong)?.timestamp())?;
    Ok((begins, begins + DAY_S - 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_one_of_utc_plus_8_and_a_time_is_itself() {
        let day = moment("2026-11-20").unwrap();
        assert_eq!(
            (told(day.0), told(day.1)),
            ("2026-11-20T00:00:00+08:00".into(), "2026-11-20T23:59:59+08:00".into())
        );
        let time = moment("2026-11-20T12:15:00Z").unwrap();
        assert_eq!((told(time.0), time.0), ("2026-11-20T20:15:00+08:00".into(), time.1));
        for none in ["", "yesterday", "2026-11-31", "2026-13-01", "1969-12-31T00:00:00Z"] {
            let refused = moment(none).unwrap_err().to_string();
            assert!(refused.contains("2026-11-20T20:15:00+08:00"), "{refused}");
        }
    }

    #[test]
    fn a_line_that_no_kind_wrote_is_told_as_it_is() {
        assert_eq!(in_words(Deed::in_chinese("logged in"), "logged in"), "登录 · logged in");
        assert_eq!(in_words(Deed::in_chinese("of tomorrow"), "of tomorrow"), "of tomorrow");
    }
}
