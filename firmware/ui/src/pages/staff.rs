//! What an attendant is asked: badge PIN, causes, documents.
//! Promises: what is typed is shown as dots only; the numbers before the choices are the digits that the
//! panel takes.
//! Must not know: what a choice does.

use embedded_graphics::geometry::Size;
use gate_core::attendant::{Act, Cause, TYPED_DOCUMENTS};
use gate_core::screen::{PinRefusal, StaffStep};

use super::bars::Sheet;
use super::notice::Notice;
use super::{MARGIN, text_width};
use crate::frame::Frame;
use crate::glyphs::Style;
use crate::icon::Icon;
use crate::layout::{Block, Side, spread};
use crate::palette::{Paper, Part};
use crate::words::{self, Text};

const PAPER: Paper = Paper::Plum;

pub(super) fn pin(typed: u8, refused: Option<PinRefusal>, size: Size) -> Frame {
    let help = match refused {
        None => (words::LABEL_PIN_HOW, 0),
        Some(PinRefusal::Wrong) => (words::LABEL_PIN_WRONG, 0),
        Some(PinRefusal::Paused { seconds }) => (words::LABEL_PIN_PAUSED, seconds),
    };
    typing(Icon::Lock, words::PROMPT_PIN, typed, help, size)
}

pub(super) fn step(step: StaffStep, size: Size) -> Frame {
    let told = |heading, help| notice(heading, help, size);
    match step {
        StaffStep::ChooseProof => choice(words::PROMPT_CHOOSE_PROOF, Act::PROOFS.map(words::act), size),
        StaffStep::ChooseCause => choice(words::PROMPT_CHOOSE_CAUSE, Cause::ALL.map(words::cause), size),
        StaffStep::ChooseDocument => {
            choice(words::PROMPT_CHOOSE_DOCUMENT, TYPED_DOCUMENTS.map(words::document), size)
        }
        StaffStep::ConfirmOpening => told(words::PROMPT_CONFIRM_OPENING, words::LABEL_CONFIRM_HOW),
        StaffStep::TypeNumber { typed } => {
            typing(Icon::Staff, words::PROMPT_TYPE_NUMBER, typed, (words::LABEL_PIN_HOW, 0), size)
        }
        StaffStep::TypeTemperature { typed } => {
            typing(Icon::Staff, words::PROMPT_TYPE_TEMPERATURE, typed, (words::LABEL_PIN_HOW, 0), size)
        }
        StaffStep::TypeTime { typed } => {
            typing(Icon::Staff, words::PROMPT_TYPE_TIME, typed, (words::LABEL_PIN_HOW, 0), size)
        }
        StaffStep::TimeConfirmed => told(words::PROMPT_TIME_CONFIRMED, words::LABEL_WELCOME_HOW),
        StaffStep::TooManyTyped => told(words::PROMPT_TOO_MANY_TYPED, words::LABEL_WAIT_MINUTE),
        StaffStep::TimeWrong => told(words::PROMPT_TIME_WRONG, words::LABEL_NUMBER_HOW),
        StaffStep::NumberWrong => told(words::PROMPT_NUMBER_WRONG, words::LABEL_NUMBER_HOW),
        StaffStep::LoginFirst => told(words::PROMPT_LOGIN_FIRST, words::LABEL_LOGIN_HOW),
        StaffStep::RoleForbids => told(words::PROMPT_ROLE_FORBIDS, words::LABEL_ROLE_HOW),
        StaffStep::BadgeRefused => told(words::PROMPT_BADGE_REFUSED, words::LABEL_BADGE_HOW),
        StaffStep::Welcome => told(words::PROMPT_WELCOME, words::LABEL_WELCOME_HOW),
    }
}

/// The public sees that staff is busy.
fn busy_bar(sheet: &mut Sheet) {
    let (ink, room) = (PAPER.soft(Part::Bar), text_width(sheet.rest.size));
    let line = |text: &str| Block::line(text, Style::Small, ink, u32::MAX);
    let both = |text: Text| line(&format!("{} {}", text.zh, text.en));
    let (busy, wait) = (words::PROMPT_STAFF_BUSY, words::LABEL_STAFF_WAIT);
    if both(busy).size().width + both(wait).size().width + MARGIN <= room {
        sheet.top(both(busy), both(wait));
    } else {
        sheet.top(line(busy.zh), line(wait.zh));
    }
}

