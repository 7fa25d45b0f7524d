//! A role's document with its signatures, from bytes to something that may be believed.
//! Promises: what is read and what the signatures are over both come of one value, which has one canonical form; a document
//! is believed only as a [`Document`], and that is made of enough different keys of the role.
//! Must not know: versions of before, times, where bytes come from.

use std::collections::BTreeMap;

use gate_proof::digest::sha256;
use gate_proof::ed25519::PublicKey;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::canonical::{CanonicalRefused, canonical, read_canonical};
use crate::keys::{KeyEntry, KeyId, from_hex};
use crate::role::{Body, Role, Root, SPEC_VERSION};

/// Signatures of a document at most: each costs a verification.
const SIGNATURES_MOST: usize = 64;

/// Why a document is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DocumentRefused {
    /// No JSON, or no canonical form.
    #[error("it is {0}")]
    Canonical(#[from] CanonicalRefused),
    /// Not of the role's form.
    #[error("it is no {} metadata of TUF 1.0: {reason}", .role.name())]
    ReadForm {
        /// The role.
        role: Role,
        /// What is wrong.
        reason: String,
    },
    /// Another role's document under this one's name.
    #[error("it says that it is {found}, not {}", .role.name())]
    MatchRole {
        /// The role.
        role: Role,
        /// What it says.
        found: String,
    },
    /// Too few of the role's keys signed it.
    #[error("{found} of the {threshold} signatures that {} needs are there and good", .role.name())]
    ReachThreshold {
        /// The role.
        role: Role,
        /// Good signatures by different keys of the role.
        found: u32,
        /// Needed.
        threshold: u32,
    },
    /// A key id twice among the signatures.
    #[error("a key signed it twice")]
    SignTwice,
    /// More signatures than are looked at.
    #[error("it has more than {SIGNATURES_MOST} signatures")]
    BoundSignatures,
}

/// Why the signatures of a copy are not taken over.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JoinRefused {
    /// Another document was signed.
    #[error(
        "the copy is another draft than the one here: nothing was taken over. Copy this folder's draft anew and have that signed（副本与本处草稿不同，签名未并入：请重新拷贝本处草稿再签）"
    )]
    Differ,
    /// A signature that is none of the key that it names, or of a key that signs for nothing here.
    #[error(
        "the copy's signature by {id} is not good, or that key signs nothing here: nothing was taken over. Ask its holder for the copy as they signed it（副本中该密钥的签名无效，签名未并入）"
    )]
    Forge {
        /// The key's name.
        id: String,
    },
}

/// A signature by its key's name; `None` for what is none in form.
type Named = (KeyId, Option<[u8; 64]>);

/// A document that was read and not verified.
#[derive(Clone, Debug)]
pub struct Claimed<B> {
    body: B,
    signed: Vec<u8>,
    signatures: Vec<Named>,
    text: Vec<u8>,
}

/// A role's document. Having one tells you: as many different keys of the role as it needs signed exactly what `body` was
/// read from. It stops data by less than the threshold. It does **not** tell you that it is the newest, or still good.
#[derive(Clone, Debug)]
pub struct Document<B> {
    body: B,
    text: Vec<u8>,
}

/// A document to be signed, each signature where its key lives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unsigned {
    value: Value,
    signatures: BTreeMap<KeyId, String>,
}

#[derive(Deserialize)]
struct Envelope {
    signed: Value,
    signatures: Vec<SignatureEntry>,
}

#[derive(Serialize, Deserialize)]
struct SignatureEntry {
    keyid: KeyId,
    sig: String,
}

#[derive(Deserialize)]
struct Header {
    #[serde(rename = "_type")]
    kind: String,
    spec_version: String,
}

impl Envelope {
    fn read(bytes: &[u8], role: Role) -> Result<Envelope, DocumentRefused> {
        let form = |error: serde_json::Error| DocumentRefused::ReadForm { role, reason: error.to_string() };
        serde_json::from_value(read_canonical(bytes)?).map_err(form)
    }
}

