//! HPKE against the RFC's own example, by properties, and the keys that must not be admitted.

extern crate std;

use core::convert::Infallible;

use proptest::prelude::*;
use rand_chacha::ChaCha20Rng;
use rand_core::{SeedableRng, TryCryptoRng, TryRng};

use super::*;

const AAD: &[u8] = b"terminal 7, journal 1, sequence 42";

/// RFC 9180 Appendix A.2.1 (DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, ChaCha20Poly1305, base), sequence number 0.
mod rfc9180 {
    pub(super) const INFO: &[u8] = b"Ode on a Grecian Urn";
    pub(super) const IKM_E: &str = "909a9b35d3dc4713a5e72a4da274b55d3d3821a37e5d099e74a647db583a904b";
    pub(super) const IKM_R: &str = "1ac01f181fdf9f352797655161c58b75c656a6cc2716dcb66372da835542e1df";
    pub(super) const PK_R: &str = "4310ee97d88cc1f088a5576c77ab0cf5c3ac797f3d95139c6c84b5429c59662a";
    pub(super) const ENC: &str = "1afa08d3dec047a643885163f1180476fa7ddb54c6a8029ea33f95796bf2ac4a";
    pub(super) const AAD: &[u8] = b"Count-0";
    pub(super) const PT: &[u8; 29] = b"Beauty is truth, truth beauty";
    pub(super) const BODY: &str = "1c5250d8034ec2b784ba2cfd69dbdb8af406cfe3ff938e131f0def8c8b";
    pub(super) const TAG: &str = "60b4db21993c62ce81883d2dd1b51a28";
}

fn hex<const N: usize>(text: &str) -> [u8; N] {
    assert_eq!(text.len(), 2 * N);
    core::array::from_fn(|i| u8::from_str_radix(&text[2 * i..2 * i + 2], 16).unwrap())
}

/// "Randomness" that is the RFC's ikmE: what makes sealing reproduce its example.
struct Fixed([u8; 32]);

impl TryRng for Fixed {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok(0)
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(0)
    }

    fn try_fill_bytes(&mut self, to: &mut [u8]) -> Result<(), Infallible> {
        to.copy_from_slice(&self.0);
        Ok(())
    }
}

impl TryCryptoRng for Fixed {}

fn rfc_sealed() -> Sealed<29> {
    Sealed { enc: hex(rfc9180::ENC), body: hex(rfc9180::BODY), tag: hex(rfc9180::TAG) }
}

#[test]
fn the_example_of_rfc_9180_opens() {
    let key = OpeningKey::from_seed(&hex(rfc9180::IKM_R));
    assert_eq!(key.sealing_key().as_bytes(), &hex(rfc9180::PK_R));
    let opened = open_record(&key, SealInfo(rfc9180::INFO), rfc9180::AAD, &rfc_sealed()).unwrap();
    assert_eq!(opened.as_bytes(), rfc9180::PT);
}

#[test]
fn sealing_reproduces_the_example_of_rfc_9180() {
    let key = SealingKey::admit(&hex(rfc9180::PK_R)).unwrap();
    let mut rng = Fixed(hex(rfc9180::IKM_E));
    let sealed = seal_record(&key, SealInfo(rfc9180::INFO), rfc9180::AAD, rfc9180::PT, &mut rng);
    assert_eq!(sealed, Ok(rfc_sealed()));
}

fn refusal(bytes: [u8; 32]) -> Option<SealingKeyRefused> {
    SealingKey::admit(&bytes).err()
}

/// The small u of RFC 7748 §6.1's advice: order 4 (u = 0), order 4 (u = 1), the two of order 8.
#[test]
fn a_key_that_everybody_can_open_is_refused() {
    let mut one = [0; 32];
    assert_eq!(refusal(one), Some(SealingKeyRefused::AcceptSmallOrder));
    one[0] = 1;
    assert_eq!(refusal(one), Some(SealingKeyRefused::AcceptSmallOrder));
    for order_eight in [
        "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
        "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
    ] {
        assert_eq!(refusal(hex(order_eight)), Some(SealingKeyRefused::AcceptSmallOrder));
    }
}

#[test]
fn a_key_that_nobody_can_open_is_refused() {
    let mut on_twist = [0; 32];
    on_twist[0] = 2;
    assert_eq!(refusal(on_twist), Some(SealingKeyRefused::DecodePoint));
    let mut high_bit = hex::<32>(rfc9180::PK_R);
    high_bit[31] |= 0x80;
    assert_eq!(refusal(high_bit), Some(SealingKeyRefused::AcceptSpelling));
    let p_plus_nine = "f6ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f";
    assert_eq!(refusal(hex(p_plus_nine)), Some(SealingKeyRefused::AcceptSpelling));
}

