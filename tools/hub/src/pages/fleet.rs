//! The fleet as people see it: who is how old in what, by the bands of policy, what waits, what is unwell. Worst first.
//! Promises: an age is counted from a time that was signed, and never from one later than the hub received it: no clock and no
//! key makes a silent terminal young; "never" and "the clock is wrong" are states of their own; a band is told by shape, words and colour.
//! Must not know: how accounts came.

use askama::Template;
use gate_core::case::DataAge;
use gate_core::fingerprint::Fingerprint;
use gate_core::manifest::Dataset;
use gate_wire::time::Timestamp;

use crate::bands::{Aged, Bands, Told, worst};
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
    told: Vec<(&'static str, String)>,
    enrolled: usize,
    by_band: Option<[usize; 4]>,
    silent: usize,
    quiet: usize,
    unwell: usize,
    ahead: usize,
    /// Journals that wait for a person's word.
    pub(super) doubts: u64,
    /// Alarms of the last days.
    pub(super) alarms: u64,
    rows: Vec<Row>,
    left: usize,
}

/// A terminal.
struct Row {
    number: u32,
    revoked: bool,
    /// Of its keys: two people compare it with the terminal's page 5.
    check: Option<Fingerprint>,
    said: Option<Said>,
}

struct Said {
    /// Seconds since it reported, and in words.
    age: (u64, String),
    clock: Clock,
    /// The one that wants a look first; `None`: it holds nothing that has an age.
    worst: Option<Shown>,
    datasets: Vec<Shown>,
    list: Shown,
    queue: String,
    faults: String,
    software: String,
}

/// A dataset's age as people see it.
#[derive(Clone)]
struct Shown {
    of: Aged,
    name: &'static str,
    /// Its age; nothing where its band says it all.
    words: String,
    band: Option<Band>,
}

/// A band by its shape, its words and its colour: by none of them alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Band {
    mark: &'static str,
    words: &'static str,
    class: &'static str,
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

impl Band {
    /// Shapes that every Chinese font has.
    const fn of(age: DataAge) -> Band {
        let (mark, words, class) = match age {
            DataAge::Fresh => ("○", "有效 fresh", "fresh"),
            DataAge::Ageing => ("△", "临近期限 ageing", "ageing"),
            DataAge::Stale => ("▲", "超过期限 stale", "stale"),
            DataAge::Expired => ("■", "已过期 expired", "expired"),
            DataAge::Missing => ("×", "从未 never", "missing"),
        };
        Band { mark, words, class }
    }
}

