//! What the passage process does with its own memory, where numbers of people pass through.
//!
//! Promises: no core dump of it is written, and no other process of the same account reads its memory.
//! It must not know: what is in it.

use rustix::io::Errno;
use rustix::process::{DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit};

/// Switches core dumps off, and reading by debuggers of the same account. The superuser reads everything, always.
///
/// # Errors
/// What the kernel said.
pub fn keep_memory_private() -> Result<(), Errno> {
    setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) })?;
    // A core dump that goes to a program (`core_pattern` with a pipe) does not ask for the limit, but for this.
    set_dumpable_behavior(DumpableBehavior::NotDumpable)
}
