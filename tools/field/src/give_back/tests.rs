//! A return that fails half-way, and a stick that leads elsewhere.
#![allow(clippy::unwrap_used, reason = "an error is a failed test")]

use std::fs;
use std::os::unix::fs::symlink;
use std::path::PathBuf;

use super::*;

const WORD: &str = "000007-00000000000000000000000000000001.tfa";

struct Case {
    folder: tempfile::TempDir,
}

impl Case {
    fn new() -> Case {
        let case = Case { folder: tempfile::tempdir().unwrap() };
        fs::create_dir_all(case.at("hub/acks")).unwrap();
        fs::create_dir_all(case.at("stick")).unwrap();
        fs::write(case.at("hub/acks").join(WORD), b"word").unwrap();
        Outbox::make(&case.at("stick"), 1 << 20, [7; 16]).unwrap();
        let mut outbox = Outbox::open(&case.at("stick"), For::Writing).unwrap().unwrap();
        let mut writer = outbox.writer();
        writer.write(Kind::Receipt, b"{}").unwrap();
        writer.seal().unwrap();
        case
    }

    fn at(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    fn back(&self) -> anyhow::Result<Returned> {
        give_back(&self.at("stick"), &self.at("hub"), None)
    }

    fn frames(&self) -> usize {
        Outbox::open(&self.at("stick"), For::Reading).unwrap().unwrap().frames().len()
    }
}

#[test]
fn the_outbox_is_emptied_after_the_acknowledgements_are_on_the_stick() {
    let case = Case::new();
    fs::write(case.at("stick/acks"), b"no folder").unwrap();
    assert!(case.back().is_err());
    assert_eq!(case.frames(), 1, "it is as it was");
    fs::remove_file(case.at("stick/acks")).unwrap();
    assert_eq!(case.back().unwrap().acknowledgements, 1);
    assert_eq!((case.frames(), fs::read(case.at("stick/acks").join(WORD)).unwrap()), (0, b"word".to_vec()));
}

#[test]
fn a_return_writes_through_no_link_of_the_stick() {
    let case = Case::new();
    fs::create_dir(case.at("theirs")).unwrap();
    symlink(case.at("theirs"), case.at("stick/acks")).unwrap();
    assert!(case.back().is_err());
    fs::remove_file(case.at("stick/acks")).unwrap();
    fs::create_dir(case.at("stick/acks")).unwrap();
    fs::write(case.at("theirs/file"), b"theirs").unwrap();
    symlink(case.at("theirs/file"), case.at("stick/acks").join(WORD)).unwrap();
    case.back().unwrap();
    assert_eq!(fs::read(case.at("theirs/file")).unwrap(), b"theirs");
    assert_eq!(fs::read(case.at("stick/acks").join(WORD)).unwrap(), b"word");
}

#[test]
fn a_folder_that_a_hub_takes_from_is_left_alone() {
    let case = Case::new();
    let hub = File::open(case.at("hub")).unwrap();
    hub.try_lock().unwrap();
    assert!(case.back().is_err());
    assert_eq!(case.frames(), 1);
    drop(hub);
    case.back().unwrap();
}
