//! Issuing one credential: from a closed schema to signed bytes, and back through the terminal's own checks.
//! Promises: no caller's bytes are ever signed; what the terminal would refuse never leaves; the name is masked here,
//! the number is used for the subject and not kept; over the budget is an error, never a truncation.
//! Must not know: pictures, files, the command line.

use core::fmt;

use gate_core::alleged::{Alleged, CredentialRefusal, Room};
use gate_core::keyset::{Force, Holder, IssuerKey, KeySet, KeySetError};
use gate_core::time::{ClockTrust, RtcHealth, RtcReading, TrustedTime};
use gate_wire::base45;
use gate_wire::cose::Kid;
use gate_wire::credential::{
    Certifier, Condition, Credential, CredentialId, Kind, MAX_SIGNED_BYTES, Role, Statement, TestResult,
};
use gate_wire::document::Document;
use gate_wire::time::{Millis, Timestamp};
use rand_core::CryptoRng;

use crate::custody::CustodyFault;
use crate::envelope::EnvelopeRefused;
use crate::province::{Province, SubjectNotMade};
use crate::register::{kid_in_words, life_in_words};
use crate::spelling;

/// Characters of the longest text: `TF1:` and 144 bytes in Base45.
pub const MAX_TEXT_CHARS: usize = 4 + MAX_SIGNED_BYTES / 2 * 3;
const BASE45_ROOM: usize = MAX_TEXT_CHARS - 4;

/// What a credential is to say. Closed: nothing else can be signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Claim {
    /// A screen code.
    Screen(Condition),
    /// A paper code, 离线码.
    Paper(Condition),
    /// A test certificate.
    Test {
        /// When the sample was taken; at most 45 days before the issue.
        sampled: Timestamp,
        /// Its outcome.
        result: TestResult,
    },
    /// A community's or a medical institution's certificate.
    Certificate(Certifier),
    /// A staff badge.
    Badge(Role),
}

/// One credential to be made.
#[derive(Clone, Copy)]
pub struct IssueRequest<'a> {
    /// About whom.
    pub document: &'a Document,
    /// The person's full name; only its masked form is signed.
    pub full_name: &'a str,
    /// What is said.
    pub claim: Claim,
    /// iat.
    pub issued: Timestamp,
    /// exp − iat, in seconds.
    pub life_s: u32,
}

impl fmt::Debug for IssueRequest<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "IssueRequest({:?}, {} s)", self.claim, self.life_s)
    }
}

/// A signed credential.
#[derive(Clone, PartialEq, Eq)]
pub struct IssuedCredential {
    /// `TF1:` and Base45: what the QR code holds.
    pub text: String,
    /// The COSE_Sign1.
    pub bytes: Vec<u8>,
    /// Its id: by this it can be revoked alone.
    pub id: CredentialId,
    /// The key that signed.
    pub kid: Kid,
    /// exp.
    pub expires: Timestamp,
}

impl IssuedCredential {
    /// Its id as people write it: 16 hexadecimal digits.
    pub fn id_in_hex(&self) -> String {
        spelling::hex(&self.id.0)
    }
}

impl fmt::Debug for IssuedCredential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "IssuedCredential({}, {} bytes)", spelling::hex(&self.id.0), self.bytes.len())
    }
}

