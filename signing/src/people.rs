//! People's colours from a table of comma-separated values to a status list.
//! Promises: streaming, a line at a time; every line is either in the list or in the reject file with its number and
//! reason; the reject file repeats nothing of the line, so it holds no number of anybody.
//! Must not know: names; there is no column for them.
//!
//! Header `document_kind,number,second_number,colour`; kinds as `gate_wire::document::DocumentKind::token`; colours
//! green, yellow, red. No quotes: none of these values has a comma. In memory stay the subjects, with colour and line
//! number (about 100 bytes a person): the plain list is for demos, and the same person on two lines must be found.

use std::collections::HashMap;
use std::io::{self, Read, Write};
use std::path::Path;

use gate_proof::stretch::{Block, TagMemory};
use gate_proof::subject::{Subject, TagRefused};
use gate_status::{BuildReport, Scope};
use gate_wire::credential::Colour;
use gate_wire::document::{Document, DocumentError, DocumentKind};
use gate_wire::time::Timestamp;

use crate::list::{ListNotBuilt, Listed};
use crate::province::Province;

/// The header that a table begins with.
pub const HEADER: [&str; 4] = ["document_kind", "number", "second_number", "colour"];
/// The longest line read, in bytes.
const MAX_LINE_BYTES: usize = 4096;

/// What became of a table's lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ListBuilt {
    /// In the list.
    pub people: u64,
    /// Subjects that lead to them.
    pub subjects: u64,
    /// Lines in the reject file.
    pub rejected: u64,
}

