//! Codes and certificates alone: the tour, and DOMAIN §3, §6, §8, §14.

use gate_core::case::Temperature;
use gate_core::decide::{Evidence, decide};
use gate_core::facts::{Facts, ListAnswer, Revoked};
use gate_core::policy::Policy;
use gate_core::screen::Opens;
use gate_core::time::{ClockTrust, TimeReading};
use gate_core::verdict::{Advice, Direction, PlaceKind, Reason, Verdict};
use gate_wire::credential::{Certifier, Colour, Condition, Role, Statement, TestResult};

use crate::world::{
    By, DAY, Draft, GREEN, HOSPITAL, L_GREEN, L_RED, L_YELLOW, NOON, PAPER_GREEN, PAPER_RED, RED,
    STATION_TEXT, YELLOW, at, clock_at, decided, draft, facts, listed, told, unconfirmed_clock,
};

const NO_ABNORMALITY: Statement = Statement::Screen(Condition::NoAbnormality);
const ABNORMAL: Statement = Statement::Screen(Condition::Abnormal);
const PAPER_YELLOW: Statement = Statement::Paper(Condition::Colour(Colour::Yellow));
const CERTIFICATE: Statement = Statement::Certificate(Certifier::Community);

/// Verdict of a fresh code with nothing else known of the person.
fn alone(draft: &Draft) -> Verdict {
    told(&draft.proven(), &facts()).0
}

#[test]
fn a_colour_is_the_verdict_and_the_place_chooses_the_advice() {
    for (statement, verdict, at_station, at_hospital) in [
        (GREEN, Verdict::Pass, Advice::WalkThrough, Advice::WalkThrough),
        (YELLOW, Verdict::Limit, Advice::RegisterAtStaffLane, Advice::FeverClinicLane),
        (RED, Verdict::Stop, Advice::StaffIsComing, Advice::FeverClinicLane),
    ] {
        let code = draft(By::Ours, statement).proven();
        let there = Facts { place: PlaceKind::Hospital, ..facts() };
        let there = decide(&Evidence::Code(&code), &there, Some(&HOSPITAL));
        let here = decided(&code, &facts());
        assert_eq!((here.verdict(), here.advice()), (verdict, at_station), "{statement:?}");
        assert_eq!((there.verdict(), there.advice()), (verdict, at_hospital), "{statement:?}");
    }
}

#[test]
fn a_codes_age_decides_before_its_colour() {
    for statement in [GREEN, RED] {
        let fresh = if statement == GREEN { Verdict::Pass } else { Verdict::Stop };
        for (issued, verdict, reason) in [
            (NOON - (14 * 60 + 59), fresh, None),
            (NOON - 15 * 60, Verdict::Assist, Some(Reason::CodeExpired)),
            (NOON - (15 * 60 + 1), Verdict::Assist, Some(Reason::CodeExpired)),
            (NOON + 60, fresh, None),
            (NOON + 3 * 60, Verdict::Assist, Some(Reason::CodeAhead)),
        ] {
            // The list is older than any of these codes.
            let decision = decided(&draft(By::Ours, statement).issued(issued).proven(), &facts());
            assert_eq!(decision.verdict(), verdict, "{statement:?} {issued}");
            assert!(reason.is_none_or(|reason| decision.reason() == reason), "{statement:?} {issued}");
        }
    }
    let expired = decided(&draft(By::Ours, GREEN).issued(NOON - 901).proven(), &facts());
    assert_eq!(expired.advice(), Advice::RefreshOrTapCard);
}

#[test]
fn an_unconfirmed_clock_asks_for_the_clock_and_never_says_expired() {
    for issued in [NOON - DAY, NOON - 1000, NOON, NOON + DAY] {
        for (floor, statement) in
            [(0, GREEN), (0, RED), (NOON, GREEN), (NOON + DAY, GREEN), (NOON + DAY, RED)]
        {
            let code = draft(By::Ours, statement).issued(issued).prove(&unconfirmed_clock(floor)).unwrap();
            let time = TimeReading { time: at(floor), trust: ClockTrust::Unconfirmed };
            let answer = told(&code, &Facts { time, ..facts() });
            assert_eq!(answer, (Verdict::Assist, Reason::ClockUnconfirmed), "{issued} {floor}");
        }
    }
}

