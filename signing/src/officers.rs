//! Officers: two of them must approve what one person must not do alone, each with a key of their own.
//! Promises: an approval is for one operation, one case, one request of one province, and a few days; two approvals are of
//! two different officers on the list; the list itself changes by two approvals once it holds two.
//! Must not know: how an officer keeps the key (see [`key_file`]), what the operation does.
//!
//! The list is `officers.json` in the desk's directory: names, public keys, when added. Whoever can write that file can put
//! officers in: what shows it is the log, which has a line for each change, and the approvals, which name their keys.

pub mod approval;
pub mod key_file;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use gate_proof::digest::{Digest, sha256};
use gate_proof::ed25519::PublicKey;
use gate_wire::time::Timestamp;
use serde::{Deserialize, Serialize};

use crate::log::entry::{CaseNumber, Operator};
use crate::spelling;
use crate::staging::{self, Readers};
use approval::{Approval, ApprovalRefused, Approved, Statement};

/// The list's file in the desk's directory.
pub const OFFICERS_FILE: &str = "officers.json";
/// More officers than any desk has.
const OFFICERS_MOST: usize = 64;
const MAX_FILE_BYTES: u64 = 1 << 16;

/// The officers of a desk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Officers {
    list: Vec<Officer>,
}

/// One of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Officer {
    /// The short name, as an operator's.
    pub name: Operator,
    /// The public half of the officer's own key.
    pub key: PublicKey,
    /// Since when.
    pub added: Timestamp,
}

/// Two officers approved one thing.
///
/// Having one tells you: two different keys of the list signed exactly this statement, neither longer ago than it may be.
/// It stops one person, or one person twice, from doing what takes two. It does **not** tell you that the case is lawful.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TwoOfficers {
    statement: Statement,
    names: [Operator; 2],
    until: [Timestamp; 2],
}

impl TwoOfficers {
    /// What they approved.
    pub fn statement(&self) -> &Statement {
        &self.statement
    }

    /// Who.
    pub fn names(&self) -> &[Operator; 2] {
        &self.names
    }

    /// Until when each approval holds.
    pub fn until(&self) -> [Timestamp; 2] {
        self.until
    }

    /// The digest of what was approved, for the log.
    pub fn digest(&self) -> Digest {
        self.statement.digest()
    }
}

