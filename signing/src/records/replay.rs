//! A recorded verdict, decided again from the case and the policy that the record names (DOMAIN §17).
//! Promises: the terminal's own decision code decides; verdict, reason, advice, publicity, row and direction are compared
//! one by one; then the case is held against the facts in the same record. What cannot be replayed says why.
//! Must not know: who asked, how the record was opened.

use gate_core::case::{Case, DataAge, Dimension, EvidenceKind, Finding, Source, Temperature, UseClass};
use gate_core::decide::{self, Decision};
use gate_core::manifest::Dataset;
use gate_core::policy::Settings;
use gate_core::time::{ClockTrust, TimeReading};
use gate_core::verdict::{Direction, PlaceKind, Reason, Verdict};
use gate_wire::record::{CodeRecorded, Record, RecordKind};
use gate_wire::time::Timestamp;

use crate::archive::{ArchiveFault, KeptPolicy, PolicyNamed, PolicyShelf};

/// What came of replaying a record.
#[derive(Debug)]
pub enum Replayed {
    /// The same, bit for bit.
    Identical(Box<Again>),
    /// Not the same: the record was changed, or not made by this decision code.
    Differs(Box<Again>, Vec<Difference>),
    /// The policy it names is not at hand, or another was shown in its place.
    WithoutPolicy(ArchiveFault),
    /// Its columns are no case, or its reason is none.
    Unreadable(&'static str),
    /// An opening, an event: nothing was decided.
    NoVerdict,
}

/// The decision made again.
#[derive(Debug)]
pub struct Again {
    /// Verdict, reason, advice and the rest.
    pub decision: Decision,
    /// The policy it was made by; `None` where the terminal decided without one.
    pub policy: Option<KeptPolicy>,
}

/// One thing that is not the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// What.
    pub what: Part,
    /// As recorded.
    pub recorded: String,
    /// As found again.
    pub again: String,
}

/// What is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Part {
    /// Verdict letter.
    Verdict,
    /// Reason code.
    Reason,
    /// Advice.
    Advice,
    /// What the public screen showed.
    Publicity,
    /// The policy row that decided.
    Row,
    /// Direction of the lane.
    Direction,
    /// The case says one trust in the clock, the record's own field another.
    Clock,
    /// The case says one kind of evidence, the code or document recorded another.
    Evidence,
    /// The case says one finding, the code or list answer recorded another.
    Finding,
    /// The case says one age of the list, its recorded time another.
    DataAge,
    /// The case says one temperature class, the reading recorded another.
    Temperature,
    /// The case says used before or not, the count recorded the other.
    Uses,
}

/// Replays a record.
pub fn replay(record: &Record, shelf: &dyn PolicyShelf) -> Replayed {
    if record.kind != RecordKind::Passage {
        return Replayed::NoVerdict;
    }
    let reason = core::str::from_utf8(&record.reason).ok().and_then(Reason::from_code);
    let Some(reason) = reason else { return Replayed::Unreadable("its reason is no known code") };
    if record.case == [0; 12] {
        return without_case(record, reason);
    }
    let indices = record.case.map(|code| code.wrapping_sub(1));
    let Some(case) = Case::from_indices(indices) else {
        return Replayed::Unreadable("its case has a value that does not exist");
    };
    match shelf.policy(&named(record, case.place)) {
        Ok(kept) => by_policy(record, &case, kept),
        Err(fault) => Replayed::WithoutPolicy(fault),
    }
}

/// The policy that a record of this kind of place names.
fn named(record: &Record, place: PlaceKind) -> PolicyNamed {
    let dataset = if place == PlaceKind::Hospital { Dataset::PolicyHospital } else { Dataset::PolicyStation };
    PolicyNamed { version: record.versions.policy, digest: record.policy_digest, dataset }
}

/// What the terminal said by itself, because no case could be found: a code that proves nothing, a fault.
fn without_case(record: &Record, reason: Reason) -> Replayed {
    let Some(direction) = direction(record.direction) else {
        return Replayed::Unreadable("its direction does not exist");
    };
    let decision = Decision::assist(reason, direction);
    judged(record, Again { decision, policy: None }, Vec::new())
}

fn by_policy(record: &Record, case: &Case, kept: KeptPolicy) -> Replayed {
    let decision = decide::replay(case, &kept.policy);
    let doubts = against_facts(record, case, kept.policy.settings());
    judged(record, Again { decision, policy: Some(kept) }, doubts)
}

fn judged(record: &Record, again: Again, doubts: Vec<Difference>) -> Replayed {
    let mut differences = compared(record, &again.decision);
    differences.extend(doubts);
    let again = Box::new(again);
    if differences.is_empty() { Replayed::Identical(again) } else { Replayed::Differs(again, differences) }
}

