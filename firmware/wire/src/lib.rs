//! Bytes <-> types of everything that crosses a boundary of the terminal.
//! Promises: no allocation, no panic on any input, one byte form per value, a named error for each departure.
//! Must not know: cryptography (`gate_proof`), decisions (`gate_core`), devices.
#![no_std]

pub mod base45;
pub mod card;
pub mod cose;
pub mod credential;
pub mod document;
pub mod mrz;
pub mod name;
pub mod record;
pub mod sdt;
pub mod strict;
pub mod time;
