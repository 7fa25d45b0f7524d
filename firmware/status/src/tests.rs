use std::collections::HashMap;

use proptest::prelude::*;

use super::*;

const HEAD: Head =
    Head { scope: Scope::Population, as_of: Timestamp::EPOCH, version: 3, province: *b"510000", people: 0 };

fn subject(n: u8) -> Subject {
    Subject::from_bytes([n; 12])
}

fn person(subjects: &[u8], colour: Colour) -> Person {
    Person { subjects: subjects.iter().map(|n| subject(*n)).collect(), colour }
}

fn table(people: Vec<Person>) -> (tempfile::TempDir, StatusTable) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("status list?.1.db");
    build(&path, HEAD, people.into_iter()).unwrap();
    let table = StatusTable::open(&path).unwrap();
    (dir, table)
}

#[test]
fn both_numbers_of_a_person_lead_to_one_entry() {
    let (_dir, table) = table(vec![person(&[1, 2], Colour::Red), person(&[3], Colour::Green)]);
    assert_eq!(table.find(&subject(1)), Ok(Answer::Listed(Colour::Red)));
    assert_eq!(table.find(&subject(2)), Ok(Answer::Listed(Colour::Red)));
    assert_eq!(table.find(&subject(3)), Ok(Answer::Listed(Colour::Green)));
    assert_eq!(table.find(&subject(4)), Ok(Answer::NotListed));
    assert_eq!(table.head(), Head { people: 2, ..HEAD });
}

#[test]
fn a_number_that_two_people_claim_is_an_error_and_leaves_no_file() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("list.db");
    let people = vec![person(&[1], Colour::Red), person(&[2, 1], Colour::Green)];
    assert!(matches!(build(&path, HEAD, people.into_iter()), Err(BuildFault::Repeated { person: 2 })));
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
}

#[test]
fn a_table_in_force_is_never_built_over() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("list.db");
    build(&path, HEAD, std::iter::empty()).unwrap();
    assert!(matches!(build(&path, HEAD, std::iter::empty()), Err(BuildFault::File { .. })));
}

#[test]
fn foreign_files_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("list.db");
    assert!(matches!(StatusTable::open(&path), Err(OpenFault::Read { .. })));
    std::fs::write(
        &path,
        b"not a database at all, but long enough to be taken for a header of one, perhaps...................",
    )
    .unwrap();
    assert!(matches!(StatusTable::open(&path), Err(OpenFault::Read { .. })));
    let other = dir.path().join("other.db");
    rusqlite::Connection::open(&other).unwrap().execute_batch("CREATE TABLE t(x)").unwrap();
    assert!(matches!(StatusTable::open(&other), Err(OpenFault::Foreign { .. })));
}

#[test]
fn an_entry_out_of_range_or_gone_is_damage_and_never_a_colour() {
    for change in ["UPDATE entry SET colour = 7", "DELETE FROM entry", "UPDATE entry SET colour = 'red'"] {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("list.db");
        build(&path, HEAD, std::iter::once(person(&[1], Colour::Red))).unwrap();
        rusqlite::Connection::open(&path).unwrap().execute_batch(change).unwrap();
        assert_eq!(StatusTable::open(&path).unwrap().find(&subject(1)), Err(ListFault::Damaged), "{change}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn a_table_answers_as_a_map_does(entries in prop::collection::hash_map(any::<[u8; 12]>(), 0_i64..3, 0..40), absent: [u8; 12]) {
        let people = entries.iter().map(|(bytes, code)| Person {
            subjects: vec![Subject::from_bytes(*bytes)],
            colour: crate::table::colour(*code).unwrap(),
        });
        let (_dir, built) = table(people.collect());
        let model: HashMap<_, _> = entries.iter().map(|(bytes, code)| (*bytes, crate::table::colour(*code).unwrap())).collect();
        for bytes in entries.keys().chain([&absent]) {
            let expected = model.get(bytes).map_or(Answer::NotListed, |colour| Answer::Listed(*colour));
            prop_assert_eq!(built.find(&Subject::from_bytes(*bytes)), Ok(expected));
        }
    }
}
