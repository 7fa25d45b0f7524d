//! Lines: where a text may be broken, and how it fills a width.
//! Promises: no line begins with ，。！ and the like, nor ends with an opening bracket; Latin words stay whole, and so do
//! the Chinese ones of `assets/strings/kept-whole.txt`, unless one alone is too wide; no character is lost; lines of one
//! text are about equally long.
//! Must not know: colours, places.

use crate::glyphs::Style;

/// Characters that never begin a line (GB/T 15834, 5.1).
const NEVER_FIRST: &str = "，。、；：！？）》〉」』】”’…·,.;:!?)%";
/// Characters that never end a line.
const NEVER_LAST: &str = "（《〈「『【“‘(";

/// Chinese words that a line break would make hard to read, the longer before the shorter.
const KEPT_WHOLE: &str = include_str!("../../../assets/strings/kept-whole.txt");

/// `text` in lines of at most `width` pixels.
pub(crate) fn lines(text: &str, style: Style, width: u32) -> Vec<String> {
    if style.width(text) <= width {
        return vec![text.trim().to_owned()];
    }
    broken(&measured(text, style), style, width)
}

/// `text` in at most `most` lines of `width` pixels with no word cut; `None` if it has not all its glyphs, or no room.
pub(crate) fn fitted(text: &str, style: Style, (width, most): (u32, usize)) -> Option<Vec<String>> {
    if !style.holds(text) {
        return None;
    }
    // Most texts are one line: asked first, because it is asked often.
    if style.width(text) <= width {
        return Some(vec![text.trim().to_owned()]);
    }
    if most < 2 {
        return None;
    }
    let pieces = measured(text, style);
    let is_whole = pieces.iter().all(|piece| piece.bare <= width);
    is_whole.then(|| broken(&pieces, style, width)).filter(|lines| lines.len() <= most)
}

/// Whether `text` stands in at most `most` lines of `width` pixels with no word cut.
pub(crate) fn suits(text: &str, style: Style, room: (u32, usize)) -> bool {
    fitted(text, style, room).is_some()
}

/// A part of a text that stays whole, measured once: it is asked for every width that is tried.
struct Piece<'a> {
    text: &'a str,
    width: u32,
    /// Without the spaces at its end.
    bare: u32,
}

fn measured(text: &str, style: Style) -> Vec<Piece<'_>> {
    pieces(text).into_iter().map(|text| piece(text, style)).collect()
}

fn piece(text: &str, style: Style) -> Piece<'_> {
    Piece { text, width: style.width(text), bare: style.width(text.trim_end()) }
}

fn broken(pieces: &[Piece<'_>], style: Style, width: u32) -> Vec<String> {
    let lines = greedy(pieces, style, width);
    if lines.len() < 2 {
        return lines;
    }
    // The narrowest width with as few lines, and no narrower than a word: no last line of one character.
    let widest = pieces.iter().map(|piece| piece.bare).max().unwrap_or(0);
    let (mut low, mut high) = (widest.max(width / lines.len() as u32).min(width), width);
    while low < high {
        let middle = low + (high - low) / 2;
        if greedy(pieces, style, middle).len() <= lines.len() { high = middle } else { low = middle + 1 }
    }
    greedy(pieces, style, high)
}

fn greedy(pieces: &[Piece<'_>], style: Style, width: u32) -> Vec<String> {
    let mut lines = vec![String::new()];
    let mut used = 0;
    let mut add = |piece: &Piece<'_>| {
        if used > 0 && used + piece.bare > width {
            lines.push(String::new());
            used = 0;
        }
        if let Some(line) = lines.last_mut() {
            line.push_str(piece.text);
        }
        used += piece.width;
    };
    for whole in pieces {
        match whole.bare > width {
            false => add(whole),
            true => split_wide(whole.text, style, width).iter().for_each(|part| add(&piece(part, style))),
        }
    }
    lines.iter().map(|line| line.trim().to_owned()).collect()
}

/// The parts between which a line may be broken; spaces stay at the end of the part before.
fn pieces(text: &str) -> Vec<&str> {
    let breaks = text.char_indices().zip(text.chars().skip(1));
    let ends = breaks.filter(|((_, before), after)| may_break(*before, *after));
    let within = insides(text);
    let ends = ends.map(|((at, before), _)| at + before.len_utf8()).filter(|end| !within.contains(end));
    let ends: Vec<usize> = ends.chain([text.len()]).collect();
    let starts = [0].into_iter().chain(ends.iter().copied());
    starts.zip(&ends).filter_map(|(start, &end)| text.get(start..end)).collect()
}

/// The places within `text` that lie inside a word that is kept whole.
fn insides(text: &str) -> Vec<usize> {
    if text.is_ascii() {
        return Vec::new();
    }
    let starts = text.char_indices().filter(|(_, one)| !one.is_ascii()).map(|(at, _)| at);
    let found = starts.flat_map(|at| {
        let rest = text.get(at..).unwrap_or_default();
        KEPT_WHOLE.lines().filter(move |word| rest.starts_with(word)).map(move |word| (at, word))
    });
    found.flat_map(|(at, word)| word.char_indices().skip(1).map(move |(inside, _)| at + inside)).collect()
}

fn may_break(before: char, after: char) -> bool {
    let barred = NEVER_FIRST.contains(after) || NEVER_LAST.contains(before) || after == ' ';
    let wide = |character: char| u32::from(character) >= 0x2E80;
    !barred && (before == ' ' || wide(before) || wide(after))
}

/// A part that is wider than the line, cut wherever it must be.
fn split_wide(piece: &str, style: Style, width: u32) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut rest = piece;
    while style.width(rest.trim_end()) > width {
        let (head, tail) = rest.split_at(fitting(rest, style, width).max(first_length(rest)));
        parts.push(head);
        rest = tail;
    }
    parts.extend((!rest.is_empty()).then_some(rest));
    parts
}

