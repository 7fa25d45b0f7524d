//! A base file, read: the leaf that covers a key, opened, or the fault that it cannot be.
//! Promises: "absent" is proven by a leaf that opened and covers the key; a head is believed only when both authorities
//! signed it, and what a terminal folded itself only under its own mark.
//! Must not know: deltas.

use std::path::Path;

use gate_proof::digest::{Digest, Hasher, sha256};
use gate_proof::leaf_seal::{LeafKey, LeafPlace, StoreKey, TAG_BYTES};
use gate_wire::time::Timestamp;

use crate::delta::{KeyChange, read_keyed};
use crate::entry::{Entry, Key, Rank};
use crate::head::{BaseHead, verify_head};
use crate::keys::KeyStore;
use crate::leaf::Leaf;
use crate::list::{ListFault, OpenFault};
use crate::pages::{Beside, Pages, SealedLeaf};

/// Bytes before a leaf's sealed body: index u32, the previous leaf's last key u64.
pub(crate) const PLACE_BYTES: usize = 12;
const SCAN: u32 = 256;
const LOCAL_BYTES: usize = 32 + 4 + 32 + 8 + 4 + 4 + 32;
/// People new or removed, kept beside a folded base: some six million.
const KEYED_MOST_BYTES: usize = 32 << 20;

/// What a terminal wrote for itself when it folded deltas into a new file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Local {
    /// The new file's own id.
    pub(crate) file: [u8; 32],
    /// Colours are those of this state of the epoch.
    pub(crate) folded: u32,
    /// The link there.
    pub(crate) link: [u8; 32],
    /// As of this time.
    pub(crate) as_of: Timestamp,
    /// Leaves in the new file.
    pub(crate) leaves: u32,
    /// People new or removed, kept by key beside the leaves.
    pub(crate) keyed: u32,
    /// SHA-256 of the section that names them.
    pub(crate) keyed_hash: [u8; 32],
}

impl Local {
    /// Its bytes, in the order of the fields.
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut bytes = self.file.to_vec();
        bytes.extend_from_slice(&self.folded.to_be_bytes());
        bytes.extend_from_slice(&self.link);
        bytes.extend_from_slice(&self.as_of.unix().to_be_bytes());
        bytes.extend_from_slice(&self.leaves.to_be_bytes());
        bytes.extend_from_slice(&self.keyed.to_be_bytes());
        bytes.extend_from_slice(&self.keyed_hash);
        bytes
    }

    pub(crate) fn decode(bytes: &[u8]) -> Option<Local> {
        let bytes: &[u8; LOCAL_BYTES] = bytes.try_into().ok()?;
        let (file, rest) = bytes.split_first_chunk::<32>()?;
        let (folded, rest) = rest.split_first_chunk::<4>()?;
        let (link, rest) = rest.split_first_chunk::<32>()?;
        let (as_of, rest) = rest.split_first_chunk::<8>()?;
        let (leaves, rest) = rest.split_first_chunk::<4>()?;
        let (keyed, hash) = rest.split_first_chunk::<4>()?;
        Some(Local {
            file: *file,
            folded: u32::from_be_bytes(*folded),
            link: *link,
            as_of: Timestamp::from_unix(u64::from_be_bytes(*as_of))?,
            leaves: u32::from_be_bytes(*leaves),
            keyed: u32::from_be_bytes(*keyed),
            keyed_hash: *hash.first_chunk()?,
        })
    }
}

/// An open base.
pub(crate) struct Base {
    pages: Pages,
    key: LeafKey,
    head: BaseHead,
    beside: Beside,
    local: Option<Local>,
}

impl Base {
    /// Opens the file: its head proven, its leaves not yet looked at.
    pub(crate) fn open(path: &Path, keys: &dyn KeyStore) -> Result<Base, OpenFault> {
        let pages = Pages::open(path)?;
        let beside = pages.beside()?;
        verify_head(&beside.head, &beside.signatures, &keys.authorities()?)?;
        let head = BaseHead::decode(&beside.head)?;
        let store = keys.store_key()?;
        let local = match beside.local.split_last_chunk::<32>() {
            None if beside.local.is_empty() => None,
            Some((bytes, mark)) if mark_of(&store, &beside.head, bytes) == Digest(*mark) => {
                Some(Local::decode(bytes).ok_or(ListFault::Damaged)?)
            }
            _ => return Err(ListFault::Damaged.into()),
        };
        let key = store.leaf_key(&local.map_or(head.file, |local| local.file));
        Ok(Base { pages, key, head, beside, local })
    }

    /// What the authorities signed.
    pub(crate) fn head(&self) -> &BaseHead {
        &self.head
    }

    /// Head and signatures as they are in the file.
    pub(crate) fn beside(&self) -> &Beside {
        &self.beside
    }

    /// What this terminal folded in, if it did.
    pub(crate) fn local(&self) -> Option<&Local> {
        self.local.as_ref()
    }

    /// People new or removed that were folded into this file; none in one as the authorities made it.
    pub(crate) fn folded_keyed(&self) -> Result<Vec<(Key, KeyChange)>, ListFault> {
        let Some(local) = &self.local else { return Ok(Vec::new()) };
        let bytes = self.pages.keyed(KEYED_MOST_BYTES)?;
        if sha256(&[&bytes]) != Digest(local.keyed_hash) {
            return Err(ListFault::Damaged);
        }
        read_keyed(&bytes, local.keyed).map_err(|_| ListFault::Damaged)
    }

    fn leaves(&self) -> u32 {
        self.local.map_or(self.head.leaves, |local| local.leaves)
    }

