//! Why nothing was read: what the frame shows plainly, so that the screen can say 靠近一点, 调亮屏幕, 拿稳.
//!
//! Idea: when three finder patterns and the known modules between them fit, there is a code, and its size, its place,
//! its light and the contrast of one-module runs against three-module runs say what was wrong with it.
//! Promises: silence rather than a guess. Bounds: one pass over the pixels.
//! Must not know: how attempts are made.

use crate::eye::level::Level;
use crate::eye::plane::Spot;
use crate::eye::triples::Triple;
use crate::eye::views::Views;
use crate::symbol::WhyNothing;

/// A frame whose pixels are nearly all darker than this (of 255) was taken in the dark.
const DARK: u8 = 40;

/// Pixels looked at for darkness: one in so many, a prime so that no pattern of the picture has its rhythm.
const EVERY: usize = 13;

/// Pixels at least this bright are burnt out.
const BURNT: u8 = 252;

/// Modules of fewer frame pixels cannot be told apart for certain.
const LEAST_MODULE: f32 = 1.8;

/// A smaller share of a code in the midst of burnt-out places is seldom what hid it.
const LEAST_BURNT: f32 = 0.06;

/// A sharp code has the contrast of its finest runs at least.
const LEAST_CONTRAST: f32 = 0.75;

/// What the frame shows; `code` is the likeliest code that could not be read, `pair` the module of two patterns that
/// belong together.
pub(crate) fn why(views: &Views<'_>, code: Option<&Triple>, pair: Option<f32>) -> Option<WhyNothing> {
    if is_dark(views.level(0)) {
        return Some(WhyNothing::TooDark);
    }
    let Some(code) = code else { return pair.filter(|m| *m < LEAST_MODULE).map(|_| WhyNothing::TooSmall) };
    let module = (code.corner.module + code.right.module + code.down.module) / 3.0;
    if module < LEAST_MODULE {
        Some(WhyNothing::TooSmall)
    } else if is_cut(views, code, module) {
        Some(WhyNothing::CutByEdge)
    } else if burnt_share(views, code) > LEAST_BURNT {
        Some(WhyNothing::Glare)
    } else if fine_contrast(views, code) < LEAST_CONTRAST {
        Some(WhyNothing::TooBlurred)
    } else {
        None
    }
}

/// Only what is certain: a bright spot in a dark frame may be the screen with the code.
fn is_dark(level: &Level<'_>) -> bool {
    let (mut seen, mut light) = (0usize, 0usize);
    for y in 0..level.height {
        let some = level.row(y).iter().skip(y * 5 % EVERY).step_by(EVERY);
        (seen, light) =
            some.fold((seen, light), |(seen, light), p| (seen + 1, light + usize::from(*p >= DARK)));
    }
    light * 100 < seen
}

/// Whether the fourth corner lies outside the frame.
fn is_cut(views: &Views<'_>, code: &Triple, module: f32) -> bool {
    let (level, scale) = (views.level(0), views.scale(0));
    let (width, height) = (level.width as f32 * scale, level.height as f32 * scale);
    let fourth = code.parallelogram();
    let inside =
        (-module..width + module).contains(&fourth.x) && (-module..height + module).contains(&fourth.y);
    !inside
}

/// The share of places inside the code that lie in the midst of burnt-out ones. White paper may be burnt out without
/// harm: a mask leaves no three by three modules light (ISO/IEC 18004:2015 §7.8.3), a reflex does.
fn burnt_share(views: &Views<'_>, code: &Triple) -> f32 {
    let (right, down) =
        (code.right.centre.minus(code.corner.centre), code.down.centre.minus(code.corner.centre));
    let module = code.corner.module.max(0.1);
    let count = ((right.length().min(down.length()) / module / 1.3) as usize).clamp(8, 64);
    let burnt = |n: usize| {
        let (u, v) = ((n % count) as f32 / count as f32, (n / count) as f32 / count as f32);
        let place = code.corner.centre.plus(right.times(u)).plus(down.times(v));
        views.level(0).at(place.times(1.0 / views.scale(0))) >= f32::from(BURNT)
    };
    let lattice: Vec<bool> = (0..count * count).map(burnt).collect();
    let midst = |n: &usize| {
        let (x, y) = (n % count, n / count);
        let inner = x > 0 && y > 0 && x + 1 < count && y + 1 < count;
        inner && (0..9).all(|k| lattice[(y + k / 3 - 1) * count + x + k % 3 - 1])
    };
    (0..count * count).filter(midst).count() as f32 / (count * count) as f32
}

/// The contrast of the gap and the ring of the corner's pattern, against that of the gap and the stone.
fn fine_contrast(views: &Views<'_>, code: &Triple) -> f32 {
    let ways = [code.right.centre, code.down.centre].map(|to| {
        let way = to.minus(code.corner.centre);
        way.times(1.0 / way.length().max(1e-3))
    });
    let at = |way: Spot, modules: f32| {
        let place = code.corner.centre.plus(way.times(modules * code.corner.module));
        views.level(0).at(place.times(1.0 / views.scale(0)))
    };
    let (mut fine, mut coarse) = (0.0, 1.0);
    for way in ways.into_iter().flat_map(|way| [way, way.times(-1.0)]) {
        fine += (at(way, 2.0) - at(way, 3.0)).abs();
        coarse += (at(way, 2.0) - at(way, 0.0)).abs();
    }
    fine / coarse
}
