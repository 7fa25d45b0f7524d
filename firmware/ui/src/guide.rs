//! The moving sign that shows where to hold a phone or a card.
//! Promises: it stays within its box in every phase; without movement it is still a sign beside a mark.
//! Must not know: when a phase begins.

use embedded_graphics::geometry::{Point, Size};
use embedded_graphics::primitives::Rectangle;

use crate::frame::{Frame, Item};
use crate::icon::{Icon, IconSize};
use crate::layout::Toward;
use crate::palette::Ink;

/// Phases of a movement.
pub const PHASES: u8 = 8;
/// How near the mark the sign is in each phase, in thirds of its way.
const NEAR: [u32; PHASES as usize] = [0, 1, 2, 3, 3, 3, 2, 1];

/// Height that a guide takes beyond its sign, in pixels: the mark and the way.
pub(crate) fn room(size: IconSize) -> u32 {
    mark(size) + way(size)
}

fn mark(size: IconSize) -> u32 {
    (size.px() / 14).max(3)
}

fn way(size: IconSize) -> u32 {
    size.px() / 4
}

/// Places the mark and the sign within `area`, which is a guide's size.
pub(crate) fn place(
    area: Rectangle,
    (icon, size, ink): (Icon, IconSize, Ink),
    (toward, phase): (Toward, u8),
    frame: &mut Frame,
) {
    let (mark, way) = (mark(size), way(size));
    let near = NEAR.get(usize::from(phase % PHASES)).copied().unwrap_or(0) * way / 3;
    let (mark_y, sign_y) = match toward {
        Toward::Up => (0, mark + way - near),
        Toward::Down => (size.px() + way, near),
    };
    let line = Rectangle::new(
        area.top_left + Point::new(size.px() as i32 / 4, mark_y as i32),
        Size::new(size.px() / 2, mark),
    );
    frame.items.push(Item::Round { area: line, radius: mark / 2, ink });
    let at = area.top_left + Size::new(0, sign_y);
    frame.items.push(Item::Moving { area, at, icon, size, ink });
}
