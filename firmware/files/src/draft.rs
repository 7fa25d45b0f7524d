//! A file until it is whole.
//! Promises: its name is nobody else's; it is locked while somebody writes it, so that what an earlier run left behind can be told
//! from what is under way; it is gone if it is not settled.
//! Must not know: what it becomes.

use std::fs::File;
use std::io::Write;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::SystemTime;

use rustix::fs::{Mode, OFlags, fchmod, openat};
use rustix::io::Errno;

use crate::folder::FILE_MODE;
use crate::{FileFault, Folder, For};

/// What a draft's name ends with.
const DRAFT: &str = ".part";
/// Names tried: a folder where so many are taken is somebody's attack.
const TRIES: u32 = 64;
/// Drafts of earlier runs that are looked for at once.
const LEFT_MOST: usize = 1 << 16;

/// A file that has no settled name yet.
#[derive(Debug)]
pub struct Draft<'f> {
    folder: &'f Folder,
    name: String,
    file: File,
    settled: Settled,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Settled {
    No,
    Yes,
}

impl<'f> Draft<'f> {
    pub(crate) fn new(folder: &'f Folder, stem: &str) -> Result<Draft<'f>, FileFault> {
        // New, so that no link planted under this name is written through.
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        for _ in 0..TRIES {
            let name = format!("{stem}.{}{DRAFT}", unique());
            match openat(&folder.fd, name.as_str(), flags, FILE_MODE) {
                Ok(fd) => {
                    let file = File::from(fd);
                    // Only its writer's: whoever sweeps leaves it alone.
                    let _ = file.try_lock();
                    return Ok(Draft { folder, name, file, settled: Settled::No });
                }
                Err(Errno::EXIST) => {}
                Err(error) => return Err(FileFault::errno(&name)(error)),
            }
        }
        Err(FileFault::OpenRegular(format!("{stem}{DRAFT}")))
    }

    /// Adds bytes.
    ///
    /// # Errors
    /// [`FileFault`].
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), FileFault> {
        self.file.write_all(bytes).map_err(FileFault::system(&self.name))
    }

    /// Lets everybody read it, whatever the umask: another user carries it away.
    ///
    /// # Errors
    /// [`FileFault`].
    pub fn share(&self) -> Result<(), FileFault> {
        fchmod(&self.file, Mode::from_raw_mode(0o644)).map_err(FileFault::errno(&self.name))
    }

    /// Lets its group read it and nobody else, whatever the umask: the folder's group are those who carry it away.
    ///
    /// # Errors
    /// [`FileFault`].
    pub fn share_with_group(&self) -> Result<(), FileFault> {
        fchmod(&self.file, Mode::from_raw_mode(0o640)).map_err(FileFault::errno(&self.name))
    }

    /// Puts it under its name in `into`, synced, in place of what was there.
    ///
    /// # Errors
    /// [`FileFault`]; then it is gone.
    pub fn settle(mut self, into: &Folder, name: &str) -> Result<(), FileFault> {
        self.file.sync_all().map_err(FileFault::system(&self.name))?;
        self.folder.rename(&self.name, into, name)?;
        self.settled = Settled::Yes;
        Ok(())
    }
}

impl Drop for Draft<'_> {
    fn drop(&mut self) {
        if self.settled == Settled::No {
            // Half a file is of use to nobody; if it cannot be removed the next sweep does.
            let _ = self.folder.remove(&self.name);
        }
    }
}

impl Folder {
    /// Removes drafts of names that begin with `stem` and that nobody is writing any more: a cut of the power left them.
    ///
    /// # Errors
    /// [`FileFault`].
    pub fn sweep_drafts(&self, stem: &str) -> Result<(), FileFault> {
        let is_draft = |name: &&String| name.starts_with(stem) && name.ends_with(DRAFT);
        for name in self.files(LEFT_MOST)?.iter().filter(is_draft) {
            if self.is_left(name) {
                self.remove(name)?;
            }
        }
        Ok(())
    }

    /// Whether nobody holds this file.
    #[must_use]
    pub fn is_left(&self, name: &str) -> bool {
        let file = self.regular(name, For::Reading).ok().flatten();
        file.is_some_and(|file| file.try_lock().is_ok())
    }
}

/// Different in every process and at every call, as far as a clock and a number can tell.
fn unique() -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    format!("{:x}-{:x}-{count:x}", std::process::id(), now.as_nanos())
}
