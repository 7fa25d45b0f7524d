//! Records on sticks: copied, full, forged, written twice; each arrives once, and none is lost at the terminal.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use gate_carry::{Held, Spool};
use gate_core::query::{Sequence, TerminalNumber};
use gate_core::records::batch::{BATCH_MOST, Header, record_kid};
use gate_core::records::names::{ACKS, BatchName, OUT, acknowledgement_name};
use gate_core::records::{JournalId, NOTHING_BEFORE, SEALED_BYTES};
use gate_field::bring::Bring;
use gate_field::files::For;
use gate_field::give_back::{CONFLICTS, Log, Returned, give_back};
use gate_field::outbox::{BLOCK, NAME, Outbox};
use gate_field::receipt::Receipt;
use gate_field::take::{Stopped, Taken, take};
use gate_field::visit::{Board, Carrier};
use gate_proof::cose::{Aad, sign_within};
use gate_proof::ed25519::SigningKey;

use super::hub::Hub;

pub(crate) struct Night {
    pub(crate) folder: tempfile::TempDir,
}

fn terminal(number: u32) -> TerminalNumber {
    TerminalNumber::new(number).unwrap()
}

fn record_key(number: u32) -> SigningKey {
    SigningKey::from_seed(&[number as u8; 32])
}

/// A signed batch of rows that nobody can open, as all are to a carrier.
fn batch(number: u32, first: u64, count: u16, fill: u8) -> (BatchName, Vec<u8>) {
    let (journal, previous) = (JournalId([number as u8; 16]), NOTHING_BEFORE);
    let header = Header { terminal: terminal(number), journal, first: Sequence(first), count, previous };
    let payload = [header.encode().to_vec(), vec![fill; usize::from(count) * SEALED_BYTES]].concat();
    let key = record_key(number);
    let kid = record_kid(terminal(number));
    let bytes = sign_within::<BATCH_MOST, BATCH_MOST>(&key, kid, Aad::RecordBatch, &payload).unwrap();
    let last = Sequence(first + u64::from(count) - 1);
    (BatchName { terminal: terminal(number), journal, first: Sequence(first), last }, bytes.to_vec())
}

impl Night {
    pub(crate) fn new(outbox: u64) -> Night {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("stick")).unwrap();
        Outbox::make(&folder.path().join("stick"), outbox, [9; 16]).unwrap();
        Night { folder }
    }

    pub(crate) fn stick(&self) -> PathBuf {
        self.folder.path().join("stick")
    }

    fn hub(&self) -> PathBuf {
        self.folder.path().join("hub")
    }

    pub(crate) fn spool(&self, number: u32) -> PathBuf {
        self.folder.path().join(format!("spool-{number}"))
    }

    /// Batches of ten rows wait at a terminal.
    pub(crate) fn wait(&self, number: u32, batches: u64) {
        let out = self.spool(number).join(OUT);
        fs::create_dir_all(&out).unwrap();
        for at in 0..batches {
            let (name, bytes) = batch(number, at * 10 + 1, 10, number as u8);
            fs::write(out.join(name.print().as_str()), bytes).unwrap();
        }
    }

    fn take(&self, number: u32) -> Result<Taken, Stopped> {
        self.take_telling(number, &mut Board::at(None, Carrier::Stick))
    }

    pub(crate) fn take_telling(&self, number: u32, board: &mut Board) -> Result<Taken, Stopped> {
        take(&self.stick(), &self.spool(number), terminal(number), &receipt(number), board)
    }

    pub(crate) fn give_back(&self) -> Returned {
        let log = self.folder.path().join("visits.log");
        give_back(&self.stick(), &self.hub(), Some(Log { path: &log, by: None })).unwrap()
    }

    fn arrived(&self) -> Hub {
        let mut hub = Hub::default();
        (0..50).for_each(|number| hub.enrol(terminal(number), record_key(number).public_key()));
        hub.take(&self.hub().join(OUT));
        hub
    }
}

