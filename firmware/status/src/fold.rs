//! Folding: a base and the colours changed since, into a new file, a slice at a time (DESIGN §6).
//! Promises: lookups go on meanwhile, from the old file; after a power cut it goes on where it was, or begins anew; what is
//! written under one file id is the same however often it is resumed, so that no nonce covers two texts; it does not begin
//! without room on the disk.
//! Must not know: which file is in force.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use gate_proof::digest::sha256;
use gate_proof::leaf_seal::{LeafKey, StoreKey};
use rusqlite::Error;

use crate::base::{Base, Local, mark_of, unseal};
use crate::delta::keyed_section;
use crate::entry::{Entry, Epoch, Key, Rank};
use crate::head::BaseHead;
use crate::leaf::Codes;
use crate::list::{ListFault, Scope};
use crate::overlay::Overlay;
use crate::pages::{Beside, Durability, PagesWriter};
use crate::sealed::{SealedList, State};
use crate::writer::{LeafWriter, WriteFault, codes_for, fresh_file_id};

/// One in so many people is no simple green one, for choosing a code: a guess that depends on nothing but the base.
const EXCEPTIONAL: u64 = 200;
/// Leaves read back at a time when a fold is resumed.
const READ_BACK: u32 = 256;
/// Room left to everything else on the disk.
const SPARE_BYTES: u64 = 8 << 20;

