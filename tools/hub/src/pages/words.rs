//! What a page says in both languages, each marked as what it is: a reader that reads aloud takes the right voice.
//! Promises: what is filled in is text, whatever is in it.
//! Must not know: what is said.

use std::borrow::Cow;
use std::fmt::{self, Display, Write};

/// The same in Chinese and in English. A page is in Chinese: the English is marked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Words {
    pub(super) zh: Cow<'static, str>,
    pub(super) en: Cow<'static, str>,
}

impl Words {
    pub(super) const fn of(zh: &'static str, en: &'static str) -> Words {
        Words { zh: Cow::Borrowed(zh), en: Cow::Borrowed(en) }
    }

    pub(super) const fn with(zh: String, en: String) -> Words {
        Words { zh: Cow::Owned(zh), en: Cow::Owned(en) }
    }
}

impl Display for Words {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        plain(f, &self.zh)?;
        f.write_str(" <span lang=\"en\">")?;
        plain(f, &self.en)?;
        f.write_str("</span>")
    }
}

/// It writes its own marks, and takes none from outside.
impl askama::filters::HtmlSafe for Words {}

fn plain(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    text.chars().try_for_each(|letter| match letter {
        '&' => f.write_str("&amp;"),
        '<' => f.write_str("&lt;"),
        '>' => f.write_str("&gt;"),
        '"' => f.write_str("&quot;"),
        '\'' => f.write_str("&#39;"),
        letter => f.write_char(letter),
    })
}

#[cfg(test)]
pub(in crate::pages) mod tests {
    use super::*;

    /// A page without the marks of what is English.
    pub(in crate::pages) fn unmarked(page: &str) -> String {
        let mut parts = page.split("<span lang=\"en\">");
        let before = parts.next().unwrap().to_owned();
        parts.fold(before, |told, part| told + &part.replacen("</span>", "", 1))
    }

    #[test]
    fn both_languages_are_said_and_what_is_filled_in_is_text() {
        let said = Words::with("甲<b>".into(), "\"a\" & 'b'".into()).to_string();
        assert_eq!(said, "甲&lt;b&gt; <span lang=\"en\">&quot;a&quot; &amp; &#39;b&#39;</span>");
    }
}
