//! A lawful request carried out: search, log, open, replay, tell.
//! Promises: needs two officers' approval of exactly this case and selection; the log has what was searched and how much will
//! be opened before anything is; the report is in files of its owner's alone.
//! Must not know: how a person types any of it.

use std::fs;
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use gate_proof::digest::sha256;
use gate_wire::time::Timestamp;

use super::desk_keys::{DeskKeys, DeskKnows, KeysSought};
use super::opening::{Opening, open};
use super::report::{ApprovalTold, LogPlace, Report, Request, write};
use super::selection::Selection;
use super::sources::{GatherFault, Gathered, gather};
use super::terminals::{Terminals, TerminalsRefused};
use crate::archive::{ARCHIVE_DIRECTORY, Archive, PolicyFiles, PolicyShelf};
use crate::custody::CustodyFault;
use crate::desk::Desk;
use crate::log::LogFault;
use crate::log::entry::{CaseNumber, Entry, Operation};
use crate::officers::approval::{ApprovalRefused, Approved, Statement};
use crate::officers::{TwoOfficers, statement};
use crate::spelling;
use crate::staging::{self, Readers};

const SCRATCH_DIRECTORY: &str = "scratch";

/// What is asked of the desk.
#[derive(Clone, Copy, Debug)]
pub struct Order<'a> {
    /// What is asked for.
    pub selection: &'a Selection,
    /// Files and directories from the field.
    pub records: &'a [PathBuf],
    /// A policy, or a directory of them, to replay with; without it the desk's own archive.
    pub policies: Option<&'a Path>,
    /// Which day keys are looked for.
    pub sought: KeysSought,
    /// The desk's clock.
    pub now: Timestamp,
}

/// What came of it.
#[derive(Debug)]
pub struct Carried {
    /// The report.
    pub report: Report,
    /// What was found.
    pub gathered: Gathered,
    /// What was opened.
    pub opening: Opening,
}

