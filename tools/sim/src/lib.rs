//! The virtual terminal: the real loop over simulated devices, invented people, and the tour.
//! Promises: seeded randomness, real frames and real reader bytes, no real time but on the page; expectations are written from the
//! rules, never from what the terminal answers.
//! Must not know: real devices. The terminal never sees this crate.

pub mod devices;
pub mod forge;
pub mod guests;
pub mod optics;
pub mod people;
mod picture;
pub mod report;
pub mod sam;
pub mod script;
pub mod stage;
mod surroundings;
pub mod tour;
mod wardrobe;
pub mod web;
