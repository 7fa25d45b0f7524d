//! What is published is what the terminal's own loaders accept, whole, and never something else under a name.
#![expect(clippy::unwrap_used, reason = "a test's helpers: a failure here is the test's failure")]

#[path = "support/device.rs"]
mod support;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use gate_core::believed::{Places, RiskLevels};
use gate_core::envelope::{self, Envelopes, KeyPurpose};
use gate_core::keyset::{KeySet, Region};
use gate_core::manifest::{Dataset, Demo, FILE_NAME, Manifest};
use gate_core::policy::Policy;
use gate_core::query::TerminalNumber;
use gate_core::staff::StaffList;
use gate_core::verdict::{Direction, PlaceKind};
use gate_proof::digest::sha256;
use gate_proof::seal::OpeningKey;
use gate_signing::demo::DemoProvince;
use gate_signing::demo_issuers::DemoIssuer;
use gate_signing::inputs::Inputs;
use gate_signing::key_name::KeyName;
use gate_signing::list::Listed;
use gate_signing::publish::{
    Device, KeysNotPublished, Publication, PublishError, Published, TERMINAL_KEYS_FILE,
};
use gate_signing::revocation::Revocation;
use gate_status::{Answer, Revocations, Scope, SealedList, StatusList};
use gate_wire::credential::{Colour, CredentialId, Role};
use gate_wire::document::{Document, DocumentKind};
use gate_wire::time::Timestamp;
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use support::list_keys;

fn now() -> Timestamp {
    Timestamp::from_unix(1_795_104_000).unwrap()
}

fn terminal() -> TerminalNumber {
    TerminalNumber::new(7).unwrap()
}

fn person() -> Document {
    Document::parse(DocumentKind::ResidentId, "510100194001010010").unwrap()
}

fn demo() -> DemoProvince {
    let mut demo = DemoProvince::from_seed([9; 32], now()).unwrap();
    demo.add_staff(&person(), Role::Attendant, b"482913").unwrap();
    let code = Revocation::Credential(DemoIssuer::Province.kid(), CredentialId([5; 8]));
    demo.province_mut().revoke(&[code], now()).unwrap();
    demo
}

fn list(demo: &mut DemoProvince, path: &Path, colour: Colour) {
    let subjects = vec![demo.subject(&person()).unwrap()];
    let people = [Listed { subjects, colour }].into_iter();
    demo.build_list(path, Scope::Population, now().minus(3600), people).unwrap();
}

fn publish(
    demo: &mut DemoProvince,
    out: &Path,
    status: Option<&Path>,
    without: &[Dataset],
) -> Result<Published, PublishError> {
    let inputs = Inputs::demo();
    demo.publish(
        out,
        &Publication {
            now: now(),
            terminal: terminal(),
            device: Device::MadeHere,
            inputs: &inputs,
            status,
            deltas: &[],
            without,
        },
    )
}

fn manifest(out: &Path) -> Manifest {
    Manifest::load(&fs::read(out.join(FILE_NAME)).unwrap()).unwrap()
}

fn bytes(out: &Path, dataset: Dataset) -> Vec<u8> {
    let manifest = manifest(out);
    let entry = manifest.find(dataset).unwrap();
    let bytes = fs::read(out.join(entry.file.as_str())).unwrap();
    assert_eq!((bytes.len() as u64, *sha256(&[&bytes]).as_bytes()), (entry.length, entry.sha256));
    bytes
}

