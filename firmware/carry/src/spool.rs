//! The spool as a carrier fills it (docs/formats/repositories.md), and `part/`, where files wait until they are whole.
//! Promises: a file appears under its name whole and synced, by a rename, whoever else fills the folder at the same moment; what
//! carriers bring stays below its bound to within [`SYNC_EVERY`] for each of them, whatever is announced; no link in it is followed,
//! what is not regular is not read; acknowledgements need no room that downloads could take.
//! Must not know: HTTP; what files mean.

mod part;

use std::path::{Path, PathBuf};

use gate_core::records::names::ACKS;
use gate_files::{Entry, FileFault, Folder, For, Kind};
use gate_tuf::TIMESTAMP;

use crate::ask::{self, Ask};
use crate::wants::hex;

pub use part::{Part, SYNC_EVERY};

/// Where files wait until they are whole.
const PARTS: &str = "part";
/// Folders of a repository.
const FOLDERS: [&str; 3] = ["metadata", "targets", "targets/keys"];
/// What is fetched before a timestamp is put in place, and may take the last room: bytes of one file.
pub const SMALL: u64 = 32 << 20;
/// What carriers may take of a spool, in MiB, where nobody says otherwise: two bases of a province, and what is small.
pub const USUAL_MIB: u64 = 2048;
/// Room that what is large leaves to what is small.
const KEPT_FREE: u64 = 96 << 20;
/// Bytes of a file up to which it is hashed wherever it is looked at.
const HASHED_ALWAYS: u64 = 1 << 20;
/// Names looked at in a folder.
const NAMES_MOST: usize = 1 << 16;
/// Acknowledgements that are kept: a journal is new only after a damaged one.
const ACKS_MOST: usize = 256;

/// The folder.
#[derive(Clone, Debug)]
pub struct Spool {
    path: PathBuf,
    bound: u64,
}

/// Why a file is not in the spool.
#[derive(Debug, thiserror::Error)]
pub enum SpoolFault {
    /// The system refuses, or a link stands in the way.
    #[error("in the spool: {0}")]
    Write(#[from] FileFault),
    /// There is no room.
    #[error("the spool has room for {bound} bytes, {used} are used, {wanted} more were wanted")]
    Bound {
        /// Its bound.
        bound: u64,
        /// Used.
        used: u64,
        /// Wanted.
        wanted: u64,
    },
    /// Somebody else is bringing it.
    #[error("another carrier is bringing it")]
    Await,
}

/// How closely a file that is there is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// By its length; by every byte where hashing it costs nothing.
    Length,
    /// By every byte.
    Bytes,
}

