//! The eye of the terminal: one grey camera frame in, the exact bytes of the QR codes in it out.
//!
//! Promises: [`Scanner::look`] returns for every frame that [`Frame::new`] accepted, whatever the pixels are; a
//! decoder that panics inside is contained, counted and reported. A [`Symbol`] is at most
//! [`Symbol::MAX_BYTES`] long and one look returns at most [`Symbols::MAX`] of them.
//!
//! Must not know: what a credential is, who may pass, what time it is. A symbol proves nothing at all.
//!
//! The inside is the crate `rqrr` with a ladder of passes for now; the public interface does not name it, so
//! that it can be replaced. Known weakness until then: rqrr's search for an alignment pattern is not bounded,
//! so that a frame made on purpose can cost seconds of work. Whoever runs the scanner keeps it off the thread
//! that opens the latch.

mod contain;
mod finders;
mod frame;
mod grey;
mod pass;
mod scanner;
mod symbol;

pub use frame::{Frame, FrameError};
pub use scanner::Scanner;
pub use symbol::{Point, Symbol, Symbols, WhyNothing};
