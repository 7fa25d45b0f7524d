//! The reader's end of a pseudo-terminal, and the path under which the other end is found.
//!
//! Promises: no call blocks; the path stays the same when the device changes. It must not know: what is said.

use std::io;
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use rustix::fd::OwnedFd;
use rustix::fs::OFlags;
use rustix::io::Errno;
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

/// A line under a path; without a master it is unplugged.
#[derive(Debug)]
pub(super) struct PtyLine {
    link: PathBuf,
    master: Option<OwnedFd>,
}

impl PtyLine {
    pub(super) fn plugged(link: &Path) -> Result<Self> {
        let mut line = Self { link: link.to_owned(), master: None };
        line.plug()?;
        Ok(line)
    }

    pub(super) fn link(&self) -> &Path {
        &self.link
    }

    pub(super) fn plug(&mut self) -> Result<()> {
        let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC)
            .context("opening a pseudo-terminal")?;
        grantpt(&master).context("granting the pseudo-terminal")?;
        unlockpt(&master).context("unlocking the pseudo-terminal")?;
        rustix::fs::fcntl_setfl(&master, OFlags::RDWR | OFlags::NONBLOCK)
            .context("making it non-blocking")?;
        let device = ptsname(&master, Vec::new()).context("naming the pseudo-terminal")?;
        self.remove_link()?;
        symlink(PathBuf::from(std::ffi::OsString::from_vec(device.into_bytes())), &self.link)
            .with_context(|| format!("linking {}", self.link.display()))?;
        self.master = Some(master);
        Ok(())
    }

    /// Closing the master hangs the line up.
    pub(super) fn unplug(&mut self) {
        self.master = None;
        // Whoever looks for the path now finds nothing, or a link to nothing: both are an unplugged reader.
        drop(self.remove_link());
    }

    /// What arrived; nothing while the terminal has the line closed.
    pub(super) fn read(&self) -> Result<Vec<u8>> {
        let Some(master) = &self.master else { return Ok(Vec::new()) };
        let mut buf = [0; 256];
        match rustix::io::read(master, &mut buf) {
            Ok(count) => Ok(buf.get(..count).unwrap_or(&[]).to_vec()),
            Err(Errno::AGAIN | Errno::INTR | Errno::IO) => Ok(Vec::new()),
            Err(errno) => Err(errno).context("reading the pseudo-terminal"),
        }
    }

    /// How many of the bytes were taken.
    pub(super) fn write(&self, bytes: &[u8]) -> Result<usize> {
        let Some(master) = &self.master else { return Ok(bytes.len()) };
        match rustix::io::write(master, bytes) {
            Ok(count) => Ok(count),
            Err(Errno::AGAIN | Errno::INTR | Errno::IO) => Ok(0),
            Err(errno) => Err(errno).context("writing the pseudo-terminal"),
        }
    }

    /// Only ever removes a symbolic link.
    fn remove_link(&self) -> Result<()> {
        match std::fs::symlink_metadata(&self.link) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(error).with_context(|| format!("looking at {}", self.link.display())),
            Ok(metadata) => ensure!(metadata.is_symlink(), "{} is no link of ours", self.link.display()),
        }
        std::fs::remove_file(&self.link).with_context(|| format!("removing {}", self.link.display()))
    }
}

impl Drop for PtyLine {
    fn drop(&mut self) {
        self.unplug();
    }
}
