//! An ID-card reader that is no serial line: bulk pipes on USB, such as 0400:C35A. The SDT driver speaks through it as through a port.
//!
//! A thread of its own opens the device, sends and listens, since the kernel may take its time with each of these. A frame goes out in
//! two transfers, its head (preamble and length) on the first pipe and the rest on the second, where the reader has two; its answers
//! come the same way (`joined`).
//! Promises: no call waits; a reader that is not there, is somebody else's, is pulled out, stalls or sends what is none of its packets
//! is a fault, and is opened anew when it is asked for; one that says nothing over eight openings is begun anew on the bus, and again
//! after every forty-eighth more; bytes that came in are wiped once they are handed on.
//! It must not know: what is said.

mod bulk;
mod joined;
mod mail;
mod worker;

use std::sync::Arc;
use std::thread::{self, JoinHandle};

use gate_hal::card_reader::SdtCardReader;
use gate_hal::serial_port::{PortFault, SerialPort};
use gate_wire::sdt::Baud;
use rustix::io::Errno;

pub use bulk::{Seen, look};
use mail::Mail;
use worker::{Open, Worker};

use crate::usb_power::UsbKind;

/// An SDT reader on USB.
pub type UsbCardReader = SdtCardReader<UsbPort>;

/// The reader of this kind; its first poll begins to open it.
#[must_use]
pub fn sdt_reader(kind: UsbKind) -> UsbCardReader {
    let port = UsbPort::over(Arc::new(move |begin| bulk::open(kind, begin)));
    // A bus is faster than the fastest line, whose patience is the shortest.
    SdtCardReader::new(port, Baud::B115200)
}

/// The pipes of one reader as a port.
pub struct UsbPort {
    open: Open,
    mail: Arc<Mail>,
    thread: Option<JoinHandle<()>>,
}

impl UsbPort {
    fn over(open: Open) -> UsbPort {
        UsbPort { open, mail: Arc::default(), thread: None }
    }

    /// Wakes the thread: there is something for it.
    fn ring(&self) {
        if let Some(thread) = &self.thread {
            thread.thread().unpark();
        }
    }

    /// A thread that panicked, or was never there, is begun anew.
    fn attend(&mut self) -> Result<(), PortFault> {
        if self.thread.as_ref().is_some_and(|thread| !thread.is_finished()) {
            return Ok(());
        }
        let worker = Worker::new(Arc::clone(&self.open), Arc::clone(&self.mail));
        let started = thread::Builder::new().name("usb reader".to_owned()).spawn(move || worker.run());
        let refused = |_| PortFault::OpenPort { errno: Errno::AGAIN.raw_os_error() };
        self.thread = Some(started.map_err(refused)?);
        Ok(())
    }
}

impl SerialPort for UsbPort {
    fn write(&mut self, bytes: &[u8]) -> Result<(), PortFault> {
        self.mail.post(bytes)?;
        self.ring();
        Ok(())
    }

    /// Takes what has arrived. The device is opened behind [`SerialPort::reopen`]: that it cannot be is told here.
    fn read_available(&mut self, buf: &mut [u8]) -> Result<usize, PortFault> {
        let count = self.mail.collect(buf)?;
        match &self.thread {
            Some(thread) if count == 0 && thread.is_finished() => Err(PortFault::HoldLine),
            _ => Ok(count),
        }
    }

    fn reopen(&mut self) -> Result<(), PortFault> {
        self.mail.order();
        self.attend()?;
        self.ring();
        Ok(())
    }
}

impl Drop for UsbPort {
    fn drop(&mut self) {
        self.mail.end();
        self.ring();
    }
}

#[cfg(test)]
mod tests;
