//! The front end: from grey pixels to sampled modules. One file a stage, in the order of this list.
//!
//! Promises: integer and float arithmetic only on what [`crate::Frame`] accepted; every stage is bounded by the
//! picture's size or by the frame's [`budget::Budget`].
//! Must not know: what the modules say (`crate::code`).

pub(crate) mod align;
pub(crate) mod budget;
pub(crate) mod cross;
pub(crate) mod finders;
pub(crate) mod level;
pub(crate) mod mesh;
pub(crate) mod plane;
pub(crate) mod runs;
pub(crate) mod sample;
pub(crate) mod soften;
pub(crate) mod square;
pub(crate) mod third;
pub(crate) mod threshold;
pub(crate) mod timing;
pub(crate) mod triples;
pub(crate) mod views;
