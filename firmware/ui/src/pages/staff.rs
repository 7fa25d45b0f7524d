//! What an attendant is asked: badge PIN, the menu, causes, documents.
//! Promises: what is typed is shown as dots only; the numbers before the choices are the digits that the panel takes.
//! Must not know: what a choice does.

use gate_core::attendant::{Act, Cause, MENU, TYPED_DOCUMENTS};
use gate_core::screen::{PinRefusal, StaffStep};

use super::bars::Sheet;
use super::notice::Notice;
use super::pen::Pen;
use crate::frame::Frame;
use crate::icon::{Icon, IconSize};
use crate::layout::{Block, Side};
use crate::manner::{Role, SignRole, View};
use crate::palette::Tone;
use crate::words::{self, Text};

pub(super) fn pin(typed: u8, refused: Option<PinRefusal>, view: View) -> Frame {
    let help = match refused {
        None => (words::LABEL_PIN_HOW, 0),
        Some(PinRefusal::Wrong) => (words::LABEL_PIN_WRONG, 0),
        Some(PinRefusal::Paused { seconds }) => (words::LABEL_PIN_PAUSED, seconds),
    };
    typing((Icon::Lock, words::PROMPT_PIN), typed, help, view)
}

pub(super) fn step(step: StaffStep, view: View) -> Frame {
    let told = |heading, help| notice(heading, help, view);
    let choose = |heading, choices: &[Text]| choice(busy_sheet(view), heading, choices);
    let asked = |heading, typed| typing((Icon::Staff, heading), typed, (words::LABEL_PIN_HOW, 0), view);
    match step {
        StaffStep::Menu => choose(words::MENU_ATTENDANT, &MENU.map(words::key)),
        StaffStep::ChooseProof => choose(words::PROMPT_CHOOSE_PROOF, &Act::PROOFS.map(words::act)),
        StaffStep::ChooseCause => choose(words::PROMPT_CHOOSE_CAUSE, &Cause::ALL.map(words::cause)),
        StaffStep::ChooseDocument => {
            choose(words::PROMPT_CHOOSE_DOCUMENT, &TYPED_DOCUMENTS.map(words::document))
        }
        StaffStep::ConfirmOpening => told(words::PROMPT_CONFIRM_OPENING, words::LABEL_CONFIRM_HOW),
        StaffStep::TypeNumber { typed } => asked(words::PROMPT_TYPE_NUMBER, typed),
        StaffStep::TypeTemperature { typed } => asked(words::PROMPT_TYPE_TEMPERATURE, typed),
        StaffStep::TypeTime { typed } => asked(words::PROMPT_TYPE_TIME, typed),
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

/// A sheet on which the public sees that staff is busy.
pub(super) fn busy_sheet(view: View) -> Sheet {
    let mut sheet = Sheet::new(view, Tone::Plum);
    sheet.top_texts([words::PROMPT_STAFF_BUSY, words::LABEL_STAFF_WAIT], Role::Small);
    sheet
}

fn notice(heading: Text, help: Text, view: View) -> Frame {
    let (icon, role) = (Icon::Staff, Role::Large);
    let notice = Notice { icon, toward: None, heading, role, help: &[help], ways: &[] };
    busy_sheet(view).page(|pen| notice.groups(pen))
}

fn typing((icon, heading): (Icon, Text), typed: u8, (help, n): (Text, u32), view: View) -> Frame {
    let number = n.to_string();
    busy_sheet(view).page(|pen| {
        let [lead, _] = pen.view.manner.language.order(heading);
        let sign = |_: IconSize| pen.sign(icon, SignRole::Heading);
        let [how, also] = pen.view.manner.language.order(help).map(|text| text.replace("{n}", &number));
        vec![
            pen.heading(lead, Role::Large, sign),
            pen.follow(heading, Role::Small, 2),
            dots(typed, pen),
            Block::column(
                2,
                Side::Middle,
                vec![pen.words(&how, Role::Medium, 2), pen.follow_words(&also, Role::Small, 2)],
            ),
        ]
    })
}

/// One dot for each character, at most as many as the longest number has; a line of its height when there is none.
fn dots(typed: u8, pen: Pen) -> Block {
    let words = "●".repeat(usize::from(typed.min(18)));
    let block = pen.words(&words, Role::Medium, 1);
    let height = pen.words("●", Role::Medium, 1).size().height;
    Block::row(0, vec![block, pen.room(0, height)])
}

/// A heading above numbered choices.
pub(super) fn choice(sheet: Sheet, heading: Text, choices: &[Text]) -> Frame {
    sheet.page(|pen| {
        let (lead, follow) = (pen.lead(heading, Role::Large, 1), pen.follow(heading, Role::Small, 1));
        let gap = pen.view.margin();
        let beside = lead.size().width + follow.size().width + gap <= pen.width;
        let mut groups = if beside { vec![Block::row(gap, vec![lead, follow])] } else { vec![lead, follow] };
        groups.push(list(choices, pen));
        groups
    })
}

/// The choices: in two columns where a wide panel has many, row by row equally high.
fn list(choices: &[Text], pen: Pen) -> Block {
    let numbered: Vec<(usize, Text)> = choices.iter().copied().enumerate().collect();
    grid(&numbered, pen, choice_row)
}

/// One row for each of `listed`, as wide as the room; in two columns, with rows of one line equally high, where a wide
/// panel has more than four.
pub(super) fn grid<T>(listed: &[T], pen: Pen, row: impl Fn(&T, Pen) -> Block) -> Block {
    let columns = if pen.view.is_wide() && listed.len() > 4 { 2 } else { 1 };
    let gap = 2 * pen.view.margin();
    let room = pen.within((pen.width + gap) / columns - gap);
    let rows = listed.len().div_ceil(columns as usize);
    let lines = (0..rows).map(|line| {
        let cells = listed.iter().skip(line).step_by(rows).map(|one| row(one, room));
        let wide = |block: Block| {
            let missing = room.width.saturating_sub(block.size().width);
            Block::row(0, vec![block, pen.room(missing, 0)])
        };
        let mut cells: Vec<Block> = cells.map(wide).collect();
        let empty = columns as usize - cells.len();
        cells.extend((0..empty).map(|_| pen.room(room.width, 0)));
        Block::row(gap, cells)
    });
    Block::column(pen.view.padding(), Side::Left, lines.collect())
}

fn choice_row((i, text): &(usize, Text), pen: Pen) -> Block {
    let gap = pen.view.margin() / 2;
    let key = pen.keycap(&(i + 1).to_string(), Role::Medium);
    let words = pen.less(key.size().width + gap).both(*text, (Role::Medium, Role::Small), Side::Left);
    Block::row(gap, vec![key, words])
}
