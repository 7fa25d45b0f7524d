//! The page over a database: what is told, in which order.

use gate_core::fingerprint::Fingerprint;

use super::*;
use crate::bands::tests::{bands, summary};
use crate::pages::words::tests::unmarked;
use crate::published::Unread;
use crate::store::accounts::Summary;
use crate::values;

const DAY_S: u64 = 86_400;
const NOW: u64 = 20_000 * DAY_S;
const STATION: (Dataset, u64) = (Dataset::PolicyStation, NOW);

/// A terminal's account, and when it came.
type Heard = (u32, u64, Summary);

fn said(terminal: u32, (at, received): (u64, u64), held: &[(Dataset, u64)]) -> Heard {
    (terminal, received, summary(at, held))
}

fn looked_at(numbers: &[u32], heard: Vec<Heard>, bands: Bands) -> Fleet {
    let db = crate::store::db::empty();
    for number in numbers {
        db.run("INSERT INTO terminal VALUES (?1, 'enrolled', 0)", values![*number]).unwrap();
    }
    for (terminal, received, summary) in heard {
        let (sql, summary) =
            ("INSERT INTO account VALUES (?1, 1, ?2, ?3, ?4)", serde_json::to_string(&summary).unwrap());
        db.run(sql, values![terminal, received, &[0_u8; 3], &summary]).unwrap();
    }
    look(&db, bands)
}

fn look(db: &Db, bands: Bands) -> Fleet {
    let view = View { bands, places: None, now: Timestamp::from_unix(NOW).unwrap() };
    let wanted = Wanted::of(&Asked::default());
    let read = read(db, &view, &wanted).unwrap();
    Fleet::of(("测试员".into(), Role::Viewer), read, (&view, &wanted))
}

#[test]
fn a_terminal_whose_clock_ran_ahead_grows_old_when_it_is_silent() {
    let year = 365 * DAY_S;
    let keys = (Dataset::KeySet, NOW);
    // It said years ahead, twenty days ago, and nothing since.
    let silent = said(1, (NOW + 3 * year, NOW - 20 * DAY_S), &[STATION, (Dataset::KeySet, NOW + 2 * year)]);
    let other = said(2, (NOW - 10 * DAY_S, NOW), &[keys]);
    let shown = looked_at(&[1, 2], vec![silent, other], bands());
    assert_eq!((shown.rows[0].number, shown.counts.quiet, shown.counts.ahead), (1, 2, 1));
    let page = unmarked(&shown.render().unwrap());
    assert!(page.contains("20 天 d 0 时 h") && page.contains("时钟错误 clock wrong"), "{page}");
    // A few minutes are nobody's fault.
    let near = said(1, (NOW + 590, NOW), &[keys]);
    assert_eq!(looked_at(&[1], vec![near], bands()).counts.ahead, 0);
}

#[test]
fn the_worst_band_comes_first_and_silence_before_what_is_within_its_limits() {
    let minute = (NOW - 60, NOW);
    let list = |days: u64| (Dataset::StatusList, NOW - days * DAY_S - 1);
    let keys = |days: u64| (Dataset::KeySet, NOW - days * DAY_S - 1);
    let heard = vec![
        said(2, minute, &[STATION, keys(1), list(1)]),
        // It speaks every minute, and its list is past its limit.
        said(3, minute, &[STATION, keys(1), list(7)]),
        // Older by its days, and by the policy not even near its limit.
        said(4, minute, &[STATION, keys(19), list(1)]),
        said(6, minute, &[STATION, keys(90), list(1)]),
        said(7, minute, &[STATION, keys(1)]),
    ];
    let fleet = looked_at(&[2, 3, 4, 5, 6, 7], heard, bands());
    let order: Vec<u32> = fleet.rows.iter().map(|row| row.number).collect();
    assert_eq!(order, [7, 6, 3, 5, 4, 2]);
    let counts = Counts { enrolled: 6, by_band: [1, 1, 1, 0], silent: 1, quiet: 0, unwell: 0, ahead: 0 };
    assert_eq!(fleet.counts, counts);
    let page = unmarked(&fleet.render().unwrap());
    for words in [
        "从未报告 never reported",
        "▲</span> 超过期限 stale",
        "■</span> 已过期 expired",
        "○</span> 有效 fresh",
        "1 to 6 of 6, the worst first",
    ] {
        assert!(page.contains(words), "{words}: {page}");
    }
    assert!(!page.contains("1970") && !page.contains("Next page"));
}

#[test]
fn without_a_policy_that_can_be_read_ages_stand_alone_and_the_page_says_why() {
    let old = said(1, (NOW, NOW), &[STATION, (Dataset::KeySet, NOW - 100 * DAY_S)]);
    let young = said(2, (NOW, NOW), &[STATION, (Dataset::StatusList, NOW - 60)]);
    let shown = looked_at(&[1, 2], vec![young, old], Bands::unread(Unread::Damaged));
    assert_eq!((shown.rows[0].number, shown.by_band), (1, None), "the oldest first");
    let page = unmarked(&shown.render().unwrap());
    for words in
        ["key-set: 100 天 d 0 时 h", "The published repository is damaged", "Ages alone, without bands"]
    {
        assert!(page.contains(words), "{words}: {page}");
    }
    for word in ["class=\"fresh\"", "class=\"ageing\"", "class=\"stale\"", "class=\"expired\""] {
        assert!(!page.contains(word), "{word}: {page}");
    }
    let page = unmarked(&looked_at(&[1], vec![], bands()).render().unwrap());
    assert!(
        page.contains("Bands by policy 1 (stations).")
            && page.contains("Policy 1 (hospitals) has no bands: the list alone has a limit.")
    );
}

#[test]
fn a_terminal_stands_there_with_the_fingerprint_that_its_own_page_shows_and_where_it_counted() {
    let db = crate::store::db::empty();
    let (one, record) = (gate_core::query::TerminalNumber::new(1).unwrap(), crate::chain::key().public_key());
    let by = ("测试员", Timestamp::EPOCH);
    crate::store::terminals::enrol_by_hand(&db, one, (&[7; 32], &record), by).unwrap();
    db.run("INSERT INTO counter VALUES (1, 5, 77, 1, 80, 4)", &[]).unwrap();
    let page = unmarked(&look(&db, bands()).render().unwrap());
    assert!(page.contains(&Fingerprint::of(&[7; 32], record.as_bytes()).to_string()), "{page}");
    assert!(page.contains("场所 place 77<"), "{page}");
}

#[test]
fn what_a_terminal_says_of_itself_and_what_a_person_looks_for_is_text_on_the_page() {
    let mut one = said(1, (1, 1), &[]);
    one.2.software = "<script>alert(1)</script>".into();
    let mut fleet = looked_at(&[1], vec![one], bands());
    fleet.text = "\"><script>alert(2)</script>".into();
    assert!(!fleet.render().unwrap().contains("<script>alert"));
}

#[test]
fn each_dataset_has_its_age_and_what_never_came_says_never() {
    let held = [(Dataset::KeySet, NOW - 60), (Dataset::PolicyStation, NOW - 2 * DAY_S)];
    let page = unmarked(&looked_at(&[1], vec![said(1, (NOW, NOW), &held)], bands()).render().unwrap());
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
