//! Skeleton.
pub mod picture;
