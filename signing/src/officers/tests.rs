//! Two officers, and everything that is not two officers.

use gate_core::manifest::Demo;
use gate_proof::cose;
use gate_proof::ed25519::SigningKey;

use super::approval::{APPROVAL_LIFE_S, CLOCK_SLACK_S};
use super::*;

fn now() -> Timestamp {
    Timestamp::from_unix(1_795_104_000).unwrap()
}

fn key(seed: u8) -> SigningKey {
    SigningKey::from_seed(&[seed; 32])
}

fn name(text: &str) -> Operator {
    Operator::parse(text).unwrap()
}

fn officer(text: &str, seed: u8) -> Officer {
    Officer { name: name(text), key: key(seed).public_key(), added: now() }
}

/// Chen and Li.
fn two() -> Officers {
    let mut officers = Officers::default();
    officers.add(officer("chen", 1), None).unwrap();
    officers.add(officer("li", 2), None).unwrap();
    officers
}

fn wanted(operation: Approved, request: &str) -> Statement {
    let case = CaseNumber::parse("CG-2026/0017").unwrap();
    Statement::new((Digest([7; 32]), Demo::No), operation, &case, request).unwrap()
}

fn open_one() -> Statement {
    wanted(Approved::OpenRecords, "query 00R0-0001")
}

fn signed(statement: &Statement, seed: u8) -> Vec<u8> {
    Approval::sign(statement, now(), &key(seed)).unwrap()
}

#[test]
fn two_different_officers_who_signed_the_same_are_two() {
    let (officers, statement) = (two(), open_one());
    let (a, b) = (signed(&statement, 1), signed(&statement, 2));
    let admitted = officers.admit([&b, &a], &statement, now()).unwrap();
    assert_eq!(admitted.names(), &[name("li"), name("chen")]);
    assert_eq!(admitted.until()[0], now().plus(APPROVAL_LIFE_S));
    assert_eq!((admitted.statement(), admitted.digest()), (&statement, statement.digest()));
}

#[test]
fn one_officer_twice_a_stranger_and_nobody_are_not_two() {
    let (officers, statement) = (two(), open_one());
    let (a, stranger) = (signed(&statement, 1), signed(&statement, 9));
    let later = Approval::sign(&statement, now().plus(1), &key(1)).unwrap();
    assert_eq!(officers.admit([&a, &a], &statement, now()), Err(ApprovalRefused::BeTwo));
    assert_eq!(officers.admit([&a, &later], &statement, now()), Err(ApprovalRefused::BeTwo));
    let unknown = Err(ApprovalRefused::KnowOfficer { nth: 2 });
    assert_eq!(officers.admit([&a, &stranger], &statement, now()), unknown);
    for bytes in [&b""[..], &a[..a.len() - 1], &[0xFF; 2000]] {
        assert_eq!(officers.admit([&a, bytes], &statement, now()), unknown);
    }
}

#[test]
fn an_approval_serves_one_request_of_one_case_of_one_desk_and_no_other() {
    let officers = two();
    let statement = open_one();
    let case = CaseNumber::parse("CG-2026/0018").unwrap();
    let others = [
        wanted(Approved::OpenRecords, "query 00R0-0002"),
        wanted(Approved::DestroyDayKeys, "query 00R0-0001"),
        Statement::new((Digest([7; 32]), Demo::No), Approved::OpenRecords, &case, "query 00R0-0001").unwrap(),
        Statement::new(
            (Digest([8; 32]), Demo::No),
            Approved::OpenRecords,
            statement.case(),
            "query 00R0-0001",
        )
        .unwrap(),
    ];
    let a = signed(&statement, 1);
    for other in others {
        let refused = officers.admit([&a, &signed(&other, 2)], &statement, now());
        assert_eq!(refused, Err(ApprovalRefused::MatchStatement { nth: 2, found: other.in_words() }));
    }
}

#[test]
fn an_approval_holds_three_days_and_not_from_the_future() {
    let (officers, statement) = (two(), open_one());
    let (a, b) = (signed(&statement, 1), signed(&statement, 2));
    let at = |time: Timestamp| officers.admit([&a, &b], &statement, time).map(|_| ());
    assert_eq!(at(now().minus(CLOCK_SLACK_S)), Ok(()));
    let ahead_s = CLOCK_SLACK_S + 1;
    assert_eq!(at(now().minus(ahead_s)), Err(ApprovalRefused::WaitForApproval { nth: 1, ahead_s }));
    assert_eq!(at(now().plus(APPROVAL_LIFE_S - 1)), Ok(()));
    assert_eq!(at(now().plus(APPROVAL_LIFE_S)), Err(ApprovalRefused::OutliveApproval { nth: 1 }));
}

