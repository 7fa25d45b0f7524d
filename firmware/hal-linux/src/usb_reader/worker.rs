//! The thread behind the port: opens the pipes when that is ordered, sends, listens, and is told to begin again.
//!
//! Promises: a turn with nothing to do leaves the processor alone; whatever fails is told once, and nothing is tried again before that
//! is ordered. It must not know: what is said, what a pipe is made of.

use std::sync::Arc;
use std::task::{Wake, Waker};
use std::thread::{self, Thread};
use std::time::Duration;

use gate_hal::serial_port::PortFault;
use zeroize::Zeroizing;

use super::joined::{Joined, Way};
use super::mail::{Mail, Opening, Wanted};

/// A frame's head: preamble and length.
const HEAD: usize = 7;
/// After so many openings in a row in which nothing came, some ten seconds, the device is begun anew on its bus. It may take its time
/// to start up after that and must not be disturbed, so again only after so many more, about a minute.
const SILENT: u32 = 8;
const SILENT_AGAIN: u32 = 48;
/// What came is told by a waker; this is for what was missed.
const IDLE: Duration = Duration::from_millis(250);

/// The pipes of an open device.
pub(super) trait Pipes: Send {
    /// Whether the reader has a second pipe for the rest of a frame.
    fn parts_frames(&self) -> bool;

    /// Sends the bytes as one transfer; waits for a fifth of a second at most.
    ///
    /// # Errors
    /// If they were not taken, or the device is gone.
    fn send(&mut self, way: Way, bytes: &[u8]) -> Result<(), PortFault>;

    /// The next packet that came on this pipe; it may be empty. If none has come, `wake` is called when one does.
    ///
    /// # Errors
    /// If the pipe stalls, or the device is gone.
    fn next(&mut self, way: Way, wake: &Waker) -> Result<Option<Zeroizing<Vec<u8>>>, PortFault>;
}

/// How a device is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Begin {
    /// As it is.
    Plainly,
    /// After its port on the bus was reset.
    Anew,
}

/// Opens the device.
pub(super) type Open = Arc<dyn Fn(Begin) -> Result<Box<dyn Pipes>, PortFault> + Send + Sync>;

/// The thread's work.
pub(super) struct Worker {
    open: Open,
    mail: Arc<Mail>,
    joined: Joined,
    line: Option<Line>,
    /// The newest opening that was tried.
    tried: Option<Opening>,
    /// Openings in a row in which nothing came, and how many of them begin the device anew.
    silent: u32,
    anew_at: u32,
}

struct Line {
    pipes: Box<dyn Pipes>,
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
pub(super) enum Turn {
    /// There may be more.
    Busy,
    /// Nothing to do until somebody rings.
    Idle,
    /// Nobody wants anything any more.
    End,
}

impl Worker {
    pub(super) fn new(open: Open, mail: Arc<Mail>) -> Worker {
        Worker { open, mail, joined: Joined::new(), line: None, tried: None, silent: 0, anew_at: SILENT }
    }

    /// Turns until the port is dropped.
    pub(super) fn run(mut self) {
        let wake = Waker::from(Arc::new(Bell(thread::current())));
        loop {
            match self.turn(&wake) {
                Turn::Busy => {}
                Turn::Idle => thread::park_timeout(IDLE),
                Turn::End => return,
            }
        }
    }

    pub(super) fn turn(&mut self, wake: &Waker) -> Turn {
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
        match converse(line, &mut self.joined, &self.mail, wake) {
            Ok(turn) => turn,
            Err(fault) => {
                self.close();
                if fault == PortFault::HoldLine {
                    // What is plugged in next has been begun anew.
                    (self.silent, self.anew_at) = (0, SILENT);
                }
                self.mail.lost(opening, fault);
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
        self.joined.forget();
        self.tried = Some(opening);
        let mut begin = Begin::Plainly;
        if self.silent >= self.anew_at {
            (begin, self.anew_at) = (Begin::Anew, self.silent.saturating_add(SILENT_AGAIN));
        }
        match (self.open)(begin) {
            Ok(pipes) => {
                self.line = Some(Line { pipes, opening, heard: Heard::Nothing });
                self.mail.opened(opening);
            }
            Err(fault) => self.mail.lost(opening, fault),
        }
    }
}

/// One round: the command that waits, then what came, heads first.
fn converse(line: &mut Line, joined: &mut Joined, mail: &Mail, wake: &Waker) -> Result<Turn, PortFault> {
    let mut turn = Turn::Idle;
    if let Some(command) = mail.command(line.opening) {
        joined.forget();
        send(&mut *line.pipes, &command)?;
        turn = Turn::Busy;
    }
    for way in [Way::Head, Way::Rest] {
        while mail.has_room() {
            let Some(packet) = line.pipes.next(way, wake)? else { break };
            if !packet.is_empty() {
                line.heard = Heard::Something;
            }
            mail.deliver(line.opening, |came| joined.take(way, &packet, came));
            turn = Turn::Busy;
        }
    }
    Ok(turn)
}

fn send(pipes: &mut dyn Pipes, frame: &[u8]) -> Result<(), PortFault> {
    match frame.split_at_checked(HEAD) {
        Some((head, rest)) if pipes.parts_frames() => {
            pipes.send(Way::Head, head)?;
            pipes.send(Way::Rest, rest)
        }
        _ => pipes.send(Way::Head, frame),
    }
}

/// Wakes the thread from its rest.
struct Bell(Thread);

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}
