//! Many credentials from a table of comma-separated values.
//! Promises: streaming, bounded memory; every row is a code or a line of the reject file with its number and reason, and
//! that is checked at the end; no two codes of a run have one id; the log has the batch before its first signature; a
//! person's Argon2id is paid once, even when a run was cut off and is begun again; no colour that the desk's list does not
//! say is signed without a line in the log before it.
//! Must not know: where codes and rejects are written ([`Target`]), what paper looks like.
//!
//! Header `document_kind,number,name,kind,statement,sampled`, UTF-8 (a byte order mark is taken), no quotes. Kinds:
//! `paper_code`, `nucleic_acid_test`, `certificate`, `staff_badge`. The same person twice in one table is refused: two
//! statements about one person in one batch are a slip. Memory: 160 MB at [`MAX_ROWS`] for telling people apart.

mod batch;
mod csv_files;
mod row;
mod unfinished;

use core::fmt;
use std::io::{self, Read};
use std::num::NonZeroUsize;
use std::path::Path;

use gate_proof::digest::Hasher;
use gate_status::{ListFault, SealedList};
use gate_wire::cose::Kid;
use gate_wire::credential::Kind;
use gate_wire::name::MaskedName;
use gate_wire::time::Timestamp;
use rand_core::CryptoRng;

use crate::custody::CustodyFault;
use crate::issue::{IssueRefused, IssuedCredential};
use crate::lines::{Line, Lines};
use crate::province::Province;

pub use csv_files::{CODES_HEADER, CsvCodes, Rejects};
pub use row::{HEADER, MAX_NAME_CHARS, RowRejected};
pub use unfinished::{Half, Unfinished, UnfinishedFault};

use batch::Run;

/// The most rows that one run takes: what tells people apart is in memory.
pub const MAX_ROWS: u64 = 3_500_000;

/// What a run is to do with every row.
#[derive(Clone, Copy, Debug)]
pub struct BulkOptions<'a> {
    /// The desk's clock.
    pub now: Timestamp,
    /// iat of every code.
    pub issued: Timestamp,
    /// The issuer; else the first that may say a row's statement.
    pub kid: Option<Kid>,
    /// exp − iat in seconds; else the usual of each kind ([`usual_life_s`]).
    pub life_s: Option<u32>,
    /// Which kinds are taken.
    pub kinds: Kinds,
    /// The most rows that the log is told of; at most [`MAX_ROWS`] count.
    pub most: u64,
    /// How many threads work.
    pub threads: NonZeroUsize,
    /// Where subjects are kept: a file for this table alone.
    pub tags: &'a Path,
    /// What colours are held to.
    pub held_to: HeldTo<'a>,
}

/// What the colours of a run are held to.
#[derive(Clone, Copy)]
pub enum HeldTo<'a> {
    /// No list was ever built.
    Nothing,
    /// There is a list, and it cannot be asked: rows that state a colour are rejected.
    Unknown,
    /// Rows that contradict this list are rejected.
    List(&'a SealedList),
    /// They are signed all the same, and the log is told how many; without a list that can be asked every colour counts.
    Insisted(Option<&'a SealedList>),
}

impl fmt::Debug for HeldTo<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            HeldTo::Nothing => "Nothing",
            HeldTo::Unknown => "Unknown",
            HeldTo::List(_) => "List",
            HeldTo::Insisted(_) => "Insisted",
        })
    }
}

/// Which kinds a run takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kinds {
    /// Every kind that is issued in bulk.
    All,
    /// Paper codes.
    Paper,
}

/// A code that was made.
pub struct BulkCode<'a> {
    /// Its line in the table, from 1 for the header.
    pub line: u64,
    /// What was signed.
    pub code: &'a IssuedCredential,
    /// The masked name in it.
    pub name: &'a MaskedName,
    /// Its iat.
    pub issued: Timestamp,
}

/// How far a run is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Bytes of the table read.
    pub bytes: u64,
    /// Codes made.
    pub codes: u64,
    /// Rows rejected.
    pub rejected: u64,
}

/// Where a run's results go, in the order of lines.
pub trait Target {
    /// Whether this name can be shown there; a row whose name cannot is rejected before anything is signed.
    fn draws(&self, name: &MaskedName) -> bool;

