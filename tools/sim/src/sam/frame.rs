//! Frames as a reader sees them: requests in, answers out.
//!
//! Promises: written from the protocol text, not from the terminal's codec; any bytes are taken, at most 64 are kept.
//! It must not know: cards.

const PREAMBLE: [u8; 5] = [0xAA, 0xAA, 0xAA, 0x96, 0x69];

/// A request the simulator tells apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Request {
    /// `10 FF`.
    ResetSam,
    /// `11 FF`.
    SamStatus,
    /// `12 FF`.
    SamNumber,
    /// `20 01`.
    Find,
    /// `20 02`.
    Select,
    /// `30 01`.
    Read,
    /// `30 03`.
    Probe,
    /// Anything else with a good checksum.
    Unknown,
    /// A frame with a wrong checksum.
    Damaged,
}

/// Finds requests in the bytes of the line.
#[derive(Debug, Default)]
pub(super) struct RequestReader {
    kept: Vec<u8>,
}

impl RequestReader {
    pub(super) fn take(&mut self, bytes: &[u8]) -> Vec<Request> {
        self.kept.extend(bytes);
        let mut requests = Vec::new();
        while let Some(start) = self.kept.windows(5).position(|window| window == PREAMBLE) {
            self.kept.drain(..start);
            let Some(&[high, low]) = self.kept.get(5..7) else { break };
            let end = 7 + usize::from(u16::from_be_bytes([high, low])).clamp(1, 32);
            let Some(frame) = self.kept.get(5..end) else { break };
            requests.push(meaning(frame));
            self.kept.drain(..end);
        }
        let surplus = self.kept.len().saturating_sub(64);
        self.kept.drain(..surplus);
        requests
    }
}

fn meaning(frame: &[u8]) -> Request {
    if frame.iter().fold(0, |check, byte| check ^ byte) != 0 {
        return Request::Damaged;
    }
    match frame.get(2..4) {
        Some([0x10, 0xFF]) => Request::ResetSam,
        Some([0x11, 0xFF]) => Request::SamStatus,
        Some([0x12, 0xFF]) => Request::SamNumber,
        Some([0x20, 0x01]) => Request::Find,
        Some([0x20, 0x02]) => Request::Select,
        Some([0x30, 0x01]) => Request::Read,
        Some([0x30, 0x03]) => Request::Probe,
        _ => Request::Unknown,
    }
}

/// An answer with SW1 SW2 = 00 00.
pub(super) fn answer(status: u8, data: &[u8]) -> Vec<u8> {
    let len = data.len() as u16 + 4;
    let mut frame = [&PREAMBLE[..], &len.to_be_bytes(), &[0, 0, status], data].concat();
    frame.push(checksum(&frame));
    frame
}

/// XOR of everything behind the preamble.
pub(super) fn checksum(unsealed: &[u8]) -> u8 {
    unsealed.iter().skip(PREAMBLE.len()).fold(0, |check, byte| check ^ byte)
}
