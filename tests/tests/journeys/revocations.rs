//! Revocation as a person at the gate meets it: one lost paper code, everything before a time, a damaged list.

use std::os::unix::fs::FileExt;

use gate_core::manifest::Dataset;
use gate_core::verdict::Verdict;
use gate_signing::demo::DemoProvince;
use gate_signing::issue::IssueRequest;
use gate_signing::revocation::Revocation;
use gate_sim::stage::beginning;
use gate_wire::credential::CredentialId;

use super::*;

const DAY_S: u64 = 86_400;

/// A green paper code of 30 days, issued `age_s` before the stage begins.
fn paper(province: &mut DemoProvince, person: &Person, age_s: u64) -> (String, Revocation) {
    let request = IssueRequest {
        document: &person.document,
        full_name: person.name,
        claim: Claim::Paper(Condition::Colour(Colour::Green)),
        issued: beginning().minus(age_s),
        life_s: 30 * DAY_S as u32,
    };
    let issued = province.issue(DemoIssuer::Province, &request).unwrap();
    (issued.text, Revocation::Credential(issued.kid, issued.id))
}

fn shown(stage: &mut Stage, text: &str) -> Told {
    stage.hold_phone(text).unwrap();
    let told = verdict_within(stage, 1_000);
    stage.hold_nothing();
    stage.run(11_000).unwrap();
    told
}

#[test]
fn a_lost_paper_code_is_void_alone_and_its_owner_s_next_one_is_good() {
    let (person, mut province) = (Person::new(1).unwrap(), province().unwrap());
    let (lost, revocation) = paper(&mut province, &person, 2 * DAY_S);
    let (next, _) = paper(&mut province, &person, 2 * DAY_S);
    let setting = Setting { revoked: vec![revocation], ..listed_green(&province, &person) };
    let mut stage = Stage::new(setting, province).unwrap();
    let told = shown(&mut stage, &lost);
    assert_eq!((told.verdict, told.reason.code()), (Verdict::Assist, "A09"));
    assert_eq!(shown(&mut stage, &next).verdict, Verdict::Pass);
    assert_eq!(tap_card(&mut stage, &person).verdict, Verdict::Pass, "the card is not revoked");
}

#[test]
fn an_id_revoked_of_one_issuer_leaves_the_same_id_of_another() {
    let (person, mut province) = (Person::new(1).unwrap(), province().unwrap());
    let (text, Revocation::Credential(_, id)) = paper(&mut province, &person, DAY_S) else { panic!() };
    let elsewhere = Revocation::Credential(DemoIssuer::OtherProvince.kid(), id);
    let setting = Setting { revoked: vec![elsewhere], ..listed_green(&province, &person) };
    assert_eq!(shown(&mut Stage::new(setting, province).unwrap(), &text).verdict, Verdict::Pass);
}

#[test]
fn void_all_before_ends_what_was_issued_earlier_and_nothing_else() {
    let (person, other) = (Person::new(1).unwrap(), Person::new(2).unwrap());
    let mut province = province().unwrap();
    let (before, _) = paper(&mut province, &person, DAY_S + 1);
    let (at, _) = paper(&mut province, &person, DAY_S);
    let (of_other, _) = paper(&mut province, &other, DAY_S + 1);
    let subject = province.subject(&person.document).unwrap();
    let revoked = vec![Revocation::Person(subject, beginning().minus(DAY_S))];
    let setting = Setting { revoked, ..listed_green(&province, &person) };
    let mut stage = Stage::new(setting, province).unwrap();
    let told = shown(&mut stage, &before);
    assert_eq!((told.verdict, told.reason.code()), (Verdict::Assist, "A09"));
    assert_eq!(shown(&mut stage, &at).verdict, Verdict::Pass, "issued at that second: not before it");
    assert_eq!(shown(&mut stage, &of_other).verdict, Verdict::Pass);
}

#[test]
fn damage_under_a_running_gate_is_assist_and_never_a_pass_for_a_revoked_code() {
    let (person, mut province) = (Person::new(1).unwrap(), province().unwrap());
    let (lost, revocation) = paper(&mut province, &person, DAY_S);
    let kid = DemoIssuer::Province.kid();
    let more = (0..2_000_u64).map(|n| Revocation::Credential(kid, CredentialId(n.to_be_bytes())));
    let revoked = more.chain([revocation]).collect();
    let setting = Setting { revoked, ..listed_green(&province, &person) };
    let mut stage = Stage::new(setting, province).unwrap();
    assert_eq!(shown(&mut stage, &lost).reason.code(), "A09");
    let believed = std::fs::read_dir(stage.directory().join("believed")).unwrap();
    let mut files = believed.map(|entry| entry.unwrap().path());
    let file = files.find(|path| path.extension().is_some_and(|end| end == "tfr")).unwrap();
    let disk = std::fs::OpenOptions::new().read(true).write(true).open(file).unwrap();
    for page in 1..disk.metadata().unwrap().len() / 4096 {
        disk.write_all_at(&[0xA5], page * 4096 + 4095).unwrap();
    }
    let told = shown(&mut stage, &lost);
    assert_eq!((told.verdict, told.reason.code()), (Verdict::Assist, "A28"));
    assert_eq!(show_code(&mut stage, &person, Colour::Green).verdict, Verdict::Pass, "a screen code decides");
}

#[test]
fn a_list_damaged_before_the_first_start_is_no_empty_list() {
    let (person, mut province) = (Person::new(1).unwrap(), province().unwrap());
    let (paper, _) = paper(&mut province, &person, DAY_S);
    let setting = Setting { spoilt: vec![Dataset::Revocations], ..listed_green(&province, &person) };
    let mut stage = Stage::new(setting, province).unwrap();
    let told = shown(&mut stage, &paper);
    assert_eq!((told.verdict, told.reason.code()), (Verdict::Assist, "A28"));
}
