use super::*;
use crate::verdict::Verdict;

extern crate std;
use std::string::{String as Text, ToString};

const STATION: &str = include_str!("../../../../assets/policies/station.json");
const HOSPITAL: &str = include_str!("../../../../assets/policies/hospital.json");

fn changed(from: &str, to: &str) -> Result<Policy, PolicyError> {
    assert!(STATION.contains(from), "the policy has no {from}");
    Policy::load(STATION.replacen(from, to, 1).as_bytes())
}

fn breaks(result: Result<Policy, PolicyError>) -> Rule {
    match result {
        Err(PolicyError::Breaks { rule, .. }) => rule,
        other => panic!("expected a broken rule, got {:?}", other.map(|_| ())),
    }
}

#[test]
fn the_default_policies_load() {
    for text in [STATION, HOSPITAL] {
        Policy::load(text.as_bytes()).unwrap();
    }
}

#[test]
fn a_case_without_a_row_is_refused() {
    let last = r#",
    {"verdict": "assist", "reason": "A42", "advice": "staff_lane"}"#;
    Policy::load(STATION.replacen(last, "", 1).as_bytes()).unwrap();
    let yellow = r#"    {"finding": ["yellow"], "source": ["list"], "verdict": "limit", "reason": "L02", "advice": "register_at_staff_lane"},
"#;
    let without: Text = STATION.replacen(last, "", 1).replacen(yellow, "", 1);
    assert!(
        matches!(Policy::load(without.as_bytes()), Err(PolicyError::Uncovered { case }) if case.finding == Finding::Yellow)
    );
}

