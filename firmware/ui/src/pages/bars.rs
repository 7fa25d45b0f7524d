//! The sheet of a page: the bars above and below, and the body between them.
//! Promises: what the body may use is what the bars leave; the body takes the roomiest density that fits.
//! Must not know: what stands in the body.

use embedded_graphics::geometry::{Point, Size};
use embedded_graphics::primitives::Rectangle;
use gate_core::query::QueryNumber;
use gate_core::screen::Saved;

use super::pen::Pen;
use crate::frame::{Frame, Item};
use crate::layout::{Block, Side, fits, spread};
use crate::manner::{Density, Role, View};
use crate::palette::{Part, Tone};
use crate::words::{self, Text};

/// A frame with what is left of it.
pub(super) struct Sheet {
    pub(super) frame: Frame,
    pub(super) pen: Pen,
    /// Where the body goes.
    pub(super) rest: Rectangle,
}

impl Sheet {
    pub(super) fn new(view: View, tone: Tone) -> Sheet {
        let pen = Pen::new(view, tone);
        let frame = Frame::new(view.size, pen.paper.color(Part::Body));
        Sheet { frame, pen, rest: Rectangle::new(Point::zero(), view.size) }
    }

    /// A pen for the bars.
    pub(super) fn bar_pen(&self) -> Pen {
        self.pen.on(Part::Bar)
    }

    /// A bar above the body: `left` at the left edge, `right` at the right one.
    pub(super) fn top(&mut self, left: Block, right: Block) {
        let height = self.bar_height(&left, &right);
        let area = Rectangle::new(self.rest.top_left, Size::new(self.rest.size.width, height));
        self.rest.top_left.y += height as i32;
        self.rest.size.height = self.rest.size.height.saturating_sub(height);
        self.bar(area, left, right);
    }

    /// A bar above the body with a text at each edge: in both languages where there is room, else in the leading one, smaller
    /// if need be.
    pub(super) fn top_texts(&mut self, [left, right]: [Text; 2], role: Role) {
        let pen = self.bar_pen().within(u32::MAX);
        let whole = [left, right].map(|text| pen.both_or_lead(text, role));
        let used: u32 = whole.iter().map(|block| block.size().width).sum();
        let fits = used + pen.view.margin() <= self.pen.view.width();
        let lead = |role| [left, right].map(|text| pen.line(pen.view.manner.language.order(text)[0], role));
        let width = |blocks: &[Block; 2]| blocks.iter().map(|block| block.size().width).sum::<u32>();
        let larger = lead(role);
        let fitting = if width(&larger) <= self.pen.view.width() { larger } else { lead(Role::Tiny) };
        let [left, right] = if fits { whole } else { fitting };
        self.top(left, right);
    }

    /// A bar below the body and above earlier ones.
    pub(super) fn bottom(&mut self, left: Block, right: Block) {
        let height = self.bar_height(&left, &right);
        self.rest.size.height = self.rest.size.height.saturating_sub(height);
        let corner = self.rest.top_left + Size::new(0, self.rest.size.height);
        self.bar(Rectangle::new(corner, Size::new(self.rest.size.width, height)), left, right);
    }

    fn bar_height(&self, left: &Block, right: &Block) -> u32 {
        left.size().height.max(right.size().height) + 2 * self.pen.view.padding()
    }

    fn bar(&mut self, area: Rectangle, left: Block, right: Block) {
        self.frame.items.push(Item::Paper { area, color: self.pen.paper.color(Part::Bar) });
        let margin = self.pen.view.margin() as i32;
        let down = |block: &Block| (area.size.height as i32 - block.size().height as i32) / 2;
        let right_x = area.size.width as i32 - margin - right.size().width as i32;
        let (left_at, right_at) = (Point::new(margin, down(&left)), Point::new(right_x, down(&right)));
        left.place(area.top_left + left_at, &mut self.frame);
        right.place(area.top_left + right_at, &mut self.frame);
    }

