//! What leaves a terminal for the authority, and the authority's word that it came (DESIGN §5 Records; ADR 15).
//! Promises: rows of a batch are one unbroken piece of one journal; nothing is read before its signature held.
//! Must not know: where any of it is kept, who carries it, what a record says. Byte by byte: docs/formats/records-way.md.
//!
//! | what | made by | read by |
//! |---|---|---|
//! | [`Row`] | the journal | the authority, with a day key |
//! | [`batch`] | the journal, signed by the terminal's record key | the hub, the desk |
//! | [`account`] | `gate`, signed by the same key | the hub |
//! | [`acknowledgement`] | the hub, by a key that the key set names for it | `gate` |
//! | [`names`] | all | all |

pub mod account;
pub mod acknowledgement;
pub mod batch;
pub mod names;
mod row;

pub use row::{
    AAD_BYTES, DayKeyId, JournalId, NOTHING_BEFORE, OpenRowRefused, Place, Row, SEALED_BYTES, join, take,
};
