//! Repositories from the authorities to the gate's verdict, and what is tried against them on the way.

#![expect(clippy::unwrap_used, reason = "what goes wrong here must fail the test")]

#[path = "repositories/attacks.rs"]
mod attacks;
#[path = "repositories/authority.rs"]
mod authority;
#[path = "repositories/commands.rs"]
mod commands;
#[path = "repositories/datasets.rs"]
mod datasets;
#[path = "repositories/folding.rs"]
mod folding;
#[path = "repositories/hazards.rs"]
mod hazards;
#[path = "repositories/journey.rs"]
mod journey;
#[path = "repositories/land.rs"]
mod land;
#[path = "support/programs.rs"]
mod programs;
#[path = "repositories/visits.rs"]
mod visits;
