//! What can go wrong between a module and the terminal.
//!
//! Promises: each fault spoils one answer and nothing else. It must not know: why an answer is what it is.

use super::frame::{answer, checksum};

/// What happens to one answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LineFault {
    /// These bytes stand before it.
    Noise(Vec<u8>),
    /// Its checksum is wrong.
    BadChecksum,
    /// Bit `bit` of byte `byte` (both from 0) is flipped.
    FlippedBit {
        /// Which byte of the frame.
        byte: usize,
        /// Which bit of it, 0 to 7.
        bit: u8,
    },
    /// Its length field says this.
    WrongLength(u16),
    /// It ends after so many bytes.
    CutAfter {
        /// Bytes that still arrive.
        bytes: usize,
    },
    /// The card is pulled away: the answer ends after so many bytes. With 0 the module notices and says `41`.
    PulledAfter {
        /// Bytes that still arrive.
        bytes: usize,
    },
    /// It comes so much later.
    Late {
        /// Milliseconds.
        millis: u64,
    },
    /// It never comes.
    Silence,
    /// SW1 and SW2 are these.
    CardWords([u8; 2]),
    /// In its place comes this status (SW3) without data.
    Status(u8),
}

pub(super) fn disturbed(mut good: Vec<u8>, fault: LineFault) -> Vec<u8> {
    match fault {
        LineFault::Noise(noise) => return [noise, good].concat(),
        LineFault::BadChecksum => flip(&mut good, usize::MAX, 0xFF),
        LineFault::FlippedBit { byte, bit } => flip(&mut good, byte, 1 << (bit & 7)),
        LineFault::WrongLength(len) => overwrite(&mut good, 5, len.to_be_bytes()),
        LineFault::PulledAfter { bytes: 0 } => return answer(0x41, &[]),
        LineFault::CutAfter { bytes } | LineFault::PulledAfter { bytes } => good.truncate(bytes),
        LineFault::Late { .. } => {}
        LineFault::Silence => good.clear(),
        LineFault::CardWords(words) => {
            overwrite(&mut good, 7, words);
            good.pop();
            good.push(checksum(&good));
        }
        LineFault::Status(status) => return answer(status, &[]),
    }
    good
}

/// A byte past the end stands for the last one.
fn flip(frame: &mut [u8], byte: usize, mask: u8) {
    let byte = byte.min(frame.len().saturating_sub(1));
    if let Some(place) = frame.get_mut(byte) {
        *place ^= mask;
    }
}

fn overwrite(frame: &mut [u8], at: usize, value: [u8; 2]) {
    if let Some(place) = frame.get_mut(at..at + 2) {
        place.copy_from_slice(&value);
    }
}
