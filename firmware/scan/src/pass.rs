//! One attempt to read one grey picture with rqrr; the only file that names that crate.
//!
//! Promises: no panic leaves it; a payload is complete or not there; codes that are one part of several
//! (structured append, ISO/IEC 18004 §8) are not returned, since rqrr refuses the mode indicator 3.
//! Must not know: the frame the picture was made from, other than by the size of its pixels.

use std::io::{self, Write};

use rqrr::{BitGrid, Grid, PreparedImage};

use crate::contain::{Panicked, contain};
use crate::finders;
use crate::grey::Grey;
use crate::symbol::{Point, Symbol, Symbols};

/// Smaller pictures cannot hold even a version 1 code.
const LEAST_SIDE: usize = 21;

/// Pictures with more finder patterns are not read: rqrr tries them in threes and a wall of them, shown on
/// purpose, would cost it minutes. The most a look returns has 48; the photographs at hand have at most 24.
const MOST_FINDERS: usize = 64;

/// How a pixel is told to be ink.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Ink {
    /// Darker than the square around it: withstands gradients, glare and shadows.
    DarkerThanAround,
    /// Darker than the running means along its row: finds some codes that the square blurs together.
    DarkerThanRow,
}

/// Reads `picture` and adds what is in it; its pixels are `halves` half frame pixels wide.
///
/// Detection and each grid are contained apart, so that one bad grid does not cost the others.
pub(crate) fn read(picture: &Grey, ink: Ink, halves: i32, symbols: &mut Symbols) {
    if picture.width < LEAST_SIDE || picture.height < LEAST_SIDE {
        return;
    }
    let (width, height) = (picture.width, picture.height);
    let dark = match ink {
        Ink::DarkerThanAround => picture.darker_than_around(),
        Ink::DarkerThanRow => picture.darker_than_row(),
    };
    if finders::count(&dark, width) > MOST_FINDERS {
        return;
    }
    let prepared = contain(|| PreparedImage::prepare_from_bitmap(width, height, |x, y| dark[y * width + x]));
    let done = prepared.and_then(|mut image| {
        let image = &mut image;
        let grids = contain(move || image.detect_grids())?;
        grids.iter().for_each(|grid| read_grid(grid, halves, symbols));
        Ok(())
    });
    if done == Err(Panicked) {
        symbols.count_panic();
    }
}

/// Adds what one found grid holds, when its errors can be corrected.
fn read_grid<G: BitGrid>(grid: &Grid<G>, halves: i32, symbols: &mut Symbols) {
    let mut payload = Payload(Vec::new());
    match contain(|| grid.decode_to(&mut payload)) {
        // A failure may come after part of the payload was written: `payload` counts only after `Ok`.
        Ok(Ok(meta)) => {
            let corners = grid.bounds.map(|p| in_frame(p, halves));
            Symbol::new(payload.0, corners, meta.version.0).into_iter().for_each(|s| symbols.add(s));
        }
        Ok(Err(_)) => {}
        Err(Panicked) => symbols.count_panic(),
    }
}

fn in_frame(point: rqrr::Point, halves: i32) -> Point {
    Point { x: point.x.saturating_mul(halves) / 2, y: point.y.saturating_mul(halves) / 2 }
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
}
