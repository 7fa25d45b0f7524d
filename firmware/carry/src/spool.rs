//! The spool as a carrier fills it (docs/formats/repositories.md), and `part/`, where files wait until they are whole.
//! Promises: a file appears under its name whole and synced, by a rename; the whole folder stays below its bound, whatever
//! is announced; what is not regular is not read.
//! Must not know: HTTP; what files mean.

use std::fs::{self, DirBuilder, File};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use gate_core::records::names::ACKS;
use gate_proof::digest::Hasher;

use crate::wants::hex;

/// Where files wait until they are whole.
const PARTS: &str = "part";
/// Bytes hashed at once.
const PIECE: usize = 64 << 10;
/// Bytes that a cut of the power costs of a file under way, at most.
const SYNC_EVERY: u64 = 8 << 20;

/// The folder.
#[derive(Clone, Debug)]
pub struct Spool {
    path: PathBuf,
    bound: u64,
}

/// Why a file is not in the spool.
#[derive(Debug, thiserror::Error)]
pub enum SpoolFault {
    /// The system refuses.
    #[error("{}: {reason}", .path.display())]
    Write {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        reason: io::Error,
    },
    /// There is no room.
    #[error("the spool has room for {bound} bytes, {used} are used, {wanted} more were wanted")]
    Bound {
        /// Its bound.
        bound: u64,
        /// Used.
        used: u64,
        /// Wanted.
        wanted: u64,
    },
}

/// A file under way.
#[derive(Debug)]
pub struct Part {
    file: File,
    path: PathBuf,
    root: PathBuf,
    sha256: [u8; 32],
    have: u64,
    length: u64,
    unsynced: u64,
}

fn at(path: &Path) -> impl Fn(io::Error) -> SpoolFault {
    let path = path.to_path_buf();
    move |reason| SpoolFault::Write { path: path.clone(), reason }
}

impl Spool {
    /// The folder at `path`, which holds at most `bound` bytes.
    ///
    /// # Errors
    /// [`SpoolFault`].
    pub fn open(path: &Path, bound: u64) -> Result<Spool, SpoolFault> {
        let parts = path.join(PARTS);
        DirBuilder::new().recursive(true).mode(0o755).create(&parts).map_err(at(&parts))?;
        Ok(Spool { path: path.into(), bound })
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Bytes in it that the carrier brought. What waits in `out/` is the journal's matter, and has its own limit.
    ///
    /// # Errors
    /// [`SpoolFault`].
    pub fn used(&self) -> Result<u64, SpoolFault> {
        [PARTS, "trust", "status", ACKS].iter().try_fold(0_u64, |sum, folder| {
            let path = self.path.join(folder);
            Ok(sum.saturating_add(if path.exists() { used(&path)? } else { 0 }))
        })
    }

    /// A small file of it; `None` if it is not there, no regular file, or longer than `most`.
    #[must_use]
    pub fn read(&self, name: &str, most: u64) -> Option<Vec<u8>> {
        let path = self.path.join(name);
        let about = fs::symlink_metadata(&path).ok()?;
        let fits = about.is_file() && about.len() <= most;
        fits.then(|| fs::read(&path).ok()).flatten()
    }

    /// Whether a file is there, by its length alone or by every byte of it.
    #[must_use]
    pub fn has(&self, name: &str, (length, sha256): (u64, &[u8; 32]), look: Look) -> bool {
        let path = self.path.join(name);
        let fits = fs::symlink_metadata(&path).is_ok_and(|about| about.is_file() && about.len() == length);
        fits && (look == Look::Length
            || File::open(&path).and_then(digest).is_ok_and(|found| found == *sha256))
    }

    /// Puts a small file under its name.
    ///
    /// # Errors
    /// [`SpoolFault`].
    pub fn place(&self, name: &str, bytes: &[u8]) -> Result<(), SpoolFault> {
        self.keep_room(bytes.len() as u64)?;
        let part = self.path.join(PARTS).join("small");
        let mut file = File::create(&part).map_err(at(&part))?;
        file.write_all(bytes).and_then(|()| file.sync_all()).map_err(at(&part))?;
        rename(&part, &self.path.join(name))
    }

    /// Removes a file, if it is there.
    ///
    /// # Errors
    /// [`SpoolFault`].
    pub fn remove(&self, name: &str) -> Result<(), SpoolFault> {
        let path = self.path.join(name);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(at(&path)(error)),
            _ => Ok(()),
        }
    }

    /// What came of a file so far, to go on with.
    ///
    /// # Errors
    /// [`SpoolFault::Bound`] if the rest has no room.
    pub fn part(&self, sha256: &[u8; 32], length: u64) -> Result<Part, SpoolFault> {
        let path = self.path.join(PARTS).join(hex(sha256));
        let mut file = File::options().read(true).append(true).create(true).open(&path).map_err(at(&path))?;
        let mut have = file.seek(SeekFrom::End(0)).map_err(at(&path))?;
        if have > length {
            file.set_len(0).map_err(at(&path))?;
            have = 0;
        }
        self.keep_room(length - have)?;
        let root = self.path.clone();
        Ok(Part { file, path, root, sha256: *sha256, have, length, unsynced: 0 })
    }

