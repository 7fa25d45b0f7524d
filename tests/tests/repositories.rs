//! Repositories from the authorities to the gate's verdict, and what is tried against them on the way.

#![expect(clippy::unwrap_used, reason = "what goes wrong here must fail the test")]

#[path = "repositories/attacks.rs"]
mod attacks;
#[path = "repositories/authority.rs"]
mod authority;
#[path = "repositories/automatic.rs"]
mod automatic;
#[path = "repositories/beside.rs"]
mod beside;
#[path = "repositories/by_stick.rs"]
mod by_stick;
#[path = "repositories/carriers.rs"]
mod carriers;
#[path = "repositories/commands.rs"]
mod commands;
#[path = "repositories/conformance.rs"]
mod conformance;
#[path = "repositories/counted.rs"]
mod counted;
#[path = "repositories/datasets.rs"]
mod datasets;
#[path = "repositories/drafts.rs"]
mod drafts;
#[path = "repositories/drills.rs"]
mod drills;
#[path = "repositories/enrolling.rs"]
mod enrolling;
#[path = "repositories/folding.rs"]
mod folding;
#[path = "repositories/hazards.rs"]
mod hazards;
#[path = "repositories/hostile.rs"]
mod hostile;
#[path = "support/hub.rs"]
#[allow(dead_code, reason = "shared with the sticks' tests, which use more of it")]
mod hub;
#[path = "repositories/journey.rs"]
mod journey;
#[path = "support/keeper.rs"]
mod keeper;
#[path = "repositories/land.rs"]
mod land;
#[path = "repositories/loaded_from_a_hub.rs"]
mod loaded_from_a_hub;
#[path = "repositories/night.rs"]
mod night;
#[path = "repositories/night_by_line.rs"]
mod night_by_line;
#[path = "repositories/over_https.rs"]
mod over_https;
#[path = "support/programs.rs"]
mod programs;
#[path = "repositories/swapped_revoked_stolen.rs"]
mod swapped_revoked_stolen;
#[path = "repositories/terminal.rs"]
mod terminal;
#[expect(dead_code, reason = "the carrier's own tests do more with it")]
#[path = "../../firmware/sync/tests/support/toxic.rs"]
mod toxic;
#[path = "repositories/traced.rs"]
mod traced;
#[path = "repositories/visits.rs"]
mod visits;
#[path = "repositories/way.rs"]
mod way;
#[path = "repositories/whole_round.rs"]
mod whole_round;
#[expect(dead_code, reason = "the client's own tests do more with it")]
#[path = "../../firmware/tuf/tests/workflow/world.rs"]
mod world;

/// The attacks here are on the keeper alone; `over_https` tries the same ones by network, the sticks' tests by stick.
const BY: land::Carrier = land::Carrier::Spool;
