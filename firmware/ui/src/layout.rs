//! Boxes in rows and columns: places computed from measured sizes, never written down.
//! Promises: boxes of one row or column never overlap; a box knows its size before it has a place.
//! Must not know: which screen is laid out.

use embedded_graphics::geometry::{Point, Size};
use embedded_graphics::primitives::Rectangle;

use crate::code::PlaceCode;
use crate::frame::{Frame, Item};
use crate::glyphs::Style;
use crate::icon::{Icon, IconSize};
use crate::palette::Ink;
use crate::{guide, text};

/// Something with a size.
pub(crate) enum Block {
    /// Lines of text. What is made of parts knows its size: it is asked for it often.
    Text { lines: Vec<String>, style: Style, ink: Ink, side: Side, size: Size },
    /// A sign.
    Sign { icon: Icon, size: IconSize, ink: Ink },
    /// A sign that shows where to hold something: it moves towards a mark.
    Guide { icon: Icon, size: IconSize, ink: Ink, toward: Toward, phase: u8 },
    /// A word on a key.
    Keycap { text: String, style: Style, ink: Ink },
    /// Something on paper of its own, at least this wide.
    Card { inner: Box<Block>, ink: Ink, padding: u32, width: u32 },
    /// A bar that is full to a share.
    Progress { percent: u8, width: u32, height: u32, ink: Ink },
    /// Nothing of a size.
    Room(Size),
    /// A QR code.
    Code(PlaceCode),
    /// Side by side, centred vertically.
    Row { blocks: Vec<Block>, gap: u32, size: Size },
    /// One below the other.
    Column { blocks: Vec<Block>, gap: u32, side: Side, size: Size },
}

/// Where a guide's mark stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Toward {
    /// Above: the camera.
    Up,
    /// Below: the card reader.
    Down,
}

/// Where the boxes of a column stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    /// At the left edge.
    Left,
    /// In the middle.
    Middle,
    /// At the right edge.
    Right,
}

impl Side {
    fn indent(self, outer: u32, inner: u32) -> i32 {
        match self {
            Side::Left => 0,
            Side::Middle => middle(outer, inner),
            Side::Right => outer as i32 - inner as i32,
        }
    }
}

impl Block {
    /// `words` in the first of `styles` that has all their glyphs and takes at most `most` lines of `width` pixels with no
    /// word cut; else in the last that has them.
    pub(crate) fn text(words: &str, ink: Ink, styles: &[Style], (width, most): (u32, usize)) -> Block {
        let fitted = |style: &Style| Some((text::fitted(words, *style, (width, most))?, *style));
        let last = || styles.iter().rfind(|style| style.holds(words)).or(styles.last());
        let (lines, style) = styles.iter().find_map(fitted).unwrap_or_else(|| {
            let style = last().copied().unwrap_or(Style::Px28);
            (text::lines(words, style, width), style)
        });
        Block::lines(lines, style, ink)
    }

    /// One line; data that is too long ends in `…`.
    pub(crate) fn line(words: &str, style: Style, ink: Ink, width: u32) -> Block {
        Block::lines(vec![text::one_line(words, style, width)], style, ink)
    }

    fn lines(lines: Vec<String>, style: Style, ink: Ink) -> Block {
        let width = lines.iter().map(|line| style.width(line)).max().unwrap_or(0);
        let size = Size::new(width, style.line_height() * lines.len() as u32);
        Block::Text { lines, style, ink, side: Side::Middle, size }
    }

    /// With its lines at the left edge.
    pub(crate) fn left(self) -> Block {
        self.at(Side::Left)
    }

    /// With its lines at an edge.
    pub(crate) fn at(self, side: Side) -> Block {
        match self {
            Block::Text { lines, style, ink, size, .. } => Block::Text { lines, style, ink, side, size },
            other => other,
        }
    }

    pub(crate) fn row(gap: u32, blocks: Vec<Block>) -> Block {
        let size = along(&blocks, gap, |size| (size.width, size.height));
        Block::Row { blocks, gap, size }
    }

    pub(crate) fn column(gap: u32, side: Side, blocks: Vec<Block>) -> Block {
        let turned = along(&blocks, gap, |size| (size.height, size.width));
        Block::Column { blocks, gap, side, size: Size::new(turned.height, turned.width) }
    }

