//! The keys of a status list: the sealed leaf, and a person's place in an epoch (DESIGN §6).
//!
//! Promises: a leaf opens only where it was sealed: this file, this index, these neighbours; one key serves one file, so
//! that the leaf's index is a nonce that never repeats; keys are wiped when dropped and never printed.
//! Must not know: what a leaf holds, or where it is stored. Who may say that a list is true is the head's signatures.

use core::fmt;

use chacha20poly1305::aead::inout::InOutBuf;
use chacha20poly1305::aead::{AeadInOut, KeyInit};
use chacha20poly1305::{ChaCha20Poly1305, Nonce, Tag};
use zeroize::Zeroize;

use crate::digest::hmac_sha256;
use crate::secret::Secret;
use crate::subject::Subject;

/// Bytes of a file's random id.
pub const FILE_ID_BYTES: usize = 32;
/// Bytes of the authentication tag.
pub const TAG_BYTES: usize = 16;
/// Bits of a person's key within an epoch: a false match of 7 in 10^10 at 10^8 people.
pub const KEY_BITS: u32 = 57;

const LEAF_KEY: &[u8] = b"tianfu-gate/status-leaf/1";
const LOCAL_MARK: &[u8] = b"tianfu-gate/status-local/1";

/// The key that a terminal's (or the desk's) lists are sealed under.
pub struct StoreKey(Secret);

impl StoreKey {
    /// The key with these bytes. The caller wipes its own copy.
    #[must_use]
    pub const fn from_bytes(bytes: &[u8; 32]) -> Self {
        StoreKey(Secret(*bytes))
    }

    /// The key of one file's leaves: HMAC-SHA256(store key, label ‖ file id).
    #[must_use]
    pub fn leaf_key(&self, file: &[u8; FILE_ID_BYTES]) -> LeafKey {
        let mut bytes = hmac_sha256(&self.0.0, &[LEAF_KEY, file]).0;
        let cipher = ChaCha20Poly1305::new(&bytes.into());
        bytes.zeroize();
        LeafKey { cipher, file: *file }
    }

    /// What only a holder of this key can say about `statement`: the mark of what a terminal writes for itself.
    #[must_use]
    pub fn mark(&self, statement: &[u8]) -> crate::digest::Digest {
        hmac_sha256(&self.0.0, &[LOCAL_MARK, statement])
    }
}

impl fmt::Debug for StoreKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StoreKey(<secret>)")
    }
}

/// Where a leaf lies: all of it is authenticated with the leaf.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LeafPlace {
    /// Its number within the file, from 0: the nonce.
    pub index: u32,
    /// The last key of the leaf before it; 0 for the first.
    pub previous: u64,
    /// Its own last key.
    pub last: u64,
}

/// The key of one file's leaves.
pub struct LeafKey {
    cipher: ChaCha20Poly1305,
    file: [u8; FILE_ID_BYTES],
}

/// The leaf is not as it was sealed, or not where it was sealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a leaf of the status list is damaged, or not in its place")]
pub struct LeafDamaged;

impl LeafKey {
    /// Seals `leaf` where it lies, once for each place: a second leaf for one `index` would repeat a nonce.
    ///
    /// # Errors
    /// [`LeafDamaged`] for a leaf longer than the cipher takes, which no page holds.
    pub fn seal(&self, place: &LeafPlace, leaf: &mut [u8]) -> Result<[u8; TAG_BYTES], LeafDamaged> {
        let buffer = InOutBuf::from(leaf);
        let sealed = self.cipher.encrypt_inout_detached(&nonce(place), &self.aad(place), buffer);
        sealed.map(Into::into).map_err(|_| LeafDamaged)
    }

    /// Opens `leaf` where it lies.
    ///
    /// # Errors
    /// [`LeafDamaged`]; then `leaf` is not to be read.
    pub fn open(&self, place: &LeafPlace, leaf: &mut [u8], tag: &[u8; TAG_BYTES]) -> Result<(), LeafDamaged> {
        let (buffer, tag) = (InOutBuf::from(leaf), Tag::from(*tag));
        let opened = self.cipher.decrypt_inout_detached(&nonce(place), &self.aad(place), buffer, &tag);
        opened.map_err(|_| LeafDamaged)
    }

