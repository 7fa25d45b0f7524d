//! Records out, acknowledgements back, and who may do either.

use gate_core::enrolment::Asked;
use gate_core::fingerprint::Fingerprint;
use gate_core::query::Sequence;
use gate_core::records::names::{BatchName, account_name};
use gate_hub::now;
use gate_proof::ed25519::SigningKey;
use gate_sync::LineFault;
use gate_sync::enrol::enrol;
use gate_sync::upload::SendFault;

use crate::chain::{Chain, key, terminal};
use crate::pages::account;
use crate::rig::{Hub, Terminal, hex, hub as run};

fn status(fault: &LineFault) -> u16 {
    let LineFault::Refuse { status, .. } = fault else { return 0 };
    *status
}

#[test]
fn records_come_once_and_are_acknowledged_after_the_commit() {
    let folder = tempfile::tempdir().unwrap();
    let hub = Hub::start(folder.path());
    let (mut terminal, chain) = (Terminal::enrolled(&hub), Chain::begun(300));
    terminal.put(&chain, 1, 100);
    let sent = terminal.send(&hub);
    assert!(sent.faults.is_empty(), "{:?}", sent.faults);
    assert_eq!((sent.batches, sent.acknowledgements), (1, 1));
    assert_eq!(terminal.acknowledged(&hub, &chain), Some((100, 0)));
    terminal.put(&chain, 101, 300);
    terminal.send(&hub);
    assert_eq!(terminal.acknowledged(&hub, &chain), Some((300, 0)));
    // After a start the carrier sends everything again.
    terminal.sender = gate_sync::Sender::default();
    let sent = terminal.send(&hub);
    assert_eq!((sent.batches, sent.faults.len()), (2, 0));
    assert_eq!(hub.count("SELECT count(*) FROM batch"), 2);
    assert_eq!((hub.metric("batches_kept_total"), hub.metric("batches_known_total")), (2, 2));
}

#[test]
fn a_poisoned_batch_holds_back_no_other_and_a_foreign_one_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let hub = Hub::start(folder.path());
    let (mut terminal, chain) = (Terminal::enrolled(&hub), Chain::begun(20));
    let mut poisoned = chain.batch(1, 10);
    poisoned[200] ^= 1;
    let name = BatchName {
        terminal: self::terminal(),
        journal: chain.journal(),
        first: Sequence(1),
        last: Sequence(11),
    };
    terminal.put_bytes(&name, &poisoned);
    terminal.put(&chain, 1, 10);
    terminal.put(&chain, 11, 20);
    let eight = gate_core::query::TerminalNumber::new(8).unwrap();
    terminal.put_bytes(&BatchName { terminal: eight, ..name }, &chain.batch(1, 2));
    let sent = terminal.send(&hub);
    assert_eq!((sent.batches, sent.faults.len()), (2, 1), "{:?}", sent.faults);
    assert!(matches!(sent.faults[0].1, SendFault::Refuse(422)));
    assert_eq!(terminal.acknowledged(&hub, &chain), Some((20, 0)));
    assert_eq!(hub.metric("refused_total"), 1);
}

#[test]
fn strangers_and_revoked_terminals_send_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let hub = Hub::start(folder.path());
    let chain = Chain::begun(9);
    let mut stranger = Terminal::new(7);
    stranger.put(&chain, 1, 4);
    let told = |sent: gate_sync::Sent| match &sent.faults[0].1 {
        SendFault::Line(fault) => status(fault),
        _ => 0,
    };
    assert_eq!(told(stranger.send(&hub)), 401);
    let mut enrolled = Terminal::enrolled(&hub);
    // The same number, another line key.
    assert_eq!(told(stranger.send(&hub)), 401);
    enrolled.put(&chain, 1, 4);
    assert!(enrolled.send(&hub).faults.is_empty());
    hub.revoke(7);
    enrolled.put(&chain, 5, 9);
    assert_eq!(told(enrolled.send(&hub)), 403);
    assert_eq!(hub.count("SELECT count(*) FROM batch"), 1);
    assert_eq!(
        hub.count("SELECT count(*) FROM audit WHERE what = 'terminal 7 revoked' AND who = '测试员'"),
        1
    );
    // What waited goes out once it is enrolled anew with new keys; its number and journal stay.
    let mut anew = Terminal::new(7);
    let refused = anew.enrol(&hub, &SigningKey::from_seed(&[6; 32])).unwrap_err();
    assert_eq!(status(&refused), 403, "its device key was revoked too");
    anew.device = "08".repeat(32);
    anew.enrol(&hub, &SigningKey::from_seed(&[6; 32])).unwrap();
    anew.put(&chain, 5, 9);
    assert!(matches!(anew.send(&hub).faults[0].1, SendFault::Refuse(422)), "its old record key is revoked");
}

