//! The pipes of an open reader, and their one stream.
//!
//! Promises: a frame is parted where the reader wants it in two; heads are asked for before rests; what waits for its head is forgotten
//! at the next command. It must not know: what a pipe is made of.

use std::task::Waker;

use gate_hal::serial_port::PortFault;

use super::joined::{HELD, Joined, Way};
use crate::port_thread::{Came, Wire};

/// A frame's head: preamble and length.
const HEAD: usize = 7;

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
    fn next(&mut self, way: Way, wake: &Waker) -> Result<Option<Came>, PortFault>;
}

/// What these pipes carry, as one.
pub(super) fn joined(pipes: Box<dyn Pipes>) -> Box<dyn Wire> {
    Box::new(JoinedPipes { pipes, joined: Joined::new() })
}

struct JoinedPipes {
    pipes: Box<dyn Pipes>,
    joined: Joined,
}

impl Wire for JoinedPipes {
    fn send(&mut self, frame: &[u8]) -> Result<(), PortFault> {
        self.joined.forget();
        match frame.split_at_checked(HEAD) {
            Some((head, rest)) if self.pipes.parts_frames() => {
                self.pipes.send(Way::Head, head)?;
                self.pipes.send(Way::Rest, rest)
            }
            _ => self.pipes.send(Way::Head, frame),
        }
    }

    fn next(&mut self, wake: &Waker) -> Result<Option<Came>, PortFault> {
        for way in [Way::Head, Way::Rest] {
            if let Some(packet) = self.pipes.next(way, wake)? {
                // Room for what waited, too: a buffer that grows leaves copies behind.
                let mut stream = Came::new(Vec::with_capacity(packet.len() + HELD));
                self.joined.take(way, &packet, &mut stream);
                return Ok(Some(stream));
            }
        }
        Ok(None)
    }
}
