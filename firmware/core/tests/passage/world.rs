//! Issuers, codes, clocks and facts that the tests are written in. Everything from seeds; nobody in it exists.

use std::sync::LazyLock;

use base64ct::{Base64UrlUnpadded, Encoding};
use gate_core::alleged::{Alleged, CredentialRefusal, PREFIX, Room, Verified};
use gate_core::case::Temperature;
use gate_core::decide::{Decision, DocumentBy, DocumentSeen, DocumentValidity, Evidence, decide};
use gate_core::facts::{Facts, ListAnswer, Persons, Revoked};
use gate_core::keyset::KeySet;
use gate_core::policy::Policy;
use gate_core::time::{ClockTrust, RtcHealth, RtcReading, TimeReading, TrustedTime};
use gate_core::verdict::{Direction, PlaceKind, Reason, RiskLevel, Verdict};
use gate_proof::cose::{Aad, sign};
use gate_proof::ed25519::SigningKey;
use gate_proof::subject::{LinkKey, Subject, blind};
use gate_wire::base45;
use gate_wire::cose::Kid;
use gate_wire::credential::{Colour, Condition, Credential, CredentialId, Kind, Statement};
use gate_wire::name::MaskedName;
use gate_wire::time::{Millis, Timestamp};

pub(crate) const DAY: u64 = 86_400;
/// 2026-11-21 12:00 in UTC+8.
pub(crate) const NOON: u64 = 1_795_233_600;

pub(crate) const STATION_TEXT: &str = include_str!("../../../../assets/policies/station.json");
pub(crate) static STATION: LazyLock<Policy> =
    LazyLock::new(|| Policy::load(STATION_TEXT.as_bytes()).unwrap());
pub(crate) static HOSPITAL: LazyLock<Policy> =
    LazyLock::new(|| Policy::load(include_bytes!("../../../../assets/policies/hospital.json")).unwrap());
pub(crate) static KEYS: LazyLock<KeySet> = LazyLock::new(|| KeySet::load(key_set().as_bytes()).unwrap());

pub(crate) const GREEN: Statement = Statement::Screen(Condition::Colour(Colour::Green));
pub(crate) const YELLOW: Statement = Statement::Screen(Condition::Colour(Colour::Yellow));
pub(crate) const RED: Statement = Statement::Screen(Condition::Colour(Colour::Red));
pub(crate) const PAPER_GREEN: Statement = Statement::Paper(Condition::Colour(Colour::Green));
pub(crate) const PAPER_RED: Statement = Statement::Paper(Condition::Colour(Colour::Red));

pub(crate) fn at(unix: u64) -> Timestamp {
    Timestamp::from_unix(unix).unwrap()
}

/// Who signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum By {
    /// Our province's platform.
    Ours = 1,
    /// The national platform.
    Nation,
    /// Another province's platform.
    Elsewhere,
    Laboratory,
    Community,
    LaboratoryElsewhere,
    CommunityElsewhere,
    StaffOffice,
    /// Ours until an hour ago.
    Retired,
    /// Ours, stolen an hour ago.
    Stolen,
    /// Nobody of the key set.
    Stranger,
}

impl By {
    pub(crate) fn kid(self) -> Kid {
        Kid([b'k', 0, 0, self as u8])
    }

    pub(crate) fn key(self) -> SigningKey {
        SigningKey::from_seed(&[self as u8; 32])
    }
}

const COLOURS: &[(&str, u64)] = &[("screen_code", 900), ("paper_code", 30 * DAY)];
const SCREEN: &[(&str, u64)] = &[("screen_code", 900)];
const TESTS: &[(&str, u64)] = &[("nucleic_acid_test", 30 * DAY)];
const CERTIFICATES: &[(&str, u64)] = &[("certificate", 90 * DAY)];
const BADGES: &[(&str, u64)] = &[("staff_badge", 30 * DAY)];

