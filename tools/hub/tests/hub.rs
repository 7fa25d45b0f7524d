//! The hub as a process: what terminals send it, what it serves, what kills and crowds do to it.

#![expect(clippy::unwrap_used, reason = "what goes wrong here must fail the test")]

#[path = "hub/bands.rs"]
mod bands;
#[path = "support/chain.rs"]
mod chain;
#[path = "hub/counters.rs"]
mod counters;
#[path = "hub/crowds.rs"]
mod crowds;
#[path = "hub/deeds.rs"]
mod deeds;
#[path = "hub/doubts.rs"]
mod doubts;
#[path = "hub/fleet.rs"]
mod fleet;
#[path = "hub/hardship.rs"]
mod hardship;
#[path = "hub/killed_store.rs"]
mod killed_store;
#[path = "hub/log.rs"]
mod log;
#[path = "hub/objects.rs"]
mod objects;
#[path = "hub/pages.rs"]
mod pages;
#[path = "support/published.rs"]
mod published;
#[path = "hub/records.rs"]
mod records;
#[path = "hub/repository.rs"]
mod repository;
#[path = "support/rig.rs"]
mod rig;
#[path = "hub/server.rs"]
mod server;
#[path = "hub/sticks.rs"]
mod sticks;
