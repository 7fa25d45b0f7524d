//! What one proof and one person tag cost on this machine: `cargo bench -p gate-proof`.
//! Least of many interleaved rounds, in microseconds; the ratios are what travels to another machine.
#![expect(clippy::unwrap_used, reason = "a benchmark on made-up values")]

use std::hint::black_box;
use std::time::{Duration, Instant};

use gate_proof::cose::{Aad, sign, verify};
use gate_proof::ed25519::{PublicKey, SigningKey};
use gate_proof::seal::{OpeningKey, SealInfo, seal_record};
use gate_proof::stretch::{Block, MemoryKib, TagMemory};
use gate_proof::subject::{PersonTag, ProvinceSalt};
use gate_wire::cose::{Kid, Sign1};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;

const ROUNDS: usize = 41;

fn main() {
    let key = SigningKey::from_seed(&[1; 32]);
    let public = key.public_key();
    let bytes = sign::<160>(&key, Kid(*b"sc01"), Aad::Credential, &[7; 56]).unwrap();
    let message = Sign1::parse(&bytes).unwrap();
    let province = ProvinceSalt::new([3; 16], MemoryKib::DEFAULT);
    let mut blocks = vec![Block::new(); MemoryKib::DEFAULT.blocks()];
    let day = OpeningKey::from_seed(&[2; 32]).sealing_key();
    let mut rng = ChaCha20Rng::seed_from_u64(4);

    let mut least = [Duration::MAX; 4];
    for _ in 0..ROUNDS {
        let round = [
            time(|| verify(black_box(&message), Aad::Credential, &public).unwrap()),
            time(|| PublicKey::admit(black_box(public.as_bytes())).unwrap()),
            time(|| seal_record(&day, SealInfo::RECORD, b"place", black_box(&[5; 160]), &mut rng).unwrap()),
            time(|| {
                let memory = &mut TagMemory::over(&mut blocks);
                PersonTag::derive(1, black_box(b"510100199001010018"), &province, memory).unwrap()
            }),
        ];
        least = std::array::from_fn(|i| least[i].min(round[i]));
    }
    let names = ["COSE verify (strict)", "key admission", "HPKE seal of 160 bytes", "person tag, 1 MiB"];
    for (name, took) in names.iter().zip(least) {
        let ratio = took.as_secs_f64() / least[0].as_secs_f64();
        println!("{name:<24} {:>8.1} us   {ratio:>6.2} x verify", took.as_secs_f64() * 1e6);
    }
}

fn time<T>(work: impl FnOnce() -> T) -> Duration {
    let start = Instant::now();
    black_box(work());
    start.elapsed()
}
