//! The list's keys in the Linux kernel's keyring: a cache before a store that is slow to open, such as a TPM's.
//! Promises: kernel memory only, never a file; gone after the time given, at the latest at the next boot; what is not a
//! whole set of keys, or lacks the epoch asked for, is asked of the store again.
//! Must not know: the store behind. Whoever runs as the same user can read what is here, as they can read the process.

use gate_proof::digest::sha256;
use linux_keyutils::{KeyError, KeyRing, KeyRingIdentifier};
use zeroize::Zeroizing;

use crate::entry::Epoch;
use crate::keys::ListKeys;

/// Kept at most so long: a day, in seconds.
const KEPT_S: usize = 86_400;

/// A place in the keyring of this session.
pub struct KeyringCache {
    description: String,
}

impl KeyringCache {
    /// The place for the keys that `whose` names: a data directory, say. The name itself does not stand in the keyring.
    #[must_use]
    pub fn of(whose: &[u8]) -> KeyringCache {
        let [a, b, c, d, ..] = sha256(&[whose]).0;
        KeyringCache { description: format!("tianfu-gate:status-list:{a:02x}{b:02x}{c:02x}{d:02x}") }
    }

    /// The keys kept here if they open `epoch`; else what `open` gives, which is kept then. A kernel without keyrings
    /// only makes it slower.
    ///
    /// # Errors
    /// Those of `open`.
    pub fn or_open<E>(
        &self,
        epoch: Epoch,
        open: impl FnOnce() -> Result<ListKeys, E>,
    ) -> Result<ListKeys, E> {
        if let Ok(Some(keys)) = self.kept()
            && keys.bytes().any(|(of, _)| of == Some(epoch))
        {
            return Ok(keys);
        }
        let keys = open()?;
        let _ = self.keep(&keys); // it is a cache
        Ok(keys)
    }

    /// Keeps these.
    ///
    /// # Errors
    /// The kernel's.
    pub fn keep(&self, keys: &ListKeys) -> Result<(), KeyError> {
        let key = ring()?.add_key(&self.description, keys.encode().as_bytes())?;
        key.set_timeout(KEPT_S)
    }

    /// What is kept, if it is a whole set of keys.
    ///
    /// # Errors
    /// The kernel's, but for "there is none".
    pub fn kept(&self) -> Result<Option<ListKeys>, KeyError> {
        let key = match ring()?.search(&self.description) {
            Err(KeyError::KeyDoesNotExist | KeyError::KeyExpired | KeyError::KeyRevoked) => return Ok(None),
            other => other?,
        };
        let bytes = Zeroizing::new(key.read_to_vec()?);
        Ok(std::str::from_utf8(&bytes).ok().and_then(|text| ListKeys::parse(text).ok()))
    }

    /// Forgets them: the epoch is over, or the case was opened.
    ///
    /// # Errors
    /// The kernel's, but for "there is none".
    pub fn forget(&self) -> Result<(), KeyError> {
        match ring()?.search(&self.description) {
            Err(KeyError::KeyDoesNotExist | KeyError::KeyExpired | KeyError::KeyRevoked) => Ok(()),
            found => found?.invalidate(),
        }
    }
}

fn ring() -> Result<KeyRing, KeyError> {
    KeyRing::from_special_id(KeyRingIdentifier::Session, false)
}

#[cfg(test)]
mod tests {
    use gate_proof::ed25519::SigningKey;
    use gate_wire::cose::Kid;

    use super::*;
    use crate::keys::Authorities;

    fn keys(epoch: u32) -> ListKeys {
        let authority = |seed: u8| (Kid([seed; 4]), SigningKey::from_seed(&[seed; 32]).public_key());
        let both = Authorities::new([authority(1), authority(2)]).unwrap();
        ListKeys::new([5; 32], both, vec![(Epoch(epoch), [7; 32].into())])
    }

    #[test]
    fn keys_are_opened_once_for_an_epoch_and_again_when_forgotten() {
        let cache = KeyringCache::of(format!("test {}", std::process::id()).as_bytes());
        if let Err(cause) = cache.keep(&keys(1)).and_then(|()| cache.kept().map(drop)) {
            println!(
                "SKIPPED keys_are_opened_once_for_an_epoch_and_again_when_forgotten: no keyring here: {cause}"
            );
            return;
        }
        let opened = std::cell::Cell::new(0);
        let open = |epoch| {
            cache.or_open(Epoch(epoch), || {
                opened.set(opened.get() + 1);
                Ok::<_, KeyError>(keys(epoch))
            })
        };
        let kept = open(1).unwrap();
        assert_eq!((opened.get(), kept.encode()), (0, keys(1).encode()));
        open(2).unwrap();
        open(2).unwrap();
        assert_eq!(opened.get(), 1, "another epoch's keys are opened, once");
        cache.forget().unwrap();
        assert!(cache.kept().unwrap().is_none());
        open(2).unwrap();
        assert_eq!(opened.get(), 2);
        cache.forget().unwrap();
    }
}
