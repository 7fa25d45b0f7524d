//! The ID-card reader on a serial line of the kernel.
//!
//! Promises: works before the reader is plugged in and after it was unplugged. It must not know: what is read.

use std::path::Path;

use gate_hal::card_reader::SdtCardReader;
use gate_wire::sdt::Baud;

use crate::port_thread::ThreadedPort;
use crate::serial;

/// An SDT reader on a terminal line.
pub type TtyCardReader = SdtCardReader<ThreadedPort>;

/// The reader on the line under `path`; its first poll begins to open it.
#[must_use]
pub fn sdt_reader(path: &Path, baud: Baud) -> TtyCardReader {
    SdtCardReader::new(serial::threaded("card reader", path, baud), baud)
}
