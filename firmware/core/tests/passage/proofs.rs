//! What is no proof: each row of the tour about a credential, with its own reason.

use gate_core::keyset::KeySet;
use gate_core::time::Currency;
use gate_core::verdict::Reason;
use gate_proof::cose::{Aad, sign};
use gate_proof::ed25519::SigningKey;
use gate_wire::credential::{Certifier, Condition, Kind, Role, Statement, TestResult};
use proptest::prelude::*;

use crate::world::{
    By, DAY, Draft, GREEN, KEYS, NOON, PAPER_GREEN, RED, clock_at, draft, link_key, person, prove, text_of,
    unconfirmed_clock,
};

const NEGATIVE: Statement = Statement::Test { minutes_since_sampling: 60, result: TestResult::Negative };
const CERTIFICATE: Statement = Statement::Certificate(Certifier::Community);
const BADGE: Statement = Statement::Badge(Role::Attendant);

fn reason(text: &[u8]) -> Reason {
    prove(text, Some(&KEYS), &clock_at(NOON)).unwrap_err().reason()
}

/// Every issuer with everything it may say.
fn good() -> Vec<Draft> {
    vec![
        draft(By::Ours, GREEN),
        draft(By::Ours, RED),
        draft(By::Ours, PAPER_GREEN),
        draft(By::Nation, Statement::Screen(Condition::NoAbnormality)),
        draft(By::Nation, Statement::Screen(Condition::Abnormal)),
        draft(By::Elsewhere, GREEN),
        draft(By::Laboratory, NEGATIVE),
        draft(By::Community, CERTIFICATE),
        draft(By::StaffOffice, BADGE),
    ]
}

#[test]
fn what_an_issuer_may_say_is_proven_and_current() {
    for draft in good() {
        let proven = draft.proven();
        assert_eq!((proven.get(), proven.currency()), (&draft.claims, Currency::Current), "{draft:?}");
        assert_eq!(proven.issuer().kid, draft.by.kid());
    }
}

#[test]
fn each_bad_credential_has_its_own_reason() {
    let hour = 3600;
    let unknown = draft(By::Stranger, GREEN);
    let forged = Draft { by: By::Stranger, ..draft(By::Ours, GREEN) };
    let swapped = Draft { kid: By::Elsewhere.kid(), ..draft(By::Ours, GREEN) };
    for (what, draft, expected) in [
        ("issuer not in the key set", unknown, Reason::IssuerUnknown),
        ("forged under our key's id", forged, Reason::SignatureWrong),
        ("our signature under another province's id", swapped, Reason::SignatureWrong),
        (
            "retired, issued at its end",
            draft(By::Retired, PAPER_GREEN).issued(NOON - hour),
            Reason::IssuerRetired,
        ),
        ("retired, issued after its end", draft(By::Retired, GREEN), Reason::IssuerRetired),
        (
            "stolen, issued at the cut-off",
            draft(By::Stolen, PAPER_GREEN).issued(NOON - hour),
            Reason::IssuerRevoked,
        ),
        ("stolen, issued after the cut-off", draft(By::Stolen, GREEN), Reason::IssuerRevoked),
        ("the nation signs no paper", draft(By::Nation, PAPER_GREEN), Reason::KindNotAllowed),
        ("a laboratory gives no colours", draft(By::Laboratory, GREEN), Reason::KindNotAllowed),
        (
            "a community does not speak as a hospital",
            draft(By::Community, Statement::Certificate(Certifier::Medical)),
            Reason::KindNotAllowed,
        ),
        ("a community does no tests", draft(By::Community, NEGATIVE), Reason::KindNotAllowed),
        ("a platform gives no badges", draft(By::Ours, BADGE), Reason::KindNotAllowed),
        ("a screen code of 901 s", draft(By::Ours, GREEN).life(901), Reason::LifeTooLong),
        ("a screen code of a day", draft(By::Nation, GREEN).life(DAY), Reason::LifeTooLong),
        (
            "a paper code of 30 days and 1 s",
            draft(By::Ours, PAPER_GREEN).life(30 * DAY + 1),
            Reason::LifeTooLong,
        ),
    ] {
        assert_eq!(reason(&draft.text()), expected, "{what}");
    }
}

#[test]
fn a_retired_key_keeps_what_it_said_before_its_end() {
    for by in [By::Retired, By::Stolen] {
        let older = draft(by, PAPER_GREEN).issued(NOON - 3601);
        assert_eq!(older.proven().currency(), Currency::Current, "{by:?}");
    }
}

#[test]
fn damage_on_the_way_has_its_own_reason() {
    let draft = draft(By::Ours, GREEN);
    let (text, bytes) = (draft.text(), draft.bytes());
    let changed = |at: usize, to: u8| {
        let mut bytes = bytes.to_vec();
        bytes[at] = to;
        text_of(&bytes)
    };
    let damaged_text: Vec<u8> = text.iter().map(|&c| if c == text[40] { b'_' } else { c }).collect();
    let (kid_at, in_claims, in_signature) = (10, 20, bytes.len() - 10);
    for (what, text, expected) in [
        ("truncated", text[..text.len() - 30].to_vec(), Reason::CodeCutOff),
        ("characters of no code", damaged_text, Reason::TextDamaged),
        ("a bit of the claims", changed(in_claims, bytes[in_claims] ^ 1), Reason::SignatureWrong),
        ("a bit of the signature", changed(in_signature, bytes[in_signature] ^ 1), Reason::SignatureWrong),
        ("a bit of the key id", changed(kid_at, bytes[kid_at] ^ 0x80), Reason::IssuerUnknown),
        ("algorithm -7, ES256", changed(5, 0x26), Reason::AlgorithmForeign),
        ("bytes after the end", text_of(&[bytes.as_slice(), &[0]].concat()), Reason::CodeMalformed),
        ("another envelope", changed(0, 0xD1), Reason::CodeMalformed),
    ] {
        assert_eq!(reason(&text), expected, "{what}");
    }
}

