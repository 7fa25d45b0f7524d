//! The keeper of what a terminal believes: from a spool that anybody may have filled to files that `gate` reads (DESIGN §2).
//!
//! Promises: what it puts in force was signed by the roles of two repositories, makes sense by the loaders that `gate` uses,
//! and is no older than what was in force; datasets that do not depend on each other do not hold each other back; a power
//! cut at any point leaves one whole generation.
//! Must not know: networks, sticks, people. It is the only writer of the data directory; no network code is linked into it.
//!
//! | step | module |
//! |---|---|
//! | what was brought, read without believing anything | [`spool`] |
//! | the client's workflow of TUF | `gate_tuf::update` |
//! | what each dataset must be in itself | [`meaning`] |
//! | new immutable files, one renamed manifest | [`data`] |
//! | what is remembered | [`memory`] |
//! | what a technician is told, and who asked | [`report`], [`gate_carry::ask`] |
//! | what came meanwhile | [`keeping_up`] |

pub mod data;
pub mod keeper;
pub mod keeping_up;
pub mod meaning;
pub mod memory;
mod offer;
pub mod own;
pub mod repository;
pub mod spool;

pub use gate_carry::{refusal, report};
pub use keeper::{Directories, KeeperFault, Look, Now, Turn, When, fold, run};
pub use keeping_up::keep_up;
pub use repository::Repository;