#[test]
fn rules_that_no_policy_may_break() {
    let red = r#""verdict": "stop", "reason": "S01""#;
    assert_eq!(breaks(changed(red, r#""verdict": "pass", "reason": "P01""#)), Rule::RedAndYellowNeverPass);
    let abnormal = r#""verdict": "assist", "reason": "A23""#;
    assert_eq!(breaks(changed(abnormal, r#""verdict": "stop", "reason": "S01""#)), Rule::StopNeedsCurrentRed);
    let unlisted = r#""verdict": "assist", "reason": "A25""#;
    assert_eq!(
        breaks(changed(unlisted, r#""verdict": "pass", "reason": "P03""#)),
        Rule::NotListedNeverPasses
    );
    let stale = r#""source": ["list"], "data": ["stale"], "verdict": "assist""#;
    assert_eq!(
        breaks(changed(stale, r#""source": ["list"], "data": ["missing"], "verdict": "assist""#)),
        Rule::StaleListNeverDecides
    );
    let unsure = r#""clock": ["unconfirmed"], "verdict": "assist", "reason": "A03""#;
    assert_eq!(
        breaks(changed(
            unsure,
            r#""clock": ["unconfirmed"], "finding": ["yellow", "red"], "verdict": "assist", "reason": "A03""#
        )),
        Rule::UnconfirmedClockPassesNoScreenCode
    );
    assert_eq!(
        breaks(changed(
            unsure,
            r#""clock": ["unconfirmed"], "finding": ["green"], "verdict": "assist", "reason": "A03""#
        )),
        Rule::StopNeedsCurrentRed
    );
    assert_eq!(
        breaks(changed(unsure, r#""clock": ["confirmed"], "verdict": "assist", "reason": "A03""#)),
        Rule::GreenIsFree
    );
    let free = r#""finding": ["no_abnormality"], "verdict": "pass", "reason": "P02""#;
    assert_eq!(
        breaks(changed(free, r#""finding": ["no_abnormality"], "verdict": "limit", "reason": "L01""#)),
        Rule::GreenIsFree
    );
}

#[test]
fn a_policy_that_favours_one_issuer_is_refused() {
    let paper = r#"{"finding": ["green"], "source": ["code"], "verdict": "pass""#;
    let ours_only = r#"{"finding": ["green"], "source": ["code"], "evidence": ["paper_code"], "issuer": ["mutual"], "verdict": "assist", "reason": "A42", "advice": "staff_lane"},
    {"finding": ["green"], "source": ["code"], "verdict": "pass""#;
    assert!(matches!(changed(paper, ours_only), Err(PolicyError::DiffersByIssuer { .. })));
}

#[test]
fn advice_may_differ_by_issuer() {
    let paper = r#"{"finding": ["yellow"], "source": ["code"], "verdict""#;
    let other = r#"{"finding": ["yellow"], "source": ["code"], "issuer": ["mutual"], "verdict": "limit", "reason": "L01", "advice": "staff_lane"},
    {"finding": ["yellow"], "source": ["code"], "verdict""#;
    changed(paper, other).unwrap();
}

#[test]
fn bad_documents_are_named() {
    assert!(matches!(
        changed(r#""format": 1"#, r#""format": 2"#),
        Err(PolicyError::ForeignFormat { found: 2 })
    ));
    assert!(matches!(
        changed(r#""reason": "A37""#, r#""reason": "P01""#),
        Err(PolicyError::WrongReason { row: RowNumber(9) })
    ));
    assert!(matches!(
        changed(r#""test_days": 7"#, r#""test_days": 0"#),
        Err(PolicyError::OutOfRange { what: "test_days" })
    ));
    assert!(matches!(
        changed(r#""JKM1:""#, r#""TF1:""#),
        Err(PolicyError::OutOfRange { what: "a platform prefix" })
    ));
    assert!(matches!(
        changed(r#""test_days": 7"#, r#""test_days": 7, "colour": 1"#),
        Err(PolicyError::Json(_))
    ));
    assert!(matches!(Policy::load(STATION[..900].to_string().as_bytes()), Err(PolicyError::Json(_))));
}

#[test]
fn the_first_row_that_holds_decides_and_is_named() {
    let policy = Policy::load(STATION.as_bytes()).unwrap();
    let case = Case {
        place: PlaceKind::Station,
        risk: RiskLevel::Low,
        direction: Direction::In,
        evidence: EvidenceKind::ScreenCode,
        finding: Finding::Red,
        source: Source::Code,
        test: TestAge::NoTest,
        data: DataAge::Fresh,
        clock: ClockTrust::Confirmed,
        temperature: Temperature::Normal,
        issuer: IssuerClass::National,
        uses: UseClass::First,
    };
    let (row, outcome) = policy.decide(&case).unwrap();
    assert_eq!(
        (row, outcome.verdict, outcome.reason, outcome.advice),
        (RowNumber(4), Verdict::Stop, Reason::RedCode, Advice::StaffIsComing)
    );
    assert_eq!(Case::from_indices(case.indices()), Some(case));
}

#[test]
fn an_advice_that_leads_nowhere_is_refused() {
    let yellow =
        r#""source": ["code"], "verdict": "limit", "reason": "L01", "advice": "register_at_staff_lane""#;
    let with = |advice: &str| yellow.replacen("register_at_staff_lane", advice, 1);
    assert_eq!(breaks(changed(yellow, &with("walk_through"))), Rule::AdviceLeadsOn);
    assert_eq!(breaks(changed(yellow, &with("measure_again"))), Rule::AdviceLeadsOn);
    changed(yellow, &with("tap_card")).unwrap();
    let listed =
        r#""source": ["list"], "verdict": "limit", "reason": "L02", "advice": "register_at_staff_lane""#;
    let again = listed.replacen("register_at_staff_lane", "tap_card", 1);
    assert_eq!(breaks(changed(listed, &again)), Rule::AdviceLeadsOn, "a card was tapped already");
    let green = r#""reason": "P01", "advice": "walk_through""#;
    let held = green.replacen("walk_through", "staff_lane", 1);
    assert_eq!(breaks(changed(green, &held)), Rule::AdviceLeadsOn);
}

#[test]
fn each_case_is_given_once() {
    let mut seen = std::collections::HashSet::new();
    each_case(PlaceKind::Hospital, |case| assert!(seen.insert(*case)));
    assert!(seen.len() > 20_000 && seen.iter().all(|case| case.place == PlaceKind::Hospital));
}
