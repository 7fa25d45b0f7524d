//! What was brought: copies of terminals' journals and reserves, and signed batches; and the rows in them that can be
//! meant, found without opening any.
//! Promises: every file is a stranger's: size first, regular files only, links not followed, one damaged file stops no
//! other; the same row in two files is one row, and two rows that claim one place are both kept.
//! Must not know: day keys' private halves, what a record says.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use gate_core::query::{Sequence, TerminalNumber};
use gate_proof::digest::Digest;
use gate_proof::ed25519::PublicKey;
use gate_store::{
    Break, DayKeyId, JournalCopy, JournalId, LogBeside, Row, RowState, reserve_head, reserve_rows,
    verify_batch,
};
use gate_wire::cose::Sign1;
use gate_wire::time::Day;

use super::selection::{Chance, Selection};

/// Files looked at, at most; rows that can be meant, at most.
const FILES_MOST: usize = 20_000;
const ROWS_MOST: usize = 1_000_000;
/// A batch has at most 64 KiB, a reserve 5.2 MB.
const BATCH_MOST: u64 = 1 << 16;
const RESERVE_MOST: u64 = 1 << 23;
const SQLITE: &[u8] = b"SQLite format 3\0";
const DEPTH_MOST: usize = 6;

/// What the desk knows in the clear.
pub trait Known {
    /// The public half of a terminal's record key, if it is a terminal of this province.
    fn record_key(&self, terminal: TerminalNumber) -> Option<PublicKey>;

    /// The day keys that a record of these days can be sealed to; `None` for any.
    fn keys_of(&self, days: Option<(Day, Day)>) -> Option<HashSet<DayKeyId>>;

    /// The day that a key is for.
    fn day_of(&self, key: DayKeyId) -> Option<Day>;
}

/// A row that can be meant, still sealed.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// Its journal.
    pub journal: JournalId,
    /// The row.
    pub row: Row,
    /// Whether it is as it was written, by the hash beside it.
    pub state: RowState,
    /// The terminal that signed it into a batch.
    pub signed_by: Option<TerminalNumber>,
    /// The files it is in, by their place in [`Gathered::sources`].
    pub sources: Vec<usize>,
    /// Whether another row claims the same place in the same journal.
    pub rival: Rival,
}

/// Whether another row claims the same place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rival {
    /// None does.
    None,
    /// One does: a copy was changed, or a terminal was doubled.
    Some,
}

/// What was found, and where it was looked for.
#[derive(Debug, Default)]
pub struct Gathered {
    /// The rows that can be meant, by sequence.
    pub candidates: Vec<Candidate>,
    /// Every file.
    pub sources: Vec<SourceTold>,
    /// Rows looked at.
    pub searched: u64,
    /// Rows of the days asked for that stayed shut because their terminal's open counters name other places.
    pub left_shut: u64,
    /// What each journal holds.
    pub ranges: BTreeMap<[u8; 16], Range>,
}

/// How far the rows of one journal go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
    /// First sequence read.
    pub first: u64,
    /// Last sequence read.
    pub last: u64,
    /// How far its terminal's reserve says it was written, where a reserve was brought.
    pub written: Option<u64>,
}

/// One file.
#[derive(Debug)]
pub struct SourceTold {
    /// Where.
    pub path: PathBuf,
    /// What it is.
    pub kind: SourceKind,
    /// Rows read from it.
    pub rows: u64,
    /// What is to be said of it.
    pub notes: Vec<Note>,
}

/// What a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SourceKind {
    /// A copy of `journal.db`.
    Journal,
    /// A batch signed by a terminal.
    Batch,
    /// A copy of a terminal's reserve.
    Reserve,
    /// None of these.
    Other,
}

