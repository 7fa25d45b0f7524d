//! From bytes that claim to be a credential to one that is proven.
//! Promises: a signature is checked over the received bytes, by the algorithm of the key, before a claim is read;
//! the order of the checks is the order of this file and of the types.
//! Must not know: lists, policies, verdicts.

use gate_proof::cose::{Aad, SignatureRefused, verify};
use gate_proof::subject::{LinkKey, Subject, unblind};
use gate_wire::base45::{self, Base45Error};
use gate_wire::cose::{CoseError, Kid, Sign1};
use gate_wire::credential::{Certifier, Credential, CredentialError, Kind, Statement};
use gate_wire::strict::StrictError;
use gate_wire::time::Millis;
use heapless::Vec;

use crate::case::IssuerClass;
use crate::keyset::{Force, Holder, IssuerKey, KeySet, Region};
use crate::time::{Currency, TrustedTime};
use crate::verdict::Reason;

/// What the text of every credential begins with.
pub const PREFIX: &[u8] = b"TF1:";
/// A symbol longer than this is not looked into (DESIGN §4).
pub const MAX_SYMBOL_BYTES: usize = 512;
/// Room for the bytes of the longest text looked into.
pub type Room = Vec<u8, 344>;

/// Why something that began like a credential is none. Each becomes Assist with its own reason; none is a "no".
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CredentialRefusal {
    /// Longer than any credential.
    #[error("{0} bytes, a credential has at most {MAX_SYMBOL_BYTES} characters")]
    Oversize(usize),
    /// It does not begin like one.
    #[error("the text does not begin with TF1:")]
    NoPrefix,
    /// The text is not Base45.
    #[error("the text is damaged: {0}")]
    Text(Base45Error),
    /// The envelope is not ours.
    #[error("the envelope is not ours: {0}")]
    Envelope(CoseError),
    /// There is no key set.
    #[error("there is no key set on this terminal")]
    NoKeySet,
    /// No key has this id.
    #[error("no key has the id {:02x?}", .0.0)]
    IssuerUnknown(Kid),
    /// The signature does not fit.
    #[error("the signature does not fit")]
    Signature,
    /// The signed bytes are no claims of ours.
    #[error("the claims are not in our form: {0}")]
    Claims(CredentialError),
    /// This issuer may not give this kind.
    #[error("this issuer may not give {0:?}")]
    KindNotAllowed(Kind),
    /// Longer-lived than the issuer may give.
    #[error("lives {life_s} s, this issuer may give {longest_s} s")]
    LifeTooLong {
        /// Its life in seconds.
        life_s: u64,
        /// The longest allowed.
        longest_s: u32,
    },
    /// Issued outside the key's life.
    #[error("issued outside the life of the issuer's key")]
    KeyOver,
    /// Issued at or after the cut-off of a stolen key.
    #[error("the issuer's key was revoked from before this issue time")]
    KeyRevoked,
}

impl CredentialRefusal {
    /// The reason that is shown and recorded.
    pub fn reason(self) -> Reason {
        match self {
            Self::Oversize(_) => Reason::CodeOversize,
            Self::NoPrefix => Reason::OtherCode,
            Self::Text(Base45Error::CutOff) | Self::Envelope(CoseError::Encoding(StrictError::CutOff)) => {
                Reason::CodeCutOff
            }
            Self::Text(_) => Reason::TextDamaged,
            Self::Envelope(CoseError::ForeignAlgorithm { .. }) => Reason::AlgorithmForeign,
            Self::Envelope(_) | Self::Claims(_) => Reason::CodeMalformed,
            Self::NoKeySet => Reason::KeySetMissing,
            Self::IssuerUnknown(_) => Reason::IssuerUnknown,
            Self::Signature => Reason::SignatureWrong,
            Self::KindNotAllowed(_) => Reason::KindNotAllowed,
            Self::LifeTooLong { .. } => Reason::LifeTooLong,
            Self::KeyOver => Reason::IssuerRetired,
            Self::KeyRevoked => Reason::IssuerRevoked,
        }
    }
}

/// Bytes with the shape of a credential. **Unproven**: nobody may have signed them.
#[derive(Clone, Copy, Debug)]
pub struct Alleged<'a> {
    envelope: Sign1<'a>,
}

