//! The idle screen: how to come in, with and without a phone (DOMAIN §4), and the place's own code (DOMAIN §10).
//! Promises: it never invites to what is broken; offline is normal and not mentioned; staff's facts are small.
//! Must not know: what comes next.

use embedded_graphics::geometry::{Point, Size};
use embedded_graphics::primitives::Rectangle;
use gate_core::screen::{AttendantPresence, Fault, Faults, Idle};
use gate_core::time::ClockTrust;

use super::bars::{Sheet, nothing};
use super::ways::Way;
use super::{MARGIN, text_width};
use crate::frame::Frame;
use crate::glyphs::Style;
use crate::icon::{Icon, IconSize};
use crate::layout::{Block, PlaceCode, Side, fits, spread};
use crate::palette::{Paper, Part};
use crate::words::{self, Text};

const PAPER: Paper = Paper::Night;
/// Share of the width, in hundredths, that the place code may take beside the words.
const CODE_SHARE: u32 = 30;
/// Between a sign and its words, in pixels.
const SIGN_GAP: u32 = 16;
/// Room that the body should have to spare, in pixels.
const ROOM: u32 = 24;

pub(super) fn page(idle: &Idle, size: Size) -> Frame {
    let mut sheet = Sheet::new(size, PAPER);
    place_bar(idle, &mut sheet, text_width(size));
    staff_bar(idle, &mut sheet, text_width(size));
    let side = size.width * CODE_SHARE / 100;
    let code = PlaceCode::new(idle.place_code.as_bytes(), side).filter(|_| !idle.place_code.is_empty());
    let area = Rectangle::new(
        sheet.rest.top_left + Point::new(MARGIN as i32, 0),
        Size::new(text_width(size), sheet.rest.size.height),
    );
    match code.map(code_block) {
        None => body(idle, area, &mut sheet),
        Some(code) => {
            let (words, beside) = if size.width > size.height {
                split_width(area, area.size.width.saturating_sub(side + MARGIN))
            } else {
                split_height(area, area.size.height.saturating_sub(code.size().height + MARGIN))
            };
            body(idle, words, &mut sheet);
            spread(vec![code], beside, &mut sheet.frame);
        }
    }
    sheet.frame
}

fn split_width(area: Rectangle, first: u32) -> (Rectangle, Rectangle) {
    let rest = Size::new(area.size.width.saturating_sub(first), area.size.height);
    (
        Rectangle::new(area.top_left, Size::new(first, area.size.height)),
        Rectangle::new(area.top_left + Point::new(first as i32, 0), rest),
    )
}

fn split_height(area: Rectangle, first: u32) -> (Rectangle, Rectangle) {
    let rest = Size::new(area.size.width, area.size.height.saturating_sub(first));
    (
        Rectangle::new(area.top_left, Size::new(area.size.width, first)),
        Rectangle::new(area.top_left + Point::new(0, first as i32), rest),
    )
}

fn place_bar(idle: &Idle, sheet: &mut Sheet, width: u32) {
    let closed = [Way::Code, Way::Card].into_iter().any(|way| is_closed(way, idle.faults));
    let state = if closed { words::LABEL_PARTLY_WORKING } else { words::LABEL_WORKING };
    let short = |words: &str| Block::line(words, Style::Tiny, PAPER.soft(Part::Bar), width);
    let place = |room| Block::line(&idle.place, Style::Small, PAPER.strong(Part::Bar), room);
    let needed = place(width).size().width + MARGIN;
    let both = short(&format!("{} {}", state.zh, state.en));
    // A long name is worth more than the same words twice.
    let right = if needed + both.size().width <= width { both } else { short(state.zh) };
    sheet.top(place(width.saturating_sub(right.size().width + MARGIN)), right);
}

/// Data age, clock, attendant; the codes of what is unwell.
fn staff_bar(idle: &Idle, sheet: &mut Sheet, width: u32) {
    let age = match idle.list_age_days {
        None => words::LABEL_LIST_NONE,
        Some(0) => words::LABEL_LIST_TODAY,
        Some(_) => words::LABEL_LIST_DAYS,
    };
    let days = idle.list_age_days.unwrap_or(0).to_string();
    let clock = (idle.clock == ClockTrust::Unconfirmed).then_some(words::LABEL_CLOCK_UNCONFIRMED);
    let staff = (idle.attendant == AttendantPresence::Present).then_some(words::LABEL_ATTENDANT);
    let facts: Vec<Text> = core::iter::once(age).chain(clock).chain(staff).collect();
    let said = |language: fn(&Text) -> &'static str| {
        facts.iter().map(language).collect::<Vec<_>>().join(" · ").replace("{n}", &days)
    };
    let ink = PAPER.soft(Part::Bar);
    let line = |words: String| Block::line(&words, Style::Tiny, ink, width);
    let left = Block::column(0, Side::Left, vec![line(said(|text| text.zh)), line(said(|text| text.en))]);
    let room = width.saturating_sub(left.size().width + MARGIN);
    sheet.bottom(left, faults(idle.faults, room).map_or_else(nothing, line));
}

