//! The screen-code service over real sockets: what it gives, what it refuses, and what it leaves behind.
#![cfg(feature = "serve")]
#![expect(clippy::unwrap_used, reason = "a test's helpers: a failure here is the test's failure")]

mod callers;
mod crowd;
mod lists;
mod process;
mod world;
