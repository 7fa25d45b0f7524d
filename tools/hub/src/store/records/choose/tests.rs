//! Doubts: settled once, by a row that was brought and fits; the chain goes on with it, and its rivals never hold it up again.

use gate_core::records::batch::verify_batch;

use super::super::doubts::{doubts, settled};
use super::super::{Taken, held, take};
use super::*;
use crate::chain::{Chain, key, terminal};

const NOW: Timestamp = Timestamp::EPOCH;

fn send(db: &Db, bytes: &[u8]) -> Taken {
    take(db, bytes, &verify_batch(bytes, &key().public_key()).unwrap(), NOW).unwrap()
}

fn choose(db: &Db, chain: &Chain, place: u64) -> Result<Chosen, Unchosen> {
    named(db, chain, (place, chain.hash(place)))
}

fn named(db: &Db, chain: &Chain, (place, hash): (u64, Digest)) -> Result<Chosen, Unchosen> {
    let choice = Choice { terminal: terminal(), journal: &chain.journal(), place, hash };
    settle_doubt(db, &choice, "两份记录已核对", ("测试员", NOW)).unwrap()
}

fn reaches(db: &Db, chain: &Chain) -> (u64, Digest) {
    let held = held(db, terminal(), &chain.journal()).unwrap().unwrap();
    (held.watermark.0, held.hash)
}

fn done(watermark: u64, rejected: u64) -> Result<Chosen, Unchosen> {
    Ok(Chosen { watermark, doubt: None, rejected })
}

#[test]
fn the_chain_goes_on_with_what_was_chosen_and_the_others_are_kept() {
    let (db, chain) = (crate::store::db::empty(), Chain::begun(12));
    let other = chain.forked(5, 9);
    send(&db, &chain.batch(1, 6));
    send(&db, &other.batch(3, 7));
    send(&db, &other.batch(8, 9));
    send(&db, &chain.batch(7, 9));
    assert_eq!(reaches(&db, &chain).0, 6);
    assert_eq!(choose(&db, &chain, 5), done(9, 2), "both batches of the other");
    assert_eq!(reaches(&db, &chain), (9, chain.hash(9)));
    assert_eq!((doubts(&db).unwrap(), db.count("batch")), (vec![], 4));
    let [one] = &settled(&db).unwrap()[..] else { unreachable!("one") };
    assert_eq!((one.place, one.hash, one.by.0.as_str()), (5, chain.hash(5), "测试员"));
    assert_eq!(one.rejected, [(other.hash(5), 0)]);
    let said: String = db.one("SELECT who || ' ' || what FROM audit", &[], |row| row.get(0)).unwrap();
    assert!(said.starts_with("测试员 terminal 7: row 5") && said.ends_with("两份记录已核对"), "{said}");
    // What its rival goes on with is kept, counts for nothing and holds nothing up.
    assert_eq!(send(&db, &other.batch(10, 12)), Taken::Doubted);
    assert_eq!(send(&db, &other.batch(6, 11)), Taken::Doubted);
    assert_eq!(send(&db, &chain.batch(10, 12)), Taken::Kept);
    assert_eq!((reaches(&db, &chain), doubts(&db).unwrap()), ((12, chain.hash(12)), vec![]));
    assert_eq!((db.count("alarm"), db.count("batch")), (1, 7), "kept all");
}

