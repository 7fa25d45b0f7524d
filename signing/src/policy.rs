//! Policies at the desk: what is wrong with one, said so that it can be mended; and what another one would change.
//! Promises: what passes [`check`] passes the terminal's loader, and every row of it decides something.
//! Must not know: files, which policy is in force.

mod boxes;
mod check;
mod complaint;
mod diff;
mod rows;
mod words;

pub use check::{Checked, check};
pub use complaint::Complaint;
pub use diff::{Change, changes};
pub(crate) use words::value_in_words;
