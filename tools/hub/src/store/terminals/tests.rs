//! Who may enrol, with what, how often.

use gate_proof::ed25519::SigningKey;

use super::*;

fn database() -> Db {
    crate::store::db::empty()
}

fn at(seconds: u64) -> Timestamp {
    Timestamp::from_unix(seconds).unwrap()
}

fn seven() -> TerminalNumber {
    TerminalNumber::new(7).unwrap()
}

/// The key that a code makes, as far as this is about.
fn code(name: &str) -> PublicKey {
    SigningKey::from_seed(&sha256(&[name.as_bytes()]).0).public_key()
}

fn made(number: u8) -> Keys {
    let key = |salt| SigningKey::from_seed(&[number ^ salt; 32]).public_key();
    Keys { device: [number; 32], record: key(0), line: key(0x80) }
}

fn lines(db: &Db) -> Vec<PublicKey> {
    keys(db, seven(), KeyUse::Line).unwrap()
}

#[test]
fn a_code_serves_once_in_its_time_for_its_terminal() {
    let db = database();
    invite(&db, (seven(), &code("code")), at(100), ("测试员", at(0))).unwrap();
    let eight = TerminalNumber::new(8).unwrap();
    assert_eq!(enrol(&db, (eight, &code("code")), &made(1), at(50)).unwrap(), Err(Uninvited::Unknown));
    assert_eq!(enrol(&db, (seven(), &code("other")), &made(1), at(50)).unwrap(), Err(Uninvited::Unknown));
    assert_eq!(enrol(&db, (seven(), &code("code")), &made(1), at(101)).unwrap(), Err(Uninvited::Ended));
    assert_eq!(standing(&db, seven()).unwrap(), Standing::Unknown);
    assert_eq!(enrol(&db, (seven(), &code("code")), &made(1), at(100)).unwrap(), Ok(()));
    // The answer was lost; then somebody else tries the paper from the bin.
    assert_eq!(enrol(&db, (seven(), &code("code")), &made(1), at(100)).unwrap(), Ok(()));
    assert_eq!(enrol(&db, (seven(), &code("code")), &made(2), at(100)).unwrap(), Err(Uninvited::Used));
    assert_eq!(lines(&db), [made(1).line]);
    let kept: [u8; 32] = db.one("SELECT digest FROM invitation", &[], |row| row.get(0)).unwrap();
    assert_ne!(&kept, code("code").as_bytes(), "neither the code nor its key is kept");
}

#[test]
fn a_revoked_terminals_keys_never_come_back_and_new_ones_keep_its_number() {
    let db = database();
    for (name, number) in [("a", 1), ("b", 2)] {
        invite(&db, (seven(), &code(name)), at(100), ("测试员", at(0))).unwrap();
        enrol(&db, (seven(), &code(name)), &made(number), at(number.into())).unwrap().unwrap();
    }
    assert_eq!(lines(&db), [made(2).line]);
    invite(&db, (seven(), &code("open")), at(100), ("测试员", at(0))).unwrap();
    assert!(revoke(&db, seven(), ("测试员", at(9))).unwrap());
    assert!(!revoke(&db, seven(), ("测试员", at(9))).unwrap());
    assert_eq!((standing(&db, seven()).unwrap(), lines(&db)), (Standing::Revoked, vec![]));
    assert_eq!(enrol(&db, (seven(), &code("open")), &made(1), at(10)).unwrap(), Err(Uninvited::Unknown));
    invite(&db, (seven(), &code("anew")), at(100), ("测试员", at(0))).unwrap();
    assert_eq!(enrol(&db, (seven(), &code("anew")), &made(1), at(11)).unwrap(), Err(Uninvited::Stolen));
    assert_eq!(lines(&db), [], "a stolen key stays stolen");
    assert_eq!(standing(&db, seven()).unwrap(), Standing::Revoked);
    enrol(&db, (seven(), &code("anew")), &made(3), at(12)).unwrap().unwrap();
    assert_eq!(lines(&db), [made(3).line]);
    let listed = all(&db).unwrap();
    assert_eq!((listed.len(), listed[0].device), (1, Some([3; 32])));
}

#[test]
fn a_lines_key_is_revoked_alone_and_the_terminals_own_keys_stay() {
    let db = database();
    invite(&db, (seven(), &code("a")), at(100), ("测试员", at(0))).unwrap();
    enrol(&db, (seven(), &code("a")), &made(1), at(1)).unwrap().unwrap();
    assert!(revoke_lines(&db, seven(), ("测试员", at(9))).unwrap());
    assert!(!revoke_lines(&db, seven(), ("测试员", at(9))).unwrap());
    assert_eq!((standing(&db, seven()).unwrap(), lines(&db)), (Standing::Enrolled, vec![]));
    assert_eq!(keys(&db, seven(), KeyUse::Record).unwrap(), [made(1).record]);
    assert_eq!(all(&db).unwrap()[0].device, Some([1; 32]), "nothing is sealed anew");
    // The thief has the answer that was given, and the key that it was given to; a new code does not help either.
    assert_eq!(enrol(&db, (seven(), &code("a")), &made(1), at(10)).unwrap(), Err(Uninvited::Used));
    invite(&db, (seven(), &code("b")), at(100), ("测试员", at(10))).unwrap();
    assert_eq!(enrol(&db, (seven(), &code("b")), &made(1), at(11)).unwrap(), Err(Uninvited::Stolen));
    let anew = Keys { line: made(2).line, ..made(1) };
    enrol(&db, (seven(), &code("b")), &anew, at(12)).unwrap().unwrap();
    assert_eq!(lines(&db), [made(2).line]);
}

