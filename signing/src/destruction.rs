//! The certificate that day keys were destroyed (DOMAIN §15): COSE_Sign1 by the province's root.
//! Promises: names every key with its public half, the rule, the time, the officers and the place in the desk's log; read
//! back strictly, in the one spelling that was signed.
//! Must not know: how keys are destroyed.
//!
//! What it proves: the desk said so, under its root, after it was logged. That no copy is left is custody's promise
//! (`custody::day_vault`), and the operator's, who keeps `wrap/` out of backups.

use std::fs;
use std::path::{Path, PathBuf};

use gate_core::keyset::Region;
use gate_proof::cose::{Aad, SignatureRefused, verify_within};
use gate_proof::digest::Digest;
use gate_proof::ed25519::PublicKey;
use gate_wire::cose::{CoseError, Kid, Sign1};
use gate_wire::time::Timestamp;
use serde::{Deserialize, Serialize};

use crate::custody::CustodyFault;
use crate::envelope::{self, EnvelopeRefused};
use crate::key_name::KeyName;
use crate::key_ring::KeyUse;
use crate::log::entry::Operation;
use crate::officers::TwoOfficers;
use crate::province::{DayKeyEntry, Province};

/// Where certificates are kept in the desk's directory.
pub const CERTIFICATES_DIRECTORY: &str = "certificates";
/// The root's name in an envelope of its own.
pub const ROOT_KID: Kid = Kid(*b"root");
/// The largest certificate: some 400 keys.
pub const CERTIFICATE_MOST: usize = 1 << 16;
/// The rule of a certificate of loss.
pub const LOST: &str =
    "what these day keys lay under was lost or damaged: what is sealed to them opens for nobody";
/// Keys of one certificate, at most: more are told in several.
pub const KEYS_MOST: usize = 400;

/// What a certificate says. Times are seconds since 1970.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Certificate {
    /// 1.
    pub format: u8,
    /// GB/T 2260 code of the province.
    pub province: String,
    /// What the desk's log begins with, hexadecimal: which founding of the province.
    pub desk: String,
    /// Why they were destroyed.
    pub rule: String,
    /// Days of retention.
    pub retention_days: u32,
    /// Keys for days before this one, since 1970 in UTC+8.
    pub before_day: u32,
    /// When.
    pub destroyed_at: u64,
    /// How.
    pub how: String,
    /// The case.
    pub case: String,
    /// The two officers.
    pub officers: [String; 2],
    /// Their public keys.
    pub officer_keys: [String; 2],
    /// How many keys.
    pub count: u32,
    /// Which.
    pub keys: Vec<DayKeyEntry>,
    /// The desk's log when the destruction began: lines, and the hash of the last.
    pub log_lines: u64,
    /// Hexadecimal.
    pub log_hash: String,
}

/// Why a certificate is none, or was not made.
#[derive(Debug, thiserror::Error)]
pub enum CertificateRefused {
    /// It was not signed.
    #[error(transparent)]
    Sign(#[from] EnvelopeRefused),
    /// The root key is not at hand.
    #[error(transparent)]
    Custody(#[from] CustodyFault),
    /// Not an envelope.
    #[error("not a certificate")]
    ParseEnvelope(#[from] CoseError),
    /// Not signed by this root, or changed.
    #[error("the root of this province did not sign this, or it was changed")]
    VerifySignature(#[from] SignatureRefused),
    /// Signed, but not of this form.
    #[error("signed, but not in the form of a certificate of destruction")]
    ReadText,
}

impl Certificate {
    /// The province's root for so many certificates, after the log was told what they rest on.
    ///
    /// # Errors
    /// [`CertificateRefused`].
    pub(crate) fn signer(
        province: &Province,
        officers: &TwoOfficers,
        count: u64,
    ) -> Result<KeyUse, CertificateRefused> {
        let told = (Operation::CertifyDestruction, count);
        Ok(province.keys.begin_approved(KeyName::Root, told, officers)?)
    }

    /// Signs it with the province's root.
    ///
    /// # Errors
    /// [`CertificateRefused`].
    pub(crate) fn sign(&self, root: &KeyUse) -> Result<Vec<u8>, CertificateRefused> {
        let text = serde_json::to_string(self).map_err(|_| CertificateRefused::ReadText)?;
        let sign = |message: &[u8]| root.sign(message);
        Ok(envelope::sign1_within::<CERTIFICATE_MOST, CERTIFICATE_MOST>(
            ROOT_KID,
            Aad::Destruction,
            text.as_bytes(),
            sign,
        )?)
    }

    /// The certificate in `bytes`, if this root signed it.
    ///
    /// # Errors
    /// [`CertificateRefused`].
    pub fn verify(bytes: &[u8], root: &PublicKey) -> Result<Certificate, CertificateRefused> {
        if bytes.len() > CERTIFICATE_MOST {
            return Err(CertificateRefused::ReadText);
        }
        let message = Sign1::parse(bytes)?;
        let proven = verify_within::<CERTIFICATE_MOST>(&message, Aad::Destruction, root)?;
        let read: Option<Certificate> = serde_json::from_slice(proven.payload()).ok();
        let read = read.filter(|read| read.format == 1 && read.count as usize == read.keys.len());
        read.ok_or(CertificateRefused::ReadText)
    }

    /// Whether its keys were lost, not destroyed.
    pub fn is_of_loss(&self) -> bool {
        self.rule == LOST
    }

    /// Whether it speaks of this key.
    pub fn names(&self, day_key: u32) -> bool {
        self.keys.iter().any(|key| key.id == day_key)
    }

    /// When, as a time.
    pub fn at(&self) -> Timestamp {
        Timestamp::from_unix(self.destroyed_at).unwrap_or(Timestamp::EPOCH)
    }

    /// Whether it is of this founding of this province.
    pub fn is_of(&self, region: Region, desk: &Digest) -> bool {
        self.province == region.as_str() && self.desk == crate::spelling::hex(&desk.0)
    }
}

/// The certificates kept at a desk that its root signed, with their files' names; others are not taken.
pub fn kept(directory: &Path, root: &PublicKey) -> Vec<(PathBuf, Certificate)> {
    let Ok(entries) = fs::read_dir(directory.join(CERTIFICATES_DIRECTORY)) else { return Vec::new() };
    let mut kept: Vec<_> = entries
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "cose"))
        .filter(|path| fs::metadata(path).is_ok_and(|about| about.len() <= CERTIFICATE_MOST as u64))
        .filter_map(|path| Some((Certificate::verify(&fs::read(&path).ok()?, root).ok()?, path)))
        .map(|(certificate, path)| (path, certificate))
        .collect();
    kept.sort_by(|one, other| one.0.cmp(&other.0));
    kept
}
