//! What the hub serves of the repositories, to the carrier's own reader.

use std::fs;
use std::os::unix::fs::symlink;
use std::time::Instant;

use gate_proof::digest::sha256;
use gate_sync::Spool;
use gate_sync::fetch::{Brought, Wanted, bring};
use gate_sync::line::{Answer, Ask};

use crate::rig::{Hub, PATIENT};

fn all(answer: Answer) -> Option<Vec<u8>> {
    match answer {
        Answer::Bytes(bytes) | Answer::Whole(bytes) => Some(bytes.all().unwrap()),
        Answer::Same | Answer::Absent => None,
    }
}

#[test]
fn files_come_whole_from_a_byte_on_or_not_at_all_when_they_are_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let hub = Hub::start(folder.path());
    let metadata = folder.path().join("repository/trust/metadata");
    fs::create_dir_all(&metadata).unwrap();
    fs::write(metadata.join("timestamp.json"), "first").unwrap();
    let line = hub.repository();
    let ask = Ask { path: "trust/metadata/timestamp.json", from: 0, unless: None, most: 100 };
    let Answer::Bytes(bytes) = line.get(&ask).unwrap() else { panic!("bytes") };
    let tag = bytes.tag.clone();
    assert_eq!(bytes.all().unwrap(), b"first");
    let again = Ask { unless: tag.as_deref(), ..ask };
    assert!(matches!(line.get(&again).unwrap(), Answer::Same));
    fs::write(metadata.join("timestamp.json"), "later").unwrap();
    assert_eq!(all(line.get(&again).unwrap()).unwrap(), b"later", "of the same length, and told apart");
    assert_eq!(all(line.get(&Ask { from: 2, ..ask }).unwrap()).unwrap(), b"ter");
    assert!(matches!(line.get(&Ask { path: "trust/metadata/9.root.json", ..ask }).unwrap(), Answer::Absent));
}

#[test]
fn a_large_file_comes_through_and_goes_on_from_where_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let hub = Hub::start(folder.path());
    let content: Vec<u8> =
        (0..3_000_000_u32).map(|at| (at.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let digest = sha256(&[&content]);
    let targets = folder.path().join("repository/status/targets");
    fs::create_dir_all(&targets).unwrap();
    fs::write(targets.join("base-0000000001.tfs"), &content).unwrap();
    let spool = Spool::open(&folder.path().join("spool"), 8 << 20).unwrap();
    let wanted =
        Wanted { path: "targets/base-0000000001.tfs".into(), length: 3_000_000, sha256: *digest.as_bytes() };
    let mut part = spool.part("status", &wanted.sha256, wanted.length).unwrap();
    part.append(&content[..1_234_567]).unwrap();
    part.keep().unwrap();
    let until = Instant::now() + PATIENT.slice;
    let brought = bring(&hub.repository(), &spool, "status", &wanted, until).unwrap();
    assert_eq!(brought, Brought::Whole(3_000_000 - 1_234_567));
    assert_eq!(fs::read(folder.path().join("spool/status/targets/base-0000000001.tfs")).unwrap(), content);
}

#[test]
fn links_pipes_and_the_hubs_own_files_are_not_served() {
    let folder = tempfile::tempdir().unwrap();
    let hub = Hub::start(folder.path());
    let metadata = folder.path().join("repository/trust/metadata");
    fs::create_dir_all(&metadata).unwrap();
    symlink("../../../acknowledge.key", metadata.join("1.root.json")).unwrap();
    symlink("../..", folder.path().join("repository/trust/targets")).unwrap();
    let made = std::process::Command::new("mkfifo").arg(metadata.join("2.root.json")).status().unwrap();
    assert!(made.success());
    for path in [
        "trust/metadata/1.root.json",
        "trust/metadata/2.root.json",
        "trust/targets/hub.db",
        "trust/metadata",
        "hub.db",
        "trust/metadata/../../../hub.db",
        "trust/metadata/%2e%2e/%2e%2e/%2e%2e/hub.db",
    ] {
        let answer = hub.repository().get(&Ask { path, from: 0, unless: None, most: 1 << 20 });
        assert!(matches!(answer, Ok(Answer::Absent)), "{path}");
    }
}