#[test]
fn keys_of_one_terminal_are_enrolled_under_no_second_number() {
    let db = database();
    let (eight, nine) = (TerminalNumber::new(8).unwrap(), TerminalNumber::new(9).unwrap());
    assert!(enrol_by_hand(&db, eight, (&[8; 32], &made(1).record), ("测试员", at(1))).unwrap());
    assert!(!enrol_by_hand(&db, nine, (&[8; 32], &made(1).record), ("测试员", at(2))).unwrap());
    invite(&db, (nine, &code("nine")), at(100), ("测试员", at(2))).unwrap();
    assert_eq!(enrol(&db, (nine, &code("nine")), &made(1), at(3)).unwrap(), Err(Uninvited::Anothers));
    // Which of the two numbers was mistyped is found out by the right keys: they free those that were wrong.
    assert!(enrol_by_hand(&db, eight, (&[8; 32], &made(2).record), ("测试员", at(4))).unwrap());
    assert_eq!(enrol(&db, (nine, &code("nine")), &made(1), at(5)).unwrap(), Ok(()));
}

#[test]
fn a_revoked_key_enrols_under_no_number() {
    let db = database();
    invite(&db, (seven(), &code("a")), at(100), ("测试员", at(0))).unwrap();
    enrol(&db, (seven(), &code("a")), &made(1), at(1)).unwrap().unwrap();
    assert!(revoke(&db, seven(), ("测试员", at(9))).unwrap());
    let eight = TerminalNumber::new(8).unwrap();
    invite(&db, (eight, &code("b")), at(100), ("测试员", at(0))).unwrap();
    let stolen = Keys { device: [9; 32], record: made(1).record, line: made(2).line };
    assert_eq!(enrol(&db, (eight, &code("b")), &stolen, at(10)).unwrap(), Err(Uninvited::Stolen));
    assert!(!enrol_by_hand(&db, eight, (&[9; 32], &made(1).record), ("测试员", at(10))).unwrap());
    assert_eq!(standing(&db, eight).unwrap(), Standing::Unknown);
    assert_eq!(
        enrol(&db, (eight, &code("b")), &made(2), at(11)).unwrap(),
        Ok(()),
        "the code was not used up"
    );
}

#[test]
fn a_new_code_ends_those_that_nobody_used_and_an_enrolment_ends_them_too() {
    let (db, eight) = (database(), TerminalNumber::new(8).unwrap());
    let invited = |number, name| invite(&db, (number, &code(name)), at(100), ("测试员", at(0))).unwrap();
    let comes = |name, number| enrol(&db, (seven(), &code(name)), &made(number), at(1)).unwrap();
    for (number, name) in [(eight, "another's"), (seven(), "left lying"), (seven(), "in hand")] {
        invited(number, name);
    }
    assert_eq!(comes("left lying", 1), Err(Uninvited::Unknown));
    assert_eq!(comes("in hand", 1), Ok(()));
    // Used ones are told apart from unknown ones, and the same keys are told yes again.
    invited(seven(), "open");
    assert_eq!((comes("in hand", 1), comes("in hand", 2)), (Ok(()), Err(Uninvited::Used)));
    enrol_by_hand(&db, seven(), (&[3; 32], &made(3).record), ("测试员", at(2))).unwrap();
    assert_eq!(comes("open", 4), Err(Uninvited::Unknown));
    assert!(is_invited(&db, eight, &code("another's")).unwrap());
}

#[test]
fn a_code_of_a_number_that_is_not_enrolled_is_withdrawn_by_revoking_it_and_that_is_written_down() {
    let db = database();
    assert!(!revoke(&db, seven(), ("测试员", at(1))).unwrap(), "there is nothing to take");
    invite(&db, (seven(), &code("lost")), at(100), ("测试员", at(2))).unwrap();
    assert!(revoke(&db, seven(), ("测试员", at(3))).unwrap());
    assert_eq!(enrol(&db, (seven(), &code("lost")), &made(1), at(4)).unwrap(), Err(Uninvited::Unknown));
    assert_eq!(standing(&db, seven()).unwrap(), Standing::Unknown);
    invite(&db, (seven(), &code("a")), at(100), ("测试员", at(5))).unwrap();
    enrol(&db, (seven(), &code("a")), &made(1), at(6)).unwrap().unwrap();
    assert!(revoke(&db, seven(), ("测试员", at(7))).unwrap());
    invite(&db, (seven(), &code("b")), at(100), ("测试员", at(8))).unwrap();
    assert!(revoke(&db, seven(), ("测试员", at(9))).unwrap(), "of one that was revoked, too");
    assert_eq!(enrol(&db, (seven(), &code("b")), &made(2), at(10)).unwrap(), Err(Uninvited::Unknown));
    let sql = "SELECT count(*) FROM audit WHERE what = 'codes of terminal 7 withdrawn'";
    assert_eq!(db.one(sql, &[], |row| row.get::<u64>(0)).unwrap(), 2);
}

