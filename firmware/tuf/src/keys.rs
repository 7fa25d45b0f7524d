//! Keys as root names them, and what a role demands of them.
//! Promises: a threshold counts different keys, not different names of one key; only keys that `proof` admits count.
//! Must not know: what is signed.

use std::collections::BTreeMap;

use gate_proof::digest::sha256;
use gate_proof::ed25519::PublicKey;
use serde::{Deserialize, Serialize};

use crate::canonical::canonical;

/// Keys of a role at most.
const ROLE_KEYS_MOST: usize = 32;

/// A key's id: SHA-256 of its canonical form, in hexadecimal. Whoever reads metadata takes it as a name.
pub type KeyId = String;

/// A key as root lists it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyEntry {
    keytype: String,
    scheme: String,
    keyval: KeyValue,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct KeyValue {
    public: String,
}

/// Whose signatures a role takes, and how many of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoleKeys {
    /// The keys' names in root.
    pub keyids: Vec<KeyId>,
    /// How many different keys.
    pub threshold: u32,
}

impl KeyEntry {
    /// The entry of a key of ours.
    #[must_use]
    pub fn of(key: &PublicKey) -> KeyEntry {
        let public = key.as_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
        KeyEntry { keytype: "ed25519".into(), scheme: "ed25519".into(), keyval: KeyValue { public } }
    }

    /// The key, if it is an Ed25519 key that may be believed. Keys of other kinds are no error (§4.2): they never count.
    #[must_use]
    pub fn admit(&self) -> Option<PublicKey> {
        let ours = self.keytype == "ed25519" && self.scheme == "ed25519";
        let bytes = from_hex::<32>(&self.keyval.public).filter(|_| ours)?;
        PublicKey::admit(&bytes).ok()
    }

    /// Its id.
    #[must_use]
    pub fn id(&self) -> KeyId {
        // Texts alone: it always is JSON, and canonical.
        let value = serde_json::to_value(self).unwrap_or_default();
        let digest = sha256(&[&canonical(&value).unwrap_or_default()]);
        digest.as_bytes().iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

impl RoleKeys {
    /// Whether a role can be like this: at least one of no more keys than there may be, each named once.
    pub(crate) fn is_sound(&self) -> bool {
        let twice = |(at, id): (usize, &KeyId)| self.keyids[..at].contains(id);
        let bounded = self.threshold > 0 && self.keyids.len() <= ROLE_KEYS_MOST;
        bounded && !self.keyids.iter().enumerate().any(twice)
    }

    /// The keys that may sign, under the names that root gives them.
    pub(crate) fn admitted<'a>(
        &'a self,
        keys: &'a BTreeMap<KeyId, KeyEntry>,
    ) -> impl Iterator<Item = (&'a KeyId, PublicKey)> {
        self.keyids.iter().filter_map(|id| Some((id, keys.get(id)?.admit()?)))
    }
}

/// Bytes from exactly `2 N` hexadecimal digits, in either case as other tools write them.
pub(crate) fn from_hex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let digits = text.as_bytes();
    let mut out = [0; N];
    if digits.len() != 2 * N {
        return None;
    }
    for (byte, pair) in out.iter_mut().zip(digits.chunks_exact(2)) {
        let nibble = |at: usize| char::from(pair[at]).to_digit(16);
        *byte = (nibble(0)? << 4 | nibble(1)?) as u8;
    }
    Some(out)
}
