//! Split and prove: a sighting becomes an attempt, a badge at the desk, or a hint.
//! Promises: every sighting of a person ends in an attempt or a hint; a fresh code is heard as a witness of the time.
//! Must not know: facts, policy.

use gate_core::alleged::Verified;
use gate_core::screen::{Hint, PersonShown};
use gate_core::verdict::Reason;
use gate_proof::digest::{Digest, sha256};
use gate_proof::subject::Subject;
use gate_wire::card::{CardError, CardRead};
use gate_wire::credential::{Credential, Kind};
use gate_wire::time::Millis;

use super::sighting::{Hinted, Sighting};
use super::{Attempt, Gate};
use crate::judge::{LookUpFault, Proven, Shown};

impl Gate {
    /// An attempt, unless it was a badge or a hint.
    pub(super) fn prove(&mut self, sighting: Sighting, now: Millis) -> Option<Attempt> {
        match sighting {
            Sighting::Code(bytes) => self.prove_code(&bytes, now),
            Sighting::Card(card) => Some(self.prove_card(&card, now)),
            Sighting::Both(bytes, card) => self.prove_both(&bytes, &card, now),
            Sighting::CardRefused(CardError::CheckDigit) => Some(refused(Reason::CheckDigitWrong, None)),
            Sighting::CardRefused(_) => Some(refused(Reason::CardUnreadable, None)),
            Sighting::CardFailed => self.hint_or(Hint::PlaceCardAgain, Reason::CardUnreadable, now),
            Sighting::Unread(hint) => self.hint_or(hint, Reason::HintsExhausted, now),
            Sighting::TwoCodes => self.hint_or(Hint::OneCodeAtATime, Reason::HintsExhausted, now),
        }
    }

    fn hint_or(&mut self, hint: Hint, exhausted: Reason, now: Millis) -> Option<Attempt> {
        match self.hint(hint, now) {
            Hinted::Shown => None,
            Hinted::Told => {
                self.rest(now);
                None
            }
            Hinted::Exhausted => Some(refused(exhausted, None)),
        }
    }

    fn prove_code(&mut self, bytes: &[u8], now: Millis) -> Option<Attempt> {
        if self.takes_invitation(bytes, now) {
            return None;
        }
        let digest = sha256(&[bytes]);
        let sight = Some(digest);
        match self.proven(bytes, now) {
            Proven::Person(code, subject) => {
                let person = Some(PersonShown { name: code.get().name.clone(), last_four: None });
                Some(Attempt { shown: Shown::Code(code, subject), person, sight })
            }
            Proven::Badge(badge, subject) => {
                self.see_badge((&badge, subject), digest, now);
                None
            }
            Proven::Refused(reason) => Some(refused(reason, sight)),
        }
    }

    fn prove_card(&mut self, card: &CardRead, now: Millis) -> Attempt {
        let time = self.time.now(now);
        match self.judge.card(card, time) {
            Ok(document) => {
                Attempt { shown: Shown::Document(document), person: Some(shown_of(card)), sight: None }
            }
            Err(LookUpFault::NoProvince | LookUpFault::NoTag) => refused(Reason::ListMissing, None),
        }
    }

    /// A code that proves nothing leaves the card to speak alone. Either way the code was part of this attempt: held on,
    /// it is no second one.
    fn prove_both(&mut self, bytes: &[u8], card: &CardRead, now: Millis) -> Option<Attempt> {
        let by_card = self.prove_card(card, now);
        let sight = Some(sha256(&[bytes]));
        match (self.proven(bytes, now), by_card.shown) {
            (Proven::Person(code, subject), Shown::Document(document)) => {
                Some(Attempt { shown: Shown::Both(code, subject, document), person: by_card.person, sight })
            }
            (_, shown) => Some(Attempt { shown, person: by_card.person, sight }),
        }
    }

    /// Proves a symbol. If its issue time shakes or confirms the clock, it is proven again by the clock that results.
    fn proven(&mut self, bytes: &[u8], now: Millis) -> Proven {
        let proven = self.judge.prove(bytes, &self.time, now);
        let Proven::Person(code, Some(subject)) = &proven else { return proven };
        if code.get().statement.kind() != Kind::ScreenCode {
            return proven;
        }
        let before = self.time.now(now).trust;
        self.witness(code, *subject, now);
        if self.time.now(now).trust == before { proven } else { self.judge.prove(bytes, &self.time, now) }
    }

    fn witness(&mut self, code: &Verified<Credential>, subject: Subject, now: Millis) {
        self.time.witness(subject, code.get().issued, code.currency(), now);
    }
}

fn refused(reason: Reason, sight: Option<Digest>) -> Attempt {
    Attempt { shown: Shown::Refused(reason), person: None, sight }
}

fn shown_of(card: &CardRead) -> PersonShown {
    let last_four = card.document().last_four().as_bytes().try_into().ok();
    PersonShown { name: card.name().clone(), last_four }
}
