//! The keys of the list: what seals it, what finds a person in an epoch, who may sign a head.
//! Promises: a key file that others may read is refused; a key that is missing is an error, never a default; keys are
//! wiped when dropped and never printed.
//! Must not know: how keys reach a terminal. On a board they come sealed to its device key and stay in the TPM's custody;
//! the file is for provinces marked demo and for development. What stands behind the trait and what does not: ADR 10.
//!
//! The file, mode 0600, ASCII lines: `tianfu-gate status keys 1`, `store HEX64`, twice `authority KID8 HEX64`, and
//! `epoch N HEX64` for each epoch that may be read; nothing else.

use std::fmt;
use std::fs::File;
use std::io::{Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;

use gate_proof::ed25519::{PublicKey, SigningKey};
use gate_proof::leaf_seal::{EpochKey, StoreKey};
use gate_wire::cose::Kid;
use zeroize::Zeroizing;

use crate::entry::Epoch;

/// The file's name beside a terminal's other keys.
pub const KEY_FILE: &str = "status-list.keys";
const TITLE: &str = "tianfu-gate status keys 1";
const MOST_BYTES: u64 = 16 << 10;

/// Where keys come from.
pub trait KeyStore {
    /// What lists are sealed under here.
    ///
    /// # Errors
    /// [`KeyFault`].
    fn store_key(&self) -> Result<StoreKey, KeyFault>;

    /// What finds people in this epoch's list.
    ///
    /// # Errors
    /// [`KeyFault`].
    fn epoch_key(&self, epoch: Epoch) -> Result<EpochKey, KeyFault>;

    /// Whose signatures make a head true.
    ///
    /// # Errors
    /// [`KeyFault`].
    fn authorities(&self) -> Result<Authorities, KeyFault>;
}

/// The two authorities, threshold 2 (DESIGN §2). Having one tells you: their keys differ.
#[derive(Clone, Copy, Debug)]
pub struct Authorities([(Kid, PublicKey); 2]);

impl Authorities {
    /// Two different keys of two different names; `None` otherwise: one hand could sign twice.
    #[must_use]
    pub fn new(both: [(Kid, PublicKey); 2]) -> Option<Authorities> {
        let [first, second] = &both;
        (first.0 != second.0 && first.1 != second.1).then_some(Authorities(both))
    }

    /// Both.
    #[must_use]
    pub const fn both(&self) -> &[(Kid, PublicKey); 2] {
        &self.0
    }
}

/// The authorities' private halves: at the desk only.
pub struct Signers(pub [(Kid, SigningKey); 2]);

impl fmt::Debug for Signers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Signers(<secret>)")
    }
}

/// Why there is no key.
#[derive(Debug, thiserror::Error)]
pub enum KeyFault {
    /// The file cannot be opened or read.
    #[error("the status list's key file cannot be read")]
    ReadFile(#[from] std::io::Error),
    /// Others can read the file.
    #[error("the status list's key file must have mode 0600, this has {mode:o}")]
    KeepSecret {
        /// The mode found.
        mode: u32,
    },
    /// A line is not as documented.
    #[error("line {line} of the status list's key file is not as documented")]
    ReadLine {
        /// Which, from 1.
        line: usize,
    },
    /// A key is missing.
    #[error("the status list's key file lacks the store key, or one of two different authorities")]
    FindKeys,
    /// The key that is here is not the one that the list was built with.
    #[error("the key here for epoch {} of the status list is not the one that it was built with", .epoch.0)]
    MatchEpoch {
        /// Which.
        epoch: Epoch,
    },
    /// This epoch's key is not here.
    #[error("there is no key for epoch {} of the status list", .epoch.0)]
    FindEpoch {
        /// Which.
        epoch: Epoch,
    },
}

/// Keys in memory.
pub struct ListKeys {
    store: Wiped,
    authorities: Authorities,
    epochs: Vec<(Epoch, Wiped)>,
}

type Wiped = Zeroizing<[u8; 32]>;

impl fmt::Debug for ListKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ListKeys({} epochs)", self.epochs.len())
    }
}

impl ListKeys {
    /// These keys. The caller wipes its own copies.
    #[must_use]
    pub fn new(
        store: [u8; 32],
        authorities: Authorities,
        epochs: Vec<(Epoch, Zeroizing<[u8; 32]>)>,
    ) -> ListKeys {
        ListKeys { store: Wiped::new(store), authorities, epochs }
    }

    /// The keys of the file at `path`.
    ///
    /// # Errors
    /// [`KeyFault`].
    pub fn load(path: &Path) -> Result<ListKeys, KeyFault> {
        let file = File::open(path)?;
        let mode = file.metadata()?.mode() & 0o7777;
        if mode & 0o077 != 0 {
            return Err(KeyFault::KeepSecret { mode });
        }
        let mut text = Zeroizing::new(String::new());
        file.take(MOST_BYTES).read_to_string(&mut text)?;
        Self::parse(&text)
    }

    /// Writes them to a new file at `path`, mode 0600, synced.
    ///
    /// # Errors
    /// [`KeyFault::ReadFile`], also when it is there already.
    pub fn write(&self, path: &Path) -> Result<(), KeyFault> {
        let mut file = File::options().write(true).create_new(true).mode(0o600).open(path)?;
        file.write_all(self.encode().as_bytes())?;
        Ok(file.sync_all()?)
    }

