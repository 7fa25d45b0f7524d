//! A serial line of the kernel: a UART, a USB adapter or a pseudo-terminal.
//!
//! Promises: raw bytes, 8N1, no flow control; no call blocks; the line is ours alone while it is open.
//! It must not know: what is said on it. Which device it is stands in the configuration, best as a path under
//! `/dev/serial/by-path` or of a udev rule: numbers change when a plug is pulled.

use std::path::{Path, PathBuf};

use gate_hal::serial_port::{PortFault, SerialPort};
use gate_wire::sdt::Baud;
use rustix::fd::OwnedFd;
use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use rustix::termios::{self, ControlModes, OptionalActions, QueueSelector, SpecialCodeIndex};

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
        self.line = None;
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
    termios::tcflush(line, QueueSelector::IOFlush)
}

#[cfg(test)]
mod tests;
