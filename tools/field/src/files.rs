//! Files of a carrier: opened without believing the folder they lie in ([`gate_files`]).
//! Promises: regular files alone, below the folder named; no link is followed, no pipe waited for, no more read than bounded.
//! Must not know: what is in them.

use std::fs::File;
use std::io;
use std::path::Path;

use gate_files::{FileFault, Folder};

pub use gate_files::For;

/// Names looked at in a folder, at most.
pub const NAMES_MOST: usize = 1 << 16;

/// A regular file below a carrier's folder; `None` if it is not there, or is no regular file, or lies behind a link. Parts of `path` are
/// parted by `/`, and none of them is `..`.
///
/// # Errors
/// The system's.
pub fn regular(root: &Path, path: &str, purpose: For) -> io::Result<Option<File>> {
    match Folder::open(root)? {
        Some(folder) => had(folder.regular(path, purpose)),
        None => Ok(None),
    }
}

/// A whole small file of a carrier; `None` where [`regular`] has none, or where it is longer than `most`.
///
/// # Errors
/// The system's.
pub fn small(root: &Path, path: &str, most: u64) -> io::Result<Option<Vec<u8>>> {
    match Folder::open(root)? {
        Some(folder) => had(folder.small(path, most)),
        None => Ok(None),
    }
}

/// Whether anything lies there, of whatever kind, or behind a link.
#[must_use]
pub fn lies(root: &Path, path: &str) -> bool {
    let folder = Folder::open(root).ok().flatten();
    folder.is_some_and(|folder| !matches!(folder.regular(path, For::Reading), Ok(None)))
}

/// The names of regular files in a folder of a carrier, sorted; none if it is none, or a link.
#[must_use]
pub fn names(folder: &Path) -> Vec<String> {
    let (above, name) =
        (folder.parent().unwrap_or(folder), folder.file_name().and_then(|name| name.to_str()));
    let above = Folder::open(above).ok().flatten();
    let folder = above.zip(name).and_then(|(above, name)| above.below(name).ok().flatten());
    let mut names = folder.and_then(|folder| folder.files(NAMES_MOST).ok()).unwrap_or_default();
    names.sort();
    names
}

/// Puts a file of ours under its name, whole and synced or not at all.
///
/// # Errors
/// The system's, and for a folder that is a link.
pub fn place(root: &Path, path: &str, bytes: &[u8]) -> io::Result<()> {
    Ok(Folder::make(root)?.place(path, bytes)?)
}

fn had<T>(found: Result<Option<T>, FileFault>) -> io::Result<Option<T>> {
    match found {
        Err(fault) if fault.is_kind() => Ok(None),
        other => Ok(other?),
    }
}
