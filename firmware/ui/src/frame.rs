//! One laid-out screen: what is painted where.
//! Promises: what is measured for tests is what is painted; texts, signs and codes are painted in order on known paper.
//! Must not know: why something is where it is.

use embedded_graphics::draw_target::DrawTarget;
use embedded_graphics::geometry::{Point, Size};
use embedded_graphics::primitives::Rectangle;

use crate::blend::{Ramp, stamp};
use crate::canvas::Canvas;
use crate::changes::Area;
use crate::code::PlaceCode;
use crate::glyphs::Style;
use crate::icon::{Icon, IconSize};
use crate::outline::{Outline, OutlineBox, Shown};
use crate::palette::{Ink, rgb565};
use crate::round;

/// A laid-out screen.
pub(crate) struct Frame {
    pub(crate) size: Size,
    pub(crate) items: Vec<Item>,
}

/// One thing on it.
pub(crate) enum Item {
    /// Paper.
    Paper { area: Rectangle, color: [u8; 3] },
    /// Paper with round corners, in the ink's colour.
    Round { area: Rectangle, radius: u32, ink: Ink },
    /// A bar that is full to a share of its length.
    Progress { area: Rectangle, full: u32, ink: Ink },
    /// One line of text.
    Line { at: Point, text: String, style: Style, ink: Ink },
    /// A word on a key: ink and paper are turned.
    Key { area: Rectangle, at: Point, text: String, style: Style, ink: Ink },
    /// A sign.
    Sign { at: Point, icon: Icon, size: IconSize, ink: Ink },
    /// A sign that moves within `area`.
    Moving { area: Rectangle, at: Point, icon: Icon, size: IconSize, ink: Ink },
    /// A QR code.
    Code { at: Point, code: PlaceCode },
}

impl Frame {
    pub(crate) fn new(size: Size, color: [u8; 3]) -> Frame {
        Frame { size, items: vec![Item::Paper { area: Rectangle::new(Point::zero(), size), color }] }
    }

    pub(crate) fn paint(&self, canvas: &mut Canvas) {
        self.items.iter().for_each(|item| item.paint(canvas));
    }

    /// Paints the signs that move, each with the mark that it moves to: the item before it.
    pub(crate) fn paint_moving(&self, canvas: &mut Canvas) -> Vec<Area> {
        let mut areas = Vec::new();
        for pair in self.items.windows(2) {
            let [mark, moving] = pair else { continue };
            let Item::Moving { area, ink, .. } = moving else { continue };
            fill(canvas, *area, ink.bg);
            mark.paint(canvas);
            moving.paint(canvas);
            areas.extend(within(*area, self.size));
        }
        areas
    }

    pub(crate) fn outline(&self) -> Outline {
        Outline {
            width: self.size.width,
            height: self.size.height,
            boxes: self.items.iter().filter_map(Item::outline).collect(),
        }
    }
}

impl Item {
    fn paint(&self, canvas: &mut Canvas) {
        match self {
            Item::Paper { area, color } => fill(canvas, *area, *color),
            Item::Round { area, radius, ink } => round::fill(canvas, *area, *radius, *ink),
            Item::Progress { area, full, ink } => progress(canvas, *area, *full, *ink),
            Item::Line { at, text, style, ink } => write(canvas, *at, text, (*style, *ink)),
            Item::Key { area, at, text, style, ink } => {
                round::fill(canvas, *area, area.size.height / 5, *ink);
                write(canvas, *at, text, (*style, ink.turned()));
            }
            Item::Sign { at, icon, size, ink } | Item::Moving { at, icon, size, ink, .. } => {
                sign(canvas, *at, (*icon, *size), *ink)
            }
            Item::Code { at, code } => {
                code.dark_runs(*at).for_each(|(area, color)| fill(canvas, area, color))
            }
        }
    }

