//! The glyph tables: which picture a character has at which size.
//! Promises: every character has an advance and a shape; one without a glyph gets a box of the same advance in measuring
//! and in drawing. A damaged table reads as glyphs missing, never as a panic.
//! Must not know: colours, lines, screens.
//!
//! Layout, little endian: `TFG1`, u16 pixels per em, u16 ascent and u16 descent of the tallest and deepest ink, u16 zero,
//! u32 count; then `count` entries sorted by character: u32 character, u32 offset of the picture, u16 advance, i16 left,
//! i16 top (above the baseline), u8 width, u8 height; then the pictures: rows of ceil(width / 2) bytes, two pixels a byte,
//! the left one high, 15 is opaque. Made by `cargo xtask fonts`.

const HEADER: usize = 16;
const ENTRY: usize = 16;
/// Printable characters of ASCII.
const PRINTABLE: usize = 95;

/// A size that text exists in. What each is used for stands in [`crate::manner`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Style {
    /// 18 px.
    Px18,
    /// 22 px.
    Px22,
    /// 28 px: holds the characters of names and places.
    Px28,
    /// 40 px.
    Px40,
    /// 56 px: 28 px doubled, so that names and places can be large too.
    Px56,
    /// 60 px.
    Px60,
    /// 96 px: headings, hints, digits of the clock.
    Px96,
    /// 128 px: the same.
    Px128,
    /// 176 px: short headings, digits of the clock.
    Px176,
    /// 256 px: 128 px doubled.
    Px256,
}

static TABLES: [Table; 8] = [
    Table(include_bytes!("../../../assets/fonts/gate-18.glyphs")),
    Table(include_bytes!("../../../assets/fonts/gate-22.glyphs")),
    Table(include_bytes!("../../../assets/fonts/gate-28.glyphs")),
    Table(include_bytes!("../../../assets/fonts/gate-40.glyphs")),
    Table(include_bytes!("../../../assets/fonts/gate-60.glyphs")),
    Table(include_bytes!("../../../assets/fonts/gate-96.glyphs")),
    Table(include_bytes!("../../../assets/fonts/gate-128.glyphs")),
    Table(include_bytes!("../../../assets/fonts/gate-176.glyphs")),
];

/// How many pixels a table's pixel becomes, in each direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Zoom {
    /// As it is.
    One,
    /// Four for one, smoothed.
    Two,
}

impl Zoom {
    /// As a factor.
    pub(crate) fn factor(self) -> u32 {
        match self {
            Zoom::One => 1,
            Zoom::Two => 2,
        }
    }
}

impl Style {
    pub(crate) fn table(self) -> &'static Table {
        let [px18, px22, px28, px40, px60, px96, px128, px176] = &TABLES;
        match self {
            Style::Px18 => px18,
            Style::Px22 => px22,
            Style::Px28 | Style::Px56 => px28,
            Style::Px40 => px40,
            Style::Px60 => px60,
            Style::Px96 => px96,
            Style::Px128 | Style::Px256 => px128,
            Style::Px176 => px176,
        }
    }

    /// How its table is drawn.
    pub(crate) fn zoom(self) -> Zoom {
        if matches!(self, Style::Px56 | Style::Px256) { Zoom::Two } else { Zoom::One }
    }

    /// Pixels per em.
    pub(crate) fn px(self) -> u32 {
        u32::from(self.table().px()) * self.zoom().factor()
    }

    /// From the top of a line to its baseline, in pixels.
    pub(crate) fn ascent(self) -> u32 {
        u32::from(self.table().ascent()) * self.zoom().factor()
    }

    /// Height of a line in pixels: the tallest ink above and the deepest below the baseline.
    pub(crate) fn line_height(self) -> u32 {
        self.ascent() + u32::from(self.table().descent()) * self.zoom().factor()
    }

    /// How far the pen moves, in pixels.
    pub(crate) fn advance(self, character: char) -> u32 {
        let glyph = self.table().find(character);
        glyph.map_or(self.replacement_advance(), |glyph| u32::from(glyph.advance) * self.zoom().factor())
    }

    /// Advance of the box that stands for a character without a glyph.
    pub(crate) fn replacement_advance(self) -> u32 {
        self.px()
    }

    /// Whether every character has a glyph.
    pub(crate) fn holds(self, text: &str) -> bool {
        text.chars().all(|character| self.table().find(character).is_some())
    }

    /// Width of a line in pixels.
    pub(crate) fn width(self, text: &str) -> u32 {
        text.chars().map(|character| self.advance(character)).sum()
    }
}