/// Why a table was given up.
#[derive(Debug, thiserror::Error)]
pub enum ListError {
    /// The table could not be read on.
    #[error("the table cannot be read")]
    ReadTable(#[from] csv::Error),
    /// Another header.
    #[error("the first line must be `{}`", HEADER.join(","))]
    FindHeader,
    /// The reject file could not be written.
    #[error("the reject file cannot be written")]
    WriteRejects(#[from] io::Error),
    /// The list could not be written.
    #[error("the list cannot be built")]
    Build(#[from] ListNotBuilt),
}

/// Why a line is in the reject file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RowRejected {
    /// Another number of values.
    #[error("{found} values; a line has 4")]
    CountValues {
        /// Values found.
        found: usize,
    },
    /// Not UTF-8.
    #[error("not UTF-8")]
    DecodeText,
    /// An unknown kind of document.
    #[error("no such kind of document")]
    KnowKind,
    /// The number is not one.
    #[error("number: {0}")]
    ReadNumber(DocumentError),
    /// The second number is not one.
    #[error("second number: {0}")]
    ReadSecondNumber(DocumentError),
    /// A kind whose holders have one number only.
    #[error("holders of this kind of document have no second number")]
    HaveSecondNumber,
    /// Not a colour.
    #[error("the colour must be green, yellow or red")]
    KnowColour,
    /// Green people are not exceptions.
    #[error("green: a list of exceptions holds people who are not green")]
    BeException,
    /// The same person twice.
    #[error("the same person as on line {line}")]
    BeNew {
        /// The earlier line.
        line: u64,
    },
    /// The number gives no tag.
    #[error(transparent)]
    Tag(#[from] TagRefused),
}

impl Province {
    /// Builds the next list at `path` from a table; what cannot be taken goes to `rejects` as `line,reason`.
    ///
    /// # Errors
    /// [`ListError`]; then there is no list.
    pub fn build_list_from_table(
        &mut self,
        (path, scope, as_of): (&Path, Scope, Timestamp),
        table: impl Read,
        rejects: &mut impl Write,
    ) -> Result<ListBuilt, ListError> {
        let (mut blocks, tags) = (vec![Block::new(); self.tag_memory().blocks()], self.tag_maker());
        let mut memory = TagMemory::over(&mut blocks);
        let reader = csv::ReaderBuilder::new()
            .quoting(false)
            .flexible(true)
            .trim(csv::Trim::All)
            .from_reader(BoundedLines { inner: table, since_newline: 0 });
        let mut rows = Rows { reader, scope, seen: HashMap::new(), rejected: 0, fault: None };
        rows.expect_header()?;
        writeln!(rejects, "line,reason")?;
        let subject = |document: &Document| tags.subject_in(document, &mut memory);
        let people = rows.people(subject, rejects);
        let built = self.build_list(path, scope, as_of, people);
        if let Some(fault) = rows.fault {
            // The list was built from what came before the fault: it must not stay.
            if built.is_ok() {
                std::fs::remove_file(path)?;
            }
            return Err(fault);
        }
        let BuildReport { people, subjects, .. } = built?;
        rejects.flush()?;
        Ok(ListBuilt { people, subjects, rejected: rows.rejected })
    }
}

struct Rows<R: Read> {
    reader: csv::Reader<BoundedLines<R>>,
    scope: Scope,
    seen: HashMap<[u8; 12], u64>,
    rejected: u64,
    fault: Option<ListError>,
}

impl<R: Read> Rows<R> {
    fn expect_header(&mut self) -> Result<(), ListError> {
        let header = self.reader.byte_headers()?;
        if header.iter().eq(HEADER.iter().map(|name| name.as_bytes())) {
            Ok(())
        } else {
            Err(ListError::FindHeader)
        }
    }

    /// Good lines as people; bad ones are written to `rejects`. The first fault ends it and stays in `self.fault`.
    fn people(
        &mut self,
        mut subject: impl FnMut(&Document) -> Result<Subject, TagRefused>,
        rejects: &mut impl Write,
    ) -> impl Iterator<Item = Listed> {
        let mut row = csv::ByteRecord::new();
        core::iter::from_fn(move || {
            loop {
                match self.reader.read_byte_record(&mut row) {
                    Ok(false) => return None,
                    Ok(true) => {}
                    Err(error) => {
                        self.fault = Some(error.into());
                        return None;
                    }
                }
                let line = row.position().map_or(0, csv::Position::line);
                match self.person(&row, line, &mut subject) {
                    Ok(person) => return Some(person),
                    Err(reason) => {
                        self.rejected += 1;
                        if let Err(error) = writeln!(rejects, "{line},\"{reason}\"") {
                            self.fault = Some(error.into());
                            return None;
                        }
                    }
                }
            }
        })
    }

    fn person(
        &mut self,
        row: &csv::ByteRecord,
        line: u64,
        subject: &mut impl FnMut(&Document) -> Result<Subject, TagRefused>,
    ) -> Result<Listed, RowRejected> {
        let (documents, colour) = read_row(row)?;
        if self.scope == Scope::Exceptions && colour == Colour::Green {
            return Err(RowRejected::BeException);
        }
        let subjects: Vec<Subject> = documents.iter().map(subject).collect::<Result<_, _>>()?;
        if let Some(earlier) = subjects.iter().find_map(|subject| self.seen.get(subject.as_bytes())) {
            return Err(RowRejected::BeNew { line: *earlier });
        }
        self.seen.extend(subjects.iter().map(|subject| (*subject.as_bytes(), line)));
        Ok(Listed { subjects, colour })
    }
}

fn read_row(row: &csv::ByteRecord) -> Result<(Vec<Document>, Colour), RowRejected> {
    let mut texts = [""; HEADER.len()];
    if row.len() != texts.len() {
        return Err(RowRejected::CountValues { found: row.len() });
    }
    for (text, bytes) in texts.iter_mut().zip(row) {
        *text = core::str::from_utf8(bytes).map_err(|_| RowRejected::DecodeText)?;
    }
    let [kind, number, second, colour] = texts;
    let kind = DocumentKind::parse(kind).map_err(|_| RowRejected::KnowKind)?;
    let document = Document::parse(kind, number).map_err(RowRejected::ReadNumber)?;
    let mut documents = vec![document];
    if !second.is_empty() {
        let kind = second_kind(kind, number).ok_or(RowRejected::HaveSecondNumber)?;
        documents.push(Document::parse(kind, second).map_err(RowRejected::ReadSecondNumber)?);
    }
    let colour = match colour {
        "green" => Colour::Green,
        "yellow" => Colour::Yellow,
        "red" => Colour::Red,
        _ => return Err(RowRejected::KnowColour),
    };
    Ok((documents, colour))
}

/// The kind of a person's other number (DOMAIN §13): old and new permanent-resident card, permit and travel number.
fn second_kind(kind: DocumentKind, number: &str) -> Option<DocumentKind> {
    match kind {
        DocumentKind::PermanentResident2023 => Some(DocumentKind::PermanentResident2017),
        DocumentKind::PermanentResident2017 => Some(DocumentKind::PermanentResident2023),
        DocumentKind::HmtResidencePermit if number.starts_with("83") => {
            Some(DocumentKind::TaiwanTravelPermit)
        }
        DocumentKind::HmtResidencePermit => Some(DocumentKind::HmtTravelPermit),
        DocumentKind::HmtTravelPermit | DocumentKind::TaiwanTravelPermit => {
            Some(DocumentKind::HmtResidencePermit)
        }
        DocumentKind::ResidentId
        | DocumentKind::Passport
        | DocumentKind::TemporaryId
        | DocumentKind::HouseholdRegister => None,
    }
}

/// Ends a table whose line does not end: a reader of lines would else take the whole disk into memory.
struct BoundedLines<R> {
    inner: R,
    since_newline: usize,
}

impl<R: Read> Read for BoundedLines<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        for byte in buffer.iter().take(count) {
            self.since_newline = if *byte == b'\n' { 0 } else { self.since_newline + 1 };
            if self.since_newline > MAX_LINE_BYTES {
                let message = format!("a line longer than {MAX_LINE_BYTES} bytes");
                return Err(io::Error::new(io::ErrorKind::InvalidData, message));
            }
        }
        Ok(count)
    }
}

#[cfg(test)]
mod tests;
