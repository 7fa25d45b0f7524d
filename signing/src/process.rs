//! What a process that handles people does with its own memory and files.
//! Promises: no core dump of it is written, and no other process of the same account reads its memory; what it
//! creates is its owner's alone.
//! Must not know: what is in it.

use rustix::process::{DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit};

/// The kernel did not do it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this process's memory cannot be kept from core dumps: {0}")]
pub struct NotKept(#[from] rustix::io::Errno);

/// From now on what this process creates is its owner's alone, unless it says otherwise: whatever the shell's umask was.
pub fn keep_files_private() {
    rustix::process::umask(rustix::fs::Mode::RWXG | rustix::fs::Mode::RWXO);
}

/// Switches core dumps off, and reading by debuggers of the same account. The superuser reads everything, always.
///
/// # Errors
/// [`NotKept`].
pub fn keep_memory_private() -> Result<(), NotKept> {
    setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) })?;
    // A core dump that goes to a program (`core_pattern` with a pipe) does not ask for the limit, but for this.
    Ok(set_dumpable_behavior(DumpableBehavior::NotDumpable)?)
}
