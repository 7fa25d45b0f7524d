//! What a stick can be besides a good one.

use std::fs::{self, File};
use std::os::unix::fs::symlink;
use std::path::Path;

use gate_carry::Spool;
use gate_trust::refusal::Cause;
use gate_tuf::Repository;

use super::authority::{Authority, Roster};
use super::land::refused;
use super::visit::{Desk, bytes};

/// A terminal that has one generation, and a stick with the next.
pub(crate) fn waiting() -> Desk {
    let mut desk = Desk::new();
    desk.publish();
    desk.visit();
    desk.publish();
    desk
}

/// Every target on the stick and the file that it is.
fn targets(desk: &Desk) -> Vec<std::path::PathBuf> {
    let folder = desk.file("trust/targets");
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    files.filter(|path| path.is_file()).collect()
}

#[test]
fn a_good_stick_is_taken_and_a_second_visit_copies_nothing() {
    let desk = waiting();
    let before = desk.land.manifest();
    let (copied, report) = desk.visit();
    assert!(copied.bytes > 0 && !copied.missing.iter().any(|what| what.contains("trust")), "{copied:?}");
    assert_eq!(report.repository("trust").unwrap().refused, None);
    assert!(desk.land.manifest() != before);
    assert_eq!(desk.bring().bytes, 0, "all of it is there");
}

#[test]
fn a_stick_full_of_links_brings_nothing_and_harms_nothing() {
    let desk = waiting();
    let before = desk.land.manifest();
    for path in targets(&desk) {
        fs::remove_file(&path).unwrap();
        symlink("/dev/zero", &path).unwrap();
    }
    let (copied, _) = desk.visit();
    assert!(copied.missing.len() > 3, "{copied:?}");
    assert_eq!(desk.land.manifest(), before);
    // A folder that leads elsewhere, and names that lead out of it.
    fs::remove_dir_all(desk.file("trust")).unwrap();
    symlink("/", desk.file("trust")).unwrap();
    assert!(desk.visit().0.missing.iter().any(|what| what.starts_with("trust")));
    assert_eq!(desk.land.manifest(), before);
    desk.honest();
}

#[test]
fn giant_files_are_not_copied_and_the_spool_stays_below_its_bound() {
    let desk = waiting();
    let before = desk.land.manifest();
    for path in targets(&desk) {
        File::options().write(true).open(&path).unwrap().set_len(1 << 40).unwrap();
    }
    let stamp = File::options().write(true).open(desk.file("trust/metadata/timestamp.json")).unwrap();
    assert!(!desk.bring().missing.is_empty());
    stamp.set_len(1 << 40).unwrap();
    assert!(desk.bring().missing.iter().any(|what| what.starts_with("trust")));
    assert!(bytes(&desk.land.to.spool) < 4 << 20, "nothing giant came");
    let _ = desk.land.keep();
    assert_eq!(desk.land.manifest(), before);
    desk.honest();
}

#[test]
fn a_stick_of_pipes_and_folders_holds_nobody_up() {
    let desk = waiting();
    for (at, path) in targets(&desk).into_iter().enumerate() {
        fs::remove_file(&path).unwrap();
        match at % 2 {
            0 => fs::create_dir(&path).unwrap(),
            _ => assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success()),
        }
    }
    assert!(!desk.visit().0.missing.is_empty());
    desk.honest();
}

#[test]
fn a_stick_pulled_out_half_way_goes_on_from_there_the_next_time() {
    let desk = waiting();
    let before = desk.land.manifest();
    // Pulled out at each file: it and those after it are gone.
    let all = targets(&desk);
    for cut in 0..all.len() {
        let kept: Vec<Vec<u8>> = all[cut..].iter().map(|path| fs::read(path).unwrap()).collect();
        all[cut..].iter().for_each(|path| fs::remove_file(path).unwrap());
        let (copied, _) = desk.visit();
        // What somebody else's terminal needs is missed by nobody here.
        assert!(copied.missing.len() <= all.len() - cut + 1, "{copied:?}");
        all[cut..].iter().zip(&kept).for_each(|(path, bytes)| fs::write(path, bytes).unwrap());
    }
    let (_, report) = desk.visit();
    assert_eq!(report.repository("trust").unwrap().refused, None, "{}", report.in_words());
    assert!(desk.land.manifest() != before);
}

#[test]
fn a_file_cut_off_in_its_middle_is_not_taken_and_costs_only_itself() {
    let desk = waiting();
    let before = desk.land.manifest();
    let victim = targets(&desk).into_iter().find(|path| path.to_str().unwrap().contains("key-set")).unwrap();
    let good = fs::read(&victim).unwrap();
    fs::write(&victim, &good[..good.len() / 2]).unwrap();
    let (copied, report) = desk.visit();
    assert!(copied.missing.iter().any(|what| what.contains("key-set")), "{copied:?}");
    assert_eq!(report.line("key-set").unwrap().refused.as_ref().map(|one| one.cause), Some(Cause::Missing));
    assert!(desk.land.manifest() != before, "the others are in force");
    fs::write(&victim, good).unwrap();
    assert_eq!(desk.visit().1.line("key-set").unwrap().refused, None);
}

#[test]
fn a_changed_byte_on_the_stick_is_not_copied() {
    let desk = waiting();
    let victim = targets(&desk).into_iter().find(|path| path.to_str().unwrap().contains("day-keys")).unwrap();
    let mut bytes = fs::read(&victim).unwrap();
    bytes[10] ^= 1;
    fs::write(&victim, bytes).unwrap();
    let (copied, _) = desk.visit();
    assert!(copied.missing.iter().any(|what| what.contains("day-keys")), "{copied:?}");
    desk.honest();
}

