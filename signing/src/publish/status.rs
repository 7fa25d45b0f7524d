//! The list's part of a publication: its base, streamed; the deltas that lead furthest; what was there already stays.
//! Promises: a terminal takes what is published here, since every delta was applied and every leaf of a new base read
//! before a byte is written; memory for the deltas alone; a terminal that has some of it gets the least that is missing; no
//! delta of another history than the one published is passed over in silence, and no terminal is led back.
//! Must not know: how a list or a delta is built.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use gate_core::manifest::{DELTAS_MOST, Dataset, Manifest};
use gate_proof::digest::{Digest, Hasher, sha256};
use gate_status::{
    DELTA_MOST_BYTES, DeltaRefused, SealedList, Span, State, StatusList, Tie, alleged_delta_head, chain,
};

use super::{EntryDocument, PublishError, admit_once, at, write_once};
use crate::list_standing::ListNotAdmitted;
use crate::list_steps::{History, OtherHistory};
use crate::province::Province;
use crate::staging::{self, Readers};
use crate::{list, spelling};

/// A province of 100 million takes 420 MB.
const MAX_LIST_BYTES: u64 = 1 << 29;

/// Why the list or a delta of it is not published.
#[derive(Debug, thiserror::Error)]
pub enum ListNotPublished {
    /// The list is another province's, or too large.
    #[error("{} ({length} bytes) is another province's list, or larger than {MAX_LIST_BYTES} bytes", .path.display())]
    TakeList {
        /// The list.
        path: PathBuf,
        /// Its length.
        length: u64,
    },
    /// A leaf of it does not open, or the whole is not what was signed.
    #[error("{}", .path.display())]
    ReadList {
        /// The list.
        path: PathBuf,
        /// What was found.
        source: gate_status::ListFault,
    },
    /// It changed while it was read.
    #[error("{} changed while it was copied", .path.display())]
    KeepStill {
        /// The list.
        path: PathBuf,
    },
    /// Deltas without a list to put them on.
    #[error("deltas need the list that they are for (--status)")]
    FindList,
    /// A terminal would refuse this delta.
    #[error("{}", .path.display())]
    TakeDelta {
        /// The delta.
        path: PathBuf,
        /// Why.
        source: DeltaRefused,
    },
    /// Two histories were signed.
    #[error(
        "{} was not signed behind the steps that the other deltas (and the terminal) have: two deltas for one step, and whom this one changes would stay as they were; nothing was published. Make it again with --after, or leave it out", .path.display()
    )]
    JoinHistories {
        /// The delta of the other history.
        path: PathBuf,
    },
    /// The terminal is further on.
    #[error(
        "the terminal's data are at epoch {}, step {}, this would lead back to epoch {}, step {}: after its next start it would have no list at all. Give the newer list and its deltas", .there.0, .there.1, .ours.0, .ours.1
    )]
    MoveBack {
        /// Epoch and step there.
        there: (u32, u32),
        /// Epoch and step of this publication.
        ours: (u32, u32),
    },
    /// Another history was signed, and perhaps published, here.
    #[error(transparent)]
    OtherHistory(OtherHistory),
    /// It is not this desk's, or something newer was published.
    #[error(transparent)]
    Admit(#[from] ListNotAdmitted),
    /// There is one, and none is to be published.
    #[error(
        "this desk built a list (epoch {epoch}) and none is given: every ID card would be Assist. Name it with --status; if this terminal is to have none, say so with --no-list（本台建有名单而未给出；确不下发名单请加 --no-list）"
    )]
    NameList {
        /// Of the list built last.
        epoch: u32,
    },
    /// The deltas at hand leave a gap, or a manifest cannot name so many.
    #[error(
        "no {DELTAS_MOST} of these deltas lead from step {from} to step {to}: give those between, or merge them with `gate-sign status ladder`"
    )]
    LeadThere {
        /// The base's step.
        from: u32,
        /// The furthest delta's.
        to: u32,
    },
}

/// The list and the deltas that a publication is given.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ListGiven<'a> {
    status: Option<&'a Path>,
    deltas: &'a [PathBuf],
}

impl<'a> ListGiven<'a> {
    /// None where the list is among the datasets to leave out.
    pub(crate) fn of(status: Option<&'a Path>, deltas: &'a [PathBuf], without: &[Dataset]) -> ListGiven<'a> {
        ListGiven { status: status.filter(|_| !without.contains(&Dataset::StatusList)), deltas }
    }
}

/// What is published of a list.
pub(crate) struct ListPlan<'a> {
    source: &'a Path,
    base: EntryDocument,
    /// In the order in which they are taken.
    deltas: Vec<(EntryDocument, Vec<u8>)>,
    /// Deltas given whose steps are in the others.
    pub(super) unused: Vec<PathBuf>,
    /// The list with these deltas.
    pub(crate) list: SealedList,
    /// The steps that it leads over.
    pub(crate) history: History,
}

