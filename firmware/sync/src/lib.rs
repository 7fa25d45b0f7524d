//! The network carrier: from a hub into the spool, and from the spool's `out/` to the hub (DESIGN §2).
//!
//! Promises: whatever a line brings, it can only fill the spool, up to its bound; nothing is waited for without end, nothing
//! read without a bound; downloads and uploads know nothing of each other.
//! Must not know: any store. What is fetched is verified by `gate-trust`; metadata are read here, unverified, only to learn
//! which files to fetch.
//!
//! | step | module |
//! |---|---|
//! | one request over HTTPS, its limits and its patience | [`mod@line`] |
//! | one file, from where it was cut off | [`fetch`] |
//! | which files a terminal needs | [`gate_carry::wants`] |
//! | one repository, oldest root to newest target | [`mod@mirror`] |
//! | the folder, its bound, names and renames | [`gate_carry::spool`] |
//! | when to try again | [`rhythm`] |
//! | round after round, and on after one that panics | [`rounds`] |
//! | batches out, acknowledgements in | [`upload`] |
//! | whose line it is | [`identity`] |
//! | a code that the terminal's camera read | [`invited`] |

pub mod config;
pub mod enrol;
pub mod fetch;
pub mod identity;
pub mod invited;
pub mod line;
pub mod mirror;
pub mod patience;
pub mod rhythm;
pub mod rounds;
pub mod upload;

pub use config::Config;
pub use gate_carry::{Spool, SpoolFault, held, wants};
pub use identity::Identity;
pub use line::{Line, LineFault};
pub use mirror::{Round, mirror, mirror_everything};
pub use upload::{Sender, Sent};
