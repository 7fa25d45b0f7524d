//! The PIN behind a staff badge (DESIGN §5): its verifier, and the proof that it was typed right.
//!
//! Promises: the verifier holds no PIN, comparing takes constant time, and only a right PIN gives a proof.
//! Must not know: whose it is, or how many tries were made: the growing pause after wrong ones is `gate_core`'s.

use core::fmt;

use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::stretch::{CostRefused, MemoryKib, OUTPUT_BYTES, SALT_BYTES, StretchRefused, TagMemory};

/// The longest PIN, in bytes.
pub const PIN_MOST: usize = 32;

/// What the signed staff list holds of a PIN: plain data, worthless to a camera but not to a patient guesser.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct PinVerifier {
    /// Random for each person.
    pub salt: [u8; SALT_BYTES],
    /// Argon2id memory cost in KiB; checked at use ([`MemoryKib`]).
    pub memory_kib: u32,
    /// Argon2id of the PIN.
    pub hash: [u8; OUTPUT_BYTES],
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
    /// The verifier of `pin`. `salt` is random and a person's own.
    ///
    /// # Errors
    /// [`PinRefused`], never [`PinRefused::MatchPin`].
    pub fn derive(
        pin: &[u8],
        salt: [u8; SALT_BYTES],
        memory_kib: u32,
        memory: &mut TagMemory<'_>,
    ) -> Result<Self, PinRefused> {
        let hash = hash(pin, &salt, memory_kib, memory)?;
        Ok(PinVerifier { salt, memory_kib, hash: *hash })
    }

    /// Proves `pin` against this verifier.
    ///
    /// # Errors
    /// [`PinRefused`]; [`PinRefused::MatchPin`] is the one that counts as a wrong try.
    pub fn matches(&self, pin: &[u8], memory: &mut TagMemory<'_>) -> Result<PinProven, PinRefused> {
        let typed = hash(pin, &self.salt, self.memory_kib, memory)?;
        match bool::from(typed.ct_eq(&self.hash)) {
            true => Ok(PinProven(())),
            false => Err(PinRefused::MatchPin),
        }
    }
}

fn hash(
    pin: &[u8],
    salt: &[u8; SALT_BYTES],
    memory_kib: u32,
    memory: &mut TagMemory<'_>,
) -> Result<Zeroizing<[u8; OUTPUT_BYTES]>, PinRefused> {
    if pin.is_empty() || pin.len() > PIN_MOST {
        return Err(PinRefused::TakePin { length: pin.len() });
    }
    Ok(Zeroizing::new(memory.stretch(pin, salt, MemoryKib::new(memory_kib)?)?))
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
        with_memory(|memory| PinVerifier::derive(pin, [salt; 16], 8, memory)).unwrap()
    }

    fn answer(verifier: &PinVerifier, pin: &[u8]) -> Result<(), PinRefused> {
        with_memory(|memory| verifier.matches(pin, memory)).map(|_| ())
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
