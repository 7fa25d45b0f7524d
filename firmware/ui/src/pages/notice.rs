//! Screens with a sign, one line to read and one to help: reading, hints, openings, faults.
//! Promises: a fault never ends in "no": it names the way that still works (DOMAIN §2).
//! Must not know: what happens next.

use embedded_graphics::geometry::Size;
use gate_core::screen::{Fault, FaultScreen, Hint, Opened, Wellness};

use super::bars::Sheet;
use super::ways::Way;
use super::{MARGIN, text_width};
use crate::frame::Frame;
use crate::glyphs::Style;
use crate::icon::{Icon, IconSize};
use crate::layout::{Block, Side, spread};
use crate::palette::{Ink, Paper, Part};
use crate::words::{self, Text};

/// A sign with a heading and helping lines.
pub(super) struct Notice<'a> {
    pub(super) paper: Paper,
    pub(super) icon: Icon,
    pub(super) heading: Text,
    pub(super) style: Style,
    pub(super) help: &'a [Text],
    /// What still works, side by side.
    pub(super) ways: &'a [(Icon, Text)],
}

impl Notice<'_> {
    /// A sheet with the notice on it; `finish` may add bars first.
    pub(super) fn page(&self, size: Size, finish: impl FnOnce(&mut Sheet)) -> Frame {
        let mut sheet = Sheet::new(size, self.paper);
        finish(&mut sheet);
        let (strong, soft) = (self.paper.strong(Part::Body), self.paper.soft(Part::Body));
        let width = text_width(size);
        let mut groups = self.sign_and_heading(width);
        for help in self.help {
            groups.push(both(*help, (strong, soft), width));
        }
        groups.extend((!self.ways.is_empty()).then(|| {
            let way = |(icon, text): &(Icon, Text)| {
                let sign = Block::Sign { icon: *icon, size: IconSize::Line, ink: strong };
                let room =
                    (width.saturating_sub(MARGIN) / 2).saturating_sub(IconSize::Line.px() + MARGIN / 2);
                Block::row(MARGIN / 2, vec![sign, both(*text, (strong, soft), room)])
            };
            Block::row(MARGIN, self.ways.iter().map(way).collect())
        }));
        spread(groups, sheet.rest, &mut sheet.frame);
        sheet.frame
    }

    /// Side by side where the words leave room, else one below the other.
    fn sign_and_heading(&self, width: u32) -> Vec<Block> {
        let ink = self.paper.strong(Part::Body);
        let room = width.saturating_sub(IconSize::Heading.px() + MARGIN);
        let zh = Block::text(
            self.heading.zh,
            ink,
            &[self.style, Style::Giant, Style::Large, Style::Medium],
            (room, 1),
        );
        let full = zh.size().width + IconSize::Full.px() + MARGIN <= width;
        let size = if full { IconSize::Full } else { IconSize::Heading };
        let sign = Block::Sign { icon: self.icon, size, ink };
        let en = Block::text(self.heading.en, ink, &[Style::Large, Style::Medium, Style::Small], (width, 1));
        vec![Block::row(MARGIN, vec![sign, zh]), en]
    }
}

/// Chinese above English.
fn both(text: Text, (strong, soft): (Ink, Ink), width: u32) -> Block {
    let zh = Block::text(text.zh, strong, &[Style::Medium, Style::Small], (width, 1));
    let en = Block::text(text.en, soft, &[Style::Small], (width, 2));
    Block::column(2, Side::Middle, vec![zh, en])
}

pub(super) fn reading(size: Size) -> Frame {
    let help = [words::LABEL_HOLD];
    let (heading, icon) = (words::HINT_READING, Icon::Reading);
    Notice { paper: Paper::Slate, icon, heading, style: Style::Huge, help: &help, ways: &[] }
        .page(size, |_| ())
}

pub(super) fn hint(hint: Hint, size: Size) -> Frame {
    let (icon, help) = match hint {
        Hint::OneCodeAtATime => (Icon::Phone, words::LABEL_ONE_CODE_HOW),
        Hint::PlaceCardAgain => (Icon::Card, words::LABEL_CARD_HOW),
        Hint::ComeCloser => (Icon::Phone, words::LABEL_CLOSER_HOW),
        Hint::BrightenScreen => (Icon::Phone, words::LABEL_BRIGHTEN_HOW),
        Hint::HoldStill => (Icon::Phone, words::LABEL_STILL_HOW),
    };
    let heading = words::hint(hint);
    Notice { paper: Paper::Slate, icon, heading, style: Style::Huge, help: &[help], ways: &[] }
        .page(size, |_| ())
}

pub(super) fn opened(opened: Opened, size: Size) -> Frame {
    let (heading, help) = (words::HEADING_SHORT_PASS, [words::LABEL_OPENED_BY_STAFF]);
    Notice { paper: Paper::Green, icon: Icon::Opened, heading, style: Style::Vast, help: &help, ways: &[] }
        .page(size, |sheet| {
            sheet.reference(None, opened.query);
            sheet.attendant(1, opened.saved);
        })
}

pub(super) fn lane_open(size: Size) -> Frame {
    let (heading, help) = (words::HEADING_SHORT_PASS, [words::LABEL_NO_CHECK]);
    Notice { paper: Paper::Green, icon: Icon::Way, heading, style: Style::Vast, help: &help, ways: &[] }
        .page(size, |_| ())
}

/// The human path, what is unwell, and what still works.
pub(super) fn fault(screen: FaultScreen, size: Size) -> Frame {
    let open =
        |(way, part, _): &(Way, Wellness, _)| *part == Wellness::Well && !way.is_closed_by(screen.fault);
    let parts = [
        (Way::Card, screen.card, (Icon::Card, words::LABEL_CARD_WORKS)),
        (Way::Code, screen.camera, (Icon::Phone, words::LABEL_CODE_WORKS)),
    ];
    let ways: Vec<(Icon, Text)> = parts.into_iter().filter(open).map(|(.., told)| told).collect();
    let help = [words::fault(screen.fault)];
    let (paper, icon, heading) = if screen.fault == Fault::Fire {
        (Paper::Green, Icon::Opened, words::HEADING_EVACUATE)
    } else {
        (Paper::Blue, Icon::Assist, words::HEADING_ASSIST)
    };
    Notice { paper, icon, heading, style: Style::Huge, help: &help, ways: &ways }
        .page(size, |sheet| sheet.reference(Some(screen.fault.code()), None))
}
