//! One line of a table of codes to be issued: read, or refused with a reason in words.
//! Promises: nothing of the line is in a reason, so that a reject file holds nobody's name or number; a name in
//! another encoding is refused rather than signed wrong.
//! Must not know: keys, other lines.

use gate_proof::subject::TagRefused;
use gate_wire::credential::{Certifier, Colour, Condition, Kind, Role, TestResult};
use gate_wire::document::{Document, DocumentError, DocumentKind};
use gate_wire::time::Timestamp;
use zeroize::Zeroizing;

use crate::issue::{Claim, IssueRefused};
use crate::kinds::{kind_of, role_token};
use crate::lines::MAX_LINE_BYTES;

/// The header that a table begins with.
pub const HEADER: [&str; 6] = ["document_kind", "number", "name", "kind", "statement", "sampled"];
/// The longest full name, in characters: more than any register writes.
pub const MAX_NAME_CHARS: usize = 60;

/// Why a line is in the reject file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RowRejected {
    /// Longer than any line with good values.
    #[error("longer than {MAX_LINE_BYTES} bytes")]
    FitLine,
    /// Not UTF-8.
    #[error("not UTF-8; perhaps GBK: save the table as “CSV UTF-8”")]
    DecodeText,
    /// Another number of values.
    #[error("{found} values; a line has 6, and a name is written without commas")]
    CountValues {
        /// Values found.
        found: usize,
    },
    /// A quote: these tables have none, so it would become part of a name.
    #[error("a quotation mark: values are written without quotes")]
    ReadQuote,
    /// An unknown kind of document.
    #[error("no such kind of document")]
    KnowDocument,
    /// The number is not one.
    #[error("number: {0}")]
    ReadNumber(DocumentError),
    /// A name longer than any.
    #[error("a name longer than {MAX_NAME_CHARS} characters")]
    FitName,
    /// Nothing to be shown.
    #[error("no name, or none that can be shown")]
    ShowName,
    /// Neither Han nor Latin: what a name in GBK looks like when its bytes happen to be UTF-8.
    #[error(
        "the name has neither Han nor Latin letters: a table in GBK looks so; else write it as on the document"
    )]
    TrustName,
    /// A control character in a name, or one that stands for bytes nobody could read.
    #[error("the name has a control character or a mark of lost text")]
    ReadName,
    /// The paper's font cannot draw it.
    #[error("the font has no picture for a character of the name")]
    DrawName,
    /// An unknown kind of credential.
    #[error("no such kind of credential: paper_code, nucleic_acid_test, certificate, staff_badge")]
    KnowKind,
    /// They are over before a table is through.
    #[error("a screen code lives minutes: they are served one by one, not issued from tables")]
    ServeScreen,
    /// This run makes another kind.
    #[error("this run issues paper_code only")]
    WantPaper,
    /// Not a statement of its kind.
    #[error("no such statement for this kind: {0}")]
    KnowStatement(&'static str),
    /// Not a time.
    #[error("sampled: write 2026-11-15T09:00:00+08:00")]
    ReadSampled,
    /// Only tests have one.
    #[error("only a nucleic_acid_test has a time of sampling")]
    HaveSampled,
    /// The same person twice in one table.
    #[error("the same person as on line {line}")]
    BeNew {
        /// The earlier line.
        line: u64,
    },
    /// Another colour in the desk's list. Which one is not said: a reject file is no list.
    #[error("the desk's list says another colour of this person: correct it, or sign with --against-list")]
    AgreeWithList,
    /// Nobody in a list of everybody.
    #[error(
        "the desk's list of everybody does not have this person: correct it, or sign with --against-list"
    )]
    BeListed,
    /// The list cannot be asked.
    #[error("the desk's list cannot be asked: build it again, or sign with --against-list")]
    AskList,
    /// Past the most that one run takes.
    #[error("more people than one run takes: put them into another table")]
    FitRun,
    /// The number gives no tag.
    #[error(transparent)]
    Tag(TagRefused),
    /// The desk refuses it.
    #[error("{0}")]
    Issue(IssueRefused),
}

/// A good line.
pub(crate) struct Row {
    pub(crate) document: Document,
    pub(crate) full_name: Zeroizing<String>,
    pub(crate) claim: Claim,
}

