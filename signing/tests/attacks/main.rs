//! The desk under attack from inside: by one person at it, by a thief with its directory, by a tired hand.
//! Promises: each test does, with the program, what was done to an earlier version of it, and says what must come of it.
#![expect(clippy::unwrap_used, reason = "a test's helpers: a failure here is the test's failure")]

mod officers;
mod places;
#[cfg(feature = "serve")]
mod platforms;
mod state;
mod vault;
mod world;
