//! The act: what becomes of a permit, told and recorded.
//! Promises: nobody is told to go at a gate that did not open; a record whose permit the latch did not take is followed by one that says
//! so; a latch that fails is a fault, shown, recorded and said, and well again after ten steady seconds.
//! Must not know: what a latch is made of.

use gate_core::decide::Decision;
use gate_core::event::Event;
use gate_core::journal::Tally;
use gate_core::query::Sequence;
use gate_core::record::{Permit, Recorded};
use gate_core::screen::{Fault, Opens, Publicity, Told};
use gate_core::verdict::{Direction, Reason, Verdict};
use gate_wire::time::Millis;

use super::contacts::Turned;
use super::upkeep::unwell_if;
use super::{Attempt, Gate, entries};

/// The latch stays open at most this long for a code, and for a card.
const OPEN_CODE_MS: u64 = 5_000;
pub(super) const OPEN_CARD_MS: u64 = 10_000;

/// Whether the latch took a permit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Act {
    Opened,
    NotOpened,
}

/// A record that gives a permit, and what it is counted under.
#[derive(Clone, Copy)]
pub(super) struct Given {
    pub(super) sequence: Option<Sequence>,
    pub(super) tally: Option<Tally>,
}

impl Gate {
    /// Where the latch takes nothing, a Pass is Assist before anything is recorded of it. An exit is tried all the same (DOMAIN §20).
    pub(super) fn as_the_latch_is(&self, decision: Decision) -> Decision {
        let shut = self.doorway.fault().is_some() && !self.is_fire();
        if shut && decision.verdict() == Verdict::Pass && decision.direction() == Direction::In {
            return Decision::assist(Reason::LatchUnwell, decision.direction());
        }
        decision
    }

    /// Opens if the record gives a permit, and says what is to be told.
    pub(super) fn act(
        &mut self,
        attempt: &Attempt,
        recorded: Recorded,
        (told, tally): (Told, Option<Tally>),
        now: Millis,
    ) -> Told {
        let at_most = Millis(if attempt.shown.document().is_some() { OPEN_CARD_MS } else { OPEN_CODE_MS });
        let given = Given { sequence: Some(recorded.receipt().sequence), tally };
        let act = recorded.into_permit().map(|permit| self.open(permit, at_most, given, now));
        if act == Some(Act::NotOpened) { not_opened(told) } else { told }
    }

    /// Uses the permit up. What the latch does not take is void: no later turn tries it again.
    pub(super) fn open(&mut self, permit: Permit, at_most: Millis, given: Given, now: Millis) -> Act {
        match self.doorway.open(self.devices.latch.as_mut(), permit, at_most, now) {
            Ok(()) => Act::Opened,
            Err(fault) => {
                let number = given.sequence.map_or(0, |sequence| sequence.0);
                crate::say!("latch: {fault}: record {number} opened nothing");
                let entry = entries::not_opened(&self.judge, given, (self.time.now(now), now));
                let _ = self.book.append(&entry); // best effort: it is in memory at the least
                self.note_latch(now);
                Act::NotOpened
            }
        }
    }

    /// What the latch said last, as a fault.
    pub(super) fn note_latch(&mut self, now: Millis) {
        let turned = self.upkeep.latch.see(self.doorway.fault().is_some(), now);
        self.upkeep.faults.set(Fault::Latch, unwell_if(self.upkeep.latch.is_lost()));
        match turned {
            Some(Turned::Lost) => self.record_device(Event::LatchLost, now),
            Some(Turned::Back) => self.record_device(Event::LatchBack, now),
            None => {}
        }
    }
}

/// The same person, sent to the human path: the query number leads to the record and to the one behind it.
pub(super) fn not_opened(told: Told) -> Told {
    let reason = Reason::LatchUnwell;
    let (verdict, advice) = (reason.verdict(), reason.own_advice());
    Told { verdict, reason, advice, publicity: Publicity::Shown, opens: Opens::No, ..told }
}
