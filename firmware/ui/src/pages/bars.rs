//! The bars above and below the body.
//! Promises: what the body may use is what the bars leave.
//! Must not know: what stands in the body.

use embedded_graphics::geometry::{Point, Size};
use embedded_graphics::primitives::Rectangle;
use gate_core::query::QueryNumber;
use gate_core::screen::Saved;

use super::MARGIN;
use crate::frame::{Frame, Item};
use crate::glyphs::Style;
use crate::layout::Block;
use crate::palette::{Paper, Part};
use crate::words;

/// Room above and below a bar's text.
const PADDING: u32 = 6;

/// A frame with what is left of it.
pub(super) struct Sheet {
    pub(super) frame: Frame,
    pub(super) paper: Paper,
    /// Where the body goes.
    pub(super) rest: Rectangle,
}

impl Sheet {
    pub(super) fn new(size: Size, paper: Paper) -> Sheet {
        let frame = Frame::new(size, paper.color(Part::Body));
        Sheet { frame, paper, rest: Rectangle::new(Point::zero(), size) }
    }

    /// A bar above the body: `left` at the left edge, `right` at the right one.
    pub(super) fn top(&mut self, left: Block, right: Block) {
        let height = left.size().height.max(right.size().height) + 2 * PADDING;
        let area = Rectangle::new(self.rest.top_left, Size::new(self.rest.size.width, height));
        self.rest.top_left.y += height as i32;
        self.rest.size.height = self.rest.size.height.saturating_sub(height);
        self.bar(area, left, right);
    }

    /// A bar below the body and above earlier ones.
    pub(super) fn bottom(&mut self, left: Block, right: Block) {
        let height = left.size().height.max(right.size().height) + 2 * PADDING;
        self.rest.size.height = self.rest.size.height.saturating_sub(height);
        let corner = self.rest.top_left + Size::new(0, self.rest.size.height);
        let area = Rectangle::new(corner, Size::new(self.rest.size.width, height));
        self.bar(area, left, right);
    }

    fn bar(&mut self, area: Rectangle, left: Block, right: Block) {
        self.frame.items.push(Item::Paper { area, color: self.paper.color(Part::Bar) });
        let down = |block: &Block| (area.size.height as i32 - block.size().height as i32) / 2;
        let right_x = area.size.width as i32 - MARGIN as i32 - right.size().width as i32;
        let (left_at, right_at) = (Point::new(MARGIN as i32, down(&left)), Point::new(right_x, down(&right)));
        left.place(area.top_left + left_at, &mut self.frame);
        right.place(area.top_left + right_at, &mut self.frame);
    }

    /// The bar with what a person can read to 12345 (DOMAIN §17), and above it what the attendant should see.
    pub(super) fn reference(&mut self, code: Option<&str>, query: Option<QueryNumber>) {
        let ink = self.paper.strong(Part::Bar);
        let line = |text: &str| Block::line(text, Style::Small, ink, u32::MAX);
        let label = words::LABEL_QUERY;
        let code = || code.map(|code| line(&format!("{} {code}", words::LABEL_REASON.zh)));
        let number = |label: &str| query.map(|query| line(&format!("{label} {}", query.as_str())));
        let parts = |label: &str| Block::row(MARGIN, code().into_iter().chain(number(label)).collect());
        if parts("").size().width == 0 {
            return;
        }
        let hotline = || line(words::LABEL_HOTLINE.zh);
        let long = format!("{} {}", label.zh, label.en);
        let room = self.rest.size.width.saturating_sub(2 * MARGIN);
        let used = |words: &str| parts(words).size().width + MARGIN + hotline().size().width;
        match [long.as_str(), label.zh].into_iter().find(|words| used(words) <= room) {
            Some(words) => self.bottom(parts(words), hotline()),
            None => {
                self.bottom(hotline(), nothing());
                self.bottom(parts(label.zh), nothing());
            }
        }
    }

    /// A small bar for the attendant: how often this was used here, and whether the record is safe.
    pub(super) fn attendant(&mut self, times: u16, saved: Saved) {
        let ink = self.paper.strong(Part::Bar);
        let line = |text: &str| Block::line(text, Style::Tiny, ink, u32::MAX);
        let both = |text: words::Text| line(&format!("{} {}", text.zh, text.en));
        let count = words::LABEL_TIMES;
        let again = format!("{} {}", count.zh, count.en).replace("{n}", &times.to_string());
        let used = if times > 1 { line(&again) } else { nothing() };
        let unsaved = if saved == Saved::No { both(words::LABEL_UNSAVED) } else { nothing() };
        if times > 1 || saved == Saved::No {
            self.bottom(used, unsaved);
        }
    }
}

/// A block of no size.
pub(super) fn nothing() -> Block {
    Block::row(0, Vec::new())
}
