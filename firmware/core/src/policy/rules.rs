//! What is proven of every policy at load: it covers every case, and no row breaks DOMAIN §1, §2, §3, §6, §12, §14, §17, §19.
//! Promises: each coherent case is looked at once, for each issuer; a few ten thousand cases for a place.
//! Must not know: JSON.

use crate::case::{
    Case, DataAge, Dimension, EvidenceKind, Finding, IssuerClass, Source, Temperature, TestAge, UseClass,
};
use crate::time::ClockTrust;
use crate::verdict::{Advice, Direction, PlaceKind, RiskLevel, Verdict};

use super::{Outcome, Policy, PolicyError, RowNumber, Rule, reasons};

/// Looks at every coherent case of the policy's places.
pub(super) fn prove(policy: &Policy) -> Result<(), PolicyError> {
    policy.settings.places.iter().try_for_each(|&place| {
        each_of(place, &mut |case| prove_issuers(policy, |issuer| Case { issuer, ..*case }))
    })
}

/// Every case that the facts can give at a kind of place, each issuer's.
pub fn each_case(place: PlaceKind, mut look: impl FnMut(&Case)) {
    let each: Result<(), core::convert::Infallible> = each_of(place, &mut |case| {
        IssuerClass::ALL.iter().for_each(|&issuer| look(&Case { issuer, ..*case }));
        Ok(())
    });
    let Ok(()) = each;
}

/// Every coherent case of a kind of place, with the first issuer.
fn each_of<E>(place: PlaceKind, look: &mut impl FnMut(&Case) -> Result<(), E>) -> Result<(), E> {
    for &risk in RiskLevel::ALL {
        for &direction in Direction::ALL {
            each_proven(|evidence, finding, source, test| {
                let (place, proven) = ((place, risk, direction), (evidence, finding, source, test));
                each_circumstance(place, proven, look)
            })?;
        }
    }
    Ok(())
}

type Where = (PlaceKind, RiskLevel, Direction);
type Proven = (EvidenceKind, Finding, Source, TestAge);

/// Every combination of evidence, finding, source and test age that the facts can give.
fn each_proven<E>(
    mut look: impl FnMut(EvidenceKind, Finding, Source, TestAge) -> Result<(), E>,
) -> Result<(), E> {
    for &evidence in EvidenceKind::ALL {
        for &finding in Finding::ALL {
            for &source in Source::ALL {
                for &test in TestAge::ALL {
                    if coherent(evidence, finding, source, test) == Coherent::Yes {
                        look(evidence, finding, source, test)?;
                    }
                }
            }
        }
    }
    Ok(())
}

#[derive(PartialEq)]
enum Coherent {
    Yes,
    No,
}

fn coherent(evidence: EvidenceKind, finding: Finding, source: Source, test: TestAge) -> Coherent {
    use EvidenceKind as E;
    use Finding as F;
    let colour = matches!(finding, F::Green | F::Yellow | F::Red);
    let by_evidence = match (evidence, source) {
        (E::ScreenCode | E::PaperCode, Source::Code) => {
            colour || matches!(finding, F::NoAbnormality | F::Abnormal)
        }
        (E::ScreenCode | E::PaperCode, Source::List) => colour,
        (E::NucleicAcidTest, Source::Code) => matches!(finding, F::Negative | F::Positive),
        (E::Certificate, Source::Code) => finding == F::Certified,
        (E::NucleicAcidTest | E::Certificate, Source::List) => matches!(finding, F::Yellow | F::Red),
        (E::Card | E::TypedDocument, Source::Code) => false,
        (E::Card | E::TypedDocument, Source::List) => {
            colour || matches!(finding, F::NotListed | F::NotAnException)
        }
    };
    let has_test = evidence == E::NucleicAcidTest;
    if by_evidence && has_test == (test != TestAge::NoTest) { Coherent::Yes } else { Coherent::No }
}

fn each_circumstance<E>(
    place: Where,
    proven: Proven,
    look: &mut impl FnMut(&Case) -> Result<(), E>,
) -> Result<(), E> {
    for &data in DataAge::ALL {
        if proven.2 == Source::List && data == DataAge::Missing {
            continue;
        }
        for &clock in ClockTrust::ALL {
            for &temperature in Temperature::ALL {
                for &uses in UseClass::ALL {
                    look(&case(place, proven, (data, clock, temperature, uses)))?;
                }
            }
        }
    }
    Ok(())
}

fn case(
    (place, risk, direction): Where,
    (evidence, finding, source, test): Proven,
    (data, clock, temperature, uses): (DataAge, ClockTrust, Temperature, UseClass),
) -> Case {
    let issuer = IssuerClass::Ours;
    Case { place, risk, direction, evidence, finding, source, test, data, clock, temperature, issuer, uses }
}

