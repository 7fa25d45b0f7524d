//! The technician's pages: a menu, and facts as rows.
//! Promises: only facts of the terminal; nothing about a person.
//! Must not know: how a fact was found.

use gate_core::screen::{
    DataShown, Enrolment, Fault, Faults, Link, LogsOut, LogsStep, Technician, Traffic, Volume,
};

use super::bars::nothing;
use super::pen::Pen;
use super::service::{bar, pull};
use super::staff::{busy_sheet, choice, grid};
use crate::frame::Frame;
use crate::icon::Icon;
use crate::layout::{Block, Side};
use crate::manner::{Class, Role, SignRole, View};
use crate::words::{self, Text};

/// The pages, in the order of their digits.
const PAGES: [Text; 6] = [
    words::MENU_SELF_TEST,
    words::MENU_DATA,
    words::MENU_NETWORK,
    words::MENU_LOGS,
    words::MENU_ENROLMENT,
    words::MENU_VOLUME,
];

/// A fact: what it is of, and its value in both languages.
struct Fact {
    name: Text,
    value: Value,
}

enum Value {
    /// The same in both languages.
    Plain(String),
    /// A text, with a number in it or not.
    Said(Text, String),
    /// A text that stands out, with a code behind it.
    Marked(Text, String),
}

pub(super) fn page(page: Technician, view: View) -> Frame {
    let rows = |heading, facts: Vec<Fact>| facts_page(heading, &facts, view);
    match page {
        Technician::Menu => choice(words::MENU_TECHNICIAN, PAGES, view),
        Technician::SelfTest(faults) => rows(words::MENU_SELF_TEST, parts(faults)),
        Technician::Data(data) => rows(words::MENU_DATA, versions(data)),
        Technician::Network(traffic) => rows(words::MENU_NETWORK, network(traffic)),
        Technician::Logs(logs) => logs_page(logs, view),
        Technician::Enrolment(enrolment) => rows(words::MENU_ENROLMENT, enrolled(enrolment)),
        Technician::Volume(volume) => volume_page(volume, view),
    }
}

/// One row for each part that the terminal watches.
fn parts(faults: Faults) -> Vec<Fact> {
    let groups: [(Text, &[Fault]); 8] = [
        (words::FACTS_CAMERA, &[Fault::Camera]),
        (words::FACTS_READER, &[Fault::Reader]),
        (words::FACTS_STORAGE, &[Fault::DiskFull]),
        (words::FACTS_JOURNAL, &[Fault::Journal]),
        (words::FACTS_CLOCK, &[Fault::Clock]),
        (words::FACTS_LIST, &[Fault::ListMissing, Fault::ListStale, Fault::ListDamaged]),
        (words::FACTS_KEY_SET, &[Fault::KeySetMissing]),
        (words::FACTS_POLICY, &[Fault::PolicyMissing]),
    ];
    let row = |(name, those): (Text, &[Fault])| {
        let value = match those.iter().copied().find(|fault| faults.has(*fault)) {
            None => Value::Said(words::FACTS_WELL, String::new()),
            Some(fault) => Value::Marked(words::FACTS_UNWELL, fault.code().to_owned()),
        };
        Fact { name, value }
    };
    groups.into_iter().map(row).collect()
}

fn versions(data: DataShown) -> Vec<Fact> {
    let version = |name, number: u64| match number {
        0 => Fact { name, value: Value::Said(words::FACTS_NONE, String::new()) },
        number => Fact { name, value: Value::Said(words::FACTS_VERSION, number.to_string()) },
    };
    let age = match data.list_age_days {
        None => Value::Said(words::FACTS_NONE, String::new()),
        Some(0) => Value::Said(words::FACTS_TODAY, String::new()),
        Some(days) => Value::Said(words::FACTS_DAYS, days.to_string()),
    };
    vec![
        Fact { name: words::FACTS_DATA_AGE, value: age },
        version(words::FACTS_KEY_SET, data.key_set),
        version(words::FACTS_POLICY, data.policy),
        version(words::FACTS_PLACES, data.places),
        version(words::FACTS_STAFF_LIST, data.staff_list),
        version(words::FACTS_REVOCATIONS, data.revocations),
        version(words::FACTS_DAY_KEYS, data.day_keys),
    ]
}

fn network(traffic: Traffic) -> Vec<Fact> {
    let link = match traffic.link {
        Link::Up => words::FACTS_LINK_UP,
        Link::Down => words::FACTS_LINK_DOWN,
    };
    let carried = match traffic.carried_hours {
        Some(hours) => Value::Said(words::FACTS_HOURS, hours.to_string()),
        None => Value::Said(words::FACTS_NEVER, String::new()),
    };
    vec![
        Fact { name: words::FACTS_LINK, value: Value::Said(link, String::new()) },
        Fact { name: words::FACTS_CARRIED, value: carried },
        waiting(traffic.waiting),
    ]
}

fn waiting(rows: u32) -> Fact {
    Fact { name: words::FACTS_WAITING, value: Value::Said(words::FACTS_ROWS, rows.to_string()) }
}

fn enrolled(enrolment: Enrolment) -> Vec<Fact> {
    let number = |name, number: u32| Fact { name, value: Value::Plain(number.to_string()) };
    let state = match enrolment.terminal {
        Some(_) => words::FACTS_ENROLLED,
        None => words::FACTS_NOT_ENROLLED,
    };
    let terminal = enrolment.terminal.map(|terminal| number(words::FACTS_TERMINAL, terminal));
    let state = Fact { name: words::FACTS_STATE, value: Value::Said(state, String::new()) };
    let rest =
        [number(words::FACTS_PLACE, enrolment.place), number(words::FACTS_LANE, enrolment.lane.into())];
    core::iter::once(state).chain(terminal).chain(rest).collect()
}

fn facts_page(heading: Text, facts: &[Fact], view: View) -> Frame {
    let mut sheet = busy_sheet(view);
    let back = sheet.bar_pen().both_or_lead(words::MENU_BACK_HOW, Role::Tiny);
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
        Value::Said(text, number) => {
            let [lead, follow] = pen.view.manner.language.order(*text).map(|text| filled(text, number));
            let also = (pen.view.class() != Class::Compact && follow != *number)
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

/// The number in its place, or behind a text that has none for it.
fn filled(text: &str, number: &str) -> String {
    if text.contains("{n}") {
        text.replace("{n}", number)
    } else {
        format!("{text} {number}").trim().to_owned()
    }
}

fn logs_page(logs: LogsOut, view: View) -> Frame {
    busy_sheet(view).page(|pen| {
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
        }
        groups
    })
}

fn volume_page(volume: Volume, view: View) -> Frame {
    busy_sheet(view).page(|pen| {
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
