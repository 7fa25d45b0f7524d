//! Paper with round corners.
//! Promises: corners are smooth; what is not a corner is filled row by row.
//! Must not know: what stands on it.

use embedded_graphics::geometry::{Point, Size};
use embedded_graphics::primitives::Rectangle;

use crate::blend::Ramp;
use crate::canvas::Canvas;
use crate::frame;
use crate::palette::Ink;

/// Fills `area` with the ink's colour; the corners run out into its paper. The radius is at most half of a side.
pub(crate) fn fill(canvas: &mut Canvas, area: Rectangle, radius: u32, ink: Ink) {
    let radius = radius.min(area.size.width / 2).min(area.size.height / 2);
    let (left, width) = (area.top_left.x, area.size.width);
    let inner = Rectangle::new(
        area.top_left + Size::new(0, radius),
        Size::new(width, area.size.height.saturating_sub(2 * radius)),
    );
    frame::fill(canvas, inner, ink.fg);
    let ramp = Ramp::new(ink);
    for y in 0..radius {
        let bottom = area.top_left.y + area.size.height as i32 - 1;
        for row in [area.top_left.y + y as i32, bottom - y as i32] {
            let span = Size::new(width.saturating_sub(2 * radius), 1);
            frame::fill(canvas, Rectangle::new(Point::new(left + radius as i32, row), span), ink.fg);
            for x in 0..radius {
                let color = ramp.color(coverage(x, y, radius));
                let right = left + width as i32 - 1;
                for column in [left + x as i32, right - x as i32] {
                    if let (_, [pixel]) = canvas.row(column, row, 1) {
                        *pixel = color;
                    }
                }
            }
        }
    }
}

/// How much of the pixel `x`, `y` from the corner lies within the circle, 0 to 15: counted on 4 x 4 points.
fn coverage(x: u32, y: u32, radius: u32) -> u8 {
    let reach = i64::from(radius) * 8;
    let within = |dx: i64, dy: i64| {
        let (across, down) = (reach - (i64::from(x) * 8 + dx), reach - (i64::from(y) * 8 + dy));
        across * across + down * down <= reach * reach
    };
    let points = [1, 3, 5, 7].iter().flat_map(|dx| [1, 3, 5, 7].map(|dy| (*dx, dy)));
    (points.filter(|(dx, dy)| within(*dx, *dy)).count() * 15 / 16) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn corners_are_round_and_sides_are_straight() {
        let mut canvas = Canvas::new(12, 12).unwrap();
        let ink = Ink { fg: [255, 255, 255], bg: [0, 0, 0] };
        fill(&mut canvas, Rectangle::new(Point::zero(), Size::new(12, 12)), 4, ink);
        let at = |x: usize, y: usize| canvas.pixels()[y * 12 + x];
        assert_eq!((at(0, 0), at(11, 11), at(11, 0)), (0, 0, 0));
        assert!((0..12).all(|i| at(5, i) == 0xFFFF && at(i, 5) == 0xFFFF));
    }

    #[test]
    fn a_radius_larger_than_the_area_ends() {
        let mut canvas = Canvas::new(8, 4).unwrap();
        let ink = Ink { fg: [255, 255, 255], bg: [0, 0, 0] };
        fill(&mut canvas, Rectangle::new(Point::new(-3, -2), Size::new(6, 3)), 100, ink);
        fill(&mut canvas, Rectangle::new(Point::zero(), Size::zero()), 5, ink);
    }
}
