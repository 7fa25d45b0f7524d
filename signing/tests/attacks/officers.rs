//! Two officers, and one person who would like to be two.

use std::fs;

use gate_proof::digest::sha256;
use serde_json::{Value, json};

use crate::world::{World, public, words};

#[test]
fn an_approval_serves_once() {
    let world = World::demo().with_officers();
    let add = world.change("add", "li", "CG-1");
    world.good(&words(&add));
    world.good(&words(&world.change("remove", "li", "CG-2")));
    let again = world.refused(&words(&add));
    assert!(again.contains("has served already"), "{again}");
    assert!(!world.good(&["officer", "list", "--dir", "desk"]).contains("li "));
    // Asked anew, in the same words, it may be done again.
    world.good(&words(&world.change("add", "li", "CG-3")));
}

#[test]
fn a_line_of_two_officers_names_both_with_their_keys_and_whom_it_concerns() {
    let world = World::demo().with_officers();
    world.good(&words(&world.change("add", "li", "CG-1")));
    let lines = world.told("officer-add");
    let named = |line: &Value| (line["officer"]["name"].clone(), line["officer"]["key"].clone());
    assert_eq!(named(&lines[0]), (json!("wang"), json!(public(1))));
    assert_eq!(named(&lines[2]), (json!("li"), json!(public(3))));
    let approved: Vec<(&Value, &Value)> =
        lines[2]["approved"].as_array().unwrap().iter().map(|one| (&one["officer"], &one["key"])).collect();
    assert_eq!(
        approved,
        [(&json!("wang"), &json!(public(1))), (&json!("zhao"), &json!(public(2)))],
        "who approved, by which key"
    );
    let shown = world.good(&["log", "show", "--dir", "desk"]);
    let last = shown.lines().find(|line| line.contains("case CG-1")).unwrap();
    assert!(last.contains("officer li (") && last.contains("approved by wang (") && last.contains("zhao ("));
}

#[test]
fn a_list_once_of_two_never_falls_below_two() {
    let world = World::demo().with_officers();
    let refused = world.refused(&words(&world.change("remove", "zhao", "CG-1")));
    assert!(refused.contains("add the successor first"), "{refused}");
    assert!(world.good(&["officer", "list", "--dir", "desk"]).contains("2 officers"));
}

#[test]
fn officers_of_a_file_laid_into_the_desk_are_nobody() {
    let world = World::demo().with_officers();
    let officer = |name: &str, seed| json!({"name": name, "key": public(seed), "added": 0});
    let list = json!({"format": 1, "officers": [officer("wang", 8), officer("zhao", 9)]});
    fs::write(world.path("desk/officers.json"), list.to_string()).unwrap();
    let key = format!("--public-key={}", public(3));
    let asked = ["--dir", "desk", "--name", "li", &key, "--case", "CG-9"];
    world.good(&[&["officer", "request", "add"], &asked[..], &["--out", "rq"]].concat());
    let [a, b] = world.approvals("rq", [8, 9]);
    let add = [&["officer", "add"], &asked[..], &["--approval", &a, "--approval", &b]].concat();
    assert!(world.refused(&add).contains("none by an officer on this desk's list"));
}

#[test]
fn an_officer_written_into_the_log_by_one_who_can_write_it_stops_the_desk() {
    let world = World::demo().with_officers();
    let log = fs::read_to_string(world.path("desk/desk-log.jsonl")).unwrap();
    let head: Value =
        serde_json::from_str(&fs::read_to_string(world.path("desk/desk-log.head")).unwrap()).unwrap();
    let mut forged = world.told("officer-add").pop().unwrap();
    forged["line"] = json!(head["lines"].as_u64().unwrap() + 1);
    forged["previous"] = head["hash"].clone();
    forged["officer"] = json!({"name": "evil", "key": public(9)});
    let real_approval = world.change("add", "li", "CG-1");
    for approved in [json!(null), by(&[("wang", 8), ("zhao", 9)]), borrowed(&world, &real_approval)] {
        let mut line = forged.clone();
        if !approved.is_null() {
            line["approved"] = approved;
        }
        append(&world, &log, &line);
        let refused = world.refused(&["officer", "list", "--dir", "desk"]);
        assert!(refused.contains("without the approval of two officers"), "{refused}");
    }
}

