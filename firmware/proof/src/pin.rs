//! The PIN behind a staff badge (DESIGN §5): its verifier, and the proof that it was typed right.
//!
//! Promises: the verifier holds no PIN, comparing takes constant time, and only a right PIN gives a proof.
//! Must not know: whose it is, or how many tries were made: the growing pause after wrong ones is `gate_core`'s.

use core::fmt;

use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::digest::Digest;
use crate::stretch::{CostRefused, MemoryKib, OUTPUT_BYTES, SALT_BYTES, StretchRefused, TagMemory};
use crate::subject::SubjectKey;

/// The longest PIN, in bytes.
pub const PIN_MOST: usize = 32;

/// What it takes, besides the list, to try PINs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PinKeying {
    /// Nothing: lists from before 2026-11-21. Whoever holds a lost stick can try the million of them at home.
    Unkeyed,
    /// The province's subject key, which reaches a terminal in an envelope only.
    SubjectKey,
}

/// What the signed staff list holds of a PIN. Under [`PinKeying::SubjectKey`] it says nothing to who finds the list.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct PinVerifier {
    /// Random for each person.
    pub salt: [u8; SALT_BYTES],
    /// Argon2id memory cost in KiB; checked at use ([`MemoryKib`]).
    pub memory_kib: u32,
    /// Argon2id of the PIN, then as `keying` says.
    pub hash: [u8; OUTPUT_BYTES],
    /// Under what.
    pub keying: PinKeying,
}

/// Having one tells you: the PIN of the verifier asked was typed right. It stops a photographed badge from
/// opening anything. It does **not** tell you that the badge is still good.
///
/// ```compile_fail,E0423
/// let proof = gate_proof::pin::PinProven(());
/// ```
#[derive(Debug)]
pub struct PinProven(());