#[test]
fn an_enrolment_ends_who_was_enrolled_before_by_line_and_by_record_key_also_if_it_was_there_first() {
    let folder = tempfile::tempdir().unwrap();
    let hub = Hub::start(folder.path());
    let (mut own, mut thief, chain) = (Terminal::new(7), Terminal::new(7), Chain::begun(9));
    let own_record = SigningKey::from_seed(&[6; 32]);
    thief.device = "08".repeat(32);
    own.enrol(&hub, &own_record).unwrap();
    thief.enrol(&hub, &key()).unwrap();
    thief.put(&chain, 1, 4);
    assert!(thief.send(&hub).faults.is_empty());
    own.enrol(&hub, &own_record).unwrap();
    thief.put(&chain, 5, 9);
    let is_line = |sent: gate_sync::Sent| match &sent.faults[0].1 {
        SendFault::Line(fault) => status(fault) == 401,
        _ => false,
    };
    assert!(is_line(thief.send(&hub)), "its line is nobody's");
    own.put(&chain, 5, 9);
    assert!(matches!(own.send(&hub).faults[0].1, SendFault::Refuse(422)), "nor is its record key");
    assert_eq!(hub.count("SELECT count(*) FROM batch"), 1, "what was taken stays");
    // What is its own is taken.
    std::fs::remove_dir_all(own.spool.path().join("out")).unwrap();
    std::fs::create_dir(own.spool.path().join("out")).unwrap();
    let account = account(1, now(), now()).sign(&own_record).unwrap();
    std::fs::write(own.spool.path().join("out").join(account_name(terminal()).as_str()), account).unwrap();
    own.sender = gate_sync::Sender::default();
    assert!(own.send(&hub).faults.is_empty());
    assert_eq!(hub.count("SELECT count(*) FROM account"), 1);
    let listed = run(&["terminals", "--data", folder.path().to_str().unwrap()]);
    let listed = String::from_utf8(listed.stdout).unwrap();
    assert!(listed.contains(&own.device) && !listed.contains(&thief.device), "{listed}");
}

#[test]
fn a_terminal_brings_no_other_ones_records_over_its_line() {
    let folder = tempfile::tempdir().unwrap();
    let hub = Hub::start(folder.path());
    let chain = Chain::begun(4);
    Terminal::enrolled(&hub);
    let swapped = Terminal::new(8);
    swapped.enrol(&hub, &SigningKey::from_seed(&[8; 32])).unwrap();
    let batch = chain.batch(1, 4);
    let headers = swapped.identity.headers("POST", "/v1/records", &batch);
    let refused = hub.line().post("v1/records", &headers, &batch, 1000).unwrap_err();
    assert_eq!(status(&refused), 422);
    assert_eq!(hub.count("SELECT count(*) FROM batch"), 0);
    // A signature of one request opens no other.
    let refused = hub.line().ask("v1/acknowledgements", &headers, 1000).unwrap_err();
    assert_eq!(status(&refused), 401);
}

#[test]
fn a_code_enrols_once_and_never_a_key_that_is_none() {
    let folder = tempfile::tempdir().unwrap();
    let hub = Hub::start(folder.path());
    let (first, second, code) = (Terminal::new(7), Terminal::new(7), hub.invite(7));
    assert_eq!(status(&second.enrol_with(&hub, "0123456789abcdef", &key()).unwrap_err()), 403);
    first.enrol_with(&hub, &code, &key()).unwrap();
    first.enrol_with(&hub, &code, &key()).unwrap();
    assert_eq!(status(&second.enrol_with(&hub, &code, &key()).unwrap_err()), 409, "another used it");
    let another = hub.invite(7);
    assert_eq!(status(&Terminal::new(8).enrol_with(&hub, &another, &key()).unwrap_err()), 403);
    let listed = run(&["terminals", "--data", folder.path().to_str().unwrap()]);
    let listed = String::from_utf8(listed.stdout).unwrap();
    let fingerprint = Fingerprint::of(&[7; 32], key().public_key().as_bytes()).to_string();
    let is_listed = listed.contains(&"07".repeat(32)) && listed.contains(&fingerprint);
    assert!(listed.starts_with("7 enrolled ") && is_listed, "{listed}");
}