    /// Rank and entry of a key; `None` when its absence is proven.
    pub(crate) fn find(&self, key: Key) -> Result<Option<(Rank, Entry)>, ListFault> {
        let row = self.pages.covering(key.value())?.ok_or(ListFault::Damaged)?;
        let opened = self.unseal(row)?;
        if opened.place.previous >= key.value() || key.value() > opened.place.last {
            return Err(ListFault::Damaged);
        }
        opened.leaf()?.find(key).map_err(|_| ListFault::Damaged)
    }

    /// The next leaves behind `key`, at most `most` of them; none at the end.
    pub(crate) fn after(&self, key: u64, most: u32) -> Result<Vec<Opened>, ListFault> {
        let rows = self.pages.after(key, most)?;
        rows.into_iter().map(|row| self.unseal(row)).collect()
    }

    /// Gives every entry from the first to the last, each leaf opened in its place.
    pub(crate) fn walk(&self, mut visit: impl FnMut(Rank, Key, Entry)) -> Result<(), ListFault> {
        let mut last = 0;
        while last < Key::MAX.value() {
            let leaves = self.after(last, SCAN)?;
            if leaves.is_empty() {
                return Err(ListFault::Damaged);
            }
            for opened in leaves {
                let leaf = opened.leaf()?;
                let entries = leaf.entries().map_err(|_| ListFault::Damaged)?;
                for (rank, (key, entry)) in (leaf.first().0..).map(Rank).zip(entries) {
                    visit(rank, key, entry);
                }
                last = opened.place.last;
            }
        }
        Ok(())
    }

    /// Reads up to `most` leaves behind `cursor`, each in its place; where to go on, 0 behind the last.
    pub(crate) fn patrol(&self, mut cursor: u64, most: u32) -> Result<u64, ListFault> {
        let leaves = self.after(cursor, most.max(1))?;
        if leaves.is_empty() {
            return Err(ListFault::Damaged);
        }
        for opened in leaves {
            if opened.place.previous != cursor || opened.leaf()?.entries().is_err() {
                return Err(ListFault::Damaged);
            }
            cursor = opened.place.last;
        }
        Ok(if cursor == Key::MAX.value() { 0 } else { cursor })
    }

    /// Reads everything: each leaf opens, follows the one before, is found by its keys, and the whole is what the
    /// authorities signed.
    pub(crate) fn check(&self) -> Result<(), ListFault> {
        let (mut last, mut index, mut rank, mut hasher) = (0, 0_u32, 0_u32, Hasher::new());
        if !self.pages.structure_is_whole()? {
            return Err(ListFault::Damaged);
        }
        while last < Key::MAX.value() {
            let rows = self.pages.after(last, SCAN)?;
            if rows.is_empty() {
                return Err(ListFault::Damaged);
            }
            for row in rows {
                hash_leaf(&mut hasher, &row);
                let opened = self.unseal(row)?;
                let leaf = opened.leaf()?;
                let follows = opened.place.previous == last
                    && opened.place.index == index
                    && leaf.first() == Rank(rank)
                    && self.pages.covering(last + 1)?.is_some_and(|row| row.last == opened.place.last);
                if !follows || leaf.entries().is_err() {
                    return Err(ListFault::Damaged);
                }
                (last, index, rank) = (opened.place.last, index + 1, rank.saturating_add(leaf.count()));
            }
        }
        let signed = self.local.is_some() || hasher.finish() == Digest(self.head.root);
        let counted = index == self.leaves() && rank == self.head.keys;
        if signed && counted { Ok(()) } else { Err(ListFault::Damaged) }
    }

    fn unseal(&self, row: SealedLeaf) -> Result<Opened, ListFault> {
        unseal(&self.key, row)
    }
}

/// A terminal's own mark under what it says of a file it made from the base with this head.
pub(crate) fn mark_of(store: &StoreKey, head: &[u8], local: &[u8]) -> Digest {
    store.mark(&[head, local].concat())
}

/// What the root is the hash of.
pub(crate) fn hash_leaf(hasher: &mut Hasher, row: &SealedLeaf) {
    hasher.update(&row.last.to_be_bytes());
    hasher.update(&u16::try_from(row.sealed.len()).unwrap_or(u16::MAX).to_be_bytes());
    hasher.update(&row.sealed);
}

/// Opens a row where it says it lies; the seal says whether it does.
pub(crate) fn unseal(key: &LeafKey, row: SealedLeaf) -> Result<Opened, ListFault> {
    let SealedLeaf { last, mut sealed } = row;
    let (place, rest) = sealed.split_first_chunk_mut::<PLACE_BYTES>().ok_or(ListFault::Damaged)?;
    let [a, b, c, d, previous @ ..] = *place;
    let (index, previous) = (u32::from_be_bytes([a, b, c, d]), u64::from_be_bytes(previous));
    let place = LeafPlace { index, previous, last };
    let (body, tag) = rest.split_last_chunk_mut::<TAG_BYTES>().ok_or(ListFault::Damaged)?;
    key.open(&place, body, tag).map_err(|_| ListFault::Damaged)?;
    Ok(Opened { place, bytes: sealed })
}

/// A leaf that opened where it lies.
pub(crate) struct Opened {
    pub(crate) place: LeafPlace,
    bytes: Vec<u8>,
}

impl Opened {
    /// The leaf.
    pub(crate) fn leaf(&self) -> Result<Leaf<'_>, ListFault> {
        let body = self.bytes.get(PLACE_BYTES..self.bytes.len() - TAG_BYTES).ok_or(ListFault::Damaged)?;
        Leaf::parse(body, self.place.previous, self.place.last).map_err(|_| ListFault::Damaged)
    }
}
