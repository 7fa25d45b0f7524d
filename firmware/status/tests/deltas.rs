//! Deltas: order, replay, mix-ups; people with two numbers; folding.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test program: an error is a failed test")]

mod support;

use std::path::Path;

use gate_proof::subject::Subject;
use gate_status::{
    AmendRefused, Amendments, Answer, Changes, DeltaDamaged, DeltaOrder, DeltaRefused, DeskKeys, Epoch,
    KeyChange, ListFault, PersonSplit, Progress, Rank, Region, Scope, SealedList, Shelf, ShelfFault,
    StatusList, Tally, Wanted, build, climb, make_delta,
};
use gate_wire::credential::Colour;
use support::{COLOURS, Desk, Rejects, amended, delta, next_step, open, order, person, subject, ties, write};

const RED: Wanted = Wanted::Colour(Colour::Red);

fn base(folder: &Path, scope: Scope) -> SealedList {
    let path = folder.join("list");
    let numbers = |n: u32| if n < 10 { vec![n, 1000 + n] } else { vec![n] };
    let people: Vec<_> =
        (0..100).map(|n| person(n.into(), &numbers(n), COLOURS[1 + n as usize % 2])).collect();
    write(&path, scope, &people).unwrap();
    open(&path)
}

/// Every kind of change a delta makes.
fn every_kind() -> [(Vec<Subject>, Wanted); 6] {
    [
        (vec![subject(20)], Wanted::Colour(Colour::Green)),
        (vec![subject(1003)], RED),
        (vec![subject(30)], Wanted::Removed),
        (vec![subject(5)], Wanted::Removed),
        (vec![subject(500), subject(501)], RED),
        (vec![subject(40), subject(1040)], RED),
    ]
}

#[test]
fn a_delta_changes_whom_it_names_and_the_time_of_everybody() {
    let folder = tempfile::tempdir().unwrap();
    let mut list = base(folder.path(), Scope::Population);
    let before = list.head().as_of;
    let file = amended(&list, &every_kind());
    list.apply(&file).unwrap();
    assert_eq!(list.head().as_of, before.plus(300));
    let red = Ok(Answer::Listed(Colour::Red));
    assert_eq!(list.find(&subject(20)), Ok(Answer::Listed(Colour::Green)));
    for n in [3, 1003, 500, 501, 40, 1040] {
        assert_eq!(list.find(&subject(n)), red, "number {n}");
    }
    for n in [30, 5, 1005, 700] {
        assert_eq!(list.find(&subject(n)), Ok(Answer::NotListed), "number {n}");
    }
    assert_eq!(list.find(&subject(21)), Ok(Answer::Listed(Colour::Red)), "who is not named stays");
    assert_eq!(list.find(&subject(22)), Ok(Answer::Listed(Colour::Yellow)));
}

#[test]
fn people_are_counted_by_the_colour_that_they_have_now() {
    let folder = tempfile::tempdir().unwrap();
    let mut list = base(folder.path(), Scope::Population);
    assert_eq!(list.tally(), Ok(Tally { green: 0, yellow: 50, red: 50 }), "second numbers are nobody");
    list.apply(&amended(&list, &every_kind())).unwrap();
    let tally = list.tally().unwrap();
    assert_eq!(tally, Tally { green: 1, yellow: 47, red: 51 });
    assert_eq!(tally.people(), list.counted().unwrap().0);
    let exceptions = tempfile::tempdir().unwrap();
    let mut list = base(exceptions.path(), Scope::Exceptions);
    list.apply(&amended(&list, &[(vec![subject(20)], Wanted::Colour(Colour::Green))])).unwrap();
    assert_eq!(list.tally(), Ok(Tally { green: 0, yellow: 49, red: 50 }), "no exception any more");
}

