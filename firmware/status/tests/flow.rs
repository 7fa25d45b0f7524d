//! What a delta is counted as: by what terminals answer before and after, whichever change made the difference.
#![allow(clippy::unwrap_used, reason = "a test program: an error is a failed test")]

mod support;

use std::path::Path;

use gate_status::{
    Answer, BaseHead, Changes, DeskKeys, Epoch, Flow, FlowFault, Key, KeyChange, Scope, SealedList,
    StatusList, Wanted, place, sign_head,
};
use gate_wire::credential::Colour::{self, Green, Red, Yellow};
use support::{Desk, amended, delta, open, person, subject, write};

const GREENS: std::ops::Range<u32> = 0..40;
const YELLOW: u32 = 50;
const RED: u32 = 60;
/// Yellow, and has number 1070 in the base, too.
const TWO: u32 = 70;

fn base(folder: &Path, scope: Scope) -> SealedList {
    let path = folder.join("list");
    let mut people: Vec<_> = GREENS.map(|n| person(n.into(), &[n], Green)).collect();
    people.extend([person(50, &[YELLOW], Yellow), person(60, &[RED], Red)]);
    people.push(person(70, &[TWO, 1000 + TWO], Yellow));
    if scope == Scope::Exceptions {
        people.retain(|person| person.colour != Green);
    }
    write(&path, scope, &people).unwrap();
    open(&path)
}

fn key(n: u32) -> Key {
    Key::of(&subject(n), &Desk::new().epoch_key(Epoch(1), 0))
}

/// A delta that names these by key: what an insider may write, an honest desk or not.
fn keyed(list: &SealedList, changes: &[(u32, KeyChange)]) -> Vec<u8> {
    let mut keyed: Vec<_> = changes.iter().map(|(n, change)| (key(*n), *change)).collect();
    keyed.sort_unstable_by_key(|(key, _)| *key);
    delta(list, &Changes { ranked: Vec::new(), keyed })
}

fn moved(from: Colour, to: Colour, count: u64) -> Flow {
    let mut flow = Flow::default();
    flow.moved[place(from)][place(to)] = count;
    flow
}

fn taken(list: &mut SealedList, file: &[u8]) -> Flow {
    let flow = list.flow(file).unwrap();
    list.apply(file).unwrap();
    flow
}

/// The same list with a head, signed by both, that says of how many people it is.
fn that_says(list: &SealedList, path: &Path, people: u64) -> SealedList {
    let head = BaseHead { people, ..*list.base_head() }.encode();
    let signatures = sign_head(&head, Desk::new().signers()).unwrap();
    let connection = rusqlite::Connection::open(path).unwrap();
    let said = (head, signatures.as_slice());
    assert_eq!(connection.execute("UPDATE head SET head = ?1, signatures = ?2", said).unwrap(), 1);
    connection.close().unwrap();
    open(path)
}

#[test]
fn a_head_that_lies_about_how_many_people_there_are_hides_no_change() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("list");
    let list = base(folder.path(), Scope::Population);
    let numbers = u64::from(list.base_head().keys);
    for people in [0, numbers - 1, numbers, numbers + 1, u64::MAX] {
        let list = that_says(&list, &path, people);
        for change in [Wanted::Colour(Red), Wanted::Removed] {
            let file = amended(&list, &[(vec![subject(TWO)], change)]);
            let flow = list.flow(&file).unwrap();
            let both = flow.moved[place(Yellow)][place(Red)] + flow.removed[place(Yellow)];
            assert_eq!(both, 2, "{people}: a person's second number changes with it");
        }
    }
}

#[test]
fn a_number_that_is_joined_to_a_red_person_is_one_turned_red() {
    let folder = tempfile::tempdir().unwrap();
    let list = base(folder.path(), Scope::Population);
    let file = keyed(&list, &[(1, KeyChange::SecondOf(key(RED)))]);
    assert_eq!(list.flow(&file).unwrap(), Flow { joined: 1, ..moved(Green, Red, 1) });
    // Who was in no list is turned red by it, too.
    let file = keyed(&list, &[(900, KeyChange::SecondOf(key(RED)))]);
    assert_eq!(list.flow(&file).unwrap(), Flow { joined: 1, new: [0, 0, 1], ..Flow::default() });
    let mut list = list;
    list.apply(&file).unwrap();
    assert_eq!(list.find(&subject(900)), Ok(Answer::Listed(Red)));
}

#[test]
fn a_person_weighs_as_many_as_have_its_colour() {
    let folder = tempfile::tempdir().unwrap();
    let mut list = base(folder.path(), Scope::Population);
    // One yellow person's second number, in the base, changes with it.
    let file = amended(&list, &[(vec![subject(TWO)], Wanted::Colour(Red))]);
    assert_eq!(list.flow(&file).unwrap(), moved(Yellow, Red, 2));
    // Thirty green numbers are made one yellow person's, who then turns red: thirty-one, not one.
    let joins: Vec<_> = (0..30).map(|n| (n, KeyChange::SecondOf(key(YELLOW)))).collect();
    let file = keyed(&list, &joins);
    assert_eq!(taken(&mut list, &file), Flow { joined: 30, ..moved(Green, Yellow, 30) });
    for file in [
        amended(&list, &[(vec![subject(YELLOW)], Wanted::Colour(Red))]),
        keyed(&list, &[(YELLOW, KeyChange::Colour(Red))]),
    ] {
        assert_eq!(list.flow(&file).unwrap(), moved(Yellow, Red, 31), "by rank and by key alike");
    }
    let file = keyed(&list, &[(YELLOW, KeyChange::Removed)]);
    assert_eq!(list.flow(&file).unwrap(), Flow { removed: [0, 31, 0], ..Flow::default() });
}

