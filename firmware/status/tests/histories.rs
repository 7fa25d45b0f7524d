//! Random histories of a list against a map of people: builds, deltas one and many steps long, folds, restarts.
//! `HISTORIES=1000 cargo test -p gate-status --test histories` for the full count.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test program: an error is a failed test")]

mod support;

use std::collections::HashMap;
use std::path::Path;

use gate_proof::subject::Subject;
use gate_status::{
    Amendments, Answer, DeltaOrder, DeskKeys, Person, Progress, Scope, SealedList, Shelf, StatusList, Wanted,
    make_delta,
};
use gate_wire::credential::Colour;
use support::{COLOURS, Desk, Dice, delta, next_step, open, person, subject, write};

/// Numbers of this world: person `n` may have `n` and `n + OTHER`.
const NUMBERS: u64 = 400;
const OTHER: u32 = 10_000;

/// What should be true: the people by their first number.
struct Model {
    scope: Scope,
    people: HashMap<u32, (Vec<u32>, Colour)>,
    /// Numbers that were removed: an epoch does not give a second number anew.
    gone: Vec<u32>,
}

impl Model {
    fn answer(&self, number: u32) -> Answer {
        let person = self.people.get(&(number % OTHER)).filter(|(numbers, _)| numbers.contains(&number));
        match (person, self.scope) {
            (Some((_, Colour::Green)), Scope::Exceptions) | (None, _) => Answer::NotListed,
            (Some((_, colour)), _) => Answer::Listed(*colour),
        }
    }

    fn change(&mut self, dice: &mut Dice, amendments: &mut Amendments<'_>) {
        let n = dice.below(NUMBERS) as u32;
        let wanted = match dice.below(5) {
            0 => Wanted::Removed,
            _ => Wanted::Colour(COLOURS[dice.below(3) as usize]),
        };
        let two = dice.below(4) == 0 && !self.gone.contains(&n);
        let known = self.people.get(&n).map(|(numbers, _)| numbers.clone());
        let mut numbers = known.unwrap_or_else(|| vec![n]);
        if two && !numbers.contains(&(n + OTHER)) {
            numbers.push(n + OTHER);
        }
        let subjects: Vec<Subject> = numbers.iter().map(|n| subject(*n)).collect();
        if amendments.set(&subjects, wanted).is_err() {
            return; // twice in one delta
        }
        match wanted {
            Wanted::Removed => {
                self.people.remove(&n);
                self.gone.push(n);
            }
            Wanted::Colour(Colour::Green)
                if self.scope == Scope::Exceptions && !self.people.contains_key(&n) => {}
            Wanted::Colour(colour) => {
                self.people.insert(n, (numbers, colour));
            }
        }
    }

    fn check(&self, list: &dyn StatusList, history: u64) {
        for n in 0..NUMBERS as u32 {
            for number in [n, n + OTHER] {
                assert_eq!(
                    list.find(&subject(number)),
                    Ok(self.answer(number)),
                    "history {history}, {number}"
                );
            }
        }
    }
}

fn begin(dice: &mut Dice, path: &Path) -> Model {
    let scope = if dice.below(3) == 0 { Scope::Exceptions } else { Scope::Population };
    let mut people = HashMap::new();
    for n in 0..NUMBERS as u32 {
        let colour = COLOURS[(dice.below(3) as usize).max(usize::from(scope == Scope::Exceptions))];
        let numbers = if dice.below(8) == 0 { vec![n, n + OTHER] } else { vec![n] };
        if dice.below(2) == 0 {
            people.insert(n, (numbers, colour));
        }
    }
    let listed: Vec<Person> =
        people.iter().map(|(n, (numbers, colour))| person((*n).into(), numbers, *colour)).collect();
    write(path, scope, &listed).unwrap();
    Model { scope, people, gone: Vec::new() }
}

/// Files that a ladder would offer: the single steps, and what the steps since `from` come to.
fn several_steps(dice: &mut Dice, model: &mut Model, desk: &mut SealedList) -> Vec<Vec<u8>> {
    let before = desk.state();
    let mut single = Vec::new();
    for _ in 0..=dice.below(3) {
        let mut amendments = Amendments::of(desk);
        for _ in 0..dice.below(30) {
            model.change(dice, &mut amendments);
        }
        let file = delta(desk, &amendments.finish());
        desk.apply(&file).unwrap();
        single.push(file);
    }
    let state = desk.state();
    if state.step - before.step < 2 || dice.below(2) == 0 {
        return single;
    }
    let to = (state.step, Some(state.link));
    let order = DeltaOrder { from: (before.step, before.link), to, as_of: state.as_of, ..next_step(desk) };
    vec![make_delta(&order, &desk.changes(), Desk::new().signers()).unwrap()]
}

fn play(history: u64) {
    let mut dice = Dice(history.wrapping_mul(0x9E37_79B9_7F4A_7C15));
    let folder = tempfile::tempdir().unwrap();
    let (path, home) = (folder.path().join("base"), folder.path().join("home"));
    std::fs::create_dir(&home).unwrap();
    let keys = || Box::new(Desk::new().terminal(1, 0));
    let mut model = begin(&mut dice, &path);
    let mut desk = open(&path);
    let mut shelf = Shelf::import(&home, keys(), &path).unwrap();
    for _ in 0..2 + dice.below(4) {
        match dice.below(5) {
            0 => while shelf.fold(1 + dice.below(3) as u32).unwrap() == Progress::More {},
            1 => {
                let _ = shelf.fold(1).unwrap();
                drop(shelf);
                shelf = Shelf::open(&home, keys()).unwrap();
            }
            _ => {
                for file in several_steps(&mut dice, &mut model, &mut desk) {
                    shelf.take_delta(&file).unwrap();
                }
            }
        }
        assert_eq!(shelf.list().state(), desk.state(), "history {history}");
        model.check(&shelf, history);
    }
}

#[test]
fn no_history_of_builds_deltas_and_folds_ever_answers_other_than_a_map_would() {
    let histories = std::env::var("HISTORIES").map_or(100, |text| text.parse().unwrap());
    for history in 0..histories {
        play(history);
    }
    println!("{histories} histories");
}
