//! A screen as measured boxes: what tests and the accessibility note look at.
//! Promises: holds the boxes of the very frame that is painted.
//! Must not know: pixels. It holds what the screen says of a person: `Debug` shows no text.

use core::fmt;

/// All boxes of one screen, in pixels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outline {
    /// Width of the screen.
    pub width: u32,
    /// Height of the screen.
    pub height: u32,
    /// What is on it, in the order of painting.
    pub boxes: Vec<OutlineBox>,
}

/// One thing on the screen, with the box it is painted in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutlineBox {
    /// Left edge.
    pub x: i32,
    /// Upper edge.
    pub y: i32,
    /// Width.
    pub width: u32,
    /// Height.
    pub height: u32,
    /// What it is.
    pub shown: Shown,
}

/// What a box holds.
#[derive(Clone, PartialEq, Eq)]
pub enum Shown {
    /// A line of text.
    Text {
        /// The line.
        text: String,
        /// Pixels per em.
        px: u16,
        /// How many of its characters have no glyph and are drawn as boxes.
        missing: usize,
        /// Ink and paper, three channels each.
        colors: ([u8; 3], [u8; 3]),
    },
    /// A sign.
    Icon {
        /// Which one: equal numbers are equal signs.
        number: u8,
    },
    /// A QR code with its quiet zone.
    Code,
    /// How far something is, as a bar.
    Progress {
        /// Bar and paper, three channels each.
        colors: ([u8; 3], [u8; 3]),
    },
}

impl Outline {
    /// The texts, from top to bottom as painted.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        self.boxes.iter().filter_map(|part| match &part.shown {
            Shown::Text { text, .. } => Some(text.as_str()),
            Shown::Icon { .. } | Shown::Code | Shown::Progress { .. } => None,
        })
    }

    /// All texts joined, to look for words in.
    pub fn all_text(&self) -> String {
        self.texts().collect::<Vec<_>>().join("\n")
    }
}

impl OutlineBox {
    /// Whether the two have a pixel in common.
    pub fn overlaps(&self, other: &OutlineBox) -> bool {
        let apart = |a: i32, a_length: u32, b: i32, b_length: u32| {
            i64::from(a) + i64::from(a_length) <= i64::from(b)
                || i64::from(b) + i64::from(b_length) <= i64::from(a)
        };
        !apart(self.x, self.width, other.x, other.width) && !apart(self.y, self.height, other.y, other.height)
    }

    /// Whether it lies within a screen of this size.
    pub fn within(&self, width: u32, height: u32) -> bool {
        let inside = |start: i32, length: u32, end: u32| {
            start >= 0 && i64::from(start) + i64::from(length) <= end.into()
        };
        inside(self.x, self.width, width) && inside(self.y, self.height, height)
    }
}

impl fmt::Debug for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Shown::Text { px, missing, .. } => write!(f, "Text({px} px, {missing} missing)"),
            Shown::Icon { number } => write!(f, "Icon({number})"),
            Shown::Code => f.write_str("Code"),
            Shown::Progress { .. } => f.write_str("Progress"),
        }
    }
}
