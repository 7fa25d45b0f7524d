//! A province ready to issue many credentials: the register is loaded once, each issuer's key is made ready once.
//! Promises: the checks of [`Province::issue`], all of them, for each credential.
//! Must not know: where requests come from.

use gate_core::case::IssuerClass;
use gate_core::keyset::{Force, IssuerKey, KeySet};
use gate_proof::cose::Aad;
use gate_proof::digest::Digest;
use gate_proof::subject::{LinkKey, Subject, blind};
use gate_wire::cose::Kid;
use gate_wire::credential::{Credential, CredentialId, MAX_SIGNED_BYTES};
use gate_wire::name::MaskedName;
use gate_wire::time::Timestamp;
use rand_core::CryptoRng;

use crate::custody::CustodyFault;
use crate::envelope;
use crate::issue::{
    Claim, IssueRefused, IssueRequest, IssuedCredential, Says, allowed, checked, credential_text, may_say,
    statement, statement_kind, timely,
};
use crate::key_name::KeyName;
use crate::key_ring::{KeyUse, Work};
use crate::log::entry::Operation;
use crate::province::Province;

/// A province with its register loaded. Threads may share one.
pub struct Issuing<'a> {
    province: &'a Province,
    keys: KeySet,
    link: LinkKey,
}

/// An issuer whose key is ready to sign. Having one tells: its private half is in custody here, and no signature of it is
/// without a line in the desk's log.
pub struct Issuer<'a> {
    kid: Kid,
    told: Told<'a>,
}

/// How the log is told.
enum Told<'a> {
    /// A line each.
    Each(&'a Province),
    /// One line for all of them, there already.
    Batch(KeyUse),
}

impl Issuer<'_> {
    fn sign(&self, message: &[u8]) -> Result<[u8; 64], CustodyFault> {
        match &self.told {
            Told::Each(province) => {
                province.keys.sign_once(KeyName::Issuer(self.kid), Operation::Issue, message)
            }
            Told::Batch(key) => key.sign(message),
        }
    }

    /// Ends a batch: its last line, with how many were signed and a digest of what was made.
    ///
    /// # Errors
    /// [`CustodyFault::Log`].
    pub fn finish(self, digest: Digest) -> Result<(), CustodyFault> {
        if let Told::Batch(key) = self.told {
            key.finish(Operation::BatchEnd, Some(digest))?;
        }
        Ok(())
    }
}

/// Whom a credential is about, and by which id it is known.
#[derive(Clone, Copy)]
pub(crate) struct Naming {
    pub(crate) subject: Subject,
    pub(crate) id: CredentialId,
}

impl Province {
    /// Loads the register for issuing.
    ///
    /// # Errors
    /// [`IssueRefused::LoadRegister`]: never, for a register changed through [`Province::register_mut`];
    /// [`IssueRefused::Custody`].
    pub fn issuing(&self) -> Result<Issuing<'_>, IssueRefused> {
        Ok(Issuing { province: self, keys: self.key_set()?, link: self.link_key()? })
    }
}

impl<'a> Issuing<'a> {
    /// [`Province::issue`].
    ///
    /// # Errors
    /// [`IssueRefused`]; nothing has left.
    pub fn issue(
        &self,
        kid: Kid,
        request: &IssueRequest<'_>,
        now: Timestamp,
        rng: &mut impl CryptoRng,
    ) -> Result<IssuedCredential, IssueRefused> {
        self.admit(kid, request, now)?;
        let issuer = self.issuer(kid)?;
        let mut id = CredentialId([0; 8]);
        rng.fill_bytes(&mut id.0);
        let subject = match self.speaks_of_ours(kid)? {
            Salt::Ours => self.province.subject(request.document)?,
            Salt::Foreign => foreign(rng),
        };
        self.sign(&issuer, request, Naming { subject, id })
    }

