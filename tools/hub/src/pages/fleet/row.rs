//! A terminal as people see it: how old it is in what, its clock, what waits, what is unwell; and how much it wants a look.
//! Promises: an age is counted from a time that was signed, and never from one later than the hub received it: no clock and no
//! key makes a silent terminal young; "never" and "the clock is wrong" are states of their own; a band is told by shape, words and colour.
//! Must not know: which terminals there are.

use gate_core::case::DataAge;
use gate_core::fingerprint::Fingerprint;
use gate_core::manifest::Dataset;
use gate_wire::time::Timestamp;

use crate::bands::{Aged, Bands, worst};
use crate::pages::words::Words;
use crate::store::accounts::Summary;

const DAY_S: u64 = 86_400;
/// A terminal's clock may be ahead of the hub's by this, in seconds.
const AHEAD_S: u64 = 600;

/// A terminal.
pub(in crate::pages) struct Row {
    pub(in crate::pages) number: u32,
    pub(in crate::pages) is_revoked: bool,
    /// Where it counted last: the place's number, and its name where one is published.
    pub(in crate::pages) place: Option<String>,
    /// Of its keys: two people compare it with the terminal's page 5.
    pub(in crate::pages) check: Option<Fingerprint>,
    pub(in crate::pages) said: Option<Said>,
}

/// What a terminal said, as it is shown.
pub(in crate::pages) struct Said {
    pub(in crate::pages) state: State,
    /// Since it reported, in words.
    pub(in crate::pages) age: String,
    /// The one that wants a look first; `None`: it holds nothing that has an age.
    pub(in crate::pages) worst: Option<Shown>,
    pub(in crate::pages) datasets: Vec<Shown>,
    pub(in crate::pages) list: Shown,
    pub(in crate::pages) queue: String,
    pub(in crate::pages) faults: String,
    pub(in crate::pages) software: String,
}

/// How a terminal is, by what it said last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::pages) struct State {
    /// Seconds since it reported.
    age: u64,
    clock: Clock,
    worst: Option<Aged>,
    is_unwell: bool,
}

/// What a terminal's clock is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Clock {
    /// Confirmed, and not ahead.
    Good,
    /// It says so itself.
    Unconfirmed,
    /// It named a time that had not come yet when the hub heard it.
    Ahead,
}

/// A dataset's age as people see it.
#[derive(Clone)]
pub(in crate::pages) struct Shown {
    of: Aged,
    pub(in crate::pages) name: &'static str,
    /// Its age; nothing where its band says it all.
    pub(in crate::pages) words: String,
    pub(in crate::pages) band: Option<Band>,
}

/// A band by its shape, its words and its colour: by none of them alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::pages) struct Band {
    pub(in crate::pages) mark: &'static str,
    pub(in crate::pages) words: Words,
    pub(in crate::pages) class: &'static str,
}

/// How much a terminal wants a look: more than another by its first difference.
pub(in crate::pages) type Weight = (u8, u8, u64);

/// A fault comes first: somebody can go and mend it. Then a wrong clock, then data that are lacking or past a limit, then who
/// never said anything; then by band, then by age.
pub(in crate::pages) fn weight(state: Option<&State>) -> Weight {
    let Some(state) = state else { return (1, 0, 0) };
    let (band, seconds) = state.worst.map_or((u8::MAX, 0), |worst| worst.weight());
    let kind = match state {
        State { is_unwell: true, .. } => 4,
        State { clock: Clock::Ahead, .. } => 3,
        _ if state.is_old() => 2,
        _ => 0,
    };
    (kind, band, seconds.max(state.age))
}

impl State {
    pub(in crate::pages) fn of((summary, received): (&Summary, u64), bands: &Bands, now: Timestamp) -> State {
        State::with((summary, received), &bands.aged((summary, received), now), now)
    }