impl<'a> Alleged<'a> {
    /// Takes the text of a symbol (at most [`MAX_SYMBOL_BYTES`], beginning with [`PREFIX`]) apart into `room`.
    ///
    /// # Errors
    /// The first of length, prefix, text and envelope that is not right.
    pub fn parse(text: &[u8], room: &'a mut Room) -> Result<Alleged<'a>, CredentialRefusal> {
        if text.len() > MAX_SYMBOL_BYTES {
            return Err(CredentialRefusal::Oversize(text.len()));
        }
        let body = text.strip_prefix(PREFIX).ok_or(CredentialRefusal::NoPrefix)?;
        *room = base45::decode(body).map_err(|error| damaged_or_cut(error, body.len()))?;
        let envelope = Sign1::parse(room).map_err(CredentialRefusal::Envelope)?;
        Ok(Alleged { envelope })
    }

    /// Proves it. The steps:
    ///
    /// 1. the key by its id, from the key set in force;
    /// 2. the signature over the received bytes, by that key's algorithm;
    /// 3. only then the claims, in their one byte form;
    /// 4. the kind and the life that this issuer may give;
    /// 5. the key in force at the time of issue;
    /// 6. where it stands in time, for the facts.
    ///
    /// # Errors
    /// The first step that fails, as a [`CredentialRefusal`].
    pub fn verify(
        self,
        keys: Option<&KeySet>,
        time: &TrustedTime,
        now: Millis,
    ) -> Result<Verified<Credential>, CredentialRefusal> {
        let keys = keys.ok_or(CredentialRefusal::NoKeySet)?;
        let key = keys.find(self.envelope.kid).ok_or(CredentialRefusal::IssuerUnknown(self.envelope.kid))?;
        let proven = verify(&self.envelope, Aad::Credential, key.public_key())
            .map_err(|_: SignatureRefused| CredentialRefusal::Signature)?;
        let credential = Credential::parse(proven.payload()).map_err(CredentialRefusal::Claims)?;
        allowed(key, &credential)?;
        match key.force_at(credential.issued) {
            Force::InForce => {}
            Force::OutsideLife => return Err(CredentialRefusal::KeyOver),
            Force::Revoked => return Err(CredentialRefusal::KeyRevoked),
        }
        let currency = time.currency(credential.issued, credential.expires, now);
        let issuer = Issuer { kid: key.kid(), region: key.region(), class: key.class() };
        Ok(Verified { value: credential, issuer, currency })
    }
}

/// Two characters left of a group of three are mostly too large for one byte: the text was cut there.
fn damaged_or_cut(error: Base45Error, characters: usize) -> CredentialRefusal {
    match error {
        Base45Error::GroupTooLarge { at } if at + 2 == characters => {
            CredentialRefusal::Text(Base45Error::CutOff)
        }
        other => CredentialRefusal::Text(other),
    }
}

fn allowed(key: &IssuerKey, credential: &Credential) -> Result<(), CredentialRefusal> {
    let kind = credential.statement.kind();
    let longest_s = key.longest_life(kind).ok_or(CredentialRefusal::KindNotAllowed(kind))?;
    // A community certifies as a community, a medical institution as one.
    let certifier = match credential.statement {
        Statement::Certificate(Certifier::Community) => Some(Holder::Community),
        Statement::Certificate(Certifier::Medical) => Some(Holder::Medical),
        Statement::Screen(_) | Statement::Paper(_) | Statement::Test { .. } | Statement::Badge(_) => None,
    };
    if certifier.is_some_and(|holder| holder != key.holder()) {
        return Err(CredentialRefusal::KindNotAllowed(kind));
    }
    let life_s = credential.expires.since(credential.issued);
    if life_s > u64::from(longest_s) {
        Err(CredentialRefusal::LifeTooLong { life_s, longest_s })
    } else {
        Ok(())
    }
}

/// Who signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Issuer {
    /// By which key.
    pub kid: Kid,
    /// Of which region.
    pub region: Region,
    /// Ours, the nation's, another province's.
    pub class: IssuerClass,
}

/// Proof that a key in force, allowed for this kind and life, signed exactly these bytes. It stops forged, altered,
/// over-long and misattributed credentials. It does **not** tell that the credential is current ([`Verified::currency`]),
/// unrevoked, or the newest word on the person.
///
/// ```compile_fail,E0451
/// # use gate_core::alleged::Verified;
/// fn forge<T>(value: T, of: &Verified<T>) -> Verified<T> {
///     Verified { value, issuer: of.issuer(), currency: of.currency() }
/// }
/// ```
#[derive(Clone, Debug)]
pub struct Verified<T> {
    value: T,
    issuer: Issuer,
    currency: Currency,
}

impl<T> Verified<T> {
    /// What was signed.
    pub fn get(&self) -> &T {
        &self.value
    }

    /// By whom.
    pub fn issuer(&self) -> Issuer {
        self.issuer
    }

    /// Where it stands in time.
    pub fn currency(&self) -> Currency {
        self.currency
    }
}

impl Verified<Credential> {
    /// About whom, if that can be known: other issuers' subjects are made with another salt (DOMAIN §6).
    pub fn subject(&self, link: &LinkKey) -> Option<Subject> {
        let ours = self.issuer.class == IssuerClass::Ours;
        ours.then(|| unblind(&self.value.subject, link, self.issuer.kid, self.value.id))
    }
}

#[cfg(test)]
mod tests;
