//! Officers: two of them must approve what one person must not do alone, each with a key of their own.
//! Promises: an approval is for one operation, one case, one request of one province, and a few days; two approvals are of
//! two different officers on the list; the list itself changes by two approvals once it holds two.
//! Must not know: how an officer keeps the key (see [`key_file`]), what the operation does.
//!
//! The list is what the desk's log says, from its first line on: each change is a line with the officer's public key, and, once
//! there were two, with both approvals in full, which are verified each time the desk is opened. No file lists officers, so no
//! file laid into the desk's directory makes one. What remains to a thief who can write there: to rewrite the log from the line
//! of the second officer on, which a head kept elsewhere shows.

pub mod approval;
pub mod key_file;

use std::collections::BTreeSet;

use gate_proof::digest::{Digest, sha256};
use gate_proof::ed25519::PublicKey;
use gate_wire::time::Timestamp;

use crate::log::chain::ChainBroken;
use crate::log::entry::{ApprovedBy, CaseNumber, Line, OfficerNamed, Operation, Operator};
use crate::spelling;
use approval::{APPROVAL_MOST_BYTES, Approval, ApprovalRefused, Approved, Statement};

/// More officers than any desk has.
const OFFICERS_MOST: usize = 64;

/// The officers of a desk.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Officers {
    list: Vec<Officer>,
    /// Whether there were ever two: from then on two must approve each change.
    were_two: bool,
    /// Approvals that have served.
    spent: BTreeSet<[u8; 32]>,
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
    approved: [ApprovedBy; 2],
    ids: [Digest; 2],
}

impl TwoOfficers {
    fn of([one, other]: [&(&Officer, Approval); 2], approved: [ApprovedBy; 2]) -> TwoOfficers {
        TwoOfficers {
            statement: one.1.statement.clone(),
            names: [one.0.name.clone(), other.0.name.clone()],
            until: [one.1.until(), other.1.until()],
            ids: [one.1.id(), other.1.id()],
            approved,
        }
    }

    /// What they approved.
    pub fn statement(&self) -> &Statement {
        &self.statement
    }

    /// Who.
    pub fn names(&self) -> &[Operator; 2] {
        &self.names
    }

    /// Both approvals, as the log keeps them.
    pub fn approved(&self) -> &[ApprovedBy; 2] {
        &self.approved
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

/// Why the list is not changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OfficersRefused {
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
    /// Fewer than two would be left, and one person could go on alone.
    #[error("two officers must stay: add the successor first")]
    KeepTwo,
    /// Approvals that have served.
    #[error("these approvals have served already: ask again")]
    AskAgain,
    /// They approved something else.
    #[error("the two officers approved something else: {0}")]
    MatchApproved(String),
}

impl Officers {
    /// Every officer, in the order they were added.
    pub fn iter(&self) -> impl Iterator<Item = &Officer> {
        self.list.iter()
    }

    /// Adds an officer. Once there were two, two must have approved exactly this ([`Officers::request_to_add`]).
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
        self.were_two |= self.list.len() >= 2;
        self.spend(consent);
        Ok(())
    }

    /// Removes an officer. Once there were two, two stay, and two must have approved exactly this ([`Officers::request_to_remove`]).
    ///
    /// # Errors
    /// [`OfficersRefused`]; the list is as before.
    pub fn remove(
        &mut self,
        name: &Operator,
        consent: Option<&TwoOfficers>,
    ) -> Result<Officer, OfficersRefused> {
        let wanted = (Approved::OfficerRemove, Officers::request_to_remove(name));
        self.admit_change(&wanted, consent)?;
        let at = self.list.iter().position(|known| known.name == *name);
        let at = at.ok_or_else(|| OfficersRefused::FindOfficer(name.as_str().into()))?;
        if self.were_two && self.list.len() <= 2 {
            return Err(OfficersRefused::KeepTwo);
        }
        let gone = self.list.remove(at);
        self.spend(consent);
        Ok(gone)
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
        let (one, other) = (first?, second?);
        if one.0.name == other.0.name || one.0.key == other.0.key {
            return Err(ApprovalRefused::BeTwo);
        }
        let approved = [(one.0, approvals[0]), (other.0, approvals[1])].map(|(officer, bytes)| ApprovedBy {
            officer: officer.name.as_str().into(),
            key: key_in_words(&officer.key),
            approval: spelling::base64url_of(bytes),
        });
        Ok(TwoOfficers::of([&one, &other], approved))
    }

