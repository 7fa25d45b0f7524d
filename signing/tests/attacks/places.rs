//! Who else may read and write where the desk lies; words that are refused; numbers of people where none may be.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use crate::world::World;

fn chmod(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn a_desk_that_others_may_write_or_whose_secrets_others_may_read_is_not_opened() {
    let world = World::demo();
    for (name, open, shut) in [
        ("desk", 0o777, 0o700),
        ("desk/keys", 0o755, 0o700),
        ("desk/wrap", 0o750, 0o700),
        ("desk/keys/root.age", 0o644, 0o600),
        ("desk/custody.age", 0o640, 0o600),
        ("desk/places.json", 0o664, 0o600),
        ("desk/province.json", 0o666, 0o600),
    ] {
        chmod(&world.path(name), open);
        let refused = world.refused(&["log", "head", "--dir", "desk", "--out", "head.cose"]);
        assert!(refused.contains("others") && refused.contains(name), "{name}: {refused}");
        chmod(&world.path(name), shut);
    }
    world.good(&["log", "head", "--dir", "desk", "--out", "head.cose"]);
}

#[test]
fn no_province_is_founded_in_a_directory_that_others_may_enter() {
    let world = World::demo();
    let there = world.path("pre");
    fs::create_dir(&there).unwrap();
    let found = ["province", "new", "--demo", "--region", "510000", "--custody", "age", "--dir", "pre"];
    for open in [0o777, 0o755] {
        chmod(&there, open);
        assert!(world.refused(&found).contains("chmod 700"));
        assert_eq!(fs::read_dir(&there).unwrap().count(), 0);
    }
    chmod(&there, 0o700);
    world.good(&found);
}

#[test]
fn files_of_the_desk_are_its_owners_alone_whatever_the_umask() {
    let world = World::demo();
    fs::write(
        world.path("people.csv"),
        "document_kind,number,second_number,colour\nresident-id,510100194001010010,,green\n",
    )
    .unwrap();
    let under = |words: &[&str]| {
        let program = env!("CARGO_BIN_EXE_gate-sign");
        let mut shell = std::process::Command::new("sh");
        shell.args(["-c", "umask 000; exec \"$@\"", "sh", program]).args(words).current_dir(world.path(""));
        shell.env("GATE_PASSPHRASE", "a passphrase for tests only").env("GATE_OPERATOR", "clerk");
        assert!(shell.output().unwrap().status.success(), "{words:?}");
    };
    let as_of = ["--as-of", "2026-11-20T08:00:00+08:00"];
    let build = ["status", "build", "--dir", "desk", "--people", "people.csv", "--scope", "population"];
    under(&[&build[..], &as_of].concat());
    under(&["province", "publish", "--dir", "desk", "--out", "data", "--yes"]);
    let issue = ["issue", "screen", "--dir", "desk", "--number", "510100194001010010", "--name", "测试甲"];
    under(&[&issue[..], &["--colour", "green", "--png", "code.png"]].concat());
    let mut left = vec![world.path("desk")];
    while let Some(path) = left.pop() {
        assert_eq!(mode(&path) & 0o077, 0, "{}", path.display());
        if path.is_dir() {
            left.extend(fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        }
    }
    assert_eq!(mode(&world.path("code.png")), 0o600, "a code is its issuer's to hand on");
    assert_eq!(mode(&world.path("data/manifest.json")), 0o644, "terminals read what is published");
    assert_eq!(mode(&world.path("data")), 0o755);
}

#[test]
fn a_region_that_is_none_is_told_in_digits() {
    let world = World::demo();
    let refused = world.refused(&["province", "new", "--demo", "--region", "999999", "--dir", "x"]);
    assert!(refused.contains("999999 is no province"), "{refused}");
}

#[cfg(not(feature = "pkcs11"))]
#[test]
fn a_token_that_this_program_cannot_use_is_told_before_anything_is_asked_or_made() {
    let world = World::demo();
    let words = ["province", "new", "--region", "510000", "--custody", "pkcs11", "--dir", "pk"];
    let token = ["--token-module", "/nowhere.so", "--token", "desk"];
    let refused = world.refused(&[&words[..], &token].concat());
    assert!(refused.contains("without the feature pkcs11"), "{refused}");
    assert!(!world.path("pk").exists());
}

#[test]
fn a_fault_of_the_log_is_said_once() {
    let world = World::demo();
    let path = world.path("desk/desk-log.jsonl");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replacen("\"clerk\"", "\"chief\"", 1)).unwrap();
    for words in [["log", "verify"], ["keyset", "show"]] {
        let refused = world.refused(&[&words[..], &["--dir", "desk"]].concat());
        assert_eq!(refused.matches("line 2 does not follow").count(), 1, "{refused}");
    }
    assert!(!world.refused(&["log", "verify", "--dir", "desk"]).contains("See `gate-sign log verify`"));
}

#[test]
fn a_case_number_can_be_no_number_of_a_person() {
    let world = World::demo();
    for number in ["13812345678", "E12345678", "EA1234567", "H12345678", "510100194001010010"] {
        let words =
            ["day-keys", "destroy", "--dir", "desk", "--before", "2026-11-01", "--write-request", "rq"];
        let refused = world.refused(&[&words[..], &["--case", number]].concat());
        assert!(refused.contains("case"), "{refused}");
    }
    assert!(!world.path("rq").exists());
}

#[test]
fn opening_where_nothing_opens_fails_and_a_report_that_cannot_be_written_is_told_first() {
    let world = World::demo().with_officers();
    fs::write(world.path("nothing.db"), "no journal").unwrap();
    let open = ["open", "--dir", "desk", "--case", "CG-7", "--query", "000R000M"];
    world.good(&[&open[..], &["--write-request", "rq"]].concat());
    let [a, b] = world.approvals("rq", [1, 2]);
    let both = ["--approval", &a, "--approval", &b, "--records", "nothing.db"];
    let lines = world.log().len();
    let refused = world.refused(&[&open[..], &both, &["--out", "no/such/folder"]].concat());
    assert!(refused.contains("no/such"), "{refused}");
    assert_eq!(world.log().len(), lines, "nothing was looked at");
    let output = world.run(&[&open[..], &both, &["--out", "report"]].concat());
    assert_eq!(output.status.code(), Some(2), "nothing could be opened");
    assert!(world.path("report/report.json").exists());
    assert!(world.told("open-records").is_empty(), "so the approvals have not served");
}

#[test]
fn a_terminal_is_registered_by_command_told_to_the_log_and_never_replaced() {
    let world = World::demo();
    let key = |seed| gate_proof::ed25519::SigningKey::from_seed(&[seed; 32]).public_key();
    let hex = |seed: u8| key(seed).as_bytes().iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let add = |number: &str, seed: u8| {
        let words = ["terminal", "add", "--dir", "desk", "--number", number, "--record", &hex(seed)];
        words.map(str::to_owned).to_vec()
    };
    for _ in 0..2 {
        world.good(&crate::world::words(&add("3", 5)));
    }
    assert!(world.refused(&crate::world::words(&add("3", 6))).contains("another key"));
    assert!(world.refused(&crate::world::words(&add("4", 5))).contains("another number"));
    let weak = ["terminal", "add", "--dir", "desk", "--number", "5", "--record", &"0".repeat(64)];
    world.refused(&weak);
    let list = world.good(&["terminal", "list", "--dir", "desk"]);
    assert!(list.contains(&hex(5)) && list.contains("1 terminals"), "{list}");
    assert_eq!(world.told("terminal-change").len(), 2);
}
