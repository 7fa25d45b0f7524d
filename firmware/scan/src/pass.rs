//! One attempt to read one grey picture with rqrr; the only file that names that crate.
//!
//! Promises: no panic leaves it; a payload is complete or not there; codes that are one part of several
//! (structured append, ISO/IEC 18004 §8) are not returned, since rqrr refuses the mode indicator 3.
//! Must not know: the frame the picture was made from, other than by the scale of the corners.

use std::io::{self, Write};

use rqrr::{BitGrid, Grid, PreparedImage};

use crate::contain::{Panicked, contain};
use crate::grey::Grey;
use crate::symbol::{Point, Symbol, Symbols};

/// Smaller pictures cannot hold even a version 1 code.
const LEAST_SIDE: usize = 21;

/// Reads `picture` and adds what is in it; `scale` is the size of its pixels in frame pixels.
///
/// Detection and each grid are contained apart, so that one bad grid does not cost the others.
pub(crate) fn read(picture: &Grey, scale: i32, symbols: &mut Symbols) {
    if picture.width < LEAST_SIDE || picture.height < LEAST_SIDE {
        return;
    }
    let pixel = |x: usize, y: usize| picture.pixels[y * picture.width + x];
    let prepared = contain(|| PreparedImage::prepare_from_greyscale(picture.width, picture.height, pixel));
    let done = prepared.and_then(|mut image| {
        let image = &mut image;
        let grids = contain(move || image.detect_grids())?;
        grids.iter().for_each(|grid| read_grid(grid, scale, symbols));
        Ok(())
    });
    if done == Err(Panicked) {
        symbols.count_panic();
    }
}

/// Adds what one found grid holds, when its errors can be corrected.
fn read_grid<G: BitGrid>(grid: &Grid<G>, scale: i32, symbols: &mut Symbols) {
    let mut payload = Payload(Vec::new());
    match contain(|| grid.decode_to(&mut payload)) {
        // A failure may come after part of the payload was written: `payload` counts only after `Ok`.
        Ok(Ok(meta)) => {
            let corners = grid.bounds.map(|p| scaled(p, scale));
            Symbol::new(payload.0, corners, meta.version.0).into_iter().for_each(|s| symbols.add(s));
        }
        Ok(Err(_)) => {}
        Err(Panicked) => symbols.count_panic(),
    }
}

fn scaled(point: rqrr::Point, scale: i32) -> Point {
    Point { x: point.x.saturating_mul(scale), y: point.y.saturating_mul(scale) }
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