#[test]
fn steps_in_which_a_second_number_becomes_a_person_are_not_merged_and_all_others_are() {
    let folder = tempfile::tempdir().unwrap();
    let mut list = base(folder.path(), Scope::Population);
    // The second number is taken away by name, so that it may be a first one afterwards.
    let wanted = [
        [(vec![subject(500), subject(501)], RED)],
        [(vec![subject(500), subject(501)], Wanted::Removed)],
        [(vec![subject(20)], RED)],
        [(vec![subject(501)], Wanted::Colour(Colour::Green))],
        [(vec![subject(21)], RED)],
    ];
    let mut files = Vec::new();
    for step in wanted {
        let file = amended(&list, &step);
        list.apply(&file).unwrap();
        files.push(file);
    }
    let spans = |rungs: &[u32]| {
        let mut fresh = open(&folder.path().join("list"));
        let made = climb(&mut fresh, &files, rungs).unwrap();
        assert_eq!(fresh.state(), list.state());
        made.iter().map(|rung| (rung.span.from, rung.span.to)).collect::<Vec<_>>()
    };
    assert_eq!(spans(&[4]), [], "a list at step 1 has the second number and would refuse it");
    assert_eq!(spans(&[2]), [(0, 2), (2, 4)]);
    files.truncate(1);
    files[0].pop();
    let refused = climb(&mut open(&folder.path().join("list")), &files, &[4, 2]).err().unwrap();
    assert_eq!((refused.nth, refused.source), (0, DeltaRefused::Damaged(DeltaDamaged::Body)));
}

#[test]
fn a_delta_on_the_wrong_list_out_of_order_or_again_is_refused_with_its_reason() {
    let folder = tempfile::tempdir().unwrap();
    let mut list = base(folder.path(), Scope::Population);
    let first = amended(&list, &[(vec![subject(20)], RED)]);
    let step = next_step(&list);
    list.apply(&first).unwrap();
    let refused = |order: DeltaOrder| {
        let file = make_delta(&order, &Changes::default(), Desk::new().signers()).unwrap();
        open(&folder.path().join("list")).apply(&file).err()
    };
    assert_eq!(list.apply(&first).err(), Some(DeltaRefused::Replays { to: 1, ours: 1 }));
    let skips = DeltaOrder { from: (2, [0; 32]), to: (3, None), ..step.clone() };
    assert_eq!(refused(skips), Some(DeltaRefused::Skips { from: 2, ours: 0 }));
    let province = Region::new(*b"440000").unwrap();
    let (theirs, ours) = (province, step.province);
    assert_eq!(
        refused(DeltaOrder { province, ..step.clone() }),
        Some(DeltaRefused::Province { theirs, ours })
    );
    assert_eq!(refused(DeltaOrder { scope: Scope::Exceptions, ..step.clone() }), Some(DeltaRefused::Scope));
    let (theirs, ours) = (Epoch(2), Epoch(1));
    assert_eq!(
        refused(DeltaOrder { epoch: theirs, ..step.clone() }),
        Some(DeltaRefused::Epoch { theirs, ours })
    );
    assert_eq!(refused(DeltaOrder { base_root: [1; 32], ..step.clone() }), Some(DeltaRefused::Base));
    assert_eq!(refused(DeltaOrder { from: (0, [1; 32]), ..step.clone() }), Some(DeltaRefused::Link));
    let as_of = list.base_head().as_of.minus(1);
    assert_eq!(refused(DeltaOrder { as_of, ..step.clone() }), Some(DeltaRefused::Earlier));
    assert_eq!(refused(step.clone()), None);
    let beyond = Changes { ranked: vec![(Rank(110), Colour::Red)], keyed: Vec::new() };
    let file = make_delta(&step, &beyond, Desk::new().signers()).unwrap();
    let refused = open(&folder.path().join("list")).apply(&file).err();
    assert_eq!(refused, Some(DeltaRefused::Rank { rank: Rank(110) }));
}

#[test]
fn no_changed_byte_and_no_cut_delta_is_taken() {
    let folder = tempfile::tempdir().unwrap();
    let mut list = base(folder.path(), Scope::Population);
    let file = amended(&list, &[(vec![subject(20)], RED), (vec![subject(777)], RED)]);
    let before = list.state();
    for at in 0..file.len() {
        let mut flipped = file.clone();
        flipped[at] ^= 1 << (at % 8);
        assert!(matches!(list.apply(&flipped), Err(DeltaRefused::Damaged(_))), "byte {at}");
        assert!(matches!(list.apply(&file[..at]), Err(DeltaRefused::Damaged(_))), "cut at {at}");
    }
    assert_eq!(list.state(), before);
    let longer = [&file[..], &[0]].concat();
    assert_eq!(list.apply(&longer).err(), Some(DeltaRefused::Damaged(DeltaDamaged::Body)));
    list.apply(&file).unwrap();
}

