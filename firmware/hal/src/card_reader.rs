//! The ID-card reader, and its driver for everything that speaks SDT on a serial port.
//!
//! Promises: a card left on the pad is one read; a lost line is reopened every second for as long as it takes; a flood
//! of bytes costs at most 4 KiB a poll; every byte that came in is wiped after use.
//! It must not know: which kernel, which port, what a verdict is.

use gate_wire::sdt::{Baud, Event, ReaderHealth, Session};
use gate_wire::time::Millis;
use zeroize::Zeroize;

use crate::serial_port::{PortFault, SerialPort};

/// Milliseconds between attempts to open the port again.
const REOPEN_GAP: u64 = 1_000;
/// Bytes taken from the port at once, and how often in one poll.
const CHUNK: usize = 256;
const CHUNKS_PER_POLL: usize = 16;

/// A reader of identity cards.
pub trait CardReader {
    /// What happened since the last poll; at most one event. Call it every 50 ms or oftener with monotonic time.
    ///
    /// # Errors
    /// While the reader cannot be reached: evidence of other kinds still works (DESIGN §4).
    fn poll(&mut self, now: Millis) -> Result<Event, ReaderFault>;
}

/// Why a reader cannot be reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ReaderFault {
    /// Its port does not work; it is opened again every second.
    #[error("the card reader cannot be reached")]
    ReachReader(#[from] PortFault),
}

/// A reader that speaks SDT on a serial port.
#[derive(Debug)]
pub struct SdtCardReader<P> {
    port: P,
    session: Session,
    line: Line,
}

#[derive(Debug, Clone, Copy)]
enum Line {
    Open,
    Down { fault: PortFault, retry_at: Millis },
}

impl<P: SerialPort> SdtCardReader<P> {
    /// A reader on this port; the first poll opens it.
    #[must_use]
    pub fn new(port: P, baud: Baud) -> Self {
        let line = Line::Down { fault: PortFault::HavePort, retry_at: Millis(0) };
        Self { port, session: Session::new(baud), line }
    }

    /// How the reader is, for the health state.
    #[must_use]
    pub fn health(&self) -> ReaderHealth {
        match (self.line, self.session.health()) {
            (Line::Down { .. }, ReaderHealth::Well | ReaderHealth::Unwell(_)) => ReaderHealth::Lost,
            (_, health) => health,
        }
    }

    fn open(&mut self, now: Millis) -> Result<(), PortFault> {
        let Line::Down { fault, retry_at } = self.line else { return Ok(()) };
        if now < retry_at {
            return Err(fault);
        }
        self.port.reopen()?;
        self.session.restart();
        self.line = Line::Open;
        Ok(())
    }

    fn converse(&mut self, now: Millis) -> Result<Event, PortFault> {
        self.open(now)?;
        for _ in 0..CHUNKS_PER_POLL {
            let mut chunk = [0; CHUNK];
            let count = self.port.read_available(&mut chunk)?;
            let step = self.session.step(now, chunk.get(..count).unwrap_or(&[]));
            chunk.zeroize();
            if let Some(command) = step.send {
                self.port.write(command.frame().as_bytes())?;
            }
            if step.event == Event::NeedsReopen {
                self.line = Line::Down { fault: PortFault::HavePort, retry_at: now };
            }
            if step.event != Event::Nothing || count == 0 {
                return Ok(step.event);
            }
        }
        Ok(Event::Nothing)
    }
}

impl<P: SerialPort> CardReader for SdtCardReader<P> {
    fn poll(&mut self, now: Millis) -> Result<Event, ReaderFault> {
        self.converse(now).map_err(|fault| {
            let waiting = matches!(self.line, Line::Down { retry_at, .. } if now < retry_at);
            if !waiting {
                self.line = Line::Down { fault, retry_at: now.plus(REOPEN_GAP) };
            }
            fault.into()
        })
    }
}

#[cfg(test)]
mod tests;
