//! Kills and torn files: a shelf opens as a whole earlier or a whole later state, never as a mixture, and answers.
//! Kills are real: a process of this program works until SIGKILL. `KILLS=500 SWAP_KILLS=500 TEARS=500 SWAP_TEARS=500 cargo test
//! -p gate-status --release --test kills` for the full count: 2,000 over delta apply, merge and base swap.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test program: an error is a failed test")]

mod support;

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use gate_status::{Answer, Scope, SealedList, Shelf, ShelfFault, StatusList, Wanted, build};
use gate_wire::credential::Colour;
use support::{COLOURS, Desk, Dice, Rejects, amended, order, person, subject};

const PEOPLE: u32 = 6000;
/// Changed by every delta, all to the colour of the step: a mixture shows at once.
const CHANGED: u32 = 200;
const WORK: &str = "SHELF_TO_WORK_IN";

fn keys() -> Box<dyn gate_status::KeyStore> {
    Box::new(Two(Desk::new().terminal(1, 0), Desk::new().terminal(2, 0)))
}

/// The keys of both epochs of this test.
struct Two(gate_status::ListKeys, gate_status::ListKeys);

impl gate_status::KeyStore for Two {
    fn store_key(&self) -> Result<gate_proof::leaf_seal::StoreKey, gate_status::KeyFault> {
        self.0.store_key()
    }

    fn epoch_key(
        &self,
        epoch: gate_status::Epoch,
    ) -> Result<gate_proof::leaf_seal::EpochKey, gate_status::KeyFault> {
        self.0.epoch_key(epoch).or_else(|_| self.1.epoch_key(epoch))
    }

    fn authorities(&self) -> Result<gate_status::Authorities, gate_status::KeyFault> {
        self.0.authorities()
    }
}

/// Who is changed by every delta: one in 30 of the base, and people new to it.
fn changed() -> impl Iterator<Item = u32> {
    (0..CHANGED).map(|n| 30 * n).chain(PEOPLE..PEOPLE + 20)
}

fn colour_at(step: u32) -> Colour {
    COLOURS[step as usize % 3]
}

fn bases(folder: &Path) {
    for epoch in [1, 2] {
        let path = folder.join(format!("epoch-{epoch}"));
        let people = (0..PEOPLE).map(|n| person(n.into(), &[n], COLOURS[(n + epoch) as usize % 3]));
        build(&order(&path, Scope::Population, epoch), &Desk::new(), &mut Rejects::default(), || {
            people.clone()
        })
        .unwrap();
    }
}

/// One of the states that may be, whole; gives (epoch, step).
fn whole(list: &SealedList) -> (u32, u32) {
    let state = list.state();
    let (epoch, step) = (state.epoch.0, state.step);
    for n in 0..PEOPLE {
        let expected =
            if step > 0 && n % 30 == 0 { colour_at(step) } else { COLOURS[(n + epoch) as usize % 3] };
        assert_eq!(
            list.find(&subject(n)),
            Ok(Answer::Listed(expected)),
            "epoch {epoch} step {step} person {n}"
        );
    }
    let new = if step > 0 { Answer::Listed(colour_at(step)) } else { Answer::NotListed };
    for n in PEOPLE..PEOPLE + 20 {
        assert_eq!(list.find(&subject(n)), Ok(new), "epoch {epoch} step {step} new person {n}");
    }
    (epoch, step)
}

fn step(shelf: &mut Shelf) {
    let step = shelf.list().state().step + 1;
    let wanted: Vec<_> = changed().map(|n| (vec![subject(n)], Wanted::Colour(colour_at(step)))).collect();
    let file = amended(shelf.list(), &wanted);
    shelf.take_delta(&file).unwrap();
}

/// What the process that is killed does: deltas, folds, and a base swap when the second epoch is due.
fn work(home: &Path, folder: &Path) {
    let mut shelf = Shelf::open(home, keys()).unwrap();
    println!("open");
    loop {
        step(&mut shelf);
        println!("step {}", shelf.list().state().step);
        for _ in 0..6 {
            shelf.fold(2).unwrap();
        }
        if shelf.list().state().step > 4 && shelf.list().state().epoch.0 == 1 {
            drop(shelf);
            shelf = Shelf::import(home, keys(), &folder.join("epoch-2")).unwrap();
            println!("swap");
        }
    }
}

