//! A province's keys on their way to one terminal: HPKE envelopes to its device key (DESIGN §6).
//! Promises: an envelope opens on one device, for one terminal of one province, for one purpose and epoch; opened keys are
//! wiped when dropped.
//! Must not know: where device keys live, who carries the document. Base mode does not say who sealed: `gate-trust` takes
//! the document from the signed repository only.
//!
//! The document: `{"format":1,"terminal":N,"province":"510000","authorities":[{"kid":hex 4,"x":hex 32}, …],
//! "envelopes":[{"purpose":"subject-key"|"link-key"|"store-key"|"epoch-key","epoch":N,"enc":hex 32,"body":hex 32,"tag":hex
//! 16}, …]}`; `epoch` is 0 but for epoch keys. HPKE: [`SealInfo::PROVINCE_KEY`], aad = terminal u32 ‖ province 6 ASCII digits ‖
//! epoch u32 ‖ purpose u8 (1 subject, 2 link, 3 store, 4 epoch), big-endian.

use gate_proof::ed25519::PublicKey;
use gate_proof::seal::{OpenRefused, Opened, OpeningKey, SealFault, SealInfo, Sealed, SealingKey};
use gate_proof::seal::{open_record, seal_record};
use gate_wire::cose::Kid;
use heapless::Vec;
use rand_core::CryptoRng;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::json::{self, JsonError};
use crate::keyset::Region;
use crate::query::TerminalNumber;

/// The document's file within the data directory.
pub const FILE_NAME: &str = "province.keys.json";
/// Envelopes of a document at most: subject, link, store, and the epochs between two bases.
pub const ENVELOPES_MOST: usize = 16;
const KEY_BYTES: usize = 32;
const AAD_BYTES: usize = 4 + 6 + 4 + 1;

/// What a key is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum KeyPurpose {
    /// From person tags to subjects.
    SubjectKey,
    /// Takes the blinding off a code's subject.
    LinkKey,
    /// What lists are sealed under.
    StoreKey,
    /// Finds people in one epoch's list.
    EpochKey,
}

impl KeyPurpose {
    const fn code(self) -> u8 {
        match self {
            KeyPurpose::SubjectKey => 1,
            KeyPurpose::LinkKey => 2,
            KeyPurpose::StoreKey => 3,
            KeyPurpose::EpochKey => 4,
        }
    }
}

/// Whom keys are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Addressee {
    /// The terminal.
    pub terminal: TerminalNumber,
    /// Its province.
    pub province: Region,
}

impl Addressee {
    fn aad(&self, purpose: KeyPurpose, epoch: u32) -> [u8; AAD_BYTES] {
        let mut aad = [0; AAD_BYTES];
        aad[..4].copy_from_slice(&self.terminal.value().to_be_bytes());
        aad[4..10].copy_from_slice(self.province.as_str().as_bytes());
        aad[10..14].copy_from_slice(&epoch.to_be_bytes());
        aad[14] = purpose.code();
        aad
    }
}

/// One key in its envelope.
#[derive(Clone, Debug)]
pub struct Envelope {
    /// What the key is for.
    pub purpose: KeyPurpose,
    /// Which epoch's it is; 0 but for epoch keys.
    pub epoch: u32,
    /// The sealed key.
    pub sealed: Sealed<KEY_BYTES>,
}

impl Envelope {
    /// Seals `key` to a terminal's device key.
    ///
    /// # Errors
    /// [`SealFault`].
    pub fn seal(
        to: (&SealingKey, &Addressee),
        (purpose, epoch): (KeyPurpose, u32),
        key: &[u8; KEY_BYTES],
        rng: &mut impl CryptoRng,
    ) -> Result<Envelope, SealFault> {
        let aad = to.1.aad(purpose, epoch);
        let sealed = seal_record(to.0, SealInfo::PROVINCE_KEY, &aad, key, rng)?;
        Ok(Envelope { purpose, epoch, sealed })
    }
}

/// Why there is no key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EnvelopeRefused {
    /// The document cannot be read.
    #[error("the province's keys cannot be read")]
    Json(#[from] JsonError),
    /// A field of it is not valid.
    #[error("the province's keys: {what} is not valid")]
    ReadField {
        /// Which.
        what: &'static str,
    },
    /// There is no envelope for this.
    #[error("there is no envelope with the {purpose:?} of epoch {epoch}")]
    FindEnvelope {
        /// Wanted.
        purpose: KeyPurpose,
        /// Wanted.
        epoch: u32,
    },
    /// It was not sealed for here.
    #[error(
        "the envelope with the {purpose:?} of epoch {epoch} does not open: it was sealed to another device, terminal or province, or changed"
    )]
    Open {
        /// Wanted.
        purpose: KeyPurpose,
        /// Wanted.
        epoch: u32,
    },
}

