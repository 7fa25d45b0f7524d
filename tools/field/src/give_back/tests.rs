//! A return that fails half-way, and a stick that leads elsewhere.
#![allow(clippy::unwrap_used, reason = "an error is a failed test")]

use std::fs;
use std::os::unix::fs::symlink;
use std::path::PathBuf;

use gate_core::query::{Sequence, TerminalNumber};
use gate_core::records::JournalId;
use gate_core::records::account::Account;
use gate_core::screen::Faults;
use gate_core::time::ClockTrust;
use gate_proof::ed25519::SigningKey;
use gate_wire::time::Timestamp;

use super::*;
use crate::log::{Loaded, note_loaded};
use crate::outbox::Wrote;

const WORD: &str = "000007-00000000000000000000000000000001.tfa";

struct Case {
    folder: tempfile::TempDir,
}

impl Case {
    fn new() -> Case {
        let case = Case { folder: tempfile::tempdir().unwrap() };
        fs::create_dir_all(case.at("hub/acks")).unwrap();
        fs::create_dir_all(case.at("stick")).unwrap();
        fs::write(case.at("hub/acks").join(WORD), b"word").unwrap();
        Outbox::make(&case.at("stick"), 1 << 20, [7; 16]).unwrap();
        let mut outbox = Outbox::open(&case.at("stick"), For::Writing).unwrap().unwrap();
        let mut writer = outbox.writer();
        writer.write(Kind::Receipt, b"{}").unwrap();
        writer.seal().unwrap();
        case
    }

