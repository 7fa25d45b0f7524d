//! The decision: evidence, facts and policy in, one verdict out.
//! Promises: pure, total, cannot fail. What competes with what stands here (DOMAIN §8) and is no measure;
//! which verdict a finding gets is policy. Whatever cannot be decided is Assist, never a "no" (DOMAIN §2).
//! Must not know: how evidence was proven, how a verdict is recorded or told.

use gate_wire::credential::{Colour, Condition, Credential, Statement, TestResult};
use gate_wire::time::Timestamp;

use crate::alleged::Verified;
use crate::case::{Case, DataAge, EvidenceKind, Finding, IssuerClass, Source, TestAge, UseClass};
use crate::facts::{Facts, ListAnswer, Persons, Revoked};
use crate::policy::{Policy, RowNumber, Settings};
use crate::screen::{Opens, Publicity};
use crate::time::Currency;
use crate::verdict::{Advice, Direction, Reason, RiskLevel, Verdict};

/// What a person showed, as far as it could be proven.
#[derive(Clone, Copy, Debug)]
pub enum Evidence<'a> {
    /// A proven credential.
    Code(&'a Verified<Credential>),
    /// A document, by card or typed by an attendant.
    Document(DocumentSeen),
    /// Both at once.
    Both(&'a Verified<Credential>, DocumentSeen),
    /// Something that proves nothing, and why.
    Refused(Reason),
}

/// A well-formed document; its number is gone by now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DocumentSeen {
    /// How it came.
    pub by: DocumentBy,
    /// Whether it is past its validity.
    pub validity: DocumentValidity,
}

/// How a document came to us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DocumentBy {
    /// The card reader.
    Card,
    /// An attendant's typing.
    Typing,
}

/// A document's own validity. `长期`, and any date against an unconfirmed clock, are valid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DocumentValidity {
    /// Valid today.
    Valid,
    /// Past its last day: still looked up (DOMAIN §4).
    Expired,
}

/// One verdict with everything it rests on. Made by [`decide`] and [`Decision::assist`] only.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Decision {
    verdict: Verdict,
    reason: Reason,
    advice: Advice,
    publicity: Publicity,
    direction: Direction,
    basis: Option<(Case, RowNumber)>,
}

impl Decision {
    /// Assist for a reason of the terminal's own, where no case could be found.
    pub fn assist(reason: Reason, direction: Direction) -> Decision {
        // A reason of another verdict cannot turn Assist into it: the verdict stands here.
        Decision {
            verdict: Verdict::Assist,
            reason,
            advice: reason.own_advice(),
            publicity: Publicity::Shown,
            direction,
            basis: None,
        }
    }

    /// The verdict.
    pub fn verdict(&self) -> Verdict {
        self.verdict
    }

    /// Its reason.
    pub fn reason(&self) -> Reason {
        self.reason
    }

    /// What the person is told to do.
    pub fn advice(&self) -> Advice {
        self.advice
    }

    /// How much of it the public screen shows.
    pub fn publicity(&self) -> Publicity {
        self.publicity
    }

    /// Direction of the lane it was made for.
    pub fn direction(&self) -> Direction {
        self.direction
    }

    /// The case and the policy row that decided it, for the record and for "why this verdict".
    pub fn basis(&self) -> Option<&(Case, RowNumber)> {
        self.basis.as_ref()
    }

    /// Whether the latch opens: Pass, or an exit lane (DOMAIN §20).
    pub fn opens(&self) -> Opens {
        if self.verdict == Verdict::Pass || self.direction == Direction::Out { Opens::Yes } else { Opens::No }
    }
}

/// Decides.
pub fn decide(evidence: &Evidence<'_>, facts: &Facts, policy: Option<&Policy>) -> Decision {
    let Some(policy) = policy else { return Decision::assist(Reason::PolicyMissing, facts.direction) };
    match find(evidence, facts, policy.settings()) {
        // Without an as-of time a list's word has no age: it proves nothing.
        Ok(proven) if proven.source == Source::List && facts.list_as_of.is_none() => {
            Decision::assist(Reason::ListMissing, facts.direction)
        }
        Ok(_) if facts.too_old => Decision::assist(Reason::ListStale, facts.direction),
        Ok(proven) => by_policy(&proven, facts, policy),
        Err(reason) => Decision::assist(reason, facts.direction),
    }
}

/// Decides a recorded case again: with the same policy the verdict is the same, bit for bit (DOMAIN §17).
pub fn replay(case: &Case, policy: &Policy) -> Decision {
    match policy.decide(case) {
        Some((row, outcome)) => Decision {
            verdict: outcome.verdict,
            reason: outcome.reason,
            advice: outcome.advice,
            publicity: if outcome.verdict == Verdict::Stop {
                policy.settings().public_stop
            } else {
                Publicity::Shown
            },
            direction: case.direction,
            basis: Some((*case, row)),
        },
        // A loaded policy covers every case of its places; this one is for other places.
        None => Decision::assist(Reason::PolicyMissing, case.direction),
    }
}