#[test]
fn the_numbers_of_a_person_cannot_come_apart() {
    let folder = tempfile::tempdir().unwrap();
    let mut list = base(folder.path(), Scope::Population);
    let epoch_key = Desk::new().epoch_key(Epoch(1), 0);
    let key = |n: u32| gate_status::Key::of(&subject(n), &epoch_key);
    // A second number of the base: a colour of its own changes nothing.
    let alone = Changes { ranked: Vec::new(), keyed: vec![(key(1004), KeyChange::Colour(Colour::Red))] };
    let file = delta(&list, &alone);
    list.apply(&file).unwrap();
    assert_eq!(list.find(&subject(1004)), list.find(&subject(4)));
    // One that came by delta: refused whole.
    let file = amended(&list, &[(vec![subject(600), subject(601)], RED)]);
    list.apply(&file).unwrap();
    let alone = Changes { ranked: Vec::new(), keyed: vec![(key(601), KeyChange::Colour(Colour::Green))] };
    let file = delta(&list, &alone);
    assert_eq!(list.apply(&file).err(), Some(DeltaRefused::Split(PersonSplit)));
    // The desk does not even make one.
    let mut amendments = Amendments::of(&list);
    assert_eq!(amendments.set(&[subject(1), subject(2)], RED), Err(AmendRefused::JoinPeople));
    assert_eq!(amendments.set(&[], RED), Err(AmendRefused::NameNobody));
    amendments.set(&[subject(601)], Wanted::Colour(Colour::Yellow)).unwrap();
    let again = amendments.set(&[subject(600)], Wanted::Colour(Colour::Yellow));
    assert_eq!(again, Err(AmendRefused::ChangeTwice));
    let file = delta(&list, &amendments.finish());
    list.apply(&file).unwrap();
    assert_eq!(list.find(&subject(600)), Ok(Answer::Listed(Colour::Yellow)));
}

#[test]
fn in_a_list_of_exceptions_who_turns_green_is_not_listed() {
    let folder = tempfile::tempdir().unwrap();
    let mut list = base(folder.path(), Scope::Exceptions);
    let green = Wanted::Colour(Colour::Green);
    let file =
        amended(&list, &[(vec![subject(20)], green), (vec![subject(900)], green), (vec![subject(901)], RED)]);
    list.apply(&file).unwrap();
    assert_eq!(list.find(&subject(20)), Ok(Answer::NotListed));
    assert_eq!(list.find(&subject(900)), Ok(Answer::NotListed));
    assert_eq!(list.find(&subject(901)), Ok(Answer::Listed(Colour::Red)));
}

#[test]
fn one_file_over_many_steps_leads_from_each_of_them_to_the_same_list() {
    let folder = tempfile::tempdir().unwrap();
    let mut desk = base(folder.path(), Scope::Population);
    let mut steps = Vec::new();
    for n in 0..5 {
        let file = amended(&desk, &[(vec![subject(20 + n)], RED), (vec![subject(2000 + n)], RED)]);
        desk.apply(&file).unwrap();
        steps.push(file);
    }
    let (begin, state) = (open(&folder.path().join("list")).state(), desk.state());
    let to = (state.step, Some(state.link));
    let via = ties(0, &steps);
    let order = DeltaOrder { from: (0, begin.link), to, via, as_of: state.as_of, ..next_step(&desk) };
    let whole = make_delta(&order, &desk.changes(), Desk::new().signers()).unwrap();
    for taken in 0..5 {
        let mut list = open(&folder.path().join("list"));
        for file in &steps[..taken] {
            list.apply(file).unwrap();
        }
        list.apply(&whole).unwrap();
        assert!(list.state() == state && list.changes() == desk.changes(), "from step {taken}");
    }
}

