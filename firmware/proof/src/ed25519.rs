//! Ed25519 (RFC 8032) keys and signatures. The only place in the workspace that asks ed25519-dalek to verify.
//!
//! Promises: a key is admitted before it verifies anything, verification is `verify_strict` and nothing weaker,
//! and a signature leaves only after the public key has verified it.
//! Must not know: COSE, purposes, or who owns a key.
//!
//! What the two halves stop together (ed25519-dalek 3.0): `verify_strict` refuses s ≥ ℓ, an R that is no point,
//! of small order or not in canonical form, and a small-order key; it still lets a key with a torsion component
//! and a non-canonical key through. `admit` closes these two, so that one signature is either good everywhere
//! (cofactored, cofactorless, batched) or nowhere.

use core::fmt;

use ed25519_dalek::{Signature, Signer, VerifyingKey};

/// Bytes of a public key and of a seed.
pub const KEY_BYTES: usize = 32;
/// Bytes of a signature: R ‖ s.
pub const SIGNATURE_BYTES: usize = 64;

/// An admitted Ed25519 public key.
///
/// Having one tells you: the bytes are the only spelling of a point of the prime-order group other than the
/// identity. It stops the attack of a key under which one signature is good for every message (small order), and
/// of a key on whose signatures two verifiers disagree (torsion component). It does **not** tell you whose it is.
///
/// ```compile_fail,E0451
/// // There is no way around `admit`: the fields are private.
/// let key = gate_proof::ed25519::PublicKey { key: todo!() };
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct PublicKey {
    key: VerifyingKey,
}

/// Why a public key is not admitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyRefused {
    /// The bytes are not a point of edwards25519.
    #[error("the key is not a point of edwards25519")]
    DecodePoint,
    /// A second spelling of a point: y ≥ p, or the sign of x = 0 set (RFC 8032 §5.1.3).
    #[error("the key is not in canonical form")]
    AcceptSpelling,
    /// A point of order 1, 2, 4 or 8.
    #[error("the key is a point of small order")]
    AcceptSmallOrder,
    /// A point outside the prime-order group.
    #[error("the key has a torsion component")]
    AcceptTorsion,
}

/// No signature of this key over this message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the signature does not verify")]
pub struct SignatureRefused;

impl PublicKey {
    /// Admits `bytes` as a key that may verify.
    ///
    /// # Errors
    /// [`KeyRefused`], in the order of its variants.
    pub fn admit(bytes: &[u8; KEY_BYTES]) -> Result<Self, KeyRefused> {
        let key = VerifyingKey::from_bytes(bytes).map_err(|_| KeyRefused::DecodePoint)?;
        let point = key.to_edwards();
        if point.compress().as_bytes() != bytes {
            return Err(KeyRefused::AcceptSpelling);
        }
        if key.is_weak() {
            return Err(KeyRefused::AcceptSmallOrder);
        }
        if !point.is_torsion_free() {
            return Err(KeyRefused::AcceptTorsion);
        }
        Ok(PublicKey { key })
    }

    /// The key's 32 bytes (RFC 8032 §5.1.2).
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; KEY_BYTES] {
        self.key.as_bytes()
    }

    /// Verifies `signature` over `message`, strictly.
    ///
    /// # Errors
    /// [`SignatureRefused`], without saying which check failed.
    pub fn verify(&self, message: &[u8], signature: &[u8; SIGNATURE_BYTES]) -> Result<(), SignatureRefused> {
        self.key.verify_strict(message, &Signature::from_bytes(signature)).map_err(|_| SignatureRefused)
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d, ..] = *self.as_bytes();
        write!(f, "PublicKey({a:02x}{b:02x}{c:02x}{d:02x}..)")
    }
}

/// A signature was made and did not verify: memory, processor or key is damaged. Nothing was given out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the signature made does not verify; it was withheld")]
pub struct SigningFault;

/// An Ed25519 private key, wiped when dropped and never printed.
///
/// The public half always comes from the seed, never from a caller: signing with a foreign public half would
/// give the private one away (RUSTSEC-2022-0093).
pub struct SigningKey {
    secret: ed25519_dalek::SigningKey,
    public: PublicKey,
}

impl SigningKey {
    /// The key of `seed` (RFC 8032 §5.1.5). The caller wipes its own copy.
    #[must_use]
    pub fn from_seed(seed: &[u8; KEY_BYTES]) -> Self {
        let secret = ed25519_dalek::SigningKey::from_bytes(seed);
        // A clamped multiple of the base point: canonical, of prime order, never the identity. No need to admit.
        let public = PublicKey { key: secret.verifying_key() };
        SigningKey { secret, public }
    }