    fn aad(&self, place: &LeafPlace) -> [u8; FILE_ID_BYTES + 20] {
        let mut aad = [0; FILE_ID_BYTES + 20];
        aad[..32].copy_from_slice(&self.file);
        aad[32..36].copy_from_slice(&place.index.to_be_bytes());
        aad[36..44].copy_from_slice(&place.previous.to_be_bytes());
        aad[44..].copy_from_slice(&place.last.to_be_bytes());
        aad
    }
}

impl fmt::Debug for LeafKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LeafKey(<secret>)")
    }
}

fn nonce(place: &LeafPlace) -> Nonce {
    let mut nonce = [0; 12];
    nonce[8..].copy_from_slice(&place.index.to_be_bytes());
    nonce.into()
}

/// From subjects to keys within one epoch of the list: rotated with the epoch, so that a stolen one opens no later list.
pub struct EpochKey(Secret);

impl EpochKey {
    /// The key with these bytes. The caller wipes its own copy.
    #[must_use]
    pub const fn from_bytes(bytes: &[u8; 32]) -> Self {
        EpochKey(Secret(*bytes))
    }

    /// A person's place in the epoch: the first [`KEY_BITS`] bits of HMAC-SHA256(epoch key, subject).
    #[must_use]
    pub fn place_of(&self, subject: &Subject) -> u64 {
        let [a, b, c, d, e, f, g, h, ..] = hmac_sha256(&self.0.0, &[subject.as_bytes()]).0;
        u64::from_be_bytes([a, b, c, d, e, f, g, h]) >> (u64::BITS - KEY_BITS)
    }
}

impl fmt::Debug for EpochKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EpochKey(<secret>)")
    }
}

#[cfg(test)]
mod tests {
    extern crate std;

    use super::*;

    const PLACE: LeafPlace = LeafPlace { index: 7, previous: 100, last: 200 };

    #[test]
    fn a_leaf_opens_only_where_it_was_sealed() {
        let store = StoreKey::from_bytes(&[1; 32]);
        let key = store.leaf_key(&[2; 32]);
        let mut leaf = *b"a leaf";
        let tag = key.seal(&PLACE, &mut leaf).unwrap();
        assert_ne!(&leaf, b"a leaf");
        let elsewhere = [
            LeafPlace { index: 8, ..PLACE },
            LeafPlace { previous: 99, ..PLACE },
            LeafPlace { last: 201, ..PLACE },
        ];
        for place in elsewhere {
            assert_eq!(key.open(&place, &mut leaf.clone(), &tag), Err(LeafDamaged), "{place:?}");
        }
        let other_file = store.leaf_key(&[3; 32]);
        assert_eq!(other_file.open(&PLACE, &mut leaf.clone(), &tag), Err(LeafDamaged));
        key.open(&PLACE, &mut leaf, &tag).unwrap();
        assert_eq!(&leaf, b"a leaf");
    }

    #[test]
    fn any_bit_of_leaf_or_tag_counts() {
        let key = StoreKey::from_bytes(&[1; 32]).leaf_key(&[2; 32]);
        let mut leaf = *b"leaf";
        let tag = key.seal(&PLACE, &mut leaf).unwrap();
        for bit in 0..8 * (leaf.len() + tag.len()) {
            let (mut body, mut seal) = (leaf, tag);
            let byte = body.iter_mut().chain(&mut seal).nth(bit / 8).unwrap();
            *byte ^= 1 << (bit % 8);
            assert_eq!(key.open(&PLACE, &mut body, &seal), Err(LeafDamaged), "bit {bit}");
        }
    }

    #[test]
    fn a_place_has_57_bits_and_another_epoch_gives_another() {
        let subject = Subject::from_bytes([9; 12]);
        let (this, next) = (EpochKey::from_bytes(&[1; 32]), EpochKey::from_bytes(&[2; 32]));
        assert_ne!(this.place_of(&subject), next.place_of(&subject));
        let highest = (0..200).map(|n| this.place_of(&Subject::from_bytes([n; 12]))).max();
        assert!((1 << 56..1 << KEY_BITS).contains(&highest.unwrap()));
    }
}
