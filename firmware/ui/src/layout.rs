//! Boxes in rows and columns: places computed from measured sizes, never written down.
//! Promises: boxes of one row or column never overlap; a box knows its size before it has a place.
//! Must not know: which screen is laid out.

use embedded_graphics::geometry::{Point, Size};
use embedded_graphics::primitives::Rectangle;
use qrcodegen::{QrCode, QrCodeEcc};

use crate::frame::{Frame, Item};
use crate::glyphs::Style;
use crate::icon::{Icon, IconSize};
use crate::palette::Ink;
use crate::text;

/// Something with a size.
pub(crate) enum Block {
    /// Lines of text.
    Text { lines: Vec<String>, style: Style, ink: Ink, side: Side },
    /// A sign.
    Sign { icon: Icon, size: IconSize, ink: Ink },
    /// A QR code.
    Code(PlaceCode),
    /// Side by side, centred vertically.
    Row { blocks: Vec<Block>, gap: u32 },
    /// One below the other.
    Column { blocks: Vec<Block>, gap: u32, side: Side },
}

/// Where the boxes of a column stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    /// At the left edge.
    Left,
    /// In the middle.
    Middle,
}

impl Side {
    fn indent(self, outer: u32, inner: u32) -> i32 {
        match self {
            Side::Left => 0,
            Side::Middle => middle(outer, inner),
        }
    }
}

impl Block {
    /// `words` in the first of `styles` that has all their glyphs and takes at most `most` lines of `width` pixels; else
    /// in the last.
    pub(crate) fn text(words: &str, ink: Ink, styles: &[Style], (width, most): (u32, usize)) -> Block {
        let fits = |style: &&Style| style.holds(words) && text::lines(words, **style, width).len() <= most;
        let style = styles.iter().find(fits).or(styles.last()).copied().unwrap_or(Style::Small);
        Block::Text { lines: text::lines(words, style, width), style, ink, side: Side::Middle }
    }

    /// One line; data that is too long ends in `…`.
    pub(crate) fn line(words: &str, style: Style, ink: Ink, width: u32) -> Block {
        Block::Text { lines: vec![text::one_line(words, style, width)], style, ink, side: Side::Middle }
    }

    /// With its lines at the left edge.
    pub(crate) fn left(self) -> Block {
        match self {
            Block::Text { lines, style, ink, .. } => Block::Text { lines, style, ink, side: Side::Left },
            other => other,
        }
    }

    pub(crate) fn row(gap: u32, blocks: Vec<Block>) -> Block {
        Block::Row { blocks, gap }
    }

    pub(crate) fn column(gap: u32, side: Side, blocks: Vec<Block>) -> Block {
        Block::Column { blocks, gap, side }
    }

    pub(crate) fn size(&self) -> Size {
        match self {
            Block::Text { lines, style, .. } => {
                let width = lines.iter().map(|line| style.width(line)).max().unwrap_or(0);
                Size::new(width, style.line_height() * lines.len() as u32)
            }
            Block::Sign { size, .. } => Size::new_equal(size.px()),
            Block::Code(code) => Size::new_equal(code.side()),
            Block::Row { blocks, gap } => along(blocks, *gap, |size| (size.width, size.height)),
            Block::Column { blocks, gap, .. } => {
                let turned = along(blocks, *gap, |size| (size.height, size.width));
                Size::new(turned.height, turned.width)
            }
        }
    }

    /// Puts the block's top left corner at `at`.
    pub(crate) fn place(self, at: Point, frame: &mut Frame) {
        let size = self.size();
        match self {
            Block::Text { lines, style, ink, side } => {
                for (i, text) in lines.into_iter().enumerate().filter(|(_, text)| !text.is_empty()) {
                    let down = i as i32 * style.line_height() as i32;
                    let at = at + Point::new(side.indent(size.width, style.width(&text)), down);
                    frame.items.push(Item::Line { at, text, style, ink });
                }
            }
            Block::Sign { icon, size, ink } => frame.items.push(Item::Sign { at, icon, size, ink }),
            Block::Code(code) => frame.items.push(Item::Code { at, code }),
            Block::Row { blocks, gap } => {
                let mut x = at.x;
                for block in blocks {
                    let own = block.size();
                    block.place(Point::new(x, at.y + middle(size.height, own.height)), frame);
                    x += (own.width + gap) as i32;
                }
            }
            Block::Column { blocks, gap, side } => {
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

fn middle(outer: u32, inner: u32) -> i32 {
    (outer as i32 - inner as i32) / 2
}

/// Room between what belongs apart, at least and at most.
const GAP_LEAST: u32 = 4;
const GAP_MOST: u32 = 28;

/// Whether `groups` fit into `height` one below the other.
pub(crate) fn fits(groups: &[Block], height: u32) -> bool {
    let used: u32 = groups.iter().map(|group| group.size().height + GAP_LEAST).sum();
    used + GAP_LEAST <= height
}

/// Places `groups` one below the other in the middle of `area`, with the room that is left shared between them.
pub(crate) fn spread(groups: Vec<Block>, area: Rectangle, frame: &mut Frame) {
    let used: u32 = groups.iter().map(|group| group.size().height).sum();
    let share = area.size.height.saturating_sub(used) / (groups.len() as u32 + 1);
    let column = Block::column(share.clamp(GAP_LEAST, GAP_MOST), Side::Middle, groups);
    let size = column.size();
    let at = Point::new(middle(area.size.width, size.width), middle(area.size.height, size.height));
    column.place(area.top_left + at, frame);
}

/// The platform's place code as a QR code (DOMAIN §10).
pub(crate) struct PlaceCode {
    code: QrCode,
    scale: u32,
}

/// Light modules around the code (ISO/IEC 18004, 9.1).
const QUIET: u32 = 4;

impl PlaceCode {
    /// The payload byte for byte, at most `side` pixels wide; `None` if that leaves no two pixels a module.
    pub(crate) fn new(payload: &[u8], side: u32) -> Option<PlaceCode> {
        let code = QrCode::encode_binary(payload, QrCodeEcc::Medium).ok()?;
        let scale = side / (code.size() as u32 + 2 * QUIET);
        (scale >= 2).then_some(PlaceCode { code, scale })
    }

    /// Side with the quiet zone, in pixels.
    pub(crate) fn side(&self) -> u32 {
        (self.code.size() as u32 + 2 * QUIET) * self.scale
    }

    /// The white square, then the dark modules, as areas and colours.
    pub(crate) fn dark_runs(&self, at: Point) -> impl Iterator<Item = (Rectangle, [u8; 3])> + '_ {
        let square = Rectangle::new(at, Size::new_equal(self.side()));
        let modules = (0..self.code.size()).flat_map(|y| (0..self.code.size()).map(move |x| (x, y)));
        let dark = modules.filter(|&(x, y)| self.code.get_module(x, y));
        let areas = dark.map(move |(x, y)| {
            let corner = Point::new(x + QUIET as i32, y + QUIET as i32) * self.scale as i32;
            (Rectangle::new(at + corner, Size::new_equal(self.scale)), [0; 3])
        });
        core::iter::once((square, [255; 3])).chain(areas)
    }
}
