//! An ID-card reader that is no serial line: bulk pipes on USB, such as 0400:C35A. The SDT driver speaks through it as through a port.
//!
//! A frame goes out in two transfers, its head (preamble and length) on the first pipe and the rest on the second, where the reader
//! has two; its answers come the same way (`joined`).
//! Promises: those of [`ThreadedPort`]; a reader that is somebody else's, stalls or sends what is none of its packets is a fault; one
//! that says nothing over eight openings is begun anew on the bus, and again after every forty-eighth more.
//! It must not know: what is said.

mod bulk;
mod joined;
mod pipes;

use std::sync::Arc;

use gate_hal::card_reader::SdtCardReader;
use gate_wire::sdt::Baud;

pub use bulk::{Seen, look};

use crate::port_thread::ThreadedPort;
use crate::usb_power::UsbKind;

/// An SDT reader on USB.
pub type UsbCardReader = SdtCardReader<ThreadedPort>;

/// The reader of this kind; its first poll begins to open it.
#[must_use]
pub fn sdt_reader(kind: UsbKind) -> UsbCardReader {
    let open = move |begin| bulk::open(kind, begin).map(pipes::joined);
    let port = ThreadedPort::new("usb reader", Arc::new(open));
    // A bus is faster than the fastest line, whose patience is the shortest.
    SdtCardReader::new(port, Baud::B115200)
}

#[cfg(test)]
mod tests;
