//! Stage 8, decisions: how surely each module is dark or light.
//!
//! Idea: a local threshold between the mean of the dark and the mean of the light modules around (masks keep
//! both near one half, ISO/IEC 18004:2015 §7.8), after Bernsen's and Otsu's class means; blur is undone by a
//! 3 x 3 linear equaliser that is fitted, by least squares, to the modules whose colour is known (finder, timing
//! and alignment patterns) - decision theory's Wiener filter with the code's own patterns as training sequence.
//! Bounds: a constant number of passes over n² modules.
//! Must not know: pixels.

use crate::code::layout::{Layout, Role};
use crate::eye::cross::Ink;
use crate::eye::sample::Modules;

/// How many modules to each side the means are taken over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reach {
    /// Enough of both tones nearly everywhere.
    Wide = 4,
    /// For the hard edge of a shadow or a reflex, where what is farther is in another light.
    Near = 2,
}

/// How surely each module is ink: about -1 light, 1 ink, row by row.
#[derive(Clone, Debug)]
pub(crate) struct Soft {
    pub(crate) side: usize,
    pub(crate) values: Vec<f32>,
}

impl Soft {
    /// Decides by the modules around.
    pub(crate) fn of(modules: &Modules, ink: Ink, reach: Reach) -> Self {
        let side = modules.side;
        let values = &modules.values;
        let all = Sums::of(side, values.iter().map(|v| (*v, 1.0))).windows(reach);
        let mean = |(sum, count): (f32, f32)| sum / count;
        let light =
            |(v, around): (&f32, &(f32, f32))| if *v >= mean(*around) { (*v, 1.0) } else { (0.0, 0.0) };
        let sums = Sums::of(side, values.iter().zip(&all).map(light));
        let (total, windows) = (sums.total(), sums.windows(reach));
        // Where there is no light module around, or no dark one, the mean of all of them.
        let (sum, count) = values.iter().fold((0.0, 0.0), |(sum, count), v| (sum + v, count + 1.0));
        let pick = |(s, n): (f32, f32), (all, count): (f32, f32)| {
            if n > 0.5 { s / n } else { all / f32::max(count, 1.0) }
        };
        let lights: Vec<f32> = windows.iter().map(|w| pick(*w, total)).collect();
        let rest = (sum - total.0, count - total.1);
        let darks: Vec<f32> =
            all.iter().zip(&windows).map(|(a, w)| pick((a.0 - w.0, a.1 - w.1), rest)).collect();
        let overall = lights.iter().zip(&darks).map(|(l, d)| l - d).sum::<f32>() / (side * side) as f32;
        let floor = (overall * 0.2).max(1.0);
        let sign = if ink == Ink::Dark { 1.0 } else { -1.0 };
        let soft = values.iter().zip(lights.iter().zip(&darks)).map(|(v, (l, d))| {
            let span = ((l - d) / 2.0).max(floor / 2.0);
            sign * (((l + d) / 2.0 - v) / span).clamp(-2.0, 2.0)
        });
        Self { side, values: soft.collect() }
    }

    /// With the blur undone as far as a linear filter of the neighbours can; `None` when the fit has no answer.
    pub(crate) fn equalised(&self, layout: &Layout) -> Option<Self> {
        let (side, padded) = (self.side, self.padded());
        let mut normal = [[0.0f32; TAPS + 1]; TAPS];
        for (n, role) in layout.roles.iter().enumerate() {
            let Some(goal) = known(*role) else { continue };
            let taps = taps(&padded, side, n % side, n / side);
            for (row, a) in normal.iter_mut().zip(taps) {
                row.iter_mut().zip(taps).for_each(|(sum, b)| *sum += a * b);
                row[TAPS] += a * goal;
            }
        }
        let mut normal = normal.map(|row| row.map(f64::from));
        // Ridge: a little noise of its own keeps the filter from believing in few modules.
        let count = layout.known as f64;
        (0..TAPS).for_each(|n| normal[n][n] += count * 0.01);
        let weights = solve(normal)?;
        let value = |(t, w): (f32, f32)| t * w;
        let filtered =
            |x: usize, y: usize| taps(&padded, side, x, y).into_iter().zip(weights).map(value).sum::<f32>();
        let rows = (0..side).flat_map(|y| (0..side).map(move |x| (x, y)));
        Some(Self { side, values: rows.map(|(x, y)| filtered(x, y).clamp(-2.0, 2.0)).collect() })
    }