#[test]
fn every_dataset_is_there_and_loads() {
    let (dir, mut demo) = (tempfile::tempdir().unwrap(), demo());
    let (out, table) = (dir.path().join("believed"), dir.path().join("list.db"));
    list(&mut demo, &table, Colour::Red);
    let published = publish(&mut demo, &out, Some(&table), &[]).unwrap();
    let manifest = manifest(&out);
    assert_eq!((published.generation, manifest.generation, manifest.entries().len()), (1, 1, 9));
    let province = &manifest.province;
    assert_eq!((province.region, province.demo), (Region::parse("510000").unwrap(), Demo::Yes));
    let keys = KeySet::load(&bytes(&out, Dataset::KeySet)).unwrap();
    assert_eq!((keys.keys().len(), keys.issued()), (8, now()));
    for (dataset, kind) in
        [(Dataset::PolicyStation, PlaceKind::Station), (Dataset::PolicyHospital, PlaceKind::Hospital)]
    {
        let policy = Policy::load(&bytes(&out, dataset)).unwrap();
        assert!(policy.settings().places.contains(&kind) && policy.version() == 1);
    }
    let places = Places::load(&bytes(&out, Dataset::Places)).unwrap();
    assert_eq!(places.find(2).unwrap().direction(9), Some(Direction::Out));
    RiskLevels::load(&bytes(&out, Dataset::RiskLevels)).unwrap();
    let staff = bytes(&out, Dataset::StaffList);
    StaffList::load(&staff).unwrap();
    let staff = String::from_utf8(staff.clone()).unwrap();
    assert!(staff.contains("pin_mac") && !staff.contains("pin_hash"), "PINs are under the province's key");
    assert_eq!(bytes(&out, Dataset::Revocations)[..8], *b"TFREVOK1");
    let file = out.join(manifest.find(Dataset::Revocations).unwrap().file.as_str());
    let revocations = Revocations::open(fs::File::open(file).unwrap(), |_| {}).unwrap();
    assert_eq!((revocations.head().credentials, revocations.head().version), (1, 2));
    bytes(&out, Dataset::StatusList);
    let entry = manifest.find(Dataset::StatusList).unwrap();
    assert_eq!((entry.as_of, entry.version), (now().minus(3600), 1));
    let keys = list_keys(&out);
    let table = SealedList::open(&out.join(entry.file.as_str()), &keys).unwrap();
    let subject = demo.subject(&person()).unwrap();
    assert_eq!(table.find(&subject), Ok(Answer::Listed(Colour::Red)));
}

#[test]
fn day_keys_are_those_whose_seeds_the_desk_holds_one_a_day() {
    let (dir, mut demo) = (tempfile::tempdir().unwrap(), demo());
    publish(&mut demo, dir.path(), None, &[]).unwrap();
    let document: serde_json::Value = serde_json::from_slice(&bytes(dir.path(), Dataset::DayKeys)).unwrap();
    let keys = document["keys"].as_array().unwrap();
    assert_eq!(keys.len(), 90);
    for (key, day) in keys.iter().zip(now().civil_day().0..) {
        assert_eq!(key["day"], day);
        let id = u32::try_from(key["id"].as_u64().unwrap()).unwrap();
        assert!(demo.key_seed(KeyName::Day(id)).is_some());
    }
}

