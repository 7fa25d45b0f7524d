//! Stage 3c, how much a place looks like a finder pattern: squares of stone, gap, ring and paper around it, correlated.
//!
//! Idea: cross checks look along lines, and text, leaves and the data of a code pass them; the whole square is passed
//! by chance far less often. The correlation does not depend on light or contrast.
//! Bounds: 33 samples an orientation. Must not know: which patterns belong together.

use crate::eye::cross::{Ink, Sheet};
use crate::eye::plane::Spot;

/// Orientations tried where none is known; the square is its own image after a quarter turn.
const TURNS: u8 = 6;

/// The best fit of a pattern of unknown orientation, -1 to 1. `module` is the length of a module along rows and
/// columns of pixels, which a turned pattern's are longer than its own.
pub(crate) fn turned_fit(sheet: &Sheet<'_>, centre: Spot, module: f32) -> f32 {
    let fit = |turn: u8| {
        let (sin, cos) = (f32::from(turn) * 90.0 / f32::from(TURNS)).to_radians().sin_cos();
        let module = module * sin.max(cos);
        square_fit(sheet, centre, Spot::new(cos, sin).times(module), Spot::new(-sin, cos).times(module))
    };
    (0..TURNS).map(fit).fold(-1.0, f32::max)
}

/// Correlation of 33 samples with a finder pattern whose modules are `right` and `down`.
pub(crate) fn square_fit(sheet: &Sheet<'_>, centre: Spot, right: Spot, down: Spot) -> f32 {
    let at = |x: f32, y: f32| sheet.level.at(centre.plus(right.times(x)).plus(down.times(y)));
    let middle = at(0.0, 0.0);
    let (mut sum, mut squares, mut light) = (middle, middle * middle, 0.0);
    for ring in 1..=4u8 {
        let r = f32::from(ring);
        for (x, y) in [
            (1.0, 0.0),
            (-1.0, 0.0),
            (0.0, 1.0),
            (0.0, -1.0),
            (1.0, 1.0),
            (1.0, -1.0),
            (-1.0, 1.0),
            (-1.0, -1.0),
        ] {
            let value = at(x * r, y * r);
            sum += value;
            squares += value * value;
            light += if ring % 2 == 0 { value } else { 0.0 };
        }
    }
    let (count, share) = (33.0, 16.0 / 33.0);
    let variance = (squares / count - (sum / count) * (sum / count)).max(1.0);
    let fit = (light / count - sum / count * share) / (variance * share * (1.0 - share)).sqrt();
    if sheet.ink == Ink::Dark { fit } else { -fit }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eye::cross::tests::{FINDER, drawn};
    use crate::eye::level::Level;
    use crate::eye::threshold::Thresholds;

    fn fit(level: &Level<'_>, ink: Ink, x: f32, y: f32) -> f32 {
        turned_fit(&Sheet { level, thresholds: &Thresholds::of(level, None), ink }, Spot::new(x, y), 6.0)
    }

    #[test]
    fn a_finder_is_a_square_in_its_middle_and_in_its_ink() {
        let level = drawn(&FINDER, 6);
        let fits = [
            fit(&level, Ink::Dark, 27.0, 27.0),
            fit(&level, Ink::Light, 27.0, 27.0),
            fit(&level, Ink::Dark, 39.0, 27.0),
        ];
        assert!(fits[0] > 0.95 && fits[1] < 0.0 && fits[2] < 0.7, "{fits:?}");
    }

    #[test]
    fn what_only_its_middle_row_and_column_have_of_a_finder_is_less_of_a_square() {
        let cross = [
            "....#....",
            "....#....",
            ".........",
            "....#....",
            "##.###.##",
            "....#....",
            ".........",
            "....#....",
            "....#....",
        ];
        let fit = fit(&drawn(&cross, 6), Ink::Dark, 27.0, 27.0);
        assert!(fit < 0.7, "{fit}");
    }
}