    fn outline(&self) -> Option<OutlineBox> {
        let (at, size, shown) = match self {
            Item::Paper { .. } | Item::Round { .. } => return None,
            Item::Progress { area, ink, .. } => {
                (&area.top_left, area.size, Shown::Progress { colors: (ink.fg, ink.bg) })
            }
            Item::Line { at, text, style, ink } => {
                (at, Size::new(style.width(text), style.line_height()), shown(text, *style, *ink))
            }
            Item::Key { area, text, style, ink, .. } => {
                (&area.top_left, area.size, shown(text, *style, *ink))
            }
            Item::Sign { at, icon, size, .. } => {
                (at, Size::new_equal(size.px()), Shown::Icon { number: *icon as u8 })
            }
            Item::Moving { area, icon, .. } => {
                (&area.top_left, area.size, Shown::Icon { number: *icon as u8 })
            }
            Item::Code { at, code } => (at, Size::new_equal(code.side()), Shown::Code),
        };
        Some(OutlineBox { x: at.x, y: at.y, width: size.width, height: size.height, shown })
    }
}

/// The part of `area` that lies on a canvas of this size.
fn within(area: Rectangle, size: Size) -> Option<Area> {
    let seen = area.intersection(&Rectangle::new(Point::zero(), size));
    let (x, y) = (u32::try_from(seen.top_left.x).ok()?, u32::try_from(seen.top_left.y).ok()?);
    let Size { width, height } = seen.size;
    (width > 0 && height > 0).then_some(Area { x, y, width, height })
}

fn shown(text: &str, style: Style, ink: Ink) -> Shown {
    Shown::Text {
        text: text.to_owned(),
        px: style.px() as u16, // at most 256
        missing: text.chars().filter(|&one| style.table().find(one).is_none()).count(),
        colors: (ink.fg, ink.bg),
    }
}

pub(crate) fn fill(canvas: &mut Canvas, area: Rectangle, color: [u8; 3]) {
    let Ok(()) = canvas.fill_solid(&area, rgb565(color));
}

fn write(canvas: &mut Canvas, at: Point, text: &str, (style, ink): (Style, Ink)) {
    let (table, ramp) = (style.table(), Ramp::new(ink));
    let mut pen = at + Point::new(0, style.ascent() as i32);
    for character in text.chars() {
        match table.find(character) {
            Some(glyph) => stamp(canvas, (&glyph, style.zoom()), pen, &ramp),
            None => replacement(canvas, pen, style, ink.fg),
        }
        pen.x += style.advance(character) as i32;
    }
}

/// A hollow box as wide as the character's advance: data without a glyph is seen to be there.
fn replacement(canvas: &mut Canvas, pen: Point, style: Style, color: [u8; 3]) {
    let advance = style.replacement_advance();
    let (margin, line) = (advance / 10, (advance / 14).max(1));
    let side = advance - 2 * margin;
    let corner = pen + Point::new(margin as i32, -(side as i32));
    let far = (side - line) as i32;
    for (dx, dy, width, height) in
        [(0, 0, side, line), (0, far, side, line), (0, 0, line, side), (far, 0, line, side)]
    {
        fill(canvas, Rectangle::new(corner + Point::new(dx, dy), Size::new(width, height)), color);
    }
}

/// A hollow bar, full from the left to `full` pixels of its inside.
fn progress(canvas: &mut Canvas, area: Rectangle, full: u32, ink: Ink) {
    let (radius, line) = (area.size.height / 2, (area.size.height / 8).max(2));
    let inner = area.offset(-(line as i32));
    round::fill(canvas, area, radius, ink);
    round::fill(canvas, inner, inner.size.height / 2, ink.turned());
    let done = inner.offset(-(line as i32));
    let length = full.clamp(done.size.height, done.size.width.max(done.size.height));
    if full > 0 {
        let done = Rectangle::new(done.top_left, Size::new(length, done.size.height));
        round::fill(canvas, done, done.size.height / 2, ink);
    }
}

fn sign(canvas: &mut Canvas, at: Point, (icon, size): (Icon, IconSize), ink: Ink) {
    if let Some(glyph) = icon.glyph(size) {
        let pen = at + Point::new(0, size.px() as i32);
        stamp(canvas, (&glyph, size.zoom()), pen, &Ramp::new(ink));
    }
}
