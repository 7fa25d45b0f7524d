//! The list of revocations as the desk keeps it between commands.
//! Promises: a damaged, shortened or older file is refused: an entry that is lost would make a revoked code good again.
//! Must not know: where the file lies.
//!
//! "TFREVD01" · version u32 · changed u64 · credentials u32 · people u32 · credentials (kid 4, id 8, over u32) ·
//! people (subject 12, before u32, over u32) · SHA-256 of all that; big-endian, both in ascending order.

use gate_proof::digest::sha256;
use gate_proof::subject::Subject;
use gate_status::{RevokedCredential, VoidBefore};
use gate_wire::cose::Kid;
use gate_wire::credential::CredentialId;
use gate_wire::time::Timestamp;

use super::{Credential, Person, RevocationList};

const MAGIC: &[u8; 8] = b"TFREVD01";
const HEAD_BYTES: usize = 28;
const CREDENTIAL_BYTES: usize = 16;
const PERSON_BYTES: usize = 20;
const DIGEST_BYTES: usize = 32;

/// Why a kept list is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeptRefused {
    /// Its bytes are not those that were written.
    #[error("it is damaged")]
    Damaged,
    /// An older one than the desk's state speaks of.
    #[error("it is version {found}, the desk was at version {expected}")]
    Older {
        /// Its version.
        found: u32,
        /// The version in the desk's state.
        expected: u32,
    },
    /// Its entries are out of order.
    #[error("its entries are out of order")]
    Disordered,
}

impl RevocationList {
    /// The bytes to keep.
    pub(crate) fn to_kept(&self) -> Vec<u8> {
        let counts = [self.credentials.len(), self.people.len()];
        let mut bytes =
            Vec::with_capacity(HEAD_BYTES + counts[0] * CREDENTIAL_BYTES + counts[1] * PERSON_BYTES);
        bytes.extend_from_slice(MAGIC);
        bytes.extend_from_slice(&self.version.to_be_bytes());
        bytes.extend_from_slice(&self.changed.unix().to_be_bytes());
        for count in counts {
            bytes.extend_from_slice(&(count as u32).to_be_bytes());
        }
        for Credential { of, over } in &self.credentials {
            bytes.extend_from_slice(&of.kid.0);
            bytes.extend_from_slice(&of.id.0);
            bytes.extend_from_slice(&seconds(*over));
        }
        for Person { void, over } in &self.people {
            bytes.extend_from_slice(void.subject.as_bytes());
            bytes.extend_from_slice(&seconds(void.before));
            bytes.extend_from_slice(&seconds(*over));
        }
        let digest = sha256(&[&bytes]);
        bytes.extend_from_slice(digest.as_bytes());
        bytes
    }

    /// The list that was kept, not older than `expected`.
    ///
    /// # Errors
    /// [`KeptRefused`].
    pub(crate) fn from_kept(bytes: &[u8], expected: u32) -> Result<RevocationList, KeptRefused> {
        let end = bytes.len().checked_sub(DIGEST_BYTES).ok_or(KeptRefused::Damaged)?;
        let (body, digest) = bytes.split_at(end);
        if sha256(&[body]).as_bytes() != digest {
            return Err(KeptRefused::Damaged);
        }
        let list = read(body).ok_or(KeptRefused::Damaged)?;
        if list.version < expected {
            return Err(KeptRefused::Older { found: list.version, expected });
        }
        let ordered = list.credentials.windows(2).all(|pair| pair[0].of < pair[1].of)
            && list
                .people
                .windows(2)
                .all(|pair| pair[0].void.subject.as_bytes() < pair[1].void.subject.as_bytes());
        if ordered { Ok(list) } else { Err(KeptRefused::Disordered) }
    }
}

fn read(body: &[u8]) -> Option<RevocationList> {
    let (head, rows) = body.split_at_checked(HEAD_BYTES)?;
    if head[..8] != *MAGIC {
        return None;
    }
    let counts = [u32_at(head, 20)? as usize, u32_at(head, 24)? as usize];
    let (credentials, people) = rows.split_at_checked(counts[0].checked_mul(CREDENTIAL_BYTES)?)?;
    if people.len() != counts[1].checked_mul(PERSON_BYTES)? {
        return None;
    }
    let changed = u64::from(u32_at(head, 12)?) << 32 | u64::from(u32_at(head, 16)?);
    Some(RevocationList {
        version: u32_at(head, 8)?,
        changed: Timestamp::from_unix(changed)?,
        credentials: credentials.chunks_exact(CREDENTIAL_BYTES).map(credential).collect::<Option<_>>()?,
        people: people.chunks_exact(PERSON_BYTES).map(person).collect::<Option<_>>()?,
    })
}

fn credential(row: &[u8]) -> Option<Credential> {
    let kid = Kid(row.get(..4)?.try_into().ok()?);
    let id = CredentialId(row.get(4..12)?.try_into().ok()?);
    Some(Credential { of: RevokedCredential { kid, id }, over: time(row, 12)? })
}

fn person(row: &[u8]) -> Option<Person> {
    let subject = Subject::from_bytes(row.get(..12)?.try_into().ok()?);
    Some(Person { void: VoidBefore { subject, before: time(row, 12)? }, over: time(row, 16)? })
}

/// Four bytes reach the year 2106; what would be over later is kept until then.
fn seconds(time: Timestamp) -> [u8; 4] {
    u32::try_from(time.unix()).unwrap_or(u32::MAX).to_be_bytes()
}

fn time(row: &[u8], at: usize) -> Option<Timestamp> {
    Timestamp::from_unix(u64::from(u32_at(row, at)?))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..at.checked_add(4)?)?.try_into().ok().map(u32::from_be_bytes)
}
