//! The fleet as people see it: who is how old in what, what waits, what is unwell. Worst first.
//! Promises: an age is counted from a time that was signed, and never from one later than the hub received it: no clock and no
//! key makes a silent terminal young; "never" and "the clock is wrong" are states of their own.
//! Must not know: how accounts came.

use askama::Template;
use gate_core::fingerprint::Fingerprint;
use gate_core::manifest::Dataset;
use gate_wire::time::Timestamp;

use crate::store::accounts;
use crate::store::people::Role;
use crate::store::terminals::{Listed, Standing};

/// Rows of a page.
const ROWS: usize = 500;
const DAY_S: u64 = 86_400;
/// A terminal's clock may be ahead of the hub's by this, in seconds.
const AHEAD_S: u64 = 600;

/// The page.
#[derive(Template)]
#[template(path = "fleet.html")]
pub struct Fleet {
    name: String,
    invites: bool,
    now: String,
    enrolled: usize,
    silent: usize,
    stale: usize,
    unwell: usize,
    ahead: usize,
    rows: Vec<Row>,
    left: usize,
}

/// A terminal.
struct Row {
    number: u32,
    revoked: bool,
    /// Of its newest device key: two people compare it with the terminal's page 5.
    device: Option<Fingerprint>,
    said: Option<Said>,
}

struct Said {
    age: Age,
    clock: Clock,
    oldest: Option<(String, Age)>,
    /// Each by its name; `None`: it never held any.
    datasets: Vec<(String, Option<Age>)>,
    list: Option<Age>,
    queue: String,
    faults: String,
    software: String,
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

impl Clock {
    fn words(self) -> &'static str {
        match self {
            Clock::Good => "",
            Clock::Unconfirmed => "时钟未确认 clock unconfirmed",
            Clock::Ahead => "时钟错误 clock wrong",
        }
    }
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
        (name, role): (String, Role),
        terminals: &[Listed],
        accounts: Vec<accounts::Said>,
        now: Timestamp,
    ) -> Fleet {
        let mut rows: Vec<Row> = terminals
            .iter()
            .map(|one| Row {
                number: one.number,
                revoked: one.standing == Standing::Revoked,
                device: one.device.as_ref().map(Fingerprint::of),
                said: None,
            })
            .collect();
        for said in accounts {
            if let Ok(at) = rows.binary_search_by_key(&said.terminal, |row| row.number)
                && let Some(row) = rows.get_mut(at)
            {
                row.said = Some(Said::of(said, now));
            }
        }
        let ours = || rows.iter().filter(|row| !row.revoked);
        let said = || ours().filter_map(|row| row.said.as_ref());
        let (enrolled, silent) = (ours().count(), ours().filter(|row| row.said.is_none()).count());
        let stale = said().filter(|said| said.is_stale()).count();
        let unwell = said().filter(|said| !said.faults.is_empty()).count();
        let ahead = said().filter(|said| said.clock == Clock::Ahead).count();
        rows.sort_by_key(|row| (row.revoked, std::cmp::Reverse(row.worst()), row.number));
        let left = rows.len().saturating_sub(ROWS);
        rows.truncate(ROWS);
        let invites = role == Role::Administrator;
        Fleet { name, invites, now: shown(now), enrolled, silent, stale, unwell, ahead, rows, left }
    }
}

impl Row {
    /// Seconds of its oldest; what never said anything is older than all.
    fn worst(&self) -> u64 {
        self.said.as_ref().map_or(u64::MAX, |said| match &said.oldest {
            _ if said.clock == Clock::Ahead => u64::MAX - 1,
            None => u64::MAX - 2,
            Some((_, age)) => age.seconds.max(said.age.seconds),
        })
    }
}

impl Said {
    fn of(said: accounts::Said, now: Timestamp) -> Said {
        let accounts::Said { received, summary, queue, .. } = said;
        // What nobody can know before it came is not younger than its coming.
        let age = |then: u64| Age::of(then.min(received), now);
        let of = |name: &str| held_of(&summary, name).map(age);
        // The list holds as of its newest delta, where it has one.
        let list = of(Dataset::StatusDelta.name()).or_else(|| of(Dataset::StatusList.name()));
        let others = summary
            .held
            .iter()
            .filter(|(name, ..)| name != Dataset::StatusDelta.name() && name != Dataset::StatusList.name());
        let others = others.map(|(name, _, as_of)| (name.clone(), age(*as_of)));
        let datasets = named(|name| held_of(&summary, name).map(age));
        let all = others.chain(list.clone().map(|age| (Dataset::StatusList.name().to_owned(), age)));
        let latest = summary.held.iter().map(|(_, _, as_of)| *as_of).fold(summary.at, u64::max);
        let clock = match summary.confirmed {
            _ if latest > received.saturating_add(AHEAD_S) => Clock::Ahead,
            true => Clock::Good,
            false => Clock::Unconfirmed,
        };
        Said {
            age: age(summary.at),
            clock,
            oldest: all.max_by_key(|(_, age)| age.seconds),
            datasets,
            list,
            queue: queue.map_or("未知 unknown".into(), |queue| queue.to_string()),
            faults: summary.faults.join(" "),
            software: summary.software,
        }
    }

    fn is_stale(&self) -> bool {
        self.age.is_stale() || self.oldest.as_ref().is_none_or(|(_, age)| age.is_stale())
    }
}

/// As of when a terminal holds a dataset.
fn held_of(summary: &accounts::Summary, name: &str) -> Option<u64> {
    summary.held.iter().find(|(held, ..)| held == name).map(|(_, _, as_of)| *as_of)
}

