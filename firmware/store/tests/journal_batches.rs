//! Batches, as the authority receives them.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test program: an error is a failed test")]

mod support;

use gate_core::journal::Journal;
use gate_core::query::{Sequence, TerminalNumber};
use gate_proof::ed25519::SigningKey;
use gate_proof::seal::OpeningKey;
use gate_store::{BatchRefused, JournalId, ROWS_MOST, Row, verify_batch};
use support::disk::TestDisk;
use support::world::{TestJournal, config, open, opening_key, record_key, required, root, terminal};

fn filled(count: u64) -> TestJournal {
    let mut journal = open(config(&root(), TestDisk::new()), 1).unwrap();
    for marker in 0..count {
        journal.append(&required(marker)).unwrap();
    }
    journal
}

#[test]
fn a_batch_is_at_most_64_kib_and_batches_join_without_a_seam() {
    let journal = filled(600);
    let (mut from, mut sizes, mut seam) = (Sequence(1), Vec::new(), None);
    while let Some(batch) = journal.batch(from, usize::MAX).unwrap() {
        assert!(batch.bytes.len() <= 64 * 1024);
        let proven = verify_batch(&batch.bytes, &record_key().public_key()).unwrap();
        assert_eq!((proven.header().terminal, proven.header().journal), (terminal(), journal.id()));
        assert_eq!(seam.unwrap_or(proven.header().previous), proven.header().previous);
        assert_eq!((proven.last_hash(), proven.last()), (batch.last_hash, batch.last()));
        seam = Some(batch.last_hash);
        sizes.push(usize::from(batch.count));
        from = Sequence(batch.first.0 + u64::from(batch.count));
    }
    assert_eq!(sizes, [ROWS_MOST, ROWS_MOST, 600 - 2 * ROWS_MOST]);
    assert_eq!(seam, Some(journal.verify_chain().unwrap().journals[0].last_hash));
}

#[test]
fn a_batch_holds_as_many_rows_as_asked_for_and_none_is_no_batch() {
    let journal = filled(5);
    let batch = journal.batch(Sequence(2), 3).unwrap().unwrap();
    assert_eq!((batch.first, batch.count), (Sequence(2), 3));
    assert_eq!(journal.batch(Sequence(6), 3).unwrap(), None);
}

#[test]
fn no_changed_byte_of_a_batch_verifies() {
    let batch = filled(2).batch(Sequence(1), 2).unwrap().unwrap();
    let key = record_key().public_key();
    for at in 0..batch.bytes.len() {
        let mut changed = batch.bytes.clone();
        changed[at] ^= 1 << (at % 8);
        assert!(verify_batch(&changed, &key).is_err(), "byte {at}");
    }
    assert!(verify_batch(&batch.bytes[..batch.bytes.len() - 1], &key).is_err());
    assert!(verify_batch(&batch.bytes, &SigningKey::from_seed(&[1; 32]).public_key()).is_err());
    let long = vec![0; 64 * 1024 + 1];
    assert_eq!(verify_batch(&long, &key).unwrap_err(), BatchRefused::HoldBytes { length: long.len() });
}

#[test]
fn a_row_opens_only_in_its_own_place() {
    let journal = filled(3);
    let batch = journal.batch(Sequence(1), 3).unwrap().unwrap();
    let rows: Vec<Row> = verify_batch(&batch.bytes, &record_key().public_key()).unwrap().rows().collect();
    let (id, key) = (journal.id(), opening_key());
    assert_eq!(rows[1].open(terminal(), &id, &key).unwrap().uptime.0, 1);
    let moved = Row { sequence: Sequence(1), ..rows[1].clone() };
    assert!(moved.open(terminal(), &id, &key).is_err());
    let rehung = Row { previous: rows[0].previous, ..rows[1].clone() };
    assert!(rehung.open(terminal(), &id, &key).is_err());
    assert!(rows[1].open(TerminalNumber::new(1).unwrap(), &id, &key).is_err());
    assert!(rows[1].open(terminal(), &JournalId([0; 16]), &key).is_err());
    assert!(rows[1].open(terminal(), &id, &OpeningKey::from_seed(&[1; 32])).is_err());
}
