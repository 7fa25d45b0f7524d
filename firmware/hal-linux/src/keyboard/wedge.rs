//! Scanners that send what they read as a line: by typing it on a keyboard, or over a serial line.
//!
//! Promises: a code is whole or not there: it ends with Enter, and one whose end does not come within two seconds, or that is
//! longer than any code, is dropped; what was read is wiped when it was taken. It must not know: what a code means.

use std::path::Path;
use std::time::{Duration, Instant};

use gate_hal::DeviceFault;
use gate_hal::code_reader::{CodeReader, Scanned};
use gate_hal::serial_port::SerialPort;
use zeroize::{Zeroize, Zeroizing};

use super::{Keyboard, Stroke, Strokes, Way, codes};

/// Bytes of the longest code: QR version 40.
const LONGEST: usize = 2_953;
/// A line without an end for this long is nothing.
const END_WITHIN: Duration = Duration::from_secs(2);
/// A serial line that does not work is opened again after this long.
const AGAIN: Duration = Duration::from_secs(1);
/// Bytes taken from a serial line at once.
const CHUNK: usize = 1_024;

/// A line on its way.
#[derive(Default)]
struct Assembly {
    line: Zeroizing<Vec<u8>>,
    began: Option<Instant>,
    /// Whether it has become too long to be a code.
    length: Length,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Length {
    #[default]
    Good,
    Beyond,
}

impl Assembly {
    /// Takes a byte; the whole line at its end.
    fn take(&mut self, byte: u8, now: Instant) -> Option<Scanned> {
        if byte == b'\n' || byte == b'\r' {
            let line = std::mem::take(self);
            return (line.length == Length::Good && !line.line.is_empty()).then_some(line.line);
        }
        if self.line.len() == LONGEST {
            (self.line, self.length) = (Zeroizing::default(), Length::Beyond);
        }
        if self.length == Length::Good {
            if self.line.capacity() == 0 {
                // Room for all of it: a buffer that grows leaves copies behind.
                self.line.reserve_exact(LONGEST);
            }
            self.line.push(byte);
        }
        self.began.get_or_insert(now);
        None
    }

    fn forget_late(&mut self, now: Instant) {
        if self.began.is_some_and(|began| now.saturating_duration_since(began) > END_WITHIN) {
            *self = Assembly::default();
        }
    }
}

/// A scanner that types.
pub struct Wedge<S = Keyboard> {
    from: S,
    strokes: Vec<Stroke>,
    /// How many of them were taken.
    taken: usize,
    shift: codes::Shift,
    assembly: Assembly,
}

impl Wedge {
    /// The scanner at `path`, best one of `/dev/input/by-id`. It may come later.
    #[must_use]
    pub fn new(path: &Path) -> Self {
        Wedge::over(Keyboard::new(path))
    }
}

impl<S: Strokes> Wedge<S> {
    fn over(from: S) -> Self {
        let (strokes, shift, assembly) = (Vec::new(), codes::Shift::Up, Assembly::default());
        Wedge { from, strokes, taken: 0, shift, assembly }
    }

    fn strike(&mut self, stroke: Stroke, now: Instant) -> Option<Scanned> {
        if codes::SHIFT.contains(&stroke.code) {
            self.shift = if stroke.way == Way::Down { codes::Shift::Down } else { codes::Shift::Up };
            return None;
        }
        if stroke.way == Way::Up {
            return None;
        }
        let byte = if codes::ENTER.contains(&stroke.code) {
            b'\n'
        } else {
            codes::character(stroke.code, self.shift)?
        };
        self.assembly.take(byte, now)
    }
}

impl<S: Strokes> CodeReader for Wedge<S> {
    fn read(&mut self) -> Result<Option<Scanned>, DeviceFault> {
        let now = Instant::now();
        self.assembly.forget_late(now);
        if self.taken == self.strokes.len() {
            self.strokes.fill(Stroke { code: 0, way: Way::Up });
            self.strokes.clear();
            self.taken = 0;
            self.from.take(&mut self.strokes).inspect_err(|_| self.assembly = Assembly::default())?;
        }
        while let Some(stroke) = self.strokes.get(self.taken).copied() {
            self.taken += 1;
            if let Some(line) = self.strike(stroke, now) {
                return Ok(Some(line));
            }
        }
        Ok(None)
    }
}

/// A scanner on a serial line: a UART, or a USB scanner that is one (`/dev/ttyACM*`).
pub struct LineScanner<P> {
    port: P,
    lost: Option<Instant>,
    assembly: Assembly,
    /// Read after a code's end.
    rest: Zeroizing<Vec<u8>>,
}

impl<P: SerialPort> LineScanner<P> {
    /// The scanner on this line; the first read opens it.
    #[must_use]
    pub fn new(port: P) -> Self {
        LineScanner { port, lost: None, assembly: Assembly::default(), rest: Zeroizing::default() }
    }