/// Why a fold stopped. What is in force stays in force.
#[derive(Debug, thiserror::Error)]
pub enum FoldFault {
    /// Not enough room.
    #[error("folding needs {needs} bytes of disk, {has} are free")]
    FindRoom {
        /// Bytes needed.
        needs: u64,
        /// Bytes free.
        has: u64,
    },
    /// The old file cannot be read.
    #[error(transparent)]
    Read(#[from] ListFault),
    /// The new file cannot be written.
    #[error(transparent)]
    Write(#[from] WriteFault),
    /// The file system.
    #[error("the folder of the list cannot be written")]
    Store(#[from] std::io::Error),
}

impl From<Error> for FoldFault {
    fn from(error: Error) -> Self {
        FoldFault::Write(error.into())
    }
}

/// A fold under way. Dropped at any time it is gone on with by the next one at the same path.
pub struct Folding {
    path: PathBuf,
    source: Arc<Base>,
    overlay: Arc<Overlay>,
    store: StoreKey,
    writer: LeafWriter,
    /// The last key of the source's leaf that was read last.
    cursor: u64,
    /// The last key that was there before this began: what comes up to it is written already.
    done: u64,
    local: Local,
}

/// Where a fold is after a slice.
pub enum Sliced {
    /// There is more.
    More(Box<Folding>),
    /// The new file is whole and synced.
    Whole(State),
}

/// The epoch and step that the fold at `path` leads to, if one was begun there: what came since waits for the next one.
/// Proven by nobody: going on with it proves every leaf.
#[must_use]
pub fn fold_begun(path: &Path) -> Option<(Epoch, u32)> {
    if !path.exists() {
        return None;
    }
    let beside = PagesWriter::resume(path).ok()?.beside().ok()?;
    Some((BaseHead::decode(&beside.head).ok()?.epoch, Local::decode(&beside.local)?.folded))
}

/// Removes what a fold left at `path`.
///
/// # Errors
/// The file system's.
pub fn forget_fold(path: &Path) -> std::io::Result<()> {
    for path in [path.to_path_buf(), journal(path)] {
        match std::fs::remove_file(path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(())
}

impl Folding {
    /// Begins at `path`, or goes on with what is there if it is a part of the same fold. `room` is the base's length in
    /// bytes.
    ///
    /// # Errors
    /// [`FoldFault`].
    pub fn begin(
        path: &Path,
        list: &SealedList,
        store: StoreKey,
        room: u64,
    ) -> Result<Box<Folding>, FoldFault> {
        let (source, overlay, state) = (list.base().clone(), list.overlay().clone(), list.state());
        let keyed = keyed_section(overlay.keyed());
        // A leaf more for each thousand changed, at most; a quarter of the file is more than that.
        let needs = room + room / 4 + 2 * keyed.len() as u64 + SPARE_BYTES;
        // What was written before is gone on with, or makes room.
        let has = free_bytes(path)?.saturating_add(std::fs::metadata(path).map_or(0, |about| about.len()));
        if has < needs {
            return Err(FoldFault::FindRoom { needs, has });
        }
        let planned = Local {
            file: fresh_file_id()?,
            folded: state.step,
            link: state.link,
            as_of: state.as_of,
            leaves: 0,
            keyed: u32::try_from(overlay.keyed().len()).unwrap_or(u32::MAX),
            keyed_hash: *sha256(&[&keyed]).as_bytes(),
        };
        let codes = codes_of(&source);
        let resumed = resume(path, &source, &planned, &store, codes);
        let (writer, local, done) = match resumed {
            Some(resumed) => resumed,
            None => (fresh(path, &source, &planned, &store, codes)?, planned, 0),
        };
        Ok(Box::new(Folding {
            path: path.to_path_buf(),
            source,
            overlay,
            store,
            writer,
            cursor: done,
            done,
            local,
        }))
    }

    /// Reads up to `leaves` leaves of the old file and writes what they are now, synced.
    ///
    /// # Errors
    /// [`FoldFault`].
    pub fn slice(mut self: Box<Self>, leaves: u32) -> Result<Sliced, FoldFault> {
        let opened = self.source.after(self.cursor, leaves.max(1))?;
        if opened.is_empty() {
            return Err(ListFault::Damaged.into());
        }
        for leaf in opened {
            if leaf.place.previous > self.cursor {
                return Err(ListFault::Damaged.into());
            }
            self.cursor = leaf.place.last;
            let leaf = leaf.leaf()?;
            for (rank, (key, entry)) in
                (leaf.first().0..).zip(leaf.entries().map_err(|_| ListFault::Damaged)?)
            {
                if key.value() > self.done {
                    self.writer.push(key, folded(entry, Rank(rank), &self.overlay))?;
                }
            }
        }
        if self.cursor == Key::MAX.value() {
            return self.finish().map(Sliced::Whole);
        }
        self.writer.flush()?;
        Ok(Sliced::More(self))
    }

    fn finish(self) -> Result<State, FoldFault> {
        let (mut written, beside) = (self.writer.finish()?, self.source.beside().clone());
        let local = Local { leaves: written.leaves, ..self.local };
        let mut bytes = local.encode();
        let mark = mark_of(&self.store, &beside.head, &bytes);
        bytes.extend_from_slice(mark.as_bytes());
        written.pages.put_keyed(&keyed_section(self.overlay.keyed()))?;
        written.pages.put_beside(&Beside { local: bytes, ..beside })?;
        written.pages.finish(&self.path)?;
        let epoch = self.source.head().epoch;
        Ok(State { epoch, step: local.folded, link: local.link, as_of: local.as_of })
    }
}

fn folded(entry: Entry, rank: Rank, overlay: &Overlay) -> Entry {
    match entry {
        Entry::Colour(colour) => Entry::Colour(overlay.colour(rank).unwrap_or(colour)),
        Entry::SecondOf(first) => Entry::SecondOf(first),
    }
}

/// The same for every fold of a base, resumed or not.
fn codes_of(source: &Base) -> Codes {
    let keys = u64::from(source.head().keys);
    match source.head().scope {
        Scope::Population => codes_for(keys, keys / EXCEPTIONAL),
        Scope::Exceptions => codes_for(keys, keys),
    }
}

fn fresh(
    path: &Path,
    source: &Base,
    planned: &Local,
    store: &StoreKey,
    codes: Codes,
) -> Result<LeafWriter, FoldFault> {
    forget_fold(path)?;
    let writer = LeafWriter::create(path, store.leaf_key(&planned.file), codes, Durability::EachBatch)?;
    writer.put_beside(&Beside { local: planned.encode(), ..source.beside().clone() })?;
    Ok(writer)
}

/// What is at `path`, if it is the beginning of this very fold: the same base, the same state. Then every leaf in it is what
/// would be written again.
fn resume(
    path: &Path,
    source: &Base,
    planned: &Local,
    store: &StoreKey,
    codes: Codes,
) -> Option<(LeafWriter, Local, u64)> {
    if !path.exists() {
        return None;
    }
    let pages = PagesWriter::resume(path).ok()?;
    let beside = pages.beside().ok()?;
    let local = Local::decode(&beside.local)?;
    let same = beside.head == source.beside().head && Local { file: local.file, ..*planned } == local;
    if !same || !pages.structure_is_whole().ok()? {
        return None;
    }
    let key = store.leaf_key(&local.file);
    let (previous, rank, index) = written_so_far(&pages, &key)?;
    if previous == Key::MAX.value() {
        // It was cut between its last leaf and its head: cheaper to begin anew than to have a case of its own.
        return None;
    }
    Some((LeafWriter::behind(pages, key, codes, (previous, rank, index)), local, previous))
}

/// Where to go on behind the leaves that are there, if every one of them opens in its place: what a power cut tore is not
/// gone on with.
fn written_so_far(pages: &PagesWriter, key: &LeafKey) -> Option<(u64, Rank, u32)> {
    let (mut last, mut rank, mut index) = (0, 0_u32, 0_u32);
    loop {
        let rows = pages.after(last, READ_BACK).ok()?;
        if rows.is_empty() {
            return Some((last, Rank(rank), index));
        }
        for row in rows {
            let opened = unseal(key, row).ok()?;
            let leaf = opened.leaf().ok()?;
            let follows =
                (opened.place.previous, opened.place.index, leaf.first()) == (last, index, Rank(rank));
            if !follows || leaf.entries().is_err() {
                return None;
            }
            (last, rank, index) = (opened.place.last, rank.checked_add(leaf.count())?, index.checked_add(1)?);
        }
    }
}

/// SQLite's rollback journal of a file.
pub(crate) fn journal(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_os_string();
    name.push("-journal");
    name.into()
}

fn free_bytes(path: &Path) -> std::io::Result<u64> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let about = rustix::fs::statvfs(folder)?;
    Ok(about.f_bavail.saturating_mul(about.f_frsize))
}
