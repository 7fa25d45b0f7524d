//! A serial line of the kernel: a UART, a USB adapter or a pseudo-terminal.
//!
//! Promises: raw bytes, 8N1, no flow control; nothing but closing may block, and bytes that wait to be sent are dropped before that; the line
//! is ours alone while it is open. The lane's lines are opened, used and closed on a thread of their own ([`threaded`]).
//! It must not know: what is said on it. Which device it is stands in the configuration, best as a path under
//! `/dev/serial/by-path` or of a udev rule: numbers change when a plug is pulled.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::task::Waker;

use gate_hal::serial_port::{PortFault, SerialPort};
use gate_wire::sdt::Baud;
use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use rustix::termios::{self, ControlModes, OptionalActions, QueueSelector, SpecialCodeIndex};
use zeroize::Zeroize;

use crate::port_thread::{Came, Plugged, ThreadedPort, Wire};

mod closing;

/// Bytes taken from the line at once.
const CHUNK: usize = 1_024;

/// The line under `path` at this speed, behind a thread of this name: it may be plugged in later, and its driver may hang.
#[must_use]
pub fn threaded(name: &'static str, path: &Path, baud: Baud) -> ThreadedPort {
    let (path, node) = (path.to_owned(), path.to_owned());
    ThreadedPort::new(
        name,
        Arc::new(move |_| {
            let mut line = SerialTty::new(&path, baud);
            line.reopen()?;
            Ok(Box::new(line) as Box<dyn Wire>)
        }),
    )
    .told_apart_by(move || {
        let about = std::fs::metadata(&node).ok()?;
        Some(Plugged { device: about.rdev(), node: about.ino() })
    })
}

/// A terminal line under a path; closed until [`SerialPort::reopen`].
#[derive(Debug)]
pub struct SerialTty {
    path: PathBuf,
    baud: Baud,
    line: Option<OwnedFd>,
}

impl SerialTty {
    /// The line under `path` at this speed, not opened yet: it may be plugged in later.
    #[must_use]
    pub fn new(path: &Path, baud: Baud) -> Self {
        Self { path: path.to_owned(), baud, line: None }
    }

    /// The path it is opened under.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn line(&self) -> Result<&OwnedFd, PortFault> {
        self.line.as_ref().ok_or(PortFault::HavePort)
    }

    /// Closing waits for what was not sent: whatever it was, nobody is there for it any more.
    fn close(&mut self) {
        if let Some(line) = self.line.take() {
            // A line that hung up takes no orders, and has nothing to send.
            let _ = termios::tcflush(&line, QueueSelector::OFlush);
        }
    }
}

impl Drop for SerialTty {
    fn drop(&mut self) {
        self.close();
    }
}

impl Wire for SerialTty {
    fn send(&mut self, command: &[u8]) -> Result<(), PortFault> {
        self.write(command)
    }

    fn next(&mut self, _: &Waker) -> Result<Option<Came>, PortFault> {
        let mut chunk = [0; CHUNK];
        let count = self.read_available(&mut chunk)?;
        let came = Came::new(chunk.get(..count).unwrap_or(&[]).to_vec());
        chunk.zeroize();
        Ok(Some(came).filter(|came| !came.is_empty()))
    }

    fn device(&self) -> Option<BorrowedFd<'_>> {
        self.line.as_ref().map(OwnedFd::as_fd)
    }
}

impl SerialPort for SerialTty {
    fn write(&mut self, bytes: &[u8]) -> Result<(), PortFault> {
        let line = self.line()?;
        let mut rest = bytes;
        while !rest.is_empty() {
            match rustix::io::write(line, rest) {
                Ok(0) | Err(Errno::AGAIN) => return Err(PortFault::FillLine),
                Ok(count) => rest = rest.get(count..).unwrap_or(&[]),
                Err(Errno::INTR) => {}
                Err(Errno::IO | Errno::NXIO | Errno::NODEV) => return Err(PortFault::HoldLine),
                Err(errno) => return Err(PortFault::WriteLine { errno: errno.raw_os_error() }),
            }
        }
        Ok(())
    }

    fn read_available(&mut self, buf: &mut [u8]) -> Result<usize, PortFault> {
        let line = self.line()?;
        if buf.is_empty() {
            return Ok(0);
        }
        match rustix::io::read(line, buf) {
            // With VMIN 1 an idle line says AGAIN; zero bytes are a hang-up.
            Ok(0) | Err(Errno::IO | Errno::NXIO | Errno::NODEV) => Err(PortFault::HoldLine),
            Ok(count) => Ok(count),
            Err(Errno::AGAIN | Errno::INTR) => Ok(0),
            Err(errno) => Err(PortFault::ReadLine { errno: errno.raw_os_error() }),
        }
    }

    fn reopen(&mut self) -> Result<(), PortFault> {
        self.close();
        let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let line = rustix::fs::open(&self.path, flags, Mode::empty())
            .map_err(|errno| PortFault::OpenPort { errno: errno.raw_os_error() })?;
        set_up(&line, self.baud).map_err(|errno| PortFault::SetUpLine { errno: errno.raw_os_error() })?;
        self.line = Some(line);
        Ok(())
    }
}

fn set_up(line: &OwnedFd, baud: Baud) -> Result<(), Errno> {
    termios::ioctl_tiocexcl(line)?;
    let mut modes = termios::tcgetattr(line)?;
    modes.make_raw();
    modes.control_modes.remove(ControlModes::CSTOPB | ControlModes::CRTSCTS | ControlModes::HUPCL);
    modes.control_modes.insert(ControlModes::CREAD | ControlModes::CLOCAL);
    modes.special_codes[SpecialCodeIndex::VMIN] = 1;
    modes.special_codes[SpecialCodeIndex::VTIME] = 0;
    modes.set_speed(baud.bits_per_second())?;
    termios::tcsetattr(line, OptionalActions::Now, &modes)?;
    // As far as we may, and the line has it: a thread waits in any case.
    let _ = closing::wait_for_nothing(line.as_fd());
    termios::tcflush(line, QueueSelector::IOFlush)
}

#[cfg(test)]
mod tests;