    /// Names of the regular files in a folder of it, at most as many as a folder can sensibly have.
    #[must_use]
    pub fn names(&self, folder: &str) -> Vec<String> {
        let Ok(entries) = fs::read_dir(self.path.join(folder)) else { return Vec::new() };
        let regular = entries
            .filter_map(Result::ok)
            .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_file() || kind.is_symlink()));
        regular.filter_map(|entry| entry.file_name().into_string().ok()).take(1 << 16).collect()
    }

    /// Removes files under way but these.
    ///
    /// # Errors
    /// [`SpoolFault`].
    pub fn keep_parts(&self, digests: &[[u8; 32]]) -> Result<(), SpoolFault> {
        let kept: Vec<String> = digests.iter().map(|digest| hex(digest)).collect();
        let is_part = |name: &&String| name.len() == 64 && !kept.contains(name);
        self.names(PARTS).iter().filter(is_part).try_for_each(|name| self.remove(&format!("{PARTS}/{name}")))
    }

    /// Removes what lies in a repository's folder and is neither a root from `root` on, nor the timestamp, nor named in `kept`
    /// (paths within the spool).
    ///
    /// # Errors
    /// [`SpoolFault`].
    pub fn prune(&self, repository: &str, root: u64, kept: &[String]) -> Result<(), SpoolFault> {
        for folder in ["metadata", "targets", "targets/keys"] {
            let folder = format!("{repository}/{folder}");
            for name in self.names(&folder).iter().map(|file| format!("{folder}/{file}")) {
                let is_root = root_version(&name).is_some_and(|version| version >= root);
                if !is_root && !name.ends_with("/timestamp.json") && !kept.contains(&name) {
                    self.remove(&name)?;
                }
            }
        }
        Ok(())
    }

    fn keep_room(&self, wanted: u64) -> Result<(), SpoolFault> {
        let used = self.used()?;
        match used.checked_add(wanted).is_some_and(|sum| sum <= self.bound) {
            true => Ok(()),
            false => Err(SpoolFault::Bound { bound: self.bound, used, wanted }),
        }
    }
}

/// How closely a file of the spool is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// By its length.
    Length,
    /// By every byte.
    Bytes,
}

impl Part {
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
        self.file.set_len(0).map_err(at(&self.path))
    }

    /// Takes the next bytes.
    ///
    /// # Errors
    /// [`SpoolFault`].
    pub fn append(&mut self, bytes: &[u8]) -> Result<(), SpoolFault> {
        self.file.write_all(bytes).map_err(at(&self.path))?;
        self.have += bytes.len() as u64;
        self.unsynced += bytes.len() as u64;
        if self.unsynced >= SYNC_EVERY {
            self.file.sync_data().map_err(at(&self.path))?;
            self.unsynced = 0;
        }
        Ok(())
    }

    /// After a fault: what came stays on the disk, or goes if it is worth nothing.
    ///
    /// # Errors
    /// [`SpoolFault`].
    pub fn keep_or_discard(self, worthless: bool) -> Result<(), SpoolFault> {
        match worthless {
            true => fs::remove_file(&self.path).map_err(at(&self.path)),
            false => self.file.sync_data().map_err(at(&self.path)),
        }
    }

    /// Puts the whole file under its name. `false` if it is not what was announced; then nothing of it stays.
    ///
    /// # Errors
    /// [`SpoolFault`].
    pub fn settle(mut self, name: &str) -> Result<bool, SpoolFault> {
        self.file.sync_all().map_err(at(&self.path))?;
        self.file.rewind().map_err(at(&self.path))?;
        if digest(self.file).map_err(at(&self.path))? != self.sha256 {
            fs::remove_file(&self.path).map_err(at(&self.path))?;
            return Ok(false);
        }
        rename(&self.path, &self.root.join(name)).map(|()| true)
    }
}

fn rename(part: &Path, to: &Path) -> Result<(), SpoolFault> {
    let folder = to.parent().unwrap_or(to);
    DirBuilder::new().recursive(true).mode(0o755).create(folder).map_err(at(folder))?;
    fs::rename(part, to).map_err(at(to))?;
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(at(folder))
}

fn digest(mut file: File) -> io::Result<[u8; 32]> {
    let (mut hasher, mut room) = (Hasher::new(), vec![0; PIECE]);
    loop {
        match file.read(&mut room)? {
            0 => return Ok(*hasher.finish().as_bytes()),
            count => hasher.update(room.get(..count).unwrap_or_default()),
        }
    }
}

/// Bytes of all files, two folders deep: a repository has no other.
fn used(path: &Path) -> Result<u64, SpoolFault> {
    fn sum(path: &Path, depth: u8) -> io::Result<u64> {
        let mut bytes = 0_u64;
        for entry in fs::read_dir(path)? {
            let entry = entry?;
            // What went away meanwhile takes no room.
            let Ok(about) = entry.metadata() else { continue };
            let size = match about.is_dir() && depth > 0 {
                true => sum(&entry.path(), depth - 1).unwrap_or(0),
                false => about.len(),
            };
            bytes = bytes.saturating_add(size);
        }
        Ok(bytes)
    }
    sum(path, 2).map_err(at(path))
}

fn root_version(name: &str) -> Option<u64> {
    name.rsplit('/').next()?.strip_suffix(".root.json")?.parse().ok()
}