fn key_set() -> String {
    let hour_ago = NOON - 3600;
    let keys = [
        key(By::Ours, ("510000", "province"), COLOURS, ""),
        key(By::Nation, ("000000", "national"), SCREEN, ""),
        key(By::Elsewhere, ("110000", "province"), COLOURS, ""),
        key(By::Laboratory, ("510100", "laboratory"), TESTS, ""),
        key(By::Community, ("510100", "community"), CERTIFICATES, ""),
        key(By::LaboratoryElsewhere, ("110000", "laboratory"), TESTS, ""),
        key(By::CommunityElsewhere, ("110000", "community"), CERTIFICATES, ""),
        key(By::StaffOffice, ("510000", "staff_office"), BADGES, ""),
        key(By::Retired, ("510000", "province"), COLOURS, &format!(r#","until":{hour_ago}"#)),
        key(By::Stolen, ("510000", "province"), COLOURS, &format!(r#","void_from":{hour_ago}"#)),
    ];
    format!(r#"{{"format":1,"version":3,"issued":{NOON},"province":"510000","keys":[{}]}}"#, keys.join(","))
}

fn key(by: By, (region, holder): (&str, &str), kinds: &[(&str, u64)], end: &str) -> String {
    let mut x = [0; 43];
    let x = Base64UrlUnpadded::encode(by.key().public_key().as_bytes(), &mut x).unwrap();
    let kid: String = by.kid().0.iter().map(|byte| format!("{byte:02x}")).collect();
    let kinds: Vec<String> = kinds
        .iter()
        .map(|(kind, longest_s)| format!(r#"{{"kind":"{kind}","longest_s":{longest_s}}}"#))
        .collect();
    let (kinds, from) = (kinds.join(","), NOON - 400 * DAY);
    format!(
        r#"{{"kty":"OKP","crv":"Ed25519","use":"credential","kid":"{kid}","x":"{x}","region":"{region}","holder":"{holder}","kinds":[{kinds}],"from":{from}{end}}}"#
    )
}

pub(crate) fn link_key() -> LinkKey {
    LinkKey::from_bytes(&[0x4C; 32])
}

pub(crate) fn person(number: u8) -> Subject {
    Subject::from_bytes([number; 12])
}

/// A code to be signed; fresh, of the usual life, about person 1, unless said otherwise.
#[derive(Clone, Debug)]
pub(crate) struct Draft {
    pub(crate) by: By,
    pub(crate) kid: Kid,
    pub(crate) claims: Credential,
}

pub(crate) fn draft(by: By, statement: Statement) -> Draft {
    let life_s = match statement.kind() {
        Kind::ScreenCode => 900,
        Kind::PaperCode | Kind::NucleicAcidTest | Kind::StaffBadge => 30 * DAY,
        Kind::Certificate => 90 * DAY,
    };
    let id = CredentialId([1, 2, 3, 4, 5, 6, 7, statement.kind().code()]);
    let claims = Credential {
        id,
        issued: at(NOON),
        expires: at(NOON + life_s),
        subject: blind(&person(1), &link_key(), by.kid(), id),
        statement,
        name: MaskedName::from_full("测试甲"),
    };
    Draft { by, kid: by.kid(), claims }
}

impl Draft {
    /// Issued then, with the same life.
    pub(crate) fn issued(mut self, unix: u64) -> Draft {
        self.claims.expires = at(unix + self.claims.expires.since(self.claims.issued));
        self.claims.issued = at(unix);
        self
    }

    pub(crate) fn life(mut self, seconds: u64) -> Draft {
        self.claims.expires = self.claims.issued.plus(seconds);
        self
    }

    pub(crate) fn about(mut self, number: u8) -> Draft {
        self.claims.subject = blind(&person(number), &link_key(), self.kid, self.claims.id);
        self
    }

    pub(crate) fn bytes(&self) -> heapless::Vec<u8, 144> {
        sign(&self.by.key(), self.kid, Aad::Credential, &self.claims.encode().unwrap()).unwrap()
    }

    pub(crate) fn text(&self) -> Vec<u8> {
        text_of(&self.bytes())
    }

    /// Proven against the key set by this clock.
    pub(crate) fn prove(&self, clock: &TrustedTime) -> Result<Verified<Credential>, CredentialRefusal> {
        prove(&self.text(), Some(&KEYS), clock)
    }

    /// Proven by a clock that says noon.
    pub(crate) fn proven(&self) -> Verified<Credential> {
        self.prove(&clock_at(NOON)).unwrap()
    }
}

pub(crate) fn text_of(bytes: &[u8]) -> Vec<u8> {
    let mut text = heapless::Vec::<u8, 512>::from_slice(PREFIX).unwrap();
    base45::encode(bytes, &mut text).unwrap();
    text.to_vec()
}

pub(crate) fn prove(
    text: &[u8],
    keys: Option<&KeySet>,
    clock: &TrustedTime,
) -> Result<Verified<Credential>, CredentialRefusal> {
    Alleged::parse(text, &mut Room::new())?.verify(keys, clock, Millis(0))
}

/// A clock that a healthy RTC confirmed.
pub(crate) fn clock_at(unix: u64) -> TrustedTime {
    let rtc = RtcReading { time: at(unix), health: RtcHealth::Healthy, set_from: ClockTrust::Confirmed };
    TrustedTime::at_boot(at(unix.saturating_sub(DAY)), Some(rtc), Millis(0))
}

pub(crate) fn unconfirmed_clock(floor: u64) -> TrustedTime {
    TrustedTime::at_boot(at(floor), None, Millis(0))
}

/// A station at noon, a list of an hour ago that was not asked about anybody.
pub(crate) fn facts() -> Facts {
    Facts {
        place: PlaceKind::Station,
        risk: RiskLevel::Low,
        direction: Direction::In,
        time: TimeReading { time: at(NOON), trust: ClockTrust::Confirmed },
        of_code: ListAnswer::NotAsked,
        of_document: ListAnswer::NotAsked,
        list_as_of: Some(at(NOON - 3600)),
        too_old: false,
        persons: Persons::NotComparable,
        revoked: Revoked::No,
        uses: 0,
        temperature: Temperature::NotMeasured,
    }
}

pub(crate) const L_GREEN: ListAnswer = ListAnswer::Listed(Colour::Green);
pub(crate) const L_YELLOW: ListAnswer = ListAnswer::Listed(Colour::Yellow);
pub(crate) const L_RED: ListAnswer = ListAnswer::Listed(Colour::Red);

/// The list of that time says so of the person of the code.
pub(crate) fn listed(answer: ListAnswer, as_of: u64) -> Facts {
    Facts { of_code: answer, list_as_of: Some(at(as_of)), ..facts() }
}

pub(crate) const CARD: DocumentSeen =
    DocumentSeen { by: DocumentBy::Card, validity: DocumentValidity::Valid };
pub(crate) const EXPIRED_CARD: DocumentSeen =
    DocumentSeen { by: DocumentBy::Card, validity: DocumentValidity::Expired };

pub(crate) fn decided(code: &Verified<Credential>, facts: &Facts) -> Decision {
    decide(&Evidence::Code(code), facts, Some(&STATION))
}

/// Verdict and reason of a code.
pub(crate) fn told(code: &Verified<Credential>, facts: &Facts) -> (Verdict, Reason) {
    both_words(&decided(code, facts))
}

pub(crate) fn both_words(decision: &Decision) -> (Verdict, Reason) {
    (decision.verdict(), decision.reason())
}
