//! One screen code about a person whose colour the list has said.
//! Promises: every claim is made here or was looked up: issue time from the clock, fifteen minutes, a fresh id, the colour from
//! the list; the result passes a terminal's own check before it is given out.
//! Must not know: who asked, or what they wrote.

use std::fmt;

use gate_proof::cose::Aad;
use gate_proof::subject::{Subject, blind};
use gate_wire::cose::Kid;
use gate_wire::credential::{Colour, Condition, Credential, CredentialId, MAX_SIGNED_BYTES, Statement};
use gate_wire::name::MaskedName;
use gate_wire::time::Timestamp;
use rand_core::CryptoRng;

use super::authority::Held;
use super::refusal::Refusal;
use crate::envelope;
use crate::issue::{Claim, IssueRefused, checked, credential_text, may_give};
use crate::key_ring::KeyUse;

/// DOMAIN §7: 15 minutes, in seconds.
pub const LIFE_S: u32 = 900;

/// Whom a code is about.
#[derive(Clone)]
pub(crate) struct Person {
    pub(crate) subject: Subject,
    pub(crate) name: MaskedName,
}

/// A code that was made.
#[derive(Clone)]
pub(crate) struct Made {
    /// `TF1:` and Base45.
    pub(crate) text: String,
    pub(crate) id: CredentialId,
    pub(crate) issuer: Kid,
    pub(crate) colour: Colour,
    pub(crate) name: MaskedName,
    pub(crate) issued: Timestamp,
    pub(crate) expires: Timestamp,
}

impl fmt::Debug for Made {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Made({} characters)", self.text.len())
    }
}

/// A statement that may be signed. Having one tells: the issuer may give it, and the list said the colour, now.
pub(crate) struct Ready<'a> {
    held: &'a Held,
    kid: Kid,
    person: &'a Person,
    colour: Colour,
    now: Timestamp,
}

impl Ready<'_> {
    /// Signs it.
    ///
    /// # Errors
    /// [`Refusal::Sign`]; then nothing has left.
    pub(crate) fn sign(self, key: &KeyUse, rng: &mut impl CryptoRng) -> Result<Made, Refusal> {
        let Ready { held, kid, person, colour, now } = self;
        let mut id = CredentialId([0; 8]);
        rng.fill_bytes(&mut id.0);
        let credential = Credential {
            id,
            issued: now,
            expires: now.plus(u64::from(LIFE_S)),
            subject: blind(&person.subject, &held.link, kid, id),
            statement: Statement::Screen(Condition::Colour(colour)),
            name: person.name.clone(),
        };
        let text = held.signed(key, kid, &credential)?;
        let Credential { issued, expires, name, .. } = credential;
        Ok(Made { text, id, issuer: kid, colour, name, issued, expires })
    }
}

impl Held {
    /// Whether `kid` may give a screen code now with a key that is here.
    ///
    /// # Errors
    /// [`Refusal::AllowIssuer`], [`Refusal::AllowKind`], [`Refusal::UseKey`].
    pub(crate) fn admit(&self, kid: Kid, now: Timestamp) -> Result<(), Refusal> {
        let issuer = self.keys.find(kid).filter(|_| self.speaks_as(kid));
        // Any colour: that an issuer may say one but not another is no rule of ours.
        let claim = Claim::Screen(Condition::Colour(Colour::Green));
        may_give(issuer.ok_or(Refusal::AllowIssuer)?, claim, now, LIFE_S).map_err(|refused| match refused {
            IssueRefused::UseKey(_) => Refusal::UseKey,
            _ => Refusal::AllowKind,
        })
    }

    /// What may be stated of `person` now, in the name of `kid`.
    ///
    /// # Errors
    /// As [`Held::admit`] and [`Held::colour`].
    pub(crate) fn ready<'a>(
        &'a self,
        kid: Kid,
        person: &'a Person,
        now: Timestamp,
    ) -> Result<Ready<'a>, Refusal> {
        self.admit(kid, now)?;
        Ok(Ready { held: self, kid, person, now, colour: self.colour(&person.subject, now)? })
    }

    fn signed(&self, key: &KeyUse, kid: Kid, credential: &Credential) -> Result<String, Refusal> {
        let claims = credential.encode().map_err(|_| Refusal::Sign)?;
        let sign = |message: &[u8]| key.sign(message);
        let bytes = envelope::sign1::<MAX_SIGNED_BYTES>(kid, Aad::Credential, &claims, sign)
            .map_err(|_| Refusal::Sign)?;
        let text = credential_text(&bytes).map_err(|_| Refusal::Sign)?;
        checked(&self.keys, &text, credential).map_err(|_| Refusal::Sign)?;
        Ok(text)
    }
}
