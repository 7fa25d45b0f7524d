//! Colours, and what may be written on what.
//! Promises: every ink has a contrast of at least 4.5 : 1 on its paper (a test computes it on all screens).
//! Must not know: layouts.

use embedded_graphics::pixelcolor::Rgb565;

use crate::manner::Theme;

/// What a screen is about, as a colour; never the only signal (DOMAIN §1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tone {
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

/// What a part of the screen is painted with before text is written on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Paper {
    pub(crate) tone: Tone,
    pub(crate) theme: Theme,
}

/// Which part of the paper.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// The large middle.
    Body,
    /// The bars above and below.
    Bar,
    /// What stands out from the body.
    Card,
}

/// A colour on a paper.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ink {
    pub(crate) fg: [u8; 3],
    pub(crate) bg: [u8; 3],
}

impl Ink {
    /// Paper on ink.
    pub(crate) fn turned(self) -> Ink {
        Ink { fg: self.bg, bg: self.fg }
    }
}

impl Paper {
    /// The paper's own colour.
    pub(crate) fn color(self, part: Part) -> [u8; 3] {
        let body = match self.theme {
            Theme::Dark => dark(self.tone),
            Theme::Light => light(self.tone),
        };
        let toward = |end: u16, share: u16| {
            body.map(|channel| ((u16::from(channel) * (16 - share) + end * share) / 16) as u8)
        };
        match (part, self.theme) {
            (Part::Body, _) => body,
            (Part::Bar, Theme::Dark) => toward(0, 6),
            (Part::Card, Theme::Dark) => toward(255, 1),
            (Part::Bar, Theme::Light) => toward(255, 5),
            (Part::Card, Theme::Light) => toward(255, 10),
        }
    }

    /// What is read first.
    pub(crate) fn strong(self, part: Part) -> Ink {
        let fg = match self.theme {
            Theme::Dark => [255, 255, 255],
            Theme::Light => [10, 14, 20],
        };
        Ink { fg, bg: self.color(part) }
    }

    /// What is read second.
    pub(crate) fn soft(self, part: Part) -> Ink {
        let fg = match self.theme {
            Theme::Dark => [228, 234, 240],
            Theme::Light => [26, 32, 40],
        };
        Ink { fg, bg: self.color(part) }
    }
}

fn dark(tone: Tone) -> [u8; 3] {
    match tone {
        Tone::Night => [22, 30, 42],
        Tone::Green => [0, 104, 55],
        Tone::Amber => [146, 72, 0],
        Tone::Red => [164, 20, 28],
        Tone::Blue => [16, 74, 144],
        Tone::Slate => [52, 62, 80],
        Tone::Plum => [58, 44, 78],
    }
}

/// Bright, for places in the sun.
fn light(tone: Tone) -> [u8; 3] {
    match tone {
        Tone::Night => [226, 232, 238],
        Tone::Green => [96, 206, 132],
        Tone::Amber => [255, 198, 56],
        Tone::Red => [250, 122, 112],
        Tone::Blue => [138, 190, 250],
        Tone::Slate => [206, 214, 226],
        Tone::Plum => [218, 206, 236],
    }
}

/// The panel's nearest colour.
pub(crate) fn rgb565([r, g, b]: [u8; 3]) -> Rgb565 {
    let near = |channel: u8, most: u16| ((u16::from(channel) * most + 127) / 255) as u8;
    Rgb565::new(near(r, 31), near(g, 63), near(b, 31))
}