fn text(dir: &Path, name: &str) -> String {
    fs::read_to_string(dir.join(name)).unwrap()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn the_terminals_own_keys_are_in_a_file_that_its_owner_reads_and_the_provinces_are_nowhere_in_plain() {
    let (dir, mut demo) = (tempfile::tempdir().unwrap(), demo());
    let (out, table) = (dir.path().join("believed"), dir.path().join("list.db"));
    list(&mut demo, &table, Colour::Red);
    publish(&mut demo, &out, Some(&table), &[]).unwrap();
    let path = out.join(TERMINAL_KEYS_FILE);
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let keys: serde_json::Value = serde_json::from_str(&text(&out, TERMINAL_KEYS_FILE)).unwrap();
    assert_eq!((keys["format"].as_u64(), keys["terminal"].as_u64()), (Some(2), Some(7)));
    for (field, name) in [
        ("record_key_seed", KeyName::TerminalRecord(terminal())),
        ("use_key", KeyName::TerminalUse(terminal())),
    ] {
        assert_eq!(keys[field].as_str().unwrap(), hex(&demo.key_seed(name).unwrap()), "{field}");
    }
    let (device, envelopes) = support::device_and_envelopes(&out);
    for (purpose, name) in [(KeyPurpose::SubjectKey, KeyName::Subject), (KeyPurpose::LinkKey, KeyName::Link)]
    {
        let opened = envelopes.open(&device, (purpose, 0)).unwrap();
        assert_eq!(opened.as_bytes(), &demo.key_seed(name).unwrap(), "{purpose:?}");
    }
    let mut secrets = vec![demo.key_seed(KeyName::Subject).unwrap(), demo.key_seed(KeyName::Link).unwrap()];
    secrets.extend(list_keys(&out).bytes().map(|(_, key)| *key));
    assert_eq!(secrets.len(), 4);
    for file in fs::read_dir(&out).unwrap() {
        let bytes = fs::read(file.unwrap().path()).unwrap();
        for secret in &secrets {
            let spelled = hex(secret);
            assert!(!bytes.windows(32).any(|window| window == secret));
            assert!(!bytes.windows(64).any(|window| window == spelled.as_bytes()));
        }
    }
    let first = text(&out, TERMINAL_KEYS_FILE);
    publish(&mut demo, &out, Some(&table), &[]).unwrap();
    assert_eq!(
        text(&out, TERMINAL_KEYS_FILE),
        first,
        "its device key stays: a power cut in between costs nothing"
    );
}

#[test]
fn an_enrolled_device_gets_envelopes_alone_and_its_own_keys_are_never_touched() {
    let (dir, mut demo) = (tempfile::tempdir().unwrap(), demo());
    let own = dir.path().join(TERMINAL_KEYS_FILE);
    let device = OpeningKey::from_seed(&[4; 32]);
    fs::write(&own, "made by gate enrol").unwrap();
    let refused = publish(&mut demo, dir.path(), None, &[]).unwrap_err();
    assert!(matches!(refused, PublishError::Keys(KeysNotPublished::KeepOwn(_))), "{refused}");
    let (inputs, key) = (Inputs::demo(), device.sealing_key());
    let publication = Publication {
        now: now(),
        terminal: terminal(),
        device: Device::Enrolled(&key),
        inputs: &inputs,
        status: None,
        deltas: &[],
        without: &[],
    };
    demo.publish(dir.path(), &publication).unwrap();
    assert_eq!(text(dir.path(), TERMINAL_KEYS_FILE), "made by gate enrol");
    let envelopes = Envelopes::load(&fs::read(dir.path().join(envelope::FILE_NAME)).unwrap()).unwrap();
    let opened = envelopes.open(&device, (KeyPurpose::SubjectKey, 0)).unwrap();
    assert_eq!(opened.as_bytes(), &demo.key_seed(KeyName::Subject).unwrap());
}

#[test]
fn between_two_epochs_the_keys_of_both_are_there() {
    let (dir, mut demo) = (tempfile::tempdir().unwrap(), demo());
    let (out, table) = (dir.path().join("believed"), dir.path().join("list.db"));
    list(&mut demo, &table, Colour::Red);
    publish(&mut demo, &out, Some(&table), &[]).unwrap();
    let next = dir.path().join("next.db");
    list(&mut demo, &next, Colour::Green);
    publish(&mut demo, &out, Some(&next), &[]).unwrap();
    let (_, envelopes) = support::device_and_envelopes(&out);
    assert!(envelopes.epochs().eq([2, 1]), "a cut before the manifest leaves the epoch in force readable");
    publish(&mut demo, &out, Some(&next), &[]).unwrap();
    assert!(support::device_and_envelopes(&out).1.epochs().eq([2]));
}

#[test]
fn a_dataset_left_out_is_not_in_the_manifest() {
    let (dir, mut demo) = (tempfile::tempdir().unwrap(), demo());
    publish(&mut demo, dir.path(), None, &[Dataset::KeySet]).unwrap();
    let manifest = manifest(dir.path());
    assert!(manifest.find(Dataset::KeySet).is_none() && manifest.find(Dataset::StatusList).is_none());
    assert_eq!(manifest.entries().len(), 7);
}

#[test]
fn a_new_generation_names_new_files_and_keeps_the_old_ones_as_they_were() {
    let (dir, mut demo) = (tempfile::tempdir().unwrap(), demo());
    let (out, table) = (dir.path().join("believed"), dir.path().join("list.db"));
    list(&mut demo, &table, Colour::Red);
    publish(&mut demo, &out, Some(&table), &[]).unwrap();
    let (first, old) = (manifest(&out), bytes(&out, Dataset::KeySet));
    publish(&mut demo, &out, Some(&table), &[]).unwrap();
    let second = manifest(&out);
    assert_eq!((second.generation, second.find(Dataset::KeySet).unwrap().version), (2, 2));
    assert_eq!(second.find(Dataset::StatusList).unwrap().file, first.find(Dataset::StatusList).unwrap().file);
    assert_eq!(fs::read(out.join(first.find(Dataset::KeySet).unwrap().file.as_str())).unwrap(), old);
}

#[test]
fn nothing_is_published_backwards_or_over_another_province() {
    let (dir, mut ours) = (tempfile::tempdir().unwrap(), demo());
    publish(&mut ours, dir.path(), None, &[]).unwrap();
    let before = fs::read(dir.path().join(FILE_NAME)).unwrap();
    let refused = publish(&mut demo(), dir.path(), None, &[]).unwrap_err();
    assert!(matches!(refused, PublishError::MoveForward { found: 1, ours: 1, .. }), "{refused}");
    let mut other = DemoProvince::from_seed([1; 32], now()).unwrap();
    let refused = publish(&mut other, dir.path(), None, &[]).unwrap_err();
    assert!(matches!(refused, PublishError::KeepProvince { .. }), "{refused}");
    assert_eq!(fs::read(dir.path().join(FILE_NAME)).unwrap(), before);
}

#[test]
fn a_published_name_never_stands_for_other_bytes() {
    let (dir, mut demo) = (tempfile::tempdir().unwrap(), demo());
    fs::write(dir.path().join("places.1.json"), "{}").unwrap();
    let refused = publish(&mut demo, dir.path(), None, &[]).unwrap_err();
    assert!(matches!(refused, PublishError::KeepFile { .. }), "{refused}");
    assert!(!dir.path().join(FILE_NAME).exists());
}

#[test]
fn a_document_that_the_gate_would_refuse_is_not_published_at_all() {
    let (dir, mut demo) = (tempfile::tempdir().unwrap(), demo());
    let out = dir.path().join("believed");
    let good = Inputs::demo();
    for inputs in [
        Inputs {
            policy_station: good.policy_station.replace("\"verdict\": \"stop\"", "\"verdict\": \"pass\""),
            ..good.clone()
        },
        Inputs { places: good.places.replace("510100", "51010"), ..good.clone() },
        Inputs { risk_levels: good.risk_levels.replace("low", "none"), ..good.clone() },
        Inputs { policy_hospital: good.policy_station.clone(), ..good.clone() },
    ] {
        let publication = Publication {
            now: now(),
            terminal: terminal(),
            device: Device::MadeHere,
            inputs: &inputs,
            status: None,
            deltas: &[],
            without: &[],
        };
        assert!(matches!(demo.publish(&out, &publication), Err(PublishError::Input(_))));
    }
    assert!(!out.exists());
}

#[test]
fn a_terminal_without_keys_of_its_own_gets_nothing() {
    let (dir, demo) = (tempfile::tempdir().unwrap(), demo());
    let (out, inputs) = (dir.path().join("believed"), Inputs::demo());
    let publication = Publication {
        now: now(),
        terminal: terminal(),
        device: Device::MadeHere,
        inputs: &inputs,
        status: None,
        deltas: &[],
        without: &[],
    };
    let refused =
        demo.province().publish(&out, &publication, &mut ChaCha20Rng::from_seed([1; 32])).unwrap_err();
    assert!(matches!(refused, PublishError::Prepare { terminal: 7 }), "{refused}");
    assert!(!out.exists());
}