    /// The file's text, wiped when dropped.
    #[must_use]
    pub fn encode(&self) -> Zeroizing<String> {
        // Room for all of it at once: a string that moves leaves its bytes behind.
        let mut text = Zeroizing::new(String::with_capacity(512 + 128 * self.epochs.len()));
        *text += &format!("{TITLE}\nstore {}\n", hex(&self.store[..]));
        for (kid, key) in self.authorities.both() {
            *text += &format!("authority {} {}\n", hex(&kid.0), hex(key.as_bytes()));
        }
        for (epoch, key) in &self.epochs {
            *text += &format!("epoch {} {}\n", epoch.0, hex(&key[..]));
        }
        text
    }

    /// The keys of the file's text.
    pub(crate) fn parse(text: &str) -> Result<ListKeys, KeyFault> {
        let (mut store, mut authorities, mut epochs) = (None, Vec::new(), Vec::new());
        for (at, line) in text.lines().enumerate() {
            let refused = || KeyFault::ReadLine { line: at + 1 };
            let words: Vec<&str> = line.split(' ').collect();
            match words[..] {
                _ if at == 0 && line == TITLE => {}
                ["store", key] if store.is_none() => {
                    store = Some(Wiped::new(bytes(key).ok_or_else(refused)?))
                }
                ["authority", kid, key] => {
                    let (kid, key) = bytes(kid).map(Kid).zip(bytes(key)).ok_or_else(refused)?;
                    authorities.push((kid, PublicKey::admit(&key).map_err(|_| refused())?));
                }
                ["epoch", number, key] => {
                    let number = number.parse().ok().zip(bytes(key)).ok_or_else(refused)?;
                    epochs.push((Epoch(number.0), Wiped::new(number.1)));
                }
                _ => return Err(refused()),
            }
        }
        let both = authorities.try_into().ok().and_then(Authorities::new);
        let (store, authorities) = store.zip(both).ok_or(KeyFault::FindKeys)?;
        Ok(ListKeys { store, authorities, epochs })
    }
}

impl KeyStore for ListKeys {
    fn store_key(&self) -> Result<StoreKey, KeyFault> {
        Ok(StoreKey::from_bytes(&self.store))
    }

    fn epoch_key(&self, epoch: Epoch) -> Result<EpochKey, KeyFault> {
        let found = self.epochs.iter().find(|(known, _)| *known == epoch);
        found.map(|(_, key)| EpochKey::from_bytes(key)).ok_or(KeyFault::FindEpoch { epoch })
    }

    fn authorities(&self) -> Result<Authorities, KeyFault> {
        Ok(self.authorities)
    }
}

impl ListKeys {
    /// Each key's bytes with the epoch it belongs to, the store key without one: for whoever puts them into envelopes.
    pub fn bytes(&self) -> impl Iterator<Item = (Option<Epoch>, &[u8; 32])> {
        let epochs = self.epochs.iter().map(|(epoch, key)| (Some(*epoch), &**key));
        core::iter::once((None, &*self.store)).chain(epochs)
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn bytes<const N: usize>(text: &str) -> Option<[u8; N]> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    let mut out = [0; N];
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    if pairs.len() != N || !rest.is_empty() {
        return None;
    }
    for (byte, [high, low]) in out.iter_mut().zip(pairs) {
        *byte = digit(*high)? << 4 | digit(*low)?;
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn authority(seed: u8) -> (Kid, PublicKey) {
        (Kid([seed; 4]), SigningKey::from_seed(&[seed; 32]).public_key())
    }

    fn keys() -> ListKeys {
        let both = Authorities::new([authority(1), authority(2)]).unwrap();
        ListKeys::new([5; 32], both, vec![(Epoch(3), Wiped::new([7; 32]))])
    }

    #[test]
    fn a_key_file_reads_back_and_only_its_owner_may() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(KEY_FILE);
        keys().write(&path).unwrap();
        let read = ListKeys::load(&path).unwrap();
        assert_eq!((*read.store, read.epochs[0].0, *read.epochs[0].1), ([5; 32], Epoch(3), [7; 32]));
        assert!(matches!(read.epoch_key(Epoch(4)), Err(KeyFault::FindEpoch { epoch: Epoch(4) })));
        assert!(keys().write(&path).is_err(), "a key file is never written over");
        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o640)).unwrap();
        assert!(matches!(ListKeys::load(&path), Err(KeyFault::KeepSecret { mode: 0o640 })));
    }

    #[test]
    fn one_hand_cannot_be_both_authorities() {
        assert!(Authorities::new([authority(1), authority(1)]).is_none());
        assert!(Authorities::new([authority(1), (Kid([9; 4]), authority(1).1)]).is_none());
    }

    #[test]
    fn a_line_that_is_not_as_documented_is_refused_by_its_number() {
        let store = hex(&[5; 32]);
        for (text, line) in [
            (format!("other title\nstore {store}"), 1),
            (format!("{TITLE}\nstore {}", &store[2..]), 2),
            (format!("{TITLE}\nstore {store}\nstore {store}"), 3),
            (format!("{TITLE}\nepoch -1 {store}"), 2),
            (format!("{TITLE}\nauthority 00000000 {}", hex(&[0; 32])), 2),
        ] {
            let refused = ListKeys::parse(&text).unwrap_err();
            assert!(matches!(refused, KeyFault::ReadLine { line: found } if found == line), "{refused}");
        }
        assert!(matches!(ListKeys::parse(&format!("{TITLE}\nstore {store}")), Err(KeyFault::FindKeys)));
    }

    #[test]
    fn keys_are_not_printed() {
        assert_eq!(format!("{:?}", keys()), "ListKeys(1 epochs)");
    }
}
