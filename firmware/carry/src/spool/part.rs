//! A file under way: what came of it, over as many rounds and cuts as it takes.
//! Promises: one carrier at a time adds to it; it gets its name only as the bytes that were announced; the spool's bound is looked at
//! again every few megabytes.
//! Must not know: where the bytes come from.

use std::fs::{File, TryLockError};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::MetadataExt;

use gate_files::{FileFault, Folder, For};
use gate_proof::digest::Hasher;

use super::{PARTS, Spool, SpoolFault};

/// Bytes hashed at once.
const PIECE: usize = 64 << 10;
/// Bytes that a cut of the power costs of a file under way, at most.
pub const SYNC_EVERY: u64 = 8 << 20;
/// How often it may be renamed away while it is opened.
const TRIES: u32 = 8;

/// A file under way.
#[derive(Debug)]
pub struct Part {
    file: File,
    folder: Folder,
    name: String,
    spool: Spool,
    sha256: [u8; 32],
    have: u64,
    length: u64,
    unsynced: u64,
}

impl Part {
    pub(super) fn open(
        spool: &Spool,
        name: String,
        sha256: &[u8; 32],
        length: u64,
    ) -> Result<Part, SpoolFault> {
        let folder = spool.root()?.make_below(PARTS)?;
        let mut file = held(&folder, &name)?;
        let mut have = file.seek(SeekFrom::End(0)).map_err(at(&name))?;
        if have > length {
            file.set_len(0).map_err(at(&name))?;
            have = 0;
        }
        let part =
            Part { file, folder, name, spool: spool.clone(), sha256: *sha256, have, length, unsynced: 0 };
        part.keep_room()?;
        Ok(part)
    }

    /// Bytes that came.
    #[must_use]
    pub fn have(&self) -> u64 {
        self.have
    }

    /// Bytes of the whole.
    #[must_use]
    pub fn length(&self) -> u64 {
        self.length
    }

    /// Bytes that are to come.
    #[must_use]
    pub fn left(&self) -> u64 {
        self.length.saturating_sub(self.have)
    }

    /// Forgets what came.
    ///
    /// # Errors
    /// [`SpoolFault`].
    pub fn restart(&mut self) -> Result<(), SpoolFault> {
        self.have = 0;
        Ok(self.file.set_len(0).map_err(at(&self.name))?)
    }

    /// Takes the next bytes.
    ///
    /// # Errors
    /// [`SpoolFault`].
    pub fn append(&mut self, bytes: &[u8]) -> Result<(), SpoolFault> {
        self.file.write_all(bytes).map_err(at(&self.name))?;
        self.have += bytes.len() as u64;
        self.unsynced += bytes.len() as u64;
        if self.unsynced >= SYNC_EVERY {
            self.file.sync_data().map_err(at(&self.name))?;
            self.unsynced = 0;
            // Another carrier may have taken the room since.
            self.keep_room()?;
        }
        Ok(())
    }

    /// After a fault: what came stays on the disk.
    ///
    /// # Errors
    /// [`SpoolFault`].
    pub fn keep(self) -> Result<(), SpoolFault> {
        Ok(self.file.sync_data().map_err(at(&self.name))?)
    }

    /// After a lie: what came is worth nothing and goes.
    ///
    /// # Errors
    /// [`SpoolFault`].
    pub fn discard(self) -> Result<(), SpoolFault> {
        Ok(self.folder.remove(&self.name)?)
    }

    /// Puts the whole file under its name. `false` if it is not what was announced; then nothing of it stays.
    ///
    /// # Errors
    /// [`SpoolFault`].
    pub fn settle(mut self, name: &str) -> Result<bool, SpoolFault> {
        self.file.sync_all().map_err(at(&self.name))?;
        if digest(&mut self.file).map_err(at(&self.name))? != self.sha256 {
            self.folder.remove(&self.name)?;
            return Ok(false);
        }
        let (folders, file) = name.rsplit_once('/').unwrap_or(("", name));
        let into = self.spool.root()?.make_below(folders)?;
        self.folder.rename(&self.name, &into, file)?;
        Ok(true)
    }

    fn keep_room(&self) -> Result<(), SpoolFault> {
        self.spool.keep_room(self.left(), self.length)
    }
}

fn at(name: &str) -> impl Fn(io::Error) -> FileFault {
    move |reason| FileFault::System { path: name.into(), reason }
}

/// The file under this name, locked, and nobody else's by another name.
fn held(folder: &Folder, name: &str) -> Result<File, SpoolFault> {
    for _ in 0..TRIES {
        let file = match folder.regular(name, For::Adding) {
            Ok(Some(file)) => file,
            Ok(None) => continue,
            // A link that was planted here goes; what it leads to stays as it is.
            Err(fault) if fault.is_kind() => {
                folder.remove(name)?;
                continue;
            }
            Err(fault) => return Err(fault.into()),
        };
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(SpoolFault::Await),
            Err(TryLockError::Error(error)) => return Err(at(name)(error).into()),
        }
        let about = file.metadata().map_err(at(name))?;
        if about.nlink() > 1 {
            folder.remove(name)?;
        } else if folder.is_still(name, &file) {
            return Ok(file);
        }
    }
    Err(SpoolFault::Await)
}

/// From its first byte.
pub(super) fn digest(file: &mut File) -> io::Result<[u8; 32]> {
    let (mut hasher, mut room) = (Hasher::new(), vec![0; PIECE]);
    file.rewind()?;
    loop {
        match file.read(&mut room)? {
            0 => return Ok(*hasher.finish().as_bytes()),
            count => hasher.update(room.get(..count).unwrap_or_default()),
        }
    }
}