#[test]
fn a_process_killed_at_any_point_leaves_a_whole_state_no_older_than_it_told() {
    if let Ok(home) = std::env::var(WORK) {
        let home = Path::new(&home);
        work(home, home.parent().unwrap());
    }
    let kills = std::env::var("KILLS").map_or(40, |text| text.parse().unwrap());
    let folder = tempfile::tempdir().unwrap();
    bases(folder.path());
    let home = folder.path().join("home");
    let (mut dice, mut seen) = (Dice(11), std::collections::BTreeSet::new());
    for kill in 0..kills {
        if kill % 20 == 0 {
            let _ = fs::remove_dir_all(&home);
            fs::create_dir(&home).unwrap();
            drop(Shelf::import(&home, keys(), &folder.path().join("epoch-1")).unwrap());
        }
        let before = whole(Shelf::open(&home, keys()).unwrap().list());
        let out = fs::File::create(folder.path().join("told")).unwrap();
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args([
                "--exact",
                "a_process_killed_at_any_point_leaves_a_whole_state_no_older_than_it_told",
                "--nocapture",
            ])
            .env(WORK, &home)
            .stdout(out)
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(Duration::from_micros(2000 + dice.below(60_000)));
        child.kill().unwrap();
        child.wait().unwrap();
        let after = whole(Shelf::open(&home, keys()).unwrap().list());
        assert!(after >= before, "kill {kill}: {before:?}, then {after:?}");
        let told = fs::read_to_string(folder.path().join("told")).unwrap();
        let last = told.lines().rev().find_map(|line| line.strip_prefix("step ")?.parse::<u32>().ok());
        if let (Some(last), false) = (last, told.contains("swap")) {
            assert!(after.0 > before.0 || after.1 >= last, "kill {kill}: told {last}, found {after:?}");
        }
        seen.insert(after);
    }
    println!("{kills} kills, {} different states found afterwards", seen.len());
    assert!(seen.len() > 3, "the kills hit the work: {seen:?}");
}

#[test]
fn a_torn_cut_or_zeroed_file_is_put_aside_or_worked_around_and_the_state_is_whole() {
    let tears = std::env::var("TEARS").map_or(100, |text| text.parse().unwrap());
    let folder = tempfile::tempdir().unwrap();
    bases(folder.path());
    let origin = folder.path().join("origin");
    fs::create_dir(&origin).unwrap();
    let mut shelf = Shelf::import(&origin, keys(), &folder.path().join("epoch-1")).unwrap();
    for _ in 0..3 {
        step(&mut shelf);
    }
    shelf.fold(4).unwrap();
    drop(shelf);
    let mut dice = Dice(12);
    for tear in 0..tears {
        let home = folder.path().join("torn");
        let _ = fs::remove_dir_all(&home);
        fs::create_dir(&home).unwrap();
        let mut names = Vec::new();
        for file in fs::read_dir(&origin).unwrap() {
            let file = file.unwrap();
            fs::copy(file.path(), home.join(file.file_name())).unwrap();
            // The base itself is covered by flips; torn are files that a power cut can tear: those just written.
            if !file.file_name().to_string_lossy().starts_with("base") {
                names.push(file.file_name());
            }
        }
        names.sort();
        let path = home.join(&names[dice.below(names.len() as u64) as usize]);
        damage(&path, &mut dice);
        match Shelf::open(&home, keys()) {
            Ok(mut shelf) => {
                whole(shelf.list());
                while shelf.fold(3).unwrap() == gate_status::Progress::More {}
                whole(shelf.list());
            }
            Err(fault) => assert!(matches!(fault, ShelfFault::FindBase), "tear {tear} of {path:?}: {fault}"),
        }
    }
    println!("{tears} torn files");
}

/// What the process that is killed does while bases are swapped: one epoch's after the other's into a fresh folder, deltas
/// on each, while another thread goes on asking the base that was in force before.
fn swap(home: &Path, folder: &Path) {
    loop {
        let _ = fs::remove_dir_all(home);
        fs::create_dir(home).unwrap();
        let mut before = Shelf::import(home, keys(), &folder.join("epoch-1")).unwrap();
        step(&mut before);
        println!("old {}", before.list().state().step);
        let (list, swapped) = (before.list(), &AtomicBool::new(false));
        std::thread::scope(|scope| {
            let asked = scope.spawn(move || {
                whole(list);
                while !swapped.load(Ordering::Relaxed) {
                    whole(list);
                }
            });
            drop(Shelf::import(home, keys(), &folder.join("epoch-2")).unwrap());
            println!("swap");
            swapped.store(true, Ordering::Relaxed);
            if asked.join().is_err() {
                println!("wrong");
            }
        });
    }
}

