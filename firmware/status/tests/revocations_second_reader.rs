//! A second reader of revocations, in Python, written from the format document: it agrees with ours.
//! Needs python3 (env GATE_PYTHON names another interpreter).
#![allow(clippy::unwrap_used, reason = "a test program: an error is a failed test")]

use std::fs::File;
use std::path::Path;
use std::process::Command;

use gate_proof::digest::sha256;
use gate_proof::subject::Subject;
use gate_status::{Revocations, RevocationsHead, RevokedCredential, Standing, VoidBefore, write_revocations};
use gate_wire::cose::Kid;
use gate_wire::credential::CredentialId;
use gate_wire::time::Timestamp;

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn at(seconds: u64) -> Timestamp {
    Timestamp::from_unix(1_795_000_000 + seconds).unwrap()
}

fn credential(n: u32) -> RevokedCredential {
    let id = sha256(&[&n.to_be_bytes()]).0[..8].try_into().unwrap();
    RevokedCredential {
        kid: Kid([b"sc01", b"sc02", b"lab1"][n as usize % 3].to_owned()),
        id: CredentialId(id),
    }
}

fn person(n: u32) -> VoidBefore {
    let subject = sha256(&[b"person", &n.to_be_bytes()]).0[..12].try_into().unwrap();
    VoidBefore { subject: Subject::from_bytes(subject), before: at(u64::from(n)) }
}

#[test]
fn a_reader_written_from_the_format_document_agrees() {
    let python = std::env::var("GATE_PYTHON").unwrap_or_else(|_| "python3".into());
    if !Command::new(&python).arg("--version").output().is_ok_and(|output| output.status.success()) {
        println!("SKIPPED a_reader_written_from_the_format_document_agrees: no {python}");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("revocations.tfr");
    let mut credentials: Vec<_> = (0..1_600).map(credential).collect();
    credentials.sort();
    let mut people: Vec<_> = (0..600).map(person).collect();
    people.sort_by_key(|void| *void.subject.as_bytes());
    let head = RevocationsHead { version: 3, as_of: at(0), credentials: 0, subjects: 0 };
    write_revocations(&mut File::create(&path).unwrap(), &head, &credentials, &people).unwrap();
    let ours = Revocations::open(File::open(&path).unwrap(), |_| {}).unwrap();
    let nobody = Kid(*b"cn01");
    let (mut questions, mut expected) = (Vec::new(), Vec::new());
    for n in 1_200..2_000 {
        let of = credential(n);
        questions.push(format!("{}:{}", hex(&of.kid.0), hex(&of.id.0)));
        expected.push(ours.standing((of.kid, of.id), at(0), None).unwrap());
        let void = person(n - 1_000);
        let issued = void.before.minus(u64::from(n % 2));
        questions.push(format!("{}@{}", hex(void.subject.as_bytes()), issued.unix()));
        expected.push(ours.standing((nobody, of.id), issued, Some(&void.subject)).unwrap());
    }
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/python/revocations_reader.py");
    let output = Command::new(&python).arg(script).arg(&path).args(&questions).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let said = String::from_utf8(output.stdout).unwrap();
    let mut lines = said.lines();
    assert_eq!(lines.next(), Some("version 3 as of 1795000000: 1600 credentials, 600 people"));
    let theirs: Vec<_> = lines.map(|line| line.starts_with("void")).collect();
    let ours: Vec<_> = expected.iter().map(|standing| *standing == Standing::Void).collect();
    assert_eq!(theirs, ours);
    assert!(ours.iter().filter(|void| **void).count() > 500 && ours.iter().any(|void| !void));
}
