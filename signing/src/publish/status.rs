//! The list's part of a publication: its base, streamed; the deltas that lead furthest; what was there already stays.
//! Promises: a terminal takes what is published here, since every delta was applied and every leaf of a new base read
//! before a byte is written; memory for the deltas alone; a terminal that has some of it gets the least that is missing.
//! Must not know: how a list or a delta is built.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use gate_core::manifest::{DELTAS_MOST, Dataset, Manifest};
use gate_proof::digest::{Digest, Hasher, sha256};
use gate_status::{
    DELTA_MOST_BYTES, DeltaRefused, SealedList, Span, State, StatusList, alleged_delta_head, chain,
};

use super::{EntryDocument, Publication, PublishError, at, write_once};
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

/// What is published of a list.
pub(super) struct ListPlan<'a> {
    source: &'a Path,
    base: EntryDocument,
    /// In the order in which they are taken.
    deltas: Vec<(EntryDocument, Vec<u8>)>,
    /// How far a terminal is with it.
    pub(super) state: State,
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
        publication: &Publication<'a>,
        out: &Path,
        there: Option<&Manifest>,
    ) -> Result<Option<ListPlan<'a>>, PublishError> {
        let wanted = publication.status.filter(|_| !publication.without.contains(&Dataset::StatusList));
        let Some(source) = wanted else {
            let lost = !publication.deltas.is_empty();
            return if lost { Err(ListNotPublished::FindList.into()) } else { Ok(None) };
        };
        let mut list = province.open_list(source)?;
        let base = admit_base(province, source, &list, out)?;
        let held = there.map(|manifest| held(manifest, &list, out)).transpose()?.unwrap_or_default();
        let given =
            publication.deltas.iter().map(|path| given(path, &list)).collect::<Result<Vec<_>, _>>()?;
        let mut deltas = Vec::new();
        for candidate in chosen(&list, held, given)? {
            list.apply(&candidate.bytes).map_err(|refused| taking(&candidate.path)(refused))?;
            deltas.push((delta_entry(&list, candidate.span, &candidate.bytes), candidate.bytes));
        }
        Ok(Some(ListPlan { source, base, deltas, state: list.state() }))
    }

    /// Writes what is not there yet; the manifest's entries and the files.
    pub(super) fn write(self, out: &Path) -> Result<(Vec<EntryDocument>, Vec<PathBuf>), PublishError> {
        let path = out.join(&self.base.file);
        if !path.exists() {
            copy(self.source, &path, &self.base.sha256)?;
        }
        let (mut entries, mut files) = (vec![self.base], vec![path]);
        for (entry, bytes) in self.deltas {
            let path = out.join(&entry.file);
            write_once(&path, &bytes, Readers::All)?;
            entries.push(entry);
            files.push(path);
        }
        Ok((entries, files))
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
fn given(path: &Path, list: &SealedList) -> Result<Candidate, PublishError> {
    let bytes = read_bounded(path).map_err(at(path))?;
    let head = alleged_delta_head(&bytes).map_err(|damaged| taking(path)(damaged.into()))?;
    list.is_for(&head).map_err(taking(path))?;
    Ok(Candidate { path: path.to_path_buf(), span: Span { from: head.from, to: head.to }, bytes })
}

/// The fewest that lead furthest, what the terminal has before what is new.
fn chosen(
    list: &SealedList,
    held: Vec<Candidate>,
    given: Vec<Candidate>,
) -> Result<Vec<Candidate>, PublishError> {
    let spans = |all: &[Candidate]| all.iter().map(|one| one.span).collect::<Vec<_>>();
    let from = list.state().step;
    let to = held.iter().chain(&given).map(|one| one.span.to).max().unwrap_or(from).max(from);
    let files = chain(from, &spans(&held), to, &spans(&given), DELTAS_MOST);
    let files = files.ok_or(ListNotPublished::LeadThere { from, to })?;
    let mut all: Vec<Candidate> = held.into_iter().chain(given).collect();
    let take = |span: Span| {
        let at = all.iter().position(|one| one.span == span)?;
        Some(all.swap_remove(at))
    };
    Ok(files.into_iter().filter_map(take).collect())
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
