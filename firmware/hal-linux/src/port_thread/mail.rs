//! What lies between the port and its thread: which opening is wanted, one command, and the bytes that came.
//!
//! Promises: nobody holds the lock over a system call; what was meant for an earlier opening reaches no later one; bytes are collected
//! once, in the order in which they came, and wiped once they are collected, or forgotten.
//! It must not know: devices, threads.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use gate_hal::serial_port::{Opened, PortFault};
use zeroize::Zeroize;

/// Bytes that may wait, and how many there may be for more to be taken: the rest of a frame that waited comes at once.
const MOST: usize = 8192;
const ROOM_UP_TO: usize = 2048;
/// A thread that has not come back to the box for this long hangs in a driver. One with nothing to do comes four times a second.
const HUNG: Duration = Duration::from_secs(5);

/// Which opening something belongs to, from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Opening(u64);

/// The box.
#[derive(Default)]
pub(crate) struct Mail(Mutex<Letters>);

struct Letters {
    opening: Opening,
    ended: bool,
    line: Line,
    command: Option<Vec<u8>>,
    came: Vec<u8>,
    /// When the thread was here last.
    heard: Instant,
}

#[derive(Clone, Copy)]
enum Line {
    Opening,
    Open,
    Lost(PortFault),
}

impl Default for Letters {
    fn default() -> Letters {
        let line = Line::Lost(PortFault::HavePort);
        // Never grown: a vector that moves leaves a copy of what somebody's card said.
        let came = Vec::with_capacity(MOST);
        Letters { opening: Opening(0), ended: false, line, command: None, came, heard: Instant::now() }
    }
}

impl Letters {
    fn hangs(&self) -> bool {
        self.opening != Opening(0) && self.heard.elapsed() > HUNG
    }

    /// How the line is. One whose thread hangs is not what it was when that was last told.
    fn line(&self) -> Line {
        match self.line {
            Line::Opening | Line::Open if self.hangs() => Line::Lost(PortFault::AwaitDriver),
            line => line,
        }
    }
}

/// What is wanted of the thread.
pub(crate) enum Wanted {
    /// An end.
    End,
    /// Nothing yet.
    Nothing,
    /// This opening, and the command that waits for it.
    Opening(Opening),
}

impl Mail {
    fn letters(&self) -> MutexGuard<'_, Letters> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A thread has just begun.
    pub(super) fn attended(&self) {
        self.letters().heard = Instant::now();
    }

    /// Whether its thread has not come back for too long.
    pub(super) fn hangs(&self) -> bool {
        self.letters().hangs()
    }

    /// Whether the opening that was ordered last has come about.
    pub(super) fn opened_yet(&self) -> Opened {
        if matches!(self.letters().line(), Line::Open) { Opened::Yes } else { Opened::NotYet }
    }

    /// Orders an opening; what belonged to the one before is forgotten.
    pub(crate) fn order(&self) {
        let mut letters = self.letters();
        letters.opening.0 += 1;
        (letters.line, letters.command) = (Line::Opening, None);
        letters.came.zeroize();
    }

    /// Nobody wants anything any more.
    pub(super) fn end(&self) {
        self.letters().ended = true;
    }

    /// Leaves a command. Until the device is open the newest takes the place of the one before: nobody heard that.
    pub(crate) fn post(&self, command: &[u8]) -> Result<(), PortFault> {
        let mut letters = self.letters();
        match letters.line() {
            Line::Lost(fault) => return Err(fault),
            Line::Open if letters.command.is_some() => return Err(PortFault::FillLine),
            Line::Open | Line::Opening => letters.command = Some(command.to_vec()),
        }
        Ok(())
    }

    /// Takes bytes that came; those that came before a fault come before it here, too.
    pub(crate) fn collect(&self, buf: &mut [u8]) -> Result<usize, PortFault> {
        let mut letters = self.letters();
        let count = buf.len().min(letters.came.len());
        if let (0, Line::Lost(fault)) = (letters.came.len(), letters.line()) {
            return Err(fault);
        }
        let (taken, rest) = letters.came.split_at(count);
        buf.get_mut(..count).unwrap_or_default().copy_from_slice(taken);
        let left = rest.len();
        letters.came.copy_within(count.., 0);
        letters.came.get_mut(left..).unwrap_or_default().zeroize();
        letters.came.truncate(left);
        Ok(count)
    }

    /// For the thread: what is wanted.
    pub(crate) fn wanted(&self) -> Wanted {
        let mut letters = self.letters();
        letters.heard = Instant::now();
        match letters.opening {
            _ if letters.ended => Wanted::End,
            Opening(0) => Wanted::Nothing,
            opening => Wanted::Opening(opening),
        }
    }

    /// This opening came about.
    pub(crate) fn opened(&self, opening: Opening) {
        self.of(opening, |letters| letters.line = Line::Open);
    }

    /// This opening is over, or never came about.
    pub(crate) fn lost(&self, opening: Opening, fault: PortFault) {
        self.of(opening, |letters| (letters.line, letters.command) = (Line::Lost(fault), None));
    }

    /// The command that is to be sent in this opening.
    pub(crate) fn command(&self, opening: Opening) -> Option<Vec<u8>> {
        let mut command = None;
        self.of(opening, |letters| command = letters.command.take());
        command
    }

    /// Whether more may come. While it may not, a device that floods waits on its bus.
    pub(crate) fn has_room(&self) -> bool {
        self.letters().came.len() <= ROOM_UP_TO
    }

    /// Bytes came in this opening: `put` appends them.
    pub(crate) fn deliver(&self, opening: Opening, put: impl FnOnce(&mut Vec<u8>)) {
        self.of(opening, |letters| put(&mut letters.came));
    }

    /// As after a thread that has not been here for too long.
    #[cfg(test)]
    pub(super) fn hang(&self) {
        let mut letters = self.letters();
        letters.heard =
            letters.heard.checked_sub(HUNG * 2).unwrap_or_else(|| unreachable!("it has run for longer"));
    }

    fn of(&self, opening: Opening, change: impl FnOnce(&mut Letters)) {
        let mut letters = self.letters();
        if letters.opening == opening {
            change(&mut letters);
        }
    }
}

impl Drop for Letters {
    fn drop(&mut self) {
        self.came.zeroize();
    }
}
