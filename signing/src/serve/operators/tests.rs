//! Tokens that hold, tokens that do not, and a file that never has one in it.

use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;

use super::*;

fn at(seconds: u64) -> Timestamp {
    Timestamp::from_unix(seconds).unwrap()
}

fn id(text: &str) -> OperatorId {
    OperatorId::new(text).unwrap()
}

fn allowance() -> Allowance {
    Allowance { kinds: vec![Kind::ScreenCode], issuers: vec![Kid(*b"sc02")], cap: Cap::new(600, 50).unwrap() }
}

/// Two operators with a token each, good until 1000.
fn two() -> (Operators, Token, Token, ChaCha20Rng) {
    let (mut operators, mut rng) = (Operators::default(), ChaCha20Rng::from_seed([5; 32]));
    let first = operators.add(id("tianfu-app"), allowance(), at(1000), &mut rng).unwrap();
    let second = operators.add(id("hospital-7"), allowance(), at(1000), &mut rng).unwrap();
    (operators, first, second, rng)
}

#[test]
fn a_token_proves_its_operator_until_its_end() {
    let (operators, first, second, _) = two();
    assert_eq!(operators.prove(first.expose(), at(999)).unwrap().id, id("tianfu-app"));
    assert_eq!(operators.prove(second.expose(), at(0)).unwrap().id, id("hospital-7"));
    assert_eq!(operators.prove(first.expose(), at(1000)), Err(Refusal::UseTokenInTime));
}

#[test]
fn no_other_text_is_a_token() {
    let (operators, first, second, _) = two();
    let good = first.expose();
    let of_another = good.replace("tianfu-app", "hospital-7");
    assert_eq!(
        operators.prove(&of_another, at(0)),
        Err(Refusal::KnowToken),
        "the name is part of the secret"
    );
    let mixed = format!("tgs_tianfu-app_{}", &second.expose()[second.expose().len() - 43..]);
    for wrong in ["", "tgs_", "tgs__", &good[1..], &good[..good.len() - 1], &mixed, &format!("{good}A")] {
        assert_eq!(operators.prove(wrong, at(0)), Err(Refusal::KnowToken), "{wrong}");
    }
    for place in 0..good.len() {
        let mut changed = good.as_bytes().to_vec();
        changed[place] ^= 1;
        assert_eq!(operators.prove(&String::from_utf8(changed).unwrap(), at(0)), Err(Refusal::KnowToken));
    }
}

#[test]
fn after_a_rotation_both_tokens_hold_for_the_grace_and_then_the_new_one() {
    let (mut operators, old, _, mut rng) = two();
    let new = operators.rotate(&id("tianfu-app"), (at(500), at(2000)), &mut rng).unwrap();
    assert!(operators.prove(old.expose(), at(499)).is_ok() && operators.prove(new.expose(), at(499)).is_ok());
    assert_eq!(operators.prove(old.expose(), at(500)), Err(Refusal::UseTokenInTime));
    let newest = operators.rotate(&id("tianfu-app"), (at(600), at(3000)), &mut rng).unwrap();
    assert_eq!(operators.prove(old.expose(), at(0)), Err(Refusal::KnowToken), "two at most");
    assert!(
        operators.prove(new.expose(), at(599)).is_ok() && operators.prove(newest.expose(), at(2999)).is_ok()
    );
}

#[test]
fn a_revoked_operator_stays_so_and_its_name_is_never_given_again() {
    let (mut operators, first, second, mut rng) = two();
    operators.revoke(&id("tianfu-app"), at(10)).unwrap();
    assert_eq!(operators.prove(first.expose(), at(0)), Err(Refusal::AdmitOperator));
    assert_eq!(operators.active(&id("tianfu-app")), Err(Refusal::AdmitOperator));
    assert!(operators.prove(second.expose(), at(0)).is_ok());
    let again = operators.add(id("tianfu-app"), allowance(), at(1000), &mut rng);
    assert!(matches!(again, Err(OperatorsRefused::GiveName(_))));
    assert!(operators.rotate(&id("tianfu-app"), (at(1), at(2)), &mut rng).is_err());
}

#[test]
fn the_file_holds_no_token_is_its_owners_and_reads_back_the_same() {
    use std::os::unix::fs::PermissionsExt;
    let (mut operators, first, second, _) = two();
    operators.revoke(&id("hospital-7"), at(10)).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("operators.json");
    operators.save(&path).unwrap();
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let text = fs::read_to_string(&path).unwrap();
    for token in [&first, &second] {
        assert!(!text.contains(&token.expose()[token.expose().len() - 43..]));
        assert!(!format!("{token:?}").contains(token.expose()));
    }
    assert_eq!(Operators::load(&path).unwrap(), operators);
}

#[test]
fn a_file_with_anything_unknown_or_out_of_range_is_refused() {
    let good = r#"{"format":1,"operators":[{"id":"ab","tokens":[],"kinds":["screen_code"],"issuers":["73633032"],"per_minute":1,"burst":1}]}"#;
    assert_eq!(Operators::parse(good).unwrap().iter().count(), 1);
    for (from, to) in [
        ("\"format\":1", "\"format\":2"),
        ("\"ab\"", "\"A\""),
        ("screen_code", "any_code"),
        ("73633032", "sc02"),
        ("\"burst\":1", "\"burst\":0"),
        ("\"burst\":1", "\"burst\":1,\"admin\":true"),
        ("\"tokens\":[]", "\"tokens\":[{\"digest\":\"00\",\"until\":1}]"),
    ] {
        assert!(Operators::parse(&good.replace(from, to)).is_err(), "{to}");
    }
    let twice = good.replace(
        "}]}",
        "},{\"id\":\"ab\",\"tokens\":[],\"kinds\":[],\"issuers\":[],\"per_minute\":1,\"burst\":1}]}",
    );
    assert!(matches!(Operators::parse(&twice), Err(OperatorsRefused::GiveName(_))));
}
