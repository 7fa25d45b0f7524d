//! Files that are whole or not there: written beside, synced, renamed, the directory synced.
//! Promises: a reader never sees half a file; secrets are never readable by others, not even for a moment.
//! Must not know: what is in them.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, Read};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

#[cfg(test)]
pub(crate) mod cut;

/// Damaged files of one name that are kept.
const ASIDE_MOST: u32 = 1000;

/// Who may read a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Readers {
    /// Its owner alone: 0600.
    Owner,
    /// Everyone on the machine: 0644.
    All,
}

/// Makes a directory with its parents: those that are new get 0700, or 0755 for `All`, whatever the umask is.
pub(crate) fn make_directory(path: &Path, readers: Readers) -> io::Result<()> {
    let mode = if readers == Readers::Owner { 0o700 } else { 0o755 };
    let new: Vec<&Path> =
        path.ancestors().take_while(|one| !one.as_os_str().is_empty() && !one.exists()).collect();
    fs::DirBuilder::new().recursive(true).mode(mode).create(path)?;
    new.into_iter().try_for_each(|one| fs::set_permissions(one, Permissions::from_mode(mode)))
}

/// Writes `path`, replacing what is there.
pub(crate) fn replace(path: &Path, bytes: &[u8], readers: Readers) -> io::Result<()> {
    replace_from(path, &mut &*bytes, readers)
}

/// The same from whatever gives the bytes, for more of them than memory should hold.
pub(crate) fn replace_from(path: &Path, bytes: &mut impl io::Read, readers: Readers) -> io::Result<()> {
    #[cfg(test)]
    cut::step()?;
    let beside = beside(path);
    // One left by a crash would keep its mode and could be a link.
    remove_if_there(&beside)?;
    let mode = if readers == Readers::Owner { 0o600 } else { 0o644 };
    let mut file = OpenOptions::new().write(true).create_new(true).mode(mode & 0o600).open(&beside)?;
    file.set_permissions(Permissions::from_mode(mode))?;
    io::copy(bytes, &mut file)?;
    file.sync_all()?;
    #[cfg(test)]
    cut::step()?;
    fs::rename(&beside, path)?;
    #[cfg(test)]
    cut::step()?;
    sync_directory(path)
}

/// Takes a file out of use and keeps it beside: `NAME.damaged`, or `NAME.damaged-2` and so on.
pub(crate) fn set_aside(path: &Path) -> io::Result<()> {
    #[cfg(test)]
    cut::step()?;
    fs::rename(path, free_aside(path)?)?;
    #[cfg(test)]
    cut::step()?;
    sync_directory(path)
}

/// Keeps a file under such a name, too, so that it may be replaced: until then it is where it was.
pub(crate) fn link_aside(path: &Path) -> io::Result<()> {
    if !path.exists() {
        return Ok(());
    }
    #[cfg(test)]
    cut::step()?;
    fs::hard_link(path, free_aside(path)?)?;
    #[cfg(test)]
    cut::step()?;
    sync_directory(path)
}

fn free_aside(path: &Path) -> io::Result<PathBuf> {
    let name = path.file_name().unwrap_or_default();
    let beside = |number: u32| {
        let mut name = name.to_os_string();
        name.push(if number == 1 { ".damaged".into() } else { format!(".damaged-{number}") });
        path.with_file_name(name)
    };
    let free = (1..=ASIDE_MOST).map(beside).find(|beside| !beside.exists());
    free.ok_or_else(|| io::Error::other("too many damaged files beside it"))
}

/// Overwrites a file with zeros, syncs, removes it, syncs the directory. One that is not there is no error. A medium that
/// writes elsewhere (flash, copy on write) and backups keep what they keep.
pub(crate) fn destroy(path: &Path) -> io::Result<()> {
    let mut file = match OpenOptions::new().write(true).open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        other => other?,
    };
    let length = file.metadata()?.len();
    #[cfg(test)]
    cut::step()?;
    io::copy(&mut io::repeat(0).take(length), &mut file)?;
    file.sync_all()?;
    #[cfg(test)]
    cut::step()?;
    fs::remove_file(path)?;
    #[cfg(test)]
    cut::step()?;
    sync_directory(path)
}

/// Syncs the directory that holds `path`.
pub(crate) fn sync_directory(path: &Path) -> io::Result<()> {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    File::open(parent.unwrap_or(Path::new(".")))?.sync_all()
}

fn beside(path: &Path) -> std::path::PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_os_string();
    name.push(".writing");
    path.with_file_name(name)
}

fn remove_if_there(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_its_owners_even_when_a_leftover_was_not() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("root.key");
        fs::write(dir.path().join("root.key.writing"), "old").unwrap();
        replace(&path, b"new", Readers::Owner).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }
}
