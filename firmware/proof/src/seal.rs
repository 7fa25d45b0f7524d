//! HPKE (RFC 9180, base mode): DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, ChaCha20-Poly1305; one message a key.
//! Records to the authority's day key, the province's keys to a terminal's device key (DESIGN §5, §6).
//!
//! Promises: no allocation, sizes fixed by type, randomness from the caller alone, secrets wiped when dropped.
//! Must not know: what is sealed. Base mode does not say **who** sealed: the signature over a batch does.

use core::fmt;

use curve25519_dalek::montgomery::MontgomeryPoint;
use hpke::aead::{AeadTag, ChaCha20Poly1305};
use hpke::inout::InOutBuf;
use hpke::kdf::HkdfSha256;
use hpke::kem::X25519HkdfSha256;
use hpke::{Deserializable, Kem, OpModeR, OpModeS, Serializable};
use rand_core::CryptoRng;
use zeroize::Zeroize;

type Public = <X25519HkdfSha256 as Kem>::PublicKey;
type Private = <X25519HkdfSha256 as Kem>::PrivateKey;
type Encapped = <X25519HkdfSha256 as Kem>::EncappedKey;
type Tag = AeadTag<ChaCha20Poly1305>;

/// Bytes of a public key, of a seed and of an encapsulated key.
pub const KEY_BYTES: usize = 32;
/// Bytes of the authentication tag.
pub const TAG_BYTES: usize = 16;

/// What something is sealed for: HPKE's `info`, a domain tag and the suite. The list is closed on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SealInfo(&'static [u8]);

impl SealInfo {
    /// A journal record, to a day key.
    pub const RECORD: Self = SealInfo(b"tianfu-gate/record/1 x25519-hkdf-sha256-chacha20poly1305");
    /// A day key's seed, to the desk's wrapping key: destroying that one destroys them all.
    pub const DAY_KEY: Self = SealInfo(b"tianfu-gate/day-key/1 x25519-hkdf-sha256-chacha20poly1305");
    /// A province's subject, link or epoch key, to a terminal's device key.
    pub const PROVINCE_KEY: Self =
        SealInfo(b"tianfu-gate/province-key/1 x25519-hkdf-sha256-chacha20poly1305");
}

/// An admitted X25519 public key to seal to.
///
/// Having one tells you: it is the canonical spelling of a point that has an opening key. It stops a key that
/// everybody can open (a low-order point) and a key that nobody can (a point on the twist, or a second spelling,
/// which the opener would not put into its key schedule): such records would be lost, unnoticed for months.
///
/// ```compile_fail,E0451
/// let key = gate_proof::seal::SealingKey { bytes: [0; 32] };
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct SealingKey {
    key: Public,
    bytes: [u8; KEY_BYTES],
}

/// Why a key to seal to is not admitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SealingKeyRefused {
    /// No point of the curve: nobody can hold the opening key.
    #[error("the key is not on the curve")]
    DecodePoint,
    /// A second spelling of a point.
    #[error("the key is not in canonical form")]
    AcceptSpelling,
    /// A point of order 1, 2, 4 or 8: everybody can open what is sealed to it.
    #[error("the key is a point of small order")]
    AcceptSmallOrder,
    /// A point outside the prime-order group: no key made by the rules is one.
    #[error("the key has a torsion component")]
    AcceptTorsion,
}

impl SealingKey {
    /// Admits `bytes` (RFC 7748 §5, little-endian u) as a key to seal to.
    ///
    /// # Errors
    /// [`SealingKeyRefused`].
    pub fn admit(bytes: &[u8; KEY_BYTES]) -> Result<Self, SealingKeyRefused> {
        let point = MontgomeryPoint(*bytes).to_edwards(0).ok_or(SealingKeyRefused::DecodePoint)?;
        if point.to_montgomery().as_bytes() != bytes {
            return Err(SealingKeyRefused::AcceptSpelling);
        }
        if point.is_small_order() {
            return Err(SealingKeyRefused::AcceptSmallOrder);
        }
        if !point.is_torsion_free() {
            return Err(SealingKeyRefused::AcceptTorsion);
        }
        let key = Public::from_bytes(bytes).map_err(|_| SealingKeyRefused::DecodePoint)?;
        Ok(SealingKey { key, bytes: *bytes })
    }

    /// The key's 32 bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; KEY_BYTES] {
        &self.bytes
    }
}