impl Spool {
    /// The folder at `path`, in which carriers may take `bound` bytes.
    ///
    /// # Errors
    /// [`SpoolFault`].
    pub fn open(path: &Path, bound: u64) -> Result<Spool, SpoolFault> {
        Folder::make(path)?.make_below(PARTS)?;
        Ok(Spool { path: path.into(), bound })
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Bytes in it that a carrier brought, acknowledgements apart. What waits in `out/` is the journal's matter, and has its own limit.
    ///
    /// # Errors
    /// [`SpoolFault`].
    pub fn used(&self) -> Result<u64, SpoolFault> {
        let root = self.root()?;
        [PARTS, "trust", "status"].iter().try_fold(0_u64, |sum, name| match root.below(name)? {
            Some(folder) => Ok(sum.saturating_add(used(&folder, 2)?)),
            None => Ok(sum),
        })
    }

    /// A small file of it; `None` if it is not there, no regular file, or longer than `most`.
    #[must_use]
    pub fn read(&self, name: &str, most: u64) -> Option<Vec<u8>> {
        self.root().ok()?.small(name, most).ok().flatten()
    }

    /// Whether a file is there, as closely as it is looked at.
    #[must_use]
    pub fn has(&self, name: &str, (length, sha256): (u64, &[u8; 32]), look: Look) -> bool {
        let file = self.root().ok().and_then(|root| root.regular(name, For::Reading).ok().flatten());
        let Some(mut file) = file else { return false };
        file.metadata().is_ok_and(|about| about.len() == length)
            && (look == Look::Length && length > HASHED_ALWAYS
                || part::digest(&mut file).is_ok_and(|found| found == *sha256))
    }

    /// Puts a small file under its name.
    ///
    /// # Errors
    /// [`SpoolFault`].
    pub fn place(&self, name: &str, bytes: &[u8]) -> Result<(), SpoolFault> {
        self.keep_room(bytes.len() as u64, bytes.len() as u64)?;
        self.settle(name, bytes)
    }

    /// Puts an acknowledgement there. Of too many the oldest goes; what downloads take or lack is nothing to it.
    ///
    /// # Errors
    /// [`SpoolFault`].
    pub fn acknowledge(&self, name: &str, bytes: &[u8]) -> Result<(), SpoolFault> {
        let folder = self.root()?.make_below(ACKS)?;
        let names = folder.files(NAMES_MOST)?;
        if names.len() >= ACKS_MOST && !names.iter().any(|known| known == name) {
            let age =
                |name: &String| folder.regular(name, For::Reading).ok()??.metadata().ok()?.modified().ok();
            if let Some(oldest) = names.iter().min_by_key(|name| age(name)) {
                folder.remove(oldest)?;
            }
        }
        self.settle(&format!("{ACKS}/{name}"), bytes)
    }

    /// Asks the keeper to look, beside the bound: what was asked before is asked no more.
    ///
    /// # Errors
    /// [`SpoolFault`].
    pub fn ask(&self, ask: &Ask) -> Result<(), SpoolFault> {
        self.settle(ask::FILE_NAME, ask.to_string().as_bytes())
    }

    /// By way of `part/`: a folder that another carrier is tidying holds no half file.
    fn settle(&self, name: &str, bytes: &[u8]) -> Result<(), SpoolFault> {
        let root = self.root()?;
        let (folders, file) = name.rsplit_once('/').unwrap_or(("", name));
        let (parts, into) = (root.make_below(PARTS)?, root.make_below(folders)?);
        let mut draft = parts.draft(file)?;
        draft.write(bytes)?;
        Ok(draft.settle(&into, file)?)
    }

    /// Removes a file, if it is there.
    ///
    /// # Errors
    /// [`SpoolFault`].
    pub fn remove(&self, name: &str) -> Result<(), SpoolFault> {
        Ok(self.root()?.remove(name)?)
    }

    /// What came of a repository's file so far, to go on with.
    ///
    /// # Errors
    /// [`SpoolFault::Bound`] if the rest has no room, [`SpoolFault::Await`] if another carrier brings it.
    pub fn part(&self, repository: &str, sha256: &[u8; 32], length: u64) -> Result<Part, SpoolFault> {
        Part::open(self, part_name(repository, sha256), sha256, length)
    }

    /// Names of the regular files in a folder of it, at most as many as a folder can sensibly have.
    #[must_use]
    pub fn names(&self, folder: &str) -> Vec<String> {
        let folder = self.root().ok().and_then(|root| root.below(folder).ok().flatten());
        folder.and_then(|folder| folder.files(NAMES_MOST).ok()).unwrap_or_default()
    }

    /// Removes a repository's files under way but these, and what nobody writes any more. What another carrier is at stays.
    ///
    /// # Errors
    /// [`SpoolFault`].
    pub fn keep_parts(&self, repository: &str, digests: &[[u8; 32]]) -> Result<(), SpoolFault> {
        let Some(parts) = self.root()?.below(PARTS)? else { return Ok(()) };
        parts.sweep_drafts("")?;
        let kept: Vec<String> = digests.iter().map(|digest| part_name(repository, digest)).collect();
        let ours = format!("{repository}.");
        let is_part = |name: &&String| name.starts_with(&ours) && name.len() == ours.len() + 64;
        for name in parts.files(NAMES_MOST)?.iter().filter(is_part) {
            if !kept.contains(name) && parts.is_left(name) {
                parts.remove(name)?;
            }
        }
        Ok(())
    }

    /// Removes what lies in a repository's folder and is neither a root from `root` on, nor the timestamp, nor named in `kept`
    /// (paths within the spool).
    ///
    /// # Errors
    /// [`SpoolFault`].
    pub fn prune(&self, repository: &str, root: u64, kept: &[String]) -> Result<(), SpoolFault> {
        for folder in FOLDERS {
            self.remove_all(&format!("{repository}/{folder}"), |name| {
                let is_root = root_version(name).is_some_and(|version| version >= root);
                !is_root && !name.ends_with(TIMESTAMP) && !kept.iter().any(|kept| kept == name)
            })?;
        }
        Ok(())
    }

    /// Removes every root after this one: where a source has none, one that lies here is a thief's or another province's, and would end
    /// the keeper's way.
    ///
    /// # Errors
    /// [`SpoolFault`].
    pub fn forget_roots_after(&self, repository: &str, version: u64) -> Result<(), SpoolFault> {
        let folder = format!("{repository}/metadata");
        self.remove_all(&folder, |name| root_version(name).is_some_and(|found| found > version))
    }

    fn remove_all(&self, folder: &str, goes: impl Fn(&str) -> bool) -> Result<(), SpoolFault> {
        let Some(open) = self.root()?.below(folder)? else { return Ok(()) };
        for Entry { name, kind } in open.entries(NAMES_MOST)? {
            if kind != Kind::Folder && goes(&format!("{folder}/{name}")) {
                open.remove(&name)?;
            }
        }
        Ok(())
    }

    /// Whether `wanted` more bytes of a file of `length` have room.
    fn keep_room(&self, wanted: u64, length: u64) -> Result<(), SpoolFault> {
        let used = self.used()?;
        let free = if length > SMALL { KEPT_FREE.min(self.bound / 4) } else { 0 };
        let bound = self.bound - free;
        match used.checked_add(wanted).is_some_and(|sum| sum <= bound) {
            true => Ok(()),
            false => Err(SpoolFault::Bound { bound, used, wanted }),
        }
    }

    fn root(&self) -> Result<Folder, SpoolFault> {
        Ok(Folder::make(&self.path)?)
    }
}

fn part_name(repository: &str, sha256: &[u8; 32]) -> String {
    format!("{repository}.{}", hex(sha256))
}

/// Bytes of all files, so many folders deep: a repository has no other.
fn used(folder: &Folder, depth: u8) -> Result<u64, SpoolFault> {
    folder.entries(NAMES_MOST)?.into_iter().try_fold(0_u64, |sum, entry| {
        let bytes = match entry.kind {
            Kind::File(length) => length,
            Kind::Folder if depth > 0 => match folder.below(&entry.name)? {
                Some(below) => used(&below, depth - 1)?,
                None => 0,
            },
            Kind::Folder | Kind::Other => 0,
        };
        Ok(sum.saturating_add(bytes))
    })
}

fn root_version(name: &str) -> Option<u64> {
    name.rsplit('/').next()?.strip_suffix(".root.json")?.parse().ok()
}

#[cfg(test)]
mod tests;
