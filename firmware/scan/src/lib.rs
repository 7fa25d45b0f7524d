//! The eye of the terminal: one grey camera frame in, the exact bytes of the QR codes in it out.
//!
//! Promises: [`Scanner::look`] returns for every frame that [`Frame::new`] accepted, whatever the pixels are; a
//! decoder that panics inside is contained, counted and reported. A [`Symbol`] is at most
//! [`Symbol::MAX_BYTES`] long and one look returns at most [`Symbols::MAX`] of them.
//!
//! Must not know: what a credential is, who may pass, what time it is. A symbol proves nothing at all.
//!
//! The inside, in the order of the work: `eye` finds and samples, `code` corrects and reads, `attempt` puts the
//! two together for three finder patterns, `scanner` orders the attempts and bounds them by counted work, `memory`
//! and `together` are what a scanner keeps between frames.

mod attempt;
mod code;
mod contain;
mod eye;
mod frame;
mod memory;
mod scanner;
mod symbol;
mod together;
mod why;

pub use frame::{Frame, FrameError};
pub use scanner::Scanner;
#[cfg(feature = "stages")]
pub use scanner::stages;
pub use symbol::{Point, Symbol, Symbols, WhyNothing};
