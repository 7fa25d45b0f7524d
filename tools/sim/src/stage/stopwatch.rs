//! Real times of one terminal: what a turn took that ended in a verdict, and how long a start takes.
//! Promises: measures only; virtual time does not know of it.
//! Must not know: whether a verdict was right.

use std::time::Duration;

use gate_core::screen::Told;
use gate_core::verdict::{Reason, Verdict};

/// A turn of the loop that ended in a verdict: from a frame, or a card's answer, to the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decided {
    /// What was shown.
    pub by: Means,
    /// Real time of the turn.
    pub took: Duration,
}

/// What a person showed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Means {
    /// A code to the camera.
    Code,
    /// A card to the reader.
    Card,
    /// A document to the attendant, who typed it.
    Typing,
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
        if let Some(told) = told {
            self.first.get_or_insert(self.boot + self.running);
            self.decided.push(Decided { by: means(told), took });
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

/// A card tells the last four of its number, a code a name, a typed document neither.
fn means(told: &Told) -> Means {
    match (&told.person, told.reason) {
        (Some(person), _) if person.last_four.is_some() => Means::Card,
        (Some(_), _) => Means::Code,
        (None, Reason::CheckDigitWrong | Reason::CardUnreadable) => Means::Card,
        (None, Reason::NotListed) => Means::Typing,
        (None, _) if told.verdict == Verdict::Assist => Means::Code,
        (None, _) => Means::Typing,
    }
}
