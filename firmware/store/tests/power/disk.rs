//! A disk with a cache that a power cut empties.
//! Promises: what was flushed stays; of the rest any part may be there, a write whole or not at all.
//! Must not know: what is on it.

use std::process::Command;

use super::log::Entry;

/// What a disk does when it is told to keep everything.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flushing {
    /// It does.
    Honest,
    /// It says so, and keeps what was there at the flush before: an older state, and a good one, so that nothing looks damaged.
    OneLate,
}

/// The disk and what its cache holds, in order.
pub(crate) struct Unflushed {
    kept: Vec<u8>,
    cached: Vec<(usize, Vec<u8>)>,
    flushing: Flushing,
    /// How many of the cached writes were there at the last flush.
    told: usize,
}

impl Unflushed {
    /// A disk with these bytes.
    pub(crate) fn new(bytes: Vec<u8>, flushing: Flushing) -> Unflushed {
        Unflushed { kept: bytes, cached: Vec::new(), flushing, told: 0 }
    }

    /// A write into its cache.
    pub(crate) fn write(&mut self, entry: &Entry) {
        if !entry.data.is_empty() {
            self.cached.push((entry.at, entry.data.clone()));
        }
    }

    /// It is told to keep what is cached.
    pub(crate) fn flush(&mut self) {
        let length = match self.flushing {
            Flushing::Honest => self.cached.len(),
            Flushing::OneLate => self.told,
        };
        for (at, data) in self.cached.drain(..length) {
            put(&mut self.kept, at, &data);
        }
        self.told = self.cached.len();
    }

    /// The disk after a power cut: of the cache, what `reaches` it.
    pub(crate) fn cut(&self, mut reaches: impl FnMut() -> bool) -> Vec<u8> {
        let mut state = self.kept.clone();
        for (at, data) in &self.cached {
            if reaches() {
                put(&mut state, *at, data);
            }
        }
        state
    }
}

fn put(disk: &mut [u8], at: usize, data: &[u8]) {
    disk[at..at + data.len()].copy_from_slice(data);
}

/// The journal's files on such a disk, after the repair that a boot makes.
pub(crate) fn repaired(state: &[u8]) -> tempfile::TempDir {
    let folder = tempfile::tempdir_in("/dev/shm").unwrap();
    let (image, script) = (folder.path().join("image"), folder.path().join("script"));
    std::fs::write(&image, state).unwrap();
    // What it says of the repair is nothing to us: a disk beyond it holds no rows, and that is counted.
    Command::new("e2fsck").arg("-fy").arg(&image).output().unwrap();
    let dumps = ["journal.db", "journal.db-wal", "reserve"]
        .map(|name| format!("dump {name} {}\n", folder.path().join(name).display()));
    std::fs::write(&script, dumps.concat()).unwrap();
    Command::new("debugfs").arg("-f").arg(&script).arg(&image).output().unwrap();
    std::fs::remove_file(image).unwrap();
    folder
}
