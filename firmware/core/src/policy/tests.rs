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

const LAST_ROW: &str = r#"{"verdict": "assist", "reason": "A42", "advice": "staff_lane"}"#;

/// The station's policy with a row before all others.
fn first(row: &str) -> Result<Policy, PolicyError> {
    changed(r#""rows": ["#, &std::format!("\"rows\": [{row},"))
}

#[test]
fn a_positive_test_opens_no_gate() {
    let positive = r#""verdict": "limit", "reason": "L03", "advice": "register_at_staff_lane""#;
    let passed = r#""verdict": "pass", "reason": "P05", "advice": "walk_through""#;
    assert_eq!(breaks(changed(positive, passed)), Rule::PositiveNeverPasses);
}

#[test]
fn the_national_abnormal_is_assist_alone() {
    let abnormal = r#""verdict": "assist", "reason": "A23", "advice": "staff_lane""#;
    for (verdict, reason, advice) in [("pass", "P02", "walk_through"), ("limit", "L01", "staff_lane")] {
        let other = std::format!(r#""verdict": "{verdict}", "reason": "{reason}", "advice": "{advice}""#);
        assert_eq!(breaks(changed(abnormal, &other)), Rule::AbnormalIsAssist);
    }
}

#[test]
fn a_green_paper_code_passes_as_a_phone_does() {
    let paper = r#"{"evidence": ["paper_code"], "finding": ["green"], "#;
    for rest in [
        r#""verdict": "limit", "reason": "L01", "advice": "register_at_staff_lane"}"#,
        r#""verdict": "assist", "reason": "A42", "advice": "staff_lane"}"#,
    ] {
        assert_eq!(breaks(first(&std::format!("{paper}{rest}"))), Rule::GreenIsFree);
    }
    // Of a stale list nobody knows what was revoked since: that is a measure.
    first(&std::format!(
        r#"{paper}"data": ["stale"], "verdict": "assist", "reason": "A29", "advice": "staff_lane"}}"#
    ))
    .unwrap();
}

#[test]
fn an_old_test_and_a_fever_change_something() {
    let past = r#"    {"test": ["past"], "verdict": "assist", "reason": "A24", "advice": "tap_card"},
"#;
    assert_eq!(
        breaks(Policy::load(
            STATION.replacen(past, "", 1).replacen(r#", "test": ["within"]"#, "", 1).as_bytes()
        )),
        Rule::PastTestNeverPasses
    );
    for fever in [
        r#"    {"temperature": ["high"], "verdict": "assist", "reason": "A37", "advice": "measure_again"},
"#,
        r#"    {"temperature": ["high_again"], "verdict": "assist", "reason": "A38", "advice": "staff_lane"},
"#,
    ] {
        assert_eq!(breaks(changed(fever, "")), Rule::FeverNeverPasses);
    }
}

#[test]
fn what_no_row_speaks_of_goes_to_the_attendant() {
    for (verdict, reason, advice) in
        [("stop", "S01", "staff_lane"), ("pass", "P01", "walk_through"), ("limit", "L01", "staff_lane")]
    {
        let other = std::format!(r#"{{"verdict": "{verdict}", "reason": "{reason}", "advice": "{advice}"}}"#);
        let refused = changed(LAST_ROW, &other).map(|_| ());
        assert_eq!(refused, Err(PolicyError::FallbackDecides { row: RowNumber(22) }));
    }
}

#[test]
fn a_proven_colour_is_no_matter_of_one_press() {
    for colour in ["red", "yellow"] {
        let soft = std::format!(
            r#"{{"finding": ["{colour}"], "data": ["fresh"], "verdict": "assist", "reason": "A42", "advice": "staff_lane"}}"#
        );
        // Behind the rows for a stale list and an unsure clock, which come first by right.
        let abnormal = r#"{"finding": ["abnormal"]"#;
        assert_eq!(breaks(changed(abnormal, &std::format!("{soft},{abnormal}"))), Rule::ColourIsKept);
        let fever = std::format!(
            r#"{{"finding": ["{colour}"], "temperature": ["high"], "verdict": "assist", "reason": "A37", "advice": "measure_again"}}"#
        );
        assert_eq!(breaks(changed(abnormal, &std::format!("{fever},{abnormal}"))), Rule::ColourIsKept);
    }
}

#[test]
fn a_reason_says_what_was_found() {
    for (from, to) in [
        (r#""reason": "P06""#, r#""reason": "P05""#),
        (r#""reason": "P03""#, r#""reason": "P01""#),
        (r#""reason": "L02""#, r#""reason": "L01""#),
        (r#""reason": "S02""#, r#""reason": "S01""#),
        (r#""reason": "A38""#, r#""reason": "A37""#),
        (r#""reason": "A25""#, r#""reason": "A10""#),
        (r#""reason": "A24""#, r#""reason": "A43""#),
    ] {
        assert_eq!(breaks(changed(from, to)), Rule::ReasonFits, "{to}");
    }
    changed(r#""reason": "A24""#, r#""reason": "A42""#).unwrap();
}

#[test]
fn a_policy_that_favours_one_issuer_is_refused() {
    let certificate = r#"{"finding": ["certified"], "verdict": "pass""#;
    let ours_only = r#"{"finding": ["certified"], "issuer": ["mutual"], "verdict": "assist", "reason": "A42", "advice": "staff_lane"},
    {"finding": ["certified"], "verdict": "pass""#;
    assert!(matches!(changed(certificate, ours_only), Err(PolicyError::DiffersByIssuer { .. })));
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

/// With these bands, and a row before all others.
fn banded(bands: &str, row: &str) -> Result<Policy, PolicyError> {
    let with = STATION.replacen("\"test_days\"", &std::format!("\"bands\": {bands},\n  \"test_days\""), 1);
    Policy::load(with.replacen("\"rows\": [", &std::format!("\"rows\": [{row}"), 1).as_bytes())
}

const LIST: &str =
    r#"{"status-list": {"ageing_after_days": 3, "stale_after_days": 7, "expired_after_days": 30}}"#;

#[test]
fn without_bands_ageing_is_fresh_and_expired_is_stale_in_every_row() {
    for policy in [Policy::load(STATION.as_bytes()).unwrap(), banded(LIST, "").unwrap()] {
        each_case(PlaceKind::Station, |case| {
            let like = |data| policy.decide(&Case { data, ..*case });
            match case.data {
                DataAge::Ageing => assert_eq!(policy.decide(case), like(DataAge::Fresh)),
                DataAge::Expired => assert_eq!(policy.decide(case), like(DataAge::Stale)),
                DataAge::Fresh | DataAge::Stale | DataAge::Missing => {}
            }
        });
    }
    let settings = Policy::load(STATION.as_bytes()).unwrap().settings().clone();
    assert_eq!(settings.list_limits(), Limits::until_stale(7));
}

#[test]
fn what_a_band_does_to_a_verdict_is_a_rows_to_say_within_what_no_policy_may_break() {
    let certificate = r#"{"evidence": ["certificate"], "source": ["code"], "data": ["ageing"], "verdict": "assist", "reason": "A42", "advice": "staff_lane"},"#;
    let policy = banded(LIST, certificate).unwrap();
    let of = |data| {
        let mut found = None;
        each_case(PlaceKind::Station, |case| {
            let alike = case.evidence == EvidenceKind::Certificate
                && case.source == Source::Code
                && case.temperature == Temperature::Normal
                && case.data == data;
            if alike && found.is_none() {
                found = policy.decide(case).map(|(_, outcome)| outcome.verdict);
            }
        });
        found.unwrap()
    };
    assert_eq!([DataAge::Fresh, DataAge::Ageing].map(of), [Verdict::Pass, Verdict::Assist]);
    // An ageing list is current: green passes. One that is expired decides nothing.
    let held = r#"{"finding": ["green"], "source": ["list"], "evidence": ["card"], "data": ["ageing"], "verdict": "assist", "reason": "A42", "advice": "staff_lane"},"#;
    assert_eq!(breaks(banded(LIST, held)), Rule::GreenIsFree);
    let free = r#"{"finding": ["green"], "source": ["list"], "data": ["expired"], "verdict": "pass", "reason": "P03", "advice": "walk_through"},"#;
    assert_eq!(breaks(banded(LIST, free)), Rule::StaleListNeverDecides);
}

#[test]
fn bands_that_make_no_sense_are_refused_with_the_dataset() {
    let of = |[ageing, stale, expired]: [u32; 3]| {
        let bands = std::format!(
            r#"{{"key-set": {{"ageing_after_days": {ageing}, "stale_after_days": {stale}, "expired_after_days": {expired}}}}}"#
        );
        banded(&bands, "").map(|_| ())
    };
    of([1, 2, 3]).unwrap();
    of([20, 30, 3_650]).unwrap();
    for wrong in [[0, 2, 3], [2, 2, 3], [3, 2, 4], [1, 3, 3], [1, 3, 2], [1, 2, 3_651]] {
        let refused = of(wrong).unwrap_err();
        assert!(matches!(refused, PolicyError::Bands(BandsRefused::Order { dataset: Dataset::KeySet })));
        assert!(refused.to_string().contains("key-set"), "{refused}");
    }
    let two = LIST.replacen("7", "8", 1);
    assert!(matches!(
        banded(&two, "").map(|_| ()),
        Err(PolicyError::Bands(BandsRefused::TwoLimits { wanted: 7 }))
    ));
    // No verdict rests on these two, and the list's bands are the rows' to answer.
    for nobodys in ["staff-list", "day-keys", "status-list"] {
        let bands = std::format!(
            r#"{{"{nobodys}": {{"ageing_after_days": 3, "stale_after_days": 7, "expired_after_days": 30, "assist_from": "stale"}}}}"#
        );
        let refused = banded(&bands, "").map(|_| ()).unwrap_err();
        assert!(matches!(refused, PolicyError::Bands(BandsRefused::AssistFrom { .. })), "{refused}");
        assert!(refused.to_string().contains(nobodys), "{refused}");
    }
    // A dataset that does not exist, a band too few, nothing where something was to be said.
    let two = r#"{"places": {"ageing_after_days": 3, "stale_after_days": 7}}"#;
    let from = r#"{"places": {"ageing_after_days": 3, "stale_after_days": 7, "expired_after_days": 9, "assist_from": null}}"#;
    for wrong in [r#"{"weather": null}"#, two, from, r#"{"key-set": null}"#, "null"] {
        assert!(matches!(banded(wrong, "").map(|_| ()), Err(PolicyError::Json(_))), "{wrong}");
    }
}
