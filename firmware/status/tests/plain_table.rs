//! The plain list against a map of the same people, and against damage.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test program: an error is a failed test")]

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use gate_proof::subject::Subject;
use gate_status::{
    Answer, BuildFault, BuildReport, Head, ListFault, Person, Region, Scope, StatusList, StatusTable, build,
};
use gate_wire::credential::Colour;
use gate_wire::time::Timestamp;
use proptest::prelude::*;

fn subject(n: u32) -> Subject {
    let mut bytes = [7; 12];
    // Spread over the whole table, as an HMAC would be.
    bytes[..4].copy_from_slice(&n.wrapping_mul(0x9E37_79B9).to_be_bytes());
    Subject::from_bytes(bytes)
}

fn head(scope: Scope, people: u64) -> Head {
    let as_of = Timestamp::from_unix(1_795_190_400).unwrap();
    Head { scope, as_of, version: 3, province: Region::new(*b"510100").unwrap(), people }
}

fn colour(n: u32) -> Colour {
    [Colour::Green, Colour::Yellow, Colour::Red][n as usize % 3]
}

type People = Vec<(Vec<Subject>, Colour)>;

fn write(path: &Path, scope: Scope, people: &People) -> Result<BuildReport, BuildFault> {
    let rows = people.iter().map(|(subjects, colour)| Person { subjects, colour: *colour });
    build(path, head(scope, people.len() as u64), rows)
}

fn in_folder() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("测试 list?.db");
    (folder, path)
}

/// Person `n` has number `2n`, every third one also `2n + 1`.
fn people(count: u32) -> People {
    let numbers = |n: u32| if n.is_multiple_of(3) { vec![2 * n, 2 * n + 1] } else { vec![2 * n] };
    (0..count).map(|n| (numbers(n).into_iter().map(subject).collect(), colour(n / 2))).collect()
}

#[test]
fn both_numbers_of_a_person_lead_to_the_same_entry() {
    let (_folder, path) = in_folder();
    let report = write(&path, Scope::Population, &people(300)).unwrap();
    assert_eq!((report.people, report.subjects), (300, 400));
    let table = StatusTable::open(&path).unwrap();
    assert_eq!(table.head(), head(Scope::Population, 300));
    for n in 0..300 {
        let listed = Ok(Answer::Listed(colour(n / 2)));
        assert_eq!(table.find(&subject(2 * n)), listed);
        let other = if n.is_multiple_of(3) { listed } else { Ok(Answer::NotListed) };
        assert_eq!(table.find(&subject(2 * n + 1)), other);
    }
}

#[test]
fn a_number_of_two_people_is_refused_with_both_rows() {
    let (_folder, path) = in_folder();
    let rows: People = vec![
        (vec![subject(1), subject(2), subject(1)], Colour::Green),
        (vec![subject(3)], Colour::Red),
        (vec![subject(4), subject(2)], Colour::Green),
    ];
    let refused = write(&path, Scope::Population, &rows).unwrap_err();
    assert!(matches!(refused, BuildFault::ShareSubject { row: 3, earlier: 1 }), "{refused}");
    assert_eq!(StatusTable::open(&path).err(), Some(ListFault::Damaged), "half a list is no list");
}

#[test]
fn a_list_that_contradicts_its_head_is_refused() {
    let refuse = |scope, rows: People, said| {
        let (_folder, path) = in_folder();
        let iter = rows.iter().map(|(subjects, colour)| Person { subjects, colour: *colour });
        build(&path, head(scope, said), iter).unwrap_err()
    };
    let one = |colour| vec![(vec![subject(1)], colour)];
    let refused = refuse(Scope::Exceptions, one(Colour::Green), 1);
    assert!(matches!(refused, BuildFault::ListGreen { row: 1 }));
    let refused = refuse(Scope::Population, vec![(Vec::new(), Colour::Red)], 1);
    assert!(matches!(refused, BuildFault::NameNobody { row: 1 }));
    let refused = refuse(Scope::Population, one(Colour::Red), 2);
    assert!(matches!(refused, BuildFault::CountPeople { said: 2, found: 1 }));
}

#[test]
fn a_list_is_never_written_over() {
    let (_folder, path) = in_folder();
    write(&path, Scope::Population, &people(3)).unwrap();
    assert!(write(&path, Scope::Population, &people(4)).is_err());
    assert_eq!(StatusTable::open(&path).unwrap().head().people, 3);
}

