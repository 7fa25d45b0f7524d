//! Sticks as they come: lost, copied, swapped, stale, pulled out half-way, full, full of links and giant files. Each harms nothing.

#![expect(clippy::unwrap_used, reason = "what goes wrong here must fail the test")]
#![allow(dead_code, reason = "shared with the repositories' tests, which use more of it")]

#[path = "repositories/attacks.rs"]
mod attacks;
#[path = "repositories/authority.rs"]
mod authority;
#[path = "sticks/beside.rs"]
mod beside;
#[path = "repositories/by_stick.rs"]
mod by_stick;
#[path = "sticks/damaged.rs"]
mod damaged;
#[path = "sticks/hazards.rs"]
mod hazards;
#[path = "support/hub.rs"]
mod hub;
#[path = "support/keeper.rs"]
mod keeper;
#[path = "repositories/land.rs"]
mod land;
#[path = "sticks/manual.rs"]
mod manual;
#[path = "support/programs.rs"]
mod programs;
#[path = "sticks/records.rs"]
mod records;
#[path = "sticks/starts.rs"]
mod starts;
#[path = "sticks/told.rs"]
mod told;
#[path = "../../firmware/sync/tests/support/toxic.rs"]
mod toxic;
#[path = "sticks/visit.rs"]
mod visit;
#[path = "repositories/way.rs"]
mod way;

/// The carrier of the attacks: the stick itself, brought in by `gate-field visit`.
const BY: land::Carrier = land::Carrier::Stick;
