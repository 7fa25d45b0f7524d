//! From what was shown to a decision: proving, looking up, deciding. The loop and `gate check` share it.
//! Promises: nothing is opened and nothing is written; a document's number is gone when its subject is known.
//! Must not know: devices, screens, the journal.

use gate_core::age::Limits;
use gate_core::alleged::{Room, Verified};
use gate_core::believed::Place;
use gate_core::case::{DataAge, Temperature};
use gate_core::decide::{Decision, DocumentBy, DocumentSeen, DocumentValidity, Evidence, decide};
use gate_core::facts::{Facts, ListAnswer, Persons, Revoked};
use gate_core::manifest::Dataset;
use gate_core::policy::Policy;
use gate_core::screen::Band;
use gate_core::sight;
use gate_core::staff::{KnownBadge, PinTries, StaffRefused, StaffSession};
use gate_core::time::{ClockTrust, TimeReading, TrustedTime};
use gate_core::verdict::{Direction, PlaceKind, Reason, RiskLevel, Verdict};
use gate_proof::stretch::{Block, MemoryKib, TagMemory};
use gate_proof::subject::{PersonTag, ProvinceSalt, Subject};
use gate_status::{Answer, Scope, Standing, StatusList};
use gate_wire::card::CardRead;
use gate_wire::credential::{Colour, Credential, Kind};
use gate_wire::document::{Date, Document, Expiry};
use gate_wire::record::{DataVersions, POLICY_DIGEST_BYTES};
use gate_wire::time::{Millis, Timestamp};

use crate::believed::Believed;
use crate::secrets::Secrets;

/// Largest Argon2id memory that a PIN or a person tag may ask for here.
const MOST_TAG_MEMORY: MemoryKib = MemoryKib::MOST;

/// Where this terminal stands, by its own configuration; what that means is signed data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Station {
    /// Place number.
    pub place: u32,
    /// Lane number at the place.
    pub lane: u16,
}

/// Evidence that this terminal owns.
#[derive(Debug)]
pub enum Shown {
    /// A proven credential and, if ours, its subject.
    Code(Verified<Credential>, Option<Subject>),
    /// A document.
    Document(DocumentShown),
    /// Both at once.
    Both(Verified<Credential>, Option<Subject>, DocumentShown),
    /// Nothing proven.
    Refused(Reason),
}

/// A document whose number is already gone.
#[derive(Clone, Debug)]
pub struct DocumentShown {
    /// How it came, and its validity.
    pub seen: DocumentSeen,
    /// [`gate_wire::document::DocumentKind::code`].
    pub kind: u8,
    /// The person by the document's number.
    pub subject: Subject,
    /// The same person by a second number on the document.
    pub other: Option<Subject>,
}

/// What a symbol turned out to be.
#[derive(Debug)]
pub enum Proven {
    /// A person's credential.
    Person(Verified<Credential>, Option<Subject>),
    /// A staff badge.
    Badge(Verified<Credential>, Option<Subject>),
    /// Nothing proven.
    Refused(Reason),
}

/// Why a document could not be looked up at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LookUpFault {
    /// Without province parameters nobody can be looked up.
    #[error("there are no province parameters on this terminal")]
    NoProvince,
    /// The person tag could not be computed.
    #[error("the person tag could not be computed")]
    NoTag,
}

/// Proves and decides by what is believed.
pub struct Judge {
    believed: Believed,
    secrets: Secrets,
    station: Station,
    last_direction: Direction,
    /// What is said of a credential while there are no revocations.
    without_revocations: Revoked,
    blocks: Vec<Block>,
}

impl Judge {
    /// A judge over what is believed.
    pub fn new(believed: Believed, secrets: Secrets, station: Station) -> Judge {
        Judge {
            believed,
            secrets,
            station,
            last_direction: Direction::In,
            without_revocations: Revoked::No,
            blocks: Vec::new(),
        }
    }

    /// The same judge over other data.
    pub fn with(self, believed: Believed) -> Judge {
        Judge { believed, ..self }
    }

    /// Judges by what follows on what is believed now.
    pub fn renew(&mut self, newer: Believed) {
        let before = std::mem::replace(&mut self.believed, Believed::nothing());
        self.believed = newer.after(before);
    }

    /// What is believed.
    pub fn believed(&self) -> &Believed {
        &self.believed
    }

    /// The secrets.
    pub fn secrets(&self) -> &Secrets {
        &self.secrets
    }

    /// Where it stands.
    pub fn station(&self) -> Station {
        self.station
    }

    /// This terminal's place, if the signed data knows it.
    pub fn place(&self) -> Option<&Place> {
        self.believed.places.as_ref()?.find(self.station.place)
    }