    fn at(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    fn back(&self) -> anyhow::Result<Returned> {
        give_back(&self.at("stick"), &self.at("hub"), None)
    }

    fn frames(&self) -> usize {
        Outbox::open(&self.at("stick"), For::Reading).unwrap().unwrap().frames().len()
    }
}

#[test]
fn the_outbox_is_emptied_after_the_acknowledgements_are_on_the_stick() {
    let case = Case::new();
    fs::write(case.at("stick/acks"), b"no folder").unwrap();
    assert!(case.back().is_err());
    assert_eq!(case.frames(), 1, "it is as it was");
    fs::remove_file(case.at("stick/acks")).unwrap();
    assert_eq!(case.back().unwrap().acknowledgements, 1);
    assert_eq!((case.frames(), fs::read(case.at("stick/acks").join(WORD)).unwrap()), (0, b"word".to_vec()));
}

fn receipt(stick: &str) -> Receipt {
    Receipt {
        format: 1,
        stick: stick.into(),
        terminal: 7,
        at: 0,
        files: 0,
        bytes: 0,
        missing: Vec::new(),
        generation: 0,
        refused: Vec::new(),
        batches: 0,
        left: 0,
        by: None,
        technician: None,
    }
}

#[test]
fn whose_a_stick_was_stands_in_the_desks_log_and_what_the_stick_says_of_it_was_planted() {
    let case = Case::new();
    let (log, stick) = (case.at("visits.log"), "07".repeat(16));
    let planted = Receipt { technician: Some("9999".into()), by: Some("9999".into()), ..receipt(&stick) };
    let swapped = receipt(&"08".repeat(16));
    let mut outbox = Outbox::open(&case.at("stick"), For::Writing).unwrap().unwrap();
    let mut writer = outbox.writer();
    for receipt in [&planted, &swapped] {
        writer.write(Kind::Receipt, receipt.to_line().as_bytes()).unwrap();
    }
    writer.seal().unwrap();
    let loaded = Loaded { format: 1, loaded: stick, at: 0, technician: "0417".into() };
    note_loaded(&log, &loaded).unwrap();
    give_back(&case.at("stick"), &case.at("hub"), Some(Log { path: &log, by: None })).unwrap();
    let text = fs::read_to_string(&log).unwrap();
    let visits: Vec<Receipt> = text.lines().filter_map(|line| Receipt::read(line.as_bytes())).collect();
    let said: Vec<_> =
        visits.iter().map(|visit| (visit.technician.as_deref(), visit.by.as_deref())).collect();
    assert_eq!(said, [(Some("0417"), None), (None, None)], "{text}");
}

#[test]
fn a_return_writes_through_no_link_of_the_stick() {
    let case = Case::new();
    fs::create_dir(case.at("theirs")).unwrap();
    symlink(case.at("theirs"), case.at("stick/acks")).unwrap();
    assert!(case.back().is_err());
    fs::remove_file(case.at("stick/acks")).unwrap();
    fs::create_dir(case.at("stick/acks")).unwrap();
    fs::write(case.at("theirs/file"), b"theirs").unwrap();
    symlink(case.at("theirs/file"), case.at("stick/acks").join(WORD)).unwrap();
    case.back().unwrap();
    assert_eq!(fs::read(case.at("theirs/file")).unwrap(), b"theirs");
    assert_eq!(fs::read(case.at("stick/acks").join(WORD)).unwrap(), b"word");
}

#[test]
fn a_folder_that_a_hub_takes_from_is_left_alone() {
    let case = Case::new();
    let hub = File::open(case.at("hub")).unwrap();
    hub.try_lock().unwrap();
    assert!(case.back().is_err());
    assert_eq!(case.frames(), 1);
    drop(hub);
    case.back().unwrap();
}

/// What a terminal could have said, by whoever's key.
fn account(revision: u64, signer: u8) -> Vec<u8> {
    let account = Account {
        terminal: TerminalNumber::new(7).unwrap(),
        revision,
        at: Timestamp::EPOCH,
        clock: ClockTrust::Confirmed,
        journal: JournalId([1; 16]),
        first: Sequence(1),
        next: Sequence(2),
        acknowledged: Sequence(0),
        waiting: 0,
        faults: Faults::default(),
        software: Default::default(),
        held: Default::default(),
        counts: Default::default(),
    };
    account.sign(&SigningKey::from_seed(&[signer; 32])).unwrap().to_vec()
}

#[test]
fn a_forged_or_an_older_account_replaces_no_terminals_account() {
    let case = Case::new();
    let mut outbox = Outbox::open(&case.at("stick"), For::Writing).unwrap().unwrap();
    let mut writer = outbox.writer();
    let accounts = [account(9, 66), account(3, 7), account(2, 7)];
    for one in &accounts {
        assert_eq!(writer.write(Kind::Account, one).unwrap(), Wrote::Frame);
    }
    writer.seal().unwrap();
    drop(outbox);
    let returned = case.back().unwrap();
    assert_eq!((returned.accounts, returned.conflicts), (3, 0), "it is nothing to report");
    let beside = fs::read_dir(case.at("hub").join(CONFLICTS)).unwrap();
    let mut all: Vec<Vec<u8>> = beside.map(|entry| fs::read(entry.unwrap().path()).unwrap()).collect();
    all.push(fs::read(case.at("hub/out/000007.tfc")).unwrap());
    assert!(accounts.iter().all(|one| all.contains(one)), "the hub chooses");
    assert_eq!(all.len(), 3);
}

#[test]
fn a_stick_of_receipts_without_end_is_heard_up_to_a_bound() {
    let case = Case::new();
    fs::create_dir(case.at("large")).unwrap();
    Outbox::make(&case.at("large"), 32 << 20, [8; 16]).unwrap();
    let mut outbox = Outbox::open(&case.at("large"), For::Writing).unwrap().unwrap();
    let receipt = receipt("");
    let mut writer = outbox.writer();
    for visit in 0..RECEIPTS_MOST as u64 + 5 {
        let receipt = Receipt { at: visit, ..receipt.clone() };
        assert_eq!(writer.write(Kind::Receipt, receipt.to_line().as_bytes()).unwrap(), Wrote::Frame);
    }
    writer.seal().unwrap();
    drop(outbox);
    let returned = give_back(&case.at("large"), &case.at("hub"), None).unwrap();
    assert_eq!((returned.receipts.len(), returned.damaged), (RECEIPTS_MOST, 5));
}