/// Each dataset with its age. A lane holds one policy of the two, and no delta where the base is the newest: without them it lacks
/// nothing.
fn named(age: impl Fn(&str) -> Option<Age>) -> Vec<(String, Option<Age>)> {
    let policies = [Dataset::PolicyStation, Dataset::PolicyHospital];
    let has_policy = policies.iter().any(|one| age(one.name()).is_some());
    let may_lack = |one: Dataset| match one {
        Dataset::StatusDelta | Dataset::PolicyHospital => true,
        Dataset::PolicyStation => has_policy,
        _ => false,
    };
    let each = Dataset::ALL.into_iter().map(|one| (one, age(one.name())));
    let shown = each.filter(|(one, age)| age.is_some() || !may_lack(*one));
    shown.map(|(one, age)| (one.name().to_owned(), age)).collect()
}

/// `2026-11-20 08:00` in UTC+8.
pub(super) fn shown(time: Timestamp) -> String {
    let ((year, month, day), second) = (time.civil_day().ymd(), time.civil_second());
    format!("{year:04}-{month:02}-{day:02} {:02}:{:02}", second / 3600, second / 60 % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(number: u32, standing: Standing) -> Listed {
        Listed { number, standing, since: 0, device: None }
    }

    const NOW: u64 = 20_000 * DAY_S;

    fn tester() -> (String, Role) {
        ("测试员".into(), Role::Viewer)
    }

    fn said(terminal: u32, (at, received): (u64, u64), held: &[(Dataset, u64)]) -> accounts::Said {
        let held = held.iter().map(|(dataset, as_of)| (dataset.name().to_owned(), 1, *as_of)).collect();
        let summary = accounts::Summary {
            at,
            confirmed: true,
            journal: String::new(),
            first: 1,
            next: 5,
            acknowledged: 0,
            faults: Vec::new(),
            software: "gate 0.1".into(),
            held,
        };
        accounts::Said { terminal, received, summary, queue: Some(4) }
    }

    fn enrolled(numbers: &[u32]) -> Vec<Listed> {
        numbers.iter().map(|number| listed(*number, Standing::Enrolled)).collect()
    }

    #[test]
    fn a_terminal_whose_clock_ran_ahead_grows_old_when_it_is_silent() {
        let year = 365 * DAY_S;
        let fresh = (Dataset::KeySet, NOW);
        // It said years ahead, twenty days ago, and nothing since.
        let silent = said(1, (NOW + 3 * year, NOW - 20 * DAY_S), &[(Dataset::KeySet, NOW + 2 * year)]);
        let other = said(2, (NOW - 10 * DAY_S, NOW), &[fresh]);
        let now = Timestamp::from_unix(NOW).unwrap();
        let fleet = Fleet::of(tester(), &enrolled(&[1, 2]), vec![silent, other], now);
        assert_eq!((fleet.rows[0].number, fleet.stale, fleet.ahead), (1, 2, 1));
        let page = fleet.render().unwrap();
        assert!(page.contains("20 天 d 0 时 h") && page.contains("时钟错误 clock wrong"), "{page}");
        // A few minutes are nobody's fault.
        let near = said(1, (NOW + 590, NOW), &[fresh]);
        assert_eq!(Fleet::of(tester(), &enrolled(&[1]), vec![near], now).ahead, 0);
    }

    #[test]
    fn the_worst_come_first_and_silence_is_worse_than_any_age() {
        let now = Timestamp::from_unix(20_000 * DAY_S).unwrap();
        let terminals: Vec<Listed> = [1, 2, 3, 4, 5]
            .map(|number| listed(number, if number == 1 { Standing::Revoked } else { Standing::Enrolled }))
            .into();
        let (fresh, minute) = ((Dataset::KeySet, NOW - 60), (NOW - 60, NOW));
        let accounts = vec![
            said(2, minute, &[fresh]),
            // It speaks every minute, and its list is ten days old.
            said(3, minute, &[fresh, (Dataset::StatusList, NOW - 10 * DAY_S)]),
            // Its base is old, and its newest delta is not.
            said(4, minute, &[(Dataset::StatusList, NOW - 1_000 * DAY_S), (Dataset::StatusDelta, NOW - 600)]),
        ];
        let fleet = Fleet::of(tester(), &terminals, accounts, now);
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
    fn a_terminal_stands_there_with_the_fingerprint_that_its_own_page_shows() {
        let listed = Listed { device: Some([7; 32]), ..listed(1, Standing::Enrolled) };
        let page = Fleet::of(tester(), &[listed], Vec::new(), Timestamp::MAX).render().unwrap();
        assert!(page.contains(&Fingerprint::of(&[7; 32]).to_string()), "{page}");
    }

    #[test]
    fn what_a_terminal_says_of_itself_is_text_on_the_page() {
        let mut one = said(1, (1, 1), &[]);
        one.summary.software = "<script>alert(1)</script>".into();
        let fleet = Fleet::of(tester(), &enrolled(&[1]), vec![one], Timestamp::MAX);
        assert!(!fleet.render().unwrap().contains("<script>alert"));
    }

    #[test]
    fn each_dataset_has_its_age_and_what_never_came_says_never() {
        let held = [(Dataset::KeySet, NOW - 60), (Dataset::PolicyStation, NOW - 2 * DAY_S)];
        let one = said(1, (NOW, NOW), &held);
        let page = Fleet::of(tester(), &enrolled(&[1]), vec![one], Timestamp::from_unix(NOW).unwrap());
        let page = page.render().unwrap();
        for words in ["key-set: 1 分 min · 新 fresh", "policy-station: 2 天 d", "revocations: 从未 never"]
        {
            assert!(page.contains(words), "{words}: {page}");
        }
        assert!(!page.contains("policy-hospital") && !page.contains("status-delta"), "{page}");
    }
}