    /// The lane's direction: by the signed data, or the last that they said here (an exit stays an exit when they are
    /// lost, DOMAIN §20). A lane that was never known leads in: it opens for nobody by itself.
    pub fn direction(&self) -> Direction {
        self.signed_direction().unwrap_or(self.last_direction)
    }

    /// The lane's direction by the signed data in force.
    pub fn signed_direction(&self) -> Option<Direction> {
        self.place()?.direction(self.station.lane)
    }

    /// Remembers that there were revocations here: without them nobody can say any more.
    pub fn remember_revocations(&mut self) {
        self.without_revocations = Revoked::Unknown;
    }

    /// Remembers what the signed data said of this lane before.
    pub fn remember_direction(&mut self, last: Direction) {
        self.last_direction = last;
    }

    /// The risk level of the place's region; medium where the table does not say.
    pub fn risk(&self) -> RiskLevel {
        let levels = self.believed.risk_levels.as_ref();
        levels
            .zip(self.place())
            .and_then(|(levels, place)| levels.of(place.region))
            .unwrap_or(RiskLevel::Medium)
    }

    /// The kind of place.
    pub fn place_kind(&self) -> PlaceKind {
        self.place().map_or(PlaceKind::Other, |place| place.kind)
    }

    /// The policy for this kind of place, if there is one that covers it.
    pub fn policy(&self) -> Option<&Policy> {
        let kind = self.place_kind();
        let policies = &self.believed.policies;
        let policy = if kind == PlaceKind::Hospital { &policies.hospital } else { &policies.station };
        policy.as_ref().filter(|policy| policy.settings().places.contains(&kind))
    }

    /// Versions in force, for the record.
    pub fn versions(&self) -> DataVersions {
        let version = |dataset| self.believed.version(dataset);
        DataVersions {
            key_set: version(Dataset::KeySet),
            policy: version(self.policy_dataset()),
            list: version(Dataset::StatusList),
            revocations: version(Dataset::Revocations),
            places: version(Dataset::Places),
            staff: version(Dataset::StaffList),
        }
    }

    /// The first bytes of the digest of the policy in force, for the record; zero without one.
    pub fn policy_digest(&self) -> [u8; POLICY_DIGEST_BYTES] {
        let digest = self.believed.digest(self.policy_dataset());
        digest.and_then(|digest| digest.first_chunk()).copied().unwrap_or_default()
    }

    fn policy_dataset(&self) -> Dataset {
        match self.place_kind() {
            PlaceKind::Hospital => Dataset::PolicyHospital,
            _ => Dataset::PolicyStation,
        }
    }

    /// Sorts and proves a symbol.
    pub fn prove(&self, symbol: &[u8], time: &TrustedTime, now: Millis) -> Proven {
        let place_code = self.place().map_or("", |place| place.place_code.as_str());
        let mut room = Room::new();
        let alleged = match sight::sort(symbol, place_code, self.policy(), &mut room) {
            Ok(alleged) => alleged,
            Err(reason) => return Proven::Refused(reason),
        };
        match alleged.verify(self.believed.key_set.as_ref(), time, now) {
            Ok(verified) => {
                let subject = verified.subject(&self.secrets.link_key);
                match verified.get().statement.kind() {
                    Kind::StaffBadge => Proven::Badge(verified, subject),
                    Kind::ScreenCode | Kind::PaperCode | Kind::NucleicAcidTest | Kind::Certificate => {
                        Proven::Person(verified, subject)
                    }
                }
            }
            Err(refusal) => Proven::Refused(refusal.reason()),
        }
    }

    /// A card as evidence.
    ///
    /// # Errors
    /// [`LookUpFault`].
    pub fn card(&mut self, card: &CardRead, time: TimeReading) -> Result<DocumentShown, LookUpFault> {
        let seen = DocumentSeen { by: DocumentBy::Card, validity: validity(card.expiry(), time) };
        let subject = self.subject(card.document())?;
        let other = card.other().map(|other| self.subject(other)).transpose()?;
        Ok(DocumentShown { seen, kind: card.kind().code(), subject, other })
    }

    /// A typed document as evidence; its validity is for the attendant to see.
    ///
    /// # Errors
    /// [`LookUpFault`].
    pub fn typed(&mut self, document: &Document) -> Result<DocumentShown, LookUpFault> {
        let seen = DocumentSeen { by: DocumentBy::Typing, validity: DocumentValidity::Valid };
        Ok(DocumentShown {
            seen,
            kind: document.kind().code(),
            subject: self.subject(document)?,
            other: None,
        })
    }