    fn with((summary, received): (&Summary, u64), aged: &[Aged], now: Timestamp) -> State {
        let latest = summary.held.iter().map(|(_, _, as_of)| *as_of).fold(summary.at, u64::max);
        let clock = match summary.confirmed {
            _ if latest > received.saturating_add(AHEAD_S) => Clock::Ahead,
            true => Clock::Good,
            false => Clock::Unconfirmed,
        };
        // What nobody can know before it came is not younger than its coming.
        let age = now.unix().saturating_sub(summary.at.min(received));
        State { age, clock, worst: worst(aged.iter().copied()), is_unwell: !summary.faults.is_empty() }
    }

    /// The worst of all its datasets.
    pub(in crate::pages) fn band(&self) -> Option<DataAge> {
        self.worst.and_then(|one| one.band)
    }

    /// It lacks data, or what it has is past a limit.
    pub(in crate::pages) fn is_old(&self) -> bool {
        let is_past = |band| matches!(band, DataAge::Stale | DataAge::Expired | DataAge::Missing);
        self.worst.is_none() || self.band().is_some_and(is_past)
    }

    /// Not a word for a day: a terminal reports oftener, wherever it has a line.
    pub(in crate::pages) fn is_quiet(&self) -> bool {
        self.age > DAY_S
    }

    pub(in crate::pages) fn is_unwell(&self) -> bool {
        self.is_unwell
    }

    pub(in crate::pages) fn is_ahead(&self) -> bool {
        self.clock == Clock::Ahead
    }

    pub(in crate::pages) fn clock_in_words(&self) -> Option<Words> {
        match self.clock {
            Clock::Good => None,
            Clock::Unconfirmed => Some(Words::of("时钟未确认", "clock unconfirmed")),
            Clock::Ahead => Some(Words::of("时钟错误", "clock wrong")),
        }
    }
}

impl Said {
    pub(in crate::pages) fn of(
        (summary, received): (&Summary, u64),
        queue: Option<u64>,
        (bands, now): (&Bands, Timestamp),
    ) -> Said {
        let aged = bands.aged((summary, received), now);
        let state = State::with((summary, received), &aged, now);
        let datasets: Vec<Shown> = aged.into_iter().map(Shown::of).collect();
        let nothing = Aged { dataset: Dataset::StatusList, seconds: None, band: None };
        let list = datasets.iter().find(|one| one.of.dataset == Dataset::StatusList).cloned();
        Said {
            state,
            age: in_words(state.age),
            worst: state.worst.map(Shown::of),
            datasets,
            list: list.unwrap_or_else(|| Shown::of(nothing)),
            queue: queue.map_or("未知 unknown".into(), |queue| queue.to_string()),
            faults: summary.faults.join(" "),
            software: summary.software.clone(),
        }
    }
}

impl Band {
    /// Shapes that every Chinese font has.
    fn of(age: DataAge) -> Band {
        let (mark, words, class) = match age {
            DataAge::Fresh => ("○", Words::of("有效", "fresh"), "fresh"),
            DataAge::Ageing => ("△", Words::of("临近期限", "ageing"), "ageing"),
            DataAge::Stale => ("▲", Words::of("超过期限", "stale"), "stale"),
            DataAge::Expired => ("■", Words::of("已过期", "expired"), "expired"),
            DataAge::Missing => ("×", Words::of("从未", "never"), "missing"),
        };
        Band { mark, words, class }
    }
}

impl Shown {
    fn of(of: Aged) -> Shown {
        let words = match (of.seconds, of.band) {
            (Some(seconds), _) => in_words(seconds),
            (None, Some(_)) => String::new(),
            (None, None) => "从未 never".into(),
        };
        Shown { of, name: of.dataset.name(), words, band: of.band.map(Band::of) }
    }
}

fn in_words(seconds: u64) -> String {
    let (days, hours, minutes) = (seconds / DAY_S, seconds / 3600 % 24, seconds / 60 % 60);
    match (days, hours) {
        (0, 0) => format!("{minutes} 分 min"),
        (0, _) => format!("{hours} 时 h"),
        _ => format!("{days} 天 d {hours} 时 h"),
    }
}
