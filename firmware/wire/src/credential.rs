//! The credential: a CWT (RFC 8392) of four claims in deterministic CBOR (DESIGN §5).
//! Promises: one byte form per credential; each departure has its own error; no digit of a document number.
//! Must not know: who signed it, whether it is in force, what it means for a verdict.
//!
//! Layout: map of 4: exp (4), iat (6), cti (7, 8 bytes), and the private claim -65537: an array by kind
//! `[kind, blinded subject (12 bytes), …, masked name (at most 10 bytes of text)]` where `…` is
//! screen or paper code: condition · test: minutes from sampling to issue (u16), result ·
//! certificate: certifier · staff badge: role.

use heapless::Vec;

use crate::cose::{TooLong, written};
use crate::name::MaskedName;
use crate::strict::{Strict, StrictError};
use crate::time::Timestamp;

/// A whole credential, envelope included, has at most this many bytes (DESIGN §5: QR version 8-M).
pub const MAX_SIGNED_BYTES: usize = 144;
/// Room for the claims of the longest kind.
pub const MAX_CLAIMS_BYTES: usize = 64;

const LABELS: [i64; 4] = [4, 6, 7, -65537];

/// The kinds of credential (DOMAIN, "The words").
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A phone's code, minutes of life.
    ScreenCode,
    /// 离线码: a code printed for people without a phone.
    PaperCode,
    /// A nucleic-acid test certificate.
    NucleicAcidTest,
    /// A community's or a medical institution's certificate.
    Certificate,
    /// The badge of an attendant, technician or auditor; with a PIN only.
    StaffBadge,
}

impl Kind {
    /// Every kind, in the order of their codes.
    pub const ALL: [Kind; 5] =
        [Kind::ScreenCode, Kind::PaperCode, Kind::NucleicAcidTest, Kind::Certificate, Kind::StaffBadge];

    /// The number on the wire, 1 to 5.
    pub fn code(self) -> u8 {
        match self {
            Kind::ScreenCode => 1,
            Kind::PaperCode => 2,
            Kind::NucleicAcidTest => 3,
            Kind::Certificate => 4,
            Kind::StaffBadge => 5,
        }
    }

    fn from_code(code: u64) -> Option<Kind> {
        Kind::ALL.into_iter().find(|kind| u64::from(kind.code()) == code)
    }
}

/// A person's colour (DOMAIN §1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Colour {
    /// 绿: passes.
    Green,
    /// 黄: limited.
    Yellow,
    /// 红: stopped.
    Red,
}

/// What a code says of a person: a colour, or the national page's words (DOMAIN §6).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Condition {
    /// One of the three colours.
    Colour(Colour),
    /// 未见异常.
    NoAbnormality,
    /// The national page's "abnormal", which has no colour.
    Abnormal,
}

impl Condition {
    /// The number on the wire, 0 to 4.
    pub fn code(self) -> u8 {
        match self {
            Condition::Colour(Colour::Green) => 0,
            Condition::Colour(Colour::Yellow) => 1,
            Condition::Colour(Colour::Red) => 2,
            Condition::NoAbnormality => 3,
            Condition::Abnormal => 4,
        }
    }

    fn from_code(code: u64) -> Option<Condition> {
        Some(match code {
            0 => Condition::Colour(Colour::Green),
            1 => Condition::Colour(Colour::Yellow),
            2 => Condition::Colour(Colour::Red),
            3 => Condition::NoAbnormality,
            4 => Condition::Abnormal,
            _ => return None,
        })
    }
}

/// Outcome of a nucleic-acid test: 0 negative, 1 positive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TestResult {
    /// 阴性.
    Negative,
    /// 阳性.
    Positive,
}

/// Who gave a certificate: 1 community, 2 medical institution (DOMAIN §3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Certifier {
    /// 社区.
    Community,
    /// 医疗机构.
    Medical,
}

/// What a member of staff may do: 1 attendant, 2 technician, 3 auditor (DOMAIN §16).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// 工作人员: at the lane; may let people pass.
    Attendant,
    /// 维护人员: syncs and repairs; lets nobody pass.
    Technician,
    /// 审计人员: reads; lets nobody pass.
    Auditor,
}

impl Role {
    /// The number on the wire, 1 to 3.
    pub fn code(self) -> u8 {
        match self {
            Role::Attendant => 1,
            Role::Technician => 2,
            Role::Auditor => 3,
        }
    }
}

