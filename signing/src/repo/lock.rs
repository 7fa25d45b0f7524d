//! One at a time in a repository's folder: two operators, or an operator and a timer.
//! Promises: while somebody drafts, signs, joins or publishes nobody else does, so that no signature and no draft is lost between a read and a
//! write; who died holds nothing.
//! Must not know: what is done.

use std::fs::{File, TryLockError};
use std::time::Duration;

use super::{Repo, RepoFault, at};
use crate::staging::{self, Readers};

const FILE: &str = "repo.lock";
/// Looks in five seconds: who signs or drafts is done within one.
const LOOKS: u32 = 50;
const PAUSE: Duration = Duration::from_millis(100);

impl Repo {
    /// Waits for whoever is at work here, a few seconds. Locked as long as the file is held.
    pub(super) fn alone(&self) -> Result<File, RepoFault> {
        staging::make_directory(&self.path, Readers::All).map_err(at(&self.path))?;
        let path = self.path.join(FILE);
        let file = File::options().write(true).create(true).truncate(false).open(&path).map_err(at(&path))?;
        for _ in 0..LOOKS {
            match file.try_lock() {
                Ok(()) => return Ok(file),
                Err(TryLockError::WouldBlock) => std::thread::sleep(PAUSE),
                Err(TryLockError::Error(error)) => return Err(at(&path)(error)),
            }
        }
        Err(RepoFault::Busy(self.path.clone()))
    }
}
