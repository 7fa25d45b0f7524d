//! A province ready to issue many credentials: the register is loaded once, each issuer's key is made ready once.
//! Promises: the checks of [`Province::issue`], all of them, for each credential.
//! Must not know: where requests come from.

use gate_core::case::IssuerClass;
use gate_core::keyset::{Force, IssuerKey, KeySet, KeySetError};
use gate_proof::ed25519::SigningKey;
use gate_proof::subject::{LinkKey, Subject, blind};
use gate_wire::cose::Kid;
use gate_wire::credential::{Credential, CredentialId};
use gate_wire::name::MaskedName;
use gate_wire::time::Timestamp;
use rand_core::CryptoRng;

use crate::issue::{
    Claim, IssueRefused, IssueRequest, IssuedCredential, Says, allowed, checked, credential_text, may_say,
    sign_claims, statement, statement_kind, timely,
};
use crate::key_name::KeyName;
use crate::province::Province;

/// A province with its register loaded. Threads may share one.
pub struct Issuing<'a> {
    province: &'a Province,
    keys: KeySet,
    link: LinkKey,
}

/// An issuer whose key is ready to sign. Having one tells: the register knows it and its private half is here.
pub(crate) struct Issuer {
    kid: Kid,
    key: SigningKey,
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
    /// [`KeySetError`]: never, for a register changed through [`Province::register_mut`].
    pub fn issuing(&self) -> Result<Issuing<'_>, KeySetError> {
        Ok(Issuing { province: self, keys: self.key_set()?, link: self.link_key() })
    }
}

impl Issuing<'_> {
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
                && self.province.keys.find(KeyName::Issuer(key.kid())).is_some()
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

    /// The issuer's key, ready.
    pub(crate) fn issuer(&self, kid: Kid) -> Result<Issuer, IssueRefused> {
        let seed = self.province.keys.find(KeyName::Issuer(kid)).ok_or(IssueRefused::HoldKey(kid))?;
        Ok(Issuer { kid, key: SigningKey::from_seed(seed.as_bytes()) })
    }

    /// Whose salt the issuer's subjects are made with.
    pub(crate) fn speaks_of_ours(&self, kid: Kid) -> Result<Salt, IssueRefused> {
        let ours = self.find(kid)?.region().same_province(self.province.region);
        Ok(if ours { Salt::Ours } else { Salt::Foreign })
    }

    /// Signs what was admitted, and reads it back as a terminal would.
    pub(crate) fn sign(
        &self,
        issuer: &Issuer,
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
        let bytes = sign_claims(&issuer.key, issuer.kid, &claims)?;
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
