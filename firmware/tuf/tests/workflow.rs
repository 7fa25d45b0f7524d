//! The client's workflow case by case, as the tuf-conformance suite asks of clients: what each step refuses, and what it takes.
//! Which case of the suite is which test: docs/formats/repositories.md.

#![expect(clippy::unwrap_used, reason = "what goes wrong here must fail the test")]

#[path = "workflow/world.rs"]
mod world;

use gate_tuf::{DocumentRefused, Refused, Role, Why};
use serde_json::{Value, json};
use world::{DAY_S, World, entry};

fn why(taken: Result<(), Refused>) -> (Role, Why) {
    let refused = taken.unwrap_err();
    (refused.at, refused.why)
}

fn is_unsigned(why: &Why, found: u32) -> bool {
    matches!(why, Why::Believe(DocumentRefused::ReachThreshold { found: n, .. }) if *n == found)
}

#[test]
fn a_first_run_and_a_run_with_nothing_new_take_everything_and_change_nothing() {
    let mut world = World::new();
    world.take().unwrap();
    let text = world.trusted.to_text();
    world.take().unwrap();
    assert_eq!(world.trusted.to_text(), text);
}

#[test]
fn a_root_that_skips_a_version_or_goes_back_is_refused() {
    for version in [1, 3, u64::MAX] {
        let mut world = World::new();
        world.root(2, |root| root["version"] = json!(version));
        let (at, why) = why(world.take());
        assert!(at == Role::Root && matches!(why, Why::MatchVersion { wanted: 2, .. }), "{version}: {why}");
    }
}

#[test]
fn a_new_root_needs_the_old_roots_keys_and_its_own() {
    let keys = json!([entry(61).id(), entry(62).id()]);
    let rotate = |root: &mut Value| {
        for number in [61, 62] {
            root["keys"][entry(number).id()] = serde_json::to_value(entry(number)).unwrap();
        }
        root["roles"]["root"] = json!({"keyids": keys, "threshold": 2});
    };
    for (signers, found) in [(&[61, 62][..], 0), (&[1, 2], 0), (&[1, 61, 62], 1), (&[1, 2, 61], 1)] {
        let mut world = World::new();
        world.root_by(2, signers, rotate);
        let (at, why) = why(world.take());
        assert!(at == Role::Root && is_unsigned(&why, found), "{signers:?}: {why}");
    }
    let mut world = World::new();
    world.root_by(2, &[1, 2, 61, 62], rotate);
    world.take().unwrap();
    assert_eq!(world.trusted.root().body().version, 2);
}

#[test]
fn a_threshold_counts_keys_and_not_their_names() {
    // One key under two names; and a name twice.
    let mut world = World::new();
    world.root(2, |root| {
        root["keys"]["another-name"] = serde_json::to_value(entry(3)).unwrap();
        root["roles"]["targets"] = json!({"keyids": [entry(3).id(), "another-name"], "threshold": 2});
    });
    let mut targets = world.targets(2);
    let signature = targets["signatures"][0]["sig"].clone();
    targets["signatures"] =
        json!([{"keyid": entry(3).id(), "sig": signature}, {"keyid": "another-name", "sig": signature}]);
    world.put("2.targets.json", &targets);
    world.announce(2);
    let (at, why_) = why(world.take());
    assert!(at == Role::Targets && is_unsigned(&why_, 1), "{why_}");
    let mut world = World::new();
    world.root(2, |root| root["roles"]["targets"]["keyids"] = json!([entry(3).id(), entry(3).id()]));
    assert!(matches!(why(world.take()), (Role::Root, Why::Believe(DocumentRefused::ReadForm { .. }))));
}

#[test]
fn a_signature_twice_is_no_document() {
    let mut world = World::new();
    let mut timestamp = world.get("timestamp.json");
    let one = timestamp["signatures"][0].clone();
    timestamp["signatures"].as_array_mut().unwrap().push(one);
    world.put("timestamp.json", &timestamp);
    assert!(matches!(why(world.take()), (Role::Timestamp, Why::Believe(DocumentRefused::SignTwice))));
}

