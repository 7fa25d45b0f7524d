//! Code and card together (DOMAIN §8; the tour's "two sources disagree").

use gate_core::decide::{DocumentSeen, Evidence, decide};
use gate_core::facts::{Facts, ListAnswer, Persons, Revoked};
use gate_core::verdict::{Reason, Verdict};
use gate_wire::credential::{Certifier, Condition, Statement, TestResult};

use crate::world::{
    By, CARD, DAY, Draft, EXPIRED_CARD, GREEN, L_GREEN, L_RED, L_YELLOW, NOON, PAPER_GREEN, RED, STATION,
    YELLOW, at, both_words, draft, facts,
};

const NEGATIVE: Statement = Statement::Test { minutes_since_sampling: 60, result: TestResult::Negative };
const CERTIFICATE: Statement = Statement::Certificate(Certifier::Community);
const NO_ABNORMALITY: Statement = Statement::Screen(Condition::NoAbnormality);
const ABNORMAL: Statement = Statement::Screen(Condition::Abnormal);

fn shown(draft: &Draft, document: DocumentSeen, facts: &Facts) -> (Verdict, Reason) {
    both_words(&decide(&Evidence::Both(&draft.proven(), document), facts, Some(&STATION)))
}

/// Our code and card of one person, of whom the list of that time says so.
fn same(answer: ListAnswer, as_of: u64) -> Facts {
    Facts {
        of_code: answer,
        of_document: answer,
        list_as_of: Some(at(as_of)),
        persons: Persons::Same,
        ..facts()
    }
}

/// Another issuer's code, whose person cannot be matched, and a card of whom our list says so.
fn foreign(answer: ListAnswer) -> Facts {
    Facts { of_document: answer, ..facts() }
}

#[test]
fn of_one_person_the_newer_word_stands() {
    for (what, draft, answer, as_of, verdict) in [
        ("both green", draft(By::Ours, GREEN), L_GREEN, NOON - 60, Verdict::Pass),
        ("green, red before", draft(By::Ours, GREEN), L_RED, NOON - 60, Verdict::Pass),
        ("green, red after", draft(By::Ours, GREEN).issued(NOON - 60), L_RED, NOON, Verdict::Stop),
        ("red, green before", draft(By::Ours, RED), L_GREEN, NOON - 60, Verdict::Stop),
        ("red, green after", draft(By::Ours, RED).issued(NOON - 60), L_GREEN, NOON, Verdict::Pass),
        ("green, not on the list", draft(By::Ours, GREEN), ListAnswer::NotListed, NOON, Verdict::Pass),
        ("certificate, list red", draft(By::Community, CERTIFICATE), L_RED, NOON - 60, Verdict::Stop),
    ] {
        assert_eq!(shown(&draft, CARD, &same(answer, as_of)).0, verdict, "{what}");
    }
}

#[test]
fn a_code_and_a_card_of_two_people_decide_about_nobody() {
    for (statement, answer) in [(GREEN, L_GREEN), (GREEN, L_RED), (RED, L_GREEN)] {
        let two = Facts { persons: Persons::Different, of_document: answer, ..facts() };
        let words = shown(&draft(By::Ours, statement), CARD, &two);
        assert_eq!(words, (Verdict::Assist, Reason::CodeAndCardDiffer));
    }
}

#[test]
fn our_current_red_against_another_issuers_green_is_two_sources_that_disagree() {
    for (by, statement) in [(By::Elsewhere, GREEN), (By::Nation, GREEN), (By::Nation, NO_ABNORMALITY)] {
        let words = shown(&draft(by, statement), CARD, &foreign(L_RED));
        assert_eq!(words, (Verdict::Assist, Reason::SourcesDisagree), "{by:?} {statement:?}");
    }
}

#[test]
fn another_issuers_red_against_our_green_is_the_same() {
    for answer in [L_GREEN, ListAnswer::NotAnException] {
        let words = shown(&draft(By::Elsewhere, RED), CARD, &foreign(answer));
        assert_eq!(words, (Verdict::Assist, Reason::SourcesDisagree), "{answer:?}");
    }
}

