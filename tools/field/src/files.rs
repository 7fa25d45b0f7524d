//! Files of a carrier: opened without believing the folder they lie in.
//! Promises: regular files alone, directly in the folder named; no link is followed, no pipe waited for, no more read than bounded.
//! Must not know: what is in them.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::os::fd::OwnedFd;
use std::path::Path;

use rustix::fs::{Mode, OFlags, open, openat};
use rustix::io::Errno;

/// Names looked at in a folder, at most.
pub const NAMES_MOST: usize = 1 << 16;

/// For what a file is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum For {
    /// To be read.
    Reading,
    /// To be written within its length.
    Writing,
}

/// A regular file below a carrier's folder; `None` if it is not there, or is no regular file, or lies behind a link. Parts of `path` are
/// parted by `/`, and none of them is `..`.
///
/// # Errors
/// The system's.
pub fn regular(root: &Path, path: &str, purpose: For) -> io::Result<Option<File>> {
    let flags = OFlags::DIRECTORY | OFlags::CLOEXEC;
    let mut at: OwnedFd = match open(root, flags, Mode::empty()) {
        Err(Errno::NOENT) => return Ok(None),
        other => other?,
    };
    let (folders, name) = path.rsplit_once('/').unwrap_or(("", path));
    if path.split('/').any(|part| part == "..") {
        return Ok(None);
    }
    for folder in folders.split('/').filter(|folder| !folder.is_empty()) {
        at = match openat(&at, folder, flags | OFlags::NOFOLLOW, Mode::empty()) {
            Err(Errno::NOENT | Errno::LOOP | Errno::NOTDIR) => return Ok(None),
            other => other?,
        };
    }
    let access = match purpose {
        For::Reading => OFlags::RDONLY,
        For::Writing => OFlags::RDWR,
    };
    let flags = access | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    let file = match openat(&at, name, flags, Mode::empty()) {
        Err(Errno::NOENT | Errno::LOOP | Errno::NXIO | Errno::ISDIR) => return Ok(None),
        other => File::from(other?),
    };
    Ok(file.metadata()?.is_file().then_some(file))
}

/// A whole small file of a carrier; `None` where [`regular`] has none, or where it is longer than `most`.
///
/// # Errors
/// The system's.
pub fn small(root: &Path, path: &str, most: u64) -> io::Result<Option<Vec<u8>>> {
    let Some(file) = regular(root, path, For::Reading)? else { return Ok(None) };
    if file.metadata()?.len() > most {
        return Ok(None);
    }
    let mut bytes = Vec::new();
    file.take(most + 1).read_to_end(&mut bytes)?;
    Ok((bytes.len() as u64 <= most).then_some(bytes))
}

/// The names in a folder of a carrier, sorted; none if it is none.
#[must_use]
pub fn names(folder: &Path) -> Vec<String> {
    let is_folder = fs::symlink_metadata(folder).is_ok_and(|about| about.is_dir());
    let Some(Ok(entries)) = is_folder.then(|| fs::read_dir(folder)) else { return Vec::new() };
    let names = entries.take(NAMES_MOST).filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let mut names: Vec<String> = names.collect();
    names.sort();
    names
}

/// Puts a file of ours under its name, whole and synced or not at all.
///
/// # Errors
/// The system's.
pub fn place(folder: &Path, name: &str, bytes: &[u8]) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    let part = folder.join(format!("{name}.part"));
    let _ = fs::remove_file(&part);
    let written = File::options().write(true).create_new(true).open(&part).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&part, folder.join(name))
    });
    if written.is_err() {
        let _ = fs::remove_file(&part);
    }
    written?;
    File::open(folder)?.sync_all()
}
