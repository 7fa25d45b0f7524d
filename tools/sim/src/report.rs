//! What is printed and written of a tour.
//! Must not know: how it was played.

pub mod picture;