/// What is to be said of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Note {
    /// None of the three.
    NotRecords,
    /// It could not be read, and why.
    Refused(String),
    /// A journal without its `-wal`: the newest rows may be missing.
    LogAbsent,
    /// Rows that could not be read.
    Unreadable(u64),
    /// A journal's chain is broken here first.
    ChainBroken(Break),
    /// Signed by this terminal.
    SignedBy(TerminalNumber),
}

/// Why nothing was gathered at all.
#[derive(Debug, thiserror::Error)]
pub enum GatherFault {
    /// A path that was named is not there, or cannot be listed.
    #[error("{}", .path.display())]
    ListFiles {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Too many files.
    #[error("more than {FILES_MOST} files: name the ones that matter")]
    BoundFiles,
    /// Too many rows.
    #[error("more than {ROWS_MOST} rows can be meant: ask for a shorter time, or one lane")]
    BoundRows,
}

/// Looks through `paths`, files or directories, for rows that `selection` can mean. `scratch` is an empty private
/// directory.
///
/// # Errors
/// [`GatherFault`]; a file that cannot be read is only told of.
pub fn gather(
    paths: &[PathBuf],
    selection: &Selection,
    known: &dyn Known,
    scratch: &Path,
) -> Result<Gathered, GatherFault> {
    let mut gathering = Gathering {
        selection,
        known,
        keys: known.keys_of(selection.days()),
        found: Gathered::default(),
        places: HashMap::new(),
    };
    for path in files(paths)? {
        gathering.file(path, scratch)?;
    }
    gathering.found.candidates.sort_by_key(|candidate| (candidate.row.sequence, candidate.journal.0));
    Ok(gathering.found)
}

struct Gathering<'a> {
    selection: &'a Selection,
    known: &'a dyn Known,
    keys: Option<HashSet<DayKeyId>>,
    found: Gathered,
    /// The candidates of each place of each journal.
    places: HashMap<([u8; 16], Sequence), Vec<usize>>,
}

/// A row as it comes out of a file.
struct Brought {
    journal: Option<JournalId>,
    row: Row,
    state: RowState,
    signed_by: Option<TerminalNumber>,
}

