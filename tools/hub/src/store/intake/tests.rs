//! Who may bring how much, as it stands in the commit.

use gate_proof::digest::Digest;
use gate_proof::ed25519::SigningKey;

use super::super::terminals::{enrol_by_hand, revoke};
use super::*;
use crate::chain::{Chain, key, terminal};

const DAY_S: u64 = 86_400;

fn at(seconds: u64) -> Timestamp {
    Timestamp::from_unix(20_000 * DAY_S + seconds).unwrap()
}

fn enrolled() -> Db {
    let db = crate::store::db::empty();
    let record = key().public_key();
    assert!(enrol_by_hand(&db, terminal(), (&[7; 32], &record), ("测试员", at(0))).unwrap());
    db
}

fn bring(db: &Db, bytes: &[u8], quota: Quota, now: Timestamp) -> Result<Taken, Left> {
    batch(db, (bytes, &key().public_key()), quota, now).unwrap().map(|(taken, _)| taken)
}

fn alarms(db: &Db) -> u32 {
    db.one("SELECT count(*) FROM alarm", &[], |row| row.get(0)).unwrap()
}

#[test]
fn a_terminal_revoked_since_its_key_was_found_brings_nothing() {
    let (db, chain) = (enrolled(), Chain::begun(9));
    let found = signer(&db, terminal(), (&chain.batch(1, 3), Purpose::Batch)).unwrap();
    assert_eq!(found, Ok(key().public_key()));
    revoke(&db, terminal(), ("测试员", at(1))).unwrap();
    assert_eq!(bring(&db, &chain.batch(1, 3), Quota::USUAL, at(2)), Err(Left::Revoked));
    // Enrolled anew with another key, the old one serves no more.
    let other = SigningKey::from_seed(&[6; 32]).public_key();
    assert!(enrol_by_hand(&db, terminal(), (&[8; 32], &other), ("测试员", at(3))).unwrap());
    assert_eq!(bring(&db, &chain.batch(1, 3), Quota::USUAL, at(4)), Err(Left::Unsigned));
    assert_eq!(db.one("SELECT count(*) FROM batch", &[], |row| row.get::<u32>(0)).unwrap(), 0);
}

#[test]
fn a_terminal_brings_so_many_bytes_a_day_and_what_is_here_costs_nothing() {
    let (db, chain) = (enrolled(), Chain::begun(40));
    let length = chain.batch(1, 10).len() as u64;
    let quota = Quota { bytes: 2 * length + 10, journals: 8 };
    assert_eq!(bring(&db, &chain.batch(1, 10), quota, at(0)), Ok(Taken::Kept));
    (0..9).for_each(|_| assert_eq!(bring(&db, &chain.batch(1, 10), quota, at(0)), Ok(Taken::Known)));
    assert_eq!(bring(&db, &chain.batch(11, 20), quota, at(1)), Ok(Taken::Kept));
    for _ in 0..3 {
        assert_eq!(bring(&db, &chain.batch(21, 30), quota, at(2)), Err(Left::Quota));
    }
    assert_eq!(bring(&db, &chain.batch(1, 10), quota, at(3)), Ok(Taken::Known));
    assert_eq!(alarms(&db), 1, "once a day");
    assert_eq!(bring(&db, &chain.batch(21, 30), quota, at(DAY_S)), Ok(Taken::Kept), "the next day");
}

#[test]
fn a_terminal_begins_so_many_journals_a_day() {
    let db = enrolled();
    let invented = |journal: u8| Chain::new(journal, (100, Digest([journal; 32])), 1, 0).batch(100, 100);
    for journal in 1..=8 {
        assert_eq!(bring(&db, &invented(journal), Quota::USUAL, at(0)), Ok(Taken::Kept));
    }
    assert_eq!(bring(&db, &invented(9), Quota::USUAL, at(0)), Err(Left::Quota));
    let more = Chain::new(8, (100, Digest([8; 32])), 3, 0);
    assert_eq!(bring(&db, &more.batch(100, 102), Quota::USUAL, at(0)), Ok(Taken::Kept), "those go on");
    assert_eq!(bring(&db, &invented(9), Quota::USUAL, at(DAY_S)), Ok(Taken::Kept));
}

#[test]
fn places_beyond_any_query_number_are_refused() {
    let db = enrolled();
    for first in [PLACES_END - 1, u64::from(u32::MAX) << 32, u64::MAX - 9] {
        let chain = Chain::new(1, (first, Digest([1; 32])), 2, 0);
        assert_eq!(bring(&db, &chain.batch(first, first + 1), Quota::USUAL, at(0)), Err(Left::Places));
    }
}
