//! The technician's pages: a menu, and facts as rows.
//! Promises: only facts of the terminal; nothing about a person.
//! Must not know: how a fact was found.

use gate_core::screen::{
    Band, DataShown, DatasetShown, Enrolment, LineStep, LogsOut, LogsStep, LogsStopped, Notice, Part,
    PartState, SelfTest, Serving, Technician, Traffic, Volume,
};

use super::bars::{Sheet, nothing};
use super::pen::Pen;
use super::service::{bar, invitation, pull};
use super::staff::{choice, grid};
use crate::frame::Frame;
use crate::icon::Icon;
use crate::layout::{Block, Side};
use crate::manner::{Class, Role, SignRole, View};
use crate::palette::Tone;
use crate::words::{self, Text};

/// A fact: what it is of, and its value in both languages.
struct Fact {
    name: Text,
    value: Value,
}

enum Value {
    /// The same in both languages.
    Plain(String),
    /// Texts, each with a number in it or not.
    Said(Vec<(Text, String)>),
    /// A text that stands out, with a code behind it.
    Marked(Text, String),
}

impl Value {
    fn said(text: Text) -> Value {
        Value::Said(vec![(text, String::new())])
    }

    fn number(text: Text, number: u32) -> Value {
        Value::Said(vec![(text, number.to_string())])
    }
}

pub(super) fn page(page: Technician, serving: Serving, view: View) -> Frame {
    let sheet = staff_sheet(serving, view);
    let rows = |sheet, heading, facts: Vec<Fact>| facts_page(sheet, (heading, words::MENU_BACK_HOW), &facts);
    match page {
        Technician::Menu(notice) => menu(notice, sheet),
        Technician::SelfTest(test) => {
            facts_page(sheet, (words::MENU_SELF_TEST, words::MENU_AGAIN_HOW), &parts(test))
        }
        Technician::Data(data) => rows(sheet, words::MENU_DATA, versions(data)),
        Technician::Network(traffic) => rows(sheet, words::MENU_NETWORK, network(traffic)),
        Technician::Logs(logs) => logs_page(logs, sheet),
        Technician::Enrolment(enrolment) => rows(sheet, words::MENU_ENROLMENT, enrolled(enrolment)),
        Technician::Volume(volume) => volume_page(volume, sheet),
    }
}

/// A sheet on which the public sees that staff is busy, and what the lane answers all the same, or who does.
fn staff_sheet(serving: Serving, view: View) -> Sheet {
    let mut sheet = Sheet::new(view, Tone::Plum);
    sheet.top_texts([words::PROMPT_STAFF_BUSY, invitation(serving)], Role::Small);
    sheet
}

/// The pages in the order of their digits, and what 7 does.
fn menu(notice: Notice, sheet: Sheet) -> Frame {
    let seventh = match notice {
        Notice::Down => words::MENU_NOTICE_UP,
        Notice::Up => words::MENU_NOTICE_DOWN,
    };
    let pages = [
        words::MENU_SELF_TEST,
        words::MENU_DATA,
        words::MENU_NETWORK,
        words::MENU_LOGS,
        words::MENU_ENROLMENT,
        words::MENU_VOLUME,
        seventh,
    ];
    choice(sheet, words::MENU_TECHNICIAN, &pages)
}

/// One row for each part.
fn parts(test: SelfTest) -> Vec<Fact> {
    let row = |part: Part| {
        let value = match test.state(part) {
            PartState::Looking => Value::said(words::FACTS_LOOKING),
            PartState::Well => Value::said(words::FACTS_WELL),
            PartState::NotFitted => Value::said(words::FACTS_NOT_FITTED),
            PartState::Unwell(fault) => Value::Marked(
                words::FACTS_UNWELL,
                fault.map(|fault| fault.code().to_owned()).unwrap_or_default(),
            ),
        };
        Fact { name: words::part(part), value }
    };
    Part::ALL.into_iter().map(row).collect()
}

fn versions(data: DataShown) -> Vec<Fact> {
    let band = match data.list {
        Band::Fresh | Band::Ageing => Value::said(words::band(data.list)),
        Band::Missing | Band::Stale | Band::Expired => Value::Marked(words::band(data.list), String::new()),
    };
    let band = Fact { name: words::FACTS_BAND, value: band };
    core::iter::once(band).chain(data.rows.iter().map(version)).collect()
}

