//! The desk's files brought back, changed, taken away.

use std::fs;

use gate_proof::digest::{Digest, sha256};
use serde_json::json;

use crate::world::{World, copy, now};

const PERSON: [&str; 8] =
    ["--dir", "desk", "--number", "510100194001010010", "--name", "测试甲", "--colour", "green"];
/// A change of the key set.
const REVOKE: [&str; 8] =
    ["keyset", "revoke", "--dir", "desk", "--kid", "sc02", "--from", "2026-11-20T08:00:00+08:00"];

#[test]
fn a_line_changed_anywhere_in_the_log_stops_the_next_use_of_a_key() {
    let world = World::demo();
    for _ in 0..3 {
        world.good(&[&["issue", "screen"], &PERSON[..]].concat());
    }
    let path = world.path("desk/desk-log.jsonl");
    let whole = fs::read_to_string(&path).unwrap();
    let lines: Vec<&str> = whole.lines().collect();
    let mut swapped = lines.clone();
    swapped.swap(3, 4);
    let renamed = lines[2].replacen("\"clerk\"", "\"chief\"", 1);
    let mut changed = lines.clone();
    changed[2] = &renamed;
    for broken in [swapped, changed] {
        fs::write(&path, broken.join("\n") + "\n").unwrap();
        let refused = world.refused(&[&["issue", "screen"], &PERSON[..]].concat());
        assert!(refused.contains("no key is used"), "{refused}");
    }
    fs::write(&path, whole).unwrap();
    world.good(&[&["issue", "screen"], &PERSON[..]].concat());
}

#[test]
fn an_older_state_beside_a_newer_log_is_refused() {
    let world = World::demo();
    let state = world.path("desk/province.json");
    let older = fs::read(&state).unwrap();
    world.good(&REVOKE);
    let newer = fs::read(&state).unwrap();
    fs::write(&state, &older).unwrap();
    for words in [&["keyset", "show", "--dir", "desk"][..], &[&["issue", "screen"], &PERSON[..]].concat()] {
        let refused = world.refused(words);
        assert!(refused.contains("is not the one that this desk kept last"), "{refused}");
    }
    fs::write(&state, newer).unwrap();
    assert!(!world.good(&["keyset", "show", "--dir", "desk"]).is_empty());
}

/// An older `province.json`, and a line at the end of the log that speaks of it as the newest: what somebody can do who can
/// write the desk's files and has no passphrase.
fn put_back(world: &World, older: &[u8], seal: Seal) {
    let log = fs::read_to_string(world.path("desk/desk-log.jsonl")).unwrap();
    let last = log.lines().last().unwrap();
    let mut line = world.told("keep-state").pop().unwrap();
    line["line"] = json!(log.lines().count() + 1);
    line["previous"] = json!(hex(sha256(&[b"tianfu-gate/desk-log-line/1 ", last.as_bytes()])));
    line["digest"] = json!(hex(sha256(&[older])));
    if seal == Seal::LeftOut {
        line.as_object_mut().unwrap().remove("seal");
    }
    fs::write(world.path("desk/desk-log.jsonl"), format!("{log}{line}\n")).unwrap();
    fs::write(world.path("desk/province.json"), older).unwrap();
}

