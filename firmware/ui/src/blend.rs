//! Alpha pictures onto a canvas.
//! Promises: sixteen colours between paper and ink are computed once for a line, not for a pixel.
//! Must not know: characters, screens.

use embedded_graphics::geometry::Point;
use embedded_graphics::pixelcolor::raw::{RawData, RawU16};

use crate::canvas::Canvas;
use crate::glyphs::Glyph;
use crate::palette::{Ink, rgb565};

/// From paper (0) to ink (15), as raw RGB565.
pub(crate) struct Ramp([u16; 16]);

impl Ramp {
    pub(crate) fn new(ink: Ink) -> Ramp {
        Ramp(core::array::from_fn(|step| {
            let mixed: [u8; 3] = core::array::from_fn(|channel| {
                let (fg, bg) = (u16::from(ink.fg[channel]), u16::from(ink.bg[channel]));
                ((fg * step as u16 + bg * (15 - step as u16) + 7) / 15) as u8
            });
            RawU16::from(rgb565(mixed)).into_inner()
        }))
    }

    fn color(&self, alpha: u8) -> u16 {
        self.0[usize::from(alpha & 15)]
    }
}

/// Draws `glyph` with its pen at `pen`, on the baseline; the paper below must be the ramp's.
pub(crate) fn stamp(canvas: &mut Canvas, glyph: &Glyph, pen: Point, ramp: &Ramp) {
    let left = pen.x + i32::from(glyph.left);
    let top = pen.y - i32::from(glyph.top);
    for y in 0..glyph.height {
        let (skipped, row) = canvas.row(left, top + i32::from(y), glyph.width.into());
        let alphas = glyph.row(y).iter().flat_map(|&pair| [pair >> 4, pair & 15]);
        for (pixel, alpha) in row.iter_mut().zip(alphas.skip(skipped)).filter(|(_, alpha)| *alpha > 0) {
            *pixel = ramp.color(alpha);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ramp_runs_from_paper_to_ink() {
        let ramp = Ramp::new(Ink { fg: [255, 255, 255], bg: [0, 0, 0] });
        assert_eq!((ramp.color(0), ramp.color(15)), (0, 0xFFFF));
        assert!(ramp.0.is_sorted());
    }
}
