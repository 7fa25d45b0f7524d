//! The suite's `test_file_download`: what a target's bytes are, by every carrier. The target is a dataset of `trust`: a terminal asks
//! for no other files.

use std::fs;
use std::process::Command;

use gate_core::manifest::Manifest;
use gate_trust::refusal::Cause;
use gate_tuf::{Targets, Unsigned};

use super::super::authority::{entry, key};
use super::super::land::{Carrier, Land, in_force};

const CARRIERS: [Carrier; 3] = [Carrier::Spool, Carrier::Https, Carrier::Stick];
const NAME: &str = "key-set.json";

/// The target's bytes, as they were published last.
fn published(land: &Land) -> Vec<u8> {
    let targets = land.trust.repo.published_targets().unwrap().unwrap();
    let digest = &targets.targets[NAME].hashes["sha256"];
    fs::read(land.trust.repo.public().join(format!("targets/{digest}.{NAME}"))).unwrap()
}

/// Those that are in force.
fn taken(land: &Land) -> Vec<u8> {
    let manifest = Manifest::load(&land.manifest()).unwrap();
    let entry = manifest.entries().iter().find(|entry| entry.file.starts_with("key-set")).unwrap();
    fs::read(land.to.data.join(entry.file.as_str())).unwrap()
}

fn carry_anew(land: &Land) {
    let _ = fs::remove_dir_all(land.brought());
    land.carry();
}

/// A byte of the target is another one in what is brought.
fn substitute(land: &Land) {
    let targets = land.trust.repo.published_targets().unwrap().unwrap();
    let digest = &targets.targets[NAME].hashes["sha256"];
    let path = land.spooled(&format!("targets/{digest}.{NAME}"));
    let mut bytes = fs::read(&path).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    fs::write(&path, bytes).unwrap();
}

#[test]
fn a_target_is_taken_as_it_was_published() {
    for carrier in CARRIERS {
        let mut land = Land::by(carrier);
        land.bring_in();
        assert!(taken(&land) == published(&land));
    }
}

#[test]
fn a_target_in_a_folder_is_taken() {
    for carrier in CARRIERS {
        let mut land = Land::by(carrier);
        let keys = land.to.data.join("province.keys.json");
        assert!(!keys.exists());
        land.bring_in();
        let targets = land.trust.repo.published_targets().unwrap().unwrap();
        assert!(targets.targets.contains_key("keys/7.json"));
        assert!(keys.exists(), "what was sealed to this terminal is opened");
    }
}

#[test]
fn a_target_that_changes_again_and_again_is_the_newest_and_never_a_substitute() {
    for carrier in CARRIERS {
        let mut land = Land::by(carrier);
        for number in 0..11 {
            land.bring_out();
            // A terminal does not see them all.
            if number % 5 != 0 {
                continue;
            }
            carry_anew(&land);
            assert!(!land.keep().has_refusals());
            let good = published(&land);
            assert!(taken(&land) == good, "{carrier:?}: {number}");
            land.bring_out();
            carry_anew(&land);
            substitute(&land);
            assert!(land.keep().line("key-set").unwrap().refused.is_some());
            assert!(taken(&land) == good, "{carrier:?}: {number}: the one before stays");
        }
    }
}

/// The published targets with a change, signed by both authorities and announced.
fn announced(land: &Land, change: impl FnOnce(&mut Targets)) {
    let mut targets = land.trust.repo.published_targets().unwrap().unwrap();
    let version = targets.version;
    change(&mut targets);
    let mut changed = Unsigned::of(&targets).unwrap();
    let message = changed.to_sign().unwrap();
    for number in &land.trust.roster.targets {
        changed.add(&entry(*number), &key(*number).sign(&message).unwrap());
    }
    fs::write(land.spooled(&format!("metadata/{version}.targets.json")), changed.to_text()).unwrap();
    land.trust.announce(&land.brought().join("trust"), version, land.now);
}

fn sha512(land: &Land) -> String {
    let path = land.folder.path().join("summed");
    fs::write(&path, published(land)).unwrap();
    let output = Command::new("sha512sum").arg(path).output().unwrap();
    String::from_utf8(output.stdout).unwrap().split(' ').next().unwrap().to_owned()
}

#[test]
fn a_target_with_another_digest_beside_its_sha_256_is_taken() {
    for carrier in CARRIERS {
        let mut land = Land::by(carrier);
        land.bring_out();
        land.carry();
        let sum = sha512(&land);
        announced(&land, |targets| {
            targets.targets.get_mut(NAME).unwrap().hashes.insert("sha512".into(), sum);
        });
        let report = land.keep();
        assert!(!report.has_refusals(), "{}", report.in_words());
        assert!(taken(&land) == published(&land));
    }
}

/// SHA-256 is the one digest that is looked at: a target without it is not in what was brought, and the others are taken.
#[test]
fn a_target_without_a_sha_256_is_not_taken() {
    for (carrier, digest) in
        CARRIERS.into_iter().flat_map(|carrier| [(carrier, "sha512"), (carrier, "unknown")])
    {
        let mut land = Land::by(carrier);
        land.bring_out();
        land.carry();
        let sum = sha512(&land);
        announced(&land, |targets| {
            targets.targets.get_mut(NAME).unwrap().hashes = [(digest.to_owned(), sum)].into();
        });
        let report = land.keep();
        let refusal = report.line("key-set").unwrap().refused.clone().unwrap();
        assert_eq!((refusal.cause, in_force(&report, "key-set")), (Cause::Missing, None), "{refusal}");
        assert!(in_force(&report, "staff-list").is_some(), "{}", report.in_words());
    }
}