#[test]
fn red_removed_and_new_green_is_red_to_green() {
    let folder = tempfile::tempdir().unwrap();
    let mut list = base(folder.path(), Scope::Population);
    let file = keyed(&list, &[(RED, KeyChange::Removed)]);
    assert_eq!(taken(&mut list, &file), Flow { removed: [0, 0, 1], ..Flow::default() });
    for (to, counted) in
        [(Green, moved(Red, Green, 1)), (Yellow, moved(Red, Yellow, 1)), (Red, moved(Green, Red, 1))]
    {
        let file = keyed(&list, &[(RED, KeyChange::Colour(to))]);
        assert_eq!(list.flow(&file).unwrap(), counted, "worst taken: no list keeps whom it removed");
    }
    // And where it is made the second number of a green one.
    let file = keyed(&list, &[(RED, KeyChange::SecondOf(key(1)))]);
    assert_eq!(list.flow(&file).unwrap(), Flow { joined: 1, ..moved(Red, Green, 1) });
}

#[test]
fn removed_is_counted_by_colour_and_where_only_exceptions_are_listed_it_is_turning_green() {
    let folder = tempfile::tempdir().unwrap();
    let list = base(folder.path(), Scope::Population);
    let gone = |numbers: &[u32]| {
        let changes: Vec<_> = numbers.iter().map(|n| (*n, KeyChange::Removed)).collect();
        list.flow(&keyed(&list, &changes)).unwrap()
    };
    assert_eq!(gone(&[1, 2, YELLOW, RED]), Flow { removed: [2, 1, 1], ..Flow::default() });
    assert_eq!(gone(&[800]), Flow { unchanged: 1, ..Flow::default() }, "nobody");
    let folder = tempfile::tempdir().unwrap();
    let mut list = base(folder.path(), Scope::Exceptions);
    let file = keyed(&list, &[(RED, KeyChange::Removed)]);
    assert_eq!(taken(&mut list, &file), moved(Red, Green, 1));
    let file = keyed(&list, &[(RED, KeyChange::Colour(Red))]);
    assert_eq!(list.flow(&file).unwrap(), moved(Green, Red, 1));
}

#[test]
fn a_second_number_that_would_lead_nowhere_is_no_change_to_count() {
    let folder = tempfile::tempdir().unwrap();
    let mut list = base(folder.path(), Scope::Population);
    // Nobody's second number, and a person made a second one while another leads to it.
    let nobody = keyed(&list, &[(1, KeyChange::SecondOf(key(900)))]);
    assert!(matches!(list.flow(&nobody), Err(FlowFault::Tangle)));
    let tangled = keyed(&list, &[(TWO, KeyChange::SecondOf(key(RED)))]);
    assert!(matches!(list.flow(&tangled), Err(FlowFault::Tangle)));
    let file = keyed(&list, &[(2, KeyChange::SecondOf(key(3)))]);
    list.apply(&file).unwrap();
    let tangled = keyed(&list, &[(3, KeyChange::SecondOf(key(RED)))]);
    assert!(matches!(list.flow(&tangled), Err(FlowFault::Tangle)));
}

#[test]
fn what_an_honest_desk_makes_is_counted_as_it_says() {
    let folder = tempfile::tempdir().unwrap();
    let list = base(folder.path(), Scope::Population);
    let file = amended(
        &list,
        &[
            (vec![subject(1)], Wanted::Colour(Red)),
            (vec![subject(2)], Wanted::Colour(Green)),
            (vec![subject(RED)], Wanted::Colour(Yellow)),
            (vec![subject(500), subject(501)], Wanted::Colour(Yellow)),
            (vec![subject(TWO)], Wanted::Removed),
        ],
    );
    let mut flow = moved(Green, Red, 1);
    flow.moved[place(Red)][place(Yellow)] = 1;
    // Both numbers are new; a person taken off by the first one takes the second along.
    // And who was green is told to be green: that is remembered, too.
    flow = Flow { new: [0, 2, 0], removed: [0, 2, 0], joined: 1, unchanged: 1, ..flow };
    assert_eq!(list.flow(&file).unwrap(), flow);
}

#[test]
fn what_changes_no_answer_is_counted_once_and_what_was_said_before_is_free() {
    let folder = tempfile::tempdir().unwrap();
    let mut list = base(folder.path(), Scope::Population);
    let idle = |count| Flow { unchanged: count, ..Flow::default() };
    // Removals of nobody, a colour by key that was there, a second number that was one, a colour by rank that was there.
    let second = KeyChange::SecondOf(key(TWO));
    let nobody: Vec<_> = (900..950).map(|n| (n, KeyChange::Removed)).collect();
    let by_key = [nobody, vec![(1, KeyChange::Colour(Green)), (1000 + TWO, second)]].concat();
    let by_key = keyed(&list, &by_key);
    assert_eq!(taken(&mut list, &by_key), idle(52));
    let by_rank = amended(&list, &[(vec![subject(2)], Wanted::Colour(Green))]);
    assert_eq!(taken(&mut list, &by_rank), idle(1));
    // A delta over several steps says all of it again: nothing more to remember.
    let again = delta(&list, &list.changes());
    assert_eq!(taken(&mut list, &again), idle(0));
    // A colour by rank that a change by key hides.
    let mut hidden = list.changes();
    hidden.keyed.clear();
    let red = keyed(&list, &[(2, KeyChange::Removed)]);
    assert_eq!(taken(&mut list, &red), Flow { removed: [1, 0, 0], ..Flow::default() });
    hidden.ranked.iter_mut().for_each(|(_, colour)| *colour = Yellow);
    let hidden = delta(&list, &hidden);
    assert_eq!(taken(&mut list, &hidden), idle(1));
}
