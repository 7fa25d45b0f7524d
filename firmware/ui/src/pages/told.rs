//! The verdict screens.
//! Promises: a Stop that policy keeps neutral looks exactly like a Limit without a cause: no red, no 禁止, no code that
//! tells (DOMAIN §15); who is sent to the fever clinic is shown a way, not a refusal (DOMAIN §1); what is told of a person is
//! what [`Told`] carries.
//! Must not know: how the verdict came about.

use gate_core::screen::{Opens, PersonShown, Publicity, Told};
use gate_core::verdict::{Advice, Verdict};

use super::bars::Sheet;
use super::pen::Pen;
use crate::frame::Frame;
use crate::icon::Icon;
use crate::layout::{Block, Side};
use crate::manner::{Role, View};
use crate::palette::Tone;
use crate::words::{self, Text};

/// How a verdict is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Look {
    /// 请通行.
    Pass,
    /// An exit lane opens whatever the verdict (DOMAIN §20).
    Exit,
    /// 请稍候，工作人员协助您.
    Limit,
    /// 请走专用通道: a Stop that must not read as refusal of care.
    OtherLane,
    /// 禁止通行.
    Stop,
    /// 请走人工通道.
    Assist,
}

pub(super) fn page(told: &Told, view: View) -> Frame {
    let look = look(told);
    let mut sheet = Sheet::new(view, look.tone());
    if told.verdict != Verdict::Pass {
        sheet.reference((!is_neutral(told)).then(|| told.reason.code()), told.query);
    }
    sheet.attendant(told.times, told.saved);
    sheet.page(|pen| match look {
        Look::Pass | Look::Exit => open_groups(told, look, pen),
        Look::Limit | Look::OtherLane | Look::Stop | Look::Assist => shut_groups(told, look, pen),
    })
}

fn is_neutral(told: &Told) -> bool {
    told.verdict == Verdict::Stop && told.publicity == Publicity::Neutral
}

fn look(told: &Told) -> Look {
    match told.verdict {
        Verdict::Pass => Look::Pass,
        Verdict::Limit | Verdict::Stop | Verdict::Assist if told.opens == Opens::Yes => Look::Exit,
        Verdict::Stop if is_neutral(told) => Look::Limit,
        Verdict::Stop if told.advice == Advice::FeverClinicLane => Look::OtherLane,
        Verdict::Limit => Look::Limit,
        Verdict::Stop => Look::Stop,
        Verdict::Assist => Look::Assist,
    }
}

impl Look {
    fn tone(self) -> Tone {
        match self {
            Look::Pass | Look::Exit => Tone::Green,
            Look::Limit | Look::OtherLane => Tone::Amber,
            Look::Stop => Tone::Red,
            Look::Assist => Tone::Blue,
        }
    }

    fn icon(self) -> Icon {
        match self {
            Look::Pass => Icon::Pass,
            Look::Limit => Icon::Limit,
            Look::Stop => Icon::Stop,
            Look::Assist => Icon::Assist,
            Look::Exit | Look::OtherLane => Icon::Way,
        }
    }

    fn heading(self) -> Text {
        match self {
            Look::Pass | Look::Exit => words::HEADING_SHORT_PASS,
            Look::Limit => words::HEADING_LIMIT,
            Look::OtherLane => words::HEADING_OTHER_LANE,
            Look::Stop => words::HEADING_SHORT_STOP,
            Look::Assist => words::HEADING_ASSIST,
        }
    }

    /// Short headings are larger, where the panel has room.
    fn role(self) -> Role {
        match self {
            Look::Pass | Look::Exit | Look::Stop => Role::Mark,
            Look::Limit | Look::OtherLane | Look::Assist => Role::Heading,
        }
    }
}

fn heading(look: Look, pen: Pen) -> Block {
    let [lead, _] = pen.view.manner.language.order(look.heading());
    pen.heading(lead, look.role(), |size| Block::Sign { icon: look.icon(), size, ink: pen.strong() })
}