    /// The public half.
    #[must_use]
    pub fn public_key(&self) -> PublicKey {
        self.public
    }

    /// Signs `message` and verifies the result before giving it out: a signature with a fault in it can reveal
    /// the key (two signatures over one message that differ in the challenge only).
    ///
    /// # Errors
    /// [`SigningFault`] when the signature made does not verify.
    pub fn sign(&self, message: &[u8]) -> Result<[u8; SIGNATURE_BYTES], SigningFault> {
        self.release(message, self.secret.sign(message).to_bytes())
    }

    fn release(
        &self,
        message: &[u8],
        made: [u8; SIGNATURE_BYTES],
    ) -> Result<[u8; SIGNATURE_BYTES], SigningFault> {
        self.public.verify(message, &made).map_err(|_| SigningFault)?;
        Ok(made)
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey").field("public", &self.public).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    extern crate std;

    use super::*;

    fn hex32(text: &str) -> [u8; 32] {
        core::array::from_fn(|i| u8::from_str_radix(&text[2 * i..2 * i + 2], 16).unwrap())
    }

    fn refusal(text: &str) -> Option<KeyRefused> {
        PublicKey::admit(&hex32(text)).err()
    }

    /// RFC 8032 §7.1, test 2.
    #[test]
    fn the_key_and_signature_of_rfc_8032_are_ours_too() {
        let key =
            SigningKey::from_seed(&hex32("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb"));
        let public = hex32("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c");
        assert_eq!(key.public_key().as_bytes(), &public);
        let signature = key.sign(&[0x72]).unwrap();
        assert_eq!(signature[..4], [0x92, 0xa0, 0x09, 0xa9]);
        assert_eq!(PublicKey::admit(&public).unwrap().verify(&[0x72], &signature), Ok(()));
    }

    #[test]
    fn a_key_that_is_no_point_non_canonical_weak_or_mixed_is_refused() {
        let no_point = "0200000000000000000000000000000000000000000000000000000000000000";
        assert_eq!(refusal(no_point), Some(KeyRefused::DecodePoint));
        let y_is_p_plus_one = "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f";
        assert_eq!(refusal(y_is_p_plus_one), Some(KeyRefused::AcceptSpelling));
        let minus_zero = "0100000000000000000000000000000000000000000000000000000000000080";
        assert_eq!(refusal(minus_zero), Some(KeyRefused::AcceptSpelling));
        let order_eight = "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a";
        assert_eq!(refusal(order_eight), Some(KeyRefused::AcceptSmallOrder));
        let mixed = "cdb267ce40c5cd45306fa5d2f29731459387dbf9eb933b7bd5aed9a765b88d4d";
        assert_eq!(refusal(mixed), Some(KeyRefused::AcceptTorsion));
    }

    #[test]
    fn every_key_made_from_a_seed_is_one_that_admission_lets_in() {
        for seed in 0..64 {
            let public = SigningKey::from_seed(&[seed; 32]).public_key();
            assert_eq!(PublicKey::admit(public.as_bytes()), Ok(public));
        }
    }

    #[test]
    fn a_signature_with_any_bit_wrong_is_withheld() {
        let key = SigningKey::from_seed(&[7; 32]);
        let good = key.sign(b"message").unwrap();
        for bit in 0..8 * good.len() {
            let mut faulty = good;
            faulty[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(key.release(b"message", faulty), Err(SigningFault), "bit {bit}");
        }
        assert_eq!(key.release(b"message", good), Ok(good));
        assert_eq!(key.release(b"massage", good), Err(SigningFault));
    }

    #[test]
    fn a_damaged_key_in_memory_gives_no_signature_out() {
        let mut key = SigningKey::from_seed(&[7; 32]);
        key.public = SigningKey::from_seed(&[8; 32]).public_key();
        assert_eq!(key.sign(b"message"), Err(SigningFault));
    }

    #[test]
    fn a_private_key_prints_its_public_half_only() {
        let printed = std::format!("{:?}", SigningKey::from_seed(&[0xAB; 32]));
        assert!(printed.starts_with("SigningKey { public: PublicKey("), "{printed}");
        assert!(!printed.contains("abab") && !printed.contains("171"), "{printed}");
    }
}
