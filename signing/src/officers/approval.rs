//! An officer's approval: a COSE_Sign1 by the officer's own key over a closed statement.
//! Promises: the statement is text that the officer can read; one spelling only; what is signed names the province, the
//! operation, the case, the request and the time.
//! Must not know: who is an officer.
//!
//! Payload: JSON, keys in this order, no blanks: `{"format":1,"desk":HEX,"operation":…,"case":…,"request":…,"at":SECONDS}`.
//! `desk` is what the desk's log begins with (region and salt, hashed), so that no approval serves another province. A demo's
//! has `"demo":true` after it.

use gate_core::manifest::Demo;
use gate_proof::cose::{Aad, verify};
use gate_proof::digest::{Digest, sha256};
use gate_proof::ed25519::{PublicKey, SigningFault, SigningKey};
use gate_wire::cose::Sign1;
use gate_wire::time::Timestamp;
use serde::{Deserialize, Serialize};

use super::key_id;
use crate::custody::CustodyFault;
use crate::envelope::{self, EnvelopeRefused};
use crate::log::entry::CaseNumber;
use crate::spelling;

/// How long an approval holds, in seconds: three days, so that a request made on a Friday evening can be carried out.
pub const APPROVAL_LIFE_S: u64 = 3 * 86_400;
/// How far an officer's clock may be ahead of the desk's, in seconds.
pub const CLOCK_SLACK_S: u64 = 300;
/// The longest request, in characters.
pub const REQUEST_MOST: usize = 256;
/// The longest approval, in bytes.
pub const APPROVAL_MOST_BYTES: usize = 1024;

/// What takes two officers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Approved {
    /// Records are opened for a lawful request.
    OpenRecords,
    /// Day keys are destroyed before their retention ends.
    DestroyDayKeys,
    /// An officer is added.
    OfficerAdd,
    /// An officer is removed.
    OfficerRemove,
    /// The wrapping key is lost: the day keys under it are given up, and a new vault begins.
    RenewDayKeys,
}

/// What is approved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    pub(super) desk: Digest,
    nature: Demo,
    pub(super) operation: Approved,
    case: CaseNumber,
    pub(super) request: String,
}

/// A statement with an officer's signature on it, verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Approval {
    /// What was approved.
    pub statement: Statement,
    /// When, by the officer's clock.
    pub at: Timestamp,
    by: PublicKey,
}

/// Why an approval, or the two of them, are none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ApprovalRefused {
    /// The request cannot be written.
    #[error("a request has 1 to {REQUEST_MOST} printable ASCII characters")]
    WriteRequest,
    /// The text is no statement.
    #[error("this is no statement for officers")]
    ReadStatement,
    /// No officer on the list signed it.
    #[error("approval {nth} is no approval, or none by an officer on this desk's list")]
    KnowOfficer {
        /// Which of the two.
        nth: usize,
    },
    /// It approves something else.
    #[error("approval {nth} is for something else: {found}")]
    MatchStatement {
        /// Which of the two.
        nth: usize,
        /// What it is for.
        found: String,
    },
    /// Too old.
    #[error("approval {nth} is older than {} hours: ask again", APPROVAL_LIFE_S / 3600)]
    OutliveApproval {
        /// Which of the two.
        nth: usize,
    },
    /// It has served before.
    #[error("approval {nth} has served already: an approval serves once, ask again")]
    SpendTwice {
        /// Which of the two.
        nth: usize,
    },
    /// From the future.
    #[error("approval {nth} is dated {ahead_s} s ahead of this desk's clock")]
    WaitForApproval {
        /// Which of the two.
        nth: usize,
        /// How far.
        ahead_s: u64,
    },
    /// One officer twice.
    #[error("both approvals are the same officer's")]
    BeTwo,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StatementText {
    format: u8,
    desk: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    demo: Option<bool>,
    operation: Approved,
    case: String,
    request: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    at: Option<u64>,
}

impl Statement {
    pub(crate) fn new(
        (desk, nature): (Digest, Demo),
        operation: Approved,
        case: &CaseNumber,
        request: &str,
    ) -> Result<Statement, ApprovalRefused> {
        // A quote or a backslash would be spelled in two ways.
        let plain = |byte: u8| (b' '..=b'~').contains(&byte) && byte != b'"' && byte != b'\\';
        if !(1..=REQUEST_MOST).contains(&request.len()) || !request.bytes().all(plain) {
            return Err(ApprovalRefused::WriteRequest);
        }
        Ok(Statement { desk, nature, operation, case: case.clone(), request: request.to_owned() })
    }

    /// The case.
    pub fn case(&self) -> &CaseNumber {
        &self.case
    }

    /// What is approved, in the operation's own words.
    pub fn request(&self) -> &str {
        &self.request
    }

    /// Whether it is of a demo: at a real desk nobody approves at a told time.
    pub fn nature(&self) -> Demo {
        self.nature
    }

    /// The kind of operation.
    pub fn operation(&self) -> Approved {
        self.operation
    }

