//! Databases of every version that was ever out.

use gate_core::records::JournalId;
use gate_core::records::batch::verify_batch;
use gate_wire::time::Timestamp;

use super::*;
use crate::chain::{Chain, key, terminal};

#[test]
fn a_database_of_schema_1_goes_on_and_its_rows_are_found() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("hub.db");
    let (old, new) = (Chain::begun(9), Chain::new(2, (10_007, Chain::begun(9).hash(7)), 5, 0));
    let (bytes, key) = (old.batch(1, 9), key().public_key());
    let hashes: Vec<u8> = (1..=9).flat_map(|place| old.hash(place).0).collect();
    {
        let db = Connection::open(&path).unwrap();
        db.execute_batch(SCHEMAS[0]).unwrap();
        let sql = "INSERT INTO batch VALUES (1, 7, ?1, 1, 9, zeroblob(32), ?2, zeroblob(32), 0, ?3)";
        db.execute(sql, rusqlite::params![old.journal().0, hashes, bytes]).unwrap();
        let sql = "INSERT INTO journal VALUES (7, ?1, 9, ?2, 1, NULL)";
        db.execute(sql, rusqlite::params![old.journal().0, old.hash(9).0]).unwrap();
        db.execute_batch("INSERT INTO person VALUES ('甲', zeroblob(32), zeroblob(20), 4)").unwrap();
        db.pragma_update(None, "user_version", 1).unwrap();
    }
    let db = open(&path).unwrap();
    let bytes = new.batch(10_007, 10_011);
    records::take(&db, &bytes, &verify_batch(&bytes, &key).unwrap(), Timestamp::EPOCH).unwrap();
    let held = records::held(&db, terminal(), &JournalId([2; 16])).unwrap().unwrap();
    assert_eq!((held.watermark.0, held.hash), (10_011, new.hash(10_011)), "it begins on a row of before");
    let (role, _) = people::stands(&db, "甲").unwrap().unwrap();
    assert_eq!(role, people::Role::Viewer, "nobody is given more than they had");
    drop(open(&path).unwrap());
}

#[test]
fn a_database_of_a_newer_program_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("hub.db");
    open(&path).unwrap().pragma_update(None, "user_version", 99).unwrap();
    assert!(matches!(open(&path), Err(StoreFault::Newer { found: 99 })));
}