fn version(row: &DatasetShown) -> Fact {
    let age = match row.age_days {
        None => None,
        Some(0) => Some((words::FACTS_TODAY, String::new())),
        Some(days) => Some((words::FACTS_DAYS, days.to_string())),
    };
    let value = match (row.version, &age) {
        (0, None) => Value::said(words::FACTS_NONE),
        // Which version it is matters less then.
        (_, Some(age)) if matches!(row.band, Some(Band::Ageing | Band::Stale | Band::Expired)) => {
            let band = row.band.map(|band| (words::band(band), String::new()));
            Value::Said(band.into_iter().chain([age.clone()]).collect())
        }
        (version, _) => {
            let version = (words::FACTS_VERSION, version.to_string());
            Value::Said(core::iter::once(version).chain(age).collect())
        }
    };
    Fact { name: words::dataset(row.dataset), value }
}

fn network(traffic: Traffic) -> Vec<Fact> {
    let hours = |name, hours: Option<u32>| {
        let value = match hours {
            Some(hours) => Value::number(words::FACTS_HOURS, hours),
            None => Value::said(words::FACTS_NEVER),
        };
        Fact { name, value }
    };
    let generation = match traffic.generation {
        0 => Value::said(words::FACTS_NONE),
        generation => Value::number(words::FACTS_GENERATION_N, generation),
    };
    let refused = match traffic.refused {
        0 => Value::said(words::FACTS_NONE),
        refused => Value::Marked(words::FACTS_REFUSED_N, refused.to_string()),
    };
    vec![
        hours(words::FACTS_CHECKED, traffic.checked_hours),
        hours(words::FACTS_TAKEN, traffic.taken_hours),
        Fact { name: words::FACTS_GENERATION, value: generation },
        Fact { name: words::FACTS_REFUSED, value: refused },
        waiting(traffic.waiting),
    ]
}

fn waiting(rows: u32) -> Fact {
    Fact { name: words::FACTS_WAITING, value: Value::number(words::FACTS_ROWS, rows) }
}

fn enrolled(enrolment: Enrolment) -> Vec<Fact> {
    let number = |name, number: u32| Fact { name, value: Value::Plain(number.to_string()) };
    let state = match enrolment.terminal {
        Some(_) => words::FACTS_ENROLLED,
        None => words::FACTS_NOT_ENROLLED,
    };
    let terminal = enrolment.terminal.map(|terminal| number(words::FACTS_TERMINAL, terminal));
    let state = Fact { name: words::FACTS_STATE, value: Value::said(state) };
    let rest =
        [number(words::FACTS_PLACE, enrolment.place), number(words::FACTS_LANE, enrolment.lane.into())];
    let line = Fact { name: words::FACTS_LINE, value: line(enrolment.line) };
    let device = enrolment
        .keys
        .map(|device| Fact { name: words::FACTS_FINGERPRINT, value: Value::Plain(device.to_string()) });
    core::iter::once(state).chain(terminal).chain(device).chain(rest).chain([line]).collect()
}

/// How far the hub knows this terminal; what needs a new code or somebody's help stands out.
fn line(step: LineStep) -> Value {
    let marked = |text| Value::Marked(text, String::new());
    match step {
        LineStep::NotFitted => Value::said(words::FACTS_NONE),
        LineStep::ShowCode => Value::said(words::FACTS_LINE_SHOW),
        LineStep::Asking => Value::said(words::FACTS_LINE_ASKING),
        LineStep::Enrolled => Value::said(words::FACTS_LINE_ENROLLED),
        LineStep::NoLine => marked(words::FACTS_LINE_AWAY),
        LineStep::OtherTerminal => marked(words::FACTS_LINE_OTHER),
        LineStep::Unknown => marked(words::FACTS_LINE_UNKNOWN),
        LineStep::Ended => marked(words::FACTS_LINE_ENDED),
        LineStep::Used => marked(words::FACTS_LINE_USED),
        LineStep::Refused => marked(words::FACTS_LINE_REFUSED),
        LineStep::NotReading => marked(words::FACTS_LINE_NOT_READING),
    }
}

fn facts_page(mut sheet: Sheet, (heading, keys): (Text, Text), facts: &[Fact]) -> Frame {
    let back = sheet.bar_pen().both_or_lead(keys, Role::Tiny);
    sheet.bottom(back, nothing());
    sheet.page(|pen| {
        let mut groups = title(heading, Icon::Tools, pen);
        groups.push(grid(facts, pen, row));
        groups
    })
}

