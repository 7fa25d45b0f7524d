//! Skeleton.
pub mod decode;