fn hex(digest: Digest) -> String {
    digest.0.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[derive(Clone, Copy, PartialEq)]
enum Seal {
    OfAnotherLine,
    LeftOut,
}

#[test]
fn a_state_put_in_force_by_a_line_that_this_desk_did_not_write_moves_no_key() {
    for seal in [Seal::OfAnotherLine, Seal::LeftOut] {
        let world = World::demo();
        let older = fs::read(world.path("desk/province.json")).unwrap();
        world.good(&REVOKE);
        assert!(world.good(&["log", "verify", "--dir", "desk"]).contains("2 states were put in force"));
        put_back(&world, &older, seal);
        for words in [
            &[&["issue", "screen"], &PERSON[..]].concat()[..],
            &["province", "publish", "--dir", "desk", "--out", "data", "--yes"],
            &REVOKE,
            &["log", "verify", "--dir", "desk"],
            &["log", "head", "--dir", "desk", "--out", "head.cose"],
        ] {
            let lines = world.log().len();
            let refused = world.refused(words);
            assert!(refused.contains("was not written by this desk"), "{words:?}: {refused}");
            assert_eq!(world.log().len(), lines, "{words:?}: nothing is told as done");
        }
        assert!(!world.path("data").exists() && !world.path("head.cose").exists());
    }
}

#[test]
fn a_log_taken_away_with_a_head_of_no_lines_in_its_place_moves_no_key() {
    let world = World::demo();
    let origin = world.log()[0]["previous"].clone();
    fs::remove_file(world.path("desk/desk-log.jsonl")).unwrap();
    let head = json!({"lines": 0, "bytes": 0, "hash": origin});
    fs::write(world.path("desk/desk-log.head"), head.to_string()).unwrap();
    let refused = world.refused(&[&["issue", "screen"], &PERSON[..]].concat());
    assert!(refused.contains("was not written by this desk"), "{refused}");
}

/// The log as a version before seals wrote it: every line without one, each naming the line before.
fn without_seals(world: &World) {
    let mut text = String::new();
    for line in world.log() {
        let mut line = line;
        line.as_object_mut().unwrap().remove("seal");
        if let Some(last) = text.lines().last() {
            let chained = sha256(&[b"tianfu-gate/desk-log-line/1 ", last.as_bytes()]);
            line["previous"] = json!(hex(chained));
        }
        text += &format!("{line}\n");
    }
    let lines = text.lines().count();
    let last = sha256(&[b"tianfu-gate/desk-log-line/1 ", text.lines().last().unwrap().as_bytes()]);
    let head = json!({"lines": lines, "bytes": text.len(), "hash": hex(last)});
    fs::write(world.path("desk/desk-log.jsonl"), text).unwrap();
    fs::write(world.path("desk/desk-log.head"), head.to_string()).unwrap();
}

#[test]
fn a_desk_founded_before_seals_is_told_so_and_what_to_do() {
    let world = World::demo();
    without_seals(&world);
    for words in
        [&[&["issue", "screen"], &PERSON[..]].concat()[..], &REVOKE, &["log", "verify", "--dir", "desk"]]
    {
        let lines = world.log().len();
        let refused = world.refused(words);
        for part in ["founded by a version before seals", "Found a new desk", "CHANGELOG"] {
            assert!(refused.contains(part), "{part}: {words:?}: {refused}");
        }
        assert_eq!(world.log().len(), lines, "{words:?}: nothing is told as done");
    }
}

#[test]
fn a_change_of_the_state_needs_the_passphrase() {
    let world = World::demo();
    let (state, lines) = (fs::read(world.path("desk/province.json")).unwrap(), world.log().len());
    let mut command = world.command(&REVOKE);
    let output = command.env("GATE_PASSPHRASE", "another passphrase than the desk's").output().unwrap();
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("the passphrase is wrong"));
    assert_eq!(world.log().len(), lines, "nothing is told as done");
    assert!(fs::read(world.path("desk/province.json")).unwrap() == state);
}

#[test]
fn a_power_cut_between_log_and_state_loses_neither() {
    let world = World::demo();
    let (state, next) = (world.path("desk/province.json"), world.path("desk/province.json.next"));
    let older = fs::read(&state).unwrap();
    world.good(&REVOKE);
    let newer = fs::read(&state).unwrap();
    // The line is written, the new state lies beside the old one.
    fs::write(&state, &older).unwrap();
    fs::write(&next, &newer).unwrap();
    world.good(&["keyset", "show", "--dir", "desk"]);
    assert_eq!((fs::read(&state).unwrap(), next.exists()), (newer.clone(), false));
    // Before the line: what lies beside was never in force.
    fs::write(&next, &older).unwrap();
    world.good(&["keyset", "show", "--dir", "desk"]);
    assert_eq!(fs::read(&state).unwrap(), newer);
}

#[test]
fn no_word_in_a_file_makes_a_real_desk_a_demo() {
    let world = World::real();
    let state = world.path("desk/province.json");
    let text = fs::read_to_string(&state).unwrap();
    fs::write(&state, text.replacen("\"demo\": false", "\"demo\": true", 1)).unwrap();
    let refused = world.refused(&["province", "publish", "--dir", "desk", "--out", "ty", "--yes"]);
    assert!(refused.contains("is not what this desk was founded with"), "{refused}");
    assert!(!world.path("ty").exists());
}

#[test]
fn a_real_desk_works_at_no_told_time_and_its_log_has_the_systems() {
    let world = World::real();
    let told = ["--now", "2027-05-01T00:00:00Z"];
    for words in [
        [&["issue", "screen"], &PERSON[..]].concat(),
        vec!["day-keys", "list", "--dir", "desk"],
        vec!["log", "verify", "--dir", "desk"],
        vec!["keyset", "show", "--dir", "desk"],
    ] {
        let refused = world.refused(&[&words[..], &told].concat());
        assert!(refused.contains("--now is for demos"), "{refused}");
    }
    let founding = ["province", "new", "--region", "510000", "--custody", "age", "--dir", "other"];
    assert!(world.refused(&[&founding[..], &told].concat()).contains("--now is for demos"));
    assert!(!world.path("other").exists());
    let demo = World::demo();
    demo.good(&[&["issue", "screen"], &PERSON[..], &told].concat());
    let at = demo.log().last().unwrap()["at"].as_u64().unwrap();
    assert!(
        now().unix().abs_diff(at) < 3600,
        "the log has the system's clock, whatever the command was told"
    );
}

#[test]
fn a_publication_refused_for_its_device_leaves_nothing() {
    let world = World::real();
    let (state, lines) = (fs::read(world.path("desk/province.json")).unwrap(), world.log().len());
    let refused = world.refused(&["province", "publish", "--dir", "desk", "--out", "data", "--yes"]);
    assert!(refused.contains("go only to a device"), "{refused}");
    assert_eq!(fs::read(world.path("desk/province.json")).unwrap(), state);
    assert_eq!(world.log().len(), lines);
    assert!(!world.path("desk/archive").exists() && !world.path("data").exists());
}

