//! What a stick can hold besides files: links, pipes, folders in the wrong place, halves. And a memory that rotted.
//! Several are where the crate `tough` failed (DESIGN §2).

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::time::Duration;

use gate_trust::memory::Memory;
use gate_trust::refusal::Cause;
use gate_trust::{Look, Now};

use super::land::{Land, in_force, refused};

const KILLS: u64 = 80;

/// A terminal that has one publication, and a second one in its spool.
fn waiting() -> Land {
    let mut land = Land::new();
    land.bring_in();
    land.bring_out();
    land.carry();
    land
}

/// What is refused for `cause` moves nothing, and the honest stick is taken afterwards.
fn harmless(mut land: Land, cause: Cause) {
    let before = land.manifest();
    let report = land.keep();
    assert_eq!(refused(&report, "trust"), Some(cause), "{}", report.in_words());
    assert_eq!(land.manifest(), before);
    fs::remove_dir_all(&land.to.spool).unwrap();
    land.bring_in();
    assert!(land.manifest() != before);
}

fn instead(land: &Land, file: &str, make: impl FnOnce(&Path)) {
    let path = land.spooled(file);
    match path.is_dir() {
        true => fs::remove_dir_all(&path).unwrap(),
        false => drop(fs::remove_file(&path)),
    }
    make(&path);
}

#[test]
fn a_loop_of_links_at_the_next_root_does_not_hide_a_rotation() {
    let land = waiting();
    instead(&land, "metadata/2.root.json", |path| symlink(path, path).unwrap());
    harmless(land, Cause::Unreadable);
}

#[test]
fn a_folder_or_a_pipe_at_the_next_root_does_not_hide_a_rotation() {
    let land = waiting();
    instead(&land, "metadata/2.root.json", |path| fs::create_dir(path).unwrap());
    harmless(land, Cause::Unreadable);
    let land = waiting();
    instead(&land, "metadata/2.root.json", |path| {
        assert!(std::process::Command::new("mkfifo").arg(path).status().unwrap().success());
    });
    harmless(land, Cause::Unreadable);
}

#[test]
fn an_empty_or_cut_next_root_does_not_hide_a_rotation() {
    for bytes in [&b""[..], b"{\"signed\":", b"\0\0\0\0"] {
        let land = waiting();
        fs::write(land.spooled("metadata/2.root.json"), bytes).unwrap();
        harmless(land, Cause::Changed);
    }
}

#[test]
fn a_link_is_not_followed_whatever_it_leads_to() {
    let land = waiting();
    let elsewhere = land.folder.path().join("elsewhere.json");
    fs::copy(land.spooled("metadata/timestamp.json"), &elsewhere).unwrap();
    instead(&land, "metadata/timestamp.json", |path| symlink(&elsewhere, path).unwrap());
    harmless(land, Cause::Unreadable);
    let land = waiting();
    let elsewhere = land.folder.path().join("elsewhere");
    fs::rename(land.spooled("metadata"), &elsewhere).unwrap();
    symlink(&elsewhere, land.spooled("metadata")).unwrap();
    harmless(land, Cause::Unreadable);
}

#[test]
fn a_target_that_is_a_link_is_refused_alone() {
    let land = waiting();
    let targets = land.trust.repo.published_targets().unwrap().unwrap();
    let digest = &targets.targets["staff-list.json"].hashes["sha256"];
    let file = format!("targets/{digest}.staff-list.json");
    let elsewhere = land.folder.path().join("elsewhere.json");
    fs::copy(land.spooled(&file), &elsewhere).unwrap();
    instead(&land, &file, |path| symlink(&elsewhere, path).unwrap());
    let report = land.keep();
    assert_eq!(report.line("staff-list").unwrap().refused.as_ref().unwrap().cause, Cause::Unreadable);
    assert_eq!(in_force(&report, "staff-list").unwrap().version, 1);
    assert_eq!(in_force(&report, "key-set").unwrap().version, 2);
}

#[test]
fn a_stick_pulled_out_at_any_file_leaves_whole_datasets_and_the_next_visit_brings_the_rest() {
    let files = |land: &Land| {
        let targets = land.trust.repo.published_targets().unwrap().unwrap();
        let name = |(name, what): (&String, &gate_tuf::TargetFile)| match name.rsplit_once('/') {
            Some((folder, file)) => format!("{folder}/{}.{file}", what.hashes["sha256"]),
            None => format!("{}.{name}", what.hashes["sha256"]),
        };
        targets.targets.iter().map(name).collect::<Vec<_>>()
    };
    let land = waiting();
    let whole = |file: &String| {
        (
            land.spooled(&format!("targets/{file}")),
            fs::read(land.spooled(&format!("targets/{file}"))).unwrap(),
        )
    };
    let files: Vec<_> = files(&land).iter().map(whole).collect();
    files.iter().for_each(|(path, bytes)| fs::write(path, &bytes[..bytes.len() / 2]).unwrap());
    let mut refusals = usize::MAX;
    for (path, bytes) in files {
        let report = land.keep();
        let left = report.datasets.iter().filter(|line| line.refused.is_some()).count();
        assert!(0 < left && left <= refusals, "{left} of {refusals}: {}", report.in_words());
        refusals = left;
        fs::write(path, bytes).unwrap();
    }
    let report = land.keep();
    assert!(!report.has_refusals(), "{}", report.in_words());
    assert!(
        ["key-set", "staff-list", "places"].iter().all(|name| in_force(&report, name).unwrap().version == 2)
    );
}

