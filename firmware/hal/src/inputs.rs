//! Inputs of the gate: passage sensor, door, fire, case, mechanical release.
//! Promises: each is read by itself: a broken one hides no other, and a fire least of all (DOMAIN §20).

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

/// An input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Input {
    /// A person is in the gate.
    Passage,
    /// The door is open.
    Door,
    /// The fire system asks for open gates; the hardware has released the latch already.
    Fire,
    /// The case is open.
    CaseOpen,
    /// The mechanical release was pulled.
    Release,
}

impl Input {
    /// Every one, in the order of [`InputLevels`].
    pub const ALL: [Input; 5] = [Input::Passage, Input::Door, Input::Fire, Input::CaseOpen, Input::Release];

    /// Its key in a configuration.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Input::Passage => "inputs.passage",
            Input::Door => "inputs.door",
            Input::Fire => "inputs.fire",
            Input::CaseOpen => "inputs.case_open",
            Input::Release => "inputs.release",
        }
    }
}

/// All inputs at one moment, or why one cannot be read. What is not fitted is inactive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InputLevels([Result<Level, DeviceFault>; 5]);

impl InputLevels {
    /// In the order of [`Input::ALL`].
    #[must_use]
    pub fn new(all: [Result<Level, DeviceFault>; 5]) -> InputLevels {
        InputLevels(all)
    }

    /// None of them can be read.
    #[must_use]
    pub fn unreachable(fault: DeviceFault) -> InputLevels {
        InputLevels([Err(fault); 5])
    }

    /// The same, with this input so.
    #[must_use]
    pub fn with(mut self, input: Input, level: Result<Level, DeviceFault>) -> InputLevels {
        self.0[input as usize] = level;
        self
    }

    /// One of them.
    ///
    /// # Errors
    /// While it cannot be read.
    pub fn of(&self, input: Input) -> Result<Level, DeviceFault> {
        self.0[input as usize]
    }

    /// Whether somebody is in the gate: in the light barrier, or in a door that stands open.
    ///
    /// # Errors
    /// While one of both cannot be read and the other sees nobody: it may be that somebody is there.
    pub fn person(&self) -> Result<Level, DeviceFault> {
        let both = [self.of(Input::Passage), self.of(Input::Door)];
        if both.contains(&Ok(Level::Active)) {
            return Ok(Level::Active);
        }
        let [passage, door] = both;
        passage.and(door)
    }
}

impl Default for InputLevels {
    /// All inactive.
    fn default() -> Self {
        InputLevels([Ok(Level::Inactive); 5])
    }
}

/// The inputs.
pub trait Inputs {
    /// Their levels now.
    fn levels(&mut self) -> InputLevels;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn somebody_is_in_the_gate_if_one_sensor_says_so_and_nobody_if_both_do() {
        let (on, off, broken) = (Ok(Level::Active), Ok(Level::Inactive), Err(DeviceFault::NotConnected));
        for (passage, door, person) in [
            (on, off, on),
            (off, on, on),
            (off, off, off),
            (on, broken, on),
            (broken, on, on),
            (off, broken, broken),
            (broken, off, broken),
        ] {
            let levels = InputLevels::default().with(Input::Passage, passage).with(Input::Door, door);
            assert_eq!(levels.person(), person, "{levels:?}");
        }
    }

    #[test]
    fn inputs_stand_in_their_order() {
        for input in Input::ALL {
            let levels = InputLevels::default().with(input, Ok(Level::Active));
            assert!(Input::ALL.iter().all(|one| (levels.of(*one) == Ok(Level::Active)) == (*one == input)));
        }
    }
}
