//! A terminal's own keys are made where they stay; the desk seals the province's to its device key; no other opens them.
#![expect(clippy::unwrap_used, reason = "test helpers: what goes wrong here must fail the test")]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use gate_core::envelope;
use gate_core::query::TerminalNumber;
use gate_proof::seal::SealingKey;
use gate_signing::inputs::Inputs;
use gate_signing::publish::{Device, Publication};
use gate_sim::stage::{beginning, province};
use gate_terminal::enrol;
use gate_terminal::secrets::{FILE_NAME, Secrets};

/// Enrols terminal `number` and gives its device key as printed.
fn enrolled(directory: &Path, number: u32) -> SealingKey {
    let mut out = Vec::new();
    enrol::run(directory, number, &mut out).unwrap();
    let text = String::from_utf8(out).unwrap();
    let device = text.lines().find_map(|line| line.strip_prefix("device ")).unwrap();
    SealingKey::admit(&gate_core::json::hex(device).unwrap()).unwrap()
}

fn publish(directory: &Path, number: u32, key: &SealingKey) {
    let publication = Publication {
        now: beginning().minus(3_600),
        terminal: TerminalNumber::new(number).unwrap(),
        device: Device::Enrolled(key),
        inputs: &Inputs::demo(),
        status: None,
        deltas: &[],
        without: &[],
    };
    province().unwrap().publish(directory, &publication).unwrap();
}

#[test]
fn an_enrolled_terminal_opens_what_was_sealed_to_it_and_nobody_else_does() {
    let (ours, theirs) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let key = enrolled(ours.path(), 7);
    publish(ours.path(), 7, &key);
    let secrets = Secrets::load(ours.path()).unwrap();
    assert_eq!(secrets.terminal.value(), 7);
    let mode = fs::metadata(ours.path().join(FILE_NAME)).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode, 0o600);

    enrolled(theirs.path(), 7);
    fs::copy(ours.path().join(envelope::FILE_NAME), theirs.path().join(envelope::FILE_NAME)).unwrap();
    let refused = Secrets::load(theirs.path()).unwrap_err();
    assert!(format!("{refused:#}").contains("was sealed to another device"), "{refused:#}");
    publish(theirs.path(), 8, &enrolled(&theirs.path().join("other"), 8));
    let refused = Secrets::load(theirs.path()).unwrap_err();
    assert!(format!("{refused:#}").contains("are for terminal 8, this is terminal 7"), "{refused:#}");
}

#[test]
fn a_terminals_own_keys_are_made_once() {
    let directory = tempfile::tempdir().unwrap();
    enrolled(directory.path(), 7);
    let before = fs::read(directory.path().join(FILE_NAME)).unwrap();
    assert!(enrol::run(directory.path(), 7, &mut Vec::new()).is_err());
    assert_eq!(fs::read(directory.path().join(FILE_NAME)).unwrap(), before);
    assert!(enrol::run(&directory.path().join("new"), 131_072, &mut Vec::new()).is_err());
}
