//! The order of the attempts on one frame.
//!
//! Promises: a look returns for every frame; nothing of one frame influences the next.
//! Must not know: how a single attempt reads (`pass`), what the symbols mean.

use std::borrow::Cow;

use crate::grey::Grey;
use crate::pass::Ink;
use crate::symbol::{Symbol, Symbols, WhyNothing};
use crate::{Frame, contain, pass};

/// Frames above this are halved before the first pass and none is doubled beyond it: rqrr's cost grows with
/// the pixels.
const PASS_PIXELS: usize = 2 * 1024 * 1024;

/// A frame whose pixels are nearly all darker than this (of 255) was taken in the dark.
const DARK: u8 = 40;

/// Reads QR codes in camera frames, one frame after the other.
///
/// Takes `&mut self` because a scanner may learn from the frames before; this one does not yet.
#[derive(Debug)]
pub struct Scanner {
    _private: (),
}

impl Scanner {
    /// A scanner that has seen nothing. Installs, once a process, a panic hook that is silent about contained
    /// panics of the decoder and passes all others to the hook before it.
    #[must_use]
    pub fn new() -> Self {
        contain::silence_contained_panics();
        Self { _private: () }
    }

    /// Everything that can be read in `frame`: the rounds go from the likely to the unlikely, and the first one
    /// that reads something ends the look, after all its passes were made. What a pass has read is erased for
    /// the next: a second code in view must be seen, or the wrong person's would count, and it is found more
    /// easily alone.
    pub fn look(&mut self, frame: &Frame<'_>) -> Symbols {
        let mut symbols = Symbols::default();
        let mut sizes = Sizes::of(frame);
        for round in LADDER {
            for pass in round {
                let before = symbols.len();
                attempt(&sizes, *pass, &mut symbols);
                symbols.iter().skip(before).for_each(|symbol| sizes.erase(symbol));
            }
            if !symbols.is_empty() {
                return symbols;
            }
        }
        symbols.blame(why_nothing(&sizes.full));
        symbols
    }
}

impl Default for Scanner {
    fn default() -> Self {
        Self::new()
    }
}

/// How a code is drawn.
#[derive(Clone, Copy)]
enum Theme {
    DarkOnLight,
    /// Dark mode of a phone.
    LightOnDark,
}

#[derive(Clone, Copy)]
enum Size {
    Full,
    /// The pixel grid of a photographed screen vanishes, noise and moiré fade.
    Half,
    /// Modules of two pixels become readable; only where it stays within [`PASS_PIXELS`].
    Double,
}

/// Passes that are all made, each on what the ones before it left over.
type Round = &'static [(Ink, Theme, Size)];

/// The rounds in the order of what they read for their cost, measured on photographs.
const LADDER: [Round; 3] = [
    &[
        (Ink::DarkerThanAround, Theme::DarkOnLight, Size::Full),
        (Ink::DarkerThanAround, Theme::DarkOnLight, Size::Half),
        (Ink::DarkerThanRow, Theme::DarkOnLight, Size::Full),
        (Ink::DarkerThanRow, Theme::DarkOnLight, Size::Half),
    ],
    &[
        (Ink::DarkerThanAround, Theme::LightOnDark, Size::Full),
        (Ink::DarkerThanAround, Theme::LightOnDark, Size::Half),
    ],
    &[(Ink::DarkerThanAround, Theme::DarkOnLight, Size::Double)],
];

/// The frame in the sizes of the ladder.
struct Sizes {
    full: Grey,
    half: Option<Grey>,
    /// Width of a pixel of `full` in half frame pixels.
    halves: i32,
}

impl Sizes {
    fn of(frame: &Frame<'_>) -> Self {
        let (mut full, mut halves) = (Grey::copy(frame), 2);
        while full.pixels.len() > PASS_PIXELS {
            let Some(half) = full.halved() else { break };
            (full, halves) = (half, halves * 2);
        }
        Self { half: full.halved(), full, halves }
    }

    /// The picture and the width of its pixels in half frame pixels; `None` when the size is not to be had.
    fn pick(&self, size: Size) -> Option<(Cow<'_, Grey>, i32)> {
        match size {
            Size::Full => Some((Cow::Borrowed(&self.full), self.halves)),
            Size::Half => self.half.as_ref().map(|half| (Cow::Borrowed(half), self.halves * 2)),
            Size::Double if self.full.pixels.len() * 4 > PASS_PIXELS => None,
            Size::Double => Some((Cow::Owned(self.full.doubled()), self.halves / 2)),
        }
    }

    fn erase(&mut self, symbol: &Symbol) {
        let corners = |halves: i32| {
            symbol.corners().map(|p| [p.x, p.y].map(|place| f64::from(place) * 2.0 / f64::from(halves)))
        };
        self.full.whiten(corners(self.halves));
        if let Some(half) = &mut self.half {
            half.whiten(corners(self.halves * 2));
        }
    }
}

fn attempt(sizes: &Sizes, (ink, theme, size): (Ink, Theme, Size), symbols: &mut Symbols) {
    let Some((picture, halves)) = sizes.pick(size) else { return };
    match theme {
        Theme::DarkOnLight => pass::read(&picture, ink, halves, symbols),
        Theme::LightOnDark => pass::read(&picture.inverted(), ink, halves, symbols),
    }
}

/// Only what is certain: a bright spot in a dark frame may be the screen with the code, so that a frame counts
/// as dark only when nearly all of it is.
fn why_nothing(picture: &Grey) -> Option<WhyNothing> {
    (picture.percentile(99) < DARK).then_some(WhyNothing::TooDark)
}

#[cfg(test)]
mod tests;
