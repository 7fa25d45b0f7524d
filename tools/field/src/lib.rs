//! The technician's night: data to terminals on a stick or in a laptop's folder, records back (DESIGN §2, §5; ADR 15).
//!
//! Promises: what a stick holds is nobody's word: regular files alone, each bounded before it is read, copied once, verified by
//! `gate-trust` from the copy, under another user; nothing on it is executed; it is written in one preallocated file and nowhere else, after
//! reading has ended; a stick lost, pulled out, full or forged costs nothing but its own visit.
//! Must not know: any store of a terminal, any key.
//!
//! | step | where | module |
//! |---|---|---|
//! | repositories from a hub into a laptop's folder | desk | [`fetching`] |
//! | repositories onto the stick, room for records | desk | [`load`] |
//! | what this terminal needs, from the stick into the spool | terminal | [`bring`] |
//! | the keeper's word on it | terminal | [`asking`], [`verdict`] |
//! | batches from the spool into the stick's outbox | terminal | [`take`] |
//! | the outbox into the hub's folder, acknowledgements back | desk | [`give_back`] |
//! | who was visited, and whose the stick was | desk | [`log`] |
//! | what is on it | anywhere | [`status`] |
//! | one repository, file by file | | [`copying`] |
//! | the outbox, byte by byte | | [`outbox`] |
//! | what the terminal's screen is told | terminal | [`visit`] |

pub mod asking;
pub mod bring;
pub mod copying;
pub mod fetching;
pub mod files;
pub mod give_back;
pub mod load;
pub mod log;
pub mod outbox;
pub mod receipt;
pub mod status;
pub mod take;
pub mod verdict;
pub mod visit;
