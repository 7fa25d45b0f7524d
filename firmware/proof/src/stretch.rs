//! Argon2id (RFC 9106, version 0x13, one pass, one lane) in the caller's memory: what makes guessing a number or
//! a PIN from its hash cost something.
//!
//! Promises: never allocates; the cost has an upper bound, so that data cannot ask for the whole machine; the
//! memory is wiped after use, because its first blocks give a guess away for the price of one Blake2b.
//! Must not know: whether it stretches a document number or a PIN.

use argon2::{Algorithm, Argon2, Params, Version};
use zeroize::Zeroize;

pub use argon2::Block;

/// Bytes that come out.
pub(crate) const OUTPUT_BYTES: usize = 32;
/// Bytes of a salt.
pub const SALT_BYTES: usize = 16;

/// Memory one computation fills, in KiB: 8 to 65,536.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct MemoryKib(u32);

/// A memory cost out of range.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("memory cost of {kib} KiB, allowed are {} to {}", MemoryKib::LEAST.0, MemoryKib::MOST.0)]
pub struct CostRefused {
    /// The cost asked for, in KiB.
    pub kib: u32,
}

impl MemoryKib {
    /// The least Argon2 can do (RFC 9106 §3.1): for tests only.
    pub const LEAST: Self = MemoryKib(8);
    /// A province's default: 1 MiB (DESIGN §6).
    pub const DEFAULT: Self = MemoryKib(1024);
    /// 64 MiB: what a terminal of 1 GiB can spare.
    pub const MOST: Self = MemoryKib(64 * 1024);

    /// A cost of `kib` KiB.
    ///
    /// # Errors
    /// [`CostRefused`] outside [`MemoryKib::LEAST`] to [`MemoryKib::MOST`].
    pub const fn new(kib: u32) -> Result<Self, CostRefused> {
        if kib < Self::LEAST.0 || kib > Self::MOST.0 {
            return Err(CostRefused { kib });
        }
        Ok(MemoryKib(kib))
    }

    /// The cost in KiB.
    #[must_use]
    pub const fn kib(self) -> u32 {
        self.0
    }

    /// Blocks of memory (1 KiB each) to hand to [`TagMemory::over`].
    #[must_use]
    pub const fn blocks(self) -> usize {
        // At most 65,536, so it fits every target's usize; one lane in steps of four, so this never exceeds kib.
        self.0 as usize
    }
}

/// The caller's memory for one computation at a time. Its content is wiped after each.
///
/// ```
/// use gate_proof::stretch::{Block, MemoryKib, TagMemory};
/// let mut blocks = vec![Block::new(); MemoryKib::DEFAULT.blocks()];
/// let memory = TagMemory::over(&mut blocks);
/// assert!(memory.holds(MemoryKib::DEFAULT));
/// ```
pub struct TagMemory<'m> {
    blocks: &'m mut [Block],
}

/// What the stretching itself can fail at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StretchRefused {
    /// The caller's memory is smaller than the cost.
    #[error("{needed} blocks of memory needed, {given} given")]
    FitMemory {
        /// Blocks the cost needs.
        needed: usize,
        /// Blocks the caller gave.
        given: usize,
    },
    /// Argon2 refused its parameters: the types here rule it out.
    #[error("Argon2 refused its parameters")]
    RunArgon2,
}

impl<'m> TagMemory<'m> {
    /// Uses `blocks`, of which [`MemoryKib::blocks`] are needed.
    #[must_use]
    pub const fn over(blocks: &'m mut [Block]) -> Self {
        TagMemory { blocks }
    }

    /// Whether a computation of this cost fits.
    #[must_use]
    pub const fn holds(&self, cost: MemoryKib) -> bool {
        self.blocks.len() >= cost.blocks()
    }

    /// Argon2id of `input`.
    pub(crate) fn stretch(
        &mut self,
        input: &[u8],
        salt: &[u8; SALT_BYTES],
        cost: MemoryKib,
    ) -> Result<[u8; OUTPUT_BYTES], StretchRefused> {
        let (needed, given) = (cost.blocks(), self.blocks.len());
        let used = self.blocks.get_mut(..needed).ok_or(StretchRefused::FitMemory { needed, given })?;
        let params =
            Params::new(cost.kib(), 1, 1, Some(OUTPUT_BYTES)).map_err(|_| StretchRefused::RunArgon2)?;
        let mut out = [0; OUTPUT_BYTES];
        let ran = Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
            .hash_password_into_with_memory(input, salt, &mut out, &mut *used);
        used.iter_mut().for_each(Zeroize::zeroize);
        ran.map(|()| out).map_err(|_| StretchRefused::RunArgon2)
    }
}

impl core::fmt::Debug for TagMemory<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "TagMemory({} blocks)", self.blocks.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cost_outside_its_range_is_refused() {
        assert_eq!(MemoryKib::new(7), Err(CostRefused { kib: 7 }));
        assert_eq!(MemoryKib::new(65_537), Err(CostRefused { kib: 65_537 }));
        assert_eq!(MemoryKib::new(1024), Ok(MemoryKib::DEFAULT));
    }

    #[test]
    fn too_little_memory_is_refused_with_the_figure() {
        let mut blocks = [Block::new(); 7];
        let refused = TagMemory::over(&mut blocks).stretch(b"x", &[1; 16], MemoryKib::LEAST);
        assert_eq!(refused, Err(StretchRefused::FitMemory { needed: 8, given: 7 }));
    }

    #[test]
    fn memory_is_wiped_after_use_and_left_alone_beyond_the_cost() {
        let mut blocks = [Block::new(); 9];
        blocks[8].as_mut()[0] = 1;
        let out = TagMemory::over(&mut blocks).stretch(b"x", &[1; 16], MemoryKib::LEAST).unwrap();
        assert_ne!(out, [0; 32]);
        assert!(blocks[..8].iter().all(|block| block.as_ref().iter().all(|word| *word == 0)));
        assert_eq!(blocks[8].as_ref()[0], 1);
    }

    #[test]
    fn what_the_memory_held_before_makes_no_difference() {
        let mut fresh = [Block::new(); 8];
        let mut used = [Block::new(); 8];
        used.iter_mut().for_each(|block| block.as_mut().fill(u64::MAX));
        let stretch =
            |blocks: &mut [Block]| TagMemory::over(blocks).stretch(b"x", &[1; 16], MemoryKib::LEAST);
        assert_eq!(stretch(&mut fresh), stretch(&mut used));
    }
}