#[test]
fn a_place_is_settled_once_by_a_row_that_was_brought_and_follows() {
    let (db, chain) = (crate::store::db::empty(), Chain::begun(9));
    let (other, third) = (chain.forked(5, 5), Chain::new(1, (5, Digest([3; 32])), 3, 7));
    assert_eq!(choose(&db, &chain, 5), Err(Unchosen::Clear), "no journal");
    send(&db, &chain.batch(1, 9));
    assert_eq!(choose(&db, &chain, 5), Err(Unchosen::Clear));
    send(&db, &other.batch(5, 9));
    send(&db, &third.batch(5, 7));
    assert_eq!(choose(&db, &chain, 6), Err(Unchosen::Other { named: 6, found: 5 }));
    assert_eq!(named(&db, &chain, (5, Digest([9; 32]))), Err(Unchosen::Unsent { place: 5 }));
    assert_eq!(named(&db, &chain, (5, chain.hash(6))), Err(Unchosen::Unsent { place: 5 }));
    assert_eq!(choose(&db, &third, 5), Err(Unchosen::Unfit { before: 4 }));
    assert_eq!((db.count("settled"), db.count("rejected"), db.count("audit")), (0, 0, 0));
    assert_eq!(choose(&db, &chain, 5), done(9, 2));
    assert_eq!(choose(&db, &chain, 5), Err(Unchosen::Settled { place: 5 }));
    assert_eq!(choose(&db, &other, 5), Err(Unchosen::Settled { place: 5 }));
    assert_eq!((db.count("settled"), db.count("audit")), (1, 1));
}

#[test]
fn what_was_acknowledged_of_a_rival_that_came_first_is_taken_back() {
    let (db, chain) = (crate::store::db::empty(), Chain::begun(12));
    let other = chain.forked(5, 8);
    send(&db, &chain.batch(1, 4));
    send(&db, &other.batch(5, 9));
    assert_eq!(reaches(&db, &chain), (9, other.hash(9)));
    send(&db, &chain.batch(5, 7));
    send(&db, &other.batch(10, 12));
    assert_eq!(choose(&db, &chain, 5), done(7, 2));
    assert_eq!(reaches(&db, &chain), (7, chain.hash(7)));
    send(&db, &chain.batch(8, 12));
    assert_eq!(reaches(&db, &chain), (12, chain.hash(12)));
}

#[test]
fn a_first_row_that_is_chosen_begins_its_journal_where_it_says() {
    let (db, old) = (crate::store::db::empty(), Chain::begun(3));
    let (new, wrong) =
        (Chain::new(2, (10_003, old.hash(3)), 4, 0), Chain::new(2, (10_003, Digest([8; 32])), 2, 1));
    send(&db, &old.batch(1, 3));
    send(&db, &wrong.batch(10_003, 10_004));
    send(&db, &new.batch(10_003, 10_006));
    assert_eq!(reaches(&db, &new).0, 0);
    assert_eq!(choose(&db, &new, 10_003), done(10_006, 1));
    // And where the wrong one had begun: on nothing.
    let db = crate::store::db::empty();
    let wrong = Chain::new(2, (10_003, super::super::NOTHING_BEFORE), 2, 1);
    send(&db, &old.batch(1, 3));
    send(&db, &wrong.batch(10_003, 10_004));
    assert_eq!(reaches(&db, &new).0, 10_004);
    send(&db, &new.batch(10_003, 10_006));
    assert_eq!(choose(&db, &new, 10_003), done(10_006, 1));
}

#[test]
fn a_batch_that_holds_the_row_that_was_chosen_is_never_rejected_for_an_earlier_one() {
    let (db, chain) = (crate::store::db::empty(), Chain::begun(12));
    let (rival, late) = (chain.forked(5, 2), chain.forked(10, 3));
    send(&db, &chain.batch(1, 4));
    send(&db, &rival.batch(5, 6));
    send(&db, &late.batch(10, 12));
    send(&db, &chain.batch(10, 12));
    assert_eq!(choose(&db, &chain, 10), done(6, 1), "rows 7 to 9 have not come");
    // The whole of it: an earlier row is another one than was acknowledged, and that is asked, not decided.
    send(&db, &chain.batch(5, 12));
    assert_eq!(choose(&db, &chain, 5), done(12, 1));
    assert_eq!((reaches(&db, &chain), doubts(&db).unwrap()), ((12, chain.hash(12)), vec![]));
}

