//! The suite's `test_rollback`: nothing goes back, but after new online keys.

use gate_trust::refusal::Cause;
use serde_json::json;

use super::super::world::World;
use super::cases::Ends::Taken;
use super::cases::{Case, OTHER, entrust, kept, later};

pub(crate) fn cases() -> Vec<Case> {
    [refused(), removed(), recovered()].into_iter().flatten().collect()
}

fn refused() -> Vec<Case> {
    let older = |facts: &str| kept(Cause::Older, facts);
    let snapshot = "timestamp.json: version 4 of snapshot.json is older than version 5";
    let targets = "snapshot.json: version 4 of targets.json is older than version 5";
    vec![
        later(
            "test_new_timestamp_version_rollback",
            |world| world.announce(4),
            older("version 4 of timestamp.json is older than version 5"),
            [1, 5, 5, 5],
        ),
        // §5.4.3: by version alone. The line brings no file of which nobody says length and digest.
        later(
            "test_snapshot_rollback[basic]",
            |world| {
                world.announce(4);
                world
                    .change("timestamp", 6, |signed| signed["meta"]["snapshot.json"] = json!({"version": 4}));
            },
            older(snapshot),
            [1, 5, 5, 5],
        )
        .stopped_by_line(OTHER),
        later(
            "test_snapshot_rollback[with hashes]",
            |world| {
                world.announce(4);
                world.change("timestamp", 6, |_| {});
            },
            older(snapshot),
            [1, 5, 5, 5],
        ),
        later(
            "test_targets_rollback[basic]",
            |world| {
                world.targets(4);
                world.change("snapshot", 7, |signed| signed["meta"]["targets.json"] = json!({"version": 4}));
            },
            older(targets),
            [1, 7, 5, 5],
        )
        .stopped_by_line(OTHER),
        later(
            "test_targets_rollback[with hashes]",
            |world| {
                world.targets(4);
                world.names_targets(7, 4);
            },
            older(targets),
            [1, 7, 5, 5],
        ),
    ]
}

/// §5.5.5: a targets role that was listed stays listed.
fn removed() -> Vec<Case> {
    vec![
        later(
            "test_targets_role_removal",
            |world| world.announce(6),
            kept(Cause::Older, "snapshot.json: delegated.json was listed before and is not any more"),
            [1, 6, 5, 5],
        )
        .beginning(|| {
            let mut world = World::new();
            delegated(&mut world, 5);
            world
        }),
    ]
}

/// §5.3.11: versions that a thief drove up are forgotten with the online keys that said them.
fn recovered() -> Vec<Case> {
    vec![
        later(
            "test_targets_fast_forward_recovery",
            |world| {
                world.root(2, |root| entrust(root, "snapshot", &[70], 1));
                world.signs("snapshot", &[70]);
                world.names_targets(101, 1);
            },
            Taken,
            [2, 101, 101, 1],
        )
        .beginning(|| {
            let mut world = World::new();
            delegated(&mut world, 100);
            world
        }),
        later(
            "test_new_snapshot_fast_forward_recovery",
            |world| {
                world.root(2, |root| {
                    entrust(root, "snapshot", &[70], 1);
                    entrust(root, "timestamp", &[71], 1);
                });
                world.signs("snapshot", &[70]);
                world.signs("timestamp", &[71]);
                world.names_targets(1, 1);
                world.change("timestamp", 101, |_| {});
            },
            Taken,
            [2, 101, 1, 1],
        )
        .beginning(|| {
            let mut world = World::new();
            world.names_targets(100, 1);
            world
        }),
        later(
            "test_new_timestamp_fast_forward_recovery",
            |world| {
                world.root(2, |root| entrust(root, "timestamp", &[70], 1));
                world.signs("timestamp", &[70]);
                world.change("timestamp", 1, |_| {});
            },
            Taken,
            [2, 1, 1, 1],
        )
        .beginning(|| {
            let mut world = World::new();
            world.change("timestamp", 100, |_| {});
            world
        }),
    ]
}

/// Everything of this version, and a delegated role in its snapshot.
fn delegated(world: &mut World, version: u64) {
    world.announce(version);
    world.change("snapshot", version, |signed| signed["meta"]["delegated.json"] = json!({"version": 1}));
}
