//! A copy of a journal from the field is read as a stranger's file: nothing of it is believed, nothing is written.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test program: an error is a failed test")]

mod support;

use std::fs;
use std::path::{Path, PathBuf};

use gate_core::journal::Journal;
use gate_core::query::Sequence;
use gate_store::{
    Break, CopiedRow, CopyFault, CopyReport, Damage, JournalCopy, LogBeside, RowState, SystemDisk,
    reserve_head, reserve_rows,
};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use rusqlite::Connection;
use support::world::{TestJournal, config, open, required};

struct Field {
    folder: tempfile::TempDir,
    _journal: TestJournal,
}

/// A terminal that runs: `folded` rows are in its file, `newest` in its log only.
fn field(folded: u64, newest: u64) -> Field {
    let folder = tempfile::tempdir().unwrap();
    let mut journal = open(config(folder.path(), SystemDisk), 1).unwrap();
    for marker in 0..folded + newest {
        journal.append(&required(marker)).unwrap();
        if marker + 1 == folded {
            journal.tend().unwrap();
        }
    }
    for name in ["journal.db", "journal.db-wal"] {
        fs::copy(folder.path().join(name), folder.path().join(name.replace("journal", "copy"))).unwrap();
    }
    Field { folder, _journal: journal }
}

impl Field {
    fn copy(&self) -> PathBuf {
        self.folder.path().join("copy.db")
    }

    fn without_log(self) -> Field {
        fs::remove_file(self.folder.path().join("copy.db-wal")).unwrap();
        self
    }

    /// The copy, closed as SQLite closes it: no log.
    fn folded(self) -> Field {
        Connection::open(self.copy()).unwrap().execute_batch("PRAGMA wal_checkpoint(TRUNCATE)").unwrap();
        self
    }

    fn sql(&self, text: &str) {
        let connection = Connection::open(self.copy()).unwrap();
        connection.execute_batch("PRAGMA ignore_check_constraints = ON").unwrap();
        connection.execute_batch(text).unwrap();
    }
}

fn read(path: &Path) -> Result<(Vec<CopiedRow>, CopyReport, LogBeside), CopyFault> {
    let scratch = tempfile::tempdir().unwrap();
    let copy = JournalCopy::open(path, scratch.path())?;
    let mut rows = Vec::new();
    let report = copy.read(|row| rows.push(row));
    let log = copy.log();
    drop(copy);
    assert_eq!(fs::read_dir(scratch.path()).unwrap().count(), 0, "the private copy is gone");
    Ok((rows, report, log))
}

fn damage(path: &Path) -> Damage {
    match read(path).unwrap_err() {
        CopyFault::TrustForm { damage, .. } => damage,
        other => panic!("{other}"),
    }
}

fn sequences(rows: &[CopiedRow]) -> Vec<u64> {
    rows.iter().map(|copied| copied.row.sequence.0).collect()
}

#[test]
fn the_newest_rows_are_in_the_log_and_neither_file_is_changed_by_reading() {
    let field = field(520, 30);
    let before = ["copy.db", "copy.db-wal"].map(|name| fs::read(field.folder.path().join(name)).unwrap());
    let (rows, report, log) = read(&field.copy()).unwrap();
    assert_eq!((rows.len(), report.unreadable, log), (550, 0, LogBeside::Read));
    assert!(rows.iter().all(|row| row.state == RowState::Whole && row.journal.is_some()));
    assert_eq!((report.chain.first_break(), report.chain.records()), (None, 550));
    let after = ["copy.db", "copy.db-wal"].map(|name| fs::read(field.folder.path().join(name)).unwrap());
    assert!(before == after && !field.folder.path().join("copy.db-shm").exists());
}

#[test]
fn a_copy_without_its_log_says_so_and_the_reserve_knows_that_more_was_written() {
    let field = field(520, 30).without_log();
    let (rows, report, log) = read(&field.copy()).unwrap();
    assert_eq!((rows.len(), log, report.chain.first_break()), (520, LogBeside::Absent, None));
    let reserve = fs::read(field.folder.path().join("reserve")).unwrap();
    let (journal, head) = reserve_head(&reserve).unwrap();
    assert_eq!((Some(journal), head), (rows[0].journal, Sequence(520)));
    assert!(reserve_rows(&reserve).is_empty());
    assert!(reserve_rows(b"short").is_empty() && reserve_rows(&vec![0xA5; 1 << 16]).is_empty());
}

