//! The suite's `test_expiration`: what has ended, here or there.

use gate_trust::refusal::Cause;
use serde_json::{Value, json};

use super::super::world::{DAY_S, World};
use super::cases::Ends::Taken;
use super::cases::{Case, Versions, kept, later};

pub(crate) fn cases() -> Vec<Case> {
    vec![
        // §5.3.10: the root is kept, and nothing after it is looked at.
        later(
            "test_root_expired",
            |world| {
                world.root(2, |_| {});
                let ended = world.time(-DAY_S);
                world.root(3, |root| root["expires"] = json!(ended));
                world.announce(6);
            },
            kept(Cause::Ended, "root.json: it ended at"),
            [3, 5, 5, 5],
        ),
        ended("timestamp", [1, 5, 5, 5]),
        ended("snapshot", [1, 6, 5, 5]),
        ended("targets", [1, 6, 6, 5]),
        later(
            "test_expired_local_root",
            |world| {
                let until = world.time(21 * DAY_S);
                world.root(3, |root| root["expires"] = json!(until));
            },
            Taken,
            [3, 6, 6, 6],
        )
        .beginning(|| {
            let mut world = World::new();
            let week = world.time(7 * DAY_S);
            world.root(2, |root| root["expires"] = json!(week));
            lasting(&mut world, 6, 21);
            world
        })
        .days_after(18),
        later("test_expired_local_timestamp", |world| lasting(world, 6, 21), Taken, [1, 6, 6, 6])
            .beginning(|| {
                let mut world = World::new();
                lasting(&mut world, 5, 7);
                world
            })
            .days_after(18),
    ]
}

fn ended(role: &'static str, trusted: Versions) -> Case {
    let published = move |world: &mut World| {
        let ended = world.time(-5 * DAY_S);
        world.change(role, 6, |signed| signed["expires"] = json!(ended));
    };
    let ends = kept(Cause::Ended, format!("{role}.json: it ended at"));
    later(&format!("test_{role}_expired"), published, ends, trusted)
}

/// Everything of this version, good for so many days.
fn lasting(world: &mut World, version: u64, days: i64) {
    let until = world.time(days * DAY_S);
    let until = |signed: &mut Value| signed["expires"] = json!(until);
    world.announce(version);
    ["targets", "snapshot", "timestamp"].into_iter().for_each(|role| world.change(role, version, until));
}
