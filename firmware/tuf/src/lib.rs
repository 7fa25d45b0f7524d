//! TUF 1.0 metadata, and the client's workflow over it: what a repository of signed data says, and whether to believe it.
//! Promises: what is read is what was verified; a role counts each key once; sizes are bounded before
//! anything is read; the clock, the files and the memory of before are handed in. No input panics or allocates without bound.
//! Must not know: files, networks, what a target means.
//!
//! The specification is <https://theupdateframework.github.io/specification/v1.0.33/>; `§5.3.4` in a comment is its step of
//! that number. Why not the crate `tough`: docs/adr/0014-repositories.md.

mod canonical;
mod client;
mod document;
mod kept;
mod keys;
mod name;
mod repository;
mod role;
mod time;

pub use canonical::{CanonicalRefused, canonical, read_canonical};
pub use client::{Clock, Limits, Refused, Source, SourceFault, Why, update};
pub use document::{Claimed, Document, DocumentRefused, JoinRefused, Unsigned};
pub use kept::{KeptRefused, Trusted};
pub use keys::{KeyEntry, KeyId, RoleKeys};
pub use name::{NameRefused, TargetName, consistent_name};
pub use repository::{Repository, TIMESTAMP};
pub use role::{Body, Custom, MetaFile, Role, Root, Snapshot, TargetFile, Targets, Timestamp};
pub use time::{TimeRefused, print_time, read_time};