fn notice(heading: Text, help: Text, size: Size) -> Frame {
    Notice { paper: PAPER, icon: Icon::Staff, heading, style: Style::Large, help: &[help], ways: &[] }
        .page(size, busy_bar)
}

fn typing(icon: Icon, heading: Text, typed: u8, (help, n): (Text, u32), size: Size) -> Frame {
    let mut sheet = Sheet::new(size, PAPER);
    busy_bar(&mut sheet);
    let (strong, soft, width) = (PAPER.strong(Part::Body), PAPER.soft(Part::Body), text_width(size));
    let number = n.to_string();
    let line = |text: &str, ink, styles: &[Style]| {
        Block::text(&text.replace("{n}", &number), ink, styles, (width, 1))
    };
    let sign = Block::Sign { icon, size: crate::icon::IconSize::Heading, ink: strong };
    let zh = line(heading.zh, strong, &[Style::Large]);
    let groups = vec![
        Block::row(MARGIN, vec![sign, zh]),
        line(heading.en, strong, &[Style::Medium, Style::Small]),
        line(&dots(typed), strong, &[Style::Medium]),
        Block::column(
            2,
            Side::Middle,
            vec![line(help.zh, strong, &[Style::Medium]), line(help.en, soft, &[Style::Small])],
        ),
    ];
    spread(groups, sheet.rest, &mut sheet.frame);
    sheet.frame
}

/// One dot for each character, at most as many as a line holds.
fn dots(typed: u8) -> String {
    "●".repeat(usize::from(typed.min(18)))
}

fn choice(heading: Text, choices: impl IntoIterator<Item = Text>, size: Size) -> Frame {
    let mut sheet = Sheet::new(size, PAPER);
    busy_bar(&mut sheet);
    let width = text_width(size);
    let numbered = choices.into_iter().enumerate();
    let choices: Vec<Choice> =
        numbered.map(|(i, Text { zh, en })| Choice { zh: format!("{} {zh}", i + 1), en }).collect();
    let zh = Block::text(heading.zh, PAPER.strong(Part::Body), &[Style::Large, Style::Medium], (width, 1));
    let en = Block::text(heading.en, PAPER.soft(Part::Body), &[Style::Small], (width, 1));
    let list = two_columns(&choices, width).unwrap_or_else(|| one_column(&choices, width));
    let mut groups = if zh.size().width + en.size().width + MARGIN <= width {
        vec![Block::row(MARGIN, vec![zh, en])]
    } else {
        vec![zh, en]
    };
    groups.push(list);
    spread(groups, sheet.rest, &mut sheet.frame);
    sheet.frame
}

/// One line to choose: its digit and words.
struct Choice {
    zh: String,
    en: &'static str,
}

/// Chinese to the left, English to the right, where the screen is wide enough.
fn two_columns(choices: &[Choice], width: u32) -> Option<Block> {
    let zh = |choice: &Choice| Block::line(&choice.zh, Style::Medium, PAPER.strong(Part::Body), u32::MAX);
    let en = |choice: &Choice| {
        let line = Block::line(choice.en, Style::Small, PAPER.soft(Part::Body), u32::MAX);
        padded(line, Style::Medium.line_height())
    };
    let column = |blocks| Block::column(5, Side::Left, blocks);
    let columns = vec![column(choices.iter().map(zh).collect()), column(choices.iter().map(en).collect())];
    let list = Block::row(MARGIN, columns);
    (list.size().width <= width).then_some(list)
}

/// English below Chinese.
fn one_column(choices: &[Choice], width: u32) -> Block {
    let (strong, soft) = (PAPER.strong(Part::Body), PAPER.soft(Part::Body));
    let both = |choice: &Choice| {
        let zh = Block::text(&choice.zh, strong, &[Style::Medium, Style::Small], (width, 1)).left();
        let en = Block::text(choice.en, soft, &[Style::Small, Style::Tiny], (width, 1)).left();
        Block::column(0, Side::Left, vec![zh, en])
    };
    Block::column(12, Side::Left, choices.iter().map(both).collect())
}

/// In a row of `height`, so that two columns keep step.
fn padded(block: Block, height: u32) -> Block {
    let missing = height.saturating_sub(block.size().height);
    let room =
        |height| Block::column(height, Side::Left, vec![super::bars::nothing(), super::bars::nothing()]);
    Block::column(0, Side::Left, vec![room(missing / 2), block, room(missing - missing / 2)])
}