#[test]
fn no_file_and_no_list_are_told_apart() {
    let (_folder, path) = in_folder();
    assert_eq!(StatusTable::open(&path).err(), Some(ListFault::Unreadable));
    std::fs::write(&path, b"not a list").unwrap();
    assert_eq!(StatusTable::open(&path).err(), Some(ListFault::Damaged));
    std::fs::write(&path, b"").unwrap();
    assert_eq!(StatusTable::open(&path).err(), Some(ListFault::Damaged));
}

#[test]
fn a_log_slipped_in_beside_the_list_is_not_read() {
    let (folder, path) = in_folder();
    write(&path, Scope::Population, &vec![(vec![subject(1)], Colour::Red)]).unwrap();
    let changed = folder.path().join("changed.db");
    std::fs::copy(&path, &changed).unwrap();
    let connection = rusqlite::Connection::open(&changed).unwrap();
    connection.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(())).unwrap();
    connection.execute("UPDATE entry SET colour = 1", []).unwrap();
    std::fs::copy(folder.path().join("changed.db-wal"), path.with_extension("db-wal")).unwrap();
    assert_eq!(StatusTable::open(&path).unwrap().find(&subject(1)), Ok(Answer::Listed(Colour::Red)));
}

#[test]
fn values_out_of_range_are_damage() {
    for damage in [
        "UPDATE entry SET colour = 0",
        "UPDATE entry SET colour = 4",
        "DELETE FROM entry",
        "UPDATE subject SET entry = 2",
        "UPDATE entry SET id = -1; UPDATE subject SET entry = -1",
        "UPDATE entry SET id = 9; UPDATE subject SET entry = 9",
        "UPDATE meta SET scope = 2; UPDATE entry SET colour = 1",
    ] {
        let (_folder, path) = in_folder();
        write(&path, Scope::Population, &vec![(vec![subject(1)], Colour::Red)]).unwrap();
        rusqlite::Connection::open(&path).unwrap().execute_batch(damage).unwrap();
        let table = StatusTable::open(&path).unwrap();
        assert_eq!(table.find(&subject(1)), Err(ListFault::Damaged), "{damage}");
    }
    for damage in [
        "DELETE FROM meta",
        "UPDATE meta SET scope = 3",
        "UPDATE meta SET as_of = -1",
        "UPDATE meta SET as_of = 253402300800",
        "UPDATE meta SET version = 4294967296",
        "UPDATE meta SET province = x'31'",
        "UPDATE meta SET people = -1",
        "PRAGMA user_version = 2",
    ] {
        let (_folder, path) = in_folder();
        write(&path, Scope::Population, &people(1)).unwrap();
        rusqlite::Connection::open(&path).unwrap().execute_batch(damage).unwrap();
        assert_eq!(StatusTable::open(&path).err(), Some(ListFault::Damaged), "{damage}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn the_table_answers_as_a_map_does(
        rows in proptest::collection::vec((proptest::collection::vec(0_u32..400, 1..3), 0_u32..3), 0..80),
        asked in proptest::collection::vec(0_u32..500, 50),
    ) {
        let (_folder, path) = in_folder();
        let mut model: HashMap<u32, Colour> = HashMap::new();
        let mut people: People = Vec::new();
        for (numbers, code) in rows {
            if numbers.iter().any(|n| model.contains_key(n)) {
                continue;
            }
            model.extend(numbers.iter().map(|n| (*n, colour(code))));
            people.push((numbers.into_iter().map(subject).collect(), colour(code)));
        }
        write(&path, Scope::Population, &people).unwrap();
        let table = StatusTable::open(&path).unwrap();
        for n in asked {
            let expected = model.get(&n).map_or(Answer::NotListed, |colour| Answer::Listed(*colour));
            prop_assert_eq!(table.find(&subject(n)), Ok(expected));
        }
    }

    /// The hash in the manifest is what finds every change; this is about panics, hangs and invented colours.
    #[test]
    fn bytes_changed_anywhere_do_not_panic(
        changes in proptest::collection::vec((0_usize..40_000, any::<u8>()), 1..40),
    ) {
        let (_folder, path) = in_folder();
        write(&path, Scope::Population, &people(500)).unwrap();
        let mut bytes = std::fs::read(&path).unwrap();
        for (at, byte) in changes {
            let at = at % bytes.len();
            bytes[at] = byte;
        }
        std::fs::write(&path, bytes).unwrap();
        if let Ok(table) = StatusTable::open(&path) {
            for n in 0..1_000 {
                // Any answer or fault will do: what must not happen is a panic or a hang.
                let _ = table.find(&subject(n));
            }
        }
    }
}
