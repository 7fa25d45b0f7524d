//! Revocations at a province's size: single credentials, and "void all before" by person (DOMAIN §17).
//! Promises: an answer comes from a page that is bit for bit what the manifest's digest covered, or there is none: damage
//! is a fault, never "not revoked". A question reads at most two pages and allocates nothing.
//! Must not know: whose credentials they are, what a verdict is, where the file lies.
//!
//! The bytes are described in `docs/formats/revocations.md`, complete enough for a second reader.

mod page;
mod reader;
mod write;

use std::fmt;
use std::io;

use gate_proof::subject::Subject;
use gate_wire::cose::Kid;
use gate_wire::credential::CredentialId;
use gate_wire::time::Timestamp;

pub use page::{CREDENTIALS_A_PAGE, PAGE_BYTES, SUBJECTS_A_PAGE};
pub use reader::Revocations;
pub use write::write_revocations;

/// Most revoked credentials in a file.
pub const CREDENTIALS_MOST: u32 = 4_000_000;
/// Most people in a file.
pub const SUBJECTS_MOST: u32 = 1_000_000;
/// The largest file that is read.
pub const REVOCATIONS_MOST_BYTES: u64 = 64 << 20;

/// One revoked credential: the issuer's key and the credential's own id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RevokedCredential {
    /// The key that signed it.
    pub kid: Kid,
    /// Its id, which is unique within the key.
    pub id: CredentialId,
}

/// Everything of one person issued before a time.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct VoidBefore {
    /// The person.
    pub subject: Subject,
    /// What was issued earlier is void.
    pub before: Timestamp,
}

impl fmt::Debug for VoidBefore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "VoidBefore(<person>, {})", self.before.unix())
    }
}

/// What a file of revocations says of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RevocationsHead {
    /// Rises with every change.
    pub version: u32,
    /// When it was made.
    pub as_of: Timestamp,
    /// Revoked credentials.
    pub credentials: u32,
    /// People with a "void all before".
    pub subjects: u32,
}

/// What the revocations say of one credential.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It was revoked, alone or with everything of its person.
    Void,
    /// Neither.
    NotRevoked,
}

/// The file cannot answer: what depends on it is for a person to decide.
#[derive(Debug, thiserror::Error)]
pub enum RevocationsFault {
    /// It could not be read.
    #[error("reading the revocations")]
    Read(#[from] io::Error),
    /// Not such a file, or of another version of the form.
    #[error("not a file of revocations: {what}")]
    ReadHead {
        /// Which field.
        what: &'static str,
    },
    /// A page breaks the form: order, counts, filling.
    #[error("page {page}: {what}")]
    ReadPage {
        /// Which page, the head being 0.
        page: u32,
        /// What is wrong.
        what: &'static str,
    },
    /// A page is not the one that was checked when the file was opened.
    #[error("page {page} has changed since the file was checked")]
    KeepPage {
        /// Which page.
        page: u32,
    },
    /// More than a file may hold.
    #[error("{count} {what}, a file holds at most {most}")]
    Fit {
        /// What there is too much of.
        what: &'static str,
        /// How much.
        count: usize,
        /// The limit.
        most: u32,
    },
    /// The entries handed in are not in order, or one is there twice.
    #[error("entry {at} is not after the one before it")]
    Order {
        /// Which, from 0.
        at: usize,
    },
    /// A time that four bytes cannot say.
    #[error("entry {at}: a time after 2106")]
    FitTime {
        /// Which, from 0.
        at: usize,
    },
}

#[cfg(test)]
mod tests;
