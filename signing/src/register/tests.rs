//! Keys that are put away.

use gate_core::keyset::Region;
use gate_proof::ed25519::SigningKey;

use super::*;

const DAY_S: u64 = 86_400;

fn begin() -> Timestamp {
    Timestamp::from_unix(1_795_104_000).unwrap()
}

fn terms(number: u8, holder: Holder, kinds: &[(Kind, u32)]) -> Terms {
    let region = Region::parse("510000").unwrap();
    Terms {
        kid: Kid([b'k', 0, 0, number]),
        region,
        holder,
        kinds: kinds.to_vec(),
        from: begin(),
        until: None,
    }
}

fn add(
    register: &mut Register,
    number: u8,
    holder: Holder,
    kinds: &[(Kind, u32)],
) -> Result<(), RegisterRefused> {
    register.add(&SigningKey::from_seed(&[number; 32]).public_key(), &terms(number, holder, kinds))
}

fn kid(number: u8) -> Kid {
    Kid([b'k', 0, 0, number])
}

/// A register with a key for paper codes of 30 days.
fn with_one() -> Register {
    let mut register = Register::new(Region::parse("510000").unwrap());
    let kinds = [(Kind::ScreenCode, 900), (Kind::PaperCode, 30 * 86_400)];
    add(&mut register, 1, Holder::Province, &kinds).unwrap();
    register
}

#[test]
fn a_key_leaves_the_set_a_week_after_the_last_of_what_it_signed_expired_and_not_before() {
    let over = begin().plus(DAY_S + 30 * DAY_S + 7 * DAY_S);
    for revoked in [false, true] {
        let mut register = with_one();
        let end = begin().plus(DAY_S);
        match revoked {
            true => register.revoke(kid(1), end, end).unwrap(),
            false => register.retire(kid(1), end).unwrap(),
        }
        assert!(register.put_away(over).is_empty());
        assert_eq!(register.put_away(over.plus(1)), [kid(1)]);
        assert!(register.is_put_away(kid(1)) && register.life(kid(1)).is_none());
        assert!(register.load(1, over).unwrap().find(kid(1)).is_none());
    }
    assert!(with_one().put_away(over.plus(4_000 * DAY_S)).is_empty(), "a key without an end");
}

#[test]
fn the_earlier_of_end_and_cut_off_counts() {
    let mut register = with_one();
    register.retire(kid(1), begin().plus(300 * DAY_S)).unwrap();
    register.revoke(kid(1), begin().plus(DAY_S), begin().plus(2 * DAY_S)).unwrap();
    assert_eq!(register.put_away(begin().plus(39 * DAY_S)), [kid(1)]);
}

#[test]
fn a_hubs_key_stays_for_a_year_for_carriers_who_are_late() {
    let mut register = with_one();
    add(&mut register, 2, Holder::Hub, &[]).unwrap();
    register.retire(kid(2), begin()).unwrap();
    assert!(register.put_away(begin().plus(366 * DAY_S)).is_empty());
    assert_eq!(register.put_away(begin().plus(366 * DAY_S + 1)), [kid(2)]);
}

#[test]
fn what_was_put_away_is_never_given_again_and_a_restored_register_knows_it() {
    let mut register = with_one();
    register.retire(kid(1), begin()).unwrap();
    register.put_away(begin().plus(100 * DAY_S));
    let kept: Register = serde_json::from_str(&serde_json::to_string(&register).unwrap()).unwrap();
    let mut register = kept;
    assert_eq!(add(&mut register, 1, Holder::Hub, &[]), Err(RegisterRefused::RepeatId(kid(1))));
    let key = SigningKey::from_seed(&[1; 32]).public_key();
    let refused = register.add(&key, &terms(2, Holder::Hub, &[]));
    assert_eq!(refused, Err(RegisterRefused::RepeatKey(kid(1))));
    assert_eq!(register.longest_life(kid(1)), Some(30 * 86_400), "a code of it can still be named");
}

#[test]
fn forty_keys_are_told_and_a_place_is_free_when_one_is_put_away() {
    let mut register = with_one();
    register.retire(kid(1), begin()).unwrap();
    for number in 2..=40 {
        add(&mut register, number, Holder::Hub, &[]).unwrap();
    }
    assert_eq!(add(&mut register, 41, Holder::Hub, &[]), Err(RegisterRefused::Crowd));
    register.put_away(begin().plus(100 * DAY_S));
    add(&mut register, 41, Holder::Hub, &[]).unwrap();
}