    /// With a module of paper on every side.
    fn padded(&self) -> Vec<f32> {
        let across = self.side + 2;
        let mut padded = vec![-1.0; across * across];
        let inner = padded.chunks_exact_mut(across).skip(1);
        inner
            .zip(self.values.chunks_exact(self.side))
            .for_each(|(to, from)| to[1..=from.len()].copy_from_slice(from));
        padded
    }
}

/// The module, its eight neighbours, and one, from a padded picture of `side` modules.
#[inline]
fn taps(padded: &[f32], side: usize, x: usize, y: usize) -> [f32; TAPS] {
    let row = |k: usize| -> [f32; 3] {
        let start = (y.wrapping_add(k)).wrapping_mul(side.wrapping_add(2)).wrapping_add(x);
        padded.get(start..start.wrapping_add(3)).and_then(|r| r.try_into().ok()).unwrap_or_default()
    };
    let ([a, b, c], [d, e, f], [g, h, i]) = (row(0), row(1), row(2));
    [a, b, c, d, e, f, g, h, i, 1.0]
}

const TAPS: usize = 10;

fn known(role: Role) -> Option<f32> {
    match role {
        Role::Dark => Some(1.0),
        Role::Light => Some(-1.0),
        Role::Data | Role::Format => None,
    }
}

/// Gauss elimination with pivots; `None` when singular.
fn solve(mut m: [[f64; TAPS + 1]; TAPS]) -> Option<[f32; TAPS]> {
    for n in 0..TAPS {
        let best = (n..TAPS).max_by(|a, b| m[*a][n].abs().total_cmp(&m[*b][n].abs()))?;
        m.swap(n, best);
        let pivot = m[n];
        if pivot[n].abs() < 1e-9 {
            return None;
        }
        for (k, row) in m.iter_mut().enumerate() {
            let factor = row[n] / pivot[n];
            if k != n {
                row.iter_mut().zip(pivot).for_each(|(a, b)| *a -= factor * b);
            }
        }
    }
    Some(std::array::from_fn(|n| (m[n][TAPS] / m[n][n]) as f32))
}

/// Sums of values and of counts above and left of each corner between modules (Crow 1984).
struct Sums {
    side: usize,
    sums: Vec<(f32, f32)>,
}

impl Sums {
    fn of(side: usize, values: impl Iterator<Item = (f32, f32)>) -> Self {
        let stride = side + 1;
        let mut sums = vec![(0.0, 0.0); stride * stride];
        let mut row = (0.0, 0.0);
        for (n, (value, count)) in values.enumerate() {
            let (x, y) = (n % side + 1, n / side + 1);
            if x == 1 {
                row = (0.0, 0.0);
            }
            row = (row.0 + value, row.1 + count);
            let above = sums[(y - 1) * stride + x];
            sums[y * stride + x] = (above.0 + row.0, above.1 + row.1);
        }
        Self { side, sums }
    }

    fn total(&self) -> (f32, f32) {
        self.sums.last().copied().unwrap_or_default()
    }

