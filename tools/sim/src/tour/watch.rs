//! What was to be seen of a terminal: screens, pulses of the latch, times of its verdicts.
//! Promises: a restart adds to it and takes nothing away.
//! Must not know: what is expected.

use crate::devices::{Pulse, Shown};
use crate::stage::{Decided, Stage};

/// What was seen before the last restart.
#[derive(Default)]
pub(super) struct Watch {
    pub(super) screens: Vec<Shown>,
    pub(super) pulses: Vec<Pulse>,
    pub(super) decided: Vec<Decided>,
}

impl Watch {
    /// Adds what this terminal showed and did.
    pub(super) fn add(&mut self, stage: &Stage) {
        self.screens.extend(stage.world.display().shown());
        self.pulses.extend(stage.pulses());
        self.decided.extend(stage.stopwatch.decided());
    }
}
