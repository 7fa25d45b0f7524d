//! The table of docs/formats/repositories.md: every case of the suite is played by something that exists, or says why it does not apply.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use super::cases::cases;

const DOCUMENT: &str = include_str!("../../../../docs/formats/repositories.md");
/// Cases of the suite at the commit that the document names.
const OF_THE_SUITE: usize = 113;

/// The rows of a table, cell by cell, that follows this line.
fn rows(after: &str) -> Vec<Vec<&'static str>> {
    let rest = DOCUMENT.split_once(after).unwrap().1;
    let lines = rest.lines().skip_while(|line| !line.starts_with("|-")).skip(1);
    let lines = lines.take_while(|line| line.starts_with('|'));
    lines.map(|line| line.trim_matches('|').split('|').map(str::trim).collect()).collect()
}

/// Functions that are tests of ours.
fn functions(folder: &Path, found: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            functions(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).unwrap();
            let tests = text.split("#[test]\n").skip(1);
            let name =
                |test: &str| test.trim_start().strip_prefix("fn ")?.split_once('(').map(|it| it.0.to_owned());
            found.extend(tests.filter_map(name));
        }
    }
}

fn named(cell: &str) -> Option<&str> {
    cell.strip_prefix('`')?.strip_suffix('`')
}

#[test]
fn every_case_of_the_suite_is_played_by_a_test_that_exists_or_says_why_not() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut tests = BTreeSet::new();
    for folder in ["tests/repositories", "../firmware/tuf/tests", "../firmware/sync/tests"] {
        functions(&root.join(folder), &mut tests);
    }
    let played: BTreeSet<String> = cases().into_iter().map(|case| case.name).collect();
    let (mut ids, mut cited) = (BTreeSet::new(), BTreeSet::new());
    for row in rows("The suite, case by case") {
        let (id, by, says) = (named(row[0]).unwrap(), row[1], row[2]);
        assert!(ids.insert(id), "{id} is there twice");
        match (by, named(by)) {
            ("no", _) => assert!(says.len() > 5, "{id}: why does it not apply?"),
            ("case", _) => {
                // With its variants, where it has some.
                let of = |name: &&String| name.split(',').next() == Some(id);
                let these: Vec<&String> = played.iter().filter(of).collect();
                assert!(!these.is_empty(), "{id}: there is no such case");
                cited.extend(these.into_iter().cloned());
            }
            (_, Some(name)) => {
                assert!(played.contains(name) || tests.contains(name), "{id}: {name} is no case and no test");
                cited.insert(name.to_owned());
            }
            _ => panic!("{id}: {by}"),
        }
    }
    assert_eq!(ids.len(), OF_THE_SUITE);
    for row in rows("Cases of ours beside it") {
        let name = named(row[0]).unwrap();
        assert!(played.contains(name) || tests.contains(name), "{name} is no case and no test");
        cited.insert(name.to_owned());
    }
    let unnamed: Vec<&String> = played.difference(&cited).collect();
    assert!(unnamed.is_empty(), "played and not in the document: {unnamed:?}");
}
