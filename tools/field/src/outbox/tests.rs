//! The outbox against pulled-out sticks and hostile heads.
#![allow(clippy::unwrap_used, reason = "an error is a failed test")]

use std::fs;

use super::*;

const LENGTH: u64 = 64 * BLOCK;

fn made() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    Outbox::make(folder.path(), LENGTH, [7; 16]).unwrap();
    folder
}

fn open(folder: &tempfile::TempDir) -> Outbox {
    Outbox::open(folder.path(), For::Writing).unwrap().unwrap()
}

fn contents(folder: &tempfile::TempDir) -> Vec<Vec<u8>> {
    let outbox = open(folder);
    outbox.frames().iter().map(|frame| outbox.content(frame).unwrap().unwrap()).collect()
}

fn write(folder: &tempfile::TempDir, content: &[u8]) -> Wrote {
    let mut outbox = open(folder);
    let mut writer = outbox.writer();
    let wrote = writer.write(Kind::Batch, content).unwrap();
    writer.seal().unwrap();
    wrote
}

#[test]
fn what_was_sealed_comes_back_and_nothing_is_written_twice() {
    let folder = made();
    for content in [vec![1_u8; 10], vec![2; 4032], vec![3; 4033], vec![4; CONTENT_MOST]] {
        assert_eq!(write(&folder, &content), Wrote::Frame);
        assert_eq!(write(&folder, &content), Wrote::Known);
    }
    assert_eq!(contents(&folder).iter().map(Vec::len).collect::<Vec<_>>(), [10, 4032, 4033, CONTENT_MOST]);
    assert_eq!(fs::metadata(folder.path().join(NAME)).unwrap().len(), LENGTH, "never longer");
}

#[test]
fn a_stick_pulled_out_before_the_seal_holds_none_of_it_and_the_next_visit_writes_there() {
    let folder = made();
    write(&folder, b"before");
    {
        let mut outbox = open(&folder);
        let mut writer = outbox.writer();
        writer.write(Kind::Batch, &[5; 9000]).unwrap();
        writer.write(Kind::Batch, &[6; 9000]).unwrap();
    }
    assert_eq!(contents(&folder), [b"before".to_vec()]);
    write(&folder, b"after");
    assert_eq!(contents(&folder), [b"before".to_vec(), b"after".to_vec()]);
}

#[test]
fn a_full_stick_says_so_and_keeps_what_it_has() {
    let folder = made();
    let mut count = 0;
    while write(&folder, &[count; 4000]) == Wrote::Frame {
        count += 1;
    }
    assert_eq!((count, contents(&folder).len()), (63, 63));
}

#[test]
fn an_emptied_outbox_shows_nothing_of_an_earlier_filling() {
    let folder = made();
    for n in 0..5 {
        write(&folder, &[n; 4000]);
    }
    open(&folder).clear().unwrap();
    assert!(contents(&folder).is_empty());
    write(&folder, b"new");
    assert_eq!(contents(&folder), [b"new".to_vec()]);
}

#[test]
fn no_byte_of_a_head_can_make_a_reader_leave_the_file_or_give_wrong_content() {
    let folder = made();
    write(&folder, &[1; 5000]);
    write(&folder, &[2; 100]);
    let path = folder.path().join(NAME);
    let good = fs::read(&path).unwrap();
    for at in 0..HEAD {
        for value in [0, 1, 0x7F, 0xFF] {
            let mut bytes = good.clone();
            bytes[BLOCK as usize + at] = value;
            fs::write(&path, &bytes).unwrap();
            let outbox = open(&folder);
            for frame in outbox.frames() {
                let content = outbox.content(frame).unwrap();
                assert!(
                    content.is_none_or(|content| content == [1; 5000] || content == [2; 100]),
                    "byte {at}"
                );
            }
        }
    }
}

#[test]
fn what_is_no_outbox_is_none() {
    let folder = made();
    let path = folder.path().join(NAME);
    let none = || assert!(Outbox::open(folder.path(), For::Writing).unwrap().is_none());
    fs::write(&path, b"TFX1").unwrap();
    none();
    fs::write(&path, vec![0; 1 << 20]).unwrap();
    none();
    fs::remove_file(&path).unwrap();
    none();
    std::os::unix::fs::symlink("/dev/zero", &path).unwrap();
    none();
    fs::remove_file(&path).unwrap();
    fs::create_dir(&path).unwrap();
    none();
    fs::remove_dir(&path).unwrap();
    rustix::fs::mkfifoat(rustix::fs::CWD, &path, rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR).unwrap();
    none();
    fs::remove_file(&path).unwrap();
    // As large as a FAT cannot hold, without taking room.
    fs::File::create(&path).unwrap().set_len(1 << 33).unwrap();
    none();
}

#[test]
fn nothing_of_an_earlier_night_can_be_read_from_an_emptied_stick() {
    let folder = made();
    let words = b"how many passed where".repeat(100);
    write(&folder, &words);
    {
        // A visit that broke off before its seal.
        let mut outbox = open(&folder);
        let mut writer = outbox.writer();
        writer.write(Kind::Account, &[&words[..], b"2"].concat()).unwrap();
        writer.write(Kind::Account, &[&words[..], b"3"].concat()).unwrap();
    }
    open(&folder).clear().unwrap();
    let bytes = fs::read(folder.path().join(NAME)).unwrap();
    assert_eq!(bytes.len() as u64, LENGTH);
    assert!(bytes[BLOCK as usize..].iter().all(|byte| *byte == 0));
    assert_eq!(open(&folder).id(), [7; 16], "it is the same stick");
}

#[test]
fn more_frames_than_a_quarter_million_are_all_seen_and_none_is_written_over() {
    let folder = tempfile::tempdir().unwrap();
    let count: u64 = (1 << 18) + 3;
    let file = File::create(folder.path().join(NAME)).unwrap();
    // Sparse: a head in each block, and contents of nothing.
    file.set_len((count + 3) * BLOCK).unwrap();
    file.write_all_at(&[&FILE_MAGIC[..], &[0; 28]].concat(), 0).unwrap();
    let head = Frame::encode(Kind::Receipt, b"");
    (1..=count).for_each(|block| file.write_all_at(&head, block * BLOCK).unwrap());
    let mut outbox = open(&folder);
    assert_eq!((outbox.frames().len() as u64, outbox.room()), (count, 2 * BLOCK));
    let mut writer = outbox.writer();
    assert_eq!(writer.write(Kind::Batch, b"new").unwrap(), Wrote::Frame);
    writer.seal().unwrap();
    assert_eq!(open(&folder).frames().len() as u64, count + 1);
}