    /// Takes over what a line of the log says of officers and of approvals that have served.
    pub(crate) fn follow(&mut self, line: &Line, desk: Digest) -> Result<(), ChainBroken> {
        let refused = || ChainBroken::ApproveLine(line.line);
        let two = if line.approved.is_empty() { None } else { Some(self.proven(line).ok_or_else(refused)?) };
        match line.operation {
            Operation::OfficerAdd | Operation::OfficerRemove => {
                self.change(line, desk, two.as_ref()).ok_or_else(refused)
            }
            operation if operation.spends_approvals() => {
                self.spend(two.as_ref());
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn change(&mut self, line: &Line, desk: Digest, two: Option<&TwoOfficers>) -> Option<()> {
        if two.is_some_and(|two| two.statement.desk != desk) {
            return None;
        }
        let named = line.officer.as_ref()?;
        let (name, added) = (Operator::parse(&named.name)?, Timestamp::from_unix(line.at)?);
        let key = PublicKey::admit(&spelling::from_base64url(&named.key)?).ok()?;
        match line.operation {
            Operation::OfficerAdd => self.add(Officer { name, key, added }, two).ok(),
            _ => self.remove(&name, two).ok().filter(|gone| gone.key == key).map(|_| ()),
        }
    }

    /// The two approvals of a line: by two officers of the list as it was then, of one statement, not used before.
    fn proven(&self, line: &Line) -> Option<TwoOfficers> {
        let [one, other] = line.approved.as_slice() else { return None };
        let [one, other] = [one, other].map(|by| {
            let officer = self.list.iter().find(|known| known.name.as_str() == by.officer)?;
            let bytes = spelling::bytes_of_base64url(&by.approval, APPROVAL_MOST_BYTES)?;
            let approval = Approval::verify(&bytes, &officer.key).ok()?;
            (key_in_words(&officer.key) == by.key).then_some((officer, approval))
        });
        let (one, other) = (one?, other?);
        let approved = <[ApprovedBy; 2]>::try_from(line.approved.clone()).ok()?;
        let differ = one.0.key != other.0.key && one.1.statement == other.1.statement;
        let two = differ.then(|| TwoOfficers::of([&one, &other], approved))?;
        (!self.have_served(&two)).then_some(two)
    }

    /// Whether one of the approvals has served before.
    pub(crate) fn have_served(&self, two: &TwoOfficers) -> bool {
        two.ids.iter().any(|id| self.spent.contains(&id.0))
    }

    pub(crate) fn spend(&mut self, two: Option<&TwoOfficers>) {
        self.spent.extend(two.into_iter().flat_map(|two| two.ids).map(|id| id.0));
    }

    fn admit_one(
        &self,
        bytes: &[u8],
        wanted: &Statement,
        now: Timestamp,
        nth: usize,
    ) -> Result<(&Officer, Approval), ApprovalRefused> {
        let proven = self.list.iter().find_map(|officer| {
            let approval = Approval::verify(bytes, &officer.key).ok()?;
            Some((officer, approval))
        });
        let (officer, approval) = proven.ok_or(ApprovalRefused::KnowOfficer { nth })?;
        if approval.statement != *wanted {
            return Err(ApprovalRefused::MatchStatement { nth, found: approval.statement.in_words() });
        }
        approval.admit_time(now, nth)?;
        if self.spent.contains(&approval.id().0) {
            return Err(ApprovalRefused::SpendTwice { nth });
        }
        Ok((officer, approval))
    }

    fn admit_change(
        &self,
        (operation, request): &(Approved, String),
        consent: Option<&TwoOfficers>,
    ) -> Result<(), OfficersRefused> {
        match consent {
            None if !self.were_two => Ok(()),
            None => Err(OfficersRefused::AskTwo),
            Some(two) if self.have_served(two) => Err(OfficersRefused::AskAgain),
            Some(two) if two.statement.operation == *operation && two.statement.request == *request => Ok(()),
            Some(two) => Err(OfficersRefused::MatchApproved(two.statement.in_words())),
        }
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
    Statement::new((desk.origin(), desk.province.nature()), operation, case, request)
}

/// A public key as people hand it on: 43 characters of base64url.
pub fn key_in_words(key: &PublicKey) -> String {
    spelling::base64url(key.as_bytes())
}

impl Officer {
    /// As the log names the officer.
    pub fn named(&self) -> OfficerNamed {
        OfficerNamed { name: self.name.as_str().into(), key: key_in_words(&self.key) }
    }
}

/// A key's short id in an envelope: four bytes of its digest.
pub(crate) fn key_id(key: &PublicKey) -> gate_wire::cose::Kid {
    let Digest([a, b, c, d, ..]) = sha256(&[b"tianfu-gate/officer-key/1 ", key.as_bytes()]);
    gate_wire::cose::Kid([a, b, c, d])
}

#[cfg(test)]
mod tests;
