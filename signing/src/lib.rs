//! The authority's desk: issuing, the register of issuers, staff, revocations, status lists, publishing.
//! Promises: never signs a caller's bytes, never publishes what a terminal would refuse, keeps no name and no number;
//! all randomness but age's own and all times are handed in.
//! Must not know: devices, screens, the passage.
//!
//! Keys live in custody ([`custody`]), and every use of one is a line in the desk's log ([`log`]) before it happens.

pub mod archive;
pub mod bulk;
pub mod code;
pub mod custody;
pub mod day_keys;
pub mod demo;
pub mod demo_issuers;
pub mod desk;
pub mod destruction;
pub mod envelope;
mod forms;
pub mod inputs;
pub mod issue;
pub mod issuing;
pub mod key_name;
pub mod key_ring;
pub mod kinds;
mod lines;
pub mod list;
pub mod list_figures;
pub mod list_standing;
pub mod list_steps;
pub mod log;
pub mod officers;
pub mod people;
pub mod policy;
pub mod process;
pub mod province;
pub mod publish;
pub mod records;
pub mod register;
pub mod repo;
pub mod revocation;
mod row_cache;
pub mod seed;
#[cfg(feature = "serve")]
pub mod serve;
pub mod sheets;
mod spelling;
pub mod staff;
mod staging;
pub mod status_delta;
