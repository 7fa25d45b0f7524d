//! The same attacks with the network carrier between the repositories and the keeper: a hub serves what the attacker left
//! there, `gate-sync` mirrors it into the spool, `gate-trust` says why it is refused, or the carrier did before it.

use super::land::Carrier;
use super::{authority, land};

#[expect(clippy::duplicate_mod, reason = "the same attacks, another carrier")]
#[path = "attacks.rs"]
mod attacks;

const BY: Carrier = Carrier::Https;
