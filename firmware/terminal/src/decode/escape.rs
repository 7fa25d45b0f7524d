//! Bytes of strangers as text for a terminal.
//!
//! Promises: only ASCII that prints, Chinese characters and their punctuation come out as they are; all else
//! (control characters, ANSI sequences, bidirectional and invisible characters, broken UTF-8) comes out escaped.
//! Must not know: where the bytes come from.

use std::fmt::{self, Display, Formatter, Write};

/// Shows bytes so that they can neither steer a terminal nor hide: `\n`, `\u{202e}`, `\xff`; a backslash is
/// doubled.
pub(super) struct Escaped<'a>(pub(super) &'a [u8]);

impl Display for Escaped<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        self.0.utf8_chunks().try_for_each(|chunk| {
            chunk.valid().chars().try_for_each(|c| write_char(f, c))?;
            chunk.invalid().iter().try_for_each(|byte| write!(f, "\\x{byte:02x}"))
        })
    }
}

fn write_char(f: &mut Formatter<'_>, c: char) -> fmt::Result {
    match c {
        '\\' => f.write_str("\\\\"),
        ' '..='~' | '\u{3001}'..='\u{3011}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' => {
            f.write_char(c)
        }
        // Fullwidth punctuation, digits and letters.
        '\u{ff01}'..='\u{ff5e}' => f.write_char(c),
        _ => write!(f, "{}", c.escape_unicode()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_text_and_chinese_come_out_as_they_are() {
        let text = "TF1:A B$%*+-./: 测试甲，请刷新。";
        assert_eq!(Escaped(text.as_bytes()).to_string(), text);
    }

    #[test]
    fn nothing_that_steers_or_hides_comes_out_raw() {
        let hostile = "\x1b[2J\r\n\u{7f}\u{9b}\u{202e}\u{2066}\u{200b}\u{feff}\\";
        let shown = Escaped(hostile.as_bytes()).to_string();
        assert!(shown.bytes().all(|b| (b' '..=b'~').contains(&b)), "{shown}");
        assert!(shown.starts_with("\\u{1b}[2J") && shown.ends_with("\\\\"), "{shown}");
    }

    #[test]
    fn broken_utf8_is_shown_byte_by_byte() {
        assert_eq!(Escaped(b"a\xff\xe6\xb5z").to_string(), "a\\xff\\xe6\\xb5z");
    }
}
