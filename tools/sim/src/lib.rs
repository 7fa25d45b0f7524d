//! Skeleton.
pub mod optics;
pub mod sam;
