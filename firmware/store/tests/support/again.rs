//! A test program as a process of its own, which can be killed.
//! Promises: under an emulator of another processor (`tools/package/tests.sh`), which no kernel starts by itself, it is run by the same.
//! Must not know: what the process does.

use std::env;
use std::process::Command;

/// The emulator and its words, where this program needs one.
const EMULATOR: &str = "GATE_EMULATOR";

/// This program again.
pub(crate) fn this_program() -> Command {
    let program = env::current_exe().unwrap();
    let Ok(emulator) = env::var(EMULATOR) else { return Command::new(program) };
    let mut words = emulator.split_whitespace();
    let mut command = Command::new(words.next().unwrap());
    command.args(words).arg(program);
    command
}
