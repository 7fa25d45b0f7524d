//! Random histories of a list against a map of people: builds, deltas one and many steps long, folds, restarts.
//! `HISTORIES=1000 cargo test -p gate-status --test histories` for the full count.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test program: an error is a failed test")]

mod support;

use std::collections::{HashMap, HashSet};
use std::path::Path;

use gate_proof::subject::Subject;
use gate_status::{
    AmendRefused, Amendments, Answer, DeltaOrder, DeskKeys, Have, Person, Plan, Progress, Scope, SealedList,
    Shelf, Span, State, StatusList, Wanted, alleged_delta_head, climb, make_delta, plan,
};
use gate_wire::credential::Colour;
use support::{COLOURS, Desk, Dice, delta, next_step, open, person, subject, ties, write};

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

    /// Changes a person whom this delta did not change before: what of two lines counts has tests of its own.
    fn change(&mut self, dice: &mut Dice, amendments: &mut Amendments<'_>, changed: &mut HashSet<u32>) {
        let n = dice.below(NUMBERS) as u32;
        if !changed.insert(n) {
            return;
        }
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
        if let Err(refused) = amendments.set(&subjects, wanted) {
            assert!(matches!(refused, AmendRefused::FindPerson | AmendRefused::AwaitNextEpoch), "{refused}");
            return;
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

/// The single steps of a few changes more.
fn several_steps(dice: &mut Dice, model: &mut Model, desk: &mut SealedList) -> Vec<Vec<u8>> {
    (0..=dice.below(3))
        .map(|_| {
            let (mut amendments, mut changed) = (Amendments::of(desk), HashSet::new());
            for _ in 0..dice.below(30) {
                model.change(dice, &mut amendments, &mut changed);
            }
            let file = delta(desk, &amendments.finish());
            desk.apply(&file).unwrap();
            file
        })
        .collect()
}

/// What a terminal at step `from` takes to get to the end of `steps`: sometimes one file over all that changed since the
/// base, sometimes the plan over a ladder's files, else each step.
fn files_for(
    dice: &mut Dice,
    from: State,
    desk: &SealedList,
    (base, steps): (&Path, &[Vec<u8>]),
) -> Vec<Vec<u8>> {
    let now = desk.state();
    match dice.below(3) {
        0 if now.step - from.step > 1 => {
            let to = (now.step, Some(now.link));
            let via = ties(from.step, steps);
            let order =
                DeltaOrder { from: (from.step, from.link), to, via, as_of: now.as_of, ..next_step(desk) };
            vec![make_delta(&order, &desk.changes(), Desk::new().signers()).unwrap()]
        }
        1 => {
            let rungs = climb(&mut open(base), steps, &[6, 3, 2]).unwrap();
            let merged =
                rungs.iter().map(|rung| make_delta(&rung.order, &rung.changes, Desk::new().signers()));
            let all: Vec<_> = steps.iter().cloned().chain(merged.map(Result::unwrap)).collect();
            let span = |file: &Vec<u8>| {
                let head = alleged_delta_head(file).unwrap();
                Span { from: head.from, to: head.to }
            };
            let offer: Vec<Span> = all.iter().map(span).collect();
            let have = Have { epoch: now.epoch, step: from.step };
            let Plan::Deltas(files) = plan(Some(have), now.epoch, now.step, &offer) else { panic!("no way") };
            files
                .iter()
                .map(|wanted| all.iter().find(|file| span(file) == *wanted).unwrap().clone())
                .collect()
        }
        _ => steps[from.step as usize..].to_vec(),
    }
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
    let mut steps = Vec::new();
    for _ in 0..2 + dice.below(4) {
        match dice.below(5) {
            0 => while shelf.fold(1 + dice.below(3) as u32).unwrap() == Progress::More {},
            1 => {
                let _ = shelf.fold(1).unwrap();
                drop(shelf);
                shelf = Shelf::open(&home, keys()).unwrap();
            }
            _ => {
                steps.extend(several_steps(&mut dice, &mut model, &mut desk));
                for file in files_for(&mut dice, shelf.list().state(), &desk, (&path, &steps)) {
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
