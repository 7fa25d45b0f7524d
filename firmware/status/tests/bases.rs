//! Bases: what is built is found, what is not is proven absent, and no changed byte makes a wrong answer.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test program: an error is a failed test")]

mod support;

use std::path::Path;

use gate_status::{
    Answer, BuildFault, BuildOrder, Clash, Colours, Epoch, KeyFault, ListFault, Numbers, OpenFault, Person,
    Scope, SealedList, StatusList, Step, Synthetic, Watch, build,
};
use gate_wire::credential::Colour;
use support::{COLOURS, Desk, Dice, Rejects, open, order, person, subject, write};

/// Person `n` has number `2n`, every third one also `2n + 1`.
fn people(count: u32) -> Vec<Person> {
    let numbers = |n: u32| if n.is_multiple_of(3) { vec![2 * n, 2 * n + 1] } else { vec![2 * n] };
    (0..count).map(|n| person(n.into(), &numbers(n), COLOURS[n as usize / 2 % 3])).collect()
}

#[test]
fn both_numbers_of_a_person_lead_to_the_same_entry_and_nobody_else_is_listed() {
    let folder = tempfile::tempdir().unwrap();
    for count in [0, 1, 2, 300, 20_000] {
        let path = folder.path().join(format!("测试 {count}?.tfs"));
        let report = write(&path, Scope::Population, &people(count)).unwrap();
        assert_eq!((report.people, report.subjects), (count.into(), u64::from(count + count.div_ceil(3))));
        let list = open(&path);
        list.check().unwrap();
        assert_eq!((list.head().people, list.head().version), (count.into(), 1));
        for n in 0..count {
            let listed = Ok(Answer::Listed(COLOURS[n as usize / 2 % 3]));
            assert_eq!(list.find(&subject(2 * n)), listed);
            let other = if n.is_multiple_of(3) { listed } else { Ok(Answer::NotListed) };
            assert_eq!(list.find(&subject(2 * n + 1)), other);
        }
        for n in 0..1000 {
            assert_eq!(list.find(&subject(1_000_000 + n)), Ok(Answer::NotListed));
        }
    }
}

#[test]
fn a_build_larger_than_its_memory_is_the_same_list() {
    let folder = tempfile::tempdir().unwrap();
    let world = Synthetic { people: 30_000, seed: 3 };
    for memory in [1 << 30, 64 << 10] {
        let path = folder.path().join(format!("{memory}"));
        let order = BuildOrder { memory, ..order(&path, Scope::Population, 1) };
        build(&order, &Desk::new(), &mut Rejects::default(), || world.people()).unwrap();
        let list = open(&path);
        list.check().unwrap();
        for n in 0..world.people {
            for subject in world.person(n).subjects {
                assert_eq!(list.find(&subject), Ok(Answer::Listed(Synthetic::colour(n))));
            }
        }
        assert!(!folder.path().join(format!("{memory}.sorting")).exists(), "no run stays");
    }
}

#[test]
fn a_person_with_anothers_number_is_left_out_whole_and_told() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("list");
    let people = [
        person(2, &[1, 2, 1], Colour::Red),
        person(3, &[3], Colour::Red),
        person(4, &[4, 2], Colour::Red),
        person(5, &[4, 5], Colour::Yellow),
    ];
    let mut rejects = Rejects::default();
    let order = order(&path, Scope::Population, 1);
    let report = build(&order, &Desk::new(), &mut rejects, || people.iter().cloned()).unwrap();
    // Line 5 falls with line 4's number, or stays because line 4 fell first: either way nobody is half in.
    assert!(rejects.0.contains(&(4, 2)));
    assert_eq!(report.rejected, rejects.0.len() as u64);
    let list = open(&path);
    assert_eq!(list.find(&subject(2)), Ok(Answer::Listed(Colour::Red)));
    let fifth = if rejects.0.len() == 1 { Answer::Listed(Colour::Yellow) } else { Answer::NotListed };
    assert_eq!((list.find(&subject(4)), list.find(&subject(5))), (Ok(fifth), Ok(fifth)));
}

#[test]
fn of_lines_that_contradict_each_other_about_a_person_the_strictest_counts_and_each_other_one_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let [green, yellow, red] = COLOURS;
    let people = [
        person(2, &[1], green),
        person(3, &[1], red),
        person(4, &[1], yellow),
        // The second number of one line is another's only one.
        person(5, &[10, 11], yellow),
        person(6, &[11], red),
        person(7, &[20], red),
        person(8, &[21, 20], yellow),
        person(9, &[30], yellow),
        person(10, &[30], yellow),
    ];
    let path = folder.path().join("list");
    let mut told = Clashes::default();
    build(&order(&path, Scope::Population, 1), &Desk::new(), &mut told, || people.iter().cloned()).unwrap();
    told.0.sort_unstable_by_key(|(line, _)| *line);
    let clash = |other, colours, numbers| Clash { other, colours, numbers };
    let expected = [
        (2, clash(3, Colours::Differ, Numbers::One)),
        (4, clash(3, Colours::Differ, Numbers::One)),
        (5, clash(6, Colours::Differ, Numbers::Several)),
        (8, clash(7, Colours::Differ, Numbers::Several)),
        (10, clash(9, Colours::Same, Numbers::One)),
    ];
    assert_eq!(told.0, expected);
    let list = open(&path);
    for number in [1, 11, 20] {
        assert_eq!(list.find(&subject(number)), Ok(Answer::Listed(red)), "number {number}");
    }
    assert_eq!(list.find(&subject(30)), Ok(Answer::Listed(yellow)));
}

