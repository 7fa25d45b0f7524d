//! The manual's walk-through of a real province, typed as it stands there.
#![expect(clippy::unwrap_used, reason = "a test's helpers: a failure here is the test's failure")]

use std::path::Path;
use std::process::{Command, Output};

use base64ct::{Base64UrlUnpadded, Encoding};
use gate_core::keyset::KeySet;
use gate_core::manifest::{Demo, FILE_NAME, Manifest};
use gate_proof::ed25519::SigningKey;
use gate_proof::seal::OpeningKey;
use gate_wire::cose::Kid;

fn manual(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/manual").join(name);
    std::fs::read_to_string(path).unwrap()
}

/// The commands under a heading.
fn commands(manual: &str, heading: &str) -> String {
    let (_, section) = manual.split_once(&format!("\n## {heading}\n")).unwrap();
    let (_, block) = section.split_once("```sh\n").unwrap();
    block.split_once("```").unwrap().0.to_owned()
}

fn issuer(seed: u8) -> String {
    let key = SigningKey::from_seed(&[seed; 32]).public_key();
    Base64UrlUnpadded::encode_string(key.as_bytes())
}

fn typed(folder: &Path, commands: &str) -> Output {
    let program = Path::new(env!("CARGO_BIN_EXE_gate-sign")).parent().unwrap();
    let device = OpeningKey::from_seed(&[8; 32]).sealing_key();
    let device: String = device.as_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    let path = format!("{}:{}", program.display(), std::env::var("PATH").unwrap());
    Command::new("bash")
        .args(["-e", "-c", commands])
        .current_dir(folder)
        .env("PATH", path)
        .env("GATE_PASSPHRASE", "a passphrase of some length")
        .envs([("LAB", issuer(1)), ("NATION", issuer(2)), ("BEIJING", issuer(3)), ("DEVICE", device)])
        .output()
        .unwrap()
}

#[test]
fn the_manuals_real_province_is_founded_admits_its_issuers_and_publishes() {
    let english = commands(&manual("gate-sign.en.md"), "A real province");
    assert_eq!(english, commands(&manual("gate-sign.zh.md"), "正式省份"), "both manuals say the same");
    let folder = tempfile::tempdir().unwrap();
    let asked = typed(folder.path(), &english);
    let told = String::from_utf8_lossy(&asked.stdout).into_owned() + &String::from_utf8_lossy(&asked.stderr);
    assert!(told.contains("place 1 (成都测试站): new, station") && told.contains("cn01"), "{told}");
    assert!(!asked.status.success() && told.contains("then give --yes"), "it asks before: {told}");
    assert!(!folder.path().join("data").join(FILE_NAME).exists());
    let publish = english.lines().last().unwrap();
    assert!(told.contains("policy-station: new, the one that comes with this program"), "{told}");
    let policy = folder.path().join("desk/policy-station.json");
    let text = std::fs::read_to_string(&policy).unwrap();
    let changed = text.replace("\"high_temperature_tenths\": 373", "\"high_temperature_tenths\": 420");
    assert_ne!(changed, text);
    std::fs::write(&policy, changed).unwrap();
    let asked = typed(folder.path(), &format!("export GATE_OPERATOR=chen\n{publish}"));
    assert!(String::from_utf8_lossy(&asked.stdout).contains("42.0"), "{asked:?}");
    std::fs::write(&policy, text).unwrap();
    let done = typed(folder.path(), &format!("export GATE_OPERATOR=chen\n{publish} --yes"));
    assert!(done.status.success(), "{done:?}");
    let read = |name: &str| std::fs::read(folder.path().join("data").join(name)).unwrap();
    let manifest = Manifest::load(&read(FILE_NAME)).unwrap();
    assert_eq!(manifest.province.demo, Demo::No);
    let keys = KeySet::load(&read("key-set.1.json")).unwrap();
    for kid in [b"sc02", b"stf1", b"com1", b"lab1", b"cn01", b"bj01"] {
        assert!(keys.find(Kid(*kid)).is_some());
    }
    let certificate =
        "gate-sign issue certificate --dir desk --by community --number 510100194001010010 --name 测试甲";
    let issued = typed(folder.path(), &format!("export GATE_OPERATOR=chen\n{certificate}"));
    assert!(issued.status.success() && issued.stdout.starts_with(b"TF1:"), "{issued:?}");
}