#[test]
fn the_newer_statement_of_one_issuer_stands() {
    let earlier = NOON - 5 * DAY;
    for (what, draft, answer, as_of, verdict) in [
        ("paper green alone", draft(By::Ours, PAPER_GREEN), ListAnswer::NotListed, NOON, Verdict::Pass),
        ("paper green, now red", draft(By::Ours, PAPER_GREEN).issued(earlier), L_RED, NOON, Verdict::Stop),
        (
            "paper green, now yellow",
            draft(By::Ours, PAPER_GREEN).issued(earlier),
            L_YELLOW,
            NOON,
            Verdict::Limit,
        ),
        ("paper red, now green", draft(By::Ours, PAPER_RED).issued(earlier), L_GREEN, NOON, Verdict::Pass),
        (
            "paper red, no exception now",
            draft(By::Ours, PAPER_RED).issued(earlier),
            ListAnswer::NotAnException,
            NOON,
            Verdict::Pass,
        ),
        (
            "paper red, not on the list",
            draft(By::Ours, PAPER_RED).issued(earlier),
            ListAnswer::NotListed,
            NOON,
            Verdict::Stop,
        ),
        ("paper yellow, green before", draft(By::Ours, PAPER_YELLOW), L_GREEN, earlier, Verdict::Limit),
        ("green, red before", draft(By::Ours, GREEN), L_RED, NOON - 60, Verdict::Pass),
        ("green, red a second before", draft(By::Ours, GREEN), L_RED, NOON - 1, Verdict::Pass),
        ("green, red a second after", draft(By::Ours, GREEN).issued(NOON - 1), L_RED, NOON, Verdict::Stop),
        ("red, green a second after", draft(By::Ours, RED).issued(NOON - 1), L_GREEN, NOON, Verdict::Pass),
        ("red, green before", draft(By::Ours, RED), L_GREEN, NOON - 1, Verdict::Stop),
        ("a tie: green and red", draft(By::Ours, GREEN), L_RED, NOON, Verdict::Stop),
        ("a tie: red and green", draft(By::Ours, RED), L_GREEN, NOON, Verdict::Stop),
        ("a tie: green and yellow", draft(By::Ours, GREEN), L_YELLOW, NOON, Verdict::Limit),
    ] {
        assert_eq!(told(&draft.proven(), &listed(answer, as_of)).0, verdict, "{what}");
    }
}

#[test]
fn a_negative_test_counts_for_seven_calendar_days_in_utc_plus_8() {
    let midnight = NOON - DAY / 2;
    for (sampled_days_before, verdict) in
        [(0, Verdict::Pass), (6, Verdict::Pass), (7, Verdict::Pass), (8, Verdict::Assist)]
    {
        let sampling_day = midnight - sampled_days_before * DAY;
        // The first and the last minute of the sampling day, seen in the first and last minute of today.
        for sampled in [sampling_day, sampling_day + DAY - 60] {
            for now in [midnight, midnight + DAY - 1] {
                if sampled > now {
                    continue;
                }
                let test = negative(sampled, sampled).prove(&clock_at(now)).unwrap();
                let time = TimeReading { time: at(now), trust: ClockTrust::Confirmed };
                let answer = told(&test, &Facts { time, list_as_of: Some(at(now)), ..facts() });
                assert_eq!(answer.0, verdict, "day {sampled_days_before}: sampled {sampled}, now {now}");
                if verdict == Verdict::Assist {
                    assert_eq!(answer.1, Reason::TestTooOld);
                }
            }
        }
    }
}

#[test]
fn the_sampling_time_counts_and_not_the_issue_time() {
    assert_eq!(alone(&negative(NOON - 7 * DAY, NOON - 60)), Verdict::Pass);
    assert_eq!(alone(&negative(NOON - 8 * DAY, NOON - 60)), Verdict::Assist);
}

