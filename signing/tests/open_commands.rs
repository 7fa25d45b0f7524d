//! `gate-sign open` and `gate-sign day-keys` as two officers and a clerk use them.
#![expect(clippy::unwrap_used, reason = "a test's helpers: a failure here is the test's failure")]

mod support;

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use gate_core::query::{QueryNumber, Sequence};
use support::{World, terminal};

const LATER: &str = "2026-11-21T08:00:00+08:00";
const LATER_STILL: &str = "2026-11-21T08:00:01+08:00";
const MUCH_LATER: &str = "2026-12-30T08:00:00+08:00";

fn gate_sign(world: &World, words: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gate-sign"));
    command.current_dir(world.dir.path()).args(words);
    command.env("GATE_PASSPHRASE", "a passphrase for tests only").env("GATE_OPERATOR", "clerk");
    command.env("GATE_OFFICER_PASSPHRASE", "an officer's own, for tests");
    command.output().unwrap()
}

fn good(world: &World, words: &[&str]) -> String {
    let output = gate_sign(world, words);
    assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn refused(world: &World, words: &[&str]) -> String {
    let output = gate_sign(world, words);
    assert!(!output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stdout));
    String::from_utf8(output.stderr).unwrap()
}

/// Two officers with keys of their own.
fn officers(world: &World) {
    for name in ["wang", "zhao"] {
        let file = format!("{name}.key");
        let key = good(world, &["officer", "new", "--out", &file]);
        let key = key.trim();
        good(
            world,
            &["officer", "add", "--dir", "desk", "--now", LATER, "--name", name, "--public-key", key],
        );
    }
}

fn approve(world: &World, request: &str, now: &str) {
    for name in ["wang", "zhao"] {
        let (key, out) = (format!("{name}.key"), format!("{name}.approval"));
        let words = ["officer", "approve", "--key", &key, "--request", request, "--out", &out, "--now", now];
        // Nothing is written over: those of an earlier request go first.
        let _ = fs::remove_file(world.path(&out));
        good(world, &words);
    }
    fs::remove_file(world.path(request)).unwrap();
}