    /// As the file that goes to the officers.
    pub fn to_text(&self) -> String {
        self.text(None)
    }

    /// What [`Statement::to_text`] wrote.
    ///
    /// # Errors
    /// [`ApprovalRefused::ReadStatement`].
    pub fn from_text(text: &str) -> Result<Statement, ApprovalRefused> {
        let (statement, at) = parse(text.trim_end()).ok_or(ApprovalRefused::ReadStatement)?;
        if at.is_some() { Err(ApprovalRefused::ReadStatement) } else { Ok(statement) }
    }

    /// As the officer reads it before signing.
    pub fn in_words(&self) -> String {
        let Digest([a, b, c, d, ..]) = self.desk;
        let case = self.case.as_str();
        let demo = if self.nature == Demo::Yes { "DEMO " } else { "" };
        format!(
            "{demo}desk {a:02x}{b:02x}{c:02x}{d:02x}, case {case}, {:?}: {}",
            self.operation, self.request
        )
    }

    pub(super) fn digest(&self) -> Digest {
        sha256(&[self.to_text().as_bytes()])
    }

    fn text(&self, at: Option<Timestamp>) -> String {
        let text = StatementText {
            format: 1,
            desk: spelling::hex(&self.desk.0),
            demo: (self.nature == Demo::Yes).then_some(true),
            operation: self.operation,
            case: self.case.as_str().into(),
            request: self.request.clone(),
            at: at.map(Timestamp::unix),
        };
        // Texts and numbers always are JSON.
        serde_json::to_string(&text).unwrap_or_default()
    }
}

impl Approval {
    /// Signs `statement` as the holder of `key`, at the officer's own machine.
    ///
    /// # Errors
    /// [`SigningFault`].
    pub fn sign(statement: &Statement, at: Timestamp, key: &SigningKey) -> Result<Vec<u8>, SigningFault> {
        let (payload, kid) = (statement.text(Some(at)), key_id(&key.public_key()));
        let signed = envelope::sign1::<APPROVAL_MOST_BYTES>(
            kid,
            Aad::OfficerApproval,
            payload.as_bytes(),
            |message| Ok(key.sign(message)?),
        );
        // A statement is bounded below what an envelope holds: what remains is a signature that does not verify.
        signed.map_err(|refused| match refused {
            EnvelopeRefused::Sign(CustodyFault::Sign(fault)) => fault,
            _ => SigningFault,
        })
    }

    /// The approval in `bytes`, if `key` signed it and it has the one spelling.
    ///
    /// # Errors
    /// [`ApprovalRefused::ReadStatement`].
    pub fn verify(bytes: &[u8], key: &PublicKey) -> Result<Approval, ApprovalRefused> {
        let refused = ApprovalRefused::ReadStatement;
        let bounded = (bytes.len() <= APPROVAL_MOST_BYTES).then_some(bytes).ok_or(refused.clone())?;
        let message = Sign1::parse(bounded).map_err(|_| refused.clone())?;
        let proven = verify(&message, Aad::OfficerApproval, key).map_err(|_| refused.clone())?;
        let text = core::str::from_utf8(proven.payload()).map_err(|_| refused.clone())?;
        match parse(text) {
            Some((statement, Some(at))) => Ok(Approval { statement, at, by: *key }),
            _ => Err(refused),
        }
    }

    /// What it is remembered by once it has served: who, what, when; not its bytes, of which a signer can make others.
    pub(crate) fn id(&self) -> Digest {
        let (key, text) = (self.by.as_bytes(), self.statement.text(Some(self.at)));
        sha256(&[b"tianfu-gate/approval/1 ", key, text.as_bytes()])
    }

    /// Until when it holds.
    pub fn until(&self) -> Timestamp {
        self.at.plus(APPROVAL_LIFE_S)
    }

    pub(super) fn admit_time(&self, now: Timestamp, nth: usize) -> Result<(), ApprovalRefused> {
        match self.at.since(now) {
            ahead_s if ahead_s > CLOCK_SLACK_S => Err(ApprovalRefused::WaitForApproval { nth, ahead_s }),
            _ if now >= self.until() => Err(ApprovalRefused::OutliveApproval { nth }),
            _ => Ok(()),
        }
    }
}

/// Only the one spelling: what is read must be written the same again.
fn parse(text: &str) -> Option<(Statement, Option<Timestamp>)> {
    let read: StatementText = serde_json::from_str(text).ok()?;
    let desk = Digest(gate_core::json::hex(&read.desk)?);
    let case = CaseNumber::parse(&read.case)?;
    let nature = if read.demo == Some(true) { Demo::Yes } else { Demo::No };
    let statement = Statement::new((desk, nature), read.operation, &case, &read.request).ok()?;
    let at = match read.at {
        Some(seconds) => Some(Timestamp::from_unix(seconds)?),
        None => None,
    };
    (read.format == 1 && statement.text(at) == text).then_some((statement, at))
}