#[test]
fn keys_of_other_kinds_and_weak_keys_never_count() {
    let order_one = "0100000000000000000000000000000000000000000000000000000000000000";
    for (kind, public) in [("rsa", "x"), ("ed25519", order_one), ("ed25519", "zz"), ("ecdsa", order_one)] {
        let mut world = World::new();
        world.root(2, |root| {
            root["keys"]["odd"] = json!({"keytype": kind, "scheme": kind, "keyval": {"public": public}});
            root["roles"]["timestamp"] = json!({"keyids": ["odd"], "threshold": 1});
        });
        let mut timestamp = world.get("timestamp.json");
        // What a small-order key would take without a strict check: R of order one, S of zero.
        timestamp["signatures"] = json!([{"keyid": "odd", "sig": format!("{order_one}{}", "00".repeat(32))}]);
        world.put("timestamp.json", &timestamp);
        let (at, why_) = why(world.take());
        assert!(at == Role::Timestamp && is_unsigned(&why_, 0), "{kind}: {why_}");
    }
}

#[test]
fn an_intermediate_root_may_have_ended_and_the_last_may_not() {
    let mut world = World::new();
    let ended = world.time(-DAY_S);
    world.root(2, |root| root["expires"] = json!(ended));
    let (at, why_) = why(world.take());
    assert!(at == Role::Root && matches!(why_, Why::Outlive { .. }), "{why_}");
    assert_eq!(world.trusted.root().body().version, 2, "and it is remembered");
    world.root(3, |_| {});
    world.take().unwrap();
    assert_eq!(world.trusted.root().body().version, 3);
}

#[test]
fn what_has_ended_is_refused_role_by_role_and_what_came_before_it_stays() {
    for (role, taken) in [("timestamp", 0), ("snapshot", 1), ("targets", 2)] {
        let mut world = World::new();
        let ended = world.time(0);
        world.change(role, 1, |signed| signed["expires"] = json!(ended));
        let (at, why_) = why(world.take());
        assert!(at.name() == role && matches!(why_, Why::Outlive { .. }), "{role}: {why_}");
        let trusted = &world.trusted;
        let have = [trusted.timestamp().is_some(), trusted.snapshot().is_some(), trusted.targets().is_some()];
        assert_eq!(have.iter().filter(|has| **has).count(), taken, "{role}");
    }
}

#[test]
fn nothing_goes_back_not_the_timestamp_nor_what_it_names_nor_what_that_names() {
    let mut world = World::new();
    world.announce(5);
    world.take().unwrap();
    let high = world.clone_files();
    // The timestamp.
    world.announce(4);
    assert!(matches!(why(world.take()), (Role::Timestamp, Why::RollBack { found: 4, trusted: 5, .. })));
    // The snapshot that a newer timestamp names.
    world.restore(&high);
    world.change("timestamp", 6, |signed| signed["meta"]["snapshot.json"] = json!({"version": 4}));
    assert!(matches!(why(world.take()), (Role::Timestamp, Why::RollBack { found: 4, .. })));
    // The targets that a newer snapshot names.
    world.restore(&high);
    world.targets(4);
    world.names_targets(7, 4);
    assert!(matches!(why(world.take()), (Role::Snapshot, Why::RollBack { found: 4, trusted: 5, .. })));
    // A snapshot that names them no more, or another role no more.
    world.restore(&high);
    world.change("snapshot", 8, |signed| signed["meta"] = json!({"other.json": {"version": 1}}));
    assert!(matches!(why(world.take()), (Role::Snapshot, Why::Believe(DocumentRefused::ReadForm { .. }))));
}

#[test]
fn new_online_keys_forget_versions_that_a_thief_drove_up() {
    let mut world = World::new();
    world.announce(9_000);
    world.take().unwrap();
    world.root(2, |root| {
        root["keys"][entry(70).id()] = serde_json::to_value(entry(70)).unwrap();
        root["roles"]["timestamp"] = json!({"keyids": [entry(70).id()], "threshold": 1});
    });
    world.signs("timestamp", &[70]);
    world.announce(3);
    world.take().unwrap();
    assert_eq!(world.trusted.timestamp().unwrap().body().version, 3);
}

#[test]
fn the_same_name_for_another_key_is_a_rotation_too_and_a_memory_that_reads_back() {
    let mut world = World::new();
    world.take().unwrap();
    let id = entry(6).id();
    world.root(2, |root| root["keys"][&id] = serde_json::to_value(entry(71)).unwrap());
    let (at, why_) = why(world.take());
    assert!(at == Role::Timestamp && is_unsigned(&why_, 0), "{why_}");
    assert!(gate_tuf::Trusted::from_text(&world.trusted.to_text()).is_ok());
}

#[test]
fn a_file_of_another_version_digest_or_length_than_was_announced_is_refused() {
    for role in ["snapshot", "targets"] {
        for field in ["version", "sha256", "length"] {
            let mut world = World::new();
            world.misname(role, field);
            let (at, why_) = why(world.take());
            assert_eq!(at.name(), role, "{field}: {why_}");
            match field {
                "version" => assert!(matches!(why_, Why::MatchVersion { .. } | Why::Find), "{why_}"),
                _ => assert!(matches!(why_, Why::MatchDigest), "{why_}"),
            }
        }
    }
}

