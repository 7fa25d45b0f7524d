//! What the passage process does with its own memory, where numbers of people pass through, and with an order to end.
//!
//! Promises: no core dump of it is written, and no other process of the same account reads its memory; whoever orders it to end ends
//! its loop between two turns, and nothing in the middle of one.
//! It must not know: what is in its memory, nor what a loop does.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rustix::io::Errno;
use rustix::process::{DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit};
use signal_hook::consts::{SIGINT, SIGTERM};

/// An order to end: SIGTERM of a service manager, SIGINT of a keyboard.
#[derive(Clone, Debug)]
pub struct EndOrder(Arc<AtomicBool>);

impl EndOrder {
    /// From now on such a signal ends nothing by itself.
    ///
    /// # Errors
    /// What the kernel said.
    pub fn heard() -> std::io::Result<EndOrder> {
        let given = Arc::new(AtomicBool::new(false));
        for signal in [SIGTERM, SIGINT] {
            signal_hook::flag::register(signal, Arc::clone(&given))?;
        }
        Ok(EndOrder(given))
    }

    /// Whether it was given.
    #[must_use]
    pub fn is_given(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// Switches core dumps off, and reading by debuggers of the same account. The superuser reads everything, always.
///
/// # Errors
/// What the kernel said.
pub fn keep_memory_private() -> Result<(), Errno> {
    setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) })?;
    // A core dump that goes to a program (`core_pattern` with a pipe) does not ask for the limit, but for this.
    set_dumpable_behavior(DumpableBehavior::NotDumpable)
}
