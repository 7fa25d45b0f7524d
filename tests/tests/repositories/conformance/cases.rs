//! The cases as a table: what is published, and what becomes of it.

use gate_trust::refusal::Cause;
use serde_json::{Value, json};

use super::super::world::{DAY_S, World, entry, sign};

/// What becomes of a case: it is taken up to this root; or refused, by the keeper or by a carrier, before or with the newest root.
#[derive(Clone, Copy)]
pub(crate) enum Ends {
    Taken { root: u64 },
    Kept(Cause, &'static str),
}

use Ends::{Kept, Taken};

/// One case: what is published, what the keeper would make of it, and what a carrier says that does not let it through.
pub(crate) struct Case {
    pub(crate) name: &'static str,
    pub(crate) published: fn(&mut World),
    pub(crate) ends: Ends,
    pub(crate) line: Option<&'static str>,
    pub(crate) stick: Option<&'static str>,
}

const fn case(name: &'static str, published: fn(&mut World), ends: Ends) -> Case {
    Case { name, published, ends, line: None, stick: None }
}

/// What a carrier refuses to bring: it reads a form, a length, a digest; it knows no key.
const fn stopped(mut case: Case, line: &'static str, stick: &'static str) -> Case {
    (case.line, case.stick) = (Some(line), Some(stick));
    case
}

/// The same, where it is the line alone that compares a digest or a length.
const fn stopped_by_line(mut case: Case, line: &'static str) -> Case {
    case.line = Some(line);
    case
}

const OTHER: &str = "other bytes came than were announced";
const GONE: &str = "the hub does not have it";

fn with_keys_61_and_62(root: &mut Value) {
    for number in [61, 62] {
        root["keys"][entry(number).id()] = serde_json::to_value(entry(number)).unwrap();
    }
    root["roles"]["root"] = json!({"keyids": [entry(61).id(), entry(62).id()], "threshold": 2});
}

fn ended(world: &mut World, role: &str) {
    let ended = world.time(0);
    world.change(role, 1, |signed| signed["expires"] = json!(ended));
}

/// Cases of a terminal that has its first root and nothing else.
pub(crate) fn cases() -> Vec<Case> {
    [roots(), root_keys(), keys(), forms(), ends(), announcements()].into_iter().flatten().collect()
}

fn roots() -> Vec<Case> {
    vec![
        case("first refresh", |_| {}, Taken { root: 1 }),
        stopped(
            case(
                "root version skipped",
                |world| world.root(2, |root| root["version"] = json!(3)),
                Kept(Cause::Changed, "root.json: it has version 3, announced was 2"),
            ),
            OTHER,
            "metadata/2.root.json: it says that it is root 3",
        ),
        stopped(
            case(
                "root version back",
                |world| world.root(2, |root| root["version"] = json!(1)),
                Kept(Cause::Changed, "root.json: it has version 1, announced was 2"),
            ),
            OTHER,
            "metadata/2.root.json: it says that it is root 1",
        ),
        case(
            "final root expired",
            |world| {
                let ended = world.time(-DAY_S);
                world.root(2, |root| root["expires"] = json!(ended));
            },
            Kept(Cause::Ended, "root.json: it ended at"),
        ),
        case(
            "intermediate root expired",
            |world| {
                let ended = world.time(-DAY_S);
                world.root(2, |root| root["expires"] = json!(ended));
                world.root(3, |_| {});
            },
            Taken { root: 3 },
        ),
        case("sixty roots", |world| (2..=61).for_each(|n| world.root(n, |_| {})), Taken { root: 61 }),
    ]
}

fn root_keys() -> Vec<Case> {
    let unsigned = |facts| Kept(Cause::Unsigned, facts);
    vec![
        case(
            "root without the old keys",
            |world| world.root_by(2, &[61, 62], with_keys_61_and_62),
            unsigned("root.json: 0 of the 2 signatures"),
        ),
        case(
            "root without its own keys",
            |world| world.root_by(2, &[1, 2], with_keys_61_and_62),
            unsigned("root.json: 0 of the 2 signatures"),
        ),
        case(
            "root below the old threshold",
            |world| world.root_by(2, &[1, 61, 62], with_keys_61_and_62),
            unsigned("root.json: 1 of the 2 signatures"),
        ),
        case(
            "root below its own threshold",
            |world| world.root_by(2, &[1, 2, 61], with_keys_61_and_62),
            unsigned("root.json: 1 of the 2 signatures"),
        ),
        case(
            "root with both",
            |world| world.root_by(2, &[1, 2, 61, 62], with_keys_61_and_62),
            Taken { root: 2 },
        ),
    ]
}

fn keys() -> Vec<Case> {
    vec![
        case(
            "one key under two ids",
            one_key_twice,
            Kept(Cause::Unsigned, "targets.json: 1 of the 2 signatures"),
        ),
        stopped(
            case(
                "one id twice in a role",
                |world| {
                    world.root(2, |root| {
                        root["roles"]["targets"]["keyids"] = json!([entry(3).id(), entry(3).id()]);
                    });
                },
                Kept(Cause::Changed, "root.json: it is no root metadata"),
            ),
            OTHER,
            "metadata/2.root.json: it is no root metadata",
        ),
        stopped(
            case(
                "a signature twice",
                |world| {
                    let mut timestamp = world.get("timestamp.json");
                    let one = timestamp["signatures"][0].clone();
                    timestamp["signatures"].as_array_mut().unwrap().push(one);
                    world.put("timestamp.json", &timestamp);
                },
                Kept(Cause::Unsigned, "a key signed it twice"),
            ),
            OTHER,
            "metadata/timestamp.json: a key signed it twice",
        ),
        case("a key of another kind", key_of_another_kind, {
            Kept(Cause::Unsigned, "timestamp.json: 0 of the 1 signatures")
        }),
    ]
}

fn forms() -> Vec<Case> {
    vec![
        case(
            "custom fields",
            |world| world.change("timestamp", 1, |signed| signed["x-new"] = json!({"a": [1, null]})),
            Taken { root: 1 },
        ),
        case(
            "metadata changed after signing",
            |world| {
                let mut timestamp = world.get("timestamp.json");
                timestamp["signed"]["x-new"] = json!(1);
                world.put("timestamp.json", &timestamp);
            },
            Kept(Cause::Unsigned, "timestamp.json: 0 of the 1 signatures"),
        ),
        stopped(
            case(
                "another role's metadata",
                |world| world.change("timestamp", 1, |signed| signed["_type"] = json!("snapshot")),
                Kept(Cause::Changed, "timestamp.json: it says that it is snapshot"),
            ),
            OTHER,
            "metadata/timestamp.json: it says that it is snapshot, not timestamp",
        ),
        stopped(
            case(
                "another specification",
                |world| world.change("timestamp", 1, |signed| signed["spec_version"] = json!("2.0.0")),
                Kept(Cause::Changed, "another major version of the specification"),
            ),
            OTHER,
            "metadata/timestamp.json: it is no timestamp metadata of TUF 1.0",
        ),
        stopped(
            case(
                "no metadata",
                |world| world.put_bytes("timestamp.json", b"<html>Please log in</html>"),
                Kept(Cause::Changed, "timestamp.json: it is no JSON"),
            ),
            OTHER,
            "metadata/timestamp.json: it is no JSON",
        ),
    ]
}

fn ends() -> Vec<Case> {
    vec![
        case("timestamp expired", |world| ended(world, "timestamp"), {
            Kept(Cause::Ended, "timestamp.json: it ended at")
        }),
        case("snapshot expired", |world| ended(world, "snapshot"), {
            Kept(Cause::Ended, "snapshot.json: it ended at")
        }),
        case("targets expired", |world| ended(world, "targets"), {
            Kept(Cause::Ended, "targets.json: it ended at")
        }),
    ]
}

fn announcements() -> Vec<Case> {
    let changed = |facts| Kept(Cause::Changed, facts);
    vec![
        case("snapshot of another version", |world| world.misname("snapshot", "version"), {
            changed("snapshot.json: it has version 1, announced was 2")
        }),
        case("targets of another version", |world| world.misname("targets", "version"), {
            changed("targets.json: it has version 1, announced was 2")
        }),
        stopped_by_line(
            case("snapshot of another hash", |world| world.misname("snapshot", "sha256"), {
                changed("snapshot.json: it is not the file that was announced")
            }),
            OTHER,
        ),
        stopped_by_line(
            case("targets of another hash", |world| world.misname("targets", "sha256"), {
                changed("targets.json: it is not the file that was announced")
            }),
            OTHER,
        ),
        stopped_by_line(
            case("snapshot of another length", |world| world.misname("snapshot", "length"), {
                Kept(Cause::Unreadable, "bytes, at most 7 are read")
            }),
            "more than the 7 bytes that were to come",
        ),
        stopped_by_line(
            case("targets of another length", |world| world.misname("targets", "length"), {
                Kept(Cause::Unreadable, "bytes, at most 7 are read")
            }),
            "more than the 7 bytes that were to come",
        ),
        stopped(
            case(
                "snapshot missing",
                |world| world.remove("snapshot"),
                Kept(Cause::Missing, "snapshot.json: it is not there"),
            ),
            GONE,
            "metadata/1.snapshot.json is not there",
        ),
        stopped(
            case(
                "targets missing",
                |world| world.remove("targets"),
                Kept(Cause::Missing, "targets.json: it is not there"),
            ),
            GONE,
            "metadata/1.targets.json is not there",
        ),
        Case {
            stick: Some("it names more targets than a repository has"),
            ..case("too many targets", too_many_targets, Kept(Cause::Unfit, "it names 66 targets"))
        },
    ]
}

/// Cases of a terminal that took an honest version 5 before, timestamp to targets.
pub(crate) fn of_later_visits() -> Vec<Case> {
    let older = |facts| Kept(Cause::Older, facts);
    vec![
        case("refresh without changes", |_| {}, Taken { root: 1 }),
        case("timestamp rollback", |world| world.announce(4), {
            older("version 4 of timestamp.json is older than version 5")
        }),
        case(
            "snapshot rollback in the timestamp",
            |world| {
                let meta = world.get("timestamp.json")["signed"]["meta"]["snapshot.json"].clone();
                world.announce(4);
                let mut old = world.get("timestamp.json")["signed"]["meta"]["snapshot.json"].clone();
                assert!(old != meta);
                old["version"] = json!(4);
                world.change("timestamp", 6, |signed| signed["meta"]["snapshot.json"] = old);
            },
            older("version 4 of snapshot.json is older than version 5"),
        ),
        case(
            "targets rollback in the snapshot",
            |world| {
                world.targets(4);
                world.names_targets(7, 4);
            },
            older("version 4 of targets.json is older than version 5"),
        ),
        stopped(
            case(
                "targets dropped from the snapshot",
                |world| {
                    world.change("snapshot", 8, |signed| {
                        signed["meta"] = json!({"other.json": {"version": 1}});
                    });
                },
                Kept(Cause::Changed, "snapshot.json: it is no snapshot metadata"),
            ),
            OTHER,
            "metadata/8.snapshot.json: it is no snapshot metadata",
        ),
        case(
            "fast-forward recovery",
            |world| {
                world.root(2, |root| {
                    root["keys"][entry(70).id()] = serde_json::to_value(entry(70)).unwrap();
                    root["roles"]["timestamp"] = json!({"keyids": [entry(70).id()], "threshold": 1});
                });
                world.timestamp_key = 70;
                world.announce(3);
            },
            Taken { root: 2 },
        ),
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

fn too_many_targets(world: &mut World) {
    world.change("targets", 2, |signed| {
        for number in 0..65 {
            let file = json!({"length": 1, "hashes": {"sha256": "00".repeat(32)}});
            signed["targets"][format!("t-{number}")] = file;
        }
    });
}
