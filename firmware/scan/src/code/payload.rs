//! A second opinion on a corrected symbol, by rqrr; the only file that names that crate.
//!
//! Asked where doubt decided: codewords erased because they were unsure, several frames added up. rqrr gets the whole
//! symbol again, corrected; it must find no error in it and read the same payload. So what was stretched beyond plain
//! correction is checked by code that is not ours. Promises: no panic leaves it.
//! Must not know: how the modules were read.

use std::io::{self, Write};

use rqrr::{DeQRError, Grid, SimpleGrid};
use thiserror::Error;

use crate::contain::contain;
use crate::symbol::Symbol;

/// Why a corrected symbol has no payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub(crate) enum PayloadError {
    /// One part of several (ISO/IEC 18004:2015 §8).
    #[error("refuse one part of a structured append")]
    RefusePart,
    /// A mode that is not ours (FNC1).
    #[error("refuse a mode other than numeric, alphanumeric, byte, kanji, ECI")]
    RefuseMode,
    /// Cut off, too long, or against the standard.
    #[error("read a payload that is not complete")]
    ReadIncomplete,
    /// rqrr panicked and was contained.
    #[error("contain a panic of the decoder")]
    ContainPanic,
}

/// Whether rqrr reads `ours` too in a symbol of 4 × version + 17 modules a side, `dark` row by row.
///
/// # Errors
///
/// Why it reads nothing, and [`PayloadError::ReadIncomplete`] when it reads something else.
pub(crate) fn confirm(side: usize, dark: &[bool], ours: &[u8]) -> Result<(), PayloadError> {
    let theirs = read_again(side, dark)?;
    if theirs == ours { Ok(()) } else { Err(PayloadError::ReadIncomplete) }
}

/// What rqrr reads.
pub(crate) fn read_again(side: usize, dark: &[bool]) -> Result<Vec<u8>, PayloadError> {
    // rqrr takes any size and some of them make it panic.
    if side % 4 != 1 || !(21..=177).contains(&side) || dark.len() != side * side {
        return Err(PayloadError::ReadIncomplete);
    }
    let mut payload = Payload(Vec::new());
    let result = contain(|| {
        let grid = Grid::new(SimpleGrid::from_func(side, |x, y| dark[y * side + x]));
        grid.decode_to(&mut payload)
    });
    match result {
        Ok(Ok(_)) => Ok(payload.0),
        Ok(Err(DeQRError::UnknownDataType)) => Err(PayloadError::RefuseMode),
        Ok(Err(_)) => Err(PayloadError::ReadIncomplete),
        Err(_) => Err(PayloadError::ContainPanic),
    }
}

/// Takes at most [`Symbol::MAX_BYTES`]; the byte after that is an error, which ends the decoding.
struct Payload(Vec<u8>);

impl Write for Payload {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let room = Symbol::MAX_BYTES - self.0.len();
        let taken = bytes.get(..room).unwrap_or(bytes);
        self.0.extend_from_slice(taken);
        Ok(taken.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_payload_takes_what_it_may_hold_and_then_refuses() {
        let mut payload = Payload(vec![0; Symbol::MAX_BYTES - 1]);
        assert!(payload.write_all(b"12").is_err());
        assert_eq!(payload.0.len(), Symbol::MAX_BYTES);
        assert!(payload.write_all(b"3").is_err());
    }

    #[test]
    fn sides_that_no_version_has_are_refused() {
        for side in [0, 1, 20, 22, 181] {
            assert_eq!(read_again(side, &vec![true; side * side]), Err(PayloadError::ReadIncomplete));
        }
    }
}
