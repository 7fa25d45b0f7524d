//! The suite's `test_basic`: what is asked for, what is believed, what is no metadata of its role.

use gate_trust::refusal::Cause;
use serde_json::{Value, json};

use super::super::world::{DAY_S, World, entry, sign};
use super::cases::Ends::{Same, Taken};
use super::cases::{Case, GONE, OTHER, entrust, first, kept, later};

pub(crate) fn cases() -> Vec<Case> {
    [believed(), unsigned(), misnamed(), announced(), missing(), odd()].into_iter().flatten().collect()
}

fn believed() -> Vec<Case> {
    let with_blank = |world: &mut World| {
        let text = [world.bytes("timestamp.json"), b" ".as_slice()].concat();
        world.put_bytes("timestamp.json", &text);
    };
    vec![
        first("test_basic_refresh_trusted_data", |_| {}, Taken, [1, 1, 1, 1]),
        first("test_metadata_bytes_match", with_blank, Taken, [1, 1, 1, 1]),
        later("refresh without changes", |_| {}, Taken, [1, 5, 5, 5]),
        // A root that ends in a week, and a visit after that week.
        later("test_faketime", |_| {}, kept(Cause::Ended, "root.json: it ended at"), [2, 5, 5, 5])
            .beginning(|| {
                let mut world = World::new();
                world.announce(5);
                let week = world.time(7 * DAY_S);
                world.root(2, |root| root["expires"] = json!(week));
                world
            })
            .days_after(8),
    ]
}

fn unsigned() -> Vec<Case> {
    let by_nobody = |role: &'static str, trusted| {
        let published = move |world: &mut World| {
            world.root(2, |_| {});
            world.signs(role, &[]);
            world.announce(2);
        };
        let facts = format!("{role}.json: 0 of the 1 signatures");
        first(format!("test_unsigned_metadata[{role}]"), published, kept(Cause::Unsigned, facts), trusted)
    };
    let facts = "root.json: 0 of the 2 signatures";
    vec![
        first(
            "test_unsigned_metadata[root]",
            |world| {
                world.root_by(2, &[], |_| {});
                world.announce(2);
            },
            kept(Cause::Unsigned, facts),
            [1, 0, 0, 0],
        ),
        by_nobody("timestamp", [2, 0, 0, 0]),
        by_nobody("snapshot", [2, 2, 0, 0]),
        by_nobody("targets", [2, 2, 2, 0]),
    ]
}

/// A file of another version than its name and its announcement say.
fn misnamed() -> Vec<Case> {
    let changed = |facts: &str| kept(Cause::Changed, facts);
    vec![
        first(
            "test_url_and_metadata_version_mismatch[root]",
            |world| world.root(2, |root| root["version"] = json!(3)),
            changed("root.json: it has version 3, announced was 2"),
            [1, 0, 0, 0],
        )
        .stopped(OTHER, "metadata/2.root.json: it says that it is root 3"),
        first(
            "test_url_and_metadata_version_mismatch[snapshot]",
            |world| world.misname("snapshot", "version"),
            changed("snapshot.json: it has version 1, announced was 2"),
            [1, 1, 0, 0],
        ),
        first(
            "test_url_and_metadata_version_mismatch[targets]",
            |world| world.misname("targets", "version"),
            changed("targets.json: it has version 1, announced was 2"),
            [1, 1, 1, 0],
        ),
    ]
}

fn announced() -> Vec<Case> {
    let changed = |facts: &str| kept(Cause::Changed, facts);
    let wrong = json!("0".repeat(64));
    let wrong_too = wrong.clone();
    vec![
        // Under the version that is here: it is not looked at, nor what it names.
        later(
            "test_timestamp_content_changes",
            |world| {
                world.change("timestamp", 5, |signed| signed["meta"]["snapshot.json"]["version"] = json!(100))
            },
            Same,
            [1, 5, 5, 5],
        )
        .stopped(GONE, "metadata/100.snapshot.json is not there"),
        later(
            "test_targets_hash_mismatch",
            move |world| {
                world.announce(6);
                let hash =
                    |signed: &mut Value| signed["meta"]["targets.json"]["hashes"]["sha256"] = wrong.clone();
                world.change("snapshot", 6, hash);
            },
            changed("targets.json: it is not the file that was announced"),
            [1, 6, 6, 5],
        )
        .stopped_by_line(OTHER),
        later(
            "test_snapshot_hash_mismatch",
            move |world| {
                world.announce(6);
                let hash = |signed: &mut Value| {
                    signed["meta"]["snapshot.json"]["hashes"]["sha256"] = wrong_too.clone()
                };
                world.change("timestamp", 6, hash);
            },
            changed("snapshot.json: it is not the file that was announced"),
            [1, 6, 5, 5],
        )
        .stopped_by_line(OTHER),
    ]
}

fn missing() -> Vec<Case> {
    let without = |role: &'static str, stick, trusted| {
        let published = move |world: &mut World| {
            world.announce(6);
            world.remove(role);
        };
        let ends = kept(Cause::Missing, format!("{role}.json: it is not there"));
        later(&format!("test_{role}_404"), published, ends, trusted).stopped(GONE, stick)
    };
    vec![
        without("timestamp", "metadata/timestamp.json is not there: the copy is not whole", [1, 5, 5, 5]),
        without("snapshot", "metadata/6.snapshot.json is not there", [1, 6, 5, 5]),
        without("targets", "metadata/6.targets.json is not there", [1, 6, 6, 5]),
    ]
}

fn odd() -> Vec<Case> {
    vec![
        // The key with a field of its own is needed: three keys sign from now on.
        later(
            "test_custom_fields",
            |world| {
                world.root_by(2, &[1, 2, 70], |root| {
                    root["custom-field"] = json!("value");
                    entrust(root, "root", &[1, 2, 3, 70], 3);
                    root["keys"][entry(70).id()]["extra-field"] = json!({"a": 1, "b": 2});
                    root["roles"]["root"]["another-field"] = json!("value");
                });
            },
            Taken,
            [2, 5, 5, 5],
        ),
        later(
            "test_deprecated_keyid_hash_algorithms",
            |world| {
                world.root(2, |root| {
                    entrust(root, "snapshot", &[70], 1);
                    root["keys"][entry(70).id()]["keyid_hash_algorithms"] = json!("md5");
                });
                world.signs("snapshot", &[70]);
                world.announce(6);
            },
            Taken,
            [2, 6, 6, 6],
        ),
        // A snapshot that a key of both roles signed and that could be a timestamp but for what it says it is.
        first(
            "test_incorrect_metadata_type",
            |world| {
                world.root(2, |root| entrust(root, "snapshot", &[5, 6], 1));
                let mut snapshot = world.get("1.snapshot.json")["signed"].clone();
                snapshot["version"] = json!(2);
                snapshot["meta"] = world.get("timestamp.json")["signed"]["meta"].clone();
                world.put("timestamp.json", &sign(&snapshot, &[6]));
            },
            kept(Cause::Changed, "timestamp.json: it says that it is snapshot"),
            [2, 0, 0, 0],
        )
        .stopped(OTHER, "metadata/timestamp.json: it says that it is snapshot, not timestamp"),
    ]
}