/// Approvals by keys of the forger's own, under officers' names.
fn by(named: &[(&str, u8)]) -> Value {
    let one = |(name, seed): &(&str, u8)| json!({"officer": name, "key": public(*seed), "approval": "AAAA"});
    named.iter().map(one).collect()
}

/// Approvals that the officers gave for something else.
fn borrowed(world: &World, change: &[String]) -> Value {
    let files = change.windows(2).filter(|pair| pair[0] == "--approval").map(|pair| pair[1].clone());
    let one = |(file, (name, seed)): (String, (&str, u8))| {
        let bytes = fs::read(world.path(&file)).unwrap();
        json!({"officer": name, "key": public(seed), "approval": base64url(&bytes)})
    };
    files.zip([("wang", 1), ("zhao", 2)]).map(one).collect()
}

fn base64url(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let spell = |chunk: &[u8]| {
        let bits =
            chunk.iter().fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        (0..=chunk.len())
            .map(move |at| char::from(DIGITS[(bits >> (18 - 6 * at)) as usize & 63]))
            .collect::<String>()
    };
    bytes.chunks(3).map(spell).collect()
}

/// The log with this line at its end, and a head to go with it: the chain holds.
fn append(world: &World, log: &str, line: &Value) {
    let line = line.to_string();
    let whole = format!("{log}{line}\n");
    let hash = sha256(&[b"tianfu-gate/desk-log-line/1 ", line.as_bytes()]);
    let hash: String = hash.0.iter().map(|byte| format!("{byte:02x}")).collect();
    let head = json!({"lines": whole.lines().count(), "bytes": whole.len(), "hash": hash});
    fs::write(world.path("desk/desk-log.jsonl"), whole).unwrap();
    fs::write(world.path("desk/desk-log.head"), head.to_string()).unwrap();
}

#[test]
fn retention_is_part_of_what_officers_approve_and_a_change_of_it_is_told_to_the_log() {
    let world = World::demo().with_officers();
    let destroy = ["day-keys", "destroy", "--dir", "desk", "--before", "2026-11-01", "--case", "RET-1"];
    let asked = world.good(&[&destroy[..], &["--write-request", "rq"]].concat());
    assert!(asked.contains("retention 30 days"), "{asked}");
    let [a, b] = world.approvals("rq", [1, 2]);
    fs::write(world.path("desk/retention.json"), r#"{"format":1,"days":1}"#).unwrap();
    let refused = world.refused(&[&destroy[..], &["--approval", &a, "--approval", &b]].concat());
    assert!(refused.contains("approval 1 is for something else"), "{refused}");
    let told = world.told("retention-change");
    assert_eq!(told.iter().map(|line| &line["count"]).collect::<Vec<_>>(), [&json!(1)]);
    fs::remove_file(world.path("desk/retention.json")).unwrap();
    world.good(&["day-keys", "list", "--dir", "desk"]);
    world.good(&["day-keys", "list", "--dir", "desk"]);
    assert_eq!(world.told("retention-change").len(), 2, "back to 30, told once");
}

#[test]
fn an_officers_passphrase_is_never_the_desks() {
    let world = World::demo();
    let made = world.run(&["officer", "new", "--out", "wang.key"]);
    assert!(!made.status.success() && !world.path("wang.key").exists());
    assert!(String::from_utf8(made.stderr).unwrap().contains("GATE_OFFICER_PASSPHRASE"));
    let mut own = world.command(&["officer", "new", "--out", "wang.key"]);
    let made = own.env("GATE_OFFICER_PASSPHRASE", "an officer's own words").output().unwrap();
    assert!(made.status.success());
    assert_eq!(String::from_utf8(made.stdout).unwrap().trim().len(), public(1).len());
}
