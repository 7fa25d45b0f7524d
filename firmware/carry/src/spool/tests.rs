//! The spool against whoever else writes in it: links, another carrier at the same moment, no room.
#![allow(clippy::unwrap_used, reason = "an error is a failed test")]

use std::fs;
use std::os::unix::fs::symlink;
use std::thread;

use gate_proof::digest::sha256;

use super::*;

const MIB: u64 = 1 << 20;

struct Case {
    folder: tempfile::TempDir,
    spool: Spool,
}

impl Case {
    fn new(bound: u64) -> Case {
        let folder = tempfile::tempdir().unwrap();
        let spool = Spool::open(&folder.path().join("spool"), bound).unwrap();
        Case { folder, spool }
    }

    fn outside(&self) -> PathBuf {
        let outside = self.folder.path().join("outside");
        fs::create_dir_all(&outside).unwrap();
        fs::write(outside.join("theirs"), b"theirs").unwrap();
        outside
    }

    fn is_untouched(&self) -> bool {
        let outside = self.folder.path().join("outside");
        fs::read(outside.join("theirs")).unwrap() == b"theirs" && fs::read_dir(outside).unwrap().count() == 1
    }
}

fn digest_of(bytes: &[u8]) -> [u8; 32] {
    *sha256(&[bytes]).as_bytes()
}

#[test]
fn a_link_where_a_part_would_be_is_not_written_through() {
    let case = Case::new(MIB);
    let victim = case.outside().join("theirs");
    let digest = digest_of(b"whole");
    symlink(&victim, case.spool.path().join("part/small")).unwrap();
    symlink(&victim, case.spool.path().join("part").join(part_name("trust", &digest))).unwrap();
    case.spool.place("trust/metadata/timestamp.json", b"stamp").unwrap();
    if let Ok(mut part) = case.spool.part("trust", &digest, 5) {
        let _ = part.append(b"whole");
        let _ = part.settle("trust/targets/whole");
    }
    assert!(case.is_untouched());
    assert_eq!(case.spool.read("trust/metadata/timestamp.json", 5).unwrap(), b"stamp");
}

#[test]
fn a_folder_that_is_a_link_is_refused_and_nothing_behind_it_is_changed() {
    let case = Case::new(MIB);
    let outside = case.outside();
    for at in ["trust", "acks"] {
        symlink(&outside, case.spool.path().join(at)).unwrap();
        assert!(case.spool.place(&format!("{at}/theirs"), b"ours").is_err(), "{at}");
        let _ = case.spool.remove(&format!("{at}/theirs"));
        assert_eq!(case.spool.read(&format!("{at}/theirs"), 10), None);
        assert!(case.spool.names(at).is_empty());
    }
    fs::create_dir_all(case.spool.path().join("status")).unwrap();
    symlink(&outside, case.spool.path().join("status/targets")).unwrap();
    let _ = case.spool.prune("status", 1, &[]);
    assert!(case.is_untouched());
    fs::remove_dir_all(case.spool.path().join("part")).unwrap();
    symlink(&outside, case.spool.path().join("part")).unwrap();
    assert!(Spool::open(case.spool.path(), MIB).is_err());
    assert!(case.spool.place("status/metadata/timestamp.json", b"stamp").is_err());
    assert!(case.is_untouched());
}

#[test]
fn two_carriers_that_place_files_at_once_never_mix_them() {
    let case = Case::new(64 * MIB);
    let carry = |name: &'static str, byte: u8| {
        let spool = case.spool.clone();
        move || {
            for round in 0..200 {
                let bytes = vec![byte; 5_000 + round];
                match name.strip_prefix("acks/") {
                    Some(name) => spool.acknowledge(name, &bytes).unwrap(),
                    None => spool.place(name, &bytes).unwrap(),
                }
                let found = spool.read(name, MIB).unwrap();
                assert!(found == bytes, "{name}: {} bytes of {:?}", found.len(), found.first());
            }
        }
    };
    thread::scope(|scope| {
        scope.spawn(carry("trust/metadata/timestamp.json", b'a'));
        scope.spawn(carry("acks/a", b'b'));
    });
}

