//! The suite's `test_keys`: how many different keys signed, and what counts as a signature.

use gate_trust::refusal::Cause;
use serde_json::{Value, json};

use super::super::world::{World, entry};
use super::cases::Ends::{self, Taken};
use super::cases::{Case, OTHER, entrust, first, kept, later};

pub(crate) fn cases() -> Vec<Case> {
    [counted(), repeated_keys(), signatures()].into_iter().flatten().collect()
}

fn unsigned(facts: &str) -> Ends {
    kept(Cause::Unsigned, facts)
}

fn counted() -> Vec<Case> {
    vec![
        later(
            "test_snapshot_does_not_meet_threshold",
            |world| {
                world.signs("snapshot", &[5, 71]);
                world.announce(6);
            },
            unsigned("snapshot.json: 2 of the 3 signatures"),
            [1, 6, 5, 5],
        )
        .beginning(|| {
            let mut world = World::begun(&[1, 2], |root| entrust(root, "snapshot", &[5, 71, 72], 3));
            world.signs("snapshot", &[5, 71, 72]);
            world.announce(5);
            world
        }),
        first(
            "test_snapshot_has_too_few_keys",
            |world| {
                world.root(2, |root| entrust(root, "snapshot", &[5, 71, 72, 73, 74], 6));
                world.signs("snapshot", &[5, 71, 72, 73, 74]);
                world.announce(2);
            },
            unsigned("snapshot.json: 5 of the 6 signatures"),
            [2, 2, 0, 0],
        ),
    ]
}

fn repeated_keys() -> Vec<Case> {
    vec![
        first(
            "test_duplicate_keys",
            |world| {
                world.root(2, |root| entrust(root, "snapshot", &[5, 70], 6));
                world.signs("snapshot", &[70]);
                world.announce(2);
                repeated(world, 2, 8);
            },
            unsigned("snapshot.json: a key signed it twice"),
            [2, 2, 0, 0],
        )
        .stopped(OTHER, "metadata/2.snapshot.json: a key signed it twice"),
        // §4.2.1: a key id is unique among the signatures, however many are needed.
        first(
            "test_duplicate_sig_keyids",
            |world| repeated(world, 1, 1),
            unsigned("snapshot.json: a key signed it twice"),
            [1, 1, 0, 0],
        )
        .stopped(OTHER, "metadata/1.snapshot.json: a key signed it twice"),
    ]
}

fn signatures() -> Vec<Case> {
    vec![
        later(
            "test_keytype_and_scheme[ed25519/ed25519]",
            |world| {
                world.root_by(2, &[1, 2, 70], |root| entrust(root, "root", &[1, 2, 3, 70], 3));
                world.root_by(3, &[1, 2, 70], |_| {});
                let of_before = signature(&world.get("2.root.json"), 70);
                let mut root = world.get("3.root.json");
                replace(&mut root, 70, &of_before);
                world.put("3.root.json", &root);
            },
            unsigned("root.json: 2 of the 3 signatures"),
            [2, 5, 5, 5],
        ),
        beside_a_bad_one("test_invalid_sig_in_valid_metadata", |world| {
            signature(&world.get("timestamp.json"), 6)
        }),
        beside_a_bad_one("test_invalid_sig_in_valid_metadata, an empty one", |_| String::new()),
    ]
}

/// A timestamp that needs one key of two, with a good signature by the one and this by the other.
fn beside_a_bad_one(name: &str, bad: fn(&World) -> String) -> Case {
    let published = move |world: &mut World| {
        let bad = bad(world);
        world.root(2, |root| entrust(root, "timestamp", &[6, 70], 1));
        world.signs("timestamp", &[6, 70]);
        world.announce(6);
        let mut timestamp = world.get("timestamp.json");
        replace(&mut timestamp, 6, &bad);
        world.put("timestamp.json", &timestamp);
    };
    later(name, published, Taken, [2, 6, 6, 6])
}

/// The snapshot's first signature so many times more, honestly announced.
fn repeated(world: &mut World, version: u64, times: usize) {
    let name = format!("{version}.snapshot.json");
    let mut snapshot = world.get(&name);
    let one = snapshot["signatures"][0].clone();
    snapshot["signatures"].as_array_mut().unwrap().extend(vec![one; times]);
    world.put(&name, &snapshot);
    world.names_snapshot(version);
}

fn signature(document: &Value, number: u8) -> String {
    let all = document["signatures"].as_array().unwrap();
    let by = all.iter().find(|one| one["keyid"] == entry(number).id().as_str()).unwrap();
    by["sig"].as_str().unwrap().to_owned()
}

fn replace(document: &mut Value, number: u8, signature: &str) {
    let all = document["signatures"].as_array_mut().unwrap();
    let by = all.iter_mut().find(|one| one["keyid"] == entry(number).id().as_str()).unwrap();
    by["sig"] = json!(signature);
}
