//! Documents, refusals and switches by table; codes need issuers and are in `tests/passage`.
use super::*;
use crate::case::Temperature;
use crate::time::{ClockTrust, TimeReading};
use crate::verdict::PlaceKind;

extern crate std;
use std::string::String as Text;

const STATION: &str = include_str!("../../../../assets/policies/station.json");
const HOSPITAL: &str = include_str!("../../../../assets/policies/hospital.json");
/// 2026-11-21 12:00 in UTC+8.
const NOON: u64 = 1_795_233_600;
const DAY: u64 = 86_400;

const CARD: DocumentSeen = DocumentSeen { by: DocumentBy::Card, validity: DocumentValidity::Valid };
const TYPED: DocumentSeen = DocumentSeen { by: DocumentBy::Typing, validity: DocumentValidity::Valid };
const EXPIRED: DocumentSeen = DocumentSeen { by: DocumentBy::Card, validity: DocumentValidity::Expired };

const GREEN: ListAnswer = ListAnswer::Listed(Colour::Green);
const YELLOW: ListAnswer = ListAnswer::Listed(Colour::Yellow);
const RED: ListAnswer = ListAnswer::Listed(Colour::Red);

fn at(unix: u64) -> Timestamp {
    Timestamp::from_unix(unix).unwrap()
}

fn station() -> Policy {
    Policy::load(STATION.as_bytes()).unwrap()
}

fn changed(from: &str, to: &str) -> Policy {
    assert!(STATION.contains(from), "the policy has no {from}");
    Policy::load(STATION.replacen(from, to, 1).as_bytes()).unwrap()
}

/// A person of whom the list of an hour ago says `answer`.
fn listed(answer: ListAnswer) -> Facts {
    Facts {
        place: PlaceKind::Station,
        risk: RiskLevel::Low,
        direction: Direction::In,
        time: TimeReading { time: at(NOON), trust: ClockTrust::Confirmed },
        of_code: ListAnswer::NotAsked,
        of_document: answer,
        list_as_of: Some(at(NOON - 3600)),
        too_old: false,
        persons: Persons::NotComparable,
        revoked: Revoked::No,
        uses: 0,
        temperature: Temperature::NotMeasured,
    }
}

fn shown(document: DocumentSeen, facts: &Facts) -> Decision {
    decide(&Evidence::Document(document), facts, Some(&station()))
}

fn told(decision: &Decision) -> (Verdict, Reason) {
    (decision.verdict(), decision.reason())
}

#[test]
fn the_list_decides_about_a_card_or_a_typed_document() {
    for (answer, verdict, reason) in [
        (GREEN, Verdict::Pass, Reason::GreenListed),
        (YELLOW, Verdict::Limit, Reason::YellowListed),
        (RED, Verdict::Stop, Reason::RedListed),
        (ListAnswer::NotListed, Verdict::Assist, Reason::NotListed),
        (ListAnswer::NotAnException, Verdict::Pass, Reason::NotAnException),
        (ListAnswer::Damaged, Verdict::Assist, Reason::ListDamaged),
        (ListAnswer::Missing, Verdict::Assist, Reason::ListMissing),
    ] {
        for document in [CARD, TYPED] {
            assert_eq!(told(&shown(document, &listed(answer))), (verdict, reason), "{answer:?} {document:?}");
        }
    }
}

#[test]
fn an_expired_card_is_still_looked_up() {
    for (answer, verdict, reason) in [
        (GREEN, Verdict::Assist, Reason::DocumentExpired),
        (YELLOW, Verdict::Limit, Reason::YellowListed),
        (RED, Verdict::Stop, Reason::RedListed),
        (ListAnswer::NotListed, Verdict::Assist, Reason::DocumentExpired),
        (ListAnswer::NotAnException, Verdict::Assist, Reason::DocumentExpired),
    ] {
        assert_eq!(told(&shown(EXPIRED, &listed(answer))), (verdict, reason), "{answer:?}");
    }
}

#[test]
fn what_a_person_is_told_follows_the_kind_of_place() {
    let hospital = Policy::load(HOSPITAL.as_bytes()).unwrap();
    for (answer, at_station, at_hospital) in [
        (GREEN, Advice::WalkThrough, Advice::WalkThrough),
        (YELLOW, Advice::RegisterAtStaffLane, Advice::FeverClinicLane),
        (RED, Advice::StaffIsComing, Advice::FeverClinicLane),
        (ListAnswer::NotListed, Advice::StaffRegisters, Advice::StaffRegisters),
    ] {
        let there = Facts { place: PlaceKind::Hospital, ..listed(answer) };
        let evidence = Evidence::Document(CARD);
        let (here, there) = (shown(CARD, &listed(answer)), decide(&evidence, &there, Some(&hospital)));
        assert_eq!((here.advice(), there.advice()), (at_station, at_hospital), "{answer:?}");
        assert_eq!(told(&here), told(&there), "the verdict is the same at both");
    }
}

