//! What sticks brought, taken beside a hub that serves: one terminal by stick and by line at once.

use std::fs;
use std::path::Path;
use std::thread;

use gate_core::query::Sequence;
use gate_core::records::names::BatchName;
use gate_proof::ed25519::SigningKey;

use crate::chain::{Chain, key, terminal};
use crate::rig::{Hub, Terminal, hex, hub as run};

fn put(records: &Path, chain: &Chain, from: u64, to: u64) {
    let (first, last) = (Sequence(from), Sequence(to));
    let name = BatchName { terminal: terminal(), journal: chain.journal(), first, last }.print();
    fs::create_dir_all(records.join("out")).unwrap();
    fs::write(records.join("out").join(name.as_str()), chain.batch(from, to)).unwrap();
}

fn take(hub: &Path, records: &Path) -> (Option<i32>, String) {
    let (hub, records) = (hub.to_str().unwrap(), records.to_str().unwrap());
    let words = ["take", "--data", hub, "--from", records, "--acknowledges-as", "0a0b0c0d", "--by", "测试员"];
    let said = run(&words);
    (said.status.code(), String::from_utf8_lossy(&[said.stdout, said.stderr].concat()).into_owned())
}

#[test]
fn sticks_and_lines_at_once_bring_each_row_once_and_nothing_waits_for_ever() {
    let folder = tempfile::tempdir().unwrap();
    let (data, records) = (folder.path().join("hub"), folder.path().join("records"));
    let hub = Hub::start(&data);
    let (mut gate, chain) = (Terminal::enrolled(&hub), Chain::begun(2_000));
    for one in 0..200 {
        // Every other one comes both ways.
        let (from, to) = (one * 10 + 1, one * 10 + 10);
        put(&records, &chain, from, to);
        if one % 2 == 0 {
            gate.put(&chain, from, to);
        }
    }
    thread::scope(|scope| {
        let taking = scope.spawn(|| take(&data, &records));
        while gate.send(&hub).more {}
        let (status, said) = taking.join().unwrap();
        assert_eq!(status, Some(0), "{said}");
    });
    assert_eq!(hub.count("SELECT count(*) FROM batch"), 200);
    assert_eq!(hub.count("SELECT count(*) FROM alarm"), 0);
    assert_eq!(fs::read_dir(records.join("out")).unwrap().count(), 0);
    gate.send(&hub);
    assert_eq!(gate.acknowledged(&hub, &chain), Some((2_000, 0)));
    assert_eq!(fs::read_dir(records.join("acks")).unwrap().count(), 1);
    assert!(hub.count("SELECT count(*) FROM audit WHERE what LIKE 'from sticks%' AND who = '测试员'") >= 1);
}

#[test]
fn a_terminal_without_a_line_is_enrolled_by_hand_and_its_records_come_by_stick() {
    let folder = tempfile::tempdir().unwrap();
    let (data, records) = (folder.path().join("hub"), folder.path().join("records"));
    let chain = Chain::begun(9);
    put(&records, &chain, 1, 9);
    let (status, said) = take(&data, &records);
    assert!(status == Some(1) && said.contains("not enrolled"), "{said}");
    let enrol = |record: &SigningKey| {
        let (data, record) = (data.to_str().unwrap().to_owned(), hex(record.public_key().as_bytes()));
        let words = ["enrol", "--data", &data, "--terminal", "7", "--device", &"07".repeat(32)];
        run(&[&words[..], &["--record", &record, "--by", "测试员"]].concat()).status.success()
    };
    assert!(enrol(&key()));
    let (status, said) = take(&data, &records);
    assert!(status == Some(0) && said.contains("1 new") && said.contains("acknowledgements: 1"), "{said}");
    assert_eq!(take(&data, &records).0, Some(0));
    let revoked = run(&["revoke", "--data", data.to_str().unwrap(), "--terminal", "7", "--by", "测试员"]);
    assert!(revoked.status.success() && !enrol(&key()), "its keys never come back");
}

#[test]
fn a_lost_beginning_is_told_and_settled_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let hub = Hub::start(folder.path());
    let data = folder.path().to_str().unwrap();
    let (mut gate, old) = (Terminal::enrolled(&hub), Chain::begun(12));
    gate.put(&old, 1, 9);
    let new = Chain::new(2, (10_013, old.hash(12)), 5, 0);
    gate.put(&new, 10_013, 10_017);
    gate.send(&hub);
    let said = String::from_utf8(run(&["gaps", "--data", data]).stdout).unwrap();
    let journal = "02".repeat(16);
    assert_eq!(said.trim(), format!("terminal 7 journal {journal} lacks 10 to 10012; 5 wait"));
    let accept = |through: &str| {
        let words = ["accept-gap", "--data", data, "--terminal", "7", "--journal", &journal];
        run(&[&words[..], &["--through", through, "--by", "测试员"]].concat()).status.success()
    };
    assert!(!accept("10013") && accept("10012") && !accept("10012"));
    gate.send(&hub);
    assert_eq!(gate.acknowledged(&hub, &new).unwrap().0, 10_017);
}