#[test]
fn a_longer_file_of_another_history_is_refused_wherever_the_list_is_within_it() {
    let folder = tempfile::tempdir().unwrap();
    let fresh = || open(&{ folder.path().join("list") });
    drop(base(folder.path(), Scope::Population));
    let history = |n: u32| {
        let (mut desk, mut steps) = (fresh(), Vec::new());
        for step in 0..4 {
            let file = amended(&desk, &[(vec![subject(20 + n + step)], RED)]);
            desk.apply(&file).unwrap();
            steps.push(file);
        }
        let rung = climb(&mut fresh(), &steps, &[4]).unwrap().remove(0);
        (make_delta(&rung.order, &rung.changes, Desk::new().signers()).unwrap(), steps)
    };
    let (ours, theirs) = (history(0), history(40));
    for taken in 0..4 {
        let mut list = fresh();
        for file in &ours.1[..taken] {
            list.apply(file).unwrap();
        }
        let before = list.state();
        if taken > 0 {
            assert_eq!(list.apply(&theirs.0).err(), Some(DeltaRefused::Link), "at step {taken}");
            assert_eq!(list.state(), before);
        }
        list.apply(&ours.0).unwrap();
    }
    let ties = fresh().ties_of(&ours.0).unwrap();
    let mut steps: Vec<u32> = ties.iter().map(|(step, _)| *step).collect();
    steps.sort_unstable();
    assert_eq!(steps, [0, 1, 2, 3, 4]);
}

#[test]
fn a_merged_file_made_of_merged_files_knows_every_step_it_leads_over() {
    let folder = tempfile::tempdir().unwrap();
    let mut desk = base(folder.path(), Scope::Population);
    let fresh = || open(&{ folder.path().join("list") });
    let mut steps = Vec::new();
    for step in 0..4 {
        steps.push(amended(&desk, &[(vec![subject(20 + step)], RED)]));
        desk.apply(&steps[step as usize]).unwrap();
    }
    let merged = |files: &[Vec<u8>], rung: u32| -> Vec<Vec<u8>> {
        let rungs = climb(&mut fresh(), files, &[rung]).unwrap();
        rungs.iter().map(|r| make_delta(&r.order, &r.changes, Desk::new().signers()).unwrap()).collect()
    };
    let pairs = merged(&steps, 2);
    assert_eq!((pairs.len(), merged(&pairs, 4) == merged(&steps, 4)), (2, true));
}

#[test]
fn signed_nonsense_is_refused_before_it_takes_memory_or_changes_anybody() {
    let folder = tempfile::tempdir().unwrap();
    let list = base(folder.path(), Scope::Population);
    let key = |n: u32| gate_status::Key::of(&subject(n), &Desk::new().epoch_key(Epoch(1), 0));
    let itself = Changes { ranked: Vec::new(), keyed: vec![(key(700), KeyChange::SecondOf(key(700)))] };
    let file = delta(&list, &itself);
    let refused = |file: &[u8]| open(&folder.path().join("list")).apply(file).err();
    assert_eq!(refused(&file), Some(DeltaRefused::Damaged(DeltaDamaged::Read)));
    let many =
        Changes { ranked: (0..111).map(|rank| (Rank(rank), Colour::Red)).collect(), keyed: Vec::new() };
    assert_eq!(refused(&delta(&list, &many)), Some(DeltaRefused::Rank { rank: Rank(110) }));
    // A second number of nobody: every seal holds, so it is no damage that could be repaired.
    let nobody = Changes { ranked: Vec::new(), keyed: vec![(key(700), KeyChange::SecondOf(key(701)))] };
    let (mut list, file) = (open(&folder.path().join("list")), delta(&list, &nobody));
    list.apply(&file).unwrap();
    assert_eq!(list.find(&subject(700)), Err(ListFault::Contradictory));
}

#[test]
fn a_removed_number_to_which_second_numbers_lead_is_nobodys_second_number_in_this_epoch() {
    let folder = tempfile::tempdir().unwrap();
    let mut list = base(folder.path(), Scope::Population);
    // Number 1003 leads to 3, and 601 to 600: they go by their first numbers alone. Number 30 is a person's only one.
    let file = amended(&list, &[(vec![subject(600), subject(601)], RED)]);
    list.apply(&file).unwrap();
    let removed: Vec<_> = [3, 600, 30].map(|n| (vec![subject(n)], Wanted::Removed)).into();
    let file = amended(&list, &removed);
    list.apply(&file).unwrap();
    let mut amendments = Amendments::of(&list);
    for n in [3, 600] {
        let refused = amendments.set(&[subject(900 + n), subject(n)], RED);
        assert_eq!(refused, Err(AmendRefused::AwaitNextEpoch), "number {n}");
    }
    amendments.set(&[subject(950), subject(30)], RED).unwrap();
    let file = delta(&list, &amendments.finish());
    list.apply(&file).unwrap();
    for n in [1003, 601, 3, 600] {
        assert_eq!(list.find(&subject(n)), Ok(Answer::NotListed), "number {n}");
    }
    assert_eq!(list.find(&subject(30)), Ok(Answer::Listed(Colour::Red)));
}

