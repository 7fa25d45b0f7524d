//! Revoked credentials, and "void all before" by person (DOMAIN §17).
//! Promises: sorted, no entry twice, and never more than a terminal can hold; only subjects, no numbers.
//! Must not know: whose they are.

use gate_core::believed::{BelievedError, Revocations};
use gate_proof::subject::Subject;
use gate_wire::credential::CredentialId;
use gate_wire::time::Timestamp;
use serde::{Deserialize, Serialize};

use crate::spelling;

/// The list of revocations.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RevocationList {
    credentials: Vec<String>,
    void_before: Vec<VoidBefore>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct VoidBefore {
    subject: String,
    before: u64,
}

#[derive(Serialize)]
struct Document<'a> {
    format: u8,
    version: u32,
    credentials: &'a [String],
    void_before: &'a [VoidBefore],
}

impl RevocationList {
    /// Revokes one credential.
    ///
    /// # Errors
    /// [`BelievedError`] when terminals could not hold the list any more; it is as before then.
    pub fn revoke(&mut self, id: CredentialId) -> Result<(), BelievedError> {
        let mut changed = self.clone();
        changed.credentials.push(spelling::hex(&id.0));
        changed.credentials.sort();
        changed.credentials.dedup();
        self.replace(changed)
    }

    /// Voids everything of `subject` issued before `before`; an earlier order for the same person is overtaken.
    ///
    /// # Errors
    /// As [`RevocationList::revoke`].
    pub fn void_before(&mut self, subject: &Subject, before: Timestamp) -> Result<(), BelievedError> {
        let mut changed = self.clone();
        let subject = spelling::hex(subject.as_bytes());
        let earlier = changed.void_before.iter().find(|void| void.subject == subject).map(|void| void.before);
        let before = before.unix().max(earlier.unwrap_or(0));
        changed.void_before.retain(|void| void.subject != subject);
        changed.void_before.push(VoidBefore { subject, before });
        changed.void_before.sort_by(|a, b| a.subject.cmp(&b.subject));
        self.replace(changed)
    }

    /// The document that terminals read.
    ///
    /// # Errors
    /// Serialising plain data to memory does not fail; the type cannot say so.
    pub fn document(&self, version: u32) -> Result<String, serde_json::Error> {
        let (credentials, void_before) = (&self.credentials, &self.void_before);
        serde_json::to_string(&Document { format: 1, version, credentials, void_before })
    }

    fn replace(&mut self, changed: RevocationList) -> Result<(), BelievedError> {
        Revocations::load(changed.document(1).unwrap_or_default().as_bytes())?;
        *self = changed;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_that_no_terminal_could_hold_is_refused_and_stays_as_it_was() {
        let mut list = RevocationList::default();
        for i in 0..512_u64 {
            list.revoke(CredentialId(i.to_be_bytes())).unwrap();
        }
        let full = list.clone();
        list.revoke(CredentialId([255; 8])).unwrap_err();
        assert_eq!(list, full);
        list.revoke(CredentialId([0; 8])).unwrap();
        assert_eq!(list, full, "revoking twice adds nothing");
    }

    #[test]
    fn the_later_order_for_a_person_holds() {
        let mut list = RevocationList::default();
        let (person, at) = (Subject::from_bytes([7; 12]), |s| Timestamp::from_unix(s).unwrap());
        for before in [1000, 3000, 2000] {
            list.void_before(&person, at(before)).unwrap();
        }
        assert_eq!(list.void_before, [VoidBefore { subject: "07".repeat(12), before: 3000 }]);
    }
}