impl fmt::Debug for SealingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d, ..] = self.bytes;
        write!(f, "SealingKey({a:02x}{b:02x}{c:02x}{d:02x}..)")
    }
}

/// The private half: opens what was sealed. Wiped when dropped, never printed.
pub struct OpeningKey {
    key: Private,
}

impl OpeningKey {
    /// The key derived from 32 random bytes (DeriveKeyPair, RFC 9180 §7.1.3). The caller wipes its own copy.
    #[must_use]
    pub fn from_seed(seed: &[u8; KEY_BYTES]) -> Self {
        let (key, _) = X25519HkdfSha256::derive_keypair(seed);
        OpeningKey { key }
    }

    /// The public half.
    #[must_use]
    pub fn sealing_key(&self) -> SealingKey {
        let key = X25519HkdfSha256::sk_to_pk(&self.key);
        // A clamped multiple of the base point: canonical and of prime order. No need to admit.
        let bytes = key.to_bytes().into();
        SealingKey { key, bytes }
    }
}

impl fmt::Debug for OpeningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OpeningKey(<secret>)")
    }
}

/// `N` sealed bytes: enc ‖ body ‖ tag is `48 + N` bytes on disk.
#[derive(Clone, PartialEq, Eq)]
pub struct Sealed<const N: usize> {
    /// The encapsulated key: an X25519 point of this message's own.
    pub enc: [u8; KEY_BYTES],
    /// The encrypted bytes.
    pub body: [u8; N],
    /// The authentication tag over body and associated data.
    pub tag: [u8; TAG_BYTES],
}

impl<const N: usize> fmt::Debug for Sealed<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sealed({N} bytes)")
    }
}

/// `N` opened bytes: sealed to the key, for the purpose and with the associated data given. Wiped when dropped.
pub struct Opened<const N: usize>([u8; N]);

impl<const N: usize> Opened<N> {
    /// The bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; N] {
        &self.0
    }
}

impl<const N: usize> Drop for Opened<N> {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl<const N: usize> fmt::Debug for Opened<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Opened({N} bytes)")
    }
}

/// Nothing was sealed: a bug, since admitted keys and fixed sizes rule it out. Nothing was given out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("HPKE did not seal")]
pub struct SealFault;

/// Seals `plaintext` to `key`. `aad` binds it to its place (terminal, journal, sequence, previous hash, day key).
/// The same `rng` state gives the same bytes; 32 bytes of it are used.
///
/// # Errors
/// [`SealFault`].
pub fn seal_record<const N: usize>(
    key: &SealingKey,
    info: SealInfo,
    aad: &[u8],
    plaintext: &[u8; N],
    rng: &mut impl CryptoRng,
) -> Result<Sealed<N>, SealFault> {
    let mut body = *plaintext;
    let made = hpke::single_shot_seal_inout_detached_with_rng::<ChaCha20Poly1305, HkdfSha256, X25519HkdfSha256>(
        &OpModeS::Base,
        &key.key,
        info.0,
        InOutBuf::from(&mut body[..]),
        aad,
        rng,
    );
    match made {
        Ok((enc, tag)) => Ok(Sealed { enc: enc.to_bytes().into(), body, tag: tag.to_bytes().into() }),
        Err(_) => {
            body.zeroize();
            Err(SealFault)
        }
    }
}

/// Not sealed to this key, for this purpose, with this associated data; or changed since.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the seal does not open")]
pub struct OpenRefused;

/// Opens what [`seal_record`] sealed.
///
/// # Errors
/// [`OpenRefused`], without saying what differs.
pub fn open_record<const N: usize>(
    key: &OpeningKey,
    info: SealInfo,
    aad: &[u8],
    sealed: &Sealed<N>,
) -> Result<Opened<N>, OpenRefused> {
    let enc = Encapped::from_bytes(&sealed.enc).map_err(|_| OpenRefused)?;
    let tag = Tag::from_bytes(&sealed.tag).map_err(|_| OpenRefused)?;
    let mut opened = Opened(sealed.body);
    hpke::single_shot_open_inout_detached::<ChaCha20Poly1305, HkdfSha256, X25519HkdfSha256>(
        &OpModeR::Base,
        &key.key,
        &enc,
        info.0,
        InOutBuf::from(&mut opened.0[..]),
        aad,
        &tag,
    )
    .map_err(|_| OpenRefused)?;
    Ok(opened)
}

#[cfg(test)]
mod tests;
