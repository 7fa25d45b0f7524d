//! Revisions, counters and what a terminal lacks.

use gate_core::journal::Tally;
use gate_core::query::Sequence;
use gate_core::records::JournalId;
use gate_core::records::account::Count;
use gate_core::screen::Faults;
use gate_wire::time::Day;

use super::*;

const NOW: u64 = 20_000 * DAY_S;

fn at(seconds: u64) -> Timestamp {
    Timestamp::from_unix(NOW + seconds).unwrap()
}

fn seven() -> TerminalNumber {
    TerminalNumber::new(7).unwrap()
}

fn account(revision: u64, counts: &[(u32, u32, u32)]) -> Account {
    let count = |&(day, place, count): &(u32, u32, u32)| Count {
        of: Tally { day: Day(day), place, lane: 1, letter: b'P' },
        count,
    };
    Account {
        terminal: seven(),
        revision,
        at: at(0),
        clock: ClockTrust::Confirmed,
        journal: JournalId([2; 16]),
        first: Sequence(1),
        next: Sequence(20_011),
        acknowledged: Sequence(0),
        waiting: 0,
        faults: Faults::default(),
        software: "gate".try_into().unwrap(),
        held: Default::default(),
        counts: counts.iter().map(count).collect(),
    }
}

fn counters(db: &Db) -> u32 {
    db.one("SELECT count(*) FROM counter", &[], |row| row.get(0)).unwrap()
}

#[test]
fn the_last_revision_of_all_holds_for_a_day_and_no_longer() {
    let db = crate::store::db::empty();
    assert!(take(&db, b"thief", &account(u64::MAX, &[]), at(0)).unwrap());
    assert!(!take(&db, b"own", &account(NOW + 100, &[]), at(100)).unwrap());
    assert!(take(&db, b"own", &account(NOW + DAY_S + 100, &[]), at(DAY_S + 100)).unwrap());
    // Its keys are others now: whatever it says is newer.
    take(&db, b"thief", &account(u64::MAX, &[]), at(DAY_S + 200)).unwrap();
    forget_revision(&db, seven()).unwrap();
    assert!(take(&db, b"own", &account(1, &[]), at(DAY_S + 300)).unwrap());
}

#[test]
fn a_terminal_whose_clock_is_years_ahead_is_still_heard() {
    let db = crate::store::db::empty();
    let ahead = NOW + 3 * 365 * DAY_S;
    assert!(take(&db, b"1", &account(ahead, &[]), at(0)).unwrap());
    assert!(take(&db, b"2", &account(ahead + 300, &[]), at(300)).unwrap());
}

#[test]
fn invented_counters_end_somewhere_and_can_be_struck_out() {
    let (db, today) = (crate::store::db::empty(), at(0).civil_day().0);
    let invented: Vec<(u32, u32, u32)> = (0..900).map(|place| (today, place, u32::MAX)).collect();
    for revision in 1..4 {
        assert!(take(&db, b"", &account(revision, &invented), at(0)).unwrap());
    }
    assert_eq!(counters(&db), COUNTERS_A_DAY);
    let days: Vec<(u32, u32, u32)> = [0, 1, today - 401, today + 2, u32::MAX].map(|day| (day, 1, 1)).into();
    take(&db, b"", &account(9, &days), at(0)).unwrap();
    assert_eq!(counters(&db), COUNTERS_A_DAY, "days that no terminal counts");
    take(&db, b"", &account(10, &[(today, 3, 5)]), at(0)).unwrap();
    assert_eq!(counted(&db, today, 3).unwrap(), [(b'P', u64::from(u32::MAX))], "counters only grow");
    assert_eq!(strike(&db, (seven(), today), ("测试员", at(0))).unwrap(), 64);
    take(&db, b"", &account(11, &[(today, 3, 5)]), at(0)).unwrap();
    assert_eq!(counted(&db, today, 3).unwrap(), [(b'P', 5)]);
    let said: String = db.one("SELECT what FROM audit", &[], |row| row.get(0)).unwrap();
    assert_eq!(said, format!("terminal 7: 64 counters of day {today} struck out"));
}

#[test]
fn numbers_that_were_left_out_before_a_new_journal_are_no_rows_that_wait() {
    let db = crate::store::db::empty();
    take(&db, b"", &account(1, &[]), at(0)).unwrap();
    let said = Summary::of(&account(1, &[]));
    let queue = |db: &Db| lacking(db, 7, &said).unwrap();
    let journal = |db: &Db, id: u8, watermark: u32| {
        let sql = "INSERT INTO journal VALUES (7, ?1, ?2, ?1, 1, NULL, NULL)
            ON CONFLICT (terminal, journal) DO UPDATE SET watermark = ?2";
        db.run(sql, values![&[id; 16], watermark]).unwrap();
    };
    journal(&db, 1, 10_000);
    assert_eq!(queue(&db), None, "nobody here knows where the new one began");
    journal(&db, 2, 0);
    let sql = "INSERT INTO batch (terminal, journal, first, last, previous, hashes, digest, received, bytes)
        VALUES (7, ?1, 20001, 20004, ?2, ?1, ?2, 0, ?1)";
    db.run(sql, values![&[2; 16], &[0; 32]]).unwrap();
    assert_eq!(queue(&db), Some(10));
    journal(&db, 2, 20_004);
    assert_eq!(queue(&db), Some(6));
}