/// A negative test sampled then and issued then.
fn negative(sampled: u64, issued: u64) -> Draft {
    let minutes_since_sampling = u16::try_from((issued - sampled) / 60).unwrap();
    draft(By::Laboratory, Statement::Test { minutes_since_sampling, result: TestResult::Negative })
        .issued(issued)
}

#[test]
fn tests_and_certificates_never_raise_a_colour() {
    let positive = Statement::Test { minutes_since_sampling: 60, result: TestResult::Positive };
    for (what, draft, answer, verdict) in [
        ("negative", negative(NOON - DAY, NOON), L_GREEN, Verdict::Pass),
        ("negative, not on the list", negative(NOON - DAY, NOON), ListAnswer::NotListed, Verdict::Pass),
        ("negative, list yellow", negative(NOON - DAY, NOON), L_YELLOW, Verdict::Limit),
        ("negative, list red", negative(NOON - DAY, NOON), L_RED, Verdict::Stop),
        ("positive", draft(By::Laboratory, positive), L_GREEN, Verdict::Limit),
        ("positive, list yellow", draft(By::Laboratory, positive), L_YELLOW, Verdict::Limit),
        ("positive, list red", draft(By::Laboratory, positive), L_RED, Verdict::Stop),
        ("certificate", draft(By::Community, CERTIFICATE), ListAnswer::NotListed, Verdict::Pass),
        ("certificate, list yellow", draft(By::Community, CERTIFICATE), L_YELLOW, Verdict::Limit),
        ("certificate, list red", draft(By::Community, CERTIFICATE), L_RED, Verdict::Stop),
    ] {
        // The list is older than the certificate: it stands all the same.
        assert_eq!(told(&draft.proven(), &listed(answer, NOON - 3600)).0, verdict, "{what}");
    }
}

#[test]
fn recognised_issuers_count_like_ours() {
    for (by, statement, verdict) in [
        (By::Elsewhere, GREEN, Verdict::Pass),
        (By::Elsewhere, YELLOW, Verdict::Limit),
        (By::Elsewhere, RED, Verdict::Stop),
        (By::Elsewhere, PAPER_GREEN, Verdict::Pass),
        (
            By::LaboratoryElsewhere,
            Statement::Test { minutes_since_sampling: 9, result: TestResult::Negative },
            Verdict::Pass,
        ),
        (By::CommunityElsewhere, CERTIFICATE, Verdict::Pass),
        (By::Nation, GREEN, Verdict::Pass),
        (By::Nation, NO_ABNORMALITY, Verdict::Pass),
        (By::Nation, RED, Verdict::Stop),
        (By::Nation, ABNORMAL, Verdict::Assist),
    ] {
        assert_eq!(alone(&draft(by, statement)), verdict, "{by:?} {statement:?}");
    }
    let words = told(&draft(By::Nation, ABNORMAL).proven(), &facts());
    assert_eq!(words, (Verdict::Assist, Reason::NationalAbnormal));
}

#[test]
fn a_revoked_credential_is_assist_whatever_it_says() {
    for draft in [draft(By::Ours, GREEN), draft(By::Ours, PAPER_GREEN), draft(By::Ours, RED)] {
        let words = told(&draft.proven(), &Facts { revoked: Revoked::Yes, ..facts() });
        assert_eq!(words, (Verdict::Assist, Reason::CredentialRevoked));
    }
}

#[test]
fn a_staff_badge_passes_nobody() {
    for role in [Role::Attendant, Role::Technician, Role::Auditor] {
        let words = told(&draft(By::StaffOffice, Statement::Badge(role)).proven(), &listed(L_GREEN, NOON));
        assert_eq!(words, (Verdict::Assist, Reason::BadgeIsNoCode));
    }
}

