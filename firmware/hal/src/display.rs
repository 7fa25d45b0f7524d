//! The screen.
//! Promises: a driver is told where the pixels differ from those before, so that a panel behind a slow wire is sent no more.
//! Must not know: how a screen is drawn.

use gate_core::screen::Screen;

use crate::DeviceFault;

/// A drawn screen: RGB565, row by row, `width * height` of them.
#[derive(Clone, Copy)]
pub struct Pixels<'a> {
    /// The pixels.
    pub rgb565: &'a [u16],
    /// Width in pixels.
    pub width: usize,
    /// Height in pixels.
    pub height: usize,
    /// Where they differ from the pixels presented before: everywhere, if those did not arrive.
    pub changed: &'a [Area],
}

/// A rectangle of pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Area {
    /// Left edge.
    pub x: usize,
    /// Upper edge.
    pub y: usize,
    /// Width.
    pub width: usize,
    /// Height.
    pub height: usize,
}

impl<'a> Pixels<'a> {
    /// All of them, as one area.
    pub fn everywhere(&self) -> Area {
        Area { x: 0, y: 0, width: self.width, height: self.height }
    }

    /// The pixels of `areas` as runs, with the number of each run's first pixel; what lies outside is left out. Areas as
    /// wide as the panel are one run.
    pub fn runs(&self, areas: &'a [Area]) -> impl Iterator<Item = (usize, &'a [u16])> {
        let (all, panel) = (self.rgb565, self.width);
        areas.iter().flat_map(move |area| {
            let (rows, length) = match area.width == panel {
                true => (area.height.min(1), area.width * area.height),
                false => (area.height, area.width),
            };
            let start = move |row: usize| (area.y + row) * panel + area.x;
            (0..rows).map(start).filter_map(move |start| Some((start, all.get(start..start + length)?)))
        })
    }
}

/// A display.
pub trait Display {
    /// Size in pixels, width and height.
    fn size(&self) -> (usize, usize);

    /// Shows `pixels`, which are `screen` drawn.
    ///
    /// # Errors
    /// While the display cannot be reached: lamps and sound still tell.
    fn present(&mut self, screen: &Screen, pixels: Pixels<'_>) -> Result<(), DeviceFault>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_are_rows_of_an_area_and_one_where_it_is_as_wide_as_the_panel() {
        let rgb565: Vec<u16> = (0..12).collect();
        let pixels = Pixels { rgb565: &rgb565, width: 4, height: 3, changed: &[] };
        let areas = [Area { x: 1, y: 1, width: 2, height: 2 }, pixels.everywhere()];
        let runs: Vec<(usize, &[u16])> = pixels.runs(&areas).collect();
        assert_eq!(runs, [(5, &[5, 6][..]), (9, &[9, 10]), (0, &rgb565)]);
    }

    #[test]
    fn an_area_outside_is_left_out() {
        let rgb565 = [7; 4];
        let pixels = Pixels { rgb565: &rgb565, width: 2, height: 2, changed: &[] };
        let areas = [Area { x: 1, y: 1, width: 2, height: 9 }, Area { x: 0, y: 2, width: 2, height: 1 }];
        assert_eq!(pixels.runs(&areas).count(), 0);
    }
}