impl<B: Body> Claimed<B> {
    /// Reads a document; the caller bounded its length.
    ///
    /// # Errors
    /// [`DocumentRefused`].
    pub fn read(bytes: &[u8]) -> Result<Claimed<B>, DocumentRefused> {
        let role = B::ROLE;
        let form = |error: serde_json::Error| DocumentRefused::ReadForm { role, reason: error.to_string() };
        let envelope = Envelope::read(bytes, role)?;
        let signed = canonical(&envelope.signed)?;
        let header = Header::deserialize(&envelope.signed).map_err(form)?;
        if header.kind != role.name() {
            // Whoever wrote it may have written anything, and it is read on a screen.
            let found = header.kind.escape_default().take(64).collect();
            return Err(DocumentRefused::MatchRole { role, found });
        }
        let unfit = |reason: &str| DocumentRefused::ReadForm { role, reason: reason.into() };
        if header.spec_version.split('.').next() != Some("1") {
            return Err(unfit("another major version of the specification"));
        }
        let body = B::deserialize(&envelope.signed).map_err(form)?;
        if body.version() == 0 || !body.is_sound() {
            return Err(unfit("a version of 0, a threshold of 0, or keys named twice"));
        }
        let signatures = signatures(&envelope.signatures)?;
        Ok(Claimed { body, signed, signatures, text: bytes.to_vec() })
    }

    /// The version that it says it has: to refuse an old one.
    #[must_use]
    pub fn version(&self) -> u64 {
        self.body.version()
    }

    /// What it says, believed by nobody: for whoever makes such documents.
    #[must_use]
    pub fn into_body(self) -> B {
        self.body
    }

    /// Whether enough of the role's keys signed it. Two names of one key are one key: a threshold is about people.
    fn admit(&self, root: &Root) -> Result<(), DocumentRefused> {
        let role = B::ROLE;
        let refused = |found, threshold| DocumentRefused::ReachThreshold { role, found, threshold };
        let keys = root.role(role).ok_or(refused(0, 1))?;
        let mut signed: Vec<PublicKey> = Vec::new();
        for (id, key) in keys.admitted(&root.keys) {
            if !signed.contains(&key) && self.is_signed(id, &key) {
                signed.push(key);
            }
        }
        let found = signed.len() as u32;
        if found < keys.threshold { Err(refused(found, keys.threshold)) } else { Ok(()) }
    }

    /// The document, if as many of the role's keys as `root` says signed it (§5.3.4, §5.4.2, §5.5.3, §5.6.3).
    ///
    /// # Errors
    /// [`DocumentRefused::ReachThreshold`].
    pub fn verify(self, root: &Root) -> Result<Document<B>, DocumentRefused> {
        self.admit(root)?;
        Ok(Document { body: self.body, text: self.text })
    }

    fn is_signed(&self, id: &KeyId, key: &PublicKey) -> bool {
        let by = |(name, signature): &Named| {
            name == id && signature.is_some_and(|signature| key.verify(&self.signed, &signature).is_ok())
        };
        self.signatures.iter().any(by)
    }
}

impl Claimed<Root> {
    /// The next root: signed by the one before and by itself (§5.3.4).
    ///
    /// # Errors
    /// [`DocumentRefused::ReachThreshold`].
    pub fn follow(self, before: &Root) -> Result<Document<Root>, DocumentRefused> {
        self.admit(before)?;
        let itself = self.body.clone();
        self.verify(&itself)
    }

    /// A root that whoever built this terminal put there: signed by itself.
    ///
    /// # Errors
    /// [`DocumentRefused::ReachThreshold`].
    pub fn trust_first(self) -> Result<Document<Root>, DocumentRefused> {
        let itself = self.body.clone();
        self.verify(&itself)
    }
}

impl<B> Document<B> {
    /// What it says.
    #[must_use]
    pub fn body(&self) -> &B {
        &self.body
    }

    /// The bytes it came in.
    #[must_use]
    pub fn text(&self) -> &[u8] {
        &self.text
    }

    /// SHA-256 of the bytes it came in.
    #[must_use]
    pub fn digest(&self) -> [u8; 32] {
        *sha256(&[&self.text]).as_bytes()
    }
}

