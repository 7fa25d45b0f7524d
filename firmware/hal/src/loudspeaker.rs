//! A loudspeaker for samples.
//! Must not know: what is said, how loud it is wanted.

use crate::DeviceFault;

/// A loudspeaker: one channel of 16 bits, 16 000 samples a second.
pub trait Loudspeaker {
    /// Plays `samples` from now on, instead of what may still be playing, and waits for nothing.
    ///
    /// # Errors
    /// If the samples cannot be handed over, or those before could not be played.
    fn play(&mut self, samples: &[i16]) -> Result<(), DeviceFault>;

    /// How it is, as far as it is known by now; waits for nothing.
    ///
    /// # Errors
    /// While what was handed over is not played.
    fn health(&mut self) -> Result<(), DeviceFault>;
}
