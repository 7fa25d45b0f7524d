//! Who may enrol, with what, how often.

use gate_proof::ed25519::SigningKey;

use super::*;

fn database() -> Connection {
    let db = Connection::open_in_memory().unwrap();
    db.execute_batch(super::super::SCHEMA).unwrap();
    db
}

fn at(seconds: u64) -> Timestamp {
    Timestamp::from_unix(seconds).unwrap()
}

fn seven() -> TerminalNumber {
    TerminalNumber::new(7).unwrap()
}

fn made(number: u8) -> Keys {
    let key = |salt| SigningKey::from_seed(&[number ^ salt; 32]).public_key();
    Keys { device: [number; 32], record: key(0), line: key(0x80) }
}

fn lines(db: &Connection) -> Vec<PublicKey> {
    keys(db, seven(), KeyUse::Line).unwrap()
}

#[test]
fn a_code_serves_once_in_its_time_for_its_terminal() {
    let db = database();
    invite(&db, seven(), "code", at(100)).unwrap();
    let eight = TerminalNumber::new(8).unwrap();
    assert_eq!(enrol(&db, (eight, "code"), &made(1), at(50)).unwrap(), Err(Uninvited::Unknown));
    assert_eq!(enrol(&db, (seven(), "other"), &made(1), at(50)).unwrap(), Err(Uninvited::Unknown));
    assert_eq!(enrol(&db, (seven(), "code"), &made(1), at(101)).unwrap(), Err(Uninvited::Ended));
    assert_eq!(standing(&db, seven()).unwrap(), Standing::Unknown);
    assert_eq!(enrol(&db, (seven(), "code"), &made(1), at(100)).unwrap(), Ok(()));
    // The answer was lost; then somebody else tries the paper from the bin.
    assert_eq!(enrol(&db, (seven(), "code"), &made(1), at(100)).unwrap(), Ok(()));
    assert_eq!(enrol(&db, (seven(), "code"), &made(2), at(100)).unwrap(), Err(Uninvited::Used));
    assert_eq!(lines(&db), [made(1).line]);
    let text: String = db.query_row("SELECT hex(digest) FROM invitation", [], |row| row.get(0)).unwrap();
    assert!(!text.contains("636F6465"), "the code itself is not kept");
}

#[test]
fn a_revoked_terminals_keys_never_come_back_and_new_ones_keep_its_number() {
    let db = database();
    for (code, number) in [("a", 1), ("b", 2)] {
        invite(&db, seven(), code, at(100)).unwrap();
        enrol(&db, (seven(), code), &made(number), at(number.into())).unwrap().unwrap();
    }
    assert_eq!(lines(&db), [made(2).line, made(1).line]);
    invite(&db, seven(), "open", at(100)).unwrap();
    assert!(revoke(&db, seven(), "测试员", at(9)).unwrap());
    assert!(!revoke(&db, seven(), "测试员", at(9)).unwrap());
    assert_eq!((standing(&db, seven()).unwrap(), lines(&db)), (Standing::Revoked, vec![]));
    assert_eq!(enrol(&db, (seven(), "open"), &made(1), at(10)).unwrap(), Err(Uninvited::Unknown));
    invite(&db, seven(), "anew", at(100)).unwrap();
    enrol(&db, (seven(), "anew"), &made(1), at(11)).unwrap().unwrap();
    assert_eq!(lines(&db), [], "a stolen key stays stolen");
    invite(&db, seven(), "new keys", at(100)).unwrap();
    enrol(&db, (seven(), "new keys"), &made(3), at(12)).unwrap().unwrap();
    assert_eq!(lines(&db), [made(3).line]);
    let listed = all(&db).unwrap();
    assert_eq!((listed.len(), listed[0].device), (1, Some([3; 32])));
}