impl Shown {
    fn of(of: Aged) -> Shown {
        let words = match (of.seconds, of.band) {
            (Some(seconds), _) => in_words(seconds),
            (None, Some(_)) => String::new(),
            (None, None) => Band::of(DataAge::Missing).words.into(),
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

/// What is said of the policies above the table, and how it stands out.
fn told(bands: &Bands) -> Vec<(&'static str, String)> {
    let name = |kind: Dataset| match kind {
        Dataset::PolicyHospital => "医院 hospitals",
        _ => "车站等 stations",
    };
    let words = |told: Told| match told {
        Told::Bands(kind, version) => {
            ("", format!("分档按政策第 {version} 版（{}）。 Bands by policy {version}.", name(kind)))
        }
        Told::ListAlone(kind, version) => (
            "",
            format!(
                "政策第 {version} 版（{}）没有分档：只有名单有期限。 Policy {version} has no bands: the list alone has a limit.",
                name(kind)
            ),
        ),
        Told::Refused(kind) => (
            "refused",
            format!(
                "政策（{}）无法采用，终端也不会采用。 This policy cannot be taken; terminals refuse it, too.",
                name(kind)
            ),
        ),
        Told::Nothing => ("refused", "没有已发布的政策。 No policy is published.".into()),
        Told::Damaged => (
            "refused",
            "已发布的仓库有损坏，读不出政策。 The published repository is damaged: no policy can be read."
                .into(),
        ),
        Told::Away => (
            "refused",
            "仓库没有应答，读不出政策。 The repository does not answer: no policy can be read.".into(),
        ),
    };
    let mut all: Vec<(&str, String)> = bands.told().into_iter().map(words).collect();
    if !bands.measure() {
        let alone = "只显示时间，不分档，最旧的在前。 Ages alone, without bands, the oldest first.";
        all.push(("refused", alone.into()));
    }
    all
}

impl Fleet {
    /// Of these terminals and what they said last, by the published policies.
    #[must_use]
    pub fn of(
        (name, role): (String, Role),
        terminals: &[Listed],
        (accounts, bands): (Vec<accounts::Said>, &Bands),
        now: Timestamp,
    ) -> Fleet {
        let mut rows: Vec<Row> = terminals
            .iter()
            .map(|one| Row {
                number: one.number,
                revoked: one.standing == Standing::Revoked,
                check: one.check_number(),
                said: None,
            })
            .collect();
        for said in accounts {
            if let Ok(at) = rows.binary_search_by_key(&said.terminal, |row| row.number)
                && let Some(row) = rows.get_mut(at)
            {
                row.said = Some(Said::of(said, bands, now));
            }
        }
        let ours = || rows.iter().filter(|row| !row.revoked);
        let said = || ours().filter_map(|row| row.said.as_ref());
        let in_band = |band| said().filter(|said| said.band() == Some(band)).count();
        let by_band = [DataAge::Missing, DataAge::Expired, DataAge::Stale, DataAge::Ageing].map(in_band);
        let (enrolled, silent) = (ours().count(), ours().filter(|row| row.said.is_none()).count());
        let quiet = said().filter(|said| said.is_quiet()).count();
        let unwell = said().filter(|said| !said.faults.is_empty()).count();
        let ahead = said().filter(|said| said.clock == Clock::Ahead).count();
        rows.sort_by_key(|row| (row.revoked, std::cmp::Reverse(row.weight()), row.number));
        let left = rows.len().saturating_sub(ROWS);
        rows.truncate(ROWS);
        let (invites, by_band) = (role == Role::Administrator, bands.measure().then_some(by_band));
        let (now, told) = (shown(now), told(bands));
        Fleet {
            name,
            invites,
            now,
            told,
            enrolled,
            by_band,
            silent,
            quiet,
            unwell,
            ahead,
            doubts: 0,
            alarms: 0,
            rows,
            left,
        }
    }
}

impl Row {
    /// What never said anything comes first, then whose clock is wrong, then who holds nothing; then by band, then by age.
    fn weight(&self) -> (u8, u8, u64) {
        let Some(said) = &self.said else { return (3, 0, 0) };
        match &said.worst {
            _ if said.clock == Clock::Ahead => (2, 0, 0),
            None => (1, 0, 0),
            Some(worst) => {
                let (band, seconds) = worst.of.weight();
                (0, band, seconds.max(said.age.0))
            }
        }
    }
}

impl Said {
    fn of(said: accounts::Said, bands: &Bands, now: Timestamp) -> Said {
        let accounts::Said { received, summary, queue, .. } = said;
        let datasets: Vec<Shown> = bands.aged((&summary, received), now).into_iter().map(Shown::of).collect();
        let worst = worst(datasets.iter().map(|one| one.of)).map(Shown::of);
        let nothing = Aged { dataset: Dataset::StatusList, seconds: None, band: None };
        let list = datasets.iter().find(|one| one.of.dataset == Dataset::StatusList).cloned();
        let latest = summary.held.iter().map(|(_, _, as_of)| *as_of).fold(summary.at, u64::max);
        let clock = match summary.confirmed {
            _ if latest > received.saturating_add(AHEAD_S) => Clock::Ahead,
            true => Clock::Good,
            false => Clock::Unconfirmed,
        };
        // What nobody can know before it came is not younger than its coming.
        let age = now.unix().saturating_sub(summary.at.min(received));
        Said {
            age: (age, in_words(age)),
            clock,
            worst,
            datasets,
            list: list.unwrap_or_else(|| Shown::of(nothing)),
            queue: queue.map_or("未知 unknown".into(), |queue| queue.to_string()),
            faults: summary.faults.join(" "),
            software: summary.software,
        }
    }

    /// The worst of all its datasets.
    fn band(&self) -> Option<DataAge> {
        self.worst.as_ref().and_then(|one| one.of.band)
    }

    /// Not a word for a day: a terminal reports oftener, wherever it has a line.
    fn is_quiet(&self) -> bool {
        self.age.0 > DAY_S
    }
}

/// `2026-11-20 08:00` in UTC+8.
pub(super) fn shown(time: Timestamp) -> String {
    let ((year, month, day), second) = (time.civil_day().ymd(), time.civil_second());
    format!("{year:04}-{month:02}-{day:02} {:02}:{:02}", second / 3600, second / 60 % 60)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bands::tests::{bands, summary};
    use crate::published::Unread;

    fn listed(number: u32, standing: Standing) -> Listed {
        Listed { number, standing, since: 0, device: None, record: None }
    }

    const NOW: u64 = 20_000 * DAY_S;
    const STATION: (Dataset, u64) = (Dataset::PolicyStation, NOW);

    fn tester() -> (String, Role) {
        ("测试员".into(), Role::Viewer)
    }

    fn said(terminal: u32, (at, received): (u64, u64), held: &[(Dataset, u64)]) -> accounts::Said {
        accounts::Said { terminal, received, summary: summary(at, held), queue: Some(4) }
    }

    fn enrolled(numbers: &[u32]) -> Vec<Listed> {
        numbers.iter().map(|number| listed(*number, Standing::Enrolled)).collect()
    }

    fn fleet(numbers: &[u32], accounts: Vec<accounts::Said>, bands: &Bands) -> Fleet {
        Fleet::of(tester(), &enrolled(numbers), (accounts, bands), Timestamp::from_unix(NOW).unwrap())
    }

    #[test]
    fn a_terminal_whose_clock_ran_ahead_grows_old_when_it_is_silent() {
        let year = 365 * DAY_S;
        let keys = (Dataset::KeySet, NOW);
        // It said years ahead, twenty days ago, and nothing since.
        let silent =
            said(1, (NOW + 3 * year, NOW - 20 * DAY_S), &[STATION, (Dataset::KeySet, NOW + 2 * year)]);
        let other = said(2, (NOW - 10 * DAY_S, NOW), &[keys]);
        let shown = fleet(&[1, 2], vec![silent, other], &bands());
        assert_eq!((shown.rows[0].number, shown.quiet, shown.ahead), (1, 2, 1));
        let page = shown.render().unwrap();
        assert!(page.contains("20 天 d 0 时 h") && page.contains("时钟错误 clock wrong"), "{page}");
        // A few minutes are nobody's fault.
        let near = said(1, (NOW + 590, NOW), &[keys]);
        assert_eq!(fleet(&[1], vec![near], &bands()).ahead, 0);
    }

    #[test]
    fn the_worst_band_comes_first_and_silence_is_worse_than_any() {
        let minute = (NOW - 60, NOW);
        let list = |days: u64| (Dataset::StatusList, NOW - days * DAY_S - 1);
        let keys = |days: u64| (Dataset::KeySet, NOW - days * DAY_S - 1);
        let mut terminals = enrolled(&[1, 2, 3, 4, 5, 6, 7]);
        terminals[0].standing = Standing::Revoked;
        let accounts = vec![
            said(2, minute, &[STATION, keys(1), list(1)]),
            // It speaks every minute, and its list is past its limit.
            said(3, minute, &[STATION, keys(1), list(7)]),
            // Older by its days, and by the policy not even near its limit.
            said(4, minute, &[STATION, keys(19), list(1)]),
            said(6, minute, &[STATION, keys(90), list(1)]),
            said(7, minute, &[STATION, keys(1)]),
        ];
        let now = Timestamp::from_unix(NOW).unwrap();
        let fleet = Fleet::of(tester(), &terminals, (accounts, &bands()), now);
        let order: Vec<u32> = fleet.rows.iter().map(|row| row.number).collect();
        assert_eq!(order, [5, 7, 6, 3, 4, 2, 1]);
        assert_eq!((fleet.enrolled, fleet.silent, fleet.quiet, fleet.unwell), (6, 1, 0, 0));
        assert_eq!(fleet.by_band, Some([1, 1, 1, 0]), "missing, expired, stale, ageing");
        let page = fleet.render().unwrap();
        for words in [
            "从未报告 never reported",
            "▲</span> 超过期限 stale",
            "■</span> 已过期 expired",
            "○</span> 有效 fresh",
        ] {
            assert!(page.contains(words), "{words}: {page}");
        }
        assert!(!page.contains("1970"));
    }

    #[test]
    fn without_a_policy_that_can_be_read_ages_stand_alone_and_the_page_says_why() {
        let old = said(1, (NOW, NOW), &[STATION, (Dataset::KeySet, NOW - 100 * DAY_S)]);
        let young = said(2, (NOW, NOW), &[STATION, (Dataset::StatusList, NOW - 60)]);
        let shown = fleet(&[1, 2], vec![young, old], &Bands::unread(Unread::Damaged));
        assert_eq!((shown.rows[0].number, shown.by_band), (1, None), "the oldest first");
        let page = shown.render().unwrap();
        for words in
            ["key-set: 100 天 d 0 时 h", "The published repository is damaged", "Ages alone, without bands"]
        {
            assert!(page.contains(words), "{words}: {page}");
        }
        for word in ["有效", "临近期限", "超过期限", "已过期"] {
            assert!(!page.contains(word), "{word}: {page}");
        }
        let page = fleet(&[1], vec![], &bands()).render().unwrap();
        assert!(
            page.contains("Bands by policy 1.")
                && page.contains("Policy 1 has no bands: the list alone has a limit.")
        );
    }

    #[test]
    fn a_terminal_stands_there_with_the_fingerprint_that_its_own_page_shows() {
        let keys = (Some([7; 32]), Some([8; 32]));
        let listed = Listed { device: keys.0, record: keys.1, ..listed(1, Standing::Enrolled) };
        let page = Fleet::of(tester(), &[listed], (Vec::new(), &bands()), Timestamp::MAX).render().unwrap();
        assert!(page.contains(&Fingerprint::of(&[7; 32], &[8; 32]).to_string()), "{page}");
    }

    #[test]
    fn what_a_terminal_says_of_itself_is_text_on_the_page() {
        let mut one = said(1, (1, 1), &[]);
        one.summary.software = "<script>alert(1)</script>".into();
        assert!(!fleet(&[1], vec![one], &bands()).render().unwrap().contains("<script>alert"));
    }

    #[test]
    fn each_dataset_has_its_age_and_what_never_came_says_never() {
        let held = [(Dataset::KeySet, NOW - 60), (Dataset::PolicyStation, NOW - 2 * DAY_S)];
        let page = fleet(&[1], vec![said(1, (NOW, NOW), &held)], &bands()).render().unwrap();
        for words in [
            "key-set: 1 分 min · <span class=\"fresh\">",
            "policy-station: 2 天 d 0 时 h</li>",
            "status-list: <span class=\"missing\"><span aria-hidden=\"true\">×</span> 从未 never",
            "revocations: 从未 never</li>",
        ] {
            assert!(page.contains(words), "{words}: {page}");
        }
        assert!(!page.contains("policy-hospital") && !page.contains("status-delta"), "{page}");
    }
}
