//! Sticks' files into the database: once, verified, and nothing goes before it is committed.

use std::os::unix::fs::symlink;

use gate_core::query::Sequence;
use gate_core::records::account::Account;
use gate_core::screen::Faults;
use gate_core::time::ClockTrust;
use gate_proof::ed25519::SigningKey;
use gate_wire::cose::{Kid, Sign1};

use super::*;
use crate::chain::{Chain, key, terminal};
use crate::store::terminals::{enrol_by_hand, revoke};

const NOW: Timestamp = Timestamp::EPOCH;

struct Desk {
    folder: tempfile::TempDir,
    db: Db,
    acknowledger: Acknowledger,
}

impl Desk {
    fn new() -> Desk {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join(OUT)).unwrap();
        fs::create_dir(folder.path().join(CONFLICTS)).unwrap();
        let db = crate::store::db::empty();
        let acknowledger = Acknowledger::new(&[3; 32], Kid([1, 2, 3, 4]));
        Desk { folder, db, acknowledger }
    }

    fn enrolled() -> Desk {
        let desk = Desk::new();
        desk.enrol();
        desk
    }

    fn enrol(&self) {
        let record = key().public_key();
        assert!(enrol_by_hand(&self.db, terminal(), (&[7; 32], &record), ("测试员", NOW)).unwrap());
    }

    fn put(&self, chain: &Chain, from: u64, to: u64) {
        let (journal, first, last) = (chain.journal(), Sequence(from), Sequence(to));
        let name = BatchName { terminal: terminal(), journal, first, last }.print();
        fs::write(self.folder.path().join(OUT).join(name.as_str()), chain.batch(from, to)).unwrap();
    }

    fn conflict(&self, name: &str, bytes: &[u8]) {
        fs::write(self.folder.path().join(CONFLICTS).join(name), bytes).unwrap();
    }

    fn take(&mut self) -> Brought {
        let acknowledger = Some(&self.acknowledger);
        let take = Take { folder: self.folder.path(), acknowledger, quota: Quota::USUAL, by: "测试员" };
        take.run(&mut self.db, NOW).unwrap()
    }

    fn count(&self, table: &str) -> u32 {
        self.db.count(table)
    }

    fn lies_in(&self, folder: &str) -> Vec<String> {
        names(&self.folder.path().join(folder)).unwrap()
    }

    fn watermark(&self) -> u64 {
        let [name] = &self.lies_in(ACKS)[..] else { return 0 };
        let bytes = fs::read(self.folder.path().join(ACKS).join(name)).unwrap();
        assert!(bytes.len() <= 256 && Sign1::parse(&bytes).is_ok());
        let held = all_held(&self.db, terminal(), 1).unwrap()[0];
        let word = self.acknowledger.word(terminal(), &held, (0, NOW)).unwrap();
        assert_eq!(bytes, word);
        held.watermark.0
    }
}

#[test]
fn what_sticks_brought_is_held_once_acknowledged_and_then_let_go() {
    let (mut desk, chain) = (Desk::enrolled(), Chain::begun(300));
    (0..100).for_each(|one| desk.put(&chain, one * 3 + 1, one * 3 + 3));
    let brought = desk.take();
    assert_eq!((brought.kept, brought.acknowledgements, brought.left.len()), (100, 1, 0));
    assert_eq!((desk.lies_in(OUT).len(), desk.watermark()), (0, 300));
    // The same stick again, a copy of it, or a program that was killed before it let the files go.
    (0..100).for_each(|one| desk.put(&chain, one * 3 + 1, one * 3 + 3));
    let again = desk.take();
    assert_eq!((again.kept, again.known, desk.count("batch")), (0, 100, 100));
    let said: String = desk
        .db
        .one("SELECT what FROM audit WHERE who = '测试员' AND what LIKE 'from sticks%'", &[], |row| {
            row.get(0)
        })
        .unwrap();
    assert_eq!(said, "from sticks: 64 batches, 64 of them new, 0 accounts, 0 left");
}

#[test]
fn a_true_batch_behind_a_forged_one_of_its_name_is_taken() {
    let (mut desk, chain) = (Desk::enrolled(), Chain::begun(9));
    desk.put(&chain, 1, 9);
    let [name] = &desk.lies_in(OUT)[..] else { panic!("one") };
    let mut forged = chain.batch(1, 9);
    forged[300] ^= 1;
    fs::write(desk.folder.path().join(OUT).join(name), forged).unwrap();
    desk.conflict("aa.tfb", &chain.batch(1, 9));
    let brought = desk.take();
    assert_eq!((brought.kept, &brought.left[..]), (1, &[(name.clone(), Left::Unsigned)][..]));
    assert_eq!((desk.watermark(), desk.lies_in(ASIDE).len(), desk.lies_in(OUT).len()), (9, 1, 0));
}

#[test]
fn of_two_that_differ_both_are_kept_and_an_alarm_is_raised() {
    let (mut desk, chain) = (Desk::enrolled(), Chain::begun(9));
    desk.put(&chain, 1, 9);
    desk.conflict("aa.tfb", &Chain::new(1, (4, chain.hash(3)), 3, 99).batch(4, 6));
    assert_eq!(desk.take().doubted, 1);
    assert_eq!((desk.count("batch"), desk.count("alarm")), (2, 1));
}

