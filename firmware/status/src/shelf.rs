//! A terminal's folder of lists: the base in force, the deltas on it, and the fold under way.
//! Promises: after a kill at any point it opens as a whole earlier or a whole later state; a delta counts when its file is
//! on disk, synced, under its name; nothing older than what is in force is taken; what is damaged is moved aside, never
//! deleted.
//! Must not know: where files come from.
//!
//! Names: `base-EPOCH-STEP.tfs` (step 0 as the authorities made it, else folded here), `delta-EPOCH-FROM-TO.tfd`, numbers of
//! ten digits; `fold.part` while folding; `*.part` while writing; `*.damaged` put aside.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use gate_proof::subject::Subject;

use crate::delta::DELTA_MOST_BYTES;
use crate::entry::Epoch;
use crate::fold::{FoldFault, Folding, Sliced, journal};
use crate::head::DeltaHead;
use crate::keys::{KeyFault, KeyStore};
use crate::ladder::Span;
use crate::list::{Answer, Head, ListFault, OpenFault, StatusList};
use crate::sealed::{DeltaRefused, SealedList};

const FOLD: &str = "fold.part";

/// Why something did not happen. What is in force stays in force.
#[derive(Debug, thiserror::Error)]
pub enum ShelfFault {
    /// No base in the folder opens.
    #[error("there is no status list here that can be read")]
    FindBase,
    /// The base cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenFault),
    /// The base is not newer than the one in force.
    #[error("the base begins epoch {}, epoch {} is in force", .theirs.0, .ours.0)]
    TakeOlder {
        /// Of the base.
        theirs: Epoch,
        /// In force.
        ours: Epoch,
    },
    /// The base is another province's, or of another scope.
    #[error("the base is another province's, or of another scope")]
    TakeForeign,
    /// The delta was refused.
    #[error(transparent)]
    Delta(#[from] DeltaRefused),
    /// The fold stopped.
    #[error(transparent)]
    Fold(#[from] FoldFault),
    /// The folder cannot be read or written.
    #[error("the folder of the list cannot be read or written")]
    Store(#[from] std::io::Error),
}

impl From<ListFault> for ShelfFault {
    fn from(fault: ListFault) -> Self {
        ShelfFault::Open(fault.into())
    }
}

impl From<KeyFault> for ShelfFault {
    fn from(fault: KeyFault) -> Self {
        ShelfFault::Open(fault.into())
    }
}

/// How far a fold is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// There is more to do.
    More,
    /// The folded base is in force.
    Done,
}

/// The folder, open.
pub struct Shelf {
    folder: PathBuf,
    keys: Box<dyn KeyStore>,
    list: SealedList,
    base: PathBuf,
    folding: Option<Box<Folding>>,
}

impl Shelf {
    /// Opens the newest state that is whole.
    ///
    /// # Errors
    /// [`ShelfFault`].
    pub fn open(folder: &Path, keys: Box<dyn KeyStore>) -> Result<Shelf, ShelfFault> {
        let (list, base) = newest(folder, keys.as_ref())?;
        let shelf = Shelf { folder: folder.to_path_buf(), keys, list, base, folding: None };
        shelf.clear()?;
        Ok(shelf)
    }

    /// The list in force.
    pub fn list(&self) -> &SealedList {
        &self.list
    }

    /// Puts a base into the folder and in force: read whole first, newer than the one here, if there is one.
    ///
    /// # Errors
    /// [`ShelfFault`].
    pub fn import(folder: &Path, keys: Box<dyn KeyStore>, file: &Path) -> Result<Shelf, ShelfFault> {
        let theirs = SealedList::open(file, keys.as_ref())?;
        if let Ok((ours, _)) = newest(folder, keys.as_ref()) {
            let (ours, theirs) = (ours.base_head(), theirs.base_head());
            if ours.province != theirs.province || ours.scope != theirs.scope {
                return Err(ShelfFault::TakeForeign);
            }
            if theirs.epoch <= ours.epoch {
                return Err(ShelfFault::TakeOlder { theirs: theirs.epoch, ours: ours.epoch });
            }
        }
        let part = folder.join("base.part");
        fs::copy(file, &part)?;
        File::open(&part)?.sync_all()?;
        // What was copied is what is checked.
        SealedList::open(&part, keys.as_ref())?.check()?;
        rename(folder, &part, &base_name(theirs.base_head().epoch, 0))?;
        Shelf::open(folder, keys)
    }

    /// Takes a delta: proven, put on disk, then in force.
    ///
    /// # Errors
    /// [`ShelfFault`].
    pub fn take_delta(&mut self, bytes: &[u8]) -> Result<DeltaHead, ShelfFault> {
        let ready = self.list.prepare(bytes)?;
        let head = ready.head;
        let part = self.folder.join("delta.part");
        let mut file = File::create(&part)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        let name = format!("delta-{:010}-{:010}-{:010}.tfd", head.epoch.0, head.from, head.to);
        rename(&self.folder, &part, &name)?;
        self.list.commit(ready);
        Ok(head)
    }

    /// Folds the next `leaves` leaves; begins, or resumes after a power cut, when none is under way. Lookups go on.
    ///
    /// # Errors
    /// [`ShelfFault`]; the next call begins anew.
    pub fn fold(&mut self, leaves: u32) -> Result<Progress, ShelfFault> {
        if self.folding.is_none() && self.list.folded() == self.list.state().step {
            return Ok(Progress::Done);
        }
        let path = self.folder.join(FOLD);
        let folding = match self.folding.take() {
            Some(folding) => folding,
            None => {
                let length = fs::metadata(&self.base)?.len();
                Folding::begin(&path, &self.list, self.keys.store_key()?, length)?
            }
        };
        match folding.slice(leaves)? {
            Sliced::More(folding) => self.folding = Some(folding),
            Sliced::Whole(state) => {
                let name = base_name(state.epoch, state.step);
                rename(&self.folder, &path, &name)?;
                self.base = self.folder.join(name);
                self.list = SealedList::open(&self.base, self.keys.as_ref())?;
                follow(&mut self.list, &files(&self.folder)?)?;
                self.clear()?;
                return Ok(Progress::Done);
            }
        }
        Ok(Progress::More)
    }

    /// Removes what the state in force has no use for any more.
    fn clear(&self) -> Result<(), ShelfFault> {
        let (epoch, folded) = (self.list.base_head().epoch, self.list.folded());
        for file in files(&self.folder)? {
            let spent = match &file.what {
                What::Base { .. } => file.path != self.base,
                What::Delta { epoch: of, span } => *of < epoch || (*of == epoch && span.to <= folded),
            };
            if spent {
                fs::remove_file(&file.path)?;
            }
        }
        Ok(())
    }
}

impl StatusList for Shelf {
    fn find(&self, subject: &Subject) -> Result<Answer, ListFault> {
        self.list.find(subject)
    }

    fn head(&self) -> Head {
        self.list.head()
    }
}

enum What {
    Base { epoch: Epoch, step: u32 },
    Delta { epoch: Epoch, span: Span },
}

struct Named {
    path: PathBuf,
    what: What,
}

/// The newest base that opens, with every delta that follows. Where an older one still stands beside it, the step from the
/// one to the other was not over: a disk may have lost what it said was written, so the newer one is read whole first.
fn newest(folder: &Path, keys: &dyn KeyStore) -> Result<(SealedList, PathBuf), ShelfFault> {
    let all = files(folder)?;
    let mut bases: Vec<_> = all
        .iter()
        .filter_map(|file| match file.what {
            What::Base { epoch, step } => Some(((epoch, step), &file.path)),
            What::Delta { .. } => None,
        })
        .collect();
    bases.sort_unstable();
    let oldest = bases.first().map(|(_, path)| *path);
    for (_, path) in bases.into_iter().rev() {
        let opened = SealedList::open(path, keys).and_then(|list| {
            if Some(path) != oldest {
                list.check()?;
            }
            Ok(list)
        });
        match opened {
            Ok(mut list) => {
                follow(&mut list, &all)?;
                return Ok((list, path.clone()));
            }
            Err(OpenFault::Key(fault)) => return Err(fault.into()),
            Err(OpenFault::Read(ListFault::Unreadable)) => return Err(ListFault::Unreadable.into()),
            Err(
                OpenFault::Read(ListFault::Damaged | ListFault::Contradictory)
                | OpenFault::Signature(_)
                | OpenFault::Head(_),
            ) => put_aside(path)?,
        }
    }
    Err(ShelfFault::FindBase)
}

/// Takes the deltas that lead furthest, one after the other.
fn follow(list: &mut SealedList, all: &[Named]) -> Result<(), ShelfFault> {
    let mut deltas: Vec<(Span, &PathBuf)> = all
        .iter()
        .filter_map(|file| match file.what {
            What::Delta { epoch, span } if epoch == list.state().epoch => Some((span, &file.path)),
            What::Delta { .. } | What::Base { .. } => None,
        })
        .collect();
    deltas.sort_unstable();
    loop {
        let at = list.state().step;
        let next = deltas.iter().filter(|(span, _)| span.from <= at && at < span.to);
        let Some(next) = next.max_by_key(|(span, _)| span.to).copied() else { return Ok(()) };
        match list.apply(&read_bounded(next.1)?) {
            Ok(_) => {}
            Err(DeltaRefused::Damaged(_)) => put_aside(next.1)?,
            // Whole, but not for here: it stays and is not used.
            Err(_) => {}
        }
        deltas.retain(|delta| *delta != next);
    }
}

/// One byte more than a delta can have is enough to refuse it.
fn read_bounded(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(DELTA_MOST_BYTES as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn files(folder: &Path) -> std::io::Result<Vec<Named>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let named = path.file_name().and_then(|name| name.to_str()).and_then(what);
        files.extend(named.map(|what| Named { path, what }));
    }
    Ok(files)
}

fn what(name: &str) -> Option<What> {
    let numbers =
        |rest: &str| -> Option<Vec<u32>> { rest.split('-').map(|part| part.parse().ok()).collect() };
    if let Some(rest) = name.strip_prefix("base-").and_then(|rest| rest.strip_suffix(".tfs")) {
        let [epoch, step] = numbers(rest)?[..] else { return None };
        return Some(What::Base { epoch: Epoch(epoch), step });
    }
    let rest = name.strip_prefix("delta-")?.strip_suffix(".tfd")?;
    let [epoch, from, to] = numbers(rest)?[..] else { return None };
    Some(What::Delta { epoch: Epoch(epoch), span: Span { from, to } })
}

fn base_name(epoch: Epoch, step: u32) -> String {
    format!("base-{:010}-{step:010}.tfs", epoch.0)
}

/// The file has its name, and the folder knows, when this returns.
fn rename(folder: &Path, part: &Path, name: &str) -> std::io::Result<()> {
    fs::rename(part, folder.join(name))?;
    // SQLite's journal of a finished file is empty or gone; one left behind must not meet the next file of this name.
    match fs::remove_file(journal(part)) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    File::open(folder)?.sync_all()
}

/// It may be the only copy: somebody may want to look.
fn put_aside(path: &Path) -> std::io::Result<()> {
    let mut name = path.as_os_str().to_os_string();
    name.push(".damaged");
    fs::rename(path, name)
}
