//! A second reader, in Python, written from the format document: it agrees with ours on 100,000 lookups.
//! Needs python3 with the package `cryptography` (env GATE_PYTHON names another interpreter, of a venv for example).
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test program: an error is a failed test")]

mod support;

use std::path::Path;
use std::process::Command;

use gate_status::{Answer, DeskKeys, Scope, StatusList, Synthetic, Wanted, build, climb, make_delta};
use gate_wire::credential::Colour;
use support::{COLOURS, Desk, Rejects, amended, open, order};

const PEOPLE: u64 = 40_000;
const LOOKUPS: u64 = 100_000;

#[test]
fn a_reader_written_from_the_format_document_agrees_on_a_hundred_thousand_lookups() {
    let python = std::env::var("GATE_PYTHON").unwrap_or_else(|_| "python3".into());
    let has = Command::new(&python).args(["-c", "import cryptography"]).output();
    if !has.is_ok_and(|output| output.status.success()) {
        println!(
            "SKIPPED a_reader_written_from_the_format_document_agrees_on_a_hundred_thousand_lookups: no `cryptography` in {python}"
        );
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let world = Synthetic { people: PEOPLE, seed: 21 };
    build(&order(&path("base"), Scope::Population, 1), &Desk::new(), &mut Rejects::default(), || {
        world.people()
    })
    .unwrap();
    Desk::new().terminal(1, 0).write(&path("keys")).unwrap();
    let (mut list, mut steps) = (open(&path("base")), Vec::new());
    for step in 0..2 {
        let wanted: Vec<_> =
            (0..800)
                .map(|n| {
                    let person = world.person(n * 47 + step);
                    let wanted =
                        if n % 9 == 0 { Wanted::Removed } else { Wanted::Colour(COLOURS[n as usize % 3]) };
                    (person.subjects, wanted)
                })
                .chain((0..200).map(|n| {
                    (vec![world.number(2 * (PEOPLE + 300 * step + n))], Wanted::Colour(Colour::Red))
                }))
                .collect();
        let file = amended(&list, &wanted);
        std::fs::write(path(&format!("delta-{step}")), &file).unwrap();
        list.apply(&file).unwrap();
        steps.push(file);
    }
    // On the first step, the file that leads over both: the reader has to find its own step in it.
    let both = climb(&mut open(&path("base")), &steps, &[2]).unwrap().remove(0);
    let both = make_delta(&both.order, &both.changes, Desk::new().signers()).unwrap();
    std::fs::write(path("delta-0-2"), both).unwrap();
    let subjects: Vec<_> = (0..LOOKUPS).map(|n| world.number(n)).collect();
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let queries: String = subjects.iter().map(|subject| hex(subject.as_bytes()) + "\n").collect();
    std::fs::write(path("queries"), queries).unwrap();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/python/status_reader.py");
    let files = ["keys", "queries", "base", "delta-0", "delta-0-2"].map(path);
    let output = Command::new(&python).arg(script).args(files).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let told = String::from_utf8(output.stdout).unwrap();
    let mut counts = [0; 4];
    for ((subject, told), n) in subjects.iter().zip(told.lines()).zip(0..) {
        let (ours, kind) = match list.find(subject).unwrap() {
            Answer::Listed(Colour::Green) => ("green", 0),
            Answer::Listed(Colour::Yellow) => ("yellow", 1),
            Answer::Listed(Colour::Red) => ("red", 2),
            Answer::NotListed => ("-", 3),
        };
        assert_eq!(told, ours, "lookup {n}");
        counts[kind] += 1;
    }
    assert_eq!(told.lines().count() as u64, LOOKUPS);
    assert!(counts.iter().all(|count| *count > 200), "{counts:?}");
}