/// Reads a line.
pub(crate) fn read(line: &[u8]) -> Result<Row, RowRejected> {
    let text = core::str::from_utf8(line).map_err(|_| RowRejected::DecodeText)?;
    if text.contains('"') {
        return Err(RowRejected::ReadQuote);
    }
    let [kind, number, name, credential, statement, sampled] = values(text)?;
    let kind = DocumentKind::parse(kind).map_err(|_| RowRejected::KnowDocument)?;
    let document = Document::parse(kind, number).map_err(RowRejected::ReadNumber)?;
    let full_name = Zeroizing::new(checked_name(name)?.to_owned());
    Ok(Row { document, full_name, claim: claim(credential, statement, sampled)? })
}

/// Whether `line` is the header.
pub(crate) fn is_header(line: &[u8]) -> bool {
    core::str::from_utf8(line).is_ok_and(|text| values(text) == Ok(HEADER))
}

fn values(text: &str) -> Result<[&str; HEADER.len()], RowRejected> {
    let mut found = [""; HEADER.len()];
    let mut count = 0;
    for value in text.split(',') {
        if let Some(room) = found.get_mut(count) {
            *room = value.trim();
        }
        count += 1;
    }
    if count == found.len() { Ok(found) } else { Err(RowRejected::CountValues { found: count }) }
}

fn checked_name(name: &str) -> Result<&str, RowRejected> {
    let lost = |c: char| c.is_control() || c == char::REPLACEMENT_CHARACTER;
    // Two GBK bytes that happen to be UTF-8 give a character below U+0800, never a Latin letter.
    let trusted = |c: char| c.is_ascii_alphabetic() || (c >= '\u{800}' && c.is_alphabetic());
    match name {
        "" => Err(RowRejected::ShowName),
        _ if name.chars().count() > MAX_NAME_CHARS => Err(RowRejected::FitName),
        _ if name.chars().any(lost) => Err(RowRejected::ReadName),
        _ if !name.chars().any(trusted) => Err(RowRejected::TrustName),
        _ => Ok(name),
    }
}

fn claim(kind: &str, statement: &str, sampled: &str) -> Result<Claim, RowRejected> {
    let kind = kind_of(kind).ok_or(RowRejected::KnowKind)?;
    if kind != Kind::NucleicAcidTest && !sampled.is_empty() {
        return Err(RowRejected::HaveSampled);
    }
    match kind {
        Kind::ScreenCode => Err(RowRejected::ServeScreen),
        Kind::PaperCode => condition(statement).map(Claim::Paper),
        Kind::Certificate => certifier(statement).map(Claim::Certificate),
        Kind::StaffBadge => role(statement).map(Claim::Badge),
        Kind::NucleicAcidTest => {
            let result = result(statement)?;
            Ok(Claim::Test { sampled: time(sampled).ok_or(RowRejected::ReadSampled)?, result })
        }
    }
}

fn condition(statement: &str) -> Result<Condition, RowRejected> {
    match statement {
        "green" => Ok(Condition::Colour(Colour::Green)),
        "yellow" => Ok(Condition::Colour(Colour::Yellow)),
        "red" => Ok(Condition::Colour(Colour::Red)),
        _ => Err(RowRejected::KnowStatement("green, yellow, red")),
    }
}

fn certifier(statement: &str) -> Result<Certifier, RowRejected> {
    match statement {
        "community" => Ok(Certifier::Community),
        "medical" => Ok(Certifier::Medical),
        _ => Err(RowRejected::KnowStatement("community, medical")),
    }
}

fn role(statement: &str) -> Result<Role, RowRejected> {
    let known = [Role::Attendant, Role::Technician, Role::Auditor];
    let found = known.into_iter().find(|role| role_token(*role) == statement);
    found.ok_or(RowRejected::KnowStatement("attendant, technician, auditor"))
}

fn result(statement: &str) -> Result<TestResult, RowRejected> {
    match statement {
        "negative" => Ok(TestResult::Negative),
        "positive" => Ok(TestResult::Positive),
        _ => Err(RowRejected::KnowStatement("negative, positive")),
    }
}

