//! The spool, as whoever filled it left it: nobody's word is taken for anything in it.
//! Promises: opens regular files alone, each part of a path below the one before, no links, no pipes waited for; lengths
//! are known before anything is read, and no more is read than was announced.
//! Must not know: what the files say.

use std::fs::File;
use std::io::Read;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use gate_proof::digest::Hasher;
use gate_tuf::{Source, SourceFault, TargetFile, TargetName, consistent_name};
use rustix::fs::{Mode, OFlags, open, openat};
use rustix::io::Errno;

use crate::refusal::{Cause, Refusal};

/// Bytes copied at once.
const PIECE: usize = 64 << 10;

/// One repository's folder in the spool.
#[derive(Debug)]
pub struct Spool {
    folder: OwnedFd,
    path: PathBuf,
}

/// Why a file of the spool is not had.
#[derive(Debug, thiserror::Error)]
pub enum SpoolFault {
    /// A link, or something else than a folder on the way.
    #[error("{0} is a link, or lies behind one")]
    FollowLink(String),
    /// A pipe, a device, a folder.
    #[error("{0} is no regular file")]
    OpenRegular(String),
    /// Longer than it may be.
    #[error("{name} has {found} bytes, at most {most} are read")]
    BoundLength {
        /// Which.
        name: String,
        /// Its length.
        found: u64,
        /// At most.
        most: u64,
    },
    /// The system refuses.
    #[error("{name}: {reason}")]
    Read {
        /// Which.
        name: String,
        /// What the system said.
        reason: std::io::Error,
    },
    /// Not the bytes that were signed.
    #[error("{0} is not the file that was signed for: its length or SHA-256 differs")]
    MatchDigest(String),
}

impl From<SpoolFault> for Refusal {
    fn from(fault: SpoolFault) -> Refusal {
        let cause = match &fault {
            SpoolFault::MatchDigest(_) => Cause::Changed,
            _ => Cause::Unreadable,
        };
        Refusal::of(cause, &fault)
    }
}

impl Spool {
    /// The folder of repository `name`; `None` if nothing of it was ever brought.
    ///
    /// # Errors
    /// [`SpoolFault`].
    pub fn open(spool: &Path, name: &str) -> Result<Option<Spool>, SpoolFault> {
        let path = spool.join(name);
        let at = |error: Errno| SpoolFault::Read { name: name.into(), reason: error.into() };
        let spool = match open(spool, OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty()) {
            Err(Errno::NOENT) => return Ok(None),
            other => other.map_err(at)?,
        };
        let folder = below(&spool, name)?;
        Ok(folder.map(|folder| Spool { folder, path }))
    }

    /// Where it is, for messages.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The file of a target, if it is there: of its announced length, its content not looked at yet.
    ///
    /// # Errors
    /// [`SpoolFault`].
    pub fn target(
        &self,
        name: &TargetName,
        what: &TargetFile,
        layout: Layout,
    ) -> Result<Option<File>, SpoolFault> {
        let digest = what.hashes.get("sha256").map_or("", String::as_str).to_ascii_lowercase();
        let file_name = match layout {
            Layout::Consistent => consistent_name(name, &digest),
            Layout::Plain => name.as_str().into(),
        };
        let Some((file, found)) = self.file(&format!("targets/{file_name}"))? else { return Ok(None) };
        match found == what.length {
            true => Ok(Some(file)),
            false => Err(SpoolFault::MatchDigest(name.as_str().into())),
        }
    }

    fn read(&self, path: &str, most: u64) -> Result<Option<Vec<u8>>, SpoolFault> {
        let Some((file, found)) = self.file(path)? else { return Ok(None) };
        let bound = |found| SpoolFault::BoundLength { name: path.into(), found, most };
        if found > most {
            return Err(bound(found));
        }
        let mut bytes = Vec::with_capacity(usize::try_from(found).unwrap_or(0));
        let read = file.take(most.saturating_add(1)).read_to_end(&mut bytes);
        read.map_err(|reason| SpoolFault::Read { name: path.into(), reason })?;
        // It may have grown since.
        if bytes.len() as u64 > most { Err(bound(bytes.len() as u64)) } else { Ok(Some(bytes)) }
    }

    fn file(&self, path: &str) -> Result<Option<(File, u64)>, SpoolFault> {
        let Some((folders, name)) = path.rsplit_once('/') else { return Ok(None) };
        let mut folder: Option<OwnedFd> = None;
        for part in folders.split('/') {
            match below(folder.as_ref().unwrap_or(&self.folder), part)? {
                Some(next) => folder = Some(next),
                None => return Ok(None),
            }
        }
        // Without waiting: a pipe with nobody at its other end would hold this process for ever.
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
        let fd = match openat(folder.as_ref().unwrap_or(&self.folder), name, flags, Mode::empty()) {
            Err(Errno::NOENT) => return Ok(None),
            Err(Errno::LOOP) => return Err(SpoolFault::FollowLink(path.into())),
            other => other.map_err(|error| SpoolFault::Read { name: path.into(), reason: error.into() })?,
        };
        let file = File::from(fd);
        let about = file.metadata().map_err(|reason| SpoolFault::Read { name: path.into(), reason })?;
        match about.is_file() {
            true => Ok(Some((file, about.len()))),
            false => Err(SpoolFault::OpenRegular(path.into())),
        }
    }
}

impl Source for Spool {
    fn metadata(&self, name: &str, most: u64) -> Result<Option<Vec<u8>>, SourceFault> {
        self.read(&format!("metadata/{name}"), most).map_err(|fault| SourceFault(fault.to_string()))
    }
}

/// How a repository names its targets' files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// With the digest before the name.
    Consistent,
    /// By the name alone.
    Plain,
}

/// Hands a target's bytes to `take`, a piece at a time, and says at the end whether they were what was signed for.
///
/// # Errors
/// [`SpoolFault`]; then what `take` got is worth nothing.
pub fn pour(
    file: File,
    name: &TargetName,
    what: &TargetFile,
    mut take: impl FnMut(&[u8]) -> std::io::Result<()>,
) -> Result<(), SpoolFault> {
    let at = |reason| SpoolFault::Read { name: name.as_str().into(), reason };
    let (mut room, mut hasher, mut left) = (vec![0; PIECE], Hasher::new(), what.length);
    let mut file = file.take(what.length.saturating_add(1));
    loop {
        let count = file.read(&mut room).map_err(at)?;
        let piece = room.get(..count).unwrap_or_default();
        let Some(rest) = left.checked_sub(count as u64) else {
            return Err(SpoolFault::MatchDigest(name.as_str().into()));
        };
        if count == 0 {
            break;
        }
        left = rest;
        hasher.update(piece);
        take(piece).map_err(at)?;
    }
    match left == 0 && what.sha256() == Some(*hasher.finish().as_bytes()) {
        true => Ok(()),
        false => Err(SpoolFault::MatchDigest(name.as_str().into())),
    }
}

/// A folder directly below another, which is none behind a link.
fn below(folder: &OwnedFd, name: &str) -> Result<Option<OwnedFd>, SpoolFault> {
    let flags = OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    match openat(folder, name, flags, Mode::empty()) {
        Ok(folder) => Ok(Some(folder)),
        Err(Errno::NOENT) => Ok(None),
        Err(Errno::LOOP | Errno::NOTDIR) => Err(SpoolFault::FollowLink(name.into())),
        Err(error) => Err(SpoolFault::Read { name: name.into(), reason: error.into() }),
    }
}
