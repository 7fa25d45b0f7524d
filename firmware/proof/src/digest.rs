//! SHA-256 and HMAC-SHA256: chain hashes, body hashes, keyed names.
//! Promises: the parts are hashed one after the other, nothing between them; comparing takes constant time.
//! Must not know: what is hashed. A caller whose parts vary in length puts the lengths in itself.

use core::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq;
use zeroize::Zeroize;

/// Bytes of a SHA-256 digest.
pub const DIGEST_BYTES: usize = 32;
/// Bytes of a SHA-256 block: what HMAC pads its key to with zeros (RFC 2104 §2).
const BLOCK_BYTES: usize = 64;

/// 32 bytes out of SHA-256 or HMAC-SHA256. Equality takes constant time, so one may be a keyed name.
#[derive(Clone, Copy)]
pub struct Digest(pub [u8; DIGEST_BYTES]);

impl Digest {
    /// The bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; DIGEST_BYTES] {
        &self.0
    }
}

impl PartialEq for Digest {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl Eq for Digest {}

/// Four bytes only: enough to tell two digests apart in a log, too few to look a person up by.
impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d, ..] = self.0;
        write!(f, "Digest({a:02x}{b:02x}{c:02x}{d:02x}..)")
    }
}

/// SHA-256 (FIPS 180-4) of `parts` one after the other.
#[must_use]
pub fn sha256(parts: &[&[u8]]) -> Digest {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part);
    }
    Digest(hash.finalize().into())
}

/// SHA-256 of what comes piece by piece, such as a large file.
#[derive(Default)]
pub struct Hasher(Sha256);

impl Hasher {
    /// Nothing hashed yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The next piece.
    pub fn update(&mut self, piece: &[u8]) {
        self.0.update(piece);
    }

    /// The digest of all pieces.
    #[must_use]
    pub fn finish(self) -> Digest {
        Digest(self.0.finalize().into())
    }
}

/// HMAC-SHA256 (RFC 2104) of `parts` one after the other, under a key of 32 bytes.
#[must_use]
pub fn hmac_sha256(key: &[u8; 32], parts: &[&[u8]]) -> Digest {
    let mut padded = [0; BLOCK_BYTES];
    padded[..key.len()].copy_from_slice(key);
    let mut mac = Hmac::<Sha256>::new(&padded.into());
    padded.zeroize();
    for part in parts {
        mac.update(part);
    }
    Digest(mac.finalize().into_bytes().into())
}

#[cfg(test)]
mod tests {
    extern crate std;

    use super::*;

    fn padded(short: &[u8]) -> [u8; 32] {
        let mut key = [0; 32];
        key[..short.len()].copy_from_slice(short);
        key
    }

    fn hex(digest: Digest) -> std::string::String {
        digest.0.iter().map(|byte| std::format!("{byte:02x}")).collect()
    }

    #[test]
    fn sha256_answers_the_example_of_fips_180() {
        let expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(hex(sha256(&[b"abc"])), expected);
        assert_eq!(hex(sha256(&[b"a", b"", b"bc"])), expected);
    }

    /// RFC 4231 §4.2 and §4.3; shorter keys are zero-padded by HMAC itself, so padding them here is the same.
    #[test]
    fn hmac_answers_the_examples_of_rfc_4231() {
        assert_eq!(
            hex(hmac_sha256(&padded(&[0x0b; 20]), &[b"Hi ", b"There"])),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
        );
        assert_eq!(
            hex(hmac_sha256(&padded(b"Jefe"), &[b"what do ya want for nothing?"])),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        );
    }

    #[test]
    fn a_digest_prints_four_bytes_at_most() {
        assert_eq!(std::format!("{:?}", sha256(&[b"abc"])), "Digest(ba7816bf..)");
    }
}