#[test]
fn fresh_screen_codes_still_decide_when_the_list_is_old_and_older_proofs_do_not() {
    for (days, statement, answer, verdict) in [
        (1, GREEN, L_GREEN, Verdict::Pass),
        (3, PAPER_GREEN, L_GREEN, Verdict::Pass),
        (30, GREEN, L_RED, Verdict::Pass),
        (30, YELLOW, L_GREEN, Verdict::Limit),
        (30, RED, L_GREEN, Verdict::Stop),
        (30, NO_ABNORMALITY, ListAnswer::NotAsked, Verdict::Pass),
        (30, PAPER_GREEN, L_GREEN, Verdict::Assist),
    ] {
        let code = draft(By::Ours, statement).proven();
        let words = told(&code, &listed(answer, NOON - days * DAY));
        assert_eq!(words.0, verdict, "{statement:?}, list {days} days old");
    }
}

#[test]
fn a_red_of_a_stale_list_is_assist() {
    let paper = draft(By::Ours, PAPER_GREEN).issued(NOON - 20 * DAY).proven();
    let words = told(&paper, &listed(L_RED, NOON - 10 * DAY));
    assert_eq!(words, (Verdict::Assist, Reason::ListStale));
}

#[test]
fn without_a_list_a_screen_code_decides_and_older_proofs_go_to_the_attendant() {
    for answer in [ListAnswer::Missing, ListAnswer::Damaged] {
        let list_as_of = if answer == ListAnswer::Missing { None } else { facts().list_as_of };
        let facts = Facts { of_code: answer, list_as_of, ..facts() };
        for (statement, verdict) in [(GREEN, Verdict::Pass), (YELLOW, Verdict::Limit), (RED, Verdict::Stop)] {
            let words = told(&draft(By::Ours, statement).proven(), &facts);
            assert_eq!(words.0, verdict, "{statement:?} {answer:?}");
        }
        for draft in [draft(By::Ours, PAPER_GREEN), draft(By::Community, CERTIFICATE), negative(NOON, NOON)] {
            assert_eq!(told(&draft.proven(), &facts).0, Verdict::Assist, "{draft:?} {answer:?}");
        }
    }
}

#[test]
fn a_high_temperature_is_measured_again_for_every_issuer_alike() {
    for by in [By::Ours, By::Nation, By::Elsewhere] {
        let code = draft(by, GREEN).proven();
        for (temperature, verdict) in [
            (Temperature::Normal, Verdict::Pass),
            (Temperature::High, Verdict::Assist),
            (Temperature::HighAgain, Verdict::Assist),
        ] {
            assert_eq!(told(&code, &Facts { temperature, ..facts() }).0, verdict, "{by:?} {temperature:?}");
        }
    }
}

#[test]
fn a_code_shown_again_later_is_a_new_passage_unless_policy_minds() {
    let code = draft(By::Ours, GREEN).proven();
    assert_eq!(told(&code, &Facts { uses: 5, ..facts() }).0, Verdict::Pass);
    let row = r#"{"finding": ["green"], "source": ["code"], "verdict""#;
    let look = r#"{"finding": ["green"], "uses": ["again"], "verdict": "assist", "reason": "A40", "advice": "staff_lane"},"#;
    let text = STATION_TEXT.replacen(r#""again_after": 65535"#, r#""again_after": 2"#, 1).replacen(
        row,
        &format!("{look}{row}"),
        1,
    );
    let policy = Policy::load(text.as_bytes()).unwrap();
    for (uses, verdict) in
        [(0, Verdict::Pass), (1, Verdict::Pass), (2, Verdict::Assist), (u16::MAX, Verdict::Assist)]
    {
        let decision = decide(&Evidence::Code(&code), &Facts { uses, ..facts() }, Some(&policy));
        assert_eq!(decision.verdict(), verdict, "{uses} uses before");
    }
}

#[test]
fn without_a_policy_even_a_green_code_goes_to_the_attendant() {
    let code = draft(By::Ours, GREEN).proven();
    let decision = decide(&Evidence::Code(&code), &facts(), None);
    assert_eq!((decision.verdict(), decision.reason()), (Verdict::Assist, Reason::PolicyMissing));
}

#[test]
fn an_exit_lane_opens_for_red_too() {
    let code = draft(By::Ours, RED).proven();
    let decision = decided(&code, &Facts { direction: Direction::Out, ..facts() });
    assert_eq!((decision.verdict(), decision.opens()), (Verdict::Stop, Opens::Yes));
}
