//! What is printed and written of a tour: the table, the figures, `tour.json`, the screens.
//! Promises: one line a passage, in Chinese and English, with a mark; whatever was missed is said in words.
//! Must not know: how it was played.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result};
use serde::Serialize;

use crate::script::Scenario;
use crate::stage::{Answered, Decided, Means};
use crate::tour::{Played, Start};

/// Columns of the table, in the width of Latin letters.
const ID: usize = 38;
const WHO: usize = 12;
const SHOWS: usize = 76;
const VERDICT: usize = 12;

/// One entry of `tour.json`.
#[derive(Serialize)]
struct Entry<'a> {
    id: &'a str,
    expected: &'a str,
    verdict: Option<&'a str>,
    reason: Option<&'a str>,
    /// Real milliseconds of the turn that decided last.
    ms: Option<f64>,
}

/// The table: a heading for each row of the tour, a line for each passage.
pub fn table(rows: &[Scenario], played: &[Played]) -> String {
    let mut out = String::new();
    let mut rest = played.iter();
    for row in rows {
        // Writing to a string does not fail.
        let _ = writeln!(out, "\n{}\n  -> {}", row.row, row.verdicts);
        for one in rest.by_ref().take(row.passage.len()) {
            let _ = writeln!(out, "{}", line(one));
            for missed in &one.missed {
                let _ = writeln!(out, "      ! {missed}");
            }
        }
    }
    out
}

/// How many met their expectation, and the figures.
pub fn summary(played: &[Played]) -> String {
    let met = played.iter().filter(|one| one.missed.is_empty()).count();
    let mut out = format!("\n{met} / {} 符合预期 · as the table says\n", played.len());
    let decided = |by| {
        played.iter().flat_map(|one| &one.decided).filter(|one| one.by == by).map(|one| one.took).collect()
    };
    let _ = writeln!(out, "\n实际用时（毫秒） · real times (ms)");
    figures(&mut out, "码：从画面到结论 · frame to verdict", decided(Means::Code));
    figures(&mut out, "卡：从应答到结论 · card to verdict", decided(Means::Card));
    let all: Vec<Decided> = played.iter().flat_map(|one| one.decided.iter().copied()).collect();
    out.push_str(&waits(&all));
    let first =
        |start| played.iter().filter(|one| one.start == start).filter_map(|one| one.first_decision).collect();
    figures(&mut out, "首次启动到首个结论 · first start to decision", first(Start::First));
    figures(&mut out, "重启到首个结论 · restart to first decision", first(Start::Again));
    for screen in ["idle", "reading", "hint", "verdict", "pin", "staff", "opened", "lane open", "fault"] {
        let redraws = played.iter().flat_map(|one| &one.redraws).filter(|one| one.screen == screen);
        figures(&mut out, &format!("绘制 · redraw: {screen}"), redraws.map(|one| one.took).collect());
    }
    out
}

/// How long people waited, from what they showed to what they saw and heard.
pub fn waits(decided: &[Decided]) -> String {
    let mut out = String::new();
    let mut row = |what: &str, by: Means, length: fn(Answered) -> Duration| {
        let answered = decided.iter().filter(|one| one.by == by).filter_map(|one| one.answered);
        figures(&mut out, what, answered.map(length).collect());
    };
    row("举码到声音 · code shown to tone", Means::Code, |one| one.tone);
    row("举码到画面 · code shown to picture", Means::Code, |one| one.picture);
    row("放卡到首个画面 · card tap to first picture", Means::Card, |one| one.first_picture);
    row("放卡到声音 · card tap to tone", Means::Card, |one| one.tone);
    row("放卡到画面 · card tap to picture", Means::Card, |one| one.picture);
    out
}

/// Writes `tour.json` and every screen as `NNN-<id>.png`; says how many screens.
///
/// # Errors
/// If the directory cannot be written.
pub fn write(directory: &Path, played: &[Played]) -> Result<usize> {
    fs::create_dir_all(directory).with_context(|| format!("making {}", directory.display()))?;
    let entries: Vec<Entry<'_>> = played.iter().map(entry).collect();
    let json = directory.join("tour.json");
    fs::write(&json, serde_json::to_string_pretty(&entries)?)
        .with_context(|| format!("writing {}", json.display()))?;
    let screens = played.iter().flat_map(|one| one.screens.iter().map(move |png| (&one.id, png)));
    let mut count = 0;
    for (id, png) in screens {
        count += 1;
        let path = directory.join(format!("{count:03}-{id}.png"));
        fs::write(&path, png).with_context(|| format!("writing {}", path.display()))?;
    }
    Ok(count)
}

fn entry(one: &Played) -> Entry<'_> {
    Entry {
        id: &one.id,
        expected: one.expected.as_str(),
        verdict: one.verdict.map(crate::script::Word::as_str),
        reason: one.reason,
        ms: one.decided.last().map(|decided| millis(decided.took)),
    }
}

fn line(one: &Played) -> String {
    let mark = if one.missed.is_empty() { "✓" } else { "✗" };
    let verdict = one.verdict.map_or("-", crate::script::Word::as_str);
    let ms = one.decided.last().map_or("-".into(), |decided| format!("{:.1}", millis(decided.took)));
    format!(
        "  {mark} {}{}{}{}{:<5}{ms:>7}",
        padded(&one.id, ID),
        padded(&one.who, WHO),
        padded(&one.shows, SHOWS),
        padded(verdict, VERDICT),
        one.reason.unwrap_or("-"),
    )
}

fn figures(out: &mut String, what: &str, mut times: Vec<Duration>) {
    times.sort();
    let at = |percent: usize| times.get((times.len() * percent).div_ceil(100).saturating_sub(1)).copied();
    if let (Some(median), Some(high), Some(most)) = (at(50), at(99), times.last()) {
        let _ = writeln!(
            out,
            "  {}{:>5}  median {:>7.2}  p99 {:>7.2}  max {:>7.2}",
            padded(what, 48),
            times.len(),
            millis(median),
            millis(high),
            millis(*most)
        );
    }
}

fn millis(time: Duration) -> f64 {
    (time.as_secs_f64() * 1e6).round() / 1e3
}

/// Chinese characters are two columns wide; a text that is too long keeps one space behind it.
fn padded(text: &str, columns: usize) -> String {
    let width: usize = text.chars().map(|c| if c < '\u{2E80}' { 1 } else { 2 }).sum();
    format!("{text}{}", " ".repeat(columns.saturating_sub(width).max(1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chinese_and_latin_texts_end_in_the_same_column() {
        assert_eq!(padded("测试甲", 8), "测试甲  ");
        assert_eq!(padded("station", 8), "station ");
        assert_eq!(padded("too long", 4), "too long ");
    }

    #[test]
    fn the_99th_of_100_times_is_the_second_longest() {
        let mut out = String::new();
        figures(&mut out, "x", (1..=100).map(Duration::from_millis).collect());
        assert!(out.contains("median   50.00  p99   99.00  max  100.00"), "{out}");
        out.clear();
        figures(&mut out, "x", Vec::new());
        assert_eq!(out, "");
    }
}
