//! The order of the attempts on one frame.
//!
//! Promises: a look returns for every frame; nothing of one frame influences the next.
//! Must not know: how a single attempt reads (`pass`), what the symbols mean.

use crate::grey::Grey;
use crate::symbol::{Symbols, WhyNothing};
use crate::{Frame, contain, pass};

/// Pictures above this are halved before the first pass: rqrr's cost grows with the pixels.
const FULL_PASS_PIXELS: usize = 2 * 1024 * 1024;

/// Below this brightness (of 255) lies all but the brightest hundredth of a frame in the dark.
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

    /// Everything that can be read in `frame`.
    ///
    /// The passes go from the likely to the unlikely: full size, half size (photographed screens: their pixel
    /// grid vanishes), inverted (dark mode), inverted half size. The first pass that reads something ends the
    /// look, after all codes of that pass were read.
    pub fn look(&mut self, frame: &Frame<'_>) -> Symbols {
        let mut symbols = Symbols::none_yet();
        let sizes = sizes_of(frame);
        for theme in [Theme::DarkOnLight, Theme::LightOnDark] {
            for (picture, scale) in &sizes {
                read(picture, theme, *scale, &mut symbols);
                if !symbols.is_empty() {
                    return symbols;
                }
            }
        }
        symbols.blame(sizes.last().and_then(|(picture, _)| why_nothing(picture)));
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
    LightOnDark,
}

/// The picture in the sizes that are tried, each with the size of its pixels in frame pixels.
fn sizes_of(frame: &Frame<'_>) -> Vec<(Grey, i32)> {
    let mut full = (Grey::copy(frame), 1);
    while full.0.pixels.len() > FULL_PASS_PIXELS {
        let Some(half) = full.0.halved() else { break };
        full = (half, full.1 * 2);
    }
    let half = full.0.halved().map(|half| (half, full.1 * 2));
    std::iter::once(full).chain(half).collect()
}

fn read(picture: &Grey, theme: Theme, scale: i32, symbols: &mut Symbols) {
    match theme {
        Theme::DarkOnLight => pass::read(picture, scale, symbols),
        Theme::LightOnDark => pass::read(&picture.inverted(), scale, symbols),
    }
}

/// Only what is certain: a bright spot in a dark frame may be the screen with the code, so that the frame
/// counts as dark only when nearly all of it is.
fn why_nothing(picture: &Grey) -> Option<WhyNothing> {
    (picture.percentile(99) < DARK).then_some(WhyNothing::TooDark)
}