#[test]
fn after_a_copy_was_put_back_no_code_of_before_enrols() {
    // As the copy says it: one code is open, which was used or withdrawn since, and one was used.
    let (db, eight) = (database(), TerminalNumber::new(8).unwrap());
    invite(&db, (seven(), &code("used")), at(100), ("测试员", at(0))).unwrap();
    enrol(&db, (seven(), &code("used")), &made(1), at(1)).unwrap().unwrap();
    invite(&db, (eight, &code("open")), at(100), ("测试员", at(0))).unwrap();
    crate::store::records::restored(&db, 7_000, "测试员", at(2)).unwrap();
    for (number, name) in [(seven(), "used"), (eight, "open")] {
        assert_eq!(enrol(&db, (number, &code(name)), &made(2), at(3)).unwrap(), Err(Uninvited::Unknown));
    }
    assert_eq!(lines(&db), [made(1).line], "who was enrolled is so still");
    invite(&db, (eight, &code("anew")), at(100), ("测试员", at(4))).unwrap();
    assert_eq!(enrol(&db, (eight, &code("anew")), &made(2), at(5)).unwrap(), Ok(()));
}

/// With a new code.
fn comes(db: &Db, keys: &Keys, second: u64) -> Result<(), Uninvited> {
    let code = code(&format!("{second} {:?}", keys.device));
    invite(db, (seven(), &code), at(100), ("测试员", at(second))).unwrap();
    enrol(db, (seven(), &code), keys, at(second)).unwrap()
}

/// Device, record and line keys in force.
fn in_force(db: &Db) -> (Vec<[u8; 32]>, Vec<PublicKey>, Vec<PublicKey>) {
    let sql = "SELECT key FROM terminal_key WHERE terminal = 7 AND purpose = 'device' AND until IS NULL
        AND replaced IS NULL";
    (db.all(sql, &[], |row| row.get(0)).unwrap(), keys(db, seven(), KeyUse::Record).unwrap(), lines(db))
}

#[test]
fn after_each_enrolment_its_keys_are_in_force_and_no_others_also_where_they_were_before() {
    let (db, own, thief) = (database(), made(1), made(2));
    // In one second, too: what came first is not asked.
    for (keys, second) in [(&own, 1), (&thief, 2), (&own, 2), (&thief, 3), (&own, 4)] {
        comes(&db, keys, second).unwrap();
        assert_eq!(in_force(&db), (vec![keys.device], vec![keys.record], vec![keys.line]));
        let listed = all(&db).unwrap();
        assert_eq!((listed[0].device, listed[0].record), (Some(keys.device), Some(*keys.record.as_bytes())));
    }
    assert_eq!(replaced(&db, seven()).unwrap(), [thief.record]);
    // The answer to a code of before is asked for again.
    let before = code(&format!("3 {:?}", thief.device));
    assert_eq!(enrol(&db, (seven(), &before), &thief, at(5)).unwrap(), Err(Uninvited::Used));
    // By hand it has no line.
    enrol_by_hand(&db, seven(), (&own.device, &own.record), ("测试员", at(6))).unwrap();
    assert_eq!(in_force(&db), (vec![own.device], vec![own.record], vec![]));
    // Whatever was ever this number's ends with it for ever.
    assert!(revoke(&db, seven(), ("测试员", at(7))).unwrap());
    for keys in [&own, &thief] {
        assert_eq!(comes(&db, keys, 8), Err(Uninvited::Stolen));
    }
}

#[test]
fn a_tenth_enrolment_over_another_line_keeps_device_and_record_key() {
    let db = database();
    for second in 1..=10 {
        let keys = Keys { line: made(second).line, ..made(1) };
        comes(&db, &keys, second.into()).unwrap();
        assert_eq!(in_force(&db), (vec![[1; 32]], vec![made(1).record], vec![keys.line]));
    }
}

#[test]
fn who_invites_and_who_revokes_is_written_down() {
    let db = database();
    invite(&db, (seven(), &code("a")), at(100), ("测试甲", at(1))).unwrap();
    enrol_by_hand(&db, seven(), (&[7; 32], &made(1).record), ("测试乙", at(2))).unwrap();
    revoke(&db, seven(), ("测试丙", at(3))).unwrap();
    let sql = "SELECT who || ': ' || what FROM audit ORDER BY id";
    let lines: Result<Vec<String>, _> = db.all(sql, &[], |row| row.get(0));
    let said = ["测试甲: terminal 7 invited", "测试乙: terminal 7 enrolled", "测试丙: terminal 7 revoked"];
    assert_eq!(lines.unwrap(), said);
}
