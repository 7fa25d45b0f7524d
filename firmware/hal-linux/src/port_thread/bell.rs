//! What wakes a port's thread: a counter of the kernel (`eventfd(2)`), so that one wait hears the bell and the device.
//!
//! Promises: a bell that was rung before the wait is heard in it; ringing never waits. It must not know: why it rings.

use std::sync::Arc;
use std::task::Wake;
use std::time::Duration;

use rustix::event::{EventfdFlags, PollFd, PollFlags, Timespec, eventfd, poll};
use rustix::fd::{BorrowedFd, OwnedFd};
use rustix::io::{Errno, read, write};

/// The bell of one thread.
pub(super) struct Bell(OwnedFd);

impl Bell {
    pub(super) fn new() -> Result<Bell, Errno> {
        eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK).map(Bell)
    }

    pub(super) fn ring(&self) {
        // A counter that is full rings already.
        let _ = write(&self.0, &1_u64.to_ne_bytes());
    }

    /// Waits until it rings, or something is to be had of `device`, for so long at most.
    pub(super) fn wait(&self, device: Option<BorrowedFd<'_>>, longest: Duration) {
        let bell = PollFd::new(&self.0, PollFlags::IN);
        let longest = Timespec::try_from(longest).ok();
        // A wait that is cut short is another turn.
        let _ = match device {
            Some(device) => {
                let device = PollFd::from_borrowed_fd(device, PollFlags::IN);
                poll(&mut [bell, device], longest.as_ref())
            }
            None => poll(&mut [bell], longest.as_ref()),
        };
        let _ = read(&self.0, &mut [0; 8]);
    }
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.ring();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bell_that_was_rung_before_or_a_device_that_has_something_ends_the_wait() {
        let bell = Bell::new().unwrap();
        let device = Bell::new().unwrap();
        let ages = Duration::from_secs(3_600);
        bell.ring();
        bell.ring();
        bell.wait(None, ages);
        device.ring();
        bell.wait(Some(std::os::fd::AsFd::as_fd(&device.0)), ages);
        // Both rings were one wait's: this one ends by its time.
        bell.wait(None, Duration::ZERO);
    }
}
