//! Words that are taken back: the place is in doubt again, and the second word stands as the first would have.

use gate_core::records::batch::verify_batch;

use super::super::choose::{Choice, Chosen, Unchosen, settle_doubt};
use super::super::doubts::{doubts, settled, words};
use super::super::{Taken, held, take};
use super::*;
use crate::chain::{Chain, key, terminal};

const NOW: Timestamp = Timestamp::EPOCH;

fn send(db: &Db, bytes: &[u8]) -> Taken {
    take(db, bytes, &verify_batch(bytes, &key().public_key()).unwrap(), NOW).unwrap()
}

fn choose(db: &Db, chain: &Chain, place: u64) -> Result<Chosen, Unchosen> {
    let choice = Choice { terminal: terminal(), journal: &chain.journal(), place, hash: chain.hash(place) };
    settle_doubt(db, &choice, "两份记录已核对", ("测试员", NOW)).unwrap()
}

fn back(db: &Db, chain: &Chain, place: u64) -> Result<Reopened, Unopened> {
    reopen(db, (terminal(), &chain.journal(), place), "认错了", ("测试甲", NOW)).unwrap()
}

fn reaches(db: &Db, chain: &Chain) -> (u64, Digest) {
    let held = held(db, terminal(), &chain.journal()).unwrap().unwrap();
    (held.watermark.0, held.hash)
}

fn done(watermark: u64, rejected: u64) -> Result<Chosen, Unchosen> {
    Ok(Chosen { watermark, doubt: None, rejected })
}

#[test]
fn the_other_row_can_be_chosen_after_a_word_was_taken_back_and_nothing_is_deleted() {
    let (db, chain) = (crate::store::db::empty(), Chain::begun(12));
    let other = chain.forked(5, 8);
    send(&db, &chain.batch(1, 9));
    send(&db, &other.batch(5, 9));
    assert_eq!(back(&db, &chain, 5), Err(Unopened::Unsettled { place: 5 }));
    assert_eq!(choose(&db, &chain, 5), done(9, 1));
    send(&db, &other.batch(10, 12));
    assert_eq!(back(&db, &chain, 5), Ok(Reopened { words: 1, doubt: Some(5) }));
    assert_eq!(
        reaches(&db, &chain),
        (9, chain.hash(9)),
        "what was acknowledged stands until somebody chooses"
    );
    let [doubt] = &doubts(&db).unwrap()[..] else { unreachable!("one") };
    assert_eq!((doubt.place, doubt.rows.len()), (5, 2));
    // Nothing moves meanwhile.
    send(&db, &chain.batch(10, 12));
    assert_eq!(reaches(&db, &chain), (9, chain.hash(9)));
    assert_eq!(choose(&db, &other, 5), done(12, 2));
    assert_eq!(reaches(&db, &other), (12, other.hash(12)));
    assert_eq!((doubts(&db).unwrap(), db.count("batch")), (vec![], 4), "all are kept");
    let [stands, back] = &words(&db).unwrap()[..] else { unreachable!("two") };
    assert_eq!((stands.of.2, stands.of.3, stands.back.as_ref()), (5, other.hash(5), None));
    assert_eq!((back.of.2, back.of.3, back.by.0.as_str()), (5, chain.hash(5), "测试员"));
    assert_eq!(back.back, Some(("测试甲".into(), "认错了".into(), 0)));
    let told: Vec<String> = db.all("SELECT what FROM audit ORDER BY id", &[], |row| row.get(0)).unwrap();
    assert!(told.len() == 3 && told[1].ends_with("is taken back: 认错了"), "{told:?}");
}

#[test]
fn the_same_row_can_be_chosen_again_and_the_chain_goes_on() {
    let (db, chain) = (crate::store::db::empty(), Chain::begun(12));
    let other = chain.forked(5, 5);
    send(&db, &chain.batch(1, 9));
    send(&db, &other.batch(5, 9));
    assert_eq!(choose(&db, &chain, 5), done(9, 1));
    assert!(back(&db, &chain, 5).is_ok());
    assert_eq!(choose(&db, &chain, 5), done(9, 1));
    send(&db, &chain.batch(10, 12));
    assert_eq!(reaches(&db, &chain), (12, chain.hash(12)));
}

#[test]
fn words_on_later_rows_fall_with_it_and_earlier_ones_stand() {
    let (db, chain) = (crate::store::db::empty(), Chain::begun(20));
    let (first, second, third) = (chain.forked(3, 5), chain.forked(9, 4), chain.forked(15, 4));
    send(&db, &chain.batch(1, 20));
    for (rival, from, to) in [(&third, 15, 18), (&second, 9, 12), (&first, 3, 7)] {
        send(&db, &rival.batch(from, to));
    }
    for place in [3, 9, 15] {
        assert!(choose(&db, &chain, place).is_ok());
    }
    assert_eq!(reaches(&db, &chain).0, 20);
    assert_eq!(back(&db, &chain, 9), Ok(Reopened { words: 2, doubt: Some(9) }));
    let stand: Vec<u64> = settled(&db).unwrap().iter().map(|one| one.place).collect();
    assert_eq!(stand, [3]);
    // A rival of the word that stands counts no more, whenever its next rows come.
    assert_eq!(send(&db, &chain.forked(3, 9).batch(8, 11)), Taken::Doubted);
    assert_eq!(choose(&db, &second, 9), done(12, 2));
    assert_eq!(reaches(&db, &second), (12, second.hash(12)));
    assert_eq!(doubts(&db).unwrap(), [], "the third fork was of a chain that is not the journal's");
}