    /// Logs a badge's holder in by the PIN; what it takes to look at one is the terminal's own.
    ///
    /// # Errors
    /// As [`StaffSession::login`].
    pub fn log_in(
        &mut self,
        badge: &KnownBadge,
        pin: &[u8],
        tries: &mut PinTries,
        now: Millis,
    ) -> Result<StaffSession, StaffRefused> {
        self.make_room();
        let mut memory = TagMemory::over(&mut self.blocks);
        StaffSession::login(badge, pin, (&self.secrets.subject_key, &mut memory), tries, now)
    }

    /// Makes room for Argon2id, which is kept between passages.
    fn make_room(&mut self) {
        let province = self.believed.province.as_ref();
        let needed = province.map_or(MemoryKib::LEAST.kib(), |province| province.tag_memory_kib);
        let blocks = MemoryKib::new(needed).unwrap_or(MemoryKib::DEFAULT).blocks();
        let wanted = blocks.max(MemoryKib::DEFAULT.blocks()).min(MOST_TAG_MEMORY.blocks());
        if self.blocks.len() < wanted {
            self.blocks.resize(wanted, Block::default());
        }
    }

    fn subject(&mut self, document: &Document) -> Result<Subject, LookUpFault> {
        let province = self.believed.province.as_ref().ok_or(LookUpFault::NoProvince)?;
        let memory = MemoryKib::new(province.tag_memory_kib).map_err(|_| LookUpFault::NoTag)?;
        let salt = ProvinceSalt::new(province.salt, memory);
        let (kind, number) = document.person_key();
        self.make_room();
        let tag = PersonTag::derive(kind.code(), number, &salt, &mut TagMemory::over(&mut self.blocks))
            .map_err(|_| LookUpFault::NoTag)?;
        Ok(self.secrets.subject_key.subject(&tag))
    }

    /// What is believed about this moment and what was shown.
    pub fn facts(&self, shown: &Shown, time: TimeReading, uses: u16, temperature: Temperature) -> Facts {
        Facts {
            place: self.place_kind(),
            risk: self.risk(),
            direction: self.direction(),
            time,
            of_code: self.of_code(shown),
            of_document: shown.document().map_or(ListAnswer::NotAsked, |document| self.of_document(document)),
            list_as_of: self.list_as_of(),
            too_old: self.too_old(shown.code().is_some(), time),
            persons: persons(shown),
            revoked: self.revoked(shown),
            uses,
            temperature,
        }
    }

    fn too_old(&self, with_code: bool, time: TimeReading) -> bool {
        let issued = |dataset| self.believed.as_of(dataset);
        self.policy().is_some_and(|policy| policy.settings().bands.too_old(with_code, issued, time))
    }

    /// The verdict that our current list alone would give against the person identified, if it is yellow or red.
    pub fn listed_against(&self, facts: &Facts) -> Option<Verdict> {
        let current = facts.data_age(self.policy()?.settings().list_limits()).is_current();
        let answers = [facts.of_code, facts.of_document];
        let listed = |colour| current && answers.contains(&ListAnswer::Listed(colour));
        match (listed(Colour::Red), listed(Colour::Yellow)) {
            (true, _) => Some(Verdict::Stop),
            (false, true) => Some(Verdict::Limit),
            (false, false) => None,
        }
    }

    /// Age class of the list at `time`.
    pub fn list_age(&self, time: TimeReading) -> DataAge {
        let none = Limits::until_stale(u32::MAX);
        self.policy().map_or(none, |policy| policy.settings().list_limits()).age(self.list_as_of(), time)
    }

    /// The band of a dataset as it is shown; `None` where no policy sets a limit for it.
    pub fn band(&self, dataset: Dataset, time: TimeReading) -> Option<Band> {
        let issued = match dataset {
            Dataset::StatusList | Dataset::StatusDelta => self.list_as_of(),
            _ => self.believed.as_of(dataset),
        };
        self.policy()?.settings().band(dataset, issued, time).map(Band::from)
    }

    /// As-of time of the list.
    pub fn list_as_of(&self) -> Option<Timestamp> {
        self.believed.list.as_ref().map(|list| list.head().as_of)
    }

    /// Decides.
    pub fn decide(&self, shown: &Shown, facts: &Facts) -> Decision {
        decide(&shown.evidence(), facts, self.policy())
    }

    /// A code that is held with its own person's card is about every number of the card.
    fn of_code(&self, shown: &Shown) -> ListAnswer {
        match shown {
            Shown::Both(_, Some(_), document) if persons(shown) == Persons::Same => {
                self.of_document(document)
            }
            Shown::Code(_, Some(subject)) | Shown::Both(_, Some(subject), _) => self.look_up(subject),
            Shown::Code(_, None) | Shown::Both(_, None, _) | Shown::Document(_) | Shown::Refused(_) => {
                ListAnswer::NotAsked
            }
        }
    }