/// What a credential states; decides its kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Statement {
    /// A screen code.
    Screen(Condition),
    /// A paper code.
    Paper(Condition),
    /// A test certificate.
    Test {
        /// Whole minutes from sampling to issue; at most 65535 (45 days).
        minutes_since_sampling: u16,
        /// Its outcome.
        result: TestResult,
    },
    /// A community's or medical certificate that its holder may pass.
    Certificate(Certifier),
    /// A staff badge.
    Badge(Role),
}

impl Statement {
    /// The kind that this statement makes its credential.
    pub fn kind(self) -> Kind {
        match self {
            Statement::Screen(_) => Kind::ScreenCode,
            Statement::Paper(_) => Kind::PaperCode,
            Statement::Test { .. } => Kind::NucleicAcidTest,
            Statement::Certificate(_) => Kind::Certificate,
            Statement::Badge(_) => Kind::StaffBadge,
        }
    }
}

/// A credential's own id (CWT `cti`): random, so that one lost code can be revoked alone (DOMAIN §17).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CredentialId(pub [u8; 8]);

/// A subject XORed with a keystream of its own code: two codes of one person share no bytes (DESIGN §5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct BlindedSubject(pub [u8; 12]);

/// The claims of one credential. Having them does **not** say that they are true or in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credential {
    /// cti.
    pub id: CredentialId,
    /// iat.
    pub issued: Timestamp,
    /// exp; later than `issued`.
    pub expires: Timestamp,
    /// About whom, blinded.
    pub subject: BlindedSubject,
    /// What is stated.
    pub statement: Statement,
    /// For the screen, during the display time only (DOMAIN §15).
    pub name: MaskedName,
}

/// Why bytes are not the claims of a credential.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CredentialError {
    /// Not deterministic CBOR of this shape.
    #[error("not claims in deterministic CBOR")]
    Encoding(#[from] StrictError),
    /// A claim that this format does not have.
    #[error("unknown claim {label}")]
    UnknownClaim {
        /// Its label.
        label: i64,
    },
    /// A claim given twice.
    #[error("claim {label} stands twice")]
    DuplicateClaim {
        /// Its label.
        label: i64,
    },
    /// Claims out of the deterministic order.
    #[error("claim {label} stands in the wrong place")]
    WrongOrder {
        /// Its label.
        label: i64,
    },
    /// A claim is missing.
    #[error("claim {label} is missing")]
    MissingClaim {
        /// The first one missing.
        label: i64,
    },
    /// A kind that this version does not have.
    #[error("unknown kind {code}")]
    UnknownKind {
        /// The number found.
        code: u64,
    },
    /// The statement has another number of elements than its kind.
    #[error("a statement of this kind has {expected} elements, this has {found}")]
    WrongCount {
        /// As the kind asks.
        expected: u64,
        /// As found.
        found: u64,
    },
    /// A value outside its range.
    #[error("{what} is out of range")]
    OutOfRange {
        /// Which value.
        what: &'static str,
    },
    /// It ends before it begins.
    #[error("expires at or before its issue")]
    EndsBeforeIssue,
    /// A masked name that is too long, not UTF-8, or not masked.
    #[error("the masked name is not one")]
    BadName,
}

impl Credential {
    /// Reads claims.
    ///
    /// # Errors
    /// Each departure from the layout in the module's words.
    pub fn parse(claims: &[u8]) -> Result<Credential, CredentialError> {
        let mut reader = Strict::new(claims);
        let count = reader.map()?;
        expect_label(&mut reader, 0, count)?;
        let expires = timestamp(&mut reader, "exp")?;
        expect_label(&mut reader, 1, count)?;
        let issued = timestamp(&mut reader, "iat")?;
        expect_label(&mut reader, 2, count)?;
        let id = CredentialId(fixed(&mut reader, "cti")?);
        expect_label(&mut reader, 3, count)?;
        let (subject, statement, name) = private_claim(&mut reader)?;
        if count > LABELS.len() as u64 {
            return Err(surplus_claim(&mut reader));
        }
        reader.end()?;
        if expires <= issued {
            return Err(CredentialError::EndsBeforeIssue);
        }
        Ok(Credential { id, issued, expires, subject, statement, name })
    }

