//! The thread behind the port: opens the device when that is ordered, sends, listens, and is told to begin again.
//!
//! Promises: a turn with nothing to do leaves the processor alone; whatever fails is told once, and nothing is tried again before that
//! is ordered; a device that says nothing over eight openings is begun anew, and again after every forty-eighth more.
//! It must not know: what is said, what a device is made of.

use std::sync::Arc;
use std::task::Waker;
use std::time::Duration;

use gate_hal::serial_port::PortFault;
use rustix::fd::BorrowedFd;
use zeroize::Zeroizing;

use super::bell::Bell;
use super::mail::{Mail, Opening, Wanted};

/// After so many openings in a row in which nothing came, some ten seconds, the device is begun anew on its bus. It may take its time
/// to start up after that and must not be disturbed, so again only after so many more, about a minute.
const SILENT: u32 = 8;
const SILENT_AGAIN: u32 = 48;
/// What came is told by a waker; this is for what was missed.
const IDLE: Duration = Duration::from_millis(250);

/// Bytes that came, wiped after use: they may be somebody's card.
pub type Came = Zeroizing<Vec<u8>>;

/// An open device; dropped, it is closed. Whatever of it waits holds up its thread alone.
pub trait Wire: Send {
    /// Sends a command whole. What came before it is no answer to it, and is forgotten where it was not handed on.
    ///
    /// # Errors
    /// If it was not taken, or the device is gone.
    fn send(&mut self, command: &[u8]) -> Result<(), PortFault>;

    /// The bytes that came next, if any; they may be none of the stream. If none have come, `wake` is called when some do, or
    /// [`Wire::device`] can be waited for.
    ///
    /// # Errors
    /// If the device fails, or is gone.
    fn next(&mut self, wake: &Waker) -> Result<Option<Came>, PortFault>;

    /// What tells that something came, where that is not `wake`.
    fn device(&self) -> Option<BorrowedFd<'_>> {
        None
    }
}

/// How a device is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Begin {
    /// As it is.
    Plainly,
    /// After it was begun anew, where there is a way to: a reset of its port on the bus.
    Anew,
}

/// Opens the device.
pub type Open = Arc<dyn Fn(Begin) -> Result<Box<dyn Wire>, PortFault> + Send + Sync>;

/// The thread's work.
pub(crate) struct Worker {
    open: Open,
    mail: Arc<Mail>,
    line: Option<Line>,
    /// The newest opening that was tried.
    tried: Option<Opening>,
    /// Openings in a row in which nothing came, and how many of them begin the device anew.
    silent: u32,
    anew_at: u32,
}

struct Line {
    wire: Box<dyn Wire>,
    opening: Opening,
    heard: Heard,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Heard {
    Nothing,
    Something,
}

/// What a turn came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Turn {
    /// There may be more.
    Busy,
    /// Nothing to do until somebody rings.
    Idle,
    /// Nobody wants anything any more.
    End,
}

impl Worker {
    pub(crate) fn new(open: Open, mail: Arc<Mail>) -> Worker {
        Worker { open, mail, line: None, tried: None, silent: 0, anew_at: SILENT }
    }

    /// Turns until the port is dropped.
    pub(super) fn run(mut self, bell: &Arc<Bell>) {
        let wake = Waker::from(Arc::clone(bell));
        loop {
            match self.turn(&wake) {
                Turn::Busy => {}
                Turn::Idle => bell.wait(self.device(), IDLE),
                Turn::End => return,
            }
        }
    }

    /// What may be waited for beside the bell: nothing while nothing more may come.
    fn device(&self) -> Option<BorrowedFd<'_>> {
        self.line.as_ref().filter(|_| self.mail.has_room())?.wire.device()
    }

    pub(crate) fn turn(&mut self, wake: &Waker) -> Turn {
        match self.mail.wanted() {
            Wanted::End => return Turn::End,
            Wanted::Nothing => return Turn::Idle,
            Wanted::Opening(opening) if self.tried != Some(opening) => {
                self.begin(opening);
                return Turn::Busy;
            }
            Wanted::Opening(_) => {}
        }
        let Some(line) = &mut self.line else { return Turn::Idle };
        let opening = line.opening;
        match converse(line, &self.mail, wake) {
            Ok(turn) => turn,
            Err(fault) => {
                // Told before the device is closed: that may take its time.
                self.mail.lost(opening, fault);
                self.close();
                if fault == PortFault::HoldLine {
                    // What is plugged in next has been begun anew.
                    (self.silent, self.anew_at) = (0, SILENT);
                }
                Turn::Idle
            }
        }
    }

    fn close(&mut self) {
        match self.line.take() {
            Some(Line { heard: Heard::Something, .. }) => (self.silent, self.anew_at) = (0, SILENT),
            Some(Line { heard: Heard::Nothing, .. }) => self.silent = self.silent.saturating_add(1),
            None => {}
        }
    }

    fn begin(&mut self, opening: Opening) {
        self.close();
        self.tried = Some(opening);
        let mut begin = Begin::Plainly;
        if self.silent >= self.anew_at {
            (begin, self.anew_at) = (Begin::Anew, self.silent.saturating_add(SILENT_AGAIN));
        }
        match (self.open)(begin) {
            Ok(wire) => {
                self.line = Some(Line { wire, opening, heard: Heard::Nothing });
                self.mail.opened(opening);
            }
            Err(fault) => self.mail.lost(opening, fault),
        }
    }
}

/// One round: the command that waits, then what came.
fn converse(line: &mut Line, mail: &Mail, wake: &Waker) -> Result<Turn, PortFault> {
    let mut turn = Turn::Idle;
    if let Some(command) = mail.command(line.opening) {
        line.wire.send(&command)?;
        turn = Turn::Busy;
    }
    while mail.has_room() {
        let Some(bytes) = line.wire.next(wake)? else { break };
        if !bytes.is_empty() {
            line.heard = Heard::Something;
        }
        mail.deliver(line.opening, |came| came.extend_from_slice(&bytes));
        turn = Turn::Busy;
    }
    Ok(turn)
}
