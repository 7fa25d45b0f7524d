//! The fleet as people see it: who is how old in what, what waits, what is unwell. Worst first.
//! Promises: an age is counted from a time that was signed; "never" is its own state and no date stands for it.
//! Must not know: how accounts came.

use askama::Template;
use gate_core::manifest::Dataset;
use gate_wire::time::Timestamp;

use crate::store::accounts::Summary;
use crate::store::terminals::{Listed, Standing};

/// Rows of a page.
const ROWS: usize = 500;
const DAY_S: u64 = 86_400;

/// The page.
#[derive(Template)]
#[template(path = "fleet.html")]
pub struct Fleet {
    name: String,
    now: String,
    enrolled: usize,
    silent: usize,
    stale: usize,
    unwell: usize,
    rows: Vec<Row>,
    left: usize,
}

/// A terminal.
struct Row {
    number: u32,
    revoked: bool,
    said: Option<Said>,
}

struct Said {
    age: Age,
    confirmed: bool,
    oldest: Option<(String, Age)>,
    list: Option<Age>,
    queue: u64,
    faults: String,
    software: String,
}

/// How old something is, in words and as a band: not by colour alone.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Age {
    seconds: u64,
    words: String,
    band: &'static str,
}

impl Age {
    fn of(then: u64, now: Timestamp) -> Age {
        let seconds = now.unix().saturating_sub(then);
        let (days, hours, minutes) = (seconds / DAY_S, seconds / 3600 % 24, seconds / 60 % 60);
        let words = match (days, hours) {
            (0, 0) => format!("{minutes} 分 min"),
            (0, _) => format!("{hours} 时 h"),
            _ => format!("{days} 天 d {hours} 时 h"),
        };
        let band = match days {
            0 => "新 fresh",
            1..3 => "渐旧 ageing",
            _ => "陈旧 stale",
        };
        Age { seconds, words, band }
    }

    fn is_stale(&self) -> bool {
        self.seconds >= 3 * DAY_S
    }
}

impl Fleet {
    /// Of these terminals and what they said last.
    #[must_use]
    pub fn of(
        name: String,
        terminals: &[Listed],
        accounts: Vec<(u32, u64, Summary)>,
        now: Timestamp,
    ) -> Fleet {
        let mut rows: Vec<Row> = terminals
            .iter()
            .map(|one| Row { number: one.number, revoked: one.standing == Standing::Revoked, said: None })
            .collect();
        for (number, _, summary) in accounts {
            if let Ok(at) = rows.binary_search_by_key(&number, |row| row.number)
                && let Some(row) = rows.get_mut(at)
            {
                row.said = Some(Said::of(summary, now));
            }
        }
        let ours = || rows.iter().filter(|row| !row.revoked);
        let said = || ours().filter_map(|row| row.said.as_ref());
        let (enrolled, silent) = (ours().count(), ours().filter(|row| row.said.is_none()).count());
        let stale = said().filter(|said| said.is_stale()).count();
        let unwell = said().filter(|said| !said.faults.is_empty()).count();
        rows.sort_by_key(|row| (row.revoked, std::cmp::Reverse(row.worst()), row.number));
        let left = rows.len().saturating_sub(ROWS);
        rows.truncate(ROWS);
        Fleet { name, now: shown(now), enrolled, silent, stale, unwell, rows, left }
    }
}

impl Row {
    /// Seconds of its oldest; what never said anything is older than all.
    fn worst(&self) -> u64 {
        self.said.as_ref().map_or(u64::MAX, |said| {
            said.oldest.as_ref().map_or(u64::MAX - 1, |(_, age)| age.seconds.max(said.age.seconds))
        })
    }
}

impl Said {
    fn of(summary: Summary, now: Timestamp) -> Said {
        let age = |name: &str| {
            let held = summary.held.iter().find(|(held, ..)| held == name);
            held.map(|(_, _, as_of)| Age::of(*as_of, now))
        };
        // The list holds as of its newest delta, where it has one.
        let list = age(Dataset::StatusDelta.name()).or_else(|| age(Dataset::StatusList.name()));
        let others = summary
            .held
            .iter()
            .filter(|(name, ..)| name != Dataset::StatusDelta.name() && name != Dataset::StatusList.name());
        let others = others.map(|(name, _, as_of)| (name.clone(), Age::of(*as_of, now)));
        let all = others.chain(list.clone().map(|age| (Dataset::StatusList.name().to_owned(), age)));
        Said {
            age: Age::of(summary.at, now),
            confirmed: summary.confirmed,
            oldest: all.max_by_key(|(_, age)| age.seconds),
            list,
            queue: summary.queue,
            faults: summary.faults.join(" "),
            software: summary.software,
        }
    }

    fn is_stale(&self) -> bool {
        self.age.is_stale() || self.oldest.as_ref().is_none_or(|(_, age)| age.is_stale())
    }
}

/// `2026-11-20 08:00` in UTC+8.
fn shown(time: Timestamp) -> String {
    let ((year, month, day), second) = (time.civil_day().ymd(), time.civil_second());
    format!("{year:04}-{month:02}-{day:02} {:02}:{:02}", second / 3600, second / 60 % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(number: u32, standing: Standing) -> Listed {
        Listed { number, standing, since: 0, device: None }
    }

    fn said(at: u64, held: &[(Dataset, u64)]) -> Summary {
        let held = held.iter().map(|(dataset, as_of)| (dataset.name().to_owned(), 1, *as_of)).collect();
        Summary { at, confirmed: true, queue: 4, faults: Vec::new(), software: "gate 0.1".into(), held }
    }

    #[test]
    fn the_worst_come_first_and_silence_is_worse_than_any_age() {
        let now = Timestamp::from_unix(20_000 * DAY_S).unwrap();
        let terminals: Vec<Listed> = [1, 2, 3, 4, 5]
            .map(|number| listed(number, if number == 1 { Standing::Revoked } else { Standing::Enrolled }))
            .into();
        let fresh = (Dataset::KeySet, 20_000 * DAY_S - 60);
        let accounts = vec![
            (2, 0, said(20_000 * DAY_S - 60, &[fresh])),
            // It speaks every minute, and its list is ten days old.
            (3, 0, said(20_000 * DAY_S - 60, &[fresh, (Dataset::StatusList, 19_990 * DAY_S)])),
            // Its base is old, and its newest delta is not.
            (
                4,
                0,
                said(
                    20_000 * DAY_S - 60,
                    &[(Dataset::StatusList, 19_000 * DAY_S), (Dataset::StatusDelta, 20_000 * DAY_S - 600)],
                ),
            ),
        ];
        let fleet = Fleet::of("测试员".into(), &terminals, accounts, now);
        let order: Vec<u32> = fleet.rows.iter().map(|row| row.number).collect();
        assert_eq!(order, [5, 3, 4, 2, 1]);
        assert_eq!((fleet.enrolled, fleet.silent, fleet.stale, fleet.unwell), (4, 1, 1, 0));
        let page = fleet.render().unwrap();
        assert!(
            page.contains("从未报告") && page.contains("10 天 d 0 时 h") && page.contains("陈旧 stale"),
            "{page}"
        );
        assert!(!page.contains("1970"));
    }

    #[test]
    fn what_a_terminal_says_of_itself_is_text_on_the_page() {
        let mut summary = said(1, &[]);
        summary.software = "<script>alert(1)</script>".into();
        let fleet =
            Fleet::of("x".into(), &[listed(1, Standing::Enrolled)], vec![(1, 0, summary)], Timestamp::MAX);
        assert!(!fleet.render().unwrap().contains("<script"));
    }
}
