//! The signs: one outline for each verdict, so that nobody has to see colours (DOMAIN §1).
//! Promises: signs are alpha pictures, drawn with the glyphs' code; no thick primitives.
//! Must not know: which screen shows which sign.

use crate::glyphs::{Glyph, Table, Zoom};

/// A sign. The order is that of the tables (`cargo xtask fonts`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Icon {
    /// Disc with a check mark.
    Pass,
    /// Triangle with an exclamation mark.
    Limit,
    /// Octagon with a cross.
    Stop,
    /// Speech bubble with a person.
    Assist,
    /// Way sign with an arrow.
    Way,
    /// Open door with an arrow.
    Opened,
    /// Ring with three dots.
    Reading,
    /// Phone with a code.
    Phone,
    /// ID card.
    Card,
    /// Padlock.
    Lock,
    /// Member of staff.
    Staff,
    /// Circle that runs back.
    Again,
    /// USB stick.
    Stick,
    /// Wrench.
    Tools,
    /// Board with a bar across.
    Closed,
    /// Loudspeaker.
    Speaker,
}

/// Sizes that signs exist in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum IconSize {
    /// 40 px.
    Small,
    /// 56 px.
    Line,
    /// 112 px.
    Heading,
    /// 168 px.
    Full,
    /// 336 px: 168 px doubled.
    Vast,
}

static TABLES: [Table; 4] = [
    Table(include_bytes!("../../../assets/icons/icons-40.glyphs")),
    Table(include_bytes!("../../../assets/icons/icons-56.glyphs")),
    Table(include_bytes!("../../../assets/icons/icons-112.glyphs")),
    Table(include_bytes!("../../../assets/icons/icons-168.glyphs")),
];

impl IconSize {
    fn table(self) -> &'static Table {
        let [small, line, heading, full] = &TABLES;
        match self {
            IconSize::Small => small,
            IconSize::Line => line,
            IconSize::Heading => heading,
            IconSize::Full | IconSize::Vast => full,
        }
    }

    /// How its table is drawn.
    pub(crate) fn zoom(self) -> Zoom {
        if self == IconSize::Vast { Zoom::Two } else { Zoom::One }
    }

    /// Side in pixels.
    pub(crate) fn px(self) -> u32 {
        u32::from(self.table().px()) * self.zoom().factor()
    }
}

impl Icon {
    /// The sign's picture; its pen is the bottom left corner.
    pub(crate) fn glyph(self, size: IconSize) -> Option<Glyph> {
        size.table().find(char::from_u32(0xE000 + self as u32)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_sign_exists_in_every_size() {
        for size in [IconSize::Small, IconSize::Line, IconSize::Heading, IconSize::Full] {
            assert_eq!(size.table().count(), Icon::Speaker as usize + 1);
            assert!(Icon::Pass.glyph(size).is_some() && Icon::Speaker.glyph(size).is_some());
        }
    }
}
