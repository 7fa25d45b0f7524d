//! A province as its authority holds it: who issues, the keys, staff, revocations, day keys.
//! Promises: plain data that terminals may read is in `State`; secrets are in custody and nowhere else;
//! no name and no document number is ever part of either. All randomness and all times are handed in.
//! Must not know: files and directories (`desk`), what a code looks like (`code`).

use gate_core::keyset::{KeySet, KeySetError, Region};
use gate_core::manifest::Demo;
use gate_core::query::TerminalNumber;
use gate_proof::ed25519::{KeyRefused, PublicKey};
use gate_proof::pin::{PinRefused, PinVerifier};
use gate_proof::seal::OpeningKey;
use gate_proof::stretch::{Block, CostRefused, MemoryKib, TagMemory};
use gate_proof::subject::{LinkKey, PersonTag, ProvinceSalt, Subject, SubjectKey, TagRefused};
use gate_wire::document::Document;
use gate_wire::time::Timestamp;
use rand_core::CryptoRng;
use serde::{Deserialize, Serialize};

use crate::custody::{Backend, CustodyFault, PUBLIC_BYTES};
use crate::demo_issuers::DemoIssuer;
use crate::key_name::KeyName;
use crate::key_ring::{KeyRing, KeyUse, Plan, Work};
use crate::list_standing::Reached;
use crate::list_steps::SignedStep;
use crate::log::entry::Entry;
use crate::register::{Register, RegisterRefused, Terms};
use crate::revocation::RevocationList;
use crate::spelling;
use crate::staff::Member;

/// Day keys are made this many days ahead (DESIGN §5).
pub const DAYS_AHEAD: u32 = 90;

/// What a province begins with.
#[derive(Clone, Copy, Debug)]
pub struct Founding {
    /// Its region, `510000`.
    pub region: Region,
    /// Whether it is a demo. A real one needs custody that is not plain files: [`crate::desk::Desk::found`].
    pub nature: Demo,
    /// Memory cost of a person tag: 8 KiB in a demo, 1 MiB in a province.
    pub tag_memory: MemoryKib,
    /// When.
    pub founded: Timestamp,
    /// For how many days from then on day keys are made; [`DAYS_AHEAD`] unless a test has no time for them.
    pub days: u32,
}

/// The least memory cost of a real province's person tags, in KiB (DESIGN §6).
pub const REAL_TAG_MEMORY_KIB: u32 = 1024;

