//! A serial line that never makes anyone wait.
//!
//! Promises (of every implementation): no call blocks. It must not know: what is said on the line.

/// A serial port, 8N1, opened and reopened by the driver that speaks on it.
pub trait SerialPort {
    /// Sends all of the bytes.
    ///
    /// # Errors
    /// When the line is closed, gone or does not take all of them at once; then [`SerialPort::reopen`] it.
    fn write(&mut self, bytes: &[u8]) -> Result<(), PortFault>;

    /// Takes what has arrived, at most `buf.len()` bytes; 0 when nothing has.
    ///
    /// # Errors
    /// When the line is closed or gone.
    fn read_available(&mut self, buf: &mut [u8]) -> Result<usize, PortFault>;

    /// Closes the line if it is open and opens it anew; bytes that wait in it are dropped.
    ///
    /// # Errors
    /// When the device is not there or cannot be set up.
    fn reopen(&mut self) -> Result<(), PortFault>;

    /// Whether it is open, if it was opened at all: a port with a thread of its own is at it for a while after [`SerialPort::reopen`], and
    /// reading gives nothing meanwhile.
    fn opened(&self) -> Opened {
        Opened::Yes
    }
}

/// Whether what was ordered has come about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Opened {
    /// It has.
    Yes,
    /// Not yet.
    NotYet,
}

/// Why a port does not work: a Fault of the device, never a person's matter. `errno` is the kernel's number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PortFault {
    /// It was never opened, or its last opening failed.
    #[error("the port is not open")]
    HavePort,
    /// The device is not there or belongs to someone else.
    #[error("the port cannot be opened (errno {errno})")]
    OpenPort {
        /// The kernel's number.
        errno: i32,
    },
    /// It is no serial line, or does not know the speed.
    #[error("the line cannot be set up (errno {errno})")]
    SetUpLine {
        /// The kernel's number.
        errno: i32,
    },
    /// Reading failed.
    #[error("the line cannot be read (errno {errno})")]
    ReadLine {
        /// The kernel's number.
        errno: i32,
    },
    /// Writing failed.
    #[error("the line cannot be written (errno {errno})")]
    WriteLine {
        /// The kernel's number.
        errno: i32,
    },
    /// The line takes no more bytes now: whatever is at its other end has stopped listening.
    #[error("the line takes no more bytes")]
    FillLine,
    /// The other end is gone: unplugged.
    #[error("the line hung up")]
    HoldLine,
    /// The kernel's driver has not come back from what it was asked.
    #[error("the port's driver hangs")]
    AwaitDriver,
}