    /// Both numbers of a person lead to the same entry. Where two registries were not joined, a list has them apart, and
    /// green on one must not hide red on the other.
    fn of_document(&self, document: &DocumentShown) -> ListAnswer {
        let first = self.look_up(&document.subject);
        document.other.as_ref().map_or(first, |other| first.or_graver(self.look_up(other)))
    }

    fn look_up(&self, subject: &Subject) -> ListAnswer {
        let Some(list) = &self.believed.list else { return ListAnswer::Missing };
        match (list.find(subject), list.head().scope) {
            (Ok(Answer::Listed(colour)), _) => ListAnswer::Listed(colour),
            (Ok(Answer::NotListed), Scope::Population) => ListAnswer::NotListed,
            (Ok(Answer::NotListed), Scope::Exceptions) => ListAnswer::NotAnException,
            (Err(_), _) => ListAnswer::Damaged,
        }
    }

    fn revoked(&self, shown: &Shown) -> Revoked {
        let (Shown::Code(code, subject) | Shown::Both(code, subject, _)) = shown else { return Revoked::No };
        self.revocation(code, subject.as_ref())
    }

    fn revocation(&self, code: &Verified<Credential>, subject: Option<&Subject>) -> Revoked {
        let Some(revocations) = &self.believed.revocations else {
            // Named by the manifest and not believed, or had here once: then nobody can say what is revoked.
            let lost = self.believed.lost_revocations();
            return if lost { Revoked::Unknown } else { self.without_revocations };
        };
        let credential = code.get();
        match revocations.standing((code.issuer().kid, credential.id), credential.issued, subject) {
            Ok(Standing::Void) => Revoked::Yes,
            Ok(Standing::NotRevoked) => Revoked::No,
            Err(fault) => {
                crate::say!(
                    "revocations: {fault}: bring the data again; what lives for days is Assist until then"
                );
                Revoked::Unknown
            }
        }
    }

    /// Whether a badge was revoked.
    pub fn is_revoked(&self, badge: &Verified<Credential>, subject: &Subject) -> bool {
        self.revocation(badge, Some(subject)) == Revoked::Yes
    }
}

impl Shown {
    /// As the decision takes it.
    pub fn evidence(&self) -> Evidence<'_> {
        match self {
            Shown::Code(code, _) => Evidence::Code(code),
            Shown::Document(document) => Evidence::Document(document.seen),
            Shown::Both(code, _, document) => Evidence::Both(code, document.seen),
            Shown::Refused(reason) => Evidence::Refused(*reason),
        }
    }

    /// The proven credential, if there is one.
    pub fn code(&self) -> Option<&Verified<Credential>> {
        match self {
            Shown::Code(code, _) | Shown::Both(code, _, _) => Some(code),
            Shown::Document(_) | Shown::Refused(_) => None,
        }
    }

    /// The document, if there is one.
    pub fn document(&self) -> Option<&DocumentShown> {
        match self {
            Shown::Document(document) | Shown::Both(_, _, document) => Some(document),
            Shown::Code(..) | Shown::Refused(_) => None,
        }
    }

    /// The person, as far as known here.
    pub fn subject(&self) -> Option<&Subject> {
        match self {
            Shown::Code(_, subject) => subject.as_ref(),
            Shown::Both(_, subject, document) => subject.as_ref().or(Some(&document.subject)),
            Shown::Document(document) => Some(&document.subject),
            Shown::Refused(_) => None,
        }
    }

    /// Whether any of its subjects is this person.
    pub fn may_be(&self, person: Option<&Subject>) -> bool {
        let document = self.document();
        let of_document = document.and_then(|document| document.other.as_ref());
        let subjects = [self.subject(), document.map(|document| &document.subject), of_document];
        person.is_some_and(|person| subjects.into_iter().flatten().any(|subject| subject == person))
    }
}

fn persons(shown: &Shown) -> Persons {
    match shown {
        Shown::Both(_, Some(of_code), document) => {
            let same = *of_code == document.subject || document.other.as_ref() == Some(of_code);
            if same { Persons::Same } else { Persons::Different }
        }
        Shown::Both(_, None, _) | Shown::Code(..) | Shown::Document(_) | Shown::Refused(_) => {
            Persons::NotComparable
        }
    }
}

/// Nothing is called expired by a clock that is not confirmed (DESIGN §8).
fn validity(expiry: Expiry, time: TimeReading) -> DocumentValidity {
    let (year, month, day) = time.time.civil_day().ymd();
    // Years up to 9999, months and days fit; a date that is none cannot come from a calendar day.
    let today = Date::new(year as u16, month as u8, day as u8);
    match today {
        Ok(today) if time.trust == ClockTrust::Confirmed && expiry.is_past(today) => {
            DocumentValidity::Expired
        }
        _ => DocumentValidity::Valid,
    }
}