impl Gathering<'_> {
    fn file(&mut self, path: PathBuf, scratch: &Path) -> Result<(), GatherFault> {
        let index = self.found.sources.len();
        let told = SourceTold { path: path.clone(), kind: SourceKind::Other, rows: 0, notes: Vec::new() };
        self.found.sources.push(told);
        match head(&path) {
            Ok(head) if head.starts_with(SQLITE) => self.journal(index, &path, scratch),
            Ok(_) => self.small(index, &path),
            Err(error) => {
                self.note(index, Note::Refused(error.to_string()));
                Ok(())
            }
        }
    }

    fn journal(&mut self, index: usize, path: &Path, scratch: &Path) -> Result<(), GatherFault> {
        self.found.sources[index].kind = SourceKind::Journal;
        let copy = match JournalCopy::open(path, scratch) {
            Ok(copy) => copy,
            Err(fault) => {
                self.note(index, Note::Refused(spell(&fault)));
                return Ok(());
            }
        };
        if copy.log() == LogBeside::Absent {
            self.note(index, Note::LogAbsent);
        }
        let elsewhere = self.elsewhere(&copy);
        let mut outcome = Ok(());
        let report = copy.read(|copied| {
            let (journal, row, state) = (copied.journal, copied.row, copied.state);
            let brought = Brought { journal, row, state, signed_by: None };
            if outcome.is_ok() {
                outcome = self.row(index, brought, &elsewhere);
            }
        });
        if report.unreadable > 0 {
            self.note(index, Note::Unreadable(report.unreadable));
        }
        if let Some(found) = report.chain.first_break() {
            self.note(index, Note::ChainBroken(found));
        }
        outcome
    }

    /// Day keys of the days on which this terminal's counters name places, and none that is asked for.
    fn elsewhere(&self, copy: &JournalCopy) -> HashSet<DayKeyId> {
        let (Selection::Place { place, lane, .. }, Some(keys)) = (self.selection, &self.keys) else {
            return HashSet::new();
        };
        let is_elsewhere = |key: &&DayKeyId| {
            let places = self.known.day_of(**key).map(|day| copy.places_on(day)).unwrap_or_default();
            let asked = |(at, on): &(u32, u16)| at == place && lane.is_none_or(|lane| on == &lane);
            !places.is_empty() && !places.iter().any(asked)
        };
        keys.iter().filter(is_elsewhere).copied().collect()
    }

    fn small(&mut self, index: usize, path: &Path) -> Result<(), GatherFault> {
        let bytes = match read(path) {
            Ok(bytes) => bytes,
            Err(error) => {
                self.note(index, Note::Refused(error.to_string()));
                return Ok(());
            }
        };
        if bytes.len() as u64 <= BATCH_MOST
            && let Ok(message) = Sign1::parse(&bytes)
        {
            return self.batch(index, &bytes, u32::from_be_bytes(message.kid.0));
        }
        self.reserve(index, &bytes)
    }

    fn batch(&mut self, index: usize, bytes: &[u8], signer: u32) -> Result<(), GatherFault> {
        self.found.sources[index].kind = SourceKind::Batch;
        let known = TerminalNumber::new(signer).and_then(|terminal| self.known.record_key(terminal));
        let Some(key) = known else {
            self.note(
                index,
                Note::Refused(format!("signed by key {signer:08x}, which is no terminal of this desk")),
            );
            return Ok(());
        };
        let batch = match verify_batch(bytes, &key) {
            Ok(batch) => batch,
            Err(refused) => {
                self.note(index, Note::Refused(refused.to_string()));
                return Ok(());
            }
        };
        let (terminal, journal) = (batch.header().terminal, batch.header().journal);
        self.note(index, Note::SignedBy(terminal));
        for row in batch.rows() {
            let (journal, signed_by) = (Some(journal), Some(terminal));
            self.row(index, Brought { journal, row, state: RowState::Whole, signed_by }, &HashSet::new())?;
        }
        Ok(())
    }

    fn reserve(&mut self, index: usize, bytes: &[u8]) -> Result<(), GatherFault> {
        let (rows, head) = (reserve_rows(bytes), reserve_head(bytes));
        // A reserve that was never used is all zeros.
        if rows.is_empty() && head.is_none() && (bytes.is_empty() || bytes.iter().any(|byte| *byte != 0)) {
            self.note(index, Note::NotRecords);
            return Ok(());
        }
        self.found.sources[index].kind = SourceKind::Reserve;
        if let Some((journal, sequence)) = head {
            let empty = Range { first: u64::MAX, last: 0, written: None };
            let range = self.found.ranges.entry(journal.0).or_insert(empty);
            range.written = range.written.max(Some(sequence.0));
        }
        for (journal, row) in rows {
            let brought = Brought { journal: Some(journal), row, state: RowState::Whole, signed_by: None };
            self.row(index, brought, &HashSet::new())?;
        }
        Ok(())
    }

    fn row(
        &mut self,
        index: usize,
        brought: Brought,
        elsewhere: &HashSet<DayKeyId>,
    ) -> Result<(), GatherFault> {
        self.found.searched += 1;
        self.found.sources[index].rows += 1;
        // A row of a journal that its copy does not list is bound to an id that nobody knows: it cannot be opened.
        let journal = brought.journal.unwrap_or(JournalId([0; 16]));
        let sequence = brought.row.sequence;
        self.reach(journal, sequence);
        let meant = self.selection.may_be(sequence) == Chance::Some
            && self.keys.as_ref().is_none_or(|keys| keys.contains(&brought.row.day_key));
        if !meant {
            return Ok(());
        }
        if elsewhere.contains(&brought.row.day_key) {
            self.found.left_shut += 1;
            return Ok(());
        }
        self.keep(index, journal, brought)
    }

    fn keep(&mut self, index: usize, journal: JournalId, brought: Brought) -> Result<(), GatherFault> {
        let place = self.places.entry((journal.0, brought.row.sequence)).or_default();
        let same = |at: &&usize| self.found.candidates[**at].row == brought.row;
        if let Some(at) = place.iter().find(same) {
            let known = &mut self.found.candidates[*at];
            known.sources.push(index);
            known.signed_by = known.signed_by.or(brought.signed_by);
            return Ok(());
        }
        if self.found.candidates.len() >= ROWS_MOST {
            return Err(GatherFault::BoundRows);
        }
        let rival = if place.is_empty() { Rival::None } else { Rival::Some };
        place.iter().for_each(|at| self.found.candidates[*at].rival = Rival::Some);
        place.push(self.found.candidates.len());
        let Brought { row, state, signed_by, .. } = brought;
        self.found.candidates.push(Candidate { journal, row, state, signed_by, sources: vec![index], rival });
        Ok(())
    }

    fn reach(&mut self, journal: JournalId, sequence: Sequence) {
        let at = sequence.0;
        let range =
            self.found.ranges.entry(journal.0).or_insert(Range { first: at, last: at, written: None });
        (range.first, range.last) = (range.first.min(at), range.last.max(at));
    }

    fn note(&mut self, index: usize, note: Note) {
        self.found.sources[index].notes.push(note);
    }
}

