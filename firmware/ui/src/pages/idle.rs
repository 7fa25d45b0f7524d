//! The idle screen: how to come in, with and without a phone (DOMAIN §4), and the place's own code (DOMAIN §10).
//! Promises: it never invites to what is broken; offline is normal and not mentioned; staff's facts are small.
//! Must not know: what comes next.

use embedded_graphics::geometry::Size;
use embedded_graphics::primitives::Rectangle;
use gate_core::screen::{AttendantPresence, Fault, Faults, Idle, Serving, Way};
use gate_core::time::ClockTrust;

use super::bars::{Sheet, nothing};
use super::pen::Pen;
use crate::code::PlaceCode;
use crate::frame::Frame;
use crate::glyphs::Style;
use crate::icon::Icon;
use crate::layout::{Block, Side, Toward, fits, spread};
use crate::manner::{Density, Role, SignRole, View, smaller};
use crate::palette::{Part, Tone};
use crate::words::{self, Text};

/// Share of the longer side, in hundredths, that the place code may take.
const CODE_SHARE: u32 = 30;

pub(super) fn page(idle: &Idle, view: View) -> Frame {
    let mut sheet = Sheet::new(view, Tone::Night);
    place_bar(idle, &mut sheet);
    staff_bar(idle, &mut sheet);
    let area = sheet.body();
    let long = if view.is_wide() { area.size.width } else { area.size.height };
    let side = (long * CODE_SHARE / 100).min(area.size.width);
    let payload = Some(idle.place_code.as_bytes()).filter(|payload| !payload.is_empty());
    match payload.and_then(|payload| PlaceCode::new(payload, side)) {
        None => body(idle, area, &mut sheet),
        Some(code) => {
            let (words, beside) = shared(area, code, sheet.pen);
            body(idle, words, &mut sheet);
            let (block, area) = beside;
            spread(vec![block], area, 0, &mut sheet.frame);
        }
    }
    sheet.frame
}

/// The area of the words, and the place code with its own: beside them on a wide panel, else below.
fn shared(area: Rectangle, code: PlaceCode, pen: Pen) -> (Rectangle, (Block, Rectangle)) {
    let gap = pen.view.margin();
    if pen.view.is_wide() {
        let block = code_block(code, pen, (Side::Middle, area.size.height));
        let width = area.size.width.saturating_sub(block.size().width + gap);
        let at = area.top_left + Size::new(width + gap, 0);
        let beside = Rectangle::new(at, Size::new(block.size().width, area.size.height));
        (Rectangle::new(area.top_left, Size::new(width, area.size.height)), (block, beside))
    } else {
        let block = code_block(code, pen, (Side::Left, u32::MAX));
        let height = area.size.height.saturating_sub(block.size().height + gap);
        let at = area.top_left + Size::new(0, height);
        let beside = Rectangle::new(at, Size::new(area.size.width, block.size().height));
        (Rectangle::new(area.top_left, Size::new(area.size.width, height)), (block, beside))
    }
}

/// The place's name, and beside it where there is room, else below, whether all of the gate works.
fn place_bar(idle: &Idle, sheet: &mut Sheet) {
    let closed = [Way::Code, Way::Card].into_iter().any(|way| is_closed(way, idle.faults));
    let state = if closed { words::LABEL_PARTLY_WORKING } else { words::LABEL_WORKING };
    let pen = sheet.bar_pen();
    // The place's name has characters that one size alone holds.
    let place = |room: u32| Block::line(&idle.place, Style::Px28, pen.strong(), room);
    let whole = place(u32::MAX);
    let [lead, _] = pen.view.manner.language.order(state);
    let least = pen.within(u32::MAX).line(lead, Role::Tiny).size().width + pen.view.margin();
    if whole.size().width + least <= pen.width {
        let beside = pen.less(whole.size().width + pen.view.margin());
        sheet.top(whole, beside.both_or_lead(state, Role::Tiny));
    } else {
        let lines = Block::text(&idle.place, pen.strong(), &[Style::Px28], (pen.width, 2)).left();
        let two = lines.size().height <= 2 * whole.size().height;
        let name = if two { lines } else { place(pen.width) };
        let state = pen.both_or_lead(state, Role::Tiny);
        sheet.top(Block::column(2, Side::Left, vec![name, state]), nothing());
    }
}

