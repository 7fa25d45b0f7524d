//! What is issued, what is refused, and what two codes of one person have in common.

use gate_proof::cose::Aad;
use gate_proof::subject::unblind;
use gate_wire::cose::Sign1;
use gate_wire::credential::Colour;
use gate_wire::document::DocumentKind;

use super::*;
use crate::demo::DemoProvince;
use crate::demo_issuers::DemoIssuer;
use crate::envelope;

const GREEN: Condition = Condition::Colour(Colour::Green);
const DAY_S: u32 = 86_400;

fn at(seconds: u64) -> Timestamp {
    Timestamp::from_unix(seconds).unwrap()
}

fn now() -> Timestamp {
    at(1_795_104_000)
}

fn demo() -> DemoProvince {
    DemoProvince::from_seed([7; 32], now()).unwrap()
}

fn person() -> Document {
    Document::parse(DocumentKind::ResidentId, "510100194001010010").unwrap()
}

/// Two four-byte characters around two masks: the longest masked name there is.
const LONGEST_NAME: &str = "𠀀测试𠀁";

fn request<'a>(document: &'a Document, claim: Claim, life_s: u32) -> IssueRequest<'a> {
    IssueRequest { document, full_name: LONGEST_NAME, claim, issued: now(), life_s }
}

fn refused(by: DemoIssuer, claim: Claim, life_s: u32) -> IssueRefused {
    demo().issue(by, &request(&person(), claim, life_s)).unwrap_err()
}

/// One claim of each kind, with its issuer and longest life.
fn one_of_each() -> [(DemoIssuer, Claim, u32); 6] {
    let test = Claim::Test { sampled: now().minus(44 * 86_400), result: TestResult::Positive };
    [
        (DemoIssuer::Province, Claim::Screen(Condition::Colour(Colour::Red)), 900),
        (DemoIssuer::Province, Claim::Paper(GREEN), 30 * DAY_S),
        (DemoIssuer::Laboratory, test, 30 * DAY_S),
        (DemoIssuer::Medical, Claim::Certificate(Certifier::Medical), 14 * DAY_S),
        (DemoIssuer::StaffOffice, Claim::Badge(Role::Auditor), 30 * DAY_S),
        (DemoIssuer::National, Claim::Screen(Condition::NoAbnormality), 900),
    ]
}

#[test]
fn every_kind_with_the_longest_masked_name_fits_144_bytes_and_49_modules() {
    let (mut demo, person) = (demo(), person());
    println!("kind              bytes  characters  modules");
    for (by, claim, life_s) in one_of_each() {
        let issued = demo.issue(by, &request(&person, claim, life_s)).unwrap();
        let modules = crate::code::Code::of(&issued.text).unwrap().modules();
        let kind = crate::kinds::kind_token(statement_kind(claim));
        println!("{kind:<17} {:>5} {:>11} {modules:>5} x {modules}", issued.bytes.len(), issued.text.len());
        assert!(issued.bytes.len() <= MAX_SIGNED_BYTES && issued.text.len() <= MAX_TEXT_CHARS);
        assert!(modules <= 49, "{kind}");
    }
}

#[test]
fn one_byte_over_the_budget_is_an_error_and_never_cut() {
    let signed = |length: usize| {
        let claims = vec![0; length];
        let made =
            envelope::sign1::<MAX_SIGNED_BYTES>(Kid(*b"sc02"), Aad::Credential, &claims, |_| Ok([0; 64]));
        made.map_err(IssueRefused::from)
    };
    let most = (0..MAX_SIGNED_BYTES).rev().find(|length| signed(*length).is_ok()).unwrap();
    assert_eq!(signed(most).unwrap().len(), MAX_SIGNED_BYTES);
    assert_eq!(signed(most + 1), Err(IssueRefused::FitBudget));
    assert_eq!(credential_text(&[0; MAX_SIGNED_BYTES]).unwrap().len(), MAX_TEXT_CHARS);
    assert_eq!(credential_text(&[0; MAX_SIGNED_BYTES + 1]), Err(IssueRefused::FitBudget));
}

/// Bytes that every code of a kind has: envelope, key id, labels, times of one moment, statement and masked name.
/// What remains (cti, subject, signature) must not link two codes.
#[test]
fn two_codes_of_one_person_share_no_bytes_but_those_that_strangers_share_too() {
    let (mut demo, person) = (demo(), person());
    let stranger = Document::parse(DocumentKind::Passport, "E12345678").unwrap();
    for (by, claim, life_s) in one_of_each() {
        let [a, b] =
            [&person, &person].map(|who| demo.issue(by, &request(who, claim, life_s)).unwrap().bytes);
        let other = demo.issue(by, &request(&stranger, claim, life_s)).unwrap().bytes;
        let within = |of: &[u8], part: &[u8]| of.windows(4).any(|window| window == part);
        let linking = a.windows(4).filter(|part| within(&b, part) && !within(&other, part)).count();
        assert_eq!(linking, 0, "{claim:?}");
        assert!(a.windows(4).any(|part| within(&b, part)), "the fixed structure is shared: the test can see");
    }
}