    /// Takes a code.
    ///
    /// # Errors
    /// The run ends.
    fn code(&mut self, code: &BulkCode<'_>) -> io::Result<()>;

    /// Takes a rejected row's number and reason.
    ///
    /// # Errors
    /// The run ends.
    fn rejected(&mut self, line: u64, reason: &RowRejected) -> io::Result<()>;

    /// Is told now and then.
    fn progress(&mut self, progress: Progress);
}

/// What became of a table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BulkDone {
    /// Rows that are not empty, without the header.
    pub rows: u64,
    /// Codes made.
    pub codes: u64,
    /// Rows rejected.
    pub rejected: u64,
    /// Codes made of colours that the list does not say.
    pub against_list: u64,
    /// Subjects taken from the cache.
    pub remembered: u64,
    /// Lines without anything: no rows.
    pub empty_lines: u64,
}

/// Why a run ended early. Codes it made may be in an unfinished file.
#[derive(Debug, thiserror::Error)]
pub enum BulkError {
    /// The table could not be read on.
    #[error("the table cannot be read")]
    ReadTable(#[source] io::Error),
    /// A table of another encoding.
    #[error("the table is UTF-16: save it as “CSV UTF-8”")]
    ReadUtf16,
    /// Another header.
    #[error("the first line must be `{}`", HEADER.join(","))]
    FindHeader,
    /// Codes, rejects or subjects could not be kept.
    #[error("the codes, the reject file or the cache of subjects cannot be written")]
    KeepFile(#[from] io::Error),
    /// The desk refuses the whole run.
    #[error(transparent)]
    Issue(#[from] IssueRefused),
    /// Its custody or its log does.
    #[error(transparent)]
    Custody(#[from] CustodyFault),
    /// The list cannot be read where a person would be.
    #[error("the desk's list is damaged: build it again")]
    ReadList(#[from] ListFault),
    /// Another authority's issuer: its subjects are made with a salt that is not here.
    #[error("only this province's issuers issue from tables")]
    BeOurs,
    /// A row is neither a code nor rejected: a mistake in this program.
    #[error("{rows} rows, but {codes} codes and {rejected} rejected: nothing of this run may be used")]
    Balance {
        /// Rows read.
        rows: u64,
        /// Codes made.
        codes: u64,
        /// Rows rejected.
        rejected: u64,
    },
}

/// The usual life of a kind, in seconds.
pub fn usual_life_s(kind: Kind) -> u32 {
    match kind {
        Kind::ScreenCode => 15 * 60,
        Kind::Certificate => 14 * 86_400,
        Kind::PaperCode | Kind::NucleicAcidTest | Kind::StaffBadge => 30 * 86_400,
    }
}

impl Province {
    /// Issues a code for every good row of `table`.
    ///
    /// # Errors
    /// [`BulkError`]; what `target` was given by then must not be handed out.
    pub fn issue_table(
        &self,
        table: impl Read,
        target: &mut dyn Target,
        options: &BulkOptions<'_>,
        rng: &mut impl CryptoRng,
    ) -> Result<BulkDone, BulkError> {
        let mut lines = Lines::of(table);
        read_header(&mut lines)?;
        let mut run = Run::begin(self, options)?;
        loop {
            let more = run.fill(&mut lines, target, rng)?;
            run.work()?;
            run.write(target)?;
            target.progress(run.progress(lines.bytes()));
            if !more {
                return run.finish();
            }
        }
    }
}

fn read_header(lines: &mut Lines<impl Read>) -> Result<(), BulkError> {
    let text = match lines.next().map_err(BulkError::ReadTable)? {
        Some((_, Line::Text(text))) => text,
        Some((_, Line::TooLong)) | None => return Err(BulkError::FindHeader),
    };
    if text.starts_with(b"\xFF\xFE") || text.starts_with(b"\xFE\xFF") {
        return Err(BulkError::ReadUtf16);
    }
    let text = text.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(text);
    if row::is_header(text) { Ok(()) } else { Err(BulkError::FindHeader) }
}

/// A digest over the codes of one issuer, in order: what the log's last line of a batch speaks of.
fn absorb(digest: &mut Hasher, code: &IssuedCredential) {
    digest.update(&code.bytes);
}

#[cfg(test)]
mod tests;
