//! What leaves the desk, to whichever terminal: one history of the list, never an older one, told changes, and nothing of
//! what was refused.
#![expect(clippy::unwrap_used, reason = "a test's helpers: a failure here is the test's failure")]

mod forward;
mod histories;
mod office;
mod put_away;