    /// The claims' bytes: what is signed.
    ///
    /// # Errors
    /// [`TooLong`] never happens for values of these types; the type cannot say so.
    pub fn encode(&self) -> Result<Vec<u8, MAX_CLAIMS_BYTES>, TooLong> {
        written(|e| {
            e.map(4)?.i64(LABELS[0])?.u64(self.expires.unix())?.i64(LABELS[1])?.u64(self.issued.unix())?;
            e.i64(LABELS[2])?.bytes(&self.id.0)?.i64(LABELS[3])?;
            e.array(elements(self.statement.kind()))?
                .u8(self.statement.kind().code())?
                .bytes(&self.subject.0)?;
            match self.statement {
                Statement::Screen(condition) | Statement::Paper(condition) => e.u8(condition.code())?,
                Statement::Test { minutes_since_sampling, result } => {
                    e.u16(minutes_since_sampling)?.u8(u8::from(result == TestResult::Positive))?
                }
                Statement::Certificate(certifier) => {
                    e.u8(if certifier == Certifier::Community { 1 } else { 2 })?
                }
                Statement::Badge(role) => e.u8(role.code())?,
            };
            e.str(self.name.as_str())?;
            Ok(())
        })
    }
}

/// Elements of the private claim's array, by kind.
fn elements(kind: Kind) -> u64 {
    if kind == Kind::NucleicAcidTest { 5 } else { 4 }
}

fn expect_label(reader: &mut Strict<'_>, index: usize, count: u64) -> Result<(), CredentialError> {
    if index as u64 >= count {
        return Err(CredentialError::MissingClaim { label: LABELS[index] });
    }
    let label = reader.label()?;
    match LABELS.iter().position(|&known| known == label) {
        Some(found) if found == index => Ok(()),
        Some(found) if found < index => Err(CredentialError::DuplicateClaim { label }),
        Some(_) => Err(CredentialError::WrongOrder { label }),
        None => Err(CredentialError::UnknownClaim { label }),
    }
}

fn surplus_claim(reader: &mut Strict<'_>) -> CredentialError {
    match reader.label() {
        Ok(label) if LABELS.contains(&label) => CredentialError::DuplicateClaim { label },
        Ok(label) => CredentialError::UnknownClaim { label },
        Err(error) => error.into(),
    }
}

fn private_claim(
    reader: &mut Strict<'_>,
) -> Result<(BlindedSubject, Statement, MaskedName), CredentialError> {
    let found = reader.array()?;
    let code = reader.unsigned()?;
    let kind = Kind::from_code(code).ok_or(CredentialError::UnknownKind { code })?;
    let expected = elements(kind);
    if found != expected {
        return Err(CredentialError::WrongCount { expected, found });
    }
    let subject = BlindedSubject(fixed(reader, "subject")?);
    let statement = statement(reader, kind)?;
    let name = MaskedName::parse(reader.text()?).map_err(|_| CredentialError::BadName)?;
    Ok((subject, statement, name))
}

fn statement(reader: &mut Strict<'_>, kind: Kind) -> Result<Statement, CredentialError> {
    let first = reader.unsigned()?;
    match kind {
        Kind::ScreenCode => condition(first).map(Statement::Screen),
        Kind::PaperCode => condition(first).map(Statement::Paper),
        Kind::NucleicAcidTest => {
            let minutes_since_sampling = u16::try_from(first)
                .map_err(|_| CredentialError::OutOfRange { what: "minutes since sampling" })?;
            let result = one_of(
                reader.unsigned()?,
                &[(0, TestResult::Negative), (1, TestResult::Positive)],
                "result",
            )?;
            Ok(Statement::Test { minutes_since_sampling, result })
        }
        Kind::Certificate => {
            one_of(first, &[(1, Certifier::Community), (2, Certifier::Medical)], "certifier")
                .map(Statement::Certificate)
        }
        Kind::StaffBadge => {
            let roles = [(1, Role::Attendant), (2, Role::Technician), (3, Role::Auditor)];
            one_of(first, &roles, "role").map(Statement::Badge)
        }
    }
}

fn condition(code: u64) -> Result<Condition, CredentialError> {
    Condition::from_code(code).ok_or(CredentialError::OutOfRange { what: "condition" })
}

fn one_of<T: Copy>(code: u64, table: &[(u64, T)], what: &'static str) -> Result<T, CredentialError> {
    table
        .iter()
        .find(|(known, _)| *known == code)
        .map(|(_, value)| *value)
        .ok_or(CredentialError::OutOfRange { what })
}

fn timestamp(reader: &mut Strict<'_>, what: &'static str) -> Result<Timestamp, CredentialError> {
    Timestamp::from_unix(reader.unsigned()?).ok_or(CredentialError::OutOfRange { what })
}

fn fixed<const N: usize>(reader: &mut Strict<'_>, what: &'static str) -> Result<[u8; N], CredentialError> {
    reader.bytes()?.try_into().map_err(|_| CredentialError::OutOfRange { what })
}

#[cfg(test)]
mod tests;
