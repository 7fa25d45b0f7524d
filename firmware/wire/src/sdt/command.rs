//! What the terminal says to the reader.
//!
//! Promises: exactly the published frames. Fingerprints are never asked for: there is no command for them.

use super::PREAMBLE;

/// Line speeds the readers know, 8N1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Baud {
    /// 9600 bit/s.
    B9600,
    /// 19200 bit/s.
    B19200,
    /// 38400 bit/s.
    B38400,
    /// 57600 bit/s.
    B57600,
    /// 115200 bit/s, how readers leave the factory.
    B115200,
}

impl Baud {
    /// Every speed, slowest first.
    pub const ALL: [Self; 5] = [Self::B9600, Self::B19200, Self::B38400, Self::B57600, Self::B115200];

    /// Bits a second.
    #[must_use]
    pub const fn bits_per_second(self) -> u32 {
        match self {
            Self::B9600 => 9_600,
            Self::B19200 => 19_200,
            Self::B38400 => 38_400,
            Self::B57600 => 57_600,
            Self::B115200 => 115_200,
        }
    }

    /// The speed with that many bits a second, as it stands in a configuration.
    #[must_use]
    pub fn from_bits_per_second(bits: u32) -> Option<Self> {
        Self::ALL.into_iter().find(|baud| baud.bits_per_second() == bits)
    }

    const fn parameter(self) -> u8 {
        match self {
            Self::B115200 => 0,
            Self::B57600 => 1,
            Self::B38400 => 2,
            Self::B19200 => 3,
            Self::B9600 => 4,
        }
    }
}

/// One request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Command {
    /// `10 FF`: restart the security module.
    ResetSam,
    /// `11 FF`: is the security module well?
    SamStatus,
    /// `12 FF`: the module's serial number, 16 bytes.
    ReadSamNumber,
    /// `20 01`: is a card in the field? `9F` or `80`.
    FindCard,
    /// `20 02`: take the card found.
    SelectCard,
    /// `30 01`: text and photo of the card taken.
    ReadCard,
    /// `30 03`: the newest appended address; asked only to learn whether the card just read is still there.
    ProbeCard,
    /// `60 pp`: another line speed.
    SetBaud(Baud),
    /// `61 FF pp`: bytes the module exchanges with a card at once.
    SetRadioBytes(u8),
}

impl Command {
    /// The bytes to send.
    #[must_use]
    pub fn frame(self) -> CommandFrame {
        match self {
            Self::ResetSam => CommandFrame::of(&[0x10, 0xFF]),
            Self::SamStatus => CommandFrame::of(&[0x11, 0xFF]),
            Self::ReadSamNumber => CommandFrame::of(&[0x12, 0xFF]),
            Self::FindCard => CommandFrame::of(&[0x20, 0x01]),
            Self::SelectCard => CommandFrame::of(&[0x20, 0x02]),
            Self::ReadCard => CommandFrame::of(&[0x30, 0x01]),
            Self::ProbeCard => CommandFrame::of(&[0x30, 0x03]),
            Self::SetBaud(baud) => CommandFrame::of(&[0x60, baud.parameter()]),
            Self::SetRadioBytes(count) => CommandFrame::of(&[0x61, 0xFF, count]),
        }
    }
}

/// The bytes of one request; at most 11.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommandFrame(heapless::Vec<u8, 11>);

impl CommandFrame {
    /// Preamble to CHK.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    fn of(body: &[u8]) -> Self {
        let len = body.len() as u8 + 1;
        let check = body.iter().fold(len, |check, byte| check ^ byte);
        let body = body.iter().copied();
        Self(PREAMBLE.into_iter().chain([0, len]).chain(body).chain([check]).collect())
    }
}