#[derive(Default)]
struct Clashes(Vec<(u64, Clash)>);

impl Watch for Clashes {
    fn step(&mut self, _step: Step, _count: u64) {}

    fn reject(&mut self, line: u64, because: Clash) {
        self.0.push((line, because));
    }
}

#[test]
fn a_wrong_epoch_key_is_a_fault_never_a_list_in_which_nobody_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("list");
    write(&path, Scope::Population, &people(5)).unwrap();
    let refused = SealedList::open(&path, &Desk::new().terminal(1, 1)).err();
    assert!(matches!(refused, Some(OpenFault::Key(KeyFault::MatchEpoch { epoch: Epoch(1) }))), "{refused:?}");
    let refused = SealedList::open(&path, &Desk::new().terminal(2, 0)).err();
    assert!(matches!(refused, Some(OpenFault::Key(KeyFault::FindEpoch { epoch: Epoch(1) }))), "{refused:?}");
}

#[test]
fn what_cannot_be_a_list_is_not_built_and_half_a_list_does_not_open() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let nobody = write(&path("nobody"), Scope::Population, &[person(8, &[], Colour::Red)]).unwrap_err();
    assert!(matches!(nobody, BuildFault::NameNobody { line: 8 }));
    let green = write(&path("green"), Scope::Exceptions, &[person(9, &[1], Colour::Green)]).unwrap_err();
    assert!(matches!(green, BuildFault::ListGreen { line: 9 }));
    write(&path("twice"), Scope::Population, &people(3)).unwrap();
    assert!(write(&path("twice"), Scope::Population, &people(4)).is_err(), "a list is never written over");
    std::fs::write(path("noise"), [7; 9000]).unwrap();
    std::fs::write(path("empty"), []).unwrap();
    for name in ["noise", "empty", "absent"] {
        let refused = SealedList::open(&path(name), &Desk::new().terminal(1, 0)).err();
        assert!(
            matches!(refused, Some(OpenFault::Read(ListFault::Damaged | ListFault::Unreadable))),
            "{name}"
        );
    }
}

/// Asks for every few people, from the first of `every` on, and as many strangers; a fault is no wrong answer. `true` if any fault was met.
fn faults_but_no_wrong_answer(path: &Path, world: &Synthetic, every: (u64, u64), what: &str) -> bool {
    let Ok(list) = SealedList::open(path, &Desk::new().terminal(1, 0)) else { return true };
    let mut fault = false;
    for n in (every.0..world.people).step_by(every.1 as usize) {
        match list.find(&world.number(2 * n)) {
            Ok(answer) => assert_eq!(answer, Answer::Listed(Synthetic::colour(n)), "{what}, person {n}"),
            Err(_) => fault = true,
        }
        match list.find(&world.number(2 * (world.people + n))) {
            Ok(answer) => assert_eq!(answer, Answer::NotListed, "{what}, stranger {n}"),
            Err(_) => fault = true,
        }
    }
    fault || list.check().is_err()
}

/// The bytes that a reader uses: cells of leaf pages, and what leads to them.
fn is_live(file: &[u8], at: usize) -> bool {
    const PAGE: usize = 4096;
    let (page, begin) = (at / PAGE * PAGE, if at < PAGE { 100 } else { 0 });
    let (bytes, at) = (&file[page..page + PAGE], at % PAGE);
    let cells = usize::from(u16::from_be_bytes([bytes[begin + 3], bytes[begin + 4]]));
    let content = usize::from(u16::from_be_bytes([bytes[begin + 5], bytes[begin + 6]]));
    let header = if bytes[begin] == 5 { 12 } else { 8 };
    at >= begin && (at < begin + header + 2 * cells || at >= content) && bytes[begin] != 0
}

#[test]
fn two_thousand_flipped_bits_make_no_wrong_answer_and_none_in_a_live_byte_of_a_leaf_stays_unfound() {
    let flips = std::env::var("FLIPS").map_or(150, |text| text.parse().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let (path, flipped) = (folder.path().join("list"), folder.path().join("flipped"));
    let world = Synthetic { people: 12_000, seed: 9 };
    build(&order(&path, Scope::Population, 1), &Desk::new(), &mut Rejects::default(), || world.people())
        .unwrap();
    let whole = std::fs::read(&path).unwrap();
    let (mut dice, mut found, mut unfound) = (Dice(77), 0, Vec::new());
    for flip in 0..flips {
        let (at, bit) = (dice.below(whole.len() as u64) as usize, dice.below(8));
        let mut bytes = whole.clone();
        bytes[at] ^= 1 << bit;
        std::fs::write(&flipped, &bytes).unwrap();
        match faults_but_no_wrong_answer(&flipped, &world, (flip % 9, 9), &format!("bit {bit} of byte {at}"))
        {
            true => found += 1,
            false if is_live(&whole, at) => unfound.push((at, bit)),
            false => {}
        }
    }
    println!("{flips} flips, {found} found by reading, others in bytes that no reader uses");
    assert!(found > flips * 6 / 10, "{found} of {flips}");
    assert_eq!(unfound, [], "flips in live bytes that nothing found");
}
