//! The life of one passage: key set, policy, facts, decision, record, permit, screen, trusted time.
//! Promises: pure and total; no allocation, no input or output, no clock and no randomness of its own.
//! Must not know: devices, files, pixels. The order of a passage is held by types (ARCHITECTURE, "The passage").
#![no_std]

pub mod age;
pub mod alleged;
pub mod attendant;
pub mod believed;
pub mod case;
pub mod day_keys;
pub mod decide;
pub mod enrolment;
pub mod envelope;
pub mod event;
pub mod facts;
pub mod fingerprint;
pub mod journal;
pub mod json;
pub mod keyset;
pub mod line;
pub mod manifest;
pub mod own_keys;
pub mod policy;
pub mod query;
pub mod record;
pub mod records;
pub mod screen;
pub mod sight;
pub mod staff;
pub mod technician;
pub mod time;
pub mod verdict;
pub mod visit;