#[test]
fn a_second_fork_is_the_next_doubt_and_is_settled_like_the_first() {
    let (db, chain) = (crate::store::db::empty(), Chain::begun(20));
    let (one, two) = (chain.forked(5, 4), chain.forked(12, 4));
    send(&db, &chain.batch(1, 20));
    send(&db, &two.batch(12, 15));
    send(&db, &one.batch(5, 8));
    send(&db, &Chain::new(1, (18, Digest([4; 32])), 1, 5).batch(18, 18));
    let first = choose(&db, &chain, 5);
    assert_eq!(first, Ok(Chosen { watermark: 20, doubt: Some(12), rejected: 1 }));
    assert_eq!(choose(&db, &chain, 12).map(|chosen| chosen.doubt), Ok(Some(18)));
    assert_eq!(choose(&db, &chain, 18), done(20, 1));
}

#[test]
fn a_rivals_rows_that_come_before_the_ones_they_are_chained_to_are_rejected_when_those_come() {
    let (db, chain) = (crate::store::db::empty(), Chain::begun(20));
    let other = chain.forked(5, 16);
    send(&db, &chain.batch(1, 6));
    send(&db, &other.batch(5, 6));
    assert_eq!(choose(&db, &chain, 5), done(6, 1));
    // Nothing tells yet whose they are.
    assert_eq!(send(&db, &other.batch(10, 12)), Taken::Kept);
    assert_eq!(send(&db, &other.batch(7, 9)), Taken::Doubted);
    assert_eq!(send(&db, &chain.batch(7, 20)), Taken::Kept);
    assert_eq!((reaches(&db, &chain), doubts(&db).unwrap()), ((20, chain.hash(20)), vec![]));
    // A piece of what was acknowledged before the settled place, made anew by a rival.
    assert_eq!(send(&db, &chain.forked(3, 2).batch(1, 4)), Taken::Doubted);
    assert_eq!((reaches(&db, &chain).0, doubts(&db).unwrap()), (20, vec![]));
}

#[test]
fn rows_before_a_fork_count_though_the_batch_that_brought_them_is_a_rivals() {
    let (db, chain) = (crate::store::db::empty(), Chain::begun(9));
    let other = chain.forked(5, 5);
    send(&db, &other.batch(1, 9));
    assert_eq!(send(&db, &chain.batch(1, 4)), Taken::Known);
    send(&db, &chain.batch(5, 9));
    assert_eq!(choose(&db, &chain, 5), done(9, 1));
    assert_eq!(send(&db, &chain.batch(2, 6)), Taken::Known);
}

#[test]
fn what_is_taken_back_to_rows_that_a_person_said_are_lost_goes_on_over_them() {
    use crate::store::records::settle::settle;
    let (db, chain) = (crate::store::db::empty(), Chain::begun(20));
    let other = Chain::new(1, (10, Digest([7; 32])), 4, 99);
    send(&db, &chain.batch(1, 5));
    send(&db, &other.batch(10, 13));
    settle(&db, (terminal(), &chain.journal()), 9, ("测试员", NOW)).unwrap().unwrap();
    assert_eq!(reaches(&db, &chain), (13, other.hash(13)));
    // The true terminal's come, and nothing of rows 6 to 9.
    send(&db, &chain.batch(10, 20));
    assert_eq!(choose(&db, &chain, 10), done(20, 1), "nobody is asked about the gap again");
    assert_eq!(reaches(&db, &chain), (20, chain.hash(20)));
    // And a journal that began behind such a gap.
    let (db, new) = (crate::store::db::empty(), Chain::new(2, (10_013, Digest([8; 32])), 6, 0));
    let rival = Chain::new(2, (10_013, Digest([9; 32])), 4, 99);
    send(&db, &rival.batch(10_013, 10_016));
    settle(&db, (terminal(), &new.journal()), 10_012, ("测试员", NOW)).unwrap().unwrap();
    send(&db, &new.batch(10_013, 10_018));
    assert_eq!(choose(&db, &new, 10_013), done(10_018, 1));
}