#[test]
fn a_list_past_seven_days_decides_about_nobody() {
    for (age_s, answer, verdict) in [
        (DAY, GREEN, Verdict::Pass),
        (DAY, RED, Verdict::Stop),
        (3 * DAY, GREEN, Verdict::Pass),
        (3 * DAY, RED, Verdict::Stop),
        (7 * DAY, RED, Verdict::Stop),
        (7 * DAY + 1, RED, Verdict::Assist),
        (30 * DAY, GREEN, Verdict::Assist),
        (30 * DAY, YELLOW, Verdict::Assist),
        (30 * DAY, RED, Verdict::Assist),
        (30 * DAY, ListAnswer::NotAnException, Verdict::Assist),
    ] {
        let facts = Facts { list_as_of: Some(at(NOON - age_s)), ..listed(answer) };
        let decision = shown(CARD, &facts);
        assert_eq!(decision.verdict(), verdict, "{answer:?} {age_s} s old");
        if verdict == Verdict::Assist {
            assert_eq!(decision.reason(), Reason::ListStale, "{answer:?}");
        }
    }
}

#[test]
fn a_list_without_an_as_of_time_proves_nothing() {
    for answer in [GREEN, YELLOW, RED, ListAnswer::NotListed, ListAnswer::NotAnException] {
        let facts = Facts { list_as_of: None, ..listed(answer) };
        assert_eq!(told(&shown(CARD, &facts)), (Verdict::Assist, Reason::ListMissing), "{answer:?}");
    }
}

#[test]
fn a_card_needs_no_clock() {
    let unsure = TimeReading { time: at(NOON - 20 * DAY), trust: ClockTrust::Unconfirmed };
    for (answer, verdict) in [(GREEN, Verdict::Pass), (YELLOW, Verdict::Limit), (RED, Verdict::Stop)] {
        assert_eq!(shown(CARD, &Facts { time: unsure, ..listed(answer) }).verdict(), verdict);
    }
}

#[test]
fn a_high_temperature_goes_to_the_attendant_and_a_normal_second_reading_passes() {
    for (temperature, expected) in [
        (Temperature::NotMeasured, (Verdict::Pass, Reason::GreenListed)),
        (Temperature::Normal, (Verdict::Pass, Reason::GreenListed)),
        (Temperature::High, (Verdict::Assist, Reason::TemperatureHigh)),
        (Temperature::HighAgain, (Verdict::Assist, Reason::TemperatureHighAgain)),
    ] {
        assert_eq!(told(&shown(CARD, &Facts { temperature, ..listed(GREEN) })), expected);
    }
    let high = shown(CARD, &Facts { temperature: Temperature::High, ..listed(GREEN) });
    assert_eq!(high.advice(), Advice::MeasureAgain);
}

#[test]
fn a_fever_takes_no_colour_away() {
    for temperature in [Temperature::High, Temperature::HighAgain] {
        let decided = |answer| told(&shown(CARD, &Facts { temperature, ..listed(answer) })).0;
        assert_eq!([GREEN, YELLOW, RED].map(decided), [Verdict::Assist, Verdict::Limit, Verdict::Stop]);
    }
}

