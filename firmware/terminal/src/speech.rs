//! What makes signals heard: tones, and words of the voice packs after them, through a loudspeaker.
//! Promises: a signal that has no sound leaves what is being said alone; nothing personal is said (DOMAIN §15).
//! Must not know: which driver plays, when anything is said.

use gate_core::screen::{Signal, Volume};
use gate_hal::DeviceFault;
use gate_hal::loudspeaker::Loudspeaker;
use gate_hal::signals::Sounder;

use crate::voice::Voices;

/// Voices and a loudspeaker.
pub struct Speech<L> {
    voices: Voices,
    speaker: L,
}

impl<L: Loudspeaker> Speech<L> {
    /// These voices through this loudspeaker; no voices are tones alone.
    pub fn new(voices: Voices, speaker: L) -> Speech<L> {
        Speech { voices, speaker }
    }
}

impl<L: Loudspeaker> Sounder for Speech<L> {
    fn play(&mut self, signal: Signal, volume: Volume) -> Result<(), DeviceFault> {
        let samples = self.voices.samples(signal, volume);
        if samples.is_empty() { self.speaker.health() } else { self.speaker.play(&samples) }
    }

    fn health(&mut self) -> Result<(), DeviceFault> {
        self.speaker.health()
    }
}

#[cfg(test)]
mod tests {
    use gate_core::verdict::Verdict;

    use super::*;

    #[derive(Default)]
    struct Heard(Vec<Vec<i16>>);

    impl Loudspeaker for Heard {
        fn play(&mut self, samples: &[i16]) -> Result<(), DeviceFault> {
            self.0.push(samples.to_vec());
            Ok(())
        }

        fn health(&mut self) -> Result<(), DeviceFault> {
            Ok(())
        }
    }

    #[test]
    fn a_verdict_is_heard_at_its_volume_and_idleness_cuts_no_words_short() {
        let mut speech = Speech::new(Voices::default(), Heard::default());
        let volume = |level| Volume::new(level).unwrap();
        speech.play(Signal::Verdict(Verdict::Pass), volume(3)).unwrap();
        speech.play(Signal::Verdict(Verdict::Pass), volume(9)).unwrap();
        speech.play(Signal::Idle, volume(9)).unwrap();
        let loudest: Vec<u16> = speech
            .speaker
            .0
            .iter()
            .map(|samples| samples.iter().map(|s| s.unsigned_abs()).max().unwrap())
            .collect();
        assert_eq!(loudest.len(), 2);
        assert!(loudest[0] * 2 < loudest[1], "{loudest:?}");
    }
}