/// Why a PIN was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PinRefused {
    /// Not this PIN.
    #[error("wrong PIN")]
    MatchPin,
    /// A PIN of no bytes or of more than [`PIN_MOST`].
    #[error("a PIN of {length} bytes, allowed are 1 to {PIN_MOST}")]
    TakePin {
        /// Bytes given.
        length: usize,
    },
    /// The verifier asks for a cost out of range.
    #[error(transparent)]
    Cost(#[from] CostRefused),
    /// The stretching failed.
    #[error(transparent)]
    Stretch(#[from] StretchRefused),
}

impl PinVerifier {
    /// The verifier of `pin` under the province's key. `salt` is random and a person's own.
    ///
    /// # Errors
    /// [`PinRefused`], never [`PinRefused::MatchPin`].
    pub fn derive(
        pin: &[u8],
        salt: [u8; SALT_BYTES],
        cost: MemoryKib,
        key: &SubjectKey,
        memory: &mut TagMemory<'_>,
    ) -> Result<Self, PinRefused> {
        let keying = PinKeying::SubjectKey;
        let mut verifier = PinVerifier { salt, memory_kib: cost.kib(), hash: [0; OUTPUT_BYTES], keying };
        verifier.hash = *verifier.digest(pin, key, memory)?.as_bytes();
        Ok(verifier)
    }

    /// Proves `pin` against this verifier.
    ///
    /// # Errors
    /// [`PinRefused`]; [`PinRefused::MatchPin`] is the one that counts as a wrong try.
    pub fn matches(
        &self,
        pin: &[u8],
        key: &SubjectKey,
        memory: &mut TagMemory<'_>,
    ) -> Result<PinProven, PinRefused> {
        let typed = self.digest(pin, key, memory)?;
        match bool::from(typed.as_bytes().ct_eq(&self.hash)) {
            true => Ok(PinProven(())),
            false => Err(PinRefused::MatchPin),
        }
    }

    fn digest(&self, pin: &[u8], key: &SubjectKey, memory: &mut TagMemory<'_>) -> Result<Digest, PinRefused> {
        if pin.is_empty() || pin.len() > PIN_MOST {
            return Err(PinRefused::TakePin { length: pin.len() });
        }
        let stretched = Zeroizing::new(memory.stretch(pin, &self.salt, MemoryKib::new(self.memory_kib)?)?);
        match self.keying {
            PinKeying::Unkeyed => Ok(Digest(*stretched)),
            PinKeying::SubjectKey => Ok(key.keyed_pin(&stretched)),
        }
    }
}

impl fmt::Debug for PinVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PinVerifier").field("memory_kib", &self.memory_kib).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    extern crate std;

    use super::*;
    use crate::stretch::Block;

    fn with_memory<T>(use_it: impl FnOnce(&mut TagMemory<'_>) -> T) -> T {
        let mut blocks = [Block::new(); 8];
        use_it(&mut TagMemory::over(&mut blocks))
    }

    fn verifier(pin: &[u8], salt: u8) -> PinVerifier {
        with_memory(|memory| PinVerifier::derive(pin, [salt; 16], MemoryKib::LEAST, &key(1), memory)).unwrap()
    }

    fn key(byte: u8) -> SubjectKey {
        SubjectKey::from_bytes(&[byte; 32])
    }

    fn answer(verifier: &PinVerifier, pin: &[u8]) -> Result<(), PinRefused> {
        with_memory(|memory| verifier.matches(pin, &key(1), memory)).map(|_| ())
    }

    #[test]
    fn a_found_list_without_the_province_s_key_proves_no_pin() {
        let verifier = verifier(b"482913", 1);
        let elsewhere = with_memory(|memory| verifier.matches(b"482913", &key(2), memory));
        assert_eq!(elsewhere.unwrap_err(), PinRefused::MatchPin);
        let stretched = with_memory(|memory| memory.stretch(b"482913", &[1; 16], MemoryKib::LEAST)).unwrap();
        assert_ne!(verifier.hash, stretched, "the list holds nothing that PINs alone give");
    }

    #[test]
    fn a_verifier_from_before_proves_its_pin_still() {
        let hash = with_memory(|memory| memory.stretch(b"482913", &[1; 16], MemoryKib::LEAST)).unwrap();
        let keying = PinKeying::Unkeyed;
        let earlier = PinVerifier { salt: [1; 16], memory_kib: MemoryKib::LEAST.kib(), hash, keying };
        assert_eq!(answer(&earlier, b"482913"), Ok(()));
        assert_eq!(answer(&earlier, b"482914"), Err(PinRefused::MatchPin));
    }

    #[test]
    fn only_the_right_pin_is_a_proof() {
        let verifier = verifier(b"482913", 1);
        assert_eq!(answer(&verifier, b"482913"), Ok(()));
        for wrong in [&b"482914"[..], b"48291", b"4829130", b"482913\0"] {
            assert_eq!(answer(&verifier, wrong), Err(PinRefused::MatchPin));
        }
    }

    #[test]
    fn an_empty_or_endless_pin_is_refused_before_any_work() {
        let verifier = verifier(b"482913", 1);
        assert_eq!(answer(&verifier, b""), Err(PinRefused::TakePin { length: 0 }));
        assert_eq!(answer(&verifier, &[b'1'; 33]), Err(PinRefused::TakePin { length: 33 }));
    }

    #[test]
    fn the_same_pin_of_two_people_has_two_hashes() {
        assert_ne!(verifier(b"482913", 1).hash, verifier(b"482913", 2).hash);
    }

    #[test]
    fn a_verifier_that_asks_for_the_whole_machine_is_refused() {
        let greedy = PinVerifier { memory_kib: u32::MAX, ..verifier(b"482913", 1) };
        assert_eq!(answer(&greedy, b"482913"), Err(PinRefused::Cost(CostRefused { kib: u32::MAX })));
    }

    #[test]
    fn any_wrong_bit_in_the_hash_is_a_wrong_pin() {
        let good = verifier(b"482913", 1);
        for bit in 0..256 {
            let mut bad = good;
            bad.hash[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(answer(&bad, b"482913"), Err(PinRefused::MatchPin), "bit {bit}");
        }
    }

    #[test]
    fn a_verifier_prints_its_cost_only() {
        assert_eq!(std::format!("{:?}", verifier(b"482913", 1)), "PinVerifier { memory_kib: 8, .. }");
    }
}
