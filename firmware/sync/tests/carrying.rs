//! The carrier against a hub of the test's own: what a line can do to a file, and what is mirrored of a repository.

#![expect(clippy::unwrap_used, clippy::panic, reason = "what goes wrong here must fail the test")]

#[path = "carrying/line.rs"]
mod line;
#[path = "carrying/mirror.rs"]
mod mirror;
#[path = "carrying/slices.rs"]
mod slices;
#[path = "support/toxic.rs"]
mod toxic;
#[path = "carrying/upload.rs"]
mod upload;
