//! A province as its authority holds it: who issues, the keys, staff, revocations, day keys.
//! Promises: plain data that terminals may read is in `State`; secrets are in the ring of seeds and nowhere else;
//! no name and no document number is ever part of either. All randomness and all times are handed in.
//! Must not know: files and directories (`desk`), what a code looks like (`code`).

use std::collections::BTreeMap;

use gate_core::keyset::{KeySet, KeySetError, Region};
use gate_core::manifest::Demo;
use gate_proof::ed25519::SigningKey;
use gate_proof::seal::OpeningKey;
use gate_proof::stretch::{Block, CostRefused, MemoryKib, TagMemory};
use gate_proof::subject::{LinkKey, PersonTag, ProvinceSalt, Subject, SubjectKey, TagRefused};
use gate_wire::document::Document;
use gate_wire::time::Timestamp;
use rand_core::CryptoRng;
use serde::{Deserialize, Serialize};

use crate::demo_issuers::DemoIssuer;
use crate::key_name::KeyName;
use crate::key_ring::KeyRing;
use crate::register::{Register, RegisterRefused, Terms};
use crate::revocation::RevocationList;
use crate::seed::Seed;
use crate::spelling;
use crate::staff::Member;

/// Day keys are made this many days ahead (DESIGN §5).
pub const DAYS_AHEAD: u32 = 90;

/// What a province begins with.
#[derive(Clone, Copy, Debug)]
pub struct Founding {
    /// Its region, `510000`.
    pub region: Region,
    /// Whether it is a demo. A real one is refused in this version.
    pub nature: Demo,
    /// Memory cost of a person tag: 8 KiB in a demo, 1 MiB in a province.
    pub tag_memory: MemoryKib,
    /// When.
    pub founded: Timestamp,
    /// For how many days from then on day keys are made; [`DAYS_AHEAD`] unless a test has no time for them.
    pub days: u32,
}

/// Why no province was founded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FoundingRefused {
    /// This version keeps keys in plain files, which only a demo may.
    #[error(
        "custody for real provinces comes with the desk: this version keeps keys in plain files, which only a province marked as a demo may do (--demo)"
    )]
    KeepRealKeys,
    /// The region is no province.
    #[error("{region:?} is no province: its code ends in 0000 and begins with 11 to 82")]
    PlaceProvince {
        /// The region given.
        region: Region,
    },
    /// The register refuses one of its issuers.
    #[error(transparent)]
    Register(#[from] RegisterRefused),
}

/// One day key as published: `day` counts days since 1970 in UTC+8, `x` is the public half in base64url.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DayKeyEntry {
    /// Its id; never used twice.
    pub id: u32,
    /// The day it is for.
    pub day: u32,
    /// X25519 public key.
    pub x: String,
}

/// Everything of a province but secrets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct State {
    pub(crate) format: u8,
    pub(crate) demo: bool,
    pub(crate) region: String,
    pub(crate) salt: String,
    pub(crate) tag_memory_kib: u32,
    pub(crate) founded: u64,
    pub(crate) generation: u32,
    pub(crate) list_version: u32,
    pub(crate) register: Register,
    pub(crate) staff: Vec<Member>,
    pub(crate) revocations: RevocationList,
    pub(crate) day_keys: Vec<DayKeyEntry>,
}

/// A province.
pub struct Province {
    pub(crate) state: State,
    pub(crate) region: Region,
    pub(crate) salt: ProvinceSalt,
    pub(crate) keys: KeyRing,
}