/// Pass and exit: large, few words.
fn open_groups(told: &Told, look: Look, pen: Pen) -> Vec<Block> {
    let mut groups = vec![heading(look, pen), pen.follow(look.heading(), Role::Large, 2)];
    if look == Look::Exit {
        groups.push(pen.both(words::LABEL_EXIT_LANE, (Role::Medium, Role::Small), Side::Middle));
    }
    groups.extend(told.person.as_ref().map(|person| shown_person(person, pen)));
    groups
}

/// The other verdicts: heading, cause, what to do; both languages.
fn shut_groups(told: &Told, look: Look, pen: Pen) -> Vec<Block> {
    let mut groups = vec![heading(look, pen), pen.follow(look.heading(), Role::Medium, 2)];
    groups.extend(cause(told, look, pen));
    groups.extend(to_do(told, look, pen));
    groups
}

/// Who, and why: in one row where there is room.
fn cause(told: &Told, look: Look, pen: Pen) -> Option<Block> {
    let person = told.person.as_ref().map(|person| shown_person(person, pen));
    // Where nothing is left to say below it, the cause is what is read.
    let role = if heading_says_it(told, look) { Role::Large } else { Role::Medium };
    let why = |room: u32| pen.less(room).lead(words::reason(told.reason), role, 1);
    let gap = pen.view.margin();
    match (person, is_neutral(told)) {
        (person, true) => person,
        (None, false) => Some(why(0)),
        (Some(person), false) => {
            let taken = person.size().width + gap;
            let beside = why(taken);
            // One line of the cause's height: it fits beside the name.
            if taken < pen.width && beside.size().height <= why(0).size().height {
                Some(Block::row(gap, vec![person, beside]))
            } else {
                Some(Block::column(2, Side::Middle, vec![person, why(0)]))
            }
        }
    }
}

/// What to do, and cause and advice once more in the other language.
fn to_do(told: &Told, look: Look, pen: Pen) -> Vec<Block> {
    let language = pen.view.manner.language;
    let said = heading_says_it(told, look);
    let advice = words::advice(told.advice);
    let [_, joint] = language.joints();
    let reason = (!is_neutral(told)).then(|| words::reason(told.reason));
    let told_again = reason.into_iter().chain((!said).then_some(advice));
    let follow = told_again.map(|text| language.order(text)[1]).collect::<Vec<_>>().join(joint);
    let mut blocks = Vec::new();
    if !said {
        blocks.push(pen.lead(advice, Role::Large, if pen.view.is_wide() { 1 } else { 2 }));
    }
    if !follow.is_empty() {
        blocks.push(pen.follow_words(&follow, Role::Small, 2));
    }
    blocks
}

/// Whether the advice would only repeat the heading.
fn heading_says_it(told: &Told, look: Look) -> bool {
    match told.advice {
        Advice::WalkThrough => true,
        Advice::StaffLane => look == Look::Assist,
        Advice::StaffIsComing => look == Look::Limit,
        Advice::RegisterAtStaffLane
        | Advice::FeverClinicLane
        | Advice::RefreshOrTapCard
        | Advice::TapCard
        | Advice::ShowPhoneToStaff
        | Advice::StaffRegisters
        | Advice::MeasureAgain => false,
    }
}

/// 张\*三 尾号 1234 (DOMAIN §15).
fn shown_person(person: &PersonShown, pen: Pen) -> Block {
    let mut said = person.name.as_str().to_owned();
    if let Some(digits) = person.last_four {
        let digits: String = digits.iter().copied().map(char::from).collect();
        let [label, _] = pen.view.manner.language.order(words::LABEL_LAST_FOUR);
        said = format!("{said} {label} {digits}");
    }
    let styles = pen.lead_styles(Role::Name);
    // Only the last holds every surname; a name is never cut.
    Block::text(said.trim(), pen.strong(), styles, (u32::MAX, 1))
}