#[test]
fn flipped_bytes_never_make_a_row_that_was_not_written() {
    let field = field(300, 0).folded();
    let (good, ..) = read(&field.copy()).unwrap();
    let bytes = fs::read(field.copy()).unwrap();
    let mut rng = ChaCha8Rng::seed_from_u64(3);
    let (mut refused, mut fewer) = (0, 0);
    for _ in 0..150 {
        let mut hurt = bytes.clone();
        for _ in 0..1 + rng.next_u32() % 40 {
            let at = rng.next_u32() as usize % hurt.len();
            hurt[at] ^= 1 << (rng.next_u32() % 8);
        }
        fs::write(field.copy(), hurt).unwrap();
        match read(&field.copy()) {
            Ok((rows, ..)) => {
                let whole: Vec<_> = rows.iter().filter(|row| row.state == RowState::Whole).collect();
                assert!(whole.iter().all(|row| good.contains(row)));
                fewer += usize::from(whole.len() < good.len());
            }
            Err(_) => refused += 1,
        }
    }
    assert!(refused > 0 && fewer > 50, "{refused} refused, {fewer} with fewer rows");
}

#[test]
fn a_copy_cut_off_anywhere_gives_what_is_left_or_a_reason() {
    let field = field(300, 0).folded();
    let bytes = fs::read(field.copy()).unwrap();
    let mut counts = Vec::new();
    for length in (0..bytes.len()).step_by(5 * 512 + 77) {
        fs::write(field.copy(), &bytes[..length]).unwrap();
        counts.push(read(&field.copy()).map_or(0, |(rows, ..)| rows.len()));
    }
    assert!(counts.contains(&0) && counts.iter().any(|count| *count > 100 && *count < 300), "{counts:?}");
}

#[test]
fn rows_that_change_places_or_content_break_the_chain() {
    let swapped = field(20, 0).folded();
    swapped.sql(
        "UPDATE record SET sequence = 1000 WHERE sequence = 5; UPDATE record SET sequence = 5 WHERE sequence = 6; \
         UPDATE record SET sequence = 6 WHERE sequence = 1000;",
    );
    let (rows, report, _) = read(&swapped.copy()).unwrap();
    let changed: Vec<u64> =
        rows.iter().filter(|row| row.state == RowState::Changed).map(|row| row.row.sequence.0).collect();
    assert_eq!(changed, [5, 6]);
    assert_eq!(report.chain.first_break(), Some(Break::WrongPrevious(Sequence(5))));
    let gone = field(20, 0).folded();
    gone.sql("DELETE FROM record WHERE sequence = 7");
    let (rows, report, _) = read(&gone.copy()).unwrap();
    assert_eq!((rows.len(), report.chain.first_break()), (19, Some(Break::Missing(Sequence(7)))));
    let unlisted = field(20, 0).folded();
    unlisted.sql("UPDATE record SET journal = 9 WHERE sequence = 3");
    let (rows, ..) = read(&unlisted.copy()).unwrap();
    assert_eq!((rows[2].journal, rows[2].state), (None, RowState::Changed));
}

#[test]
fn a_giant_value_is_one_row_that_cannot_be_read() {
    let field = field(20, 0).folded();
    field.sql("UPDATE record SET body = zeroblob(200000000) WHERE sequence = 4");
    let (rows, report, _) = read(&field.copy()).unwrap();
    assert_eq!((rows.len(), report.unreadable), (19, 1));
    assert!(!sequences(&rows).contains(&4));
}

#[test]
fn other_files_links_and_planted_objects_are_refused() {
    let field = field(3, 0).folded();
    let there = |name: &str| field.folder.path().join(name);
    fs::write(there("text"), "not a database ".repeat(300)).unwrap();
    assert_eq!(damage(&there("text")), Damage::Unreadable);
    fs::write(there("empty"), "").unwrap();
    assert_eq!(damage(&there("empty")), Damage::Foreign);
    Connection::open(there("foreign")).unwrap().execute_batch("CREATE TABLE record(x)").unwrap();
    assert_eq!(damage(&there("foreign")), Damage::Foreign);
    std::os::unix::fs::symlink(field.copy(), there("link")).unwrap();
    assert!(matches!(read(&there("link")), Err(CopyFault::ReadFile { .. })));
    rustix::fs::mknodat(
        rustix::fs::CWD,
        there("pipe"),
        rustix::fs::FileType::Fifo,
        rustix::fs::Mode::RUSR,
        0,
    )
    .unwrap();
    for name in ["pipe", ".", "missing"] {
        assert!(matches!(read(&there(name)), Err(CopyFault::ReadFile { .. })), "{name}");
    }
    fs::File::create(there("huge")).unwrap().set_len((1 << 30) + 1).unwrap();
    assert!(matches!(read(&there("huge")), Err(CopyFault::FitFile { .. })));
    field.sql("CREATE TRIGGER t AFTER INSERT ON record BEGIN DELETE FROM record; END");
    assert_eq!(damage(&field.copy()), Damage::AlteredSchema);
    field.sql("DROP TRIGGER t; PRAGMA user_version = 2");
    assert!(matches!(read(&field.copy()), Err(CopyFault::ReadSchema { found: 2, .. })));
}
