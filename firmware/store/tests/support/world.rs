//! A terminal, its authority, and records that can be told apart.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use gate_core::journal::{Durability, Entry, Tally, UseKey};
use gate_core::query::{Sequence, TerminalNumber};
use gate_proof::ed25519::SigningKey;
use gate_proof::seal::OpeningKey;
use gate_store::{
    DayKey, DayKeyId, DayKeys, Disk, JournalConfig, JournalKeys, OpenFault, Row, SqliteJournal, verify_batch,
};
use gate_wire::record::{Record, RecordKind};
use gate_wire::time::{Day, Millis, Timestamp};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

pub(crate) type TestJournal = SqliteJournal<ChaCha8Rng>;

pub(crate) const LATE: u8 = 77;
pub(crate) const NOON: u64 = 1_795_190_400;

pub(crate) fn terminal() -> TerminalNumber {
    TerminalNumber::new(42).unwrap()
}

pub(crate) fn now() -> Timestamp {
    Timestamp::from_unix(NOON).unwrap()
}

pub(crate) fn record_key() -> SigningKey {
    SigningKey::from_seed(&[9; 32])
}

pub(crate) fn opening_key() -> OpeningKey {
    OpeningKey::from_seed(&[5; 32])
}

pub(crate) fn keys() -> JournalKeys {
    let key = DayKey { day: now().civil_day(), id: DayKeyId(3), key: opening_key().sealing_key() };
    let day_keys = DayKeys::new(vec![key]).unwrap();
    JournalKeys { day_keys, record_key: record_key() }
}

/// Files in `folder` on `disk`; appends that wait as long as it takes.
pub(crate) fn config(folder: &Path, disk: impl Disk + 'static) -> JournalConfig {
    JournalConfig {
        wait: Duration::from_secs(60),
        disk: Arc::new(disk),
        ..JournalConfig::new(folder.join("journal.db"), folder.join("reserve"), terminal(), now(), LATE)
    }
}

/// The folder of a disk in memory.
pub(crate) fn root() -> PathBuf {
    PathBuf::from("/data")
}

pub(crate) fn open(config: JournalConfig, seed: u64) -> Result<TestJournal, OpenFault> {
    SqliteJournal::open(config, keys(), ChaCha8Rng::seed_from_u64(seed))
}

pub(crate) fn day() -> Day {
    now().civil_day()
}

pub(crate) fn use_key(n: u8) -> UseKey {
    UseKey { key: [n; 8], day: day() }
}

pub(crate) fn tally(letter: u8) -> Tally {
    Tally { day: day(), place: 1, lane: 2, letter }
}

/// A passage that `marker` tells from others; every seventh is somebody's who was here before.
pub(crate) fn entry(marker: u64, durability: Durability) -> Entry {
    let record = Record { place: 1, lane: 2, ..Record::blank(RecordKind::Passage, now(), Millis(marker)) };
    let use_key = Some(use_key((marker % 7) as u8));
    Entry { record, use_key, tally: Some(tally(b'P')), durability }
}

pub(crate) fn required(marker: u64) -> Entry {
    entry(marker, Durability::Required)
}

pub(crate) fn best_effort(marker: u64) -> Entry {
    entry(marker, Durability::BestEffort)
}

/// What the authority reads: every row in the file, opened.
pub(crate) fn read_all(journal: &TestJournal) -> Vec<(Sequence, Record)> {
    let (mut all, mut from) = (Vec::new(), Sequence(0));
    while let Some(batch) = journal.batch(from, usize::MAX).unwrap() {
        let proven = verify_batch(&batch.bytes, &record_key().public_key()).unwrap();
        let open = |row: Row| (row.sequence, row.open(terminal(), &batch.journal, &opening_key()).unwrap());
        all.extend(proven.rows().map(open));
        from = Sequence(batch.first.0 + u64::from(batch.count));
    }
    all
}

/// What a row is: a passage by its marker, or the note that the row of that sequence came late.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Told {
    Passage(u64),
    CameLate(Sequence),
}

pub(crate) fn told(record: &Record) -> Told {
    match record.kind {
        RecordKind::Device => {
            assert_eq!(record.event, LATE);
            let sequence = record.detail[..8].try_into().unwrap();
            Told::CameLate(Sequence(u64::from_be_bytes(sequence)))
        }
        _ => Told::Passage(record.uptime.0),
    }
}
