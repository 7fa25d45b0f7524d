//! What a case is: what is published, and what becomes of it.

use gate_trust::refusal::Cause;
use serde_json::{Value, json};

use super::super::world::{World, entry};

/// Versions of root, timestamp, snapshot and targets that are believed; 0 where there is none.
pub(crate) type Versions = [u64; 4];

/// What becomes of a case.
pub(crate) enum Ends {
    /// What was published last is what is believed now, byte for byte.
    Taken,
    /// Nothing is refused, and nothing changes.
    Same,
    /// The keeper says why it goes no further.
    Kept(Cause, String),
}

/// What the terminal did before the case.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Before {
    /// It got its first root, and nothing else.
    Nothing,
    /// It took everything that was there.
    Visited,
}

/// One case. Its name is the suite's where the suite has it; what follows a comma there is a variant of ours.
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) begins: Box<dyn Fn() -> World>,
    pub(crate) before: Before,
    pub(crate) published: Box<dyn Fn(&mut World)>,
    /// The case's visit comes so much later.
    pub(crate) days: u64,
    pub(crate) ends: Ends,
    /// What is believed at last, where everything comes to the keeper.
    pub(crate) trusted: Versions,
    /// What a carrier says that does not let it through: it reads a form, a length, a digest; it knows no key.
    pub(crate) line: Option<&'static str>,
    pub(crate) stick: Option<&'static str>,
}

pub(crate) const OTHER: &str = "other bytes came than were announced";
pub(crate) const GONE: &str = "the hub does not have it";

/// At a terminal that has its first root and nothing else.
pub(crate) fn first(
    name: impl Into<String>,
    published: impl Fn(&mut World) + 'static,
    ends: Ends,
    trusted: Versions,
) -> Case {
    Case {
        name: name.into(),
        begins: Box::new(World::new),
        before: Before::Nothing,
        published: Box::new(published),
        days: 0,
        ends,
        trusted,
        line: None,
        stick: None,
    }
}

/// At a terminal that took an honest version 5 before, timestamp to targets.
pub(crate) fn later(
    name: &str,
    published: impl Fn(&mut World) + 'static,
    ends: Ends,
    trusted: Versions,
) -> Case {
    let begins = || {
        let mut world = World::new();
        world.announce(5);
        world
    };
    Case { before: Before::Visited, ..first(name, published, ends, trusted).beginning(begins) }
}

impl Case {
    pub(crate) fn beginning(self, begins: impl Fn() -> World + 'static) -> Case {
        Case { begins: Box::new(begins), ..self }
    }

    pub(crate) fn days_after(self, days: u64) -> Case {
        Case { days, ..self }
    }

    pub(crate) fn stopped_by_line(self, line: &'static str) -> Case {
        Case { line: Some(line), ..self }
    }

    pub(crate) fn stopped(self, line: &'static str, stick: &'static str) -> Case {
        Case { line: Some(line), stick: Some(stick), ..self }
    }
}

pub(crate) fn kept(cause: Cause, facts: impl Into<String>) -> Ends {
    Ends::Kept(cause, facts.into())
}

/// Gives a role these keys in a root.
pub(crate) fn entrust(root: &mut Value, role: &str, keys: &[u8], threshold: u32) {
    for number in keys {
        root["keys"][entry(*number).id()] = serde_json::to_value(entry(*number)).unwrap();
    }
    let names: Vec<String> = keys.iter().map(|number| entry(*number).id()).collect();
    root["roles"][role] = json!({"keyids": names, "threshold": threshold});
}

/// All of them.
pub(crate) fn cases() -> Vec<Case> {
    let groups = [
        super::basic::cases(),
        super::expiration::cases(),
        super::keys::cases(),
        super::rollback::cases(),
        super::rotations::of_roots(),
        super::rotations::of_others(),
        super::ours::cases(),
    ];
    groups.into_iter().flatten().collect()
}
