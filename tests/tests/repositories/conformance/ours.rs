//! Cases that the suite does not have.

use gate_trust::refusal::Cause;
use serde_json::json;

use super::super::world::{DAY_S, World, entry, sign};
use super::cases::Ends::Taken;
use super::cases::{Case, OTHER, first, kept, later};

pub(crate) fn cases() -> Vec<Case> {
    [roots(), keys(), forms(), lengths()].into_iter().flatten().collect()
}

fn roots() -> Vec<Case> {
    let changed = |facts: &str| kept(Cause::Changed, facts);
    vec![
        first(
            "root version back",
            |world| world.root(2, |root| root["version"] = json!(1)),
            changed("root.json: it has version 1, announced was 2"),
            [1, 0, 0, 0],
        )
        .stopped(OTHER, "metadata/2.root.json: it says that it is root 1"),
        first(
            "intermediate root expired",
            |world| {
                let ended = world.time(-DAY_S);
                world.root(2, |root| root["expires"] = json!(ended));
                world.root(3, |_| {});
            },
            Taken,
            [3, 1, 1, 1],
        ),
        first("sixty roots", |world| (2..=61).for_each(|n| world.root(n, |_| {})), Taken, [61, 1, 1, 1]),
    ]
}

fn keys() -> Vec<Case> {
    let unsigned = |facts: &str| kept(Cause::Unsigned, facts);
    vec![
        first(
            "one key under two ids",
            one_key_twice,
            unsigned("targets.json: 1 of the 2 signatures"),
            [2, 2, 2, 0],
        ),
        first(
            "one id twice in a role",
            |world| {
                world.root(2, |root| {
                    root["roles"]["targets"]["keyids"] = json!([entry(3).id(), entry(3).id()]);
                });
            },
            kept(Cause::Changed, "root.json: it is no root metadata"),
            [1, 0, 0, 0],
        )
        .stopped(OTHER, "metadata/2.root.json: it is no root metadata"),
        first(
            "a key of another kind",
            key_of_another_kind,
            unsigned("timestamp.json: 0 of the 1 signatures"),
            [2, 0, 0, 0],
        ),
    ]
}

fn forms() -> Vec<Case> {
    let changed = |facts: &str| kept(Cause::Changed, facts);
    vec![
        first(
            "metadata changed after signing",
            |world| {
                let mut timestamp = world.get("timestamp.json");
                timestamp["signed"]["x-new"] = json!(1);
                world.put("timestamp.json", &timestamp);
            },
            kept(Cause::Unsigned, "timestamp.json: 0 of the 1 signatures"),
            [1, 0, 0, 0],
        ),
        first(
            "another specification",
            |world| world.change("timestamp", 1, |signed| signed["spec_version"] = json!("2.0.0")),
            changed("another major version of the specification"),
            [1, 0, 0, 0],
        )
        .stopped(OTHER, "metadata/timestamp.json: it is no timestamp metadata of TUF 1.0"),
        first(
            "no metadata",
            |world| world.put_bytes("timestamp.json", b"<html>Please log in</html>"),
            changed("timestamp.json: it is no JSON"),
            [1, 0, 0, 0],
        )
        .stopped(OTHER, "metadata/timestamp.json: it is no JSON"),
        later(
            "targets dropped from the snapshot",
            |world| {
                world.change("snapshot", 8, |signed| {
                    signed["meta"] = json!({"other.json": {"version": 1}});
                });
            },
            changed("snapshot.json: it is no snapshot metadata"),
            [1, 8, 5, 5],
        )
        .stopped(OTHER, "metadata/8.snapshot.json: it is no snapshot metadata"),
        first("delegations are left alone", with_delegations, Taken, [1, 2, 2, 2]),
    ]
}

fn lengths() -> Vec<Case> {
    let of = |role: &'static str, trusted| {
        let ends = kept(Cause::Unreadable, "bytes, at most 7 are read");
        let published = move |world: &mut World| world.misname(role, "length");
        first(format!("{role} of another length"), published, ends, trusted)
            .stopped_by_line("more than the 7 bytes that were to come")
    };
    let ends = kept(Cause::Unfit, "it names 66 targets");
    let too_many = first("too many targets", too_many_targets, ends, [1, 2, 2, 0]);
    vec![
        of("snapshot", [1, 1, 0, 0]),
        of("targets", [1, 1, 1, 0]),
        Case { stick: Some("it names more targets than a repository has"), ..too_many },
    ]
}

fn one_key_twice(world: &mut World) {
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
}

fn key_of_another_kind(world: &mut World) {
    world.root(2, |root| {
        root["keys"]["odd"] = json!({"keytype": "rsa", "scheme": "rsa", "keyval": {"public": "x"}});
        root["roles"]["timestamp"] = json!({"keyids": ["odd"], "threshold": 1});
    });
    let signed = world.get("timestamp.json")["signed"].clone();
    world.put("timestamp.json", &sign(&signed, &[6]));
}

/// To roles of names that would lead elsewhere in an address or on a disk.
fn with_delegations(world: &mut World) {
    let names = ["?", "#", "/delegatedrole", "../delegatedrole"];
    let role = |name: &str| json!({"name": name, "keyids": [entry(3).id()], "threshold": 1, "terminating": false, "paths": ["*"]});
    world.change("targets", 2, |signed| {
        signed["delegations"] = json!({"keys": {}, "roles": names.map(role)});
    });
}

fn too_many_targets(world: &mut World) {
    world.change("targets", 2, |signed| {
        for number in 0..65 {
            let file = json!({"length": 1, "hashes": {"sha256": "00".repeat(32)}});
            signed["targets"][format!("t-{number}")] = file;
        }
    });
}