    /// The bar with what a person can read to 12345 (DOMAIN §17).
    pub(super) fn reference(&mut self, code: Option<&str>, query: Option<QueryNumber>) {
        let pen = self.bar_pen();
        let language = pen.view.manner.language;
        let [reason, _] = language.order(words::LABEL_REASON);
        let [number, also] = language.order(words::LABEL_QUERY);
        let [hotline, _] = language.order(words::LABEL_HOTLINE);
        let line = |words: &str| pen.within(u32::MAX).line(words, Role::Small);
        let code = code.map(|code| format!("{reason} {code}"));
        let query = |label: &str| query.map(|query| format!("{label} {}", query.as_str()));
        let said = |label: &str| -> Vec<String> { code.iter().cloned().chain(query(label)).collect() };
        let block =
            |label: &str| Block::row(pen.view.margin(), said(label).iter().map(|one| line(one)).collect());
        let room = pen.width.saturating_sub(pen.view.margin() + line(hotline).size().width);
        let fits = |label: &&str| block(label).size().width <= room;
        match [format!("{number} {also}").as_str(), number].iter().find(|label| fits(label)) {
            _ if said(number).is_empty() => {}
            Some(label) => self.bottom(block(label), line(hotline)),
            None => self.stacked(&said(number), line(hotline)),
        }
    }

    /// The same on a narrow panel: one below the other, with the hotline beside the last where it has room.
    fn stacked(&mut self, said: &[String], hotline: Block) {
        let pen = self.bar_pen();
        let rows = said.iter().map(|one| pen.line(one, Role::Small)).collect();
        let rows = Block::column(2, Side::Left, rows);
        if rows.size().width + pen.view.margin() + hotline.size().width <= pen.width {
            self.bottom(rows, hotline);
        } else {
            self.bottom(Block::column(2, Side::Left, vec![rows, hotline]), nothing());
        }
    }

    /// A small bar for the attendant: how often this was used here, and whether the record is safe.
    pub(super) fn attendant(&mut self, times: u16, saved: Saved) {
        let pen = self.bar_pen();
        let half = pen.within(pen.width.saturating_sub(pen.view.margin()) / 2);
        let [lead, follow] = pen.view.manner.language.order(words::LABEL_TIMES);
        let counted = |words: &str| words.replace("{n}", &times.to_string());
        let both = counted(&format!("{lead} {follow}"));
        let all = half.within(u32::MAX).line(&both, Role::Tiny);
        let lead = half.line(&counted(lead), Role::Tiny);
        let again = if all.size().width <= half.width { all } else { lead };
        let used = if times > 1 { again } else { nothing() };
        let unsaved = match saved {
            Saved::No => half.both_or_lead(words::LABEL_UNSAVED, Role::Tiny),
            Saved::Yes => nothing(),
        };
        if times > 1 || saved == Saved::No {
            self.bottom(used, unsaved);
        }
    }

    /// The area of the body within its margins.
    pub(super) fn body(&self) -> Rectangle {
        let margin = self.pen.view.margin();
        Rectangle::new(
            self.rest.top_left + Size::new(margin, 0),
            Size::new(self.rest.size.width.saturating_sub(2 * margin), self.rest.size.height),
        )
    }

    /// Fills `area` with the groups that `groups` makes, in the roomiest density that fits.
    pub(super) fn fill(&mut self, area: Rectangle, groups: impl Fn(Pen) -> Vec<Block>) {
        let made = |density| groups(Pen { density, ..self.pen }.within(area.size.width));
        let [.., densest] = Density::ALL;
        let fitting = Density::ALL.into_iter().map(made).find(|groups| fits(groups, area.size));
        let groups = fitting.unwrap_or_else(|| made(densest));
        let most = self.pen.view.margin() * 5 / 4;
        spread(groups, area, most, &mut self.frame);
    }

    /// The whole page with one body.
    pub(super) fn page(mut self, groups: impl Fn(Pen) -> Vec<Block>) -> Frame {
        let body = self.body();
        self.fill(body, groups);
        self.frame
    }
}

/// A block of no size.
pub(super) fn nothing() -> Block {
    Block::Room(Size::zero())
}