/// Why a province's kept state is not one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StateRefused {
    /// A field is not valid.
    #[error("{what} is not valid")]
    ReadField {
        /// Which.
        what: &'static str,
    },
    /// The memory cost is out of range.
    #[error(transparent)]
    Cost(#[from] CostRefused),
    /// A key that every province has is not in the directory.
    #[error("the key {0:?} is missing")]
    FindKey(KeyName),
    /// The register would be refused by terminals.
    #[error("the register would be refused by every terminal")]
    LoadRegister(#[from] KeySetError),
}

impl Province {
    /// Founds a province with the demo's issuers, keys and day keys.
    ///
    /// # Errors
    /// [`FoundingRefused`].
    pub fn found(founding: &Founding, rng: &mut impl CryptoRng) -> Result<Province, FoundingRefused> {
        if founding.nature == Demo::No {
            return Err(FoundingRefused::KeepRealKeys);
        }
        let region = province_region(founding.region)?;
        let mut salt = [0; 16];
        rng.fill_bytes(&mut salt);
        let mut province = Province {
            state: State {
                format: 1,
                demo: true,
                region: region.as_str().into(),
                salt: spelling::hex(&salt),
                tag_memory_kib: founding.tag_memory.kib(),
                founded: founding.founded.unix(),
                generation: 0,
                list_version: 0,
                register: Register::new(region),
                staff: Vec::new(),
                revocations: RevocationList::default(),
                day_keys: Vec::new(),
            },
            region,
            salt: ProvinceSalt::new(salt, founding.tag_memory),
            keys: KeyRing::random(rng),
        };
        for issuer in DemoIssuer::ALL {
            province.make_issuer(&issuer.terms(region, founding.founded), rng)?;
        }
        province.make_day_keys(founding.founded, founding.days, rng);
        Ok(province)
    }

    /// A province from what was kept.
    ///
    /// # Errors
    /// [`StateRefused`].
    pub(crate) fn from_kept(state: State, keys: BTreeMap<KeyName, Seed>) -> Result<Province, StateRefused> {
        let bad = |what| StateRefused::ReadField { what };
        if state.format != 1 || !state.demo {
            return Err(bad("format (1) or demo (true)"));
        }
        let region = Region::parse(&state.region).ok_or(bad("region"))?;
        let salt = gate_core::json::hex(&state.salt).ok_or(bad("salt"))?;
        let salt = ProvinceSalt::new(salt, MemoryKib::new(state.tag_memory_kib)?);
        let founded = Timestamp::from_unix(state.founded).ok_or(bad("founded"))?;
        state.register.load(state.generation, founded)?;
        let keys = KeyRing::from_kept(keys).map_err(StateRefused::FindKey)?;
        Ok(Province { state, region, salt, keys })
    }

    /// Makes an issuer's key here and admits it.
    ///
    /// # Errors
    /// [`RegisterRefused`]; nothing was kept.
    pub fn make_issuer(&mut self, terms: &Terms, rng: &mut impl CryptoRng) -> Result<(), RegisterRefused> {
        let seed = Seed::random(rng);
        let key = SigningKey::from_seed(seed.as_bytes()).public_key();
        self.state.register.add(&key, terms)?;
        self.keys.add(KeyName::Issuer(terms.kid), seed);
        Ok(())
    }

    /// Makes the day keys that are missing from the day of `from` on, for `days` days. Each has an id of its own.
    pub fn make_day_keys(&mut self, from: Timestamp, days: u32, rng: &mut impl CryptoRng) {
        let first = from.civil_day().0;
        let mut id = self.state.day_keys.iter().map(|key| key.id).max().unwrap_or(0);
        for day in first..first.saturating_add(days) {
            if self.state.day_keys.iter().any(|key| key.day == day) {
                continue;
            }
            id += 1;
            let seed = Seed::random(rng);
            let x = spelling::base64url(OpeningKey::from_seed(seed.as_bytes()).sealing_key().as_bytes());
            self.state.day_keys.push(DayKeyEntry { id, day, x });
            self.keys.add(KeyName::Day(id), seed);
        }
    }

    /// The subject of a document's holder. Neither number nor tag is kept.
    ///
    /// # Errors
    /// [`TagRefused`], for numbers that no document has.
    pub fn subject(&self, document: &Document) -> Result<Subject, TagRefused> {
        let mut blocks = vec![Block::new(); self.salt.memory().blocks()];
        self.tag_maker().subject_in(document, &mut TagMemory::over(&mut blocks))
    }

    /// What makes subjects, apart from the rest, for many people in a row.
    pub(crate) fn tag_maker(&self) -> TagMaker {
        TagMaker { salt: self.salt, key: SubjectKey::from_bytes(self.keys.subject().as_bytes()) }
    }

    /// The key set as terminals would see it now.
    ///
    /// # Errors
    /// [`KeySetError`]: never, for a register changed through this type.
    pub fn key_set(&self) -> Result<KeySet, KeySetError> {
        let founded = Timestamp::from_unix(self.state.founded).unwrap_or(Timestamp::EPOCH);
        self.state.register.load(self.state.generation, founded)
    }

    /// The register of issuers.
    pub fn register(&self) -> &Register {
        &self.state.register
    }

    /// The register of issuers, to be changed.
    pub fn register_mut(&mut self) -> &mut Register {
        &mut self.state.register
    }

    /// The revoked credentials, to be added to.
    pub fn revocations_mut(&mut self) -> &mut RevocationList {
        &mut self.state.revocations
    }

    /// Its region.
    pub fn region(&self) -> Region {
        self.region
    }

    /// Memory cost of its person tags.
    pub fn tag_memory(&self) -> MemoryKib {
        self.salt.memory()
    }

    /// The generation last published; 0 before the first.
    pub fn generation(&self) -> u32 {
        self.state.generation
    }

    pub(crate) fn link_key(&self) -> LinkKey {
        LinkKey::from_bytes(self.keys.link().as_bytes())
    }
}

/// A province's salt and subject key.
pub(crate) struct TagMaker {
    salt: ProvinceSalt,
    key: SubjectKey,
}

impl TagMaker {
    /// The subject of a document's holder, in memory that is kept between people.
    pub(crate) fn subject_in(
        &self,
        document: &Document,
        memory: &mut TagMemory<'_>,
    ) -> Result<Subject, TagRefused> {
        let (kind, number) = document.person_key();
        let tag = PersonTag::derive(kind.code(), number, &self.salt, memory)?;
        Ok(self.key.subject(&tag))
    }
}

fn province_region(region: Region) -> Result<Region, FoundingRefused> {
    let (head, tail) = region.as_str().split_at(2);
    let inside = ("11"..="82").contains(&head) && tail == "0000";
    if inside { Ok(region) } else { Err(FoundingRefused::PlaceProvince { region }) }
}
