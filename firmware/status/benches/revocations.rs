//! Revocations at a province's size: bytes an entry, time to write and open, time of a question, memory.
//! `cargo bench -p gate-status --bench revocations -- [--credentials N] [--people N]`. Nothing is asserted but that no answer is
//! wrong: times are of this machine.
#![allow(clippy::unwrap_used, reason = "a measuring program: an error ends it")]

use std::fs::File;
use std::time::{Duration, Instant};

use gate_proof::digest::{Hasher, sha256};
use gate_proof::subject::Subject;
use gate_status::{Revocations, RevocationsHead, RevokedCredential, Standing, VoidBefore, write_revocations};
use gate_wire::cose::Kid;
use gate_wire::credential::CredentialId;
use gate_wire::time::Timestamp;

const QUESTIONS: u64 = 100_000;

fn main() {
    let words: Vec<String> = std::env::args().collect();
    let after = |name: &str| words.iter().position(|word| word == name).and_then(|at| words.get(at + 1));
    let number = |name: &str, default: u64| after(name).map_or(default, |text| text.parse().unwrap());
    let (credentials, people) =
        (credentials(number("--credentials", 1_000_000)), people(number("--people", 100_000)));
    let file = tempfile::NamedTempFile::new().unwrap();
    let head = RevocationsHead { version: 1, as_of: at(0), credentials: 0, subjects: 0 };
    let began = Instant::now();
    let mut bytes = Vec::new();
    write_revocations(&mut bytes, &head, &credentials, &people).unwrap();
    println!("write: {:?}, {} bytes", began.elapsed(), bytes.len());
    std::fs::write(file.path(), &bytes).unwrap();
    let of_people = people.len() as f64 * 16.0 * 4096.0 / (255.0 * 16.0);
    println!("bytes a credential: {:.2}", (bytes.len() as f64 - of_people) / credentials.len().max(1) as f64);
    let before = resident_kib();
    let (began, mut hasher) = (Instant::now(), Hasher::new());
    let revocations =
        Revocations::open(File::open(file.path()).unwrap(), |part| hasher.update(part)).unwrap();
    assert_eq!(hasher.finish(), sha256(&[&bytes]));
    println!("open and check: {:?}", began.elapsed());
    println!(
        "index: {} bytes; resident set grew by {} KiB",
        revocations.index_bytes(),
        resident_kib() - before
    );
    ask(&revocations, &credentials, &people);
}

fn at(seconds: u64) -> Timestamp {
    Timestamp::from_unix(1_795_000_000 + seconds).unwrap()
}

fn random(number: u64) -> [u8; 32] {
    sha256(&[&number.to_be_bytes()]).0
}

fn credentials(count: u64) -> Vec<RevokedCredential> {
    let kids = [Kid(*b"bj01"), Kid(*b"cn01"), Kid(*b"lab1"), Kid(*b"sc01"), Kid(*b"sc02")];
    let one = |n: u64| {
        let id = random(n)[..8].try_into().unwrap();
        RevokedCredential { kid: kids[n as usize % kids.len()], id: CredentialId(id) }
    };
    let mut all: Vec<_> = (0..count).map(one).collect();
    all.sort_unstable();
    all
}

fn people(count: u64) -> Vec<VoidBefore> {
    let subject = |n: u64| Subject::from_bytes(random(n | 1 << 60)[..12].try_into().unwrap());
    let mut all: Vec<_> =
        (0..count).map(|n| VoidBefore { subject: subject(n), before: at(n % 1000) }).collect();
    all.sort_unstable_by_key(|void| *void.subject.as_bytes());
    all
}

/// Questions as a gate asks them: mostly codes that nobody revoked, of people who are not there.
fn ask(revocations: &Revocations, credentials: &[RevokedCredential], people: &[VoidBefore]) {
    let mut times = Vec::new();
    for n in 0..QUESTIONS {
        let dice = random(n | 1 << 61);
        let pick = |of: usize| usize::from_be_bytes(dice[8..16].try_into().unwrap()) % of.max(1);
        let stranger = Subject::from_bytes(dice[16..28].try_into().unwrap());
        let id = CredentialId(dice[..8].try_into().unwrap());
        let (of, subject, issued, expected) = match n % 10 {
            0 if !credentials.is_empty() => {
                let of = credentials[pick(credentials.len())];
                ((of.kid, of.id), stranger, at(0), Standing::Void)
            }
            1 if !people.is_empty() => {
                let void = people[pick(people.len())];
                ((Kid(*b"sc02"), id), void.subject, void.before.minus(1), Standing::Void)
            }
            _ => ((Kid(*b"sc02"), id), stranger, at(0), Standing::NotRevoked),
        };
        let began = Instant::now();
        let answer = revocations.standing(of, issued, Some(&subject)).unwrap();
        times.push(began.elapsed());
        assert_eq!(answer, expected);
    }
    times.sort_unstable();
    let part = |share: f64| times[(times.len() as f64 * share) as usize];
    let all: Duration = times.iter().sum();
    println!(
        "{QUESTIONS} questions of a credential and a person, at most 2 page reads each: mean {:?}, p50 {:?}, p99 {:?}",
        all / QUESTIONS as u32,
        part(0.5),
        part(0.99)
    );
}

fn resident_kib() -> i64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmRSS")).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|word| word.parse().ok()).unwrap_or(0)
}
