//! Thirty-two secret bytes that a key is made from, and how they behave.
//! Promises: wiped when dropped, never printed, made only from the caller's randomness.
//! Must not know: what the key is for, or where it is kept.

use core::fmt;

use rand_core::CryptoRng;
use zeroize::Zeroizing;

use crate::spelling;

/// The seed of a key, or a symmetric key. No `Clone`, no `PartialEq`, no printed content.
pub struct Seed(Zeroizing<[u8; 32]>);

impl Seed {
    /// A new one out of `rng`.
    pub fn random(rng: &mut (impl CryptoRng + ?Sized)) -> Seed {
        let mut bytes = Zeroizing::new([0; 32]);
        rng.fill_bytes(&mut *bytes);
        Seed(bytes)
    }

    /// From 64 lower-case hexadecimal digits; white space around them is left out.
    pub fn from_hex(text: &str) -> Option<Seed> {
        gate_core::json::hex(text.trim()).map(|bytes| Seed(Zeroizing::new(bytes)))
    }

    /// 64 lower-case hexadecimal digits, wiped when dropped.
    pub fn to_hex(&self) -> Zeroizing<String> {
        Zeroizing::new(spelling::hex(&*self.0))
    }

    /// The seed of these bytes; the caller wipes its own copy.
    pub(crate) fn from_bytes(bytes: &[u8; 32]) -> Seed {
        Seed(Zeroizing::new(*bytes))
    }

    /// A second copy: on purpose a word of its own and not `Clone`.
    pub(crate) fn copy(&self) -> Seed {
        Seed::from_bytes(self.as_bytes())
    }

    /// The bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for Seed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Seed(<secret>)")
    }
}
