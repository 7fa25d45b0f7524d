//! What is heard: the tones of each signal, and samples of them.
//! Promises: verdicts differ in number and rhythm of their tones, not in pitch alone; a Stop that is told to the attendant
//! only sounds like a Limit, as it looks (DOMAIN §15); the same signal is the same samples on every board (integers only);
//! tones begin and end in silence, never clip and are over in under 1.5 s.
//! Must not know: loudspeakers, words.

use gate_core::screen::{Signal, Volume};
use gate_core::verdict::Verdict;

/// Samples a second.
pub const RATE: u32 = 16_000;
/// Silence to full loudness, and back, in milliseconds.
const SWELL_MS: u32 = 12;
/// The loudest sample at the highest volume.
const PEAK: i64 = 26_000;

/// One tone of a signal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tone {
    /// Pitch in hertz.
    pub hertz: u16,
    /// When it begins after the signal, in milliseconds.
    pub at_ms: u16,
    /// How long it lasts, in milliseconds.
    pub lasts_ms: u16,
}

const fn tone(hertz: u16, at_ms: u16, lasts_ms: u16) -> Tone {
    Tone { hertz, at_ms, lasts_ms }
}

/// Two rising: come in.
const PASS: &[Tone] = &[tone(660, 0, 120), tone(880, 130, 260)];
/// Three alike: somebody comes.
const LIMIT: &[Tone] = &[tone(520, 0, 160), tone(520, 260, 160), tone(520, 520, 160)];
/// Two long ones, falling.
const STOP: &[Tone] = &[tone(330, 0, 450), tone(247, 500, 600)];
/// Four, down and up: over there.
const ASSIST: &[Tone] = &[tone(587, 0, 110), tone(440, 150, 110), tone(440, 300, 110), tone(587, 450, 220)];
const OPENED: &[Tone] = &[tone(660, 0, 90), tone(660, 140, 180)];
const HINT: &[Tone] = &[tone(740, 0, 90)];
const READING: &[Tone] = &[tone(988, 0, 50)];
const KEY: &[Tone] = &[tone(1_200, 0, 30)];
const REFUSED: &[Tone] = &[tone(240, 0, 300)];

/// The tones of a signal, one after the other.
pub fn tones(signal: Signal) -> &'static [Tone] {
    match signal {
        Signal::Idle => &[],
        Signal::Reading => READING,
        Signal::Hint => HINT,
        Signal::Verdict(Verdict::Pass) => PASS,
        Signal::Verdict(Verdict::Limit) | Signal::SilentStop => LIMIT,
        Signal::Verdict(Verdict::Stop) => STOP,
        Signal::Verdict(Verdict::Assist) => ASSIST,
        Signal::Opened => OPENED,
        Signal::Key => KEY,
        Signal::StaffRefused => REFUSED,
    }
}

/// The signal's tones as samples, [`RATE`] a second; silence between them, none after the last.
pub fn samples(signal: Signal, volume: Volume) -> Vec<i16> {
    let mut samples = Vec::new();
    for tone in tones(signal) {
        samples.resize(count(tone.at_ms.into()), 0);
        let length = count(tone.lasts_ms.into());
        samples.extend((0..length).map(|at| sample(*tone, (at, length), volume)));
    }
    samples
}

fn count(ms: u32) -> usize {
    (ms * RATE / 1_000) as usize
}

/// A triangle wave under a trapezium: both exact in integers.
fn sample(tone: Tone, (at, length): (usize, usize), volume: Volume) -> i16 {
    let (at, length, swell) = (at as i64, length as i64, count(SWELL_MS) as i64);
    // Where the wave is, in thousandths of a period from 0 rising.
    let phase = at * i64::from(tone.hertz) * 1_000 / i64::from(RATE) % 1_000;
    let wave = match phase {
        0..250 => phase * 4,
        250..750 => 2_000 - phase * 4,
        _ => phase * 4 - 4_000,
    };
    let loud = at.min(length - 1 - at).min(swell);
    // Loudness is felt as a power: steps of volume are squares.
    let level = i64::from(volume.level()).pow(2);
    (PEAK * wave / 1_000 * loud / swell * level / 81) as i16
}