#[test]
fn a_stale_stick_makes_nothing_older() {
    let mut desk = Desk::new();
    desk.publish();
    let stale = desk.land.folder.path().join("stale");
    copy(&desk.stick, &stale);
    desk.visit();
    desk.publish();
    desk.visit();
    let newest = desk.land.manifest();
    desk.stick = stale;
    let (_, report) = desk.visit();
    assert_eq!(refused(&report, "trust"), Some(Cause::Older), "{}", report.in_words());
    assert_eq!(desk.land.manifest(), newest);
    desk.stick = desk.land.folder.path().join("stick");
    desk.honest();
}

#[test]
fn a_stick_swapped_for_another_authoritys_is_refused() {
    let mut desk = waiting();
    let before = desk.land.manifest();
    // The same desk's data, signed by keys that this terminal was not given.
    let roster = Roster { root: vec![72, 73, 74], targets: vec![70, 71], snapshot: 75, timestamp: 76 };
    let foreign = (Repository::Trust, desk.land.folder.path().join("foreign"));
    let foreign = Authority::of(foreign, roster, desk.land.now);
    let all = desk.land.draw_up(&[]);
    foreign.bring_out(&all, desk.land.now);
    fs::remove_dir_all(&desk.stick).unwrap();
    foreign.carry(&desk.stick);
    let (_, report) = desk.visit();
    assert_eq!(refused(&report, "trust"), Some(Cause::Unsigned), "{}", report.in_words());
    assert_eq!(desk.land.manifest(), before);
    desk.honest();
}

#[test]
fn a_spool_without_room_refuses_the_stick_and_keeps_what_is_in_force() {
    let desk = waiting();
    let before = desk.land.manifest();
    let tight = Spool::open(&desk.land.to.spool, 1).unwrap();
    let held = gate_carry::Held::default();
    let bring = gate_field::bring::Bring {
        stick: &desk.stick,
        spool: &tight,
        held: &held,
        terminal: super::land::terminal(),
    };
    let mut board = gate_field::visit::Board::at(None, gate_field::visit::Carrier::Stick);
    assert!(!bring.run(&mut board).missing.is_empty());
    let _ = desk.land.keep();
    assert_eq!(desk.land.manifest(), before);
    desk.honest();
}

#[test]
fn loading_says_beforehand_that_there_is_no_room() {
    let desk = waiting();
    let served = desk.served();
    let stick = desk.land.folder.path().join("another");
    let load = gate_field::load::Load { from: &served, to: &stick, outbox: 1 << 31, speed: 10 };
    let about = free(desk.land.folder.path());
    let said = load.run(&mut drop);
    // Where the disk has so much room there is nothing to refuse.
    if about < 1 << 31 {
        assert!(format!("{:#}", said.unwrap_err()).contains("空间不足"));
        assert!(!stick.join("trust").exists(), "nothing was written");
    } else {
        said.unwrap();
    }
}

fn free(folder: &Path) -> u64 {
    let said = std::process::Command::new("df").args(["--output=avail", "-B1"]).arg(folder).output().unwrap();
    let said = String::from_utf8(said.stdout).unwrap();
    said.lines().last().and_then(|line| line.trim().parse().ok()).unwrap_or(u64::MAX)
}

fn copy(from: &Path, to: &Path) {
    assert!(std::process::Command::new("cp").arg("-r").args([from, to]).status().unwrap().success());
}

#[test]
fn a_stick_with_a_root_that_is_none_closes_no_terminal() {
    let mut desk = waiting();
    desk.visit();
    let good = desk.stick.clone();
    // A finder of the stick, or another province's: roots that this terminal will never trust.
    desk.stick = desk.land.folder.path().join("bad");
    copy(&good, &desk.stick);
    for version in 2..5 {
        fs::write(desk.file(&format!("trust/metadata/{version}.root.json")), b"{}").unwrap();
    }
    desk.visit();
    desk.stick = good;
    desk.publish();
    let before = desk.land.manifest();
    let (copied, report) = desk.visit();
    assert_eq!(report.repository("trust").unwrap().refused, None, "{copied:?}: {}", report.in_words());
    assert!(desk.land.manifest() != before);
}

#[test]
fn a_foreign_provinces_roots_go_with_the_next_good_stick() {
    let mut desk = waiting();
    desk.visit();
    let foreign = fs::read_to_string(desk.file("trust/metadata/1.root.json")).unwrap();
    let good = desk.stick.clone();
    desk.stick = desk.land.folder.path().join("bad");
    copy(&good, &desk.stick);
    for version in 2..5 {
        // Of a root's form, and signed by nobody whom this terminal trusts.
        let root = foreign.replacen("\"version\": 1", &format!("\"version\": {version}"), 1);
        let root = root.replacen("\"version\":1", &format!("\"version\":{version}"), 1);
        assert_ne!(root, foreign);
        fs::write(desk.file(&format!("trust/metadata/{version}.root.json")), root).unwrap();
    }
    desk.visit();
    desk.stick = good;
    desk.publish();
    let (copied, report) = desk.visit();
    assert_eq!(report.repository("trust").unwrap().refused, None, "{copied:?}: {}", report.in_words());
    let roots = fs::read_dir(desk.land.to.spool.join("trust/metadata")).unwrap();
    let names = roots.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    assert_eq!(names.filter(|name| name.ends_with(".root.json")).count(), 1, "none of them is left");
}
