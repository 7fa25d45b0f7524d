//! Batches in any order, twice, overlapping, and two that disagree.

use gate_core::records::batch::verify_batch;

use super::*;
use crate::chain::{Chain, key, terminal};

const NOW: Timestamp = Timestamp::EPOCH;

fn database() -> Db {
    crate::store::db::empty()
}

fn send(db: &Db, bytes: &[u8]) -> Taken {
    take(db, bytes, &verify_batch(bytes, &key().public_key()).unwrap(), NOW).unwrap()
}

fn watermark(db: &Db, journal: u8) -> (u64, Digest) {
    let held = held(db, terminal(), &JournalId([journal; 16])).unwrap().unwrap();
    (held.watermark.0, held.hash)
}

fn count(db: &Db, table: &str) -> u32 {
    db.count(table)
}

#[test]
fn batches_in_every_order_lead_to_the_same_watermark_and_none_runs_ahead_of_a_gap() {
    let chain = Chain::begun(20);
    let batches = [chain.batch(1, 5), chain.batch(6, 11), chain.batch(12, 12), chain.batch(13, 20)];
    for order in [[0, 1, 2, 3], [3, 2, 1, 0], [2, 0, 3, 1], [1, 3, 0, 2]] {
        let (db, mut here) = (database(), Vec::new());
        for one in order {
            assert_eq!(send(&db, &batches[one]), Taken::Kept);
            here.push(one);
            let ends = [5, 11, 12, 20];
            let reached = (0..4).take_while(|one| here.contains(one)).last().map_or(0, |one| ends[one]);
            assert_eq!(watermark(&db, 1).0, reached, "{here:?}");
        }
        assert_eq!(watermark(&db, 1), (20, chain.hash(20)));
    }
}

#[test]
fn a_batch_twice_is_one_and_overlapping_ones_fit() {
    let (db, chain) = (database(), Chain::begun(9));
    assert_eq!(send(&db, &chain.batch(1, 4)), Taken::Kept);
    assert_eq!(send(&db, &chain.batch(1, 4)), Taken::Known);
    assert_eq!(send(&db, &chain.batch(3, 9)), Taken::Kept);
    assert_eq!(send(&db, &chain.batch(2, 6)), Taken::Known, "it brings nothing");
    assert_eq!((count(&db, "batch"), count(&db, "alarm")), (2, 0));
    let (journal, watermark) = (chain.journal(), Sequence(9));
    let whole = Held { journal, watermark, hash: chain.hash(9) };
    assert_eq!(all_held(&db, terminal(), 64).unwrap(), [whole]);
}

#[test]
fn of_two_rows_of_one_place_both_are_kept_and_nothing_from_there_on_is_acknowledged() {
    let (db, chain) = (database(), Chain::begun(9));
    send(&db, &chain.batch(1, 4));
    // The same journal as somebody else went on with it after row 4; the journal's own rows come later.
    let other = Chain::new(1, (5, chain.hash(4)), 5, 99);
    send(&db, &chain.batch(7, 9));
    assert_eq!(send(&db, &other.batch(6, 8)), Taken::Doubted);
    assert_eq!(send(&db, &chain.batch(5, 6)), Taken::Doubted);
    assert_eq!((count(&db, "batch"), count(&db, "alarm")), (4, 2), "7, then 6");
    assert_eq!(watermark(&db, 1), (5, chain.hash(5)), "up to the row before");
    assert_eq!(send(&db, &other.batch(6, 8)), Taken::Known);
}

#[test]
fn what_was_acknowledged_is_not_taken_back_when_another_row_of_it_turns_up() {
    let (db, chain) = (database(), Chain::begun(9));
    send(&db, &chain.batch(1, 6));
    let other = Chain::new(1, (3, chain.hash(2)), 3, 99);
    assert_eq!(send(&db, &other.batch(3, 5)), Taken::Doubted);
    send(&db, &chain.batch(7, 9));
    assert_eq!(watermark(&db, 1), (6, chain.hash(6)));
    assert_eq!(count(&db, "alarm"), 1);
}

#[test]
fn rows_that_do_not_fit_the_ones_before_are_not_acknowledged() {
    let (db, chain) = (database(), Chain::begun(9));
    send(&db, &chain.batch(1, 4));
    let other = Chain::new(1, (5, Digest([9; 32])), 3, 0);
    send(&db, &other.batch(5, 7));
    assert_eq!(watermark(&db, 1).0, 4);
    assert_eq!(count(&db, "alarm"), 1);
}

#[test]
fn a_journal_whose_first_rows_are_missing_is_not_acknowledged() {
    let (db, chain) = (database(), Chain::begun(9));
    send(&db, &chain.batch(4, 9));
    assert_eq!(watermark(&db, 1), (0, NOTHING_BEFORE));
    send(&db, &chain.batch(1, 3));
    assert_eq!(watermark(&db, 1), (9, chain.hash(9)));
}

