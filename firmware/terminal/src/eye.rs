//! The scanner on a thread of its own, so that no frame can hold up the latch, the keys or the card reader. One scanner
//! sees all frames: what it remembers of the last ones makes the next one cheaper and reads more (ADR 7).
//! Promises: a look waits a moment at most; a frame that keeps the scanner longer is read late or given up;
//! a scanner that panics or never comes back is replaced, and counted.
//! Must not know: what a symbol means.

use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread;
use std::time::Duration;

use gate_hal::camera::CameraFrame;
use gate_scan::{Frame, Scanner, Symbols};

/// How long a look waits for its frame. Most frames take a tenth of this.
const PATIENCE: Duration = Duration::from_millis(200);
/// Looks in vain after which a frame is too old to act on: a second. Whoever held the code may have gone.
const LOOKS_FRESH: u32 = 5;
/// Looks in vain after which a scanner is given up: ten seconds.
const LOOKS_IN_VAIN: u32 = 50;

/// The scanner and its thread.
pub struct Eye {
    scanner: Line,
    in_vain: u32,
    given_up: u32,
    panics: u64,
}

/// Both ends of one scanner's thread.
struct Line {
    frames: SyncSender<Picture>,
    symbols: Receiver<Symbols>,
    state: State,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Idle,
    Busy,
}

/// A frame of its own: the camera's is gone with the next one.
struct Picture {
    pixels: Vec<u8>,
    width: usize,
    height: usize,
    stride: usize,
}

impl Eye {
    /// A scanner on a new thread.
    pub fn open() -> Eye {
        Eye { scanner: Line::new(), in_vain: 0, given_up: 0, panics: 0 }
    }

    /// What is in this frame, or in one of the last second that took longer; `None` when it is not known.
    pub fn look(&mut self, frame: &CameraFrame<'_>) -> Option<Symbols> {
        if self.scanner.state == State::Idle && self.scanner.send(frame).is_err() {
            self.replace();
            return None;
        }
        match self.scanner.symbols.recv_timeout(PATIENCE) {
            Ok(symbols) => {
                self.scanner.state = State::Idle;
                self.panics += u64::from(symbols.panics());
                let waited = std::mem::take(&mut self.in_vain);
                (waited < LOOKS_FRESH).then_some(symbols)
            }
            Err(RecvTimeoutError::Timeout) => {
                self.in_vain += 1;
                if self.in_vain >= LOOKS_IN_VAIN {
                    self.replace();
                }
                None
            }
            Err(RecvTimeoutError::Disconnected) => {
                self.replace();
                None
            }
        }
    }

    /// Scanners that never came back, since the start: a frame was made to hang them.
    pub fn given_up(&self) -> u32 {
        self.given_up
    }

    /// Panics contained, since the start.
    pub fn panics(&self) -> u64 {
        self.panics
    }

    fn replace(&mut self) {
        crate::say!("eye: the scanner did not come back from a frame and was replaced");
        self.scanner = Line::new();
        self.in_vain = 0;
        self.given_up += 1;
    }
}

impl Line {
    fn new() -> Line {
        let (frames, to_scan) = sync_channel::<Picture>(1);
        let (found, symbols) = sync_channel(1);
        thread::spawn(move || {
            let mut scanner = Scanner::new();
            for picture in to_scan {
                let symbols = picture.frame().map(|frame| scanner.look(&frame)).unwrap_or_default();
                if found.send(symbols).is_err() {
                    return; // given up: nobody listens any more
                }
            }
        });
        Line { frames, symbols, state: State::Idle }
    }

    fn send(&mut self, frame: &CameraFrame<'_>) -> Result<(), ScannerGone> {
        let picture = Picture {
            pixels: frame.pixels.to_vec(),
            width: frame.width,
            height: frame.height,
            stride: frame.stride,
        };
        self.frames.try_send(picture).map_err(|_| ScannerGone)?;
        self.state = State::Busy;
        Ok(())
    }
}

impl Picture {
    /// `None` for a frame whose size is a lie.
    fn frame(&self) -> Option<Frame<'_>> {
        Frame::new(&self.pixels, self.width, self.height, self.stride).ok()
    }
}

struct ScannerGone;

#[cfg(test)]
mod tests {
    use super::*;

    fn code(text: &str) -> (Vec<u8>, usize) {
        let code = qrcodegen::QrCode::encode_text(text, qrcodegen::QrCodeEcc::Medium).unwrap();
        let (quiet, scale) = (4, 6);
        let side = (code.size() + 2 * quiet) * scale;
        let module = |x, y| code.get_module(x / scale - quiet, y / scale - quiet);
        let pixels = (0..side * side).map(|i| if module(i % side, i / side) { 20 } else { 230 }).collect();
        (pixels, side as usize)
    }

    #[test]
    fn a_frame_is_read_on_the_other_thread_and_the_next_one_too() {
        let mut eye = Eye::open();
        for text in ["first", "second"] {
            let (pixels, side) = code(text);
            let frame = CameraFrame { pixels: &pixels, width: side, height: side, stride: side };
            let symbols = (0..20).find_map(|_| eye.look(&frame)).expect("read within a few looks");
            assert_eq!(symbols.iter().next().unwrap().bytes(), text.as_bytes());
        }
        assert_eq!((eye.given_up(), eye.panics()), (0, 0));
    }

    #[test]
    fn a_frame_whose_size_is_a_lie_is_no_symbol_and_no_harm() {
        let mut eye = Eye::open();
        let frame = CameraFrame { pixels: &[0; 10], width: 640, height: 480, stride: 640 };
        let symbols = (0..20).find_map(|_| eye.look(&frame)).expect("answered");
        assert!(symbols.is_empty());
        assert_eq!(eye.given_up(), 0);
    }
}