#[test]
fn a_memory_cut_anywhere_is_told_and_never_a_way_back() {
    let mut land = Land::new();
    land.bring_in();
    let old = land.record("old");
    land.bring_in();
    let before = land.manifest();
    let path = land.to.state.join("trust.tuf");
    let whole = fs::read(&path).unwrap();
    for keep in [0, 1, whole.len() / 2, whole.len() - 2] {
        fs::write(&path, &whole[..keep]).unwrap();
        land.replay(&old);
        let report = land.keep();
        assert_eq!(refused(&report, "trust"), Some(Cause::Terminal), "{keep}: {}", report.in_words());
        assert_eq!(land.manifest(), before, "{keep}");
    }
    fs::write(&path, whole).unwrap();
    assert_eq!(refused(&land.keep(), "trust"), Some(Cause::Older));
}

#[test]
fn a_clock_that_was_once_in_the_future_does_not_refuse_everything_for_ever() {
    let land = waiting();
    let far = land.now.plus(20 * 365 * 86_400);
    // Nobody confirmed it: nothing has ended by it, and nothing is remembered of it.
    let report = land.keep_unconfirmed(far);
    assert!(!report.has_refusals(), "{}", report.in_words());
    let mut land = waiting();
    let now = std::mem::replace(&mut land.now, far);
    assert_eq!(refused(&land.keep(), "trust"), Some(Cause::Ended), "confirmed, and wrong");
    land.now = now;
    assert!(!land.keep().has_refusals(), "the right clock forgets it");
}

#[test]
fn a_keeper_killed_between_its_steps_begins_again_where_it_was() {
    let land = waiting();
    // Files without a manifest, half a file, and half a memory beside the whole one.
    fs::write(land.to.data.join("key-set.2.000000000000.json.part"), b"{").unwrap();
    fs::write(land.to.data.join("manifest.json.part"), b"{").unwrap();
    fs::write(land.to.state.join("trust.tuf.part"), b"{").unwrap();
    fs::write(land.to.data.join("staff-list.9.000000000000.json"), b"{}").unwrap();
    let report = land.keep();
    assert!(!report.has_refusals(), "{}", report.in_words());
    let names =
        fs::read_dir(&land.to.data).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let left: Vec<_> = names.filter(|name| name.ends_with(".part") || name.contains(".9.")).collect();
    assert_eq!(left, [""; 0], "what is left over is cleared");
}

#[test]
fn one_keeper_at_a_time_and_the_next_one_waits_for_it() {
    let land = waiting();
    let before = land.manifest();
    let held = Memory::open(&land.to.state).unwrap();
    let another = Memory::open_within(&land.to.state, Duration::ZERO).unwrap_err().to_string();
    assert!(another.contains("another gate-trust") && !held.is_awaited(), "{another}");
    let (to, now) = (land.to.clone(), Now { wall: land.now, confirmed: None });
    let second = std::thread::spawn(move || gate_trust::run(&to, now, Look::Usual));
    while !held.is_awaited() {
        assert!(!second.is_finished(), "it waits");
        std::thread::sleep(Duration::from_millis(1));
    }
    assert_eq!(land.manifest(), before);
    drop(held);
    let report = second.join().unwrap().unwrap();
    assert!(!report.has_refusals() && land.manifest() != before, "{}", report.in_words());
}

#[test]
fn a_keeper_killed_at_any_moment_leaves_one_whole_generation() {
    let mut land = waiting();
    let words = |land: &Land| {
        let of = |path: &Path| path.to_str().unwrap().to_owned();
        [
            "--spool".into(),
            of(&land.to.spool),
            "--data".into(),
            of(&land.to.data),
            "--state".into(),
            of(&land.to.state),
        ]
    };
    let mut finished = 0;
    for round in 0..KILLS {
        let mut keeper = std::process::Command::new(super::programs::program("gate-trust", "gate-trust"));
        let mut keeper =
            keeper.arg("run").args(words(&land)).stdout(std::process::Stdio::null()).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(round % 40));
        if keeper.try_wait().unwrap().is_some() {
            finished += 1;
            land.bring_out();
            land.carry();
        }
        let _ = keeper.kill();
        keeper.wait().unwrap();
        let manifest = gate_core::manifest::Manifest::load(&land.manifest()).unwrap();
        let data = gate_trust::data::Data::open(&land.to.data).unwrap();
        let whole = manifest.entries().iter().all(|entry| data.is_whole(entry, Look::Whole));
        assert!(whole, "round {round}");
    }
    println!("{KILLS} kills, {finished} of them after the end");
    assert!(!land.keep().has_refusals());
}