/// Bytes of the longest start of `text` that fits.
fn fitting(text: &str, style: Style, width: u32) -> usize {
    let mut used = 0;
    let too_far = text.char_indices().find(|(_, character)| {
        used += style.advance(*character);
        used > width
    });
    too_far.map_or(text.len(), |(at, _)| at)
}

fn first_length(text: &str) -> usize {
    text.chars().next().map_or(0, char::len_utf8)
}

/// `text` on one line; what does not fit is replaced by `…`, visibly.
pub(crate) fn one_line(text: &str, style: Style, width: u32) -> String {
    if style.width(text) <= width {
        return text.to_owned();
    }
    let room = width.saturating_sub(style.advance('…'));
    let kept = text.get(..fitting(text, style, room)).unwrap_or_default();
    format!("{}…", kept.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_line_begins_with_a_comma() {
        for width in 40..1000 {
            for line in lines("码已过期：请刷新，或直接刷身份证（长期）。", Style::Px40, width)
            {
                let first_is_barred = line.chars().next().is_some_and(|first| NEVER_FIRST.contains(first));
                assert!(width < 120 || !first_is_barred, "{width} {line}");
                assert!(width < 120 || !line.ends_with('（'), "{width} {line}");
            }
        }
    }

    #[test]
    fn nothing_is_lost_and_nothing_is_too_wide() {
        let text = "请稍候，工作人员马上来 Please wait, staff is on the way";
        for width in [60, 100, 200, 333, 500, 2000] {
            let lines = lines(text, Style::Px28, width);
            assert!(lines.iter().all(|line| Style::Px28.width(line) <= width), "{width} {lines:?}");
            let joined: String = lines.concat();
            assert_eq!(joined.replace(' ', ""), text.replace(' ', ""));
        }
    }

    #[test]
    fn words_stay_whole_and_lines_are_balanced() {
        assert_eq!(lines("Please wait, staff is here", Style::Px28, 200), ["Please wait,", "staff is here"]);
        assert_eq!(lines("请走发热门诊专用通道", Style::Px40, 380), ["请走发热门诊", "专用通道"]);
        assert_eq!(lines("请走人工通道", Style::Px96, 432), ["请走", "人工通道"]);
        assert_eq!(lines("Please pass", Style::Px96, 432), ["Please", "pass"]);
    }

    #[test]
    fn a_name_that_is_too_long_says_so() {
        assert_eq!(one_line("天府国际机场航站楼东门", Style::Px28, 140), "天府国际…");
        assert_eq!(one_line("东门", Style::Px28, 140), "东门");
    }

    #[test]
    fn a_width_of_nothing_ends() {
        assert_eq!(lines("天府", Style::Px28, 0), ["天", "府"]);
        assert_eq!(lines("身份证", Style::Px28, 60), ["身份", "证"], "a word wider than the line is cut");
    }
}
