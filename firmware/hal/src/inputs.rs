//! Inputs of the gate: passage sensor, fire, case, mechanical release.

use crate::DeviceFault;

/// Whether an input is active.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Level {
    /// It is.
    Active,
    /// It is not.
    #[default]
    Inactive,
}

/// All inputs at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct InputLevels {
    /// A person is in the gate.
    pub passage: Level,
    /// The fire system asks for open gates; the hardware has released the latch already.
    pub fire: Level,
    /// The case is open.
    pub case_open: Level,
    /// The mechanical release was pulled.
    pub release: Level,
}

/// The inputs.
pub trait Inputs {
    /// Their levels now.
    ///
    /// # Errors
    /// While they cannot be read.
    fn levels(&mut self) -> Result<InputLevels, DeviceFault>;
}