#[test]
fn a_file_that_is_not_there_is_named() {
    for role in ["timestamp", "snapshot", "targets"] {
        let mut world = World::new();
        world.remove(role);
        let (at, why_) = why(world.take());
        assert!(at.name() == role && why_ == Why::Find, "{role}: {why_}");
    }
}

#[test]
fn one_roles_document_is_not_anothers_even_with_good_signatures() {
    let mut world = World::new();
    world.change("timestamp", 1, |signed| signed["_type"] = json!("snapshot"));
    assert!(matches!(why(world.take()), (Role::Timestamp, Why::Believe(DocumentRefused::MatchRole { .. }))));
}

#[test]
fn another_major_version_of_the_specification_is_refused_and_a_newer_minor_one_is_not() {
    let mut world = World::new();
    world.change("timestamp", 1, |signed| signed["spec_version"] = json!("1.99.0"));
    world.take().unwrap();
    for wrong in ["2.0.0", "0.9", "", "v1"] {
        let mut world = World::new();
        world.change("timestamp", 1, |signed| signed["spec_version"] = json!(wrong));
        assert!(matches!(why(world.take()), (_, Why::Believe(DocumentRefused::ReadForm { .. }))), "{wrong}");
    }
}

#[test]
fn fields_that_nobody_knows_are_signed_and_ignored() {
    let mut world = World::new();
    world.change("timestamp", 1, |signed| signed["x-new"] = json!({"a": [1, null, "é\u{7f}"]}));
    world.take().unwrap();
    // And they are part of what is signed.
    let mut world = World::new();
    let mut timestamp = world.get("timestamp.json");
    timestamp["signed"]["x-new"] = json!(1);
    world.put("timestamp.json", &timestamp);
    assert!(is_unsigned(&why(world.take()).1, 0));
}

#[test]
fn more_targets_than_are_looked_at_are_refused() {
    let mut world = World::new();
    world.change("targets", 2, |signed| {
        for number in 0..65 {
            let file = json!({"length": 1, "hashes": {"sha256": "00".repeat(32)}});
            signed["targets"][format!("t-{number}")] = file;
        }
    });
    assert!(matches!(why(world.take()), (Role::Targets, Why::BoundTargets { found: 66, most: 64 })));
}

#[test]
fn a_thousand_roots_are_followed_and_what_is_beyond_is_left_to_the_next_run() {
    let mut world = World::new();
    (2..=1030).for_each(|version| world.root(version, |_| {}));
    assert!(matches!(why(world.take()), (Role::Root, Why::BoundRoots)));
    assert_eq!(world.trusted.root().body().version, 1025);
    world.take().unwrap();
    assert_eq!(world.trusted.root().body().version, 1030);
}

#[test]
fn no_text_whatever_ends_in_anything_but_a_reason() {
    let texts: [&[u8]; 8] = [
        b"",
        b"null",
        b"{}",
        b"<html>Please log in</html>",
        b"{\"signed\":{},\"signatures\":[]}",
        b"{\"signed\":{\"_type\":\"timestamp\",\"spec_version\":\"1\",\"version\":1e30},\"signatures\":[]}",
        b"\xff\xfe\x00",
        b"{\"signed\":[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[",
    ];
    for text in texts {
        let mut world = World::new();
        world.put_bytes("timestamp.json", text);
        let (at, why_) = why(world.take());
        assert!(at == Role::Timestamp && matches!(why_, Why::Believe(_)), "{why_}");
    }
}

#[test]
fn signatures_are_looked_at_up_to_a_bound() {
    let mut world = World::new();
    let mut timestamp = world.get("timestamp.json");
    let list = timestamp["signatures"].as_array_mut().unwrap();
    (0..64).for_each(|n| list.push(json!({"keyid": format!("k{n}"), "sig": ""})));
    world.put("timestamp.json", &timestamp);
    assert!(matches!(why(world.take()), (_, Why::Believe(DocumentRefused::BoundSignatures))));
    // Signatures that are none in form are nobody's, and the good one beside them counts.
    let mut world = World::new();
    let mut timestamp = world.get("timestamp.json");
    timestamp["signatures"].as_array_mut().unwrap().insert(0, json!({"keyid": "odd", "sig": "no hex"}));
    world.put("timestamp.json", &timestamp);
    world.take().unwrap();
}
