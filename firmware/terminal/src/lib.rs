//! The passage process `gate`: configuration, wiring, the loop, and its commands.
//! Promises: no network code is linked in; every command's output form is documented and stable.
//! Must not know: simulated devices (`tools/sim` uses this library, never the reverse).

/// A line to stderr, for whoever looks after the terminal. A log that is gone, or full, is no reason to stop a passage:
/// `eprintln!` would panic.
macro_rules! say {
    ($($part:tt)*) => {{
        use std::io::Write as _;
        let _ = writeln!(std::io::stderr(), $($part)*);
    }};
}
pub(crate) use say;

mod asking;
pub mod backroom;
pub mod believed;
pub mod board;
pub mod book;
pub mod check;
pub mod close;
pub mod config;
pub mod day_keys;
pub mod decode;
pub mod devices;
pub mod dispatch;
pub mod enrol;
mod errand;
pub mod eye;
mod files;
pub mod gate;
mod journal_start;
pub mod judge;
pub mod moment;
pub mod renewal;
pub mod run;
pub mod secrets;
pub mod selftest;
pub mod speech;
pub mod startup;
pub mod voice;
pub mod wiring;

use gate_wire::time::Timestamp;

/// The later of two times.
fn later(a: Timestamp, b: Timestamp) -> Timestamp {
    a.max(b)
}
