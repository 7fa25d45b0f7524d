//! The SDT / SAM_V protocol of the ID-card readers: frames, status words and the conversation.
//!
//! ```text
//! request:  AA AA AA 96 69 | Len u16be | CMD PARA data… | CHK
//! answer:   AA AA AA 96 69 | Len u16be | SW1 SW2 SW3 data… | CHK
//! ```
//! `Len` counts what follows it, CHK included; CHK is the XOR of everything from `Len` to the last data byte.
//! Promises: nothing of the photo is ever stored; noise never becomes an event about a person; no port and no clock
//! of its own. It must not know: devices, lists, verdicts.

mod answer;
mod command;
mod receiver;
mod session;
mod status;

pub use answer::{AnswerError, read_answer, read_answer_hex};
pub use command::{Baud, Command, CommandFrame};
pub use receiver::{Frame, FrameFault, Receiver};
pub use session::{Event, ReaderHealth, Session, Step};
pub use status::Status;

/// What every frame begins with.
pub const PREAMBLE: [u8; 5] = [0xAA, 0xAA, 0xAA, 0x96, 0x69];

/// Longest frame that is listened to, in bytes of `Len`; more is refused before it is read.
pub const MAX_LEN: u16 = 4096;
