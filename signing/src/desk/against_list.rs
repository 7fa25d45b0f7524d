//! A colour that is to be signed by hand, held against the desk's own list.
//! Promises: only this province's issuers are held to it: nobody states a colour from our list in another's name; who is
//! not on a list of everybody has no colour to contradict.
//! Must not know: who insists, and how.

use gate_core::keyset::KeySetError;
use gate_status::{Answer, ListFault, Scope, StatusList};
use gate_wire::cose::Kid;
use gate_wire::credential::{Colour, Condition};
use gate_wire::document::Document;
use gate_wire::time::Timestamp;

use super::Desk;
use crate::issue::Claim;
use crate::list::ListNotOpened;
use crate::province::SubjectNotMade;

/// What the list says instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Its colour.
    pub colour: Colour,
    /// As of when.
    pub as_of: Timestamp,
}

/// Why the list could not be asked.
#[derive(Debug, thiserror::Error)]
pub enum ListNotAsked {
    /// It cannot be opened.
    #[error(transparent)]
    Open(#[from] ListNotOpened),
    /// It cannot be read where this person would be.
    #[error("status-list.db is damaged")]
    Read(#[from] ListFault),
    /// No subject of this document.
    #[error(transparent)]
    Subject(#[from] SubjectNotMade),
    /// The register is not fit for terminals.
    #[error("the register would be refused by every terminal")]
    LoadRegister(#[from] KeySetError),
}

impl Desk {
    /// The colour that the list last built at this desk says of a document's holder, where the issuer `kid` is about to sign
    /// another. Without a list there is nothing to hold it against. Deltas made since are not asked.
    ///
    /// # Errors
    /// [`ListNotAsked`]: then nobody knows.
    pub fn against_list(
        &self,
        kid: Kid,
        claim: Claim,
        document: &Document,
    ) -> Result<Option<Listed>, ListNotAsked> {
        let (Claim::Screen(Condition::Colour(said)) | Claim::Paper(Condition::Colour(said))) = claim else {
            return Ok(None);
        };
        let (path, keys) = (self.status_file(), self.province.key_set()?);
        let ours = keys.find(kid).is_some_and(|key| key.region().same_province(self.province.region()));
        if !ours || !path.exists() {
            return Ok(None);
        }
        let list = self.province.open_list(&path)?;
        let head = list.head();
        let colour = match list.find(&self.province.subject(document)?)? {
            Answer::Listed(colour) => colour,
            Answer::NotListed if head.scope == Scope::Exceptions => Colour::Green,
            Answer::NotListed => return Ok(None),
        };
        Ok((colour != said).then_some(Listed { colour, as_of: head.as_of }))
    }
}
