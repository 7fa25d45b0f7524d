//! Leaves one after the other into a new file.
//! Promises: memory for one batch; keys come strictly rising or it stops; a file has one id and each leaf one index.
//! Must not know: where entries come from, who signs.

use std::path::Path;

use gate_proof::digest::Hasher;
use gate_proof::leaf_seal::{LeafKey, LeafPlace};
use rusqlite::Error;

use crate::base::{PLACE_BYTES, hash_leaf};
use crate::bits::rice_parameter;
use crate::entry::{Entry, Key, Rank};
use crate::leaf::{Codes, LeafBuilder};
use crate::pages::{Beside, Durability, PagesWriter, SealedLeaf};

/// Leaves in a batch: 2 MiB.
const BATCH: usize = 512;

/// Why the leaves could not be written.
#[derive(Debug, thiserror::Error)]
pub enum WriteFault {
    /// SQLite, or the disk.
    #[error("the file cannot be written: is it there already, or the disk full?")]
    Store(#[from] Error),
    /// Keys that do not rise, or more than an epoch can rank.
    #[error("keys must rise, and be at most 4,294,967,295")]
    TakeKey,
    /// No randomness for a file's id.
    #[error("the system gives no randomness")]
    DrawId(#[from] std::io::Error),
}

/// A new file's id: random, so that a leaf's index is a nonce that never repeats under the file's key.
pub(crate) fn fresh_file_id() -> std::io::Result<[u8; 32]> {
    use std::io::Read;
    let mut id = [0; 32];
    std::fs::File::open("/dev/urandom")?.read_exact(&mut id)?;
    Ok(id)
}

/// The codes for a file of `keys` numbers, `exceptional` of them not simply green.
pub(crate) fn codes_for(keys: u64, exceptional: u64) -> Codes {
    let passed_over = keys.saturating_sub(exceptional) / exceptional.max(1);
    Codes { keys: rice_parameter(Key::MAX.value() / keys.max(1)), exceptions: rice_parameter(passed_over) }
}

/// Writes leaves.
pub(crate) struct LeafWriter {
    pages: PagesWriter,
    key: LeafKey,
    codes: Codes,
    filling: LeafBuilder,
    index: u32,
    batch: Vec<SealedLeaf>,
    hasher: Hasher,
}

/// What was written.
pub(crate) struct Written {
    pub(crate) pages: PagesWriter,
    pub(crate) keys: u32,
    pub(crate) leaves: u32,
    pub(crate) root: [u8; 32],
}

impl LeafWriter {
    /// Into a new file at `path`.
    pub(crate) fn create(
        path: &Path,
        key: LeafKey,
        codes: Codes,
        durability: Durability,
    ) -> Result<LeafWriter, WriteFault> {
        let pages = PagesWriter::create(path, durability)?;
        Ok(Self::behind(pages, key, codes, (0, Rank(0), 0)))
    }

    /// Behind the leaf that ends with key `previous`, from `rank` and leaf `index` on.
    pub(crate) fn behind(
        pages: PagesWriter,
        key: LeafKey,
        codes: Codes,
        (previous, rank, index): (u64, Rank, u32),
    ) -> LeafWriter {
        let filling = LeafBuilder::new(codes, previous, rank);
        LeafWriter { pages, key, codes, filling, index, batch: Vec::new(), hasher: Hasher::new() }
    }

    /// The next entry.
    pub(crate) fn push(&mut self, key: Key, entry: Entry) -> Result<(), WriteFault> {
        if key.value() <= self.filling.last() || self.filling.next_rank().0 == u32::MAX {
            return Err(WriteFault::TakeKey);
        }
        if self.filling.push(key, entry) {
            return Ok(());
        }
        self.close_leaf(self.filling.last())?;
        if self.filling.push(key, entry) { Ok(()) } else { Err(WriteFault::TakeKey) }
    }

    /// What has been collected goes to the file now.
    pub(crate) fn flush(&mut self) -> Result<(), WriteFault> {
        self.pages.append(&self.batch)?;
        self.batch.clear();
        Ok(())
    }

    /// Puts this beside the leaves.
    pub(crate) fn put_beside(&self, beside: &Beside) -> Result<(), WriteFault> {
        Ok(self.pages.put_beside(beside)?)
    }

    /// The last leaf, up to the end of all keys.
    pub(crate) fn finish(mut self) -> Result<Written, WriteFault> {
        let keys = self.filling.next_rank().0;
        self.close_leaf(Key::MAX.value())?;
        self.flush()?;
        let root = *self.hasher.finish().as_bytes();
        Ok(Written { pages: self.pages, keys, leaves: self.index, root })
    }

    fn close_leaf(&mut self, last: u64) -> Result<(), WriteFault> {
        let next = LeafBuilder::new(self.codes, last, self.filling.next_rank());
        let filled = std::mem::replace(&mut self.filling, next);
        let place = LeafPlace { index: self.index, previous: filled.previous(), last };
        let leaf = seal(&self.key, &place, &filled.body())?;
        hash_leaf(&mut self.hasher, &leaf);
        self.batch.push(leaf);
        self.index = self.index.checked_add(1).ok_or(WriteFault::TakeKey)?;
        if self.batch.len() >= BATCH { self.flush() } else { Ok(()) }
    }
}

fn seal(key: &LeafKey, place: &LeafPlace, body: &[u8]) -> Result<SealedLeaf, WriteFault> {
    let mut sealed = Vec::with_capacity(PLACE_BYTES + body.len() + 16);
    sealed.extend_from_slice(&place.index.to_be_bytes());
    sealed.extend_from_slice(&place.previous.to_be_bytes());
    sealed.extend_from_slice(body);
    let own = sealed.get_mut(PLACE_BYTES..).unwrap_or_default();
    let tag = key.seal(place, own).map_err(|_| WriteFault::TakeKey)?;
    sealed.extend_from_slice(&tag);
    Ok(SealedLeaf { last: place.last, sealed })
}
