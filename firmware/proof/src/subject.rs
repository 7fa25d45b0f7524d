//! The keyed name of a person (DESIGN §6): document → person tag → subject, and the blinded subject of a code.
//!
//! Promises: the number goes in and does not stay; a tag is never stored or shown; nothing here prints a person.
//! Must not know: document kinds and how a number is normalised (`gate_wire` does), names, colours.
//!
//! What it is not: an anonymisation. Numbers are few (about 10^10); who holds salt and keys can try them all, and
//! Argon2id only sets the price (reference: status-list measurements, §D).

use core::fmt;

use gate_wire::cose::Kid;
use gate_wire::credential::{BlindedSubject, CredentialId};
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, Zeroizing};

use crate::digest::{Digest, hmac_sha256};
use crate::secret::Secret;
use crate::stretch::{MemoryKib, OUTPUT_BYTES, SALT_BYTES, StretchRefused, TagMemory};

/// Bytes of a subject, blinded or not.
pub const SUBJECT_BYTES: usize = 12;
/// The longest normalised number, in bytes.
pub const NUMBER_MOST: usize = 32;

/// A province's salt and memory cost: they belong together, since either changes every tag.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct ProvinceSalt {
    salt: [u8; SALT_BYTES],
    memory: MemoryKib,
}

impl ProvinceSalt {
    /// Random at the province's founding, the same in all its terminals, for ever.
    #[must_use]
    pub const fn new(salt: [u8; SALT_BYTES], memory: MemoryKib) -> Self {
        ProvinceSalt { salt, memory }
    }

    /// The memory one tag takes.
    #[must_use]
    pub const fn memory(&self) -> MemoryKib {
        self.memory
    }
}

impl fmt::Debug for ProvinceSalt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ProvinceSalt({} KiB)", self.memory.kib())
    }
}

/// Argon2id of document kind and number. Wiped when dropped; it has no bytes to show.
#[derive(Debug)]
pub struct PersonTag(Secret);

/// Why there is no tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TagRefused {
    /// A number of no bytes or of more than [`NUMBER_MOST`].
    #[error("a number of {length} bytes, allowed are 1 to {NUMBER_MOST}")]
    TakeNumber {
        /// Bytes given.
        length: usize,
    },
    /// The stretching failed.
    #[error(transparent)]
    Stretch(#[from] StretchRefused),
}

impl PersonTag {
    /// The tag of a document: Argon2id over `kind` (its code byte) ‖ `number` (normalised).
    ///
    /// # Errors
    /// [`TagRefused`].
    pub fn derive(
        kind: u8,
        number: &[u8],
        province: &ProvinceSalt,
        memory: &mut TagMemory<'_>,
    ) -> Result<Self, TagRefused> {
        let refused = TagRefused::TakeNumber { length: number.len() };
        if number.is_empty() {
            return Err(refused);
        }
        let mut input = Zeroizing::new([0; 1 + NUMBER_MOST]);
        input[0] = kind;
        input.get_mut(1..=number.len()).ok_or(refused)?.copy_from_slice(number);
        let mut out = memory.stretch(&input[..=number.len()], &province.salt, province.memory)?;
        let tag = PersonTag(Secret(out));
        out.zeroize();
        Ok(tag)
    }
}

/// The province's key from tags to subjects. Reaches a terminal in an envelope to its device key.
#[derive(Debug)]
pub struct SubjectKey(Secret);

impl SubjectKey {
    /// The key with these bytes. The caller wipes its own copy.
    #[must_use]
    pub const fn from_bytes(bytes: &[u8; 32]) -> Self {
        SubjectKey(Secret(*bytes))
    }

    /// The subject of the person with `tag`: HMAC-SHA256, the first 12 bytes.
    #[must_use]
    pub fn subject(&self, tag: &PersonTag) -> Subject {
        Subject(shortened(hmac_sha256(&self.0.0, &[&tag.0.0])))
    }

    /// What a staff list holds of a PIN: HMAC-SHA256 over "PIN" and the stretched PIN. A tag has 32 bytes, so none is one.
    pub(crate) fn keyed_pin(&self, stretched: &[u8; OUTPUT_BYTES]) -> Digest {
        hmac_sha256(&self.0.0, &[b"PIN", stretched])
    }
}

/// The province's key that hides subjects in codes.
#[derive(Debug)]
pub struct LinkKey(Secret);

impl LinkKey {
    /// The key with these bytes. The caller wipes its own copy.
    #[must_use]
    pub const fn from_bytes(bytes: &[u8; 32]) -> Self {
        LinkKey(Secret(*bytes))
    }

    fn mask(&self, kid: Kid, cti: CredentialId) -> [u8; SUBJECT_BYTES] {
        shortened(hmac_sha256(&self.0.0, &[&kid.0, &cti.0]))
    }
}

/// Who a credential or a list entry is about, within one province. Comparing takes constant time.
#[derive(Clone, Copy)]
pub struct Subject([u8; SUBJECT_BYTES]);

impl Subject {
    /// A subject read from where one was kept.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; SUBJECT_BYTES]) -> Self {
        Subject(bytes)
    }

    /// The bytes: a lookup key, never for a screen or a log.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; SUBJECT_BYTES] {
        &self.0
    }
}

impl PartialEq for Subject {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl Eq for Subject {}

impl fmt::Debug for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Subject(<person>)")
    }
}

/// Hides `subject` for the one credential (`kid`, `cti`): XOR with HMAC(link key, kid ‖ cti), 12 bytes (DESIGN §5).
/// It stops a camera from telling by two codes that they are one person's.
///
/// An issuer never uses a `cti` twice under one `kid`: the same mask twice gives the XOR of two subjects away.
#[must_use]
pub fn blind(subject: &Subject, key: &LinkKey, kid: Kid, cti: CredentialId) -> BlindedSubject {
    BlindedSubject(xor(subject.0, key.mask(kid, cti)))
}

/// The subject that [`blind`] hid. A wrong key, `kid` or `cti` gives a subject of nobody, not an error.
#[must_use]
pub fn unblind(blinded: &BlindedSubject, key: &LinkKey, kid: Kid, cti: CredentialId) -> Subject {
    Subject(xor(blinded.0, key.mask(kid, cti)))
}

fn xor(a: [u8; SUBJECT_BYTES], b: [u8; SUBJECT_BYTES]) -> [u8; SUBJECT_BYTES] {
    core::array::from_fn(|i| a[i] ^ b[i])
}

fn shortened(digest: Digest) -> [u8; SUBJECT_BYTES] {
    core::array::from_fn(|i| digest.0[i])
}

#[cfg(test)]
mod tests;