/// A delta at hand.
struct Candidate {
    path: PathBuf,
    span: Span,
    bytes: Vec<u8>,
}

impl ListPlan<'_> {
    /// Reads and proves everything; `there` is the manifest that the directory `out` has.
    pub(super) fn new<'a>(
        province: &Province,
        given: ListGiven<'a>,
        out: &Path,
        there: Option<&Manifest>,
    ) -> Result<Option<ListPlan<'a>>, PublishError> {
        let Some(source) = given.status else {
            let lost = !given.deltas.is_empty();
            return if lost { Err(ListNotPublished::FindList.into()) } else { Ok(None) };
        };
        let mut list = province.open_list(source)?;
        let base = admit_base(province, source, &list, out)?;
        let held = there.map(|manifest| held(manifest, &list, out)).transpose()?.unwrap_or_default();
        let new = given.deltas.iter().map(|path| candidate(path, &list)).collect::<Result<Vec<_>, _>>()?;
        let (chosen, others) = chosen(&list, held, new)?;
        let mut history = BTreeMap::from([(list.state().step, Tie::of(&list.state().link))]);
        let mut deltas = Vec::new();
        for candidate in chosen {
            list.apply(&candidate.bytes).map_err(|refused| taking(&candidate.path)(refused))?;
            history.extend(list.ties_of(&candidate.bytes).map_err(taking(&candidate.path))?);
            deltas.push((delta_entry(&list, candidate.span, &candidate.bytes), candidate.bytes));
        }
        of_one_history(&list, &history, &others)?;
        not_back(there, &list)?;
        let is_given = |one: &Candidate| given.deltas.contains(&one.path);
        let unused = others.into_iter().filter(is_given).map(|one| one.path).collect();
        let history = History { state: list.state(), ties: history };
        Ok(Some(ListPlan { source, base, deltas, unused, list, history }))
    }

    /// How far a terminal is with it.
    pub(super) fn state(&self) -> State {
        self.history.state
    }

    /// The manifest's entries, where every name is free or holds what it is to hold.
    pub(super) fn admit(&self, out: &Path) -> Result<Vec<EntryDocument>, PublishError> {
        for (entry, bytes) in &self.deltas {
            admit_once(&out.join(&entry.file), bytes)?;
        }
        let deltas = self.deltas.iter().map(|(entry, _)| entry);
        Ok(core::iter::once(&self.base).chain(deltas).cloned().collect())
    }

    /// Writes what is not there yet.
    pub(super) fn write(self, out: &Path) -> Result<Vec<PathBuf>, PublishError> {
        let path = out.join(&self.base.file);
        if !path.exists() {
            copy(self.source, &path, &self.base.sha256)?;
        }
        let mut files = vec![path];
        for (entry, bytes) in self.deltas {
            let path = out.join(&entry.file);
            write_once(&path, &bytes, Readers::All)?;
            files.push(path);
        }
        Ok(files)
    }
}

/// The base, if it is of this province. One that is not in `out` yet is read whole; its own version counts: it may outlive
/// many generations.
fn admit_base(
    province: &Province,
    source: &Path,
    list: &SealedList,
    out: &Path,
) -> Result<EntryDocument, PublishError> {
    let (head, path) = (list.head(), source.to_path_buf());
    let (length, digest) = measure(source)?;
    if !list::is_of(&head, province.region) || length > MAX_LIST_BYTES {
        return Err(ListNotPublished::TakeList { path, length }.into());
    }
    let entry = EntryDocument {
        dataset: Dataset::StatusList,
        file: format!("status-list.{}.db", head.version),
        version: head.version,
        as_of: head.as_of.unix(),
        length,
        sha256: spelling::hex(digest.as_bytes()),
    };
    let there = out.join(&entry.file);
    if !there.exists() {
        list.check().map_err(|source| ListNotPublished::ReadList { path, source })?;
    } else if measure(&there)? != (length, digest) {
        return Err(PublishError::KeepFile { path: there });
    }
    Ok(entry)
}

fn delta_entry(list: &SealedList, span: Span, bytes: &[u8]) -> EntryDocument {
    let state = list.state();
    EntryDocument {
        dataset: Dataset::StatusDelta,
        file: format!("status-delta.{}.{}-{}.tfd", state.epoch.0, span.from, span.to),
        version: span.to,
        as_of: state.as_of.unix(),
        length: bytes.len() as u64,
        sha256: spelling::hex(sha256(&[bytes]).as_bytes()),
    }
}