#[test]
fn of_two_issuers_the_more_serious_word_stands() {
    for (by, statement, answer, verdict) in [
        (By::Elsewhere, GREEN, L_GREEN, Verdict::Pass),
        (By::Elsewhere, GREEN, L_YELLOW, Verdict::Limit),
        (By::Elsewhere, YELLOW, L_GREEN, Verdict::Limit),
        (By::Elsewhere, YELLOW, L_RED, Verdict::Stop),
        (By::Elsewhere, RED, L_YELLOW, Verdict::Stop),
        (By::Elsewhere, RED, L_RED, Verdict::Stop),
        (By::Nation, ABNORMAL, L_GREEN, Verdict::Assist),
        (By::Nation, ABNORMAL, L_RED, Verdict::Stop),
    ] {
        let verdict_shown = shown(&draft(by, statement), CARD, &foreign(answer)).0;
        assert_eq!(verdict_shown, verdict, "{by:?} {statement:?} against {answer:?}");
    }
}

#[test]
fn a_visitor_who_also_shows_a_card_meets_no_extra_condition() {
    for (by, statement, verdict) in [
        (By::Elsewhere, GREEN, Verdict::Pass),
        (By::Nation, NO_ABNORMALITY, Verdict::Pass),
        (By::Elsewhere, YELLOW, Verdict::Limit),
        (By::Elsewhere, RED, Verdict::Stop),
    ] {
        let words = shown(&draft(by, statement), CARD, &foreign(ListAnswer::NotListed));
        assert_eq!(words.0, verdict, "{by:?} {statement:?}");
    }
}

#[test]
fn another_provinces_certificate_does_not_raise_our_red() {
    for (by, statement) in [(By::LaboratoryElsewhere, NEGATIVE), (By::CommunityElsewhere, CERTIFICATE)] {
        assert_eq!(shown(&draft(by, statement), CARD, &foreign(L_RED)).0, Verdict::Stop, "{statement:?}");
        assert_eq!(shown(&draft(by, statement), CARD, &foreign(L_YELLOW)).0, Verdict::Limit, "{statement:?}");
        assert_eq!(shown(&draft(by, statement), CARD, &foreign(L_GREEN)).0, Verdict::Pass, "{statement:?}");
    }
}

#[test]
fn a_red_of_a_stale_list_does_not_contradict_a_fresh_green() {
    let stale = Facts { list_as_of: Some(at(NOON - 30 * DAY)), ..foreign(L_RED) };
    assert_eq!(shown(&draft(By::Elsewhere, GREEN), CARD, &stale).0, Verdict::Pass);
}

#[test]
fn a_code_that_proves_nothing_leaves_the_card() {
    let expired = draft(By::Ours, GREEN).issued(NOON - 1000);
    let expired_red = draft(By::Ours, RED).issued(NOON - 1000);
    for (answer, verdict) in [(L_GREEN, Verdict::Pass), (L_YELLOW, Verdict::Limit), (L_RED, Verdict::Stop)] {
        assert_eq!(shown(&expired, CARD, &same(answer, NOON)).0, verdict, "{answer:?}");
        assert_eq!(shown(&expired_red, CARD, &same(answer, NOON)).0, verdict, "{answer:?}");
        let revoked = Facts { revoked: Revoked::Yes, ..same(answer, NOON) };
        assert_eq!(shown(&draft(By::Ours, GREEN), CARD, &revoked).0, verdict, "{answer:?}, code revoked");
    }
}

#[test]
fn a_card_that_proves_nothing_leaves_the_code() {
    for answer in [ListAnswer::Missing, ListAnswer::Damaged] {
        let list_as_of = if answer == ListAnswer::Missing { None } else { facts().list_as_of };
        let facts =
            Facts { of_document: answer, of_code: answer, persons: Persons::Same, list_as_of, ..facts() };
        assert_eq!(shown(&draft(By::Ours, GREEN), CARD, &facts).0, Verdict::Pass, "{answer:?}");
        assert_eq!(shown(&draft(By::Ours, PAPER_GREEN), CARD, &facts).0, Verdict::Assist, "{answer:?}");
    }
    assert_eq!(shown(&draft(By::Ours, GREEN), EXPIRED_CARD, &same(L_GREEN, NOON - 60)).0, Verdict::Pass);
}

#[test]
fn when_neither_proves_anything_it_is_assist_for_the_codes_reason() {
    let expired = draft(By::Ours, RED).issued(NOON - 1000);
    let facts = Facts { of_document: ListAnswer::Missing, list_as_of: None, ..facts() };
    assert_eq!(shown(&expired, CARD, &facts), (Verdict::Assist, Reason::CodeExpired));
}