    /// The issuer at this desk that may say `claim` at the time `issued`: the first in the register's order, never
    /// another province's (in a demo its key is here too): who wants that one names it.
    ///
    /// # Errors
    /// [`IssueRefused::FindIssuerFor`].
    pub fn issuer_for(&self, claim: Claim, issued: Timestamp) -> Result<Kid, IssueRefused> {
        let kind = statement_kind(claim);
        let fits = |key: &&IssuerKey| {
            key.class() != IssuerClass::Mutual
                && key.longest_life(kind).is_some()
                && key.force_at(issued) == Force::InForce
                && may_say(key.holder(), claim) == Says::May
                && self.province.holds(KeyName::Issuer(key.kid()))
        };
        let found = self.keys.keys().iter().find(fits);
        found.map(IssuerKey::kid).ok_or(IssueRefused::FindIssuerFor(kind))
    }

    /// Whether the issuer `kid` may say this, for so long, now; and whether anything of the name can be shown.
    pub(crate) fn admit(
        &self,
        kid: Kid,
        request: &IssueRequest<'_>,
        now: Timestamp,
    ) -> Result<(), IssueRefused> {
        allowed(self.find(kid)?, request)?;
        timely(request, now)?;
        statement(request)?;
        let name = MaskedName::from_full(request.full_name);
        if name.is_none() { Err(IssueRefused::MaskName) } else { Ok(()) }
    }

    /// The issuer's key, ready; each of its signatures is a line of the log.
    pub(crate) fn issuer(&self, kid: Kid) -> Result<Issuer<'a>, IssueRefused> {
        match self.province.holds(KeyName::Issuer(kid)) {
            true => Ok(Issuer { kid, told: Told::Each(self.province) }),
            false => Err(IssueRefused::HoldKey(kid)),
        }
    }

    /// The issuer's key, ready for a batch of at most `work.most`: the log has its first line. End it with
    /// [`Issuer::finish`].
    ///
    /// # Errors
    /// [`IssueRefused::HoldKey`], [`IssueRefused::Custody`].
    pub fn issuer_of_batch(&self, kid: Kid, work: &Work<'_>) -> Result<Issuer<'a>, IssueRefused> {
        let name = KeyName::Issuer(kid);
        if !self.province.holds(name) {
            return Err(IssueRefused::HoldKey(kid));
        }
        Ok(Issuer { kid, told: Told::Batch(self.province.begin(name, work)?) })
    }

    /// Whose salt the issuer's subjects are made with.
    pub(crate) fn speaks_of_ours(&self, kid: Kid) -> Result<Salt, IssueRefused> {
        let ours = self.find(kid)?.region().same_province(self.province.region);
        Ok(if ours { Salt::Ours } else { Salt::Foreign })
    }

    /// Signs what was admitted, and reads it back as a terminal would.
    pub(crate) fn sign(
        &self,
        issuer: &Issuer<'_>,
        request: &IssueRequest<'_>,
        naming: Naming,
    ) -> Result<IssuedCredential, IssueRefused> {
        let Naming { subject, id } = naming;
        let credential = Credential {
            id,
            issued: request.issued,
            expires: request.issued.plus(u64::from(request.life_s)),
            subject: blind(&subject, &self.link, issuer.kid, id),
            statement: statement(request)?,
            name: MaskedName::from_full(request.full_name),
        };
        let claims = credential.encode().map_err(|_| IssueRefused::FitBudget)?;
        let sign = |message: &[u8]| issuer.sign(message);
        let bytes = envelope::sign1::<MAX_SIGNED_BYTES>(issuer.kid, Aad::Credential, &claims, sign)?;
        let text = credential_text(&bytes)?;
        checked(&self.keys, &text, &credential)?;
        Ok(IssuedCredential { text, bytes, id, kid: issuer.kid, expires: credential.expires })
    }

    fn find(&self, kid: Kid) -> Result<&IssuerKey, IssueRefused> {
        self.keys.find(kid).ok_or(IssueRefused::FindIssuer(kid))
    }
}

/// Whose salt an issuer's subjects are made with (DOMAIN §6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Salt {
    /// This province's.
    Ours,
    /// Another authority's, which no desk of ours holds.
    Foreign,
}

/// Other issuers make subjects with a salt of their own: twelve random bytes stand for one.
fn foreign(rng: &mut impl CryptoRng) -> Subject {
    let mut bytes = [0; 12];
    rng.fill_bytes(&mut bytes);
    Subject::from_bytes(bytes)
}
