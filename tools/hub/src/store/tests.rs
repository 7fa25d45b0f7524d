//! Databases of every version that was ever out.

use gate_core::records::JournalId;
use gate_core::records::batch::verify_batch;
use gate_wire::time::Timestamp;

use super::*;
use crate::chain::{Chain, key, terminal};
use crate::store::db::SCHEMAS;

#[test]
fn a_database_of_schema_1_goes_on_and_its_rows_are_found() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("hub.db");
    let (old, new) = (Chain::begun(9), Chain::new(2, (10_007, Chain::begun(9).hash(7)), 5, 0));
    let (bytes, key) = (old.batch(1, 9), key().public_key());
    let hashes: Vec<u8> = (1..=9).flat_map(|place| old.hash(place).0).collect();
    {
        let db = rusqlite::Connection::open(&path).unwrap();
        db.execute_batch(SCHEMAS[0]).unwrap();
        let sql = "INSERT INTO batch VALUES (1, 7, ?1, 1, 9, zeroblob(32), ?2, zeroblob(32), 0, ?3)";
        db.execute(sql, rusqlite::params![old.journal().0, hashes, bytes]).unwrap();
        let sql = "INSERT INTO journal VALUES (7, ?1, 9, ?2, 1, NULL)";
        db.execute(sql, rusqlite::params![old.journal().0, old.hash(9).0]).unwrap();
        db.execute_batch("INSERT INTO person VALUES ('甲', zeroblob(32), zeroblob(20), 4)").unwrap();
        db.pragma_update(None, "user_version", 1).unwrap();
    }
    let db = Store::file(&path).open().unwrap();
    let bytes = new.batch(10_007, 10_011);
    records::take(&db, &bytes, &verify_batch(&bytes, &key).unwrap(), Timestamp::EPOCH).unwrap();
    let held = records::held(&db, terminal(), &JournalId([2; 16])).unwrap().unwrap();
    assert_eq!((held.watermark.0, held.hash), (10_011, new.hash(10_011)), "it begins on a row of before");
    let (role, _) = people::stands(&db, "甲").unwrap().unwrap();
    assert_eq!(role, people::Role::Viewer, "nobody is given more than they had");
    drop(Store::file(&path).open().unwrap());
}

#[test]
fn a_database_of_a_newer_program_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("hub.db");
    drop(Store::file(&path).open().unwrap());
    let db = rusqlite::Connection::open(&path).unwrap();
    db.pragma_update(None, "user_version", 99).unwrap();
    assert!(matches!(Store::file(&path).open(), Err(StoreFault::Newer { found: 99 })));
}

#[test]
fn a_database_of_schema_2_loses_its_index_of_rows_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("hub.db");
    let (old, new) = (Chain::begun(9), Chain::new(2, (10_007, Chain::begun(9).hash(7)), 5, 0));
    {
        let db = rusqlite::Connection::open(&path).unwrap();
        SCHEMAS[..2].iter().for_each(|step| db.execute_batch(step).unwrap());
        let bytes = new.batch(10_007, 10_011);
        let hashes: Vec<u8> = (10_007..=10_011).flat_map(|place| new.hash(place).0).collect();
        let sql = "INSERT INTO batch VALUES (1, 7, ?1, 10007, 10011, ?2, ?3, zeroblob(32), 0, ?4)";
        db.execute(sql, rusqlite::params![new.journal().0, old.hash(7).0, hashes, bytes]).unwrap();
        let sql = "INSERT INTO journal VALUES (7, ?1, 0, zeroblob(32), 0, NULL, ?2)";
        db.execute(sql, rusqlite::params![new.journal().0, old.hash(7).0]).unwrap();
        db.pragma_update(None, "user_version", 2).unwrap();
    }
    let (db, bytes, key) = (Store::file(&path).open().unwrap(), old.batch(1, 9), key().public_key());
    records::take(&db, &bytes, &verify_batch(&bytes, &key).unwrap(), Timestamp::EPOCH).unwrap();
    let held = records::held(&db, terminal(), &JournalId([2; 16])).unwrap().unwrap();
    assert_eq!(held.watermark.0, 10_011, "what it waited for before came after");
}

#[test]
fn in_a_database_of_schema_5_the_last_enrolments_keys_stay_and_where_nothing_tells_them_all_do() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("hub.db");
    {
        let db = rusqlite::Connection::open(&path).unwrap();
        SCHEMAS[..5].iter().for_each(|step| db.execute_batch(step).unwrap());
        // 7: D, then T. 8: D, T, and D again. 9: D with another line. 10: T was revoked, then D.
        db.execute_batch(
            "INSERT INTO terminal VALUES (7, 'enrolled', 20), (8, 'enrolled', 30), (9, 'enrolled', 20), (10, 'enrolled', 30);
            INSERT INTO terminal_key
                SELECT number, 'device', unhex(printf('%064x', 1)), 10, NULL FROM terminal WHERE number < 10;
            INSERT INTO terminal_key
                SELECT number, 'device', unhex(printf('%064x', 2)), 20, NULL FROM terminal WHERE number < 9;
            INSERT INTO terminal_key SELECT 9, 'line', unhex(printf('%064x', since)), since, NULL
                FROM (SELECT 10 AS since UNION SELECT 20);
            INSERT INTO terminal_key VALUES (10, 'device', unhex(printf('%064x', 2)), 20, 25),
                (10, 'device', unhex(printf('%064x', 1)), 30, NULL);",
        )
        .unwrap();
        db.pragma_update(None, "user_version", 5).unwrap();
    }
    let db = Store::file(&path).open().unwrap();
    let stands = |terminal: u32, purpose: &str| -> Vec<u8> {
        let sql = "SELECT key FROM terminal_key WHERE terminal = ?1 AND purpose = ?2 AND until IS NULL
            AND replaced IS NULL ORDER BY key";
        let keys: Vec<[u8; 32]> = db.all(sql, crate::values![terminal, purpose], |row| row.get(0)).unwrap();
        keys.iter().map(|key| key[31]).collect()
    };
    assert_eq!(
        [7, 8, 9, 10].map(|terminal| stands(terminal, "device")),
        [vec![2], vec![1, 2], vec![1], vec![1]]
    );
    assert_eq!(stands(9, "line"), [20]);
    let (eight, record) = (gate_core::query::TerminalNumber::new(8).unwrap(), key().public_key());
    let mut own = [0; 32];
    own[31] = 1;
    terminals::enrol_by_hand(&db, eight, (&own, &record), ("测试员", Timestamp::EPOCH)).unwrap();
    assert_eq!(stands(8, "device"), [1]);
}