    pub(crate) fn size(&self) -> Size {
        match self {
            Block::Text { size, .. } | Block::Row { size, .. } | Block::Column { size, .. } => *size,
            Block::Sign { size, .. } => Size::new_equal(size.px()),
            Block::Guide { size, .. } => Size::new(size.px(), size.px() + guide::room(*size)),
            Block::Keycap { text, style, .. } => {
                let height = style.line_height() + style.px() / 4;
                Size::new((style.width(text) + style.px() / 2).max(height), height)
            }
            Block::Card { inner, padding, width, .. } => {
                let inner = inner.size() + Size::new_equal(2 * padding);
                Size::new(inner.width.max(*width), inner.height)
            }
            Block::Progress { width, height, .. } => Size::new(*width, *height),
            Block::Room(size) => *size,
            Block::Code(code) => Size::new_equal(code.side()),
        }
    }

    /// Puts the block's top left corner at `at`.
    pub(crate) fn place(self, at: Point, frame: &mut Frame) {
        let size = self.size();
        match self {
            Block::Text { lines, style, ink, side, .. } => {
                for (i, text) in lines.into_iter().enumerate().filter(|(_, text)| !text.is_empty()) {
                    let down = i as i32 * style.line_height() as i32;
                    let at = at + Point::new(side.indent(size.width, style.width(&text)), down);
                    frame.items.push(Item::Line { at, text, style, ink });
                }
            }
            Block::Sign { icon, size, ink } => frame.items.push(Item::Sign { at, icon, size, ink }),
            Block::Guide { icon, size: sign, ink, toward, phase } => {
                guide::place(Rectangle::new(at, size), (icon, sign, ink), (toward, phase), frame)
            }
            Block::Keycap { text, style, ink } => {
                let (area, indent) = (Rectangle::new(at, size), middle(size.width, style.width(&text)));
                let at = at + Point::new(indent, middle(size.height, style.line_height()));
                frame.items.push(Item::Key { area, at, text, style, ink });
            }
            Block::Card { inner, ink, padding, .. } => {
                frame.items.push(Item::Round { area: Rectangle::new(at, size), radius: padding, ink });
                inner.place(at + Size::new_equal(padding), frame);
            }
            Block::Progress { percent, ink, .. } => {
                let full = size.width * u32::from(percent.min(100)) / 100;
                frame.items.push(Item::Progress { area: Rectangle::new(at, size), full, ink });
            }
            Block::Room(_) => {}
            Block::Code(code) => frame.items.push(Item::Code { at, code }),
            Block::Row { blocks, gap, .. } => {
                let mut x = at.x;
                for block in blocks {
                    let own = block.size();
                    block.place(Point::new(x, at.y + middle(size.height, own.height)), frame);
                    x += (own.width + gap) as i32;
                }
            }
            Block::Column { blocks, gap, side, .. } => {
                let mut y = at.y;
                for block in blocks {
                    let own = block.size();
                    let indent = side.indent(size.width, own.width);
                    block.place(Point::new(at.x + indent, y), frame);
                    y += (own.height + gap) as i32;
                }
            }
        }
    }
}

fn along(blocks: &[Block], gap: u32, turn: impl Fn(Size) -> (u32, u32)) -> Size {
    let sizes = || blocks.iter().map(|block| turn(block.size()));
    let gaps = gap * (blocks.len() as u32).saturating_sub(1);
    Size::new(
        sizes().map(|(length, _)| length).sum::<u32>() + gaps,
        sizes().map(|(_, breadth)| breadth).max().unwrap_or(0),
    )
}

pub(crate) fn middle(outer: u32, inner: u32) -> i32 {
    (outer as i32 - inner as i32) / 2
}

/// Room between groups, at least, in pixels.
const GAP_LEAST: u32 = 4;

/// Whether `groups` fit into an area one below the other.
pub(crate) fn fits(groups: &[Block], area: Size) -> bool {
    let sizes = || groups.iter().map(Block::size);
    let used: u32 = sizes().map(|size| size.height + GAP_LEAST).sum();
    used + GAP_LEAST <= area.height && sizes().all(|size| size.width <= area.width)
}

/// Places `groups` one below the other in the middle of `area`, with the room that is left shared between them, at most
/// `most` pixels each.
pub(crate) fn spread(groups: Vec<Block>, area: Rectangle, most: u32, frame: &mut Frame) {
    let used: u32 = groups.iter().map(|group| group.size().height).sum();
    let share = area.size.height.saturating_sub(used) / (groups.len() as u32 + 1);
    let column = Block::column(share.min(most).max(GAP_LEAST), Side::Middle, groups);
    let size = column.size();
    let at = Point::new(middle(area.size.width, size.width), middle(area.size.height, size.height));
    column.place(area.top_left + at, frame);
}
