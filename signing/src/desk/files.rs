//! The desk's directory as the operating system sees it: whose it is, who else may do what there, who holds it now.
//! Promises: a directory, a key or a text that anybody but its owner could have changed is not used, nor a secret that others
//! could have read.
//! Must not know: what the files say.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;

use super::{DeskError, KEYS_DIRECTORY, STATE_FILE, at};
use crate::custody::age_files::CUSTODY_FILE;
use crate::custody::day_vault::{VAULT_FILE, WRAP_DIRECTORY};
use crate::staging::{self, Readers};

const LOCK_FILE: &str = "desk.lock";
/// Neither read nor written by group and others.
const OF_OWNER: u32 = 0o077;
/// Not written by group and others.
const NOT_WRITTEN: u32 = 0o022;

/// Refuses a desk that others of this machine may enter, change or read the secrets of.
pub(super) fn admit(directory: &Path) -> Result<(), DeskError> {
    admit_one(directory, OF_OWNER)?;
    for entry in fs::read_dir(directory).map_err(at(directory))? {
        let path = entry.map_err(at(directory))?.path();
        let secret = [CUSTODY_FILE, VAULT_FILE].into_iter().any(|name| path.ends_with(name));
        admit_one(&path, if secret { OF_OWNER } else { NOT_WRITTEN })?;
    }
    for name in [KEYS_DIRECTORY, WRAP_DIRECTORY] {
        let inner = directory.join(name);
        if !inner.exists() {
            continue;
        }
        admit_one(&inner, OF_OWNER)?;
        for entry in fs::read_dir(&inner).map_err(at(&inner))? {
            admit_one(&entry.map_err(at(&inner))?.path(), OF_OWNER)?;
        }
    }
    Ok(())
}

fn admit_one(path: &Path, forbidden: u32) -> Result<(), DeskError> {
    let about = match fs::metadata(path) {
        // A file that another command, or a service, just put in its place.
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        other => other.map_err(at(path))?,
    };
    let (path, mode, owner) = (path.to_path_buf(), about.mode() & 0o777, about.uid());
    if owner != rustix::process::geteuid().as_raw() {
        return Err(DeskError::OwnFile { path, owner });
    }
    match (mode & NOT_WRITTEN, mode & forbidden) {
        (0, 0) => Ok(()),
        (0, _) => Err(DeskError::HideFile { path, what: "read", mode }),
        _ => Err(DeskError::HideFile { path, what: "written", mode }),
    }
}

/// A new desk's directory, locked.
pub(super) fn new_directory(directory: &Path) -> Result<File, DeskError> {
    if directory.exists() {
        admit_one(directory, OF_OWNER)?;
    }
    staging::make_directory(&directory.join(KEYS_DIRECTORY), Readers::Owner).map_err(at(directory))?;
    let lock = lock(directory)?;
    if directory.join(STATE_FILE).exists() {
        return Err(DeskError::KeepDesk(directory.to_path_buf()));
    }
    // Keys of a founding that was cut off would be taken for those of this one.
    let mut left = fs::read_dir(directory.join(KEYS_DIRECTORY)).map_err(at(directory))?;
    match left.next() {
        Some(_) => Err(DeskError::KeepLeftovers(directory.to_path_buf())),
        None => Ok(lock),
    }
}

pub(super) fn found_in(directory: &Path) -> Result<(), DeskError> {
    match directory.join(STATE_FILE).exists() {
        true => Ok(()),
        false => Err(DeskError::FindDesk(directory.to_path_buf())),
    }
}

pub(super) fn lock(directory: &Path) -> Result<File, DeskError> {
    let path = directory.join(LOCK_FILE);
    let mut options = OpenOptions::new();
    let file = options.write(true).create(true).truncate(false).mode(0o600).open(&path).map_err(at(&path))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(DeskError::Lock(directory.to_path_buf())),
        Err(TryLockError::Error(source)) => Err(DeskError::File { path, source }),
    }
}

pub(super) fn read(path: &Path, most: u64) -> Result<String, DeskError> {
    let length = fs::metadata(path).map_err(at(path))?.len();
    if length > most {
        return Err(DeskError::FitFile { path: path.to_path_buf(), most });
    }
    fs::read_to_string(path).map_err(at(path))
}
