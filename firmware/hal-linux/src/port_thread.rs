//! A port whose device is opened, written, listened to and closed on a thread of its own: the kernel may take its time with each of
//! these (closing a serial line waits up to 30 s for bytes that nobody takes), and no reader may hold up the latch or the keys.
//!
//! Between the loop and the thread lies a box (`mail`): one command, and the bytes that came.
//! Promises: no call waits; a device that is not there, vanishes or fails is a fault, and is opened anew when that is ordered; a driver
//! that does not come back within five seconds is one ([`PortFault::AwaitDriver`]) until it does, or until another device is plugged in under
//! its name, which has a thread of its own; bytes pass once and in their order,
//! and what belongs to one opening reaches no later one, neither a command nor an answer; bytes that came in are wiped once they are
//! handed on; a thread that panicked is begun anew.
//! It must not know: what is said, what the device is.

mod bell;
mod mail;
mod worker;

use std::sync::Arc;
use std::thread::{self, JoinHandle};

use gate_hal::serial_port::{Opened, PortFault, SerialPort};
use rustix::io::Errno;

pub use worker::{Begin, Came, Open, Wire};

use bell::Bell;
pub(crate) use mail::Mail;
#[cfg(all(test, feature = "usb"))]
pub(crate) use worker::Turn;
pub(crate) use worker::Worker;

/// Threads that may hang in a driver for ever beside the one that works: each is a device that was pulled out from under it.
const LOST_MOST: usize = 4;

/// Tells one device from the next that is plugged in under the same name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plugged {
    /// The kernel's number of the device.
    pub device: u64,
    /// The number of its node, a new one at each plug.
    pub node: u64,
}

/// Which device is there now, if any; asked by the loop, so it may not wait.
type Which = Box<dyn Fn() -> Option<Plugged> + Send>;

/// A port with a thread behind it.
pub struct ThreadedPort {
    name: &'static str,
    open: Open,
    which: Which,
    mail: Arc<Mail>,
    thread: Option<(JoinHandle<()>, Arc<Bell>)>,
    /// What was there when the thread was last told to open it.
    device: Option<Plugged>,
    lost: Vec<JoinHandle<()>>,
}

impl ThreadedPort {
    /// A port that `open` opens, on a thread of this name (15 bytes at most); [`SerialPort::reopen`] begins to.
    #[must_use]
    pub fn new(name: &'static str, open: Open) -> ThreadedPort {
        let (which, mail) = (Box::new(|| None), Arc::default());
        ThreadedPort { name, open, which, mail, thread: None, device: None, lost: Vec::new() }
    }

    /// With a way to tell what is plugged in: a driver that hangs for ever is left behind once it is another.
    #[must_use]
    pub fn told_apart_by(mut self, which: impl Fn() -> Option<Plugged> + Send + 'static) -> ThreadedPort {
        self.which = Box::new(which);
        self
    }

    /// Wakes the thread: there is something for it.
    fn ring(&self) {
        if let Some((_, bell)) = &self.thread {
            bell.ring();
        }
    }

    /// Leaves a thread behind that hangs in the driver of a device that is no longer there. It ends when its driver lets go of it.
    fn leave_behind(&mut self) {
        self.lost.retain(|thread| !thread.is_finished());
        let there = (self.which)();
        if self.mail.hangs() {
            if there.is_none() || there == self.device || self.lost.len() >= LOST_MOST {
                return;
            }
            self.mail.end();
            self.mail = Arc::default();
            self.lost.extend(self.thread.take().map(|(thread, _)| thread));
        }
        self.device = there;
    }

    /// A thread that panicked, or was never there, is begun anew. One that hangs is waited for: what it holds is nobody else's.
    fn attend(&mut self) -> Result<(), PortFault> {
        if self.thread.as_ref().is_some_and(|(thread, _)| !thread.is_finished()) {
            return Ok(());
        }
        let bell = Arc::new(Bell::new().map_err(refused)?);
        let worker = Worker::new(Arc::clone(&self.open), Arc::clone(&self.mail));
        self.mail.attended();
        let heard = Arc::clone(&bell);
        let started = thread::Builder::new().name(self.name.to_owned()).spawn(move || worker.run(&heard));
        self.thread = Some((started.map_err(|_| refused(Errno::AGAIN))?, bell));
        Ok(())
    }
}

fn refused(errno: Errno) -> PortFault {
    PortFault::OpenPort { errno: errno.raw_os_error() }
}

impl SerialPort for ThreadedPort {
    fn write(&mut self, bytes: &[u8]) -> Result<(), PortFault> {
        self.mail.post(bytes)?;
        self.ring();
        Ok(())
    }

    /// Takes what has arrived. The device is opened behind [`SerialPort::reopen`]: that it cannot be is told here.
    fn read_available(&mut self, buf: &mut [u8]) -> Result<usize, PortFault> {
        let count = self.mail.collect(buf)?;
        match &self.thread {
            Some((thread, _)) if count == 0 && thread.is_finished() => Err(PortFault::HoldLine),
            _ => Ok(count),
        }
    }

    fn reopen(&mut self) -> Result<(), PortFault> {
        self.leave_behind();
        self.mail.order();
        self.attend()?;
        self.ring();
        Ok(())
    }

    fn opened(&self) -> Opened {
        self.mail.opened_yet()
    }
}

impl Drop for ThreadedPort {
    fn drop(&mut self) {
        self.mail.end();
        self.ring();
    }
}

impl std::fmt::Debug for ThreadedPort {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // What waits in it may be somebody's card.
        write!(f, "ThreadedPort({})", self.name)
    }
}

#[cfg(test)]
pub(crate) mod tests;