/// "No check" is in force here: the lane is open, nothing is scanned, nothing recorded (DOMAIN §9).
/// Made by [`lane_open`] only, from signed policy and risk level.
///
/// ```compile_fail,E0423
/// let open = gate_core::decide::LaneOpen(());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LaneOpen(());

/// Whether policy checks nobody at this risk level.
pub fn lane_open(policy: Option<&Policy>, risk: RiskLevel) -> Option<LaneOpen> {
    policy?.settings().unchecked_at.contains(&risk).then_some(LaneOpen(()))
}

/// What is proven of the person.
struct Proven {
    evidence: EvidenceKind,
    finding: Finding,
    source: Source,
    test: TestAge,
    issuer: IssuerClass,
}

fn by_policy(proven: &Proven, facts: &Facts, policy: &Policy) -> Decision {
    let settings = policy.settings();
    let case = Case {
        place: facts.place,
        risk: facts.risk,
        direction: facts.direction,
        evidence: proven.evidence,
        finding: proven.finding,
        source: proven.source,
        test: proven.test,
        data: data_age(proven.source, facts, settings),
        clock: facts.time.trust,
        temperature: facts.temperature,
        issuer: proven.issuer,
        uses: if facts.uses >= settings.again_after { UseClass::Again } else { UseClass::First },
    };
    replay(&case, policy)
}

/// The list that gave the finding was there; a code that stands alone is told when the list could not be asked.
fn data_age(source: Source, facts: &Facts, settings: &Settings) -> DataAge {
    let unable = [facts.of_code, facts.of_document]
        .iter()
        .any(|a| matches!(a, ListAnswer::Damaged | ListAnswer::Missing));
    if source == Source::Code && unable { DataAge::Missing } else { facts.data_age(settings.list_limits()) }
}

fn find(evidence: &Evidence<'_>, facts: &Facts, settings: &Settings) -> Result<Proven, Reason> {
    match evidence {
        Evidence::Refused(reason) => Err(*reason),
        Evidence::Code(code) => of_code(code, facts, settings),
        Evidence::Document(document) => of_document(*document, facts),
        Evidence::Both(code, document) => of_both(code, *document, facts, settings),
    }
}

fn of_code(code: &Verified<Credential>, facts: &Facts, settings: &Settings) -> Result<Proven, Reason> {
    match code.currency() {
        Currency::Current => {}
        Currency::Expired => return Err(Reason::CodeExpired),
        Currency::Ahead => return Err(Reason::CodeAhead),
        Currency::Unknown => return Err(Reason::ClockUnconfirmed),
    }
    match (facts.revoked, code.get().statement) {
        (Revoked::Yes, _) => return Err(Reason::CredentialRevoked),
        // A screen code is over in minutes anyway; what lives for days must not pass unasked.
        (Revoked::Unknown, Statement::Paper(_) | Statement::Test { .. } | Statement::Certificate(_)) => {
            return Err(Reason::ListMissing);
        }
        (Revoked::Unknown | Revoked::No, _) => {}
    }
    let credential = code.get();
    let (evidence, finding, source, test) = match credential.statement {
        Statement::Screen(condition) => {
            coloured(EvidenceKind::ScreenCode, condition, credential.issued, facts)
        }
        Statement::Paper(condition) => coloured(EvidenceKind::PaperCode, condition, credential.issued, facts),
        Statement::Test { minutes_since_sampling, result } => {
            let sampled = credential.issued.minus(u64::from(minutes_since_sampling) * 60);
            tested(result, test_age(sampled, facts, settings), facts)
        }
        Statement::Certificate(_) => certified(facts),
        Statement::Badge(_) => return Err(Reason::BadgeIsNoCode),
    };
    Ok(Proven { evidence, finding, source, test, issuer: code.issuer().class })
}

type Found = (EvidenceKind, Finding, Source, TestAge);

/// Colour statements of one issuer compete by time (DOMAIN §8); in a tie the more serious one stands.
fn coloured(kind: EvidenceKind, condition: Condition, issued: Timestamp, facts: &Facts) -> Found {
    let said = match condition {
        Condition::Colour(colour) => finding(colour),
        Condition::NoAbnormality => Finding::NoAbnormality,
        Condition::Abnormal => Finding::Abnormal,
    };
    let listed = match (facts.of_code, facts.list_as_of) {
        (ListAnswer::Listed(colour), Some(as_of)) => Some((finding(colour), as_of)),
        (ListAnswer::NotAnException, Some(as_of)) => Some((Finding::Green, as_of)),
        _ => None,
    };
    match listed {
        Some((entry, as_of))
            if as_of > issued || as_of == issued && seriousness(entry) > seriousness(said) =>
        {
            (kind, entry, Source::List, TestAge::NoTest)
        }
        _ => (kind, said, Source::Code, TestAge::NoTest),
    }
}

