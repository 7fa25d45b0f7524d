//! A report as text: labels in one column, long lines folded.
//! Promises: Chinese characters count twice as wide; nothing is cut.
//! Must not know: what is said.

use core::fmt::Write;

use super::super::story::Line;
use super::super::words::Said;

/// Columns of a line.
const COLUMNS: usize = 100;

/// The whole text, in the language that `pick` picks.
pub(super) fn lay_out(title: &str, blocks: &[Vec<Line>], pick: fn(&Said) -> &String) -> String {
    let labels = blocks.iter().flatten().map(|(label, _)| width(pick(label)));
    let column = labels.max().unwrap_or(0) + 2;
    let mut text = format!("{title}\n{}\n", "=".repeat(width(title)));
    for block in blocks {
        text.push('\n');
        for (label, said) in block {
            let label = pick(label);
            let gap = " ".repeat(column.saturating_sub(width(label)));
            let folded = fold(pick(said), COLUMNS.saturating_sub(column));
            let joined = folded.join(&format!("\n{}", " ".repeat(column)));
            // Writing to a string does not fail.
            let _ = writeln!(text, "{label}{gap}{joined}");
        }
    }
    text
}

/// Lines of at most `room` columns, broken at blanks or between Chinese characters; a word longer than a line stays whole.
fn fold(text: &str, room: usize) -> Vec<String> {
    let (mut lines, mut line) = (Vec::new(), String::new());
    for word in words(text) {
        if !line.is_empty() && width(&line) + width(word.trim_end()) > room {
            lines.push(std::mem::take(&mut line).trim_end().to_owned());
        }
        line.push_str(word);
    }
    lines.push(line.trim_end().to_owned());
    lines
}

/// The pieces between which a line may be broken. Closing marks stay with what they close.
fn words(text: &str) -> Vec<&str> {
    let (mut words, mut start) = (Vec::new(), 0);
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let end = at + c.len_utf8();
        let closes = chars.peek().is_some_and(|(_, next)| "，。；：、）” ".contains(*next));
        if (c == ' ' || is_wide(c)) && !closes && c != '（' {
            words.push(&text[start..end]);
            start = end;
        }
    }
    words.push(&text[start..]);
    words
}

fn is_wide(c: char) -> bool {
    c >= '\u{2E80}'
}

fn width(text: &str) -> usize {
    text.chars().map(|c| if is_wide(c) { 2 } else { 1 }).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_lines_are_folded_and_nothing_is_lost() {
        let said = "查询号 000R-0002（3 号机第 2 条），这是一行很长的话，需要折成几行。 And some English words, too.";
        for room in [12, 20, 40, 200] {
            let lines = fold(said, room);
            let joined: String = lines.concat();
            assert_eq!(joined.replace(' ', ""), said.replace(' ', ""));
            assert!(lines.iter().all(|line| width(line) <= room.max(14)), "{lines:?}");
            assert!(lines.iter().all(|line| !line.starts_with(['，', '。', '）'])), "{lines:?}");
        }
        assert_eq!(fold("", 10), [""]);
    }
}