impl Unsigned {
    /// What a role says, without signatures.
    ///
    /// # Errors
    /// [`DocumentRefused`], for what would be refused when it is read.
    pub fn of<B: Body>(body: &B) -> Result<Unsigned, DocumentRefused> {
        let role = B::ROLE;
        let form = |error: serde_json::Error| DocumentRefused::ReadForm { role, reason: error.to_string() };
        let mut value = serde_json::to_value(body).map_err(form)?;
        value["_type"] = json!(role.name());
        value["spec_version"] = json!(SPEC_VERSION);
        let unsigned = Unsigned { value, signatures: BTreeMap::new() };
        Claimed::<B>::read(&unsigned.to_text())?;
        Ok(unsigned)
    }

    /// A document with whatever signatures it has, to add more.
    ///
    /// # Errors
    /// [`DocumentRefused`].
    pub fn read<B: Body>(bytes: &[u8]) -> Result<Unsigned, DocumentRefused> {
        let claimed = Claimed::<B>::read(bytes)?;
        let hex = |signature: &[u8; 64]| signature.iter().map(|byte| format!("{byte:02x}")).collect();
        let named = claimed.signatures.iter();
        let signatures = named.filter_map(|(id, sig)| Some((id.clone(), sig.as_ref().map(hex)?))).collect();
        Ok(Unsigned { value: Envelope::read(bytes, B::ROLE)?.signed, signatures })
    }

    /// What is to be signed.
    ///
    /// # Errors
    /// [`CanonicalRefused`]: never, for what was made here.
    pub fn to_sign(&self) -> Result<Vec<u8>, CanonicalRefused> {
        canonical(&self.value)
    }

    /// Adds a signature.
    pub fn add(&mut self, key: &KeyEntry, signature: &[u8; 64]) {
        let sig = signature.iter().map(|byte| format!("{byte:02x}")).collect();
        self.signatures.insert(key.id(), sig);
    }

    /// Takes over signatures that were made of the same document elsewhere, by these keys: all of them or, where one is not what its name
    /// says, none. Gives how many there were.
    ///
    /// # Errors
    /// [`JoinRefused`].
    pub fn join(&mut self, other: &Unsigned, keys: &BTreeMap<KeyId, KeyEntry>) -> Result<usize, JoinRefused> {
        let signed = self.to_sign().map_err(|_| JoinRefused::Differ)?;
        if other.to_sign().as_ref() != Ok(&signed) {
            return Err(JoinRefused::Differ);
        }
        let is_good = |id: &KeyId, signature: &String| {
            let key = keys.get(id).and_then(KeyEntry::admit);
            key.zip(from_hex(signature))
                .is_some_and(|(key, signature)| key.verify(&signed, &signature).is_ok())
        };
        let bad = other.signatures.iter().find(|(id, signature)| !is_good(id, signature));
        if let Some((id, _)) = bad {
            return Err(JoinRefused::Forge { id: id.escape_default().take(64).collect() });
        }
        self.signatures.extend(other.signatures.clone());
        Ok(other.signatures.len())
    }

    /// The ids of those who signed.
    pub fn signers(&self) -> impl Iterator<Item = &KeyId> {
        self.signatures.keys()
    }

    /// As a file.
    #[must_use]
    pub fn to_text(&self) -> Vec<u8> {
        let entry = |(keyid, sig): (&KeyId, &String)| json!({"keyid": keyid, "sig": sig});
        let signatures: Vec<Value> = self.signatures.iter().map(entry).collect();
        let value = json!({"signatures": signatures, "signed": self.value});
        // A value in memory always is JSON.
        serde_json::to_vec(&value).unwrap_or_default()
    }
}

/// A signature that is none in form is nobody's; a key id twice is no document.
fn signatures(entries: &[SignatureEntry]) -> Result<Vec<Named>, DocumentRefused> {
    if entries.len() > SIGNATURES_MOST {
        return Err(DocumentRefused::BoundSignatures);
    }
    let mut signatures: Vec<Named> = Vec::new();
    for entry in entries {
        if signatures.iter().any(|(id, _)| *id == entry.keyid) {
            return Err(DocumentRefused::SignTwice);
        }
        signatures.push((entry.keyid.clone(), from_hex(&entry.sig)));
    }
    Ok(signatures)
}
