//! The hub's folder: what lies where, and secrets in files.
//! Promises: a secret is made once, mode 0600, and refused when others can read it.
//! Must not know: what the secrets are for.

use std::fs::{self, DirBuilder, File};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use gate_core::json;
use zeroize::Zeroizing;

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
            write_secret(&path, text.as_bytes())?;
        }
        let text = read_secret(&path)?;
        let digits = std::str::from_utf8(&text).ok().and_then(|text| json::hex(text.trim_end()));
        digits.map(Zeroizing::new).ok_or(FileFault::Read(path))
    }
}

/// Writes a file that only its owner reads.
///
/// # Errors
/// [`FileFault`]; also if there is one.
pub fn write_secret(path: &Path, bytes: &[u8]) -> Result<(), FileFault> {
    let file = File::options().write(true).create_new(true).mode(0o600).open(path);
    let mut file = file.map_err(at(path))?;
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(at(path))
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
