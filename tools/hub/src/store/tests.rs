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
