//! Stage 6b, bent paper: displacements that no projective map has.
//!
//! Idea: from version 7 on, the lattice of alignment patterns is located one by one, each from what its neighbours
//! say. Failing that, a free mesh of nodes four modules apart is moved, node by node from the finder patterns
//! outwards, to where the modules around show most contrast (a module sampled at its edge is grey), the known
//! ones counting with their colour; relaxation over neighbours after Kass et al. 1988 ("Snakes").
//! Bounds: at most 45² nodes, nine places of 49 samples for each of [`SWEEPS`]; all of it is paid from the budget.
//! Must not know: data.

use crate::code::layout::{Layout, Role, alignment_centres};
use crate::eye::align::{Frame2, locate};
use crate::eye::budget::Budget;
use crate::eye::cross::{Ink, Sheet};
use crate::eye::plane::Spot;
use crate::eye::sample::{Bent, Field};

/// A pattern that fits less is not believed.
const LEAST_FIT: f32 = 0.65;

/// The steps, in modules, of going over the free mesh.
const SWEEPS: [f32; 2] = [0.33, 0.16];

/// Displacements of the alignment patterns; `None` before version 7 or when hardly any was found.
pub(crate) fn aligned(sheet: &Sheet<'_>, bent: &Bent, layout: &Layout, budget: &mut Budget) -> Option<Field> {
    let centres = alignment_centres(layout.version);
    let count = centres.len();
    if count < 3 {
        return None;
    }
    let mut field = Field::still(centres.iter().map(|c| *c as f32 + 0.5).collect());
    let mut sure = vec![false; count * count];
    [0, count - 1, count * (count - 1)].into_iter().for_each(|n| sure[n] = true);
    let mut order: Vec<usize> = (0..count * count).filter(|n| !sure[*n]).collect();
    order.sort_by_key(|n| n % count + n / count);
    for n in order {
        let place = Spot::new(field.nodes[n % count], field.nodes[n / count]);
        let guess = around(&field.shifts, &sure, n, count);
        let frame = Frame2::of(|p| bent.warp.map(p).plus(guess), place);
        if let Some(hit) = locate(sheet, &frame, 1.5, budget).filter(|h| h.fit > LEAST_FIT) {
            field.shifts[n] = guess.plus(frame.spot(hit.away.x, hit.away.y).minus(frame.at));
            sure[n] = true;
        }
    }
    if sure.iter().filter(|s| **s).count() < 5 {
        return None;
    }
    (0..count * count)
        .filter(|n| !sure[*n])
        .for_each(|n| field.shifts[n] = around(&field.shifts, &sure, n, count));
    Some(field)
}

/// The mean displacement of the sure neighbours of a node; of none, no displacement.
fn around(shifts: &[Spot], sure: &[bool], n: usize, count: usize) -> Spot {
    let (mut sum, mut found) = (Spot::new(0.0, 0.0), 0.0);
    for k in 0..9 {
        let (x, y) = ((n % count + k % 3).wrapping_sub(1), (n / count + k / 3).wrapping_sub(1));
        if k != 4 && x < count && y < count && sure[y * count + x] {
            sum = sum.plus(shifts[y * count + x]);
            found += 1.0;
        }
    }
    sum.times(1.0 / f32::max(found, 1.0))
}

/// A free mesh over `bent`, which it starts from.
pub(crate) fn free(sheet: &Sheet<'_>, bent: &Bent, layout: &Layout, budget: &mut Budget) -> Option<Field> {
    let span = layout.side as f32 - 7.0;
    let count = (span / 4.0).round() as usize + 1;
    if !budget.spend(count * count * SWEEPS.len() * 9 * 49) {
        return None;
    }
    let nodes: Vec<f32> = (0..count).map(|k| 3.5 + span * k as f32 / (count - 1) as f32).collect();
    let mut field = Field::still(nodes);
    let mut done = vec![false; count * count];
    let mut order: Vec<usize> = (0..count * count).collect();
    let far = count - 1;
    let away = |n: usize| {
        let to = |x: usize, y: usize| (n % count).abs_diff(x).max((n / count).abs_diff(y));
        to(0, 0).min(to(far, 0)).min(to(0, far))
    };
    order.sort_by_key(|n| away(*n));
    for step in SWEEPS {
        for n in &order {
            let guess = around(&field.shifts, &done, *n, count);
            let own = if done[*n] { field.shifts[*n].plus(guess).times(0.5) } else { guess };
            let place = Spot::new(field.nodes[n % count], field.nodes[n / count]);
            let frame = Frame2::of(|p| bent.map(p).plus(own), place);
            let best = settle(sheet, &frame, &signs(layout, place), step);
            field.shifts[*n] = own.plus(frame.spot(best.x, best.y).minus(frame.at));
            done[*n] = true;
        }
    }
    // The field replaces the one of `bent`: both together, at the nodes.
    for n in 0..count * count {
        let place = Spot::new(field.nodes[n % count], field.nodes[n / count]);
        let before = bent.map(place).minus(bent.warp.map(place));
        field.shifts[n] = field.shifts[n].plus(before);
    }
    Some(field)
}

/// The place among the nine around a node, `step` modules apart, at which the modules around are clearest.
fn settle(sheet: &Sheet<'_>, frame: &Frame2, signs: &[(Spot, f32); 49], step: f32) -> Spot {
    let mut best = (clarity(sheet, frame, signs, Spot::new(0.0, 0.0)) * 1.02, Spot::new(0.0, 0.0));
    for k in (0..9).filter(|k| *k != 4) {
        let away = Spot::new((k % 3 - 1) as f32 * step, (k / 3 - 1) as f32 * step);
        let clear = clarity(sheet, frame, signs, away);
        if clear > best.0 {
            best = (clear, away);
        }
    }
    best.1
}