/// Regular files named, or below the directories named; a journal's own side files come with it.
fn files(paths: &[PathBuf]) -> Result<Vec<PathBuf>, GatherFault> {
    let (mut found, mut left) = (Vec::new(), Vec::new());
    for path in paths {
        let meta = fs::symlink_metadata(path).map_err(at(path))?;
        if meta.is_dir() { left.push((path.clone(), 0)) } else { found.push(path.clone()) }
    }
    while let Some((directory, depth)) = left.pop() {
        for entry in fs::read_dir(&directory).map_err(at(&directory))? {
            let entry = entry.map_err(at(&directory))?;
            let kind = entry.file_type().map_err(at(&entry.path()))?;
            let name = entry.file_name();
            let beside =
                [b"-wal".as_slice(), b"-shm"].iter().any(|ending| name.as_encoded_bytes().ends_with(ending));
            if kind.is_dir() && depth < DEPTH_MOST {
                left.push((entry.path(), depth + 1));
            } else if kind.is_file() && !beside {
                found.push(entry.path());
            }
            if found.len() + left.len() > FILES_MOST {
                return Err(GatherFault::BoundFiles);
            }
        }
    }
    found.sort();
    found.dedup();
    Ok(found)
}

fn head(path: &Path) -> io::Result<Vec<u8>> {
    let mut head = Vec::new();
    open(path)?.take(SQLITE.len() as u64).read_to_end(&mut head)?;
    Ok(head)
}

fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    open(path)?.take(RESERVE_MOST + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > RESERVE_MOST {
        return Err(io::Error::new(
            io::ErrorKind::InvalidData,
            "larger than a batch or a reserve, and no journal",
        ));
    }
    Ok(bytes)
}

/// Regular files only: a pipe would wait for ever.
fn open(path: &Path) -> io::Result<File> {
    if !fs::symlink_metadata(path)?.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file"));
    }
    OpenOptions::new().read(true).open(path)
}

/// An error with its causes, in one line.
pub(crate) fn spell(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(next) = cause {
        text = format!("{text}: {next}");
        cause = next.source();
    }
    text
}

fn at(path: &Path) -> impl FnOnce(io::Error) -> GatherFault {
    let path = path.to_path_buf();
    |source| GatherFault::ListFiles { path, source }
}

/// The hash that names a candidate's row in the report.
impl Candidate {
    /// The row's hash in its chain.
    pub fn hash(&self) -> Digest {
        self.row.hash(&self.journal)
    }
}
