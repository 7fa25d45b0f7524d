//! Codes from a table: with person tags of 1 MiB paid for, and with them remembered. `cargo bench -p gate-signing --bench bulk`.
//! The figure that travels to another machine is the ratio of the two, and codes an hour and core of this one.
#![expect(clippy::unwrap_used, reason = "a benchmark on made-up people")]

use std::num::NonZeroUsize;
use std::time::Instant;

use gate_core::keyset::Region;
use gate_core::manifest::Demo;
use gate_proof::stretch::MemoryKib;
use gate_signing::bulk::{BulkOptions, CsvCodes, HEADER, HeldTo, Kinds, MAX_ROWS};
use gate_signing::province::{Founding, Province};
use gate_wire::time::Timestamp;
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;

const PEOPLE: u64 = 4_000;

fn main() {
    let now = Timestamp::from_unix(1_795_104_000).unwrap();
    let mut rng = ChaCha20Rng::from_seed([1; 32]);
    let founding = Founding {
        region: Region::parse("510000").unwrap(),
        nature: Demo::Yes,
        tag_memory: MemoryKib::DEFAULT,
        founded: now,
        days: 1,
    };
    let province = Province::found(&founding, &mut rng).unwrap();
    let people: String = (0..PEOPLE)
        .map(|index| format!("passport,E{:08},TESTER {index},paper_code,green,\n", index))
        .collect();
    let table = format!("{}\n{people}", HEADER.join(","));
    let folder = tempfile::tempdir().unwrap();
    println!("threads  tags         codes  seconds  codes/s/thread  codes/h/thread");
    for threads in [1, 2] {
        let tags = folder.path().join(format!("tags-{threads}"));
        let options = BulkOptions {
            now,
            issued: now,
            kid: None,
            life_s: None,
            kinds: Kinds::All,
            most: MAX_ROWS,
            threads: NonZeroUsize::new(threads).unwrap(),
            tags: &tags,
            held_to: HeldTo::Nothing,
        };
        let rates = ["made", "remembered"].map(|how| {
            let (mut told, started) = (|_| (), Instant::now());
            let mut target = CsvCodes::begin(Vec::new(), Vec::new(), &mut told).unwrap();
            let done = province.issue_table(table.as_bytes(), &mut target, &options, &mut rng).unwrap();
            assert_eq!((done.codes, done.rejected), (PEOPLE, 0));
            let seconds = started.elapsed().as_secs_f64();
            let rate = PEOPLE as f64 / seconds / threads as f64;
            println!(
                "{threads:>7}  {how:<10} {PEOPLE:>7} {seconds:>8.2} {rate:>15.0} {:>15.0}",
                rate * 3600.0
            );
            rate
        });
        println!(
            "         a person tag costs {:.1} times what reading, signing and proving cost",
            rates[1] / rates[0] - 1.0
        );
    }
}
