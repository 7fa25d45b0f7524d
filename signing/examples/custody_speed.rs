//! Signatures a second by each custody: in a batch (one line of the log), and one by one (a line, synced, each).
//! `cargo run --release -p gate-signing --features pkcs11 --example custody_speed [MODULE LABEL PIN]`; the token by
//! PKCS#11 only where the three words are given, e.g. for SoftHSM2 with SOFTHSM2_CONF set.
//! Promises: desks of its own in a temporary folder. Keys that it makes in a token stay there: give it one of its own.

use std::error::Error;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use gate_core::keyset::Region;
use gate_core::manifest::Demo;
use gate_proof::stretch::MemoryKib;
use gate_signing::custody::{Asked, CustodyFault, Prompt};
use gate_signing::desk::Desk;
use gate_signing::desk::access::{Access, CustodyChoice, TokenAddress};
use gate_signing::key_name::KeyName;
use gate_signing::key_ring::Work;
use gate_signing::log::entry::Operation;
use gate_signing::province::Founding;
use gate_wire::cose::Kid;
use gate_wire::time::Timestamp;
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use zeroize::Zeroizing;

const SPELL: Duration = Duration::from_secs(2);
/// As long as what is signed of a paper code.
const MESSAGE: [u8; 110] = [7; 110];

struct Answers(String);

impl Prompt for Answers {
    fn ask(&self, asked: Asked) -> Result<Zeroizing<String>, CustodyFault> {
        let pin = asked == Asked::TokenPin;
        Ok(Zeroizing::new(if pin { self.0.clone() } else { "a passphrase".into() }))
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let dir = tempfile::tempdir()?;
    measure(dir.path(), ("plain", CustodyChoice::Plain), "")?;
    measure(dir.path(), ("age", CustodyChoice::Age), "")?;
    if let [module, label, pin] = &words[..] {
        let region = Region::parse("510000").ok_or("region")?;
        let mut rng = ChaCha20Rng::from_seed([8; 32]);
        let address = TokenAddress::for_new_desk((module.into(), label.clone()), region, &mut rng);
        measure(dir.path(), ("pkcs11", CustodyChoice::Token(address)), pin)?;
    }
    Ok(())
}

fn measure(dir: &Path, (name, choice): (&str, CustodyChoice), pin: &str) -> Result<(), Box<dyn Error>> {
    let founding = Founding {
        region: Region::parse("510000").ok_or("region")?,
        nature: Demo::Yes,
        tag_memory: MemoryKib::LEAST,
        founded: Timestamp::from_unix(1_795_104_000).ok_or("time")?,
        days: 1,
    };
    let access = Access { prompt: Arc::new(Answers(pin.into())), ..Access::demo() };
    let mut rng = ChaCha20Rng::from_seed([9; 32]);
    let desk = Desk::found(&dir.join(name), &founding, &choice, &access, &mut rng)?;
    let issuer = KeyName::Issuer(Kid(*b"sc02"));
    let work = |operation, most| Work { operation, most, case: None };
    let key = desk.province.begin(issuer, &work(Operation::BatchBegin, u64::MAX))?;
    let batch = count(|| key.sign(&MESSAGE).map(drop))?;
    let single = count(|| desk.province.begin(issuer, &work(Operation::Issue, 1))?.sign(&MESSAGE).map(drop))?;
    println!(
        "{name:<7} {batch:>8.0} a second in a batch, {single:>6.0} a second with a line of the log each"
    );
    Ok(())
}

fn count(mut one: impl FnMut() -> Result<(), CustodyFault>) -> Result<f64, CustodyFault> {
    let (start, mut done) = (Instant::now(), 0_u32);
    while start.elapsed() < SPELL {
        one()?;
        done += 1;
    }
    Ok(f64::from(done) / start.elapsed().as_secs_f64())
}
