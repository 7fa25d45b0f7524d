//! Files that people name: opened without waiting, read up to a limit.
//! Promises: a pipe or device never holds the process up, and no file is read without bound.
//! Must not know: what is in them.

use std::fs::File;
use std::io::Read;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use anyhow::{Context, ensure};
use zeroize::Zeroizing;

/// What is read of a file that people name, at most.
pub(crate) const LARGEST: u64 = 64 * 1024;

/// Opens a regular file, never waiting for the other end of a pipe; links are followed.
pub(crate) fn open(path: &Path) -> anyhow::Result<File> {
    open_as(path, rustix::fs::OFlags::NONBLOCK)
}

/// Opens a regular file of a directory that holds no links.
pub(crate) fn open_no_link(path: &Path) -> anyhow::Result<File> {
    open_as(path, rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::NONBLOCK)
}

/// The whole file, at most [`LARGEST`] bytes, wiped when dropped.
pub(crate) fn read(path: &Path) -> anyhow::Result<Zeroizing<Vec<u8>>> {
    read_all(&open(path)?, path)
}

/// Why [`read_most`] reads nothing.
#[derive(Debug)]
pub(crate) enum ReadFault {
    /// The file has so many bytes.
    TooLong(u64),
    /// It is no regular file, or cannot be read.
    Other(anyhow::Error),
}

/// A whole file that is no link and has at most `most` bytes: nothing in it is secret.
pub(crate) fn read_most(path: &Path, most: u64) -> Result<Vec<u8>, ReadFault> {
    let file = open_no_link(path).map_err(ReadFault::Other)?;
    let length = file.metadata().map_err(|cause| ReadFault::Other(cause.into()))?.len();
    if length > most {
        return Err(ReadFault::TooLong(length));
    }
    let mut bytes = Vec::new();
    let read = file.take(most).read_to_end(&mut bytes);
    read.map_err(|cause| ReadFault::Other(cause.into()))?;
    Ok(bytes)
}

/// As [`read`], of a file that is open.
pub(crate) fn read_all(file: &File, path: &Path) -> anyhow::Result<Zeroizing<Vec<u8>>> {
    let length = file.metadata()?.len();
    ensure!(length <= LARGEST, "{} has {length} bytes, at most {LARGEST} are read", path.display());
    // Room for the whole from the start: a buffer that grows leaves copies behind that nobody wipes.
    let mut bytes = Zeroizing::new(Vec::with_capacity(length as usize + 1));
    let read = file.take(LARGEST + 1).read_to_end(&mut bytes);
    read.with_context(|| format!("reading {}", path.display()))?;
    Ok(bytes)
}

fn open_as(path: &Path, flags: rustix::fs::OFlags) -> anyhow::Result<File> {
    let file = File::options().read(true).custom_flags(flags.bits().cast_signed()).open(path);
    let file = file.with_context(|| format!("opening {}", path.display()))?;
    ensure!(file.metadata()?.is_file(), "{} is not a regular file", path.display());
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pipe_a_device_and_a_huge_file_are_refused_and_none_is_waited_for() {
        let directory = tempfile::tempdir().unwrap();
        let pipe = directory.path().join("pipe");
        rustix::fs::mkfifoat(rustix::fs::CWD, &pipe, rustix::fs::Mode::RUSR).unwrap();
        let link = directory.path().join("link");
        std::os::unix::fs::symlink("/dev/zero", &link).unwrap();
        let huge = directory.path().join("huge");
        File::create(&huge).unwrap().set_len(LARGEST + 1).unwrap();
        for path in [&pipe, &link, &huge] {
            assert!(read(path).is_err(), "{}", path.display());
        }
        std::fs::write(&huge, b"short").unwrap();
        assert_eq!(**read(&huge).unwrap(), *b"short");
    }
}
