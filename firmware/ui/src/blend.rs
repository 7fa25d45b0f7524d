//! Alpha pictures onto a canvas.
//! Promises: sixteen colours between paper and ink are computed once for a line, not for a pixel.
//! Must not know: characters, screens.

use embedded_graphics::geometry::Point;
use embedded_graphics::pixelcolor::raw::{RawData, RawU16};

use crate::canvas::Canvas;
use crate::glyphs::{Glyph, Zoom};
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

    pub(crate) fn color(&self, alpha: u8) -> u16 {
        self.0[usize::from(alpha & 15)]
    }
}

/// Draws `glyph` with its pen at `pen`, on the baseline; the paper below must be the ramp's.
pub(crate) fn stamp(canvas: &mut Canvas, (glyph, zoom): (&Glyph, Zoom), pen: Point, ramp: &Ramp) {
    let factor = zoom.factor() as i32;
    let left = pen.x + i32::from(glyph.left) * factor;
    let top = pen.y - i32::from(glyph.top) * factor;
    match zoom {
        Zoom::One => plain(canvas, glyph, Point::new(left, top), ramp),
        Zoom::Two => doubled(canvas, glyph, Point::new(left, top), ramp),
    }
}

fn plain(canvas: &mut Canvas, glyph: &Glyph, at: Point, ramp: &Ramp) {
    for y in 0..glyph.height {
        let (skipped, row) = canvas.row(at.x, at.y + i32::from(y), glyph.width.into());
        let alphas = glyph.row(y).iter().flat_map(|&pair| [pair >> 4, pair & 15]);
        for (pixel, alpha) in row.iter_mut().zip(alphas.skip(skipped)).filter(|(_, alpha)| *alpha > 0) {
            *pixel = ramp.color(alpha);
        }
    }
}

/// Each pixel becomes four, mixed with their neighbours 3 : 1 in both directions.
fn doubled(canvas: &mut Canvas, glyph: &Glyph, at: Point, ramp: &Ramp) {
    let width = usize::from(glyph.width);
    let mut near = vec![0_u16; width + 2];
    let mut mixed = vec![0_u16; width + 2];
    for y in 0..u32::from(glyph.height) * 2 {
        let own = (y / 2) as u8; // half of at most 510
        let beside = if y % 2 == 0 { own.checked_sub(1) } else { own.checked_add(1) };
        spread(glyph, Some(own), &mut mixed);
        spread(glyph, beside.filter(|row| *row < glyph.height), &mut near);
        mixed.iter_mut().zip(&near).for_each(|(own, near)| *own = *own * 3 + near);
        let (skipped, row) = canvas.row(at.x, at.y + y as i32, u32::from(glyph.width) * 2);
        for (x, pixel) in row.iter_mut().enumerate().map(|(x, pixel)| (x + skipped, pixel)) {
            let (own, beside) = (x / 2 + 1, if x % 2 == 0 { x / 2 } else { x / 2 + 2 });
            let sum = mixed.get(own).copied().unwrap_or(0) * 3 + mixed.get(beside).copied().unwrap_or(0);
            let alpha = ((sum + 8) / 16).min(15) as u8;
            if alpha > 0 {
                *pixel = ramp.color(alpha);
            }
        }
    }
}

/// The alphas of a row with nothing to both sides of it; no row is nothing.
fn spread(glyph: &Glyph, row: Option<u8>, into: &mut [u16]) {
    into.fill(0);
    let alphas = row.map(|row| glyph.row(row)).unwrap_or_default();
    let alphas = alphas.iter().flat_map(|&pair| [pair >> 4, pair & 15]).take(glyph.width.into());
    into.iter_mut().skip(1).zip(alphas).for_each(|(place, alpha)| *place = alpha.into());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::glyphs::Style;

    const WHITE_ON_BLACK: Ink = Ink { fg: [255, 255, 255], bg: [0, 0, 0] };

    #[test]
    fn the_ramp_runs_from_paper_to_ink() {
        let ramp = Ramp::new(WHITE_ON_BLACK);
        assert_eq!((ramp.color(0), ramp.color(15)), (0, 0xFFFF));
        assert!(ramp.0.is_sorted());
    }

    #[test]
    fn a_doubled_glyph_covers_four_times_as_much() {
        let ramp = Ramp::new(WHITE_ON_BLACK);
        let glyph = Style::Px28.table().find('天').unwrap();
        let inked = |zoom| {
            let mut canvas = Canvas::new(80, 80).unwrap();
            stamp(&mut canvas, (&glyph, zoom), Point::new(4, 70), &ramp);
            canvas.rgb888().iter().map(|channel| u64::from(*channel)).sum::<u64>()
        };
        let (one, two) = (inked(Zoom::One), inked(Zoom::Two));
        assert!(two.abs_diff(4 * one) < one / 5, "{one} {two}");
    }
}
