//! What is found by what, and in which order.

use super::*;
use crate::bands::tests::{bands, summary};
use gate_core::manifest::Dataset;
use gate_wire::time::Timestamp;

const NOW: u64 = 20_000 * 86_400;

fn asked(find: &str, state: &str, page: &str) -> Wanted {
    Wanted::of(&Asked { find: find.into(), state: state.into(), page: page.into() })
}

/// A terminal that is enrolled and never reported.
fn silent(number: u32) -> Seen {
    Seen { number, standing: Standing::Enrolled, said: None, place: None }
}

/// One whose keys are so many days old.
fn of_days(number: u32, days: u64) -> Seen {
    let day = 86_400;
    let held = [
        (Dataset::PolicyStation, NOW),
        (Dataset::StatusList, NOW),
        (Dataset::Revocations, NOW),
        (Dataset::KeySet, NOW - days * day),
    ];
    Seen { said: Some((summary(NOW, &held), NOW)), ..silent(number) }
}

fn page(wanted: &Wanted, fleet: &[Seen]) -> Page {
    let places = Places::load(
        r#"{"format":1,"version":1,"places":[
        {"number":12,"name":"测试东站","kind":"station","region":"510104","place_code":"","lanes":[]},
        {"number":13,"name":"测试 East 院","kind":"hospital","region":"510104","place_code":"","lanes":[]}]}"#
            .as_bytes(),
    )
    .unwrap();
    let (bands, now) = (bands(), Timestamp::from_unix(NOW).unwrap());
    let mut found = Found::nothing(wanted, Some(&places));
    for seen in fleet {
        let said = seen.said.as_ref();
        let state = said.map(|(summary, received)| State::of((summary, *received), &bands, now));
        found.see(seen, state.as_ref());
    }
    found.page()
}

fn numbers(wanted: &Wanted, fleet: &[Seen]) -> Vec<u32> {
    page(wanted, fleet).numbers
}

#[test]
fn a_terminal_is_found_by_its_number_its_places_number_or_its_places_name() {
    let at = |number, place| Seen { place: Some(place), ..silent(number) };
    let fleet = [at(7, 12), at(12, 13), at(71, 13), at(8, 99), silent(9)];
    let found = |text: &str| numbers(&asked(text, "", ""), &fleet);
    assert_eq!(found("7"), [7], "a whole number");
    assert_eq!(found("12"), [7, 12], "its own, or its place's");
    assert_eq!(found(" 东站 "), [7]);
    assert_eq!(found("EAST"), [12, 71]);
    assert_eq!(found("测试"), [7, 12, 71]);
    assert_eq!(found("无此站"), [0; 0]);
    assert_eq!(found(""), [7, 8, 9, 12, 71]);
    assert_eq!(found("4294967296"), [0; 0]);
}

#[test]
fn faults_and_old_data_come_before_who_never_reported_and_before_all_that_is_well() {
    let mut fleet: Vec<Seen> = (100..300).map(|number| of_days(number, 1)).collect();
    fleet.extend((300..310).map(silent));
    let mut unwell = of_days(9_731, 1);
    unwell.said.as_mut().unwrap().0.faults = vec!["F02".into()];
    let mut ahead = of_days(9_732, 1);
    ahead.said.as_mut().unwrap().0.at = NOW + 9_999;
    let revoked = Seen { standing: Standing::Revoked, ..of_days(9_733, 400) };
    fleet.extend([revoked, of_days(9_734, 31), of_days(9_735, 91), ahead, unwell]);
    let first = numbers(&asked("", "", ""), &fleet);
    assert_eq!(first[..5], [9_731, 9_732, 9_735, 9_734, 300]);
    assert_eq!((first[13], first[14], first.len()), (309, 100, ROWS));
    let last = page(&asked("", "", "3"), &fleet);
    assert_eq!((last.page, last.pages, last.found, last.before), (3, 3, 215, 200));
    assert_eq!(last.numbers.last(), Some(&9_733), "a revoked one is nobody's work any more");
    let of = |state: &str| numbers(&asked("", state, ""), &fleet);
    assert_eq!((of("unwell"), of("clock"), of("revoked")), (vec![9_731], vec![9_732], vec![9_733]));
    assert_eq!(of("old"), [9_735, 9_734]);
    assert_eq!(of("silent"), (300..310).collect::<Vec<u32>>());
}

#[test]
fn whatever_stands_in_an_address_there_is_a_page() {
    let fleet: Vec<Seen> = (1..=101).map(silent).collect();
    for (text, state, at, shown) in [
        ("", "no such", "2", 1),
        ("", "", "0", ROWS),
        ("", "", "-1", ROWS),
        ("", "", "99999999999999999999", ROWS),
        ("", "", "3", 1),
        ("nobody", "revoked", "7", 0),
    ] {
        assert_eq!(numbers(&asked(text, state, at), &fleet).len(), shown, "{text} {state} {at}");
    }
    assert_eq!(asked(&"甲".repeat(41), "", "").text.chars().count(), 40);
    let address = asked("东 站&x=1", "old", "1").address(2);
    assert_eq!(address, "/?find=%E4%B8%9C+%E7%AB%99%26x%3D1&state=old&page=2");
    assert_eq!(asked("", "", "").address(1), "/?page=1");
}
