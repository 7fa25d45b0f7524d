//! A device that is opened when it is first used, and anew some time after it was lost.
//! Promises: no call waits; until it is time, whoever asks hears why it was lost.
//! It must not know: what is opened.

use std::time::{Duration, Instant};

use gate_hal::DeviceFault;

/// A device that was lost is opened again after this long.
const AGAIN: Duration = Duration::from_secs(1);

/// An open device, or why it is not.
#[derive(Debug)]
pub(crate) enum Again<T> {
    Open(T),
    Lost { fault: DeviceFault, since: Option<Instant> },
}

impl<T> Again<T> {
    /// One that nobody has opened yet.
    pub(crate) const fn unopened() -> Again<T> {
        Again::Lost { fault: DeviceFault::NotConnected, since: None }
    }

    /// It, opened now if that is due.
    ///
    /// # Errors
    /// Why it was lost, or could not be opened.
    pub(crate) fn or_open(
        &mut self,
        open: impl FnOnce() -> Result<T, DeviceFault>,
    ) -> Result<&mut T, DeviceFault> {
        if let Again::Lost { fault, since } = self {
            if since.is_some_and(|since| since.elapsed() < AGAIN) {
                return Err(*fault);
            }
            match open() {
                Ok(opened) => *self = Again::Open(opened),
                Err(fault) => self.lose(fault),
            }
        }
        match self {
            Again::Open(opened) => Ok(opened),
            Again::Lost { fault, .. } => Err(*fault),
        }
    }

    /// It does not answer any more.
    pub(crate) fn lose(&mut self, fault: DeviceFault) {
        *self = Again::Lost { fault, since: Some(Instant::now()) };
    }
}
