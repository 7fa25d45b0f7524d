//! Finds answers in the bytes of a serial line, however they are cut and whatever stands between them.
//!
//! Promises: any bytes are taken, none is kept beyond the 256 bytes of text: the photo runs through the checksum and
//! is gone. A frame longer than [`MAX_LEN`] is refused at its length field. What was kept is wiped by
//! [`Receiver::clear`] and on drop.
//! It must not know: which command was sent.

use core::fmt;

use zeroize::Zeroize;

use super::{MAX_LEN, PREAMBLE, Status};

/// SW1 SW2 SW3, two lengths and the text of a `30 01` answer.
const KEPT: usize = 3 + 4 + 256;
/// SW1 SW2 SW3 CHK.
const MIN_LEN: u16 = 4;

/// An incremental receiver. After a complete answer, look at [`Receiver::frame`], then [`Receiver::clear`].
pub struct Receiver {
    place: Place,
    check: u8,
    len: u16,
    kept: [u8; KEPT],
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// That many bytes of the preamble were seen.
    Preamble(u8),
    LenHigh,
    LenLow,
    /// That many bytes after the length were seen.
    Body(u16),
    Complete,
}

impl Receiver {
    /// Waits for a preamble.
    #[must_use]
    pub const fn new() -> Self {
        Self { place: Place::Preamble(0), check: 0, len: 0, kept: [0; KEPT] }
    }

    /// Takes bytes until an answer is complete or faulty, and returns what is left of them with the outcome;
    /// `None` when all were taken and more are needed. After a fault it waits for the next preamble.
    pub fn feed<'b>(&mut self, bytes: &'b [u8]) -> (&'b [u8], Option<Result<(), FrameFault>>) {
        let mut rest = bytes;
        while let Some((byte, more)) = rest.split_first() {
            rest = more;
            if let Some(outcome) = self.push(*byte) {
                return (rest, Some(outcome));
            }
        }
        (rest, None)
    }

    /// The answer that [`Receiver::feed`] completed.
    #[must_use]
    pub fn frame(&self) -> Option<Frame<'_>> {
        let [sw1, sw2, sw3] = *self.kept.first_chunk()?;
        let data_len = usize::from(self.len.checked_sub(MIN_LEN)?);
        let data = self.kept.get(3..KEPT.min(3 + data_len))?;
        let complete = self.place == Place::Complete;
        complete.then_some(Frame { card_words: [sw1, sw2], status: Status::from_code(sw3), data, data_len })
    }

    /// Forgets and wipes everything; waits for a preamble.
    pub fn clear(&mut self) {
        self.kept.zeroize();
        (self.place, self.check, self.len) = (Place::Preamble(0), 0, 0);
    }

    fn push(&mut self, byte: u8) -> Option<Result<(), FrameFault>> {
        match self.place {
            Place::Preamble(seen) => {
                self.place = after_preamble_byte(seen, byte);
                None
            }
            Place::LenHigh => {
                (self.check, self.len, self.place) = (byte, u16::from(byte) << 8, Place::LenLow);
                None
            }
            Place::LenLow => {
                self.check ^= byte;
                self.len |= u16::from(byte);
                self.place = Place::Body(0);
                let fits = (MIN_LEN..=MAX_LEN).contains(&self.len);
                if fits { None } else { Some(Err(self.fail(FrameFault::AcceptLength { len: self.len }))) }
            }
            Place::Body(seen) => self.push_body(seen, byte),
            Place::Complete => {
                self.clear();
                self.push(byte)
            }
        }
    }

    fn push_body(&mut self, seen: u16, byte: u8) -> Option<Result<(), FrameFault>> {
        if seen + 1 < self.len {
            self.check ^= byte;
            if let Some(kept) = self.kept.get_mut(usize::from(seen)) {
                *kept = byte;
            }
            self.place = Place::Body(seen + 1);
            return None;
        }
        if byte != self.check {
            return Some(Err(self.fail(FrameFault::MatchChecksum)));
        }
        self.place = Place::Complete;
        Some(Ok(()))
    }

    fn fail(&mut self, fault: FrameFault) -> FrameFault {
        self.clear();
        fault
    }
}

impl Default for Receiver {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.clear();
    }
}

impl fmt::Debug for Receiver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Receiver(hidden)")
    }
}

/// A complete answer with a correct checksum. That says nothing about who sent it, nor what it answers.
#[derive(Clone, Copy)]
pub struct Frame<'r> {
    /// SW1 SW2: for the log of the technician only.
    pub card_words: [u8; 2],
    /// SW3.
    pub status: Status,
    /// Data as far as it was kept: at most 260 bytes.
    pub data: &'r [u8],
    /// Data bytes that were received.
    pub data_len: usize,
}

impl fmt::Debug for Frame<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Frame({:?}, {} bytes hidden)", self.status, self.data_len)
    }
}

/// Why a frame was dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FrameFault {
    /// Shorter than a status or longer than [`MAX_LEN`].
    #[error("a frame cannot have {len} bytes after its length")]
    AcceptLength {
        /// The length field.
        len: u16,
    },
    /// The XOR over the frame is another.
    #[error("the frame's checksum does not match")]
    MatchChecksum,
}

/// A run of AA is a preamble in the making however long it is: noise before a frame is often more of the same.
fn after_preamble_byte(seen: u8, byte: u8) -> Place {
    match (seen, byte) {
        (4, 0x69) => Place::LenHigh,
        (3, 0x96) => Place::Preamble(4),
        (0..=2, 0xAA) => Place::Preamble(seen + 1),
        (3, 0xAA) => Place::Preamble(3),
        (_, byte) => Place::Preamble(u8::from(byte == PREAMBLE[0])),
    }
}
