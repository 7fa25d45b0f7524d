//! The glyph table as bytes; its reader is `gate_ui`'s `glyphs` module, where the layout is written down.
//! Promises: sorted by character; four bits of alpha; nothing that does not fit is rounded away.
//! Must not know: where a glyph's picture came from.

use anyhow::Context;

/// One picture with 8-bit alpha, row by row, placed relative to the pen on the baseline.
pub(crate) struct Glyph {
    pub(crate) character: char,
    pub(crate) advance: u16,
    pub(crate) left: i32,
    pub(crate) top: i32,
    pub(crate) width: u32,
    pub(crate) alpha: Vec<u8>,
}

impl Glyph {
    fn height(&self) -> usize {
        self.alpha.len().checked_div(self.width as usize).unwrap_or(0)
    }

    fn row(&self, y: usize) -> &[u8] {
        let width = self.width as usize;
        self.alpha.get(y * width..(y + 1) * width).unwrap_or(&[])
    }

    /// Without the rows and columns around it that would be empty at four bits.
    pub(crate) fn trimmed(self) -> anyhow::Result<Glyph> {
        let shown = |alpha: &u8| four_bits(*alpha) > 0;
        let rows: Vec<usize> = (0..self.height()).filter(|&y| self.row(y).iter().any(shown)).collect();
        let column = |x: usize| (0..self.height()).any(|y| self.row(y).get(x).is_some_and(shown));
        let columns: Vec<usize> = (0..self.width as usize).filter(|&x| column(x)).collect();
        let (Some(&y0), Some(&y1), Some(&x0), Some(&x1)) =
            (rows.first(), rows.last(), columns.first(), columns.last())
        else {
            return Ok(Glyph { left: 0, top: 0, width: 0, alpha: Vec::new(), ..self });
        };
        let alpha = (y0..=y1).flat_map(|y| self.row(y).get(x0..=x1).unwrap_or(&[]).to_vec()).collect();
        let (left, top) = (self.left + i32::try_from(x0)?, self.top - i32::try_from(y0)?);
        Ok(Glyph { left, top, width: u32::try_from(x1 - x0 + 1)?, alpha, ..self })
    }

    fn packed(&self) -> Vec<u8> {
        let pack = |pair: &[u8]| {
            let low = pair.get(1).copied().map_or(0, four_bits);
            pair.first().copied().map_or(0, four_bits) << 4 | low
        };
        (0..self.height()).flat_map(|y| self.row(y).chunks(2).map(pack).collect::<Vec<u8>>()).collect()
    }
}

fn four_bits(alpha: u8) -> u8 {
    // 255 steps onto 15, to the nearest.
    ((u16::from(alpha) * 15 + 127) / 255) as u8
}

/// The whole file.
pub(crate) fn encode(px: u16, glyphs: &[Glyph]) -> anyhow::Result<Vec<u8>> {
    let ascent = glyphs.iter().map(|glyph| glyph.top).max().unwrap_or(0);
    let descent = glyphs.iter().map(|glyph| glyph.height() as i32 - glyph.top).max().unwrap_or(0);
    let mut bytes = b"TFG1".to_vec();
    for number in [px, u16::try_from(ascent.max(0))?, u16::try_from(descent.max(0))?, 0] {
        bytes.extend(number.to_le_bytes());
    }
    bytes.extend(u32::try_from(glyphs.len())?.to_le_bytes());
    let mut pixels = Vec::new();
    for glyph in glyphs {
        bytes.extend(
            entry(glyph, pixels.len()).with_context(|| format!("'{}' is too large", glyph.character))?,
        );
        pixels.extend(glyph.packed());
    }
    bytes.extend(pixels);
    Ok(bytes)
}

fn entry(glyph: &Glyph, offset: usize) -> anyhow::Result<Vec<u8>> {
    let mut bytes = u32::from(glyph.character).to_le_bytes().to_vec();
    bytes.extend(u32::try_from(offset)?.to_le_bytes());
    bytes.extend(glyph.advance.to_le_bytes());
    bytes.extend(i16::try_from(glyph.left)?.to_le_bytes());
    bytes.extend(i16::try_from(glyph.top)?.to_le_bytes());
    bytes.push(u8::try_from(glyph.width)?);
    bytes.push(u8::try_from(glyph.height())?);
    Ok(bytes)
}