#[test]
fn signed_claims_of_another_form_are_malformed() {
    let key = By::Ours.key();
    for claims in [&b""[..], b"\xA0", b"\xF6", &[0x1A; 60]] {
        let bytes: heapless::Vec<u8, 144> = sign(&key, By::Ours.kid(), Aad::Credential, claims).unwrap();
        assert_eq!(reason(&text_of(&bytes)), Reason::CodeMalformed, "{}", claims.escape_ascii());
    }
}

#[test]
fn a_signature_for_another_purpose_is_no_credential() {
    let claims = draft(By::Ours, GREEN).claims.encode().unwrap();
    for purpose in [Aad::RecordBatch, Aad::StatusHead, Aad::StaffList, Aad::Acknowledgement] {
        let bytes: heapless::Vec<u8, 144> = sign(&By::Ours.key(), By::Ours.kid(), purpose, &claims).unwrap();
        assert_eq!(reason(&text_of(&bytes)), Reason::SignatureWrong, "{purpose:?}");
    }
}

#[test]
fn without_a_key_set_nothing_is_proven() {
    for draft in good() {
        let refused = prove(&draft.text(), None, &clock_at(NOON)).unwrap_err();
        assert_eq!(refused.reason(), Reason::KeySetMissing);
    }
    let empty =
        KeySet::load(br#"{"format":1,"version":1,"issued":1,"province":"510000","keys":[]}"#).unwrap();
    let refused = prove(&draft(By::Ours, GREEN).text(), Some(&empty), &clock_at(NOON)).unwrap_err();
    assert_eq!(refused.reason(), Reason::IssuerUnknown);
}

#[test]
fn a_screen_code_lives_fifteen_minutes_and_may_come_two_minutes_early() {
    for (issued, expected) in [
        (NOON - (14 * 60 + 59), Currency::Current),
        (NOON - 15 * 60, Currency::Expired),
        (NOON - (15 * 60 + 1), Currency::Expired),
        (NOON + 60, Currency::Current),
        (NOON + 3 * 60, Currency::Ahead),
    ] {
        for by in [By::Ours, By::Nation, By::Elsewhere] {
            let proven = draft(by, GREEN).issued(issued).proven();
            assert_eq!(proven.currency(), expected, "{by:?}, {} s from noon", issued as i64 - NOON as i64);
        }
    }
}

#[test]
fn an_unconfirmed_clock_says_nothing_about_a_screen_code() {
    for floor in [0, NOON - 30 * DAY, NOON, NOON + DAY] {
        let proven = draft(By::Ours, GREEN).prove(&unconfirmed_clock(floor)).unwrap();
        assert_eq!(proven.currency(), Currency::Unknown, "{floor}");
    }
}

#[test]
fn only_our_own_subjects_can_be_known() {
    for (by, ours) in [(By::Ours, true), (By::Retired, true), (By::Nation, false), (By::Elsewhere, false)] {
        let proven = draft(by, GREEN).issued(NOON - 3700).about(6).prove(&clock_at(NOON)).unwrap();
        assert_eq!(proven.subject(&link_key()), ours.then(|| person(6)), "{by:?}");
    }
}

#[test]
fn two_codes_of_one_person_hide_the_same_subject_differently() {
    let mut other = draft(By::Ours, GREEN);
    other.claims.id.0[0] ^= 1;
    let (one, other) = (draft(By::Ours, GREEN).proven(), other.about(1).proven());
    assert_ne!(one.get().subject, other.get().subject);
    assert_eq!(one.subject(&link_key()), other.subject(&link_key()));
}

#[test]
fn no_bit_of_a_signed_code_can_be_changed() {
    let clock = clock_at(NOON);
    for draft in good() {
        let bytes = draft.bytes();
        for bit in 0..bytes.len() * 8 {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(prove(&text_of(&flipped), Some(&KEYS), &clock).is_err(), "bit {bit} of {draft:?}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn no_other_character_anywhere_in_the_text_verifies(at in 4_usize..200, to in any::<u8>()) {
        let mut text = draft(By::Ours, GREEN).text();
        let at = at.min(text.len() - 1);
        prop_assume!(text[at] != to);
        text[at] = to;
        prop_assert!(prove(&text, Some(&KEYS), &clock_at(NOON)).is_err());
    }

    #[test]
    fn no_key_of_another_verifies(seed in any::<[u8; 32]>(), statement in 0_usize..9) {
        let draft = good().remove(statement);
        let claims = draft.claims.encode().unwrap();
        let key = SigningKey::from_seed(&seed);
        let bytes: heapless::Vec<u8, 144> = sign(&key, draft.kid, Aad::Credential, &claims).unwrap();
        prop_assert_eq!(reason(&text_of(&bytes)), Reason::SignatureWrong);
    }

    #[test]
    fn no_life_beyond_the_issuers_is_taken(over in 1_u64..1000 * DAY) {
        for (draft, longest) in [(draft(By::Ours, GREEN), 900), (draft(By::Ours, PAPER_GREEN), 30 * DAY)] {
            prop_assert_eq!(reason(&draft.life(longest + over).text()), Reason::LifeTooLong);
        }
    }
}

#[test]
fn every_kind_is_among_the_good_ones() {
    for kind in Kind::ALL {
        assert!(good().iter().any(|draft| draft.claims.statement.kind() == kind), "{kind:?}");
    }
}
