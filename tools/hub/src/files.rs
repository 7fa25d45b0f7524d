//! The hub's folder: what lies where, and secrets in files.
//! Promises: a secret is made once, mode 0600, and refused when others can read it; a file is there whole and synced, or not at
//! all, wherever the power goes; what others put into a folder is opened without following links or waiting.
//! Must not know: what the secrets are for.

use std::fs::{self, DirBuilder, File};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use gate_core::json;
use zeroize::Zeroizing;

/// Linux's flags, the same on every processor that we build for but MIPS and PA-RISC.
const O_NOFOLLOW: i32 = 0o400_000;
const O_NONBLOCK: i32 = 0o4000;
/// The epoch as it was last raised, outside the database.
const EPOCH: &str = "epoch";

/// Where everything lies.
#[derive(Clone, Debug)]
pub struct Folder(PathBuf);

/// Why a file is not there.
#[derive(Debug, thiserror::Error)]
pub enum FileFault {
    /// The system refuses.
    #[error("{}: {reason}", .path.display())]
    Reach {
        /// Which.
        path: PathBuf,
        /// What the system said.
        reason: io::Error,
    },
    /// Others can read it.
    #[error("{} can be read by others: chmod 600 it, and make a new one if they might have", .0.display())]
    KeepSecret(PathBuf),
    /// Not as it was written.
    #[error("{} is damaged", .0.display())]
    Read(PathBuf),
}

fn at(path: &Path) -> impl Fn(io::Error) -> FileFault {
    let path = path.to_path_buf();
    move |reason| FileFault::Reach { path: path.clone(), reason }
}

impl Folder {
    /// The folder, made if it is not there; nobody else enters it.
    ///
    /// # Errors
    /// [`FileFault`].
    pub fn open(path: &Path) -> Result<Folder, FileFault> {
        let make = |path: &Path| DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(at(path));
        make(path)?;
        let folder = Folder(path.into());
        make(&folder.path("tls"))?;
        make(&folder.repository())?;
        Ok(folder)
    }

    /// A file in it.
    #[must_use]
    pub fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// Where the desk publishes to: `trust/` and `status/` are in it.
    #[must_use]
    pub fn repository(&self) -> PathBuf {
        self.path("repository")
    }

    /// The epoch as it was last raised; 0 if it never was.
    ///
    /// # Errors
    /// [`FileFault`].
    pub fn epoch(&self) -> Result<u32, FileFault> {
        let path = self.path(EPOCH);
        match fs::read_to_string(&path) {
            Ok(text) => text.trim_end().parse().map_err(|_| FileFault::Read(path)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(0),
            Err(error) => Err(at(&path)(error)),
        }
    }

    /// Notes it outside the database, which may be put back from a copy.
    ///
    /// # Errors
    /// [`FileFault`].
    pub fn note_epoch(&self, epoch: u32) -> Result<(), FileFault> {
        place(&self.path(EPOCH), format!("{epoch}\n").as_bytes(), Readers::All)
    }

    /// 32 secret bytes in a file of it, made at the first time.
    ///
    /// # Errors
    /// [`FileFault`].
    pub fn secret(&self, name: &str) -> Result<Zeroizing<[u8; 32]>, FileFault> {
        let path = self.path(name);
        if !path.exists() {
            let mut secret = Zeroizing::new([0; 32]);
            getrandom::fill(&mut *secret)
                .map_err(|_| at(&path)(io::Error::other("the system gives no randomness")))?;
            let mut text = Zeroizing::new(String::with_capacity(65));
            for byte in secret.iter() {
                for nibble in [byte >> 4, byte & 15] {
                    text.push(char::from(b"0123456789abcdef"[usize::from(nibble)]));
                }
            }
            text.push('\n');
            place(&path, text.as_bytes(), Readers::Owner)?;
        }
        let text = read_secret(&path)?;
        let digits = std::str::from_utf8(&text).ok().and_then(|text| json::hex(text.trim_end()));
        digits.map(Zeroizing::new).ok_or(FileFault::Read(path))
    }
}

/// Who reads a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Readers {
    /// Its owner.
    Owner,
    /// Everybody whom the folder lets in.
    All,
}

/// Writes a file under another name, syncs it, and gives it its own.
///
/// # Errors
/// [`FileFault`].
pub fn place(path: &Path, bytes: &[u8], readers: Readers) -> Result<(), FileFault> {
    let mut name = path.as_os_str().to_owned();
    name.push(".part");
    let part = PathBuf::from(name);
    // What a cut left behind.
    let _ = fs::remove_file(&part);
    let mode = if readers == Readers::Owner { 0o600 } else { 0o644 };
    let mut file = File::options().write(true).create_new(true).mode(mode).open(&part).map_err(at(&part))?;
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(at(&part))?;
    fs::rename(&part, path).map_err(at(path))?;
    path.parent().map_or(Ok(()), sync_folder)
}

/// Makes names in a folder last.
///
/// # Errors
/// [`FileFault`].
pub fn sync_folder(folder: &Path) -> Result<(), FileFault> {
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(at(folder))
}

/// A regular file for reading, directly where its path says; whatever somebody else put there.
///
/// # Errors
/// The system's; for a link too.
pub fn open_regular(path: &Path) -> io::Result<Option<File>> {
    // Without waiting: a pipe with nobody at its other end would hold this thread for ever.
    let file = File::options().read(true).custom_flags(O_NOFOLLOW | O_NONBLOCK).open(path)?;
    Ok(file.metadata()?.is_file().then_some(file))
}

/// A small file somebody else put there; `None` if it is longer, or no regular file.
///
/// # Errors
/// The system's.
pub fn small(path: &Path, most: u64) -> io::Result<Option<Vec<u8>>> {
    let (Some(file), mut bytes) = (open_regular(path)?, Vec::new()) else { return Ok(None) };
    file.take(most + 1).read_to_end(&mut bytes)?;
    Ok((bytes.len() as u64 <= most).then_some(bytes))
}

/// Reads a file that only its owner reads.
///
/// # Errors
/// [`FileFault`].
pub fn read_secret(path: &Path) -> Result<Zeroizing<Vec<u8>>, FileFault> {
    let about = fs::metadata(path).map_err(at(path))?;
    match about.mode() & 0o077 {
        0 => fs::read(path).map(Zeroizing::new).map_err(at(path)),
        _ => Err(FileFault::KeepSecret(path.into())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_that_a_cut_left_half_written_is_made_anew() {
        let folder = tempfile::tempdir().unwrap();
        let hub = Folder::open(folder.path()).unwrap();
        fs::write(hub.path("acknowledge.key.part"), "0123").unwrap();
        let made = hub.secret("acknowledge.key").unwrap();
        assert_eq!(*hub.secret("acknowledge.key").unwrap(), *made);
        assert_eq!(fs::metadata(hub.path("acknowledge.key")).unwrap().mode() & 0o777, 0o600);
        assert!(!hub.path("acknowledge.key.part").exists());
    }

    #[test]
    fn links_and_pipes_of_others_are_no_files() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        fs::write(path("file"), "12345").unwrap();
        std::os::unix::fs::symlink("file", path("link")).unwrap();
        assert!(std::process::Command::new("mkfifo").arg(path("pipe")).status().unwrap().success());
        assert!(small(&path("link"), 9).is_err());
        assert_eq!(small(&path("pipe"), 9).unwrap(), None);
        assert_eq!(small(&path("file"), 4).unwrap(), None);
        assert_eq!(small(&path("file"), 5).unwrap(), Some(b"12345".to_vec()));
    }
}