#[test]
fn a_repeat_is_a_new_passage_unless_policy_asks_for_a_look() {
    let again = Facts { uses: 1, ..listed(GREEN) };
    assert_eq!(shown(CARD, &again).verdict(), Verdict::Pass);
    let text: Text = STATION.replacen(r#""again_after": 65535"#, r#""again_after": 1"#, 1);
    let row = r#"{"finding": ["green"], "source": ["code"], "verdict""#;
    let look = r#"{"finding": ["green"], "uses": ["again"], "verdict": "assist", "reason": "A40", "advice": "staff_lane"},"#;
    let policy = Policy::load(text.replacen(row, &std::format!("{look}{row}"), 1).as_bytes()).unwrap();
    let decided =
        |uses| told(&decide(&Evidence::Document(CARD), &Facts { uses, ..listed(GREEN) }, Some(&policy)));
    assert_eq!(decided(0), (Verdict::Pass, Reason::GreenListed));
    assert_eq!(decided(1), (Verdict::Assist, Reason::UsedBefore));
}

#[test]
fn without_a_policy_everybody_goes_to_the_attendant() {
    for answer in [GREEN, YELLOW, RED] {
        let decision = decide(&Evidence::Document(CARD), &listed(answer), None);
        assert_eq!(told(&decision), (Verdict::Assist, Reason::PolicyMissing));
        assert_eq!(decision.basis(), None);
    }
}

#[test]
fn a_policy_decides_for_its_own_kinds_of_place_alone() {
    let hidden = r#"{"place": ["hospital"], "finding": ["red"], "verdict": "pass", "reason": "P01", "advice": "walk_through"},"#;
    let first = r#"{"temperature": ["high"]"#;
    let attack = changed(first, &std::format!("{hidden}{first}"));
    let facts = Facts { place: PlaceKind::Hospital, ..listed(RED) };
    for policy in [attack, station()] {
        let decision = decide(&Evidence::Document(CARD), &facts, Some(&policy));
        assert_eq!(told(&decision), (Verdict::Assist, Reason::PolicyMissing));
    }
}

#[test]
fn every_refusal_is_assist_with_its_own_reason_whoever_comes() {
    for &reason in Reason::ALL.iter().filter(|reason| reason.verdict() == Verdict::Assist) {
        for answer in [GREEN, RED, ListAnswer::NotAsked] {
            let decision = decide(&Evidence::Refused(reason), &listed(answer), Some(&station()));
            assert_eq!(told(&decision), (Verdict::Assist, reason));
        }
    }
}

#[test]
fn a_reason_of_another_verdict_cannot_turn_a_refusal_into_it() {
    for reason in [Reason::GreenCode, Reason::RedCode, Reason::YellowListed] {
        let decision = decide(&Evidence::Refused(reason), &listed(GREEN), Some(&station()));
        assert_eq!((decision.verdict(), decision.opens()), (Verdict::Assist, Opens::No));
    }
}

#[test]
fn an_exit_lane_opens_whatever_the_verdict() {
    for answer in [GREEN, YELLOW, RED, ListAnswer::NotListed, ListAnswer::Missing, ListAnswer::Damaged] {
        let (out, within) = (Facts { direction: Direction::Out, ..listed(answer) }, listed(answer));
        assert_eq!(shown(CARD, &out).opens(), Opens::Yes, "{answer:?}");
        assert_eq!(shown(CARD, &out).verdict(), shown(CARD, &within).verdict(), "the verdict is the same");
    }
    let out = Facts { direction: Direction::Out, ..listed(RED) };
    for evidence in [Evidence::Refused(Reason::CodeCutOff), Evidence::Document(CARD)] {
        assert_eq!(decide(&evidence, &out, None).opens(), Opens::Yes, "without a policy");
    }
}

#[test]
fn a_lane_in_opens_for_pass_alone() {
    for answer in [GREEN, YELLOW, RED, ListAnswer::NotListed, ListAnswer::NotAnException] {
        let decision = shown(CARD, &listed(answer));
        assert_eq!(decision.opens() == Opens::Yes, decision.verdict() == Verdict::Pass, "{answer:?}");
    }
}

#[test]
fn data_that_policy_calls_too_old_send_everybody_whom_something_is_proven_of_to_the_staff() {
    for answer in [GREEN, RED] {
        let old = Facts { too_old: true, ..listed(answer) };
        assert_eq!(told(&shown(CARD, &old)), (Verdict::Assist, Reason::ListStale));
        assert!(shown(CARD, &old).basis().is_none(), "no row decided it");
    }
    let out = Facts { too_old: true, direction: Direction::Out, ..listed(GREEN) };
    assert_eq!(shown(CARD, &out).opens(), Opens::Yes, "an exit opens whatever is said");
    let missing = Facts { too_old: true, list_as_of: None, ..listed(ListAnswer::Missing) };
    assert_eq!(told(&shown(CARD, &missing)).1, Reason::ListMissing, "the plainer reason first");
}

#[test]
fn policy_can_keep_a_stop_off_the_public_screen_and_nothing_else() {
    let neutral = changed(r#""public_stop": "shown""#, r#""public_stop": "neutral""#);
    for (answer, expected) in
        [(RED, Publicity::Neutral), (YELLOW, Publicity::Shown), (GREEN, Publicity::Shown)]
    {
        let decision = decide(&Evidence::Document(CARD), &listed(answer), Some(&neutral));
        assert_eq!(decision.publicity(), expected, "{answer:?}");
        assert_eq!(shown(CARD, &listed(answer)).publicity(), Publicity::Shown);
    }
}

#[test]
fn no_check_is_a_mode_of_signed_policy_and_risk_level() {
    let unchecked = changed(r#""unchecked_at": []"#, r#""unchecked_at": ["low"]"#);
    assert!(lane_open(Some(&unchecked), RiskLevel::Low).is_some());
    assert!(lane_open(Some(&unchecked), RiskLevel::Medium).is_none());
    assert!(lane_open(Some(&unchecked), RiskLevel::High).is_none());
    assert!(lane_open(Some(&station()), RiskLevel::Low).is_none());
    assert!(lane_open(None, RiskLevel::Low).is_none(), "a missing policy opens nothing");
}

#[test]
fn a_decision_names_the_case_and_the_row_and_is_replayed_from_them() {
    let decision = shown(CARD, &listed(RED));
    let (case, row) = *decision.basis().unwrap();
    assert_eq!((case.finding, case.source, case.evidence), (Finding::Red, Source::List, EvidenceKind::Card));
    assert_eq!(row, RowNumber(5));
    assert_eq!(replay(&Case::from_indices(case.indices()).unwrap(), &station()), decision);
}