/// For the 7 x 7 modules around a place: 1 known light, -1 known dark, 0 unknown.
fn signs(layout: &Layout, place: Spot) -> [(Spot, f32); 49] {
    std::array::from_fn(|n| {
        let offset = Spot::new((n % 7) as f32 - 3.0, (n / 7) as f32 - 3.0);
        // To the middle of a module.
        let (x, y) = ((place.x + offset.x).floor(), (place.y + offset.y).floor());
        let centre = Spot::new(x + 0.5 - place.x, y + 0.5 - place.y);
        let inside = x >= 0.0 && y >= 0.0 && (x as usize) < layout.side && (y as usize) < layout.side;
        let sign = if !inside {
            1.0
        } else {
            match layout.roles[y as usize * layout.side + x as usize] {
                Role::Dark => -1.0,
                Role::Light => 1.0,
                Role::Data | Role::Format => 0.0,
            }
        };
        (centre, sign)
    })
}

fn clarity(sheet: &Sheet<'_>, frame: &Frame2, signs: &[(Spot, f32); 49], away: Spot) -> f32 {
    let values: [f32; 49] = std::array::from_fn(|n| {
        let centre = signs[n].0;
        sheet.level.at(frame.spot(away.x + centre.x, away.y + centre.y))
    });
    let mean = values.iter().sum::<f32>() / 49.0;
    let ink = if sheet.ink == Ink::Dark { 1.0 } else { -1.0 };
    let clear = |(value, (_, sign)): (&f32, &(Spot, f32))| {
        let off = value - mean;
        if *sign == 0.0 { off.abs() } else { 1.5 * off * sign * ink }
    };
    values.iter().zip(signs).map(clear).sum()
}

#[cfg(test)]
mod tests {
    use qrcodegen::{QrCode, QrCodeEcc, QrSegment, Version};

    use super::*;
    use crate::eye::level::Level;
    use crate::eye::plane::Warp;
    use crate::eye::threshold::Thresholds;

    /// How far the paper is displaced, in pixels, at a place in modules; nothing at three corners.
    fn bend(place: Spot, side: f32) -> Spot {
        let (u, v) = ((place.x - 3.5) / (side - 7.0), (place.y - 3.5) / (side - 7.0));
        let wave = |t: f32| (t.clamp(0.0, 1.0) * std::f32::consts::PI).sin();
        Spot::new(4.5 * wave(v), -3.5 * wave(u))
    }

    /// A bent code of this version at five pixels a module, (10, 10) the place of its corner.
    fn drawn(version: u8) -> Level<'static> {
        let (text, v) = ([QrSegment::make_bytes(b"bent")], Version::new(version));
        let code = QrCode::encode_segments_advanced(&text, QrCodeEcc::Low, v, v, None, false).unwrap();
        let side = code.size() as f32;
        let width = code.size() as usize * 5 + 20;
        let dark = |n: usize| {
            let (x, y) = ((n % width) as f32 + 0.5 - 10.0, (n / width) as f32 + 0.5 - 10.0);
            // Small and smooth, so that the displacement at the place is nearly that of what is seen there.
            let away = bend(Spot::new(x / 5.0, y / 5.0), side);
            code.get_module(((x - away.x) / 5.0).floor() as i32, ((y - away.y) / 5.0).floor() as i32)
        };
        let pixels = (0..width * width).map(|n| if dark(n) { 20 } else { 230 }).collect();
        Level::new(width, width, pixels)
    }

    fn flat() -> Bent {
        let from = [(0.0, 0.0), (10.0, 0.0), (0.0, 10.0), (10.0, 10.0)].map(|(x, y)| Spot::new(x, y));
        Bent {
            warp: Warp::between(from, from.map(|s| s.times(5.0).plus(Spot::new(10.0, 10.0)))),
            field: None,
        }
    }

    /// The mean error over the code, in pixels, of a field, or of none.
    fn error(field: Option<&Field>, side: usize) -> f32 {
        let places: Vec<Spot> = (4..side - 4)
            .step_by(3)
            .flat_map(|y| (4..side - 4).step_by(3).map(move |x| Spot::new(x as f32 + 0.5, y as f32 + 0.5)))
            .collect();
        let off = |p: &Spot| bend(*p, side as f32).to(field.map_or(Spot::new(0.0, 0.0), |f| f.at(*p)));
        places.iter().map(off).sum::<f32>() / places.len() as f32
    }

    #[test]
    fn alignment_patterns_show_how_the_paper_is_bent() {
        let level = drawn(14);
        let sheet = Sheet { level: &level, thresholds: &Thresholds::of(&level, None), ink: Ink::Dark };
        let layout = Layout::of(14);
        let field = aligned(&sheet, &flat(), &layout, &mut Budget::new(1_000_000)).unwrap();
        let (bent, straight) = (error(Some(&field), layout.side), error(None, layout.side));
        assert!(bent * 2.0 < straight, "{bent} of {straight}");
        assert!(aligned(&sheet, &flat(), &Layout::of(6), &mut Budget::new(1_000_000)).is_none(), "too few");
    }

    #[test]
    fn a_free_mesh_follows_what_has_no_patterns_and_its_work_is_bounded() {
        let level = drawn(5);
        let sheet = Sheet { level: &level, thresholds: &Thresholds::of(&level, None), ink: Ink::Dark };
        let layout = Layout::of(5);
        let field = free(&sheet, &flat(), &layout, &mut Budget::new(1_000_000)).unwrap();
        let (bent, straight) = (error(Some(&field), layout.side), error(None, layout.side));
        assert!(bent < 0.8 * straight, "{bent} of {straight}");
        assert!(free(&sheet, &flat(), &layout, &mut Budget::new(1000)).is_none());
    }
}
