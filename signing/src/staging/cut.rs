//! A power cut for tests, after so many steps to the disk: from then on nothing is written, as if the process were dead.
//! Promises: it reaches its own thread alone.
//! Must not know: what is written.

use std::cell::Cell;
use std::io;

thread_local! {
    /// Steps left, while a cut is awaited.
    static LEFT: Cell<Option<u32>> = const { Cell::new(None) };
}

/// Cuts the power after `steps` steps.
pub(crate) fn after(steps: u32) {
    LEFT.set(Some(steps));
}

/// The power is back. Gives whether it was cut.
pub(crate) fn over() -> bool {
    LEFT.take() == Some(0)
}

/// One step to the disk.
pub(crate) fn step() -> io::Result<()> {
    match LEFT.get() {
        Some(0) => Err(io::Error::other("power cut")),
        left => {
            LEFT.set(left.map(|left| left - 1));
            Ok(())
        }
    }
}
