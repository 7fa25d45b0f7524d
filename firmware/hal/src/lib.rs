//! Traits of the devices, one small file each, and drivers that need no kernel.
//!
//! Promises: no call blocks. It must not know: kernels, verdicts.

pub mod camera;
pub mod card_reader;
pub mod clock;
pub mod code_reader;
pub mod display;
pub mod inputs;
pub mod keys;
pub mod latch;
pub mod loudspeaker;
pub mod serial_port;
pub mod signals;
pub mod thermometer;
pub mod torch;

/// A device that cannot be reached: a Fault of the terminal, never a person's matter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DeviceFault {
    /// It is not there, or was pulled out.
    #[error("not connected")]
    NotConnected,
    /// It answers wrongly or not at all.
    #[error("does not answer as it should")]
    NotAnswering,
    /// It refuses what was asked.
    #[error("refuses what was asked")]
    Refusing,
}