#[test]
fn one_record_for_12345_in_four_commands() {
    let world = World::unattended("510000");
    world.field("field", 30);
    officers(&world);
    let number = QueryNumber::new(terminal(), Sequence(20));
    let asked = ["open", "--dir", "desk", "--now", LATER, "--case", "CG-7", "--query", number.as_str()];
    let with = |more: &[&'static str]| [&asked[..], more].concat();
    let words = good(&world, &with(&["--write-request", "request.json"]));
    assert!(words.contains("case CG-7, OpenRecords: query 000R-000M"), "{words}");
    approve(&world, "request.json", LATER);
    let both = ["--approval", "wang.approval", "--approval", "zhao.approval", "--records", "field"];
    let report = good(&world, &with(&[&both[..], &["--out", "report"]].concat()));
    assert!(report.contains("the record was found; its verdict comes out the same again"), "{report}");
    assert!(report.contains("STOP · Record is red (S02)"), "{report}");
    assert_eq!(fs::read_to_string(world.path("report").join("report.en.txt")).unwrap(), report);
    let again = with(&[&both[..], &["--out", "report-2", "--language", "zh"]].concat());
    assert!(refused(&world, &again).contains("has served already"));
    good(&world, &with(&["--write-request", "request.json"]));
    approve(&world, "request.json", LATER_STILL);
    let zh = good(&world, &again);
    assert!(zh.contains("找到该记录；其结论重放一致"), "{zh}");
    println!("{report}\n{zh}");

    good(&world, &with(&["--write-request", "request.json"]));
    approve(&world, "request.json", "2026-11-21T08:00:02+08:00");
    let told = refused(&world, &with(&[&both[..], &["--out", "report"]].concat()));
    assert!(told.contains("is there already"), "{told}");
    let once = ["--approval", "wang.approval", "--records", "field", "--out", "no"];
    assert!(refused(&world, &with(&once)).contains("two approvals are needed"));
    let same =
        ["--approval", "wang.approval", "--approval", "wang.approval", "--records", "field", "--out", "no"];
    assert!(refused(&world, &with(&same)).contains("both approvals are the same officer's"));
    let mut other = with(&[&both[..], &["--out", "no"]].concat());
    other[8] = "000R0015";
    assert!(refused(&world, &other).contains("approval 1 is for something else"));
    other[8] = "hello";
    assert!(refused(&world, &other).contains("8 characters"));
    assert!(!world.path("no").exists());
}

#[test]
fn approvals_serve_when_the_wrapping_key_or_the_vault_that_did_not_open_is_back() {
    let world = World::unattended("510000");
    world.field("field", 5);
    officers(&world);
    let number = QueryNumber::new(terminal(), Sequence(2));
    let asked = ["open", "--dir", "desk", "--now", LATER, "--case", "CG-9", "--query", number.as_str()];
    good(&world, &[&asked[..], &["--write-request", "request.json"]].concat());
    approve(&world, "request.json", LATER);
    let both = ["--approval", "wang.approval", "--approval", "zhao.approval", "--records", "field"];
    let open = [&asked[..], &both, &["--out", "report"]].concat();
    let desk = world.path("desk");
    for file in ["wrap/wrap-1.age", "day-keys.vault"] {
        let whole = fs::read(desk.join(file)).unwrap();
        for damaged in [&b""[..], &whole[..whole.len() / 2]] {
            fs::write(desk.join(file), damaged).unwrap();
            let log = fs::read_to_string(desk.join("desk-log.jsonl")).unwrap();
            let told = refused(&world, &open);
            assert!(told.contains("the approvals have not served"), "{file}: {told}");
            let after = fs::read_to_string(desk.join("desk-log.jsonl")).unwrap();
            assert!(!after[log.len()..].contains("open-records"), "{file}: {told}");
        }
        fs::write(desk.join(file), whole).unwrap();
    }
    fs::rename(desk.join("wrap"), world.path("away")).unwrap();
    assert!(refused(&world, &open).contains("the approvals have not served"));
    assert!(!world.path("report").exists());
    fs::rename(world.path("away"), desk.join("wrap")).unwrap();
    assert!(good(&world, &open).contains("the record was found; its verdict comes out the same again"));
    assert!(refused(&world, &open).contains("report"));
}

#[test]
fn a_record_of_a_lost_day_key_is_told_as_lost_not_as_destroyed() {
    let world = World::unattended("510000");
    world.field("field", 5);
    officers(&world);
    fs::remove_dir_all(world.path("desk").join("wrap")).unwrap();
    let both = ["--approval", "wang.approval", "--approval", "zhao.approval"];
    let renew = ["day-keys", "renew", "--dir", "desk", "--now", LATER, "--case", "LOSS-1"];
    good(&world, &[&renew[..], &["--write-request", "request.json"]].concat());
    approve(&world, "request.json", LATER);
    good(&world, &[&renew[..], &both].concat());
    let number = QueryNumber::new(terminal(), Sequence(2));
    let asked = ["open", "--dir", "desk", "--now", LATER, "--case", "CG-8", "--query", number.as_str()];
    good(&world, &[&asked[..], &["--write-request", "request.json"]].concat());
    approve(&world, "request.json", LATER);
    let gone = gate_sign(&world, &[&asked[..], &both, &["--records", "field", "--out", "gone"]].concat());
    let report = String::from_utf8(gone.stdout).unwrap();
    assert!(report.contains("Key lost") && !report.contains("destroyed"), "{report}");
    let zh = fs::read_to_string(world.path("gone").join("report.zh.txt")).unwrap();
    assert!(zh.contains("密钥已灭失") && !zh.contains("销毁"), "{zh}");
}

#[test]
fn day_keys_are_listed_destroyed_and_certified_by_command() {
    let world = World::unattended("510000");
    world.field("field", 5);
    officers(&world);
    let at = |now: &'static str| ["--dir", "desk", "--now", now];
    let made = good(&world, &[&["day-keys", "ahead", "--days", "120"], &at(LATER)[..]].concat());
    assert!(made.contains("31 day keys made"), "{made}");
    let list = good(&world, &[&["day-keys", "list"], &at(MUCH_LATER)[..]].concat());
    assert!(list.contains("DUE") && list.contains("10 due for destruction"), "{list}");
    let destroy = ["day-keys", "destroy", "--before", "2026-11-22", "--case", "RET-1"];
    let destroy = [&destroy[..], &at(MUCH_LATER)].concat();
    good(&world, &[&destroy[..], &["--write-request", "request.json"]].concat());
    approve(&world, "request.json", MUCH_LATER);
    let both = ["--approval", "wang.approval", "--approval", "zhao.approval"];
    let done = good(&world, &[&destroy[..], &both].concat());
    assert!(done.contains("2 day keys, for days before 2026-11-22"), "{done}");
    let file = done.lines().find_map(|line| line.strip_prefix("certificate: ")).unwrap();
    let verify = ["day-keys", "verify-certificate", file];
    let verified = good(&world, &[&verify[..], &at(MUCH_LATER)].concat());
    assert!(verified.contains("none of these keys is in custody"), "{verified}");
    println!("{list}\n{done}\n{verified}");
    let mut bytes = fs::read(world.dir.path().join(file)).unwrap();
    bytes[80] ^= 1;
    fs::write(world.path("changed.cose"), bytes).unwrap();
    let changed = ["day-keys", "verify-certificate", "changed.cose"];
    assert!(refused(&world, &[&changed[..], &at(MUCH_LATER)].concat()).contains("changed.cose"));

    // The record of before: its key is gone, and the report says since when and by which certificate.
    let number = QueryNumber::new(terminal(), Sequence(2));
    let asked = ["open", "--case", "CG-8", "--query", number.as_str()];
    let asked = [&asked[..], &at(MUCH_LATER)].concat();
    good(&world, &[&asked[..], &["--write-request", "request.json"]].concat());
    approve(&world, "request.json", MUCH_LATER);
    let gone = gate_sign(&world, &[&asked[..], &both, &["--records", "field", "--out", "gone"]].concat());
    assert_eq!(gone.status.code(), Some(2), "no record is told");
    let report = String::from_utf8(gone.stdout).unwrap();
    assert!(report.contains("nobody can open them") && report.contains("Key destroyed"), "{report}");
    let name = Path::new(file).file_name().unwrap().to_str().unwrap();
    assert!(report.split_whitespace().collect::<String>().contains(name), "{report}");
    println!("{report}");
    let early = ["day-keys", "destroy", "--before", "2026-12-29", "--case", "RET-2"];
    let early = [&early[..], &at(MUCH_LATER)].concat();
    good(&world, &[&early[..], &["--write-request", "request.json"]].concat());
    approve(&world, "request.json", MUCH_LATER);
    let told = refused(&world, &[&early[..], &both].concat());
    assert!(told.contains("are kept until 2027-01-27"), "{told}");
}
