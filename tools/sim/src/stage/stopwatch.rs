//! Real times of one terminal: what a turn took that ended in a verdict, and how long a start takes.
//! Promises: measures only; virtual time does not know of it.
//! Must not know: whether a verdict was right.

use std::time::Duration;

use gate_core::screen::Told;
use gate_core::verdict::{Reason, Verdict};

use super::STEP_MS;

const STEP: Duration = Duration::from_millis(STEP_MS);

/// A turn of the loop that ended in a verdict: from a frame, or a card's answer, to the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decided {
    /// What was shown.
    pub by: Means,
    /// Real time of the turn.
    pub took: Duration,
    /// How long the person waited for it; `None` if nobody showed anything, or a device did not take it.
    pub answered: Option<Answered>,
}

/// From a code held up, or a card laid down, to its verdict: turns as long as they really are, 20 ms at the least.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answered {
    /// Until a picture came at all.
    pub first_picture: Duration,
    /// Until the verdict's tone was told to play.
    pub tone: Duration,
    /// Until the verdict's picture was handed to the display.
    pub picture: Duration,
}

/// When, within a turn, the sounder and the display were told something.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Signs {
    pub(super) tone: Option<Duration>,
    pub(super) picture: Option<Duration>,
}

/// A person who shows something and waits.
#[derive(Clone, Copy, Debug, Default)]
struct Waiting {
    so_far: Duration,
    first_picture: Option<Duration>,
}

impl Waiting {
    /// A turn begins 20 ms after the one before, or when that one ends.
    fn turned(&mut self, took: Duration, signs: Signs) -> Option<Answered> {
        let begins = self.so_far + STEP;
        self.so_far += took.max(STEP);
        let picture = begins + signs.picture?;
        let first_picture = *self.first_picture.get_or_insert(picture);
        Some(Answered { first_picture, tone: begins + signs.tone?, picture })
    }
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
    waiting: Option<Waiting>,
}

impl Stopwatch {
    pub(super) fn started(&mut self, took: Duration) {
        self.boot = took;
    }

    /// Somebody holds up a code, or lays down a card; whoever waits already waits on.
    pub(super) fn shown(&mut self) {
        self.waiting.get_or_insert_default();
    }

    /// What was shown is gone.
    pub(crate) fn gone(&mut self) {
        self.waiting = None;
    }

    pub(super) fn turned(&mut self, took: Duration, signs: Signs, told: Option<&Told>) {
        self.running += took;
        let answered = self.waiting.as_mut().and_then(|waiting| waiting.turned(took, signs));
        if let Some(told) = told {
            self.first.get_or_insert(self.boot + self.running);
            self.decided.push(Decided { by: means(told), took, answered });
            self.waiting = None;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_waits_whole_turns_and_the_longer_ones_longer() {
        let ms = Duration::from_millis;
        let mut waiting = Waiting::default();
        let nothing = Signs::default();
        assert_eq!(waiting.turned(ms(1), nothing), None);
        assert_eq!(waiting.turned(ms(50), Signs { tone: None, picture: Some(ms(7)) }), None);
        let verdict = Signs { tone: Some(ms(3)), picture: Some(ms(4)) };
        // 20 to the next turn; 20 and 50 for those before.
        let answered = Answered { first_picture: ms(47), tone: ms(93), picture: ms(94) };
        assert_eq!(waiting.turned(ms(5), verdict), Some(answered));
    }
}
