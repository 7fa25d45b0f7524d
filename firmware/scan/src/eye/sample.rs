//! Stage 7, sampling: one grey level a module, through a projective map and a field of small displacements.
//!
//! Idea: nothing is decided here; thresholds come after, from the sampled neighbourhood. The field is bilinear
//! between nodes (alignment patterns, or a free mesh), so that curved and wrinkled paper can be followed.
//! Bounds: n² samples, n at most 177.
//! Must not know: what a module means.

use crate::code::layout::{Layout, Role};
use crate::eye::cross::{Ink, Sheet};
use crate::eye::level::Level;
use crate::eye::plane::{Spot, Warp};

/// Displacements, in pixels, at a square lattice of places.
#[derive(Clone, Debug)]
pub(crate) struct Field {
    /// The nodes' places in modules, rising, the same for rows and columns.
    pub(crate) nodes: Vec<f32>,
    /// Row by row.
    pub(crate) shifts: Vec<Spot>,
}

impl Field {
    pub(crate) fn still(nodes: Vec<f32>) -> Self {
        let shifts = vec![Spot::new(0.0, 0.0); nodes.len() * nodes.len()];
        Self { nodes, shifts }
    }

    pub(crate) fn shift(&self, column: usize, row: usize) -> Spot {
        self.shifts[row * self.nodes.len() + column]
    }

    /// The displacement at a place in modules; outside the lattice that of its edge.
    pub(crate) fn at(&self, place: Spot) -> Spot {
        let ((left, fx), (top, fy)) = (self.between(place.x), self.between(place.y));
        let (right, low) = ((left + 1).min(self.nodes.len() - 1), (top + 1).min(self.nodes.len() - 1));
        let mix = |a: Spot, b: Spot, f: f32| a.times(1.0 - f).plus(b.times(f));
        let upper = mix(self.shift(left, top), self.shift(right, top), fx);
        mix(upper, mix(self.shift(left, low), self.shift(right, low), fx), fy)
    }

    fn between(&self, place: f32) -> (usize, f32) {
        let last = self.nodes.len() - 1;
        let upper = self.nodes.iter().position(|n| *n > place).unwrap_or(last).clamp(1.min(last), last);
        let lower = upper.saturating_sub(1);
        let gap = (self.nodes[upper] - self.nodes[lower]).max(1e-3);
        (lower, ((place - self.nodes[lower]) / gap).clamp(0.0, 1.0))
    }
}

/// The grey levels of a code's modules, row by row.
#[derive(Clone, Debug)]
pub(crate) struct Modules {
    pub(crate) side: usize,
    pub(crate) values: Vec<f32>,
}

/// Correlation of the modules whose colour is known with that colour, -1 to 1: a look before the work.
pub(crate) fn probe(sheet: &Sheet<'_>, layout: &Layout, map: impl Fn(Spot) -> Spot) -> f32 {
    let (mut light, mut sum, mut squares, mut product) = (0.0f32, 0.0, 0.0, 0.0);
    for (n, role) in layout.roles.iter().enumerate() {
        let here = match role {
            Role::Dark => 0.0,
            Role::Light => 1.0,
            Role::Data | Role::Format => continue,
        };
        let place = Spot::new((n % layout.side) as f32 + 0.5, (n / layout.side) as f32 + 0.5);
        let value = sheet.level.at(map(place));
        light += here;
        sum += value;
        squares += value * value;
        product += here * value;
    }
    let count = layout.known.max(1) as f32;
    let (share, mean) = (light / count, sum / count);
    let variance = (squares / count - mean * mean).max(1.0);
    let fit = (product / count - mean * share) / (variance * share * (1.0 - share)).max(1e-6).sqrt();
    if sheet.ink == Ink::Dark { fit } else { -fit }
}

/// Samples `side` x `side` modules through `map`, which takes modules to pixels.
pub(crate) fn sample(level: &Level<'_>, side: usize, map: impl Fn(Spot) -> Spot) -> Modules {
    let mut values = Vec::with_capacity(side * side);
    for row in 0..side {
        values
            .extend((0..side).map(|column| level.at(map(Spot::new(column as f32 + 0.5, row as f32 + 0.5)))));
    }
    Modules { side, values }
}

/// A map with its field.
#[derive(Clone, Debug)]
pub(crate) struct Bent {
    pub(crate) warp: Warp,
    pub(crate) field: Option<Field>,
}

impl Bent {
    pub(crate) fn map(&self, place: Spot) -> Spot {
        let flat = self.warp.map(place);
        self.field.as_ref().map_or(flat, |field| flat.plus(field.at(place)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_exact_at_its_nodes_and_linear_between() {
        let mut field = Field::still(vec![2.0, 6.0, 10.0]);
        field.shifts[4] = Spot::new(4.0, -2.0);
        assert_eq!(field.at(Spot::new(6.0, 6.0)), Spot::new(4.0, -2.0));
        assert_eq!(field.at(Spot::new(4.0, 6.0)), Spot::new(2.0, -1.0));
        assert_eq!(field.at(Spot::new(-5.0, 40.0)), Spot::new(0.0, 0.0));
    }
}