/// Base point plus a point of order 8: on the curve, of large order, and yet nobody's.
#[test]
fn a_key_with_a_torsion_component_is_refused() {
    use curve25519_dalek::constants::{ED25519_BASEPOINT_POINT, EIGHT_TORSION};
    let mixed = (ED25519_BASEPOINT_POINT + EIGHT_TORSION[1]).to_montgomery();
    assert_eq!(refusal(mixed.to_bytes()), Some(SealingKeyRefused::AcceptTorsion));
}

#[test]
fn every_key_made_from_a_seed_is_one_that_admission_lets_in() {
    for seed in 0..64 {
        let key = OpeningKey::from_seed(&[seed; 32]).sealing_key();
        assert_eq!(SealingKey::admit(key.as_bytes()), Ok(key));
    }
}

fn sealed_with(seed: u64, plaintext: &[u8; 40]) -> (OpeningKey, Sealed<40>) {
    let mut rng = ChaCha20Rng::seed_from_u64(seed);
    let key = OpeningKey::from_seed(&[9; 32]);
    let sealed = seal_record(&key.sealing_key(), SealInfo::RECORD, AAD, plaintext, &mut rng).unwrap();
    (key, sealed)
}

#[test]
fn no_single_changed_bit_opens() {
    let (key, sealed) = sealed_with(1, &[5; 40]);
    for bit in 0..8 * (32 + 40 + 16) {
        let mut changed = sealed.clone();
        let (byte, mask) = (bit / 8, 1 << (bit % 8));
        match byte {
            0..32 => changed.enc[byte] ^= mask,
            32..72 => changed.body[byte - 32] ^= mask,
            _ => changed.tag[byte - 72] ^= mask,
        }
        assert!(open_record(&key, SealInfo::RECORD, AAD, &changed).is_err(), "bit {bit}");
    }
    assert!(open_record(&key, SealInfo::RECORD, AAD, &sealed).is_ok());
}

#[test]
fn another_place_purpose_or_key_does_not_open() {
    let (key, sealed) = sealed_with(1, &[5; 40]);
    for bit in 0..8 * AAD.len() {
        let mut elsewhere = AAD.to_vec();
        elsewhere[bit / 8] ^= 1 << (bit % 8);
        assert!(open_record(&key, SealInfo::RECORD, &elsewhere, &sealed).is_err(), "aad bit {bit}");
    }
    assert!(open_record(&key, SealInfo::PROVINCE_KEY, AAD, &sealed).is_err());
    assert!(open_record(&OpeningKey::from_seed(&[8; 32]), SealInfo::RECORD, AAD, &sealed).is_err());
}

#[test]
fn an_encapsulated_key_of_small_order_does_not_open() {
    let (key, sealed) = sealed_with(1, &[5; 40]);
    let forged = Sealed { enc: [0; 32], ..sealed };
    assert!(open_record(&key, SealInfo::RECORD, AAD, &forged).is_err());
}

#[test]
fn the_caller_s_randomness_decides_the_bytes() {
    assert_eq!(sealed_with(1, &[5; 40]).1, sealed_with(1, &[5; 40]).1);
    assert_ne!(sealed_with(1, &[5; 40]).1.enc, sealed_with(2, &[5; 40]).1.enc);
}

#[test]
fn neither_key_nor_content_prints() {
    let (key, sealed) = sealed_with(1, &[0xAB; 40]);
    let opened = open_record(&key, SealInfo::RECORD, AAD, &sealed).unwrap();
    assert_eq!(
        std::format!("{key:?} {sealed:?} {opened:?}"),
        "OpeningKey(<secret>) Sealed(40 bytes) Opened(40 bytes)"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_is_sealed_opens(plaintext: [u8; 24], seed: u64, aad: std::vec::Vec<u8>, holder: [u8; 32]) {
        let key = OpeningKey::from_seed(&holder);
        let mut rng = ChaCha20Rng::seed_from_u64(seed);
        let sealed = seal_record(&key.sealing_key(), SealInfo::RECORD, &aad, &plaintext, &mut rng).unwrap();
        prop_assert_ne!(&sealed.body, &plaintext);
        let opened = open_record(&key, SealInfo::RECORD, &aad, &sealed).unwrap();
        prop_assert_eq!(opened.as_bytes(), &plaintext);
    }
}