#[test]
fn without_the_wrapping_key_all_else_is_published_and_two_officers_begin_a_new_vault() {
    let world = World::demo().with_officers();
    let publish = ["province", "publish", "--dir", "desk", "--out", "data", "--yes"];
    world.good(&publish);
    let wrap = world.path("desk/wrap");
    copy(&wrap, &world.path("kept"));
    fs::remove_dir_all(&wrap).unwrap();
    let tomorrow = ahead(86_400);
    let output = world.run(&[&publish[..], &["--now", &tomorrow]].concat());
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{told}");
    assert!(told.contains("mount its medium") && told.contains("day-keys renew"), "{told}");
    let list = world.good(&["day-keys", "list", "--dir", "desk"]);
    assert!(list.contains("90 keys OUT OF REACH") && list.contains("mount its medium"), "{list}");
    assert!(list.contains("90 keys, 0 for days to come"), "{list}");
    let refused = world.refused(&["day-keys", "ahead", "--days", "120", "--dir", "desk"]);
    assert!(refused.contains("mount its medium") && !wrap.exists(), "{refused}");

    let renew = ["day-keys", "renew", "--dir", "desk", "--case", "LOSS-1"];
    let asked = world.good(&[&renew[..], &["--write-request", "rq"]].concat());
    assert!(asked.contains("give up 90 day keys, the first 1, the last 90: they are lost"), "{asked}");
    assert!(world.refused(&renew).contains("two approvals are needed"));
    let [a, b] = world.approvals("rq", [1, 2]);
    let consented = [&renew[..], &["--approval", &a, "--approval", &b]].concat();
    let done = world.good(&consented);
    assert!(done.contains("certificate of loss") && done.contains("90 day keys"), "{done}");
    let list = world.good(&["day-keys", "list", "--dir", "desk"]);
    let lost = list.lines().filter(|line| line.contains("  lost  lost-before-")).count();
    assert!(
        lost == 90 && !list.contains("destroyed") && list.contains("the next `province publish`"),
        "{list}"
    );
    world.good(&publish);
    let keys = fs::read_to_string(world.path("data/day-keys.3.json")).unwrap();
    let keys: serde_json::Value = serde_json::from_str(&keys).unwrap();
    let ids: Vec<u64> =
        keys["keys"].as_array().unwrap().iter().map(|key| key["id"].as_u64().unwrap()).collect();
    assert!(ids.len() >= 90 && ids.iter().all(|id| *id > 90), "no terminal is given a lost key: {ids:?}");
    assert!(world.refused(&consented).contains("nothing is lost"));
    assert_eq!(world.told("renew-day-keys")[0]["count"], json!(90));
}

#[test]
fn a_damaged_wrapping_key_or_vault_holds_up_no_publication_and_renewal_is_the_way_out() {
    for (file, kept) in [
        ("desk/wrap/wrap-1.age", "desk/wrap/wrap-1.age.damaged"),
        ("desk/day-keys.vault", "desk/day-keys.vault.damaged"),
    ] {
        let world = World::demo().with_officers();
        let publish = ["province", "publish", "--dir", "desk", "--out", "data", "--yes"];
        world.good(&publish);
        fs::write(world.path(file), "").unwrap();
        let output = world.run(&[&publish[..], &["--now", &ahead(86_400)]].concat());
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success() && told.contains("`gate-sign day-keys renew`"), "{told}");
        let renew = ["day-keys", "renew", "--dir", "desk", "--case", "LOSS-1"];
        world.good(&[&renew[..], &["--write-request", "rq"]].concat());
        let [a, b] = world.approvals("rq", [1, 2]);
        world.good(&[&renew[..], &["--approval", &a, "--approval", &b]].concat());
        assert!(fs::read(world.path(kept)).unwrap().is_empty(), "the damaged file is evidence");
        let output = world.run(&publish);
        assert!(output.status.success() && output.stderr.is_empty());
    }
}

#[test]
fn a_wrapping_key_that_is_there_is_not_lost() {
    let world = World::demo().with_officers();
    let renew = ["day-keys", "renew", "--dir", "desk", "--case", "LOSS-1", "--write-request", "rq"];
    assert!(world.refused(&renew).contains("the wrapping key is here"));
}

/// A time from now, RFC 3339.
fn ahead(ahead_s: i64) -> String {
    (jiff::Timestamp::now() + jiff::SignedDuration::from_secs(ahead_s))
        .strftime("%Y-%m-%dT%H:%M:%SZ")
        .to_string()
}

#[test]
fn an_archive_cut_off_by_a_power_cut_does_not_hold_up_the_next_publication() {
    let world = World::demo();
    let publish = ["province", "publish", "--yes", "--dir", "desk", "--out", "data"];
    world.good(&publish);
    world.good(&publish);
    let half = world.path("desk/archive/00000002");
    fs::remove_file(half.join("manifest.json")).unwrap();
    world.good(&publish);
    assert!(world.path("desk/archive/00000003/manifest.json").is_file() && half.is_dir());
}
