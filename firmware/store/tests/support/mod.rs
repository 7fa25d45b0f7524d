//! What the journal's tests share: a disk whose power can be cut, and a terminal with its authority.
#![allow(dead_code, reason = "each test program uses its own part of it")]

pub(crate) mod again;
pub(crate) mod disk;
pub(crate) mod fillable;
pub(crate) mod hub;
pub(crate) mod world;
