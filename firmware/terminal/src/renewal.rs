//! A new generation while the terminal runs: noticed, loaded beside the loop, handed over whole.
//! Promises: the loop looks at one file's dates every few seconds and waits for nothing; what is in force answers until the
//! new generation is loaded; a thread that hangs on a dead disk holds nobody up.
//! Must not know: what the data say, or when the loop takes them over.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use gate_core::manifest::{Dataset, FILE_NAME};
use gate_wire::time::Millis;

use crate::believed::{Believed, Seen};
use crate::errand::Errand;

/// The manifest's dates are looked at this often.
const LOOK_MS: u64 = 5_000;
/// More datasets than there are.
const DATASETS: usize = 32;

/// Watches a data directory.
#[derive(Debug)]
pub struct Renewal {
    directory: PathBuf,
    known: Option<Stamp>,
    looked: Option<Millis>,
    loading: Errand<Believed>,
}

/// Tells one manifest from the next: each is a new file, renamed into its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stamp {
    inode: u64,
    length: u64,
    changed: (i64, i64),
}

/// What was seen when the loading began.
#[derive(Clone, Copy, Debug)]
pub struct SeenThen([u64; DATASETS]);

impl SeenThen {
    /// A copy of what `seen` says of datasets by their number.
    pub fn of(highest: impl Fn(usize) -> u64) -> SeenThen {
        SeenThen(core::array::from_fn(highest))
    }
}

impl Seen for SeenThen {
    fn highest(&self, dataset: Dataset) -> u64 {
        self.0.get(dataset as usize).copied().unwrap_or(u64::MAX)
    }
}

impl Renewal {
    /// From the manifest that is there now on: make it before the data are loaded, so that no change is missed.
    #[must_use]
    pub fn of(directory: &Path) -> Renewal {
        Renewal {
            directory: directory.to_path_buf(),
            known: stamp(directory),
            looked: None,
            loading: Errand::default(),
        }
    }

    /// What a new manifest names, once it is loaded. `seen` is asked when the loading begins.
    pub fn poll(&mut self, now: Millis, seen: impl FnOnce() -> SeenThen) -> Option<Believed> {
        if self.loading.is_out() {
            return self.loading.back();
        }
        if self.looked.is_some_and(|last| now.since(last).0 < LOOK_MS) {
            return None;
        }
        self.looked = Some(now);
        let stamp = stamp(&self.directory);
        if stamp.is_some() && stamp != self.known {
            self.known = stamp;
            self.load(seen());
        }
        None
    }

    fn load(&mut self, seen: SeenThen) {
        let directory = self.directory.clone();
        if let Err(cause) = self.loading.send("renewal", move || Believed::load(&directory, &seen)) {
            crate::say!("gate: the new data cannot be loaded now: {cause}");
            self.known = None;
        }
    }
}

fn stamp(directory: &Path) -> Option<Stamp> {
    let about = std::fs::symlink_metadata(directory.join(FILE_NAME)).ok()?;
    Some(Stamp { inode: about.ino(), length: about.len(), changed: (about.ctime(), about.ctime_nsec()) })
}
