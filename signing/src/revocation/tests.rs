use super::*;
use crate::demo::DemoProvince;
use crate::demo_issuers::DemoIssuer;

fn now() -> Timestamp {
    Timestamp::from_unix(1_795_104_000).unwrap()
}

fn province() -> DemoProvince {
    DemoProvince::from_seed([4; 32], now()).unwrap()
}

fn code(n: u64) -> Revocation {
    Revocation::Credential(DemoIssuer::Province.kid(), CredentialId(n.to_be_bytes()))
}

fn all_of(n: u8, before: Timestamp) -> Revocation {
    Revocation::Person(Subject::from_bytes([n; 12]), before)
}

#[test]
fn revoking_twice_adds_nothing_and_makes_no_new_version() {
    let mut demo = province();
    let done = demo.province_mut().revoke(&[code(1), code(2), code(1)], now()).unwrap();
    assert_eq!((done.credentials, done.known), (2, 1));
    let kept = demo.province().revocations().clone();
    let again = demo.province_mut().revoke(&[code(2)], now().plus(60)).unwrap();
    assert_eq!((again.credentials, again.known), (0, 1));
    assert_eq!(demo.province().revocations(), &kept);
    assert_eq!(kept.of_key(DemoIssuer::Province.kid()), 2);
    assert_eq!(kept.of_key(DemoIssuer::National.kid()), 0);
}

#[test]
fn the_later_order_for_a_person_holds() {
    let mut demo = province();
    for before in [1000, 3000, 2000] {
        let before = now().minus(10_000).plus(before);
        demo.province_mut().revoke(&[all_of(7, before)], now()).unwrap();
    }
    let people = &demo.province().revocations().people;
    assert_eq!(people.len(), 1);
    assert_eq!(people[0].void.before, now().minus(7_000));
}

#[test]
fn an_order_that_cannot_be_carried_out_changes_nothing() {
    let mut demo = province();
    let before = demo.province().revocations().clone();
    let nobody = Revocation::Credential(Kid(*b"none"), CredentialId([1; 8]));
    let refused = demo.province_mut().revoke(&[code(1), nobody], now()).unwrap_err();
    assert_eq!(refused, RevokeRefused::FindIssuer(Kid(*b"none")));
    let refused = demo.province_mut().revoke(&[code(1), all_of(1, now().plus(1))], now()).unwrap_err();
    assert_eq!(refused, RevokeRefused::VoidFuture);
    assert_eq!(demo.province().revocations(), &before);
}

#[test]
fn an_entry_falls_out_when_what_it_speaks_of_is_expired_everywhere() {
    let mut demo = province();
    let day = 86_400;
    demo.province_mut().revoke(&[code(1), all_of(1, now())], now()).unwrap();
    // Paper codes of this key live for 30 days at most, and so does everything else of ours; then there is the slack.
    let at = now().plus(30 * day + SLACK_S - 1);
    demo.province_mut().revoke(&[code(2)], at).unwrap();
    assert_eq!(demo.province().revocations().len(), 3);
    let done = demo.province_mut().revoke(&[code(3)], at.plus(1)).unwrap();
    assert_eq!((done.expired, demo.province().revocations().len()), (2, 2));
}

#[test]
fn a_kept_list_comes_back_and_a_damaged_shortened_or_older_one_does_not() {
    let mut demo = province();
    let codes: Vec<_> = (0..300).map(code).collect();
    demo.province_mut().revoke(&codes, now()).unwrap();
    demo.province_mut().revoke(&[all_of(3, now()), all_of(2, now())], now()).unwrap();
    let list = demo.province().revocations();
    let bytes = list.to_kept();
    assert_eq!(&RevocationList::from_kept(&bytes, 3).unwrap(), list);
    assert_eq!(RevocationList::from_kept(&bytes, 4), Err(KeptRefused::Older { found: 3, expected: 4 }));
    for at in (0..bytes.len()).step_by(11) {
        let mut wrong = bytes.clone();
        wrong[at] ^= 1;
        assert_eq!(RevocationList::from_kept(&wrong, 0), Err(KeptRefused::Damaged), "{at}");
        assert_eq!(RevocationList::from_kept(&bytes[..at], 0), Err(KeptRefused::Damaged), "{at}");
    }
}