/// Data age, clock, attendant, what is near its limit; the codes of what is unwell.
fn staff_bar(idle: &Idle, sheet: &mut Sheet) {
    let age = match idle.list_age_days {
        None => words::LABEL_LIST_NONE,
        Some(0) => words::LABEL_LIST_TODAY,
        Some(_) => words::LABEL_LIST_DAYS,
    };
    let days = idle.list_age_days.unwrap_or(0).to_string();
    let clock = (idle.clock == ClockTrust::Unconfirmed).then_some(words::LABEL_CLOCK_UNCONFIRMED);
    let staff = (idle.attendant == AttendantPresence::Present).then_some(words::LABEL_ATTENDANT);
    let facts: Vec<Text> = core::iter::once(age).chain(clock).chain(staff).collect();
    let pen = sheet.bar_pen();
    let said = |which: usize| {
        let word = |text: Text| pen.view.manner.language.order(text)[which];
        let aged = idle.aged.map(|aged| {
            let more = if aged.more > 0 { format!(" +{}", aged.more) } else { String::new() };
            format!("{} {}{more}", word(words::dataset(aged.dataset)), word(words::band(aged.band)))
        });
        let texts = facts.iter().map(|text| word(*text).replace("{n}", &days));
        texts.chain(aged).collect::<Vec<_>>().join(" · ")
    };
    let codes = faults(idle.faults, pen).map_or_else(nothing, |codes| pen.line(&codes, Role::Tiny));
    let free = |words: &str| pen.within(u32::MAX).line(words, Role::Tiny);
    let both = Block::column(0, Side::Left, [0, 1].map(|which| free(&said(which))).into());
    if both.size().width + pen.view.margin() + codes.size().width <= pen.width {
        return sheet.bottom(both, codes);
    }
    // Staff read the leading language, and all of it.
    let lead = Block::text(&said(0), pen.soft(), pen.view.styles(Role::Tiny), (pen.width, 2)).left();
    sheet.bottom(Block::column(2, Side::Left, vec![lead, codes]), nothing());
}

/// As many codes as there is room for; the others are counted.
fn faults(faults: Faults, pen: Pen) -> Option<String> {
    let codes: Vec<&str> = faults.iter().map(Fault::code).collect();
    let shortened = |named: usize| {
        let more = codes.len() - named;
        let more = (more > 0).then(|| format!("+{more}"));
        codes.iter().take(named).map(|code| (*code).to_owned()).chain(more).collect::<Vec<_>>().join(" ")
    };
    let width = |named: usize| pen.within(u32::MAX).line(&shortened(named), Role::Tiny).size().width;
    let named = (0..=codes.len()).rev().find(|named| width(*named) <= pen.width).unwrap_or(0);
    (!codes.is_empty()).then(|| shortened(named))
}

fn body(idle: &Idle, area: Rectangle, sheet: &mut Sheet) {
    let pens = Density::ALL.map(|density| Pen { density, ..sheet.pen }.within(area.size.width));
    let clocks = sheet.pen.view.styles(Role::Mark);
    // The ways in matter more than the clock: it gives way first.
    let with_clock = pens.iter().take(4).flat_map(|pen| {
        let clock = |style: &Style| clock(idle, *style, *pen);
        smaller(clocks, 1).iter().filter_map(clock).map(|clock| vec![clock, ways(idle.serving, *pen)])
    });
    let without = pens.iter().map(|pen| vec![ways(idle.serving, *pen)]);
    let best = with_clock.chain(without).find(|groups| fits(groups, area.size));
    let [.., densest] = pens;
    let groups = best.unwrap_or_else(|| vec![ways(idle.serving, densest)]);
    spread(groups, area, sheet.pen.view.margin(), &mut sheet.frame);
}