#[test]
fn two_people_in_the_list_are_joined_by_taking_one_off_and_naming_both_numbers_in_the_next_delta() {
    let folder = tempfile::tempdir().unwrap();
    let mut list = base(folder.path(), Scope::Population);
    assert_eq!(Amendments::of(&list).set(&[subject(20), subject(21)], RED), Err(AmendRefused::JoinPeople));
    for wanted in [vec![(vec![subject(21)], Wanted::Removed)], vec![(vec![subject(20), subject(21)], RED)]] {
        let file = amended(&list, &wanted);
        list.apply(&file).unwrap();
    }
    assert_eq!([20, 21].map(|n| list.find(&subject(n))), [Ok(Answer::Listed(Colour::Red)); 2]);
}

#[test]
fn nobody_to_take_off_is_told_and_of_lines_that_contradict_each_other_the_stricter_counts() {
    let folder = tempfile::tempdir().unwrap();
    let mut list = base(folder.path(), Scope::Population);
    let (green, yellow) = (Wanted::Colour(Colour::Green), Wanted::Colour(Colour::Yellow));
    let mut amendments = Amendments::of(&list);
    let mut set = |numbers: &[u32], wanted| {
        let subjects: Vec<_> = numbers.iter().map(|n| subject(*n)).collect();
        amendments.set(&subjects, wanted)
    };
    assert_eq!(set(&[777], Wanted::Removed), Err(AmendRefused::FindPerson));
    for (numbers, first, second, refused) in [
        (vec![20], green, RED, AmendRefused::Contradict),
        (vec![21], RED, green, AmendRefused::Contradict),
        (vec![22], Wanted::Removed, yellow, AmendRefused::Contradict),
        (vec![23], green, Wanted::Removed, AmendRefused::Contradict),
        (vec![24], RED, RED, AmendRefused::ChangeTwice),
        (vec![800], green, RED, AmendRefused::Contradict),
        (vec![801], RED, Wanted::Removed, AmendRefused::Contradict),
    ] {
        set(&numbers, first).unwrap();
        assert_eq!(set(&numbers, second), Err(refused), "{numbers:?}");
    }
    let file = delta(&list, &amendments.finish());
    list.apply(&file).unwrap();
    for n in [20, 21, 24, 800, 801] {
        assert_eq!(list.find(&subject(n)), Ok(Answer::Listed(Colour::Red)), "number {n}");
    }
    assert_eq!(list.find(&subject(22)), Ok(Answer::Listed(Colour::Yellow)));
    assert_eq!(list.find(&subject(23)), Ok(Answer::NotListed));
}

fn shelf(folder: &Path, file: &Path) -> Result<Shelf, ShelfFault> {
    let rekeyed = gate_status::alleged_head(file).unwrap();
    Shelf::import(folder, Box::new(Desk::new().terminal(rekeyed.epoch.0, rekeyed.rekeyed)), file)
}