/// One case for each issuer: each must be decided, by the rules, and all alike.
fn prove_issuers(policy: &Policy, case: impl Fn(IssuerClass) -> Case) -> Result<(), PolicyError> {
    let mut first: Option<(RowNumber, Verdict)> = None;
    for &issuer in IssuerClass::ALL {
        let case = case(issuer);
        let (row, outcome) = policy.decide(&case).ok_or(PolicyError::Uncovered { case })?;
        if let Some(rule) = broken(&case, &outcome) {
            return Err(PolicyError::Breaks { row, rule, case });
        }
        let (ours, verdict) = *first.get_or_insert((row, outcome.verdict));
        if verdict != outcome.verdict {
            return Err(PolicyError::DiffersByIssuer { ours, other: row, case });
        }
    }
    Ok(())
}

fn broken(case: &Case, outcome: &Outcome) -> Option<Rule> {
    let verdict = outcome.verdict;
    let passes = verdict == Verdict::Pass;
    let unproven = stale_list(case) || unsure_code(case);
    [
        (verdict == Verdict::Stop && (case.finding != Finding::Red || unproven), Rule::StopNeedsCurrentRed),
        (passes && matches!(case.finding, Finding::Red | Finding::Yellow), Rule::RedAndYellowNeverPass),
        (passes && case.finding == Finding::NotListed, Rule::NotListedNeverPasses),
        (stale_list(case) && verdict != Verdict::Assist, Rule::StaleListNeverDecides),
        (passes && unsure_code(case), Rule::UnconfirmedClockPassesNoScreenCode),
        (!passes && ordinary_green(case), Rule::GreenIsFree),
        (is_current(case) && colours_verdict(case).is_some_and(|due| due != verdict), Rule::ColourIsKept),
        (passes && case.finding == Finding::Positive, Rule::PositiveNeverPasses),
        (verdict != Verdict::Assist && case.finding == Finding::Abnormal, Rule::AbnormalIsAssist),
        (passes && case.test == TestAge::Past, Rule::PastTestNeverPasses),
        (passes && has_fever(case), Rule::FeverNeverPasses),
        (!reasons::fits(outcome.reason, case), Rule::ReasonFits),
        (leads_nowhere(case, outcome), Rule::AdviceLeadsOn),
    ]
    .into_iter()
    .find_map(|(breaks, rule)| breaks.then_some(rule))
}

fn stale_list(case: &Case) -> bool {
    case.source == Source::List && case.data.is_past()
}

fn unsure_code(case: &Case) -> bool {
    case.clock == ClockTrust::Unconfirmed
        && case.evidence == EvidenceKind::ScreenCode
        && case.source == Source::Code
}

fn has_fever(case: &Case) -> bool {
    matches!(case.temperature, Temperature::High | Temperature::HighAgain)
}

/// What proven colours keep the latch shut with (DOMAIN §1).
fn colours_verdict(case: &Case) -> Option<Verdict> {
    match case.finding {
        Finding::Red => Some(Verdict::Stop),
        Finding::Yellow => Some(Verdict::Limit),
        _ => None,
    }
}

/// Whether nothing speaks against a statement's being the newest: a screen code's time, the list's age; of a code that
/// lives for days also whether it was revoked since, which the list's age tells too.
fn is_current(case: &Case) -> bool {
    let alone = case.source == Source::Code && case.evidence == EvidenceKind::ScreenCode;
    case.clock == ClockTrust::Confirmed && (alone || case.data.is_current())
}

/// A first, current green that its holder shows without help, with nothing in its way.
fn ordinary_green(case: &Case) -> bool {
    let green = matches!(case.finding, Finding::Green | Finding::NoAbnormality);
    // A list that is fresh by an unconfirmed clock's reckoning is taken as fresh everywhere.
    let by_card = case.evidence == EvidenceKind::Card && case.data.is_current();
    let shown = matches!(case.evidence, EvidenceKind::ScreenCode | EvidenceKind::PaperCode);
    green && (by_card || shown && is_current(case)) && !has_fever(case) && case.uses == UseClass::First
}

/// A dead end (DOMAIN §2): through a latch that stays shut, or back to what the person has just done.
fn leads_nowhere(case: &Case, outcome: &Outcome) -> bool {
    let opens = outcome.verdict == Verdict::Pass;
    let has_tapped = matches!(case.evidence, EvidenceKind::Card | EvidenceKind::TypedDocument);
    match outcome.advice {
        // An exit lane opens whatever the verdict (DOMAIN §20).
        Advice::WalkThrough => !opens && case.direction == Direction::In,
        Advice::TapCard | Advice::RefreshOrTapCard => opens || has_tapped,
        Advice::MeasureAgain => opens || case.temperature != Temperature::High,
        Advice::ShowPhoneToStaff => opens || has_tapped,
        Advice::RegisterAtStaffLane
        | Advice::StaffIsComing
        | Advice::FeverClinicLane
        | Advice::StaffRegisters
        | Advice::StaffLane => opens,
    }
}