#[test]
fn two_carriers_of_one_file_never_mix_their_bytes() {
    let case = Case::new(MIB);
    let digest = digest_of(b"abcdef");
    let mut first = case.spool.part("trust", &digest, 6).unwrap();
    first.append(b"abc").unwrap();
    // The other carrier is told, and spoils nothing.
    assert!(matches!(case.spool.part("trust", &digest, 6), Err(SpoolFault::Await)));
    case.spool.keep_parts("trust", &[]).unwrap();
    first.append(b"def").unwrap();
    assert!(first.settle("trust/targets/file").unwrap());
    assert_eq!(case.spool.read("trust/targets/file", 6).unwrap(), b"abcdef");
}

#[test]
fn what_is_large_leaves_room_for_what_is_small() {
    let case = Case::new(256 * MIB);
    assert!(matches!(case.spool.part("trust", &[1; 32], 255 * MIB), Err(SpoolFault::Bound { .. })));
    case.spool.part("trust", &[1; 32], 128 * MIB).unwrap();
}

#[test]
fn an_acknowledgement_is_taken_by_a_spool_that_is_full_of_downloads() {
    let case = Case::new(1_000);
    case.spool.place("trust/metadata/timestamp.json", &[1; 1_000]).unwrap();
    case.spool.acknowledge("000007-00.tfa", &[2; 200]).unwrap();
    assert!(case.spool.place("trust/metadata/2.root.json", b"r").is_err(), "they are two bounds");
}

#[test]
fn of_too_many_acknowledgements_the_oldest_goes() {
    let case = Case::new(MIB);
    for at in 0..ACKS_MOST + 3 {
        case.spool.acknowledge(&format!("{at:06}.tfa"), b"word").unwrap();
        case.spool.acknowledge(&format!("{at:06}.tfa"), b"word").unwrap();
    }
    let names = case.spool.names("acks");
    assert_eq!(names.len(), ACKS_MOST);
    assert!(names.iter().any(|name| name == &format!("{:06}.tfa", ACKS_MOST + 2)));
}

#[test]
fn parts_that_nobody_wants_go_and_those_of_the_other_repository_stay() {
    let case = Case::new(MIB);
    for (repository, digest) in [("trust", [1; 32]), ("trust", [2; 32]), ("status", [1; 32])] {
        case.spool.part(repository, &digest, 3).unwrap().append(b"ab").unwrap();
    }
    case.spool.keep_parts("trust", &[[2; 32]]).unwrap();
    let mut names = case.spool.names("part");
    names.sort();
    assert_eq!(names, [part_name("status", &[1; 32]), part_name("trust", &[2; 32])]);
}

#[test]
fn a_part_that_is_another_files_name_too_is_begun_anew() {
    let case = Case::new(MIB);
    let victim = case.outside().join("theirs");
    let digest = digest_of(b"whole");
    fs::hard_link(&victim, case.spool.path().join("part").join(part_name("trust", &digest))).unwrap();
    let mut part = case.spool.part("trust", &digest, 5).unwrap();
    part.append(b"whole").unwrap();
    assert!(part.settle("trust/targets/whole").unwrap());
    assert!(case.is_untouched());
}

#[test]
fn roots_that_the_source_does_not_have_go_links_as_well() {
    let case = Case::new(MIB);
    for version in 1..5 {
        case.spool.place(&format!("trust/metadata/{version}.root.json"), b"r").unwrap();
    }
    symlink("/dev/zero", case.spool.path().join("trust/metadata/9.root.json")).unwrap();
    case.spool.forget_roots_after("trust", 2).unwrap();
    let mut left: Vec<_> = fs::read_dir(case.spool.path().join("trust/metadata")).unwrap().collect();
    assert_eq!(left.drain(..).count(), 2);
}