fn clock(idle: &Idle, style: Style, pen: Pen) -> Option<Block> {
    let second = idle.time?.civil_second();
    let words = format!("{:02}:{:02}", second / 3600, second / 60 % 60);
    Some(Block::line(&words, style, pen.strong(), u32::MAX))
}

/// The ways in that work; the human one where a machine's does not.
fn ways(serving: Serving, pen: Pen) -> Block {
    let code = (Icon::Phone, Some(Toward::Up), words::PROMPT_SHOW_CODE);
    let card = |text| (Icon::Card, Some(Toward::Down), text);
    let ways = match serving {
        Serving::Both => vec![code, card(words::PROMPT_NO_PHONE_TAP_CARD)],
        Serving::Card => vec![card(words::PROMPT_TAP_CARD)],
        Serving::Code => vec![code, (Icon::Staff, None, words::PROMPT_NO_PHONE_STAFF)],
        Serving::Staff => vec![(Icon::Assist, None, words::HEADING_ASSIST)],
    };
    let role = if ways.len() == 1 { SignRole::Heading } else { SignRole::Line };
    let blocks = ways.into_iter().map(|known| way(known, role, pen)).collect();
    Block::column(pen.view.margin() / 2, Side::Left, blocks)
}

fn is_closed(way: Way, faults: Faults) -> bool {
    faults.iter().any(|fault| way.is_closed_by(fault))
}

/// A way in on a card of its own.
fn way((icon, toward, text): (Icon, Option<Toward>, Text), role: SignRole, pen: Pen) -> Block {
    let pen = pen.on(Part::Card);
    let padding = pen.view.margin() / 2;
    let (size, ink) = (pen.sign_size(role), pen.strong());
    let sign = match toward {
        Some(toward) => Block::Guide { icon, size, ink, toward, phase: pen.view.phase },
        None => Block::Sign { icon, size, ink },
    };
    let words = pen.less(size.px() + 3 * padding);
    let large = if role == SignRole::Line { Role::Large } else { Role::Rest };
    let lead = words.lead(text, large, 1).left();
    let follow = words.follow(text, Role::Small, 1).left();
    let row = Block::row(padding, vec![sign, Block::column(2, Side::Left, vec![lead, follow])]);
    let card = pen.paper.color(Part::Card);
    let ink = crate::palette::Ink { fg: card, bg: pen.paper.color(Part::Body) };
    Block::Card { inner: Box::new(row), ink, padding, width: pen.width }
}

/// The code with what it is for: below it on a wide panel, as much as there is height for, else beside it.
fn code_block(code: PlaceCode, pen: Pen, (side, height): (Side, u32)) -> Block {
    let (name, how) = (words::LABEL_PLACE_CODE, words::LABEL_PLACE_CODE_USE);
    let gap = pen.view.margin() / 2;
    let room = match side {
        Side::Middle | Side::Right => pen.within(code.side()),
        Side::Left => pen.less(code.side() + gap),
    };
    let lines =
        [room.lead(name, Role::Small, 1), room.lead(how, Role::Tiny, 2), room.follow(how, Role::Tiny, 2)];
    match side {
        Side::Middle | Side::Right => {
            let mut used = code.side() + pen.view.margin();
            let fitting = lines.into_iter().take_while(|line| {
                used += line.size().height + 2;
                used <= height
            });
            let fitting: Vec<Block> = fitting.collect();
            Block::column(2, Side::Middle, core::iter::once(Block::Code(code)).chain(fitting).collect())
        }
        Side::Left => {
            let words = Block::column(2, Side::Left, lines.map(Block::left).into());
            Block::row(gap, vec![Block::Code(code), words])
        }
    }
}
