//! A long file that has its name only when it is whole.
//! Promises: written beside as `NAME.writing`, mode 0600; synced, then renamed; a file that has the name already is never
//! replaced; what an earlier run left half done is told and not silently thrown away, unless nothing was in it yet.
//! Must not know: what is in it.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use crate::staging::sync_directory;

/// A file being written.
pub struct Unfinished {
    path: PathBuf,
    beside: PathBuf,
    file: BufWriter<File>,
}

/// Why a file is not begun.
#[derive(Debug, thiserror::Error)]
pub enum UnfinishedFault {
    /// It is there.
    #[error("{} is there already: give another name", .0.display())]
    KeepFile(PathBuf),
    /// An earlier run was cut off.
    #[error(
        "an earlier run was cut off: {} holds {bytes} bytes of signed codes that nobody may be given; with --start-over it is removed and the run begins anew",
        .path.display()
    )]
    TellHalf {
        /// The half file.
        path: PathBuf,
        /// Its length.
        bytes: u64,
    },
    /// It cannot be written.
    #[error("{}", .path.display())]
    Write {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// What to do with what a cut-off run left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Half {
    /// Tell and refuse.
    Keep,
    /// Remove it.
    Remove,
}

impl Unfinished {
    /// Begins the file that will be `path`.
    ///
    /// # Errors
    /// [`UnfinishedFault`].
    pub fn begin(path: &Path, half: Half) -> Result<Unfinished, UnfinishedFault> {
        let beside = with_suffix(path, ".writing");
        let fault = |source| UnfinishedFault::Write { path: beside.clone(), source };
        if fs::symlink_metadata(path).is_ok() {
            return Err(UnfinishedFault::KeepFile(path.to_path_buf()));
        }
        if let Ok(about) = fs::symlink_metadata(&beside) {
            // An empty one holds no code: nothing was signed before the run ended.
            if half == Half::Keep && about.len() > 0 {
                return Err(UnfinishedFault::TellHalf { path: beside, bytes: about.len() });
            }
            fs::remove_file(&beside).map_err(fault)?;
        }
        let opened = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&beside);
        let file = BufWriter::new(opened.map_err(fault)?);
        Ok(Unfinished { path: path.to_path_buf(), beside, file })
    }

    /// Gives the file its name.
    ///
    /// # Errors
    /// [`UnfinishedFault::Write`].
    pub fn finish(mut self) -> Result<(), UnfinishedFault> {
        let done = self.file.flush().and_then(|()| self.file.get_ref().sync_all());
        let done = done.and_then(|()| fs::rename(&self.beside, &self.path));
        let done = done.and_then(|()| sync_directory(&self.path));
        done.map_err(|source| UnfinishedFault::Write { path: self.path, source })
    }

    /// Removes the file: nothing in it was signed.
    ///
    /// # Errors
    /// [`UnfinishedFault::Write`].
    pub fn discard(self) -> Result<(), UnfinishedFault> {
        let beside = self.beside;
        fs::remove_file(&beside).map_err(|source| UnfinishedFault::Write { path: beside, source })
    }
}

impl Write for Unfinished {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// `path` with something after its name.
pub(crate) fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_os_string();
    name.push(suffix);
    name.into()
}