/// As many codes as there is room for; the others are counted.
fn faults(faults: Faults, width: u32) -> Option<String> {
    let codes: Vec<&str> = faults.iter().map(Fault::code).collect();
    let shortened = |named: usize| {
        let more = codes.len() - named;
        let more = (more > 0).then(|| format!("+{more}"));
        codes.iter().take(named).map(|code| (*code).to_owned()).chain(more).collect::<Vec<_>>().join(" ")
    };
    let fitting = |named: &usize| Style::Tiny.width(&shortened(*named)) <= width;
    let named = (0..=codes.len()).rev().find(fitting).unwrap_or(0);
    (!codes.is_empty()).then(|| shortened(named))
}

fn body(idle: &Idle, area: Rectangle, sheet: &mut Sheet) {
    let ways = || ways(idle.faults, area.size.width);
    // The ways in matter more than the clock.
    let clocks = [Some(Style::Giant), Some(Style::Huge), None];
    let groups = |style: Option<Style>| -> Vec<Block> {
        let clock = idle.time.zip(style).map(|(time, style)| clock(time.civil_second(), style));
        clock.into_iter().chain([ways()]).collect()
    };
    let best =
        clocks.into_iter().map(groups).find(|groups| fits(groups, area.size.height.saturating_sub(ROOM)));
    spread(best.unwrap_or_else(|| vec![ways()]), area, &mut sheet.frame);
}

fn clock(second: u32, style: Style) -> Block {
    let words = format!("{:02}:{:02}", second / 3600, second / 60 % 60);
    Block::line(&words, style, PAPER.strong(Part::Body), u32::MAX)
}

/// The ways in that work; the human one where a machine's does not.
fn ways(faults: Faults, width: u32) -> Block {
    let code = (Icon::Phone, words::PROMPT_SHOW_CODE);
    let card = (Icon::Card, words::PROMPT_NO_PHONE_TAP_CARD);
    let ways = match (is_closed(Way::Code, faults), is_closed(Way::Card, faults)) {
        (false, false) => vec![code, card],
        (true, false) => vec![(Icon::Card, words::PROMPT_TAP_CARD)],
        (false, true) => vec![code, (Icon::Staff, words::PROMPT_NO_PHONE_STAFF)],
        (true, true) => vec![(Icon::Assist, words::HEADING_ASSIST)],
    };
    let size = if ways.len() == 1 { IconSize::Heading } else { IconSize::Line };
    Block::column(MARGIN, Side::Left, ways.into_iter().map(|known| way(known, size, width)).collect())
}

fn is_closed(way: Way, faults: Faults) -> bool {
    faults.iter().any(|fault| way.is_closed_by(fault))
}

fn way((icon, text): (Icon, Text), size: IconSize, width: u32) -> Block {
    let ink = PAPER.strong(Part::Body);
    let room = width.saturating_sub(size.px() + SIGN_GAP);
    let styles: &[Style] = match size {
        IconSize::Line => &[Style::Large, Style::Medium, Style::Small],
        IconSize::Heading | IconSize::Full => &[Style::Huge, Style::Large, Style::Medium],
    };
    let zh = Block::text(text.zh, ink, styles, (room, 1)).left();
    let en = Block::text(text.en, PAPER.soft(Part::Body), &[Style::Small], (room, 2)).left();
    let sign = Block::Sign { icon, size, ink };
    Block::row(SIGN_GAP, vec![sign, Block::column(2, Side::Left, vec![zh, en])])
}

fn code_block(code: PlaceCode) -> Block {
    let ink = PAPER.strong(Part::Body);
    let (name, how) = (words::LABEL_PLACE_CODE, words::LABEL_PLACE_CODE_USE);
    let line = |text: &str, style| Block::line(text, style, ink, u32::MAX);
    let lines = [line(name.zh, Style::Small), line(how.zh, Style::Tiny), line(how.en, Style::Tiny)];
    Block::column(4, Side::Middle, core::iter::once(Block::Code(code)).chain(lines).collect())
}
