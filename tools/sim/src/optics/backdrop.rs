//! What is behind the codes: uneven light and clutter, made up from the seed.
//!
//! Must not know: the codes.

use super::Light;
use super::dice::Dice;

/// The range of brightness behind the codes, of 255.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Backdrop {
    /// The darkest places.
    pub darkest: f32,
    /// The lightest places.
    pub lightest: f32,
}

/// Points of chosen brightness across and down; between them it changes smoothly.
const GRID: usize = 6;

/// Edges, signs and clothes: rectangles of even brightness.
const RECTANGLES: usize = 14;

impl Backdrop {
    pub(super) fn paint(&self, light: &mut Light, dice: &mut Dice) {
        let knots: [[f32; GRID]; GRID] = [[(); GRID]; GRID].map(|row| row.map(|()| self.tone(dice)));
        let (width, height) = (light.width, light.height);
        for (y, row) in light.values.chunks_exact_mut(width).enumerate() {
            let (below, part) = knot(y, height);
            let across: [f32; GRID] =
                std::array::from_fn(|c| mix(knots[below][c], knots[below + 1][c], part));
            for (x, value) in row.iter_mut().enumerate() {
                let (right, part) = knot(x, width);
                *value = mix(across[right], across[right + 1], part);
            }
        }
        (0..RECTANGLES).for_each(|_| self.rectangle(light, dice));
    }

    fn tone(&self, dice: &mut Dice) -> f32 {
        dice.between(self.darkest, self.lightest)
    }

    fn rectangle(&self, light: &mut Light, dice: &mut Dice) {
        let (width, height) = (light.width, light.height);
        let part = |dice: &mut Dice, of: usize, most: f32| dice.between(0.0, most * of as f32) as usize;
        let (left, top) = (part(dice, width, 1.0), part(dice, height, 1.0));
        let right = (left + part(dice, width, 0.25)).min(width);
        let bottom = (top + part(dice, height, 0.25)).min(height);
        let tone = self.tone(dice);
        for row in light.values.chunks_exact_mut(width).take(bottom).skip(top) {
            row[left.min(right)..right].fill(tone);
        }
    }
}

/// The knot before `place` of `size`, and how far it is to the next one.
fn knot(place: usize, size: usize) -> (usize, f32) {
    let at = place as f32 / size as f32 * (GRID - 1) as f32;
    let before = (at as usize).min(GRID - 2);
    (before, at - before as f32)
}

fn mix(a: f32, b: f32, part: f32) -> f32 {
    a + (b - a) * part
}