/// Why nothing was issued.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IssueRefused {
    /// The key set has no such issuer.
    #[error("the key set has no issuer {}; `gate-sign keyset show` lists them", kid_in_words(*.0))]
    FindIssuer(Kid),
    /// No issuer whose key is here may give this kind at this time.
    #[error(
        "no issuer whose key is at this desk may give {0:?} at that time; `gate-sign keyset show` lists them, `keyset add --make` admits one"
    )]
    FindIssuerFor(Kind),
    /// The private half is elsewhere.
    #[error("the private key of the issuer {} is not at this desk", kid_in_words(*.0))]
    HoldKey(Kid),
    /// This issuer may not give this kind.
    #[error("this issuer may not give {0:?} (DOMAIN §5)")]
    AllowKind(Kind),
    /// This holder may not say this: a community certifies as a community, colours are a province's, words the nation's.
    #[error("a {0:?} may not say this")]
    AllowClaim(Holder),
    /// Longer than the issuer may give, or no life at all.
    #[error("a life of {}: this issuer may give {} at most", life_in_words(*life_s).1, life_in_words(*longest_s).1)]
    AllowLife {
        /// Asked for.
        life_s: u32,
        /// Allowed.
        longest_s: u32,
    },
    /// The key is not in force at the time of issue.
    #[error("the issuer's key is not in force at the time of issue ({0:?})")]
    UseKey(Force),
    /// The issue time lies ahead of the desk's clock.
    #[error("the time of issue lies {ahead_s} s in the future")]
    WaitForIssue {
        /// How far.
        ahead_s: u64,
    },
    /// The credential would be over before it is shown.
    #[error("the credential would already be over now")]
    OutliveIssue,
    /// Sampled after the issue, or longer ago than a certificate can say.
    #[error("the sample must have been taken before the issue, and at most 45 days before")]
    PlaceSampling,
    /// Nothing of the name can be shown.
    #[error("the name has no character that can be shown")]
    MaskName,
    /// No subject of this document.
    #[error(transparent)]
    Subject(#[from] SubjectNotMade),
    /// Over the budget: an error, never a truncation.
    #[error("the credential does not fit into {MAX_SIGNED_BYTES} bytes (QR version 8-M)")]
    FitBudget,
    /// The key's custody did not sign, or the log did not take the line.
    #[error(transparent)]
    Custody(#[from] CustodyFault),
    /// The register is not fit for terminals.
    #[error("the register would be refused by every terminal")]
    LoadRegister(#[from] KeySetError),
    /// A terminal would refuse what was made: it was thrown away.
    #[error("a terminal would refuse what was made, so it was thrown away: {0}")]
    PassOwnCheck(CredentialRefusal),
    /// What a terminal reads is not what was meant: it was thrown away.
    #[error("a terminal would read something else than was meant, so it was thrown away")]
    ReadBackSame,
}

impl Province {
    /// Issues a credential with the key `kid`: one line of the log. `now` is the desk's clock: nothing is issued ahead of it
    /// or already over.
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
        self.issuing()?.issue(kid, request, now, rng)
    }

    /// The issuer at this desk that may say `claim` at the time `issued`: the first in the register's order, never
    /// another province's (in a demo its key is here too): who wants that one names it.
    ///
    /// # Errors
    /// [`IssueRefused::FindIssuerFor`].
    pub fn issuer_for(&self, claim: Claim, issued: Timestamp) -> Result<Kid, IssueRefused> {
        self.issuing()?.issuer_for(claim, issued)
    }
}

/// What `claim` makes its credential.
pub fn statement_kind(claim: Claim) -> Kind {
    match claim {
        Claim::Screen(_) => Kind::ScreenCode,
        Claim::Paper(_) => Kind::PaperCode,
        Claim::Test { .. } => Kind::NucleicAcidTest,
        Claim::Certificate(_) => Kind::Certificate,
        Claim::Badge(_) => Kind::StaffBadge,
    }
}

pub(crate) fn allowed(issuer: &IssuerKey, request: &IssueRequest<'_>) -> Result<(), IssueRefused> {
    may_give(issuer, request.claim, request.issued, request.life_s)
}

/// Whether this issuer may say `claim` at `issued`, for so many seconds.
pub(crate) fn may_give(
    issuer: &IssuerKey,
    claim: Claim,
    issued: Timestamp,
    life_s: u32,
) -> Result<(), IssueRefused> {
    let kind = statement_kind(claim);
    let longest_s = issuer.longest_life(kind).ok_or(IssueRefused::AllowKind(kind))?;
    if life_s == 0 || life_s > longest_s {
        return Err(IssueRefused::AllowLife { life_s, longest_s });
    }
    if may_say(issuer.holder(), claim) == Says::MayNot {
        return Err(IssueRefused::AllowClaim(issuer.holder()));
    }
    match issuer.force_at(issued) {
        Force::InForce => Ok(()),
        other => Err(IssueRefused::UseKey(other)),
    }
}

/// Whether a holder may say something.
#[derive(PartialEq)]
pub(crate) enum Says {
    May,
    MayNot,
}

/// Colours are a province's word, 未见异常 and "abnormal" the nation's (DOMAIN §6); each certifies as what it is.
pub(crate) fn may_say(holder: Holder, claim: Claim) -> Says {
    let colour = |condition| matches!(condition, Condition::Colour(_));
    let may = match claim {
        Claim::Screen(condition) | Claim::Paper(condition) => {
            colour(condition) != (holder == Holder::National)
        }
        Claim::Certificate(Certifier::Community) => holder == Holder::Community,
        Claim::Certificate(Certifier::Medical) => holder == Holder::Medical,
        Claim::Test { .. } | Claim::Badge(_) => true,
    };
    if may { Says::May } else { Says::MayNot }
}

pub(crate) fn timely(request: &IssueRequest<'_>, now: Timestamp) -> Result<(), IssueRefused> {
    let ahead_s = request.issued.since(now);
    if ahead_s > 0 {
        return Err(IssueRefused::WaitForIssue { ahead_s });
    }
    if request.issued.plus(u64::from(request.life_s)) <= now {
        return Err(IssueRefused::OutliveIssue);
    }
    Ok(())
}

pub(crate) fn statement(request: &IssueRequest<'_>) -> Result<Statement, IssueRefused> {
    Ok(match request.claim {
        Claim::Screen(condition) => Statement::Screen(condition),
        Claim::Paper(condition) => Statement::Paper(condition),
        Claim::Certificate(certifier) => Statement::Certificate(certifier),
        Claim::Badge(role) => Statement::Badge(role),
        Claim::Test { sampled, result } => {
            if sampled > request.issued {
                return Err(IssueRefused::PlaceSampling);
            }
            let minutes = u16::try_from(request.issued.since(sampled) / 60);
            let minutes_since_sampling = minutes.map_err(|_| IssueRefused::PlaceSampling)?;
            Statement::Test { minutes_since_sampling, result }
        }
    })
}

impl From<EnvelopeRefused> for IssueRefused {
    fn from(refused: EnvelopeRefused) -> IssueRefused {
        match refused {
            EnvelopeRefused::FitRoom => IssueRefused::FitBudget,
            EnvelopeRefused::Sign(fault) => fault.into(),
        }
    }
}

pub(crate) fn credential_text(bytes: &[u8]) -> Result<String, IssueRefused> {
    let mut room = Default::default();
    base45::encode::<BASE45_ROOM>(bytes, &mut room).map_err(|_| IssueRefused::FitBudget)?;
    Ok(core::iter::once("TF1:").chain(core::str::from_utf8(&room)).collect())
}

/// The terminal's own path, with a clock that stands at the time of issue.
pub(crate) fn checked(keys: &KeySet, text: &str, meant: &Credential) -> Result<(), IssueRefused> {
    let (mut room, start) = (Room::new(), Millis(0));
    let rtc = RtcReading { time: meant.issued, health: RtcHealth::Healthy, set_from: ClockTrust::Confirmed };
    let time = TrustedTime::at_boot(meant.issued, Some(rtc), start);
    let alleged = Alleged::parse(text.as_bytes(), &mut room).map_err(IssueRefused::PassOwnCheck)?;
    let read = alleged.verify(Some(keys), &time, start).map_err(IssueRefused::PassOwnCheck)?;
    if read.get() == meant { Ok(()) } else { Err(IssueRefused::ReadBackSame) }
}

#[cfg(test)]
mod tests;
