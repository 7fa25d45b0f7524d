//! Keyboards of the kernel (`/dev/input/event*`, evdev): the attendant's keys, and scanners that type what they read.
//!
//! Promises: a keyboard is grabbed, so that what is typed reaches nobody else, no console and no login; one that cannot be
//! grabbed is not listened to; no call waits; a keyboard that was pulled out is opened anew every second; a key that is held
//! down is one key. It must not know: what a key does.

#![expect(unsafe_code, reason = "ioctl(2): grabbing a keyboard")]

use std::path::{Path, PathBuf};

use gate_hal::DeviceFault;
use rustix::fd::OwnedFd;
use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use rustix::ioctl::{IntegerSetter, Opcode, ioctl, opcode};
use zeroize::Zeroize;

use crate::again::Again;

mod codes;
mod keypad;
mod wedge;

pub use keypad::Keypad;
pub use wedge::{LineScanner, Wedge};

/// `EV_SYN`, and its code that the kernel had no room for some events.
const SYN: u16 = 0;
const DROPPED: u16 = 3;
/// `EV_KEY`.
const KEY: u16 = 1;
/// `EVIOCGRAB`, which takes a number, not a place.
const GRAB: Opcode = opcode::write::<i32>(b'E', 0x90);
/// Bytes of one `input_event`: two numbers of a word for the time, then type, code and value.
const EVENT: usize = 2 * size_of::<usize>() + 8;
/// Events taken at once.
const EVENTS: usize = 64;

/// A key that went down or up.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Stroke {
    /// The kernel's number of the key.
    pub code: u16,
    /// Down or up.
    pub way: Way,
}

/// Which way a key went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// Down, once.
    Down,
    /// Up.
    Up,
    /// Nobody knows: the kernel had no room, and keys before this one are missing.
    Lost,
}

/// Where strokes come from: a keyboard, or a list of a test.
pub trait Strokes {
    /// Appends what was struck since it was last asked.
    ///
    /// # Errors
    /// While it cannot be reached.
    fn take(&mut self, into: &mut Vec<Stroke>) -> Result<(), DeviceFault>;
}

/// A grabbed keyboard.
#[derive(Debug)]
pub struct Keyboard {
    path: PathBuf,
    line: Again<OwnedFd>,
}

impl Keyboard {
    /// The keyboard at `path`. It may come later.
    #[must_use]
    pub fn new(path: &Path) -> Keyboard {
        Keyboard { path: path.to_owned(), line: Again::unopened() }
    }
}

impl Strokes for Keyboard {
    fn take(&mut self, into: &mut Vec<Stroke>) -> Result<(), DeviceFault> {
        let file = self.line.or_open(|| grabbed(&self.path))?;
        let mut bytes = [0; EVENT * EVENTS];
        let outcome = match rustix::io::read(file, &mut bytes) {
            Ok(count) if count > 0 => {
                into.extend(bytes.get(..count).unwrap_or(&[]).chunks_exact(EVENT).filter_map(stroke));
                Ok(())
            }
            Err(Errno::AGAIN | Errno::INTR) => Ok(()),
            Ok(_) | Err(_) => Err(DeviceFault::NotConnected),
        };
        bytes.zeroize();
        if let Err(fault) = outcome {
            self.line.lose(fault);
        }
        outcome
    }
}

/// The keyboard, open and ours alone.
///
/// # Errors
/// [`DeviceFault::Refusing`] where another program has grabbed it, [`DeviceFault::NotAnswering`] where it is no keyboard.
pub fn grabbed(path: &Path) -> Result<OwnedFd, DeviceFault> {
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::CLOEXEC | OFlags::NOCTTY;
    let file = rustix::fs::open(path, flags, Mode::empty()).map_err(|_| DeviceFault::NotConnected)?;
    // SAFETY: EVIOCGRAB takes the number 1 in place of an address, and touches no memory of ours.
    unsafe { ioctl(&file, IntegerSetter::<GRAB>::new_usize(1)) }.map_err(|errno| match errno {
        Errno::BUSY => DeviceFault::Refusing,
        _ => DeviceFault::NotAnswering,
    })?;
    Ok(file)
}

/// One event; `None` for what is neither a key nor the word that some are missing, and for the repetition of a key that is held.
fn stroke(event: &[u8]) -> Option<Stroke> {
    let [.., t0, t1, c0, c1, v0, v1, v2, v3] = *event else { return None };
    let code = u16::from_le_bytes([c0, c1]);
    match u16::from_le_bytes([t0, t1]) {
        SYN if code == DROPPED => return Some(Stroke { code: 0, way: Way::Lost }),
        KEY => {}
        _ => return None,
    }
    let way = match i32::from_le_bytes([v0, v1, v2, v3]) {
        0 => Way::Up,
        1 => Way::Down,
        _ => return None,
    };
    Some(Stroke { code, way })
}

#[cfg(test)]
mod tests;