fn title(heading: Text, icon: Icon, pen: Pen) -> Vec<Block> {
    let (lead, follow) = (pen.lead(heading, Role::Large, 1), pen.follow(heading, Role::Small, 1));
    let gap = pen.view.margin() / 2;
    let words = vec![pen.sign(icon, SignRole::Line), lead, follow];
    vec![Block::row(gap, words)]
}

/// A name to the left, its value to the right; what is unwell stands on ink of its own, so that it is found at once.
fn row(fact: &Fact, pen: Pen) -> Block {
    let gap = pen.view.margin() / 2;
    let value = pen.less(pen.width / 3 + gap);
    let value = match &fact.value {
        Value::Plain(words) => value.words(words, Role::Small, 1),
        Value::Marked(text, code) => {
            let [lead, _] = pen.view.manner.language.order(*text);
            pen.keycap(&filled(lead, code), Role::Small)
        }
        Value::Said(said) => {
            let [lead, follow] = [0, 1].map(|which| joined(said, which, pen));
            let also = (pen.view.class() != Class::Compact && follow != lead)
                .then(|| value.follow_words(&follow, Role::Tiny, 2));
            let blocks = core::iter::once(value.words(&lead, Role::Small, 2)).chain(also);
            Block::column(2, Side::Right, blocks.map(|block| block.at(Side::Right)).collect())
        }
    };
    let room = pen.less(value.size().width + gap);
    let name = match pen.view.class() {
        // A small panel has room for the technician's own language only.
        Class::Compact => room.lead(fact.name, Role::Small, 1),
        Class::Regular | Class::Large => room.both(fact.name, (Role::Small, Role::Tiny), Side::Left),
    };
    let between = room.width.saturating_sub(name.size().width) + gap;
    Block::row(0, vec![name, pen.room(between, 0), value])
}

/// The texts in the leading language (0) or in the other (1).
fn joined(said: &[(Text, String)], which: usize, pen: Pen) -> String {
    let texts = said.iter().map(|(text, number)| {
        let order = pen.view.manner.language.order(*text);
        filled(order.get(which).copied().unwrap_or_default(), number)
    });
    texts.collect::<Vec<_>>().join(" · ")
}

/// The number in its place, or behind a text that has none for it.
fn filled(text: &str, number: &str) -> String {
    if text.contains("{n}") {
        text.replace("{n}", number)
    } else {
        format!("{text} {number}").trim().to_owned()
    }
}

fn logs_page(logs: LogsOut, sheet: Sheet) -> Frame {
    sheet.page(|pen| {
        let mut groups = title(words::MENU_LOGS, Icon::Stick, pen);
        groups.push(row(&waiting(logs.waiting), pen));
        match logs.step {
            LogsStep::NoStick => groups.push(pull(words::FACTS_INSERT_STICK, pen)),
            LogsStep::Writing(percent) => {
                groups.push(pen.both(words::FACTS_WRITING, (Role::Medium, Role::Tiny), Side::Middle));
                groups.push(bar(percent.value(), pen));
                groups.push(pull(words::UPDATE_DO_NOT_PULL, pen));
            }
            LogsStep::Written => {
                groups.push(pen.both(words::FACTS_WRITTEN, (Role::Medium, Role::Tiny), Side::Middle));
                groups.push(pull(words::UPDATE_MAY_PULL, pen));
            }
            LogsStep::Stopped(why) => {
                let why = match why {
                    LogsStopped::NoRoom => words::FACTS_STICK_FULL,
                    LogsStopped::PulledOut => words::FACTS_STICK_PULLED,
                };
                groups.push(pen.both(why, (Role::Medium, Role::Tiny), Side::Middle));
                groups.push(pull(words::FACTS_RECORDS_KEPT, pen));
            }
        }
        groups
    })
}

fn volume_page(volume: Volume, sheet: Sheet) -> Frame {
    sheet.page(|pen| {
        let mut groups = title(words::MENU_VOLUME, Icon::Speaker, pen);
        let (percent, height) = (volume.level() * 11 + volume.level() / 9, pen.view.margin());
        let level = pen.words(&volume.level().to_string(), Role::Large, 1);
        let width = pen.width.saturating_sub(level.size().width + pen.view.margin());
        let bar = Block::Progress { percent, width, height, ink: pen.strong() };
        groups.push(Block::row(pen.view.margin(), vec![bar, level]));
        groups.push(pen.both(words::MENU_VOLUME_HOW, (Role::Medium, Role::Small), Side::Middle));
        groups
    })
}
