//! Repositories from the authorities to the gate's verdict, and what is tried against them on the way.

#![expect(clippy::unwrap_used, reason = "what goes wrong here must fail the test")]

#[path = "repositories/authority.rs"]
mod authority;
#[path = "repositories/journey.rs"]
mod journey;
