//! From decided modules to bytes: what ISO/IEC 18004:2015 says about a symbol, the picture left behind.
//!
//! Promises: bounded by the symbol's size; a payload is complete and error-free or not there.
//! Must not know: pixels.

pub(crate) mod blocks;
pub(crate) mod correct;
pub(crate) mod format;
pub(crate) mod layout;
pub(crate) mod payload;
pub(crate) mod read;
pub(crate) mod segments;
