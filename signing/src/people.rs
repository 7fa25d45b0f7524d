//! People's colours from a table of comma-separated values to a status list.
//! Promises: streaming, a line at a time; every line is either in the list or in the reject file with its number and
//! reason; the reject file repeats nothing of the line, so it holds no number of anybody.
//! Must not know: names; there is no column for them.
//!
//! Header `document_kind,number,second_number,colour`; kinds as `gate_wire::document::DocumentKind::token`; colours
//! green, yellow, red. No quotes: none of these values has a comma. The same person on two lines is found when the numbers
//! are sorted, on disk where memory does not hold them.

use std::cell::{Cell, RefCell};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use gate_proof::digest::{Digest, hmac_sha256};
use gate_proof::stretch::{Block, TagMemory};
use gate_proof::subject::{Subject, TagRefused};
use gate_status::{BuildReport, Clash, Person, Scope, Step, Watch};
use gate_wire::credential::Colour;
use gate_wire::document::{Document, DocumentError, DocumentKind};
use gate_wire::time::Timestamp;

use zeroize::Zeroizing;

use crate::custody::CustodyFault;
use crate::lines::{Line, Lines, MAX_LINE_BYTES};
use crate::list::ListNotBuilt;
use crate::province::{Province, TagMaker};
use crate::row_cache::{RecordKey, RowCache, everybody};

/// The header that a table begins with.
pub const HEADER: [&str; 4] = ["document_kind", "number", "second_number", "colour"];

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
    ReadTable(#[source] io::Error),
    /// Another header.
    #[error("the first line must be `{}`; {found}", HEADER.join(","))]
    FindHeader {
        /// What it looks like instead.
        found: Found,
    },
    /// The reject file, or the cache of subjects, could not be read or written.
    #[error("the reject file or the cache of subjects cannot be read or written")]
    KeepFile(#[from] io::Error),
    /// The keys for it are not at hand.
    #[error(transparent)]
    Custody(#[from] CustodyFault),
    /// The list could not be written.
    #[error("the list cannot be built")]
    Build(#[from] ListNotBuilt),
    /// Somebody was lost on the way; the list was removed.
    #[error(
        "of {rows} lines only {told} are in the list or in the reject file: a fault of this program; there is no list"
    )]
    LosePeople {
        /// Lines with values.
        rows: u64,
        /// In the list or rejected.
        told: u64,
    },
}

/// What a first line that is no header looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Found {
    /// UTF-16.
    #[error("the file is UTF-16: save it as CSV UTF-8")]
    Utf16,
    /// Values apart by something else.
    #[error("its values are separated by {0:?}: separate them by commas")]
    Separator(char),
    /// Lines that no line feed ends.
    #[error("its lines end in carriage returns alone: save it with line feeds")]
    CarriageReturns,
    /// Nothing.
    #[error("the file is empty")]
    Nothing,
    /// Other words.
    #[error("it has other columns")]
    Others,
}

impl Found {
    fn of(line: &[u8]) -> Found {
        let separator = [';', '\t', '|'].into_iter().find(|mark| line.contains(&(*mark as u8)));
        match (line, separator) {
            ([0xFF, 0xFE, ..] | [0xFE, 0xFF, ..] | [_, 0, ..] | [0, ..], _) => Found::Utf16,
            ([], _) => Found::Nothing,
            (line, _) if line.contains(&b'\r') => Found::CarriageReturns,
            (_, Some(mark)) => Found::Separator(mark),
            _ => Found::Others,
        }
    }
}

/// Why a line is in the reject file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RowRejected {
    /// Longer than any line with good values.
    #[error("longer than {MAX_LINE_BYTES} bytes")]
    FitLine,
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
    #[error("{}", .because.words())]
    BeNew {
        /// The other line, and how the two differ.
        because: Clash,
    },
    /// The number gives no tag.
    #[error(transparent)]
    Tag(#[from] TagRefused),
}

/// How a list is built from a table.
pub struct TableOptions<'a> {
    /// Where the subjects of its lines are kept for the next build. Without it they go when the list is there.
    pub tags: Option<&'a Path>,
    /// Told now and then how many numbers were sorted, or written.
    pub progress: &'a mut dyn FnMut(Step, u64),
}

impl Province {
    /// Builds the next list at `path` from a table; what cannot be taken goes to `rejects` as `line,reason`.
    ///
    /// # Errors
    /// [`ListError`]; then there is no list.
    pub fn build_list_from_table(
        &mut self,
        place: (&Path, Scope, Timestamp),
        table: impl Read,
        rejects: &mut impl Write,
    ) -> Result<ListBuilt, ListError> {
        self.build_list_with(place, table, rejects, TableOptions { tags: None, progress: &mut |_, _| {} })
    }