#[test]
fn the_subject_comes_back_for_our_issuers_only_and_is_the_documents() {
    let (mut demo, person) = (demo(), person());
    let meant = demo.subject(&person).unwrap();
    for (by, claim, life_s) in one_of_each() {
        let issued = demo.issue(by, &request(&person, claim, life_s)).unwrap();
        let credential = Credential::parse(Sign1::parse(&issued.bytes).unwrap().payload).unwrap();
        let read = unblind(&credential.subject, &demo.link_key(), issued.kid, issued.id);
        assert_eq!(read == meant, by != DemoIssuer::National, "{by:?}");
        assert_eq!(credential.name.as_str(), "𠀀**𠀁");
    }
}

#[test]
fn an_issuer_gives_its_own_kinds_and_words_only() {
    let red = Claim::Screen(Condition::Colour(Colour::Red));
    for by in [DemoIssuer::Laboratory, DemoIssuer::Community, DemoIssuer::Medical, DemoIssuer::StaffOffice] {
        assert_eq!(refused(by, red, 900), IssueRefused::AllowKind(Kind::ScreenCode), "{by:?}");
    }
    assert_eq!(refused(DemoIssuer::National, red, 900), IssueRefused::AllowClaim(Holder::National));
    let words = Claim::Paper(Condition::NoAbnormality);
    assert_eq!(refused(DemoIssuer::Province, words, 900), IssueRefused::AllowClaim(Holder::Province));
    let medical = Claim::Certificate(Certifier::Medical);
    assert_eq!(refused(DemoIssuer::Community, medical, 900), IssueRefused::AllowClaim(Holder::Community));
}

#[test]
fn no_life_is_longer_than_the_issuer_may_give() {
    for (life_s, longest_s) in [(901, 900), (0, 900), (u32::MAX, 900)] {
        let refusal = refused(DemoIssuer::Province, Claim::Screen(GREEN), life_s);
        assert_eq!(refusal, IssueRefused::AllowLife { life_s, longest_s });
    }
}

#[test]
fn a_retired_key_issues_nothing_after_its_end() {
    let (mut demo, person) = (demo(), person());
    let mut request = request(&person, Claim::Paper(GREEN), 30 * DAY_S);
    let refusal = demo.issue(DemoIssuer::ProvinceRetired, &request).unwrap_err();
    assert_eq!(refusal, IssueRefused::UseKey(Force::OutsideLife));
    request.issued = now().minus(u64::from(DAY_S) + 1);
    demo.issue(DemoIssuer::ProvinceRetired, &request).unwrap();
    demo.province_mut().register_mut().revoke(DemoIssuer::Province.kid(), now(), now()).unwrap();
    request.issued = now();
    let refusal = demo.issue(DemoIssuer::Province, &request).unwrap_err();
    assert_eq!(refusal, IssueRefused::UseKey(Force::Revoked));
}

#[test]
fn nothing_is_issued_ahead_of_the_clock_or_already_over() {
    let (demo, person, mut rng) = (demo(), person(), rand());
    let request = request(&person, Claim::Screen(GREEN), 900);
    let mut issue = |now| demo.province().issue(DemoIssuer::Province.kid(), &request, now, &mut rng);
    assert_eq!(issue(now().minus(1)).unwrap_err(), IssueRefused::WaitForIssue { ahead_s: 1 });
    assert_eq!(issue(now().plus(900)).unwrap_err(), IssueRefused::OutliveIssue);
    issue(now().plus(899)).unwrap();
}

#[test]
fn a_sample_lies_before_the_issue_and_within_45_days() {
    let sampled = |sampled| Claim::Test { sampled, result: TestResult::Negative };
    for bad in [now().plus(1), now().minus(65_536 * 60)] {
        assert_eq!(refused(DemoIssuer::Laboratory, sampled(bad), 900), IssueRefused::PlaceSampling);
    }
    let oldest = sampled(now().minus(65_535 * 60));
    demo().issue(DemoIssuer::Laboratory, &request(&person(), oldest, 900)).unwrap();
}

#[test]
fn a_name_without_a_visible_character_is_refused() {
    let person = person();
    for full_name in ["", "  ", "\u{200b}\u{202e}"] {
        let request = IssueRequest { full_name, ..request(&person, Claim::Screen(GREEN), 900) };
        assert_eq!(demo().issue(DemoIssuer::Province, &request).unwrap_err(), IssueRefused::MaskName);
    }
}

#[test]
fn the_desk_finds_the_issuer_in_force_that_may_say_it() {
    let demo = demo();
    for (by, claim, _) in one_of_each() {
        assert_eq!(demo.province().issuer_for(claim, now()).unwrap(), by.kid(), "{claim:?}");
    }
    let long_ago = demo.province().issuer_for(Claim::Screen(GREEN), at(1000));
    assert_eq!(long_ago, Err(IssueRefused::FindIssuerFor(Kind::ScreenCode)));
}

#[test]
fn the_same_seed_gives_the_same_codes_and_debug_shows_nobody() {
    let person = person();
    let issue = || demo().issue(DemoIssuer::Province, &request(&person, Claim::Screen(GREEN), 900)).unwrap();
    assert_eq!(issue().text, issue().text);
    let shown = format!("{:?} {:?}", issue(), request(&person, Claim::Screen(GREEN), 900));
    assert!(!shown.contains("TF1") && !shown.contains("测") && !shown.contains("5101"), "{shown}");
}

fn rand() -> impl CryptoRng {
    <rand_chacha::ChaCha20Rng as rand_core::SeedableRng>::from_seed([1; 32])
}
