//! Chains that cannot be joined: told, settled by name, and never while the rows may still come.

use gate_core::records::batch::verify_batch;

use super::super::{held, take};
use super::*;
use crate::chain::{Chain, key, terminal};

const NOW: Timestamp = Timestamp::EPOCH;

fn send(db: &Db, bytes: &[u8]) {
    take(db, bytes, &verify_batch(bytes, &key().public_key()).unwrap(), NOW).unwrap();
}

fn accept(db: &Db, journal: JournalId, last: u64) -> Result<Gap, Unsettled> {
    settle(db, (terminal(), &journal), last, ("测试员", NOW)).unwrap()
}

fn reaches(db: &Db, journal: JournalId) -> u64 {
    held(db, terminal(), &journal).unwrap().unwrap().watermark.0
}

/// As if the terminal's newest account said so.
fn says_it_keeps(db: &Db, from: u64) {
    let summary = format!(
        "{{\"at\":0,\"confirmed\":true,\"first\":{from},\"next\":99999,\"faults\":[],\"software\":\"\",\"held\":[]}}"
    );
    let sql =
        "INSERT INTO account VALUES (7, 1, 0, ?2, ?1) ON CONFLICT (terminal) DO UPDATE SET summary = ?1";
    db.run(sql, values![&summary, &[0; 1]]).unwrap();
}

#[test]
fn a_journal_whose_beginning_is_lost_goes_on_once_a_person_says_so() {
    let (db, old) = (crate::store::db::empty(), Chain::begun(9));
    send(&db, &old.batch(1, 9));
    // Rows 10 to 12 were recorded, and the damaged file gave them back to nobody.
    let new = Chain::new(2, (10_013, Chain::begun(12).hash(12)), 5, 0);
    send(&db, &new.batch(10_013, 10_017));
    assert_eq!(reaches(&db, new.journal()), 0);
    let told = gaps(&db).unwrap();
    assert_eq!(told.len(), 1);
    assert_eq!((told[0].first, told[0].last, told[0].waiting), (10, 10_012, 5));
    assert_eq!(accept(&db, new.journal(), 10_000), Err(Unsettled::Other { named: 10_000, found: 10_012 }));
    assert_eq!(accept(&db, new.journal(), 10_012), Ok(told[0]));
    assert_eq!(held(&db, terminal(), &new.journal()).unwrap().unwrap().hash, new.hash(10_017));
    assert_eq!(accept(&db, new.journal(), 10_012), Err(Unsettled::Whole));
    assert_eq!(accept(&db, old.journal(), 9), Err(Unsettled::Whole));
    let said: String = db.one("SELECT who || ' ' || what FROM audit", &[], |row| row.get(0)).unwrap();
    assert!(said.starts_with("测试员 terminal 7: rows 10 to 10012 before journal 0202"), "{said}");
}

#[test]
fn rows_lost_in_the_middle_are_settled_one_gap_after_another() {
    let (db, chain) = (crate::store::db::empty(), Chain::begun(30));
    send(&db, &chain.batch(1, 9));
    send(&db, &chain.batch(15, 19));
    send(&db, &chain.batch(21, 30));
    assert_eq!(accept(&db, chain.journal(), 14).map(|gap| (gap.first, gap.waiting)), Ok((10, 16)));
    assert_eq!(reaches(&db, chain.journal()), 19);
    assert_eq!(accept(&db, chain.journal(), 20).map(|gap| gap.first), Ok(20));
    assert_eq!(reaches(&db, chain.journal()), 30);
    assert_eq!(gaps(&db).unwrap(), []);
    // They were not lost after all.
    send(&db, &chain.batch(10, 14));
    assert_eq!(reaches(&db, chain.journal()), 30);
}

#[test]
fn what_the_terminal_says_it_keeps_is_not_lost_unless_it_was_revoked() {
    let (db, chain) = (crate::store::db::empty(), Chain::begun(30));
    send(&db, &chain.batch(1, 9));
    send(&db, &chain.batch(15, 19));
    says_it_keeps(&db, 8);
    assert_eq!(accept(&db, chain.journal(), 14), Err(Unsettled::Kept { from: 8 }));
    says_it_keeps(&db, 15);
    assert!(accept(&db, chain.journal(), 14).is_ok());
    send(&db, &chain.batch(25, 30));
    says_it_keeps(&db, 8);
    db.run("INSERT INTO terminal VALUES (7, 'revoked', 0)", &[]).unwrap();
    assert!(accept(&db, chain.journal(), 24).is_ok());
}

#[test]
fn rows_that_differ_are_no_gap() {
    let (db, chain) = (crate::store::db::empty(), Chain::begun(30));
    send(&db, &chain.batch(1, 9));
    send(&db, &chain.batch(15, 19));
    send(&db, &Chain::new(1, (15, chain.hash(14)), 3, 99).batch(15, 17));
    assert_eq!(gaps(&db).unwrap(), []);
    assert_eq!(accept(&db, chain.journal(), 14), Err(Unsettled::Doubted { place: 15 }));
}