/// What opens status lists; wiped when dropped.
pub struct ListSecrets {
    /// Whose signatures make a list true.
    pub authorities: [(Kid, PublicKey); 2],
    /// What lists are sealed under.
    pub store: Zeroizing<[u8; KEY_BYTES]>,
    /// What finds people, by epoch.
    pub epochs: Vec<(u32, Zeroizing<[u8; KEY_BYTES]>), ENVELOPES_MOST>,
}

/// The envelopes of one terminal.
#[derive(Clone, Debug)]
pub struct Envelopes {
    /// Whom they are for.
    pub to: Addressee,
    /// Whose signatures make a list true: both public keys, or none where there is no list yet.
    pub authorities: Vec<(Kid, [u8; KEY_BYTES]), 2>,
    /// Each key once.
    pub envelopes: Vec<Envelope, ENVELOPES_MOST>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EnvelopesDocument<'a> {
    format: u8,
    terminal: u32,
    province: &'a str,
    #[serde(borrow)]
    authorities: Vec<AuthorityDocument<'a>, 2>,
    #[serde(borrow)]
    envelopes: Vec<EnvelopeDocument<'a>, ENVELOPES_MOST>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AuthorityDocument<'a> {
    kid: &'a str,
    x: &'a str,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EnvelopeDocument<'a> {
    purpose: KeyPurpose,
    epoch: u32,
    enc: &'a str,
    body: &'a str,
    tag: &'a str,
}

impl Envelopes {
    /// Reads the document.
    ///
    /// # Errors
    /// [`EnvelopeRefused`].
    pub fn load(bytes: &[u8]) -> Result<Envelopes, EnvelopeRefused> {
        let document: EnvelopesDocument<'_> = json::read(bytes)?;
        let bad = |what| EnvelopeRefused::ReadField { what };
        if document.format != 1 {
            return Err(bad("format"));
        }
        let terminal = TerminalNumber::new(document.terminal).ok_or(bad("terminal"))?;
        let province = Region::parse(document.province).ok_or(bad("province"))?;
        let authorities = document.authorities.iter().map(AuthorityDocument::read);
        let envelopes = document.envelopes.iter().map(EnvelopeDocument::read);
        Ok(Envelopes {
            to: Addressee { terminal, province },
            authorities: authorities.collect::<Option<_>>().ok_or(bad("an authority"))?,
            envelopes: envelopes.collect::<Option<_>>().ok_or(bad("an envelope"))?,
        })
    }

    /// Opens one of them with the terminal's device key.
    ///
    /// # Errors
    /// [`EnvelopeRefused`].
    pub fn open(
        &self,
        device: &OpeningKey,
        (purpose, epoch): (KeyPurpose, u32),
    ) -> Result<Opened<KEY_BYTES>, EnvelopeRefused> {
        let found = self.envelopes.iter().find(|one| (one.purpose, one.epoch) == (purpose, epoch));
        let envelope = found.ok_or(EnvelopeRefused::FindEnvelope { purpose, epoch })?;
        let aad = self.to.aad(purpose, epoch);
        let opened = open_record(device, SealInfo::PROVINCE_KEY, &aad, &envelope.sealed);
        opened.map_err(|OpenRefused| EnvelopeRefused::Open { purpose, epoch })
    }

    /// Opens what a status list takes: its authorities, the store key, every epoch's.
    ///
    /// # Errors
    /// [`EnvelopeRefused`].
    pub fn open_list_keys(&self, device: &OpeningKey) -> Result<ListSecrets, EnvelopeRefused> {
        let bad = EnvelopeRefused::ReadField { what: "an authority" };
        let admit = |(kid, x): &(Kid, [u8; KEY_BYTES])| Some((*kid, PublicKey::admit(x).ok()?));
        let both: Option<Vec<_, 2>> = self.authorities.iter().map(admit).collect();
        let authorities = both.ok_or(bad)?.into_array().map_err(|_| bad)?;
        let store = self.open(device, (KeyPurpose::StoreKey, 0))?;
        let mut epochs = Vec::new();
        for epoch in self.epochs() {
            let key = self.open(device, (KeyPurpose::EpochKey, epoch))?;
            // As many as there are envelopes at most.
            let _ = epochs.push((epoch, Zeroizing::new(*key.as_bytes())));
        }
        Ok(ListSecrets { authorities, store: Zeroizing::new(*store.as_bytes()), epochs })
    }

    /// The epochs whose keys are here.
    pub fn epochs(&self) -> impl Iterator<Item = u32> {
        self.envelopes.iter().filter(|one| one.purpose == KeyPurpose::EpochKey).map(|one| one.epoch)
    }
}

impl AuthorityDocument<'_> {
    fn read(&self) -> Option<(Kid, [u8; KEY_BYTES])> {
        Some((Kid(json::hex(self.kid)?), json::hex(self.x)?))
    }
}

impl EnvelopeDocument<'_> {
    fn read(&self) -> Option<Envelope> {
        let sealed =
            Sealed { enc: json::hex(self.enc)?, body: json::hex(self.body)?, tag: json::hex(self.tag)? };
        Some(Envelope { purpose: self.purpose, epoch: self.epoch, sealed })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use rand_chacha::ChaCha20Rng;
    use rand_core::SeedableRng;

    fn to(terminal: u32, province: &str) -> Addressee {
        let terminal = TerminalNumber::new(terminal).unwrap();
        Addressee { terminal, province: Region::parse(province).unwrap() }
    }

    fn holding(to: Addressee, envelope: Envelope) -> Envelopes {
        let mut envelopes = Vec::new();
        envelopes.push(envelope).unwrap();
        Envelopes { to, authorities: Vec::new(), envelopes }
    }

    #[test]
    fn a_key_opens_on_its_device_for_its_terminal_province_purpose_and_epoch_alone() {
        let (device, other) = (OpeningKey::from_seed(&[1; 32]), OpeningKey::from_seed(&[2; 32]));
        let (here, mut rng) = (to(7, "510000"), ChaCha20Rng::seed_from_u64(3));
        let epoch = (KeyPurpose::EpochKey, 4);
        let envelope = Envelope::seal((&device.sealing_key(), &here), epoch, &[9; 32], &mut rng).unwrap();
        let ours = holding(here, envelope.clone());
        assert_eq!(ours.open(&device, epoch).unwrap().as_bytes(), &[9; 32]);
        assert!(ours.epochs().eq([4]));
        let refused = Some(EnvelopeRefused::Open { purpose: epoch.0, epoch: 4 });
        assert_eq!(ours.open(&other, epoch).err(), refused);
        for elsewhere in [to(8, "510000"), to(7, "500000")] {
            assert_eq!(holding(elsewhere, envelope.clone()).open(&device, epoch).err(), refused);
        }
        // The labels beside an envelope are not believed either.
        for (purpose, epoch) in [(KeyPurpose::StoreKey, 4), (KeyPurpose::EpochKey, 5)] {
            let relabelled = holding(here, Envelope { purpose, epoch, ..envelope.clone() });
            let refused = EnvelopeRefused::Open { purpose, epoch };
            assert_eq!(relabelled.open(&device, (purpose, epoch)).err(), Some(refused));
        }
        let missing = EnvelopeRefused::FindEnvelope { purpose: KeyPurpose::LinkKey, epoch: 0 };
        assert_eq!(ours.open(&device, (KeyPurpose::LinkKey, 0)).err(), Some(missing));
    }

    #[test]
    fn a_document_that_is_not_of_the_form_is_refused() {
        let good = r#"{"format":1,"terminal":7,"province":"510000","authorities":[],"envelopes":[]}"#;
        assert_eq!(Envelopes::load(good.as_bytes()).unwrap().to, to(7, "510000"));
        extern crate std;
        for (from, to) in [
            ("\"format\":1", "\"format\":2"),
            ("\"terminal\":7", "\"terminal\":131072"),
            ("510000", "51000"),
            ("\"authorities\":[]", r#""authorities":[{"kid":"00","x":"00"}]"#),
            (
                "\"envelopes\":[]",
                r#""envelopes":[{"purpose":"root-key","epoch":0,"enc":"","body":"","tag":""}]"#,
            ),
        ] {
            assert!(Envelopes::load(good.replace(from, to).as_bytes()).is_err(), "{to}");
        }
    }
}
