//! Skeleton.
pub mod devices;
pub mod optics;
pub mod sam;