/// A test never raises a colour: the list's yellow and red stand beside it.
fn tested(result: TestResult, age: TestAge, facts: &Facts) -> Found {
    let kind = EvidenceKind::NucleicAcidTest;
    match (facts.of_code, result) {
        (ListAnswer::Listed(Colour::Red), _) => (kind, Finding::Red, Source::List, age),
        (_, TestResult::Positive) => (kind, Finding::Positive, Source::Code, age),
        (ListAnswer::Listed(Colour::Yellow), _) => (kind, Finding::Yellow, Source::List, age),
        (_, TestResult::Negative) => (kind, Finding::Negative, Source::Code, age),
    }
}

/// Nor does a certificate.
fn certified(facts: &Facts) -> Found {
    let kind = EvidenceKind::Certificate;
    match facts.of_code {
        ListAnswer::Listed(Colour::Red) => (kind, Finding::Red, Source::List, TestAge::NoTest),
        ListAnswer::Listed(Colour::Yellow) => (kind, Finding::Yellow, Source::List, TestAge::NoTest),
        _ => (kind, Finding::Certified, Source::Code, TestAge::NoTest),
    }
}

/// Calendar days in UTC+8, sampling day 0 (DOMAIN §3). A sampling day still ahead is no reason to doubt the test.
fn test_age(sampled: Timestamp, facts: &Facts, settings: &Settings) -> TestAge {
    let days = facts.time.time.civil_day().since(sampled.civil_day()).unwrap_or(0);
    if days <= settings.test_days { TestAge::Within } else { TestAge::Past }
}

fn of_document(document: DocumentSeen, facts: &Facts) -> Result<Proven, Reason> {
    let finding = match facts.of_document {
        ListAnswer::NotAsked | ListAnswer::Missing => return Err(Reason::ListMissing),
        ListAnswer::Damaged => return Err(Reason::ListDamaged),
        ListAnswer::Listed(colour) => finding(colour),
        ListAnswer::NotListed => Finding::NotListed,
        ListAnswer::NotAnException => Finding::NotAnException,
    };
    // An expired card is still looked up: red stays red, yellow yellow; the rest goes to the attendant (DOMAIN §4).
    if document.validity == DocumentValidity::Expired && !matches!(finding, Finding::Red | Finding::Yellow) {
        return Err(Reason::DocumentExpired);
    }
    let evidence = match document.by {
        DocumentBy::Card => EvidenceKind::Card,
        DocumentBy::Typing => EvidenceKind::TypedDocument,
    };
    Ok(Proven { evidence, finding, source: Source::List, test: TestAge::NoTest, issuer: IssuerClass::Ours })
}

/// Code and card at once. A code that proves nothing leaves the card, and the reverse.
fn of_both(
    code: &Verified<Credential>,
    document: DocumentSeen,
    facts: &Facts,
    settings: &Settings,
) -> Result<Proven, Reason> {
    if facts.persons == Persons::Different {
        return Err(Reason::CodeAndCardDiffer);
    }
    let (code, card) = match (of_code(code, facts, settings), of_document(document, facts)) {
        (Ok(code), Ok(card)) => (code, card),
        (Err(_), Ok(card)) => return Ok(card),
        (Ok(code), Err(_)) => return Ok(code),
        (Err(reason), Err(_)) => return Err(reason),
    };
    // Within one issuer the two have competed by time already; a test that is too old proves nothing beside a card.
    if facts.persons == Persons::Same {
        return Ok(if code.test == TestAge::Past { card } else { code });
    }
    if !facts.data_age(settings.list_limits()).is_current() {
        return Ok(code);
    }
    // Only colour statements contradict each other: a test or certificate never raises a colour (DOMAIN §8).
    let contradicts = |a: &Proven, b: &Proven| a.finding == Finding::Red && says_green(b.finding);
    if contradicts(&code, &card) || contradicts(&card, &code) {
        return Err(Reason::SourcesDisagree);
    }
    Ok(if seriousness(card.finding) > seriousness(code.finding) { card } else { code })
}

fn finding(colour: Colour) -> Finding {
    match colour {
        Colour::Green => Finding::Green,
        Colour::Yellow => Finding::Yellow,
        Colour::Red => Finding::Red,
    }
}

fn says_green(finding: Finding) -> bool {
    matches!(finding, Finding::Green | Finding::NoAbnormality | Finding::NotAnException)
}

/// A visitor is not on our list: that takes nothing from a code of their own province (DOMAIN §6).
fn seriousness(finding: Finding) -> u8 {
    match finding {
        Finding::Green
        | Finding::NoAbnormality
        | Finding::Negative
        | Finding::Certified
        | Finding::NotAnException
        | Finding::NotListed => 0,
        Finding::Abnormal => 1,
        Finding::Yellow | Finding::Positive => 2,
        Finding::Red => 3,
    }
}

#[cfg(test)]
mod tests;