/// The whole as a WAV file: RIFF, one channel, 16 bits, [`RATE`].
pub fn wav(samples: &[i16]) -> Vec<u8> {
    let bytes = samples.len() as u32 * 2;
    let mut file = Vec::with_capacity(44 + bytes as usize);
    file.extend(b"RIFF");
    file.extend((36 + bytes).to_le_bytes());
    file.extend(b"WAVEfmt ");
    file.extend(16_u32.to_le_bytes());
    // PCM, one channel.
    [1_u16, 1].iter().for_each(|word| file.extend(word.to_le_bytes()));
    [RATE, RATE * 2].iter().for_each(|word| file.extend(word.to_le_bytes()));
    // Bytes and bits of a sample.
    [2_u16, 16].iter().for_each(|word| file.extend(word.to_le_bytes()));
    file.extend(b"data");
    file.extend(bytes.to_le_bytes());
    samples.iter().for_each(|sample| file.extend(sample.to_le_bytes()));
    file
}

#[cfg(test)]
mod tests {
    use super::*;

    const VERDICTS: [Verdict; 4] = [Verdict::Pass, Verdict::Limit, Verdict::Stop, Verdict::Assist];
    const SIGNALS: [Signal; 11] = [
        Signal::Idle,
        Signal::Reading,
        Signal::Hint,
        Signal::Verdict(Verdict::Pass),
        Signal::Verdict(Verdict::Limit),
        Signal::Verdict(Verdict::Stop),
        Signal::Verdict(Verdict::Assist),
        Signal::SilentStop,
        Signal::Opened,
        Signal::Key,
        Signal::StaffRefused,
    ];

    /// Beginnings and lengths alone.
    fn rhythm(signal: Signal) -> Vec<(u16, u16)> {
        tones(signal).iter().map(|tone| (tone.at_ms, tone.lasts_ms)).collect()
    }

    #[test]
    fn verdicts_differ_in_rhythm_and_not_in_pitch_alone() {
        for (i, one) in VERDICTS.iter().enumerate() {
            for other in &VERDICTS[..i] {
                assert_ne!(
                    rhythm(Signal::Verdict(*one)),
                    rhythm(Signal::Verdict(*other)),
                    "{one:?} {other:?}"
                );
            }
        }
    }

    #[test]
    fn a_stop_for_the_attendant_alone_sounds_like_a_limit() {
        let loudest = |signal| samples(signal, Volume::MOST);
        assert_eq!(loudest(Signal::SilentStop), loudest(Signal::Verdict(Verdict::Limit)));
    }

    #[test]
    fn each_tone_has_its_pitch_and_its_length() {
        for signal in SIGNALS {
            let samples = samples(signal, Volume::MOST);
            let end = tones(signal).last().map_or(0, |tone| tone.at_ms + tone.lasts_ms);
            assert_eq!(samples.len(), count(end.into()), "{signal:?}");
            assert!(end < 1_500, "{signal:?}");
            for tone in tones(signal) {
                let (from, to) = (count(tone.at_ms.into()), count((tone.at_ms + tone.lasts_ms).into()));
                let rises = samples[from..to].windows(2).filter(|pair| pair[0] <= 0 && pair[1] > 0).count();
                let expected = usize::from(tone.hertz) * usize::from(tone.lasts_ms) / 1_000;
                assert!(rises.abs_diff(expected) <= 1, "{signal:?} {tone:?} {rises} {expected}");
            }
        }
    }

    #[test]
    fn tones_do_not_overlap_and_begin_and_end_in_silence() {
        for signal in SIGNALS {
            for pair in tones(signal).windows(2) {
                assert!(pair[0].at_ms + pair[0].lasts_ms <= pair[1].at_ms, "{signal:?}");
            }
            let samples = samples(signal, Volume::MOST);
            assert!(samples.first().is_none_or(|sample| *sample == 0), "{signal:?}");
            assert!(samples.last().is_none_or(|sample| *sample == 0), "{signal:?}");
            assert!(samples.iter().all(|sample| i64::from(sample.unsigned_abs()) <= PEAK));
        }
    }

    #[test]
    fn each_volume_is_louder_than_the_one_before_and_none_is_silence() {
        let loudest = |level| {
            let samples = samples(Signal::Verdict(Verdict::Stop), Volume::new(level).unwrap());
            samples.iter().map(|sample| sample.unsigned_abs()).max().unwrap()
        };
        assert_eq!(loudest(0), 0);
        assert!((1..=9).all(|level| loudest(level) > loudest(level - 1)));
        assert!(loudest(9) > 24_000, "{}", loudest(9));
    }

    #[test]
    fn a_wav_file_says_how_long_it_is() {
        let file = wav(&[1, -1]);
        assert_eq!((&file[..4], &file[8..16], file.len()), (&b"RIFF"[..], &b"WAVEfmt "[..], 48));
        assert_eq!(file[4..8], 40_u32.to_le_bytes());
        assert_eq!(file[40..], [4, 0, 0, 0, 1, 0, 0xFF, 0xFF]);
    }
}