#[test]
fn a_journal_after_a_damaged_one_begins_on_its_last_good_row_whichever_comes_first() {
    let old = Chain::begun(9);
    let new = Chain::new(2, (10_007, old.hash(7)), 5, 0);
    let lost = Chain::new(3, (20_000, NOTHING_BEFORE), 2, 0);
    for first_old in [true, false] {
        let db = database();
        if first_old {
            send(&db, &old.batch(1, 9));
        }
        send(&db, &new.batch(10_007, 10_011));
        if !first_old {
            assert_eq!(watermark(&db, 2), (0, NOTHING_BEFORE));
            send(&db, &old.batch(1, 9));
        }
        send(&db, &lost.batch(20_000, 20_001));
        assert_eq!(watermark(&db, 1), (9, old.hash(9)));
        assert_eq!(watermark(&db, 2), (10_011, new.hash(10_011)));
        assert_eq!(watermark(&db, 3).0, 20_001, "nothing before it was good");
    }
}

#[test]
fn a_doubted_first_row_acknowledges_nothing_of_another_journal() {
    let db = database();
    let old = Chain::begun(3);
    send(&db, &old.batch(1, 3));
    send(&db, &Chain::new(2, (10_003, Digest([8; 32])), 2, 1).batch(10_003, 10_004));
    let new = Chain::new(2, (10_003, old.hash(3)), 2, 0);
    assert_eq!(send(&db, &new.batch(10_003, 10_004)), Taken::Doubted);
    assert_eq!(watermark(&db, 2), (0, NOTHING_BEFORE));
}

#[test]
fn a_journal_begins_on_a_row_however_many_batches_came_after_it() {
    // A quiet gate: three rows each five minutes, and its database gone at the head noted 85 batches ago.
    for late in [false, true] {
        let (db, old) = (database(), Chain::begun(300));
        let new = Chain::new(2, (10_004, old.hash(3)), 5, 0);
        if late {
            send(&db, &new.batch(10_004, 10_008));
        }
        for one in 0..100 {
            send(&db, &old.batch(one * 3 + 1, one * 3 + 3));
        }
        if !late {
            send(&db, &new.batch(10_004, 10_008));
        }
        assert_eq!(watermark(&db, 2), (10_008, new.hash(10_008)), "late: {late}");
    }
}

#[test]
fn journals_that_begin_nowhere_starve_no_true_one() {
    let (db, old) = (database(), Chain::begun(9));
    let new = Chain::new(255, (10_009, old.hash(9)), 5, 0);
    send(&db, &new.batch(10_009, 10_013));
    for invented in 2..=80 {
        send(&db, &Chain::new(invented, (20_000, Digest([invented; 32])), 1, 0).batch(20_000, 20_000));
    }
    send(&db, &old.batch(1, 9));
    assert_eq!(watermark(&db, 255), (10_013, new.hash(10_013)));
    assert_eq!(watermark(&db, 80).0, 0);
}

#[test]
fn a_row_that_differs_is_found_behind_any_number_of_true_ones() {
    let (db, chain) = (database(), Chain::begun(120));
    for last in 2..=100 {
        assert_eq!(send(&db, &chain.batch(1, last)), Taken::Kept);
    }
    // True up to row 89, which a hundred batches overlap; only a few hold row 90.
    assert_eq!(send(&db, &chain.forked(90, 20).batch(1, 95)), Taken::Doubted);
    assert_eq!(count(&db, "alarm"), 1);
    assert_eq!(send(&db, &chain.batch(101, 120)), Taken::Kept);
    assert_eq!(watermark(&db, 1).0, 100, "what was acknowledged is not taken back, and nothing is added");
}

#[test]
fn rows_that_are_here_in_pieces_are_not_kept_again_and_one_new_one_is() {
    let (db, chain) = (database(), Chain::begun(90));
    for one in 0..29 {
        send(&db, &chain.batch(one * 3 + 1, one * 3 + 3));
    }
    assert_eq!(send(&db, &chain.batch(2, 86)), Taken::Known);
    assert_eq!(send(&db, &chain.batch(2, 88)), Taken::Kept);
    assert_eq!((count(&db, "batch"), watermark(&db, 1).0), (30, 88));
    // A gap in the middle of it.
    assert_eq!(send(&db, &chain.batch(90, 90)), Taken::Kept);
    assert_eq!(send(&db, &chain.batch(85, 90)), Taken::Kept);
    assert_eq!(watermark(&db, 1).0, 90);
}

#[test]
fn two_copies_of_before_never_lead_to_one_epoch() {
    let at = |hours: u64| Timestamp::from_unix(EPOCHS_BEGIN_S + hours * 3600).unwrap();
    let db = database();
    let first = next_epoch(&db, 0, at(7_000)).unwrap();
    restored(&db, first, "测试员", at(7_000)).unwrap();
    assert_eq!((first, epoch(&db).unwrap()), (7_000, 7_000));
    // The same old copy again, an hour later; and at once, or with a clock that went back, by what was noted outside.
    let copy = database();
    assert!(next_epoch(&copy, 0, at(7_001)).unwrap() > first);
    assert!(next_epoch(&copy, first, at(7_000)).unwrap() > first);
    assert!(next_epoch(&copy, first, at(0)).unwrap() > first);
    let century = next_epoch(&copy, 0, at(50 * 365 * 24)).unwrap();
    assert!(century < 1 << 19, "what a terminal can count for fifty years");
    assert_eq!(count(&db, "audit"), 1);
}
