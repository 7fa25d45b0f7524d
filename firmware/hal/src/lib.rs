//! Traits of the devices, one small file each, and drivers that need no kernel.
//!
//! Promises: no call blocks. It must not know: kernels, verdicts.

pub mod card_reader;
pub mod serial_port;
