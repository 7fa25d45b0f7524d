//! The desk's officers: read from its log, changed by a line in it.
//! Promises: no officer who is not in the log; a change is a line first, with both approvals.
//! Must not know: how officers are asked.

use std::sync::PoisonError;

use gate_proof::digest::sha256;
use gate_proof::ed25519::PublicKey;

use super::{Desk, DeskError};
use crate::log::entry::{Entry, Operation, Operator};
use crate::officers::approval::ApprovalRefused;
use crate::officers::{Officer, Officers, TwoOfficers};

impl Desk {
    /// The officers, and which approvals have served.
    pub fn officers(&self) -> &Officers {
        &self.officers
    }

    /// Adds an officer; once there were two, two must have approved it.
    ///
    /// # Errors
    /// [`DeskError`]; the list is as before.
    pub fn add_officer(
        &mut self,
        name: &Operator,
        key: &PublicKey,
        consent: Option<&TwoOfficers>,
    ) -> Result<(), DeskError> {
        let officer = Officer { name: name.clone(), key: *key, added: self.log.now() };
        let mut changed = self.officers.clone();
        changed.add(officer.clone(), consent)?;
        let request = Officers::request_to_add(name, key);
        self.tell(Operation::OfficerAdd, (&officer, &request), consent)?;
        self.officers = changed;
        Ok(())
    }

    /// Removes an officer; once there were two, two must have approved it, and two stay.
    ///
    /// # Errors
    /// [`DeskError`]; the list is as before.
    pub fn remove_officer(
        &mut self,
        name: &Operator,
        consent: Option<&TwoOfficers>,
    ) -> Result<(), DeskError> {
        let mut changed = self.officers.clone();
        let officer = changed.remove(name, consent)?;
        self.tell(Operation::OfficerRemove, (&officer, &Officers::request_to_remove(name)), consent)?;
        self.officers = changed;
        Ok(())
    }

    /// Lets two approvals serve, once: whoever writes a line that spends them asks first. Two such lines would stop the desk.
    pub(crate) fn serve_once(&self, two: &TwoOfficers) -> Result<(), ApprovalRefused> {
        let mut served = self.served.lock().unwrap_or_else(PoisonError::into_inner);
        if self.officers.have_served(two) || served.have_served(two) {
            return Err(ApprovalRefused::SpendTwice { nth: 1 });
        }
        served.spend(Some(two));
        Ok(())
    }

    fn tell(
        &self,
        operation: Operation,
        (officer, request): (&Officer, &str),
        consent: Option<&TwoOfficers>,
    ) -> Result<(), DeskError> {
        let digest = consent.map_or_else(|| sha256(&[request.as_bytes()]), TwoOfficers::digest);
        let named = officer.named();
        self.log.note(&Entry {
            digest: Some(digest),
            case: consent.map(|two| two.statement().case()),
            officer: Some(&named),
            approved: consent.map_or(&[], |two| two.approved()),
            ..Entry::of(operation)
        })?;
        Ok(())
    }
}
