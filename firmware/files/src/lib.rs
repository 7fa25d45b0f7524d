//! Files in folders that somebody else may have filled: sticks, spools, a desk's folder.
//!
//! Promises: only the path that a folder is opened by may lead over links, it is the operator's own word; below it every component
//! is opened from the one before and no link is followed, for reading, writing, renaming or removing. A file appears under its
//! name whole and synced, or not at all, whoever else writes there at the same moment. No pipe is waited for.
//! Must not know: what is in the files; which folder is for what.
//!
//! Own lines over `openat`, and not `cap-std`: that keeps a path within a folder, but follows links inside of it, and brings eight
//! crates.

mod draft;
mod folder;

pub use draft::Draft;
pub use folder::{Entry, Folder, For, Kind};

use std::io;

use rustix::io::Errno;

/// Why a file is not had or not written.
#[derive(Debug, thiserror::Error)]
pub enum FileFault {
    /// A link, or something else than a folder on the way.
    #[error("{0} is a link, or lies behind one")]
    FollowLink(String),
    /// A pipe, a device, a folder.
    #[error("{0} is no regular file")]
    OpenRegular(String),
    /// The system refuses.
    #[error("{path}: {reason}")]
    System {
        /// Which file.
        path: String,
        /// What the system said.
        reason: io::Error,
    },
}

impl FileFault {
    /// What lies there is not of the kind it should be: as good as nothing for whoever only reads.
    #[must_use]
    pub fn is_kind(&self) -> bool {
        matches!(self, FileFault::FollowLink(_) | FileFault::OpenRegular(_))
    }

    fn system(path: &str) -> impl Fn(io::Error) -> FileFault {
        move |reason| FileFault::System { path: path.into(), reason }
    }

    fn errno(path: &str) -> impl Fn(Errno) -> FileFault {
        move |error| match error {
            Errno::LOOP | Errno::NOTDIR => FileFault::FollowLink(path.into()),
            Errno::NXIO | Errno::ISDIR => FileFault::OpenRegular(path.into()),
            other => FileFault::System { path: path.into(), reason: other.into() },
        }
    }
}

impl From<FileFault> for io::Error {
    fn from(fault: FileFault) -> io::Error {
        match fault {
            FileFault::System { reason, .. } => reason,
            kind => io::Error::other(kind.to_string()),
        }
    }
}

#[cfg(test)]
mod tests;
