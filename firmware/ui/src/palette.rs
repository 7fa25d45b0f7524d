//! Colours, and what may be written on what.
//! Promises: every ink has a contrast of at least 4.5 : 1 on its paper (a test computes it on all screens).
//! Must not know: layouts.

use embedded_graphics::pixelcolor::Rgb565;

/// What a part of the screen is painted with before text is written on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Paper {
    /// Waiting.
    Night,
    /// Pass.
    Green,
    /// Limit, and what must look no worse than it.
    Amber,
    /// Stop.
    Red,
    /// Assist.
    Blue,
    /// Something to do differently.
    Slate,
    /// Staff at work.
    Plum,
}

/// Which part of the paper.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// The large middle.
    Body,
    /// The bars above and below, darker.
    Bar,
}

/// A colour on a paper.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ink {
    pub(crate) fg: [u8; 3],
    pub(crate) bg: [u8; 3],
}

const WHITE: [u8; 3] = [255, 255, 255];
const SOFT: [u8; 3] = [236, 240, 242];

impl Paper {
    /// The paper's own colour.
    pub(crate) fn color(self, part: Part) -> [u8; 3] {
        let body = match self {
            Paper::Night => [24, 32, 44],
            Paper::Green => [0, 104, 55],
            Paper::Amber => [166, 85, 0],
            Paper::Red => [164, 20, 28],
            Paper::Blue => [16, 74, 144],
            Paper::Slate => [52, 62, 80],
            Paper::Plum => [58, 44, 78],
        };
        match part {
            Part::Body => body,
            Part::Bar => body.map(|channel| (u16::from(channel) * 5 / 8) as u8),
        }
    }

    /// What is read first.
    pub(crate) fn strong(self, part: Part) -> Ink {
        Ink { fg: WHITE, bg: self.color(part) }
    }

    /// What is read second.
    pub(crate) fn soft(self, part: Part) -> Ink {
        Ink { fg: SOFT, bg: self.color(part) }
    }
}

/// The panel's nearest colour.
pub(crate) fn rgb565([r, g, b]: [u8; 3]) -> Rgb565 {
    let near = |channel: u8, most: u16| ((u16::from(channel) * most + 127) / 255) as u8;
    Rgb565::new(near(r, 31), near(g, 63), near(b, 31))
}