    /// Sum and count around each module.
    fn windows(&self, reach: Reach) -> Vec<(f32, f32)> {
        let (side, stride, reach) = (self.side, self.side + 1, reach as usize);
        let mut windows = Vec::with_capacity(side * side);
        for y in 0..side {
            let row = |y: usize| &self.sums[y * stride..][..stride];
            let (upper, lower) = (row(y.saturating_sub(reach)), row((y + reach + 1).min(side)));
            windows.extend((0..side).map(|x| {
                let (left, right) = (x.saturating_sub(reach), (x + reach + 1).min(side));
                let [a, b, c, d] = [upper[left], upper[right], lower[left], lower[right]];
                (a.0 + d.0 - b.0 - c.0, a.1 + d.1 - b.1 - c.1)
            }));
        }
        windows
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Grey levels of a picture of `#` and `.`, under a light that falls off to the right.
    fn shaded(picture: &[&str]) -> Modules {
        let side = picture.len();
        let value = |n: usize| {
            let light = 240.0 - 150.0 * (n % side) as f32 / side as f32;
            if picture[n / side].as_bytes()[n % side] == b'#' { light * 0.3 } else { light }
        };
        Modules { side, values: (0..side * side).map(value).collect() }
    }

    const PICTURE: [&str; 12] = [
        "#.##.#..#.#.",
        ".#..##.#..##",
        "##.#..#.##..",
        "..#.##.#..#.",
        "#.#..#..#.##",
        ".##.#.##.#..",
        "#..#.#..##.#",
        ".#.##.#.#..#",
        "##..#..#.##.",
        "..#.##.#..##",
        "#.##..#.#..#",
        ".#..##..##.#",
    ];

    #[test]
    fn next_to_the_edge_of_a_shadow_a_near_look_tells_more() {
        let mut modules = shaded(&PICTURE);
        let ink = |n: usize| PICTURE[n / 12].as_bytes()[n % 12] == b'#';
        (0..144).for_each(|n| {
            modules.values[n] = if n % 12 < 6 { 1.0 } else { 0.22 } * if ink(n) { 60.0 } else { 230.0 }
        });
        let wrong = |reach| {
            let soft = Soft::of(&modules, Ink::Dark, reach);
            (0..144).filter(|n| (soft.values[*n] > 0.0) != ink(*n)).count()
        };
        let (near, wide) = (wrong(Reach::Near), wrong(Reach::Wide));
        assert!(near < wide, "{near} {wide}");
    }

    #[test]
    fn ink_is_ink_also_where_the_light_falls_off() {
        let soft = Soft::of(&shaded(&PICTURE), Ink::Dark, Reach::Wide);
        let light = Soft::of(&shaded(&PICTURE), Ink::Light, Reach::Wide);
        for (n, value) in soft.values.iter().enumerate() {
            let ink = PICTURE[n / 12].as_bytes()[n % 12] == b'#';
            assert_eq!(*value > 0.0, ink, "module {n}: {value}");
            assert!((value + light.values[n]).abs() < 1e-4, "light ink is dark ink turned over");
        }
    }

    #[test]
    fn blur_is_undone_by_what_the_known_modules_teach() {
        let layout = Layout::of(2);
        let side = layout.side;
        let sharp: Vec<f32> = (0..side * side)
            .map(|n| known(layout.roles[n]).unwrap_or(if n * 7 % 11 < 5 { 1.0 } else { -1.0 }))
            .collect();
        let at = |x: usize, y: usize| if x < side && y < side { sharp[y * side + x] } else { -1.0 };
        let blurred = |n: usize| {
            let (x, y) = (n % side, n / side);
            let beside = at(x.wrapping_sub(1), y) + at(x + 1, y) + at(x, y.wrapping_sub(1)) + at(x, y + 1);
            0.28 * at(x, y) + 0.18 * beside
        };
        let soft = Soft { side, values: (0..side * side).map(blurred).collect() };
        let wrong = |s: &Soft| s.values.iter().zip(&sharp).filter(|(a, b)| **a * **b <= 0.0).count();
        let equal = soft.equalised(&layout).unwrap();
        assert!(wrong(&soft) > 20 && wrong(&equal) * 2 < wrong(&soft), "{} {}", wrong(&soft), wrong(&equal));
    }
}