/// The deltas of this base that the terminal has, in their order. One that cannot be read any more has to come again.
fn held(manifest: &Manifest, list: &SealedList, out: &Path) -> Result<Vec<Candidate>, PublishError> {
    let mut held = Vec::new();
    for entry in manifest.deltas() {
        let path = out.join(entry.file.as_str());
        let Ok(bytes) = read_bounded(&path) else { continue };
        let head = alleged_delta_head(&bytes).ok().filter(|head| list.is_for(head).is_ok());
        let same = *sha256(&[&bytes]).as_bytes() == entry.sha256;
        if let Some(head) = head.filter(|_| same) {
            held.push(Candidate { path, span: Span { from: head.from, to: head.to }, bytes });
        }
    }
    Ok(held)
}

/// A delta that the desk was given: for this list, or nothing is published.
fn candidate(path: &Path, list: &SealedList) -> Result<Candidate, PublishError> {
    let bytes = read_bounded(path).map_err(at(path))?;
    let head = alleged_delta_head(&bytes).map_err(|damaged| taking(path)(damaged.into()))?;
    list.is_for(&head).map_err(taking(path))?;
    Ok(Candidate { path: path.to_path_buf(), span: Span { from: head.from, to: head.to }, bytes })
}

/// The fewest that lead furthest, what the terminal has before what is new; and the others.
fn chosen(
    list: &SealedList,
    held: Vec<Candidate>,
    given: Vec<Candidate>,
) -> Result<(Vec<Candidate>, Vec<Candidate>), PublishError> {
    let spans = |all: &[Candidate]| all.iter().map(|one| one.span).collect::<Vec<_>>();
    let from = list.state().step;
    let to = held.iter().chain(&given).map(|one| one.span.to).max().unwrap_or(from).max(from);
    let files = chain(from, &spans(&held), to, &spans(&given), DELTAS_MOST);
    let files = files.ok_or(ListNotPublished::LeadThere { from, to })?;
    let mut others: Vec<Candidate> = held.into_iter().chain(given).collect();
    let take = |span: Span| {
        let at = others.iter().position(|one| one.span == span)?;
        Some(others.remove(at))
    };
    let chosen = files.into_iter().filter_map(take).collect();
    Ok((chosen, others))
}

/// Refuses deltas that are passed over although they say something else than those that are published.
fn of_one_history(
    list: &SealedList,
    history: &BTreeMap<u32, Tie>,
    others: &[Candidate],
) -> Result<(), PublishError> {
    for other in others {
        let ties = list.ties_of(&other.bytes).map_err(taking(&other.path))?;
        if !ties.iter().all(|(step, tie)| history.get(step).is_none_or(|known| known == tie)) {
            return Err(ListNotPublished::JoinHistories { path: other.path.clone() }.into());
        }
    }
    Ok(())
}

/// A terminal remembers how far it was and takes nothing behind that.
fn not_back(there: Option<&Manifest>, list: &SealedList) -> Result<(), PublishError> {
    let named = there.and_then(|manifest| {
        let base = manifest.entries().iter().find(|entry| entry.dataset == Dataset::StatusList)?;
        Some((base.version, manifest.deltas().last().map_or(0, |delta| delta.version)))
    });
    let ours = (list.state().epoch.0, list.state().step);
    match named.filter(|there| *there > ours) {
        Some(there) => Err(ListNotPublished::MoveBack { there, ours }.into()),
        None => Ok(()),
    }
}

fn taking(path: &Path) -> impl FnOnce(DeltaRefused) -> ListNotPublished {
    let path = path.to_path_buf();
    |source| ListNotPublished::TakeDelta { path, source }
}

/// One byte more than a delta can have is enough to refuse it.
fn read_bounded(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(DELTA_MOST_BYTES as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Length and digest of a file, a piece at a time.
fn measure(path: &Path) -> Result<(u64, Digest), PublishError> {
    let mut hashing = Hashing { file: File::open(path).map_err(at(path))?, hasher: Hasher::new() };
    let length = io::copy(&mut hashing, &mut io::sink()).map_err(at(path))?;
    Ok((length, hashing.hasher.finish()))
}

/// Copies a piece at a time; the copy has its name only when it is what was measured.
fn copy(source: &Path, path: &Path, digest: &str) -> Result<(), PublishError> {
    let mut hashing = Hashing { file: File::open(source).map_err(at(source))?, hasher: Hasher::new() };
    staging::replace_from(path, &mut hashing, Readers::All).map_err(at(path))?;
    if spelling::hex(hashing.hasher.finish().as_bytes()) == digest {
        return Ok(());
    }
    fs::remove_file(path).map_err(at(path))?;
    Err(ListNotPublished::KeepStill { path: source.to_path_buf() }.into())
}

/// Hashes what is read through it.
struct Hashing {
    file: File,
    hasher: Hasher,
}

impl Read for Hashing {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.file.read(buffer)?;
        self.hasher.update(buffer.get(..count).unwrap_or_default());
        Ok(count)
    }
}