fn time(text: &str) -> Option<Timestamp> {
    let parsed: jiff::Timestamp = text.parse().ok()?;
    u64::try_from(parsed.as_second()).ok().and_then(Timestamp::from_unix)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NUMBER: &str = "510100194001010010";

    fn with_name(name: &str) -> Option<RowRejected> {
        read(format!("resident-id,{NUMBER},{name},paper_code,green,").as_bytes()).err()
    }

    #[test]
    fn names_as_documents_write_them_are_taken() {
        for name in ["测试甲", "TESTER CHARLIE", "阿卜杜拉·买买提", "José Ñandú", "𠀀测试𠮷", " 测试　甲 "]
        {
            assert_eq!(with_name(name), None, "{name}");
        }
    }

    #[test]
    fn a_name_that_is_not_what_was_meant_is_never_signed() {
        // 测试 in GBK is no UTF-8; 移动 in GBK (D2 C6 B6 AF) is none; 尾 (CE B2) and 笔 (B1 CA) differ.
        let gbk: &[u8] = b"passport,E12345678,\xb2\xe2\xca\xd4,paper_code,green,";
        assert_eq!(read(gbk).err(), Some(RowRejected::DecodeText));
        // 尾巍 in GBK, CE B2 CE A1, is UTF-8 for two Greek letters.
        let by_accident = "\u{3b2}\u{3a1}";
        assert_eq!(by_accident.as_bytes(), b"\xce\xb2\xce\xa1");
        for (name, reason) in [
            (by_accident, RowRejected::TrustName),
            ("测\u{FFFD}甲", RowRejected::ReadName),
            ("测\u{0}甲", RowRejected::ReadName),
            ("", RowRejected::ShowName),
            ("\u{3000}", RowRejected::ShowName),
            ("\"测试甲\"", RowRejected::ReadQuote),
            ("TESTER, CHARLIE", RowRejected::CountValues { found: 7 }),
            (&"甲".repeat(MAX_NAME_CHARS + 1), RowRejected::FitName),
        ] {
            assert_eq!(with_name(name), Some(reason), "{name}");
        }
    }

    #[test]
    fn every_bulk_kind_has_its_statements_and_no_others() {
        let claim =
            |rest: &str| read(format!("passport,E12345678,测试甲,{rest}").as_bytes()).map(|row| row.claim);
        let sampled = Timestamp::from_unix(1_794_704_400).unwrap();
        for (rest, meant) in [
            ("paper_code,yellow,", Claim::Paper(Condition::Colour(Colour::Yellow))),
            ("certificate,medical,", Claim::Certificate(Certifier::Medical)),
            ("staff_badge,auditor,", Claim::Badge(Role::Auditor)),
            (
                "nucleic_acid_test,negative,2026-11-15T09:00:00+08:00",
                Claim::Test { sampled, result: TestResult::Negative },
            ),
        ] {
            assert_eq!(claim(rest), Ok(meant), "{rest}");
        }
        for (rest, reason) in [
            ("screen_code,green,", RowRejected::ServeScreen),
            ("paper,green,", RowRejected::KnowKind),
            ("paper_code,blue,", RowRejected::KnowStatement("green, yellow, red")),
            ("certificate,green,", RowRejected::KnowStatement("community, medical")),
            ("staff_badge,,", RowRejected::KnowStatement("attendant, technician, auditor")),
            ("nucleic_acid_test,unknown,", RowRejected::KnowStatement("negative, positive")),
            ("nucleic_acid_test,negative,", RowRejected::ReadSampled),
            ("nucleic_acid_test,negative,yesterday", RowRejected::ReadSampled),
            ("paper_code,green,2026-11-15T09:00:00+08:00", RowRejected::HaveSampled),
            ("paper_code,green", RowRejected::CountValues { found: 5 }),
        ] {
            assert_eq!(claim(rest), Err(reason), "{rest}");
        }
    }

    #[test]
    fn no_reason_repeats_anything_of_its_line() {
        let line = format!("resident-id,{NUMBER},测试甲,paper_code,blue,");
        let told = format!("{} {:?}", read(line.as_bytes()).err().unwrap(), read(line.as_bytes()).err());
        assert!(!told.contains("5101") && !told.contains("测试") && !told.contains("blue"), "{told}");
    }
}