/// Why nothing was opened, or nothing told.
#[derive(Debug, thiserror::Error)]
pub enum LawfulRefused {
    /// The approvals are for something else.
    #[error("the two officers approved something else: {0}")]
    MatchApproved(String),
    /// What the day keys lie under is not at hand: nothing was opened, the approvals have not served.
    #[error("nothing was opened, and the approvals have not served")]
    Custody(#[from] CustodyFault),
    /// The approvals cannot be compared.
    #[error(transparent)]
    State(#[from] ApprovalRefused),
    /// The log did not take the line.
    #[error(transparent)]
    Log(#[from] LogFault),
    /// The records could not be looked through.
    #[error(transparent)]
    Gather(#[from] GatherFault),
    /// A file of the desk's or the report's.
    #[error("{}", .path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A report is there already.
    #[error("{} is there already: a report never replaces another; give a new directory", .0.display())]
    KeepReport(PathBuf),
    /// `terminals.json` is refused.
    #[error(transparent)]
    Terminals(#[from] TerminalsRefused),
    /// The report could not be written as JSON.
    #[error("the report could not be written")]
    WriteJson(#[from] serde_json::Error),
}

/// What two officers sign so that `selection` is opened for `case`.
///
/// # Errors
/// [`ApprovalRefused`].
pub fn request(desk: &Desk, case: &CaseNumber, selection: &Selection) -> Result<Statement, ApprovalRefused> {
    statement(desk, Approved::OpenRecords, case, &selection.to_string())
}

/// Carries a request out.
///
/// # Errors
/// [`LawfulRefused`].
pub fn carry_out(desk: &Desk, officers: &TwoOfficers, order: &Order<'_>) -> Result<Carried, LawfulRefused> {
    let case = officers.statement().case();
    if *officers.statement() != request(desk, case, order.selection)? {
        return Err(LawfulRefused::MatchApproved(officers.statement().in_words()));
    }
    let enrolled = Terminals::load(desk.directory())?;
    let gathered = search((desk, &enrolled), order)?;
    let (digest, approved) = (Some(officers.digest()), &officers.approved()[..]);
    let entry = |operation, count| Entry { case: Some(case), count, ..Entry::of(operation) };
    let asked = |operation, count| Entry { digest, approved, ..entry(operation, count) };
    let mut head = desk.log().note(&asked(Operation::SearchRecords, gathered.searched))?;
    let mut keys = DeskKeys::new((desk, &enrolled), case, &gathered);
    keys.admit_vault()?;
    if !gathered.candidates.is_empty() {
        // From here on the approvals have served. What was looked for in the wrong files has opened nothing, and may be again.
        desk.serve_once(officers)?;
        head = desk.log().note(&asked(Operation::OpenRecords, gathered.candidates.len() as u64))?;
    }
    let opening = open(&gathered, order.selection, &mut keys);
    let archive = Archive::at(desk.directory().join(ARCHIVE_DIRECTORY));
    let given = order.policies.map(|path| PolicyFiles(path.to_path_buf()));
    let shelf: &dyn PolicyShelf = match &given {
        Some(files) => files,
        None => &archive,
    };
    let told = |(by, until): (&crate::log::entry::ApprovedBy, Timestamp)| ApprovalTold {
        officer: by.officer.clone(),
        key: by.key.clone(),
        until: until.unix(),
    };
    let approvals: Vec<ApprovalTold> = officers.approved().iter().zip(officers.until()).map(told).collect();
    let request = Request {
        case: case.as_str(),
        selection: order.selection,
        approvals: &approvals,
        at: order.now,
        log: LogPlace { line: head.lines, hash: spelling::hex(&head.hash.0) },
    };
    let report = write(&request, &gathered, &opening, (&archive, shelf))?;
    let digest = Some(sha256(&[report.json.as_bytes()]));
    desk.log().note(&Entry { digest, ..entry(Operation::ReportRecords, opening.records.len() as u64) })?;
    Ok(Carried { report, gathered, opening })
}

fn search((desk, enrolled): (&Desk, &Terminals), order: &Order<'_>) -> Result<Gathered, LawfulRefused> {
    let scratch = desk.directory().join(SCRATCH_DIRECTORY);
    staging::make_directory(&scratch, Readers::Owner).map_err(at(&scratch))?;
    let knows = DeskKnows { desk, sought: order.sought, enrolled };
    let gathered = gather(order.records, order.selection, &knows, &scratch);
    // Sealed rows only; what could not be removed is replaced the next time.
    let _ = fs::remove_dir_all(&scratch);
    Ok(gathered?)
}

/// A directory made for a report, before anything is opened: what was opened must not be lost for want of a place.
#[derive(Debug)]
pub struct ReportPlace(PathBuf);

impl ReportPlace {
    /// Makes `directory`, for its owner's eyes only.
    ///
    /// # Errors
    /// [`LawfulRefused`]; one that is there stays as it is.
    pub fn make(directory: &Path) -> Result<ReportPlace, LawfulRefused> {
        if directory.exists() {
            return Err(LawfulRefused::KeepReport(directory.to_path_buf()));
        }
        fs::DirBuilder::new().mode(0o700).create(directory).map_err(at(directory))?;
        Ok(ReportPlace(directory.to_path_buf()))
    }

    /// Takes it back, if nothing is in it.
    pub fn give_back(self) {
        // One that is not empty stays, and is told the next time.
        let _ = fs::remove_dir(self.0);
    }
}

impl Report {
    /// Writes `report.zh.txt`, `report.en.txt` and `report.json`.
    ///
    /// # Errors
    /// [`LawfulRefused`].
    pub fn save(&self, place: &ReportPlace) -> Result<(), LawfulRefused> {
        for (name, text) in
            [("report.zh.txt", &self.zh), ("report.en.txt", &self.en), ("report.json", &self.json)]
        {
            let path = place.0.join(name);
            staging::replace(&path, text.as_bytes(), Readers::Owner).map_err(at(&path))?;
        }
        Ok(())
    }
}

fn at(path: &Path) -> impl FnOnce(io::Error) -> LawfulRefused {
    let path = path.to_path_buf();
    |source| LawfulRefused::File { path, source }
}