#[test]
fn a_process_killed_while_bases_are_swapped_leaves_the_old_or_the_new_one_whole_and_lookups_go_on() {
    const NAME: &str =
        "a_process_killed_while_bases_are_swapped_leaves_the_old_or_the_new_one_whole_and_lookups_go_on";
    if let Ok(home) = std::env::var(WORK) {
        let home = Path::new(&home);
        swap(home, home.parent().unwrap());
    }
    let kills = std::env::var("SWAP_KILLS").map_or(40, |text| text.parse().unwrap());
    let folder = tempfile::tempdir().unwrap();
    bases(folder.path());
    let home = folder.path().join("home");
    let (mut dice, mut seen) = (Dice(13), std::collections::BTreeMap::new());
    for kill in 0..kills {
        let out = fs::File::create(folder.path().join("told")).unwrap();
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", NAME, "--nocapture"])
            .env(WORK, &home)
            .stdout(out)
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(Duration::from_micros(2000 + dice.below(400_000)));
        child.kill().unwrap();
        child.wait().unwrap();
        let told = fs::read_to_string(folder.path().join("told")).unwrap();
        assert!(!told.contains("wrong"), "kill {kill}: a lookup beside a swap answered wrong");
        match Shelf::open(&home, keys()) {
            Ok(shelf) => {
                let found = whole(shelf.list());
                let last = told.lines().rev().find(|line| line.starts_with("old") || *line == "swap");
                // The next round may have begun anew: then nothing is promised but a whole base.
                let swapped = last == Some("swap") && found.0 == 2;
                *seen.entry((found.0, swapped)).or_insert(0) += 1;
            }
            // Killed before the first base was in force.
            Err(fault) => assert!(matches!(fault, ShelfFault::FindBase | ShelfFault::Store(_)), "{fault}"),
        }
    }
    println!("{kills} kills, states found: {seen:?}");
    assert!(seen.len() > 1, "the kills hit the work: {seen:?}");
}

#[test]
fn a_torn_new_base_beside_the_old_one_is_put_aside_and_the_old_state_stands_whole() {
    let tears = std::env::var("SWAP_TEARS").map_or(100, |text| text.parse().unwrap());
    let folder = tempfile::tempdir().unwrap();
    bases(folder.path());
    let origin = folder.path().join("origin");
    fs::create_dir(&origin).unwrap();
    let mut shelf = Shelf::import(&origin, keys(), &folder.path().join("epoch-1")).unwrap();
    for _ in 0..2 {
        step(&mut shelf);
    }
    drop(shelf);
    let (mut dice, mut seen) = (Dice(14), [0_u32; 3]);
    for tear in 0..tears {
        let home = folder.path().join("torn");
        let _ = fs::remove_dir_all(&home);
        fs::create_dir(&home).unwrap();
        for file in fs::read_dir(&origin).unwrap() {
            let file = file.unwrap();
            fs::copy(file.path(), home.join(file.file_name())).unwrap();
        }
        // As it stands between its copy and its name, and between its name and the old one's going.
        let name = ["base.part", "base-0000000002-0000000000.tfs"][dice.below(2) as usize];
        fs::copy(folder.path().join("epoch-2"), home.join(name)).unwrap();
        damage(&home.join(name), &mut dice);
        let found = whole(Shelf::open(&home, keys()).unwrap().list());
        assert!([(1, 2), (2, 0)].contains(&found), "tear {tear}: {found:?}");
        seen[found.0 as usize] += 1;
        if found.0 == 1 {
            // And the swap can be done again.
            let again = Shelf::import(&home, keys(), &folder.path().join("epoch-2")).unwrap();
            assert_eq!(whole(again.list()), (2, 0), "tear {tear}");
        }
    }
    println!(
        "{tears} torn bases: {} times the old one stood, {} times no byte that counts was hit",
        seen[1], seen[2]
    );
    assert!(seen[1] > tears / 2, "{seen:?}");
}

fn damage(path: &Path, dice: &mut Dice) {
    let mut bytes = fs::read(path).unwrap();
    let at = dice.below(bytes.len() as u64) as usize;
    match dice.below(3) {
        0 => bytes.truncate(at),
        1 => bytes[at] ^= 1 << dice.below(8),
        _ => {
            let end = (at / 4096 * 4096 + 4096).min(bytes.len());
            bytes[at / 4096 * 4096..end].fill(0);
        }
    }
    fs::write(path, bytes).unwrap();
}
