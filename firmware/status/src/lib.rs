//! What this terminal believes about people: subject in, colour out (DESIGN §6).
//!
//! Promises: an answer was read from the list as it was built, or there is none; both numbers of one person lead to the
//! same entry and cannot come apart (DOMAIN §13); no subject is printed.
//! Must not know: who may say that a list is true (its bytes were proven before they came here), or what a colour means.
//!
//! This is the first, plain list: one SQLite file, looked up by subject. The inside is to be replaced; [`StatusList`]
//! is what stays.

mod build;
mod list;
mod table;

pub use build::{BuildFault, BuildReport, Person, build};
pub use list::{Answer, Head, ListFault, Region, RegionRefused, Scope, StatusList};
pub use table::StatusTable;