#[test]
fn a_carrier_that_puts_its_own_keys_in_enrols_nobody_and_the_code_is_not_used_up() {
    let folder = tempfile::tempdir().unwrap();
    let hub = Hub::start(folder.path());
    let (honest, code) = (Terminal::new(7), hub.invite(7));
    let asked = honest.asked(&code, &key()).document();
    let own = hex(SigningKey::from_seed(&[66; 32]).public_key().as_bytes());
    for theirs in ["07".repeat(32), hex(key().public_key().as_bytes())] {
        assert!(asked.contains(&theirs), "{theirs}");
        let swapped = Asked::load(asked.replace(&theirs, &own).as_bytes()).unwrap().unwrap();
        let thief = Terminal::new(7);
        assert_eq!(status(&enrol(&hub.line(), &thief.identity, &swapped).unwrap_err()), 403, "{theirs}");
    }
    // Nor may it sign with a key of its own making in the code's place.
    let made_up = honest.asked("fedcba9876543210", &key());
    assert_eq!(status(&enrol(&hub.line(), &honest.identity, &made_up).unwrap_err()), 403);
    assert_eq!(hub.count("SELECT count(*) FROM terminal_key"), 0);
    honest.enrol_with(&hub, &code, &key()).unwrap();
}

#[test]
fn a_replayed_enrolment_brings_no_other_line_and_nothing_back_that_was_revoked() {
    let folder = tempfile::tempdir().unwrap();
    let hub = Hub::start(folder.path());
    let (honest, code) = (Terminal::new(7), hub.invite(7));
    let asked = honest.asked(&code, &key());
    enrol(&hub.line(), &honest.identity, &asked).unwrap();
    let thief = Terminal::new(7);
    assert_eq!(status(&enrol(&hub.line(), &thief.identity, &asked).unwrap_err()), 409);
    let data = folder.path().to_str().unwrap();
    assert!(run(&["revoke", "--terminal", "7", "--by", "测试员", "--data", data]).status.success());
    assert_eq!(status(&enrol(&hub.line(), &honest.identity, &asked).unwrap_err()), 409);
    assert_eq!(hub.count("SELECT count(*) FROM terminal_key WHERE until IS NULL"), 0);
}

/// What `restored` says.
fn restored(hub: &Hub) -> u32 {
    let said = run(&["restored", "--data", hub.folder.to_str().unwrap(), "--by", "测试员"]);
    let warned = String::from_utf8(said.stderr).unwrap();
    assert!(warned.contains("codes have ended") && warned.contains("revoke"), "{warned}");
    let said = String::from_utf8(said.stdout).unwrap();
    said.trim().strip_prefix("epoch ").unwrap().parse().unwrap()
}

#[test]
fn after_each_restored_copy_acknowledgements_say_an_epoch_that_was_never_said() {
    if crate::rig::server().is_some() {
        println!(
            "SKIPPED after_each_restored_copy: SQLite's files are copied; a server's copies are its own matter"
        );
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let mut hub = Hub::start(folder.path());
    let (mut terminal, chain) = (Terminal::enrolled(&hub), Chain::begun(9));
    terminal.put(&chain, 1, 4);
    terminal.send(&hub);
    let copy = folder.path().join("copy.db");
    let copied = rusqlite::Connection::open(folder.path().join("hub.db")).unwrap();
    copied.execute("VACUUM INTO ?1", [copy.to_str().unwrap()]).unwrap();
    drop(copied);
    terminal.put(&chain, 5, 9);
    terminal.send(&hub);
    let first = restored(&hub);
    terminal.send(&hub);
    assert_eq!(terminal.acknowledged(&hub, &chain), Some((9, first)));
    // The copy of before that is put back: until somebody says so, it is not served from.
    hub.kill();
    for more in ["hub.db-wal", "hub.db-shm"] {
        let _ = std::fs::remove_file(folder.path().join(more));
    }
    std::fs::copy(&copy, folder.path().join("hub.db")).unwrap();
    let refused = run(&["serve", "--data", folder.path().to_str().unwrap(), "--listen", "127.0.0.1:0"]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(String::from_utf8(refused.stderr).unwrap().contains("gate-hub restored"));
    let second = restored(&hub);
    assert!(second > first, "{second} after {first}");
    hub = Hub::start(folder.path());
    terminal.sender = gate_sync::Sender::default();
    terminal.send(&hub);
    assert_eq!(terminal.acknowledged(&hub, &chain), Some((9, second)));
}

#[test]
fn two_rows_of_one_place_are_named_to_whoever_asks() {
    let folder = tempfile::tempdir().unwrap();
    let hub = Hub::start(folder.path());
    let (mut terminal, chain) = (Terminal::enrolled(&hub), Chain::begun(9));
    terminal.put(&chain, 1, 9);
    terminal.put(&chain.forked(5, 4), 1, 8);
    terminal.send(&hub);
    let said = run(&["doubts", "--data", folder.path().to_str().unwrap()]);
    let said = String::from_utf8(said.stdout).unwrap();
    assert!(said.starts_with(&format!("terminal 7 journal {} row 5\n", "01".repeat(16))), "{said}");
    assert_eq!(said.lines().count(), 3, "{said}");
}