    /// The same with a cache of subjects, and telling how far it is.
    ///
    /// # Errors
    /// As [`Province::build_list_from_table`].
    pub fn build_list_with(
        &mut self,
        place: (&Path, Scope, Timestamp),
        table: impl Read,
        rejects: &mut impl Write,
        options: TableOptions<'_>,
    ) -> Result<ListBuilt, ListError> {
        let own = beside(place.0);
        let tags = options.tags.unwrap_or(&own);
        let notes = Notes {
            rejects: RefCell::new(rejects),
            rows: Cell::new(0),
            rejected: Cell::new(0),
            fault: RefCell::new(None),
        };
        let mut rows = Rows::over(table, place.1, RowKeys::of(self)?)?;
        notes.write("line,reason")?;
        let sealing = self.list_desk()?.record_key();
        let mut cache = RowCache::open(tags, sealing.clone())?;
        let built = {
            let mut from_table = Some(rows.people(&mut cache, &notes));
            let people = || -> Box<dyn Iterator<Item = Person>> {
                match from_table.take() {
                    Some(people) => Box::new(people),
                    None => notes.everybody(tags, sealing.clone()),
                }
            };
            let mut watch = Told { notes: &notes, progress: options.progress };
            self.build_list_streaming(place, &mut watch, people)
        };
        if let Some(fault) = notes.fault_with(built.as_ref().ok()) {
            // The list was built from what came before the fault: it must not stay.
            if built.is_ok() {
                std::fs::remove_file(place.0)?;
            }
            return Err(fault);
        }
        let BuildReport { people, subjects, .. } = built?;
        notes.rejects.borrow_mut().flush()?;
        if options.tags.is_none() {
            std::fs::remove_file(tags)?;
        }
        Ok(ListBuilt { people, subjects, rejected: notes.rejected.get() })
    }
}

/// The cache's place when nobody named one.
fn beside(list: &Path) -> PathBuf {
    let mut name = list.as_os_str().to_os_string();
    name.push(".tags");
    name.into()
}

/// What is noted on the way: lines left out, and the first fault.
struct Notes<'a, W: Write> {
    rejects: RefCell<&'a mut W>,
    rows: Cell<u64>,
    rejected: Cell<u64>,
    fault: RefCell<Option<ListError>>,
}

impl<W: Write> Notes<'_, W> {
    fn write(&self, text: &str) -> io::Result<()> {
        writeln!(self.rejects.borrow_mut(), "{text}")
    }

    fn reject(&self, line: u64, reason: &RowRejected) {
        self.rejected.set(self.rejected.get() + 1);
        if let Err(error) = self.write(&format!("{line},\"{reason}\"")) {
            self.fail(error.into());
        }
    }

    /// The first fault; a built list that holds fewer than it should is one.
    fn fault_with(&self, built: Option<&BuildReport>) -> Option<ListError> {
        let lost = built.and_then(|built| {
            let (rows, told) = (self.rows.get(), built.people + self.rejected.get());
            (rows != told).then_some(ListError::LosePeople { rows, told })
        });
        self.fault.take().or(lost)
    }

    fn fail(&self, fault: ListError) {
        self.fault.borrow_mut().get_or_insert(fault);
    }

    fn everybody<'b>(&'b self, tags: &'b Path, key: RecordKey) -> Box<dyn Iterator<Item = Person> + 'b> {
        match everybody(tags, key) {
            Ok(all) => Box::new(all.map_while(|one| one.map_err(|error| self.fail(error.into())).ok())),
            Err(error) => {
                self.fail(error.into());
                Box::new(std::iter::empty())
            }
        }
    }
}

struct Told<'a, 'b, W: Write> {
    notes: &'a Notes<'b, W>,
    progress: &'a mut dyn FnMut(Step, u64),
}

impl<W: Write> Watch for Told<'_, '_, W> {
    fn step(&mut self, step: Step, count: u64) {
        (self.progress)(step, count);
    }

    fn reject(&mut self, line: u64, because: Clash) {
        self.notes.reject(line, &RowRejected::BeNew { because });
    }
}

/// What makes subjects of a line's documents, and tells whether a line is the one it was.
pub(crate) struct RowKeys {
    maker: TagMaker,
    blocks: Vec<Block>,
    check: Zeroizing<[u8; 32]>,
}

impl RowKeys {
    pub(crate) fn of(province: &Province) -> Result<RowKeys, CustodyFault> {
        let blocks = vec![Block::new(); province.tag_memory().blocks()];
        Ok(RowKeys { maker: province.tag_maker()?, blocks, check: province.list_desk()?.row_key() })
    }

    pub(crate) fn check(&self, documents: &[Document]) -> [u8; 16] {
        let mut text = Zeroizing::new(Vec::new());
        for document in documents {
            let (kind, number) = document.person_key();
            // The length first: no two lines run together into one text.
            text.extend([kind.code(), u8::try_from(number.len()).unwrap_or(u8::MAX)]);
            text.extend_from_slice(number);
        }
        let Digest(digest) = hmac_sha256(&self.check, &[&text]);
        core::array::from_fn(|at| digest[at])
    }

    pub(crate) fn subjects(&mut self, documents: &[Document]) -> Result<Vec<Subject>, TagRefused> {
        let mut memory = TagMemory::over(&mut self.blocks);
        documents.iter().map(|document| self.maker.subject_in(document, &mut memory)).collect()
    }
}

