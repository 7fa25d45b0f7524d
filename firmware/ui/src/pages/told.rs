//! The verdict screens.
//! Promises: a Stop that policy keeps neutral looks exactly like a Limit without a cause: no red, no 禁止, no code that
//! tells (DOMAIN §15); who is sent to the fever clinic is shown a way, not a refusal (DOMAIN §1); what is told of a person is
//! what [`Told`] carries.
//! Must not know: how the verdict came about.

use embedded_graphics::geometry::Size;
use gate_core::screen::{Opens, PersonShown, Publicity, Told};
use gate_core::verdict::{Advice, Verdict};

use super::bars::Sheet;
use super::text_width;
use crate::glyphs::Style;
use crate::icon::{Icon, IconSize};
use crate::layout::{Block, Side, fits, spread};
use crate::palette::{Paper, Part};
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

/// How much room a verdict's lines may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Density {
    /// Everything large.
    Roomy,
    /// A smaller sign, smaller English heading.
    Snug,
    /// Small English.
    Tight,
    /// Smaller cause and advice: two lines of heading, long texts and the attendant's bar at once.
    Dense,
}

pub(super) fn page(told: &Told, size: Size) -> crate::frame::Frame {
    let look = look(told);
    let mut sheet = Sheet::new(size, look.paper());
    if told.verdict != Verdict::Pass {
        sheet.reference((!is_neutral(told)).then(|| told.reason.code()), told.query);
    }
    sheet.attendant(told.times, told.saved);
    let groups = |density| match look {
        Look::Pass | Look::Exit => open_groups(told, look, text_width(size)),
        Look::Limit | Look::OtherLane | Look::Stop | Look::Assist => {
            shut_groups(told, look, density, text_width(size))
        }
    };
    let densities = [Density::Roomy, Density::Snug, Density::Tight, Density::Dense];
    let best = densities.into_iter().find(|&density| fits(&groups(density), sheet.rest.size.height));
    spread(groups(best.unwrap_or(Density::Dense)), sheet.rest, &mut sheet.frame);
    sheet.frame
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
    fn paper(self) -> Paper {
        match self {
            Look::Pass | Look::Exit => Paper::Green,
            Look::Limit | Look::OtherLane => Paper::Amber,
            Look::Stop => Paper::Red,
            Look::Assist => Paper::Blue,
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

    /// Short headings are larger, where the screen is wide enough.
    fn heading_styles(self) -> &'static [Style] {
        match self {
            Look::Pass | Look::Exit => &[Style::Vast, Style::Giant, Style::Huge],
            Look::Stop => &[Style::Giant, Style::Huge],
            Look::Limit | Look::OtherLane | Look::Assist => &[Style::Huge],
        }
    }
}

/// Pass and exit: large, few words.
fn open_groups(told: &Told, look: Look, width: u32) -> Vec<Block> {
    let ink = look.paper().strong(Part::Body);
    let mut groups = vec![heading(look, &[IconSize::Full, IconSize::Heading], width)];
    groups.push(Block::text(look.heading().en, ink, &[Style::Large], (width, 2)));
    if look == Look::Exit {
        let label = words::LABEL_EXIT_LANE;
        groups.push(Block::text(label.zh, ink, &[Style::Medium], (width, 2)));
        groups.push(Block::text(label.en, ink, &[Style::Small], (width, 2)));
    }
    groups.extend(
        told.person.as_ref().map(|person| shown_person(person, look, &[Style::Medium, Style::Small])),
    );
    groups
}

/// The other verdicts: heading, cause, what to do; both languages.
fn shut_groups(told: &Told, look: Look, density: Density, width: u32) -> Vec<Block> {
    let strong = look.paper().strong(Part::Body);
    let icons: &[IconSize] = match density {
        Density::Roomy => &[IconSize::Full, IconSize::Heading],
        Density::Snug | Density::Tight | Density::Dense => &[IconSize::Heading],
    };
    let english: &[Style] = match density {
        Density::Roomy => &[Style::Large, Style::Medium],
        Density::Snug => &[Style::Medium],
        Density::Tight | Density::Dense => &[Style::Small],
    };
    let mut groups = vec![heading(look, icons, width)];
    groups.push(Block::text(look.heading().en, strong, english, (width, 1)));
    groups.extend(cause(told, look, density, width));
    groups.extend(to_do(told, look, density, width));
    groups
}

/// The sign beside the first line of the heading, the rest below.
fn heading(look: Look, icons: &[IconSize], width: u32) -> Block {
    let (ink, styles) = (look.paper().strong(Part::Body), look.heading_styles());
    let mut lines =
        look.heading().zh.split_inclusive('，').map(|part| Block::text(part, ink, styles, (width, 1)));
    let first = lines.next().unwrap_or_else(super::bars::nothing);
    let room = width.saturating_sub(first.size().width + super::MARGIN);
    let size =
        icons.iter().find(|size| size.px() <= room).or(icons.last()).copied().unwrap_or(IconSize::Heading);
    let sign = Block::Sign { icon: look.icon(), size, ink };
    let beside = if size.px() <= room {
        Block::row(super::MARGIN, vec![sign, first])
    } else {
        Block::column(8, Side::Middle, vec![sign, first])
    };
    Block::column(0, Side::Middle, core::iter::once(beside).chain(lines).collect())
}

/// Who, and why: in one row where both are there.
fn cause(told: &Told, look: Look, density: Density, width: u32) -> Option<Block> {
    let person = told.person.as_ref().map(|person| shown_person(person, look, &[Style::Small]));
    let taken = person.as_ref().map_or(0, |person| person.size().width + super::MARGIN);
    let ink = look.paper().strong(Part::Body);
    // Where nothing is left to say below it, the cause is what is read.
    let large = heading_says_it(told, look);
    let styles: &[Style] = match density {
        Density::Dense => &[Style::Small],
        Density::Roomy if large => &[Style::Large, Style::Medium, Style::Small],
        Density::Roomy | Density::Snug | Density::Tight => &[Style::Medium, Style::Small],
    };
    let why = || Block::text(words::reason(told.reason).zh, ink, styles, (width.saturating_sub(taken), 1));
    let why = (!is_neutral(told)).then(why);
    let parts: Vec<Block> = person.into_iter().chain(why).collect();
    (!parts.is_empty()).then(|| Block::row(super::MARGIN, parts))
}

/// What to do, and cause and advice once more in English.
fn to_do(told: &Told, look: Look, density: Density, width: u32) -> Vec<Block> {
    let (strong, soft) = (look.paper().strong(Part::Body), look.paper().soft(Part::Body));
    let large: &[Style] = match density {
        Density::Roomy | Density::Snug | Density::Tight => &[Style::Large, Style::Medium],
        Density::Dense => &[Style::Medium],
    };
    let small: &[Style] = match density {
        Density::Roomy | Density::Snug => &[Style::Small],
        Density::Tight | Density::Dense => &[Style::Tiny],
    };
    let advice = words::advice(told.advice);
    let said = heading_says_it(told, look);
    let reason = (!is_neutral(told)).then_some(words::reason(told.reason).en);
    let english: Vec<&str> = reason.into_iter().chain((!said).then_some(advice.en)).collect();
    let mut blocks = Vec::new();
    if !said {
        blocks.push(Block::text(advice.zh, strong, large, (width, 1)));
    }
    if !english.is_empty() {
        blocks.push(Block::text(&english.join(". "), soft, small, (width, 2)));
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
fn shown_person(person: &PersonShown, look: Look, styles: &[Style]) -> Block {
    let mut words = person.name.as_str().to_owned();
    if let Some(digits) = person.last_four {
        let digits: String = digits.iter().copied().map(char::from).collect();
        words = format!("{words} {} {digits}", words::LABEL_LAST_FOUR.zh);
    }
    // Only the small table holds every surname.
    let style =
        styles.iter().find(|style| style.holds(&words)).or(styles.last()).copied().unwrap_or(Style::Small);
    Block::line(words.trim(), style, look.paper().strong(Part::Body), u32::MAX)
}
