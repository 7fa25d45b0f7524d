//! Real times of one terminal: what a turn took that ended in a verdict, and how long a start takes.
//! Promises: measures only; virtual time does not know of it.
//! Must not know: what was decided, beyond that it was.

use std::time::Duration;

use gate_core::screen::Told;

/// A turn of the loop that ended in a verdict: from a frame, or a card's answer, to the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decided {
    /// Real time of the turn.
    pub took: Duration,
}

/// Real times since a terminal's start.
#[derive(Clone, Debug, Default)]
pub struct Stopwatch {
    boot: Duration,
    running: Duration,
    first: Option<Duration>,
    decided: Vec<Decided>,
}

impl Stopwatch {
    pub(super) fn started(&mut self, took: Duration) {
        self.boot = took;
    }

    pub(super) fn turned(&mut self, took: Duration, told: Option<&Told>) {
        self.running += took;
        if told.is_some() {
            self.first.get_or_insert(self.boot + self.running);
            self.decided.push(Decided { took });
        }
    }

    /// Every turn that ended in a verdict, in order.
    pub fn decided(&self) -> &[Decided] {
        &self.decided
    }

    /// From the start of the program to its first verdict: work only, without the wait for a person.
    pub fn first_decision(&self) -> Option<Duration> {
        self.first
    }
}