fn receipt(number: u32) -> Receipt {
    Receipt {
        format: 1,
        stick: String::new(),
        terminal: number,
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

fn copy(from: &Path, to: &Path) {
    assert!(std::process::Command::new("cp").arg("-r").args([from, to]).status().unwrap().success());
}

#[test]
fn one_stick_carries_the_records_of_forty_terminals_and_each_arrives_once() {
    let night = Night::new(8 << 20);
    for number in 0..40 {
        night.wait(number, 3);
        assert_eq!(night.take(number).unwrap().batches, 3);
        // The technician comes by twice.
        assert_eq!((night.take(number).unwrap().batches, night.take(number).unwrap().known), (0, 3));
    }
    let returned = night.give_back();
    assert_eq!((returned.batches, returned.conflicts, returned.damaged), (120, 0, 0));
    let hub = night.arrived();
    assert_eq!((hub.rows.len(), hub.again, hub.refused), (40 * 30, 0, 0));
    // The next night nothing is lost by what was carried already.
    for number in 0..40 {
        night.take(number).unwrap();
    }
    let again = night.give_back();
    assert_eq!((again.batches, again.known), (0, 120));
    let log = fs::read_to_string(night.folder.path().join("visits.log")).unwrap();
    let visited = (0..40).filter(|number| log.contains(&format!("\"terminal\":{number},"))).count();
    assert_eq!(visited, 40, "the log says who was visited");
}

#[test]
fn a_copied_stick_brings_each_record_once() {
    let night = Night::new(1 << 20);
    night.wait(7, 5);
    night.take(7).unwrap();
    let copied = night.folder.path().join("copied");
    copy(&night.stick(), &copied);
    assert_eq!(night.give_back().batches, 5);
    let again = give_back(&copied, &night.hub(), None).unwrap();
    assert_eq!((again.batches, again.known), (0, 5));
    assert_eq!(night.arrived().rows.len(), 50);
}

#[test]
fn a_full_stick_says_what_was_left_and_the_next_one_takes_it() {
    let night = Night::new(6 * BLOCK);
    night.wait(7, 9);
    let taken = night.take(7).unwrap();
    assert_eq!((taken.batches, taken.left), (5, 4));
    assert_eq!(night.give_back().batches, 5);
    let rest = night.take(7).unwrap();
    assert_eq!(rest.batches, 5, "emptied, it takes the next ones that fit");
    assert_eq!(fs::metadata(night.stick().join(NAME)).unwrap().len(), 6 * BLOCK, "and it never grew");
}

#[test]
fn a_stick_without_an_outbox_or_with_a_link_for_one_is_never_written_to() {
    let night = Night::new(1 << 20);
    night.wait(7, 2);
    let victim = night.folder.path().join("victim");
    fs::copy(night.stick().join(NAME), &victim).unwrap();
    let before = fs::read(&victim).unwrap();
    fs::remove_file(night.stick().join(NAME)).unwrap();
    assert!(matches!(night.take(7), Err(Stopped::NoOutbox)));
    symlink(&victim, night.stick().join(NAME)).unwrap();
    assert!(matches!(night.take(7), Err(Stopped::NoOutbox)));
    assert_eq!(fs::read(&victim).unwrap(), before);
}

#[test]
fn a_stick_pulled_out_while_records_are_read_back_empties_nothing() {
    let night = Night::new(1 << 20);
    night.wait(7, 20);
    night.take(7).unwrap();
    let path = night.stick().join(NAME);
    let good = fs::read(&path).unwrap();
    // Its second half cannot be read any more.
    fs::write(&path, &good[..good.len() / 2]).unwrap();
    let _ = give_back(&night.stick(), &night.hub(), None);
    fs::write(&path, good).unwrap();
    let returned = night.give_back();
    assert_eq!(returned.batches + returned.known, 20);
    assert_eq!(night.arrived().rows.len(), 200);
}

#[test]
fn two_batches_of_one_name_that_differ_are_both_kept() {
    let night = Night::new(1 << 20);
    let out = night.spool(7).join(OUT);
    fs::create_dir_all(&out).unwrap();
    for fill in [1, 2] {
        let (name, bytes) = batch(7, 1, 10, fill);
        fs::write(out.join(name.print().as_str()), bytes).unwrap();
        night.take(7).unwrap();
    }
    let returned = night.give_back();
    assert_eq!((returned.batches, returned.conflicts), (1, 1));
    let mut hub = night.arrived();
    assert!(hub.conflicts.is_empty());
    hub.take_file(&fs::read_dir(night.hub().join(CONFLICTS)).unwrap().next().unwrap().unwrap().path());
    assert_eq!(hub.conflicts.len(), 10, "and the hub sees that they differ");
}

#[test]
fn damaged_frames_are_told_and_left_out_and_the_others_arrive() {
    let night = Night::new(1 << 20);
    night.wait(7, 4);
    night.take(7).unwrap();
    let path = night.stick().join(NAME);
    let mut bytes = fs::read(&path).unwrap();
    // In the middle of the second frame's content.
    bytes[2 * BLOCK as usize + 1_000] ^= 1;
    fs::write(&path, bytes).unwrap();
    let returned = night.give_back();
    assert_eq!((returned.batches, returned.damaged), (3, 1));
    // It is still at the terminal, and comes the next night.
    night.take(7).unwrap();
    assert_eq!(night.give_back().batches, 1);
    assert_eq!(night.arrived().rows.len(), 40);
}

#[test]
fn a_stick_of_frames_that_are_nothing_of_ours_brings_nothing() {
    let night = Night::new(1 << 20);
    let mut outbox = Outbox::open(&night.stick(), For::Writing).unwrap().unwrap();
    let mut writer = outbox.writer();
    use gate_field::outbox::Kind;
    for (kind, content) in [
        (Kind::Batch, &b"../../etc/passwd"[..]),
        (Kind::Account, b"\xd2\x84"),
        (Kind::Receipt, br#"{"format":2}"#),
        (Kind::Receipt, b"{{{{{{{{{{{{{{{{"),
    ] {
        writer.write(kind, content).unwrap();
    }
    writer.seal().unwrap();
    drop(outbox);
    let returned = night.give_back();
    assert_eq!((returned.batches, returned.accounts, returned.damaged), (0, 0, 4));
    assert!(!night.hub().join(OUT).exists());
}

#[test]
fn names_planted_beside_a_terminals_word_keep_it_from_nobody() {
    let night = Night::new(1 << 20);
    night.wait(7, 1);
    let acks = night.stick().join(ACKS);
    fs::create_dir(&acks).unwrap();
    // All before the true one, by name.
    for planted in 0..100 {
        fs::write(
            acks.join(
                acknowledgement_name(
                    terminal(7),
                    &JournalId([0, planted, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
                )
                .as_str(),
            ),
            [planted],
        )
        .unwrap();
    }
    let name = acknowledgement_name(terminal(7), &JournalId([7; 16]));
    fs::write(acks.join(name.as_str()), b"the hub's word").unwrap();
    let bring = |what: &[u8]| {
        let spool = Spool::open(&night.spool(7), 1 << 20).unwrap();
        let bring =
            Bring { stick: &night.stick(), spool: &spool, held: &Held::default(), terminal: terminal(7) };
        bring.run(&mut Board::at(None, Carrier::Stick));
        assert_eq!(spool.read(&format!("{ACKS}/{name}"), 100).unwrap(), what);
    };
    bring(b"the hub's word");
    // Nothing waits any more, and the hub's word on what went can still be another one: it was restored from a copy.
    fs::remove_dir_all(night.spool(7).join(OUT)).unwrap();
    fs::write(acks.join(name.as_str()), b"another one").unwrap();
    bring(b"another one");
}
