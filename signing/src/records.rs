//! Records on lawful request: found, opened, replayed, told (DOMAIN §15, §17).
//! Promises: nothing is opened that the request does not select, or cannot be told apart from it without opening;
//! everything is counted and logged before; what is missing, damaged, doubled or destroyed is said.
//! Must not know: how a terminal decides (`gate_core` replays), where keys live (custody).

mod carried_out;
pub mod desk_keys;
pub mod lawful;
pub mod opening;
pub mod replay;
pub mod report;
pub mod selection;
pub mod sources;
mod story;
pub mod terminals;
mod words;