/// Why the list is not read, kept or changed.
#[derive(Debug, thiserror::Error)]
pub enum OfficersRefused {
    /// The file could not be read or written.
    #[error("{}", .path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It is no list of officers.
    #[error("{} is no list of officers", .0.display())]
    ReadList(PathBuf),
    /// There is one of this name, or with this key.
    #[error("there is an officer of this name, or with this key, already")]
    AddTwice,
    /// There is none of this name.
    #[error("there is no officer {0}")]
    FindOfficer(String),
    /// The list is full.
    #[error("a desk has at most {OFFICERS_MOST} officers")]
    FitList,
    /// Two officers must approve it.
    #[error("two officers must approve this: `gate-sign officer request` writes what each signs")]
    AskTwo,
    /// They approved something else.
    #[error("the two officers approved something else: {0}")]
    MatchApproved(String),
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ListText {
    format: u8,
    officers: Vec<OfficerText>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct OfficerText {
    name: String,
    key: String,
    added: u64,
}

impl Officers {
    /// Those of the desk in `directory`; none if it never had one.
    ///
    /// # Errors
    /// [`OfficersRefused`].
    pub fn load(directory: &Path) -> Result<Officers, OfficersRefused> {
        let path = directory.join(OFFICERS_FILE);
        let text = match fs::metadata(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Ok(Officers { list: Vec::new() });
            }
            Ok(about) if about.len() > MAX_FILE_BYTES => return Err(OfficersRefused::ReadList(path)),
            _ => fs::read_to_string(&path)
                .map_err(|source| OfficersRefused::File { path: path.clone(), source })?,
        };
        Officers::from_text(&text).ok_or(OfficersRefused::ReadList(path))
    }

    /// Keeps the list.
    ///
    /// # Errors
    /// [`OfficersRefused::File`].
    pub fn save(&self, directory: &Path) -> Result<(), OfficersRefused> {
        let path = directory.join(OFFICERS_FILE);
        staging::replace(&path, self.to_text().as_bytes(), Readers::Owner)
            .map_err(|source| OfficersRefused::File { path, source })
    }

    /// Every officer, in the order they were added.
    pub fn iter(&self) -> impl Iterator<Item = &Officer> {
        self.list.iter()
    }

    /// Adds an officer. From the third on, two must have approved exactly this ([`Officers::request_to_add`]).
    ///
    /// # Errors
    /// [`OfficersRefused`]; the list is as before.
    pub fn add(&mut self, officer: Officer, consent: Option<&TwoOfficers>) -> Result<(), OfficersRefused> {
        let wanted = (Approved::OfficerAdd, Officers::request_to_add(&officer.name, &officer.key));
        self.admit_change(&wanted, consent)?;
        if self.list.iter().any(|known| known.name == officer.name || known.key == officer.key) {
            return Err(OfficersRefused::AddTwice);
        }
        if self.list.len() >= OFFICERS_MOST {
            return Err(OfficersRefused::FitList);
        }
        self.list.push(officer);
        Ok(())
    }

    /// Removes an officer. While there are two, two must have approved exactly this ([`Officers::request_to_remove`]).
    ///
    /// # Errors
    /// [`OfficersRefused`]; the list is as before.
    pub fn remove(&mut self, name: &Operator, consent: Option<&TwoOfficers>) -> Result<(), OfficersRefused> {
        let wanted = (Approved::OfficerRemove, Officers::request_to_remove(name));
        self.admit_change(&wanted, consent)?;
        let at = self.list.iter().position(|known| known.name == *name);
        self.list.remove(at.ok_or_else(|| OfficersRefused::FindOfficer(name.as_str().into()))?);
        Ok(())
    }

    /// What officers sign so that another is added.
    pub fn request_to_add(name: &Operator, key: &PublicKey) -> String {
        format!("add officer {} with key {}", name.as_str(), spelling::base64url(key.as_bytes()))
    }

    /// What officers sign so that one is removed.
    pub fn request_to_remove(name: &Operator) -> String {
        format!("remove officer {}", name.as_str())
    }

    /// Two approvals of exactly `wanted`, by two different officers of this list, at the time `now`.
    ///
    /// # Errors
    /// [`ApprovalRefused`], naming which of the two.
    pub fn admit(
        &self,
        approvals: [&[u8]; 2],
        wanted: &Statement,
        now: Timestamp,
    ) -> Result<TwoOfficers, ApprovalRefused> {
        let [first, second] = [0, 1].map(|nth| self.admit_one(approvals[nth], wanted, now, nth + 1));
        let ((a, until_a), (b, until_b)) = (first?, second?);
        if a.name == b.name || a.key == b.key {
            return Err(ApprovalRefused::BeTwo);
        }
        let names = [a.name.clone(), b.name.clone()];
        Ok(TwoOfficers { statement: wanted.clone(), names, until: [until_a, until_b] })
    }

    fn admit_one(
        &self,
        bytes: &[u8],
        wanted: &Statement,
        now: Timestamp,
        nth: usize,
    ) -> Result<(&Officer, Timestamp), ApprovalRefused> {
        let proven = self.list.iter().find_map(|officer| {
            let approval = Approval::verify(bytes, &officer.key).ok()?;
            Some((officer, approval))
        });
        let (officer, approval) = proven.ok_or(ApprovalRefused::KnowOfficer { nth })?;
        if approval.statement != *wanted {
            return Err(ApprovalRefused::MatchStatement { nth, found: approval.statement.in_words() });
        }
        approval.admit_time(now, nth)?;
        Ok((officer, approval.until()))
    }

    fn admit_change(
        &self,
        (operation, request): &(Approved, String),
        consent: Option<&TwoOfficers>,
    ) -> Result<(), OfficersRefused> {
        match consent {
            None if self.list.len() < 2 => Ok(()),
            None => Err(OfficersRefused::AskTwo),
            Some(two) if two.statement.operation == *operation && two.statement.request == *request => Ok(()),
            Some(two) => Err(OfficersRefused::MatchApproved(two.statement.in_words())),
        }
    }

    fn to_text(&self) -> String {
        let officer = |one: &Officer| OfficerText {
            name: one.name.as_str().into(),
            key: spelling::base64url(one.key.as_bytes()),
            added: one.added.unix(),
        };
        let text = ListText { format: 1, officers: self.list.iter().map(officer).collect() };
        // Names, keys and numbers always are JSON.
        serde_json::to_string_pretty(&text).unwrap_or_default()
    }

    fn from_text(text: &str) -> Option<Officers> {
        let read: ListText = serde_json::from_str(text).ok()?;
        let officer = |one: OfficerText| {
            let key = PublicKey::admit(&spelling::from_base64url(&one.key)?).ok()?;
            let (name, added) = (Operator::parse(&one.name)?, Timestamp::from_unix(one.added)?);
            Some(Officer { name, key, added })
        };
        let list: Option<Vec<Officer>> = read.officers.into_iter().map(officer).collect();
        let list = list.filter(|list| read.format == 1 && list.len() <= OFFICERS_MOST)?;
        let twice = |(at, one): (usize, &Officer)| {
            list[..at].iter().any(|other| other.name == one.name || other.key == one.key)
        };
        if list.iter().enumerate().any(twice) { None } else { Some(Officers { list }) }
    }
}

/// What is approved at this desk, for this case: the words are the operation's own, in one spelling.
///
/// # Errors
/// [`ApprovalRefused::WriteRequest`].
pub fn statement(
    desk: &crate::desk::Desk,
    operation: Approved,
    case: &CaseNumber,
    request: &str,
) -> Result<Statement, ApprovalRefused> {
    Statement::new(desk.origin(), operation, case, request)
}

/// A public key as people hand it on: 43 characters of base64url.
pub fn key_in_words(key: &PublicKey) -> String {
    spelling::base64url(key.as_bytes())
}

/// A key's short id in an envelope: four bytes of its digest.
pub(crate) fn key_id(key: &PublicKey) -> gate_wire::cose::Kid {
    let Digest([a, b, c, d, ..]) = sha256(&[b"tianfu-gate/officer-key/1 ", key.as_bytes()]);
    gate_wire::cose::Kid([a, b, c, d])
}

#[cfg(test)]
mod tests;
