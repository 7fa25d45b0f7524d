//! What makes a claim believable: signatures, seals, and the keyed names of people.
//!
//! Promises: no std, no allocation, no clock, no randomness of its own (the caller hands both memory and
//! randomness in); no input panics; nothing here prints a key, a person tag, a subject or a PIN.
//! Must not know: what a credential says, which key may sign what, or what a verdict is (`gate_core` does).
//!
//! | type | having one tells you | made only by |
//! |---|---|---|
//! | [`ed25519::PublicKey`] | canonical, not weak, torsion-free: its signatures cannot be had without its seed | `PublicKey::admit` |
//! | [`cose::Authentic`] | one admitted key signed exactly these bytes for exactly this purpose | `cose::verify` |
//! | [`seal::SealingKey`] | somebody can hold the opening key | `SealingKey::admit`, `OpeningKey::sealing_key` |
//! | [`seal::Opened`] | sealed to this key for this purpose and place, unchanged | `seal::open_record` |
//! | [`pin::PinProven`] | the PIN was typed right, once, now | `PinVerifier::matches` |
#![no_std]

pub mod cose;
pub mod digest;
pub mod ed25519;
pub mod leaf_seal;
pub mod pin;
pub mod seal;
mod secret;
pub mod stretch;
pub mod subject;
