//! What every carrier shares, whether it comes by network, by stick or by laptop (DESIGN §2).
//!
//! Promises: which files a terminal needs is decided in one place; the spool stays below its bound and holds whole files only; what the
//! keeper reports has one form and one set of words, whoever reads it.
//! Must not know: where the files come from; whether anything in them may be believed.

pub mod ask;
pub mod held;
pub mod refusal;
pub mod report;
pub mod spool;
pub mod wants;

pub use ask::Ask;
pub use held::Held;
pub use spool::{Look, Part, SMALL, Spool, SpoolFault};
pub use wants::{Wanted, Wants, of_everything, of_status, of_trust};