struct Rows<R: Read> {
    lines: Lines<R>,
    scope: Scope,
    keys: RowKeys,
}

/// A table of people, its header read.
pub(crate) fn people_lines<R: Read>(table: R) -> Result<Lines<R>, ListError> {
    let mut lines = Lines::of(table);
    let first = match lines.next().map_err(ListError::ReadTable)? {
        Some((_, Line::Text(text))) => text.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(text),
        Some((_, Line::TooLong)) => return Err(ListError::FindHeader { found: Found::Others }),
        None => b"",
    };
    if first.split(|byte| *byte == b',').map(<[u8]>::trim_ascii).eq(HEADER.map(str::as_bytes)) {
        return Ok(lines);
    }
    Err(ListError::FindHeader { found: Found::of(first) })
}

impl<R: Read> Rows<R> {
    fn over(table: R, scope: Scope, keys: RowKeys) -> Result<Self, ListError> {
        Ok(Rows { lines: people_lines(table)?, scope, keys })
    }

    /// Good lines as people; bad ones are noted. The first fault ends it and is noted too.
    fn people<W: Write>(
        &mut self,
        cache: &mut RowCache,
        notes: &Notes<'_, W>,
    ) -> impl Iterator<Item = Person> {
        core::iter::from_fn(move || {
            loop {
                match self.next(cache, notes) {
                    Ok(Some(person)) => return Some(person),
                    Ok(None) => {
                        cache.finish().unwrap_or_else(|error| notes.fail(error.into()));
                        return None;
                    }
                    Err(RowFault::Rejected(line, reason)) => notes.reject(line, &reason),
                    Err(RowFault::Fault(fault)) => {
                        notes.fail(fault);
                        return None;
                    }
                }
            }
        })
    }

    fn next<W: Write>(
        &mut self,
        cache: &mut RowCache,
        notes: &Notes<'_, W>,
    ) -> Result<Option<Person>, RowFault> {
        loop {
            let Some((line, text)) = self.lines.next().map_err(ListError::ReadTable)? else {
                return Ok(None);
            };
            let rejected = |reason| RowFault::Rejected(line, reason);
            let text = match text {
                Line::Text(b"") => continue,
                Line::Text(text) => text,
                Line::TooLong => b"",
            };
            notes.rows.set(notes.rows.get() + 1);
            let (documents, colour) = read_row(text).map_err(rejected)?;
            if self.scope == Scope::Exceptions && colour == Colour::Green {
                return Err(rejected(RowRejected::BeException));
            }
            let check = self.keys.check(&documents);
            let subjects = match cache.find(line, &check)? {
                Some(known) => known,
                None => self.keys.subjects(&documents).map_err(|refused| rejected(refused.into()))?,
            };
            let person = Person { line, subjects, colour };
            cache.put(&check, &person)?;
            return Ok(Some(person));
        }
    }
}

/// Why a line gives no person.
enum RowFault {
    Rejected(u64, RowRejected),
    Fault(ListError),
}

impl From<ListError> for RowFault {
    fn from(fault: ListError) -> Self {
        RowFault::Fault(fault)
    }
}

impl From<io::Error> for RowFault {
    fn from(error: io::Error) -> Self {
        RowFault::Fault(error.into())
    }
}

fn read_row(line: &[u8]) -> Result<(Vec<Document>, Colour), RowRejected> {
    let (documents, word) = read_documents(line)?;
    Ok((documents, colour(word)?))
}

/// A line's documents, and the word in its last column. An empty line stands for one that was too long.
pub(crate) fn read_documents(line: &[u8]) -> Result<(Vec<Document>, &str), RowRejected> {
    if line.is_empty() {
        return Err(RowRejected::FitLine);
    }
    let found = line.split(|byte| *byte == b',').count();
    let mut texts = [""; HEADER.len()];
    if found != texts.len() {
        return Err(RowRejected::CountValues { found });
    }
    let line = core::str::from_utf8(line).map_err(|_| RowRejected::DecodeText)?;
    for (text, value) in texts.iter_mut().zip(line.split(',')) {
        *text = value.trim_ascii();
    }
    let [kind, number, second, word] = texts;
    let kind = DocumentKind::parse(kind).map_err(|_| RowRejected::KnowKind)?;
    let document = Document::parse(kind, number).map_err(RowRejected::ReadNumber)?;
    let mut documents = vec![document];
    if !second.is_empty() {
        let kind = second_kind(kind, number).ok_or(RowRejected::HaveSecondNumber)?;
        documents.push(Document::parse(kind, second).map_err(RowRejected::ReadSecondNumber)?);
    }
    Ok((documents, word))
}

/// The colour of a word.
pub(crate) fn colour(word: &str) -> Result<Colour, RowRejected> {
    match word {
        "green" => Ok(Colour::Green),
        "yellow" => Ok(Colour::Yellow),
        "red" => Ok(Colour::Red),
        _ => Err(RowRejected::KnowColour),
    }
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

#[cfg(test)]
mod tests;