#[test]
fn every_bit_of_an_approval_counts() {
    let (officers, statement) = (two(), open_one());
    let (a, b) = (signed(&statement, 1), signed(&statement, 2));
    for bit in 0..b.len() * 8 {
        let mut changed = b.clone();
        changed[bit / 8] ^= 1 << (bit % 8);
        assert!(officers.admit([&a, &changed], &statement, now()).is_err(), "bit {bit}");
    }
}

#[test]
fn a_second_spelling_and_a_signature_for_another_purpose_are_refused() {
    let (statement, key) = (open_one(), key(1));
    let text = statement.to_text();
    let dated = text.replacen('}', ",\"at\":1795104000}", 1);
    let sign = |aad, payload: &str| {
        cose::sign::<1024>(&key, key_id(&key.public_key()), aad, payload.as_bytes()).unwrap().to_vec()
    };
    let admitted = |bytes: Vec<u8>| Approval::verify(&bytes, &key.public_key()).is_ok();
    assert!(admitted(sign(cose::Aad::OfficerApproval, &dated)));
    assert!(!admitted(sign(cose::Aad::Credential, &dated)));
    for other in [
        text.clone(),
        dated.replacen(':', ": ", 1),
        dated.replacen("query", "q\\u0075ery", 1),
        dated.replacen("\"format\":1", "\"format\":2", 1),
        dated.replacen("}", ",\"more\":1}", 1),
    ] {
        assert!(!admitted(sign(cose::Aad::OfficerApproval, &other)), "{other}");
    }
    assert_eq!(Statement::from_text(&format!("{text}\n")), Ok(statement));
    assert!(Statement::from_text(&dated).is_err());
    let case = CaseNumber::parse("c").unwrap();
    for bad in ["", "名", "a\"b", "a\\b", "a\nb", &"x".repeat(257)] {
        assert!(
            Statement::new((Digest([0; 32]), Demo::No), Approved::OpenRecords, &case, bad).is_err(),
            "{bad}"
        );
    }
}

#[test]
fn the_list_changes_by_two_approvals_once_it_holds_two() {
    let mut officers = two();
    let wang = officer("wang", 3);
    assert!(matches!(officers.add(wang.clone(), None), Err(OfficersRefused::AskTwo)));
    assert!(matches!(officers.remove(&name("li"), None), Err(OfficersRefused::AskTwo)));
    let consent = |officers: &Officers, operation, request: &str| {
        let statement = wanted(operation, request);
        officers.admit([&signed(&statement, 1), &signed(&statement, 2)], &statement, now()).unwrap()
    };
    let add = Officers::request_to_add(&wang.name, &wang.key);
    let other =
        consent(&officers, Approved::OfficerAdd, &Officers::request_to_add(&wang.name, &key(4).public_key()));
    assert!(matches!(officers.add(wang.clone(), Some(&other)), Err(OfficersRefused::MatchApproved(_))));
    let two_of_them = consent(&officers, Approved::OfficerAdd, &add);
    officers.add(wang.clone(), Some(&two_of_them)).unwrap();
    assert_eq!(officers.add(wang.clone(), Some(&two_of_them)), Err(OfficersRefused::AskAgain));
    let mut others = two();
    others.list.push(wang.clone());
    assert_eq!(others.add(wang, Some(&two_of_them)), Err(OfficersRefused::AddTwice));
    let gone = consent(&officers, Approved::OfficerRemove, &Officers::request_to_remove(&name("wang")));
    officers.remove(&name("wang"), Some(&gone)).unwrap();
    assert_eq!(officers.iter().count(), 2);
}

#[test]
fn once_two_two_stay_and_an_approval_that_served_serves_no_more() {
    let mut officers = two();
    let consent = |officers: &Officers, operation, request: &str| {
        let statement = wanted(operation, request);
        officers.admit([&signed(&statement, 1), &signed(&statement, 2)], &statement, now())
    };
    let gone =
        consent(&officers, Approved::OfficerRemove, &Officers::request_to_remove(&name("li"))).unwrap();
    assert_eq!(officers.remove(&name("li"), Some(&gone)), Err(OfficersRefused::KeepTwo));
    let wang = officer("wang", 3);
    let add = Officers::request_to_add(&wang.name, &wang.key);
    let added = consent(&officers, Approved::OfficerAdd, &add).unwrap();
    officers.add(wang, Some(&added)).unwrap();
    assert_eq!(consent(&officers, Approved::OfficerAdd, &add), Err(ApprovalRefused::SpendTwice { nth: 1 }));
    // What was not carried out has not served.
    officers.remove(&name("li"), Some(&gone)).unwrap();
    let mut alone = Officers::default();
    alone.add(officer("chen", 1), None).unwrap();
    assert!(alone.remove(&name("chen"), None).is_ok(), "a first one who was a slip");
}