/// Why no province was founded.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FoundingRefused {
    /// Plain files, and no demo.
    #[error(
        "only a province marked as a demo (--demo) may keep its keys in plain files: give --custody age or --custody pkcs11"
    )]
    KeepRealKeys,
    /// Numbers of people would be found too cheaply from a stolen terminal.
    #[error("a real province takes at least --tag-memory {REAL_TAG_MEMORY_KIB}, not {kib}")]
    RaiseTagMemory {
        /// Asked for.
        kib: u32,
    },
    /// The region is no province.
    #[error("{} is no province: its code ends in 0000 and begins with 11 to 82", .region.as_str())]
    PlaceProvince {
        /// The region given.
        region: Region,
    },
    /// An issuer was not made.
    #[error(transparent)]
    Issuer(#[from] IssuerNotMade),
    /// A key was not made.
    #[error(transparent)]
    Custody(#[from] CustodyFault),
}

/// Why there is no new issuer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IssuerNotMade {
    /// The register refuses it.
    #[error(transparent)]
    Register(#[from] RegisterRefused),
    /// Its key was not made.
    #[error(transparent)]
    Custody(#[from] CustodyFault),
    /// What came out of custody is no key.
    #[error("custody gave a public key that nobody should trust")]
    Admit(#[from] KeyRefused),
}

/// Why there is no subject.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SubjectNotMade {
    /// Of this document there is no tag.
    #[error(transparent)]
    Tag(#[from] TagRefused),
    /// The subject key is not at hand.
    #[error(transparent)]
    Custody(#[from] CustodyFault),
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
    /// The root of that list, hexadecimal; nothing in a state from before it was kept.
    #[serde(default)]
    pub(crate) list_root: String,
    /// How far lists were published.
    #[serde(default)]
    pub(crate) list_published: Option<Reached>,
    /// How far deltas were signed, by epoch.
    #[serde(default)]
    pub(crate) list_steps: Vec<SignedStep>,
    pub(crate) register: Register,
    pub(crate) staff: Vec<Member>,
    /// The least version that the file beside it may have: an older or a lost one would un-revoke.
    pub(crate) revocations: u32,
    pub(crate) day_keys: Vec<DayKeyEntry>,
}

/// A province.
pub struct Province {
    pub(crate) state: State,
    pub(crate) revocations: RevocationList,
    pub(crate) region: Region,
    pub(crate) salt: ProvinceSalt,
    pub(crate) keys: KeyRing,
}

/// Why a province's kept state is not one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
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

impl Founding {
    /// Refuses what no province may begin with: keys in plain files are a demo's, a real province's tags cost what DESIGN
    /// says.
    pub(crate) fn admit(&self, plan: Plan) -> Result<(), FoundingRefused> {
        let (head, tail) = self.region.as_str().split_at(2);
        if !("11"..="82").contains(&head) || tail != "0000" {
            return Err(FoundingRefused::PlaceProvince { region: self.region });
        }
        if self.nature == Demo::Yes {
            return Ok(());
        }
        if [plan.signing, plan.others].contains(&Backend::Plain) {
            return Err(FoundingRefused::KeepRealKeys);
        }
        match self.tag_memory.kib() {
            kib if kib < REAL_TAG_MEMORY_KIB => Err(FoundingRefused::RaiseTagMemory { kib }),
            _ => Ok(()),
        }
    }
}

impl Province {
    /// Founds a demo in memory, with the demo's issuers, keys and day keys.
    ///
    /// # Errors
    /// [`FoundingRefused`].
    pub fn found(founding: &Founding, rng: &mut impl CryptoRng) -> Result<Province, FoundingRefused> {
        if founding.nature == Demo::No {
            return Err(FoundingRefused::KeepRealKeys);
        }
        let mut salt = [0; 16];
        rng.fill_bytes(&mut salt);
        let keys = KeyRing::random(rng)?;
        Province::found_over(founding, salt, keys, rng)
    }

    /// Founds a province over keys that are made where they live.
    pub(crate) fn found_over(
        founding: &Founding,
        salt: [u8; 16],
        mut keys: KeyRing,
        rng: &mut impl CryptoRng,
    ) -> Result<Province, FoundingRefused> {
        founding.admit(keys.plan())?;
        let region = founding.region;
        for name in [KeyName::Root, KeyName::Subject, KeyName::Link] {
            keys.make(name, rng)?;
        }
        if keys.plain().is_none() {
            keys.make(KeyName::List, rng)?;
        }
        let mut province = Province {
            state: State {
                format: 1,
                demo: founding.nature == Demo::Yes,
                region: region.as_str().into(),
                salt: spelling::hex(&salt),
                tag_memory_kib: founding.tag_memory.kib(),
                founded: founding.founded.unix(),
                generation: 0,
                list_version: 0,
                list_root: String::new(),
                list_published: None,
                list_steps: Vec::new(),
                register: Register::new(region),
                staff: Vec::new(),
                revocations: 0,
                day_keys: Vec::new(),
            },
            revocations: RevocationList::new(founding.founded),
            region,
            salt: ProvinceSalt::new(salt, founding.tag_memory),
            keys,
        };
        for issuer in DemoIssuer::founding(founding.nature) {
            province.make_and_admit(&issuer.terms(region, founding.founded), rng)?;
        }
        province.make_day_keys(founding.founded, founding.days, rng)?;
        Ok(province)
    }

    /// A province from what was kept.
    ///
    /// # Errors
    /// [`StateRefused`].
    pub(crate) fn from_kept(state: State, keys: KeyRing) -> Result<Province, StateRefused> {
        let bad = |what| StateRefused::ReadField { what };
        if state.format != 1 || (!state.demo && keys.plain().is_some()) {
            return Err(bad("format (1) or demo (true)"));
        }
        let region = Region::parse(&state.region).ok_or(bad("region"))?;
        let salt = gate_core::json::hex(&state.salt).ok_or(bad("salt"))?;
        let salt = ProvinceSalt::new(salt, MemoryKib::new(state.tag_memory_kib)?);
        let founded = Timestamp::from_unix(state.founded).ok_or(bad("founded"))?;
        state.register.load(state.generation, founded)?;
        Ok(Province { state, revocations: RevocationList::new(founded), region, salt, keys })
    }

    /// Makes the key of an issuer of this province where it will live, and admits it. Of others a desk has public keys
    /// only; a demo plays all parts.
    ///
    /// # Errors
    /// [`IssuerNotMade`]; nothing was kept.
    pub fn make_issuer(&mut self, terms: &Terms, rng: &mut impl CryptoRng) -> Result<(), IssuerNotMade> {
        if !self.state.demo {
            self.state.register.admit_making(terms)?;
        }
        self.make_and_admit(terms, rng)
    }

    fn make_and_admit(&mut self, terms: &Terms, rng: &mut impl CryptoRng) -> Result<(), IssuerNotMade> {
        let name = KeyName::Issuer(terms.kid);
        let is_new = !self.keys.holds(name);
        let public = self.keys.make(name, rng)?.ok_or(CustodyFault::FitPurpose(name))?;
        let added = PublicKey::admit(&public)
            .map_err(IssuerNotMade::from)
            .and_then(|key| Ok(self.state.register.add(&key, terms)?));
        if added.is_err() && is_new {
            self.keys.destroy(name)?;
        }
        added
    }

    /// Makes the day keys that are missing from the day of `from` on, for `days` days. Each has an id of its own.
    ///
    /// # Errors
    /// [`CustodyFault`]; keys without an entry may be in custody, and the next call takes them.
    pub fn make_day_keys(
        &mut self,
        from: Timestamp,
        days: u32,
        rng: &mut impl CryptoRng,
    ) -> Result<(), CustodyFault> {
        let first = from.civil_day().0;
        let last_id = self.state.day_keys.iter().map(|key| key.id).max().unwrap_or(0);
        let missing = (first..first.saturating_add(days))
            .filter(|day| !self.day_keys_at_hand().any(|key| key.day == *day));
        let (ids, days): (Vec<u32>, Vec<u32>) = (last_id + 1..).zip(missing).unzip();
        let names: Vec<KeyName> = ids.iter().map(|id| KeyName::Day(*id)).collect();
        let publics = self.keys.make_all(&names, rng)?;
        for ((id, day), public) in ids.into_iter().zip(days).zip(publics) {
            let x = public.ok_or(CustodyFault::FitPurpose(KeyName::Day(id)))?;
            self.state.day_keys.push(DayKeyEntry { id, day, x: spelling::base64url(&x) });
        }
        Ok(())
    }

    /// A key that may sign `work.most` times: the log has the line that says so. For whoever signs many with one line.
    ///
    /// # Errors
    /// [`CustodyFault`].
    pub fn begin(&self, name: KeyName, work: &Work<'_>) -> Result<KeyUse, CustodyFault> {
        self.keys.begin(name, work)
    }

    /// What opens records sealed to this day's key; `work.most` is how many records.
    ///
    /// # Errors
    /// [`CustodyFault`].
    pub fn opening_key(&self, day_key: u32, work: &Work<'_>) -> Result<OpeningKey, CustodyFault> {
        self.keys.opening_key(KeyName::Day(day_key), work)
    }

    /// Destroys day keys, in their custody. Their entries stay: their public halves prove what is gone.
    ///
    /// # Errors
    /// [`CustodyFault`]; then they may still be there.
    pub fn destroy_day_keys(&mut self, day_keys: &[u32]) -> Result<(), CustodyFault> {
        let names: Vec<KeyName> = day_keys.iter().map(|id| KeyName::Day(*id)).collect();
        self.keys.destroy_all(&names)
    }

    /// The public half of the root.
    ///
    /// # Errors
    /// [`CustodyFault`].
    pub fn root_key(&self) -> Result<PublicKey, CustodyFault> {
        let name = KeyName::Root;
        let public = self.keys.public(name)?.ok_or(CustodyFault::FitPurpose(name))?;
        PublicKey::admit(&public).map_err(|_| CustodyFault::MatchPublic(name))
    }

    /// The public half of a terminal's record key, if it is a terminal of this province.
    pub fn record_key(&self, terminal: TerminalNumber) -> Option<PublicKey> {
        let public = self.keys.public(KeyName::TerminalRecord(terminal)).ok()??;
        PublicKey::admit(&public).ok()
    }

    /// The terminals that were ever published to.
    pub fn terminals(&self) -> Vec<TerminalNumber> {
        let of =
            |name: &KeyName| if let KeyName::TerminalRecord(number) = name { Some(*number) } else { None };
        self.keys.held().keys().filter_map(of).collect()
    }

    /// Whether this key is in custody here.
    pub fn holds(&self, name: KeyName) -> bool {
        self.keys.holds(name)
    }

    /// Tells the desk's log of work that uses no key. A province in memory has no log.
    ///
    /// # Errors
    /// [`CustodyFault::Log`]: what it tells of must not happen.
    pub fn note(&self, entry: &Entry<'_>) -> Result<(), CustodyFault> {
        self.keys.note(entry)
    }

    /// The public day keys, in the order they were made.
    pub fn day_keys(&self) -> &[DayKeyEntry] {
        &self.state.day_keys
    }

    /// Speaks of the day keys that lie in custody's vault: see [`KeyRing::meet_vault`].
    pub(crate) fn meet_vault(&mut self) {
        let known = |entry: &DayKeyEntry| Some((entry.id, spelling::from_base64url(&entry.x)?));
        let known: Vec<(u32, [u8; PUBLIC_BYTES])> = self.state.day_keys.iter().filter_map(known).collect();
        self.keys.meet_vault(&known);
    }

    /// Those of them that are neither destroyed nor lost.
    pub(crate) fn day_keys_at_hand(&self) -> impl Iterator<Item = &DayKeyEntry> {
        self.state.day_keys.iter().filter(|key| self.keys.holds(KeyName::Day(key.id)))
    }

    /// The subject of a document's holder. Neither number nor tag is kept.
    ///
    /// # Errors
    /// [`SubjectNotMade`], for numbers that no document has.
    pub fn subject(&self, document: &Document) -> Result<Subject, SubjectNotMade> {
        let mut blocks = vec![Block::new(); self.salt.memory().blocks()];
        Ok(self.tag_maker()?.subject_in(document, &mut TagMemory::over(&mut blocks))?)
    }

    /// What makes subjects, apart from the rest, for many people in a row.
    pub(crate) fn tag_maker(&self) -> Result<TagMaker, CustodyFault> {
        let key = self.keys.release(KeyName::Subject)?;
        Ok(TagMaker { salt: self.salt, key: SubjectKey::from_bytes(key.as_bytes()) })
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

    /// Whether it is a demo.
    pub fn nature(&self) -> Demo {
        if self.state.demo { Demo::Yes } else { Demo::No }
    }

    pub(crate) fn link_key(&self) -> Result<LinkKey, CustodyFault> {
        Ok(LinkKey::from_bytes(self.keys.release(KeyName::Link)?.as_bytes()))
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

    /// What the staff list holds of a PIN.
    pub(crate) fn pin(&self, pin: &[u8], salt: [u8; 16]) -> Result<PinVerifier, PinRefused> {
        let cost = self.salt.memory();
        let mut blocks = vec![Block::new(); cost.blocks()];
        PinVerifier::derive(pin, salt, cost, &self.key, &mut TagMemory::over(&mut blocks))
    }
}