/// One glyph table.
pub(crate) struct Table(pub(crate) &'static [u8]);

/// One glyph: a picture placed relative to the pen on the baseline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Glyph {
    pub(crate) advance: u16,
    pub(crate) left: i16,
    pub(crate) top: i16,
    pub(crate) width: u8,
    pub(crate) height: u8,
    alpha: &'static [u8],
}

impl Glyph {
    /// The alpha values of row `y`, two a byte.
    pub(crate) fn row(&self, y: u8) -> &'static [u8] {
        let stride = usize::from(self.width).div_ceil(2);
        self.alpha.get(usize::from(y) * stride..usize::from(y) * stride + stride).unwrap_or_default()
    }
}

impl Table {
    pub(crate) fn px(&self) -> u16 {
        self.u16(4)
    }

    pub(crate) fn ascent(&self) -> u16 {
        self.u16(6)
    }

    pub(crate) fn descent(&self) -> u16 {
        self.u16(8)
    }

    /// Number of glyphs.
    pub(crate) fn count(&self) -> usize {
        self.u32(12) as usize
    }

    /// The glyph of `character`, if there is one.
    pub(crate) fn find(&self, character: char) -> Option<Glyph> {
        // A table of texts begins with the printable characters of ASCII in their order: half of all that is looked for.
        let at = (character as usize).wrapping_sub(' ' as usize);
        if at < self.count().min(PRINTABLE) && self.u32(HEADER + ENTRY * at) == u32::from(character) {
            return self.entry(HEADER + ENTRY * at);
        }
        let (mut low, mut high) = (0, self.count());
        while low < high {
            let middle = low + (high - low) / 2;
            match self.u32(HEADER + ENTRY * middle).cmp(&u32::from(character)) {
                core::cmp::Ordering::Less => low = middle + 1,
                core::cmp::Ordering::Greater => high = middle,
                core::cmp::Ordering::Equal => return self.entry(HEADER + ENTRY * middle),
            }
        }
        None
    }

    fn entry(&self, at: usize) -> Option<Glyph> {
        let [width, height]: [u8; 2] = self.bytes(at + 14)?;
        let start = HEADER + ENTRY * self.count() + self.u32(at + 4) as usize;
        let length = usize::from(width).div_ceil(2) * usize::from(height);
        Some(Glyph {
            advance: self.u16(at + 8),
            left: i16::from_le_bytes(self.bytes(at + 10)?),
            top: i16::from_le_bytes(self.bytes(at + 12)?),
            width,
            height,
            alpha: self.0.get(start..start + length)?,
        })
    }

    fn u16(&self, at: usize) -> u16 {
        self.bytes(at).map_or(0, u16::from_le_bytes)
    }

    fn u32(&self, at: usize) -> u32 {
        self.bytes(at).map_or(0, u32::from_le_bytes)
    }

    fn bytes<const N: usize>(&self, at: usize) -> Option<[u8; N]> {
        self.0.get(at..)?.first_chunk().copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STYLES: [Style; 8] = [
        Style::Px18,
        Style::Px22,
        Style::Px28,
        Style::Px40,
        Style::Px60,
        Style::Px96,
        Style::Px128,
        Style::Px176,
    ];

    fn characters(table: &Table) -> impl Iterator<Item = char> {
        (0..table.count()).map(|i| char::from_u32(table.u32(HEADER + ENTRY * i)).unwrap())
    }

    #[test]
    fn every_glyph_is_found_and_stays_within_its_line() {
        for style in STYLES {
            let table = style.table();
            assert!(table.count() >= 5, "{style:?}");
            for character in characters(table) {
                let glyph = table.find(character).unwrap_or_else(|| panic!("{style:?} {character}"));
                assert!(i32::from(glyph.top) <= table.ascent().into(), "{style:?} {character}");
                let below = i32::from(glyph.height) - i32::from(glyph.top);
                assert!(glyph.height == 0 || below <= table.descent().into(), "{style:?} {character}");
                assert_eq!(
                    glyph.row(glyph.height.saturating_sub(1)).len(),
                    usize::from(glyph.width).div_ceil(2)
                );
            }
        }
    }

    #[test]
    fn names_and_places_have_their_characters() {
        for character in "欧阳闫喆堃镕珺成都市天府新区0-9（）·".chars() {
            assert!(Style::Px28.table().find(character).is_some(), "{character}");
        }
    }

    #[test]
    fn a_character_without_a_glyph_has_a_width() {
        assert_eq!(Style::Px28.table().find('龘'), None);
        assert_eq!(Style::Px28.width("龘"), 28);
    }

    #[test]
    fn a_damaged_table_has_no_glyphs_and_does_no_harm() {
        for table in [Table(b""), Table(b"TFG1"), Table(&[0xFF; 64])] {
            assert_eq!(table.find('A'), None);
        }
    }
}