/// Everything a decision gives, as the record spells it.
fn compared(record: &Record, decision: &Decision) -> Vec<Difference> {
    let row = decision.basis().map_or(0, |(_, row)| row.0);
    let number = |value: u8| value.to_string();
    let reason = String::from_utf8_lossy(&record.reason).into_owned();
    let pairs = [
        (Part::Verdict, char::from(record.verdict).to_string(), letter(decision.verdict()).to_string()),
        (Part::Reason, reason, decision.reason().code().to_owned()),
        (Part::Advice, number(record.advice), number(decision.advice() as u8 + 1)),
        (Part::Publicity, number(record.publicity), number(decision.publicity() as u8 + 1)),
        (Part::Row, record.row.to_string(), row.to_string()),
        (Part::Direction, number(record.direction), number(decision.direction().index() + 1)),
    ];
    unequal(pairs)
}

/// The case against the plain facts that stand beside it in the record.
fn against_facts(record: &Record, case: &Case, settings: &Settings) -> Vec<Difference> {
    let mut pairs = Vec::new();
    let mut hold = |what, recorded: String, again: String| pairs.push((what, recorded, again));
    let clock = if record.clock == 1 { ClockTrust::Confirmed } else { ClockTrust::Unconfirmed };
    hold(Part::Clock, format!("{:?}", case.clock), format!("{clock:?}"));
    let uses = if record.uses >= settings.again_after { UseClass::Again } else { UseClass::First };
    hold(Part::Uses, format!("{:?}", case.uses), format!("{uses:?}"));
    if let Some(kind) = evidence(record, case.evidence) {
        hold(Part::Evidence, format!("{:?}", case.evidence), format!("{kind:?}"));
    }
    if let Some(finding) = finding(record, case) {
        hold(Part::Finding, format!("{:?}", case.finding), format!("{finding:?}"));
    }
    if case.data != DataAge::Missing {
        let as_of = Some(record.list_as_of).filter(|as_of| *as_of != Timestamp::EPOCH);
        let now = TimeReading { time: record.at, trust: clock };
        let age = settings.list_limits().age(as_of, now);
        hold(Part::DataAge, format!("{:?}", case.data), format!("{age:?}"));
    }
    if let Some(class) = temperature(record, case.temperature, settings) {
        hold(Part::Temperature, format!("{:?}", case.temperature), format!("{class:?}"));
    }
    unequal(pairs)
}

fn unequal(pairs: impl IntoIterator<Item = (Part, String, String)>) -> Vec<Difference> {
    let differ = pairs.into_iter().filter(|(_, recorded, again)| recorded != again);
    differ.map(|(what, recorded, again)| Difference { what, recorded, again }).collect()
}

/// The evidence that the recorded code or document is; `None` where the record does not tell (card or typed).
fn evidence(record: &Record, said: EvidenceKind) -> Option<EvidenceKind> {
    match said {
        EvidenceKind::Card | EvidenceKind::TypedDocument if record.document != 0 => None,
        _ => Some(match record.code?.kind {
            1 => EvidenceKind::ScreenCode,
            2 => EvidenceKind::PaperCode,
            3 => EvidenceKind::NucleicAcidTest,
            _ => EvidenceKind::Certificate,
        }),
    }
}

/// The finding that the recorded code's statement or list's answer is; `None` where the record does not tell.
fn finding(record: &Record, case: &Case) -> Option<Finding> {
    match case.source {
        Source::Code => said_by_code(&record.code?),
        Source::List => match record.list_answer {
            3 => Some(Finding::NotListed),
            4 if matches!(case.evidence, EvidenceKind::Card | EvidenceKind::TypedDocument) => {
                Some(Finding::NotAnException)
            }
            // Against a code it counts as a green entry.
            4 => Some(Finding::Green),
            5 => Some(Finding::Green),
            6 => Some(Finding::Yellow),
            7 => Some(Finding::Red),
            _ => None,
        },
    }
}

fn said_by_code(code: &CodeRecorded) -> Option<Finding> {
    match (code.kind, code.statement) {
        (1 | 2, 0) => Some(Finding::Green),
        (1 | 2, 1) => Some(Finding::Yellow),
        (1 | 2, 2) => Some(Finding::Red),
        (1 | 2, 3) => Some(Finding::NoAbnormality),
        (1 | 2, 4) => Some(Finding::Abnormal),
        (3, 0) => Some(Finding::Negative),
        (3, 1) => Some(Finding::Positive),
        (4, _) => Some(Finding::Certified),
        _ => None,
    }
}

/// The class of the reading recorded. A second reading is the attendant's, in a record of its own.
fn temperature(record: &Record, said: Temperature, settings: &Settings) -> Option<Temperature> {
    if said == Temperature::HighAgain {
        return None;
    }
    if record.temperature == i16::MIN {
        return Some(Temperature::NotMeasured);
    }
    let high = record.temperature >= settings.high_temperature_tenths;
    Some(if high { Temperature::High } else { Temperature::Normal })
}

pub(crate) fn direction(code: u8) -> Option<Direction> {
    Direction::ALL.get(usize::from(code).checked_sub(1)?).copied()
}

pub(crate) fn letter(verdict: Verdict) -> char {
    match verdict {
        Verdict::Pass => 'P',
        Verdict::Limit => 'L',
        Verdict::Stop => 'S',
        Verdict::Assist => 'A',
    }
}
