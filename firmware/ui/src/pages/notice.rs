//! Screens with a sign, one line to read and one to help: reading, hints, openings, faults.
//! Promises: a fault never ends in "no": it names the way that still works (DOMAIN §2).
//! Must not know: what happens next.

use gate_core::screen::{Fault, FaultScreen, Hint, Opened, Way};

use super::bars::Sheet;
use super::pen::Pen;
use crate::frame::Frame;
use crate::icon::{Icon, IconSize};
use crate::layout::{Block, Side, Toward};
use crate::manner::{Role, SignRole, View};
use crate::palette::Tone;
use crate::words::{self, Text};

/// A sign with a heading and helping lines.
pub(super) struct Notice<'a> {
    pub(super) icon: Icon,
    /// Where the sign moves to, if it does.
    pub(super) toward: Option<Toward>,
    pub(super) heading: Text,
    pub(super) role: Role,
    pub(super) help: &'a [Text],
    /// What still works, side by side.
    pub(super) ways: &'a [(Icon, Text)],
}

impl Notice<'_> {
    /// The groups of the notice.
    pub(super) fn groups(&self, pen: Pen) -> Vec<Block> {
        let [lead, _] = pen.view.manner.language.order(self.heading);
        let sign = |size| self.sign(pen, size);
        let mut groups = vec![pen.heading(lead, self.role, sign), pen.follow(self.heading, Role::Medium, 2)];
        groups
            .extend(self.help.iter().map(|help| pen.both(*help, (Role::Medium, Role::Small), Side::Middle)));
        groups.extend((!self.ways.is_empty()).then(|| ways(self.ways, pen)));
        groups
    }

    fn sign(&self, pen: Pen, size: IconSize) -> Block {
        let (icon, ink, phase) = (self.icon, pen.strong(), pen.view.phase);
        match self.toward {
            Some(toward) => Block::Guide { icon, size, ink, toward, phase },
            None => Block::Sign { icon, size, ink },
        }
    }
}

/// Signs with words: in a row where the panel is wide, else one below the other.
fn ways(ways: &[(Icon, Text)], pen: Pen) -> Block {
    let gap = pen.view.margin();
    let count = if pen.view.is_wide() { ways.len() as u32 } else { 1 };
    let room = pen.within((pen.width + gap) / count - gap);
    let way = |(icon, text): &(Icon, Text)| {
        let sign = pen.sign(*icon, SignRole::Line);
        let words = room.less(sign.size().width + gap / 2);
        Block::row(gap / 2, vec![sign, words.both(*text, (Role::Medium, Role::Small), Side::Left)])
    };
    let blocks = ways.iter().map(way).collect();
    if count > 1 { Block::row(gap, blocks) } else { Block::column(gap / 2, Side::Left, blocks) }
}

pub(super) fn reading(view: View) -> Frame {
    let (heading, icon) = (words::HINT_READING, Icon::Reading);
    let help = [words::LABEL_HOLD];
    let notice = Notice { icon, toward: None, heading, role: Role::Heading, help: &help, ways: &[] };
    Sheet::new(view, Tone::Slate).page(|pen| notice.groups(pen))
}

pub(super) fn hint(hint: Hint, view: View) -> Frame {
    let (icon, toward, help) = match hint {
        Hint::OneCodeAtATime => (Icon::Phone, None, words::LABEL_ONE_CODE_HOW),
        Hint::PlaceCardAgain => (Icon::Card, Some(Toward::Down), words::LABEL_CARD_HOW),
        Hint::ComeCloser => (Icon::Phone, Some(Toward::Up), words::LABEL_CLOSER_HOW),
        Hint::BrightenScreen => (Icon::Phone, None, words::LABEL_BRIGHTEN_HOW),
        Hint::HoldStill => (Icon::Phone, None, words::LABEL_STILL_HOW),
        Hint::ShowAgain => (Icon::Again, None, words::LABEL_AGAIN_HOW),
    };
    let heading = words::hint(hint);
    let notice = Notice { icon, toward, heading, role: Role::Heading, help: &[help], ways: &[] };
    Sheet::new(view, Tone::Slate).page(|pen| notice.groups(pen))
}

pub(super) fn opened(opened: Opened, view: View) -> Frame {
    let mut sheet = Sheet::new(view, Tone::Green);
    sheet.reference(None, opened.query);
    sheet.attendant(1, opened.saved);
    open(sheet, Icon::Opened, words::LABEL_OPENED_BY_STAFF)
}

pub(super) fn lane_open(view: View) -> Frame {
    open(Sheet::new(view, Tone::Green), Icon::Way, words::LABEL_NO_CHECK)
}

fn open(sheet: Sheet, icon: Icon, help: Text) -> Frame {
    let heading = words::HEADING_SHORT_PASS;
    let notice = Notice { icon, toward: None, heading, role: Role::Mark, help: &[help], ways: &[] };
    sheet.page(|pen| notice.groups(pen))
}

/// The human path, what is unwell, and what still works.
pub(super) fn fault(screen: FaultScreen, view: View) -> Frame {
    let open = |(way, _): &(Way, _)| screen.serving.has(*way) && !way.is_closed_by(screen.fault);
    let parts = [
        (Way::Card, (Icon::Card, words::LABEL_CARD_WORKS)),
        (Way::Code, (Icon::Phone, words::LABEL_CODE_WORKS)),
    ];
    let ways: Vec<(Icon, Text)> = parts.into_iter().filter(open).map(|(_, told)| told).collect();
    let help = [words::fault(screen.fault)];
    let (tone, icon, heading) = if screen.fault == Fault::Fire {
        (Tone::Green, Icon::Opened, words::HEADING_EVACUATE)
    } else {
        (Tone::Blue, Icon::Assist, words::HEADING_ASSIST)
    };
    let mut sheet = Sheet::new(view, tone);
    sheet.reference(Some(screen.fault.code()), None);
    let notice = Notice { icon, toward: None, heading, role: Role::Heading, help: &help, ways: &ways };
    sheet.page(|pen| notice.groups(pen))
}
