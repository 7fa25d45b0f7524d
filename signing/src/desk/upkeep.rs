//! The desk's own upkeep: its log's head handed out and read back, its passphrase changed.
//! Promises: a signed head is of the log with the line that tells of the signing.
//! Must not know: what the keys are otherwise used for.

use gate_proof::cose::{Aad, verify};
use gate_proof::ed25519::PublicKey;
use gate_wire::cose::{Kid, Sign1};

use super::access::Access;
use super::{Desk, DeskError, KEYS_DIRECTORY};
use crate::custody::CustodyFault;
use crate::custody::age_files::AgeKeys;
use crate::envelope::{self, EnvelopeRefused};
use crate::key_name::KeyName;
use crate::key_ring::Work;
use crate::log::Head;
use crate::log::entry::Operation;

/// What the root is called in an envelope.
const ROOT_KID: Kid = Kid(*b"root");
const HEAD_MOST_BYTES: usize = 512;

/// Why a head that was written down is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this is no head of this desk's log, printed or signed by its root")]
pub struct HeadRefused;

impl Desk {
    /// The log's head, signed by the root: a COSE_Sign1 over the text of [`Head::to_text`].
    ///
    /// # Errors
    /// [`DeskError`].
    pub fn sign_log_head(&self) -> Result<(Head, Vec<u8>), DeskError> {
        let work = Work { operation: Operation::SignLogHead, most: 1, case: None };
        let root = self.province.begin(KeyName::Root, &work)?;
        let head = self.log.verify()?;
        let sign = |message: &[u8]| root.sign(message);
        let text = head.to_text();
        let signed = envelope::sign1::<HEAD_MOST_BYTES>(ROOT_KID, Aad::DeskLogHead, text.as_bytes(), sign);
        match signed {
            Ok(signed) => Ok((head, signed)),
            Err(EnvelopeRefused::Sign(fault)) => Err(fault.into()),
            Err(EnvelopeRefused::FitRoom) => Err(CustodyFault::FitPurpose(KeyName::Root).into()),
        }
    }

    /// Asks custody, once a command, whether the state in force is this desk's own word: before a change of it is told to the
    /// log, and for whoever uses no key.
    ///
    /// # Errors
    /// [`CustodyFault::BelieveState`], and what asking can meet.
    pub fn admit_state(&self) -> Result<(), CustodyFault> {
        self.province.keys.admit_state()
    }

    /// Whether custody sealed every line that put a state in force. Gives how many there are; `None` in a desk whose keys are
    /// everybody's.
    ///
    /// # Errors
    /// [`DeskError`], naming the first that it did not.
    pub fn verify_states(&self) -> Result<Option<u64>, DeskError> {
        let Some(voucher) = self.province.keys.voucher()? else { return Ok(None) };
        let (mut count, mut wrong) = (0, None);
        self.log.for_each(|line| {
            if line.operation == Operation::KeepState {
                count += 1;
                if !line.is_sealed_by(&voucher) {
                    wrong.get_or_insert(line.line);
                }
            }
        })?;
        wrong.map_or(Ok(Some(count)), |line| Err(DeskError::SealState { line }))
    }

    /// A head written down earlier: as text, or signed by this desk's root.
    ///
    /// # Errors
    /// [`DeskError`].
    pub fn read_head(&self, bytes: &[u8]) -> Result<Head, DeskError> {
        if let Some(head) = core::str::from_utf8(bytes).ok().and_then(Head::from_text) {
            return Ok(head);
        }
        let public = self.province.keys.public(KeyName::Root)?.ok_or(HeadRefused)?;
        let key = PublicKey::admit(&public).map_err(|_| HeadRefused)?;
        let message = Sign1::parse(bytes).map_err(|_| HeadRefused)?;
        let proven = verify(&message, Aad::DeskLogHead, &key).map_err(|_| HeadRefused)?;
        let text = core::str::from_utf8(proven.payload()).map_err(|_| HeadRefused)?;
        Ok(Head::from_text(text).ok_or(HeadRefused)?)
    }

    /// Puts the encrypted keys under a new passphrase.
    ///
    /// # Errors
    /// [`DeskError`]: then the old one holds.
    pub fn change_passphrase(&self, access: &Access) -> Result<(), DeskError> {
        if self.is_plain() {
            return Err(DeskError::FindPassphrase);
        }
        let keys = self.directory.join(KEYS_DIRECTORY);
        let age = AgeKeys::open((&self.directory, &keys), access.prompt.clone());
        Ok(age.change_passphrase(self.province.nature())?)
    }
}