#[test]
fn folding_in_slices_keeps_every_answer_and_goes_on_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let (path, home) = (folder.path().join("list"), folder.path().join("shelf"));
    std::fs::create_dir(&home).unwrap();
    let people: Vec<_> = (0..9000).map(|n| person(n.into(), &[n], COLOURS[n as usize % 3])).collect();
    write(&path, Scope::Population, &people).unwrap();
    let mut shelf = shelf(&home, &path).unwrap();
    let wanted: Vec<_> = (0..3000).map(|n| (vec![subject(3 * n)], RED)).collect();
    let file = amended(shelf.list(), &[wanted, vec![(vec![subject(50_000)], RED)]].concat());
    shelf.take_delta(&file).unwrap();
    let state = shelf.list().state();
    assert_eq!(shelf.fold(3).unwrap(), Progress::More);
    assert_eq!(shelf.find(&subject(3)), Ok(Answer::Listed(Colour::Red)), "lookups go on");
    drop(shelf);
    let mut shelf = Shelf::open(&home, Box::new(Desk::new().terminal(1, 0))).unwrap();
    let part = std::fs::metadata(home.join("fold.part")).unwrap().len();
    assert_eq!(shelf.fold(3).unwrap(), Progress::More);
    assert!(
        std::fs::metadata(home.join("fold.part")).unwrap().len() > part,
        "it goes on, it does not begin anew"
    );
    while shelf.fold(2).unwrap() == Progress::More {}
    assert_eq!((shelf.list().state(), shelf.fold(1).unwrap()), (state, Progress::Done));
    shelf.list().check().unwrap();
    assert!(shelf.list().changes().ranked.is_empty(), "colours are in the file now");
    for n in 0..9000_u32 {
        let expected = if n.is_multiple_of(3) { Colour::Red } else { COLOURS[n as usize % 3] };
        assert_eq!(shelf.find(&subject(n)), Ok(Answer::Listed(expected)));
    }
    assert_eq!(shelf.find(&subject(50_000)), Ok(Answer::Listed(Colour::Red)), "new people stay");
    let file = amended(shelf.list(), &[(vec![subject(3)], Wanted::Colour(Colour::Green))]);
    shelf.take_delta(&file).unwrap();
    assert_eq!(
        shelf.find(&subject(3)),
        Ok(Answer::Listed(Colour::Green)),
        "deltas go on, ranks are the epoch's"
    );
    let names = std::fs::read_dir(&home).unwrap().count();
    assert_eq!(names, 2, "one base, one delta: what is spent is gone");
}

#[test]
fn a_base_that_is_not_newer_or_another_provinces_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path().join("shelf");
    std::fs::create_dir(&home).unwrap();
    let make = |name: &str, epoch: u32, province: &[u8; 6]| {
        let path = folder.path().join(name);
        let made = order(&path, Scope::Population, epoch);
        let order = gate_status::BuildOrder { province: Region::new(*province).unwrap(), ..made };
        let people = [person(1, &[1], Colour::Red)];
        build(&order, &Desk::new(), &mut Rejects::default(), || people.iter().cloned()).unwrap();
        path
    };
    shelf(&home, &make("two", 2, b"510000")).unwrap();
    for (name, epoch) in [("one", 1), ("again", 2)] {
        let path = make(name, epoch, b"510000");
        let keys = Both(Desk::new().terminal(epoch, 0), Desk::new().terminal(2, 0));
        let refused = Shelf::import(&home, Box::new(keys), &path).err();
        let (theirs, ours) = (Epoch(epoch), Epoch(2));
        assert!(
            matches!(refused, Some(ShelfFault::TakeOlder { theirs: t, ours: o }) if (t, o) == (theirs, ours))
        );
    }
    let path = make("foreign", 3, b"440000");
    let keys = Both(Desk::new().terminal(3, 0), Desk::new().terminal(2, 0));
    assert!(matches!(Shelf::import(&home, Box::new(keys), &path).err(), Some(ShelfFault::TakeForeign)));
    let keys = Both(Desk::new().terminal(3, 0), Desk::new().terminal(2, 0));
    Shelf::import(&home, Box::new(keys), &make("three", 3, b"510000")).unwrap();
}

/// Keys of two epochs.
struct Both(gate_status::ListKeys, gate_status::ListKeys);

impl gate_status::KeyStore for Both {
    fn store_key(&self) -> Result<gate_proof::leaf_seal::StoreKey, gate_status::KeyFault> {
        self.0.store_key()
    }

    fn epoch_key(&self, epoch: Epoch) -> Result<gate_proof::leaf_seal::EpochKey, gate_status::KeyFault> {
        self.0.epoch_key(epoch).or_else(|_| self.1.epoch_key(epoch))
    }

    fn authorities(&self) -> Result<gate_status::Authorities, gate_status::KeyFault> {
        self.0.authorities()
    }
}
