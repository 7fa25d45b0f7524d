//! One laid-out screen: what is painted where.
//! Promises: what is measured for tests is what is painted; texts, signs and codes are painted in order on known paper.
//! Must not know: why something is where it is.

use embedded_graphics::draw_target::DrawTarget;
use embedded_graphics::geometry::{Point, Size};
use embedded_graphics::primitives::Rectangle;

use crate::blend::{Ramp, stamp};
use crate::canvas::Canvas;
use crate::glyphs::{Glyph, Style};
use crate::icon::{Icon, IconSize};
use crate::layout::PlaceCode;
use crate::outline::{Outline, OutlineBox, Shown};
use crate::palette::{Ink, rgb565};

/// A laid-out screen.
pub(crate) struct Frame {
    pub(crate) size: Size,
    pub(crate) items: Vec<Item>,
}

/// One thing on it.
pub(crate) enum Item {
    /// Paper.
    Paper { area: Rectangle, color: [u8; 3] },
    /// One line of text.
    Line { at: Point, text: String, style: Style, ink: Ink },
    /// A sign.
    Sign { at: Point, icon: Icon, size: IconSize, ink: Ink },
    /// A QR code.
    Code { at: Point, code: PlaceCode },
}

impl Frame {
    pub(crate) fn new(size: Size, color: [u8; 3]) -> Frame {
        Frame { size, items: vec![Item::Paper { area: Rectangle::new(Point::zero(), size), color }] }
    }

    pub(crate) fn paint(&self, canvas: &mut Canvas) {
        for item in &self.items {
            match item {
                Item::Paper { area, color } => fill(canvas, *area, *color),
                Item::Line { at, text, style, ink } => write(canvas, *at, text, (*style, *ink)),
                Item::Sign { at, icon, size, ink } => sign(canvas, *at, icon.glyph(*size), *ink),
                Item::Code { at, code } => {
                    code.dark_runs(*at).for_each(|(area, color)| fill(canvas, area, color))
                }
            }
        }
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
    fn outline(&self) -> Option<OutlineBox> {
        let (at, size, shown) = match self {
            Item::Paper { .. } => return None,
            Item::Line { at, text, style, ink } => (
                at,
                Size::new(style.width(text), style.line_height()),
                Shown::Text {
                    text: text.clone(),
                    px: style.table().px(),
                    missing: text
                        .chars()
                        .filter(|&character| style.table().find(character).is_none())
                        .count(),
                    colors: (ink.fg, ink.bg),
                },
            ),
            Item::Sign { at, icon, size, .. } => {
                (at, Size::new_equal(size.px()), Shown::Icon { number: *icon as u8 })
            }
            Item::Code { at, code } => (at, Size::new_equal(code.side()), Shown::Code),
        };
        Some(OutlineBox { x: at.x, y: at.y, width: size.width, height: size.height, shown })
    }
}

fn fill(canvas: &mut Canvas, area: Rectangle, color: [u8; 3]) {
    let Ok(()) = canvas.fill_solid(&area, rgb565(color));
}

fn write(canvas: &mut Canvas, at: Point, text: &str, (style, ink): (Style, Ink)) {
    let (table, ramp) = (style.table(), Ramp::new(ink));
    let mut pen = at + Point::new(0, table.ascent().into());
    for character in text.chars() {
        match table.find(character) {
            Some(glyph) => stamp(canvas, &glyph, pen, &ramp),
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

fn sign(canvas: &mut Canvas, at: Point, glyph: Option<Glyph>, ink: Ink) {
    if let Some(glyph) = glyph {
        let pen = at + Point::new(0, i32::from(glyph.advance));
        stamp(canvas, &glyph, pen, &Ramp::new(ink));
    }
}
