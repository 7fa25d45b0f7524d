//! WAV files, the one kind that is played: PCM, one channel, 16 bits, at the rate of the tones.
//! Promises: no chunk is believed beyond the end of the file. Must not know: what is said.

use gate_ui::sound;

/// Why a file is not played.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WavError {
    /// Its beginning is another.
    #[error("not a WAV file")]
    FindHeader,
    /// A part says it is longer than the file, or is missing.
    #[error("the WAV file is cut off")]
    FindParts,
    /// Compressed, stereo, of other depth or rate.
    #[error(
        "format {format}, {channels} channels, {bits} bits, {rate} Hz: needed are PCM (1), 1 channel, 16 bits, 16000 Hz"
    )]
    FitFormat {
        /// 1 is PCM.
        format: u16,
        /// Channels.
        channels: u16,
        /// Bits a sample.
        bits: u16,
        /// Samples a second.
        rate: u32,
    },
    /// Too long.
    #[error("longer than {most} samples")]
    FitLength {
        /// Samples allowed.
        most: usize,
    },
}

/// The samples of a file.
pub(super) fn samples(file: &[u8], most: usize) -> Result<Vec<i16>, WavError> {
    let body =
        file.strip_prefix(b"RIFF").and_then(|rest| rest.get(4..)).and_then(|rest| rest.strip_prefix(b"WAVE"));
    let mut rest = body.ok_or(WavError::FindHeader)?;
    let mut is_fit = false;
    while let Some((name, after)) = rest.split_first_chunk::<4>() {
        let (length, after) = after.split_first_chunk::<4>().ok_or(WavError::FindParts)?;
        let length = u32::from_le_bytes(*length) as usize;
        let chunk = after.get(..length).ok_or(WavError::FindParts)?;
        match name {
            b"fmt " => is_fit = fits(chunk)?,
            b"data" if is_fit && length / 2 > most => return Err(WavError::FitLength { most }),
            b"data" if is_fit => {
                let pairs = chunk.chunks_exact(2).filter_map(|pair| pair.first_chunk());
                return Ok(pairs.map(|pair| i16::from_le_bytes(*pair)).collect());
            }
            _ => {}
        }
        // Parts begin at even places.
        rest = after.get(length + length % 2..).unwrap_or_default();
    }
    Err(WavError::FindParts)
}

/// Whether the format is the one that is played.
fn fits(chunk: &[u8]) -> Result<bool, WavError> {
    let word =
        |at: usize| chunk.get(at..).and_then(|rest| rest.first_chunk()).map(|word| u16::from_le_bytes(*word));
    let rate = chunk.get(4..).and_then(|rest| rest.first_chunk()).map(|rate| u32::from_le_bytes(*rate));
    let (Some(format), Some(channels), Some(rate), Some(bits)) = (word(0), word(2), rate, word(14)) else {
        return Err(WavError::FindParts);
    };
    match (format, channels, bits, rate) {
        (1, 1, 16, sound::RATE) => Ok(true),
        _ => Err(WavError::FitFormat { format, channels, bits, rate }),
    }
}
