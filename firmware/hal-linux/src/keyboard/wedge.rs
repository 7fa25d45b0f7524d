//! Scanners that send what they read as a line: by typing it on a keyboard, or over a serial line.
//!
//! Promises: a code is whole or not there: it ends with Enter, and one whose end does not come within two seconds, or that is
//! longer than any code, or of which the kernel lost a key, is dropped; what was read is wiped when it was taken. It must not know: what a code means.

use std::path::Path;
use std::time::{Duration, Instant};

use gate_hal::DeviceFault;
use gate_hal::code_reader::{CodeReader, Scanned};
use gate_hal::serial_port::{Opened, PortFault, SerialPort};
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
    /// Whether it has become too long to be a code, or is torn.
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

    /// Something of it is missing: what comes until its end is none of it.
    fn spoil(&mut self, now: Instant) {
        *self = Assembly { line: Zeroizing::default(), began: Some(now), length: Length::Beyond };
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
    /// The left one and the right one.
    shifts: [codes::Shift; 2],
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
        let (strokes, shifts, assembly) = (Vec::new(), Default::default(), Assembly::default());
        Wedge { from, strokes, taken: 0, shifts, assembly }
    }

    fn strike(&mut self, stroke: Stroke, now: Instant) -> Option<Scanned> {
        let down = match stroke.way {
            Way::Lost => {
                // A Shift that went up may be among them: scanners press it anew for every character.
                self.shifts = Default::default();
                self.assembly.spoil(now);
                return None;
            }
            Way::Down => codes::Shift::Down,
            Way::Up => codes::Shift::Up,
        };
        if let Some(which) = codes::SHIFT.iter().position(|code| *code == stroke.code) {
            self.shifts[which] = down;
            return None;
        }
        if down == codes::Shift::Up {
            return None;
        }
        let byte = if codes::ENTER.contains(&stroke.code) {
            b'\n'
        } else {
            let shifted = self.shifts.contains(&codes::Shift::Down);
            codes::character(stroke.code, if shifted { codes::Shift::Down } else { codes::Shift::Up })?
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
            self.from.take(&mut self.strokes).inspect_err(|_| {
                // Pulled out with a Shift down: the next one begins with none.
                (self.assembly, self.shifts) = Default::default();
            })?;
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
    /// When it was opened last, while it is not known to be open.
    tried: Option<Instant>,
    /// What stands until it is open again.
    fault: Option<DeviceFault>,
    assembly: Assembly,
    /// Read after a code's end.
    rest: Zeroizing<Vec<u8>>,
}

impl<P: SerialPort> LineScanner<P> {
    /// The scanner on this line; the first read opens it.
    #[must_use]
    pub fn new(port: P) -> Self {
        let (assembly, rest) = (Assembly::default(), Zeroizing::default());
        LineScanner { port, tried: None, fault: None, assembly, rest }
    }

    fn take_arrived(&mut self) -> Result<(), DeviceFault> {
        let mut chunk = [0; CHUNK];
        match self.port.read_available(&mut chunk) {
            Ok(count) => self.rest = Zeroizing::new(chunk.get(..count).unwrap_or(&[]).to_vec()),
            Err(fault) => self.lose(fault)?,
        }
        chunk.zeroize();
        if self.port.opened() == Opened::Yes {
            (self.tried, self.fault) = (None, None);
        }
        self.fault.map_or(Ok(()), Err)
    }

    /// A line that was never open, or hung up, is opened again if it is time. That it cannot be may be told later.
    fn lose(&mut self, fault: PortFault) -> Result<(), DeviceFault> {
        self.assembly = Assembly::default();
        let is_due = self.tried.is_none_or(|tried| tried.elapsed() >= AGAIN);
        let opened = if is_due { self.port.reopen() } else { Err(fault) };
        if is_due {
            self.tried = Some(Instant::now());
        }
        opened.map_err(|fault| {
            let hangs = fault == PortFault::AwaitDriver;
            let fault = if hangs { DeviceFault::NotAnswering } else { DeviceFault::NotConnected };
            *self.fault.insert(fault)
        })
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
    fn a_code_of_which_the_kernel_lost_a_key_is_none_and_the_next_one_counts() {
        let key = |code| Stroke { code, way: Way::Down };
        let lost = Stroke { code: 0, way: Way::Lost };
        // Shift went up among what was lost.
        let strokes = [key(42), key(2), lost, key(3), key(28), key(4), key(28)];
        assert_eq!(lines(&mut Wedge::over(Played(strokes.to_vec()))), ["3"]);
    }

    #[test]
    fn shift_is_down_while_one_of_both_is_and_up_on_a_scanner_that_was_pulled_out() {
        let stroke = |code, way| Stroke { code, way };
        let strokes = [(42, Way::Down), (54, Way::Down), (42, Way::Up), (2, Way::Down), (28, Way::Down)];
        let mut wedge = Wedge::over(Pulled(strokes.map(|(code, way)| stroke(code, way)).to_vec()));
        assert_eq!(lines(&mut wedge), ["!"]);
        assert_eq!(wedge.read(), Err(DeviceFault::NotConnected));
        wedge.from.0 = [2, 28].map(|code| stroke(code, Way::Down)).to_vec();
        assert_eq!(lines(&mut wedge), ["1"]);
    }

    /// Plays strokes once, and is pulled out.
    struct Pulled(Vec<Stroke>);

    impl Strokes for Pulled {
        fn take(&mut self, into: &mut Vec<Stroke>) -> Result<(), DeviceFault> {
            if self.0.is_empty() {
                return Err(DeviceFault::NotConnected);
            }
            into.append(&mut self.0);
            Ok(())
        }
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

    /// A line that is opened behind its back: what reading answers, and whether it is open then.
    struct Behind(Vec<(Result<usize, PortFault>, Opened)>, usize);

    impl SerialPort for Behind {
        fn write(&mut self, _: &[u8]) -> Result<(), PortFault> {
            Err(PortFault::FillLine)
        }
        fn read_available(&mut self, _: &mut [u8]) -> Result<usize, PortFault> {
            if self.0.len() > 1 { self.0.remove(0).0 } else { self.0[0].0 }
        }
        fn reopen(&mut self) -> Result<(), PortFault> {
            self.1 += 1;
            Ok(())
        }
        fn opened(&self) -> Opened {
            self.0[0].1
        }
    }

    #[test]
    fn a_line_that_is_being_opened_is_well_no_earlier_than_it_is_open_and_not_ordered_at_every_look() {
        let (no, yes) = (Opened::NotYet, Opened::Yes);
        let lost = Err(PortFault::OpenPort { errno: 2 });
        // Opened at once at the start; then pulled out, and its opening fails.
        let port = Behind(
            vec![
                (Err(PortFault::HavePort), no),
                (Ok(0), no),
                (Ok(0), yes),
                (Err(PortFault::HoldLine), no),
                (lost, no),
                (lost, no),
            ],
            0,
        );
        let mut scanner = LineScanner::new(port);
        let told: Vec<_> = (0..6).map(|_| scanner.read().map(|_| ())).collect();
        let gone = Err(DeviceFault::NotConnected);
        assert_eq!(told, [Ok(()), Ok(()), Ok(()), Ok(()), gone, gone]);
        assert_eq!(
            scanner.port.1, 2,
            "ordered when it was first used and when it hung up, and then not within a second"
        );
        // A second later it is ordered again, and stays lost until it is open.
        scanner.tried = None;
        assert_eq!(scanner.read().map(|_| ()), gone);
        scanner.port.0 = vec![(Ok(0), no)];
        assert_eq!(scanner.read().map(|_| ()), gone, "being opened is not open");
        scanner.port.0 = vec![(Err(PortFault::AwaitDriver), no)];
        assert_eq!(scanner.read().map(|_| ()), Err(DeviceFault::NotAnswering));
        scanner.port.0 = vec![(Ok(0), yes)];
        assert_eq!(scanner.read().map(|_| ()), Ok(()));
    }
}