    fn take_arrived(&mut self) -> Result<(), DeviceFault> {
        let mut chunk = [0; CHUNK];
        let count = match self.port.read_available(&mut chunk) {
            Ok(count) => count,
            // A line that was never open, or hung up.
            Err(_) if self.lost.is_none_or(|lost| lost.elapsed() >= AGAIN) => {
                self.assembly = Assembly::default();
                let opened = self.port.reopen();
                self.lost = opened.is_err().then(Instant::now);
                opened.map_err(|_| DeviceFault::NotConnected)?;
                0
            }
            Err(_) => return Err(DeviceFault::NotConnected),
        };
        self.rest = Zeroizing::new(chunk.get(..count).unwrap_or(&[]).to_vec());
        chunk.zeroize();
        Ok(())
    }
}

impl<P: SerialPort> CodeReader for LineScanner<P> {
    fn read(&mut self) -> Result<Option<Scanned>, DeviceFault> {
        let now = Instant::now();
        self.assembly.forget_late(now);
        if self.rest.is_empty() {
            self.take_arrived()?;
        }
        let bytes = std::mem::take(&mut self.rest);
        for (at, byte) in bytes.iter().enumerate() {
            if let Some(line) = self.assembly.take(*byte, now) {
                self.rest = Zeroizing::new(bytes.get(at + 1..).unwrap_or(&[]).to_vec());
                return Ok(Some(line));
            }
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use gate_hal::serial_port::PortFault;

    use super::super::tests::Played;
    use super::*;

    fn lines(reader: &mut impl CodeReader) -> Vec<String> {
        let read = std::iter::from_fn(|| reader.read().ok().flatten());
        read.map(|line| String::from_utf8(line.to_vec()).unwrap()).collect()
    }

    #[test]
    fn what_a_scanner_types_is_a_code_at_its_end_and_shift_counts_while_it_is_down() {
        let (down, up) = (Way::Down, Way::Up);
        let strokes = [(42, down), (20, down), (20, up), (42, up), (2, down), (2, up), (28, down), (3, down)];
        let strokes = strokes.map(|(code, way)| Stroke { code, way });
        let mut wedge = Wedge::over(Played(strokes.to_vec()));
        assert_eq!(lines(&mut wedge), ["T1"]);
        wedge.from.0 = vec![Stroke { code: 96, way: down }];
        assert_eq!(lines(&mut wedge), ["2"]);
    }

    #[test]
    fn a_line_too_long_to_be_a_code_is_dropped_and_the_next_one_counts() {
        let mut codes = vec![2; LONGEST + 500];
        codes.extend([28, 3, 28]);
        assert_eq!(lines(&mut Wedge::over(Played::struck(&codes))), ["2"]);
    }

    #[test]
    fn a_line_whose_end_does_not_come_is_forgotten() {
        let (mut assembly, began) = (Assembly::default(), Instant::now());
        assembly.take(b'1', began);
        assembly.forget_late(began + END_WITHIN);
        assembly.take(b'2', began + END_WITHIN);
        assembly.forget_late(began + END_WITHIN + Duration::from_millis(1));
        assembly.take(b'3', began);
        assert_eq!(assembly.take(b'\r', began).unwrap().as_slice(), b"3");
        assert!(assembly.take(b'\n', began).is_none(), "an empty line is no code");
    }

    /// A line that plays chunks, and is lost in between.
    struct Port(Vec<Result<&'static [u8], PortFault>>, u32);

    impl SerialPort for Port {
        fn write(&mut self, _: &[u8]) -> Result<(), PortFault> {
            Err(PortFault::FillLine)
        }
        fn read_available(&mut self, buf: &mut [u8]) -> Result<usize, PortFault> {
            if self.0.is_empty() {
                return Ok(0);
            }
            let bytes = self.0.remove(0)?;
            buf[..bytes.len()].copy_from_slice(bytes);
            Ok(bytes.len())
        }
        fn reopen(&mut self) -> Result<(), PortFault> {
            self.1 += 1;
            Ok(())
        }
    }

    #[test]
    fn a_serial_scanner_gives_lines_and_a_lost_line_is_opened_again_without_what_was_begun() {
        let port = Port(
            vec![Err(PortFault::HavePort), Ok(b"one\r\ntwo\rth"), Err(PortFault::HoldLine), Ok(b"four\r")],
            0,
        );
        let mut scanner = LineScanner::new(port);
        let read: Vec<Vec<u8>> =
            (0..8).filter_map(|_| scanner.read().unwrap()).map(|line| line.to_vec()).collect();
        assert_eq!(read, [b"one".to_vec(), b"two".to_vec(), b"four".to_vec()]);
        assert_eq!(scanner.port.1, 2);
    }
}