#[test]
fn a_terminal_that_nobody_enrolled_yet_waits_and_a_revoked_ones_records_lie_aside() {
    let (mut desk, chain) = (Desk::new(), Chain::begun(9));
    desk.put(&chain, 1, 4);
    assert_eq!(desk.take().left[0].1, Left::Out);
    assert_eq!(desk.lies_in(OUT).len(), 1);
    desk.enrol();
    assert_eq!(desk.take().kept, 1);
    revoke(&desk.db, terminal(), ("测试员", NOW)).unwrap();
    desk.put(&chain, 5, 9);
    assert_eq!(desk.take().left[0].1, Left::Revoked);
    assert_eq!((desk.lies_in(OUT).len(), desk.lies_in(ASIDE).len(), desk.count("batch")), (0, 1, 1));
}

#[test]
fn what_a_replaced_key_signed_waits_until_its_terminal_is_enrolled_with_that_key_again() {
    let (mut desk, chain) = (Desk::enrolled(), Chain::begun(9));
    let other = SigningKey::from_seed(&[6; 32]).public_key();
    assert!(enrol_by_hand(&desk.db, terminal(), (&[8; 32], &other), ("测试员", NOW)).unwrap());
    desk.put(&chain, 1, 4);
    assert_eq!(desk.take().left[0].1, Left::Replaced);
    assert_eq!((desk.lies_in(OUT).len(), desk.count("batch")), (1, 0));
    desk.enrol();
    assert_eq!((desk.take().kept, desk.lies_in(OUT).len()), (1, 0));
}

#[test]
fn links_pipes_giants_and_strange_names_are_left_alone() {
    let (mut desk, chain) = (Desk::enrolled(), Chain::begun(9));
    let victim = desk.folder.path().join("victim.tfb");
    fs::write(&victim, chain.batch(1, 4)).unwrap();
    let out = desk.folder.path().join(OUT);
    symlink(&victim, out.join("000007.tfb")).unwrap();
    assert!(std::process::Command::new("mkfifo").arg(out.join("pipe.tfb")).status().unwrap().success());
    File::create(out.join("giant.tfb")).unwrap().set_len(1 << 40).unwrap();
    fs::write(out.join("note.txt"), "x").unwrap();
    let unread = ["000007.tfb", "giant.tfb", "pipe.tfb"].map(String::from).to_vec();
    assert_eq!(desk.take(), Brought { unread, ..Brought::default() }, "and told so");
    assert_eq!((desk.lies_in(OUT).len(), victim.exists()), (4, true));
}

#[test]
fn of_two_at_work_in_one_folder_the_second_waits_for_another_time() {
    let mut desk = Desk::enrolled();
    let held = File::open(desk.folder.path()).unwrap();
    held.lock().unwrap();
    let take = Take { folder: desk.folder.path(), acknowledger: None, quota: Quota::USUAL, by: "测试员" };
    assert!(matches!(take.run(&mut desk.db, NOW), Err(TakeFault::Busy(_))));
}

#[test]
fn words_that_lie_there_are_said_anew() {
    let (mut desk, chain) = (Desk::enrolled(), Chain::begun(20));
    desk.put(&chain, 1, 9);
    desk.take();
    // The rest came over a line.
    let bytes = chain.batch(10, 20);
    intake::batch(&desk.db, (&bytes, &key().public_key()), Quota::USUAL, NOW).unwrap().unwrap();
    desk.take();
    assert_eq!(desk.watermark(), 20);
}

#[test]
fn the_word_on_a_stick_is_the_one_on_a_line() {
    let (mut desk, chain) = (Desk::enrolled(), Chain::begun(9));
    desk.put(&chain, 1, 9);
    desk.take();
    let held = all_held(&desk.db, terminal(), 1).unwrap();
    let line = desk.acknowledger.say(terminal(), &held, (0, NOW));
    let [name] = &desk.lies_in(ACKS)[..] else { panic!("one") };
    assert_eq!(fs::read(desk.folder.path().join(ACKS).join(name)).unwrap(), line[2..]);
    let key = SigningKey::from_seed(&[3; 32]).public_key();
    let message = Sign1::parse(&line[2..]).unwrap();
    assert!(gate_proof::cose::verify(&message, gate_proof::cose::Aad::Acknowledgement, &key).is_ok());
}

/// As terminal 7 says it, or somebody in its name.
fn account(revision: u64, signer: &SigningKey) -> Vec<u8> {
    let account = Account {
        terminal: terminal(),
        revision,
        at: NOW,
        clock: ClockTrust::Confirmed,
        journal: Chain::begun(1).journal(),
        first: Sequence(1),
        next: Sequence(2),
        acknowledged: Sequence(0),
        waiting: 0,
        faults: Faults::default(),
        software: "gate".try_into().unwrap(),
        held: Default::default(),
        counts: Default::default(),
    };
    account.sign(signer).unwrap().to_vec()
}

#[test]
fn of_accounts_that_lie_beside_each_other_the_newest_signed_one_stands() {
    let mut desk = Desk::enrolled();
    let forged = account(9, &SigningKey::from_seed(&[66; 32]));
    fs::write(desk.folder.path().join(OUT).join("000007.tfc"), forged).unwrap();
    desk.conflict("aa.tfc", &account(3, &key()));
    desk.conflict("bb.tfc", &account(2, &key()));
    let brought = desk.take();
    assert_eq!((brought.accounts, &brought.left[..]), (2, &[("000007.tfc".into(), Left::Unsigned)][..]));
    let sql = "SELECT revision FROM account WHERE terminal = 7";
    assert_eq!(desk.db.one(sql, &[], |row| row.get::<u32>(0)).unwrap(), 3);
    assert_eq!((desk.lies_in(CONFLICTS).len(), desk.lies_in(ASIDE).len()), (0, 1));
}
