//! Lines come back in their order, whole, and no more than were asked for.

use super::*;

fn at(seconds: u64) -> Timestamp {
    Timestamp::from_unix(seconds).unwrap()
}

fn database() -> Db {
    let db = crate::store::db::empty();
    // The clock was put back in between: the order is that of writing.
    for (who, second, terminal) in
        [("测试甲", 50, 1), ("测试乙", 60, 2), ("测试甲", 40, 3), ("测试甲", 70, 4)]
    {
        audit(&db, (who, at(second)), Deed::Invite, &[&terminal]).unwrap();
    }
    db
}

fn said(db: &Db, span: Span, who: Option<&str>) -> Vec<String> {
    audited(db, span, who, 0).unwrap().into_iter().map(|line| line.what).collect()
}

#[test]
fn lines_come_as_they_were_written_by_time_and_by_person() {
    let db = database();
    let of = |numbers: &[u32]| -> Vec<String> {
        numbers.iter().map(|number| format!("terminal {number} invited")).collect()
    };
    assert_eq!(said(&db, Span::ALL, None), of(&[1, 2, 3, 4]));
    assert_eq!(said(&db, Span { since: 50, until: 60 }, None), of(&[1, 2]));
    assert_eq!(said(&db, Span::ALL, Some("测试甲")), of(&[1, 3, 4]));
    assert_eq!(said(&db, Span { since: 51, ..Span::ALL }, Some("测试甲")), of(&[4]));
    assert_eq!(said(&db, Span::ALL, Some("测试")), of(&[]), "a name is a whole one");
    let second = audited(&db, Span::ALL, None, 0).unwrap()[1].clone();
    assert_eq!((second.at, second.who.as_str()), (60, "测试乙"));
    assert_eq!(audited(&db, Span::ALL, None, second.id).unwrap().len(), 2);
    let newest = newest_audited(&db, u64::MAX, Some("测试甲"), 2).unwrap();
    let words = |lines: &[Audited]| lines.iter().map(|line| line.what.clone()).collect::<Vec<_>>();
    assert_eq!(words(&newest), of(&[4, 3]));
    assert_eq!(words(&newest_audited(&db, newest[1].id, None, 9).unwrap()), of(&[2, 1]));
}

#[test]
fn alarms_come_by_terminal_and_time_and_the_newest_first_for_a_page() {
    let db = crate::store::db::empty();
    for (second, terminal) in [(1, 7), (2, 8), (3, 7)] {
        raise(&db, terminal, (Alarm::Doubt, &second), at(second)).unwrap();
    }
    for _ in 0..3 {
        raise_once(&db, 9, (Alarm::Over, &20_000), at(4)).unwrap();
    }
    let terminals = |all: Vec<Raised>| all.iter().map(|one| one.terminal).collect::<Vec<u32>>();
    assert_eq!(terminals(alarms(&db, Span::ALL, None, 0).unwrap()), [7, 8, 7, 9]);
    assert_eq!(terminals(alarms(&db, Span { since: 2, until: 3 }, None, 0).unwrap()), [8, 7]);
    assert_eq!(terminals(alarms(&db, Span::ALL, TerminalNumber::new(7), 0).unwrap()), [7, 7]);
    let newest = newest_alarms(&db, u64::MAX, 3).unwrap();
    assert_eq!(terminals(newest.clone()), [9, 7, 8]);
    assert_eq!(terminals(newest_alarms(&db, newest[2].id, 3).unwrap()), [7]);
    assert_eq!([0, 3, 5].map(|since| alarms_since(&db, since).unwrap()), [4, 2, 0]);
    assert_eq!(newest[2].what, "row 2: two that differ, or one that does not fit; both are kept");
}
