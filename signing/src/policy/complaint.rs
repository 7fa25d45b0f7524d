//! One thing that is wrong with a document, said so that it can be mended.
//! Promises: line and column from 1, what was found, what to do, and the nearest word that would be right.
//! Must not know: what the document is about.

use core::fmt;

/// What is wrong, where, and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Complaint {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// What was found.
    pub found: String,
    /// What to do.
    pub remedy: String,
}

impl fmt::Display for Complaint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}: {}; {}", self.line, self.column, self.found, self.remedy)
    }
}

impl Complaint {
    /// At a byte of the text.
    pub(super) fn at(
        text: &str,
        byte: usize,
        found: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Complaint {
        let before = text.get(..byte).unwrap_or(text);
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        Complaint {
            line: before.matches('\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
            found: found.into(),
            remedy: remedy.into(),
        }
    }

    /// What serde_json stumbled over.
    pub(super) fn of_json(error: &serde_json::Error) -> Complaint {
        let told = error.to_string();
        let found = told.split(" at line ").next().unwrap_or_default().to_owned();
        let remedy = if error.is_data() { data_remedy(&found) } else { SYNTAX_REMEDY.into() };
        Complaint { line: error.line(), column: error.column(), found, remedy }
    }
}

const SYNTAX_REMEDY: &str = "a comma, quote or bracket is missing or too many here or just before; there is no comma after the last one";

/// The words in backquotes: the first was found, the others are known.
fn data_remedy(found: &str) -> String {
    let words: Vec<&str> = found.split('`').skip(1).step_by(2).collect();
    let Some((word, known)) = words.split_first() else {
        return "give a value of the kind that is expected here".into();
    };
    if found.starts_with("missing field") {
        format!("add \"{word}\"")
    } else if found.starts_with("duplicate field") {
        format!("keep one \"{word}\" of the two")
    } else if found.starts_with("unknown") {
        nearest(word, known)
    } else {
        "give a value of the kind that is expected here".into()
    }
}

/// What to write instead of a word that is not known.
pub(super) fn nearest(word: &str, known: &[&str]) -> String {
    let near = known.iter().map(|one| (distance(word, one), one)).min();
    match near {
        Some((steps, one)) if steps <= 1 + word.chars().count() / 3 => format!("did you mean \"{one}\"?"),
        _ => format!("known are {}", known.join(", ")),
    }
}

/// Letters to change, add or leave out between two words (Levenshtein), of the first 64 letters.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().take(64).collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().take(64).enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let cost = diagonal + usize::from(x != *y);
            diagonal = row[j + 1];
            row[j + 1] = cost.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_held_against_those_that_are_known() {
        assert_eq!(nearest("yelow", &["green", "yellow", "red"]), "did you mean \"yellow\"?");
        assert_eq!(nearest("purple", &["green", "red"]), "known are green, red");
        assert_eq!((distance("", "abc"), distance("abc", "abc"), distance("kitten", "sitting")), (3, 0, 3));
    }

    #[test]
    fn a_place_is_told_in_lines_and_characters() {
        let told = Complaint::at("一\n二三x", "一\n二三".len(), "x", "y");
        assert_eq!((told.line, told.column), (2, 3));
        assert_eq!(told.to_string(), "line 2, column 3: x; y");
    }
}
