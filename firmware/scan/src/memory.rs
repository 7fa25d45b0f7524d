//! What the scanner keeps between frames: where a code was read, what was half seen.
//!
//! Promises: it changes where is looked first, never what a payload is: every payload is
//! read and corrected anew. No payload is kept, only its keyed digest. A code that was not read before is only ever
//! taken from a look at the whole frame, which finds all codes that are in it.
//! Bounds: one region, [`Together`]'s glimpses.
//! Must not know: pixels.

use std::hash::{BuildHasher, RandomState};

use crate::frame::Part;
use crate::symbol::{Point, Symbol, Symbols};
use crate::together::Together;

/// Frames after which the whole frame is looked at again, however well the known code is read.
const WHOLE_EVERY: u8 = 4;

/// How much of its side a code may move from frame to frame and still be in the part that is looked at.
const MARGIN: f32 = 0.125;

/// The state of a scanner.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    known: Option<Known>,
    pub(crate) together: Together,
    digests: RandomState,
}

/// The one symbol that the last frame showed.
#[derive(Debug)]
struct Known {
    digest: u64,
    corners: [Point; 4],
    size: (usize, usize),
    /// Frames since the whole frame was looked at.
    since_whole: u8,
}

impl Memory {
    /// The part of a frame of this size that the known code should be in; none when the whole frame is due.
    pub(crate) fn part(&self, size: (usize, usize)) -> Option<Part> {
        let known = self.known.as_ref().filter(|k| k.size == size && k.since_whole < WHOLE_EVERY)?;
        let part = around(&known.corners, size)?;
        // Most of the frame is no saving.
        (part.width * part.height * 4 < size.0 * size.1 * 3).then_some(part)
    }

    /// Whether a part showed the code that is known, and nothing else.
    pub(crate) fn is_known(&self, symbols: &Symbols) -> bool {
        let [symbol] = symbols.as_slice() else { return false };
        self.known.as_ref().is_some_and(|k| k.digest == self.digests.hash_one(symbol.bytes()))
    }

    /// A part showed the known code.
    pub(crate) fn confirm(&mut self, symbol: &Symbol) {
        if let Some(known) = &mut self.known {
            known.corners = *symbol.corners();
            known.since_whole = known.since_whole.saturating_add(1);
        }
    }

    /// A whole frame was looked at.
    pub(crate) fn learn(&mut self, size: (usize, usize), symbols: &Symbols) {
        if !symbols.is_empty() {
            self.together.forget();
        }
        self.known = match symbols.as_slice() {
            [symbol] => Some(Known {
                digest: self.digests.hash_one(symbol.bytes()),
                corners: *symbol.corners(),
                size,
                since_whole: 0,
            }),
            _ => None,
        };
    }
}

/// The upright box around the corners and what the code may have moved, cut to the frame.
fn around(corners: &[Point; 4], (width, height): (usize, usize)) -> Option<Part> {
    let span = |places: [i32; 4], size: usize| {
        let low = places.iter().copied().min().unwrap_or(0) as f32;
        let high = places.iter().copied().max().unwrap_or(0) as f32;
        let more = (high - low) * MARGIN;
        // Casts saturate: what is outside the frame is cut.
        let start = ((low - more) as usize).min(size);
        (start, ((high + more) as usize).min(size).saturating_sub(start))
    };
    let (left, across) = span(corners.map(|c| c.x), width);
    let (top, down) = span(corners.map(|c| c.y), height);
    (across > 20 && down > 20).then_some(Part { left, top, width: across, height: down })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(bytes: &[u8]) -> Symbols {
        let corners = [(100, 50), (200, 50), (200, 150), (100, 150)].map(|(x, y)| Point { x, y });
        let mut symbols = Symbols::default();
        symbols.add(Symbol::new(bytes.to_vec(), corners, 3).unwrap());
        symbols
    }

    #[test]
    fn a_known_code_is_looked_for_around_its_place_until_the_whole_frame_is_due() {
        let mut memory = Memory::default();
        assert_eq!(memory.part((640, 480)), None);
        memory.learn((640, 480), &seen(b"one"));
        for _ in 0..WHOLE_EVERY {
            assert_eq!(memory.part((640, 480)), Some(Part { left: 87, top: 37, width: 125, height: 125 }));
            memory.confirm(&seen(b"one").as_slice()[0]);
        }
        assert_eq!(memory.part((640, 480)), None, "the whole frame is due");
        memory.learn((640, 480), &seen(b"one"));
        assert_eq!(memory.part((320, 480)), None, "frames of another size are another picture");
    }

    #[test]
    fn only_the_known_code_alone_is_confirmed() {
        let mut memory = Memory::default();
        memory.learn((640, 480), &seen(b"one"));
        assert!(memory.is_known(&seen(b"one")));
        assert!(!memory.is_known(&seen(b"two")) && !memory.is_known(&Symbols::default()));
        let mut both = seen(b"one");
        both.add(seen(b"two").as_slice()[0].clone());
        assert!(!memory.is_known(&both));
        memory.learn((640, 480), &both);
        assert_eq!(memory.part((640, 480)), None, "of two codes none is followed");
    }

    #[test]
    fn no_corners_whatever_make_a_part_outside_the_frame() {
        for x in [i32::MIN, -7, 0, 639, 5000, i32::MAX] {
            for y in [i32::MIN, 3, 480, i32::MAX] {
                let corners = [(x, y), (100, y), (100, 90), (x, 90)].map(|(x, y)| Point { x, y });
                let part = around(&corners, (640, 480));
                assert!(part.is_none_or(|p| p.left + p.width <= 640 && p.top + p.height <= 480), "{part:?}");
            }
        }
    }
}
