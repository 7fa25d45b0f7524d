//! Links, pipes, other writers and cuts.
#![allow(clippy::unwrap_used, reason = "an error is a failed test")]

use std::fs;
use std::os::unix::fs::symlink;
use std::path::PathBuf;

use super::*;

struct Case {
    root: tempfile::TempDir,
    folder: Folder,
}

impl Case {
    fn new() -> Case {
        let root = tempfile::tempdir().unwrap();
        let folder = Folder::make(&root.path().join("ours")).unwrap();
        fs::create_dir(root.path().join("theirs")).unwrap();
        fs::write(root.path().join("theirs/file"), b"theirs").unwrap();
        Case { root, folder }
    }

    fn at(&self, path: &str) -> PathBuf {
        self.root.path().join(path)
    }
}

#[test]
fn no_component_may_be_a_link_whatever_is_done_with_the_file() {
    let case = Case::new();
    symlink(case.at("theirs"), case.at("ours/folder")).unwrap();
    symlink(case.at("theirs/file"), case.at("ours/file")).unwrap();
    let (folder, refused) = (&case.folder, |fault: FileFault| matches!(fault, FileFault::FollowLink(_)));
    assert!(refused(folder.below("folder").unwrap_err()));
    assert!(refused(folder.make_below("folder/deeper").unwrap_err()));
    assert!(refused(folder.place("folder/file", b"ours").unwrap_err()));
    assert!(refused(folder.remove("folder/file").unwrap_err()));
    for purpose in [For::Reading, For::Writing, For::Adding] {
        assert!(refused(folder.regular("file", purpose).unwrap_err()), "{purpose:?}");
        assert!(refused(folder.regular("folder/file", purpose).unwrap_err()), "{purpose:?}");
    }
    assert!(refused(folder.small("../theirs/file", 10).unwrap_err()));
    assert!(folder.files(10).unwrap().is_empty());
    // Written over and removed is the link itself.
    folder.place("file", b"ours").unwrap();
    assert_eq!(folder.small("file", 10).unwrap().unwrap(), b"ours");
    folder.remove("folder").unwrap();
    assert_eq!(fs::read(case.at("theirs/file")).unwrap(), b"theirs");
    assert_eq!(fs::read_dir(case.at("theirs")).unwrap().count(), 1);
}

#[test]
fn pipes_and_folders_are_no_files_and_hold_nobody_up() {
    let case = Case::new();
    let mode = rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR;
    rustix::fs::mkfifoat(rustix::fs::CWD, case.at("ours/pipe"), mode).unwrap();
    fs::create_dir(case.at("ours/folder")).unwrap();
    for name in ["pipe", "folder"] {
        for purpose in [For::Reading, For::Writing, For::Adding] {
            assert!(case.folder.regular(name, purpose).unwrap_err().is_kind(), "{name}");
        }
    }
    assert_eq!(case.folder.small("nothing", 10).unwrap(), None);
    assert_eq!(case.folder.small("folder/nothing", 10).unwrap(), None);
    assert!(case.folder.regular("", For::Adding).is_err());
}

#[test]
fn a_file_that_is_too_long_is_not_read() {
    let case = Case::new();
    case.folder.place("deep/er/file", b"12345").unwrap();
    assert_eq!(case.folder.small("deep/er/file", 4).unwrap(), None);
    assert_eq!(case.folder.small("deep/er/file", 5).unwrap().unwrap(), b"12345");
}

#[test]
fn a_draft_is_gone_unless_it_is_settled_and_two_are_two_files() {
    let case = Case::new();
    let (mut one, mut two) = (case.folder.draft("a").unwrap(), case.folder.draft("a").unwrap());
    one.write(b"one").unwrap();
    two.write(b"two").unwrap();
    case.folder.sweep_drafts("").unwrap();
    one.settle(&case.folder, "one").unwrap();
    drop(two);
    assert_eq!(case.folder.files(10).unwrap(), ["one"]);
}

#[test]
fn what_a_cut_left_is_swept_and_nothing_else() {
    let case = Case::new();
    fs::write(case.at("ours/file.1-2-3.part"), b"half").unwrap();
    fs::create_dir(case.at("ours/folder.part")).unwrap();
    fs::write(case.at("ours/file"), b"whole").unwrap();
    fs::write(case.at("ours/somebody's.part"), b"a download").unwrap();
    case.folder.sweep_drafts("file.").unwrap();
    let mut left = case.folder.files(10).unwrap();
    left.sort();
    assert_eq!(left, ["file", "somebody's.part"]);
    assert!(case.at("ours/folder.part").is_dir());
}

#[test]
fn a_file_knows_whether_it_was_renamed_away() {
    let case = Case::new();
    let file = case.folder.regular("part", For::Adding).unwrap().unwrap();
    assert!(case.folder.is_still("part", &file));
    fs::rename(case.at("ours/part"), case.at("ours/whole")).unwrap();
    assert!(!case.folder.is_still("part", &file));
    case.folder.place("part", b"another").unwrap();
    assert!(!case.folder.is_still("part", &file));
}

#[test]
fn what_is_carried_away_can_be_read_by_its_carrier_whatever_the_umask() {
    use std::os::unix::fs::PermissionsExt;
    let case = Case::new();
    rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o077));
    let (own, shared) = (case.folder.draft("own").unwrap(), case.folder.draft("shared").unwrap());
    shared.share().unwrap();
    own.settle(&case.folder, "own").unwrap();
    shared.settle(&case.folder, "shared").unwrap();
    let mode = |name: &str| fs::metadata(case.at(name)).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode("ours/own"), mode("ours/shared")), (0o600, 0o644));
}
