//! What one append costs on this machine's disk: `cargo bench -p gate-store`; `BENCH_DIR` chooses the disk.
//! Promises: the real journal, synced commits, upkeep between appends but not in the figures.
//! Must not know: what is fast enough.
#![allow(clippy::unwrap_used, reason = "a bench: an error ends it")]

use std::env;
use std::time::{Duration, Instant};

use gate_core::journal::{Durability, Entry, Journal, Tally, UseKey};
use gate_core::query::TerminalNumber;
use gate_proof::ed25519::SigningKey;
use gate_proof::seal::OpeningKey;
use gate_store::{DayKey, DayKeyId, DayKeys, JournalConfig, JournalKeys, SqliteJournal};
use gate_wire::record::{Record, RecordKind};
use gate_wire::time::{Millis, Timestamp};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

const APPENDS: u64 = 5_000;

fn keys(at: Timestamp) -> JournalKeys {
    let key = OpeningKey::from_seed(&[5; 32]).sealing_key();
    let day_keys = DayKeys::new(vec![DayKey { day: at.civil_day(), id: DayKeyId(1), key }]).unwrap();
    JournalKeys { day_keys, record_key: SigningKey::from_seed(&[9; 32]) }
}

fn entry(at: Timestamp, n: u64) -> Entry {
    let day = at.civil_day();
    Entry {
        record: Record::blank(RecordKind::Passage, at, Millis(n)),
        use_key: Some(UseKey { key: n.wrapping_mul(0x9E37_79B9_7F4A_7C15).to_be_bytes(), day }),
        tally: Some(Tally { day, place: 1, lane: 1, letter: b'P' }),
        durability: Durability::Required,
    }
}

fn main() {
    let folder = tempfile::tempdir_in(env::var("BENCH_DIR").unwrap_or_else(|_| ".".to_owned())).unwrap();
    let at = Timestamp::from_unix(1_795_190_400).unwrap();
    let file = |name| folder.path().join(name);
    let open = || {
        let config =
            JournalConfig::new(file("journal.db"), file("reserve"), TerminalNumber::new(1).unwrap(), at, 1);
        SqliteJournal::open(config, keys(at), ChaCha8Rng::seed_from_u64(1)).unwrap()
    };
    let mut journal = open();
    let mut times: Vec<Duration> = (0..APPENDS)
        .map(|n| {
            let entry = entry(at, n);
            let start = Instant::now();
            journal.append(&entry).unwrap();
            let taken = start.elapsed();
            journal.tend().unwrap();
            taken
        })
        .collect();
    times.sort_unstable();
    let part = |percent: usize| times[(times.len() - 1) * percent / 100];
    println!("append: median {:?}, p99 {:?}, most {:?} ({APPENDS})", part(50), part(99), part(100));
    drop(journal);
    let start = Instant::now();
    drop(open());
    println!("open with {APPENDS} records: {:?}", start.elapsed());
}
